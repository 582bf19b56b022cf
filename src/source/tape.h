/* SPDX-License-Identifier: MIT */
/* The file of a recording: samples one behind the other, each a sequence of checksummed pieces.
 * Append-only, so that a run that is cut off leaves every complete sample readable.
 *
 * File: struct tape_head, then pieces: struct tape_piece_head and the stored bytes. A sample is a
 * TAPE_SAMPLE piece, its pieces, a TAPE_END piece. All numbers little-endian. */
#ifndef SOURCE_TAPE_H
#define SOURCE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/report.h"
#include "source/tape_codec.h"

/** Version of the container that this program writes, and the newest that it reads. */
#define TAPE_VERSION 1
/** First bytes of every recording: survives no text-mode copying, and is no text. */
#define TAPE_MAGIC "\211tcptriage\r\n\032\n"
#define TAPE_MAGIC_SIZE 14

/** Start of the file. */
struct tape_head {
	char magic[TAPE_MAGIC_SIZE];
	uint16_t version;
};

/** Start of a piece. */
struct tape_piece_head {
	/** enum tape_tag; a reader passes over tags it does not know. */
	uint32_t tag;
	/** enum tape_coding. */
	uint8_t coding;
	uint8_t zero[3];
	/** Bytes stored, and bytes in plain form. */
	uint32_t len, raw_len;
	/** CRC-32 of the stored bytes; of this head up to here. */
	uint32_t crc, head_crc;
};

/** What TAPE_SAMPLE holds. */
struct tape_start {
	/** When the sample began, ns. */
	uint64_t monotonic_ns, realtime_ns;
	/** TAPE_ALONE: it can be read without the samples before. */
	uint32_t flags, zero;
};
#define TAPE_ALONE 1u

/** What TAPE_CLOCK holds. */
struct tape_clock {
	/** When the dump ended, ns. */
	uint64_t monotonic_ns, realtime_ns;
	/** TAPE_COMPLETE: the dump is not known to be short. */
	uint32_t flags, zero;
};
#define TAPE_COMPLETE 1u

/** What TAPE_END holds: enough to find a sample from behind. */
struct tape_end {
	/** Bytes from the sample's start to this piece. */
	uint64_t len;
	/** Pieces in between, the start included; TAPE_END_MARK, so that no whole file ends with a
	 *  zero byte (what a crash leaves may). */
	uint32_t pieces, mark;
};
#define TAPE_END_MARK 0x0a646e45u

/** A recording that is being written; opaque. */
struct tape_writer;

/** Opens FILE for appending, and makes it (mode 0600) where it is absent: 0 and *OUT, or -errno
 *  with one sentence in WHY. An existing file must be a whole recording (-EBADMSG otherwise); an
 *  incomplete last sample is cut away and said in NOTES. Only one program may write a file
 *  (-EWOULDBLOCK); never follows a symbolic link. */
NODISCARD NONNULL int tape_writer_open(const char *file, struct notes *notes,
				       struct tape_writer **out, struct str *why);
/** Closes it; an unfinished sample is cut away. NULL is fine. */
void tape_writer_close(struct tape_writer *w);

/** Starts a sample. One that is not ended is forgotten, so this also starts it again. */
NONNULL void tape_begin(struct tape_writer *w, int64_t monotonic_ns, int64_t realtime_ns);
/** True where the sample under way stands alone (the first; then every 60th, or sooner). */
NODISCARD NONNULL bool tape_alone(const struct tape_writer *w);
/** Adds the N bytes at P as what TAG stands for; once a sample for each tag. */
NONNULL_ARGS(1) void tape_put(struct tape_writer *w, uint32_t tag, const void *p, size_t n);
/** Adds a datagram to the stream TAG. Several streams may be open at the same time. */
NONNULL void tape_put_datagram(struct tape_writer *w, uint32_t tag, int64_t seen_ns, const void *p,
			       size_t n);
/** Ends the sample: from now on it counts. 0, or -errno where it could not be written; the file
 *  then ends with the sample before. */
NODISCARD NONNULL int tape_commit(struct tape_writer *w);
/** Size of the file in bytes. */
NODISCARD NONNULL uint64_t tape_size(const struct tape_writer *w);

/** Where the file has grown beyond MAX bytes, drops its oldest samples until at most three quarters
 *  of MAX are left (the newest samples that hang together always stay): writes a new file beside it
 *  and renames. 0 or -errno; the file is then as it was. */
NODISCARD NONNULL int tape_keep(struct tape_writer *w, uint64_t max);

/** A recording that is being read; opaque. */
struct tape;

/** Opens FILE and finds its samples: 0 and *OUT, or -errno with one sentence in WHY that names FILE
 *  and, where it is damaged or foreign (-EBADMSG), the byte. An incomplete last sample is passed
 *  over and said in NOTES. */
NODISCARD NONNULL int tape_open(const char *file, struct notes *notes, struct tape **out,
				struct str *why);
/** The same for an open descriptor of a regular file, which the tape closes; FILE is only its name.
 *  With CHECK false checksums are not looked at (fuzzing). */
NODISCARD NONNULL int tape_open_fd(int fd, const char *file, bool check, struct notes *notes,
				   struct tape **out, struct str *why);
/** Closes it; NULL is fine. */
void tape_close(struct tape *t);

/** Number of complete samples (at least 1 after a successful open). */
NODISCARD NONNULL size_t tape_samples(const struct tape *t);
/** When sample I began. */
NONNULL void tape_when(const struct tape *t, size_t i, int64_t *monotonic_ns, int64_t *realtime_ns);
/** Last sample that began at or before REALTIME_NS; SIZE_MAX where all are later. */
NODISCARD NONNULL size_t tape_find(const struct tape *t, int64_t realtime_ns);

/** Makes sample I the current one: decodes what it leans on. 0, or -errno and WHY as
 *  tape_open(). */
NODISCARD NONNULL int tape_select(struct tape *t, size_t i, struct str *why);

/** Replaces OUT by all bytes of TAG in the current sample. 0, -ENOENT where it has none, -EFBIG
 *  where they are more than MAX, or another -errno and WHY. */
NODISCARD NONNULL int tape_get(struct tape *t, uint32_t tag, size_t max, struct str *out,
			       struct str *why);
/** Calls FN for every datagram of the stream TAG in the current sample until it returns other than
 *  0, and returns that; 0; -ENOENT where there is no such stream; or another -errno and WHY. */
NODISCARD NONNULL_ARGS(1, 3, 5) int
tape_datagrams(struct tape *t, uint32_t tag, int (*fn)(void *arg, const struct datagram *g),
	       void *arg, struct str *why);

#endif
