// SPDX-License-Identifier: MIT
/* Pages over the table: the help, made from the key table, and all about one row. */
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "tui/shown.h"

/** Cells for names in front of texts. */
#define NAME_WIDTH 22

/** Nesting of a report that is followed. */
#define MAX_DEPTH 8

void page_close(struct ui *u)
{
	struct page *p = &u->page;

	vec_reset(&p->lines);
	arena_free(&p->arena);
	str_reset(&p->title);
	p->follows_row = false;
	if (u->mode == MODE_PAGE)
		u->mode = MODE_TABLE;
}

static void start(struct ui *u, void (*make)(struct ui *u))
{
	long top = u->page.top;

	page_close(u);
	u->page.top = top;
	u->page.make = make;
	u->page.follows_row = make == page_details;
	u->mode = MODE_PAGE;
}

/** Bytes of S that fit into WIDTH cells, cut at a blank where there is one. */
static size_t line_length(struct ui *u, const char *s, int width)
{
	size_t n = strcspn(s, "\n"), fits = 0, blank = 0;
	int used = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		char one[8] = { 0 };

		len = len ? len : 1;
		memcpy(one, s + i, len);
		used += canvas_data_width(&u->canvas, one);
		if (used > width)
			return blank ? blank : fits ? fits : len;
		i += len;
		fits = i;
		if (i < n && s[i] == ' ')
			blank = i;
	}
	return n;
}

/** Adds TEXT (somebody else's), folded to the screen's width, with NAME in front of its first
 *  line. */
static void add(struct ui *u, int indent, const char *name, enum role role, const char *text)
{
	struct page *p = &u->page;
	int width = u->canvas.width - indent - (name ? NAME_WIDTH : 0) - 1;
	bool first = true;

	if (width < 8)
		width = 8;
	while (*text || first) {
		size_t n = line_length(u, text, width);
		struct str escaped = { 0 };
		struct page_line *line = vec_push(&p->lines);

		escape_text(&escaped, text, n, u->canvas.ascii);
		line->text = arena_strdup(&p->arena, str_text(&escaped));
		line->name = !name ? NULL : first ? arena_strdup(&p->arena, name) : "";
		line->role = role;
		line->indent = indent;
		str_free(&escaped);
		first = false;
		text += n;
		text += *text == '\n' || *text == ' ';
	}
}

static void add_blank(struct ui *u)
{
	add(u, 0, NULL, ROLE_PLAIN, "");
}

static void help_keys(struct ui *u)
{
	struct str names = { 0 };

	for (const struct key_row *row = key_table; row->act; row++) {
		if (!keys_apply(u, row))
			continue;
		if (row->group) {
			add_blank(u);
			add(u, 0, NULL, ROLE_HEADING, row->group);
		}
		str_reset(&names);
		keys_names(row, &names);
		add(u, 1, str_text(&names), ROLE_PLAIN, row->help);
	}
	str_free(&names);
}

static void help_views(struct ui *u)
{
	struct str names = { 0 };

	add_blank(u);
	add(u, 0, NULL, ROLE_HEADING, "Views");
	for (int i = 0; tui_views[i].name; i++) {
		str_reset(&names);
		str_addf(&names, "%d %c  %s", i + 1, tui_views[i].hotkey, tui_views[i].name);
		add(u, 1, str_text(&names), ROLE_PLAIN, tui_views[i].help);
	}
	str_free(&names);
}

void page_help(struct ui *u)
{
	start(u, page_help);
	str_add(&u->page.title, "Keys");
	add(u, 0, NULL, ROLE_PLAIN,
	    "The live view only reads: it changes nothing on this host and writes no file unless "
	    "told to.");
	help_keys(u);
	help_views(u);
	add_blank(u);
	add(u, 0, NULL, ROLE_HEADING, "Marks");
	add(u, 1, "+", ROLE_NEW, "the row was not there in the sample before");
	add(u, 1, "*", ROLE_CHANGED, "something in the row is not what it was");
}

void page_notes(struct ui *u)
{
	const struct tui_header *h = u->latest ? &u->latest->header : NULL;

	start(u, page_notes);
	str_add(&u->page.title, "What could not be seen");
	for (size_t i = 0; h && i < h->note_count; i++) {
		add(u, 1, NULL, ROLE_PLAIN, h->notes[i]);
		add_blank(u);
	}
	if (!h || !h->note_count)
		add(u, 1, NULL, ROLE_PLAIN, "Everything that was asked for was seen.");
}

static void add_value(struct ui *u, int depth, const char *name, const struct value *v);

/** An object's members, one a line; an array's objects, one a line each. */
static void add_children(struct ui *u, int depth, const struct value *v)
{
	for (const struct value *e = v->children.first; e; e = e->next)
		add_value(u, depth, e->key ? e->key : "-", e);
}

