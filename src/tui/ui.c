// SPDX-License-Identifier: MIT
#include "tui/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void ui_init(struct ui *u, const struct tui_config *config, const struct tui_feed *feed)
{
	memset(u, 0, sizeof(*u));
	u->config = config;
	u->feed = feed;
	u->wish = config->wish;
	u->canvas.ascii = config->ascii;
	u->rows.plain = config->plain;
	u->zones = VEC_OF(struct zone);
	u->page.lines = VEC_OF(struct page_line);
	snprintf(ui_view_state(u)->sort, sizeof(u->views[0].sort), "%s", config->wish.sort);
	ui_view_state(u)->reverse = config->wish.reverse;
	canvas_resize(&u->canvas, 80, 24);
}

static void drop_frames(struct ui *u)
{
	if (u->shown != u->latest)
		tui_frame_free(u->shown);
	tui_frame_free(u->latest);
	u->shown = u->latest = NULL;
}

void ui_free(struct ui *u)
{
	page_close(u);
	vec_free(&u->page.lines);
	str_free(&u->page.title);
	rows_free(&u->rows);
	drop_frames(u);
	for (size_t i = 0; i < UI_VIEWS; i++)
		free(u->views[i].selected);
	free(u->prompt.start_selection);
	str_free(&u->prompt.error);
	str_free(&u->message);
	vec_free(&u->zones);
	canvas_free(&u->canvas);
}

const struct tui_view *ui_view(const struct ui *u)
{
	return &tui_views[u->wish.view];
}

struct view_state *ui_view_state(struct ui *u)
{
	return &u->views[u->wish.view];
}

void ui_say(struct ui *u, const char *fmt, ...)
{
	va_list ap;

	str_reset(&u->message);
	va_start(ap, fmt);
	str_vaddf(&u->message, fmt, ap);
	va_end(ap);
}

/** The body of F answers what is wanted now. */
static bool answers(const struct ui *u, const struct tui_frame *f)
{
	return f && f->body && f->view == u->wish.view && f->filter_number == u->wish.filter_number;
}

static void remember(struct ui *u, const struct tui_frame *f)
{
	const struct tui_header *h = &f->header;

	if (f->sample == u->history_sample)
		return;
	/* A jump back in a recording starts another past, and so does another filter. */
	if (u->latest && (h->monotonic_ns < u->latest->header.monotonic_ns ||
			  f->filter_number != u->latest->filter_number)) {
		history_clear(&u->history);
		rows_forget(&u->rows);
	}
	u->history_sample = f->sample;
	history_add(&u->history, h->states);
}

unsigned ui_frame(struct ui *u, struct tui_frame *frame)
{
	bool show = answers(u, frame) && (!u->wish.frozen || !answers(u, u->shown));
	struct tui_frame *old = u->latest;

	remember(u, frame);
	if (frame->header.message_number > u->message_number) {
		u->message_number = frame->header.message_number;
		ui_say(u, "%s", frame->header.message);
	}
	u->latest = frame;
	if (!show && old == u->shown)
		old = NULL;
	if (show) {
		if (u->shown != old)
			tui_frame_free(u->shown);
		u->shown = frame;
		ui_rebuild(u);
	}
	tui_frame_free(old);
	if (u->mode == MODE_PAGE && u->page.make == page_notes)
		page_notes(u);
	return REACT_DRAW;
}

void ui_rebuild(struct ui *u)
{
	bool still;

	if (!answers(u, u->shown)) {
		/* The view was just chosen: its rows are on their way. */
		rows_free(&u->rows);
		return;
	}
	if (!rows_build(&u->rows, ui_view(u), u->shown->body))
		return;
	still = ui_sort(u);
	if (u->mode != MODE_PAGE || !u->page.follows_row)
		return;
	if (still)
		page_details(u);
	else
		page_gone(u);
}

int ui_sort_column(struct ui *u, bool *reverse)
{
	const struct view_state *st = ui_view_state(u);
	int column = *st->sort ? rows_column(&u->rows, st->sort) : -1;

	if (column < 0) {
		column = rows_default_sort(&u->rows, reverse);
		/* Turned round without a column chosen. */
		if (!*st->sort)
			*reverse ^= st->reverse;
		return column;
	}
	*reverse = st->reverse;
	return column;
}

bool ui_sort(struct ui *u)
{
	struct view_state *st = ui_view_state(u);
	bool reverse;
	int column = ui_sort_column(u, &reverse);
	long found;

	rows_sort(&u->rows, column, reverse);
	found = st->selected ? rows_find(&u->rows, st->selected) : 0;
	if (found >= 0)
		st->row = found;
	else
		ui_select(u, st->row);
	return found >= 0;
}

void ui_select(struct ui *u, long row)
{
	struct view_state *st = ui_view_state(u);
	long last = (long)u->rows.count - 1;

	st->row = row > last ? last : row;
	if (st->row < 0)
		st->row = 0;
	free(st->selected);
	st->selected = u->rows.count ? xstrdup(u->rows.row[st->row].identity) : NULL;
}

const struct row *ui_selected(struct ui *u)
{
	const struct view_state *st = ui_view_state(u);

	if (st->row < 0 || (size_t)st->row >= u->rows.count)
		return NULL;
	return &u->rows.row[st->row];
}
