// SPDX-License-Identifier: MIT
/* analysis/ports_estimate: the what-if, and what is no question. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "analysis/ports_estimate.h"

static struct options rate(double r)
{
	return (struct options){ .rate = r, .rate_set = true };
}

/** The host's facts: all unknown but a range of its own where asked for. */
static const struct facts *host(bool known)
{
	static struct facts f;

	facts_clear(&f);
	if (known) {
		f.v[FACT_PORT_LOW] = 10000;
		f.v[FACT_PORT_HIGH] = 10999;
		f.reserved_known = true;
		assert_int_equal(port_set_parse("9990-10009,10500,20000", &f.reserved), 0);
	}
	return &f;
}

static struct ports_estimate good(struct options o, bool known)
{
	struct ports_estimate e;
	struct str why = { 0 };

	assert_int_equal(ports_estimate(&o, host(known), &e, &why), 0);
	str_free(&why);
	return e;
}

static void the_question_that_started_it(void **state)
{
	struct options o = rate(710);
	struct ports_estimate e;

	(void)state;
	o.range = "32768-60999";
	e = good(o, true);
	assert_float_equal(e.rate, 710, 0);
	assert_int_equal(e.capacity, 28232);
	assert_float_equal(e.time_wait_seconds, 60, 0);
	assert_int_equal(e.ports_needed, 42600);
	assert_float_equal(e.sustainable_rate, 470.5, 1e-9);
	assert_float_equal(e.exhausts_in_seconds, 39.8, 1e-9);
	assert_string_equal(e.verdict, "exhausted");
}

static void sizes_multiply(void **state)
{
	struct options o = rate(710);
	struct ports_estimate e;

	(void)state;
	o.range = "1-65535";
	o.reserved = "535";
	o.destinations = 3;
	o.local_addresses = 2;
	o.time_wait = 0.5;
	o.time_wait_set = true;
	e = good(o, false);
	assert_int_equal(e.capacity, 390000);
	assert_int_equal(e.ports_needed, 355);
	assert_true(isnan(e.exhausts_in_seconds));
	assert_string_equal(e.verdict, "ok");
}

static void what_is_not_said_is_the_hosts(void **state)
{
	(void)state;
	assert_int_equal(good(rate(1), false).capacity, 28232);
	/* 10000-10009 and 10500 are reserved. */
	assert_int_equal(good(rate(1), true).capacity, 989);
}

static void verdicts(void **state)
{
	struct options o = rate(16);

	(void)state;
	o.range = "1000-1999";
	assert_string_equal(good(o, false).verdict, "warning");
	o.rate = 13;
	assert_string_equal(good(o, false).verdict, "ok");
	o.rate = 1000.0 / 60;
	assert_int_equal(good(o, false).ports_needed, 1000);
	assert_string_equal(good(o, false).verdict, "warning");
	o.rate = 16.7;
	assert_int_equal(good(o, false).ports_needed, 1002);
	assert_string_equal(good(o, false).verdict, "exhausted");
	o.rate = 0.1;
	assert_int_equal(good(o, false).ports_needed, 6);
}

static void bad(struct options o, const char *word)
{
	struct ports_estimate e;
	struct str why = { 0 };

	assert_int_equal(ports_estimate(&o, host(true), &e, &why), -EINVAL);
	if (!strstr(str_text(&why), word))
		fail_msg("'%s' does not say %s", str_text(&why), word);
	str_free(&why);
}

static void nonsense_is_refused(void **state)
{
	static const char *const ranges[] = { "", "5", "5-", "-5", "0-9", "9-8", "1-65536", "1-2-3",
					      "a-b", "1 - 2", "+1-2", " 1-2",
					      "1-99999999999999999999" };
	static const char *const reserved[] = { "", "x", "-1", "65537", "1000", "5,6" };
	struct options o = rate(0);

	(void)state;
	bad(o, "--rate");
	o.rate = NAN;
	bad(o, "--rate");
	o.rate = 1;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		o.range = ranges[i];
		bad(o, "--range");
	}
	o.range = "1-1000";
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		o.reserved = reserved[i];
		bad(o, "reserved");
	}
	o.reserved = NULL;
	o.time_wait_set = true;
	bad(o, "--time-wait");
	o.time_wait = 60;
	o.destinations = o.local_addresses = 1000000000;
	bad(o, "exist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_that_started_it),
		cmocka_unit_test(sizes_multiply),
		cmocka_unit_test(what_is_not_said_is_the_hosts),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
