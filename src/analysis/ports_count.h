/* SPDX-License-Identifier: MIT */
/* The numbers of one pool: what is in use, what is free and how sure that is, at which rate it is
 * used up, how bad that is. */
#ifndef ANALYSIS_PORTS_COUNT_H
#define ANALYSIS_PORTS_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/ports_pool.h"
#include "analysis/ports_rate.h"
#include "analysis/ports_space.h"
#include "base/attr.h"
#include "model/facts.h"
#include "model/state.h"

/** TIME_WAIT as the kernel does it (TCP_TIMEWAIT_LEN), ms. */
#define TIME_WAIT_MS 60000

/** What holds for all pools of a sample. */
struct pool_rules {
	const struct port_space *space;
	const struct port_table *table;
	const struct facts *facts;
	/** How long TIME_WAIT lasts, ms. */
	uint32_t time_wait_ms;
	/** When the dump ended, ms of the monotonic clock modulo 2^32. */
	uint32_t now_ms;
	/** Scratch, by port: index + 1 of the last pool that saw it. */
	uint32_t *stamp;
	uint32_t stamps;
};

/** Severities of a pool. */
enum pool_verdict { POOL_OK, POOL_WARNING, POOL_CRITICAL, POOL_EXHAUSTED };

/** What a sample leaves behind of a pool for the next one. */
struct pool_past {
	unsigned in_use, others;
	/** Ports per second by which states other than TIME_WAIT grew; NAN where that is
	 *  unknown. */
	double leak;
};

/** From which headroom on, and how long before the end, a pool is critical or worth a warning. At
 *  5 % connect() already searches most of the range; a minute is too short to do anything; ten are
 *  enough to look. */
#define CRITICAL_HEADROOM 0.05
#define CRITICAL_SECONDS 60
#define WARNING_HEADROOM 0.2
#define WARNING_SECONDS 600

/** What is known of a pool. Ports, unless said otherwise. */
struct pool_numbers {
	const struct pool *pool;
	unsigned capacity, in_use, reusable, free, free_min, free_max;
	/** In use, by state, and those that are not in TIME_WAIT. */
	unsigned states[STATE_COUNT], others;
	/** TIME_WAIT of which it is open whether they can be reused. */
	unsigned maybe_reusable;
	/** Of the preferred parity and blocked. */
	unsigned preferred_blocked;
	/** free / capacity; 0 where there is no capacity. */
	double headroom;
	struct closes closes;
	/** Per second: over the last 1, 10, 60 s; the one that lasts; what in_use grew by since the
	 *  sample before (NAN where there is none). */
	double rate_1, rate_10, rate_60, sustained, growth;
	/** Of growth: what did not go to TIME_WAIT. */
	double leak;
	/** Capacity over the length of TIME_WAIT, per second. */
	double sustainable;
	/** Where the 60 s rate leads. */
	double steady_state;
	/** Seconds until the last port is gone; NAN: never. */
	double exhausts;
	bool slow_search;
	enum pool_verdict verdict;
};

/** How long TIME_WAIT lasts here, ms: 60 s, unless a vendor's kernel says or shows otherwise. */
NODISCARD NONNULL uint32_t pool_time_wait_ms(const struct facts *f, const struct port_table *t);

/** Counts pool P. PAST is what the sample before left of it, NULL for nothing; INTERVAL the seconds
 *  since then (NAN: there was no sample). */
NONNULL_ARGS(1, 2, 5) void pool_count(struct pool_rules *r, const struct pool *p,
				     const struct pool_past *past, double interval,
				     struct pool_numbers *out);

/** True where tcp_tw_reuse is for this pool at all (tcp_twsk_unique(); kernel-facts 3.4). UNKNOWN
 *  is what an unreadable setting counts as. */
NODISCARD NONNULL bool pool_may_reuse(const struct pool_rules *r, const struct pool *p,
				      bool unknown);

/** The word for a verdict. */
RETURNS_NONNULL const char *pool_verdict_name(enum pool_verdict v);

#endif
