// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/index.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"
#include "base/vec.h"

static void numbers_are_whole_or_errors(void **state)
{
	uint64_t v = 7;
	double d = 7;

	(void)state;
	assert_int_equal(num_parse("65535", 65535, &v), 0);
	assert_int_equal(v, 65535);
	assert_int_equal(num_parse("65536", 65535, &v), -ERANGE);
	assert_int_equal(num_parse("18446744073709551615", UINT64_MAX, &v), 0);
	assert_int_equal(num_parse("18446744073709551616", UINT64_MAX, &v), -ERANGE);
	assert_int_equal(num_parse("99999999999999999999x", UINT64_MAX, &v), -EINVAL);
	assert_int_equal(num_parse("", 9, &v), -EINVAL);
	assert_int_equal(num_parse("+1", 9, &v), -EINVAL);
	assert_int_equal(num_parse(" 1", 9, &v), -EINVAL);
	assert_int_equal(num_parse("1 ", 9, &v), -EINVAL);
	assert_true(v == UINT64_MAX);
	assert_int_equal(num_parse_seconds("0.5", 10, &d), 0);
	assert_true(d == 0.5);
	assert_int_equal(num_parse_seconds(".25", 10, &d), 0);
	assert_true(d > 0.2499 && d < 0.2501);
	assert_int_equal(num_parse_seconds("11", 10, &d), -ERANGE);
	assert_int_equal(num_parse_seconds(".", 10, &d), -EINVAL);
	assert_int_equal(num_parse_seconds("1e3", 10, &d), -EINVAL);
	assert_int_equal(num_parse_seconds("nan", 10, &d), -EINVAL);
	assert_int_equal(num_parse_seconds("-1", 10, &d), -EINVAL);
}

static void hex_takes_no_digit_too_many(void **state)
{
	const char *s = "FFFFFFFF:", *t = "123456789";
	uint64_t v;

	(void)state;
	assert_int_equal(num_scan_hex(&s, 8, &v), 0);
	assert_int_equal(v, 0xffffffff);
	assert_string_equal(s, ":");
	assert_int_equal(num_scan_hex(&t, 8, &v), -EINVAL);
	assert_string_equal(t, "123456789");
}

static void numbers_for_people(void **state)
{
	char b[32];

	(void)state;
	assert_string_equal(num_human(9999, b, sizeof(b)), "9999");
	assert_string_equal(num_human(12345, b, sizeof(b)), "12.3k");
	assert_string_equal(num_human(999999, b, sizeof(b)), "1.0M");
	assert_string_equal(num_human(UINT64_MAX, b, sizeof(b)), "18.4E");
	assert_string_equal(num_duration(0.44, b, sizeof(b)), "0.4s");
	assert_string_equal(num_duration(59.4, b, sizeof(b)), "59s");
	assert_string_equal(num_duration(750, b, sizeof(b)), "12m30s");
	assert_string_equal(num_duration(3 * 3600 + 300, b, sizeof(b)), "3h05m");
	assert_string_equal(num_duration(2 * 86400 + 4 * 3600, b, sizeof(b)), "2d4h");
	assert_string_equal(num_duration(-1, b, sizeof(b)), "0.0s");
}

static const char *text(const char *s, bool ascii)
{
	static struct str out;

	str_reset(&out);
	escape_text(&out, s, strlen(s), ascii);
	return str_text(&out);
}

