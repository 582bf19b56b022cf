// SPDX-License-Identifier: MIT
/* base/lz, base/crc32, base/varint: what goes in comes out, and damage is found. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/crc32.h"
#include "base/lz.h"
#include "base/varint.h"

/* A generator of its own, so that a failure can be had again. */
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

/* Text of runs, repeats and noise, as long as LEN. */
static void make_bytes(struct str *out, size_t len)
{
	while (out->len < len) {
		size_t n = 1 + draw(60);
		uint32_t kind = draw(3);

		if (kind == 0) {
			str_fill(out, (char)draw(256), n);
		} else if (kind == 1 && out->len > 0) {
			size_t from = draw((uint32_t)out->len);
			size_t most = out->len - from;

			str_reserve(out, n);
			str_addn(out, out->s + from, n < most ? n : most);
		} else {
			while (n-- > 0)
				str_addc(out, (char)draw(256));
		}
	}
	out->len = len;
}

static void expect_round_trip(const struct str *dict, const struct str *raw)
{
	struct str coded = { 0 }, back = { 0 };
	size_t at;

	lz_encode(dict->s, dict->len, raw->s, raw->len, &coded);
	assert_int_equal(lz_decode(dict->s, dict->len, coded.s, coded.len, raw->len, &back, &at), 0);
	assert_int_equal(back.len, raw->len);
	if (raw->len > 0)
		assert_memory_equal(back.s, raw->s, raw->len);
	str_free(&coded);
	str_free(&back);
}

static void everything_comes_back(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 400; round++) {
		struct str dict = { 0 }, raw = { 0 };

		make_bytes(&dict, round % 3 == 0 ? 0 : draw(3000));
		make_bytes(&raw, round < 20 ? round : draw(20000));
		expect_round_trip(&dict, &raw);
		str_free(&dict);
		str_free(&raw);
	}
}

static void repeats_cost_little(void **state)
{
	struct str dict = { 0 }, raw = { 0 }, coded = { 0 };

	(void)state;
	make_bytes(&dict, 50000);
	str_addn(&raw, dict.s, dict.len);
	lz_encode(dict.s, dict.len, raw.s, raw.len, &coded);
	assert_true(coded.len < 16);
	str_free(&dict);
	str_free(&raw);
	str_free(&coded);
}

/* Whatever the damage: no read or write out of bounds (the sanitizers' part), an answer, and never
 * another length than was asked for. */
static void damage_is_survived(void **state)
{
	struct str raw = { 0 }, coded = { 0 };
	unsigned refused = 0;

	(void)state;
	make_bytes(&raw, 5000);
	lz_encode(NULL, 0, raw.s, raw.len, &coded);
	for (uint32_t round = 0; round < 5000; round++) {
		struct str hurt = { 0 }, back = { 0 };
		size_t at = 0;

		str_addn(&hurt, coded.s, draw(4) == 0 ? draw((uint32_t)coded.len) : coded.len);
		for (uint32_t i = 1 + draw(4); i > 0 && hurt.len > 0; i--)
			hurt.s[draw((uint32_t)hurt.len)] = (char)draw(256);

		int ret = lz_decode(NULL, 0, hurt.s, hurt.len, raw.len, &back, &at);

		assert_true(ret == 0 || ret == -EBADMSG);
		assert_int_equal(back.len, ret == 0 ? raw.len : 0);
		assert_true(at <= hurt.len);
		refused += ret != 0;
		str_free(&hurt);
		str_free(&back);
	}
	assert_true(refused > 1000);
	str_free(&raw);
	str_free(&coded);
}

static void crc_is_the_known_one(void **state)
{
	const char *check = "123456789";

	(void)state;
	assert_int_equal(crc32_add(0, check, 9), 0xcbf43926u);
	assert_int_equal(crc32_add(0, check, 0), 0);
	for (size_t cut = 0; cut <= 9; cut++)
		assert_int_equal(crc32_add(crc32_add(0, check, cut), check + cut, 9 - cut),
				 0xcbf43926u);
}

static void varints_come_back(void **state)
{
	static const uint64_t rows[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
	struct str out = { 0 };
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		varint_add(&out, rows[i]);

	struct cursor c = cursor_make(out.s, out.len), cut;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(cursor_varint(&c, &v));
		assert_true(v == rows[i]);
	}
	assert_false(cursor_varint(&c, &v));
	cut = cursor_make(out.s + out.len - 10, 9);
	assert_false(cursor_varint(&cut, &v));
	cut = cursor_make("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
	assert_false(cursor_varint(&cut, &v));
	for (int64_t s = -300; s <= 300; s++)
		assert_int_equal(unzigzag(zigzag(s)), s);
	assert_true(unzigzag(zigzag(INT64_MIN)) == INT64_MIN);
	assert_true(unzigzag(zigzag(INT64_MAX)) == INT64_MAX);
	str_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back), cmocka_unit_test(repeats_cost_little),
		cmocka_unit_test(damage_is_survived),	 cmocka_unit_test(crc_is_the_known_one),
		cmocka_unit_test(varints_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
