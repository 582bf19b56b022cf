// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/lines.h"
#include "render/render.h"

/** Cells of a bar on a terminal. */
#define BAR_CELLS 30

/** One cell of a table: its text's place in the common buffer. */
struct cell {
	size_t at, len, width;
	const char *color;
};

/** A table on its way to the page: cells row by row, the heading first. */
struct grid {
	const struct view *view;
	const struct render_options *opt;
	const struct view_column **columns;
	size_t column_count, row_count;
	struct cell *cells;
	struct str text;
	/** Widths of the columns, and the view's total (0 for none). */
	size_t *widths;
	double total;
};

static double share_of(const struct grid *g, const struct value *v)
{
	double x = v->kind == VALUE_INT ? (double)v->integer : v->kind == VALUE_REAL ? v->real : 0;

	return g->total > 0 ? x / g->total : 0;
}

static void add_special(struct grid *g, const struct value *v, const struct view_column *c)
{
	if (strcmp(c->path, "@key") == 0)
		text_add_words(&g->text, v->key, g->opt, false);
	else if (strcmp(c->path, "@share") == 0)
		str_addf(&g->text, "%.1f%%", share_of(g, v) * 100);
	else
		text_add_value(&g->text, v, c->unit, g->opt, false);
}

static void fill_cell(struct grid *g, struct cell *cell, const struct value *v,
		      const struct view_column *c, bool last)
{
	cell->at = g->text.len;
	if (!v)
		str_add(&g->text, c->heading);
	else if (c->path[0] == '@')
		add_special(g, v, c);
	else if (c->zero && !value_at(v, c->path))
		str_addc(&g->text, '0');
	else
		text_add_cell(&g->text, v, c, g->opt, last);
	cell->len = g->text.len - cell->at;
	cell->width = lines_width(g->text.s + cell->at, cell->len);
	cell->color = "";
	if (v && c->unit == UNIT_VERDICT)
		cell->color = verdict_color(g->text.s + cell->at);
}

static void fill_grid(struct grid *g, const struct value *table)
{
	const struct value *v = NULL;

	for (size_t row = 0; row < g->row_count; row++) {
		for (size_t i = 0; i < g->column_count; i++) {
			struct cell *cell = &g->cells[row * g->column_count + i];

			fill_cell(g, cell, v, g->columns[i], i + 1 == g->column_count);
			if ((row || !g->opt->no_header) && cell->width > g->widths[i])
				g->widths[i] = cell->width;
		}
		v = row ? v->next : table->children.first;
	}
}

/** Bytes at the front of a sparkline in the last column that do not fit into the terminal: the
 *  oldest go first. */
static size_t spark_excess(const struct grid *g, const struct cell *c, size_t column)
{
	size_t used = 0, bytes = 0, cells = c->width;

	if (!g->opt->width || g->columns[column]->unit != UNIT_SPARK ||
	    column + 1 < g->column_count)
		return 0;
	for (size_t i = 0; i < column; i++)
		used += g->widths[i] + 1;
	/* Characters of one cell each, in UTF-8. */
	while (bytes < c->len && used + cells > g->opt->width && cells-- > 0) {
		do
			bytes++;
		while (bytes < c->len && (g->text.s[c->at + bytes] & 0xc0) == 0x80);
	}
	return bytes;
}

static void print_row(struct str *out, const struct grid *g, size_t row)
{
	for (size_t i = 0; i < g->column_count; i++) {
		const struct cell *c = &g->cells[row * g->column_count + i];
		size_t pad = g->widths[i] > c->width ? g->widths[i] - c->width : 0;
		const char *color = !g->opt->color ? "" : row == 0 ? ANSI_BOLD : c->color;
		size_t skip;

		if (i)
			str_addc(out, ' ');
		if (g->columns[i]->right)
			str_fill(out, ' ', pad);
		str_add(out, color);
		skip = row ? spark_excess(g, c, i) : 0;
		str_addn(out, g->text.s + c->at + skip, c->len - skip);
		if (*color)
			str_add(out, ANSI_RESET);
		if (!g->columns[i]->right && i + 1 < g->column_count)
			str_fill(out, ' ', pad);
	}
}

/** A bar behind a VIEW_MAP row on a terminal. */
static void add_bar(struct str *out, double share, const struct render_options *opt)
{
	size_t cells = (size_t)lround(share * BAR_CELLS);

	if (!cells && share > 0)
		cells = 1;
	str_add(out, cells ? "  " : "");
	for (size_t i = 0; i < cells; i++)
		str_add(out, opt->unicode ? "█" : "#");
}

