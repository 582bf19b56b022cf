// SPDX-License-Identifier: MIT
/* Searching in the rows: plain text, without case. */
#include "tui/ui.h"

#include <string.h>

/** True where a cell of ROW contains the searched text. */
static bool contains(const struct ui *u, const struct row *row, struct str *scratch)
{
	for (size_t i = 0; i < u->rows.column_count; i++) {
		str_reset(scratch);
		rows_cell(&u->rows, row, i, scratch);
		if (strcasestr(str_text(scratch), u->search))
			return true;
	}
	return false;
}

bool ui_find(struct ui *u, long from, int direction, bool including)
{
	long count = (long)u->rows.count;
	struct str scratch = { 0 };
	bool found = false;

	for (long n = including ? 0 : 1; n < count + !including && !found; n++) {
		long at = ((from + direction * n) % count + count) % count;

		found = contains(u, &u->rows.row[at], &scratch);
		if (found)
			ui_select(u, at);
	}
	str_free(&scratch);
	return found;
}
