// SPDX-License-Identifier: MIT
/* How many sockets are in each state, in all and by group. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "analysis/analysis.h"
#include "analysis/group.h"
#include "base/alloc.h"

/** The states whose counts --fast takes from the kernel's own counters. */
#define COUNTED (STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT))

/** As many are visited all the same, at a few milliseconds: only so is every number exact while
 *  sockets come and go, and the family of a TIME_WAIT known. */
#define FEW_TIME_WAIT 5000
#define FEW_ESTABLISHED 10000

struct states {
	struct family_counts family[COUNTS_FAMILIES];
	/** --fast, and which families are asked for. */
	bool fast, ipv4, ipv6;
	/** --fast: those of COUNTED that were visited. */
	uint32_t visited;
	/** NULL without --by. */
	struct groups *groups;
};

static bool asks_fast(const struct options *opt)
{
	/* The counters are of one namespace; they know neither filter nor group, nor the family of
	 * a TIME_WAIT; a recording has been paid for already. */
	bool sweep = opt->netns && strcmp(opt->netns, "all") == 0;

	return opt->fast && !opt->by && !opt->arg_count && !opt->ipv4 && !opt->ipv6 && !sweep;
}

/** Those of COUNTED that few are in. */
static uint32_t few(const struct facts *f)
{
	uint32_t states = 0;

	if (f && fact_known(f, FACT_SOCK_TW) && f->v[FACT_SOCK_TW] <= FEW_TIME_WAIT)
		states |= STATE_BIT(STATE_TIME_WAIT);
	/* No sockstat6: a kernel without IPv6. */
	if (f && fact_known(f, FACT_SOCK_TCP_INUSE) &&
	    f->v[FACT_SOCK_TCP_INUSE] + fact_or(f, FACT_SOCK_TCP6_INUSE, 0) <= FEW_ESTABLISHED)
		states |= STATE_BIT(STATE_ESTABLISHED);
	return states;
}

static int states_check(const struct options *opt, struct str *why)
{
	struct group_spec spec;

	return opt->by ? group_parse(opt->by, &spec, why) : 0;
}

static void states_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	struct group_spec spec;
	struct str why = { 0 };

	out->states = STATES_ALL;
	out->counts = !opt->by;
	if (asks_fast(opt)) {
		out->states &= ~COUNTED | few(facts);
		out->facts = true;
	}
	if (opt->by && !group_parse(opt->by, &spec, &why)) {
		out->owners = group_needs_owners(&spec);
		out->cgroups = group_needs_cgroups(&spec);
	}
	str_free(&why);
}

static void *states_begin(const struct options *opt)
{
	struct states *st = xcalloc(1, sizeof(*st));
	struct group_spec spec;
	struct str why = { 0 };

	st->fast = asks_fast(opt);
	st->visited = st->fast ? 0 : COUNTED;
	st->ipv4 = !opt->ipv6 || opt->ipv4;
	st->ipv6 = !opt->ipv4 || opt->ipv6;
	if (opt->by && !group_parse(opt->by, &spec, &why))
		st->groups = groups_new(&spec);
	str_free(&why);
	return st;
}

static void states_prepare(void *state, const struct facts *facts)
{
	struct states *st = state;

	st->visited = st->fast ? few(facts) : COUNTED;
}

static void states_restart(void *state)
{
	struct states *st = state;

	st->family[0] = st->family[1] = (struct family_counts){ 0 };
	if (st->groups)
		groups_reset(st->groups);
}

static void states_add(void *state, const struct sock *s)
{
	struct states *st = state;
	struct family_counts *f = &st->family[s->local.family == AF_INET6];

	f->n[s->state]++;
	f->minis += s->state == STATE_FIN_WAIT2 && s->timer == TIMER_TIMEWAIT;
	if (st->groups)
		groups_add(st->groups, s);
}

