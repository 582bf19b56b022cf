// SPDX-License-Identifier: MIT
#include "tui/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Their lines() and the like stay theirs. */
#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "tui/term.h"

/** How a role looks: with colours, and without. */
static const struct look {
	short fore, back;
	attr_t color, mono;
} looks[ROLE_COUNT] = {
	[ROLE_PLAIN] = { -1, -1, A_NORMAL, A_NORMAL },
	[ROLE_TITLE] = { -1, -1, A_REVERSE, A_REVERSE },
	[ROLE_LABEL] = { COLOR_CYAN, -1, A_NORMAL, A_NORMAL },
	[ROLE_NUMBER] = { -1, -1, A_BOLD, A_BOLD },
	[ROLE_HEADING] = { COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE },
	[ROLE_SORTED] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD },
	[ROLE_OK] = { COLOR_GREEN, -1, A_NORMAL, A_NORMAL },
	[ROLE_INFO] = { COLOR_CYAN, -1, A_NORMAL, A_NORMAL },
	[ROLE_WARNING] = { COLOR_YELLOW, -1, A_BOLD, A_BOLD },
	[ROLE_CRITICAL] = { COLOR_RED, -1, A_BOLD, A_BOLD | A_UNDERLINE },
	[ROLE_SELECTED] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
	[ROLE_FOUND] = { COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_UNDERLINE },
	[ROLE_NEW] = { COLOR_GREEN, -1, A_BOLD, A_BOLD },
	[ROLE_CHANGED] = { -1, -1, A_BOLD, A_BOLD },
	[ROLE_BAR] = { COLOR_BLUE, -1, A_BOLD, A_NORMAL },
	[ROLE_KEY] = { -1, -1, A_BOLD, A_BOLD },
	[ROLE_BUTTON] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
	[ROLE_TAB_HERE] = { COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE },
	[ROLE_TAB] = { -1, -1, A_NORMAL, A_NORMAL },
	[ROLE_BANNER] = { COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_REVERSE | A_BOLD },
};

/** Our key for one of curses'. */
static const struct {
	int curses, ours;
} special_keys[] = {
	{ KEY_UP, KEY_GO_UP },		{ KEY_DOWN, KEY_GO_DOWN },
	{ KEY_LEFT, KEY_GO_LEFT },	{ KEY_RIGHT, KEY_GO_RIGHT },
	{ KEY_PPAGE, KEY_GO_PAGE_UP },	{ KEY_NPAGE, KEY_GO_PAGE_DOWN },
	{ KEY_HOME, KEY_GO_HOME },	{ KEY_END, KEY_GO_END },
	{ KEY_BTAB, KEY_BACK_TAB },	{ KEY_BACKSPACE, KEY_ERASE },
	{ KEY_DC, KEY_DELETE },		{ KEY_ENTER, KEY_RETURN },
};

/** What some terminals send although terminfo says otherwise: cursor keys in the other of their two
 *  modes. */
static const struct {
	const char *sequence;
	int curses;
} more_sequences[] = {
	{ "\033[A", KEY_UP },   { "\033[B", KEY_DOWN },  { "\033[C", KEY_RIGHT },
	{ "\033[D", KEY_LEFT }, { "\033[H", KEY_HOME },  { "\033[F", KEY_END },
	{ "\033OA", KEY_UP },   { "\033OB", KEY_DOWN },  { "\033OC", KEY_RIGHT },
	{ "\033OD", KEY_LEFT }, { "\033OH", KEY_HOME },  { "\033OF", KEY_END },
	{ "\033[1~", KEY_HOME }, { "\033[4~", KEY_END },
};

/** Names of keys; characters that print are their own. */
static const struct {
	int key;
	const char *name;
} key_names[] = {
	{ KEY_GO_UP, "Up" },	   { KEY_GO_DOWN, "Down" },	  { KEY_GO_LEFT, "Left" },
	{ KEY_GO_RIGHT, "Right" }, { KEY_GO_PAGE_UP, "PgUp" },	  { KEY_GO_PAGE_DOWN, "PgDn" },
	{ KEY_GO_HOME, "Home" },   { KEY_GO_END, "End" },	  { KEY_BACK_TAB, "Shift-Tab" },
	{ KEY_ERASE, "Backspace" }, { KEY_DELETE, "Delete" },	  { KEY_CLICK, "click" },
	{ KEY_WHEEL_UP, "wheel up" }, { KEY_WHEEL_DOWN, "wheel down" }, { KEY_TAB, "Tab" },
	{ KEY_RETURN, "Enter" },   { KEY_ESCAPE, "Esc" },	  { ' ', "Space" },
};

