// SPDX-License-Identifier: MIT
#include "tui/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/word.h"
#include "tui/shown.h"

/** Between the parts of an identity: no name that people see contains it. */
#define IDENTITY_SEPARATOR '\x1f'

/** Room for the path of a member. */
#define MAX_PATH 64

/** Splits "owners:pid" into the path of the array, in BUF, and the member (NULL for none). */
static const char *split_path(const char *path, char *buf, size_t size)
{
	size_t n = strcspn(path, ":");

	snprintf(buf, size, "%.*s", (int)n, path);
	return path[n] ? path + n + 1 : NULL;
}

const struct value *rows_value(const struct row *row, const struct view_column *column)
{
	char path[MAX_PATH];

	if (!strcmp(column->path, "@key"))
		return row->key;
	if (!strcmp(column->path, "@share"))
		return row->share;
	if (!strcmp(column->path, "@value"))
		return row->value;
	if (row->value->kind != VALUE_OBJECT)
		return NULL;
	split_path(column->path, path, sizeof(path));
	return value_at(row->value, path);
}

/** The other end of a column that may be a span. */
static void add_second(const struct row *row, const struct view_column *c,
		       const struct value *first, struct str *out)
{
	const struct value *v = c->to && row->value->kind == VALUE_OBJECT
					? value_at(row->value, c->to)
					: NULL;

	if (!v || !first || v->kind != VALUE_INT || first->kind != VALUE_INT ||
	    v->integer == first->integer)
		return;
	str_add(out, "..");
	shown_text(v, c->unit, out);
}

void rows_cell(const struct rows *r, const struct row *row, size_t column, struct str *out)
{
	const struct view_column *c = r->columns[column];
	const struct value *v = rows_value(row, c);
	char path[MAX_PATH];
	const char *member = split_path(c->path, path, sizeof(path));
	size_t i = 0;

	if (!strcmp(c->path, "@share")) {
		shown_text(v, UNIT_RATIO, out);
		return;
	}
	if (!v && c->zero) {
		str_addc(out, '0');
		return;
	}
	if (!member || !v || v->kind != VALUE_ARRAY || !v->children.first) {
		shown_text(v, c->unit, out);
		add_second(row, c, v, out);
		return;
	}
	for (const struct value *e = v->children.first; e && shown_comma(v, i, out); e = e->next) {
		i++;
		shown_text(value_at(e, member), c->unit, out);
	}
}

/** The view of REPORT whose table stands at LIVE's path. */
static const struct view *find_view(const struct tui_view *live, const struct tui_report *report)
{
	for (const struct view *v = report->views; v && v->name; v++) {
		if (v->kind != VIEW_LINES && !strcmp(v->path, live->path))
			return v;
	}
	return live->table;
}

size_t rows_place(const struct rows *r, size_t column)
{
	return (size_t)(r->columns[column] - r->view->columns);
}

/** True where any row has column C. */
static bool is_present(const struct rows *r, const struct view_column *c)
{
	for (size_t i = 0; i < r->count; i++) {
		if (rows_value(&r->row[i], c))
			return true;
	}
	return false;
}

static void choose_columns(struct rows *r)
{
	r->column_count = 0;
	for (size_t i = 0; i < ROWS_COLUMNS && r->view->columns[i].path; i++) {
		const struct view_column *c = &r->view->columns[i];
		uint64_t bit = 1ull << i;

		if (c->if_present && !(r->present & bit) && is_present(r, c))
			r->present |= bit;
		if (r->plain && c->unit == UNIT_SPARK)
			continue;
		if (!c->extra && (!c->if_present || r->present & bit))
			r->columns[r->column_count++] = c;
	}
}

/** The row's name for ever: the members that the live view names, one after the other. */
static const char *identity_of(struct rows *r, const struct row *row)
{
	const char *p = r->live->identity;
	struct str text = { 0 };
	const char *copy;

	while (*p) {
		size_t n = strcspn(p, ",");
		char path[MAX_PATH];

		snprintf(path, sizeof(path), "%.*s", (int)n, p);
		shown_text(rows_value(row, &(struct view_column){ .path = path }), UNIT_NONE, &text);
		str_addc(&text, IDENTITY_SEPARATOR);
		p += n + (p[n] == ',');
	}
	copy = arena_strdup(&r->arena, str_text(&text));
	str_free(&text);
	return copy;
}

/** A value of the rows' own. */
static struct value *own_value(struct rows *r, enum value_kind kind)
{
	struct value *v = arena_alloc(&r->arena, sizeof(*v));

	v->kind = kind;
	return v;
}

/** What a member of a VIEW_MAP has beside its value. */
static void add_map_cells(struct rows *r, struct row *row, double total)
{
	struct value *key = own_value(r, VALUE_TEXT), *share;
	const struct value *v = row->value;

	key->text = v->key ? v->key : "";
	row->key = key;
	if (isnan(total) || v->kind != VALUE_INT)
		return;
	share = own_value(r, VALUE_REAL);
	share->real = total > 0 ? (double)v->integer / total : 0;
	row->share = share;
}

