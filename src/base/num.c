// SPDX-License-Identifier: MIT
#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

int num_scan(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		v = v * 10 + digit;
	}
	*s = p;
	*out = v;
	return 0;
}

int num_parse(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v;
	int ret = num_scan(&s, &v);

	if (ret == -ERANGE) {
		while (*s >= '0' && *s <= '9')
			s++;
		return *s ? -EINVAL : -ERANGE;
	}
	if (ret || *s)
		return -EINVAL;
	if (v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int num_parse_seconds(const char *s, double max, double *out)
{
	double v = 0, unit = 0.1;
	bool digits = false;

	for (; *s >= '0' && *s <= '9'; s++, digits = true)
		v = v * 10 + (*s - '0');
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++, digits = true, unit /= 10)
			v += unit * (*s - '0');
	}
	if (!digits || *s)
		return -EINVAL;
	if (!(v <= max))
		return -ERANGE;
	*out = v;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int num_scan_hex(const char **s, unsigned max_digits, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;
	unsigned n = 0;

	for (; hex_digit(*p) >= 0; p++) {
		if (++n > max_digits || n > 16)
			return -EINVAL;
		v = v << 4 | (uint64_t)hex_digit(*p);
	}
	if (!n)
		return -EINVAL;
	*s = p;
	*out = v;
	return 0;
}

char *num_human(uint64_t v, char *buf, size_t size)
{
	static const char units[] = "kMGTPE";
	double d = (double)v;
	unsigned u = 0;

	if (v < 10000) {
		snprintf(buf, size, "%u", (unsigned)v);
		return buf;
	}
	for (d /= 1000; d >= 999.5; d /= 1000)
		u++;
	snprintf(buf, size, d < 99.95 ? "%.1f%c" : "%.0f%c", d, units[u]);
	return buf;
}

char *num_duration(double seconds, char *buf, size_t size)
{
	uint64_t s;

	if (!(seconds >= 0))
		seconds = 0;
	if (seconds < 9.95) {
		snprintf(buf, size, "%.1fs", seconds);
		return buf;
	}
	s = seconds < 1e12 ? (uint64_t)llround(seconds) : (uint64_t)1e12;
	if (s < 60)
		snprintf(buf, size, "%us", (unsigned)s);
	else if (s < 3600)
		snprintf(buf, size, "%um%02us", (unsigned)(s / 60), (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(buf, size, "%uh%02um", (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
	else
		snprintf(buf, size, "%llud%uh", (unsigned long long)(s / 86400),
			 (unsigned)(s / 3600 % 24));
	return buf;
}

const char *num_word(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}
