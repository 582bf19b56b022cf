/* SPDX-License-Identifier: MIT */
/* What the two live backends share: sockets and files of a namespace, clocks, owners. */
#ifndef SOURCE_LIVE_H
#define SOURCE_LIVE_H

#include "base/attr.h"
#include "source/backend.h"

/** The backends. */
extern const struct backend netlink_backend, proc_backend;

/** Makes sure that S has at least N open netlink sockets inside its namespace. 0 or -errno. */
NODISCARD NONNULL int live_sockets(struct source *s, unsigned n);

/** Closes S's netlink sockets from the I-th on. */
NONNULL void live_drop_sockets(struct source *s, unsigned i);

/** Opens PATH inside the namespace for reading; a descriptor or -errno. Where the namespace cannot
 *  be entered, /proc/thread-self/net becomes /proc/PID/net, and /proc/sys is refused (-EACCES). */
NODISCARD NONNULL int live_open(struct source *s, const char *path);

#endif
