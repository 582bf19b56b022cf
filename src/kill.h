/* SPDX-License-Identifier: MIT */
/* The command `kill`. */
#ifndef KILL_H
#define KILL_H

#include "base/attr.h"
#include "command.h"

/** Runs it. */
NODISCARD NONNULL int kill_run(const struct command *cmd, const struct options *opt);

#endif
