/* SPDX-License-Identifier: MIT */
/* `why HOST:PORT`: gathers what can be seen of one destination and has it judged. */
#ifndef WHY_H
#define WHY_H

#include "base/attr.h"
#include "command.h"

/** Runs `why`; returns the exit status. */
NODISCARD NONNULL int why_run(const struct command *cmd, const struct options *opt);

#endif
