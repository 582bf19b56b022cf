/* SPDX-License-Identifier: MIT */
/* `list`: the sockets themselves, streamed. */
#ifndef LIST_H
#define LIST_H

#include "base/attr.h"
#include "command.h"

/** Runs `list`; returns the exit status. */
NODISCARD NONNULL int list_run(const struct command *cmd, const struct options *opt);

#endif
