// SPDX-License-Identifier: MIT
#include "base/escape.h"

#include <wchar.h>

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)s[0];
	size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
	uint32_t v;

	*cp = c;
	if (len == 1)
		return 1;
	if (!len || c > 0xf4 || len > n)
		return 0;
	v = c & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (!is_tail(s[i]))
			return 0;
		v = v << 6 | ((unsigned char)s[i] & 0x3fu);
	}
	if (v < smallest[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return len;
}

bool utf8_is_unsafe(uint32_t cp)
{
	/* General categories Cc, Cf, Zl, Zp and the variation selectors and fillers that draw
	 * nothing (Unicode 15). */
	static const struct { uint32_t first, last; } unsafe[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
		{ 0x0600, 0x0605 }, { 0x061c, 0x061c }, { 0x06dd, 0x06dd }, { 0x070f, 0x070f },
		{ 0x0890, 0x0891 }, { 0x08e2, 0x08e2 }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_LEN(unsafe) && cp >= unsafe[i].first; i++) {
		if (cp <= unsafe[i].last)
			return true;
	}
	return (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef);
}

static void add_hex(struct str *out, const char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		char text[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

		str_addn(out, text, sizeof(text));
	}
}

/** Cells of a safe character; combining marks take none, what the locale does not know takes
 *  one. */
static size_t cells(uint32_t cp)
{
	int w = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);

	return w < 0 ? 1 : (size_t)w;
}

size_t escape_width(const char *s, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);

		if (!len || utf8_is_unsafe(cp))
			width += 4 * (len ? len : 1);
		else
			width += cp == '\\' ? 2 : cells(cp);
		i += len ? len : 1;
	}
	return width;
}

void escape_text(struct str *out, const char *s, size_t n, bool ascii)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp), step = len ? len : 1;

		if (!len || utf8_is_unsafe(cp) || (ascii && cp > 0x7e))
			add_hex(out, s + i, step);
		else if (cp == '\\')
			str_addn(out, "\\\\", 2);
		else
			str_addn(out, s + i, step);
		i += step;
	}
}

/** True where all N bytes are valid UTF-8. */
static bool is_utf8(const char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_decode(s + i, n - i, &cp);
		if (!len)
			return false;
	}
	return true;
}

static void json_char(struct str *out, uint32_t cp, const char *s, size_t len, bool lossy)
{
	if (cp == '"')
		str_addn(out, "\\\"", 2);
	else if (cp == '\\')
		str_add(out, lossy ? "\\\\\\\\" : "\\\\");
	else if (cp == '\n')
		str_addn(out, "\\n", 2);
	else if (cp == '\t')
		str_addn(out, "\\t", 2);
	else if (cp >= 0x10000 && utf8_is_unsafe(cp))
		str_addf(out, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10),
			 0xdc00 + ((cp - 0x10000) & 0x3ff));
	else if (utf8_is_unsafe(cp))
		str_addf(out, "\\u%04x", cp);
	else
		str_addn(out, s, len);
}

void escape_message(struct str *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp), step = len ? len : 1;
		bool indented = cp == '\n' && n - i > 2 && s[i + 1] == ' ' && s[i + 2] == ' ';

		if (!len || (utf8_is_unsafe(cp) && !indented))
			add_hex(out, s + i, step);
		else
			str_addn(out, s + i, step);
		i += step;
	}
}

void escape_json(struct str *out, const char *s, size_t n)
{
	bool lossy = !is_utf8(s, n);

	str_addc(out, '"');
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);

		if (len) {
			json_char(out, cp, s + i, len, lossy);
		} else {
			str_addc(out, '\\');
			add_hex(out, s + i, 1);
		}
		i += len ? len : 1;
	}
	str_addc(out, '"');
}

void escape_label(struct str *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp), step = len ? len : 1;

		if (cp == '\n' && len) {
			str_addn(out, "\\n", 2);
		} else if (!len || utf8_is_unsafe(cp)) {
			/* A label's own escapes are few: each backslash of ours is escaped too. */
			for (size_t k = 0; k < step; k++) {
				str_addc(out, '\\');
				add_hex(out, s + i + k, 1);
			}
		} else if (cp == '\\') {
			str_addn(out, "\\\\", 2);
		} else if (cp == '"') {
			str_addn(out, "\\\"", 2);
		} else {
			str_addn(out, s + i, step);
		}
		i += step;
	}
}
