/* SPDX-License-Identifier: MIT */
/* The terminal as a thing that must be given back: signals, suspension, crashes, hang-ups. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/** What a signal asked of the loop. */
enum term_event {
	TERM_NOTHING,
	/** Leave: INT, TERM, HUP, QUIT. */
	TERM_LEAVE,
	/** Give the terminal back and stop (TSTP). */
	TERM_STOP,
	/** Stopped and continued: everything must be drawn again (CONT). */
	TERM_CONTINUED,
	/** The size may be another (WINCH). */
	TERM_RESIZED,
};

/** Before anything else looks at the environment: with more privilege than the caller
 *  (AT_SECURE), forgets the variables through which a caller chooses terminal descriptions and
 *  files. */
void term_distrust_environment(void);

/** Keeps the terminal's settings and takes the signals: from now on TERM, HUP, INT, QUIT, a crash
 *  and a lack of memory give the terminal back. Signals that were ignored stay so, apart from those
 *  of a crash. 0 or -errno. */
NODISCARD int term_take(void);

/** What has to be written so that the terminal shows again what it did before (N bytes; at most 256
 *  are kept). */
NONNULL void term_set_farewell(const char *bytes, size_t n);

/** The program's screen is up (true), or the terminal is already as it was (false): whether a
 *  signal has something to give back. */
void term_active(bool active);

/** Gives the signals back. */
void term_release(void);

/** Readable while a signal waits: for poll(2). */
int term_fd(void);

/** The next thing that a signal asked for. */
enum term_event term_next(void);

/** Stops this process as the terminal's suspend key would; returns when it goes on. */
void term_suspend(void);

/** True while the terminal is ours: our process group is in its foreground, or it has none. */
bool term_foreground(void);

/** True where the terminal is gone (hung up). */
bool term_gone(void);

#endif
