// SPDX-License-Identifier: MIT
/* The live view without a terminal: canvas, rows, keys, drawing and random use. */
#include "unit.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/shown.h"
#include "tui/ui.h"

static const struct view_column owner_columns[] = {
	{ .path = "pid", .heading = "PID", .right = true },
	{ .path = "process", .heading = "PROCESS" },
	{ .path = "sockets", .heading = "SOCKETS", .unit = UNIT_COUNT, .right = true },
	{ .path = "oldest", .heading = "OLDEST", .unit = UNIT_SECONDS, .right = true },
	{ .path = "verdict", .heading = "VERDICT", .unit = UNIT_VERDICT },
	{ .path = "holders:pid", .heading = "HOLDERS", .if_present = true },
	{ .path = "cmdline", .heading = "COMMAND", .extra = true },
	{ 0 },
};

static const struct view owner_views[] = {
	{ .name = "owners", .path = "owners", .columns = owner_columns, .sort = "-SOCKETS" },
	{ 0 },
};

static const struct view_column state_columns[] = {
	{ .path = "@key", .heading = "STATE" },
	{ .path = "@value", .heading = "COUNT", .unit = UNIT_COUNT, .right = true },
	{ .path = "@share", .heading = "SHARE", .unit = UNIT_RATIO, .right = true },
	{ 0 },
};

static const struct view state_views[] = {
	{ .name = "states", .kind = VIEW_MAP, .path = "states", .columns = state_columns,
	  .total = "total" },
	{ 0 },
};

#define HOSTILE "e\xcc\x81\x1b[31m\xff\xe2\x80\xae\xe6\xbc\xa2\\"

/** What the sampler was told last. */
static struct told {
	struct tui_wish wish;
	int wishes, commands, number;
	enum tui_command command;
	char text[512];
} told;

static void take_wish(void *arg, const struct tui_wish *wish)
{
	(void)arg;
	told.wish = *wish;
	told.wishes++;
}

static void take_command(void *arg, enum tui_command what, int number, const char *text)
{
	(void)arg;
	told.commands++;
	told.command = what;
	told.number = number;
	snprintf(told.text, sizeof(told.text), "%s", text ? text : "(null)");
}

static bool explain(const char *topic, struct str *out)
{
	str_addf(out, "Here is what %s means.\n\nAnd more of it.", topic);
	return true;
}

static const struct tui_feed feed = { .want = take_wish, .command = take_command,
				      .explain = explain };

/** One owner of a report. */
struct owner {
	int pid;
	const char *process;
	int sockets;
};

static struct tui_report *owners_report(const struct owner *o, size_t n)
{
	struct tui_report *r = tui_report_new(owner_views);
	struct arena *a = &r->report.arena;
	struct value *list = value_add_array(a, r->report.root, "owners");

	for (size_t i = 0; i < n; i++) {
		struct value *row = value_add_object(a, list, NULL);

		value_add_int(a, row, "pid", o[i].pid);
		value_add_text(a, row, "process", o[i].process);
		value_add_fact(a, row, "sockets", o[i].sockets < 0 ? INT64_MIN : o[i].sockets);
		value_add_real(a, row, "oldest", 12.5);
		value_add_text(a, row, "verdict", o[i].sockets > 10 ? "leak" : "recent");
	}
	return r;
}

static struct tui_report *states_report(int64_t each)
{
	struct tui_report *r = tui_report_new(state_views);
	struct arena *a = &r->report.arena;
	struct value *map;

	value_add_int(a, r->report.root, "total", each * STATE_COUNT);
	map = value_add_object(a, r->report.root, "states");
	for (int s = 0; s < STATE_COUNT; s++)
		value_add_int(a, map, state_table[s].name, each);
	return r;
}

/** A frame of sample N with BODY for VIEW. */
static struct tui_frame *frame(unsigned n, unsigned view, struct tui_report *body)
{
	struct tui_frame *f = tui_frame_new();
	struct tui_header *h = &f->header;

