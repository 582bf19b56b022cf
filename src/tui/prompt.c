// SPDX-License-Identifier: MIT
/* A line of text being typed, and what becomes of it. */
#include "tui/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/num.h"

static const char *const labels[] = {
	[PROMPT_SEARCH] = "search: ", [PROMPT_FILTER] = "filter: ",
	[PROMPT_INTERVAL] = "seconds: ", [PROMPT_SEEK] = "time: ",
	[PROMPT_SAVE] = "save to file: ",
};

void prompt_open(struct ui *u, enum prompt_kind kind, const char *text)
{
	struct prompt *p = &u->prompt;
	const char *selected = ui_view_state(u)->selected;

	p->kind = kind;
	snprintf(p->text, sizeof(p->text), "%s", text);
	p->len = p->cursor = strlen(p->text);
	str_reset(&p->error);
	free(p->start_selection);
	p->start_selection = selected ? xstrdup(selected) : NULL;
	u->mode = MODE_PROMPT;
}

/** Offset in the typed text of byte AT of its words joined by single blanks. */
static size_t typed_offset(const char *text, size_t at)
{
	size_t joined = 0, i = strspn(text, " ");

	while (text[i] && joined < at) {
		if (text[i] == ' ' && (text[i + 1] == ' ' || !text[i + 1])) {
			i++;
			continue;
		}
		i++;
		joined++;
	}
	return i;
}

/** Cells of the first N bytes of TEXT. */
static int cells_before(struct ui *u, const char *text, size_t n)
{
	char *head = xstrndup(text, n);
	int width = canvas_data_width(&u->canvas, head);

	free(head);
	return width;
}

/** The error line: a caret under the offending word at cell AT, the message behind it, in front of
 *  it where there is more room, or alone where there is none. */
static void point_at(struct ui *u, size_t at, size_t len, const char *message)
{
	struct str *out = &u->prompt.error;
	size_t width = (size_t)u->canvas.width, need = strlen(message) + 1;

	if (at + len + need <= width) {
		str_fill(out, ' ', at);
		str_fill(out, '^', len);
		str_addf(out, " %s", message);
	} else if (at >= need && at + len <= width) {
		str_fill(out, ' ', at - need);
		str_addf(out, "%s ", message);
		str_fill(out, '^', len);
	} else {
		str_add(out, message);
	}
}

/** Parses the typed filter; false, and the error with its caret, where it is none. */
static bool check_filter(struct ui *u)
{
	struct prompt *p = &u->prompt;
	struct filter_error error = { 0 };
	struct filter *filter = NULL;
	int ret = tui_filter_parse(p->text, &filter, &error);

	str_reset(&p->error);
	if (ret) {
		size_t at = typed_offset(p->text, error.at);

		at = strlen(labels[p->kind]) + (size_t)cells_before(u, p->text, at);
		point_at(u, at, error.len ? error.len : 1, error.message);
	}
	str_free(&error.text);
	filter_free(filter);
	return !ret;
}

static unsigned take_search(struct ui *u)
{
	snprintf(u->search, sizeof(u->search), "%s", u->prompt.text);
	return REACT_DRAW;
}

static unsigned take_filter(struct ui *u)
{
	if (!check_filter(u))
		return REACT_DRAW;
	snprintf(u->wish.filter, sizeof(u->wish.filter), "%s",
		 u->prompt.text + strspn(u->prompt.text, " "));
	u->wish.filter_number++;
	u->mode = MODE_TABLE;
	return REACT_WISH | REACT_DRAW;
}

static unsigned take_interval(struct ui *u)
{
	double v;

	if (num_parse_seconds(u->prompt.text, 1e9, &v)) {
		str_reset(&u->prompt.error);
		str_add(&u->prompt.error, "seconds, like 0.5 or 10");
		u->mode = MODE_PROMPT;
		return REACT_DRAW;
	}
	u->wish.interval = v < UI_MIN_INTERVAL ? UI_MIN_INTERVAL
			   : v > UI_MAX_INTERVAL ? UI_MAX_INTERVAL
						 : v;
	if (u->wish.interval < v || u->wish.interval > v)
		ui_say(u, "%g s is as %s as it goes", u->wish.interval,
		       v < UI_MIN_INTERVAL ? "fast" : "slow");
	return REACT_WISH | REACT_DRAW;
}

/** The line is finished. */
static unsigned take(struct ui *u)
{
	const struct prompt *p = &u->prompt;

	if (p->kind == PROMPT_FILTER)
		return take_filter(u);
	u->mode = MODE_TABLE;
	if (p->kind == PROMPT_SEARCH)
		return take_search(u);
	if (!p->len)
		return REACT_DRAW;
	if (p->kind == PROMPT_INTERVAL)
		return take_interval(u);
	u->feed->command(u->feed->arg, p->kind == PROMPT_SEEK ? TUI_SEEK : TUI_SAVE, 0, p->text);
	return REACT_DRAW;
}

