// SPDX-License-Identifier: MIT
/* analysis/handshakes: ages against histories measured on a real kernel; groups; completions while
 * watching. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/handshake_age.h"
#include "fold.h"

static struct fold f;

static int setup(void **state)
{
	(void)state;
	fold_init(&f, "handshakes");
	fold_begin(&f);
	return 0;
}

static int setup_watch(void **state)
{
	(void)state;
	fold_init(&f, "handshakes");
	f.opt.watch = 10;
	f.opt.watch_set = true;
	f.now.v[FACT_ACTIVE_OPENS] = f.now.v[FACT_PASSIVE_OPENS] = 100;
	f.now.v[FACT_ATTEMPT_FAILS] = 50;
	f.now.v[FACT_CURR_ESTAB] = f.now.v[FACT_SOCK_TW] = 10;
	fold_begin(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fold_end(&f);
	return 0;
}

static void assert_age(struct age age, double min, double max)
{
	assert_true(fabs(age.min - min) < 0.02);
	if (isnan(max))
		assert_true(isnan(age.max));
	else
		assert_true(fabs(age.max - max) < 0.02);
}

static void syn_sent_ages_follow_the_schedule(void **state)
{
	(void)state;
	assert_age(syn_sent_age(0, 492, 4), 0.508, 0.508);
	/* Four timeouts of a second more, then doubling (measured: 5.66 s). */
	assert_age(syn_sent_age(4, 548, 4), 4.452, 4.452);
	assert_age(syn_sent_age(5, 1568, 4), 5.432, 5.432);
	assert_age(syn_sent_age(6, 3588, 4), 7.412, 7.412);
	/* Kernels before 6.5 double from the start: 1, 3, 7, 15. */
	assert_age(syn_sent_age(3, 8000, 0), 7, 7);
	assert_age(syn_sent_age(3, 1000, 0), 14, 14);
	/* Late timers and the longest timeout. */
	assert_age(syn_sent_age(0, 0, 4), 1, 1);
	assert_age(syn_sent_age(0, 5000, 4), 0, 0);
	assert_age(syn_sent_age(8, 120000, 0), 247, 247);
}

/** What a server showed whose SYN-ACKs were dropped, its client repeating the SYN: netlink's count,
 *  time left, /proc's count and the stopwatch (6.18). */
