// SPDX-License-Identifier: MIT
/* Netlink messages, whole and damaged, into records. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>

#include "source/diag_parse.h"

/** A datagram being put together. */
static _Alignas(8) unsigned char buf[65536];
static size_t used;

static unsigned char *add_message(uint16_t type, const void *payload, size_t len)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + len), .nlmsg_type = type,
			      .nlmsg_seq = 7, .nlmsg_pid = 9 };
	unsigned char *at = buf + used;

	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), payload, len);
	used += NLMSG_ALIGN(h.nlmsg_len);
	return at;
}

static struct inet_diag_msg sample(uint32_t cookie)
{
	struct inet_diag_msg m = { .idiag_family = AF_INET, .idiag_state = 1, .idiag_timer = 2,
				   .idiag_retrans = 3, .idiag_expires = 4000, .idiag_rqueue = 5,
				   .idiag_wqueue = 6, .idiag_uid = 1000, .idiag_inode = 77 };

	m.id.idiag_sport = htons(443);
	m.id.idiag_dport = htons(50000);
	m.id.idiag_src[0] = htonl(0x7f000001);
	m.id.idiag_dst[0] = htonl(0xc0000201);
	m.id.idiag_cookie[0] = cookie;
	return m;
}

struct taken {
	struct sock last;
	unsigned count;
};

static void take(void *arg, const struct sock *s)
{
	struct taken *t = arg;

	t->last = *s;
	t->count++;
}

static enum diag_end walk(struct diag_walk *w, struct taken *t)
{
	unsigned char *exact = malloc(used ? used : 1); /* So that ASan sees every overrun. */
	enum diag_end end;

	memcpy(exact, buf, used);
	*t = (struct taken){ 0 };
	end = diag_walk_datagram(exact, used, w, take, t);
	assert_int_equal(diag_is_last(exact, used, w), end != DIAG_MORE);
	free(exact);
	return end;
}

static struct diag_walk all(void)
{
	return (struct diag_walk){ .states = STATES_ALL };
}

static void a_record_is_decoded(void **state)
{
	struct inet_diag_msg m = sample(5);
	struct diag_walk w = all();
	struct taken t;
	struct addr v4;

	(void)state;
	used = 0;
	add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
	add_message(NLMSG_DONE, "\0\0\0\0", 4);
	assert_int_equal(walk(&w, &t), DIAG_DONE);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.last.state, STATE_ESTABLISHED);
	assert_int_equal(t.last.local_port, 443);
	assert_int_equal(t.last.remote_port, 50000);
	assert_int_equal(addr_parse("192.0.2.1", &v4), 0);
	assert_true(addr_equal(&t.last.remote, &v4));
	assert_int_equal(t.last.expires_ms, 4000);
	assert_int_equal(t.last.timer, TIMER_KEEPALIVE);
	assert_int_equal(t.last.cookie, 5);
	assert_true(sock_has(&t.last, SOCK_HAS_INODE | SOCK_HAS_QUEUES | SOCK_HAS_COOKIE));
	/* Without the SHUTDOWN attribute it is no full socket, and its uid means nothing. */
	assert_false(sock_has(&t.last, SOCK_HAS_UID));
	assert_false(sock_has(&t.last, SOCK_HAS_INFO));
}

static void attributes_are_bounded(void **state)
{
	struct {
		struct inet_diag_msg m;
		struct nlattr a;
		uint8_t shutdown, pad[3];
	} with = { .m = sample(1), .a = { 5, INET_DIAG_SHUTDOWN }, .shutdown = 1 };
	struct sock s;

	(void)state;
	memset(&s, 0, sizeof(s));
	assert_int_equal(diag_decode(&with, sizeof(with), &s), 0);
	assert_int_equal(s.shutdown, 1);
	assert_true(sock_has(&s, SOCK_HAS_SHUTDOWN | SOCK_HAS_UID));
	with.a.nla_len = 3; /* Shorter than its own header. */
	assert_int_equal(diag_decode(&with, sizeof(with), &s), -EBADMSG);
	with.a.nla_len = 0xffff;
	assert_int_equal(diag_decode(&with, sizeof(with), &s), -EBADMSG);
	with.a.nla_len = 4; /* Empty: nothing is learned. */
	assert_int_equal(diag_decode(&with, sizeof(with) - 4, &s), 0);
	assert_false(sock_has(&s, SOCK_HAS_SHUTDOWN));
	assert_int_equal(diag_decode(&with, sizeof(with.m) - 1, &s), -EBADMSG);
	with.m.idiag_state = 99;
	assert_int_equal(diag_decode(&with, sizeof(with), &s), -EBADMSG);
	with.m.idiag_state = 1;
	with.m.idiag_family = AF_UNIX;
	assert_int_equal(diag_decode(&with, sizeof(with), &s), -EBADMSG);
	with.m.idiag_family = AF_INET;
	with.a.nla_len = 5;
	with.m.idiag_timer = 200;
	assert_int_equal(diag_decode(&with, sizeof(with), &s), 0);
	assert_int_equal(s.timer, TIMER_OTHER);
}

static void state_seven_is_bound_or_reset(void **state)
{
	struct inet_diag_msg m = sample(1);
	struct sock s;

	(void)state;
	m.idiag_state = 7;
	assert_int_equal(diag_decode(&m, sizeof(m), &s), 0);
	assert_int_equal(s.state, STATE_CLOSE);
	m.id.idiag_dport = 0;
	assert_int_equal(diag_decode(&m, sizeof(m), &s), 0);
	assert_int_equal(s.state, STATE_BOUND);
}