static void states_add_counts(void *state, const struct family_counts *counts)
{
	struct states *st = state;

	for (int i = 0; i < COUNTS_FAMILIES; i++) {
		for (int s = 0; s < STATE_COUNT; s++)
			st->family[i].n[s] += counts[i].n[s];
		st->family[i].minis += counts[i].minis;
	}
}

static void states_merge(void *state, void *from)
{
	struct states *st = state, *other = from;

	states_add_counts(st, other->family);
	if (st->groups)
		groups_merge(st->groups, other->groups);
}

static void states_want(void *state, struct map *set)
{
	struct states *st = state;

	if (st->groups)
		groups_want(st->groups, set);
}

/** Sockets of a family in those states that sockstat's inuse counts: hashed ones, so neither
 *  mini-sockets, requests, nor what is only bound. */
static uint64_t hashed(const struct family_counts *f)
{
	uint64_t sum = 0;

	for (int s = 0; s < STATE_COUNT; s++) {
		if (s != STATE_SYN_RECV && s != STATE_TIME_WAIT && s != STATE_CLOSE &&
		    s != STATE_BOUND && s != STATE_ESTABLISHED)
			sum += f->n[s];
	}
	return sum - f->minis;
}

/** INUSE less what was seen, at least 0: the two are read a moment apart. */
static uint64_t rest(int64_t inuse, uint64_t seen)
{
	return inuse > 0 && (uint64_t)inuse > seen ? (uint64_t)inuse - seen : 0;
}

/** Fills in ESTABLISHED and TIME_WAIT from sockstat. CurrEstab will not do: whether it counts
 *  CLOSE_WAIT depends on the kernel (kernel-facts 7.2). False where a counter is missing. */
static bool fill_counted(struct states *st, const struct facts *f, uint64_t *time_wait)
{
	uint64_t minis = st->family[0].minis + st->family[1].minis;

	if (!fact_known(f, FACT_SOCK_TCP_INUSE) || !fact_known(f, FACT_SOCK_TW))
		return false;
	*time_wait = rest(f->v[FACT_SOCK_TW], minis);
	if (st->visited & STATE_BIT(STATE_ESTABLISHED))
		return true;
	st->family[0].n[STATE_ESTABLISHED] =
		rest(f->v[FACT_SOCK_TCP_INUSE], hashed(&st->family[0]));
	st->family[1].n[STATE_ESTABLISHED] =
		rest(fact_or(f, FACT_SOCK_TCP6_INUSE, 0), hashed(&st->family[1]));
	return true;
}

static void add_families(struct arena *a, struct value *root, const uint64_t *sum, bool known)
{
	struct value *o = value_add_object(a, root, "sockets");

	value_add_fact(a, o, "ipv4", known ? (int64_t)sum[0] : FACT_UNKNOWN);
	value_add_fact(a, o, "ipv6", known ? (int64_t)sum[1] : FACT_UNKNOWN);
}

static void states_finish(void *state, const struct host *host, struct report *report)
{
	struct states *st = state;
	struct arena *a = &report->arena;
	uint64_t time_wait = 0, total = 0, sum[2] = { 0 };
	struct value *states, *total_value;

	if (st->visited == COUNTED) {
		/* Nothing is left to the counters. */
	} else if (fill_counted(st, host->now, &time_wait)) {
		notes_set(host->notes, "counted", "%s from the kernel's counters, read a moment "
			  "before the rest: under churn off by a few",
			  !st->visited ? "ESTABLISHED and TIME_WAIT are" :
			  st->visited & STATE_BIT(STATE_TIME_WAIT) ? "ESTABLISHED is" :
								     "TIME_WAIT is");
	} else {
		notes_add(host->notes, "/proc/net/sockstat cannot be read: ESTABLISHED and TIME_WAIT "
				       "are not counted; leave --fast out");
		report->complete = false;
	}
	total_value = value_add_int(a, report->root, "total", 0);
	states = value_add_object(a, report->root, "states");
	for (int s = 0; s < STATE_COUNT; s++) {
		uint64_t n = st->family[0].n[s] + st->family[1].n[s];

		if (s == STATE_TIME_WAIT && !(st->visited & STATE_BIT(s)))
			n = time_wait;
		value_add_int(a, states, state_table[s].name, (int64_t)n);
		total += n;
		sum[0] += st->family[0].n[s];
		sum[1] += st->family[1].n[s];
	}
	total_value->integer = (int64_t)total;
	/* Nobody counts TIME_WAIT by family. */
	add_families(a, report->root, sum,
		     st->visited & STATE_BIT(STATE_TIME_WAIT) || time_wait == 0);
	if (st->groups)
		groups_finish(st->groups, host, report);
}

