// SPDX-License-Identifier: MIT
/* base/suggest: which slips find the word that was meant, and which do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/suggest.h"

static const char *const words[] = {
	"check", "states", "close-wait", "cw", "ports", "listeners", "list", "ls", "count", "why",
	"state", "CLOSE_WAIT", NULL,
};

static const char *nth(void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

static const char *guess(const char *word)
{
	return suggest(word, nth, (void *)words);
}

static void finds_slips(void **state)
{
	static const struct {
		const char *typed, *meant;
	} rows[] = {
		{ "chekc", "check" },      { "chck", "check" },      { "checkk", "check" },
		{ "xheck", "check" },      { "STATES", "states" },   { "stats", "states" },
		{ "close_wait", "close-wait" }, { "closewait", "close-wait" },
		{ "clsoe-wiat", "close-wait" }, { "listner", "listeners" }, { "lst", "list" },
		{ "lis", "list" },    { "prots", "ports" },     { "coutn", "count" },
		{ "wyh", "why" },          { "lss", "ls" },          { "listen", "listeners" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = guess(rows[i].typed);

		assert_non_null(got);
		assert_string_equal(got, rows[i].meant);
	}
}

static void leaves_strangers_alone(void **state)
{
	static const char *const rows[] = { "", "x", "xyzzy", "kill", "explain", "aaaaaaaaaaaa", "l",
					    "zz" };
	char longest[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_null(guess(rows[i]));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(guess(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_slips),
		cmocka_unit_test(leaves_strangers_alone),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
