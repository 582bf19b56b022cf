/* SPDX-License-Identifier: MIT */
/* The ways to all destinations, asked of the kernel. */
#ifndef SOURCE_ROUTE_SURVEY_H
#define SOURCE_ROUTE_SURVEY_H

#include "base/attr.h"
#include "source/route_map.h"
#include "source/source.h"

/** Most places at which the answer may change that are asked about, for each family. */
#define ROUTE_STARTS_MAX 8192

/** Most destinations that are asked for one by one. */
#define ROUTE_KNOWN_MAX 1024

/** Fills OUT (initialised here) for S, a live source: as a connection of this user would go. Where
 *  each destination has a way of its own, or there are too many of them, those of KNOWN (a set of
 *  struct addr) are asked for one by one. Sends nothing on the network. What cannot be asked is a
 *  gap of OUT. 0; -errno where nothing could be had (a namespace that cannot be entered). */
NODISCARD NONNULL int route_survey(struct source *s, const struct map *known, struct route_map *out);

#endif
