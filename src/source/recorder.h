/* SPDX-License-Identifier: MIT */
/* Takes samples of a live source into a recording: everything that any command reads. */
#ifndef SOURCE_RECORDER_H
#define SOURCE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/report.h"
#include "source/source.h"

/** How a recording names this machine's byte order. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define RECORDER_BYTE_ORDER "little"
#else
#define RECORDER_BYTE_ORDER "big"
#endif

/** A recording under way; opaque. */
struct recorder;

/** What one sample came to. */
struct recorder_sample {
	/** Sockets in it; its bytes in the file; the file's bytes. */
	uint64_t sockets, bytes, file_bytes;
	/** False where it is known to be short. */
	bool complete;
	/** Seconds since the owners in it were searched; 0 where that was now. */
	double owners_age;
};

/** Opens FILE for the samples of S (which must be live, and stay open); KEEP: most bytes of the
 *  file, 0 for no limit. THRIFTY: samples come often, so owners and bind table are only read where
 *  that keeps to a small share of the time. 0 and *OUT, or -errno and one sentence in WHY. */
NODISCARD NONNULL int recorder_open(struct source *s, const char *file, uint64_t keep, bool thrifty,
				    struct notes *notes, struct recorder **out, struct str *why);
/** Closes it; NULL is fine. */
void recorder_close(struct recorder *r);

/** Takes one sample. A thrifty recorder records the last owners again where a new search would cost
 *  too much, with a note that says how old they are, and leaves the bind table out. 0; -errno and
 *  one sentence in WHY where it could not be taken or written: the file is as before. What the
 *  sample is short of is said in NOTES and recorded with it. */
NODISCARD NONNULL int recorder_take(struct recorder *r, struct recorder_sample *out,
				    struct notes *notes, struct str *why);

#endif
