// SPDX-License-Identifier: MIT
/* Tables of a report: choosing columns, ordering and cutting rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "base/word.h"
#include "render/render.h"

static const struct view_column *find_n(const struct view *view, const char *name, size_t n)
{
	for (const struct view_column *c = view->columns; c && c->path; c++) {
		if (word_is(name, n, c->heading))
			return c;
	}
	return NULL;
}

const struct view_column *view_column_find(const struct view *view, const char *name)
{
	return find_n(view, name, strlen(name));
}

const struct view *view_first_table(const struct view *views)
{
	for (; views->name; views++) {
		if (views->columns)
			return views;
	}
	return NULL;
}

static const char *nth_heading(void *arg, size_t i)
{
	const struct view_column *c = *(const struct view_column **)arg;

	for (; c->path && i; i--)
		c++;
	return c->path ? c->heading : NULL;
}

static int unknown_column(const struct view *view, const char *name, size_t n, struct str *why)
{
	const struct view_column *columns = view->columns;
	char *word = xstrndup(name, n);
	const char *close = suggest(word, nth_heading, &columns);

	str_addf(why, "no column is named '%s'", word);
	if (close)
		str_addf(why, ": did you mean %s?", close);
	else
		str_add(why, ": '-o help' lists them");
	free(word);
	return -EINVAL;
}

/** The word behind the next comma, or NULL. */
static const char *next_name(const char *s)
{
	s = strchr(s, ',');
	return s ? s + 1 : NULL;
}

/** True where any of VIEWS has a column of this name. */
static bool known_column(const struct view *views, const char *name, size_t n)
{
	for (; views->name; views++) {
		if (views->columns && find_n(views, name, n))
			return true;
	}
	return false;
}

int view_check(const struct view *views, const struct render_options *opt, struct str *why)
{
	const struct view *view = view_first_table(views);
	const char *s = opt->columns, *sort = opt->sort;

	if (!view && (s || sort)) {
		str_add(why, "this command's output has no columns to choose or sort by");
		return -EINVAL;
	}
	if (sort && *sort == '-')
		sort++;
	if (sort && !known_column(views, sort, strlen(sort)))
		return unknown_column(view, sort, strlen(sort), why);
	if (s && *s == '+')
		s++;
	for (; s; s = next_name(s)) {
		if (!known_column(views, s, strcspn(s, ",")))
			return unknown_column(view, s, strcspn(s, ","), why);
	}
	return 0;
}

/** True where VIEW has one of the columns named in the list. */
static bool has_any(const struct view *view, const char *names)
{
	for (; names; names = next_name(names)) {
		if (find_n(view, names, strcspn(names, ",")))
			return true;
	}
	return false;
}

bool view_names(const struct view *view, const struct render_options *opt,
		const struct view_column *column)
{
	const char *names = opt->columns;

	if (names && *names == '+')
		names++;
	for (; names; names = next_name(names)) {
		if (find_n(view, names, strcspn(names, ",")) == column)
			return true;
	}
	return false;
}

/** True where VIEW has all of them. */
static bool has_all(const struct view *view, const char *names)
{
	for (; names; names = next_name(names)) {
		if (!find_n(view, names, strcspn(names, ",")))
			return false;
	}
	return true;
}

bool view_meant(const struct view *view, const struct view *views,
		const struct render_options *opt)
{
	const char *names = opt->columns;

	if (!names || *names == '+' || has_all(view, names))
		return true;
	for (; views->name; views++) {
		if (views->columns && has_all(views, names))
			return false;
	}
	return has_any(view, names);
}

static const struct view_column **add_end(struct vec *columns)
{
	vec_push(columns);
	return columns->data;
}

static bool has_column(const struct vec *columns, const struct view_column *c)
{
	for (size_t i = 0; i < columns->len; i++) {
		if (VEC_AT(columns, const struct view_column *, i) == c)
			return true;
	}
	return false;
}

