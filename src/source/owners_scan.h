/* SPDX-License-Identifier: MIT */
/* Inside the owner search: the visits that it consists of, planned, made by threads, and
 * counted. */
#ifndef SOURCE_OWNERS_SCAN_H
#define SOURCE_OWNERS_SCAN_H

#include <stdatomic.h>

#include "base/attr.h"
#include "base/vec.h"
#include "model/owners.h"
#include "model/report.h"
#include "source/owners.h"
#include "source/owners_visit.h"

/** One search. Zeroed but for search.proc_fd = -1, search.wanted and search.aim. */
struct scan {
	struct search search;
	/** struct visit, by rising pid. */
	struct vec visits;
	/** struct open_file: what the kernel listed; visits point into it. */
	struct vec files;
	/** The next visit that nobody makes yet. */
	_Atomic size_t next;
	struct worker workers[OWNERS_THREADS_MAX];
	unsigned threads;
};

/** What the visits came to. */
struct tally {
	uint64_t broken, unsure_threads;
	/** Visits to holders of whom not everything could be read, and the first reason. */
	uint64_t vague;
	int vague_error;
	/** The first error that was not one of rights. */
	int error;
};

/** Lists the processes of PROC and plans the visits to them. 0 or -errno. */
NODISCARD NONNULL int scan_plan(struct scan *s, const char *proc, unsigned threads);

/** Where there are very many descriptors: has the kernel list those of the sockets in INODES (NULL:
 *  of all), if it lets us, so that no link needs to be read. */
NONNULL_ARGS(1) void scan_list_files(struct scan *s, const struct map *inodes);

/** Makes all visits. */
NONNULL void scan_run(struct scan *s);

/** Counts processes into OUT's seen and unreadable: a process in pieces once, by its worst
 *  piece. */
NODISCARD NONNULL struct tally scan_tally(const struct scan *s, struct owners *out);

/** Gives everything back. */
NONNULL void scan_end(struct scan *s);

/** Notes that WHAT failed with ERR (-errno). */
NONNULL void scan_note_error(int err, const char *what, struct notes *notes);

/** Says what could not be seen. */
NONNULL void scan_note_coverage(const struct scan *s, const struct tally *t,
				const struct owners *out, struct notes *notes);

#endif
