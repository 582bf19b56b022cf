/* SPDX-License-Identifier: MIT */
/* Which listener a connection that nobody has accepted yet belongs to. */
#ifndef ANALYSIS_LISTEN_INDEX_H
#define ANALYSIS_LISTEN_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/sock.h"

/** No listener. */
#define LISTEN_NONE UINT32_MAX

/** The listeners of one dump. Set up with listen_index_init(). */
struct listen_index {
	/** struct listen_entry, in the order in which they were added. */
	struct vec entries;
	/** struct listen_key → index of the newest entry with it, plus one. */
	struct map newest;
};

/** A listener. */
struct listen_entry {
	struct sock sock;
	/** The next one with the same address, port and namespace (SO_REUSEPORT), or
	 *  LISTEN_NONE. */
	uint32_t next;
};

/** An empty index. */
NONNULL void listen_index_init(struct listen_index *x);

/** Adds a LISTEN record. */
NONNULL void listen_index_add(struct listen_index *x, const struct sock *s);

/** Number of listeners, and listener I. */
NODISCARD NONNULL size_t listen_index_count(const struct listen_index *x);
RETURNS_NONNULL NONNULL const struct sock *listen_index_at(const struct listen_index *x, size_t i);

/** The first of the listeners that take connections to the local address and port of S: the one on
 *  that very address, else the wildcard of its family, else (IPv4) a dual-stack [::], as the kernel
 *  looks them up; LISTEN_NONE where there is none. Several share a port by SO_REUSEPORT: which of
 *  them holds a request the kernel does not tell. */
NODISCARD NONNULL uint32_t listen_index_find(const struct listen_index *x, const struct sock *s);

/** The next after I that would take S as well, or LISTEN_NONE. */
NODISCARD NONNULL uint32_t listen_index_next(const struct listen_index *x, uint32_t i,
					    const struct sock *s);

/** Forgets every listener and keeps the memory. */
NONNULL void listen_index_reset(struct listen_index *x);
/** Gives the memory back. */
NONNULL void listen_index_free(struct listen_index *x);

#endif
