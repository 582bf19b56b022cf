/* SPDX-License-Identifier: MIT */
/* What a recording remembers from one sample to the next so that the next stays small: the same
 * memory on both sides, the writer's and the reader's. */
#ifndef SOURCE_TAPE_CODEC_H
#define SOURCE_TAPE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/vec.h"
#include "source/delta.h"

/** A tag of four letters as a number. */
#define TAPE_TAG(A, B, C, D) \
	((uint32_t)(A) | (uint32_t)(B) << 8 | (uint32_t)(C) << 16 | (uint32_t)(D) << 24)

/** What a piece holds. The streams of datagrams are in plain form (source/delta.h). */
enum tape_tag {
	/** Start of a sample: see struct tape_start. */
	TAPE_SAMPLE = TAPE_TAG('S', 'A', 'M', 'P'),
	/** End of a sample: see struct tape_end. */
	TAPE_END = TAPE_TAG('E', 'N', 'D', ' '),
	/** Where it comes from: lines of a word and its value. */
	TAPE_HOST = TAPE_TAG('H', 'O', 'S', 'T'),
	/** When its dump ended, and whether it is whole: see struct tape_clock. */
	TAPE_CLOCK = TAPE_TAG('C', 'L', 'C', 'K'),
	/** Datagrams of the dump, and of the dump of explicitly bound sockets only. */
	TAPE_DIAG = TAPE_TAG('D', 'I', 'A', 'G'),
	TAPE_LOCKED = TAPE_TAG('L', 'O', 'C', 'K'),
	/** Reads of /proc/net/tcp and tcp6, as datagrams. */
	TAPE_PROC4 = TAPE_TAG('P', 'R', 'C', '4'),
	TAPE_PROC6 = TAPE_TAG('P', 'R', 'C', '6'),
	/** Files with their contents; the bind table; holders of sockets; cgroup paths; notes of
	 *  the dump and of the search for owners. */
	TAPE_FILES = TAPE_TAG('F', 'I', 'L', 'E'),
	TAPE_BINDS = TAPE_TAG('B', 'I', 'N', 'D'),
	TAPE_OWNERS = TAPE_TAG('O', 'W', 'N', 'R'),
	TAPE_CGROUPS = TAPE_TAG('C', 'G', 'R', 'P'),
	TAPE_NOTES = TAPE_TAG('N', 'O', 'T', 'E'),
	TAPE_OWNER_NOTES = TAPE_TAG('O', 'N', 'O', 'T'),
	/** How many sockets came after the search for owners that this sample shows (varint). */
	TAPE_UNSEARCHED = TAPE_TAG('U', 'N', 'S', 'R'),
	/** SYN-ACK timeouts of SYN_RECV sockets; inodes that were closed while their holders were
	 *  searched. */
	TAPE_TIMEOUTS = TAPE_TAG('S', 'Y', 'N', 'T'),
	TAPE_GONE = TAPE_TAG('G', 'O', 'N', 'E'),
	/** Ways to all destinations, and what they are short of. */
	TAPE_ROUTES = TAPE_TAG('R', 'O', 'U', 'T'),
	TAPE_ROUTE_NOTES = TAPE_TAG('R', 'N', 'O', 'T'),
};

/** How a piece is stored. */
enum tape_coding {
	TAPE_PLAIN,
	/** base/lz, without a dictionary. */
	TAPE_LZ,
	/** base/lz; the dictionary is the same piece of the sample before. */
	TAPE_LZ_AFTER,
	/** Equal to the same piece of the sample before. */
	TAPE_SAME,
	/** Datagrams told as changes (source/delta.h): the length of the told form (varint), and
	 *  that through base/lz. */
	TAPE_TOLD,
	TAPE_CODINGS
};

/** Longest piece in plain form. */
#define TAPE_PIECE_MAX ((size_t)1 << 20)

/** The memory. */
struct tape_codec {
	/** struct tape_piece of the sample before, and of the one under way. */
	struct vec before, now;
	/** Bytes that now holds. */
	size_t now_bytes;
	/** For the two streams of netlink datagrams. */
	struct delta diag, locked;
};

/** Sets up an empty memory. */
NONNULL void tape_codec_init(struct tape_codec *c);
/** Gives it back. */
NONNULL void tape_codec_free(struct tape_codec *c);
/** A sample is over. */
NONNULL void tape_codec_turn(struct tape_codec *c);
/** Forgets the sample under way. */
NONNULL void tape_codec_drop(struct tape_codec *c);
/** Forgets everything: the next sample stands alone. */
NONNULL void tape_codec_reset(struct tape_codec *c);

/** Appends the stored form of piece INDEX (counted per tag within the sample) to OUT and returns
 *  how it is coded. N <= TAPE_PIECE_MAX; datagram tags need whole datagrams. */
NODISCARD NONNULL enum tape_coding tape_encode(struct tape_codec *c, uint32_t tag, uint32_t index,
					       const void *p, size_t n, struct str *out);

/** A piece as it is stored. */
struct tape_stored {
	uint32_t tag, index;
	/** enum tape_coding; the bytes; how many they become. */
	unsigned coding;
	const void *bytes;
	size_t len, raw_len;
};

/** Replaces OUT by the plain form of S, and remembers it. 0; -EBADMSG where S is damaged: *AT is
 *  how many of its bytes were understood. */
NODISCARD NONNULL int tape_decode(struct tape_codec *c, const struct tape_stored *s, struct str *out,
				 size_t *at);

#endif
