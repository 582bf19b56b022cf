/* SPDX-License-Identifier: MIT */
/* Words for the shells' completions, out of the same tables that parse them. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "base/attr.h"
#include "command.h"

/** Runs the hidden command `complete WHAT [COMMAND]`: one word a line. Returns the exit status. */
NODISCARD NONNULL int complete_run(const struct command *cmd, const struct options *opt);

#endif
