// SPDX-License-Identifier: MIT
/* model/filter_compile, filter_prefix, filter_run: bytecode that the kernel's rules accept, that
 * rejects no socket which the filter selects, and only those where the kernel can decide all. */
#include "unit.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "filter_random.h"
#include "model/filter.h"
#include "model/state.h"

#define TREES 4000
#define SOCKS_PER_TREE 30

static struct filter *parse(const char *text)
{
	char *words[] = { (char *)text };
	struct filter_error err;
	struct filter *f;

	if (filter_parse(words, 1, &f, &err) != 0)
		fail_msg("%s: at %zu: %s", text, err.at, err.message);
	return f;
}

/** Runs code that has to be well formed. */
static bool run(const struct str *code, const struct sock *s)
{
	bool ok, accepted;

	if (!code->len)
		return true;
	accepted = filter_bytecode_run(code->s, code->len, s, &ok);
	assert_true(ok);
	return accepted;
}

/** What a tree of the TESTS compiles to, against what it says. */
static void compiles(unsigned tests, bool exact)
{
	const uint64_t seed = random_seed();
	struct random r = random_seeded(seed);
	unsigned rejected = 0;

	for (int i = 0; i < TREES; i++) {
		struct arena a = { 0 };
		struct str text = { 0 }, code = { 0 };
		const struct expr *e = random_expr(&r, &a, random_below(&r, 7), tests);
		struct filter *f;

		expr_text(&r, e, &text);
		f = parse(text.s);
		assert_int_equal(filter_compile(f, &code), 0);
		for (int j = 0; j < SOCKS_PER_TREE; j++) {
			struct sock s;
			bool accepted;
			enum verdict says;

			random_sock(&r, &s);
			accepted = run(&code, &s);
			says = expr_says(e, &s, NULL, NULL);
			rejected += !accepted;
			if ((says != VERDICT_NO && !accepted) ||
			    (exact && says == VERDICT_NO && accepted))
				fail_msg("TCPTRIAGE_SEED=%llu: tree %d, socket %d: %s",
					 (unsigned long long)seed, i, j, text.s);
		}
		filter_free(f);
		str_free(&text);
		str_free(&code);
		arena_free(&a);
	}
	/* It does decide something. */
	assert_true(rejected > TREES);
}

static void is_exact_where_the_kernel_decides(void **state)
{
	(void)state;
	compiles(RANDOM_KERNEL, true);
}

static void rejects_no_match(void **state)
{
	(void)state;
	compiles(~0u, false);
}

/** Length of what an expression compiles to. */
static size_t length_of(const char *text)
{
	struct filter *f = parse(text);
	struct str code = { 0 };
	size_t n;

	assert_int_equal(filter_compile(f, &code), 0);
	n = code.len;
	str_free(&code);
	filter_free(f);
	return n;
}

static void sends_only_what_helps(void **state)
{
	(void)state;
	assert_int_equal(length_of(""), 0);
	assert_int_equal(length_of("state established"), 0);
	assert_int_equal(length_of("pid 5 or sport 80"), 0);
	assert_int_equal(length_of("not ( uid 5 and sport 80 )"), 0);
	assert_int_equal(length_of("src * or dst 10.0.0.1"), 0);
	assert_int_equal(length_of("sport >= 0"), 0);
	assert_int_equal(length_of("state established sport 80 pid 5"), 12);
	assert_int_equal(length_of("sport >= 1024"), 8);
	assert_int_equal(length_of("src 10.0.0.0/8"), 16);
	assert_int_equal(length_of("src [::1]:80"), 28);
	/* Nothing can match: one jump says so. */
	assert_int_equal(length_of("sport > 65535"), 4);
	assert_int_equal(length_of("not src * pid 5"), 4);
}

/** "port 1 or port 2 or …", N tests. */
static void long_text(struct str *text, int n)
{
	for (int i = 0; i < n; i++)
		str_addf(text, "%ssport %d", i ? " or " : "", i);
}

