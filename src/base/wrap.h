/* SPDX-License-Identifier: MIT */
/* Paragraphs broken into lines. */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/** Appends the words of TEXT (plain ASCII, separated by blanks), broken before column WIDTH; every
 *  line but the first is indented by INDENT, and the first starts at column AT, where the output
 *  already is. A word longer than a line stands alone on one. Ends without a newline. */
NONNULL void wrap_add(struct str *out, const char *text, size_t at, size_t indent, size_t width);

#endif
