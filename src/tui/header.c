// SPDX-License-Identifier: MIT
/* The lines above the table. */
#include "tui/ui.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "tui/shown.h"

/** Rows of a screen that has room for the counts of all states in every view. */
#define ROWS_FOR_STATES 20

/** Cells of one state: name, count, and at least so much history. */
#define STATE_NAME 12
#define STATE_COUNT_CELLS 8
#define STATE_CELL 26

/** Cells of all tabs side by side. */
static int tabs_width(void)
{
	int width = 1;

	for (int i = 0; tui_views[i].name; i++)
		width += (int)strlen(tui_views[i].name) + 1;
	return width;
}

static void add_clock(struct str *out, int64_t realtime_ns, bool date)
{
	time_t t = (time_t)(realtime_ns / 1000000000);
	struct tm tm;
	char text[64];

	if (!realtime_ns || !localtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm))
		return;
	str_addf(out, "  %s", text);
}

static void add_playback(struct str *out, const struct tui_playback *p)
{
	if (p->position)
		str_addf(out, "  sample %llu of %llu", (unsigned long long)p->position,
			 (unsigned long long)p->count);
	if (p->at_end)
		str_add(out, "  end");
	else if (p->paused)
		str_add(out, "  paused");
	else
		str_addf(out, "  %gx", p->speed);
}

/** What stands at the right of the first line: pace, cost, clock. */
static void add_pace(const struct ui *u, struct str *out)
{
	const struct tui_header *h = &u->latest->header;
	char buf[32];

	if (h->saving)
		str_addf(out, "  saving %llu", (unsigned long long)h->saved);
	if (h->playback.on) {
		add_playback(out, &h->playback);
		add_clock(out, h->realtime_ns, true);
		return;
	}
	str_addf(out, "  every %s", num_duration(h->interval, buf, sizeof(buf)));
	if (h->interval > u->wish.interval * 1.05)
		str_addf(out, " (asked %gs)", u->wish.interval);
	if (!isnan(h->sample_seconds))
		str_addf(out, "  took %.0fms", 1000 * h->sample_seconds);
	if (!isnan(h->sample_cpu) && h->interval > 0)
		str_addf(out, " %.1f%%cpu", 100 * h->sample_cpu / h->interval);
	add_clock(out, h->realtime_ns, false);
}

/** How old the table is while it is frozen. */
static void draw_banner(struct ui *u, int y, int x, int max)
{
	double age = 0;
	char buf[32];

	if (u->shown)
		age = (double)(u->latest->header.monotonic_ns - u->shown->header.monotonic_ns) / 1e9;
	canvas_format(&u->canvas, y, x, max, ROLE_BANNER, " FROZEN, %s old ",
		      num_duration(age > 0 ? age : 0, buf, sizeof(buf)));
}

static void draw_title(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	const struct tui_header *h = &u->latest->header;
	struct str pace = { 0 };
	int x, end;

	add_pace(u, &pace);
	canvas_blank(c, y, 0, c->width, ROLE_TITLE);
	/* The right side goes first where there is no room for both; a log has no right side. */
	end = c->width - (int)pace.len - 1;
	if (end < 24 || u->batch)
		end = c->width;
	else
		canvas_text(c, y, end, c->width - end, ROLE_TITLE, str_text(&pace));
	x = canvas_text(c, y, 1, end - 1, ROLE_TITLE, "tcptriage ");
	x = canvas_data(c, y, x, end - x, ROLE_TITLE, h->host);
	if (h->netns) {
		x = canvas_text(c, y, x, end - x, ROLE_TITLE, "  netns ");
		x = canvas_data(c, y, x, end - x, ROLE_TITLE, h->netns);
	}
	x = canvas_text(c, y, x, end - x, ROLE_TITLE, "  ");
	x = canvas_data(c, y, x, end - x, ROLE_TITLE, h->source);
	if (u->batch)
		x = canvas_text(c, y, x, end - x, ROLE_TITLE, str_text(&pace));
	str_free(&pace);
	if (!h->complete)
		x = canvas_text(c, y, x + 1, end - x - 1, ROLE_BANNER, " INCOMPLETE ");
	if (u->wish.frozen)
		draw_banner(u, y, x + 1, end - x - 1);
}

/** A name and a number; nothing where they do not fit or the number is unknown. */
static int draw_rate(struct ui *u, int y, int x, const char *name, double rate)
{
	struct canvas *c = &u->canvas;
	char text[32];

	snprintf(text, sizeof(text), isnan(rate) ? "-" : "%.1f/s", rate);
	if (x + (int)(strlen(name) + strlen(text)) + 1 > c->width)
		return x;
	x = canvas_text(c, y, x, c->width - x, ROLE_LABEL, name) + 1;
	return canvas_text(c, y, x, c->width - x, ROLE_NUMBER, text) + 2;
}

/** "(12s ago)" behind what is older than the sample. */
static int draw_age(struct ui *u, int y, int x, double age)
{
	struct canvas *c = &u->canvas;
	char buf[32];

	if (!(age >= 1) || age < 1.5 * u->latest->header.interval)
		return x;
	return canvas_format(c, y, x, c->width - x, ROLE_PLAIN, " (%s ago)",
			     num_duration(age, buf, sizeof(buf)));
}

