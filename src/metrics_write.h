/* SPDX-License-Identifier: MIT */
/* Reports of one or more namespaces as OpenMetrics text. */
#ifndef METRICS_WRITE_H
#define METRICS_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/facts.h"
#include "model/report.h"

/** The answers that metrics are made of. */
enum metrics_report {
	METRICS_STATES,
	METRICS_CLOSE_WAIT,
	METRICS_PORTS,
	METRICS_HANDSHAKES,
	METRICS_LISTENERS,
	METRICS_CHECK,
	METRICS_REPORTS
};

/** Names of their analyses. */
extern const char *const metrics_analyses[METRICS_REPORTS];

/** What was read of one namespace. */
struct metrics_part {
	/** Label "netns"; NULL: no such label. */
	const char *netns;
	struct report reports[METRICS_REPORTS];
	/** Facts now and before (NULL: no rates). */
	const struct facts *now, *before;
	/** What it came from; whether it is known to be short. */
	const char *source;
	bool complete;
	/** Sockets read; time for facts, dump, owners, answers, ns. */
	uint64_t sockets;
	const int64_t *spent;
};

/** Appends the whole document for COUNT parts: at most TOP rows of each table (0: all), the rest
 *  under "other"; REALTIME_NS is when they were read. */
NONNULL void metrics_write(struct str *out, const struct metrics_part *parts, size_t count,
			   uint64_t top, int64_t realtime_ns);

#endif
