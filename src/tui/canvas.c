// SPDX-License-Identifier: MIT
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"

void canvas_clear(struct canvas *c)
{
	size_t n = (size_t)c->width * (size_t)c->height;

	memset(c->cells, 0, n * sizeof(*c->cells));
	for (size_t i = 0; i < n; i++) {
		c->cells[i].ch[0] = L' ';
		c->cells[i].width = 1;
	}
	c->cursor_y = -1;
}

void canvas_resize(struct canvas *c, int width, int height)
{
	c->width = width < 1 ? 1 : width;
	c->height = height < 1 ? 1 : height;
	c->cells = xreallocarray(c->cells, (size_t)c->width * (size_t)c->height, sizeof(*c->cells));
	canvas_clear(c);
}

void canvas_free(struct canvas *c)
{
	free(c->cells);
	str_free(&c->scratch);
	memset(c, 0, sizeof(*c));
}

struct glyph *canvas_at(const struct canvas *c, int y, int x)
{
	if (y < 0 || x < 0 || y >= c->height || x >= c->width)
		return NULL;
	return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

/** Puts a character of WIDTH cells at Y, X. Half of a wide character that it cuts becomes blank. */
static void put(struct canvas *c, int y, int x, wchar_t ch, int width, enum role role)
{
	struct glyph *cell = canvas_at(c, y, x), *behind = canvas_at(c, y, x + width);

	if (!cell)
		return;
	if (!cell->width && x > 0) {
		cell[-1].ch[0] = L' ';
		cell[-1].width = 1;
	}
	if (behind && !behind->width) {
		behind->ch[0] = L' ';
		behind->width = 1;
	}
	memset(cell->ch, 0, sizeof(cell->ch));
	cell->ch[0] = ch;
	cell->width = (unsigned char)width;
	cell->role = (unsigned char)role;
	if (width == 2) {
		memset(&cell[1], 0, sizeof(*cell));
		cell[1].role = (unsigned char)role;
	}
}

/** Adds a combining mark to the character that ends at column X; one too many is dropped. */
static void combine(struct canvas *c, int y, int x, wchar_t mark)
{
	struct glyph *cell = canvas_at(c, y, x);

	if (cell && !cell->width)
		cell--;
	if (!cell)
		return;
	for (size_t i = 1; i < GLYPH_CHARS; i++) {
		if (!cell->ch[i]) {
			cell->ch[i] = mark;
			return;
		}
	}
}

/** Cells of a character; what the C library does not know takes one. */
static int cells_of(uint32_t cp)
{
	int w = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);

	return w < 0 || w > 2 ? 1 : w;
}

int canvas_text(struct canvas *c, int y, int x, int max, enum role role, const char *text)
{
	size_t n = strlen(text);
	int end = max > c->width - x ? c->width : x + max, start = x;

	if (y < 0 || y >= c->height || x < 0)
		return x;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(text + i, n - i, &cp);
		int w = cells_of(cp);

		i += len ? len : 1;
		if (!w) {
			if (x > start)
				combine(c, y, x - 1, (wchar_t)cp);
			continue;
		}
		if (x + w > end)
			break;
		put(c, y, x, (wchar_t)cp, w, role);
		x += w;
	}
	return x;
}

static int text_cells(const char *text)
{
	size_t n = strlen(text);
	int width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(text + i, n - i, &cp);

		width += cells_of(cp);
		i += len ? len : 1;
	}
	return width;
}

int canvas_data_width(struct canvas *c, const char *text)
{
	str_reset(&c->scratch);
	escape_text(&c->scratch, text, strlen(text), c->ascii);
	return text_cells(str_text(&c->scratch));
}

int canvas_data(struct canvas *c, int y, int x, int max, enum role role, const char *text)
{
	int width = canvas_data_width(c, text), at;

	if (max > c->width - x)
		max = c->width - x;
	if (width <= max || max < 1)
		return canvas_text(c, y, x, max, role, str_text(&c->scratch));
	at = canvas_text(c, y, x, max - 1, role, str_text(&c->scratch));
	return canvas_text(c, y, at, 1, role, c->ascii ? "~" : "…");
}

int canvas_format(struct canvas *c, int y, int x, int max, enum role role, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return canvas_text(c, y, x, max, role, text);
}

void canvas_paint(struct canvas *c, int y, int x, int width, enum role role)
{
	for (int i = 0; i < width; i++) {
		struct glyph *cell = canvas_at(c, y, x + i);

		if (cell)
			cell->role = (unsigned char)role;
	}
}

void canvas_blank(struct canvas *c, int y, int x, int width, enum role role)
{
	for (int i = 0; i < width && x + i < c->width; i++)
		put(c, y, x + i, L' ', 1, role);
}

/** Appends one character as UTF-8. */
static void add_utf8(struct str *out, uint32_t cp)
{
	if (cp < 0x80) {
		str_addc(out, (char)cp);
	} else if (cp < 0x800) {
		str_addc(out, (char)(0xc0 | cp >> 6));
		str_addc(out, (char)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		str_addc(out, (char)(0xe0 | cp >> 12));
		str_addc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
		str_addc(out, (char)(0x80 | (cp & 0x3f)));
	} else {
		str_addc(out, (char)(0xf0 | cp >> 18));
		str_addc(out, (char)(0x80 | (cp >> 12 & 0x3f)));
		str_addc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
		str_addc(out, (char)(0x80 | (cp & 0x3f)));
	}
}

void canvas_line(const struct canvas *c, int y, struct str *out)
{
	const struct glyph *row = canvas_at(c, y, 0);
	int last = c->width - 1;

	if (!row)
		return;
	while (last >= 0 && row[last].width == 1 && row[last].ch[0] == L' ' && !row[last].ch[1])
		last--;
	for (int x = 0; x <= last; x++) {
		for (size_t i = 0; row[x].ch[i]; i++)
			add_utf8(out, (uint32_t)row[x].ch[i]);
	}
}
