/* SPDX-License-Identifier: MIT */
/* Numbers in as few bytes as they need: seven bits a byte, low bits first, the high bit says that
 * more follow. */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/** Longest varint of 64 bits. */
#define VARINT_MAX 10

/** Bytes that are read from front to back, never past their end. */
struct cursor {
	/** What comes next, and the end. */
	const unsigned char *p, *end;
};

/** A cursor over the N bytes at P (which may be NULL where N is 0). */
static inline struct cursor cursor_make(const void *p, size_t n)
{
	const unsigned char *b = p;

	return (struct cursor){ b, n > 0 ? b + n : b };
}

/** Bytes left. */
static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/** Takes the next N bytes; NULL where fewer are left (nothing is taken then). */
static inline const unsigned char *cursor_take(struct cursor *c, size_t n)
{
	if (cursor_left(c) < n)
		return NULL;
	c->p += n;
	return c->p - n;
}

/** Reads a varint; false where the bytes end in it, or it does not fit 64 bits. */
static inline bool cursor_varint(struct cursor *c, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
		unsigned char b = *c->p++;

		if (shift == 63 && b > 1)
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

/** Appends V. */
static inline void varint_add(struct str *out, uint64_t v)
{
	char *p = str_reserve(out, VARINT_MAX);

	for (; v >= 0x80; v >>= 7, out->len++)
		*p++ = (char)(v | 0x80);
	*p = (char)v;
	out->len++;
}

/** Signed numbers near 0 as unsigned ones near 0: 0, -1, 1, -2 … */
static inline uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

/** The signed number that zigzag() made V of. */
static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

#endif
