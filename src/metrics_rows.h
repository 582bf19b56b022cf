/* SPDX-License-Identifier: MIT */
/* Which members of which reports are metrics: tables that the command walks, and that its alerting
 * rules are written for. */
#ifndef METRICS_ROWS_H
#define METRICS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/facts.h"

/** A single number of a report. Rows with the same name follow each other: one family. */
struct metric_single {
	/** Metric, without the prefix "tcptriage_". */
	const char *name;
	/** The analysis, and the member's path in its report. */
	const char *analysis, *path;
	/** What tells it from others of the family, or NULL. */
	const char *label, *value;
	const char *help;
};

/** The table; ends with a row without a name. */
extern const struct metric_single metric_singles[];

/** How several rows become one: those that differ only in what is no label, and those beyond the
 *  top. */
enum combine {
	COMBINE_SUM,
	COMBINE_MIN,
	COMBINE_MAX,
};

/** One number of each row of a table. */
struct metric_value {
	const char *name, *path, *help;
	enum combine combine;
};

#define METRIC_LABELS_MAX 3
#define METRIC_VALUES_MAX 8

/** A table of a report. */
struct metric_set {
	/** Its name, for the count of rows that were combined. */
	const char *name;
	/** The analysis, and the path of the array in its report. */
	const char *analysis, *array;
	struct {
		/** Label, and the member's path in a row. */
		const char *name, *path;
	} labels[METRIC_LABELS_MAX];
	/** Ends with a value without a name, where there are fewer than METRIC_VALUES_MAX. */
	struct metric_value values[METRIC_VALUES_MAX];
	/** Which of them ranks the rows; largest first. */
	size_t rank;
	bool falling;
};

/** Sets at most. */
#define METRIC_SETS_MAX 8
/** The table; ends with a set without a name. */
extern const struct metric_set metric_sets[];

/** A counter's rate. */
struct metric_rate {
	const char *name;
	enum fact fact;
	const char *help;
};

/** The table; ends with a row without a name. */
extern const struct metric_rate metric_rates[];

/** Alerting rules for Prometheus, as YAML. */
extern const char metric_rules[];

#endif
