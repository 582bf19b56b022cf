// SPDX-License-Identifier: MIT
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

char *str_reserve(struct str *b, size_t extra)
{
	if (extra >= SIZE_MAX / 2 - b->len)
		alloc_failed();
	if (b->len + extra + 1 > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;

		if (cap < b->len + extra + 1)
			cap = b->len + extra + 1;
		b->s = xreallocarray(b->s, cap, 1);
		b->cap = cap;
	}
	return b->s + b->len;
}

void str_fill(struct str *b, char c, size_t n)
{
	char *p = str_reserve(b, n);

	memset(p, c, n);
	p[n] = '\0';
	b->len += n;
}

void str_addu(struct str *b, uint64_t v)
{
	char tmp[20];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	str_addn(b, tmp + i, sizeof(tmp) - i);
}

void str_addi(struct str *b, int64_t v)
{
	if (v < 0)
		str_addc(b, '-');
	str_addu(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void str_vaddf(struct str *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		alloc_failed();
	vsnprintf(str_reserve(b, (size_t)n), (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(b, fmt, ap);
	va_end(ap);
}

const char *str_text(const struct str *b)
{
	return b->len ? b->s : "";
}

void str_reset(struct str *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = '\0';
}

void str_free(struct str *b)
{
	free(b->s);
	*b = (struct str){ 0 };
}

char *str_take(struct str *b)
{
	char *s = b->s ? b->s : xstrdup("");

	*b = (struct str){ 0 };
	return s;
}
