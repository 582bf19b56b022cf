// SPDX-License-Identifier: MIT
/* analysis/ports_rate: rates that last and bursts that do not, and the time until no port is
 * left. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ports_rate.h"
#include "base/attr.h"

#define NEAR 1e-9

/** RATE closes a second between FROM and TO seconds ago. */
static void add(struct closes *c, double rate, unsigned from, unsigned to)
{
	double sum = 0;

	for (unsigned i = from; i < to && i < CLOSE_BUCKETS; i++) {
		unsigned before = (unsigned)sum;

		sum += rate;
		c->n[i] += (uint32_t)((unsigned)sum - before);
	}
}

static void rates_over_windows(void **state)
{
	struct closes c = { 0 };

	(void)state;
	add(&c, 100, 0, 1);
	add(&c, 10, 1, 10);
	add(&c, 1, 10, 60);
	assert_float_equal(closes_rate(&c, 1, 60), 100, NEAR);
	assert_float_equal(closes_rate(&c, 10, 60), 19, NEAR);
	assert_float_equal(closes_rate(&c, 60, 60), 4, NEAR);
	/* A shorter TIME_WAIT shows a shorter past. */
	assert_float_equal(closes_rate(&c, 60, 10), 24, NEAR);
}

static void lasting_rates(void **state)
{
	static const struct {
		double rate;
		unsigned from, to;
		double want, slack;
	} rows[] = {
		{ 100, 0, 60, 100, 0 }, { 710, 0, 60, 710, 0 }, { 3, 0, 60, 3, 0.3 },
		{ 0.5, 0, 60, 0.5, 0.1 }, { 12, 0, 60, 12, 0.6 },
		/* Began a moment ago: that is the rate, not the mean with the silence before. */
		{ 50, 0, 3, 50, 0 }, { 1000, 0, 4, 1000, 0 }, { 10, 0, 20, 10, 0.5 },
		/* Too short to be one, or over. */
		{ 5000, 0, 1, 0, 0 }, { 5000, 0, 2, 0, 0 }, { 1000, 1, 2, 0, 0 },
		{ 300, 4, 9, 0, 0 }, { 300, 2, 40, 0, 0 }, { 700, 3, 60, 0, 0 },
		{ 700, 20, 60, 0, 0 },
		{ 0, 0, 60, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct closes c = { 0 };

		add(&c, rows[i].rate, rows[i].from, rows[i].to);
		if (fabs(closes_sustained(&c) - rows[i].want) > rows[i].slack + NEAR)
			fail_msg("%g/s from %u to %u s ago: %g", rows[i].rate, rows[i].from,
				 rows[i].to, closes_sustained(&c));
	}
}

static void a_burst_upon_a_rate_is_not_the_rate(void **state)
{
	struct closes c = { 0 };

	(void)state;
	add(&c, 40, 0, 60);
	add(&c, 9000, 1, 2);
	assert_float_equal(closes_sustained(&c), 40, 2);
}

static double seconds(double capacity, double blocked, double rate, double growth,
		      const uint32_t *release)
{
	static const uint32_t none[RELEASE_BUCKETS];

	return forecast_seconds(&(struct forecast){ .capacity = capacity, .blocked = blocked,
		.rate = rate, .hold = 60, .growth = growth, .release = release ? release : none });
}

static void the_end_is_told(void **state)
{
	(void)state;
	/* The what-if of the contract, from nothing. */
	assert_float_equal(seconds(28232, 0, 710, 0, NULL), 28232.0 / 710, 0.001);
	assert_float_equal(seconds(1000, 150, 50, 0, NULL), 17, 0.001);
	assert_float_equal(seconds(1000, 150, 0, 10, NULL), 85, 0.001);
	/* Beyond what the ends of TIME_WAIT say. */
	assert_float_equal(seconds(28232, 232, 0, 1, NULL), 28000, 0.001);
	assert_true(isnan(seconds(28232, 100, 0, 0, NULL)));
	assert_true(isnan(seconds(28232, 31, 470, 0, NULL)));
	assert_true(!isnan(seconds(28232, 31, 471, 0, NULL)));
	assert_float_equal(seconds(10, 10, 0, 0, NULL), 0, NEAR);
	assert_float_equal(seconds(10, 12, 0, 0, NULL), 0, NEAR);
}

static void what_ends_makes_room(void **state)
{
	uint32_t release[RELEASE_BUCKETS] = { 0 };

	(void)state;
	/* 100/s for a minute: as many end as come. */
	for (int i = 0; i < 60; i++)
		release[i] = 100;
	assert_true(isnan(seconds(6100, 6000, 100, 0, release)));
	/* Ten more a second than end. */
	assert_float_equal(seconds(6100, 6000, 110, 0, release), 10, 0.01);
	/* It comes too late. */
	memset(release, 0, sizeof(release));
	release[30] = 1000;
	assert_float_equal(seconds(1000, 900, 10, 0, release), 10, 0.001);
}

/** More of what takes ports never makes it later. */
static void more_is_sooner(void **state)
{
	(void)state;
	srand(7);
	for (int i = 0; i < 2000; i++) {
		uint32_t release[RELEASE_BUCKETS] = { 0 };
		double capacity = 1 + rand() % 30000, blocked = rand() % (int)(capacity + 1);
		double rate = rand() % 1000, growth = rand() % 20, t, u;

		for (double left = blocked; left > 0;) {
			uint32_t n = (uint32_t)(1 + rand() % 600);

			n = n < left ? n : (uint32_t)left;
			release[rand() % 62] += n;
			left -= n;
		}
		t = seconds(capacity, blocked, rate, growth, release);
		u = seconds(capacity, blocked, rate + 1, growth + 1, release);
		assert_true(isnan(t) || t >= 0);
		assert_true(!isnan(u));
		assert_true(isnan(t) || u <= t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_over_windows),
		cmocka_unit_test(lasting_rates),
		cmocka_unit_test(a_burst_upon_a_rate_is_not_the_rate),
		cmocka_unit_test(the_end_is_told),
		cmocka_unit_test(what_ends_makes_room),
		cmocka_unit_test(more_is_sooner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
