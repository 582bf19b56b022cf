/* SPDX-License-Identifier: MIT */
/* Who stands behind ports: processes of a pool, listeners in the range, clients that bind() before
 * they connect(). */
#ifndef ANALYSIS_PORTS_HOLDERS_H
#define ANALYSIS_PORTS_HOLDERS_H

#include "analysis/ports_report.h"
#include "base/map.h"

/** Puts the inodes whose holders are wanted into SET and marks the pools whose are: all of them, or
 *  the largest pools' where there are very many. */
NONNULL void holders_want(struct port_table *t, struct map *set);

/** Adds "owners" of a pool: who holds how many of its sockets; null where that was not looked
 *  for. */
NONNULL void holders_add_pool(const struct ports_result *res, const struct pool *p,
			      struct value *to, struct arena *a);

/** Adds "listeners_in_range". */
NONNULL void holders_add_listeners(const struct ports_result *res, struct value *to,
				   struct arena *a);

/** Adds "bind_before_connect": ports that no connect() can have since a bind() took them. */
NONNULL void holders_add_binders(const struct ports_result *res, struct value *to,
				 struct arena *a);

#endif