static void states_end(void *state)
{
	struct states *st = state;

	groups_free(st->groups);
	free(st);
}

static const struct view_column state_columns[] = {
	{ "@key", "STATE", UNIT_NONE, false, false, "state" },
	{ "@value", "COUNT", UNIT_COUNT, true, false, "sockets in it" },
	{ "@share", "SHARE", UNIT_NONE, true, false, "share of all" },
	{ 0 },
};

#define STATE_COLUMN(S) \
	{ .path = "states." S, .heading = S, .unit = UNIT_COUNT, .right = true, \
	  .help = "sockets in " S, .if_present = true, .zero = true }

static const struct view_column group_columns[] = {
	{ "laddr", "LADDR", UNIT_ADDRESS, false, false, "local address", true },
	{ "lport", "LPORT", UNIT_PORT, true, false, "local port", true },
	{ "raddr", "RADDR", UNIT_ADDRESS, false, false, "remote address", true },
	{ "rport", "RPORT", UNIT_PORT, true, false, "remote port", true },
	{ "local", "LOCAL", UNIT_ENDPOINT, false, false, "local address and port", true },
	{ "remote", "REMOTE", UNIT_ENDPOINT, false, false, "remote address and port", true },
	{ "pid", "PID", UNIT_NONE, true, false, "process id", true },
	{ "process", "PROCESS", UNIT_NONE, false, false, "command name", true },
	{ "user", "USER", UNIT_NONE, false, false, "user", true },
	{ "cgroup", "CGROUP", UNIT_NONE, false, false, "cgroup path", true },
	{ "netns", "NETNS", UNIT_NONE, false, false, "network namespace", true },
	{ "family", "FAMILY", UNIT_NONE, false, false, "ipv4 or ipv6", true },
	{ "total", "TOTAL", UNIT_COUNT, true, false, "sockets in all states", false },
	STATE_COLUMN("LISTEN"),
	STATE_COLUMN("SYN_SENT"),
	STATE_COLUMN("SYN_RECV"),
	STATE_COLUMN("ESTABLISHED"),
	STATE_COLUMN("FIN_WAIT1"),
	STATE_COLUMN("FIN_WAIT2"),
	STATE_COLUMN("CLOSE_WAIT"),
	STATE_COLUMN("CLOSING"),
	STATE_COLUMN("LAST_ACK"),
	STATE_COLUMN("TIME_WAIT"),
	STATE_COLUMN("CLOSE"),
	STATE_COLUMN("BOUND"),
	{ 0 },
};

static const struct view states_views[] = {
	{ .name = "groups", .kind = VIEW_TABLE, .path = "groups", .columns = group_columns },
	{ .name = "states", .kind = VIEW_MAP, .path = "states", .columns = state_columns,
	  .total = "total", .unless = "groups" },
	{ 0 },
};

extern const struct analysis states_analysis;
const struct analysis states_analysis = {
	.name = "states",
	.check = states_check,
	.needs = states_needs,
	.begin = states_begin,
	.prepare = states_prepare,
	.restart = states_restart,
	.add = states_add,
	.add_counts = states_add_counts,
	.merge = states_merge,
	.want = states_want,
	.finish = states_finish,
	.end = states_end,
	.views = states_views,
};
