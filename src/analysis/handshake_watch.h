/* SPDX-License-Identifier: MIT */
/* Handshakes followed from sample to sample: when they began, how they ended, how long they
 * took. */
#ifndef ANALYSIS_HANDSHAKE_WATCH_H
#define ANALYSIS_HANDSHAKE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/handshake_age.h"
#include "base/map.h"
#include "base/vec.h"

/** One handshake under way. */
struct handshake {
	/** The record; owned by the fold. */
	const struct sock *sock;
	/** Age when the record was taken; NAN where the source has no timers. */
	struct age age;
};

/** Counters that tell of handshakes too short to be seen; FACT_UNKNOWN where unread. */
struct handshake_counters {
	int64_t active_opens, passive_opens, attempt_fails;
};

/** What is remembered between samples. Set up with handshake_watch_init(). */
struct handshake_watch {
	/** handshake_key() → struct track: those of the last sample. */
	struct map tracks;
	/** double: how long each took that was seen to complete, s. */
	struct vec durations;
	/** struct quick: those that came and went between two samples. */
	struct vec quick;
	struct handshake_counters before;
	/** CLOCK_MONOTONIC of the last sample; samples so far. */
	int64_t before_ns;
	uint64_t samples;
	/** Completions that counters tell of and no sample explains yet (negative: seen before they
	 *  were counted). */
	int64_t unexplained_in, unexplained_out;
	/** Failures that counters tell of and no sample explains yet. */
	int64_t unexplained_fails;
	/** Seen to end: failed; completed or given up, nobody knows; taken for completed. */
	uint64_t failed, unknown, assumed;
	/** Longest time between two samples, s. */
	double resolution;
};

/** What a connection is known by from its handshake on: its cookie, which the child of a request
 *  socket inherits (inet_csk_clone_lock, measured on 6.18); a hash of its addresses and ports on a
 *  source without cookies. */
NODISCARD NONNULL uint64_t handshake_key(const struct sock *s);

/** An empty memory. */
NONNULL void handshake_watch_init(struct handshake_watch *w);

/** Takes in a sample: the handshakes under way in ALL (struct handshake, whose ages are narrowed by
 *  what earlier samples saw of them), and LATER, the keys of connected sockets (→ int64_t, when
 *  they were seen). LOOKED: every connected socket is in LATER, so that a handshake gone from both
 *  has ended. */
NONNULL void handshake_watch_sample(struct handshake_watch *w, struct vec *all,
				    const struct map *later, bool looked, const struct host *host);

/** Adds the member "completed" to TO. */
NONNULL void handshake_watch_report(const struct handshake_watch *w, struct arena *a,
				    struct value *to, struct notes *notes);

/** Gives the memory back. */
NONNULL void handshake_watch_free(struct handshake_watch *w);

#endif
