/* SPDX-License-Identifier: MIT */
/* Rates of a pool and where they lead: closes told from the ages of TIME_WAIT sockets (kernel-facts
 * 2), the rate that lasts, the time until no port is left. */
#ifndef ANALYSIS_PORTS_RATE_H
#define ANALYSIS_PORTS_RATE_H

#include <stdint.h>

#include "base/attr.h"

/** Seconds that closes are counted for, one bucket each. */
#define CLOSE_BUCKETS 60

/** Seconds ahead for which the end of each TIME_WAIT is known, one bucket each: longer than any
 *  TIME_WAIT (60 s; up to 600 s on some vendors' kernels). */
#define RELEASE_BUCKETS 640

/** Closes by age: bucket I holds those between I and I + 1 seconds ago. */
struct closes {
	uint32_t n[CLOSE_BUCKETS];
};

/** Closes per second over the last SECONDS (1..60); LENGTH is how long a TIME_WAIT lasts in s:
 *  where that is less, the rest of the window was not seen. */
NODISCARD NONNULL double closes_rate(const struct closes *c, unsigned seconds, double length);

/** The rate that closes have now and keep: 0 where there is none, where a burst is over or has only
 *  just begun. Three of five windows must show it, and the newest seconds must not have fallen
 *  silent; the windows are 1, 2, 4 or 12 s long, as long as it takes to count well. */
NODISCARD NONNULL double closes_sustained(const struct closes *c);

/** A pool that is being used up. */
struct forecast {
	/** Ports there are, and ports that connect() cannot have now. */
	double capacity, blocked;
	/** Closes per second that go on, and for how many seconds each then blocks its port. */
	double rate, hold;
	/** Ports per second that other states take more and more of. */
	double growth;
	/** Of the blocked ports: how many come free I to I + 1 seconds from now. */
	const uint32_t *release;
};

/** Seconds until every port is blocked; NAN where that never happens. */
NODISCARD NONNULL double forecast_seconds(const struct forecast *f);

#endif
