// SPDX-License-Identifier: MIT
#include "source/users.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"

/** Largest file that is read. */
#define PASSWD_MAX ((size_t)16 << 20)

/** uint32_t → char *; made when first asked. */
static struct map names;

/** One line "name:password:uid:…" into the map; the first of several with one uid counts. */
static void add_line(const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n), *end, *s;
	uint64_t uid;
	char **name;
	bool is_new;

	end = colon ? memchr(colon + 1, ':', n - (size_t)(colon + 1 - line)) : NULL;
	if (!end || colon == line)
		return;
	s = end + 1;
	if (num_scan(&s, &uid) || uid >= UINT32_MAX || *s != ':')
		return;
	name = map_put(&names, &(uint32_t){ (uint32_t)uid }, &is_new);
	if (is_new)
		*name = xstrndup(line, (size_t)(colon - line));
}

static void read_passwd(void)
{
	struct str text = { 0 };

	names = MAP_OF(uint32_t, char *);
	if (file_read_at(AT_FDCWD, "/etc/passwd", &text, PASSWD_MAX))
		return;
	for (const char *s = str_text(&text); *s;) {
		size_t n = strcspn(s, "\n");

		add_line(s, n);
		s += n + (s[n] == '\n');
	}
	str_free(&text);
}

const char *users_name(uint32_t uid)
{
	char **name;

	if (!names.key_size)
		read_passwd();
	name = map_get(&names, &uid);
	return name ? *name : NULL;
}
