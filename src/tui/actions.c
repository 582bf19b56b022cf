// SPDX-License-Identifier: MIT
/* What keys do. */
#include "tui/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Scrolls the page by N lines. */
static unsigned scroll_page(struct ui *u, long n)
{
	u->page.top += n;
	return REACT_DRAW;
}

unsigned act_move(struct ui *u, int arg)
{
	if (u->mode == MODE_PAGE)
		return scroll_page(u, arg);
	ui_select(u, ui_view_state(u)->row + arg);
	return REACT_DRAW;
}

unsigned act_page(struct ui *u, int arg)
{
	long rows = u->page_rows > 1 ? u->page_rows - 1 : 1;

	/* ARG in halves of a page. */
	return act_move(u, (int)(rows * arg / 2));
}

unsigned act_edge(struct ui *u, int arg)
{
	long end = arg < 0 ? 0 : (long)u->rows.count - 1;

	if (u->mode == MODE_PAGE) {
		u->page.top = arg < 0 ? 0 : (long)u->page.lines.len;
		return REACT_DRAW;
	}
	ui_select(u, end);
	return REACT_DRAW;
}

unsigned act_sideways(struct ui *u, int arg)
{
	struct view_state *st = ui_view_state(u);

	if (arg < 0 && st->left)
		st->left--;
	else if (arg > 0 && u->columns_hidden)
		st->left++;
	return REACT_DRAW;
}

unsigned act_view(struct ui *u, int arg)
{
	const struct view_state *st;

	if ((unsigned)arg == u->wish.view)
		return REACT_DRAW;
	u->wish.view = (unsigned)arg;
	st = ui_view_state(u);
	snprintf(u->wish.sort, sizeof(u->wish.sort), "%s", st->sort);
	u->wish.reverse = st->reverse;
	return REACT_WISH | REACT_ROWS | REACT_DRAW;
}

unsigned act_next_view(struct ui *u, int arg)
{
	int count = 0;

	do
		count++;
	while (tui_views[count].name);
	return act_view(u, ((int)u->wish.view + arg + count) % count);
}

/** Orders by COLUMN, counts from the top and names from the start of the alphabet. */
static unsigned sort_by(struct ui *u, int column, bool reverse)
{
	struct view_state *st = ui_view_state(u);

	snprintf(st->sort, sizeof(st->sort), "%s", u->rows.columns[column]->heading);
	st->reverse = reverse;
	snprintf(u->wish.sort, sizeof(u->wish.sort), "%s", st->sort);
	u->wish.reverse = st->reverse;
	ui_sort(u);
	ui_say(u, "ordered by %s%s", st->sort, reverse ? ", greatest first" : "");
	return REACT_WISH | REACT_DRAW;
}

unsigned act_sort_by(struct ui *u, int arg)
{
	bool reverse;
	int now = ui_sort_column(u, &reverse);

	if (arg < 0 || (size_t)arg >= u->rows.column_count)
		return REACT_NOTHING;
	return sort_by(u, arg, arg == now ? !reverse : u->rows.columns[arg]->right);
}

unsigned act_sort(struct ui *u, int arg)
{
	bool reverse;
	int count = (int)u->rows.column_count, column = ui_sort_column(u, &reverse);

	if (!count)
		return REACT_NOTHING;
	column = column < 0 ? (arg > 0 ? 0 : count - 1) : (column + arg + count) % count;
	return sort_by(u, column, u->rows.columns[column]->right);
}

unsigned act_reverse(struct ui *u, int arg UNUSED)
{
	struct view_state *st = ui_view_state(u);

	st->reverse = !st->reverse;
	u->wish.reverse = st->reverse;
	ui_sort(u);
	return REACT_WISH | REACT_DRAW;
}

unsigned act_details(struct ui *u, int arg UNUSED)
{
	if (!ui_selected(u))
		return REACT_NOTHING;
	u->mode = MODE_PAGE;
	u->page.top = 0;
	ui_select(u, ui_view_state(u)->row);
	page_details(u);
	return REACT_DRAW;
}

