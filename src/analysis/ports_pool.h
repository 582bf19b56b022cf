/* SPDX-License-Identifier: MIT */
/* What a dump says about local ports: per destination the sockets that a plain connect() would have
 * to step around, and the sockets that take a port from everybody. */
#ifndef ANALYSIS_PORTS_POOL_H
#define ANALYSIS_PORTS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/index.h"
#include "base/vec.h"
#include "model/addr.h"
#include "model/facts.h"
#include "model/sock.h"

/** What the kernel allocates from: one source, one destination, v4-mapped folded into IPv4. No
 *  padding: compared as bytes. */
struct pool_key {
	struct addr local, remote;
	uint16_t remote_port;
	/** The device that the sockets are bound to, or 0: a tuple is taken per device
	 *  (inet_match()). */
	uint32_t ifindex;
};

/** One socket of a pool, in as few bytes as it can be: there may be a million. */
struct pool_sock {
	/** Until its timer fires, in ms, when it was seen; and when that was: ms of the monotonic
	 *  clock, modulo 2^32. */
	uint32_t expires_ms, seen_ms;
	/** 0 where no file stands for it (struct inet_diag_msg has 32 bits for it). */
	uint32_t inode;
	uint16_t port;
	/** enum state. */
	uint8_t state;
	/** Its port was chosen by an explicit bind(); certainly not by one (both false: unknown, as
	 *  for what is left of a closed socket). */
	bool locked, unlocked;
};

/** The sockets of one key. */
struct pool {
	struct pool_key key;
	/** struct pool_sock, in no order. */
	struct vec socks;
	/** The user's filter chose at least one of them. */
	bool matched;
	/** The holders of its sockets were asked for. */
	bool owners;
};

/** A socket that takes its port from every pool: it listens, or is bound and not connected. */
struct port_user {
	struct addr local;
	uint32_t inode;
	uint16_t port;
	/** STATE_LISTEN, STATE_BOUND or STATE_CLOSE. */
	uint8_t state;
	bool matched;
};

/** What add() gathers. */
struct port_table {
	/** struct pool, by struct pool_key. */
	struct vec pools;
	struct index by_key;
	/** struct port_user. */
	struct vec users;
	/** Ports that are listened on, as far as seen. */
	struct port_set listening;
	/** Records come from a source that shows bound-only sockets if the kernel does. */
	bool from_diag;
	/** Most milliseconds that a TIME_WAIT had left. */
	uint32_t longest_ms;
};

/** Sets it up, empty. */
NONNULL void port_table_init(struct port_table *t);
/** Takes one socket in; MATCHED: the user's filter chose it. */
NONNULL void port_table_add(struct port_table *t, const struct sock *s, bool matched);
/** Takes everything of FROM in. */
NONNULL void port_table_merge(struct port_table *t, const struct port_table *from);
/** Empties it and keeps what memory it can. */
NONNULL void port_table_reset(struct port_table *t);
/** Gives the memory back. */
NONNULL void port_table_free(struct port_table *t);

/** Pool I. */
static inline struct pool *port_table_pool(const struct port_table *t, size_t i)
{
	return &VEC_AT(&t->pools, struct pool, i);
}

/** The pool of KEY, or NULL. */
NONNULL const struct pool *port_table_find(const struct port_table *t, const struct pool_key *key);

#endif
