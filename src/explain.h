/* SPDX-License-Identifier: MIT */
/* `explain`: the runbook as text or JSON. Reads nothing from the system. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "base/attr.h"
#include "command.h"

/** Runs `explain`: the list of topics, or the one that the words name together (so that an error's
 *  text can be given without quotes). Returns the exit status. */
NODISCARD NONNULL int explain_run(const struct command *cmd, const struct options *opt);

#endif
