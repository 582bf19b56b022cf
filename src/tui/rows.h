/* SPDX-License-Identifier: MIT */
/* The rows of a report's table: cells as text, order, identity, and what changed since the sample
 * before. */
#ifndef TUI_ROWS_H
#define TUI_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/str.h"
#include "model/report.h"
#include "tui/tui.h"

/** Most columns that a table may have; more are not shown. */
#define ROWS_COLUMNS 48

/** One row. */
struct row {
	/** The object (VIEW_TABLE) or the member (VIEW_MAP) in the report. */
	const struct value *value;
	/** The member's name and its share of the total as values (VIEW_MAP), else NULL. */
	const struct value *key, *share;
	/** Its name for ever (struct tui_view.identity), in the rows' arena. */
	const char *identity;
	/** Was not there in the sample before. */
	bool fresh;
	/** Bit I: the cell of column I of the view is not what it was. */
	uint64_t changed;
	/** Place in the report: the last word between equal rows. */
	size_t index;
};

/** A table. Zeroed it is empty and ready. */
struct rows {
	struct arena arena;
	const struct tui_view *live;
	const struct view *view;
	/** The columns shown. */
	const struct view_column *columns[ROWS_COLUMNS];
	size_t column_count;
	/** Bit I: some row of this view had column I, which is shown if it is there; it stays from
	 *  then on, so that columns keep still. */
	uint64_t present;
	/** Sparklines are left out; stays over rows_free(). */
	bool plain;
	struct row *row;
	size_t count, cap;
	/** Identity → hashes of its cells in the sample before, and in this one: for marks. */
	struct strmap before, now;
	/** NOW is of this view. */
	bool remembered;
};

/** Builds the table of LIVE from REPORT, which the rows point into. Rows and cells that differ from
 *  the last call are marked if that was for the same view: call it once a sample. False where the
 *  report has no such table (then there are no rows). */
NONNULL bool rows_build(struct rows *r, const struct tui_view *live,
			const struct tui_report *report);

/** Orders the rows by column COLUMN (an index, or -1: as the analysis made them); what is unknown
 *  stands last either way; equal rows stand by identity, so that they keep still. */
NONNULL void rows_sort(struct rows *r, int column, bool reverse);

/** Place in the view of shown column COLUMN. */
NODISCARD NONNULL size_t rows_place(const struct rows *r, size_t column);

/** The column that HEADING names (without case), or -1. */
NODISCARD NONNULL int rows_column(const struct rows *r, const char *heading);

/** The order that the view itself asks for: column and direction; -1 for none. */
NONNULL int rows_default_sort(const struct rows *r, bool *reverse);

/** The row with this identity, or -1. */
NODISCARD NONNULL long rows_find(const struct rows *r, const char *identity);

/** Appends the text of a cell as people read it, not escaped. "-" where it is unknown. */
NONNULL void rows_cell(const struct rows *r, const struct row *row, size_t column, struct str *out);

/** The value of a cell (for "owners:pid" the array); NULL where it is absent. */
NODISCARD NONNULL const struct value *rows_value(const struct row *row,
						 const struct view_column *column);

/** Appends what explain calls the thing in this row; false where there is nothing to explain. */
NONNULL bool rows_topic(const struct rows *r, const struct row *row, struct str *out);

/** Forgets what was there before (another view, a jump in time). */
NONNULL void rows_forget(struct rows *r);
/** Gives everything back. */
NONNULL void rows_free(struct rows *r);

#endif
