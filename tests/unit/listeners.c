// SPDX-License-Identifier: MIT
/* analysis/listeners: queues, drops and their owners; handshakes are counted where the kernel would
 * look them up; verdicts need a lasting state. */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "fold.h"

static struct fold f;

static int setup(void **state)
{
	(void)state;
	fold_init(&f, "listeners");
	fold_begin(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fold_end(&f);
	return 0;
}

/** The row of the listener on PORT (the only one). */
static const struct value *row(const struct value *root, unsigned port)
{
	const struct value *list = value_get(root, "listeners");

	assert_non_null(list);
	for (const struct value *v = list->children.first; v; v = v->next) {
		if (value_int(v, "port", 0) == port)
			return v;
	}
	fail_msg("no listener on port %u", port);
	return NULL;
}

static void add_listener(const char *local, uint16_t port, uint32_t queue, uint32_t backlog)
{
	struct sock s = fold_listener(local, port, queue, backlog, 0);

	fold_add(&f, &s);
}

static void add_requests(unsigned n, const char *local, uint16_t port, uint8_t retransmits)
{
	for (unsigned i = 0; i < n; i++) {
		struct sock s = fold_sock(STATE_SYN_RECV, local, port,
					  strchr(local, ':') ? "2001:db8::9" : "192.0.2.9",
					  (uint16_t)(1000 + i));

		s = fold_timer(s, retransmits, 500);
		fold_add(&f, &s);
	}
}

static void members_stand_in_the_promised_order(void **state)
{
	static const char *const keys[] = { "local", "port", "queue", "backlog", "syn_recv", "drops",
					    "drops_per_second", "pid", "process", "verdict" };
	const struct value *v;
	size_t i = 0;

	(void)state;
	add_listener("0.0.0.0", 80, 3, 128);
	v = row(fold_finish(&f, 1, false), 80)->children.first;
	for (; i < ARRAY_LEN(keys); i++, v = v->next)
		assert_string_equal(v->key, keys[i]);
	v = row(f.report.root, 80);
	assert_string_equal(fold_text(v, "local"), "0.0.0.0");
	assert_int_equal(fold_number(v, "queue"), 3);
	assert_int_equal(fold_number(v, "backlog"), 128);
	assert_int_equal(fold_number(v, "drops"), 0);
	assert_true(fold_is_null(v, "drops_per_second"));
	assert_true(fold_is_null(v, "pid"));
	assert_string_equal(fold_text(v, "verdict"), "ok");
	assert_true(fold_is_null(f.report.root, "overflows_per_second"));
}

static void requests_go_to_the_most_exact_listener(void **state)
{
	const struct value *root;

	(void)state;
	add_listener("10.0.0.1", 80, 0, 128);
	add_listener("0.0.0.0", 81, 0, 128);
	add_listener("::", 82, 0, 128);
	add_requests(2, "10.0.0.1", 80, 0);
	add_requests(3, "10.0.0.7", 81, 0);
	/* A dual-stack listener's IPv4 requests come with mapped addresses or plain ones. */
	add_requests(4, "::ffff:10.0.0.7", 82, 0);
	add_requests(1, "10.0.0.7", 82, 0);
	/* Nobody listens there any more: rows outlive their listener. */
	add_requests(9, "10.0.0.7", 80, 0);
	root = fold_finish(&f, 1, false);
	assert_int_equal(fold_number(row(root, 80), "syn_recv"), 2);
	assert_int_equal(fold_number(row(root, 81), "syn_recv"), 3);
	assert_int_equal(fold_number(row(root, 82), "syn_recv"), 5);
}

static void exact_beats_wildcard_and_v6only_takes_no_ipv4(void **state)
{
	const struct value *list;
	struct sock only = fold_listener("::", 90, 0, 128, 0);

	(void)state;
	only.has |= SOCK_HAS_V6ONLY;
	only.v6only = true;
	fold_add(&f, &only);
	add_listener("0.0.0.0", 90, 0, 128);
	add_listener("10.0.0.1", 90, 0, 128);
	add_requests(5, "10.0.0.1", 90, 0);
	add_requests(6, "10.0.0.2", 90, 0);
	add_requests(7, "2001:db8::1", 90, 0);
	list = value_get(fold_finish(&f, 1, false), "listeners");
	for (const struct value *v = list->children.first; v; v = v->next) {
		int expected = strcmp(fold_text(v, "local"), "10.0.0.1") == 0 ? 5 :
			       strcmp(fold_text(v, "local"), "0.0.0.0") == 0  ? 6 :
										7;

		assert_int_equal(fold_number(v, "syn_recv"), expected);
	}
}

static void reuseport_shares_keep_the_sum(void **state)
{
	const struct value *list;
	double sum = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		add_listener("0.0.0.0", 80, 0, 128);
	add_requests(11, "10.0.0.1", 80, 0);
	list = value_get(fold_finish(&f, 1, false), "listeners");
	assert_int_equal(list->children.count, 3);
	for (const struct value *v = list->children.first; v; v = v->next) {
		assert_int_equal(fold_number(v, "sharing"), 3);
		assert_in_range(fold_number(v, "syn_recv"), 3, 4);
		sum += fold_number(v, "syn_recv");
	}
	assert_int_equal(sum, 11);
}

static void full_means_one_more_than_the_backlog(void **state)
{
	const struct value *root;

	(void)state;
	add_listener("0.0.0.0", 80, 128, 128);
	add_listener("0.0.0.0", 81, 129, 128);
	add_listener("0.0.0.0", 82, 3, 4);
	add_listener("0.0.0.0", 83, 1, 0);
	root = fold_finish(&f, 1, false);
	assert_string_equal(fold_text(row(root, 80), "verdict"), "warning");
	assert_string_equal(fold_text(row(root, 80), "reason"), "queue-high");
	assert_string_equal(fold_text(row(root, 81), "verdict"), "critical");
	assert_string_equal(fold_text(row(root, 81), "reason"), "queue-full");
	assert_string_equal(fold_text(row(root, 82), "verdict"), "ok");
	assert_string_equal(fold_text(row(root, 83), "verdict"), "critical");
	/* Worst first. */
	assert_int_equal(fold_number(value_index(value_get(root, "listeners"), 0), "port"), 81);
}

static void a_burst_at_one_look_is_not_critical(void **state)
{
	struct sock s = fold_listener("0.0.0.0", 80, 2, 10, 0);
	const struct value *root;

	(void)state;
	fold_add(&f, &s);
	fold_finish(&f, 1, false);
	s.rqueue = 11;
	fold_add(&f, &s);
	root = fold_finish(&f, 1, false);
	assert_string_equal(fold_text(row(root, 80), "verdict"), "warning");
	fold_add(&f, &s);
	root = fold_finish(&f, 1, false);
	assert_string_equal(fold_text(row(root, 80), "verdict"), "critical");
	s.rqueue = 9;
	fold_add(&f, &s);
	fold_finish(&f, 1, false);
	s.rqueue = 2;
	fold_add(&f, &s);
	root = fold_finish(&f, 1, false);
	assert_string_equal(fold_text(row(root, 80), "verdict"), "ok");
}

static void drops_are_told_from_the_sample_before(void **state)
{
	struct sock s = fold_listener("0.0.0.0", 80, 0, 10, 0xfffffff0);
	const struct value *root;

	(void)state;
	f.before.v[FACT_LISTEN_OVERFLOWS] = 5;
	f.now.v[FACT_LISTEN_OVERFLOWS] = 25;
	fold_add(&f, &s);
	root = fold_finish(&f, 2, false);
	assert_true(fold_is_null(row(root, 80), "drops_per_second"));
	/* The counter wraps. */
	s.drops = 4;
	fold_add(&f, &s);
	root = fold_finish(&f, 2, true);
	assert_true(fold_number(row(root, 80), "drops_per_second") == 10);
	assert_string_equal(fold_text(row(root, 80), "reason"), "dropping");
	assert_true(fold_number(root, "overflows_per_second") == 10);
	/* Drops without an overflow are no sign of a full queue. */
	f.before.v[FACT_LISTEN_OVERFLOWS] = 25;
	s.drops = 5;
	fold_add(&f, &s);
	root = fold_finish(&f, 2, true);
	assert_string_equal(fold_text(row(root, 80), "verdict"), "ok");
}

static void a_process_at_its_limit_cannot_accept(void **state)
{
	struct sock s = fold_listener("0.0.0.0", 80, 1, 128, 0);
	struct sock t = fold_listener("0.0.0.0", 81, 0, 128, 0);
	const struct value *root;

	(void)state;
	fold_owner(&f, 7, "app", 1024, 1024, s.inode);
	fold_owner(&f, 8, "idle", 1024, 1024, t.inode);
	fold_add(&f, &s);
	fold_add(&f, &t);
	root = fold_finish(&f, 1, false);
	assert_string_equal(fold_text(row(root, 80), "reason"), "fd-limit");
	assert_string_equal(fold_text(row(root, 80), "verdict"), "critical");
	assert_int_equal(fold_number(row(root, 80), "pid"), 7);
	assert_string_equal(fold_text(row(root, 80), "process"), "app");
	assert_string_equal(fold_text(row(root, 81), "verdict"), "ok");
}

static void the_backlog_at_somaxconn_is_told(void **state)
{
	const struct value *root;

	(void)state;
	add_listener("0.0.0.0", 80, 0, 4096);
	add_listener("0.0.0.0", 81, 0, 511);
	root = fold_finish(&f, 1, false);
	assert_true(fold_is_null(row(root, 80), "clamped"));
	f.now.v[FACT_SOMAXCONN] = 4096;
	add_listener("0.0.0.0", 80, 0, 4096);
	add_listener("0.0.0.0", 81, 0, 511);
	root = fold_finish(&f, 1, false);
	assert_true(value_get(row(root, 80), "clamped")->boolean);
	assert_false(value_get(row(root, 81), "clamped")->boolean);
}

static void half_open_connections_fill_the_syn_queue(void **state)
{
	const struct value *root;

	(void)state;
	add_listener("0.0.0.0", 80, 0, 9);
	add_listener("0.0.0.0", 81, 0, 9);
	add_requests(8, "10.0.0.1", 80, 1);
	/* Young ones come and go. */
	add_requests(8, "10.0.0.1", 81, 0);
	root = fold_finish(&f, 1, false);
	assert_string_equal(fold_text(row(root, 80), "reason"), "syn-queue-high");
	assert_string_equal(fold_text(row(root, 81), "verdict"), "ok");
}

static void what_proc_lacks_is_null_and_said(void **state)
{
	struct sock s = fold_listener("0.0.0.0", 80, 7, 0, 0);
	struct sock t = fold_listener("0.0.0.0", 81, 0, 0, 0);
	const struct value *root;

	(void)state;
	s.has = t.has = SOCK_HAS_QUEUES | SOCK_HAS_INODE;
	fold_add(&f, &s);
	fold_add(&f, &t);
	root = fold_finish(&f, 1, false);
	assert_true(fold_is_null(row(root, 80), "backlog"));
	assert_true(fold_is_null(row(root, 80), "drops"));
	assert_true(fold_is_null(row(root, 80), "verdict"));
	assert_string_equal(fold_text(row(root, 81), "verdict"), "ok");
	assert_int_equal(f.notes.count, 1);
	assert_non_null(strstr(f.notes.text[0], "2 listeners"));
	assert_non_null(strstr(f.notes.text[0], "1 with connections waiting"));
}

static void merged_states_count_once(void **state)
{
	void *other = f.analysis->begin(&f.opt);
	struct sock s = fold_listener("0.0.0.0", 81, 4, 10, 0);
	const struct value *root;

	(void)state;
	add_listener("0.0.0.0", 80, 0, 10);
	add_requests(1, "10.0.0.1", 81, 0);
	f.analysis->add(other, &s);
	s = fold_sock(STATE_SYN_RECV, "10.0.0.1", 81, "192.0.2.1", 5);
	f.analysis->add(other, &s);
	f.analysis->merge(f.state, other);
	f.analysis->end(other);
	root = fold_finish(&f, 1, false);
	assert_int_equal(value_get(root, "listeners")->children.count, 2);
	assert_int_equal(fold_number(row(root, 81), "syn_recv"), 2);
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(members_stand_in_the_promised_order),
		TEST(requests_go_to_the_most_exact_listener),
		TEST(exact_beats_wildcard_and_v6only_takes_no_ipv4),
		TEST(reuseport_shares_keep_the_sum),
		TEST(full_means_one_more_than_the_backlog),
		TEST(a_burst_at_one_look_is_not_critical),
		TEST(drops_are_told_from_the_sample_before),
		TEST(a_process_at_its_limit_cannot_accept),
		TEST(the_backlog_at_somaxconn_is_told),
		TEST(half_open_connections_fill_the_syn_queue),
		TEST(what_proc_lacks_is_null_and_said),
		TEST(merged_states_count_once),
	};

	return cmocka_run_group_tests_name("listeners", tests, NULL, NULL);
}
