// SPDX-License-Identifier: MIT
/* model/filter_match: owners, users and control groups, and what is said when they are not known. */
#include "unit.h"

#include <string.h>

#include "filter_random.h"
#include "model/filter.h"
#include "model/state.h"

#define TREES 4000
#define SOCKS_PER_TREE 40

static struct filter *parse_words(char *const *words, int count)
{
	struct filter_error err;
	struct filter *f;

	if (filter_parse(words, count, &f, &err) != 0)
		fail_msg("%s: at %zu: %s", str_text(&err.text), err.at, err.message);
	return f;
}

static struct filter *parse(const char *text)
{
	char *words[] = { (char *)text };

	return parse_words(words, 1);
}

/** A process with one socket. */
static void add_holder(struct owners *o, pid_t pid, const char *comm, uint64_t inode)
{
	struct owners_range range = { .first = (uint32_t)o->holders.len, .count = 1 };
	struct process *p = vec_push(&o->processes);
	struct holder *h = vec_push(&o->holders);

	p->pid = pid;
	p->comm = comm;
	h->process = (uint32_t)o->processes.len - 1;
	memcpy(map_put(&o->sockets, &inode, NULL), &range, sizeof(range));
}

/** A full socket with inode INODE. */
static struct sock full(uint64_t inode)
{
	return (struct sock){ .has = SOCK_HAS_INODE, .state = STATE_ESTABLISHED, .inode = inode };
}

static void assert_matches(const char *text, const struct sock *s, const struct filter_context *ctx,
			   bool expected)
{
	struct filter *f = parse(text);

	if (filter_match(f, s, ctx) != expected)
		fail_msg("%s: should %smatch", text, expected ? "" : "not ");
	filter_free(f);
}

static void finds_owners(void **state)
{
	struct owners o;
	const struct filter_context ctx = { .owners = &o };
	const struct sock web = full(11), tmux = full(12), nobody = full(13), queued = full(0);

	(void)state;
	owners_init(&o);
	o.searched = true;
	add_holder(&o, 100, "nginx", 11);
	add_holder(&o, 200, "tmux: server", 12);
	assert_matches("pid 100", &web, &ctx, true);
	assert_matches("pid 200", &web, &ctx, false);
	assert_matches("pid != 200", &web, &ctx, true);
	assert_matches("comm nginx", &web, &ctx, true);
	assert_matches("comm ngin", &web, &ctx, false);
	assert_matches("comm ng*", &web, &ctx, true);
	assert_matches("comm [!a-m]*", &web, &ctx, true);
	assert_matches("comm = \"tmux: server\"", &tmux, &ctx, true);
	assert_matches("comm 'tmux: server' or pid 7", &tmux, &ctx, true);
	assert_matches("comm ne nginx", &tmux, &ctx, true);
	/* No process holds these. */
	assert_matches("comm *", &nobody, &ctx, false);
	assert_matches("not comm *", &nobody, &ctx, true);
	assert_matches("pid != 100", &queued, &ctx, true);
	owners_free(&o);
}

static void assert_judged(const char *text, const struct sock *s, const struct filter_context *ctx,
			  enum filter_answer expected)
{
	struct filter *f = parse(text);

	if (filter_judge(f, s, ctx) != expected)
		fail_msg("%s: not %d", text, expected);
	filter_free(f);
}

/** Processes that could not be looked at may hold what nobody else holds. */
static void tells_no_from_unknown(void **state)
{
	struct owners o;
	const struct filter_context ctx = { .owners = &o };
	const struct sock web = full(11), nobody = full(13), queued = full(0);

	(void)state;
	owners_init(&o);
	o.searched = true;
	add_holder(&o, 100, "nginx", 11);
	assert_judged("pid 7", &nobody, &ctx, FILTER_NO);
	assert_judged("pid != 7", &nobody, &ctx, FILTER_YES);
	o.unreadable = 1;
	assert_judged("pid 7", &nobody, &ctx, FILTER_UNKNOWN);
	assert_judged("pid != 7", &nobody, &ctx, FILTER_UNKNOWN);
	assert_judged("pid 7 and sport 1", &nobody, &ctx, FILTER_NO);
	assert_judged("pid 7 or sport 0", &nobody, &ctx, FILTER_YES);
	assert_judged("pid 7", &web, &ctx, FILTER_NO);
	assert_judged("pid != 7", &web, &ctx, FILTER_YES);
	assert_judged("pid 7", &queued, &ctx, FILTER_NO);
	o.unreadable = 0;
	o.hidden = true;
	assert_judged("comm x", &nobody, &ctx, FILTER_UNKNOWN);
	o.hidden = o.searched = false;
	assert_judged("comm x", &nobody, &ctx, FILTER_UNKNOWN);
	assert_judged("pid 7", &web, NULL, FILTER_UNKNOWN);
	assert_judged("cgroup x", &web, NULL, FILTER_UNKNOWN);
	assert_judged("sport 7", &web, NULL, FILTER_NO);
	assert_judged("", &web, NULL, FILTER_YES);
	owners_free(&o);
}

