// SPDX-License-Identifier: MIT
#include "render/lines.h"

#include <string.h>
#include <wchar.h>

#include "base/escape.h"

size_t lines_width(const char *s, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		int w = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);

		width += w < 0 ? 1 : (size_t)w;
		i += len ? len : 1;
	}
	return width;
}

static enum unit unit_named(const char *name, size_t n)
{
	static const struct { const char *name; enum unit unit; } units[] = {
		{ "count", UNIT_COUNT }, { "seconds", UNIT_SECONDS }, { "ratio", UNIT_RATIO },
		{ "rate", UNIT_RATE }, { "bytes", UNIT_BYTES }, { "verdict", UNIT_VERDICT },
		{ "spark", UNIT_SPARK },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
			return units[i].unit;
	}
	return UNIT_NONE;
}

/** A placeholder: "{path}" or "{path:unit}". */
struct hole {
	char path[64];
	enum unit unit;
	/** Bytes of the placeholder in the template. */
	size_t len;
};

/** Reads the placeholder at S (on its '{'). False where it is none. */
static bool read_hole(const char *s, size_t n, struct hole *h)
{
	const char *end = memchr(s, '}', n), *colon;
	size_t len;

	if (!end)
		return false;
	h->len = (size_t)(end - s) + 1;
	colon = memchr(s, ':', h->len);
	len = (size_t)((colon ? colon : end) - s) - 1;
	if (len >= sizeof(h->path))
		return false;
	memcpy(h->path, s + 1, len);
	h->path[len] = '\0';
	h->unit = colon ? unit_named(colon + 1, (size_t)(end - colon) - 1) : UNIT_NONE;
	return true;
}

static void add_hole(struct str *out, const struct value *v, const struct hole *h,
		     const struct render_options *opt)
{
	const char *color = "";

	if (h->unit == UNIT_VERDICT && opt->color && v->kind == VALUE_TEXT)
		color = verdict_color(v->text);
	str_add(out, color);
	text_add_value(out, v, h->unit, opt, true);
	if (*color)
		str_add(out, ANSI_RESET);
}

/** One line of the template with array placeholders at their ELEMENT-th element. False where it is
 *  to be left out; *MORE where an array has further elements. */
static bool fill_line(struct str *out, const char *s, size_t n, const struct value *row,
		      size_t element, bool *more, const struct render_options *opt)
{
	struct hole h;

	for (size_t i = 0; i < n; i++) {
		const struct value *v;

		if (s[i] != '{' || !read_hole(s + i, n - i, &h)) {
			str_addc(out, s[i]);
			continue;
		}
		v = value_at(row, h.path);
		if (v && v->kind == VALUE_ARRAY && h.unit != UNIT_SPARK) {
			*more = element + 1 < v->children.count;
			v = value_index(v, element);
		}
		if (!v || v->kind == VALUE_NULL)
			return false;
		add_hole(out, v, &h, opt);
		i += h.len - 1;
	}
	return true;
}

/** Bytes of the ANSI sequence at S, 0 where there is none. */
static size_t ansi_length(const char *s, size_t n)
{
	const char *end = n > 1 && s[0] == '\033' ? memchr(s, 'm', n) : NULL;

	return end ? (size_t)(end - s) + 1 : 0;
}

/** Bytes of S that fit into WIDTH cells, up to a blank where there is one; all where it fits. */
static size_t fitting(const char *s, size_t n, size_t width)
{
	size_t cells = 0, blank = 0, step;

	for (size_t i = 0; i < n; i += step) {
		uint32_t cp;
		size_t len;

		step = ansi_length(s + i, n - i);
		if (step)
			continue;
		len = utf8_decode(s + i, n - i, &cp);
		step = len ? len : 1;
		cells += lines_width(s + i, step);
		if (cells > width)
			return blank ? blank : i;
		if (s[i] == ' ')
			blank = i;
	}
	return n;
}

/** Breaks the line that begins at FROM where it is wider than a terminal's WIDTH; what follows is
 *  indented a little more than its beginning. */
static void wrap_line(struct str *out, size_t from, size_t width)
{
	size_t indent = strspn(out->s + from, " "), n = out->len - from;
	struct str rest = { 0 };

	indent += 2;
	if (width < indent + 20 || fitting(out->s + from, n, width) == n)
		return;
	str_addn(&rest, out->s + from, n);
	out->len = from;
	for (size_t at = 0, room = width; at < rest.len; room = width - indent) {
		size_t take = fitting(rest.s + at + (at ? 0 : indent - 2),
				      rest.len - at - (at ? 0 : indent - 2),
				      at ? room : room - (indent - 2));

		take += at ? 0 : indent - 2;
		if (at) {
			str_addc(out, '\n');
			str_fill(out, ' ', indent);
		}
		str_addn(out, rest.s + at, take);
		at += take;
		while (at < rest.len && rest.s[at] == ' ')
			at++;
	}
	str_free(&rest);
}

/** One line of the template, as often as its array has elements. */
static void print_line(struct str *out, const char *s, size_t n, const struct value *row,
		       const struct render_options *opt)
{
	bool more = true;

	for (size_t element = 0; more; element++) {
		size_t from = out->len;

		more = false;
		if (!fill_line(out, s, n, row, element, &more, opt)) {
			out->len = from;
			return;
		}
		if (opt->terminal && opt->width)
			wrap_line(out, from, opt->width);
		str_addc(out, '\n');
	}
}

static void print_one(struct str *out, const char *line, const struct value *row,
		      const struct render_options *opt)
{
	while (*line) {
		size_t n = strcspn(line, "\n");

		print_line(out, line, n, row, opt);
		line += n + (line[n] == '\n');
	}
}

void lines_print(struct str *out, const struct view *view, const struct value *at,
		 const struct render_options *opt)
{
	if (at->kind == VALUE_OBJECT) {
		print_one(out, view->line, at, opt);
		return;
	}
	for (const struct value *v = at->children.first; v; v = v->next)
		print_one(out, view->line, v, opt);
}
