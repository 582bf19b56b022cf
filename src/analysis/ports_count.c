// SPDX-License-Identifier: MIT
#include "analysis/ports_count.h"

#include <math.h>

#include "analysis/ports_reuse.h"

/** Ranges below this are searched quickly however full they are. */
#define SLOW_SIZE 1024

/** What the timer wheel adds to a TIME_WAIT in the mean, s (kernel-facts 1). */
#define LATE_SECONDS 1

/** A TIME_WAIT is believed to last longer only where one had more left than rounding explains. */
#define TIME_WAIT_SLACK_MS 100

uint32_t pool_time_wait_ms(const struct facts *f, const struct port_table *t)
{
	int64_t told = fact_or(f, FACT_TW_TIMEOUT, 0);
	uint32_t ms = told > 0 && told <= 3600 ? (uint32_t)told * 1000 : TIME_WAIT_MS;

	if (t->longest_ms > ms + TIME_WAIT_SLACK_MS)
		ms = (t->longest_ms + 999) / 1000 * 1000;
	return ms;
}

/** Ports of a pool by what they are to connect(). */
struct tally {
	/** Blocked for certain, and perhaps; of those that are doubtful besides: for certain. */
	unsigned blocked_sure, blocked_maybe, doubtful_blocked;
	/** Blocked as far as one can guess. */
	unsigned blocked;
	/** The ends of an odd range: blocked for certain, perhaps. */
	bool low_sure, low_maybe, high_sure, high_maybe;
	uint32_t release[RELEASE_BUCKETS];
};

static void note_end(struct tally *t, const struct port_space *s, uint16_t port, bool sure)
{
	if (port == s->low) {
		t->low_sure |= sure;
		t->low_maybe = true;
	}
	if (port == s->high) {
		t->high_sure |= sure;
		t->high_maybe = true;
	}
}

/** A port that connect() cannot have: for certain, or as the best guess is. */
static void add_blocked(const struct pool_rules *r, struct pool_numbers *n, struct tally *t,
			uint16_t port, enum reuse reuse)
{
	const struct port_space *s = r->space;

	if (reuse == REUSE_YES)
		return;
	note_end(t, s, port, reuse == REUSE_NO);
	if (reuse == REUSE_NO)
		t->blocked_sure++;
	else
		t->blocked_maybe++;
	t->doubtful_blocked += port_set_has(&s->doubtful, port);
	if (reuse == REUSE_LIKELY)
		return;
	t->blocked++;
	n->preferred_blocked += port % 2 == s->low % 2;
}

/** When the TIME_WAIT's port comes free, for the forecast. */
static void add_release(const struct pool_rules *r, const struct pool *p, struct tally *t,
			const struct pool_sock *e)
{
	uint32_t age = tw_age_now(r, e);
	uint32_t end = reuse_later(r, p, e) >= REUSE_LIKELY ? reuse_delay_ms(r) :
			       r->time_wait_ms + LATE_SECONDS * 1000;
	uint32_t bucket = end > age ? (end - age) / 1000 : 0;

	t->release[bucket < RELEASE_BUCKETS ? bucket : RELEASE_BUCKETS - 1]++;
}

static void add_time_wait(const struct pool_rules *r, const struct pool *p, struct pool_numbers *n,
			  struct tally *t, const struct pool_sock *e)
{
	enum reuse reuse = reuse_now(r, p, e);
	uint32_t second = tw_age_seen(r, e) / 1000;

	n->reusable += reuse >= REUSE_LIKELY;
	n->maybe_reusable += reuse == REUSE_UNLIKELY || reuse == REUSE_LIKELY;
	add_blocked(r, n, t, e->port, reuse);
	if (reuse < REUSE_LIKELY)
		add_release(r, p, t, e);
	/* Due and not gone: its age is not known, and its close is longer ago than what counts. */
	if (e->expires_ms > 0 && second < CLOSE_BUCKETS)
		n->closes.n[second]++;
}

static void add_socks(struct pool_rules *r, const struct pool *from, struct pool_numbers *n,
		      struct tally *t)
{
	for (size_t i = 0; i < from->socks.len; i++) {
		const struct pool_sock *e = &VEC_AT(&from->socks, struct pool_sock, i);

		if (!port_space_usable(r->space, e->port) || r->stamp[e->port] == r->stamps)
			continue;
		r->stamp[e->port] = r->stamps;
		n->in_use++;
		n->states[e->state]++;
		if (e->state == STATE_TIME_WAIT) {
			add_time_wait(r, n->pool, n, t, e);
		} else {
			n->others++;
			add_blocked(r, n, t, e->port, REUSE_NO);
		}
	}
}

/** Sockets that are bound to no device are in the way of those that are (inet_match()). */
static void add_deviceless(struct pool_rules *r, struct pool_numbers *n, struct tally *t)
{
	struct pool_key key = n->pool->key;
	const struct pool *other;

	if (!key.ifindex)
		return;
	key.ifindex = 0;
	other = port_table_find(r->table, &key);
	if (other)
		add_socks(r, other, n, t);
}