static void hostile_text_is_escaped(void **state)
{
	(void)state;
	assert_string_equal(text("plain-1", false), "plain-1");
	assert_string_equal(text("\x1b[31mevil\nil\xff", false), "\\x1b[31mevil\\x0ail\\xff");
	assert_string_equal(text("a\\x1b", false), "a\\\\x1b");
	assert_string_equal(text("\xc2\x9b", false), "\\xc2\\x9b");	/* C1 */
	assert_string_equal(text("\u202e", false), "\\xe2\\x80\\xae"); /* bidi */
	assert_string_equal(text("\u200b", false), "\\xe2\\x80\\x8b"); /* zero width */
	assert_string_equal(text("\xc0\xaf", false), "\\xc0\\xaf");	/* overlong */
	assert_string_equal(text("\xed\xa0\x80", false), "\\xed\\xa0\\x80"); /* surrogate */
	assert_string_equal(text("\xe4\xb8", false), "\\xe4\\xb8");	/* cut off */
	assert_string_equal(text("\u00e9\u4e2d", false), "\u00e9\u4e2d");
	assert_string_equal(text("\u00e9", true), "\\xc3\\xa9");
	assert_int_equal(escape_width("\x1b", 1), 4);
	assert_int_equal(escape_width("\u4e2d", 3), 2);
}

static const char *json(const char *s, size_t n)
{
	static struct str out;

	str_reset(&out);
	escape_json(&out, s, n);
	return str_text(&out);
}

static void json_is_always_valid_utf8(void **state)
{
	(void)state;
	assert_string_equal(json("a\"b\\c\n\t", 7), "\"a\\\"b\\\\c\\n\\t\"");
	assert_string_equal(json("\x1b\x7f", 2), "\"\\u001b\\u007f\"");
	assert_string_equal(json("\xff", 1), "\"\\\\xff\"");
	/* Where bytes are written as \xNN, a real backslash is told from them. */
	assert_string_equal(json("\\\xff", 2), "\"\\\\\\\\\\\\xff\"");
	assert_string_equal(json("\U000e0041", 4), "\"\\udb40\\udc41\"");
	assert_string_equal(json("a\0b", 3), "\"a\\u0000b\"");
}

static void labels_are_escaped(void **state)
{
	struct str out = { 0 };

	(void)state;
	escape_label(&out, "a\"\\\n\x1b\xff", 6);
	assert_string_equal(out.s, "a\\\"\\\\\\n\\\\x1b\\\\xff");
	str_reset(&out);
	/* A label knows no \xae: each byte has an escaped backslash. */
	escape_label(&out, "\xe2\x80\xae", 3);
	assert_string_equal(out.s, "\\\\xe2\\\\x80\\\\xae");
	str_reset(&out);
	escape_message(&out, "a\\\x1b\n  ^\nb\xff", 10);
	assert_string_equal(out.s, "a\\\\x1b\n  ^\\x0ab\\xff");
	str_free(&out);
}

static void maps_hold_what_was_put(void **state)
{
	struct map m = MAP_OF(uint64_t, uint32_t);
	uint64_t k, seen = 0;
	size_t iter = 0;
	const void *key;
	void *value;
	bool is_new;

	(void)state;
	for (k = 1; k <= 5000; k++)
		*(uint32_t *)map_put(&m, &k, NULL) = (uint32_t)k * 3;
	assert_int_equal(m.len, 5000);
	k = 77;
	assert_int_equal(*(uint32_t *)map_put(&m, &k, &is_new), 231);
	assert_false(is_new);
	k = 5001;
	assert_null(map_get(&m, &k));
	while (map_next(&m, &iter, &key, &value)) {
		assert_int_equal(*(uint32_t *)value, *(const uint64_t *)key * 3);
		seen++;
	}
	assert_int_equal(seen, 5000);
	map_reset(&m);
	k = 1;
	assert_null(map_get(&m, &k));
	assert_int_equal(*(uint32_t *)map_put(&m, &k, &is_new), 0);
	assert_true(is_new);
	map_free(&m);
}

