/* SPDX-License-Identifier: MIT */
/* A recording as a source: the recorded bytes go through the decoders that a running kernel's go
 * through. */
#ifndef SOURCE_RECORDING_H
#define SOURCE_RECORDING_H

#include "base/attr.h"
#include "source/backend.h"

/** The backend. */
extern const struct backend recording_backend;

/** Turns S, zeroed but for its choice, into the recording FILE at the sample that AT names
 *  (base/when: a time, or "#3"; NULL: the last). 0, or -errno and one sentence in WHY. What the
 *  recording is short of is said in NOTES. */
NODISCARD NONNULL_ARGS(1, 2, 4, 5) int recording_open(struct source *s, const char *file,
						     const char *at, struct notes *notes,
						     struct str *why);

/** As source_back(). */
NODISCARD NONNULL int recording_back(struct source *s);

#endif