	f->sample = n;
	h->monotonic_ns = (int64_t)n * 1000000000;
	h->realtime_ns = 1763686923000000000 + h->monotonic_ns;
	h->host = HOSTILE;
	h->source = "netlink";
	h->total = 12;
	for (int s = 0; s < STATE_COUNT; s++)
		h->states[s] = (int64_t)n * s % 9;
	h->opens = 1.5;
	h->interval = 1;
	h->verdict = "warning";
	h->finding = "port-exhaustion";
	h->summary = HOSTILE;
	h->pool = "192.0.2.1:443";
	h->headroom = 0.031;
	f->view = view;
	f->body = body;
	return f;
}

static struct tui_config config = { .wish = { .interval = 1, .speed = 1 } };
static struct options options;

static void start(struct ui *u, unsigned view, int width, int height)
{
	config.options = &options;
	config.wish.view = view;
	memset(&told, 0, sizeof(told));
	ui_init(u, &config, &feed);
	canvas_resize(&u->canvas, width, height);
}

static void press(struct ui *u, int key)
{
	struct key_press p = { .key = key };
	unsigned r = u->mode == MODE_PROMPT ? prompt_key(u, &p) : keys_press(u, &p);

	if (r & REACT_ROWS)
		ui_rebuild(u);
	if (r & REACT_WISH)
		u->feed->want(u->feed->arg, &u->wish);
}

static void type(struct ui *u, const char *text)
{
	for (; *text; text++)
		press(u, *text);
}

/** The whole screen as text. */
static const char *screen_text(struct ui *u)
{
	static struct str text;

	ui_draw(u);
	str_reset(&text);
	for (int y = 0; y < u->canvas.height; y++) {
		canvas_line(&u->canvas, y, &text);
		str_addc(&text, '\n');
	}
	return str_text(&text);
}

static void assert_shows(struct ui *u, const char *what)
{
	const char *text = screen_text(u);

	if (!strstr(text, what))
		fail_msg("'%s' is not on the screen:\n%s", what, text);
}

static void assert_hides(struct ui *u, const char *what)
{
	const char *text = screen_text(u);

	if (strstr(text, what))
		fail_msg("'%s' is on the screen:\n%s", what, text);
}

static const char *selected(struct ui *u)
{
	static struct str text;
	const struct row *row = ui_selected(u);

	str_reset(&text);
	if (row)
		rows_cell(&u->rows, row, 0, &text);
	return str_text(&text);
}

static void the_canvas_cuts_wide_characters_whole(void **state)
{
	struct canvas c = { 0 };
	struct str line = { 0 };

	(void)state;
	canvas_resize(&c, 10, 2);
	assert_int_equal(canvas_data(&c, 0, 0, 5, ROLE_PLAIN, "漢字漢字"), 5);
	canvas_line(&c, 0, &line);
	assert_string_equal(str_text(&line), "漢字…");
	str_reset(&line);
	/* Overwriting half of one blanks the other half. */
	canvas_text(&c, 0, 1, 1, ROLE_PLAIN, "x");
	canvas_line(&c, 0, &line);
	assert_string_equal(str_text(&line), " x字…");
	str_reset(&line);
	canvas_clear(&c);
	canvas_text(&c, 0, 9, 5, ROLE_PLAIN, "漢");
	canvas_text(&c, 1, -1, 5, ROLE_PLAIN, "no");
	canvas_text(&c, 2, 0, 5, ROLE_PLAIN, "no");
	canvas_line(&c, 0, &line);
	canvas_line(&c, 1, &line);
	assert_string_equal(str_text(&line), "");
	str_free(&line);
	canvas_free(&c);
}

