// SPDX-License-Identifier: MIT
/* The table of the shown view: headings, rows, marks; for the overview also bars, history and what
 * check found. */
#include "tui/ui.h"

#include <stdio.h>
#include <string.h>

#include "tui/shown.h"

/** The column of marks at the left. */
#define MARK_WIDTH 1

/** Cells for a bar; history takes what is left, up to its length. */
#define BAR_WIDTH 20

/** A table being drawn. */
struct drawing {
	struct ui *u;
	struct view_state *st;
	/** The column that rows are ordered by, -1 for none. */
	int sorted;
	bool reverse;
	/** Text of the cell at hand. */
	struct str text;
};

/** The text of a cell into d->text; true where it is this program's own (a sparkline). */
static bool cell(struct drawing *d, const struct row *row, size_t column)
{
	const struct view_column *c = d->u->rows.columns[column];
	const struct value *v = rows_value(row, c);

	str_reset(&d->text);
	if (c->unit == UNIT_SPARK && v && v->kind == VALUE_ARRAY) {
		shown_spark(v, d->u->canvas.ascii, &d->text);
		return true;
	}
	rows_cell(&d->u->rows, row, column, &d->text);
	return false;
}

/** Widens the columns to what the rows FIRST to LAST need. */
static void measure(struct drawing *d, long first, long last)
{
	struct rows *r = &d->u->rows;

	for (size_t i = 0; i < r->column_count; i++) {
		int *width = &d->st->widths[rows_place(r, i)];
		/* The sorted heading has an arrow behind it. */
		int need = (int)strlen(r->columns[i]->heading) + 1;

		if (need > *width)
			*width = need;
		for (long k = first; k < last; k++) {
			cell(d, &r->row[k], i);
			need = canvas_data_width(&d->u->canvas, str_text(&d->text));
			if (need > *width)
				*width = need;
		}
	}
}

/** The cells of column I from X on: its own width, or what is left of the screen. */
static int column_cells(const struct drawing *d, size_t i, int x)
{
	int left = d->u->canvas.width - x, width = d->st->widths[rows_place(&d->u->rows, i)];

	return width < left ? width : left;
}

static void draw_heading(struct drawing *d, int y, size_t i, int x, int width)
{
	struct canvas *c = &d->u->canvas;
	const struct view_column *column = d->u->rows.columns[i];
	bool sorted = (int)i == d->sorted && !d->u->config->plain;
	enum role role = sorted ? ROLE_SORTED : ROLE_HEADING;
	const char *arrow = c->ascii ? (d->reverse ? "v" : "^") : d->reverse ? "▼" : "▲";
	int len = (int)strlen(column->heading) + sorted, at = x;

	if (column->right && len < width)
		at = x + width - len;
	canvas_paint(c, y, x, width, role);
	at = canvas_text(c, y, at, x + width - at, role, column->heading);
	if (sorted)
		canvas_text(c, y, at, x + width - at, role, arrow);
	ui_zone(d->u, y, x, x + width + 1, ZONE_COLUMN, (long)i);
}

static enum role cell_role(const struct drawing *d, const struct row *row, size_t i)
{
	const struct view_column *column = d->u->rows.columns[i];

	if (column->unit == UNIT_VERDICT)
		return shown_verdict(str_text(&d->text));
	if (row->fresh)
		return ROLE_NEW;
	return row->changed >> rows_place(&d->u->rows, i) & 1 ? ROLE_CHANGED : ROLE_PLAIN;
}

static void draw_cell(struct drawing *d, int y, const struct row *row, size_t i, int x, int width)
{
	struct canvas *c = &d->u->canvas;
	bool own = cell(d, row, i);
	int need = canvas_data_width(c, str_text(&d->text));
	int at = d->u->rows.columns[i]->right && need < width ? x + width - need : x;
	enum role role = cell_role(d, row, i);

	if (own) {
		canvas_text(c, y, at, x + width - at, ROLE_BAR, str_text(&d->text));
		return;
	}
	canvas_data(c, y, at, x + width - at, role, str_text(&d->text));
	if (*d->u->search && strcasestr(str_text(&d->text), d->u->search))
		canvas_paint(c, y, at, need < width ? need : width, ROLE_FOUND);
}

/** Heading and rows of one column; returns where the next one starts. */
static int draw_column(struct drawing *d, int y0, long rows, size_t i, int x)
{
	int width = column_cells(d, i, x);

	draw_heading(d, y0, i, x, width);
	for (long k = 0; k < rows; k++)
		draw_cell(d, y0 + 1 + (int)k, &d->u->rows.row[d->st->top + k], i, x, width);
	return x + width + 1;
}

/** Bars and history behind the columns of a table of states. */
static void draw_bars(struct drawing *d, int y0, long rows, int x)
{
	struct ui *u = d->u;
	struct canvas *c = &u->canvas;
	int bar = c->width - x < 2 * BAR_WIDTH ? (c->width - x) / 3 : BAR_WIDTH, past, total;

	past = u->batch ? 0 : c->width - x - bar - 1;
	if (past > HISTORY_LENGTH)
		past = HISTORY_LENGTH;
	if (bar < 3)
		return;
	canvas_text(c, y0, x, bar, ROLE_HEADING, "BAR");
	canvas_text(c, y0, x + bar + 1, past, ROLE_HEADING, "HISTORY");
	for (long k = 0; k < rows; k++) {
		const struct row *row = &u->rows.row[d->st->top + k];
		uint32_t states = state_parse(row->key ? row->key->text : "");
		const struct value *share = row->share;

		if (!states || (states & (states - 1)))
			continue;
		if (share)
			bar_draw(c, y0 + 1 + (int)k, x, bar, share->real);
		total = __builtin_ctz(states);
		history_draw(&u->history, (enum state)total, c, y0 + 1 + (int)k, x + bar + 1, past);
	}
}

