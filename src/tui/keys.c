// SPDX-License-Identifier: MIT
/* The keys: one table for what they do, the bottom line and the help. */
#include "tui/ui.h"

#define BOTH (SCOPE_TABLE | SCOPE_PAGE)

const struct key_row key_table[] = {
	{ { '?', 'h', KEY_FN + 1 }, BOTH, act_help, 0, "Help", "General", "this help" },
	{ { 'q', KEY_FN + 10 }, BOTH, act_quit, 0, "Quit", NULL, "leave; on a page: close it" },
	{ { KEY_ESCAPE }, BOTH, act_escape, 0, NULL, NULL,
	  "close a page; forget the search, then the filter" },
	{ { '!' }, BOTH, act_notes, 0, NULL, NULL, "what could not be seen, and why" },
	{ { KEY_CTRL('L') }, BOTH, act_redraw, 0, NULL, NULL, "draw anew and take a sample now" },
	{ { 'm' }, BOTH, act_mouse, 0, NULL, NULL, "mouse on or off" },

	{ { KEY_RETURN, 'x' }, SCOPE_TABLE, act_details, 0, "Details", "Rows",
	  "everything about the selected row, and what it means" },
	{ { '/', KEY_FN + 3 }, SCOPE_TABLE, act_prompt, PROMPT_SEARCH, "Search", NULL,
	  "go to a row that contains a text" },
	{ { 'n' }, SCOPE_TABLE, act_find, 1, NULL, NULL, "the next one" },
	{ { 'N' }, SCOPE_TABLE, act_find, -1, NULL, NULL, "the one before" },
	{ { 'f', '\\', KEY_FN + 4 }, SCOPE_TABLE, act_prompt, PROMPT_FILTER, "Filter", NULL,
	  "only sockets that match, in the language of ss: dport = 443 and not src 127.0.0.0/8" },
	{ { '>', KEY_FN + 6 }, SCOPE_TABLE, act_sort, 1, "Sort", NULL, "order by the next column" },
	{ { '<' }, SCOPE_TABLE, act_sort, -1, NULL, NULL, "order by the column before" },
	{ { 'r', 'I' }, SCOPE_TABLE, act_reverse, 0, NULL, NULL, "the other way round" },

	{ { KEY_GO_UP, 'k', KEY_WHEEL_UP }, BOTH, act_move, -1, NULL, "Moving", "up" },
	{ { KEY_GO_DOWN, 'j', KEY_WHEEL_DOWN }, BOTH, act_move, 1, NULL, NULL, "down" },
	{ { KEY_GO_PAGE_UP, KEY_CTRL('B') }, BOTH, act_page, -2, NULL, NULL, "a page up" },
	{ { KEY_GO_PAGE_DOWN, KEY_CTRL('F') }, BOTH, act_page, 2, NULL, NULL, "a page down" },
	{ { KEY_CTRL('U') }, BOTH, act_page, -1, NULL, NULL, "half a page up" },
	{ { KEY_CTRL('D') }, BOTH, act_page, 1, NULL, NULL, "half a page down" },
	{ { KEY_GO_HOME, 'g' }, BOTH, act_edge, -1, NULL, NULL, "to the top" },
	{ { KEY_GO_END, 'G' }, BOTH, act_edge, 1, NULL, NULL, "to the end" },
	{ { KEY_GO_RIGHT }, SCOPE_TABLE, act_sideways, 1, NULL, NULL, "columns further right" },
	{ { KEY_GO_LEFT }, SCOPE_TABLE, act_sideways, -1, NULL, NULL, "columns further left" },
	{ { KEY_TAB }, SCOPE_TABLE, act_next_view, 1, "View", NULL, "the next view" },
	{ { KEY_BACK_TAB }, SCOPE_TABLE, act_next_view, -1, NULL, NULL, "the view before" },

	{ { ' ', 'Z' }, SCOPE_TABLE | SCOPE_LIVE, act_freeze, 0, "Freeze", "Time",
	  "freeze the table; the header goes on" },
	{ { '+', '=' }, SCOPE_TABLE | SCOPE_LIVE, act_interval, -1, NULL, NULL, "samples faster" },
	{ { '-' }, SCOPE_TABLE | SCOPE_LIVE, act_interval, 1, NULL, NULL, "samples slower" },
	{ { 'i' }, SCOPE_TABLE | SCOPE_LIVE, act_prompt, PROMPT_INTERVAL, NULL, NULL,
	  "type the interval" },
	{ { 'w', 'R' }, SCOPE_TABLE | SCOPE_LIVE, act_save, 0, "Save", NULL,
	  "save what is sampled to a file; again: stop that" },
	{ { ' ', 'Z' }, SCOPE_TABLE | SCOPE_RECORDING, act_freeze, 0, "Pause", "Time",
	  "stand still, go on" },
	{ { '.' }, SCOPE_TABLE | SCOPE_RECORDING, act_step, 1, "Step", NULL,
	  "one sample on" },
	{ { ',' }, SCOPE_TABLE | SCOPE_RECORDING, act_step, -1, NULL, NULL, "one sample back" },
	{ { 't' }, SCOPE_TABLE | SCOPE_RECORDING, act_prompt, PROMPT_SEEK, "Time", NULL,
	  "go to a time: 14:05:30, 2026-11-21 14:05, -90 or -5m (before this one); #3: a sample" },
	{ { '+', '=', ']' }, SCOPE_TABLE | SCOPE_RECORDING, act_speed, 1, NULL, NULL,
	  "play faster" },
	{ { '-', '[' }, SCOPE_TABLE | SCOPE_RECORDING, act_speed, -1, NULL, NULL, "play slower" },
	{ .act = NULL },
};

