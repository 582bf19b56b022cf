/* SPDX-License-Identifier: MIT */
/* A dump of which only counts are wanted: the kernel counts for itself, where it lets us. */
#ifndef SOURCE_DIAG_COUNT_H
#define SOURCE_DIAG_COUNT_H

#include <pthread.h>
#include <stdbool.h>

#include "base/attr.h"
#include "model/counts.h"
#include "source/source.h"

/** A count that goes on beside a walk over the states in COUNT_BPF_BLIND. */
struct diag_count {
	struct source *source;
	pthread_t thread;
	/** False where no thread was to be had: it is done at the end, then. */
	bool started;
	struct family_counts counts[COUNTS_FAMILIES];
	/** Their sum, once it has ended; what it took; 0 or -errno. */
	uint64_t total;
	int64_t ns;
	int ret;
};

/** True where REQ for SINK asks for nothing but counts, of so many sockets that loading a program
 *  (5 ms) pays. */
NODISCARD NONNULL bool diag_count_pays(struct source *s, const struct dump_request *req,
				       const struct sink *sink);

/** Starts counting in the namespace of S. */
NONNULL void diag_count_start(struct diag_count *c, struct source *s);

/** Waits for its end: 0, with the counts that REQ asks for in c->counts; or -errno, of which none
 *  is worth telling, since a dump says the same. */
NODISCARD NONNULL int diag_count_end(struct diag_count *c, const struct dump_request *req);

#endif