/** The line is given up: everything is as before. */
static unsigned give_up(struct ui *u)
{
	struct prompt *p = &u->prompt;

	u->mode = MODE_TABLE;
	if (p->kind == PROMPT_SEARCH) {
		struct view_state *st = ui_view_state(u);

		*u->search = '\0';
		free(st->selected);
		st->selected = p->start_selection;
		p->start_selection = NULL;
		ui_sort(u);
	}
	return REACT_DRAW;
}

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/** Takes N bytes away in front of the cursor. */
static void erase(struct prompt *p, size_t n)
{
	memmove(p->text + p->cursor - n, p->text + p->cursor, p->len - p->cursor + 1);
	p->cursor -= n;
	p->len -= n;
}

static size_t char_before(const struct prompt *p)
{
	size_t n = 0;

	while (n < p->cursor) {
		n++;
		if (!is_tail(p->text[p->cursor - n]))
			break;
	}
	return n;
}

static size_t word_before(const struct prompt *p)
{
	size_t n = 0;

	while (n < p->cursor && p->text[p->cursor - n - 1] == ' ')
		n++;
	while (n < p->cursor && p->text[p->cursor - n - 1] != ' ')
		n++;
	return n;
}

static void go_right(struct prompt *p)
{
	if (p->cursor < p->len)
		p->cursor++;
	while (p->cursor < p->len && is_tail(p->text[p->cursor]))
		p->cursor++;
}

/** Puts a character in at the cursor, if there is room. */
static void insert(struct prompt *p, int key)
{
	char bytes[8];
	mbstate_t state = { 0 };
	size_t n = wcrtomb(bytes, (wchar_t)key, &state);

	if (n == (size_t)-1 || p->len + n >= sizeof(p->text))
		return;
	memmove(p->text + p->cursor + n, p->text + p->cursor, p->len - p->cursor + 1);
	memcpy(p->text + p->cursor, bytes, n);
	p->cursor += n;
	p->len += n;
}

/** Editing; false where KEY changed nothing. */
static bool edit(struct prompt *p, int key)
{
	if (key == KEY_ERASE) {
		erase(p, char_before(p));
	} else if (key == KEY_DELETE && p->cursor < p->len) {
		go_right(p);
		erase(p, char_before(p));
	} else if (key == KEY_CTRL('U')) {
		erase(p, p->cursor);
	} else if (key == KEY_CTRL('W')) {
		erase(p, word_before(p));
	} else if (key == KEY_GO_LEFT) {
		p->cursor -= char_before(p);
	} else if (key == KEY_GO_RIGHT) {
		go_right(p);
	} else if (key == KEY_GO_HOME || key == KEY_CTRL('A')) {
		p->cursor = 0;
	} else if (key == KEY_GO_END || key == KEY_CTRL('E')) {
		p->cursor = p->len;
	} else if (key >= ' ' && key < KEY_NOTHING && !utf8_is_unsafe((uint32_t)key)) {
		insert(p, key);
	} else {
		return false;
	}
	return true;
}

/** Goes to the first row from where the search began that contains what is typed so far. */
static void search_on(struct ui *u)
{
	struct prompt *p = &u->prompt;
	long from = p->start_selection ? rows_find(&u->rows, p->start_selection) : 0;

	take_search(u);
	if (p->len && !ui_find(u, from < 0 ? 0 : from, 1, true))
		str_add(&p->error, "no row contains that");
}

unsigned prompt_key(struct ui *u, const struct key_press *press)
{
	struct prompt *p = &u->prompt;

	if (press->key == KEY_RETURN)
		return take(u);
	if (press->key == KEY_ESCAPE)
		return give_up(u);
	/* Rubbing out an empty line leaves it, as in less. */
	if (press->key == KEY_ERASE && !p->len)
		return give_up(u);
	if (!edit(p, press->key))
		return REACT_NOTHING;
	str_reset(&p->error);
	if (p->kind == PROMPT_FILTER)
		check_filter(u);
	else if (p->kind == PROMPT_SEARCH)
		search_on(u);
	return REACT_DRAW;
}

void prompt_draw(struct ui *u, int y)
{
	const struct prompt *p = &u->prompt;
	struct canvas *c = &u->canvas;
	int x, at = cells_before(u, p->text, p->cursor);
	size_t skip = 0;

	canvas_blank(c, y, 0, c->width, ROLE_PLAIN);
	x = canvas_text(c, y, 0, c->width, ROLE_KEY, labels[p->kind]);
	/* A line longer than the screen: what is around the cursor. */
	while (at - cells_before(u, p->text, skip) >= c->width - x) {
		do
			skip++;
		while (is_tail(p->text[skip]));
	}
	canvas_data(c, y, x, c->width - x, ROLE_PLAIN, p->text + skip);
	c->cursor_y = y;
	c->cursor_x = x + at - cells_before(u, p->text, skip);
	if (p->error.len) {
		canvas_blank(c, y - 1, 0, c->width, ROLE_PLAIN);
		canvas_data(c, y - 1, 0, c->width, ROLE_WARNING, str_text(&p->error));
	}
}
