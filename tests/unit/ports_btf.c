// SPDX-License-Identifier: MIT
/* source/bind_table_btf: members found where they are, damaged type information survived. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/file.h"
#include "source/bind_table_btf.h"
#include "source/bind_table_layout.h"

#define INFO(KIND, VLEN) ((uint32_t)(BTF_KIND_##KIND) << 24 | (VLEN))
#define KFLAG ((uint32_t)1 << 31)

static const char strings[] = "\0int\0outer\0a\0b\0inner\0c\0link\0next\0bits\0net_t";
enum { S_INT = 1, S_OUTER = 5, S_A = 11, S_B = 13, S_INNER = 15, S_C = 21, S_LINK = 23, S_NEXT = 28,
       S_BITS = 33, S_NET = 38 };

/* struct inner { int c; }; typedef struct inner net_t; struct outer { int a; union { struct { int
 * pad; int b; }; }; const net_t *link; int bits : 3; } */
static const uint32_t types[] = {
	S_INT,	 INFO(INT, 0),	     4,	 BTF_INT_SIGNED << 24 | 32,		   /* 1 */
	S_INNER, INFO(STRUCT, 1),    4,	 S_C, 1, 0,				   /* 2 */
	S_NET,	 INFO(TYPEDEF, 0),   2,						   /* 3 */
	0,	 INFO(CONST, 0),     3,						   /* 4 */
	0,	 INFO(PTR, 0),	     4,						   /* 5 */
	0,	 INFO(STRUCT, 2),    8,	 S_NEXT, 1, 0, S_B, 1, 32,		   /* 6 */
	0,	 INFO(UNION, 1),     8,	 0, 6, 0,				   /* 7 */
	S_OUTER, INFO(STRUCT, 4) | KFLAG, 32,
		 S_A, 1, 0,  0, 7, 64,	S_LINK, 5, 128,	 S_BITS, 1, 3 << 24 | 192, /* 8 */
};

static void *make(size_t *n)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = sizeof(types),
		.str_off = sizeof(types),
		.str_len = sizeof(strings),
	};
	char *p = xmalloc(*n = sizeof(h) + sizeof(types) + sizeof(strings));

	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), types, sizeof(types));
	memcpy(p + sizeof(h) + sizeof(types), strings, sizeof(strings));
	return p;
}

static void finds_members(void **state)
{
	struct btf_want w[] = {
		{ "outer", "a", { 0 }, 0 },	{ "outer", "b", { 0 }, 0 },
		{ "outer", "link", { 0 }, 0 },	{ "outer", "link.c", { 0 }, 0 },
		{ "outer", "bits", { 0 }, 0 },	{ "outer", "none", { 0 }, 0 },
		{ "outer", "a.c", { 0 }, 0 },	{ "outer", "", { 0 }, 0 },
		{ "nobody", "a", { 0 }, 0 },	{ "inner", "c", { 0 }, 0 },
	};
	static const struct {
		unsigned count;
		uint32_t offset[2];
	} want[ARRAY_LEN(w)] = {
		{ 1, { 0 } },  { 1, { 12 } }, { 1, { 16 } }, { 2, { 16, 0 } }, { 0, { 0 } },
		{ 0, { 0 } },  { 0, { 0 } },  { 1, { 32 } }, { 0, { 0 } },     { 1, { 0 } },
	};
	size_t n;
	void *data = make(&n);

	(void)state;
	assert_int_equal(btf_find(data, n, w, ARRAY_LEN(w)), 0);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		assert_int_equal(w[i].count, want[i].count);
		for (unsigned k = 0; k < want[i].count; k++)
			assert_int_equal(w[i].offset[k], want[i].offset[k]);
	}
	free(data);
}

static void survives_damage(void **state)
{
	struct btf_want w[] = { { "outer", "link.c", { 0 }, 0 }, { "inner", "c", { 0 }, 0 } };
	size_t n;
	unsigned char *data = make(&n);

	(void)state;
	srand(1);
	/* Cut off anywhere: an exact copy, so that a sanitizer sees a step too far. */
	for (size_t len = 1; len < n; len++) {
		void *copy = xmalloc(len);

		memcpy(copy, data, len);
		assert_int_equal(btf_find(copy, len, w, ARRAY_LEN(w)), -EINVAL);
		free(copy);
	}
	for (int i = 0; i < 20000; i++) {
		size_t at = (size_t)rand() % n;
		unsigned char was = data[at];
		int ret;

		data[at] = (unsigned char)rand();
		ret = btf_find(data, n, w, ARRAY_LEN(w));
		assert_true(ret == 0 || ret == -EINVAL);
		data[at] = was;
	}
	free(data);
}

static void knows_this_kernel(void **state)
{
	struct str text = { 0 };
	struct layout l;

	(void)state;
	if (file_read_at(AT_FDCWD, "/sys/kernel/btf/vmlinux", &text, (size_t)64 << 20))
		skip();
	assert_int_equal(layout_find(text.s, text.len, &l), 0);
	assert_true(l.with_tw);
	assert_int_equal(l.want[TASK_NET].count, 2);
	str_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_members),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(knows_this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
