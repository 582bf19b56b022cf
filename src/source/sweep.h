/* SPDX-License-Identifier: MIT */
/* All network namespaces as one source: each dumped in turn, its index in every record. Settings
 * and counters of single namespaces are unknown here; those of the machine are there. */
#ifndef SOURCE_SWEEP_H
#define SOURCE_SWEEP_H

#include "base/attr.h"
#include "source/backend.h"

/** Turns S, zeroed but for its choice and host, into a sweep over all namespaces that can be found.
 *  What could not be found or entered is said in NOTES. 0; -errno and one sentence in WHY where not
 *  even our own namespace can be read. */
NODISCARD NONNULL int sweep_open(struct source *s, struct notes *notes, struct str *why);

/** Part I of the sweep S. */
RETURNS_NONNULL NONNULL struct source *sweep_part(const struct source *s, size_t i);

/** Opens namespace NS (which the source closes, also on failure) as source_open() would. */
NODISCARD NONNULL int source_open_in(enum source_choice choice, struct netns *ns,
				     struct notes *notes, struct source **out, struct str *why);

#endif
