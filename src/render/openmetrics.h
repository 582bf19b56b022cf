/* SPDX-License-Identifier: MIT */
/* OpenMetrics text, in the part of it that Prometheus' older text format shares: gauges only, so
 * that a scraper of either kind and node_exporter's textfile collector read the same. */
#ifndef RENDER_OPENMETRICS_H
#define RENDER_OPENMETRICS_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/** A label; without a name it ends the list. The value is text as it came: escaped here. */
struct om_label {
	const char *name, *value;
};

/** Appends the head of the family NAME, whose samples must follow in one piece. HELP is the
 *  program's own text without quotes, backslashes and newlines: the two formats escape them
 *  differently. */
NONNULL void om_family(struct str *out, const char *name, const char *help);

/** Appends a sample of the family NAME; nothing where V is no number: what is unknown is absent. */
NONNULL void om_sample(struct str *out, const char *name, const struct om_label *labels, double v);

/** Appends the end mark, behind which nothing may follow. */
NONNULL void om_end(struct str *out);

#endif
