// SPDX-License-Identifier: MIT
#include "source/mount_parse.h"

#include <string.h>

/** Fields of a line in front of the optional ones: id, parent, device, root, point, options. */
#define FIXED_FIELDS 6

/** A word of a line. */
struct word {
	const char *s;
	size_t len;
};

/** Takes the next word off *AT..END. False where there is none. */
static bool take_word(const char **at, const char *end, struct word *out)
{
	while (*at < end && **at == ' ')
		(*at)++;
	out->s = *at;
	while (*at < end && **at != ' ')
		(*at)++;
	out->len = (size_t)(*at - out->s);
	return out->len > 0;
}

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

/** Sets OUT to W with \040 and the like undone (fs/proc_namespace.c, mangle()). */
static void set_plain(struct str *out, const struct word *w)
{
	str_reset(out);
	for (size_t i = 0; i < w->len; i++) {
		const char *s = w->s + i;

		if (*s == '\\' && w->len - i > 3 && is_octal(s + 1)) {
			str_addc(out, (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0')));
			i += 3;
		} else {
			str_addc(out, *s);
		}
	}
}

static bool parse_line(const char *s, const char *end, struct mount *out)
{
	struct word fixed[FIXED_FIELDS], w, type, source, options = { "", 0 };

	for (int i = 0; i < FIXED_FIELDS; i++)
		if (!take_word(&s, end, &fixed[i]))
			return false;
	do
		if (!take_word(&s, end, &w))
			return false;
	while (w.len != 1 || *w.s != '-');
	if (!take_word(&s, end, &type) || !take_word(&s, end, &source))
		return false;
	take_word(&s, end, &options);
	set_plain(&out->root, &fixed[3]);
	set_plain(&out->point, &fixed[4]);
	set_plain(&out->type, &type);
	set_plain(&out->source, &source);
	set_plain(&out->options, &options);
	return true;
}

bool mount_next(const char *text, size_t len, size_t *at, struct mount *out)
{
	while (*at < len) {
		const char *line = text + *at, *newline = memchr(line, '\n', len - *at);
		const char *end = newline ? newline : text + len;

		*at = (size_t)(end - text) + (newline ? 1 : 0);
		if (parse_line(line, end, out))
			return true;
	}
	return false;
}

void mount_free(struct mount *m)
{
	str_free(&m->root);
	str_free(&m->point);
	str_free(&m->type);
	str_free(&m->source);
	str_free(&m->options);
}
