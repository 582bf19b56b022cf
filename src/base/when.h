/* SPDX-License-Identifier: MIT */
/* Moments as people write them. */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdint.h>

#include "base/attr.h"

/** Reads a moment, as nanoseconds of CLOCK_REALTIME: "2026-11-21T01:02:03.456Z", the same with a
 *  blank for the T, with an offset ("+01:00") or without one (local time), without seconds, without
 *  time (its midnight); "01:02" or "01:02:03" on the local day of NOW_NS; "@1763686923.4" (seconds
 *  since 1970); "-90", "-5m", "-1h30m" (before NOW_NS). 0, or -EINVAL. */
NODISCARD NONNULL int when_parse(const char *s, int64_t now_ns, int64_t *out);

#endif
