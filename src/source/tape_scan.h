/* SPDX-License-Identifier: MIT */
/* Finding the samples of a recording by walking its pieces' heads: for the reader and for the
 * writer that goes on behind them. */
#ifndef SOURCE_TAPE_SCAN_H
#define SOURCE_TAPE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/vec.h"
#include "source/tape.h"

/** A complete sample. */
struct tape_sample {
	/** Where it starts and ends in the file. */
	uint64_t at, end;
	int64_t monotonic_ns, realtime_ns;
	/** It can be read without the samples before. */
	bool alone;
};

/** What a file holds. */
struct tape_scan {
	/** struct tape_sample, in order; at least the first of a run stands alone. */
	struct vec samples;
	/** End of the last complete sample (or of the file's head), and of the file. */
	uint64_t end, size;
};

/** Walks the file behind FD. CHECK: look at the checksums. 0; -errno and WHY (without the file's
 *  name): -EBADMSG damaged or foreign, -ENOTSUP a later version. Bytes behind scan->end are an
 *  incomplete sample. The caller frees scan->samples in any case. */
NODISCARD NONNULL int tape_scan(int fd, bool check, struct tape_scan *scan, struct str *why);

/** Reads the head at AT of a file of SIZE bytes in host byte order. 1; 0 where the file ends before
 *  the piece does; -errno and WHY. */
NODISCARD NONNULL int tape_head_at(int fd, uint64_t at, uint64_t size, bool check,
				   struct tape_piece_head *out, struct str *why);

/** The checksummed head of a piece in the file's byte order. */
NODISCARD NONNULL struct tape_piece_head tape_head_make(uint32_t tag, enum tape_coding coding,
						       const void *bytes, size_t len,
						       size_t raw_len);

/** Reads exactly N bytes at AT. 0, -ENODATA where the file ends before, or another -errno. */
NODISCARD NONNULL int tape_read_at(int fd, void *p, size_t n, uint64_t at);

#endif
