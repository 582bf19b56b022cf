/* SPDX-License-Identifier: MIT */
/* `top`: the live view and its batch twin. */
#ifndef TOP_H
#define TOP_H

#include "base/attr.h"
#include "command.h"

/** Runs `top`; returns the exit status. */
NODISCARD NONNULL int top_run(const struct command *cmd, const struct options *opt);

#endif
