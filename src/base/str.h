/* SPDX-License-Identifier: MIT */
/* A growing string: output buffers, file contents, formatted text. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

/** Bytes with a NUL behind them. Zeroed (= {0}) it is empty and ready. */
struct str {
	/** The bytes, NUL-terminated once anything was added; NULL before. */
	char *s;
	/** Bytes in use, without the NUL. */
	size_t len;
	/** Bytes allocated. */
	size_t cap;
};

/** Makes room for EXTRA more bytes and a NUL; returns where the next byte goes. The caller adds
 *  what it wrote to len (and keeps the NUL if it wants one). */
RETURNS_NONNULL NONNULL char *str_reserve(struct str *b, size_t extra);

/* These three are in line: a row of `list` is made of a hundred small pieces, most of them of a
 * length that the compiler knows. */

/** Appends N bytes; where there are none, S may be NULL. */
NONNULL_ARGS(1) static inline void str_addn(struct str *b, const char *s, size_t n)
{
	char *p = n < b->cap - b->len ? b->s + b->len : str_reserve(b, n);

	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	b->len += n;
}

/** Appends a C string. */
NONNULL static inline void str_add(struct str *b, const char *s)
{
	str_addn(b, s, strlen(s));
}

/** Appends one byte. */
NONNULL static inline void str_addc(struct str *b, char c)
{
	str_addn(b, &c, 1);
}

/** Appends N times the byte C. */
NONNULL void str_fill(struct str *b, char c, size_t n);
/** Appends V in decimal. Hand-written: it is the hot path of `list`. */
NONNULL void str_addu(struct str *b, uint64_t v);
/** Appends V in decimal, with its sign. */
NONNULL void str_addi(struct str *b, int64_t v);
/** Appends formatted text. */
PRINTF(2, 3) void str_addf(struct str *b, const char *fmt, ...);
/** The same with a va_list. */
PRINTF(2, 0) void str_vaddf(struct str *b, const char *fmt, va_list ap);

/** The text as a C string: never NULL, "" when nothing was added. Valid until the next change. */
RETURNS_NONNULL NONNULL const char *str_text(const struct str *b);

/** Empties it and keeps the memory. */
NONNULL void str_reset(struct str *b);
/** Gives the memory back; empty and ready again. */
NONNULL void str_free(struct str *b);
/** Hands the memory over to the caller, who free()s it; empty and ready again. */
NODISCARD RETURNS_NONNULL NONNULL char *str_take(struct str *b);

#endif
