/* SPDX-License-Identifier: MIT */
/* What if: how many ports a rate of connections needs, and how long they last. */
#ifndef ANALYSIS_PORTS_ESTIMATE_H
#define ANALYSIS_PORTS_ESTIMATE_H

#include "analysis/analysis.h"
#include "base/attr.h"
#include "base/str.h"

/** The answer. */
struct ports_estimate {
	/** New connections per second, all destinations and local addresses together. */
	double rate;
	/** Ports that connect() can choose from, times destinations, times local addresses. */
	uint64_t capacity;
	double time_wait_seconds;
	/** Ports that the rate holds in the long run: rate times TIME_WAIT. */
	uint64_t ports_needed;
	/** The rate that can be kept up for ever. */
	double sustainable_rate;
	/** Seconds from none in use to all in use; NAN where that never comes. */
	double exhausts_in_seconds;
	/** "ok", "warning" (more than four fifths are needed), "exhausted". */
	const char *verdict;
};

/** True where OPT asks for it: --rate is given. */
NODISCARD NONNULL bool ports_estimate_asked(const struct options *opt);

/** Computes it. What OPT does not say is taken from FACTS where they know it, else from the
 *  kernel's defaults. 0, or -EINVAL with one sentence in WHY where OPT makes no sense. */
NODISCARD NONNULL int ports_estimate(const struct options *opt, const struct facts *facts,
				     struct ports_estimate *out, struct str *why);

/** The same as a command of its own: it asks for facts and no sockets. */
extern const struct analysis ports_estimate_analysis;

#endif
