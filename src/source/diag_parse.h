/* SPDX-License-Identifier: MIT */
/* inet_diag messages into records: bytes in, records out, no I/O. */
#ifndef SOURCE_DIAG_PARSE_H
#define SOURCE_DIAG_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/sock.h"
#include "source/source.h"

struct inet_diag_msg;

/** Decodes one inet_diag_msg with its attributes, LEN bytes in all (the payload of a netlink
 *  message), into OUT; seen_ns and netns stay as they are. 0, or -EBADMSG where it is too short, an
 *  attribute runs over its end, or the state or family is unknown (kernel-facts 4.2). */
NODISCARD NONNULL int diag_decode(const void *payload, size_t len, struct sock *out);

/** What a datagram held. */
enum diag_end {
	/** More is to come. */
	DIAG_MORE,
	/** NLMSG_DONE without an error. */
	DIAG_DONE,
	/** The kernel answered with an error (NLMSG_ERROR, or NLMSG_DONE carrying one). */
	DIAG_ERROR,
	/** The bytes are no proper netlink messages. */
	DIAG_BROKEN,
};

/** Counts and flags of a datagram walk; add-only, so that one serves a whole dump. */
struct diag_walk {
	/** Messages must carry this sequence number and port id (0: any). */
	uint32_t seq, portid;
	/** Wanted states and family; others are dropped (a compatibility dump ignores the
	 *  family). */
	uint32_t states;
	int family;
	/** States of which the first record is the end. */
	uint32_t until;
	/** Copied into every record. */
	int64_t seen_ns;
	uint32_t netns;
	/** Records handed out, repeats dropped, malformed ones skipped. */
	uint64_t records, repeats, malformed;
	/** NLM_F_DUMP_INTR was seen. */
	bool interrupted;
	/** The errno of DIAG_ERROR, negative. */
	int error;
	/** The last cookies handed out, to drop repeats (design.md: a repeat comes within one hash
	 *  bucket's length). */
	struct cookie_ring *ring;
	/** Cookies of explicitly bound sockets, or NULL where that was not asked for. */
	const struct map *locked;
};

/** Walks the N bytes of one datagram and hands each record to ADD. Every length is checked before
 *  it is used; libmnl's own walk trusts nlmsg_len too far (live-and-faults row 26). Also -EBADMSG
 *  style damage inside one message only skips and counts that message. */
NODISCARD NONNULL_ARGS(1, 3, 4) enum diag_end
diag_walk_datagram(const void *data, size_t n, struct diag_walk *w,
		   void (*add)(void *arg, const struct sock *s), void *arg);

/** True where nothing comes behind the N bytes of this datagram: as diag_walk_datagram() would find
 *  with W, but without decoding it. */
NODISCARD NONNULL bool diag_is_last(const void *data, size_t n, const struct diag_walk *w);

/** A ring of recent cookies. */
struct cookie_ring *cookie_ring_new(void);
/** True where COOKIE is among the recent ones; remembers it otherwise. */
NONNULL bool cookie_ring_seen(struct cookie_ring *r, uint64_t cookie);
/** Forgets everything. */
NONNULL void cookie_ring_reset(struct cookie_ring *r);
/** Gives it back; NULL is fine. */
void cookie_ring_free(struct cookie_ring *r);

#endif
