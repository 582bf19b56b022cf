// SPDX-License-Identifier: MIT
/* A coded form is a chain of steps: one byte (literals in the high half, match length less
 * MATCH_MIN in the low half; NIBBLE means that the rest follows as a varint), the literals, and how
 * far back the match lies (a varint). The last step is its literals only. */
#include "base/lz.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/varint.h"

#define MATCH_MIN 4
#define NIBBLE 15
/* Positions of four-byte groups seen last; small enough to stay in the processor's second cache. */
#define HASH_BITS 15
/* After so many misses (as a power of two) the search takes larger steps. */
#define PATIENCE 6

static uint32_t load32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t slot_of(const unsigned char *p)
{
	return load32(p) * 2654435761u >> (32 - HASH_BITS);
}

static void add_step(struct str *out, const unsigned char *literals, size_t count, size_t match)
{
	size_t rest = match > 0 ? match - MATCH_MIN : 0;
	size_t high = count < NIBBLE ? count : NIBBLE, low = rest < NIBBLE ? rest : NIBBLE;

	str_addc(out, (char)(high << 4 | low));
	if (high == NIBBLE)
		varint_add(out, count - NIBBLE);
	if (low == NIBBLE)
		varint_add(out, rest - NIBBLE);
	if (count > 0)
		str_addn(out, (const char *)literals, count);
}

static size_t match_length(const unsigned char *a, const unsigned char *b, const unsigned char *end)
{
	const unsigned char *start = b;

	while (end - b >= 8) {
		uint64_t x, y;

		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		if (x != y)
			break;
		a += 8;
		b += 8;
	}
	while (b < end && *a == *b) {
		a++;
		b++;
	}
	return (size_t)(b - start);
}

/* BASE holds the dictionary, then the input from START on, TOTAL bytes in all. */
static void encode_joined(const unsigned char *base, size_t start, size_t total, struct str *out)
{
	uint32_t *seen = xcalloc(1u << HASH_BITS, sizeof(*seen));
	size_t literals = start, pos = start, misses = 0;

	for (size_t i = 0; i + MATCH_MIN <= start; i++)
		seen[slot_of(base + i)] = (uint32_t)i + 1;
	while (pos + MATCH_MIN <= total) {
		uint32_t *slot = &seen[slot_of(base + pos)];
		size_t from = *slot;

		*slot = (uint32_t)pos + 1;
		if (from == 0 || load32(base + from - 1) != load32(base + pos)) {
			pos += 1 + (misses++ >> PATIENCE);
			continue;
		}

		size_t len = match_length(base + from - 1, base + pos, base + total);

		add_step(out, base + literals, pos - literals, len);
		varint_add(out, pos - (from - 1));
		pos += len;
		literals = pos;
		misses = 0;
	}
	if (literals < total)
		add_step(out, base + literals, total - literals, 0);
	free(seen);
}

void lz_encode(const void *dict, size_t dict_len, const void *p, size_t n, struct str *out)
{
	if (dict_len == 0) {
		if (n > 0)
			encode_joined(p, 0, n, out);
		return;
	}

	unsigned char *joined = xmalloc(dict_len + n);

	memcpy(joined, dict, dict_len);
	if (n > 0)
		memcpy(joined + dict_len, p, n);
	encode_joined(joined, dict_len, dict_len + n, out);
	free(joined);
}

/* Where decoding stands: dictionary and output joined. */
struct decoder {
	unsigned char *base;
	size_t len, total;
	struct cursor in;
};

static bool read_count(struct decoder *d, size_t nibble, size_t *out)
{
	uint64_t more = 0;

	if (nibble == NIBBLE && (!cursor_varint(&d->in, &more) || more > LZ_LIMIT))
		return false;
	*out = nibble + (size_t)more;
	return true;
}

static bool copy_match(struct decoder *d, size_t match)
{
	uint64_t back;

	if (!cursor_varint(&d->in, &back) || back == 0 || back > d->len ||
	    match > d->total - d->len)
		return false;

	unsigned char *to = d->base + d->len;
	const unsigned char *from = to - back;

	d->len += match;
	/* A match may reach into what it is just making: then it repeats, byte by byte. */
	if (back >= match) {
		memcpy(to, from, match);
		return true;
	}
	while (match-- > 0)
		*to++ = *from++;
	return true;
}

static bool decode_step(struct decoder *d)
{
	size_t count, match;
	unsigned char token = *d->in.p++;

	if (!read_count(d, token >> 4, &count) || !read_count(d, token & NIBBLE, &match))
		return false;

	const unsigned char *literals = cursor_take(&d->in, count);

	if (literals == NULL || count > d->total - d->len)
		return false;
	memcpy(d->base + d->len, literals, count);
	d->len += count;
	if (d->len == d->total)
		return match == 0 && cursor_left(&d->in) == 0;
	return copy_match(d, match + MATCH_MIN);
}

int lz_decode(const void *dict, size_t dict_len, const void *p, size_t n, size_t raw_len,
	      struct str *out, size_t *at)
{
	struct decoder d = { .len = dict_len, .total = dict_len + raw_len,
			     .in = cursor_make(p, n) };
	bool ok = dict_len <= LZ_LIMIT && raw_len <= LZ_LIMIT - dict_len;

	*at = 0;
	if (!ok)
		return -EBADMSG;
	d.base = xmalloc(d.total > 0 ? d.total : 1);
	if (dict_len > 0)
		memcpy(d.base, dict, dict_len);
	while (ok && cursor_left(&d.in) > 0) {
		*at = n - cursor_left(&d.in);
		ok = decode_step(&d);
	}
	ok = ok && d.len == d.total;
	if (ok && raw_len > 0)
		str_addn(out, (const char *)d.base + dict_len, raw_len);
	free(d.base);
	return ok ? 0 : -EBADMSG;
}