static void add_row(struct rows *r, const struct value *v, double total)
{
	struct row *row;

	if (r->count == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->row = xreallocarray(r->row, r->cap, sizeof(*r->row));
	}
	row = &r->row[r->count];
	*row = (struct row){ .value = v, .index = r->count };
	if (r->view->kind == VIEW_MAP)
		add_map_cells(r, row, total);
	row->identity = identity_of(r, row);
	r->count++;
}

/** What shares are of; NAN where the view has no total. */
static double total_of(const struct rows *r, const struct value *root)
{
	const struct value *total = r->view->total ? value_at(root, r->view->total) : NULL;

	return total && total->kind == VALUE_INT ? (double)total->integer : (double)NAN;
}

/** Times and rates move in every sample: that is no news. */
static bool is_news(enum unit unit)
{
	return unit != UNIT_SECONDS && unit != UNIT_RATE && unit != UNIT_RATIO;
}

/** Compares the row with the one of the same identity in the sample before. */
static void mark(struct rows *r, struct row *row, bool compare)
{
	uint64_t *now = strmap_put(&r->now, row->identity, NULL);
	const uint64_t *before = compare ? strmap_get(&r->before, row->identity) : NULL;

	row->fresh = compare && !before;
	for (size_t i = 0; i < r->column_count; i++) {
		size_t at;

		if (!is_news(r->columns[i]->unit))
			continue;
		at = rows_place(r, i);
		now[at] = shown_hash(rows_value(row, r->columns[i]));
		if (before && before[at] != now[at])
			row->changed |= 1ull << at;
	}
}

bool rows_build(struct rows *r, const struct tui_view *live, const struct tui_report *report)
{
	bool compare = r->remembered && r->live == live;
	const struct value *table;

	strmap_free(&r->before);
	r->before = r->now;
	r->now = strmap_make(ROWS_COLUMNS * sizeof(uint64_t));
	arena_free(&r->arena);
	r->count = 0;
	if (r->live != live)
		r->present = 0;
	r->live = live;
	r->view = find_view(live, report);
	r->column_count = 0;
	table = r->view ? value_at(report->report.root, r->view->path) : NULL;
	if (!table || (table->kind != VALUE_ARRAY && table->kind != VALUE_OBJECT))
		return false;
	for (const struct value *v = table->children.first; v; v = v->next)
		add_row(r, v, total_of(r, report->report.root));
	choose_columns(r);
	for (size_t i = 0; i < r->count; i++)
		mark(r, &r->row[i], compare);
	r->remembered = true;
	return true;
}

/** What a comparison leans on: qsort_r's argument. */
struct order {
	const struct view_column *column;
	bool reverse;
};

static int compare_rows(const void *pa, const void *pb, void *arg)
{
	const struct row *a = pa, *b = pb;
	const struct order *o = arg;
	int order = 0;

	if (o->column)
		order = shown_compare(rows_value(a, o->column), rows_value(b, o->column), o->reverse);
	else if (a->index != b->index)
		return (a->index > b->index ? 1 : -1) * (o->reverse ? -1 : 1);
	if (!order)
		order = strcmp(a->identity, b->identity);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

void rows_sort(struct rows *r, int column, bool reverse)
{
	struct order o = { .reverse = reverse };

	if (column >= 0 && (size_t)column < r->column_count)
		o.column = r->columns[column];
	if (r->count)
		qsort_r(r->row, r->count, sizeof(*r->row), compare_rows, &o);
}

int rows_column(const struct rows *r, const char *heading)
{
	for (size_t i = 0; i < r->column_count; i++) {
		if (word_equal(r->columns[i]->heading, heading))
			return (int)i;
	}
	return -1;
}

int rows_default_sort(const struct rows *r, bool *reverse)
{
	const char *sort = r->view ? r->view->sort : NULL;

	*reverse = sort && *sort == '-';
	return sort ? rows_column(r, sort + *reverse) : -1;
}

long rows_find(const struct rows *r, const char *identity)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!strcmp(r->row[i].identity, identity))
			return (long)i;
	}
	return -1;
}

bool rows_topic(const struct rows *r, const struct row *row, struct str *out)
{
	const char *topic = r->live->topic;
	const struct value *v;

	if (!topic)
		return false;
	if (*topic != '@') {
		str_add(out, topic);
		return true;
	}
	v = !strcmp(topic, "@key") ? row->key : value_get(row->value, topic + 1);
	if (!v || v->kind != VALUE_TEXT)
		return false;
	str_add(out, v->text);
	return true;
}

void rows_forget(struct rows *r)
{
	r->remembered = false;
}

void rows_free(struct rows *r)
{
	arena_free(&r->arena);
	strmap_free(&r->before);
	strmap_free(&r->now);
	free(r->row);
	*r = (struct rows){ .plain = r->plain };
}
