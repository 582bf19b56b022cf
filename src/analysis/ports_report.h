/* SPDX-License-Identifier: MIT */
/* The report of `ports`: numbers of every pool, worst first, as a tree. */
#ifndef ANALYSIS_PORTS_REPORT_H
#define ANALYSIS_PORTS_REPORT_H

#include "analysis/analysis.h"
#include "analysis/ports_count.h"
#include "base/attr.h"

/** What a sample came to. */
struct ports_result {
	struct pool_rules rules;
	/** struct pool_numbers of the pools that are shown, worst first. */
	struct vec pools;
	const struct host *host;
	/** What was noted in this run already, a bit each: once is enough, whatever the number is
	 *  by now. */
	unsigned *noted;
};

/** Builds REPORT's members (contract: ports) and says in the notes what could not be known. */
NONNULL void ports_report(const struct ports_result *res, struct report *report);

/** Adds the object of one pool under KEY. HISTORY: with the closes of the last minute. */
NONNULL_ARGS(1, 2, 4) struct value *ports_add_pool(const struct ports_result *res, struct value *to,
						  const char *key, const struct pool_numbers *n,
						  struct arena *a, bool history);

/** How the report is shown. */
extern const struct view ports_views[];

#endif
