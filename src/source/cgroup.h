/* SPDX-License-Identifier: MIT */
/* Cgroup ids to paths, by a walk over the cgroup2 hierarchy: needs no privilege, so that unit and
 * container of a socket can be named even where its process cannot be read. */
#ifndef SOURCE_CGROUP_H
#define SOURCE_CGROUP_H

#include "base/attr.h"
#include "model/owners.h"
#include "model/report.h"

/** Walks the cgroup2 mount that PROC/self/mountinfo names ("/proc") into OUT (zeroed before): the
 *  id of a cgroup is the inode of its folder (kernel-facts 6). 0, also where there is no such mount
 *  (OUT->known is then false) or a folder may not be read (said in NOTES); -errno where the mounts
 *  cannot be read. */
NODISCARD NONNULL int cgroups_walk(const char *proc, struct cgroups *out, struct notes *notes);

#endif
