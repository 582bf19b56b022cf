/* SPDX-License-Identifier: MIT */
/* Asks the kernel by trial which ports connect() without a source port cannot get (kernel-facts
 * 3.6): only on request, since it opens connections over loopback. */
#ifndef SOURCE_PROBE_H
#define SOURCE_PROBE_H

#include "base/attr.h"
#include "source/source.h"

/** Settles what F does not know of its range: finds out which ports are doubtful, tries each, and
 *  puts the result into F->bind as if the bind table had been read. What it did, or why it could
 *  not, is said in NOTES. Does nothing where the bind table is known. */
NONNULL void source_probe(struct source *s, struct facts *f, struct notes *notes);

#endif