static void refuses_what_does_not_fit(void **state)
{
	struct str text = { 0 }, code = { 0 };
	struct filter *f;
	const struct sock s = { .local_port = 4094 };

	(void)state;
	/* A test takes 12 bytes and, but for the last, a jump of 4: 4095 tests are 65516 bytes. */
	long_text(&text, 4095);
	f = parse(text.s);
	assert_int_equal(filter_compile(f, &code), 0);
	assert_int_equal(code.len, 4095 * 16 - 4);
	assert_true(run(&code, &s));
	/* No room for 16 bytes more: the range is kept, and what is lost is decided elsewhere. */
	filter_bytecode_port_range(&code, 1, 4093);
	assert_int_equal(code.len, 16);
	assert_false(run(&code, &s));
	filter_free(f);

	str_reset(&text);
	long_text(&text, 4097);
	f = parse(text.s);
	assert_int_equal(filter_compile(f, &code), -E2BIG);
	assert_int_equal(code.len, 0);
	filter_free(f);
	str_free(&text);
	str_free(&code);
}

static void goes_in_front(void **state)
{
	const uint64_t seed = random_seed();
	struct random r = random_seeded(seed);

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct arena a = { 0 };
		struct str text = { 0 }, code = { 0 }, front = { 0 };
		uint16_t low = (uint16_t)random_below(&r, 65536);
		uint16_t high = (uint16_t)random_below(&r, 65536);
		struct filter *f = NULL;
		struct sock s;

		if (i % 4) {
			expr_text(&r, random_expr(&r, &a, 4, RANDOM_KERNEL), &text);
			f = parse(text.s);
		}
		assert_int_equal(filter_compile(f, &code), 0);
		str_addn(&front, str_text(&code), code.len);
		filter_bytecode_port_range(&front, low, high);
		filter_bytecode_locked(&front);
		for (int j = 0; j < SOCKS_PER_TREE; j++) {
			bool range;

			random_sock(&r, &s);
			s.has |= SOCK_HAS_LOCK;
			s.bind_locked = random_below(&r, 2);
			range = s.local_port >= low && s.local_port <= high;
			if (run(&front, &s) != (s.bind_locked && range && run(&code, &s)))
				fail_msg("TCPTRIAGE_SEED=%llu: %u-%u and %s",
					 (unsigned long long)seed, low, high, str_text(&text));
		}
		filter_free(f);
		str_free(&text);
		str_free(&code);
		str_free(&front);
		arena_free(&a);
	}
}

/** Words of code as the kernel reads them. */
#define OP(CODE, YES, NO) { .code = (CODE), .yes = (YES), .no = (NO) }