/** What the shell was given in quotes, blanks and all, is one name. */
static void takes_quoted_names(void **state)
{
	static char *const words[][4] = {
		{ "comm", "tmux: server", NULL },
		{ "comm", "=", "tmux: server", NULL },
		{ "comm =", "tmux: server", NULL },
		{ "comm", "'tmux: server'", NULL },
	};
	struct owners o;
	const struct filter_context ctx = { .owners = &o };
	const struct sock tmux = full(12), other = full(11);

	(void)state;
	owners_init(&o);
	add_holder(&o, 100, "tmux:", 11);
	add_holder(&o, 200, "tmux: server", 12);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct filter *f = parse_words(words[i], words[i][2] ? 3 : 2);

		assert_true(filter_match(f, &tmux, &ctx));
		assert_false(filter_match(f, &other, &ctx));
		filter_free(f);
	}
	owners_free(&o);
}

static void knows_what_it_does_not_know(void **state)
{
	static const struct {
		const char *text;
		/* A full socket, one without an inode's file, a TIME_WAIT; without any context. */
		bool match[3], may[3];
	} rows[] = {
		{ "pid 5", { false, false, false }, { true, false, false } },
		{ "pid != 5", { false, true, true }, { true, true, true } },
		{ "not pid 5", { false, true, true }, { true, true, true } },
		{ "comm x", { false, false, false }, { true, false, false } },
		{ "cgroup /", { false, false, false }, { true, true, false } },
		{ "cgroup != /", { false, false, true }, { true, true, true } },
		{ "pid 5 or sport 0", { true, true, true }, { true, true, true } },
		{ "pid 5 and sport 1", { false, false, false }, { false, false, false } },
		{ "uid 0", { false, false, false }, { true, true, false } },
		{ "uid != 0", { false, false, true }, { true, true, true } },
	};
	const struct sock socks[] = {
		full(11), full(0), { .has = SOCK_HAS_INODE, .state = STATE_TIME_WAIT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = parse(rows[i].text);

		for (size_t s = 0; s < ARRAY_LEN(socks); s++) {
			if (filter_match(f, &socks[s], NULL) != rows[i].match[s] ||
			    filter_may_match(f, &socks[s]) != rows[i].may[s])
				fail_msg("%s: socket %zu", rows[i].text, s);
		}
		filter_free(f);
	}
}

static void minis_have_no_user(void **state)
{
	struct sock s = { .has = SOCK_HAS_UID | SOCK_HAS_INODE, .state = STATE_SYN_RECV };

	(void)state;
	/* /proc says the listener's user, sock_diag says 0: neither is asked. */
	s.uid = 1000;
	assert_matches("uid 1000", &s, NULL, false);
	assert_matches("uid 0", &s, NULL, false);
	s.state = STATE_TIME_WAIT;
	s.uid = 0;
	assert_matches("uid root", &s, NULL, false);
	s.state = STATE_FIN_WAIT2;
	assert_matches("uid root", &s, NULL, true);
	s.has |= SOCK_HAS_TIMER;
	s.timer = TIMER_TIMEWAIT;
	assert_matches("uid root", &s, NULL, false);
}

static void finds_cgroups(void **state)
{
	static const struct {
		const char *text;
		uint64_t id;
		bool match;
	} rows[] = {
		{ "cgroup /", 1, true },
		{ "cgroup /", 3, true },
		{ "cgroup /sys/fs/cgroup", 3, true },
		{ "cgroup /system.slice", 2, true },
		{ "cgroup /system.slice/", 3, true },
		{ "cgroup system.slice/nginx.service", 3, true },
		{ "cgroup /sys/fs/cgroup/system.slice/nginx.service", 3, true },
		{ "cgroup /sys/fs/cgroup/unified/system.slice/nginx.service", 4, true },
		{ "cgroup /system.slice/nginx", 3, false },
		{ "cgroup /system", 3, false },
		{ "cgroup /nginx.service", 3, false },
		{ "cgroup nginx.service", 3, true },
		{ "cgroup nginx.service", 4, true },
		{ "cgroup nginx", 4, false },
		{ "cgroup worker", 4, true },
		{ "cgroup != nginx.service", 3, false },
		{ "cgroup != nginx.service", 2, true },
		/* Gone, so without a path. */
		{ "cgroup /", 9, false },
		{ "cgroup != nginx.service", 9, true },
	};
	static const char *const paths[] = { "/", "/system.slice", "/system.slice/nginx.service",
					     "/system.slice/nginx.service/worker" };
	struct cgroups c = { .paths = MAP_OF(uint64_t, const char *), .known = true };
	const struct filter_context ctx = { .cgroups = &c };

	(void)state;
	for (uint64_t id = 1; id <= ARRAY_LEN(paths); id++)
		memcpy(map_put(&c.paths, &id, NULL), &paths[id - 1], sizeof(char *));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sock s = full(1);

		s.has |= SOCK_HAS_CGROUP;
		s.cgroup_id = rows[i].id;
		assert_matches(rows[i].text, &s, &ctx, rows[i].match);
	}
	c.known = false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sock s = full(1);

		s.has |= SOCK_HAS_CGROUP;
		assert_matches(rows[i].text, &s, &ctx, false);
	}
	cgroups_free(&c);
}

