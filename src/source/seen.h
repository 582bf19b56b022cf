/* SPDX-License-Identifier: MIT */
/* Which sockets were there before: inodes, in the order in which the kernel shows them. */
#ifndef SOURCE_SEEN_H
#define SOURCE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/vec.h"

/** Inodes. */
struct seen {
	/** Inode (uint64_t) → where it stands in order (uint32_t): also a set for others. */
	struct map place;
	/** The inodes (uint64_t); where the next one is expected. */
	struct vec order;
	size_t next;
};

/** An empty one. */
NONNULL void seen_init(struct seen *s);
/** Gives everything back. */
NONNULL void seen_free(struct seen *s);
/** Empties it. */
NONNULL void seen_reset(struct seen *s);
/** A new walk begins: the first one is expected. */
NONNULL void seen_rewind(struct seen *s);
/** Adds INODE; one that is there already counts once. */
NONNULL void seen_add(struct seen *s, uint64_t inode);
/** True where INODE was added. Cheap where a walk shows them in the order in which they were: most
 *  of a table that is looked at in any other order is not in the processor's caches. */
NODISCARD NONNULL bool seen_before(struct seen *s, uint64_t inode);

#endif
