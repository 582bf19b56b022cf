/* SPDX-License-Identifier: MIT */
/* Values of a report as people read them, and their order. */
#ifndef TUI_SHOWN_H
#define TUI_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/report.h"
#include "tui/canvas.h"

/** Appends V (NULL: absent) in UNIT, as the text renderer shows it on a terminal. Nothing is
 *  escaped; "-" where it is unknown or empty. */
NONNULL_ARGS(3) void shown_text(const struct value *v, enum unit unit, struct str *out);

/** What stands in front of child I of the list V in a cell; false where the rest is only
 *  counted. */
NODISCARD NONNULL bool shown_comma(const struct value *v, size_t i, struct str *out);

/** Orders two values: numbers by size, then text; what is unknown stands behind everything, which
 *  REVERSE does not change. */
NODISCARD int shown_compare(const struct value *a, const struct value *b, bool reverse);

/** Appends the numbers of an array as a sparkline, the greatest at full height. */
NONNULL void shown_spark(const struct value *array, bool ascii, struct str *out);

/** A number that is the same for equal values and almost surely another one for others. */
NODISCARD uint64_t shown_hash(const struct value *v);

/** The role of a verdict word: ok, info, warning, critical and what the analyses call things. */
NODISCARD NONNULL enum role shown_verdict(const char *word);

#endif