static void audits(void **state)
{
	static const struct {
		const char *what;
		size_t words;
		struct inet_diag_bc_op code[8];
		bool ok, accepts;
	} rows[] = {
		{ "NOP", 1, { OP(INET_DIAG_BC_NOP, 4, 0) }, true, true },
		{ "jump that rejects", 1, { OP(INET_DIAG_BC_JMP, 4, 8) }, true, false },
		{ "jump that accepts", 1, { OP(INET_DIAG_BC_JMP, 4, 4) }, true, true },
		{ "jump too far", 1, { OP(INET_DIAG_BC_JMP, 4, 12) }, false, false },
		{ "jump onto itself", 1, { OP(INET_DIAG_BC_JMP, 4, 0) }, false, false },
		{ "crooked jump", 1, { OP(INET_DIAG_BC_JMP, 4, 6) }, false, false },
		{ "unknown operation", 1, { OP(200, 4, 8) }, false, false },
		{ "yes is 0", 1, { OP(INET_DIAG_BC_NOP, 0, 4) }, false, false },
		{ "yes beyond the end", 1, { OP(INET_DIAG_BC_NOP, 8, 4) }, false, false },
		{ "equal", 2, { OP(INET_DIAG_BC_S_EQ, 8, 12), OP(0, 0, 80) }, true, true },
		{ "not equal", 2, { OP(INET_DIAG_BC_S_EQ, 8, 12), OP(0, 0, 81) }, true, false },
		{ "remote", 2, { OP(INET_DIAG_BC_D_EQ, 8, 12), OP(0, 0, 81) }, true, true },
		{ "no argument", 1, { OP(INET_DIAG_BC_S_GE, 4, 8) }, false, false },
		{ "argument skipped by yes", 2, { OP(INET_DIAG_BC_S_GE, 4, 12), OP(0, 4, 80) },
		  false, false },
		{ "jump into an argument", 4,
		  { OP(INET_DIAG_BC_JMP, 4, 8), OP(INET_DIAG_BC_S_GE, 8, 16), OP(0, 0, 80),
		    OP(INET_DIAG_BC_NOP, 4, 0) },
		  false, false },
		{ "jump over an operation", 4,
		  { OP(INET_DIAG_BC_JMP, 4, 12), OP(INET_DIAG_BC_S_GE, 8, 16), OP(0, 0, 99),
		    OP(INET_DIAG_BC_NOP, 4, 0) },
		  true, true },
		{ "device", 2, { OP(INET_DIAG_BC_DEV_COND, 8, 12), OP(7, 0, 0) }, true, true },
		{ "mark", 3, { OP(INET_DIAG_BC_MARK_COND, 12, 16), OP(1, 0, 0), OP(3, 0, 0) },
		  true, true },
		{ "control group", 3,
		  { OP(INET_DIAG_BC_CGROUP_COND, 12, 16), OP(9, 0, 0), OP(0, 0, 0) }, true, true },
		{ "any host", 3,
		  { OP(INET_DIAG_BC_S_COND, 12, 16), OP(AF_UNSPEC, 0, 0), OP(80, 0, 0) },
		  true, true },
		{ "any host, prefix", 3,
		  { OP(INET_DIAG_BC_S_COND, 12, 16), OP(AF_UNSPEC, 1, 0), OP(80, 0, 0) },
		  false, false },
		{ "foreign family", 3,
		  { OP(INET_DIAG_BC_S_COND, 12, 16), OP(AF_UNIX, 0, 0), OP(80, 0, 0) },
		  false, false },
		{ "address cut off", 3,
		  { OP(INET_DIAG_BC_S_COND, 12, 16), OP(AF_INET, 8, 0), OP(80, 0, 0) },
		  false, false },
		{ "prefix too long", 4,
		  { OP(INET_DIAG_BC_S_COND, 16, 20), OP(AF_INET, 33, 0), OP(80, 0, 0),
		    OP(127, 0, 0) },
		  false, false },
	};
	struct sock s = {
		.has = SOCK_HAS_IFINDEX | SOCK_HAS_MARK | SOCK_HAS_CGROUP,
		.local_port = 80, .remote_port = 81, .ifindex = 7, .mark = 5, .cgroup_id = 9,
		.local.family = AF_INET, .remote.family = AF_INET,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool ok, accepts = filter_bytecode_run(rows[i].code, rows[i].words * 4, &s, &ok);

		if (ok != rows[i].ok || accepts != rows[i].accepts)
			fail_msg("%s: ok %d, accepts %d", rows[i].what, ok, accepts);
	}
}

static void refuses_odd_lengths(void **state)
{
	static const struct inet_diag_bc_op nops[] = { OP(INET_DIAG_BC_NOP, 4, 0),
						       OP(INET_DIAG_BC_NOP, 4, 0) };
	const struct sock s = { 0 };

	(void)state;
	for (size_t n = 0; n <= sizeof(nops); n++) {
		bool ok, accepts = filter_bytecode_run(nops, n, &s, &ok);

		assert_int_equal(ok, n == 4 || n == 8);
		assert_int_equal(accepts, ok);
	}
}

static void says_what_it_cannot_know(void **state)
{
	static const struct inet_diag_bc_op autobound[] = { OP(INET_DIAG_BC_AUTO, 4, 8) };
	struct sock s = { .state = STATE_ESTABLISHED };
	bool ok;

	(void)state;
	assert_false(filter_bytecode_run(autobound, 4, &s, &ok));
	assert_false(ok);
	s.has = SOCK_HAS_LOCK;
	s.bind_locked = true;
	assert_false(filter_bytecode_run(autobound, 4, &s, &ok));
	assert_true(ok);
	/* What is no full socket has no locks, and the kernel says so. */
	s = (struct sock){ .state = STATE_TIME_WAIT };
	assert_true(filter_bytecode_run(autobound, 4, &s, &ok));
	assert_true(ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_exact_where_the_kernel_decides),
		cmocka_unit_test(rejects_no_match),
		cmocka_unit_test(sends_only_what_helps),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(goes_in_front),
		cmocka_unit_test(audits),
		cmocka_unit_test(refuses_odd_lengths),
		cmocka_unit_test(says_what_it_cannot_know),
	};

	return cmocka_run_group_tests_name("filter_code", tests, NULL, NULL);
}
