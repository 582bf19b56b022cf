/* SPDX-License-Identifier: MIT */
/* Why can this host not connect to one destination? What was gathered, and what it means. No
 * I/O. */
#ifndef ANALYSIS_WHY_H
#define ANALYSIS_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/listen_index.h"
#include "analysis/ports_pool.h"
#include "base/attr.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/facts.h"
#include "model/path.h"
#include "model/report.h"
#include "model/state.h"

/** A process and how near it is to its descriptor limit. */
struct why_process {
	/** 0 where there is none. */
	int64_t pid;
	/** Command name, as the kernel has it; in the fold's arena. */
	const char *comm;
	/** -1 where unknown. */
	int64_t fds_open, fds_limit;
};

/** The sockets that matter for one destination: a fold of its own, run beside `ports`. */
struct why_fold {
	/** The destination, folded (::ffff:a.b.c.d is a.b.c.d), and its port. */
	struct addr address;
	uint16_t port;
	/** It is an address of this namespace: listeners are looked at. infer_local: told by the
	 *  sockets' own addresses, where no route told it (a recording). */
	bool local, infer_local;
	/** Our address toward it; family 0 where no route told it. */
	struct addr source;
	/** The interface that connect() to a link-local address binds to, else 0. */
	uint32_t ifindex;
	/** Every socket, by what it means for the choice of a port. */
	struct port_table ports;

	/** Sockets toward it, by enum state; those of SYN_SENT and of the others that retransmit;
	 *  most retransmissions of a SYN_SENT. */
	uint64_t states[STATE_COUNT];
	uint64_t syn_retransmitting, retransmitting;
	unsigned syn_retransmits;
	/** Addresses (struct addr, no value) that SYNs go to again and again, besides this one. */
	struct map others;
	/** Listeners on the port. */
	struct listen_index listeners;
	/** SYN_RECV on the port. */
	uint64_t syn_recv;
	/** Inodes of sockets toward the destination, at most WHY_INODES. */
	struct vec inodes;

	/** After finish(): the fullest of the listeners that take connections to the destination,
	 *  or NULL; how many take them, and how many of those are full; who owns it; the process
	 *  with sockets toward the destination that is nearest to its limit. */
	const struct sock *listener;
	unsigned takers, full;
	struct why_process owner, client;
	struct arena arena;
};

/** Sockets toward the destination whose owners are looked for; enough to find the processes. */
#define WHY_INODES 32768

/** The fold; STATE is a struct why_fold set up with why_fold_init(). Not a command of its own: not
 *  in the table. Its report has one member: "pool", as `ports` would show it, or null. */
extern const struct analysis why_analysis;

/** An empty fold for this destination, reached by ROUTE. */
NONNULL void why_fold_init(struct why_fold *f, const struct addr *address, uint16_t port,
			   const struct route *route);
/** Gives everything back. */
NONNULL void why_fold_free(struct why_fold *f);

/** Adds "pool" to REPORT: the pool that a new connection would take its port from, also where
 *  nothing uses it yet; null where the source address is unknown and no socket tells it. */
NONNULL void why_pool(struct why_fold *f, const struct host *host, struct report *report);

/** Everything that was gathered. */
struct why_case {
	/** What was asked for, and the port. */
	const char *host;
	uint16_t port;
	/** Never NULL; without an address nothing below is known. chosen: which of its
	 *  addresses. */
	const struct resolved *resolved;
	size_t chosen;
	/** All unknown where it could not be looked up. */
	struct route route;
	/** The pool as `ports` reports it; NULL where it is unknown. */
	const struct value *pool;
	/** NULL where the sockets could not be read. */
	const struct why_fold *fold;
	/** All unknown at worst; before: what counters are compared with, or NULL. */
	const struct facts *facts, *before;
	struct attempt attempt;
};

/** Judges the case and builds the report: target, verdict, answer, findings, route, pool, sockets,
 *  listener, attempt; and the exit status. REPORT->root is an empty object of its arena. */
NONNULL void why_report(const struct why_case *c, struct report *report);

/** How the report is shown. */
extern const struct view why_views[];

#endif
