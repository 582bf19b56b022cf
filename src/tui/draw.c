// SPDX-License-Identifier: MIT
/* The screen as a whole: header, table or page, bottom line. */
#include "base/num.h"
#include "tui/ui.h"

#include <stdio.h>
#include <string.h>

void ui_zone(struct ui *u, int y, int x0, int x1, int kind, long arg)
{
	struct zone *z = vec_push(&u->zones);

	*z = (struct zone){ .y = y, .x0 = x0, .x1 = x1, .arg = arg };
	z->kind = (enum zone_kind)kind;
}

/** Rows that the answer has beyond those that it holds. */
static int64_t rows_left_out(const struct ui *u)
{
	if (!u->rows.view || !u->shown || !u->shown->body)
		return 0;
	return value_int(u->shown->body->report.root, "more", 0);
}

/** How much could not be seen and where in the table the selection is, at the right end of the
 *  bottom line; returns the cell in front of it. */
static int draw_place(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	size_t notes = u->latest ? u->latest->header.note_count : 0;
	int64_t more = rows_left_out(u);
	struct str text = { 0 };
	int x;

	if (notes)
		str_addf(&text, "! %zu note%s ", notes, num_word(notes, "", "s"));
	if (u->rows.count && u->mode != MODE_PAGE) {
		str_addf(&text, " %ld/%zu", ui_view_state(u)->row + 1, u->rows.count);
		if (more > 0)
			str_addf(&text, " and %lld more", (long long)more);
	}
	x = c->width - (int)text.len;
	canvas_text(c, y, x, (int)text.len, ROLE_LABEL, str_text(&text));
	if (notes)
		ui_zone(u, y, x, x + 8, ZONE_KEY, '!');
	str_free(&text);
	return x - 1;
}

/** The bottom line: what was said last, or keys and what they do. */
static void draw_bottom(struct ui *u, int y)
{
	struct canvas *c = &u->canvas;
	struct str name = { 0 };
	int x = 0, end;

	if (u->message.len) {
		canvas_data(c, y, 0, c->width, ROLE_WARNING, str_text(&u->message));
		return;
	}
	end = draw_place(u, y);
	for (const struct key_row *row = key_table; row->act; row++) {
		unsigned scope = u->mode == MODE_PAGE ? SCOPE_PAGE : SCOPE_TABLE;
		int x0 = x, need;

		if (!row->button || !(row->scope & scope) || !keys_apply(u, row))
			continue;
		str_reset(&name);
		screen_key_name(row->keys[0], &name);
		need = (int)(name.len + strlen(row->button)) + 1;
		if (x + need > end)
			break;
		x = canvas_text(c, y, x, c->width - x, ROLE_KEY, str_text(&name));
		x = canvas_text(c, y, x, c->width - x, ROLE_BUTTON, row->button);
		ui_zone(u, y, x0, x, ZONE_KEY, row->keys[0]);
		x++;
	}
	str_free(&name);
}

static void draw_too_small(struct ui *u)
{
	struct canvas *c = &u->canvas;

	canvas_format(c, 0, 0, c->width, ROLE_PLAIN, "too small: %dx%d", c->width, c->height);
	canvas_format(c, 1, 0, c->width, ROLE_PLAIN, "needs %dx%d", UI_MIN_WIDTH, UI_MIN_HEIGHT);
	canvas_text(c, 2, 0, c->width, ROLE_PLAIN, "q leaves");
}

void ui_draw(struct ui *u)
{
	struct canvas *c = &u->canvas;
	int y;

	canvas_clear(c);
	vec_reset(&u->zones);
	if (c->width < UI_MIN_WIDTH || c->height < UI_MIN_HEIGHT) {
		draw_too_small(u);
		return;
	}
	y = header_draw(u);
	if (u->mode == MODE_PAGE)
		page_draw(u, y, c->height - 1);
	else
		table_draw(u, y, c->height - !u->batch);
	if (u->batch)
		return;
	if (u->mode == MODE_PROMPT)
		prompt_draw(u, c->height - 1);
	else
		draw_bottom(u, c->height - 1);
}
