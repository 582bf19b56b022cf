/* SPDX-License-Identifier: MIT */
/* Finds objects of a vector by key: a hash table of positions, for where the keys of a map would
 * stand in memory a second time. */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/vec.h"

/** An index over one vector, whose objects begin with their key. Set it up with INDEX_OF(type). */
struct index {
	/** Position + 1 of an object, 0 where free; CAP of them (a power of two, or 0). */
	uint32_t *slots;
	size_t cap;
	/** Bytes of a key; no padding: compared as bytes. */
	size_t key_size;
};

/** An empty index by keys of TYPE. */
#define INDEX_OF(TYPE) ((struct index){ .key_size = sizeof(TYPE) })

/** The object of V with KEY, or NULL. */
NODISCARD NONNULL void *index_get(const struct index *x, const struct vec *v, const void *key);
/** Appends an object to V that is zero but for KEY, which is not there yet, and returns it; valid
 *  until the next. */
RETURNS_NONNULL NONNULL void *index_push(struct index *x, struct vec *v, const void *key);
/** Forgets everything and keeps the memory: for an emptied vector. */
NONNULL void index_reset(struct index *x);
/** Gives the memory back; empty and ready again. */
NONNULL void index_free(struct index *x);

#endif
