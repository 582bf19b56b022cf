// SPDX-License-Identifier: MIT
/* analysis/ports: what a made-up dump and made-up facts come to, case by case of kernel-facts 3. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "fold.h"

#define LOW 40000
#define HIGH 40009

/** A run over a range of ten ports; the bind table is known and empty. */
static struct fold *start(struct fold *f)
{
	fold_init(f, "ports");
	f->now.v[FACT_PORT_LOW] = LOW;
	f->now.v[FACT_PORT_HIGH] = HIGH;
	f->now.v[FACT_TW_REUSE] = 2;
	f->now.v[FACT_TW_REUSE_DELAY] = 1000;
	f->now.v[FACT_TIMESTAMPS] = 1;
	f->now.v[FACT_KERNEL] = 6018;
	f->now.reserved_known = true;
	f->now.bind_known = true;
	f->now.bind.high = PORTS - 1;
	memset(&f->now.bind.bound, 0xff, sizeof(f->now.bind.bound));
	fold_begin(f);
	return f;
}

static void sticky(struct fold *f, uint16_t port)
{
	port_set_add(&f->now.bind.sticky, port);
}

static struct sock client(enum state state, uint16_t port)
{
	return fold_sock(state, "192.0.2.1", port, "198.51.100.7", 443);
}

/** A TIME_WAIT that is AGE ms old. */
static struct sock waiting(struct sock s, uint32_t age)
{
	s.state = STATE_TIME_WAIT;
	s.inode = 0;
	s.has |= SOCK_HAS_TIMER;
	s.timer = TIMER_TIMEWAIT;
	s.expires_ms = 60000 - age;
	return s;
}

static uint16_t slot_of(const struct sock *s)
{
	struct addr remote = addr_fold(&s->remote);

	return bind_tw_slot(s->local_port, &remote, s->remote_port);
}

static void add(struct fold *f, struct sock s)
{
	fold_add(f, &s);
}

/** The pool toward that address, or NULL. */
static const struct value *pool_to(const struct value *root, const char *remote)
{
	const struct value *list = value_get(root, "pools");

	for (size_t i = 0; i < list->children.count; i++) {
		const struct value *p = value_index(list, i);

		if (strcmp(fold_text(p, "remote"), remote) == 0)
			return p;
	}
	return NULL;
}

/** Checks free, free_min and free_max of the only pool. */
static void expect(struct fold *f, int free, int min, int max)
{
	const struct value *root = fold_finish(f, 1, false);
	const struct value *p = value_index(value_get(root, "pools"), 0);

	assert_non_null(p);
	if (fold_number(p, "free") != free || fold_number(p, "free_min") != min ||
	    fold_number(p, "free_max") != max)
		fail_msg("free %g (%g..%g), not %d (%d..%d)", fold_number(p, "free"),
			 fold_number(p, "free_min"), fold_number(p, "free_max"), free, min, max);
}

static void keys_stand_as_promised(void **state)
{
	static const char *const top[] = { "range", "time_wait_seconds", "tw_reuse",
		"tw_reuse_delay_seconds", "pools", "worst", "listeners_in_range",
		"bind_before_connect" };
	static const char *const range[] = { "low", "high", "size", "reserved", "held", "usable" };
	static const char *const pool[] = { "local", "remote", "remote_port", "capacity", "in_use",
		"states", "reusable", "free", "free_min", "free_max", "headroom", "close_rate",
		"growth", "sustainable_rate", "steady_state", "exhausts_in_seconds", "slow_search",
		"owners", "verdict" };
	const struct value *root, *v;
	struct fold f;

	(void)state;
	start(&f);
	add(&f, client(STATE_ESTABLISHED, LOW));
	root = fold_finish(&f, 1, false);
	v = root->children.first;
	for (size_t i = 0; i < ARRAY_LEN(top); i++, v = v->next)
		assert_string_equal(v->key, top[i]);
	v = value_get(root, "range")->children.first;
	for (size_t i = 0; i < ARRAY_LEN(range); i++, v = v->next)
		assert_string_equal(v->key, range[i]);
	v = value_index(value_get(root, "pools"), 0)->children.first;
	for (size_t i = 0; i < ARRAY_LEN(pool); i++, v = v->next)
		assert_string_equal(v->key, pool[i]);
	fold_end(&f);
}

