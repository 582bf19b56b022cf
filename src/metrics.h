/* SPDX-License-Identifier: MIT */
/* The command `metrics`. */
#ifndef METRICS_H
#define METRICS_H

#include "base/attr.h"
#include "command.h"

/** Runs it. */
NODISCARD NONNULL int metrics_run(const struct command *cmd, const struct options *opt);

#endif
