// SPDX-License-Identifier: MIT
/* analysis/why: cases that take no kernel, judged. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "analysis/why.h"
#include "analysis/why_judge.h"
#include "base/attr.h"
#include "model/topic.h"

/** A case about 192.0.2.1:443, all well. */
struct bed {
	struct resolved resolved;
	struct facts facts;
	struct why_fold fold;
	struct arena arena;
	struct value *pool;
	struct why_case c;
	struct report report;
};

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void set_pool(struct bed *b, int64_t free_min, int64_t free_max, const char *verdict)
{
	b->pool = value_object(&b->arena);
	value_add_int(&b->arena, b->pool, "capacity", 100);
	value_add_int(&b->arena, b->pool, "in_use", 100 - free_max);
	value_add_int(&b->arena, b->pool, "free", free_max);
	value_add_int(&b->arena, b->pool, "free_min", free_min);
	value_add_int(&b->arena, b->pool, "free_max", free_max);
	value_add_text(&b->arena, b->pool, "verdict", verdict);
	value_add_bool(&b->arena, b->pool, "slow_search", false);
	b->c.pool = b->pool;
}

static void setup(struct bed *b)
{
	*b = (struct bed){ .resolved = { .address = { address("192.0.2.1") }, .count = 1 } };
	facts_clear(&b->facts);
	why_fold_init(&b->fold, &b->resolved.address[0], 443, &b->c.route);
	b->c = (struct why_case){ .host = "192.0.2.1", .port = 443, .resolved = &b->resolved,
				  .fold = &b->fold, .facts = &b->facts };
	b->c.route = (struct route){ .kind = ROUTE_UNICAST, .device = "eth0", .ifindex = 2,
				     .link = LINK_UP, .neighbor = NEIGH_REACHABLE };
	set_pool(b, 90, 90, "ok");
}

/** Judges and returns the cause, "" for none. */
static const char *judge(struct bed *b)
{
	const struct value *cause;

	b->report = (struct report){ .complete = true };
	b->report.root = value_object(&b->report.arena);
	why_report(&b->c, &b->report);
	cause = value_get(b->report.root, "cause");
	return cause->kind == VALUE_TEXT ? cause->text : "";
}

static void teardown(struct bed *b)
{
	arena_free(&b->report.arena);
	arena_free(&b->arena);
	why_fold_free(&b->fold);
}

static void nothing_wrong_is_said_with_numbers(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	assert_string_equal(judge(&b), "");
	assert_int_equal(b.report.status, 0);
	assert_string_equal(value_get(b.report.root, "answer")->text,
			    "Nothing seen from here stands in the way of 192.0.2.1:443, route by "
			    "eth0, 90 of 100 ports free");
	/* The pool is a copy: the report outlives the one it came from. */
	assert_ptr_not_equal(value_get(b.report.root, "pool"), b.pool);
	assert_int_equal(value_int(value_get(b.report.root, "pool"), "capacity", 0), 100);
	teardown(&b);
}