bool keys_apply(const struct ui *u, const struct key_row *row)
{
	if (row->scope & SCOPE_RECORDING)
		return u->config->recording;
	if (row->scope & SCOPE_LIVE)
		return !u->config->recording;
	return true;
}

void keys_names(const struct key_row *row, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(row->keys) && row->keys[i]; i++) {
		if (i)
			str_addc(out, ' ');
		screen_key_name(row->keys[i], out);
	}
}

bool tui_key(size_t i, struct str *names, const char **help)
{
	if (i + 1 >= ARRAY_LEN(key_table))
		return false;
	keys_names(&key_table[i], names);
	*help = key_table[i].help;
	return true;
}

static unsigned press_view(struct ui *u, int key)
{
	for (int i = 0; tui_views[i].name; i++) {
		if (key == tui_views[i].hotkey || key == '1' + i)
			return act_view(u, i);
	}
	return REACT_NOTHING;
}

static unsigned press_key(struct ui *u, int key)
{
	unsigned scope = u->mode == MODE_PAGE ? SCOPE_PAGE : SCOPE_TABLE;

	for (const struct key_row *row = key_table; row->act; row++) {
		if (!(row->scope & scope) || !keys_apply(u, row))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(row->keys) && row->keys[i]; i++) {
			if (row->keys[i] == key)
				return row->act(u, row->arg);
		}
	}
	return u->mode == MODE_TABLE ? press_view(u, key) : REACT_NOTHING;
}

static unsigned click(struct ui *u, int y, int x)
{
	for (size_t i = 0; i < u->zones.len; i++) {
		const struct zone *z = &VEC_AT(&u->zones, struct zone, i);

		if (z->y != y || x < z->x0 || x >= z->x1)
			continue;
		switch (z->kind) {
		case ZONE_KEY:
			return press_key(u, (int)z->arg);
		case ZONE_VIEW:
			return act_view(u, (int)z->arg);
		case ZONE_COLUMN:
			return act_sort_by(u, (int)z->arg);
		case ZONE_ROW:
			/* The selected row once more: look into it. */
			if (z->arg == ui_view_state(u)->row && ui_view_state(u)->selected)
				return act_details(u, 0);
			ui_select(u, z->arg);
			return REACT_DRAW;
		}
	}
	return REACT_NOTHING;
}

unsigned keys_press(struct ui *u, const struct key_press *press)
{
	str_reset(&u->message);
	if (press->key == KEY_CLICK)
		return click(u, press->y, press->x) | REACT_DRAW;
	return press_key(u, press->key) | REACT_DRAW;
}
