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

/** Sockets of S in those of STATES that there can be many in, by the kernel's counters (sockstat,
 *  where ESTABLISHED cannot be told from the few others): quickly had, and good enough to choose a
 *  way by. 0 where there is none. */
NODISCARD NONNULL int64_t diag_estimate(struct source *s, uint32_t states);

/** Threads worth having for REQ: more than one only where SOCKETS (diag_estimate()) are many to
 *  copy. */
NODISCARD NONNULL unsigned diag_split_workers(const struct dump_request *req, int64_t sockets);

#endif
