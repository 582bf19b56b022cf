// SPDX-License-Identifier: MIT
#include "source/packed.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/varint.h"
#include "source/packed_text.h"

#define ERRNO_LIMIT 4095

void pack_file(struct str *out, const char *path, int status, const struct str *contents)
{
	varint_add(out, strlen(path));
	str_add(out, path);
	varint_add(out, (uint64_t)-status);
	varint_add(out, status == 0 ? contents->len : 0);
	if (status == 0)
		str_addn(out, str_text(contents), contents->len);
}

int unpack_file(const void *p, size_t n, const char *path, struct str *out)
{
	struct cursor in = cursor_make(p, n);
	size_t wanted = strlen(path);

	str_reset(out);
	while (cursor_left(&in) > 0) {
		uint64_t name_len, status, len;

		if (!cursor_varint(&in, &name_len) || name_len > cursor_left(&in))
			return -EBADMSG;

		const unsigned char *name = cursor_take(&in, (size_t)name_len);

		if (!cursor_varint(&in, &status) || status > ERRNO_LIMIT ||
		    !cursor_varint(&in, &len) || len > cursor_left(&in))
			return -EBADMSG;

		const unsigned char *bytes = cursor_take(&in, (size_t)len);

		if (name_len != wanted || memcmp(name, path, wanted) != 0)
			continue;
		if (status == 0)
			str_addn(out, (const char *)bytes, (size_t)len);
		return -(int)status;
	}
	return -ENODATA;
}

/* The sets of a bind table, in the order in which they are packed; later versions may add some. */
#define BIND_SETS 5

static void bind_sets(struct bind_table *b, struct port_set *sets[BIND_SETS])
{
	sets[0] = &b->bound;
	sets[1] = &b->sticky;
	sets[2] = &b->unknown;
	sets[3] = &b->tw_stamped;
	sets[4] = &b->tw_plain;
}

void pack_binds(struct str *out, const struct bind_table *b)
{
	struct bind_table copy = *b;
	struct port_set *sets[BIND_SETS];

	bind_sets(&copy, sets);
	varint_add(out, PACKED_VERSION);
	varint_add(out, BIND_SETS);
	varint_add(out, b->low);
	varint_add(out, b->high);
	for (int i = 0; i < BIND_SETS; i++) {
		for (size_t k = 0; k < ARRAY_LEN(sets[i]->bits); k++) {
			uint64_t word = htole64(sets[i]->bits[k]);

			str_addn(out, (const char *)&word, sizeof(word));
		}
	}
}

static bool take_set(struct cursor *in, struct port_set *out)
{
	const unsigned char *bytes = cursor_take(in, sizeof(out->bits));

	if (bytes == NULL)
		return false;
	memcpy(out->bits, bytes, sizeof(out->bits));
	for (size_t k = 0; k < ARRAY_LEN(out->bits); k++)
		out->bits[k] = le64toh(out->bits[k]);
	return true;
}

int unpack_binds(const void *p, size_t n, struct bind_table *out)
{
	struct port_set *sets[BIND_SETS];
	struct cursor in = cursor_make(p, n);
	uint64_t count, low = 0, high = 0;
	bool ok;

	*out = (struct bind_table){ 0 };
	bind_sets(out, sets);
	ok = packed_take_count(&in, &count) && count >= BIND_SETS && cursor_varint(&in, &low) &&
	     cursor_varint(&in, &high) && low < PORTS && high < PORTS;
	for (int i = 0; ok && i < BIND_SETS; i++)
		ok = take_set(&in, sets[i]);
	if (!ok) {
		*out = (struct bind_table){ 0 };
		return -EBADMSG;
	}
	out->low = (uint16_t)low;
	out->high = (uint16_t)high;
	return 0;
}

/* A cgroup on its way into an order. */
struct cgroup_row {
	uint64_t id;
	const char *path;
};

static int compare_cgroups(const void *a, const void *b)
{
	const struct cgroup_row *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void pack_cgroups(struct str *out, const struct cgroups *c)
{
	struct vec rows = VEC_OF(struct cgroup_row);
	const void *key;
	void *value;

	for (size_t iter = 0; map_next(&c->paths, &iter, &key, &value);) {
		struct cgroup_row row = { *(const uint64_t *)key, *(const char *const *)value };

		vec_add(&rows, &row);
	}
	if (rows.len > 0)
		qsort(rows.data, rows.len, sizeof(struct cgroup_row), compare_cgroups);
	varint_add(out, PACKED_VERSION);
	varint_add(out, rows.len);
	varint_add(out, c->known);
	for (size_t i = 0; i < rows.len; i++) {
		varint_add(out, VEC_AT(&rows, struct cgroup_row, i).id);
		packed_add_text(out, VEC_AT(&rows, struct cgroup_row, i).path);
	}
	vec_free(&rows);
}

int unpack_cgroups(const void *p, size_t n, struct cgroups *out)
{
	struct cursor in = cursor_make(p, n);
	uint64_t count, known, id;

	*out = (struct cgroups){ .paths = MAP_OF(uint64_t, const char *) };
	if (!packed_take_count(&in, &count) || !cursor_varint(&in, &known))
		return -EBADMSG;
	for (; count > 0; count--) {
		const char *path;

		if (!cursor_varint(&in, &id) || !packed_take_text(&in, &out->arena, &path) ||
		    path == NULL) {
			cgroups_free(out);
			*out = (struct cgroups){ .paths = MAP_OF(uint64_t, const char *) };
			return -EBADMSG;
		}
		*(const char **)map_put(&out->paths, &id, NULL) = path;
	}
	out->known = known != 0;
	return 0;
}

void pack_notes(struct str *out, const struct notes *n)
{
	varint_add(out, PACKED_VERSION);
	varint_add(out, n->count);
	for (size_t i = 0; i < n->count; i++)
		packed_add_text(out, n->text[i]);
}

int unpack_notes(const void *p, size_t n, struct notes *out)
{
	struct cursor in = cursor_make(p, n);
	struct arena arena = { 0 };
	uint64_t count;
	int ret = packed_take_count(&in, &count) ? 0 : -EBADMSG;

	for (uint64_t i = 0; ret == 0 && i < count; i++) {
		const char *text;

		if (packed_take_text(&in, &arena, &text) && text != NULL)
			notes_add(out, "%s", text);
		else
			ret = -EBADMSG;
	}
	arena_free(&arena);
	return ret;
}
