// SPDX-License-Identifier: MIT
#include "source/bind_table_btf.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/** Most nested structures that are descended into: more is a loop in damaged data. */
#define DEPTH_MAX 16

/** BTF_KIND_ENUM64 is younger than the oldest headers this builds with. */
#define KIND_ENUM64 19

/** Type information cut into types. */
struct btf {
	/** The type section, byte offset of type I (1..count) in at[I]. */
	const unsigned char *types;
	uint32_t *at;
	uint32_t count;
	/** The string section; ends with a NUL. */
	const char *strings;
	uint32_t strings_len;
};

static const struct btf_type *type_of(const struct btf *b, uint32_t id)
{
	if (id == 0 || id > b->count)
		return NULL;
	return (const struct btf_type *)(const void *)(b->types + b->at[id]);
}

static const char *string_at(const struct btf *b, uint32_t offset)
{
	return offset < b->strings_len ? b->strings + offset : "";
}

/** Bytes of a type record of KIND with VLEN parts; 0 for a kind that this program does not know. */
static size_t record_size(unsigned kind, size_t vlen)
{
	static const struct {
		unsigned char fixed, each;
	} sizes[] = {
		[BTF_KIND_INT] = { 4, 0 },
		[BTF_KIND_PTR] = { 0, 0 },
		[BTF_KIND_ARRAY] = { sizeof(struct btf_array), 0 },
		[BTF_KIND_STRUCT] = { 0, sizeof(struct btf_member) },
		[BTF_KIND_UNION] = { 0, sizeof(struct btf_member) },
		[BTF_KIND_ENUM] = { 0, sizeof(struct btf_enum) },
		[BTF_KIND_FWD] = { 0, 0 },
		[BTF_KIND_TYPEDEF] = { 0, 0 },
		[BTF_KIND_VOLATILE] = { 0, 0 },
		[BTF_KIND_CONST] = { 0, 0 },
		[BTF_KIND_RESTRICT] = { 0, 0 },
		[BTF_KIND_FUNC] = { 0, 0 },
		[BTF_KIND_FUNC_PROTO] = { 0, sizeof(struct btf_param) },
		[BTF_KIND_VAR] = { sizeof(struct btf_var), 0 },
		[BTF_KIND_DATASEC] = { 0, sizeof(struct btf_var_secinfo) },
		[BTF_KIND_FLOAT] = { 0, 0 },
		[BTF_KIND_DECL_TAG] = { 4, 0 },
		[BTF_KIND_TYPE_TAG] = { 0, 0 },
		[KIND_ENUM64] = { 0, 12 },
	};

	if (kind == BTF_KIND_UNKN || kind >= ARRAY_LEN(sizes))
		return 0;
	return sizeof(struct btf_type) + sizes[kind].fixed + vlen * sizes[kind].each;
}

/** Notes where each type starts. 0 or -EINVAL. */
static int index_types(struct btf *b, size_t len)
{
	size_t cap = 0, at = 0;

	while (at < len) {
		const struct btf_type *t = (const void *)(b->types + at);
		size_t size;

		if (len - at < sizeof(*t))
			return -EINVAL;
		size = record_size(BTF_INFO_KIND(t->info), BTF_INFO_VLEN(t->info));
		if (!size || size > len - at || size % 4)
			return -EINVAL;
		if (b->count + 1 >= cap) {
			cap = cap ? cap * 2 : (size_t)1 << 17;
			b->at = xreallocarray(b->at, cap, sizeof(*b->at));
		}
		b->at[++b->count] = (uint32_t)at;
		at += size;
	}
	return 0;
}

/** Checks the header and cuts the data up. 0 or -EINVAL; b->at is then to be freed all the same. */
static int open_btf(struct btf *b, const unsigned char *data, size_t n)
{
	struct btf_header h;

	*b = (struct btf){ 0 };
	if (n < sizeof(h))
		return -EINVAL;
	memcpy(&h, data, sizeof(h));
	if (h.magic != BTF_MAGIC || h.hdr_len < sizeof(h) || h.hdr_len > n || h.hdr_len % 4)
		return -EINVAL;
	data += h.hdr_len;
	n -= h.hdr_len;
	if (h.type_off > n || h.type_len > n - h.type_off || h.type_off % 4)
		return -EINVAL;
	if (h.str_off > n || h.str_len > n - h.str_off || h.str_len == 0)
		return -EINVAL;
	b->types = data + h.type_off;
	b->strings = (const char *)data + h.str_off;
	b->strings_len = h.str_len;
	if (b->strings[h.str_len - 1] != '\0')
		return -EINVAL;
	return index_types(b, h.type_len);
}