static void draw_numbers(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	const struct tui_header *h = &u->latest->header;
	enum role role = h->headroom < 0.05 ? ROLE_CRITICAL
			 : h->headroom < 0.2 ? ROLE_WARNING
					     : ROLE_NUMBER;
	int x;

	x = canvas_text(c, y, 0, c->width, ROLE_LABEL, *u->wish.filter ? "matching" : "sockets") + 1;
	if (h->total >= 0)
		x = canvas_format(c, y, x, c->width - x, ROLE_NUMBER, "%lld", (long long)h->total);
	else
		x = canvas_text(c, y, x, c->width - x, ROLE_NUMBER, "-");
	x = draw_rate(u, y, x + 2, "opens", h->opens);
	x = draw_rate(u, y, x, "accepts", h->passive_opens);
	x = draw_rate(u, y, x, "retrans", h->retransmits);
	if (!h->pool || isnan(h->headroom) || x + 16 > c->width)
		return;
	x = canvas_text(c, y, x, c->width - x, ROLE_LABEL,
			c->width < 100 ? "worst pool " : "pool with the least headroom ");
	x = canvas_format(c, y, x, c->width - x, role, "%.1f%% ", 100 * h->headroom);
	x = canvas_data(c, y, x, c->width - x, ROLE_NUMBER, h->pool);
	draw_age(u, y, x, h->pool_age);
}

static void draw_check(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	const struct tui_header *h = &u->latest->header;
	int x = canvas_text(c, y, 0, c->width, ROLE_LABEL, "check   ");

	if (!h->verdict) {
		canvas_text(c, y, x, c->width - x, ROLE_PLAIN, "-");
		return;
	}
	x = canvas_data(c, y, x, c->width - x, shown_verdict(h->verdict), h->verdict);
	x = draw_age(u, y, x, h->check_age);
	if (!h->finding)
		return;
	if (h->findings > 1)
		x = canvas_format(c, y, x, c->width - x, ROLE_LABEL, "  %llu findings:",
				  (unsigned long long)h->findings);
	x = canvas_data(c, y, x + 1, c->width - x - 1, ROLE_NUMBER, h->finding);
	x = canvas_text(c, y, x, c->width - x, ROLE_PLAIN, ": ");
	canvas_data(c, y, x, c->width - x, ROLE_PLAIN, h->summary ? h->summary : "-");
}

/** The counts of all states with their history, in as many columns as fit. */
static int draw_states(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	int columns = c->width / STATE_CELL, rows, cell;

	if (columns > STATE_COUNT / 2)
		columns = STATE_COUNT / 2;
	if (columns < 1)
		columns = 1;
	rows = (STATE_COUNT + columns - 1) / columns;
	cell = u->batch ? STATE_CELL : c->width / columns;
	for (int s = 0; s < STATE_COUNT; s++) {
		int x = s / rows * cell, at = y + s % rows;
		int64_t count = u->latest->header.states[s];

		canvas_text(c, at, x, STATE_NAME - 1, ROLE_LABEL, state_table[s].name);
		x += STATE_NAME;
		if (count >= 0)
			canvas_format(c, at, x, STATE_COUNT_CELLS, ROLE_NUMBER, "%*lld",
				      STATE_COUNT_CELLS, (long long)count);
		x += STATE_COUNT_CELLS + 1;
		if (!u->batch)
			history_draw(&u->history, (enum state)s, c, at, x,
				     cell - STATE_NAME - STATE_COUNT_CELLS - 2);
	}
	return y + rows;
}

static void draw_tabs(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	int x = 1;

	if (tabs_width() > c->width) {
		x = canvas_format(c, y, 0, c->width, ROLE_TAB_HERE, " %s ", ui_view(u)->name);
		canvas_text(c, y, x + 1, c->width - x - 1, ROLE_TAB, "Tab: next view");
		ui_zone(u, y, x + 1, c->width, ZONE_KEY, KEY_TAB);
		return;
	}
	for (int i = 0; tui_views[i].name; i++) {
		const char *name = tui_views[i].name, *hot = strchr(name, tui_views[i].hotkey);
		bool here = (unsigned)i == u->wish.view;
		int x0 = x;

		x = canvas_text(c, y, x, c->width - x, here ? ROLE_TAB_HERE : ROLE_TAB, name);
		if (hot && !here)
			canvas_paint(c, y, x0 + (int)(hot - name), 1, ROLE_KEY);
		ui_zone(u, y, x0, x, ZONE_VIEW, i);
		x++;
	}
}

static void draw_filter(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	int x = canvas_text(c, y, 0, c->width, ROLE_BANNER, "filter");

	canvas_data(c, y, x + 1, c->width - x - 1, ROLE_NUMBER, u->wish.filter);
}

int header_draw(struct ui *u)
{
	struct canvas *c = &u->canvas;
	int y = 0;

	if (!u->latest) {
		canvas_blank(c, 0, 0, c->width, ROLE_TITLE);
		canvas_text(c, 0, 1, c->width - 1, ROLE_TITLE, "tcptriage: the first sample ...");
		y = 3;
	} else {
		draw_title(u, y++);
		draw_numbers(u, y++);
		draw_check(u, y++);
		if (c->height >= ROWS_FOR_STATES && !ui_view(u)->states && u->mode != MODE_PAGE)
			y = draw_states(u, y);
	}
	if (*u->wish.filter)
		draw_filter(u, y++);
	if (u->batch)
		canvas_data(c, y++, 0, c->width, ROLE_TAB_HERE, ui_view(u)->name);
	else
		draw_tabs(u, y++);
	return y;
}
