/* SPDX-License-Identifier: MIT */
/* Allocation that never returns NULL: running out of memory has one fatal path. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

#include "base/attr.h"

/** Sets what runs before the program ends for lack of memory (the live view restores the terminal
 *  here); NULL for nothing. */
void alloc_on_failure(void (*hook)(void));

/** Ends the program as out of memory: hook, one line on stderr, exit status 3. For sizes that
 *  cannot be allocated at all. */
NORETURN void alloc_failed(void);

/** SIZE bytes, uninitialised; free() them. Never NULL. */
NODISCARD RETURNS_NONNULL void *xmalloc(size_t size);

/** COUNT zeroed objects of SIZE bytes, overflow checked; free() them. Never NULL. */
NODISCARD RETURNS_NONNULL void *xcalloc(size_t count, size_t size);

/** P resized to COUNT objects of SIZE bytes, overflow checked; P is gone. Never NULL. */
NODISCARD RETURNS_NONNULL void *xreallocarray(void *p, size_t count, size_t size);

/** A copy of S; free() it. Never NULL. */
NODISCARD RETURNS_NONNULL NONNULL char *xstrdup(const char *s);

/** A copy of the first N bytes of S with a NUL behind them; free() it. */
NODISCARD RETURNS_NONNULL NONNULL char *xstrndup(const char *s, size_t n);

/** Memory that is given back all at once. Zeroed (= {0}) it is empty and ready. */
struct arena {
	/** Newest block; blocks are chained. */
	struct arena_block *head;
};

/** SIZE zeroed bytes, aligned for any object; they live until arena_free(). */
NODISCARD RETURNS_NONNULL NONNULL void *arena_alloc(struct arena *a, size_t size);

/** A copy of S in the arena. */
NODISCARD RETURNS_NONNULL NONNULL char *arena_strdup(struct arena *a, const char *s);

/** A formatted string in the arena. */
NODISCARD RETURNS_NONNULL PRINTF(2, 3) char *arena_printf(struct arena *a, const char *fmt, ...);

/** Moves what FROM holds into TO: pointers into it stay valid; FROM is empty and ready again. */
NONNULL void arena_absorb(struct arena *to, struct arena *from);

/** Gives everything back; the arena is empty and ready again. */
NONNULL void arena_free(struct arena *a);

#endif