static void print_total(struct str *out, const struct grid *g)
{
	const size_t *w = g->widths;

	str_add(out, "TOTAL");
	str_fill(out, ' ', w[0] > 5 ? w[0] - 5 : 0);
	str_addf(out, " %*.0f", (int)(g->column_count > 1 ? w[1] : 0), g->total);
	if (g->column_count > 2)
		str_addf(out, " %*s", (int)w[2], g->total > 0 ? "100.0%" : "0.0%");
	str_addc(out, '\n');
}

/** Takes out the columns that no row has, of those that are only for where they are and that nobody
 *  asked for by name. */
static void drop_absent(const struct view *view, const struct render_options *opt,
			const struct view_column **columns, const struct value *table)
{
	size_t n = 0;

	for (size_t i = 0; columns[i]; i++) {
		const struct view_column *c = columns[i];
		bool keep = !c->if_present || (c->zero && !opt->terminal) ||
			    view_names(view, opt, c);

		for (const struct value *v = table->children.first; v && !keep; v = v->next)
			keep = value_at(v, columns[i]->path) != NULL;
		if (keep)
			columns[n++] = columns[i];
	}
	columns[n] = NULL;
}

static void print_table(struct str *out, const struct view *view, const struct value *table,
			double total, const struct render_options *opt)
{
	struct grid g = { .view = view, .opt = opt, .columns = view_chosen(view, opt),
			  .total = total, .row_count = table->children.count + 1 };
	const struct value *v = table->children.first;

	drop_absent(view, opt, g.columns, table);
	while (g.columns[g.column_count])
		g.column_count++;
	g.cells = xcalloc(g.row_count * g.column_count, sizeof(*g.cells));
	g.widths = xcalloc(g.column_count, sizeof(*g.widths));
	fill_grid(&g, table);
	for (size_t row = 0; row < g.row_count; row++) {
		if (row || !opt->no_header) {
			print_row(out, &g, row);
			if (row && view->kind == VIEW_MAP && view->total && opt->terminal)
				add_bar(out, share_of(&g, v), opt);
			str_addc(out, '\n');
		}
		v = row ? v->next : v;
	}
	if (view->total && !opt->no_header)
		print_total(out, &g);
	free(g.cells);
	free(g.widths);
	free(g.columns);
	str_free(&g.text);
}

static void print_view(struct str *out, const struct view *view, const struct report *report,
		       const struct render_options *opt)
{
	const struct value *at = value_at(report->root, view->path), *total;
	const struct value *unless = view->unless ? value_at(report->root, view->unless) : NULL;
	double sum = 0;

	if (!at || (at->kind != VALUE_ARRAY && at->kind != VALUE_OBJECT))
		return;
	if (view->optional && !at->children.first)
		return;
	if (unless && unless->kind != VALUE_NULL)
		return;
	if (view->title && !opt->no_header)
		str_addf(out, "%s%s%s%s\n", out->len ? "\n" : "", opt->color ? ANSI_BOLD : "",
			 view->title, opt->color ? ANSI_RESET : "");
	if (view->kind == VIEW_LINES) {
		lines_print(out, view, at, opt);
		return;
	}
	total = view->total ? value_at(report->root, view->total) : NULL;
	if (total)
		sum = total->kind == VALUE_INT ? (double)total->integer : total->real;
	print_table(out, view, at, sum, opt);
}

/** True where REPORT has one of the tables of VIEWS, with rows or without. */
static bool has_table(const struct report *report, const struct view *views)
{
	for (; views->name; views++) {
		if (views->columns && value_at(report->root, views->path))
			return true;
	}
	return false;
}

static void text_report(struct str *out, const struct value *envelope,
			const struct report *report, const struct view *views,
			const struct render_options *opt)
{
	const struct view *all = views;
	bool table = has_table(report, views);

	(void)envelope;
	for (; views->name; views++) {
		/* With -H the sentences around tables are left out. */
		if (opt->no_header && views->kind == VIEW_LINES && table)
			continue;
		if (views->terminal && !opt->terminal)
			continue;
		/* Who names columns means the table that has them all. */
		if (views->columns && !view_meant(views, all, opt))
			continue;
		print_view(out, views, report, opt);
	}
}

const struct renderer text_renderer = { "text", text_report };

const struct renderer *const renderers[] = { &text_renderer, &json_renderer, NULL };