static void damaged_lengths_end_the_walk(void **state)
{
	static const uint32_t lengths[] = { 0, 4, 15, 0x7fffffff, 0x80000000, 0xffffffff, 4096 };
	struct inet_diag_msg m = sample(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct diag_walk w = all();
		struct taken t;
		unsigned char *second;

		used = 0;
		add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
		second = add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
		memcpy(second, &lengths[i], 4);
		assert_int_equal(walk(&w, &t), DIAG_BROKEN);
		assert_int_equal(t.count, 1);
	}
}

static void short_payloads_are_counted(void **state)
{
	struct inet_diag_msg m = sample(1);
	struct diag_walk w = all();
	struct taken t;

	(void)state;
	used = 0;
	add_message(SOCK_DIAG_BY_FAMILY, &m, 24);
	add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 1);
	assert_int_equal(w.malformed, 1);
}

static void foreign_messages_are_not_ours(void **state)
{
	struct inet_diag_msg m = sample(1);
	struct diag_walk w = { .states = STATES_ALL, .seq = 8, .portid = 9 };
	struct taken t;

	(void)state;
	used = 0;
	add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
	add_message(NLMSG_DONE, "\0\0\0\0", 4);
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 0);
	w.seq = 7;
	w.portid = 10;
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	w.portid = 9;
	assert_int_equal(walk(&w, &t), DIAG_DONE);
	assert_int_equal(t.count, 1);
}

static void errors_are_honoured(void **state)
{
	int error = -ENOENT;
	struct diag_walk w = all();
	struct taken t;

	(void)state;
	used = 0;
	add_message(NLMSG_ERROR, &error, sizeof(error));
	assert_int_equal(walk(&w, &t), DIAG_ERROR);
	assert_int_equal(w.error, -ENOENT);
	used = 0;
	error = -ENOMEM;
	add_message(NLMSG_DONE, &error, sizeof(error));
	assert_int_equal(walk(&w, &t), DIAG_ERROR);
	assert_int_equal(w.error, -ENOMEM);
	used = 0;
	add_message(NLMSG_ERROR, &error, 2); /* Too short to say which. */
	assert_int_equal(walk(&w, &t), DIAG_ERROR);
	assert_true(w.error < 0);
}

static void repeats_are_dropped(void **state)
{
	struct cookie_ring *ring = cookie_ring_new();
	struct diag_walk w = all();
	struct taken t;

	(void)state;
	w.ring = ring;
	used = 0;
	for (uint32_t i = 0; i < 300; i++) {
		struct inet_diag_msg m = sample(1 + i % 100);

		add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
	}
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 100);
	assert_int_equal(w.repeats, 200);
	/* A whole table later it may be a new walk's. */
	cookie_ring_reset(ring);
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 100);
	for (uint64_t c = 1000; c < 100000; c++)
		assert_false(cookie_ring_seen(ring, c));
	assert_true(cookie_ring_seen(ring, 99999));
	assert_false(cookie_ring_seen(ring, 5));
	cookie_ring_free(ring);
}

static void other_states_and_families_are_left_out(void **state)
{
	struct inet_diag_msg m = sample(1);
	struct diag_walk w = { .states = STATE_BIT(STATE_TIME_WAIT) };
	struct taken t;

	(void)state;
	used = 0;
	add_message(SOCK_DIAG_BY_FAMILY, &m, sizeof(m));
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 0);
	w = (struct diag_walk){ .states = STATES_ALL, .family = AF_INET6 };
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 0);
}

static void one_state_may_be_the_end(void **state)
{
	struct inet_diag_msg bound = sample(1), other = sample(2);
	struct diag_walk w = { .states = STATE_BIT(STATE_BOUND),
			       .until = STATE_BIT(STATE_ESTABLISHED) };
	struct taken t;

	(void)state;
	bound.idiag_state = 7;
	bound.id.idiag_dport = 0;
	other.idiag_state = 8;
	used = 0;
	add_message(SOCK_DIAG_BY_FAMILY, &bound, sizeof(bound));
	add_message(SOCK_DIAG_BY_FAMILY, &other, sizeof(other));
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	assert_int_equal(t.count, 1);
	other.idiag_state = 1;
	bound.id.idiag_cookie[0]++;
	/* A short one is no reason to stop. */
	add_message(SOCK_DIAG_BY_FAMILY, &other, sizeof(other) - 1);
	assert_int_equal(walk(&w, &t), DIAG_MORE);
	add_message(SOCK_DIAG_BY_FAMILY, &other, sizeof(other));
	add_message(SOCK_DIAG_BY_FAMILY, &bound, sizeof(bound));
	assert_int_equal(walk(&w, &t), DIAG_DONE);
	assert_int_equal(t.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_decoded),
		cmocka_unit_test(attributes_are_bounded),
		cmocka_unit_test(state_seven_is_bound_or_reset),
		cmocka_unit_test(damaged_lengths_end_the_walk),
		cmocka_unit_test(short_payloads_are_counted),
		cmocka_unit_test(foreign_messages_are_not_ours),
		cmocka_unit_test(errors_are_honoured),
		cmocka_unit_test(repeats_are_dropped),
		cmocka_unit_test(other_states_and_families_are_left_out),
		cmocka_unit_test(one_state_may_be_the_end),
	};

	return cmocka_run_group_tests_name("diag_parse", tests, NULL, NULL);
}