/** Free ports, between what is certain and what is possible. */
static void set_free(const struct pool_rules *r, struct pool_numbers *n, const struct tally *t)
{
	const struct port_space *s = r->space;
	unsigned min, max = s->usable - t->blocked_sure, best = s->usable - t->blocked;
	bool low = port_space_usable(s, s->low), high = port_space_usable(s, s->high);
	bool low_min = low && !t->low_maybe && !port_set_has(&s->doubtful, s->low);
	bool high_min = high && !t->high_maybe && !port_set_has(&s->doubtful, s->high);

	min = s->usable - s->doubtful_count -
	      (t->blocked_sure + t->blocked_maybe - t->doubtful_blocked);
	if (s->size == 3) {
		/* The scan of a range of three never gets to its third (remaining &= ~1). */
		min -= high_min;
		max -= high && !t->high_sure;
		best = best < max ? best : max;
	} else if (s->size % 2 && s->size > 1) {
		/* The scan leaves out one end, the other for other starting points. */
		min -= low_min || high_min;
	}
	n->free_min = min;
	n->free_max = max;
	n->free = best;
}

/** Sockets bound to a device of a VRF allocate from buckets that were not looked at. */
static void widen_for_vrf(const struct pool_rules *r, struct pool_numbers *n)
{
	const struct pool *p = n->pool;

	if (!p->key.ifindex || !r->space->bind_known)
		return;
	for (size_t i = 0; i < p->socks.len; i++) {
		uint16_t port = VEC_AT(&p->socks, struct pool_sock, i).port;

		if (port >= r->space->low && port <= r->space->high &&
		    !port_set_has(&r->facts->bind.bound, port)) {
			n->free_min = 0;
			n->free_max = r->space->size - r->space->reserved;
			return;
		}
	}
}

/** What in_use grew by, in all and without TIME_WAIT. */
static void set_growth(struct pool_numbers *n, const struct pool_past *past, double interval)
{
	static const struct pool_past none = { 0, 0, NAN };

	n->growth = n->leak = NAN;
	if (!(interval > 0))
		return;
	past = past ? past : &none;
	n->growth = ((double)n->in_use - past->in_use) / interval;
	n->leak = ((double)n->others - past->others) / interval;
}

/** The growth that counts as going on: in the last two intervals, where there are two. */
static double lasting_leak(const struct pool_numbers *n, const struct pool_past *past)
{
	double leak = n->leak;

	if (past && past->leak < leak)
		leak = past->leak;
	return leak > 0 ? leak : 0;
}

static void set_rates(const struct pool_rules *r, struct pool_numbers *n,
		      const struct pool_past *past, const struct tally *t)
{
	double length = r->time_wait_ms / 1000.0;
	bool reuses = pool_may_reuse(r, n->pool, false);
	struct forecast f = {
		.capacity = n->capacity,
		.blocked = t->blocked,
		.rate = closes_sustained(&n->closes),
		.hold = reuses ? reuse_delay_ms(r) / 1000.0 : length + LATE_SECONDS,
		.growth = lasting_leak(n, past),
		.release = t->release,
	};

	n->rate_1 = closes_rate(&n->closes, 1, length);
	n->rate_10 = closes_rate(&n->closes, 10, length);
	n->rate_60 = closes_rate(&n->closes, 60, length);
	n->sustained = f.rate;
	n->sustainable = n->capacity / length;
	n->steady_state = n->rate_60 * length + n->others;
	n->exhausts = n->free ? forecast_seconds(&f) : 0;
}

static enum pool_verdict judge(const struct pool_rules *r, const struct pool_numbers *n)
{
	if (n->free == 0)
		return POOL_EXHAUSTED;
	if (n->headroom < CRITICAL_HEADROOM || n->exhausts < CRITICAL_SECONDS)
		return POOL_CRITICAL;
	if (n->headroom < WARNING_HEADROOM || n->exhausts < WARNING_SECONDS)
		return POOL_WARNING;
	return n->slow_search && r->space->size >= SLOW_SIZE ? POOL_WARNING : POOL_OK;
}

void pool_count(struct pool_rules *r, const struct pool *p, const struct pool_past *past,
		double interval, struct pool_numbers *out)
{
	const struct port_space *s = r->space;
	struct tally t = { 0 };

	*out = (struct pool_numbers){ .pool = p, .capacity = s->usable };
	r->stamps++;
	add_socks(r, p, out, &t);
	add_deviceless(r, out, &t);
	set_free(r, out, &t);
	widen_for_vrf(r, out);
	out->headroom = s->usable ? (double)out->free / s->usable : 0;
	/* A kernel with ip_local_port_step_width searches in other ways. */
	if (fact_or(r->facts, FACT_PORT_STEP, 0) > 0)
		out->slow_search = out->in_use * 2 > s->usable;
	else
		out->slow_search = s->size > 1 && out->in_use &&
				   out->preferred_blocked >= s->preferred;
	set_growth(out, past, interval);
	set_rates(r, out, past, &t);
	out->verdict = judge(r, out);
}

const char *pool_verdict_name(enum pool_verdict v)
{
	static const char *const names[] = {
		[POOL_OK] = "ok",
		[POOL_WARNING] = "warning",
		[POOL_CRITICAL] = "critical",
		[POOL_EXHAUSTED] = "exhausted",
	};

	return names[v];
}
