/* SPDX-License-Identifier: MIT */
/* Inside the owner search: folders of numbers and small files of /proc. */
#ifndef SOURCE_OWNERS_READ_H
#define SOURCE_OWNERS_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/owners.h"

/** Bytes read at most of stat, of a descriptor's fdinfo, of a ring's, which lists its files, and of
 *  net/unix, which lists a namespace's sockets. */
#define STAT_MAX 4096
#define FDINFO_MAX 4096
#define RING_MAX ((size_t)64 << 20)
#define UNIX_MAX ((size_t)256 << 20)

/** Size of the buffer that walk_numbers() needs. */
#define WALK_BUFFER 32768

/** Walks the numeric names in the folder open at FD from number FIRST on (only folders of
 *  descriptors can start elsewhere than 0), calling EACH with the number and its text until that
 *  returns non-zero. 0, what EACH returned, or -errno. */
NODISCARD NONNULL_ARGS(2, 4) int walk_numbers(int fd, char *buffer, int32_t first,
					      int (*each)(void *arg, int32_t n, const char *name),
					      void *arg);

/** Replaces OUT by PATH relative to DIR_FD, at most MAX bytes of it. 0 or -errno. */
NODISCARD NONNULL int read_text(int dir_fd, const char *path, struct str *out, size_t max);

/** Who the process PID with the folder DIR_FD is, into OUT (except fds_open and user), its
 *  strings in ARENA; what cannot be read stays unknown. TEXT is a buffer. 0, or the -errno of the
 *  first file that could not be read. */
NODISCARD NONNULL int read_process(int dir_fd, pid_t pid, struct arena *arena,
				   struct str *text, struct process *out);

#endif