static void pools_are_judged(void **state)
{
	static const struct {
		int64_t least, most;
		const char *verdict, *cause;
		int status;
	} rows[] = {
		{ 0, 0, "exhausted", "port-exhaustion", 2 },
		{ 0, 7, "critical", "port-exhaustion", 1 },
		{ 3, 7, "critical", "port-exhaustion", 1 },
		{ 15, 15, "warning", "port-exhaustion", 1 },
		{ 60, 60, "ok", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bed b;

		setup(&b);
		set_pool(&b, rows[i].least, rows[i].most, rows[i].verdict);
		assert_string_equal(judge(&b), rows[i].cause);
		assert_int_equal(b.report.status, rows[i].status);
		teardown(&b);
	}
}

static void what_connected_is_no_more_than_a_warning(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	set_pool(&b, 0, 0, "exhausted");
	b.c.attempt = (struct attempt){ .result = ATTEMPT_CONNECTED, .seconds = 0.001 };
	assert_string_equal(judge(&b), "port-exhaustion");
	assert_int_equal(b.report.status, 1);
	assert_non_null(strstr(value_get(b.report.root, "answer")->text,
			       "A connection to 192.0.2.1:443 was made in 1.0 ms; but: No port"));
	teardown(&b);
}

static void attempts_are_judged(void **state)
{
	static const struct {
		enum attempt_result result;
		int error;
		const char *cause;
	} rows[] = {
		{ ATTEMPT_CONNECTED, 0, "" },
		{ ATTEMPT_REFUSED, ECONNREFUSED, "refused" },
		{ ATTEMPT_TIMEOUT, 0, "silent-peer" },
		{ ATTEMPT_UNREACHABLE, EHOSTUNREACH, "attempt-failed" },
		{ ATTEMPT_NO_PORT, EADDRNOTAVAIL, "port-exhaustion" },
		{ ATTEMPT_NO_DESCRIPTOR, EMFILE, "fd-limit" },
		{ ATTEMPT_NO_DESCRIPTOR, ENFILE, "file-table-full" },
		{ ATTEMPT_DENIED, EPERM, "attempt-failed" },
		{ ATTEMPT_RESET, ECONNRESET, "attempt-failed" },
		{ ATTEMPT_FAILED, ENOBUFS, "attempt-failed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bed b;

		setup(&b);
		b.c.attempt = (struct attempt){ rows[i].result, rows[i].error, 0.5 };
		assert_string_equal(judge(&b), rows[i].cause);
		assert_int_equal(b.report.status, *rows[i].cause ? 2 : 0);
		assert_int_equal(attempt_result_of(rows[i].error),
				 rows[i].error ? rows[i].result : ATTEMPT_CONNECTED);
		teardown(&b);
	}
}

static void what_cuts_the_way_off_is_the_only_cause(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	b.c.route.neighbor = NEIGH_FAILED;
	b.fold.states[STATE_SYN_SENT] = b.fold.syn_retransmitting = 3;
	b.c.attempt = (struct attempt){ ATTEMPT_UNREACHABLE, EHOSTUNREACH, 3 };
	assert_string_equal(judge(&b), "neighbor-unresolved");
	assert_int_equal(value_get(b.report.root, "findings")->children.count, 1);
	teardown(&b);
}

static void a_neighbour_that_is_being_asked_for_is_no_cause_yet(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	b.c.route.neighbor = NEIGH_INCOMPLETE;
	assert_string_equal(judge(&b), "");
	arena_free(&b.report.arena);
	b.fold.states[STATE_SYN_SENT] = b.fold.syn_retransmitting = 1;
	assert_string_equal(judge(&b), "neighbor-unresolved");
	teardown(&b);
}

static void full_tables_are_told(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	b.c.route.neighbor = NEIGH_NONE;
	b.facts.v[FACT_NEIGH_ENTRIES] = b.facts.v[FACT_NEIGH_THRESH3] = 1024;
	assert_string_equal(judge(&b), "neighbor-table-full");
	arena_free(&b.report.arena);
	b.c.route.neighbor = NEIGH_REACHABLE;
	b.facts.v[FACT_CT_COUNT] = 95;
	b.facts.v[FACT_CT_MAX] = 100;
	assert_string_equal(judge(&b), "conntrack-full");
	assert_int_equal(b.report.status, 1);
	arena_free(&b.report.arena);
	b.facts.v[FACT_CT_COUNT] = 100;
	assert_string_equal(judge(&b), "conntrack-full");
	assert_int_equal(b.report.status, 2);
	teardown(&b);
}

static struct sock tcp(enum state state, const char *local, uint16_t lport, const char *remote,
		       uint16_t rport)
{
	return (struct sock){ .has = SOCK_HAS_TIMER | SOCK_HAS_QUEUES, .state = (uint8_t)state,
			      .local = address(local), .local_port = lport,
			      .remote = address(remote), .remote_port = rport };
}

static void the_fold_counts_what_goes_there(void **state)
{
	struct why_fold f;
	struct addr mapped = address("::ffff:192.0.2.1");
	const struct route route = { .kind = ROUTE_UNICAST };
	struct sock s;

	(void)state;
	why_fold_init(&f, &mapped, 443, &route);
	s = tcp(STATE_SYN_SENT, "10.0.0.1", 40000, "192.0.2.1", 443);
	s.timer = TIMER_RETRANSMIT;
	s.retransmits = 2;
	why_analysis.add(&f, &s);
	s = tcp(STATE_ESTABLISHED, "::ffff:10.0.0.1", 40001, "::ffff:192.0.2.1", 443);
	why_analysis.add(&f, &s);
	s = tcp(STATE_ESTABLISHED, "10.0.0.1", 40002, "192.0.2.1", 444);
	why_analysis.add(&f, &s);
	for (int i = 0; i < 3; i++) {
		s = tcp(STATE_SYN_SENT, "10.0.0.1", 40003, i ? "192.0.2.2" : "192.0.2.3", 443);
		s.timer = TIMER_RETRANSMIT;
		s.retransmits = 1;
		why_analysis.add(&f, &s);
	}
	assert_int_equal(f.states[STATE_SYN_SENT], 1);
	assert_int_equal(f.states[STATE_ESTABLISHED], 1);
	assert_int_equal(f.syn_retransmitting, 1);
	assert_int_equal(f.syn_retransmits, 2);
	assert_int_equal(f.others.len, 2);
	why_analysis.restart(&f);
	assert_int_equal(f.states[STATE_SYN_SENT] + f.syn_retransmitting + f.others.len, 0);
	why_fold_free(&f);
}

static void a_full_listener_beside_an_empty_one_is_a_warning(void **state)
{
	struct addr target = address("127.0.0.1");
	const struct route route = { .kind = ROUTE_LOCAL };
	struct facts now;
	struct notes notes = { 0 };
	struct host host = { .now = &now, .notes = &notes };
	struct report gathered = { .complete = true };
	struct sock s = tcp(STATE_LISTEN, "0.0.0.0", 443, "0.0.0.0", 0);
	struct bed b;

	(void)state;
	setup(&b);
	facts_clear(&now);
	why_fold_free(&b.fold);
	why_fold_init(&b.fold, &target, 443, &route);
	s.has |= SOCK_HAS_BACKLOG;
	s.wqueue = 8;
	for (s.rqueue = 0; s.rqueue <= 9; s.rqueue += 9)
		why_analysis.add(&b.fold, &s);
	gathered.root = value_object(&gathered.arena);
	why_analysis.finish(&b.fold, &host, &gathered);
	arena_free(&gathered.arena);
	assert_int_equal(b.fold.takers, 2);
	assert_int_equal(b.fold.full, 1);
	assert_int_equal(b.fold.listener->rqueue, 9);
	assert_string_equal(judge(&b), "accept-queue-full");
	assert_int_equal(b.report.status, 1);
	notes_free(&notes);
	teardown(&b);
}

static void every_cause_has_its_topic(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; why_finding_id(i); i++) {
		const struct topic *row = topic_find(why_finding_id(i));

		if (!row || row->kind != TOPIC_FINDING || strcmp(row->name, why_finding_id(i)) != 0)
			fail_msg("no topic for %s", why_finding_id(i));
	}
	assert_in_range(i, 10, 40);
	/* And the other way round. */
	for (const struct topic *row = topic_why; row->name; row++) {
		for (i = 0; why_finding_id(i) && strcmp(why_finding_id(i), row->name) != 0; i++)
			continue;
		if (!why_finding_id(i))
			fail_msg("nothing finds %s", row->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_wrong_is_said_with_numbers),
		cmocka_unit_test(pools_are_judged),
		cmocka_unit_test(what_connected_is_no_more_than_a_warning),
		cmocka_unit_test(attempts_are_judged),
		cmocka_unit_test(what_cuts_the_way_off_is_the_only_cause),
		cmocka_unit_test(a_neighbour_that_is_being_asked_for_is_no_cause_yet),
		cmocka_unit_test(full_tables_are_told),
		cmocka_unit_test(the_fold_counts_what_goes_there),
		cmocka_unit_test(a_full_listener_beside_an_empty_one_is_a_warning),
		cmocka_unit_test(every_cause_has_its_topic),
	};

	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