/** ID with typedefs and qualifiers taken off; 0 where that leads nowhere. */
static uint32_t bare(const struct btf *b, uint32_t id)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct btf_type *t = type_of(b, id);

		if (!t)
			return 0;
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = t->type;
			break;
		default:
			return id;
		}
	}
	return 0;
}

static bool is_composite(const struct btf_type *t)
{
	unsigned kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/** Bit offset of a member; *BITS is the width of a bit field, else 0. */
static uint32_t member_offset(const struct btf_type *t, const struct btf_member *m, uint32_t *bits)
{
	if (!BTF_INFO_KFLAG(t->info)) {
		*bits = 0;
		return m->offset;
	}
	*bits = BTF_MEMBER_BITFIELD_SIZE(m->offset);
	return BTF_MEMBER_BIT_OFFSET(m->offset);
}

/** Looks for the member NAME (N bytes) in the structure ID and in its anonymous parts. Adds its
 *  offset to *OFFSET and returns its type, or 0. */
static uint32_t find_member(const struct btf *b, uint32_t id, const char *name, size_t n,
			    uint32_t *offset, int depth)
{
	const struct btf_type *t = type_of(b, id);
	const struct btf_member *m;

	if (!is_composite(t) || depth > DEPTH_MAX)
		return 0;
	m = (const void *)(t + 1);
	for (unsigned i = 0; i < BTF_INFO_VLEN(t->info); i++, m++) {
		const char *s = string_at(b, m->name_off);
		uint32_t bits, at = member_offset(t, m, &bits), inside = 0, found;

		if (*s && strncmp(s, name, n) == 0 && s[n] == '\0') {
			*offset += at / 8;
			return bits || at % 8 ? 0 : m->type;
		}
		if (*s)
			continue;
		found = find_member(b, bare(b, m->type), name, n, &inside, depth + 1);
		if (found) {
			*offset += at / 8 + inside;
			return found;
		}
	}
	return 0;
}

/** Follows the path of W from the structure ID. */
static void follow(const struct btf *b, uint32_t id, struct btf_want *w)
{
	const char *s = w->path;
	unsigned hop = 0;

	w->offset[0] = 0;
	if (!*s) {
		w->offset[0] = type_of(b, id)->size;
		w->count = 1;
		return;
	}
	for (;;) {
		size_t n = strcspn(s, ".");
		const struct btf_type *t;

		id = bare(b, find_member(b, id, s, n, &w->offset[hop], 0));
		if (!id)
			return;
		s += n;
		if (!*s++) {
			w->count = hop + 1;
			return;
		}
		t = type_of(b, id);
		if (BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
			continue;
		id = bare(b, t->type);
		if (++hop == BTF_HOPS)
			return;
		w->offset[hop] = 0;
	}
}

int btf_find(const void *data, size_t n, struct btf_want *want, size_t count)
{
	struct btf b;
	int ret = open_btf(&b, data, n);

	for (size_t i = 0; i < count; i++)
		want[i].count = 0;
	for (uint32_t id = 1; !ret && id <= b.count; id++) {
		const struct btf_type *t = type_of(&b, id);
		const char *name;

		if (!is_composite(t))
			continue;
		name = string_at(&b, t->name_off);
		for (size_t i = 0; *name && i < count; i++) {
			if (!want[i].count && strcmp(want[i].structure, name) == 0)
				follow(&b, id, &want[i]);
		}
	}
	free(b.at);
	return ret;
}

uint32_t btf_function(const void *data, size_t n, const char *name)
{
	struct btf b;
	int ret = open_btf(&b, data, n);
	uint32_t found = 0;

	for (uint32_t id = 1; !ret && !found && id <= b.count; id++) {
		const struct btf_type *t = type_of(&b, id);

		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC &&
		    strcmp(string_at(&b, t->name_off), name) == 0)
			found = id;
	}
	free(b.at);
	return found;
}
