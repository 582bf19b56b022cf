/* SPDX-License-Identifier: MIT */
/* The command `diff`. */
#ifndef DIFF_H
#define DIFF_H

#include "base/attr.h"
#include "command.h"

/** Runs it. */
NODISCARD NONNULL int diff_run(const struct command *cmd, const struct options *opt);

#endif
