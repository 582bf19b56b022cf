/* SPDX-License-Identifier: MIT */
/* The open sockets of every process in one read, from an iterator over open files inside the kernel
 * (BPF, kernel/bpf/task_iter.c): a tenth of what reading a million links costs. For those who may
 * load programs. It sees what a walk over /proc sees: each descriptor of each table once. */
#ifndef SOURCE_OWNERS_BPF_H
#define SOURCE_OWNERS_BPF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/vec.h"

/** What an open file is. */
enum open_kind {
	OPEN_SOCKET,
	/** An io_uring. */
	OPEN_RING,
};

/** One descriptor. The program writes it: no padding. */
struct open_file {
	/** Inode of the socket. */
	uint64_t inode;
	/** The process, and the thread whose table it is (the process's own: the pid). */
	int32_t pid, tid;
	int32_t fd;
	/** enum open_kind. */
	uint32_t kind;
};

/** Loads the program into the kernel. Its descriptor, for the two below; -EOPNOTSUPP where this
 *  kernel has no such iterator, we may not use it, or process numbers here are not the kernel's own
 *  (a PID namespace); or another -errno. */
NODISCARD int owners_bpf_load(void);

/** Hands to EACH the descriptors of sockets and rings of process PID (0: of every process), table
 *  by table, as the program behind PROGRAM lists them; what EACH returns other than 0 ends it. 0,
 *  what EACH returned, or -errno. */
NODISCARD NONNULL_ARGS(3, 4) int owners_bpf_list(int program, pid_t pid,
						 int (*each)(void *arg, const struct open_file *f),
						 void *arg);

/** True where the kernel can list the descriptors of one process alone (Linux 6.1); before, it
 *  lists all of them whatever is asked for. */
NODISCARD bool owners_bpf_by_process(int program);

/** Reads the descriptors of sockets in WANTED (inodes; NULL: of all) and of rings into OUT (struct
 *  open_file), by rising process, thread and number. 0 or -errno. */
NODISCARD NONNULL_ARGS(3) int owners_bpf_read(int program, const struct map *wanted,
					      struct vec *out);

#endif
