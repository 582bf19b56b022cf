/* SPDX-License-Identifier: MIT */
/* How a recording keeps netlink datagrams small: each message is told as what changed since the
 * same socket's message of the sample before. Lossless, byte for byte. */
#ifndef SOURCE_DELTA_H
#define SOURCE_DELTA_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

/** Plain form, as readers see it: records of a header, a datagram and padding to 4 bytes. All
 * numbers little-endian. */
struct datagram_header {
	/** When it was received: CLOCK_MONOTONIC, ns. */
	uint64_t seen_ns;
	/** Bytes of the datagram, without padding. */
	uint32_t len;
	uint32_t zero;
};

/** One datagram of the plain form. */
struct datagram {
	int64_t seen_ns;
	const unsigned char *bytes;
	size_t len;
};

/** Appends one datagram in plain form. LEN < 2^32. */
NONNULL void datagram_add(struct str *out, int64_t seen_ns, const void *p, size_t len);

/** Takes the next datagram out of the N bytes of plain form at P, from *AT on, which moves behind
 *  it. 1; 0 at the end; -EBADMSG where the bytes are no plain form. */
NODISCARD NONNULL int datagram_next(const void *p, size_t n, size_t *at, struct datagram *out);

/** The messages of one sample. */
struct delta_sample {
	/** Their bytes, one behind the other. */
	struct str bytes;
	/** Where each is. */
	struct vec spans;
	/** Socket cookie → index in spans; made once a socket does not stand where it is
	 *  expected. */
	struct map by_cookie;
};

/** What either side remembers: the sample before, and the one under way. */
struct delta {
	struct delta_sample before, now;
	/** Index expected next in before: sockets mostly keep their order. */
	size_t next;
};

/** Sets up an empty memory. */
NONNULL void delta_init(struct delta *d);
/** Gives it back. */
NONNULL void delta_free(struct delta *d);
/** A sample is over: it becomes the one that the next is told against. */
NONNULL void delta_turn(struct delta *d);
/** Forgets the sample under way: it is told again. */
NONNULL void delta_drop(struct delta *d);
/** Forgets everything: the next sample is told in full. */
NONNULL void delta_reset(struct delta *d);

/** Appends the told form of the N bytes of plain form at P to OUT, and remembers them. 0; -EBADMSG
 *  where P is no plain form. */
NODISCARD NONNULL int delta_encode(struct delta *d, const void *p, size_t n, struct str *out);

/** Appends the plain form of the N told bytes at P to OUT, and remembers it. 0; -EBADMSG where they
 *  are no told form, or would make more than LIMIT bytes; *AT is how many were understood. */
NODISCARD NONNULL int delta_decode(struct delta *d, const void *p, size_t n, size_t limit,
				  struct str *out, size_t *at);

#endif
