/* SPDX-License-Identifier: MIT */
/* "Did you mean": the known word that a mistyped one is close to. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

#include "base/attr.h"

/** The candidate closest to WORD, or NULL where none is close. NTH(ARG, I) is candidate I, NULL
 *  past the last. Close means few edits for its length (insertion, deletion, change, swap of
 *  neighbours; letter case and '-' against '_' are free), that WORD is the beginning of it, or,
 *  where nothing is nearer, that it contains WORD (4 bytes at least). Of equally close ones the
 *  first wins. Words of more than 63 bytes have no neighbours. */
NODISCARD NONNULL_ARGS(1, 2) const char *suggest(const char *word,
						 const char *(*nth)(void *arg, size_t i), void *arg);

#endif
