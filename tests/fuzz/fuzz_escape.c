// SPDX-License-Identifier: MIT
/* Untrusted text: what comes out is valid UTF-8 without a control character, and can be had back. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_safe(const struct str *s)
{
	for (size_t i = 0; i < s->len;) {
		uint32_t cp;
		size_t n = utf8_decode(s->s + i, s->len - i, &cp);

		if (!n || utf8_is_unsafe(cp))
			abort();
		i += n;
	}
}

static unsigned hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/** Undoes escape_text(). */
static void check_reversible(const struct str *s, const uint8_t *data, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < s->len; at++) {
		uint8_t byte = (uint8_t)s->s[i];

		if (s->s[i] == '\\' && i + 1 < s->len && s->s[i + 1] == 'x') {
			byte = (uint8_t)(hex(s->s[i + 2]) << 4 | hex(s->s[i + 3]));
			i += 4;
		} else {
			i += s->s[i] == '\\' ? 2 : 1;
		}
		if (at >= size || data[at] != byte)
			abort();
	}
	if (at != size)
		abort();
}

/** Inside the quotes: no bare quote, every backslash begins an escape that JSON knows. */
static void check_json(const struct str *s)
{
	if (s->len < 2 || s->s[0] != '"' || s->s[s->len - 1] != '"')
		abort();
	for (size_t i = 1; i < s->len - 1; i++) {
		if (s->s[i] == '"')
			abort();
		if (s->s[i] == '\\' && (++i >= s->len - 1 || !strchr("\"\\ntu", s->s[i])))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str out = { 0 };

	escape_text(&out, (const char *)data, size, false);
	check_safe(&out);
	check_reversible(&out, data, size);
	if (escape_width((const char *)data, size) > out.len * 2)
		abort();
	str_reset(&out);
	escape_json(&out, (const char *)data, size);
	check_safe(&out);
	check_json(&out);
	str_reset(&out);
	escape_label(&out, (const char *)data, size);
	check_safe(&out);
	str_free(&out);
	return 0;
}
