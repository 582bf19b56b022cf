// SPDX-License-Identifier: MIT
/* The loop: waits for keys, frames and signals, and draws when something changed. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/term.h"
#include "tui/ui.h"

/** How often a lost or regained terminal is looked for when nothing else happens, ms. */
#define LOOK_EVERY 500

/** Does what a set of reactions asks for, but drawing. */
static void react(struct ui *u, unsigned reactions)
{
	if (reactions & REACT_ROWS)
		ui_rebuild(u);
	if (reactions & REACT_WISH)
		u->feed->want(u->feed->arg, &u->wish);
}

static unsigned read_keys(struct ui *u)
{
	struct key_press press;
	unsigned all = 0;

	while (screen_key(&press)) {
		unsigned r = u->mode == MODE_PROMPT ? prompt_key(u, &press) : keys_press(u, &press);

		/* The next key may lean on what this one asked for. */
		react(u, r);
		all |= r;
		if (r & REACT_QUIT)
			break;
	}
	return all;
}

static unsigned read_frames(struct ui *u)
{
	struct tui_frame *frame = u->feed->take(u->feed->arg);

	return frame ? ui_frame(u, frame) : REACT_NOTHING;
}

/** Our process group went to the background or came back. */
static unsigned set_away(struct ui *u, bool away)
{
	if (away == u->away)
		return REACT_NOTHING;
	u->away = away;
	u->wish.idle = away;
	u->feed->want(u->feed->arg, &u->wish);
	if (away) {
		/* The terminal is somebody else's now: not one byte more. */
		term_active(false);
		return REACT_NOTHING;
	}
	screen_resume();
	return REACT_DRAW | REACT_ANEW;
}

static unsigned read_signals(struct ui *u)
{
	unsigned all = 0;
	enum term_event event;

	while ((event = term_next()) != TERM_NOTHING) {
		switch (event) {
		case TERM_LEAVE:
			return REACT_QUIT;
		case TERM_STOP:
			if (!u->away)
				screen_pause();
			term_suspend();
			/* Continued, by whom and where is to be seen. */
			u->away = true;
			all |= REACT_DRAW;
			break;
		case TERM_CONTINUED:
			if (!u->away && term_foreground()) {
				screen_resume();
				all |= REACT_DRAW | REACT_ANEW;
			}
			break;
		default:
			all |= REACT_DRAW;
			break;
		}
	}
	return all;
}

static void draw(struct ui *u, bool anew)
{
	int width, height;

	screen_size(&width, &height);
	if (width != u->canvas.width || height != u->canvas.height) {
		canvas_resize(&u->canvas, width, height);
		if (u->mode == MODE_PAGE)
			page_again(u);
	}
	ui_draw(u);
	screen_show(&u->canvas, anew);
}

/** Waits until something happens; what that asks for. */
static unsigned wait_event(struct ui *u)
{
	struct pollfd fd[] = {
		{ .fd = u->away ? -1 : STDIN_FILENO, .events = POLLIN },
		{ .fd = term_fd(), .events = POLLIN },
		{ .fd = u->feed->fd, .events = POLLIN },
	};
	unsigned all = 0;
	int n = poll(fd, 3, LOOK_EVERY);

	if (n < 0 && errno != EINTR)
		return REACT_QUIT;
	if (term_gone())
		return REACT_QUIT;
	all |= read_signals(u);
	all |= set_away(u, !term_foreground());
	if (all & REACT_QUIT || u->away)
		return all & ~(unsigned)REACT_DRAW;
	all |= read_frames(u);
	all |= read_keys(u);
	return all;
}

static bool resized(const struct ui *u)
{
	int width, height;

	screen_size(&width, &height);
	return width != u->canvas.width || height != u->canvas.height;
}

static void run(struct ui *u)
{
	unsigned reactions = REACT_DRAW | REACT_ANEW;

	u->feed->want(u->feed->arg, &u->wish);
	while (!(reactions & REACT_QUIT)) {
		if (!u->away && (reactions & REACT_DRAW || resized(u)))
			draw(u, reactions & REACT_ANEW);
		reactions = wait_event(u);
	}
}

bool tui_possible(struct str *why)
{
	term_distrust_environment();
	return screen_possible(why);
}

int tui_run(struct tui_config *config, const struct tui_feed *feed, struct str *why)
{
	struct ui u;
	int ret = term_take();

	if (ret) {
		str_addf(why, "the terminal cannot be set up: %s", strerror(-ret));
		return ret;
	}
	ui_init(&u, config, feed);
	ret = screen_start(config->color, config->mouse, why);
	if (!ret) {
		u.mouse = config->mouse;
		run(&u);
		screen_stop(!u.away);
	}
	term_release();
	config->wish = u.wish;
	ui_free(&u);
	return ret;
}
