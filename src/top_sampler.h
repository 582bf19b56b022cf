/* SPDX-License-Identifier: MIT */
/* Part of `top`: takes the samples, on a thread of its own, so that a sample that takes longer than
 * it should never holds up a key. */
#ifndef TOP_SAMPLER_H
#define TOP_SAMPLER_H

#include <stdbool.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "base/str.h"
#include "model/options.h"
#include "tui/tui.h"

/** A sampler; opaque. */
struct sampler;

/** The analysis that answers a live view; NULL where there is none. */
NONNULL const struct analysis *sampler_analysis(const struct tui_view *view);

/** One for the source that OPT names, which outlives it, showing what WISH says. */
NODISCARD RETURNS_NONNULL NONNULL struct sampler *sampler_new(const struct options *opt,
							     const struct tui_wish *wish);

/** Opens the source on the calling thread, which then calls sampler_next(). 0; -EINVAL for a bad
 *  filter, or another -errno; WHY says it. */
NODISCARD NONNULL int sampler_open(struct sampler *s, struct str *why);

/** The next sample as a frame with everything in it, the caller's; NULL behind the end of a
 *  recording. Waits for the interval before every one but the first. */
NONNULL struct tui_frame *sampler_next(struct sampler *s);

/** Opens the source and takes samples on a thread of the sampler's own. Result as
 *  sampler_open(). */
NODISCARD NONNULL int sampler_start(struct sampler *s, struct str *why);

/** What the live view is given. */
RETURNS_NONNULL NONNULL const struct tui_feed *sampler_feed(const struct sampler *s);

/** Ends the thread. False where a sample is still under way after a moment: S must then be left as
 *  it is. */
NODISCARD NONNULL bool sampler_stop(struct sampler *s);

/** Gives it back; NULL is fine. */
void sampler_free(struct sampler *s);

#endif
