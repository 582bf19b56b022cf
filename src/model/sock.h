/* SPDX-License-Identifier: MIT */
/* One TCP socket as a source saw it: the neutral record between sources and everything else. */
#ifndef MODEL_SOCK_H
#define MODEL_SOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "model/addr.h"
#include "model/state.h"

/** What a record knows beyond family, state, addresses and ports: unknown is never zero. */
enum sock_has {
	/** rqueue and wqueue. */
	SOCK_HAS_QUEUES = 1 << 0,
	/** timer, expires_ms, retransmits. */
	SOCK_HAS_TIMER = 1 << 1,
	/** uid (of the creator, not to be trusted on inode 0: kernel-facts 4.3). */
	SOCK_HAS_UID = 1 << 2,
	/** inode; 0 is known and means that no file stands for it (mini-sockets, orphans,
	 *  unaccepted: kernel-facts 4.3). */
	SOCK_HAS_INODE = 1 << 3,
	SOCK_HAS_COOKIE = 1 << 4,
	SOCK_HAS_IFINDEX = 1 << 5,
	/** cgroup_id; never on mini and request sockets. */
	SOCK_HAS_CGROUP = 1 << 6,
	SOCK_HAS_SHUTDOWN = 1 << 7,
	SOCK_HAS_MARK = 1 << 8,
	/** v6only. */
	SOCK_HAS_V6ONLY = 1 << 9,
	/** Everything under "tcp_info"; only where it was asked for. */
	SOCK_HAS_INFO = 1 << 10,
	/** drops, from SKMEMINFO; only where it was asked for. */
	SOCK_HAS_DROPS = 1 << 11,
	/** LISTEN: wqueue is the backlog limit in force. Not so in /proc. */
	SOCK_HAS_BACKLOG = 1 << 12,
	/** bind_locked, from INET_DIAG_BC_AUTO; only where it was asked for. */
	SOCK_HAS_LOCK = 1 << 13,
};

/** idiag_timer and /proc's tr. */
enum sock_timer {
	TIMER_NONE,
	TIMER_RETRANSMIT,
	TIMER_KEEPALIVE,
	TIMER_TIMEWAIT,
	TIMER_PROBE,
	/** Delayed ACK (2026 headers), or a number this program does not know. */
	TIMER_OTHER,
};

/** A socket. Plain values, no ownership. */
struct sock {
	/** Set of enum sock_has. */
	uint32_t has;
	/** enum state. */
	uint8_t state;
	/** enum sock_timer. */
	uint8_t timer;
	/** Retransmissions (retransmit timer) or probes sent (keepalive, probe); SYN-ACK
	 *  retransmissions of a SYN_RECV. */
	uint8_t retransmits;
	/** 1: receiving side shut down, 2: sending side. */
	uint8_t shutdown;
	bool v6only;
	/** The port was chosen by an explicit bind() (SOCK_BINDPORT_LOCK); false for plain
	 *  connect(), bind(0), accepted children and every TIME_WAIT (kernel-facts 3.5). */
	bool bind_locked;
	/** Ports in host byte order; 0 where there is none. */
	uint16_t local_port, remote_port;
	/** Addresses as the kernel has them; local.family is the socket's family. */
	struct addr local, remote;
	/** Until the timer fires, in ms; 0 where it is due or there is none. */
	uint32_t expires_ms;
	/** Bytes unread (a FIN counts one) and bytes not yet acknowledged; for LISTEN the accept
	 *  queue's length and its limit (kernel-facts 4.2). */
	uint32_t rqueue, wqueue;
	uint32_t uid, ifindex, mark;
	/** Drops of this socket: for a listener the SYNs and ACKs it lost (kernel-facts 4.2). */
	uint32_t drops;
	uint64_t inode, cookie, cgroup_id;
	/** Index into the namespaces of a sweep; 0 where only one was read. */
	uint32_t netns;
	/** When the kernel handed the record over, CLOCK_MONOTONIC in ns (one stamp a receive). */
	int64_t seen_ns;
	/** tcp_info: ms since the peer's last ACK, the last data received and sent. */
	uint32_t last_ack_recv_ms, last_data_recv_ms, last_data_sent_ms;
	/** tcp_info: rto, rtt, rttvar in us; unacknowledged segments (LISTEN: queue), lost, total
	 *  retransmissions, consecutive backoffs. */
	uint32_t rto_us, rtt_us, rttvar_us, unacked, lost, total_retrans, backoff;
};

/** True where every bit of WHAT is known. */
static inline bool sock_has(const struct sock *s, uint32_t what)
{
	return (s->has & what) == what;
}

/** A hash of the addresses, ports and namespace: what a connection is known by on every source. */
static inline uint64_t sock_tuple(const struct sock *s)
{
	struct {
		struct addr local, remote;
		uint16_t local_port, remote_port;
		uint8_t unused[2];
		uint32_t netns;
	} tuple = { s->local, s->remote, s->local_port, s->remote_port, { 0 }, s->netns };

	_Static_assert(sizeof(tuple) == 2 * sizeof(struct addr) + 10, "no padding");
	return hash_bytes(&tuple, sizeof(tuple));
}

#endif
