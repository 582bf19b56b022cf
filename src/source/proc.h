/* SPDX-License-Identifier: MIT */
/* Dumps from /proc/net/tcp and tcp6: the fallback, for kernels and sandboxes without sock_diag. */
#ifndef SOURCE_PROC_H
#define SOURCE_PROC_H

#include "base/attr.h"
#include "source/source.h"

/** One dump as source_dump() describes it. Rows that a moving table prints twice are dropped
 *  (kernel-facts 8); lines that cannot be read are counted and make the answer incomplete. 0 or
 *  -errno. */
NODISCARD NONNULL int proc_dump(struct source *s, const struct dump_request *req,
				const struct sink *sink, struct dump_result *result,
				struct notes *notes);

/** The rows of recorded tables, as proc_dump() would hand them out. */
struct proc_walk;

/** Starts a walk for REQ into SINK's first argument; TICKS as for proc_decode(). Counts into
 *  RESULT, which must be zeroed before. */
NODISCARD RETURNS_NONNULL NONNULL struct proc_walk *
proc_walk_begin(const struct dump_request *req, long ticks, const struct sink *sink,
		struct dump_result *result);
/** Goes on with N bytes of FAMILY's table, read at SEEN_NS; a line may go on in the next call. */
NONNULL void proc_walk_bytes(struct proc_walk *w, int family, int64_t seen_ns, const void *p,
			     size_t n);
/** Ends the walk and gives W back. */
NONNULL void proc_walk_end(struct proc_walk *w);

#endif
