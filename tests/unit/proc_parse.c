// SPDX-License-Identifier: MIT
/* Lines of /proc/net/tcp and tcp6, whole and damaged. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "source/proc.h"
#include "source/proc_parse.h"

static const char good4[] =
	"   0: 0100007F:0CEA 0200007F:D431 08 00000003:0000000B 02:000004D2 00000002  1000        0 "
	"31337 1 0000000000000000 20 4 30 10 -1                    ";
static const char good6[] =
	"   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000001000000:0000 0A "
	"00000000:00000005 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 0";

static int decode(const char *line, int family, struct sock *s)
{
	memset(s, 0, sizeof(*s));
	return proc_decode(line, strlen(line), family, 100, s);
}

static void a_line_is_decoded(void **state)
{
	struct sock s;
	char text[ADDR_TEXT];

	(void)state;
	assert_int_equal(decode(good4, AF_INET, &s), 0);
	addr_text(&s.local, text);
	assert_string_equal(text, "127.0.0.1");
	addr_text(&s.remote, text);
	assert_string_equal(text, "127.0.0.2");
	assert_int_equal(s.local_port, 3306);
	assert_int_equal(s.remote_port, 54321);
	assert_int_equal(s.state, STATE_CLOSE_WAIT);
	assert_int_equal(s.wqueue, 3);
	assert_int_equal(s.rqueue, 11);
	assert_int_equal(s.timer, TIMER_KEEPALIVE);
	assert_int_equal(s.expires_ms, 12340);
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.inode, 31337);
	assert_false(sock_has(&s, SOCK_HAS_COOKIE));
	assert_int_equal(decode(good6, AF_INET6, &s), 0);
	addr_text(&s.local, text);
	assert_string_equal(text, "::ffff:127.0.0.1");
	assert_int_equal(s.state, STATE_LISTEN);
	assert_int_equal(s.rqueue, 5);
	assert_false(sock_has(&s, SOCK_HAS_BACKLOG));
}

static void a_line_cut_anywhere_is_an_error_or_the_same(void **state)
{
	struct sock whole, s;
	char cut[256];

	(void)state;
	assert_int_equal(decode(good4, AF_INET, &whole), 0);
	for (size_t n = 0; n < strlen(good4); n++) {
		memcpy(cut, good4, n);
		cut[n] = '\0';
		/* Behind the inode nothing is read; before its end nothing must pass for whole. */
		if (n < strlen("   0: 0100007F:0CEA 0200007F:D431 08 00000003:0000000B 02:000004D2 "
			       "00000002  1000        0 3"))
			assert_int_equal(decode(cut, AF_INET, &s), -EBADMSG);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "junk", "   0: 0100007F:0CEA",
		/* State FF, an address too long, a port too long, an inode too long. */
		"   0: 0100007F:0CEA 0200007F:D431 FF 00000003:0000000B 02:0 0 1000 0 31337 1",
		"   0: 0100007FF:0CEA 0200007F:D431 08 00000003:0000000B 02:0 0 1000 0 31337 1",
		"   0: 0100007F:0CEAA 0200007F:D431 08 00000003:0000000B 02:0 0 1000 0 31337 1",
		("   0: 0100007F:0CEA 0200007F:D431 08 00000003:0000000B 02:0 0 1000 0 "
		 "12345678901234567890123 1"),
		"   0: 0100007F:0CEA 0200007F:D431 08 00000003:0000000B 02:0 0 1000 0 31337x",
		"   0: 010000:0CEA 0200007F:D431 08 00000003:0000000B 02:0 0 1000 0 31337 1",
	};
	struct sock s;
	char longer[20000];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(decode(bad[i], AF_INET, &s), -EBADMSG);
	assert_int_equal(decode(good4, AF_INET6, &s), -EBADMSG);
	assert_int_equal(decode(good6, AF_INET, &s), -EBADMSG);
	memset(longer, '1', sizeof(longer));
	assert_int_equal(proc_decode(longer, sizeof(longer), AF_INET, 100, &s), -EBADMSG);
	memcpy(longer, good4, sizeof(good4));
	longer[20] = '\0';
	assert_int_equal(proc_decode(longer, sizeof(good4) - 1, AF_INET, 100, &s), -EBADMSG);
}

static void due_timers_do_not_wrap(void **state)
{
	struct sock s;

	(void)state;
	assert_int_equal(decode("  0: 0100007F:0CEA 0200007F:D431 06 00000000:00000000 "
				"03:FFFFFFFFFFFFFFFE 00000000 0 0 0 3 0",
				AF_INET, &s),
			 0);
	assert_int_equal(s.expires_ms, 0);
	assert_false(sock_has(&s, SOCK_HAS_UID));
}

static void count_one(void *arg, const struct sock *s)
{
	(void)s;
	++*(unsigned *)arg;
}

static void tables_drop_repeats_and_count_damage(void **state)
{
	const struct dump_request req = { .states = STATES_ALL, .workers = 1 };
	struct dump_result r = { 0 };
	struct str text = { 0 };
	struct proc_walk *w;
	unsigned n = 0;
	void *arg = &n;
	const struct sink sink = { count_one, NULL, &arg };

	(void)state;
	str_addf(&text, "  sl  local_address rem_address   st\n%s\n%s\njunk\n%s", good4, good4,
		 good4);
	w = proc_walk_begin(&req, 100, &sink, &r);
	proc_walk_bytes(w, AF_INET, 0, text.s, 100); /* A line may be cut between two reads. */
	proc_walk_bytes(w, AF_INET, 0, text.s + 100, text.len - 100);
	proc_walk_end(w);
	assert_int_equal(n, 1);
	assert_int_equal(r.repeats, 1);
	assert_int_equal(r.malformed, 2); /* The junk, and the line without its end. */
	str_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_decoded),
		cmocka_unit_test(a_line_cut_anywhere_is_an_error_or_the_same),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(due_timers_do_not_wrap),
		cmocka_unit_test(tables_drop_repeats_and_count_damage),
	};

	return cmocka_run_group_tests_name("proc_parse", tests, NULL, NULL);
}