static void every_state_takes_a_port(void **state)
{
	static const enum state states[] = { STATE_SYN_SENT, STATE_ESTABLISHED, STATE_FIN_WAIT1,
		STATE_FIN_WAIT2, STATE_CLOSE_WAIT, STATE_CLOSING, STATE_LAST_ACK };
	const struct value *root, *p;
	struct fold f;

	(void)state;
	start(&f);
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		add(&f, client(states[i], (uint16_t)(LOW + i)));
	add(&f, waiting(client(STATE_TIME_WAIT, HIGH), 30000));
	root = fold_finish(&f, 1, false);
	p = value_index(value_get(root, "pools"), 0);
	assert_string_equal(fold_text(p, "local"), "192.0.2.1");
	assert_int_equal(fold_number(p, "remote_port"), 443);
	assert_int_equal(fold_number(p, "capacity"), 10);
	assert_int_equal(fold_number(p, "in_use"), 8);
	assert_int_equal(fold_number(p, "free_min"), 2);
	assert_int_equal(fold_number(p, "free_max"), 2);
	assert_int_equal(fold_number(p, "reusable"), 0);
	assert_float_equal(fold_number(p, "headroom"), 0.2, 1e-9);
	assert_int_equal(fold_number(p, "states.SYN_SENT"), 1);
	assert_null(value_at(p, "states.LISTEN"));
	fold_end(&f);
}

static void destinations_are_apart_and_mapped_is_not(void **state)
{
	const struct value *root;
	struct fold f;

	(void)state;
	start(&f);
	for (uint16_t i = 0; i < 4; i++) {
		add(&f, client(STATE_ESTABLISHED, LOW + i));
		add(&f, fold_sock(STATE_ESTABLISHED, "192.0.2.1", LOW + i, "198.51.100.8", 443));
	}
	add(&f, fold_sock(STATE_ESTABLISHED, "::ffff:192.0.2.1", HIGH, "::ffff:198.51.100.7", 443));
	add(&f, fold_sock(STATE_ESTABLISHED, "2001:db8::1", LOW, "2001:db8::2", 443));
	root = fold_finish(&f, 1, false);
	assert_int_equal(value_get(root, "pools")->children.count, 3);
	assert_int_equal(fold_number(pool_to(root, "198.51.100.7"), "in_use"), 5);
	assert_int_equal(fold_number(pool_to(root, "198.51.100.8"), "in_use"), 4);
	assert_int_equal(fold_number(pool_to(root, "2001:db8::2"), "in_use"), 1);
	assert_string_equal(fold_text(root, "worst.remote"), "198.51.100.7");
	fold_end(&f);
}

static void held_and_reserved_are_counted_once(void **state)
{
	const struct value *root;
	struct fold f;

	(void)state;
	start(&f);
	assert_int_equal(port_set_parse("40000-40002,50000", &f.now.reserved), 0);
	add(&f, fold_listener("0.0.0.0", 40002, 0, 5, 0));
	add(&f, fold_listener("::1", 40005, 0, 5, 0));
	add(&f, fold_sock(STATE_BOUND, "127.0.0.9", 40007, "0.0.0.0", 0));
	/* Neither in the dump nor anywhere else: only the table knows. */
	sticky(&f, 40009);
	sticky(&f, 40005);
	add(&f, client(STATE_ESTABLISHED, 40004));
	/* Explicitly bound to a reserved port: in nobody's way. */
	add(&f, client(STATE_ESTABLISHED, 40001));
	root = fold_finish(&f, 1, false);
	assert_int_equal(fold_number(root, "range.reserved"), 3);
	assert_int_equal(fold_number(root, "range.held"), 3);
	assert_int_equal(fold_number(root, "range.usable"), 4);
	assert_int_equal(fold_number(root, "worst.capacity"), 4);
	assert_int_equal(fold_number(root, "worst.in_use"), 1);
	assert_int_equal(fold_number(root, "worst.free_min"), 3);
	assert_int_equal(fold_number(root, "worst.free_max"), 3);
	assert_int_equal(value_get(root, "listeners_in_range")->children.count, 2);
	assert_true(value_at(value_index(value_get(root, "listeners_in_range"), 0),
			     "reserved")->boolean);
	fold_end(&f);
}

