/* SPDX-License-Identifier: MIT */
/* A small Lempel-Ziv coder: literals and matches, against what came before and, where both sides
 * have it, a dictionary. Made for recordings: fast, no tables to send, a decoder that trusts
 * nothing. */
#ifndef BASE_LZ_H
#define BASE_LZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/** Most bytes of dictionary and of input together. */
#define LZ_LIMIT (1u << 30)

/** Appends the coded form of the N bytes at P to OUT. DICT (may be NULL where DICT_LEN is 0): bytes
 *  that the decoder will have too. DICT_LEN + N <= LZ_LIMIT. */
NONNULL_ARGS(5) void lz_encode(const void *dict, size_t dict_len, const void *p, size_t n,
			       struct str *out);

/** Appends the RAW_LEN decoded bytes to OUT. 0; -EBADMSG where the N bytes at P are no coded form
 *  of exactly RAW_LEN bytes; *AT is then how many of them were understood (OUT is as it was). */
NODISCARD NONNULL_ARGS(6, 7) int lz_decode(const void *dict, size_t dict_len, const void *p, size_t n,
					  size_t raw_len, struct str *out, size_t *at);

#endif
