// SPDX-License-Identifier: MIT
#include "analysis/ports_report.h"

#include <string.h>

#include <math.h>
#include <stdlib.h>

#include "analysis/ports_holders.h"
#include "analysis/ports_reuse.h"
#include "base/alloc.h"
#include "base/num.h"

/** Pools whose closes of the last minute are told second by second: the worst ones. */
#define HISTORIES 100

/** V to a thousandth: more would be noise. */
static double rounded(double v)
{
	return round(v * 1000) / 1000;
}

static void add_range(const struct port_space *s, struct value *root, struct arena *a)
{
	struct value *o = value_add_object(a, root, "range");

	value_add_int(a, o, "low", s->low);
	value_add_int(a, o, "high", s->high);
	value_add_int(a, o, "size", s->size);
	value_add_int(a, o, "reserved", s->reserved);
	value_add_int(a, o, "held", s->held);
	value_add_int(a, o, "usable", s->usable);
}

static void add_settings(const struct pool_rules *r, struct value *root, struct arena *a)
{
	const struct facts *f = r->facts;
	double delay = NAN;

	if (fact_known(f, FACT_TW_REUSE_DELAY))
		delay = (double)f->v[FACT_TW_REUSE_DELAY] / 1000;
	if (r->time_wait_ms % 1000)
		value_add_real(a, root, "time_wait_seconds", r->time_wait_ms / 1000.0);
	else
		value_add_int(a, root, "time_wait_seconds", r->time_wait_ms / 1000);
	value_add_fact(a, root, "tw_reuse", f->v[FACT_TW_REUSE]);
	value_add_real(a, root, "tw_reuse_delay_seconds", delay);
}

static void add_address(struct value *to, const char *key, const struct addr *addr, struct arena *a)
{
	char text[ADDR_TEXT];

	addr_text(addr, text);
	value_add_text(a, to, key, text);
}

static void add_states(const struct pool_numbers *n, struct value *pool, struct arena *a)
{
	struct value *o = value_add_object(a, pool, "states");

	for (int s = 0; s < STATE_COUNT; s++) {
		if (n->states[s])
			value_add_int(a, o, state_table[s].name, n->states[s]);
	}
}

static void add_rates(const struct pool_numbers *n, struct value *pool, struct arena *a)
{
	struct value *o = value_add_object(a, pool, "close_rate");

	value_add_real(a, o, "1s", rounded(n->rate_1));
	value_add_real(a, o, "10s", rounded(n->rate_10));
	value_add_real(a, o, "60s", rounded(n->rate_60));
	value_add_real(a, pool, "growth", rounded(n->growth));
	value_add_real(a, pool, "sustainable_rate", rounded(n->sustainable));
	value_add_int(a, pool, "steady_state", lround(n->steady_state));
	value_add_real(a, pool, "exhausts_in_seconds", rounded(n->exhausts));
}

/** Oldest second first, as time runs in a sparkline. */
static void add_history(const struct pool_numbers *n, struct value *pool, struct arena *a)
{
	struct value *o = value_add_array(a, pool, "close_history");

	for (int i = CLOSE_BUCKETS - 1; i >= 0; i--)
		value_add_int(a, o, NULL, n->closes.n[i]);
}

struct value *ports_add_pool(const struct ports_result *res, struct value *to, const char *key,
			     const struct pool_numbers *n, struct arena *a, bool history)
{
	const struct pool_key *k = &n->pool->key;
	struct value *o = value_add_object(a, to, key);

	add_address(o, "local", &k->local, a);
	add_address(o, "remote", &k->remote, a);
	value_add_int(a, o, "remote_port", k->remote_port);
	value_add_int(a, o, "capacity", n->capacity);
	value_add_int(a, o, "in_use", n->in_use);
	add_states(n, o, a);
	value_add_int(a, o, "reusable", n->reusable);
	value_add_int(a, o, "free", n->free);
	value_add_int(a, o, "free_min", n->free_min);
	value_add_int(a, o, "free_max", n->free_max);
	value_add_real(a, o, "headroom", round(n->headroom * 1e6) / 1e6);
	add_rates(n, o, a);
	value_add_bool(a, o, "slow_search", n->slow_search);
	holders_add_pool(res, n->pool, o, a);
	value_add_text(a, o, "verdict", pool_verdict_name(n->verdict));
	if (k->ifindex)
		value_add_int(a, o, "ifindex", k->ifindex);
	if (history)
		add_history(n, o, a);
	else
		value_add_null(a, o, "close_history");
	return o;
}

