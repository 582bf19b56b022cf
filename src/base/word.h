/* SPDX-License-Identifier: MIT */
/* Names as people type them: without regard to case, '-' as good as '_'. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/** True where the N bytes at A spell the name B. */
NODISCARD NONNULL bool word_is(const char *a, size_t n, const char *b);

/** The same for two strings. */
NODISCARD NONNULL bool word_equal(const char *a, const char *b);

#endif
