/* SPDX-License-Identifier: MIT */
/* Source → filter → folds → reports: the only file that sees every stage. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "base/str.h"
#include "model/filter.h"
#include "model/options.h"
#include "model/report.h"
#include "render/render.h"
#include "source/source.h"

/** An open source with everything that surrounds a sample. */
struct pipeline {
	const struct options *opt;
	struct source *source;
	/** NULL: everything. */
	struct filter *filter;
	/** What could not be seen, since the pipeline was opened. */
	struct notes notes;
	/** Facts of this sample and of the one before. */
	struct facts now, before;
	bool have_before;
	/** When the last sample's dump ended (monotonic, ns), and how many there were. */
	int64_t last_ns;
	uint64_t samples;
	/** Of the last sample. */
	struct owners owners;
	struct cgroups cgroups;
	bool have_owners, have_cgroups;
	/** The last dump brought a SYN_RECV. */
	bool requests;
	/** SYN-ACK timeouts, see struct host; empty unless have_timeouts. */
	struct map timeouts;
	bool have_timeouts;
	/** Sockets without a holder that are closed by now (see host.gone). */
	struct map gone;
	bool have_gone;
	/** The holders that were asked for could not be looked for, or not everywhere. */
	bool owners_short;
	struct dump_result dump;
	/** Where the last sample's time went, ns: facts, dump, owners, finish. */
	int64_t spent[4];
};

/** One answer being computed. */
struct fold {
	const struct analysis *analysis;
	/** From analysis->begin(); the caller gives it back with analysis->end(). */
	void *state;
};

/** Opens the source that OPT asks for and parses the filter in its words (PARSE_FILTER). 0, -EINVAL
 *  for a bad filter, or another -errno; WHY says it in lines for people. */
NODISCARD NONNULL int pipeline_open(struct pipeline *p, const struct options *opt, bool parse_filter,
				    struct str *why);

/** Closes everything. */
NONNULL void pipeline_close(struct pipeline *p);

/** One sample: facts, one dump through all COUNT folds, owners and cgroups where wanted, then each
 *  fold's report into REPORTS[i] (made here; give back with report_end()). 0, or -errno where
 *  nothing could be had (why: in the notes). */
NODISCARD NONNULL int pipeline_sample(struct pipeline *p, struct fold *folds, size_t count,
				      struct report *reports);

/** What --sample asks for before the first sample: facts, a look at the sockets whose drops are
 *  watched, and SECONDS of waiting. 0 or -errno. */
NODISCARD NONNULL int pipeline_prime(struct pipeline *p, struct fold *folds, size_t count,
				     double seconds);

/** Gives a report back. */
NONNULL void report_end(struct report *r);

/** Needs of the folds together. */
NONNULL_ARGS(1, 2, 5) void pipeline_needs(struct pipeline *p, const struct fold *folds, size_t count,
			    const struct facts *facts, struct needs *out);

/** One dump for SINK with needs N, matched by the filter already. 0 or -errno. */
NODISCARD NONNULL int pipeline_dump(struct pipeline *p, const struct needs *n,
				    const struct sink *sink, unsigned workers);

/** Searches owners for the filter (pid, comm) or for WANTED inodes (NULL: those that may match the
 *  filter); replaces p->owners. 0 or -errno. */
NODISCARD NONNULL_ARGS(1) int pipeline_owners(struct pipeline *p, const struct map *wanted);

/** True where the last sample saw everything that it asked for, rights aside. */
NODISCARD NONNULL bool pipeline_complete(const struct pipeline *p);

/** Says in the notes that COUNT sockets were left out since the filter could not be decided. */
NONNULL void pipeline_note_undecided(struct pipeline *p, uint64_t count);

/** Reads the cgroups once a sample. */
NONNULL void pipeline_cgroups(struct pipeline *p);

/** The members with which every JSON document begins (contract 4), in A. */
NODISCARD RETURNS_NONNULL NONNULL struct value *pipeline_envelope(struct pipeline *p,
								  struct arena *a,
								  const char *command,
								  bool complete);

/** Adds the member "time": REALTIME_NS as RFC 3339 UTC with milliseconds. */
NONNULL void envelope_add_time(struct arena *a, struct value *o, int64_t realtime_ns);


/** How to render for standard output, from OPT and the terminal. */
NONNULL void pipeline_render_options(const struct options *opt, struct render_options *out);

/** Says how many rows -t CUT: on a terminal as a last line of OUT; in a pipe, where every line is a
 *  row, on standard error. */
NONNULL void pipeline_say_cut(struct str *out, uint64_t cut, const struct render_options *opt);

/** Runs one analysis as a whole command: repetition, rendering, exit status. */
NODISCARD NONNULL int pipeline_run(const struct analysis *a, const struct options *opt);

/** Prints the notes that were not printed yet on stderr (not with -H); *PRINTED counts them. */
NONNULL void pipeline_print_notes(const struct pipeline *p, size_t *printed);

#endif
