/* SPDX-License-Identifier: MIT */
/* A dump of which only counts are wanted: the kernel counts for itself, where it lets us. */
#ifndef SOURCE_DIAG_COUNT_H
#define SOURCE_DIAG_COUNT_H

#include <stdbool.h>

#include "base/attr.h"
#include "model/counts.h"
#include "source/source.h"

/** A count that goes on beside a walk over the states in COUNT_BPF_BLIND; opaque. */
struct diag_count;
struct diag_load;

/** What came of it. */
struct diag_counted {
	struct family_counts counts[COUNTS_FAMILIES];
	/** Their sum, and what it took. */
	uint64_t total;
	int64_t ns;
};

/** True where REQ for SINK asks for nothing but counts, its sockets are so many that loading a
 *  program (5 ms) pays, and no earlier count of S failed. */
NODISCARD NONNULL bool diag_count_pays(const struct source *s, const struct dump_request *req,
				       const struct sink *sink, const struct diag_load *load);

/** Starts counting in the namespace of S; diag_count_end() it. */
NODISCARD RETURNS_NONNULL NONNULL struct diag_count *diag_count_start(struct source *s,
								     const struct diag_load *load);

/** Waits for its end: 0 and in OUT the counts that REQ asks for; or -errno, of which none is worth
 *  telling, since a dump says the same. -ETIMEDOUT where it takes far too long: the iterator takes
 *  the lock of each socket, and one may be held by a process that does not go on (a page fault on
 *  a dead server in the middle of send(2)), where a dump goes past. It is left to itself then. */
NODISCARD NONNULL int diag_count_end(struct diag_count *c, const struct dump_request *req,
				    struct diag_counted *out);

#endif
