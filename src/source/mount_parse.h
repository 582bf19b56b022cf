/* SPDX-License-Identifier: MIT */
/* Lines of /proc/self/mountinfo, bytes to record: pure. */
#ifndef SOURCE_MOUNT_PARSE_H
#define SOURCE_MOUNT_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/** One mount, as Documentation/filesystems/proc.rst 3.5 says it. */
struct mount {
	/** Folder of the file system that is mounted, and where; octal escapes undone. */
	struct str root, point;
	/** Type ("cgroup2"), source, and the options of the file system ("rw,hidepid=2"). */
	struct str type, source, options;
};

/** Reads the line that starts at *AT of TEXT into OUT (zeroed, or used before) and moves *AT behind
 *  it; malformed lines are passed over. False at the end. mount_free() OUT when done. */
NODISCARD NONNULL bool mount_next(const char *text, size_t len, size_t *at, struct mount *out);

/** Gives the strings back. */
NONNULL void mount_free(struct mount *m);

#endif
