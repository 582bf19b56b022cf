/* SPDX-License-Identifier: MIT */
/* Strict numbers: the whole string or an error, never a silent prefix, wrap or clamp. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** Reads all of S as decimal digits (no sign, no blanks). 0, -EINVAL where it is no number, -ERANGE
 *  above MAX; *OUT is set only on success. */
NODISCARD NONNULL int num_parse(const char *s, uint64_t max, uint64_t *out);

/** Reads seconds, fractions allowed ("0.5"), at most MAX. 0, -EINVAL or -ERANGE. Independent of the
 *  locale. */
NODISCARD NONNULL int num_parse_seconds(const char *s, double max, double *out);

/** Reads hexadecimal digits from *S, at most MAX_DIGITS, and moves *S behind them. 0, or -EINVAL
 *  where there is none or one too many. */
NODISCARD NONNULL int num_scan_hex(const char **s, unsigned max_digits, uint64_t *out);

/** Reads decimal digits from *S and moves *S behind them. 0, -EINVAL where there is none, -ERANGE
 *  beyond 64 bits. */
NODISCARD NONNULL int num_scan(const char **s, uint64_t *out);

/** A count in at most 6 cells for people: 999, 12.3k, 4.5M. BUF holds SIZE (8 or more) bytes and is
 *  returned. */
RETURNS_NONNULL NONNULL char *num_human(uint64_t v, char *buf, size_t size);

/** A time in seconds for people: 0.4s, 59s, 12m30s, 3h05m, 2d4h. BUF holds SIZE (16 or more) bytes
 *  and is returned. */
RETURNS_NONNULL NONNULL char *num_duration(double seconds, char *buf, size_t size);

/** ONE where N is 1, MANY otherwise: "socket%s" with "" and "s". */
RETURNS_NONNULL NONNULL const char *num_word(uint64_t n, const char *one, const char *many);

#endif
