// SPDX-License-Identifier: MIT
#include "base/word.h"

#include <string.h>

/** Lower case in any locale, '-' as '_'. */
static char plain(char c)
{
	return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool word_is(const char *a, size_t n, const char *b)
{
	if (strlen(b) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (plain(a[i]) != plain(b[i]))
			return false;
	}
	return true;
}

bool word_equal(const char *a, const char *b)
{
	return word_is(a, strlen(a), b);
}