static void syn_recv_bounds_hold_the_measured_age(void **state)
{
	static const struct {
		unsigned count;
		uint32_t left;
		unsigned timeouts;
		double age;
	} rows[] = {
		{ 0, 508, 0, 0.6 },  { 0, 8, 0, 1.1 },	  { 2, 1528, 1, 1.6 }, { 2, 1024, 1, 2.1 },
		{ 3, 1540, 1, 2.6 }, { 4, 1552, 1, 3.6 }, { 5, 1568, 1, 4.6 }, { 6, 1584, 1, 5.6 },
		{ 6, 88, 1, 7.1 },   { 8, 3604, 2, 7.6 }, { 8, 80, 2, 11.2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct age a = syn_recv_age((int)rows[i].count, AGE_UNKNOWN, rows[i].left);
		struct age b = syn_recv_age(AGE_UNKNOWN, (int)rows[i].timeouts, rows[i].left);

		struct age c = syn_recv_age((int)rows[i].count, (int)rows[i].timeouts, rows[i].left);

		/* Both numbers: no silent peer any more, only in which rhythm it repeats itself. */
		assert_true(c.min <= rows[i].age && c.min > rows[i].age - 0.35);
		assert_true(c.max <= 2 * rows[i].age + 0.1 && c.max <= a.max && c.max <= b.max);
		/* The client repeats as Linux does: the lower bound is the age. */
		assert_true(a.min <= rows[i].age && a.min > rows[i].age - 0.35);
		assert_true(a.max >= rows[i].age - 0.35);
		assert_true(b.min <= rows[i].age && b.max >= rows[i].age - 0.35);
	}
}

static void syn_recv_ages_are_exact_where_one_history_fits(void **state)
{
	(void)state;
	assert_age(syn_recv_age(0, AGE_UNKNOWN, 400), 0.6, 0.6);
	assert_age(syn_recv_age(1, AGE_UNKNOWN, 1900), 1.1, 1.1);
	assert_age(syn_recv_age(2, AGE_UNKNOWN, 3500), 3.5, 3.5);
	assert_age(syn_recv_age(3, AGE_UNKNOWN, 5000), 10, 10);
	assert_age(syn_recv_age(5, AGE_UNKNOWN, 20000), 43, 43);
	/* A silent peer, or one that repeats its SYN. */
	assert_age(syn_recv_age(2, AGE_UNKNOWN, 1500), 1.5, 5.5);
	assert_age(syn_recv_age(1, 0, 500), 1.5, 1.5);
	assert_age(syn_recv_age(1, 1, 500), 2.5, 2.5);
	/* The timer fired between the two readings. */
	assert_age(syn_recv_age(1, 2, 8), 2.992, 2.992);
	assert_true(fabs(syn_recv_age(8, 3, 4).min - 10.996) < 0.02);
	/* TCP_DEFER_ACCEPT: timeouts pass without a SYN-ACK. */
	assert_age(syn_recv_age(0, AGE_UNKNOWN, 3500), 3.5, NAN);
}

static void every_age_of_a_silent_peer_lies_in_its_bounds(void **state)
{
	(void)state;
	for (int ms = 0; ms < 63000; ms += 37) {
		unsigned n = 0;
		uint32_t left;
		struct age a;

		while (ms >= 1000 * ((2 << n) - 1))
			n++;
		left = (uint32_t)(1000 * ((2 << n) - 1) - ms);
		a = syn_recv_age((int)n, (int)n, left);
		assert_true(fabs(a.min - ms / 1000.0) < 0.051 && fabs(a.max - ms / 1000.0) < 0.051);
		a = syn_recv_age((int)n, AGE_UNKNOWN, left);
		assert_true(a.min <= ms / 1000.0 + 0.001);
		assert_true(isnan(a.max) || a.max >= ms / 1000.0 - 0.001);
		assert_true(a.min >= 0);
	}
}

static void add(enum state state, uint16_t local_port, const char *remote, uint16_t remote_port,
		uint8_t retransmits, uint32_t ms)
{
	struct sock s = fold_sock(state, "10.0.0.1", local_port, remote, remote_port);

	s = fold_timer(s, retransmits, ms);
	fold_add(&f, &s);
}

static void ages_and_percentiles(void **state)
{
	const struct value *root, *v;

	(void)state;
	f.now.v[FACT_SYN_LINEAR] = 4;
	for (unsigned i = 0; i < 100; i++)
		add(STATE_SYN_SENT, (uint16_t)(40000 + i), "192.0.2.1", 443, 0, 1000 - (i + 1) * 10);
	root = fold_finish(&f, 1, false);
	assert_int_equal(fold_number(root, "syn_sent"), 100);
	assert_int_equal(fold_number(root, "syn_recv"), 0);
	assert_true(fabs(fold_number(root, "age_seconds.p50") - 0.5) < 1e-9);
	assert_true(fabs(fold_number(root, "age_seconds.p90") - 0.9) < 1e-9);
	assert_true(fabs(fold_number(root, "age_seconds.p99") - 0.99) < 1e-9);
	assert_true(fabs(fold_number(root, "age_seconds.max") - 1) < 1e-9);
	/* Oldest first. */
	v = value_index(value_get(root, "sockets"), 0);
	assert_true(fabs(fold_number(v, "age_seconds") - 1) < 1e-9);
	assert_int_equal(fold_number(v, "local_port"), 40099);
	assert_string_equal(fold_text(v, "state"), "SYN_SENT");
	assert_null(value_get(root, "completed"));
}

static void nothing_hangs_and_nothing_is_known(void **state)
{
	const struct value *root;
	struct sock s = fold_sock(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443);

	(void)state;
	root = fold_finish(&f, 1, false);
	assert_true(fold_is_null(root, "age_seconds.p50"));
	assert_true(fold_is_null(root, "age_seconds.max"));
	assert_int_equal(value_get(root, "sockets")->children.count, 0);
	s.has &= ~(uint32_t)SOCK_HAS_TIMER;
	fold_add(&f, &s);
	root = fold_finish(&f, 1, false);
	assert_int_equal(fold_number(root, "syn_sent"), 1);
	assert_true(fold_is_null(root, "age_seconds.max"));
	assert_true(fold_is_null(value_index(value_get(root, "sockets"), 0), "age_seconds"));
	assert_true(fold_is_null(value_index(value_get(root, "sockets"), 0), "retransmits"));
}

static void owners_are_those_who_connect_or_listen(void **state)
{
	struct sock l = fold_listener("0.0.0.0", 80, 0, 10, 0), s;
	const struct value *list;
	struct map set = MAP_OF(uint64_t, char[0]);

	(void)state;
	s = fold_timer(fold_sock(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443), 1, 500);
	fold_owner(&f, 7, "client", 1, 10, s.inode);
	fold_owner(&f, 8, "server", 1, 10, l.inode);
	fold_add(&f, &l);
	fold_add(&f, &s);
	s = fold_timer(fold_sock(STATE_SYN_RECV, "10.0.0.1", 80, "192.0.2.1", 999), 0, 500);
	fold_add(&f, &s);
	f.analysis->want(f.state, &set);
	assert_int_equal(set.len, 2);
	map_free(&set);
	list = value_get(fold_finish(&f, 1, false), "sockets");
	assert_string_equal(fold_text(value_index(list, 0), "process"), "client");
	assert_string_equal(fold_text(value_index(list, 1), "process"), "server");
}

static void peers_and_networks_are_grouped(void **state)
{
	const struct value *list, *v;
	char peer[ADDR_TEXT];

	(void)state;
	f.now.v[FACT_SYN_LINEAR] = 4;
	for (uint16_t i = 0; i < 20; i++) {
		snprintf(peer, sizeof(peer), "198.51.100.%d", i + 1);
		add(STATE_SYN_RECV, 443, peer, (uint16_t)(1000 + i), i < 5 ? 1 : 0, 1500);
	}
	for (uint16_t i = 0; i < 3; i++) {
		snprintf(peer, sizeof(peer), "192.0.2.%d", i + 1);
		add(STATE_SYN_SENT, (uint16_t)(40000 + i), peer, 5432, 1, 500);
		add(STATE_SYN_SENT, (uint16_t)(41000 + i), peer, 5432, 0, 500);
	}
	list = value_get(fold_finish(&f, 1, false), "groups");
	assert_int_equal(list->children.count, 4);
	v = value_index(list, 0);
	assert_string_equal(fold_text(v, "direction"), "in");
	assert_string_equal(fold_text(v, "remote"), "198.51.100.0/24");
	assert_int_equal(fold_number(v, "port"), 443);
	assert_int_equal(fold_number(v, "count"), 20);
	assert_int_equal(fold_number(v, "retransmitting"), 5);
	assert_int_equal(fold_number(v, "peers"), 20);
	v = value_index(list, 1);
	assert_string_equal(fold_text(v, "direction"), "out");
	assert_string_equal(fold_text(v, "remote"), "192.0.2.1");
	assert_int_equal(fold_number(v, "port"), 5432);
	assert_int_equal(fold_number(v, "count"), 2);
	assert_true(fabs(fold_number(v, "oldest_seconds") - 1.5) < 1e-6);
}

/** One look of the watch, 50 ms after the one before. */
static const struct value *look(void)
{
	return fold_finish(&f, 0.05, true);
}

static void add_in(struct sock s, enum state state)
{
	s.state = (uint8_t)state;
	fold_add(&f, &s);
}

static void slow_handshakes_are_seen_to_complete(void **state)
{
	struct sock s = fold_sock(STATE_SYN_RECV, "10.0.0.1", 80, "192.0.2.1", 999);
	struct sock t = fold_sock(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443);
	const struct value *root;

	(void)state;
	look();
	s = fold_timer(s, 0, 990);
	t = fold_timer(t, 0, 990);
	f.now.v[FACT_ACTIVE_OPENS]++;
	for (int i = 0; i < 6; i++) {
		s.expires_ms = t.expires_ms = (uint32_t)(990 - i * 50);
		add_in(s, STATE_SYN_RECV);
		add_in(t, STATE_SYN_SENT);
		root = look();
		assert_int_equal(fold_number(root, "completed.count"), 0);
	}
	f.now.v[FACT_PASSIVE_OPENS]++;
	add_in(s, STATE_ESTABLISHED);
	add_in(t, STATE_TIME_WAIT);
	root = look();
	assert_int_equal(fold_number(root, "completed.count"), 2);
	assert_int_equal(fold_number(root, "completed.seen"), 2);
	assert_int_equal(fold_number(root, "completed.quick"), 0);
	assert_true(fold_number(root, "completed.within_200ms") == 0);
	assert_true(fold_number(root, "completed.within_500ms") == 1);
	/* Last seen at 260 ms, seen complete at 310 ms. */
	assert_true(fabs(fold_number(root, "completed.p50") - 0.285) < 0.001);
	assert_true(fabs(fold_number(root, "completed.resolution_seconds") - 0.05) < 0.001);
}

static void quick_handshakes_are_counted_by_counters(void **state)
{
	const struct value *root;

	(void)state;
	look();
	f.now.v[FACT_PASSIVE_OPENS] += 90;
	look();
	/* Ten attempts of our own, four of them refused. */
	f.now.v[FACT_ACTIVE_OPENS] += 10;
	f.now.v[FACT_ATTEMPT_FAILS] += 4;
	root = look();
	assert_int_equal(fold_number(root, "completed.count"), 96);
	assert_int_equal(fold_number(root, "completed.quick"), 96);
	assert_int_equal(fold_number(root, "completed.failed"), 4);
	assert_true(fold_number(root, "completed.within_200ms") == 1);
	assert_true(fold_number(root, "completed.p99") <= 0.0501);
}

static void ends_without_a_connection_are_told_apart(void **state)
{
	struct sock in = fold_sock(STATE_SYN_RECV, "10.0.0.1", 80, "192.0.2.1", 999);
	struct sock refused = fold_sock(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443);
	struct sock given_up = fold_sock(STATE_SYN_SENT, "10.0.0.1", 40001, "192.0.2.1", 443);
	struct sock short_lived = fold_sock(STATE_SYN_RECV, "10.0.0.1", 80, "192.0.2.1", 998);
	const struct value *root;

	(void)state;
	in = fold_timer(in, 5, 10);
	refused = fold_timer(refused, 0, 900);
	given_up = fold_timer(given_up, 0, 500);
	short_lived = fold_timer(short_lived, 0, 800);
	fold_add(&f, &in);
	fold_add(&f, &refused);
	fold_add(&f, &given_up);
	fold_add(&f, &short_lived);
	look();
	/* The request times out without a trace; one SYN gets a reset. */
	fold_add(&f, &given_up);
	fold_add(&f, &short_lived);
	f.now.v[FACT_ATTEMPT_FAILS]++;
	root = look();
	assert_int_equal(fold_number(root, "completed.failed"), 2);
	assert_int_equal(fold_number(root, "completed.count"), 0);
	/* A program closes its socket; a connection is made and over within a look. */
	f.now.v[FACT_PASSIVE_OPENS]++;
	root = look();
	assert_int_equal(fold_number(root, "completed.unknown"), 1);
	assert_int_equal(fold_number(root, "completed.count"), 1);
	assert_int_equal(fold_number(root, "completed.seen"), 1);
	assert_true(fold_is_null(root, "completed.p50") == false);
}

static void too_many_connections_are_not_listed(void **state)
{
	struct sock s = fold_sock(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443);
	struct needs needs = { 0 };
	const struct value *root;

	(void)state;
	f.analysis->needs(&f.opt, &f.now, &needs);
	assert_true(needs.states & STATE_BIT(STATE_ESTABLISHED));
	f.now.v[FACT_CURR_ESTAB] = 1000000;
	needs = (struct needs){ 0 };
	f.analysis->needs(&f.opt, &f.now, &needs);
	assert_int_equal(needs.states, STATE_BIT(STATE_SYN_SENT) | STATE_BIT(STATE_SYN_RECV));
	s = fold_timer(s, 0, 700);
	fold_add(&f, &s);
	look();
	root = look();
	assert_int_equal(fold_number(root, "completed.seen"), 1);
	assert_int_equal(f.notes.count, 1);
}

static void several_looks_narrow_an_age(void **state)
{
	struct sock s = fold_sock(STATE_SYN_RECV, "10.0.0.1", 80, "192.0.2.1", 999);
	const struct value *v;

	(void)state;
	s = fold_timer(s, 2, 1600);
	fold_add(&f, &s);
	v = value_index(value_get(fold_finish(&f, 2, false), "sockets"), 0);
	assert_true(fabs(fold_number(v, "age_seconds") - 1.4) < 0.01);
	assert_true(fabs(fold_number(v, "age_max_seconds") - 5.4) < 0.01);
	/* A client that repeats itself would have caused two more by now: the peer is silent. */
	s = fold_timer(s, 3, 7600);
	fold_add(&f, &s);
	v = value_index(value_get(fold_finish(&f, 2, false), "sockets"), 0);
	assert_true(fabs(fold_number(v, "age_seconds") - 7.4) < 0.01);
	assert_true(fabs(fold_number(v, "age_max_seconds") - 7.4) < 0.01);
}

static void sources_without_cookies_are_followed_by_address(void **state)
{
	struct sock s = fold_sock(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443);
	const struct value *root;

	(void)state;
	s.has &= ~(uint32_t)SOCK_HAS_COOKIE;
	s.cookie = 0;
	s = fold_timer(s, 0, 900);
	fold_add(&f, &s);
	look();
	add_in(s, STATE_ESTABLISHED);
	root = look();
	assert_int_equal(fold_number(root, "completed.seen"), 1);
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, setup, teardown)
#define WATCH(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, setup_watch, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_sent_ages_follow_the_schedule),
		cmocka_unit_test(syn_recv_bounds_hold_the_measured_age),
		cmocka_unit_test(syn_recv_ages_are_exact_where_one_history_fits),
		cmocka_unit_test(every_age_of_a_silent_peer_lies_in_its_bounds),
		TEST(ages_and_percentiles),
		TEST(nothing_hangs_and_nothing_is_known),
		TEST(owners_are_those_who_connect_or_listen),
		TEST(peers_and_networks_are_grouped),
		TEST(several_looks_narrow_an_age),
		WATCH(slow_handshakes_are_seen_to_complete),
		WATCH(quick_handshakes_are_counted_by_counters),
		WATCH(ends_without_a_connection_are_told_apart),
		WATCH(too_many_connections_are_not_listed),
		WATCH(sources_without_cookies_are_followed_by_address),
	};

	return cmocka_run_group_tests_name("handshakes", tests, NULL, NULL);
}
