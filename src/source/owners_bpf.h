/* SPDX-License-Identifier: MIT */
/* The open sockets of every process in one read, from an iterator over open files inside the kernel
 * (BPF, kernel/bpf/task_iter.c): a tenth of what reading a million links costs. For those who may
 * load programs. It sees what a walk over /proc sees: each descriptor of each table once. */
#ifndef SOURCE_OWNERS_BPF_H
#define SOURCE_OWNERS_BPF_H

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

/** Reads the descriptors of sockets in WANTED (inodes; NULL: of all) and of rings into OUT (struct
 *  open_file), by rising process, thread and number. 0; -EOPNOTSUPP where this kernel has no such
 *  iterator, we may not use it, or process numbers here are not the kernel's own (a PID namespace);
 *  or another -errno. */
NODISCARD NONNULL_ARGS(2) int owners_bpf_read(const struct map *wanted, struct vec *out);

#endif
