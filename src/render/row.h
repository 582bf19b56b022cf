/* SPDX-License-Identifier: MIT */
/* Rows of `list`, rendered as each record arrives. */
#ifndef RENDER_ROW_H
#define RENDER_ROW_H

#include "base/attr.h"
#include "base/str.h"
#include "model/column.h"
#include "render/render.h"

/** Makes WIDTHS, one a column and 0 at first, wide enough for one record and the headings. */
NONNULL void row_measure(size_t *widths, const struct column *const *columns, size_t count,
			 const struct column_context *ctx, const struct render_options *opt);

/** Appends the heading line of COUNT columns, with its newline. */
NONNULL void row_header(struct str *out, const struct column *const *columns, size_t count,
			const size_t *widths, const struct render_options *opt);

/** Appends one record as a line with its newline. */
NONNULL void row_text(struct str *out, const struct column *const *columns, size_t count,
		      const size_t *widths, const struct column_context *ctx,
		      const struct render_options *opt);

/** Appends one record as a JSON object, without anything behind it. */
NONNULL void row_json(struct str *out, const struct column *const *columns, size_t count,
		      const struct column_context *ctx);

#endif
