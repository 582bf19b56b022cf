/* SPDX-License-Identifier: MIT */
/* What /proc/PID says, bytes to record: pure, for owners.c and the fuzzer. Text need not end in a
 * NUL and may be cut off anywhere. */
#ifndef SOURCE_OWNERS_PARSE_H
#define SOURCE_OWNERS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"

/** From /proc/PID/stat (fs/proc/array.c, do_task_stat()). */
struct task_stat {
	pid_t ppid;
	/** 'R', 'S', 'Z' … */
	char state;
	/** The PF_ flags of the kernel. */
	uint64_t flags;
	/** Start time in clock ticks since boot. */
	uint64_t start;
};

/** A kernel thread (PF_KTHREAD of include/linux/sched.h): has no descriptors that anybody opened.
 *  Workers of io_uring and vhost are threads of their process and do not carry the flag. */
#define TASK_KERNEL_THREAD 0x00200000u

/** Reads a stat line. The name may hold blanks, parentheses and newlines: it ends at the last ')'.
 *  0 or -EINVAL. */
NODISCARD NONNULL int owners_parse_stat(const char *text, size_t len, struct task_stat *out);

/** The effective uid out of /proc/PID/status. 0 or -EINVAL. */
NODISCARD NONNULL int owners_parse_euid(const char *text, size_t len, uint32_t *out);

/** The soft limit of "Max open files" out of /proc/PID/limits; INT64_MAX for "unlimited". 0 or
 *  -EINVAL. */
NODISCARD NONNULL int owners_parse_nofile(const char *text, size_t len, int64_t *out);

/** True where TEXT, the target of a descriptor's link, is exactly "socket:[INODE]". */
NODISCARD NONNULL bool owners_parse_socket(const char *text, size_t len, uint64_t *inode);

/** True where TEXT, the target of a descriptor's link, is an io_uring. */
NODISCARD NONNULL bool owners_is_ring(const char *text, size_t len);

/** From /proc/PID/fdinfo/FD; 0 where a line is absent (no mount and no inode has that number). */
struct fdinfo {
	/** "mnt_id" and "ino": which file it is. */
	uint64_t mount, inode;
	/** "scm_fds" of an AF_UNIX socket: files in messages that wait in it. */
	uint64_t scm_fds;
};

/** Reads what is there of it. */
NONNULL void owners_parse_fdinfo(const char *text, size_t len, struct fdinfo *out);

/** Walks the sockets among the registered files in the fdinfo of an io_uring ("UserFiles:", then
 *  lines "  0: socket:[INODE]"): start with *AT = 0; false at the end. */
NODISCARD NONNULL bool owners_next_user_file(const char *text, size_t len, size_t *at,
					     uint64_t *inode);

/** True where the fdinfo of an io_uring shows its registered files. The kernel leaves them out
 *  while somebody holds the ring's lock (io_uring/fdinfo.c: mutex_trylock()). */
NODISCARD NONNULL bool owners_shows_user_files(const char *text, size_t len);

/** Walks the inodes of the sockets in /proc/PID/net/unix (net/unix/af_unix.c, unix_seq_show()):
 *  start with *AT = 0; false at the end. A socket's path may hold newlines, so that a line may be
 *  made up: the inodes are candidates. */
NODISCARD NONNULL bool owners_next_unix(const char *text, size_t len, size_t *at, uint64_t *inode);

/** Appends the path that says most in /proc/PID/cgroup: that of cgroup2, else of systemd's own
 *  hierarchy, else of any other; of these the first that is not the root. False where there is no
 *  line at all. */
NODISCARD NONNULL bool owners_parse_cgroup(const char *text, size_t len, struct str *out);

/** Appends /proc/PID/cmdline with blanks for the NULs between arguments, and none at the end. */
NONNULL void owners_join_arguments(const char *text, size_t len, struct str *out);

#endif
