/* SPDX-License-Identifier: MIT */
/* Hash maps: fixed-size keys (inodes, cookies, tuples) and strings. Open addressing, linear
 * probing, seeded at random since peers choose addresses and processes choose names. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/attr.h"

/** Key of a fixed size → value of a fixed size. Set it up with MAP_OF(key type, value type). Keys
 *  are compared as bytes: zero the padding. */
struct map {
	/** Slots, each key then value; and one byte each that says whether it is in use. */
	unsigned char *slots, *used;
	/** Keys present, and slots (a power of two, or 0 while empty). */
	size_t len, cap;
	/** Bytes of a key, of a value, from slot to slot, and where the value starts in one. */
	size_t key_size, value_size, stride, value_at;
};

/** An empty map from KEY to VALUE. */
#define MAP_OF(KEY, VALUE) map_make(sizeof(KEY), sizeof(VALUE))

/** An empty map with keys and values of these sizes; VALUE_SIZE 0 makes a set. */
NODISCARD struct map map_make(size_t key_size, size_t value_size);

/** The value of KEY, inserted zeroed if it was absent (*IS_NEW, which may be NULL, tells). Valid
 *  until the next insertion. For a set the pointer is only good for not being NULL. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) void *map_put(struct map *m, const void *key, bool *is_new);

/** The value of KEY, or NULL where it is absent. Valid until the next insertion. */
NONNULL void *map_get(const struct map *m, const void *key);

/** Walks the map in no particular order: start with *ITER = 0; false at the end. KEY and VALUE
 *  (each may be NULL) receive pointers into the map. Do not insert while walking. */
NONNULL_ARGS(1, 2) bool map_next(const struct map *m, size_t *iter, const void **key, void **value);

/** Forgets every key and keeps the memory. */
NONNULL void map_reset(struct map *m);
/** Gives the memory back; empty and ready again. */
NONNULL void map_free(struct map *m);

/** String → value of a fixed size; the keys are copied. Set it up with strmap_make(). */
struct strmap {
	/** Keys and entries. */
	struct arena arena;
	/** Collision chains; entries do not move when there are more chains. */
	struct strmap_entry **chains;
	/** Chains (a power of two, or 0), keys, bytes of a value. */
	size_t cap, len, value_size;
};

/** An empty map from strings to values of VALUE_SIZE bytes. */
NODISCARD struct strmap strmap_make(size_t value_size);
/** The value of KEY, inserted zeroed if it was absent. Stays valid until strmap_free(). */
RETURNS_NONNULL NONNULL_ARGS(1, 2) void *strmap_put(struct strmap *m, const char *key, bool *is_new);
/** The value of KEY, or NULL. */
NONNULL void *strmap_get(const struct strmap *m, const char *key);
/** Gives the memory back; empty and ready again. */
NONNULL void strmap_free(struct strmap *m);

/** Seeded 64-bit hash of N bytes. */
NODISCARD NONNULL uint64_t hash_bytes(const void *p, size_t n);

#endif
