/* SPDX-License-Identifier: MIT */
/* Reading other analyses' reports: members that may be absent or null. */
#ifndef ANALYSIS_CHECK_TREE_H
#define ANALYSIS_CHECK_TREE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "model/report.h"

/** Number at PATH of V, or FALLBACK where there is none. */
NODISCARD NONNULL double tree_number(const struct value *v, const char *path, double fallback);

/** Text at PATH of V, or FALLBACK where there is none. */
NODISCARD NONNULL_ARGS(1, 2) const char *tree_text(const struct value *v, const char *path,
						  const char *fallback);

/** True where the text at PATH of V is WORD. */
NODISCARD NONNULL bool tree_is(const struct value *v, const char *path, const char *word);

/** First element of the array at PATH of V; NULL where there is none, or V is NULL. */
NODISCARD NONNULL_ARGS(2) const struct value *tree_first(const struct value *v, const char *path);

/** Adds to TO (an array) an object with copies of the scalar members KEYS (NULL-terminated) of
 *  V. */
NONNULL void tree_copy(struct arena *a, struct value *to, const struct value *v,
		       const char *const *keys);

/** The array KEY of the object TO, made where it is not there yet. */
RETURNS_NONNULL NONNULL struct value *tree_array(struct arena *a, struct value *to, const char *key);

/** "NAME (pid N)" of a row with pid and process; "an unknown process" where pid is null. In the
 *  arena. */
RETURNS_NONNULL NONNULL const char *tree_process(struct arena *a, const struct value *v);

#endif
