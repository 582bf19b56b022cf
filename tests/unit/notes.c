// SPDX-License-Identifier: MIT
/* model/report: notes are said once, also where their numbers change from sample to sample. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "model/report.h"

static void the_same_text_is_one_note(void **state)
{
	struct notes n = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		notes_add(&n, "row %d", i % 20);
	assert_int_equal(n.count, 20);
	assert_string_equal(n.text[19], "row 19");
	notes_free(&n);
	assert_int_equal(n.count, 0);
}

static void a_note_about_one_thing_is_replaced(void **state)
{
	char *long_text = malloc(1001);
	struct notes n = { 0 };

	(void)state;
	memset(long_text, 'x', 1000);
	long_text[1000] = '\0';
	notes_add(&n, "a");
	for (int i = 0; i < 3000; i++) {
		notes_set(&n, "processes", "%d of %d", i, 3000 - i);
		notes_set(&n, "sockets", "%s%d", i % 2 ? long_text : "", i);
		assert_int_equal(n.count, 3);
	}
	notes_add(&n, "a");
	assert_int_equal(n.count, 3);
	assert_string_equal(n.text[0], "a");
	assert_string_equal(n.text[1], "2999 of 1");
	assert_int_equal(strlen(n.text[2]), 1004);
	assert_string_equal(n.text[2] + 1000, "2999");
	free(long_text);
	notes_free(&n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_text_is_one_note),
		cmocka_unit_test(a_note_about_one_thing_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