static void the_servers_own_sockets_are_no_pool(void **state)
{
	const struct value *root;
	struct fold f;

	(void)state;
	start(&f);
	sticky(&f, 40004);
	sticky(&f, 40006);
	/* A child before and one behind its listener; one whose listener is gone. */
	add(&f, fold_sock(STATE_ESTABLISHED, "192.0.2.1", 40004, "203.0.113.5", 40001));
	add(&f, fold_listener("0.0.0.0", 40004, 0, 5, 0));
	add(&f, fold_sock(STATE_ESTABLISHED, "192.0.2.1", 40004, "203.0.113.6", 40002));
	add(&f, fold_sock(STATE_ESTABLISHED, "192.0.2.1", 40006, "203.0.113.6", 40003));
	root = fold_finish(&f, 1, false);
	assert_int_equal(value_get(root, "pools")->children.count, 0);
	assert_int_equal(fold_number(root, "range.held"), 2);
	assert_true(fold_is_null(root, "worst"));
	assert_int_equal(value_get(root, "bind_before_connect")->children.count, 0);
	fold_end(&f);
}

static void who_binds_first_is_named(void **state)
{
	const struct value *root, *b;
	struct sock s;
	struct map set = MAP_OF(uint64_t, char[0]);
	struct fold f;

	(void)state;
	start(&f);
	for (uint16_t port = 40003; port < 40006; port++) {
		sticky(&f, port);
		s = client(STATE_ESTABLISHED, port);
		s.inode = port;
		add(&f, s);
	}
	s = client(STATE_ESTABLISHED, 40008);
	s.inode = 7;
	add(&f, s);
	f.analysis->want(f.state, &set);
	assert_int_equal(set.len, 4);
	map_free(&set);
	fold_owner(&f, 31, "binder", 5, 1024, 40003);
	fold_owner(&f, 31, "binder", 5, 1024, 40004);
	fold_owner(&f, 31, "binder", 5, 1024, 40005);
	fold_owner(&f, 42, "plain", 5, 1024, 7);
	root = fold_finish(&f, 1, false);
	b = value_index(value_get(root, "bind_before_connect"), 0);
	assert_string_equal(fold_text(b, "local"), "192.0.2.1");
	assert_int_equal(fold_number(b, "ports"), 3);
	assert_int_equal(fold_number(b, "pid"), 31);
	assert_string_equal(fold_text(b, "process"), "binder");
	/* The destination is shown, and its pool has lost three ports, as every other has. */
	assert_int_equal(fold_number(root, "worst.capacity"), 7);
	assert_int_equal(fold_number(root, "worst.in_use"), 1);
	assert_int_equal(value_at(root, "worst.owners")->children.count, 2);
	fold_end(&f);
}