unsigned act_help(struct ui *u, int arg UNUSED)
{
	u->mode = MODE_PAGE;
	u->page.top = 0;
	page_help(u);
	return REACT_DRAW;
}

unsigned act_notes(struct ui *u, int arg UNUSED)
{
	u->mode = MODE_PAGE;
	u->page.top = 0;
	page_notes(u);
	return REACT_DRAW;
}

unsigned act_prompt(struct ui *u, int arg)
{
	char text[32] = "";

	if (arg == PROMPT_INTERVAL)
		snprintf(text, sizeof(text), "%g", u->wish.interval);
	prompt_open(u, (enum prompt_kind)arg, arg == PROMPT_FILTER ? u->wish.filter : text);
	return REACT_DRAW;
}

unsigned act_find(struct ui *u, int arg)
{
	if (!*u->search)
		return act_prompt(u, PROMPT_SEARCH);
	if (!ui_find(u, ui_view_state(u)->row, arg, false))
		ui_say(u, "no row contains \"%s\"", u->search);
	return REACT_DRAW;
}

unsigned act_escape(struct ui *u, int arg UNUSED)
{
	if (u->mode == MODE_PAGE) {
		page_close(u);
	} else if (*u->search) {
		*u->search = '\0';
	} else if (*u->wish.filter) {
		*u->wish.filter = '\0';
		u->wish.filter_number++;
		ui_say(u, "filter taken away");
		return REACT_WISH | REACT_DRAW;
	}
	return REACT_DRAW;
}

unsigned act_freeze(struct ui *u, int arg UNUSED)
{
	if (u->config->recording) {
		u->wish.paused = !u->wish.paused;
		return REACT_WISH | REACT_DRAW;
	}
	u->wish.frozen = !u->wish.frozen;
	return REACT_WISH | REACT_DRAW;
}

unsigned act_interval(struct ui *u, int arg)
{
	/* Steps that people would choose themselves. */
	static const double steps[] = { 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15, 30, 60, 120, 300, 600,
					1800, 3600 };
	double now = u->wish.interval, next = now;

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (arg < 0 && steps[i] < now - 1e-9)
			next = steps[i];
		if (arg > 0 && steps[i] > now + 1e-9) {
			next = steps[i];
			break;
		}
	}
	u->wish.interval = next;
	ui_say(u, "a sample every %g s%s", next,
	       next > UI_MIN_INTERVAL && next < UI_MAX_INTERVAL ? "" : " (no further)");
	return REACT_WISH | REACT_DRAW;
}

unsigned act_speed(struct ui *u, int arg)
{
	double next = arg > 0 ? u->wish.speed * 2 : u->wish.speed / 2;

	if (next >= UI_MIN_SPEED && next <= UI_MAX_SPEED)
		u->wish.speed = next;
	ui_say(u, "%g times as fast as it was recorded", u->wish.speed);
	return REACT_WISH | REACT_DRAW;
}

unsigned act_step(struct ui *u, int arg)
{
	if (!u->wish.paused) {
		u->wish.paused = true;
		u->feed->want(u->feed->arg, &u->wish);
	}
	u->feed->command(u->feed->arg, TUI_STEP, arg, NULL);
	return REACT_DRAW;
}

unsigned act_save(struct ui *u, int arg UNUSED)
{
	if (!u->latest || !u->latest->header.saving)
		return act_prompt(u, PROMPT_SAVE);
	u->feed->command(u->feed->arg, TUI_SAVE, 0, NULL);
	return REACT_DRAW;
}

unsigned act_mouse(struct ui *u, int arg UNUSED)
{
	u->mouse = screen_mouse(!u->mouse);
	ui_say(u, u->mouse ? "mouse on" : "mouse off: the terminal's own selection works");
	return REACT_DRAW;
}

unsigned act_redraw(struct ui *u, int arg UNUSED)
{
	u->feed->command(u->feed->arg, TUI_SAMPLE, 0, NULL);
	return REACT_DRAW | REACT_ANEW;
}

unsigned act_quit(struct ui *u, int arg UNUSED)
{
	if (u->mode == MODE_PAGE) {
		page_close(u);
		return REACT_DRAW;
	}
	return REACT_QUIT;
}
