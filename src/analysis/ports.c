// SPDX-License-Identifier: MIT
/* Per destination: how many more connections fit, how fast they are used up, when they run out. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "analysis/analysis.h"
#include "analysis/ports_holders.h"
#include "analysis/ports_report.h"
#include "base/alloc.h"

struct ports {
	struct port_table table;
	/** What the sample before left: struct pool_key → struct pool_past. */
	struct map past;
	/** There was one; what the run's samples before it looked at was not for us (check
	 *  primes). */
	bool has_past;
	/** Families that are shown. */
	bool ipv4, ipv6;
	/** See struct ports_result. */
	unsigned noted;
};

static void ports_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	out->states = STATES_ALL;
	if (facts && port_space_unbound(facts))
		out->states &= ~(STATE_BIT(STATE_BOUND) | STATE_BIT(STATE_CLOSE));
	out->facts = out->bind_table = out->owners = true;
	out->rates = opt->sample_set && opt->sample > 0;
	out->sampled_states = out->rates ? out->states : 0;
	if (!facts)
		return;
	/* Without the bind table the next best answer: who chose a port by bind(). */
	out->locks = !facts->bind_known;
	if (fact_known(facts, FACT_PORT_LOW) && fact_known(facts, FACT_PORT_HIGH) &&
	    facts->v[FACT_PORT_HIGH] < PORTS) {
		out->port_low = (uint16_t)facts->v[FACT_PORT_LOW];
		out->port_high = (uint16_t)facts->v[FACT_PORT_HIGH];
	}
}

static void *ports_begin(const struct options *opt)
{
	struct ports *st = xcalloc(1, sizeof(*st));

	port_table_init(&st->table);
	st->past = MAP_OF(struct pool_key, struct pool_past);
	st->ipv4 = !opt->ipv6 || opt->ipv4;
	st->ipv6 = !opt->ipv4 || opt->ipv6;
	return st;
}

static void ports_restart(void *state)
{
	struct ports *st = state;

	port_table_reset(&st->table);
}

static void ports_add(void *state, const struct sock *s)
{
	struct ports *st = state;

	port_table_add(&st->table, s, true);
}

static void ports_add_other(void *state, const struct sock *s)
{
	struct ports *st = state;

	port_table_add(&st->table, s, false);
}

static void ports_merge(void *state, void *from)
{
	struct ports *st = state, *other = from;

	port_table_merge(&st->table, &other->table);
	port_table_reset(&other->table);
}

static void ports_want(void *state, struct map *set)
{
	struct ports *st = state;

	holders_want(&st->table, set);
}

/** True where the pool is a destination of ours: it uses a port that connect() could have, or one
 *  that it took by bind(). */
static bool is_outgoing(const struct port_space *s, const struct port_table *t,
			const struct pool *p)
{
	for (size_t i = 0; i < p->socks.len; i++) {
		const struct pool_sock *e = &VEC_AT(&p->socks, struct pool_sock, i);

		if (e->port < s->low || e->port > s->high)
			continue;
		if (port_space_usable(s, e->port) || port_space_is_binder(s, t, p, e))
			return true;
	}
	return false;
}

static bool is_shown(const struct ports *st, const struct port_space *s, const struct pool *p)
{
	bool v4 = p->key.local.family == AF_INET;

	return p->matched && (v4 ? st->ipv4 : st->ipv6) && is_outgoing(s, &st->table, p);
}

static int worst_first(const void *x, const void *y)
{
	const struct pool_numbers *a = x, *b = y;
	const struct pool_key *k = &a->pool->key, *l = &b->pool->key;
	int c;

	if (a->headroom < b->headroom || a->headroom > b->headroom)
		return a->headroom < b->headroom ? -1 : 1;
	if (a->in_use != b->in_use)
		return a->in_use > b->in_use ? -1 : 1;
	c = addr_compare(&k->remote, &l->remote);
	if (!c && k->remote_port != l->remote_port)
		c = k->remote_port < l->remote_port ? -1 : 1;
	if (!c)
		c = addr_compare(&k->local, &l->local);
	return c ? c : (k->ifindex > l->ifindex) - (k->ifindex < l->ifindex);
}

/** Counts every pool that is shown, worst first. */
static void count_pools(struct ports *st, struct ports_result *res)
{
	struct pool_rules *r = &res->rules;
	double interval = st->has_past ? res->host->interval : (double)NAN;

	for (size_t i = 0; i < st->table.pools.len; i++) {
		const struct pool *p = port_table_pool(&st->table, i);

		if (is_shown(st, r->space, p))
			pool_count(r, p, map_get(&st->past, &p->key), interval,
				   vec_push(&res->pools));
	}
	if (res->pools.len)
		qsort(res->pools.data, res->pools.len, sizeof(struct pool_numbers), worst_first);
}

/** Keeps what the next sample compares itself with. */
static void remember(struct ports *st, const struct ports_result *res)
{
	map_reset(&st->past);
	st->has_past = true;
	for (size_t i = 0; i < res->pools.len; i++) {
		const struct pool_numbers *n = &VEC_AT(&res->pools, struct pool_numbers, i);
		struct pool_past *past = map_put(&st->past, &n->pool->key, NULL);

		*past = (struct pool_past){ n->in_use, n->others, n->leak };
	}
}

static void ports_finish(void *state, const struct host *host, struct report *report)
{
	struct ports *st = state;
	struct port_space space;
	struct ports_result res = {
		.pools = VEC_OF(struct pool_numbers),
		.host = host,
		.noted = &st->noted,
		.rules = {
			.space = &space,
			.table = &st->table,
			.facts = host->now,
			.time_wait_ms = pool_time_wait_ms(host->now, &st->table),
			.now_ms = (uint32_t)((uint64_t)host->monotonic_ns / 1000000),
			.stamp = xcalloc(PORTS, sizeof(uint32_t)),
		},
	};

	port_space_init(&space, host->now, &st->table);
	count_pools(st, &res);
	ports_report(&res, report);
	remember(st, &res);
	free(res.rules.stamp);
	vec_free(&res.pools);
	port_table_reset(&st->table);
}

static void ports_end(void *state)
{
	struct ports *st = state;

	port_table_free(&st->table);
	map_free(&st->past);
	free(st);
}

/** What is only for --rate makes no sense without it. */
static int ports_check(const struct options *opt, struct str *why)
{
	const char *alone = opt->range		 ? "--range" :
			    opt->reserved	 ? "--reserved" :
			    opt->time_wait_set	 ? "--time-wait" :
			    opt->destinations > 1 ? "--destinations" :
			    opt->local_addresses > 1 ? "--local-addresses" : NULL;

	if (!alone)
		return 0;
	str_addf(why, "%s is for a what-if: it needs --rate", alone);
	return -EINVAL;
}

const struct analysis ports_analysis = {
	.name = "ports",
	.check = ports_check,
	.needs = ports_needs,
	.begin = ports_begin,
	.restart = ports_restart,
	.add = ports_add,
	.add_other = ports_add_other,
	.merge = ports_merge,
	.want = ports_want,
	.finish = ports_finish,
	.end = ports_end,
	.views = ports_views,
};