static bool is_list_of_scalars(const struct value *v)
{
	return v->kind == VALUE_ARRAY &&
	       (!v->children.first || (v->children.first->kind != VALUE_OBJECT &&
				       v->children.first->kind != VALUE_ARRAY));
}

/** Sentences, one under the other. */
static void add_texts(struct ui *u, int indent, const char *name, const struct value *v)
{
	for (const struct value *e = v->children.first; e; e = e->next)
		add(u, indent, e == v->children.first ? name : "", ROLE_PLAIN, e->text);
}

static bool is_list_of_texts(const struct value *v)
{
	if (v->kind != VALUE_ARRAY || !v->children.first)
		return false;
	for (const struct value *e = v->children.first; e; e = e->next) {
		if (e->kind != VALUE_TEXT)
			return false;
	}
	return true;
}

static void add_value(struct ui *u, int depth, const char *name, const struct value *v)
{
	struct str text = { 0 };
	bool nested = (v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT) && !is_list_of_scalars(v);

	if (nested && v->children.first && depth < MAX_DEPTH) {
		add(u, 1 + 2 * depth, name, ROLE_PLAIN, "");
		add_children(u, depth + 1, v);
		return;
	}
	if (is_list_of_texts(v)) {
		add_texts(u, 1 + 2 * depth, name, v);
		return;
	}
	shown_text(v, UNIT_NONE, &text);
	add(u, 1 + 2 * depth, name,
	    v->kind == VALUE_TEXT ? shown_verdict(v->text) : ROLE_PLAIN, str_text(&text));
	str_free(&text);
}

/** What explain says about the thing in the row. */
static void add_explanation(struct ui *u, const struct row *row)
{
	struct str topic = { 0 }, text = { 0 };

	if (rows_topic(&u->rows, row, &topic) && u->feed && u->feed->explain &&
	    u->feed->explain(str_text(&topic), &text)) {
		const char *p = str_text(&text);

		add_blank(u);
		add(u, 0, NULL, ROLE_HEADING, "What it means");
		while (*p) {
			size_t n = strcspn(p, "\n");
			char *line = xstrndup(p, n);

			add(u, 1, NULL, ROLE_PLAIN, line);
			free(line);
			p += n + (p[n] == '\n');
		}
	}
	str_free(&topic);
	str_free(&text);
}

/** The columns of the row under their headings: what the table had no room for. */
static void add_columns(struct ui *u, const struct row *row)
{
	struct str text = { 0 };

	for (size_t i = 0; i < u->rows.column_count; i++) {
		const struct value *v = rows_value(row, u->rows.columns[i]);

		str_reset(&text);
		rows_cell(&u->rows, row, i, &text);
		add(u, 1, u->rows.columns[i]->heading,
		    v && v->kind == VALUE_TEXT ? shown_verdict(v->text) : ROLE_PLAIN,
		    str_text(&text));
	}
	str_free(&text);
}

void page_details(struct ui *u)
{
	const struct row *row = ui_selected(u);

	start(u, page_details);
	str_addf(&u->page.title, "%s: details", ui_view(u)->name);
	add_columns(u, row);
	add_explanation(u, row);
	if (row->value->kind == VALUE_OBJECT) {
		add_blank(u);
		add(u, 0, NULL, ROLE_HEADING, "As in --json");
		add_children(u, 0, row->value);
	}
}

void page_again(struct ui *u)
{
	/* What is known of a row that is gone stays as it was folded. */
	if (u->page.make != page_details || u->page.follows_row)
		u->page.make(u);
}

void page_gone(struct ui *u)
{
	u->page.follows_row = false;
	str_add(&u->page.title, " (gone; this is what was known last)");
}

void page_draw(struct ui *u, int y0, int y1)
{
	struct canvas *c = &u->canvas;
	struct page *p = &u->page;
	long room = y1 - y0 - 1, last = (long)p->lines.len - room;

	if (p->top > last)
		p->top = last;
	if (p->top < 0)
		p->top = 0;
	canvas_blank(c, y0, 0, c->width, ROLE_HEADING);
	canvas_data(c, y0, 1, c->width - 1, ROLE_HEADING, str_text(&p->title));
	for (long i = 0; i < room; i++) {
		int y = y0 + 1 + (int)i, x;
		const struct page_line *line;

		canvas_blank(c, y, 0, c->width, ROLE_PLAIN);
		if (p->top + i >= (long)p->lines.len)
			continue;
		line = &VEC_AT(&p->lines, struct page_line, p->top + i);
		x = line->indent;
		if (line->name) {
			canvas_text(c, y, x, NAME_WIDTH - 1, ROLE_LABEL, line->name);
			x += NAME_WIDTH;
		}
		canvas_text(c, y, x, c->width - x, line->role, line->text);
	}
	if (p->top < last)
		canvas_text(c, y0, c->width - 8, 8, ROLE_HEADING, " more...");
}