static void add_pools(const struct ports_result *res, struct value *root, struct arena *a)
{
	struct value *list = value_add_array(a, root, "pools");

	for (size_t i = 0; i < res->pools.len; i++)
		ports_add_pool(res, list, NULL, &VEC_AT(&res->pools, struct pool_numbers, i), a,
			       i < HISTORIES);
	if (res->pools.len)
		ports_add_pool(res, root, "worst", res->pools.data, a, true);
	else
		value_add_null(a, root, "worst");
}

/** What the whole namespace's counters did since the sample before. */
static void add_counters(const struct host *h, struct value *root, struct arena *a)
{
	struct value *o = value_add_object(a, root, "counters");

	value_add_real(a, o, "active_opens_per_second",
		       rounded(fact_rate(h->before, h->now, FACT_ACTIVE_OPENS)));
	value_add_real(a, o, "time_wait_per_second",
		       rounded(fact_rate(h->before, h->now, FACT_TW)));
	value_add_real(a, o, "recycled_per_second",
		       rounded(fact_rate(h->before, h->now, FACT_TW_RECYCLED)));
}

/** What may have to be noted. */
enum note { NOTE_RANGE, NOTE_TABLE, NOTE_HELD, NOTE_REUSE, NOTE_ODD, NOTE_RECYCLED };

/** True the first time in a run that WHAT is the case. */
static bool is_news(const struct ports_result *res, enum note what, bool is_so)
{
	bool news = is_so && !(*res->noted >> what & 1);

	*res->noted |= (unsigned)news << what;
	return news;
}

static void note_space(const struct ports_result *res, struct notes *notes)
{
	const struct port_space *s = res->rules.space;
	const char *settles = strcmp(res->host->source, "recording") == 0 ?
		"a sample that holds the bind table" : "CAP_BPF with CAP_PERFMON or --probe";

	if (is_news(res, NOTE_RANGE, !s->range_known))
		notes_add(notes, "ip_local_port_range cannot be read here: the kernel's default "
				 "%u-%u is assumed", s->low, s->high);
	if (is_news(res, NOTE_TABLE, s->bind_odd))
		notes_add(notes, "the bind table that was read does not fit the sockets: "
				 "it is not used");
	if (!is_news(res, NOTE_HELD, s->doubtful_count > 0))
		return;
	if (s->blind)
		notes_add(notes, "%u port%s may be held by a bind() (no bind table, and bound "
				 "sockets are not listed): free_min counts %s as held; %s settles "
				 "it",
			  s->doubtful_count, num_word(s->doubtful_count, "", "s"),
			  num_word(s->doubtful_count, "it", "them"), settles);
	else
		notes_add(notes, "%u port%s may be held by a bind() without a port: free_min "
				 "counts %s as held; %s settles it",
			  s->doubtful_count, num_word(s->doubtful_count, "", "s"),
			  num_word(s->doubtful_count, "it", "them"), settles);
}

static void note_pools(const struct ports_result *res, struct notes *notes)
{
	const struct port_space *s = res->rules.space;
	double recycled = fact_rate(res->host->before, res->host->now, FACT_TW_RECYCLED);
	unsigned maybe = 0;

	for (size_t i = 0; i < res->pools.len; i++)
		maybe += VEC_AT(&res->pools, struct pool_numbers, i).maybe_reusable;
	if (is_news(res, NOTE_REUSE, maybe > 0))
		notes_add(notes, "%u socket%s in TIME_WAIT may or may not be taken over by a new "
				 "connection (tcp_tw_reuse; age at the limit, or timestamps "
				 "unknown): free_min counts %s as blocked",
			  maybe, num_word(maybe, "", "s"), num_word(maybe, "it", "them"));
	if (is_news(res, NOTE_ODD, s->size > 3 && s->size % 2 && res->pools.len))
		notes_add(notes, "the range %u-%u has an odd number of ports: connect() leaves out "
				 "one of its ends, which one varies", s->low, s->high);
	if (is_news(res, NOTE_RECYCLED, recycled >= 1))
		notes_add(notes, "%.0f TIME_WAIT a second taken over by new connections "
				 "(TWRecycled): close rates over 10 and 60 s are lower bounds",
			  recycled);
}

void ports_report(const struct ports_result *res, struct report *report)
{
	struct arena *a = &report->arena;
	struct value *root = report->root;

	add_range(res->rules.space, root, a);
	add_settings(&res->rules, root, a);
	add_pools(res, root, a);
	holders_add_listeners(res, root, a);
	holders_add_binders(res, root, a);
	add_counters(res->host, root, a);
	note_space(res, res->host->notes);
	note_pools(res, res->host->notes);
}