static void an_index_finds_in_its_vector(void **state)
{
	struct thing { uint64_t key, value; };
	struct index x = INDEX_OF(uint64_t);
	struct vec v = VEC_OF(struct thing);
	struct thing *t;
	uint64_t k;

	(void)state;
	k = 1;
	assert_null(index_get(&x, &v, &k));
	for (int round = 0; round < 2; round++) {
		for (k = 1; k <= 5000; k++) {
			assert_null(index_get(&x, &v, &k));
			t = index_push(&x, &v, &k);
			assert_int_equal(t->key, k);
			assert_int_equal(t->value, 0);
			t->value = 3 * k;
		}
		assert_int_equal(v.len, 5000);
		for (k = 1; k <= 5000; k++) {
			t = index_get(&x, &v, &k);
			assert_non_null(t);
			assert_int_equal(t->value, 3 * k);
		}
		assert_null(index_get(&x, &v, &k));
		vec_reset(&v);
		index_reset(&x);
	}
	index_free(&x);
	vec_free(&v);
}

static void string_maps_keep_their_values_in_place(void **state)
{
	struct strmap m = strmap_make(sizeof(int));
	char key[16];
	int *first = strmap_put(&m, "first", NULL);

	(void)state;
	*first = 42;
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		*(int *)strmap_put(&m, key, NULL) = i;
	}
	assert_ptr_equal(strmap_get(&m, "first"), first);
	assert_int_equal(*(int *)strmap_get(&m, "key1234"), 1234);
	assert_null(strmap_get(&m, "key"));
	assert_null(strmap_get(&m, ""));
	strmap_free(&m);
}

static void strings_and_vectors_grow(void **state)
{
	struct str s = { 0 };
	struct vec v = VEC_OF(int);

	(void)state;
	assert_string_equal(str_text(&s), "");
	str_addu(&s, UINT64_MAX);
	str_addc(&s, ' ');
	str_addi(&s, INT64_MIN);
	str_addf(&s, " %05.1f", 2.25);
	assert_string_equal(s.s, "18446744073709551615 -9223372036854775808 002.2");
	str_reset(&s);
	str_fill(&s, 'x', 1000);
	assert_int_equal(s.len, 1000);
	str_free(&s);
	for (int i = 0; i < 100; i++)
		vec_add(&v, &i);
	assert_int_equal(VEC_AT(&v, int, 99), 99);
	assert_int_equal(*(int *)vec_push(&v), 0);
	vec_free(&v);
}

static void files_are_replaced_whole(void **state)
{
	char dir[] = "/tmp/tcptriage-unit.XXXXXX";
	struct str path = { 0 }, link = { 0 }, text = { 0 };
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	str_addf(&path, "%s/file", dir);
	str_addf(&link, "%s/link", dir);
	assert_int_equal(file_replace(path.s, "one", 3, 0600), 0);
	assert_int_equal(symlink(path.s, link.s), 0);
	assert_int_equal(file_replace(link.s, "two", 3, 0644), 0);
	assert_int_equal(file_read_at(AT_FDCWD, path.s, &text, 100), 0);
	assert_string_equal(text.s, "one"); /* The link was replaced, not followed. */
	assert_int_equal(lstat(link.s, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(file_read_at(AT_FDCWD, path.s, &text, 2), -EFBIG);
	assert_int_equal(text.len, 0);
	assert_int_equal(file_read_at(AT_FDCWD, "/nonexistent", &text, 2), -ENOENT);
	assert_int_equal(file_replace("/nonexistent/file", "x", 1, 0600), -ENOENT);
	unlink(path.s);
	unlink(link.s);
	rmdir(dir);
	str_free(&path);
	str_free(&link);
	str_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_whole_or_errors),
		cmocka_unit_test(hex_takes_no_digit_too_many),
		cmocka_unit_test(numbers_for_people),
		cmocka_unit_test(hostile_text_is_escaped),
		cmocka_unit_test(json_is_always_valid_utf8),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(maps_hold_what_was_put),
		cmocka_unit_test(an_index_finds_in_its_vector),
		cmocka_unit_test(string_maps_keep_their_values_in_place),
		cmocka_unit_test(strings_and_vectors_grow),
		cmocka_unit_test(files_are_replaced_whole),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