/* curses has one terminal, and so have we. */
static struct {
	SCREEN *screen;
	/* Keys are read from a pad: reading from the screen's own window would draw it. */
	WINDOW *keys;
	bool colors, mouse;
	struct glyph *shown;
	int width, height;
	cchar_t *line;
} term;

void screen_key_name(int key, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
		if (key_names[i].key == key) {
			str_add(out, key_names[i].name);
			return;
		}
	}
	if (key >= KEY_FN)
		str_addf(out, "F%d", key - KEY_FN);
	else if (key < ' ')
		str_addf(out, "Ctrl-%c", key + '@');
	else
		str_addc(out, (char)key);
}

bool screen_possible(struct str *why)
{
	const char *name = getenv("TERM");
	int error = 0;
	const char *cup;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		str_addf(why, "standard %s is no terminal",
			 isatty(STDIN_FILENO) ? "output" : "input");
		return false;
	}
	if (!name || !*name) {
		str_add(why, "TERM is not set");
		return false;
	}
	if (setupterm(name, STDOUT_FILENO, &error) != OK) {
		str_add(why, "unknown terminal type '");
		escape_text(why, name, strlen(name), false);
		str_add(why, "'");
		return false;
	}
	cup = tigetstr("cup");
	if (!cup || cup == (char *)-1) {
		str_add(why, "a terminal of type '");
		escape_text(why, name, strlen(name), false);
		str_add(why, "' cannot move its cursor");
		return false;
	}
	return true;
}

static struct str farewell;

static int add_farewell(int c)
{
	str_addc(&farewell, (char)c);
	return c;
}

/** Collects what gives the terminal back: written by hand after a crash, when curses cannot be
 *  trusted any more. */
static void prepare_farewell(void)
{
	static const char *const names[] = { "sgr0", "op", "rmkx", "rmcup", "cnorm" };

	str_reset(&farewell);
	str_add(&farewell, "\033[?1006l\033[?1003l\033[?1002l\033[?1000l");
	if (!term.mouse)
		str_reset(&farewell);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *cap = tigetstr(names[i]);

		if (cap && cap != (char *)-1)
			tputs(cap, 1, add_farewell);
	}
	term_set_farewell(str_text(&farewell), farewell.len);
}

static void start_colors(bool color)
{
	term.colors = color && has_colors() && start_color() == OK && COLOR_PAIRS > ROLE_COUNT;
	if (!term.colors)
		return;
	/* The terminal's own background, so that dark and light ones both work. */
	if (use_default_colors() != OK)
		assume_default_colors(COLOR_WHITE, COLOR_BLACK);
	for (int role = 1; role < ROLE_COUNT; role++)
		init_pair((short)role, looks[role].fore, looks[role].back);
}

bool screen_mouse(bool on)
{
	mmask_t wanted = BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED;

	/* curses sends the sequences for any terminal with kmous; others have no mouse. */
	term.mouse = mousemask(on ? wanted : 0, NULL) != 0;
	mouseinterval(0);
	prepare_farewell();
	return term.mouse;
}

int screen_start(bool color, bool mouse, struct str *why)
{
	/* Escape alone is a key: tell it from a sequence soon. */
	set_escdelay(25);
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen) {
		str_add(why, "the terminal cannot be set up");
		return -EINVAL;
	}
	term_active(true);
	prepare_farewell();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	leaveok(stdscr, FALSE);
	start_colors(color);
	term.keys = newpad(1, 1);
	if (term.keys) {
		keypad(term.keys, TRUE);
		nodelay(term.keys, TRUE);
	}
	for (size_t i = 0; i < ARRAY_LEN(more_sequences); i++) {
		if (!key_defined(more_sequences[i].sequence))
			define_key(more_sequences[i].sequence, more_sequences[i].curses);
	}
	screen_mouse(mouse);
	return 0;
}