const struct view_column **view_chosen(const struct view *view, const struct render_options *opt)
{
	struct vec out = VEC_OF(const struct view_column *);
	const char *names = opt->columns;

	if (!names || *names == '+') {
		for (const struct view_column *c = view->columns; c->path; c++) {
			if (!c->extra && (c->unit != UNIT_SPARK || opt->terminal))
				vec_add(&out, &c);
		}
	}
	if (names && *names == '+')
		names++;
	/* None of them is this view's: another one is meant. */
	if (names && !has_any(view, names))
		return out.len ? add_end(&out) : view_chosen(view, &(struct render_options){
							     .terminal = opt->terminal });
	for (; names; names = next_name(names)) {
		const struct view_column *c = find_n(view, names, strcspn(names, ","));

		if (c && !(opt->columns[0] == '+' && has_column(&out, c)))
			vec_add(&out, &c);
	}
	return add_end(&out);
}

struct sort_row {
	struct value *row;
	const struct value *by;
	size_t index;
};

/** Null below numbers below text. */
static int rank(const struct value *v)
{
	return !v || v->kind == VALUE_NULL ? 0 : v->kind == VALUE_TEXT ? 2 : 1;
}

static double number(const struct value *v)
{
	switch (v->kind) {
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return (double)v->children.count;
	case VALUE_REAL:
		return v->real;
	case VALUE_INT:
		return (double)v->integer;
	default:
		return (double)v->boolean;
	}
}

static int compare_values(const struct value *a, const struct value *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	if (rank(a) == 0)
		return 0;
	if (rank(a) == 2)
		return strcmp(a->text, b->text);
	return (number(a) > number(b)) - (number(a) < number(b));
}

static int by_index(const struct sort_row *x, const struct sort_row *y)
{
	return (x->index > y->index) - (x->index < y->index);
}

static int by_rising(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;
	int c = compare_values(x->by, y->by);

	return c ? c : by_index(x, y);
}

static int by_falling(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;
	int c = compare_values(y->by, x->by);

	return c ? c : by_index(x, y);
}

static int by_name(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;

	return strcmp(x->row->key, y->row->key);
}

static int by_name_falling(const void *a, const void *b)
{
	return by_name(b, a);
}

static void sort_rows(struct value *table, const struct view_column *c, bool falling)
{
	size_t n = table->children.count, i = 0;
	struct sort_row *rows = xcalloc(n, sizeof(*rows));
	bool name = strcmp(c->path, "@key") == 0;

	for (struct value *v = table->children.first; v; v = v->next, i++)
		rows[i] = (struct sort_row){ v, c->path[0] == '@' ? v : value_at(v, c->path), i };
	qsort(rows, n, sizeof(*rows),
	      name ? (falling ? by_name_falling : by_name) : falling ? by_falling : by_rising);
	for (i = 0; i < n; i++)
		rows[i].row->next = i + 1 < n ? rows[i + 1].row : NULL;
	table->children.first = n ? rows[0].row : NULL;
	table->children.last = n ? rows[n - 1].row : NULL;
	free(rows);
}

static uint64_t cut_rows(struct value *table, uint64_t top)
{
	uint64_t cut = table->children.count - top;
	struct value *last = table->children.first;

	for (uint64_t i = 1; i < top; i++)
		last = last->next;
	last->next = NULL;
	table->children.last = last;
	table->children.count = top;
	return cut;
}

/** The table of VIEW in REPORT, or NULL where it is left out. */
static struct value *shown_table(const struct report *report, const struct view *view)
{
	struct value *table = value_at(report->root, view->path);

	if (!view->columns || !table ||
	    (table->kind != VALUE_ARRAY && table->kind != VALUE_OBJECT) ||
	    (view->unless && value_at(report->root, view->unless)) ||
	    (view->optional && !table->children.first))
		return NULL;
	return table;
}

void view_arrange(struct report *report, const struct view *views,
		  const struct render_options *opt, uint64_t *cut)
{
	*cut = 0;
	for (; views->name; views++) {
		struct value *table = shown_table(report, views);
		const char *sort = opt->sort ? opt->sort : views->sort;
		const struct view_column *c = NULL;

		if (!table)
			continue;
		if (sort)
			c = view_column_find(views, sort + (*sort == '-'));
		if (c)
			sort_rows(table, c, *sort == '-');
		if (opt->top && views->kind == VIEW_TABLE && table->children.count > opt->top)
			*cut += cut_rows(table, opt->top);
	}
}
