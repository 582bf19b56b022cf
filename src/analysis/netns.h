/* SPDX-License-Identifier: MIT */
/* Which network namespace a row is of: said only where several were read. */
#ifndef ANALYSIS_NETNS_H
#define ANALYSIS_NETNS_H

#include "analysis/analysis.h"

/** Adds the member "netns", the name of namespace INDEX, where HOST has several. */
NONNULL void netns_add(struct arena *a, struct value *to, const struct host *host, uint32_t index);

/** The column that shows it: left out of text where no row has it. */
#define NETNS_COLUMN \
	{ .path = "netns", .heading = "NETNS", .if_present = true, .help = "network namespace" }

#endif
