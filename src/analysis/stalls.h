/* SPDX-License-Identifier: MIT */
/* Connections that no longer move: what check looks for beyond what the other analyses tell. A fold
 * of its own; memory grows with the peers in trouble, not with the sockets. */
#ifndef ANALYSIS_STALLS_H
#define ANALYSIS_STALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "model/facts.h"
#include "model/sock.h"

/** In what way a connection is stuck. */
enum stall_kind {
	/** Data, a FIN or probes are sent again and again and nothing comes back. */
	STALL_NO_ACK,
	/** LAST_ACK or CLOSING, the FIN sent again and again. */
	STALL_LAST_ACK,
	/** FIN_WAIT2 still held by a process, silent for STALL_SILENT_S. */
	STALL_HALF_CLOSED,
	/** Orphan FIN_WAIT2, young ones included: how old one is depends on tcp_fin_timeout, see
	 *  stalls_silent_orphans(). */
	STALL_ORPHAN,
	STALL_KINDS
};

/** Retransmissions that make a stall. Each timeout is twice the one before and none is below 200 ms
 *  (TCP_RTO_MIN), so four of them mean at least 3 s without any answer, and one more than
 *  tcp_retries1, at which the kernel itself doubts the route. */
#define STALL_RETRANSMITS 4
/** The same in seconds. */
#define STALL_SECONDS 3
/** So long a living peer does not take to answer a FIN: no round trip and no request lasts 10 s. */
#define STALL_SILENT_S 10

/** Seconds that an orphan's timer can have left, and one more for all above. */
#define STALL_LEFT 61

/** Sockets whose owners are looked up as a sample of all: a process that holds one socket in twenty
 *  is in it with a probability of 96 %. */
#define STALL_SAMPLE 64

/** Who is in trouble: a peer and its port (we connected to it) or our port (it connected to us). No
 *  padding: maps compare bytes. */
struct stall_peer {
	struct addr addr;
	uint8_t incoming;
	uint16_t port;
};

/** How many stalled connections it has, and the most retransmissions of one. */
struct stall_group {
	uint64_t count;
	uint32_t worst;
};

/** The fold. Set up with stalls_init(). */
struct stalls {
	/** struct stall_peer → struct stall_group, one map a kind. */
	struct map peers[STALL_KINDS];
	/** Stalled connections of each kind. */
	uint64_t stalled[STALL_KINDS];
	/** All sockets by state. */
	uint64_t states[STATE_COUNT];
	/** FIN_WAIT2 that a process holds, and those of them whose age is unknown; orphans by the
	 *  whole seconds that they have left. */
	uint64_t held2, ageless, orphans_left[STALL_LEFT + 1];
	/** Ports that something listens on; those whose listener asked for that very port, and
	 *  whether that was told of any. */
	struct port_set listening, fixed;
	bool fixed_known;
	/** The inodes with the lowest hashes, sorted by them: an even sample of all. */
	struct stall_sample {
		uint64_t hash, inode;
	} sample[STALL_SAMPLE];
	size_t sampled;
};

/** An empty fold. */
NONNULL void stalls_init(struct stalls *st);
/** Forgets what was added. */
NONNULL void stalls_restart(struct stalls *st);
/** Takes in a socket. */
NONNULL void stalls_add(struct stalls *st, const struct sock *s);
/** Folds FROM into ST. */
NONNULL void stalls_merge(struct stalls *st, struct stalls *from);
/** Gives the memory back. */
NONNULL void stalls_free(struct stalls *st);

/** All connections that can be stuck in the way of KIND or are well. */
NODISCARD NONNULL uint64_t stalls_total(const struct stalls *st, enum stall_kind kind);

/** FIN_WAIT2 orphans whose peer has been silent for STALL_SILENT_S or, where an orphan's whole life
 *  is short, for half of it. 0 with FIN_TIMEOUT (tcp_fin_timeout, s) above 60: they then live
 *  through two timers, and what one has left does not tell the age. */
NODISCARD NONNULL uint64_t stalls_silent_orphans(const struct stalls *st, int64_t fin_timeout);

#endif
