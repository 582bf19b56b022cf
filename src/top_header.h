/* SPDX-License-Identifier: MIT */
/* Part of `top`: the lines above the table, out of reports and counters. */
#ifndef TOP_HEADER_H
#define TOP_HEADER_H

#include "analysis/analysis.h"
#include "base/attr.h"
#include "tui/tui.h"

/** The fold of the counters: {"opens":R|null,"passive_opens":R|null,"retransmits":R|null}, per
 *  second since the sample before. Looks at no socket. */
extern const struct analysis top_rates_analysis;

/** Reports that a header is made of; each may be NULL. */
struct header_parts {
	const struct tui_report *states, *rates, *ports, *check;
};

/** Fills in what the reports say: counts, rates, the tightest pool, the verdict; NOW_NS is the
 *  source's monotonic clock, for ages. Strings go into the frame's arena. */
NONNULL void header_fill(struct tui_frame *f, const struct header_parts *parts, int64_t now_ns);

#endif