void screen_pause(void)
{
	endwin();
	term_active(false);
}

void screen_resume(void)
{
	term_active(true);
	reset_prog_mode();
	clearok(curscr, TRUE);
	if (term.mouse)
		screen_mouse(true);
}

void screen_stop(bool ours)
{
	if (!term.screen)
		return;
	if (ours) {
		screen_mouse(false);
		endwin();
	}
	term_active(false);
	if (term.keys)
		delwin(term.keys);
	delscreen(term.screen);
	free(term.shown);
	free(term.line);
	str_free(&farewell);
	memset(&term, 0, sizeof(term));
}

void screen_size(int *width, int *height)
{
	struct winsize size;

	*width = 80;
	*height = 24;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
		*width = size.ws_col;
		*height = size.ws_row;
	}
}

/** Makes room for another size; true where it was another. */
static bool fit(int width, int height)
{
	if (term.width == width && term.height == height)
		return false;
	resizeterm(height, width);
	term.width = width;
	term.height = height;
	term.shown = xreallocarray(term.shown, (size_t)width * (size_t)height, sizeof(*term.shown));
	term.line = xreallocarray(term.line, (size_t)width, sizeof(*term.line));
	return true;
}

static void show_row(const struct canvas *c, int y)
{
	int n = 0;

	for (int x = 0; x < c->width; x++) {
		const struct glyph *cell = canvas_at(c, y, x);
		const struct look *look = &looks[cell->role];
		bool colored = term.colors && cell->role;

		if (!cell->width)
			continue;
		setcchar(&term.line[n++], cell->ch, term.colors ? look->color : look->mono,
			 (short)(colored ? cell->role : 0), NULL);
	}
	mvadd_wchnstr(y, 0, term.line, n);
}

void screen_show(const struct canvas *c, bool anew)
{
	bool all = fit(c->width, c->height) || anew;
	size_t row = (size_t)c->width * sizeof(struct glyph);

	if (anew)
		clearok(curscr, TRUE);
	for (int y = 0; y < c->height; y++) {
		struct glyph *shown = term.shown + (size_t)y * (size_t)c->width;

		if (!all && !memcmp(shown, canvas_at(c, y, 0), row))
			continue;
		memcpy(shown, canvas_at(c, y, 0), row);
		show_row(c, y);
	}
	curs_set(c->cursor_y >= 0);
	if (c->cursor_y >= 0)
		move(c->cursor_y, c->cursor_x);
	wnoutrefresh(stdscr);
	doupdate();
}

/** Our press for one of curses' mouse events; false where it means nothing here. */
static bool mouse_press(struct key_press *press)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return false;
	press->y = event.y;
	press->x = event.x;
	if (event.bstate & BUTTON4_PRESSED)
		press->key = KEY_WHEEL_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		press->key = KEY_WHEEL_DOWN;
	else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
		press->key = KEY_CLICK;
	else
		return false;
	return true;
}

/** Our key for curses' CODE. */
static int special_key(int code)
{
	if (code > KEY_F0 && code <= KEY_F(12))
		return KEY_FN + code - KEY_F0;
	for (size_t i = 0; i < ARRAY_LEN(special_keys); i++) {
		if (special_keys[i].curses == code)
			return special_keys[i].ours;
	}
	return KEY_NOTHING;
}

bool screen_key(struct key_press *press)
{
	wint_t c = 0;
	int kind = term.keys ? wget_wch(term.keys, &c) : ERR;

	*press = (struct key_press){ .key = (int)c };
	if (kind == ERR)
		return false;
	if (kind == KEY_CODE_YES && (int)c == KEY_MOUSE) {
		if (!mouse_press(press))
			press->key = KEY_NOTHING;
	} else if (kind == KEY_CODE_YES) {
		press->key = special_key((int)c);
	} else if (c == '\n') {
		press->key = KEY_RETURN;
	} else if (c == 0x7f || c == '\b') {
		press->key = KEY_ERASE;
	}
	return true;
}