static void time_wait_is_reused_as_the_kernel_does(void **state)
{
	enum { LO, FAR };
	enum { PLAIN, STAMPED, UNSEEN };
	static const struct {
		int reuse, delay, where, stamps, age, free, min, max;
	} rows[] = {
		{ 0, 1000, LO, STAMPED, 30000, 9, 9, 9 },
		{ 1, 1000, LO, STAMPED, 500, 9, 9, 9 },
		{ 1, 1000, LO, STAMPED, 1200, 10, 10, 10 },
		{ 2, 1000, LO, STAMPED, 1200, 10, 10, 10 },
		{ 2, 1000, FAR, STAMPED, 1200, 9, 9, 9 },
		{ 1, 1000, FAR, STAMPED, 1200, 10, 10, 10 },
		{ 1, 1000, LO, PLAIN, 1200, 9, 9, 9 },
		{ 1, 3000, LO, STAMPED, 2900, 9, 9, 9 },
		{ 1, 3000, LO, STAMPED, 3300, 10, 10, 10 },
		{ 1, 1, LO, STAMPED, 50, 10, 10, 10 },
		/* At the limit the clock decides; without the table the peer. */
		{ 1, 1000, FAR, STAMPED, 1001, 9, 9, 10 },
		{ 1, 1000, FAR, UNSEEN, 30000, 10, 9, 10 },
		{ 1, 1000, FAR, UNSEEN, 300, 9, 9, 9 },
		/* Before 6.14: whole seconds. */
		{ 1, -1, FAR, STAMPED, 500, 9, 9, 10 },
		{ 1, -1, FAR, STAMPED, 1100, 10, 10, 10 },
		/* An unknown setting. */
		{ -1, 1000, FAR, STAMPED, 30000, 9, 9, 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sock s = client(STATE_TIME_WAIT, 40004);
		struct fold f;

		start(&f);
		if (rows[i].where == LO)
			s = fold_sock(STATE_TIME_WAIT, "127.0.0.1", 40004, "127.0.0.1", 9000);
		f.now.v[FACT_TW_REUSE] = rows[i].reuse < 0 ? FACT_UNKNOWN : rows[i].reuse;
		f.now.v[FACT_TW_REUSE_DELAY] = rows[i].delay < 0 ? FACT_UNKNOWN : rows[i].delay;
		if (rows[i].stamps == STAMPED)
			port_set_add(&f.now.bind.tw_stamped, slot_of(&s));
		if (rows[i].stamps == PLAIN)
			port_set_add(&f.now.bind.tw_plain, slot_of(&s));
		add(&f, waiting(s, (uint32_t)rows[i].age));
		expect(&f, rows[i].free, rows[i].min, rows[i].max);
		assert_int_equal(fold_number(f.report.root, "worst.in_use"), 1);
		assert_int_equal(fold_number(f.report.root, "worst.reusable"), rows[i].free == 10);
		fold_end(&f);
	}
}

static void a_fin_wait2_is_never_reused(void **state)
{
	struct fold f;
	struct sock s = fold_sock(STATE_FIN_WAIT2, "127.0.0.1", 40004, "127.0.0.1", 9000);

	(void)state;
	start(&f);
	f.now.v[FACT_TW_REUSE] = 1;
	port_set_add(&f.now.bind.tw_stamped, slot_of(&s));
	s.timer = TIMER_TIMEWAIT;
	s.expires_ms = 20000;
	add(&f, s);
	expect(&f, 9, 9, 9);
	fold_end(&f);
}

static void odd_ranges(void **state)
{
	static const struct {
		uint16_t high;
		/** Offsets of two used ports. */
		uint16_t used[2];
		int free, min, max;
	} rows[] = {
		{ LOW, { 0, 0 }, 0, 0, 0 },
		/* Of three the last is never tried (remaining &= ~1). */
		{ LOW + 2, { 2, 2 }, 2, 2, 2 },
		{ LOW + 2, { 1, 1 }, 1, 1, 1 },
		{ LOW + 2, { 0, 1 }, 0, 0, 0 },
		/* Both ends free, one, none. */
		{ LOW + 8, { 4, 4 }, 8, 7, 8 },
		{ LOW + 8, { 0, 0 }, 8, 7, 8 },
		{ LOW + 8, { 8, 1 }, 7, 6, 7 },
		{ LOW + 8, { 0, 8 }, 7, 7, 7 },
		{ LOW + 9, { 0, 0 }, 9, 9, 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fold f;

		start(&f);
		f.now.v[FACT_PORT_HIGH] = rows[i].high;
		for (int k = 0; k < 2; k++)
			add(&f, client(STATE_ESTABLISHED, (uint16_t)(LOW + rows[i].used[k])));
		expect(&f, rows[i].free, rows[i].min, rows[i].max);
		fold_end(&f);
	}
}

/** Without the bind table: bound clients are known, bind(ip, 0) and what it leaves is not. */
static void without_the_table_doubt_is_said(void **state)
{
	struct sock s;
	const struct value *root, *p;
	struct fold f;

	(void)state;
	start(&f);
	f.now.bind_known = false;
	for (uint16_t i = 0; i < 3; i++) {
		s = client(STATE_ESTABLISHED, LOW + i);
		s.has |= SOCK_HAS_LOCK;
		s.bind_locked = i == 2;
		add(&f, s);
	}
	s = fold_sock(STATE_ESTABLISHED, "192.0.2.1", LOW + 3, "198.51.100.8", 443);
	s.has |= SOCK_HAS_LOCK;
	add(&f, s);
	add(&f, waiting(fold_sock(STATE_TIME_WAIT, "192.0.2.1", LOW + 4, "198.51.100.8", 443), 9));
	root = fold_finish(&f, 1, false);
	assert_int_equal(fold_number(root, "range.held"), 1);
	p = pool_to(root, "198.51.100.7");
	assert_int_equal(fold_number(p, "free_max"), 7);
	assert_int_equal(fold_number(p, "free"), 7);
	assert_int_equal(fold_number(p, "free_min"), 5);
	p = pool_to(root, "198.51.100.8");
	assert_int_equal(fold_number(p, "free_max"), 7);
	assert_int_equal(fold_number(p, "free_min"), 5);
	assert_int_equal(f.notes.count, 1);
	fold_end(&f);
}

/** Two destinations from one port, both reached from others too: it was given out twice. */
static void a_port_given_out_twice_is_nobodys(void **state)
{
	static const char *const remotes[] = { "198.51.100.7", "198.51.100.8" };
	struct fold f;

	(void)state;
	for (int left = 0; left < 2; left++) {
		start(&f);
		f.now.bind_known = false;
		for (int r = 0; r < 2; r++) {
			for (uint16_t i = 0; i < 3; i++) {
				struct sock s = fold_sock(STATE_ESTABLISHED, "192.0.2.1", LOW + i,
							  remotes[r], 443);

				s.has |= SOCK_HAS_LOCK;
				/* What is left of a closed socket proves nothing. */
				add(&f, left ? waiting(s, 5000) : s);
			}
		}
		add(&f, fold_sock(STATE_ESTABLISHED, "192.0.2.1", HIGH, "198.51.100.9", 443));
		fold_finish(&f, 1, false);
		assert_int_equal(fold_number(pool_to(f.report.root, "198.51.100.9"), "free_min"),
				 left ? 6 : 9);
		assert_int_equal(fold_number(pool_to(f.report.root, "198.51.100.9"), "free_max"),
				 9);
		fold_end(&f);
	}
}

static void a_source_without_bound_sockets_promises_nothing(void **state)
{
	struct sock s = client(STATE_ESTABLISHED, LOW);
	struct fold f;

	(void)state;
	start(&f);
	f.now.bind_known = false;
	s.has &= ~(uint32_t)SOCK_HAS_COOKIE;
	add(&f, s);
	expect(&f, 9, 0, 9);
	fold_end(&f);
	start(&f);
	f.now.bind_known = false;
	f.now.v[FACT_KERNEL] = 6007;
	add(&f, client(STATE_ESTABLISHED, LOW));
	expect(&f, 9, 0, 9);
	fold_end(&f);
}

static void a_table_that_does_not_fit_is_not_believed(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	f.now.v[FACT_PORT_HIGH] = LOW + 99;
	f.now.bind.bound = (struct port_set){ 0 };
	for (uint16_t i = 0; i < 50; i++) {
		struct sock s = client(STATE_ESTABLISHED, LOW + i);

		s.has |= SOCK_HAS_LOCK;
		add(&f, s);
	}
	add(&f, fold_sock(STATE_ESTABLISHED, "192.0.2.1", LOW, "198.51.100.8", 443));
	fold_finish(&f, 1, false);
	assert_int_equal(fold_number(pool_to(f.report.root, "198.51.100.8"), "free_min"), 50);
	assert_int_equal(fold_number(pool_to(f.report.root, "198.51.100.8"), "free_max"), 99);
	assert_int_equal(f.notes.count, 2);
	fold_end(&f);
}

static void devices_have_tuples_of_their_own(void **state)
{
	struct sock s = client(STATE_ESTABLISHED, LOW);
	const struct value *list;
	struct fold f;

	(void)state;
	start(&f);
	s.has |= SOCK_HAS_IFINDEX;
	s.ifindex = 3;
	add(&f, s);
	add(&f, client(STATE_ESTABLISHED, LOW + 1));
	list = value_get(fold_finish(&f, 1, false), "pools");
	assert_int_equal(list->children.count, 2);
	/* Who is bound to a device meets those that are not; not the other way round. */
	assert_int_equal(fold_number(value_index(list, 0), "ifindex"), 3);
	assert_int_equal(fold_number(value_index(list, 0), "free"), 8);
	assert_null(value_get(value_index(list, 1), "ifindex"));
	assert_int_equal(fold_number(value_index(list, 1), "free"), 9);
	fold_end(&f);
}

static void half_the_range_makes_the_search_slow(void **state)
{
	struct fold f;

	(void)state;
	for (int used = 4; used <= 5; used++) {
		start(&f);
		for (uint16_t i = 0; i < used; i++)
			add(&f, client(STATE_ESTABLISHED, (uint16_t)(LOW + 2 * i)));
		fold_finish(&f, 1, false);
		assert_int_equal(value_at(f.report.root, "worst.slow_search")->boolean, used == 5);
		fold_end(&f);
	}
}

static void verdicts_go_by_what_is_left(void **state)
{
	static const struct {
		unsigned used;
		const char *verdict;
	} rows[] = {
		{ 799, "ok" }, { 801, "warning" }, { 951, "critical" }, { 1000, "exhausted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fold f;

		start(&f);
		f.now.v[FACT_PORT_HIGH] = LOW + 999;
		for (unsigned k = 0; k < rows[i].used; k++)
			add(&f, client(STATE_ESTABLISHED, (uint16_t)(LOW + k)));
		fold_finish(&f, 1, false);
		assert_string_equal(fold_text(f.report.root, "worst.verdict"), rows[i].verdict);
		fold_end(&f);
	}
}

static void closes_are_read_from_what_is_left_of_them(void **state)
{
	const struct value *w;
	struct fold f;

	(void)state;
	start(&f);
	f.now.v[FACT_PORT_HIGH] = LOW + 9999;
	/* 50/s for 40 s, and five that are due and still there. */
	for (unsigned i = 0; i < 2000; i++)
		add(&f, waiting(client(STATE_TIME_WAIT, (uint16_t)(LOW + i)), 10 + i * 20));
	for (unsigned i = 0; i < 5; i++)
		add(&f, waiting(client(STATE_TIME_WAIT, (uint16_t)(LOW + 5000 + i)), 60000));
	w = value_get(fold_finish(&f, 1, false), "worst");
	assert_int_equal(fold_number(w, "in_use"), 2005);
	assert_float_equal(fold_number(w, "close_rate.1s"), 50, 1);
	assert_float_equal(fold_number(w, "close_rate.10s"), 50, 0.1);
	assert_float_equal(fold_number(w, "close_rate.60s"), 2000.0 / 60, 0.1);
	assert_float_equal(fold_number(w, "sustainable_rate"), 166.667, 0.001);
	assert_int_equal(fold_number(w, "steady_state"), 2000);
	assert_true(fold_is_null(w, "exhausts_in_seconds"));
	assert_int_equal(value_get(w, "close_history")->children.count, 60);
	assert_int_equal(value_index(value_get(w, "close_history"), 59)->integer, 50);
	assert_int_equal(value_index(value_get(w, "close_history"), 0)->integer, 0);
	fold_end(&f);
}

static void what_is_used_up_is_foretold(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	f.now.v[FACT_PORT_HIGH] = LOW + 999;
	for (unsigned i = 0; i < 250; i++)
		add(&f, waiting(client(STATE_TIME_WAIT, (uint16_t)(LOW + i)), 10 + i * 20));
	fold_finish(&f, 1, false);
	assert_float_equal(fold_number(f.report.root, "worst.exhausts_in_seconds"), 15, 0.1);
	assert_string_equal(fold_text(f.report.root, "worst.verdict"), "critical");
	fold_end(&f);
}

static void growth_needs_two_looks(void **state)
{
	const struct value *w;
	struct fold f;

	(void)state;
	start(&f);
	f.now.v[FACT_PORT_HIGH] = LOW + 999;
	for (uint16_t i = 0; i < 100; i++)
		add(&f, client(STATE_ESTABLISHED, LOW + i));
	w = value_get(fold_finish(&f, 2, false), "worst");
	assert_true(fold_is_null(w, "growth"));
	assert_true(fold_is_null(w, "exhausts_in_seconds"));
	for (uint16_t i = 0; i < 140; i++)
		add(&f, client(STATE_ESTABLISHED, LOW + i));
	w = value_get(fold_finish(&f, 2, false), "worst");
	assert_float_equal(fold_number(w, "growth"), 20, 1e-6);
	assert_float_equal(fold_number(w, "exhausts_in_seconds"), 43, 1e-6);
	/* One jump is no leak: the next look does not confirm it. */
	for (uint16_t i = 0; i < 140; i++)
		add(&f, client(STATE_ESTABLISHED, LOW + i));
	w = value_get(fold_finish(&f, 2, false), "worst");
	assert_float_equal(fold_number(w, "growth"), 0, 1e-6);
	assert_true(fold_is_null(w, "exhausts_in_seconds"));
	fold_end(&f);
}

static void a_longer_time_wait_is_believed(void **state)
{
	struct sock s = waiting(client(STATE_TIME_WAIT, LOW), 0);
	struct fold f;

	(void)state;
	start(&f);
	add(&f, s);
	fold_finish(&f, 1, false);
	assert_int_equal(fold_number(f.report.root, "time_wait_seconds"), 60);
	s.expires_ms = 119500;
	add(&f, s);
	fold_finish(&f, 1, false);
	assert_int_equal(fold_number(f.report.root, "time_wait_seconds"), 120);
	f.now.v[FACT_TW_TIMEOUT] = 15;
	fold_finish(&f, 1, false);
	assert_int_equal(fold_number(f.report.root, "time_wait_seconds"), 15);
	fold_end(&f);
}

static void the_filter_chooses_pools_not_sockets(void **state)
{
	struct sock s;
	struct fold f;

	(void)state;
	start(&f);
	add(&f, client(STATE_ESTABLISHED, LOW));
	s = client(STATE_ESTABLISHED, LOW + 1);
	f.analysis->add_other(f.state, &s);
	s = fold_sock(STATE_ESTABLISHED, "192.0.2.1", LOW + 1, "198.51.100.8", 443);
	f.analysis->add_other(f.state, &s);
	fold_finish(&f, 1, false);
	assert_int_equal(value_get(f.report.root, "pools")->children.count, 1);
	assert_int_equal(fold_number(f.report.root, "worst.in_use"), 2);
	fold_end(&f);
}

static void threads_add_up(void **state)
{
	struct fold f;
	struct sock s;
	void *other;

	(void)state;
	start(&f);
	other = f.analysis->begin(&f.opt);
	add(&f, client(STATE_ESTABLISHED, LOW));
	s = client(STATE_ESTABLISHED, LOW + 1);
	f.analysis->add(other, &s);
	s = fold_listener("0.0.0.0", LOW + 2, 0, 5, 0);
	f.analysis->add(other, &s);
	f.analysis->merge(f.state, other);
	f.analysis->end(other);
	fold_finish(&f, 1, false);
	assert_int_equal(fold_number(f.report.root, "worst.in_use"), 2);
	assert_int_equal(fold_number(f.report.root, "range.held"), 1);
	fold_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_stand_as_promised),
		cmocka_unit_test(every_state_takes_a_port),
		cmocka_unit_test(destinations_are_apart_and_mapped_is_not),
		cmocka_unit_test(held_and_reserved_are_counted_once),
		cmocka_unit_test(the_servers_own_sockets_are_no_pool),
		cmocka_unit_test(who_binds_first_is_named),
		cmocka_unit_test(time_wait_is_reused_as_the_kernel_does),
		cmocka_unit_test(a_fin_wait2_is_never_reused),
		cmocka_unit_test(odd_ranges),
		cmocka_unit_test(without_the_table_doubt_is_said),
		cmocka_unit_test(a_port_given_out_twice_is_nobodys),
		cmocka_unit_test(a_source_without_bound_sockets_promises_nothing),
		cmocka_unit_test(a_table_that_does_not_fit_is_not_believed),
		cmocka_unit_test(devices_have_tuples_of_their_own),
		cmocka_unit_test(half_the_range_makes_the_search_slow),
		cmocka_unit_test(verdicts_go_by_what_is_left),
		cmocka_unit_test(closes_are_read_from_what_is_left_of_them),
		cmocka_unit_test(what_is_used_up_is_foretold),
		cmocka_unit_test(growth_needs_two_looks),
		cmocka_unit_test(a_longer_time_wait_is_believed),
		cmocka_unit_test(the_filter_chooses_pools_not_sockets),
		cmocka_unit_test(threads_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
