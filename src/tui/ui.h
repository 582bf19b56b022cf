/* SPDX-License-Identifier: MIT */
/* The live view's state, and its parts inside src/tui/: actions change it and say what must happen
 * next, drawing reads it, the loop does both. */
#ifndef TUI_UI_H
#define TUI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/filter.h"
#include "tui/canvas.h"
#include "tui/history.h"
#include "tui/rows.h"
#include "tui/screen.h"
#include "tui/tui.h"

/** The most live views that tui_views may have. */
#define UI_VIEWS 16

/** Smallest terminal that is drawn on. */
#define UI_MIN_WIDTH 40
#define UI_MIN_HEIGHT 10

/** Limits of the interval, s, and of the speed of a recording. */
#define UI_MIN_INTERVAL 0.1
#define UI_MAX_INTERVAL 3600.0
#define UI_MIN_SPEED (1.0 / 16)
#define UI_MAX_SPEED 256.0

/** What an action wants done afterwards; a set. */
enum reaction {
	REACT_NOTHING = 0,
	/** Draw the screen. */
	REACT_DRAW = 1 << 0,
	/** Build the rows from the shown frame again. */
	REACT_ROWS = 1 << 1,
	/** Tell the sampler what is wanted. */
	REACT_WISH = 1 << 2,
	/** Draw everything anew: something else wrote on the terminal. */
	REACT_ANEW = 1 << 3,
	REACT_QUIT = 1 << 4,
};

/** What keys mean at the moment. */
enum mode {
	/** The table. */
	MODE_TABLE,
	/** A page over the table: help, details. */
	MODE_PAGE,
	/** A line of text is being typed. */
	MODE_PROMPT,
};

/** What the typed line is for. */
enum prompt_kind { PROMPT_SEARCH, PROMPT_FILTER, PROMPT_INTERVAL, PROMPT_SEEK, PROMPT_SAVE };

/** A line being typed. */
struct prompt {
	enum prompt_kind kind;
	/** UTF-8, NUL-terminated; CURSOR is a byte offset at a character's start. */
	char text[512];
	size_t len, cursor;
	/** What is wrong with it, one line; "" for nothing. */
	struct str error;
	/** The selection when it began: for Esc. */
	char *start_selection;
};

/** What a view remembers while another one is shown. */
struct view_state {
	/** Heading of the column that rows are ordered by; "" for the view's own order. */
	char sort[48];
	bool reverse;
	/** Identity of the selected row; NULL until one was chosen (the first row is shown
	 *  selected). */
	char *selected;
	/** The selected row and the first one on the screen, as of the last build or move. */
	long row, top;
	/** Columns scrolled away at the left. */
	size_t left;
	/** Widths of columns: they only grow, so that columns keep still. */
	int widths[ROWS_COLUMNS];
};

/** Something on the screen that a click means. */
struct zone {
	int y, x0, x1;
	/** What a click does: ZONE_KEY presses key ARG, ZONE_ROW selects row ARG, ZONE_COLUMN
	 *  orders by column ARG, ZONE_VIEW shows view ARG. */
	enum zone_kind { ZONE_KEY, ZONE_ROW, ZONE_COLUMN, ZONE_VIEW } kind;
	long arg;
};

struct ui;

/** A page of lines: help, details. */
struct page {
	/** What it is about, as text of somebody else's. */
	struct str title;
	/** struct page_line. */
	struct vec lines;
	struct arena arena;
	/** First line shown. */
	long top;
	/** What makes it. */
	void (*make)(struct ui *u);
	/** It is about a row that is still there: made again when the rows change. */
	bool follows_row;
};

/** A line of a page. */
struct page_line {
	/** Of the page's arena; the name is drawn as a label in front. NULL for none. */
	const char *name, *text;
	enum role role;
	/** Cells from the left. */
	int indent;
};

/** The live view. */
struct ui {
	const struct tui_config *config;
	const struct tui_feed *feed;
	struct canvas canvas;
	struct tui_wish wish;
	/** The newest frame, the one whose body is shown (the same unless frozen or the newest has
	 *  no body yet), by which the rows stand. NULL until there is one; SHOWN may be LATEST. */
	struct tui_frame *latest, *shown;
	struct rows rows;
	struct view_state views[UI_VIEWS];
	struct history history;
	uint64_t history_sample;
	enum mode mode;
	struct prompt prompt;
	struct page page;
	/** What is searched for; "" for nothing. */
	char search[512];
	/** Said in the bottom line until a key is pressed; and the number of the last one that the
	 *  sampler said. */
	struct str message;
	uint64_t message_number;
	struct vec zones;
	/** Rows that fit on the screen; columns that do not. */
	long page_rows;
	size_t columns_hidden;
	bool mouse;
	/** Our process group is in the background: nothing is drawn. */
	bool away;
	/** Batch mode: no keys, all rows. */
	bool batch;
};

/* ui.c: state. */

/** Sets it up. CONFIG and FEED (NULL in batch mode) outlive it. */
NONNULL_ARGS(1, 2) void ui_init(struct ui *u, const struct tui_config *config,
			       const struct tui_feed *feed);
/** Gives everything back. */
NONNULL void ui_free(struct ui *u);
/** Takes FRAME over and shows it, as far as it is wanted. */
NONNULL unsigned ui_frame(struct ui *u, struct tui_frame *frame);
/** Builds the rows from the shown frame, orders them, finds the selected one again. */
NONNULL void ui_rebuild(struct ui *u);
/** Orders the rows as the view's state says and finds the selected one again; false where it is
 *  gone (its neighbour is selected then). */
