// SPDX-License-Identifier: MIT
/* Linked into the program where it carries sanitizers. They read their options from /proc, and they look
 * for leaks there: a test that takes /proc away gets these instead. */

const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1";
}