/** The marks at the left, the selected row's colour, and what a click on a row means. */
static void draw_marks(struct drawing *d, int y0, long rows)
{
	struct ui *u = d->u;
	struct canvas *c = &u->canvas;

	for (long k = 0; k < rows; k++) {
		const struct row *row = &u->rows.row[d->st->top + k];
		int y = y0 + 1 + (int)k;

		if (row->fresh)
			canvas_text(c, y, 0, MARK_WIDTH, ROLE_NEW, "+");
		else if (row->changed)
			canvas_text(c, y, 0, MARK_WIDTH, ROLE_CHANGED, "*");
		if (d->st->top + k == d->st->row && !u->batch)
			canvas_paint(c, y, 0, c->width, ROLE_SELECTED);
		ui_zone(u, y, 0, c->width, ZONE_ROW, d->st->top + k);
	}
}

/** Lines of what check found, under the overview. */
static void draw_findings(struct ui *u, int y, int y1)
{
	struct canvas *c = &u->canvas;
	const struct value *list = NULL;

	if (u->latest && u->latest->check)
		list = value_get(u->latest->check->report.root, "findings");
	if (!list || list->kind != VALUE_ARRAY || !list->children.first)
		return;
	for (const struct value *f = list->children.first; f && y < y1; f = f->next, y++) {
		const struct value *severity = value_get(f, "severity");
		const struct value *id = value_get(f, "id"), *summary = value_get(f, "summary");
		int x = MARK_WIDTH;

		if (!severity || severity->kind != VALUE_TEXT || !id || id->kind != VALUE_TEXT)
			continue;
		canvas_data(c, y, x, 8, shown_verdict(severity->text), severity->text);
		x = canvas_data(c, y, x + 9, c->width - x - 9, ROLE_NUMBER, id->text);
		if (summary && summary->kind == VALUE_TEXT)
			canvas_data(c, y, x + 1, c->width - x - 1, ROLE_PLAIN, summary->text);
	}
}

/** What is said where there are no rows. */
static void draw_empty(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	const char *text = ui_view(u)->empty;

	if (!u->rows.view && (!u->latest || u->latest->view != u->wish.view || !u->latest->body))
		text = "reading ...";
	else if (*u->wish.filter)
		text = "nothing matches the filter";
	canvas_text(c, y, MARK_WIDTH, c->width - MARK_WIDTH, ROLE_PLAIN, text);
}

/** Keeps the selected row on the screen of ROOM rows. */
static void scroll(struct ui *u, long room)
{
	struct view_state *st = ui_view_state(u);
	long count = (long)u->rows.count;

	if (st->row < st->top)
		st->top = st->row;
	if (st->row >= st->top + room)
		st->top = st->row - room + 1;
	if (st->top > count - room)
		st->top = count - room;
	if (st->top < 0)
		st->top = 0;
}

/** The columns that fit, from the first that is not scrolled away; the first column always stands
 *  at the left. Returns the cell behind them. */
static int draw_columns(struct drawing *d, int y0, long rows)
{
	struct rows *r = &d->u->rows;
	size_t i = 0;
	int x = MARK_WIDTH;

	if (r->column_count)
		x = draw_column(d, y0, rows, i++, x);
	if (d->st->left >= r->column_count)
		d->st->left = 0;
	for (i += d->st->left; i < r->column_count && x + 2 < d->u->canvas.width; i++)
		x = draw_column(d, y0, rows, i, x);
	d->u->columns_hidden = r->column_count - i;
	/* The last one is cut: there is more to see at the right. */
	if (x > d->u->canvas.width && r->column_count > 1)
		d->u->columns_hidden++;
	return x;
}

void table_draw(struct ui *u, int y0, int y1)
{
	struct canvas *c = &u->canvas;
	struct drawing d = { .u = u, .st = ui_view_state(u) };
	long room = y1 - y0 - 1, rows;
	int x;

	u->page_rows = room;
	canvas_blank(c, y0, 0, c->width, ROLE_HEADING);
	if (!u->rows.count) {
		draw_empty(u, y0 + 1);
		return;
	}
	scroll(u, room);
	rows = (long)u->rows.count - d.st->top < room ? (long)u->rows.count - d.st->top : room;
	d.sorted = ui_sort_column(u, &d.reverse);
	measure(&d, d.st->top, d.st->top + rows);
	x = draw_columns(&d, y0, rows);
	if (ui_view(u)->states && x < c->width && !u->config->plain)
		draw_bars(&d, y0, rows, x);
	if (u->columns_hidden && !u->config->plain)
		canvas_text(c, y0, c->width - 1, 1, ROLE_SORTED, c->ascii ? ">" : "›");
	draw_marks(&d, y0, rows);
	if (ui_view(u)->states)
		draw_findings(u, y0 + 2 + (int)rows, y1);
	str_free(&d.text);
}
