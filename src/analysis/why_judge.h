/* SPDX-License-Identifier: MIT */
/* The causes that `why` names: one row each, judged in the order in which connect() meets them. */
#ifndef ANALYSIS_WHY_JUDGE_H
#define ANALYSIS_WHY_JUDGE_H

#include <stdbool.h>

#include "analysis/severity.h"
#include "analysis/why.h"
#include "base/alloc.h"
#include "base/attr.h"
#include "model/report.h"

/** A case while it is judged. */
struct judging {
	const struct why_case *c;
	struct arena *arena;
	/** "192.0.2.1:443" and "192.0.2.1", or the name where it has no address. */
	const char *target, *address;
	/** The findings so far: an array. */
	struct value *findings;
	enum severity worst;
	/** The first finding of the worst severity: its id and sentence. */
	const char *cause, *sentence;
	/** Packets cannot get there: what follows from that is not said again. */
	bool cut_off;
};

/** Judges everything that the case knows. */
NONNULL void why_judge(struct judging *j);

/** Adds the finding ID (a row of the table) with a sentence; returns its evidence object. */
RETURNS_NONNULL PRINTF(4, 5) struct value *why_find(struct judging *j, const char *id,
						    enum severity severity, const char *fmt, ...);

/** True where the finding ID was made. */
NODISCARD NONNULL bool why_found(const struct judging *j, const char *id);

/** The judges of the way there, of what this host has for the connection, and of the real attempt;
 *  each in a file of its own. */
NONNULL void why_judge_path(struct judging *j);
NONNULL void why_judge_host(struct judging *j);
NONNULL void why_judge_attempt(struct judging *j);

/** Id I of the findings that only `why` makes, NULL past the last: for tests and the manual. */
const char *why_finding_id(size_t i);

#endif
