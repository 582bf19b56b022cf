/* SPDX-License-Identifier: MIT */
/* Lines made from a template: the sentences of a report. */
#ifndef RENDER_LINES_H
#define RENDER_LINES_H

#include "base/attr.h"
#include "render/render.h"

/** Prints AT (an object, or each object of an array) through VIEW's template: see struct view. */
NONNULL void lines_print(struct str *out, const struct view *view, const struct value *at,
			 const struct render_options *opt);

/** Terminal cells of text that is escaped already. */
NODISCARD NONNULL size_t lines_width(const char *s, size_t n);

#endif
