// SPDX-License-Identifier: MIT
/* Batch mode: the same screen as lines of a log. */
#include <stdlib.h>

#include "base/alloc.h"
#include "tui/ui.h"

/** Lines that a frame has beside its rows: header, states, filter, tab, heading, findings. */
#define OTHER_LINES 64

struct tui_batch {
	struct ui ui;
	int width;
};

struct tui_batch *tui_batch_new(const struct tui_config *config, int width)
{
	struct tui_batch *b = xcalloc(1, sizeof(*b));

	ui_init(&b->ui, config, NULL);
	b->ui.batch = true;
	b->width = width < UI_MIN_WIDTH ? UI_MIN_WIDTH : width;
	return b;
}

void tui_batch_add(struct tui_batch *b, struct tui_frame *frame, struct str *out)
{
	struct ui *u = &b->ui;
	int last;

	/* A blank line between frames. */
	if (u->latest)
		str_addc(out, '\n');
	ui_frame(u, frame);
	canvas_resize(&u->canvas, b->width, (int)u->rows.count + OTHER_LINES);
	ui_draw(u);
	for (last = u->canvas.height - 1; last > 0; last--) {
		size_t before = out->len;

		canvas_line(&u->canvas, last, out);
		if (out->len > before) {
			out->len = before;
			break;
		}
	}
	for (int y = 0; y <= last; y++) {
		canvas_line(&u->canvas, y, out);
		str_addc(out, '\n');
	}
}

void tui_batch_free(struct tui_batch *b)
{
	if (!b)
		return;
	ui_free(&b->ui);
	free(b);
}
