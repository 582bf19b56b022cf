/* SPDX-License-Identifier: MIT */
/* A screen in memory: cells with a character and a role. Everything draws here; the terminal and
 * the batch log are two ways to look at it, so a frame can be a golden file. */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "base/attr.h"
#include "base/str.h"

/** What a piece of text is; what colour that has is the screen's business (screen.c). */
enum role {
	ROLE_PLAIN,
	/** The title line. */
	ROLE_TITLE,
	/** Names of numbers. */
	ROLE_LABEL,
	/** The numbers. */
	ROLE_NUMBER,
	/** Column headings, and the one that rows are ordered by. */
	ROLE_HEADING,
	ROLE_SORTED,
	/** Verdicts. */
	ROLE_OK,
	ROLE_INFO,
	ROLE_WARNING,
	ROLE_CRITICAL,
	/** The selected row; text that a search found. */
	ROLE_SELECTED,
	ROLE_FOUND,
	/** A row that was not there before, a cell that changed. */
	ROLE_NEW,
	ROLE_CHANGED,
	/** Bars and sparklines. */
	ROLE_BAR,
	/** A key in the bottom line, and what it does. */
	ROLE_KEY,
	ROLE_BUTTON,
	/** The view that is shown, and the others. */
	ROLE_TAB_HERE,
	ROLE_TAB,
	/** The banner of a frozen screen. */
	ROLE_BANNER,
	ROLE_COUNT
};

/** Characters of a cell: one and its combining marks. */
#define GLYPH_CHARS 3

/** One cell. A wide character fills the first of its two; the second has width 0. */
struct glyph {
	/** Ends with a NUL; empty where the cell belongs to the wide character before it. */
	wchar_t ch[GLYPH_CHARS + 1];
	/** Cells that it takes: 1, 2, or 0 (see above). */
	unsigned char width;
	/** enum role. */
	unsigned char role;
};

/** The screen. */
struct canvas {
	/** Rows of WIDTH cells. */
	struct glyph *cells;
	int width, height;
	/** The terminal shows nothing but ASCII: drawing characters are replaced, text is
	 *  escaped. */
	bool ascii;
	/** Where the cursor stands while text is typed; row -1 for none. */
	int cursor_y, cursor_x;
	/** Reused by canvas_data(). */
	struct str scratch;
};

/** Makes it WIDTH by HEIGHT (clamped to at least 1) and blank. */
NONNULL void canvas_resize(struct canvas *c, int width, int height);
/** Fills it with blanks of the plain role; the cursor goes away. */
NONNULL void canvas_clear(struct canvas *c);
/** Gives the memory back. */
NONNULL void canvas_free(struct canvas *c);

/** Writes TEXT (this program's own, valid UTF-8, printable) at row Y from column X, at most MAX
 *  cells; what does not fit is cut. Returns the column behind it. Outside of the screen it draws
 *  nothing. */
NONNULL int canvas_text(struct canvas *c, int y, int x, int max, enum role role, const char *text);

/** The same for TEXT that somebody else chose: escaped; where it is cut, the last cell says so. */
NONNULL int canvas_data(struct canvas *c, int y, int x, int max, enum role role, const char *text);

/** Formatted canvas_text(); for numbers and this program's own words. */
PRINTF(6, 7) int canvas_format(struct canvas *c, int y, int x, int max, enum role role,
			       const char *fmt, ...);

/** Cells that canvas_data() needs for all of TEXT. */
NODISCARD NONNULL int canvas_data_width(struct canvas *c, const char *text);

/** Gives WIDTH cells another role and leaves their characters. */
NONNULL void canvas_paint(struct canvas *c, int y, int x, int width, enum role role);

/** Fills WIDTH cells with blanks of a role. */
NONNULL void canvas_blank(struct canvas *c, int y, int x, int width, enum role role);

/** The cell at Y, X; NULL outside of the screen. */
NONNULL struct glyph *canvas_at(const struct canvas *c, int y, int x);

/** Appends row Y as UTF-8 without the blanks at its end. */
NONNULL void canvas_line(const struct canvas *c, int y, struct str *out);

#endif
