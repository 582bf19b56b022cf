/* SPDX-License-Identifier: MIT */
/* The command `record`. */
#ifndef RECORD_H
#define RECORD_H

#include "base/attr.h"
#include "command.h"

/** Runs it. */
NODISCARD NONNULL int record_run(const struct command *cmd, const struct options *opt);

#endif
