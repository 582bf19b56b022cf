/* SPDX-License-Identifier: MIT */
/* The terminal through curses: the only file that knows it. Shows a canvas, reads keys. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"
#include "tui/canvas.h"

/** Keys that are no character, above all of Unicode. */
enum key {
	KEY_NOTHING = 0x200000,
	KEY_GO_UP,
	KEY_GO_DOWN,
	KEY_GO_LEFT,
	KEY_GO_RIGHT,
	KEY_GO_PAGE_UP,
	KEY_GO_PAGE_DOWN,
	KEY_GO_HOME,
	KEY_GO_END,
	KEY_BACK_TAB,
	KEY_ERASE,
	KEY_DELETE,
	KEY_CLICK,
	KEY_WHEEL_UP,
	KEY_WHEEL_DOWN,
	/** Function key N is KEY_FN + N. */
	KEY_FN = 0x200100,
};

/** Characters of Ctrl and a letter, and the others that have no name of their own. */
#define KEY_CTRL(C) ((C) & 0x1f)
#define KEY_TAB '\t'
#define KEY_RETURN '\r'
#define KEY_ESCAPE 0x1b

/** A key press or a mouse event. */
struct key_press {
	/** A character (Unicode) or an enum key. */
	int key;
	/** KEY_CLICK: where. */
	int y, x;
};

/** True where standard input and output are a terminal that can be drawn on; else one sentence in
 *  WHY. Writes nothing. */
NODISCARD NONNULL bool screen_possible(struct str *why);

/** Starts curses. COLOR: colours where the terminal has them. 0, or -EINVAL with WHY. */
NODISCARD NONNULL int screen_start(bool color, bool mouse, struct str *why);
/** Gives the terminal back in good order. OURS false: it is somebody else's already (we are in the
 *  background), not one byte goes there. */
void screen_stop(bool ours);
/** The same for a while (suspension), and the way back: everything is drawn anew. */
void screen_pause(void);
void screen_resume(void);

/** The terminal's size, asked of it each time. */
NONNULL void screen_size(int *width, int *height);

/** Shows C; only what differs from the last time goes to the terminal. ANEW: everything (something
 *  else wrote there). */
NONNULL void screen_show(const struct canvas *c, bool anew);

/** The next key that waits; false where none does. Never blocks for longer than an escape sequence
 *  takes to arrive. */
NODISCARD NONNULL bool screen_key(struct key_press *press);

/** Mouse reports on or off; returns whether they are on. */
bool screen_mouse(bool on);

/** A key's name for people ("F1", "Ctrl-L", "PgDn", "j"), appended. */
NONNULL void screen_key_name(int key, struct str *out);

#endif
