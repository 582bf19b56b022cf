/* SPDX-License-Identifier: MIT */
/* -N all for answers that hang on the settings and counters of each namespace: each is asked alone,
 * and one report is made of the many. */
#ifndef MERGE_H
#define MERGE_H

#include <stdbool.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "pipeline.h"

/** True where OPT asks for all namespaces and A must be asked in each of them. */
NODISCARD NONNULL bool merge_wanted(const struct analysis *a, const struct options *opt);

/** Moves FROM's notes to TO; what says the same of other numbers is said once. */
NONNULL void merge_notes(struct notes *to, struct notes *from);

/** The parts of a sweep. */
struct merge;

/** Opens the parts of P, whose source is a sweep. */
NODISCARD RETURNS_NONNULL NONNULL struct merge *merge_open(struct pipeline *p,
							   const struct analysis *a);
/** Gives them back; P stays open. */
NONNULL void merge_close(struct merge *m);

/** Watches the counters of all namespaces for SECONDS. 0 or -errno. */
NODISCARD NONNULL int merge_prime(struct merge *m, double seconds);

/** One sample of every namespace into one REPORT; notes go to the pipeline's. 0, or -errno where
 *  none could be had. */
NODISCARD NONNULL int merge_sample(struct merge *m, struct report *report);

#endif
