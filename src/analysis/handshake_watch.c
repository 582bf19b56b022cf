// SPDX-License-Identifier: MIT
#include "analysis/handshake_watch.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"

/** A handshake as the last sample saw it. */
struct track {
	/** When it began at the earliest and at the latest, CLOCK_MONOTONIC, ns; INT64_MIN for an
	 *  unknown earliest. */
	int64_t earliest_ns, latest_ns;
	int64_t seen_ns;
	/** SYN_RECV; else SYN_SENT. */
	bool incoming;
};

/** Handshakes that took less than BOUND seconds: N of them. */
struct quick {
	double bound;
	uint64_t n;
};

/** A duration that stands for WEIGHT handshakes. */
struct weighted {
	double seconds;
	uint64_t weight;
};

void handshake_watch_init(struct handshake_watch *w)
{
	*w = (struct handshake_watch){
		.tracks = MAP_OF(uint64_t, struct track),
		.durations = VEC_OF(double),
		.quick = VEC_OF(struct quick),
	};
}

void handshake_watch_free(struct handshake_watch *w)
{
	map_free(&w->tracks);
	vec_free(&w->durations);
	vec_free(&w->quick);
}

uint64_t handshake_key(const struct sock *s)
{
	return sock_has(s, SOCK_HAS_COOKIE) ? s->cookie : sock_tuple(s);
}

static int64_t ns(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

/** Narrows H's age by what was known of it (OLD may be NULL) and puts it into TRACKS. */
static void track(struct map *tracks, struct handshake *h, const struct track *old)
{
	const struct sock *s = h->sock;
	uint64_t key = handshake_key(s);
	struct track t = { INT64_MIN, s->seen_ns, s->seen_ns, s->state == STATE_SYN_RECV };

	if (isfinite(h->age.min))
		t.latest_ns -= ns(h->age.min);
	if (isfinite(h->age.max))
		t.earliest_ns = s->seen_ns - ns(h->age.max);
	/* Of several histories that fit a timer, only one fits at every look. Where none does (a
	 * late timer), the first look, with the fewest retransmissions, knew best. */
	if (old) {
		int64_t latest = old->latest_ns < t.latest_ns ? old->latest_ns : t.latest_ns;
		int64_t earliest = old->earliest_ns > t.earliest_ns ? old->earliest_ns :
								      t.earliest_ns;
		bool agree = earliest <= latest;

		t.latest_ns = agree ? latest : old->latest_ns;
		t.earliest_ns = agree ? earliest : old->earliest_ns;
		h->age.min = (double)(s->seen_ns - t.latest_ns) / 1e9;
		if (t.earliest_ns != INT64_MIN)
			h->age.max = (double)(s->seen_ns - t.earliest_ns) / 1e9;
	}
	*(struct track *)map_put(tracks, &key, NULL) = t;
}

/** Notes that T completed, between its last look and WHEN. */
static void completed(struct handshake_watch *w, const struct track *t, int64_t when)
{
	double *seconds = vec_push(&w->durations);
	int64_t middle_ns = t->seen_ns + (when - t->seen_ns) / 2;

	*seconds = (double)(middle_ns - t->latest_ns) / 1e9;
	/* PassiveOpens counts ends, ActiveOpens beginnings: those are settled in
	 * handshake_watch_sample(). */
	w->unexplained_in -= t->incoming;
}

/** A handshake is gone, and no connected socket has its cookie: ask the counters. */
static void gone(struct handshake_watch *w, const struct track *t, bool looked, int64_t when)
{
	if (t->incoming && w->before.passive_opens != FACT_UNKNOWN) {
		/* A child was made (and is already closed), or the request was dropped. */
		if (w->unexplained_in > 0) {
			completed(w, t, when);
			return;
		}
		w->failed++;
		w->unexplained_fails -= w->unexplained_fails > 0;
	} else if (!t->incoming && w->unexplained_fails > 0) {
		w->unexplained_fails--;
		w->failed++;
	} else if (looked) {
		w->unknown++;
	} else {
		w->assumed++;
		completed(w, t, when);
	}
}

/** Classifies the handshakes of the last sample that are not among NOW. */
static void find_ended(struct handshake_watch *w, const struct map *now, const struct map *later,
		       bool looked, int64_t when)
{
	size_t iter = 0;
	const void *key;
	void *value;

	/* Those seen connected first: what the counters then still tell of is for the others. */
	while (map_next(&w->tracks, &iter, &key, &value)) {
		const int64_t *seen = map_get(later, key);

		if (!map_get(now, key) && seen)
			completed(w, value, *seen);
	}
	/* Failures are counted for every connect() but for few requests: ours take them first. */
	for (int incoming = 0; incoming < 2; incoming++) {
		iter = 0;
		while (map_next(&w->tracks, &iter, &key, &value)) {
			const struct track *t = value;

			if (t->incoming == incoming && !map_get(now, key) && !map_get(later, key))
				gone(w, t, looked, when);
		}
	}
}

static int64_t step(int64_t before, int64_t now)
{
	return before == FACT_UNKNOWN || now == FACT_UNKNOWN || now < before ? 0 : now - before;
}

/** Takes what the counters did since the last sample as unexplained. */
static void count_unexplained(struct handshake_watch *w, const struct facts *now)
{
	struct handshake_counters c = { now->v[FACT_ACTIVE_OPENS], now->v[FACT_PASSIVE_OPENS],
					now->v[FACT_ATTEMPT_FAILS] };

	if (w->samples) {
		w->unexplained_in += step(w->before.passive_opens, c.passive_opens);
		w->unexplained_out += step(w->before.active_opens, c.active_opens);
		w->unexplained_fails += step(w->before.attempt_fails, c.attempt_fails);
	}
	w->before = c;
}

/** What is still unexplained came and went since the last sample, SECONDS ago. */
static void count_quick(struct handshake_watch *w, double seconds)
{
	int64_t in = w->unexplained_in, out = w->unexplained_out, fails = w->unexplained_fails;
	uint64_t n = 0;

	/* A refused connect() counts among the attempts and among the failures. */
	if (out > 0 && fails > 0) {
		int64_t both = out < fails ? out : fails;

		out -= both;
		w->failed += (uint64_t)both;
		w->unexplained_out -= both;
	}
	w->unexplained_fails = 0;
	if (in > 0)
		n += (uint64_t)in;
	if (out > 0)
		n += (uint64_t)out;
	if (in > 0)
		w->unexplained_in = 0;
	if (out > 0)
		w->unexplained_out = 0;
	if (n)
		vec_add(&w->quick, &(struct quick){ seconds, n });
}

void handshake_watch_sample(struct handshake_watch *w, struct vec *all, const struct map *later,
			    bool looked, const struct host *host)
{
	struct map now = MAP_OF(uint64_t, struct track);
	double gap = (double)(host->monotonic_ns - w->before_ns) / 1e9;

	count_unexplained(w, host->now);
	for (size_t i = 0; i < all->len; i++) {
		struct handshake *h = &VEC_AT(all, struct handshake, i);
		uint64_t key = handshake_key(h->sock);
		const struct track *old = map_get(&w->tracks, &key);

		track(&now, h, old);
		/* ActiveOpens counted it when it began: its end is another matter. */
		if (w->samples && !old && h->sock->state == STATE_SYN_SENT)
			w->unexplained_out--;
	}
	if (w->samples) {
		find_ended(w, &now, later, looked, host->monotonic_ns);
		count_quick(w, gap);
		w->resolution = fmax(w->resolution, gap);
	}
	map_free(&w->tracks);
	w->tracks = now;
	w->before_ns = host->monotonic_ns;
	w->samples++;
}

static int compare_weighted(const void *pa, const void *pb)
{
	const struct weighted *a = pa, *b = pb;

	return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

/** Every completion as a weighted duration, by rising duration; free() it. */
static struct weighted *sorted(const struct handshake_watch *w, size_t *n, uint64_t *total)
{
	struct weighted *all;

	*n = w->durations.len + w->quick.len;
	all = xcalloc(*n ? *n : 1, sizeof(*all));
	for (size_t i = 0; i < w->durations.len; i++)
		all[i] = (struct weighted){ VEC_AT(&w->durations, double, i), 1 };
	for (size_t i = 0; i < w->quick.len; i++) {
		const struct quick *q = &VEC_AT(&w->quick, struct quick, i);

		all[w->durations.len + i] = (struct weighted){ q->bound, q->n };
	}
	qsort(all, *n, sizeof(*all), compare_weighted);
	*total = 0;
	for (size_t i = 0; i < *n; i++)
		*total += all[i].weight;
	return all;
}

/** Share of the TOTAL that took at most SECONDS. */
static double within(const struct weighted *all, size_t n, uint64_t total, double seconds)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n && all[i].seconds <= seconds; i++)
		sum += all[i].weight;
	return total ? (double)sum / (double)total : NAN;
}

