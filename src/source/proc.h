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

/** Hands the rows of one whole table (N bytes of TEXT, header line first) to SINK's first argument:
 *  for recordings. Counts into RESULT. */
NONNULL void proc_walk_text(const char *text, size_t n, int family, long ticks,
			    const struct dump_request *req, int64_t seen_ns,
			    const struct sink *sink, struct dump_result *result);

#endif
