// SPDX-License-Identifier: MIT
#include "tui/history.h"

#include <math.h>
#include <string.h>

void history_add(struct history *h, const int64_t counts[static STATE_COUNT])
{
	for (int s = 0; s < STATE_COUNT; s++)
		h->count[s][h->next] = counts[s];
	h->next = (h->next + 1) % HISTORY_LENGTH;
	if (h->used < HISTORY_LENGTH)
		h->used++;
}

void history_clear(struct history *h)
{
	memset(h, 0, sizeof(*h));
}

/** The count BACK samples ago. */
static int64_t ago(const struct history *h, enum state state, unsigned back)
{
	return h->count[state][(h->next + HISTORY_LENGTH - 1 - back) % HISTORY_LENGTH];
}

/** The character for a count; anything above zero is seen. */
static const char *level(int64_t count, int64_t most, bool ascii)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const signs[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };

	if (count < 0)
		return "?";
	return (ascii ? signs : blocks)[count && most ? 1 + count * 7 / most : 0];
}

void history_draw(const struct history *h, enum state state, struct canvas *c, int y, int x,
		  int width)
{
	unsigned shown = h->used;
	int64_t most = 0;

	if (width <= 0)
		return;
	if (shown > (unsigned)width)
		shown = (unsigned)width;
	for (unsigned i = 0; i < shown; i++) {
		if (ago(h, state, i) > most)
			most = ago(h, state, i);
	}
	for (unsigned i = 0; i < shown; i++)
		canvas_text(c, y, x + width - 1 - (int)i, 1, ROLE_BAR,
			    level(ago(h, state, i), most, c->ascii));
}

void bar_draw(struct canvas *c, int y, int x, int width, double share)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int parts, full;

	if (!(share > 0) || width <= 0)
		return;
	if (share > 1)
		share = 1;
	parts = (int)lround(share * width * 8);
	/* What is there at all is seen. */
	if (!parts)
		parts = 1;
	full = c->ascii ? (parts + 7) / 8 : parts / 8;
	for (int i = 0; i < full; i++)
		canvas_text(c, y, x + i, 1, ROLE_BAR, c->ascii ? "#" : "█");
	if (!c->ascii && parts % 8)
		canvas_text(c, y, x + full, 1, ROLE_BAR, eighths[parts % 8]);
}
