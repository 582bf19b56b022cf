/* SPDX-License-Identifier: MIT */
/* The sockets that are only bound, looked for beside a dump of the others.
 *
 * They are in no table but that of the bound ports, where a listener's bucket also holds every
 * connection that it accepted: the kernel goes through all of these (0.15 s for a million) before
 * it starts with the connections (inet_diag_dump_icsk(), net/ipv4/inet_diag.c, since Linux 6.8:
 * listeners, the bind table, the established table). So this dump asks for connections too, and
 * breaks off at the first one: everything that is only bound has been seen by then. */
#ifndef SOURCE_DIAG_BOUND_H
#define SOURCE_DIAG_BOUND_H

#include "base/attr.h"
#include "source/diag_part.h"

/** The states of sockets that the kernel finds in the bind table. */
#define DIAG_BOUND (STATE_BIT(STATE_CLOSE) | STATE_BIT(STATE_BOUND))

/** One such search. */
struct diag_bound {
	struct diag_part part;
	struct dump_request req;
	struct diag_pump *pump;
	/** Its netlink socket. */
	unsigned socket;
};

/** Starts to look for the sockets that REQ asks for in DIAG_BOUND states, on S's netlink socket
 *  with the index SOCKET, which no other dump may use; LOCKED is for the records (struct
 *  diag_walk). 0; or -errno, and nothing goes on. */
NODISCARD NONNULL_ARGS(1, 2, 4) int diag_bound_start(struct diag_bound *b, struct source *s,
						     unsigned socket,
						     const struct dump_request *req,
						     const struct map *locked);

/** Hands what was found to ADD with ARG, and ends the search. 0 or -errno; b->part has its counts
 *  and is to be given back like any other. */
NODISCARD NONNULL int diag_bound_end(struct diag_bound *b,
				     void (*add)(void *arg, const struct sock *s), void *arg);

/** Ends it without an answer. */
NONNULL void diag_bound_drop(struct diag_bound *b);

#endif