/** The duration that the share P of the TOTAL does not exceed (nearest rank). */
static double percentile(const struct weighted *all, size_t n, uint64_t total, double p)
{
	uint64_t rank = (uint64_t)ceil(p * (double)total), sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += all[i].weight;
		if (sum >= rank)
			return all[i].seconds;
	}
	return NAN;
}

void handshake_watch_report(const struct handshake_watch *w, struct arena *a, struct value *to,
			    struct notes *notes)
{
	struct value *v = value_add_object(a, to, "completed");
	size_t n;
	uint64_t total;
	struct weighted *all = sorted(w, &n, &total);

	value_add_int(a, v, "count", (int64_t)total);
	value_add_real(a, v, "within_200ms", within(all, n, total, 0.2));
	value_add_real(a, v, "within_500ms", within(all, n, total, 0.5));
	value_add_real(a, v, "p50", percentile(all, n, total, 0.5));
	value_add_real(a, v, "p90", percentile(all, n, total, 0.9));
	value_add_real(a, v, "p99", percentile(all, n, total, 0.99));
	value_add_int(a, v, "seen", (int64_t)w->durations.len);
	value_add_int(a, v, "quick", (int64_t)(total - w->durations.len));
	value_add_int(a, v, "failed", (int64_t)w->failed);
	value_add_int(a, v, "unknown", (int64_t)w->unknown);
	value_add_real(a, v, "resolution_seconds", w->samples > 1 ? w->resolution : NAN);
	if (w->before.passive_opens == FACT_UNKNOWN || w->before.active_opens == FACT_UNKNOWN)
		notes_add(notes, "the opens counters cannot be read: handshakes shorter than %.0f ms "
				 "are missing from the completed ones",
			  w->resolution * 1000);
	if (w->assumed)
		notes_add(notes, "%llu handshake%s counted as completed without a look at the "
				 "connection: too many connections to list at every look",
			  (unsigned long long)w->assumed, num_word(w->assumed, "", "s"));
	free(all);
}
