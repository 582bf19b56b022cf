/* SPDX-License-Identifier: MIT */
/* A growing array of equal-sized objects. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

#include "base/attr.h"

/** An array that grows. Set it up with VEC_OF(type). */
struct vec {
	/** The objects; NULL while empty. Moves when it grows: keep indices, not pointers. */
	void *data;
	/** Objects in use, and objects there is room for. */
	size_t len, cap;
	/** Bytes of one object. */
	size_t size;
};

/** An empty vector of TYPE. */
#define VEC_OF(TYPE) ((struct vec){ .size = sizeof(TYPE) })
/** Object I of vector V, as a TYPE (an lvalue). I is not checked. */
#define VEC_AT(V, TYPE, I) (((TYPE *)(V)->data)[I])

/** Makes room for CAP objects in all, no more: for many vectors that mostly stay small. */
NONNULL void vec_reserve(struct vec *v, size_t cap);
/** Appends one zeroed object and returns it; valid until the next push. */
RETURNS_NONNULL NONNULL void *vec_push(struct vec *v);
/** Appends a copy of the object at P (of the vector's size). */
NONNULL void vec_add(struct vec *v, const void *p);
/** Empties it and keeps the memory. */
NONNULL void vec_reset(struct vec *v);
/** Gives the memory back; empty and ready again. */
NONNULL void vec_free(struct vec *v);

#endif
