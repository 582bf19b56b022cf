/* SPDX-License-Identifier: MIT */
/* Topics of the runbook as text for people. */
#ifndef RENDER_RUNBOOK_H
#define RENDER_RUNBOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/topic.h"

/** Appends every topic's name, kind and title, a line each; with HEADER a heading line first. */
NONNULL void runbook_list(bool header, struct str *out);

/** Appends one topic, broken before column WIDTH. */
NONNULL void runbook_topic(const struct topic *topic, size_t width, struct str *out);

#endif
