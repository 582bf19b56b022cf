// SPDX-License-Identifier: MIT
#include "base/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** Longest word that is compared. */
#define LONGEST 63

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/** The letter as it counts here. */
static int fold(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

/** Edits between A and B of N and M bytes, at most LONGEST each: Damerau-Levenshtein in the form
 *  where no piece is edited twice. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][LONGEST + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= m; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t d = last[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));

			d = min(d, min(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				d = min(d, before[j - 2] + 1);
			now[j] = d;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

/** True where CANDIDATE begins with the N bytes of WORD. */
static bool begins(const char *candidate, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!candidate[i] || fold(candidate[i]) != fold(word[i]))
			return false;
	}
	return true;
}

/** True where the N bytes of WORD stand somewhere in CANDIDATE. */
static bool contains(const char *candidate, const char *word, size_t n)
{
	for (; *candidate; candidate++) {
		if (begins(candidate, word, n))
			return true;
	}
	return false;
}

/** Edits that still count as a slip in words of this length. */
static size_t allowed(size_t n)
{
	if (n < 2)
		return 0;
	return n < 6 ? 1 : n < 10 ? 2 : 3;
}

/** How far CANDIDATE is from WORD of N bytes, the less the closer; SIZE_MAX where it is too far. */
static size_t score(const char *word, size_t n, const char *candidate)
{
	size_t m = strnlen(candidate, LONGEST + 1), d;

	if (m > LONGEST)
		return SIZE_MAX;
	d = distance(word, n, candidate, m);
	/* What is cut short is a better guess than what is mistyped twice. */
	if (d > 1 && n >= 3 && begins(candidate, word, n))
		return 3;
	if (d <= allowed(min(n, m)))
		return 2 * d;
	return n >= 4 && contains(candidate, word, n) ? (size_t)2 * LONGEST : SIZE_MAX;
}

const char *suggest(const char *word, const char *(*nth)(void *arg, size_t i), void *arg)
{
	size_t n = strnlen(word, LONGEST + 1), closest = SIZE_MAX;
	const char *found = NULL, *candidate;

	if (!n || n > LONGEST)
		return NULL;
	for (size_t i = 0; (candidate = nth(arg, i)); i++) {
		size_t s = score(word, n, candidate);

		if (s < closest) {
			closest = s;
			found = candidate;
		}
	}
	return found;
}
