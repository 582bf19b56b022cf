/* SPDX-License-Identifier: MIT */
/* Text and addresses inside packed values. Text: its length and one, then its bytes; 0 for NULL. An
 * address: 4 or 6, then its bytes; 0 for none. */
#ifndef SOURCE_PACKED_TEXT_H
#define SOURCE_PACKED_TEXT_H

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/varint.h"
#include "model/addr.h"

/** First number of everything packed; another one is from a later program. */
#define PACKED_VERSION 1
/** What no path, command line or note exceeds. */
#define PACKED_TEXT_MAX ((size_t)1 << 22)

/** Appends S, which may be NULL. */
static inline void packed_add_text(struct str *out, const char *s)
{
	varint_add(out, s != NULL ? strlen(s) + 1 : 0);
	if (s != NULL)
		str_add(out, s);
}

/** Takes a text into ARENA; *OUT may become NULL. False where there is none. */
static inline bool packed_take_text(struct cursor *in, struct arena *arena, const char **out)
{
	const unsigned char *bytes;
	uint64_t len;

	*out = NULL;
	if (!cursor_varint(in, &len) || len > PACKED_TEXT_MAX)
		return false;
	if (len == 0)
		return true;
	bytes = cursor_take(in, (size_t)len - 1);
	if (bytes == NULL)
		return false;

	char *copy = arena_alloc(arena, (size_t)len);

	memcpy(copy, bytes, (size_t)len - 1);
	*out = copy;
	return true;
}

/** Bytes of an address of the family 4 or 6; 0 for another. */
static inline size_t packed_addr_size(uint64_t family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

/** Appends A, which may be no address. */
static inline void packed_add_addr(struct str *out, const struct addr *a)
{
	unsigned family = a->family == AF_INET ? 4 : a->family == AF_INET6 ? 6 : 0;

	varint_add(out, family);
	str_addn(out, (const char *)a->bytes, packed_addr_size(family));
}

/** Takes an address; false where there is none. */
static inline bool packed_take_addr(struct cursor *in, struct addr *out)
{
	const unsigned char *bytes;
	uint64_t family;

	memset(out, 0, sizeof(*out));
	if (!cursor_varint(in, &family) || (family && !packed_addr_size(family)))
		return false;
	bytes = cursor_take(in, packed_addr_size(family));
	if (!bytes)
		return false;
	if (family)
		memcpy(out->bytes, bytes, packed_addr_size(family));
	out->family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : 0;
	return true;
}

/** Takes the version and how many things follow, each of which takes at least one byte. */
static inline bool packed_take_count(struct cursor *in, uint64_t *count)
{
	uint64_t version;

	return cursor_varint(in, &version) && version == PACKED_VERSION &&
	       cursor_varint(in, count) && *count <= cursor_left(in);
}

#endif