static void the_canvas_escapes_what_others_chose(void **state)
{
	struct canvas c = { .ascii = true };
	struct str line = { 0 };

	(void)state;
	canvas_resize(&c, 60, 1);
	canvas_data(&c, 0, 0, 60, ROLE_PLAIN, "a\x1b]0;x\a\xff\xc3\xa9");
	canvas_line(&c, 0, &line);
	assert_string_equal(str_text(&line), "a\\x1b]0;x\\x07\\xff\\xc3\\xa9");
	str_reset(&line);
	c.ascii = false;
	canvas_clear(&c);
	/* A heap of combining marks stays in one cell and within its bounds. */
	canvas_data(&c, 0, 0, 60, ROLE_PLAIN, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81|");
	assert_int_equal((int)canvas_at(&c, 0, 1)->ch[0], '|');
	str_free(&line);
	canvas_free(&c);
}

static void rows_stand_in_order_and_unknown_last(void **state)
{
	static const struct owner owners[] = {
		{ 7, "b", 3 }, { 5, "a", 3 }, { 9, "c", -1 }, { 1, "d", 30 },
	};
	struct tui_report *r = owners_report(owners, 4);
	struct rows rows = { 0 };
	bool reverse;
	int column;

	(void)state;
	assert_true(rows_build(&rows, &tui_views[1], r));
	column = rows_default_sort(&rows, &reverse);
	assert_int_equal(column, 2);
	assert_true(reverse);
	rows_sort(&rows, column, reverse);
	/* 30, then the two 3s by identity, then what is unknown. */
	assert_int_equal(value_int(rows.row[0].value, "pid", 0), 1);
	assert_int_equal(value_int(rows.row[1].value, "pid", 0), 5);
	assert_int_equal(value_int(rows.row[2].value, "pid", 0), 7);
	assert_int_equal(value_int(rows.row[3].value, "pid", 0), 9);
	rows_sort(&rows, column, false);
	assert_int_equal(value_int(rows.row[0].value, "pid", 0), 5);
	assert_int_equal(value_int(rows.row[3].value, "pid", 0), 9);
	assert_int_equal(rows_column(&rows, "verdict"), 4);
	assert_int_equal(rows_column(&rows, "nonsense"), -1);
	rows_free(&rows);
	tui_report_drop(r);
}

static void what_is_new_and_changed_is_marked(void **state)
{
	static const struct owner first[] = { { 1, "a", 3 }, { 2, "b", 4 } };
	static const struct owner second[] = { { 1, "a", 3 }, { 2, "b", 5 }, { 3, "c", 1 } };
	struct tui_report *r1 = owners_report(first, 2), *r2 = owners_report(second, 3);
	struct rows rows = { 0 };

	(void)state;
	rows_build(&rows, &tui_views[1], r1);
	assert_false(rows.row[0].fresh || rows.row[0].changed);
	rows_build(&rows, &tui_views[1], r2);
	assert_false(rows.row[0].fresh || rows.row[0].changed);
	assert_true(!rows.row[1].fresh && rows.row[1].changed == 1u << 2);
	assert_true(rows.row[2].fresh);
	rows_forget(&rows);
	rows_build(&rows, &tui_views[1], r1);
	assert_false(rows.row[1].changed);
	rows_free(&rows);
	tui_report_drop(r1);
	tui_report_drop(r2);
}

static void lists_of_objects_show_the_member_asked_for(void **state)
{
	static const struct owner one[] = { { 1, "a", 3 } };
	struct tui_report *r = owners_report(one, 1);
	struct arena *a = &r->report.arena;
	struct value *row = value_index(value_get(r->report.root, "owners"), 0);
	struct value *holders = value_add_array(a, row, "holders");
	struct rows rows = { 0 };
	struct str text = { 0 };

	(void)state;
	value_add_int(a, value_add_object(a, holders, NULL), "pid", 12);
	value_add_int(a, value_add_object(a, holders, NULL), "pid", 13);
	rows_build(&rows, &tui_views[1], r);
	/* The column is there only because a row has such a member. */
	assert_int_equal(rows.column_count, 6);
	rows_cell(&rows, &rows.row[0], 5, &text);
	assert_string_equal(str_text(&text), "12,13");
	str_free(&text);
	rows_free(&rows);
	tui_report_drop(r);
}

static void no_key_means_two_things(void **state)
{
	static const unsigned runs[] = { SCOPE_LIVE, SCOPE_RECORDING };
	static const unsigned scopes[] = { SCOPE_TABLE, SCOPE_PAGE };
	struct ui u;

	(void)state;
	start(&u, 0, 80, 24);
	for (int k = 0; k < 4; k++) {
		bool seen[0x400] = { false };

		config.recording = runs[k / 2] == SCOPE_RECORDING;
		for (const struct key_row *row = key_table; row->act; row++) {
			assert_non_null(row->help);
			if (!(row->scope & scopes[k % 2]) || !keys_apply(&u, row))
				continue;
			for (size_t i = 0; i < ARRAY_LEN(row->keys) && row->keys[i]; i++) {
				int key = row->keys[i];
				int at = key >= KEY_NOTHING ? 0x100 + (key - KEY_NOTHING) % 0x200
							    : key;

				if (seen[at])
					fail_msg("key %#x twice", (unsigned)key);
				seen[at] = true;
			}
		}
		for (int i = 0; k % 2 == 0 && tui_views[i].name; i++) {
			assert_false(seen[(int)tui_views[i].hotkey]);
			assert_false(seen['1' + i]);
			seen[(int)tui_views[i].hotkey] = true;
		}
	}
	config.recording = false;
	ui_free(&u);
}

static void the_help_names_every_key(void **state)
{
	struct ui u;
	struct str names = { 0 };

	(void)state;
	start(&u, 0, 120, 100);
	press(&u, '?');
	for (const struct key_row *row = key_table; row->act; row++) {
		if (!keys_apply(&u, row))
			continue;
		str_reset(&names);
		keys_names(row, &names);
		assert_shows(&u, str_text(&names));
	}
	for (int i = 0; tui_views[i].name; i++)
		assert_shows(&u, tui_views[i].help);
	press(&u, 'q');
	assert_int_equal(u.mode, MODE_TABLE);
	str_free(&names);
	ui_free(&u);
}

static void the_selection_follows_its_process(void **state)
{
	static const struct owner first[] = { { 1, "a", 30 }, { 2, "b", 20 }, { 3, "c", 10 } };
	static const struct owner second[] = {
		{ 4, "d", 90 }, { 3, "c", 80 }, { 1, "a", 30 }, { 2, "b", 20 },
	};
	static const struct owner third[] = { { 4, "d", 90 }, { 1, "a", 30 }, { 2, "b", 20 } };
	struct ui u;

	(void)state;
	start(&u, 1, 80, 24);
	ui_frame(&u, frame(1, 1, owners_report(first, 3)));
	/* Nothing chosen yet: the top, whoever stands there. */
	assert_string_equal(selected(&u), "1");
	ui_frame(&u, frame(2, 1, owners_report(second, 4)));
	assert_string_equal(selected(&u), "4");
	ui_frame(&u, frame(3, 1, owners_report(first, 3)));
	press(&u, 'G');
	assert_string_equal(selected(&u), "3");
	ui_frame(&u, frame(4, 1, owners_report(second, 4)));
	assert_string_equal(selected(&u), "3");
	assert_int_equal(ui_view_state(&u)->row, 1);
	press(&u, 'r');
	assert_string_equal(selected(&u), "3");
	assert_int_equal(ui_view_state(&u)->row, 2);
	/* Gone: its neighbour. A page about it says so and keeps what it said. */
	press(&u, KEY_RETURN);
	assert_shows(&u, "Here is what CLOSE_WAIT means.");
	ui_frame(&u, frame(5, 1, owners_report(third, 3)));
	assert_shows(&u, "(gone;");
	assert_shows(&u, "80");
	press(&u, KEY_ESCAPE);
	assert_string_equal(selected(&u), "4");
	ui_free(&u);
}

static void a_frozen_table_stays_and_says_how_old_it_is(void **state)
{
	static const struct owner first[] = { { 1, "alpha", 30 } }, second[] = { { 2, "beta", 20 } };
	struct ui u;

	(void)state;
	start(&u, 1, 100, 24);
	ui_frame(&u, frame(1, 1, owners_report(first, 1)));
	press(&u, ' ');
	assert_true(told.wish.frozen);
	ui_frame(&u, frame(8, 1, owners_report(second, 1)));
	assert_shows(&u, "alpha");
	assert_hides(&u, "beta");
	assert_shows(&u, "FROZEN, 7.0s old");
	/* The header goes on, with no body at all too. */
	ui_frame(&u, frame(9, 1, NULL));
	assert_shows(&u, "FROZEN, 8.0s old");
	press(&u, 'Z');
	ui_frame(&u, frame(10, 1, owners_report(second, 1)));
	assert_shows(&u, "beta");
	assert_hides(&u, "FROZEN");
	ui_free(&u);
}

static void rows_of_another_view_or_filter_are_not_shown(void **state)
{
	static const struct owner one[] = { { 1, "alpha", 30 } };
	struct ui u;

	(void)state;
	start(&u, 1, 80, 24);
	ui_frame(&u, frame(1, 1, owners_report(one, 1)));
	press(&u, 'p');
	assert_int_equal(told.wish.view, 2);
	assert_shows(&u, "reading ...");
	ui_frame(&u, frame(2, 1, owners_report(one, 1)));
	assert_hides(&u, "alpha");
	press(&u, 'c');
	ui_frame(&u, frame(3, 1, owners_report(one, 1)));
	assert_shows(&u, "alpha");
	press(&u, 'f');
	type(&u, "dport = 443");
	press(&u, KEY_RETURN);
	assert_string_equal(told.wish.filter, "dport = 443");
	assert_shows(&u, "filter dport = 443");
	ui_frame(&u, frame(4, 1, owners_report(one, 1)));
	assert_shows(&u, "alpha");
	ui_free(&u);
}

static void a_bad_filter_is_shown_where_it_is_typed(void **state)
{
	struct ui u;
	int wishes;

	(void)state;
	start(&u, 0, 80, 24);
	press(&u, 'f');
	type(&u, "state  bogus");
	assert_shows(&u, "filter: state  bogus");
	/* The caret stands under the word, two blanks or not. */
	assert_shows(&u, "\n               ^");
	wishes = told.wishes;
	press(&u, KEY_RETURN);
	assert_int_equal(u.mode, MODE_PROMPT);
	assert_int_equal(told.wishes, wishes);
	press(&u, KEY_CTRL('W'));
	type(&u, "close-wait");
	press(&u, KEY_RETURN);
	assert_int_equal(u.mode, MODE_TABLE);
	assert_string_equal(told.wish.filter, "state  close-wait");
	assert_int_equal(told.wish.filter_number, 1);
	press(&u, KEY_ESCAPE);
	assert_string_equal(told.wish.filter, "");
	assert_int_equal(told.wish.filter_number, 2);
	ui_free(&u);
}

static void a_line_is_edited_by_characters(void **state)
{
	struct ui u;

	(void)state;
	start(&u, 1, 80, 24);
	press(&u, 'w');
	press(&u, 0xe9);
	press(&u, 0x6f22);
	type(&u, "x");
	press(&u, KEY_GO_LEFT);
	press(&u, KEY_ERASE);
	assert_string_equal(u.prompt.text, "\xc3\xa9x");
	press(&u, KEY_GO_HOME);
	press(&u, KEY_DELETE);
	press(&u, 0x1b5b);
	press(&u, 0x202e);
	press(&u, KEY_CTRL('U'));
	press(&u, KEY_GO_END);
	type(&u, "/tmp/file");
	press(&u, KEY_RETURN);
	assert_int_equal(told.command, TUI_SAVE);
	assert_string_equal(told.text, "x/tmp/file");
	for (int i = 0; i < 2000; i++)
		press(&u, i ? 'y' : 'f');
	assert_true(u.prompt.len < sizeof(u.prompt.text));
	assert_shows(&u, "yyyy");
	press(&u, KEY_ESCAPE);
	ui_free(&u);
}

static void searching_moves_and_esc_goes_back(void **state)
{
	static const struct owner owners[] = { { 1, "alpha", 30 }, { 2, "beta", 20 },
					       { 3, "Betamax", 10 } };
	struct ui u;

	(void)state;
	start(&u, 1, 80, 24);
	ui_frame(&u, frame(1, 1, owners_report(owners, 3)));
	press(&u, '/');
	type(&u, "bet");
	assert_string_equal(selected(&u), "2");
	type(&u, "am");
	assert_string_equal(selected(&u), "3");
	type(&u, "q");
	assert_shows(&u, "no row contains that");
	press(&u, KEY_ESCAPE);
	assert_string_equal(selected(&u), "1");
	press(&u, '/');
	type(&u, "beta");
	press(&u, KEY_RETURN);
	press(&u, 'n');
	assert_string_equal(selected(&u), "3");
	press(&u, 'n');
	assert_string_equal(selected(&u), "2");
	press(&u, 'N');
	assert_string_equal(selected(&u), "3");
	ui_free(&u);
}

static void the_interval_keeps_within_its_limits(void **state)
{
	struct ui u;

	(void)state;
	start(&u, 0, 80, 24);
	for (int i = 0; i < 40; i++)
		press(&u, '+');
	assert_true(told.wish.interval >= UI_MIN_INTERVAL);
	for (int i = 0; i < 40; i++)
		press(&u, '-');
	assert_true(told.wish.interval <= UI_MAX_INTERVAL);
	press(&u, 'i');
	press(&u, KEY_CTRL('U'));
	type(&u, "0.0001");
	press(&u, KEY_RETURN);
	assert_true(told.wish.interval >= UI_MIN_INTERVAL);
	assert_shows(&u, "as fast as it goes");
	press(&u, 'i');
	press(&u, KEY_CTRL('U'));
	type(&u, "2x");
	press(&u, KEY_RETURN);
	assert_int_equal(u.mode, MODE_PROMPT);
	assert_shows(&u, "seconds, like 0.5 or 10");
	ui_free(&u);
}

static void clicks_do_what_stands_there(void **state)
{
	static const struct owner owners[] = { { 1, "alpha", 30 }, { 2, "beta", 20 } };
	struct key_press p = { .key = KEY_CLICK, .x = 3 };
	struct ui u;

	(void)state;
	start(&u, 1, 80, 24);
	ui_frame(&u, frame(1, 1, owners_report(owners, 2)));
	ui_draw(&u);
	for (size_t i = 0; i < u.zones.len; i++) {
		const struct zone *z = &VEC_AT(&u.zones, struct zone, i);

		if (z->kind == ZONE_ROW && z->arg == 1)
			p.y = z->y;
	}
	keys_press(&u, &p);
	assert_string_equal(selected(&u), "2");
	keys_press(&u, &p);
	assert_int_equal(u.mode, MODE_PAGE);
	press(&u, 'q');
	/* The heading above the first row: order by that column, then the other way round. */
	ui_draw(&u);
	p.y -= 2;
	keys_press(&u, &p);
	assert_string_equal(u.views[1].sort, "PID");
	assert_true(u.views[1].reverse);
	keys_press(&u, &p);
	assert_false(u.views[1].reverse);
	ui_free(&u);
}

static void too_small_is_said_and_survived(void **state)
{
	struct ui u;

	(void)state;
	start(&u, 0, 39, 24);
	ui_frame(&u, frame(1, 0, states_report(4)));
	assert_shows(&u, "needs 40x10");
	canvas_resize(&u.canvas, 1, 1);
	assert_shows(&u, "t");
	canvas_resize(&u.canvas, 40, 10);
	assert_shows(&u, "LISTEN");
	ui_free(&u);
}

static void batch_prints_every_row(void **state)
{
	struct owner many[300];
	struct tui_batch *b;
	struct str out = { 0 };
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		many[i] = (struct owner){ i + 1, i % 2 ? HOSTILE : "x", i };
	config.wish.view = 1;
	b = tui_batch_new(&config, 100);
	tui_batch_add(b, frame(1, 1, owners_report(many, 300)), &out);
	for (const char *p = str_text(&out); *p; p++) {
		assert_true((unsigned char)*p >= ' ' || *p == '\n');
		assert_false(*p == '\n' && p > out.s && p[-1] == ' ');
		lines += *p == '\n';
	}
	assert_true(lines > 300);
	assert_non_null(strstr(str_text(&out), "\n  300 "));
	tui_batch_free(b);
	str_free(&out);
}

/** A small generator: the same numbers on every machine. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct tui_frame *random_frame(uint32_t *seed, unsigned n)
{
	static const char *const names[] = { "a", HOSTILE, "", "漢字漢字", "👍🏽", "\xff" };
	struct owner owners[40];
	size_t count = next_random(seed) % 41;
	unsigned view = next_random(seed) % 3;

	for (size_t i = 0; i < count; i++)
		owners[i] = (struct owner){ (int)(next_random(seed) % 30), names[next_random(seed) % 6],
					    (int)(next_random(seed) % 50) - 1 };
	return frame(n, view, view == 0 ? states_report((int64_t)next_random(seed) % 1000)
				  : view == 1 ? owners_report(owners, count)
					      : NULL);
}

/** Whatever is pressed, in whatever size, with whatever rows: it draws and keeps its promises. */
static void random_use_breaks_nothing(void **state)
{
	static const int special[] = { KEY_GO_UP, KEY_GO_DOWN, KEY_GO_LEFT, KEY_GO_RIGHT,
				       KEY_GO_PAGE_UP, KEY_GO_PAGE_DOWN, KEY_GO_HOME, KEY_GO_END,
				       KEY_ERASE, KEY_DELETE, KEY_RETURN, KEY_ESCAPE, KEY_TAB,
				       KEY_BACK_TAB, 0x6f22, 0x301, KEY_NOTHING };
	uint32_t seed = 20261125;
	struct ui u;

	(void)state;
	start(&u, 0, 80, 24);
	for (unsigned i = 0; i < 20000; i++) {
		struct key_press p = { .key = KEY_CLICK };
		uint32_t what = next_random(&seed) % 16;

		if (what == 0)
			ui_frame(&u, random_frame(&seed, i));
		if (what == 1)
			canvas_resize(&u.canvas, (int)(next_random(&seed) % 320),
				      (int)(next_random(&seed) % 110));
		p.y = (int)(next_random(&seed) % 110);
		p.x = (int)(next_random(&seed) % 320);
		if (what == 2)
			(void)(u.mode == MODE_PROMPT ? prompt_key(&u, &p) : keys_press(&u, &p));
		else if (what < 8)
			press(&u, special[next_random(&seed) % ARRAY_LEN(special)]);
		else
			press(&u, ' ' + (int)(next_random(&seed) % 95));
		ui_draw(&u);
		assert_true(ui_view_state(&u)->row >= 0);
		assert_true(u.canvas.cursor_y < u.canvas.height);
		assert_true(u.canvas.cursor_y < 0 || u.canvas.cursor_x <= u.canvas.width);
	}
	ui_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_canvas_cuts_wide_characters_whole),
		cmocka_unit_test(the_canvas_escapes_what_others_chose),
		cmocka_unit_test(rows_stand_in_order_and_unknown_last),
		cmocka_unit_test(what_is_new_and_changed_is_marked),
		cmocka_unit_test(lists_of_objects_show_the_member_asked_for),
		cmocka_unit_test(no_key_means_two_things),
		cmocka_unit_test(the_help_names_every_key),
		cmocka_unit_test(the_selection_follows_its_process),
		cmocka_unit_test(a_frozen_table_stays_and_says_how_old_it_is),
		cmocka_unit_test(rows_of_another_view_or_filter_are_not_shown),
		cmocka_unit_test(a_bad_filter_is_shown_where_it_is_typed),
		cmocka_unit_test(a_line_is_edited_by_characters),
		cmocka_unit_test(searching_moves_and_esc_goes_back),
		cmocka_unit_test(the_interval_keeps_within_its_limits),
		cmocka_unit_test(clicks_do_what_stands_there),
		cmocka_unit_test(too_small_is_said_and_survived),
		cmocka_unit_test(batch_prints_every_row),
		cmocka_unit_test(random_use_breaks_nothing),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
