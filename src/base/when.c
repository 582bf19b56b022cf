// SPDX-License-Identifier: MIT
#include "base/when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define NS INT64_C(1000000000)
/* Far enough from where nanoseconds overflow (the year 2262). */
#define SECONDS_MAX INT64_C(9000000000)

/* Exactly DIGITS digits. */
static bool take_digits(const char **s, unsigned digits, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++, ++*s) {
		if (!isdigit((unsigned char)**s))
			return false;
		*out = *out * 10 + (**s - '0');
	}
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

/* ".123" as nanoseconds; 0 where there is no dot. */
static bool take_fraction(const char **s, int64_t *ns)
{
	int64_t unit = NS / 10;

	*ns = 0;
	if (!take_char(s, '.'))
		return true;
	if (!isdigit((unsigned char)**s))
		return false;
	for (; isdigit((unsigned char)**s); ++*s, unit /= 10)
		*ns += (**s - '0') * unit;
	return true;
}

/* "01:02", "01:02:03", "01:02:03.456". */
static bool take_time(const char **s, struct tm *tm, int64_t *ns)
{
	*ns = 0;
	if (!take_digits(s, 2, &tm->tm_hour) || !take_char(s, ':') ||
	    !take_digits(s, 2, &tm->tm_min))
		return false;
	if (take_char(s, ':') && (!take_digits(s, 2, &tm->tm_sec) || !take_fraction(s, ns)))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

static bool take_date(const char **s, struct tm *tm)
{
	if (!take_digits(s, 4, &tm->tm_year) || !take_char(s, '-') ||
	    !take_digits(s, 2, &tm->tm_mon) || !take_char(s, '-') ||
	    !take_digits(s, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
	       tm->tm_year >= 0;
}

/* "Z", "+01:00", "-0130", or nothing (*LOCAL then). */
static bool take_zone(const char **s, bool *local, int *east_s)
{
	int sign = **s == '-' ? -1 : 1, hours, minutes;

	*east_s = 0;
	*local = **s == '\0';
	if (*local || take_char(s, 'Z') || take_char(s, 'z'))
		return true;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_digits(s, 2, &hours))
		return false;
	take_char(s, ':');
	if (!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*east_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

static int finish(struct tm *tm, bool local, int east_s, int64_t ns, int64_t *out)
{
	int day = tm->tm_mday, month = tm->tm_mon;
	time_t t;

	tm->tm_isdst = -1;
	t = local ? mktime(tm) : timegm(tm);
	/* A 31 February became another day. */
	if (tm->tm_mday != day || tm->tm_mon != month || t < 0 || t > SECONDS_MAX)
		return -EINVAL;
	*out = ((int64_t)t - east_s) * NS + ns;
	return 0;
}

static int parse_date(const char *s, int64_t *out)
{
	struct tm tm = { 0 };
	int64_t ns = 0;
	bool local;
	int east_s;

	if (!take_date(&s, &tm))
		return -EINVAL;
	if ((*s == 'T' || *s == 't' || *s == ' ') && (s++, !take_time(&s, &tm, &ns)))
		return -EINVAL;
	if (!take_zone(&s, &local, &east_s) || *s != '\0')
		return -EINVAL;
	return finish(&tm, local, east_s, ns, out);
}

static int parse_time(const char *s, int64_t now_ns, int64_t *out)
{
	time_t now = (time_t)(now_ns / NS);
	struct tm tm;
	int64_t ns;

	if (localtime_r(&now, &tm) == NULL)
		return -EINVAL;
	tm.tm_sec = 0;
	if (!take_time(&s, &tm, &ns) || *s != '\0')
		return -EINVAL;
	return finish(&tm, true, 0, ns, out);
}

static bool take_seconds(const char **s, int64_t *seconds)
{
	*seconds = 0;
	if (!isdigit((unsigned char)**s))
		return false;
	for (; isdigit((unsigned char)**s); ++*s) {
		*seconds = *seconds * 10 + (**s - '0');
		if (*seconds > SECONDS_MAX)
			return false;
	}
	return true;
}

static int parse_epoch(const char *s, int64_t *out)
{
	int64_t seconds, ns;

	if (!take_seconds(&s, &seconds) || !take_fraction(&s, &ns) || *s != '\0')
		return -EINVAL;
	*out = seconds * NS + ns;
	return 0;
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

/* "90", "5m", "1h30m": how long before. */
static int parse_before(const char *s, int64_t now_ns, int64_t *out)
{
	int64_t total = 0, ns = 0;

	do {
		int64_t n, unit;

		if (!take_seconds(&s, &n) || !take_fraction(&s, &ns))
			return -EINVAL;
		unit = *s == '\0' ? 1 : unit_seconds(*s++);
		if (unit == 0 || (ns != 0 && unit != 1) || n > SECONDS_MAX / unit)
			return -EINVAL;
		total += n * unit;
		if (total > SECONDS_MAX)
			return -EINVAL;
	} while (*s != '\0');
	*out = now_ns - total * NS - ns;
	return 0;
}

int when_parse(const char *s, int64_t now_ns, int64_t *out)
{
	if (*s == '@')
		return parse_epoch(s + 1, out);
	if (*s == '-')
		return parse_before(s + 1, now_ns, out);
	if (strlen(s) > 2 && s[2] == ':')
		return parse_time(s, now_ns, out);
	return parse_date(s, out);
}
