/* SPDX-License-Identifier: MIT */
/* Inside the owner search: what the workers found, put together. */
#ifndef SOURCE_OWNERS_COLLECT_H
#define SOURCE_OWNERS_COLLECT_H

#include "base/attr.h"
#include "base/vec.h"
#include "model/owners.h"
#include "source/owners_visit.h"

/** Puts the finds of VISITS (struct visit, by rising pid, then descriptor) into OUT: processes,
 *  holders by socket, in an order that does not depend on which worker found them. The arenas of
 *  the COUNT workers move into OUT. */
NONNULL void owners_collect(const struct vec *visits, struct worker *workers, unsigned count,
			    struct owners *out);

/** Files in messages on their way, by the finds of VISITS with VISIT_FLIGHT; a socket with several
 *  descriptors counts once. */
NODISCARD NONNULL uint64_t owners_count_flight(const struct vec *visits,
					       const struct worker *workers);

#endif
