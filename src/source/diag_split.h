/* SPDX-License-Identifier: MIT */
/* Parallel dumps: how the sockets are shared out among threads by bytecode. */
#ifndef SOURCE_DIAG_SPLIT_H
#define SOURCE_DIAG_SPLIT_H

#include "base/attr.h"
#include "base/str.h"
#include "source/source.h"

/** Most threads of a dump: each costs a walk of its own, and the walk is what they share least. */
#define DIAG_WORKERS_MAX 4

/** The states that there can be very many sockets in: a dump without them copies few, whatever the
 *  host's size, and is hard to better. */
#define DIAG_MANY (STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT))

/** Replaces CODE by the test for share I of N: every socket passes exactly one of them. A client's
 *  local port, or a server's peer's, is what spreads, so the port at or above 32768 decides (the
 *  local one first). */
NONNULL void diag_split(struct str *code, unsigned i, unsigned n);

/** How many sockets a namespace has in the states that there can be very many in: quickly had, and
 *  good enough to choose a way by. */
struct diag_load {
	/** ESTABLISHED (with the few others of sockstat's inuse) and TIME_WAIT. */
	int64_t established, time_wait;
};

/** Reads it from sockstat; 0 where there is none. */
NODISCARD NONNULL struct diag_load diag_load(struct source *s);

/** Sockets of LOAD in those of STATES that there can be many in. */
NODISCARD NONNULL int64_t diag_load_of(const struct diag_load *load, uint32_t states);

/** Who makes a dump. */
struct diag_crew {
	/** Threads that share the sockets out among them, >= 1. */
	unsigned workers;
	/** One more looks for what is only bound (diag_bound.h). */
	bool bound;
};

/** The threads worth having for REQ: more than one only where the sockets are many. */
NODISCARD NONNULL struct diag_crew diag_split_crew(const struct dump_request *req,
						   const struct diag_load *load);

#endif
