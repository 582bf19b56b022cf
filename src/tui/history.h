/* SPDX-License-Identifier: MIT */
/* The last samples' counts by state, for sparklines. */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/state.h"
#include "tui/canvas.h"

/** Samples remembered. */
#define HISTORY_LENGTH 60

/** A ring of counts. Zeroed it is empty and ready. */
struct history {
	int64_t count[STATE_COUNT][HISTORY_LENGTH];
	/** Where the next sample goes, and how many there are. */
	unsigned next, used;
};

/** Remembers one sample (-1: unknown). */
NONNULL void history_add(struct history *h, const int64_t counts[static STATE_COUNT]);
/** Forgets everything. */
NONNULL void history_clear(struct history *h);

/** Draws the last WIDTH samples of STATE, the newest at the right. The full height is the greatest
 *  count of them. */
NONNULL void history_draw(const struct history *h, enum state state, struct canvas *c, int y, int x,
			  int width);

/** Draws a bar of SHARE (0..1) of WIDTH cells. */
NONNULL void bar_draw(struct canvas *c, int y, int x, int width, double share);

#endif
