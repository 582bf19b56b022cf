// SPDX-License-Identifier: MIT
#include "analysis/ports_rate.h"

#include <math.h>
#include <stdlib.h>

#include "base/attr.h"

/** Windows that are compared, and the count in the middle one that makes a rate exact to a few
 *  percent; with fewer it is still a rate. */
#define WINDOWS 5
#define COUNT_GOOD 50
#define COUNT_SOME 5

/** Closes expected in the newest two seconds from which on their absence says something, and the
 *  part of them that must have come. */
#define RECENT_EXPECTED 8.0
#define RECENT_PART 0.25

static double sum(const struct closes *c, unsigned from, unsigned to)
{
	double n = 0;

	for (unsigned i = from; i < to && i < CLOSE_BUCKETS; i++)
		n += c->n[i];
	return n;
}

double closes_rate(const struct closes *c, unsigned seconds, double length)
{
	double seen = length < seconds ? length : seconds;

	return seen > 0 ? sum(c, 0, seconds) / seen : 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/** Counts of the newest five windows of WIDTH seconds: the middle one, and in *MEAN the mean of the
 *  middle three. */
static double middle(const struct closes *c, unsigned width, double *mean)
{
	double n[WINDOWS];

	for (unsigned i = 0; i < WINDOWS; i++)
		n[i] = sum(c, i * width, (i + 1) * width);
	qsort(n, WINDOWS, sizeof(n[0]), by_size);
	*mean = (n[1] + n[2] + n[3]) / 3;
	return n[WINDOWS / 2];
}

double closes_sustained(const struct closes *c)
{
	static const unsigned widths[] = { 1, 2, 4, 12 };
	double rate = 0, good = 0;

	for (size_t i = 0; i < ARRAY_LEN(widths) && good < COUNT_GOOD; i++) {
		double mean, count = middle(c, widths[i], &mean);
		double least = i + 1 == ARRAY_LEN(widths) ? 1 : COUNT_SOME;

		/* A rate from few is kept until a longer window gives a good one. */
		if (count < least || (rate > 0 && count < COUNT_GOOD))
			continue;
		good = count;
		/* The mean is steadier where all agree, the middle safer where a burst is among
		 * them. */
		rate = (mean > count * 0.8 && mean < count * 1.25 ? mean : count) / widths[i];
	}
	if (2 * rate >= RECENT_EXPECTED && sum(c, 0, 2) < RECENT_PART * 2 * rate)
		return 0;
	return rate;
}

/** Ports blocked T seconds from now, RELEASED of today's having come free. */
static double blocked_at(const struct forecast *f, double t, double released)
{
	return f->blocked - released + f->rate * fmin(t, f->hold) + f->growth * t;
}

double forecast_seconds(const struct forecast *f)
{
	double released = 0, before = f->blocked;

	if (before >= f->capacity)
		return 0;
	for (unsigned i = 0; i < RELEASE_BUCKETS; i++) {
		double after;

		released += f->release[i];
		after = blocked_at(f, i + 1, released);
		if (after >= f->capacity)
			return i + (f->capacity - before) / (after - before);
		before = after;
	}
	/* From here on closes and ends of TIME_WAIT balance. */
	if (f->growth <= 0)
		return NAN;
	return RELEASE_BUCKETS + (f->capacity - before) / f->growth;
}