/** A random expression in any spelling says what an evaluation of another make says of it. */
static void agrees_with_second_opinion(void **state)
{
	const uint64_t seed = random_seed();
	struct random r = random_seeded(seed);
	struct owners owners;
	struct cgroups cgroups;
	const struct filter_context ctx = { .owners = &owners, .cgroups = &cgroups };
	static const enum filter_answer answers[] = { [VERDICT_NO] = FILTER_NO,
						      [VERDICT_UNKNOWN] = FILTER_UNKNOWN,
						      [VERDICT_YES] = FILTER_YES };
	unsigned yes = 0, unknown = 0;

	(void)state;
	random_owners(&r, &owners, &cgroups);
	for (int i = 0; i < TREES; i++) {
		struct arena a = { 0 };
		struct str text = { 0 };
		const struct expr *e = random_expr(&r, &a, random_below(&r, 6), ~0u);
		struct filter *f;

		expr_text(&r, e, &text);
		f = parse(text.s);
		for (int j = 0; j < SOCKS_PER_TREE; j++) {
			struct sock s;
			enum verdict known, blind;

			random_sock(&r, &s);
			known = expr_says(e, &s, &owners, &cgroups);
			blind = expr_says(e, &s, NULL, NULL);
			yes += known == VERDICT_YES;
			unknown += blind == VERDICT_UNKNOWN;
			if (filter_match(f, &s, &ctx) != (known == VERDICT_YES) ||
			    filter_match(f, &s, NULL) != (blind == VERDICT_YES) ||
			    filter_may_match(f, &s) != (blind != VERDICT_NO) ||
			    filter_judge(f, &s, &ctx) != answers[known] ||
			    filter_judge(f, &s, NULL) != answers[blind])
				fail_msg("TCPTRIAGE_SEED=%llu: tree %d, socket %d: %s",
					 (unsigned long long)seed, i, j, text.s);
			if (known == VERDICT_YES && !(filter_states(f) & STATE_BIT(s.state)))
				fail_msg("TCPTRIAGE_SEED=%llu: states of %s",
					 (unsigned long long)seed, text.s);
			if (filter_only_states(f) && (known == VERDICT_YES) !=
			    !!(filter_states(f) & STATE_BIT(s.state)))
				fail_msg("TCPTRIAGE_SEED=%llu: only states: %s",
					 (unsigned long long)seed, text.s);
		}
		filter_free(f);
		str_free(&text);
		arena_free(&a);
	}
	/* Neither constant: the comparison above means something. */
	assert_in_range(yes, TREES, TREES * SOCKS_PER_TREE - TREES);
	assert_in_range(unknown, TREES, TREES * SOCKS_PER_TREE - TREES);
	owners_free(&owners);
	cgroups_free(&cgroups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_owners),
		cmocka_unit_test(tells_no_from_unknown),
		cmocka_unit_test(takes_quoted_names),
		cmocka_unit_test(knows_what_it_does_not_know),
		cmocka_unit_test(minis_have_no_user),
		cmocka_unit_test(finds_cgroups),
		cmocka_unit_test(agrees_with_second_opinion),
	};

	return cmocka_run_group_tests_name("filter_match", tests, NULL, NULL);
}