NONNULL bool ui_sort(struct ui *u);
/** State of the view that is shown, and its row of tui_views. */
RETURNS_NONNULL NONNULL struct view_state *ui_view_state(struct ui *u);
RETURNS_NONNULL NONNULL const struct tui_view *ui_view(const struct ui *u);
/** Selects row ROW, as near as there is one. */
NONNULL void ui_select(struct ui *u, long row);
/** The selected row, or NULL. */
NONNULL const struct row *ui_selected(struct ui *u);
/** The column that rows are ordered by now, -1 for none, and the direction. */
NONNULL int ui_sort_column(struct ui *u, bool *reverse);
/** Says something in the bottom line. */
PRINTF(2, 3) void ui_say(struct ui *u, const char *fmt, ...);

/* actions.c: what keys do */

/** Actions change the state and return reactions (REACT_ bits); they never draw. */
NONNULL unsigned act_move(struct ui *u, int arg);
NONNULL unsigned act_page(struct ui *u, int arg);
NONNULL unsigned act_edge(struct ui *u, int arg);
NONNULL unsigned act_sideways(struct ui *u, int arg);
NONNULL unsigned act_next_view(struct ui *u, int arg);
NONNULL unsigned act_view(struct ui *u, int arg);
NONNULL unsigned act_sort(struct ui *u, int arg);
NONNULL unsigned act_sort_by(struct ui *u, int arg);
NONNULL unsigned act_reverse(struct ui *u, int arg);
NONNULL unsigned act_details(struct ui *u, int arg);
NONNULL unsigned act_help(struct ui *u, int arg);
NONNULL unsigned act_notes(struct ui *u, int arg);
NONNULL unsigned act_prompt(struct ui *u, int arg);
NONNULL unsigned act_find(struct ui *u, int arg);
NONNULL unsigned act_escape(struct ui *u, int arg);
NONNULL unsigned act_freeze(struct ui *u, int arg);
NONNULL unsigned act_interval(struct ui *u, int arg);
NONNULL unsigned act_speed(struct ui *u, int arg);
NONNULL unsigned act_step(struct ui *u, int arg);
NONNULL unsigned act_save(struct ui *u, int arg);
NONNULL unsigned act_mouse(struct ui *u, int arg);
NONNULL unsigned act_redraw(struct ui *u, int arg);
NONNULL unsigned act_quit(struct ui *u, int arg);

/** Selects the next row (DIRECTION 1) or the one before (-1) whose text contains what is searched
 *  for, FROM it included or not; false where none does. */
NONNULL bool ui_find(struct ui *u, long from, int direction, bool including);

/* prompt.c */

/** Starts typing; the line begins with TEXT. */
NONNULL void prompt_open(struct ui *u, enum prompt_kind kind, const char *text);
/** One key while a line is typed. */
NONNULL unsigned prompt_key(struct ui *u, const struct key_press *press);
/** Draws the line at row Y, and above it what is wrong. */
NONNULL void prompt_draw(struct ui *u, int y);

/* page.c */

/** Makes the page of all keys, of what could not be seen, or of the selected row. */
NONNULL void page_help(struct ui *u);
NONNULL void page_notes(struct ui *u);
NONNULL void page_details(struct ui *u);
/** Makes the page that is open again, for another width of the screen. */
NONNULL void page_again(struct ui *u);
/** The row that the page is about is gone: the page stays as it was and says so. */
NONNULL void page_gone(struct ui *u);
/** Forgets the page. */
NONNULL void page_close(struct ui *u);
/** Draws it over rows Y0 to Y1 (exclusive). */
NONNULL void page_draw(struct ui *u, int y0, int y1);

/* keys.c */

/** When a row of the key table holds. */
enum key_scope {
	SCOPE_TABLE = 1 << 0,
	SCOPE_PAGE = 1 << 1,
	/** Only for a recording, only for a running kernel. */
	SCOPE_RECORDING = 1 << 2,
	SCOPE_LIVE = 1 << 3,
};

/** Keys that do one thing. */
struct key_row {
	/** The first is the one shown in the bottom line; ends with 0. */
	int keys[5];
	/** Set of enum key_scope; neither or both of recording and live: always. */
	unsigned scope;
	unsigned (*act)(struct ui *u, int arg);
	int arg;
	/** Short name in the bottom line, or NULL where it does not stand there. */
	const char *button;
	/** Heading in the help, given by the first row under it. */
	const char *group;
	/** What it does, in the help; NULL where the row before says it. */
	const char *help;
};

/** Every key; ends with a row without act. */
extern const struct key_row key_table[];

/** Does what KEY means in the table or on a page. */
NONNULL unsigned keys_press(struct ui *u, const struct key_press *press);
/** True where ROW of the key table holds for this run. */
NONNULL bool keys_apply(const struct ui *u, const struct key_row *row);
/** Appends the names of a row's keys, separated by blanks. */
NONNULL void keys_names(const struct key_row *row, struct str *out);

/* draw.c, header.c, table.c */

/** Draws everything into u->canvas, which has its size. */
NONNULL void ui_draw(struct ui *u);
/** Draws the lines above the table from row 0 and returns the row below them. */
NONNULL int header_draw(struct ui *u);
/** Draws the table into rows Y0 to Y1 (exclusive). */
NONNULL void table_draw(struct ui *u, int y0, int y1);
/** Remembers that a click there means something. */
NONNULL void ui_zone(struct ui *u, int y, int x0, int x1, int kind, long arg);

#endif
