// SPDX-License-Identifier: MIT
/* base/when: moments as people write them, and what is none. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "base/when.h"

#define NS INT64_C(1000000000)
/* 2026-11-21T01:02:03.456Z. */
#define NOW (INT64_C(1795222923) * NS + 456000000)

static void moments_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{ "2026-11-21T01:02:03.456Z", NOW },
		{ "2026-11-21 01:02:03.456z", NOW },
		{ "2026-11-21T02:02:03.456+01:00", NOW },
		{ "2026-11-20T23:32:03.456-0130", NOW },
		{ "2026-11-21T01:02Z", NOW / NS * NS - 3 * NS },
		{ "2026-11-21T01:02:03.4567891239Z", NOW / NS * NS + 456789123 },
		/* Two hours east of Greenwich here. */
		{ "2026-11-21T03:02:03", NOW / NS * NS },
		{ "2026-11-21", NOW / NS * NS - 3723 * NS - 2 * 3600 * NS },
		{ "03:02", NOW / NS * NS - 3 * NS },
		{ "03:02:03.5", NOW / NS * NS + 500000000 },
		{ "00:00", NOW / NS * NS - 3 * 3600 * NS - 123 * NS },
		{ "@1795222923", NOW / NS * NS },
		{ "@1795222923.456", NOW },
		{ "-90", NOW - 90 * NS },
		{ "-0", NOW },
		{ "-5m", NOW - 300 * NS },
		{ "-1h30m", NOW - 5400 * NS },
		{ "-2d", NOW - 172800 * NS },
		{ "-0.5s", NOW - NS / 2 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2024-02-29T00:00:00Z", INT64_C(1709164800) * NS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t got = -1;

		assert_int_equal(when_parse(rows[i].text, NOW, &got), 0);
		if (got != rows[i].ns)
			fail_msg("%s: %lld, not %lld", rows[i].text, (long long)got,
				 (long long)rows[i].ns);
	}
}

static void others_are_refused(void **state)
{
	static const char *const rows[] = {
		"", "now", "yesterday", "2026", "2026-11", "2026-13-01", "2026-11-31", "2025-02-29",
		"2026-11-21T", "2026-11-21T25:00:00Z", "2026-11-21T01:60:00Z", "2026-11-21T01:02:03.Z",
		"2026-11-21T01:02:03Zjunk", "2026-11-21T01:02:03+25:00", "2026-11-21T01:02:03+1",
		"1:02", "01:2", "01:02:", "01:02x", "@", "@x", "@1.", "@-5", "@99999999999999999999",
		"-", "-x", "-5y", "-5m5", "-1.5h", "--5", "-99999999999d", "+5m", "#3", "1960-01-01T00:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t got = 7;

		if (strcmp(rows[i], "-5m5") == 0) { /* Five minutes and five seconds. */
			assert_int_equal(when_parse(rows[i], NOW, &got), 0);
			assert_true(got == NOW - 305 * NS);
			continue;
		}
		if (when_parse(rows[i], NOW, &got) != -EINVAL)
			fail_msg("'%s' was read as %lld", rows[i], (long long)got);
		assert_int_equal(got, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_read),
		cmocka_unit_test(others_are_refused),
	};

	setenv("TZ", "EET-2", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
