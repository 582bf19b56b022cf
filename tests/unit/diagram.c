// SPDX-License-Identifier: MIT
/* render/diagram: every state has its box with its own count, in 80 columns, in ASCII and Unicode. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "render/diagram.h"

static const uint64_t counts[STATE_COUNT] = {
	1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012,
};

/** Line N of TEXT, without its newline, in BUF. */
static const char *line_of(const char *text, size_t n, char *buf, size_t size)
{
	while (n--)
		text = strchr(text, '\n') + 1;
	snprintf(buf, size, "%.*s", (int)strcspn(text, "\n"), text);
	return buf;
}

static size_t lines_in(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/** The box with NAME in it has COUNT right below the name. */
static void assert_box(const char *text, const char *name, uint64_t count)
{
	char above[400], below[400], boxed[32], number[32];

	snprintf(number, sizeof(number), " %llu ", (unsigned long long)count);
	for (size_t i = 0; i + 1 < lines_in(text); i++) {
		line_of(text, i, above, sizeof(above));
		line_of(text, i + 1, below, sizeof(below));
		snprintf(boxed, sizeof(boxed), " %s ", name);
		for (const char *hit = strstr(above, boxed); hit; hit = strstr(hit + 1, boxed)) {
			size_t from = (size_t)(hit - above);

			if (from < 1 || !strchr("| ", hit[-1]) || !memchr(hit, '|', 20))
				continue;
			if (memmem(below + from, 14, number, strlen(number)))
				return;
		}
	}
	fail_msg("no box %s with %s", name, number);
}

static void every_box_has_its_own_count(void **state)
{
	struct str out = { 0 };

	(void)state;
	diagram_draw(counts, false, &out);
	for (int s = 0; s < STATE_COUNT; s++) {
		char number[32];

		assert_box(out.s, state_table[s].name, counts[s]);
		snprintf(number, sizeof(number), "%llu", (unsigned long long)counts[s]);
		assert_ptr_equal(strstr(strstr(out.s, number) + 1, number), NULL);
	}
	str_free(&out);
}

static void it_keeps_to_80_columns(void **state)
{
	static const uint64_t huge[STATE_COUNT] = { UINT64_MAX, 9999999999999, 99999999999999 };
	const uint64_t *const sets[] = { counts, huge };

	(void)state;
	for (size_t set = 0; set < ARRAY_LEN(sets); set++) {
		for (int unicode = 0; unicode < 2; unicode++) {
			struct str out = { 0 };
			char line[400];

			diagram_draw(sets[set], unicode, &out);
			for (size_t i = 0; i < lines_in(out.s); i++) {
				line_of(out.s, i, line, sizeof(line));
				assert_in_range(escape_width(line, strlen(line)), 10, 79);
				assert_true(line[strlen(line) - 1] != ' ');
			}
			str_free(&out);
		}
	}
}

static void unicode_has_the_same_shape(void **state)
{
	struct str ascii = { 0 }, fancy = { 0 };
	const char *f;

	(void)state;
	diagram_draw(counts, false, &ascii);
	diagram_draw(counts, true, &fancy);
	f = fancy.s;
	for (const char *a = ascii.s; *a; a++) {
		uint32_t cp;
		size_t n = utf8_decode(f, strlen(f), &cp);

		assert_true(n > 0);
		if (cp < 0x80)
			assert_int_equal(cp, (unsigned char)*a);
		else
			assert_non_null(strchr("-|+<>^v", *a));
		/* No corner is left over, and every line character was turned. */
		assert_true(cp >= 0x80 || !strchr("-|+<>^", *a));
		f += n;
	}
	assert_string_equal(f, "");
	assert_null(strchr(ascii.s, '!'));
	for (const char *a = ascii.s; *a; a++)
		assert_in_range(*a, '\n', '~');
	str_free(&ascii);
	str_free(&fancy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_box_has_its_own_count),
		cmocka_unit_test(it_keeps_to_80_columns),
		cmocka_unit_test(unicode_has_the_same_shape),
	};

	return cmocka_run_group_tests_name("diagram", tests, NULL, NULL);
}
