/* SPDX-License-Identifier: MIT */
/* Part of `top`: folds that are sampled together, at a pace of their own. */
#ifndef TOP_LANE_H
#define TOP_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/vec.h"
#include "pipeline.h"
#include "tui/tui.h"

/** Most folds of a lane. */
#define LANE_FOLDS 3

/** A source with folds. Zeroed it is closed. */
struct lane {
	/** What it reads: the command line's options, changed for these folds. */
	struct options opt;
	/** The filter's words (char *), into TEXT. */
	struct vec words;
	char *text;
	/** The sample of a recording at which it starts ("#12"). */
	char at[24];
	struct pipeline pipeline;
	bool open;
	struct fold folds[LANE_FOLDS];
	size_t count;
	/** What they said last; NULL before the first sample. */
	struct tui_report *reports[LANE_FOLDS];
	/** What was noted when it was opened; the pipeline has the notes of the last sample. */
	struct notes opening;
	/** What the last sample took, ns: of time or, if that is more, of all processors. */
	int64_t cost_ns;
};

/** What a lane is for. */
struct lane_request {
	const struct options *opt;
	/** The filter, "" for none. */
	const char *filter;
	/** --by, --sort (they outlive the lane), --fast. */
	const char *by, *sort;
	bool fast;
	/** Recording: the sample to start at, from 1; 0: what OPT says. */
	uint64_t at;
	/** Nobody parses filters at the same time: a bad one can be explained in full. */
	bool alone;
	/** Folds, NULL-terminated. */
	const struct analysis *folds[LANE_FOLDS + 1];
};

/** Opens it. 0, or -errno with WHY. */
NODISCARD NONNULL int lane_open(struct lane *l, const struct lane_request *request,
				struct str *why);

/** Takes one sample. 0, or -errno: the reports are then those of the sample before. */
NODISCARD NONNULL int lane_sample(struct lane *l);

/** The last report of the analysis NAME, or NULL. */
NONNULL struct tui_report *lane_report(const struct lane *l, const char *name);

/** Adds what it could not see to NOTES. */
NONNULL void lane_notes(const struct lane *l, struct notes *notes);

/** Closes it; closed already is fine. */
NONNULL void lane_close(struct lane *l);

#endif
