/* SPDX-License-Identifier: MIT */
/* What programs for the kernel's own virtual machine need: the system call, and the kernel's
 * account of its types. */
#ifndef SOURCE_KERNEL_BPF_H
#define SOURCE_KERNEL_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

/** bpf(2). Its result or -errno. */
NODISCARD NONNULL int kernel_bpf(int cmd, union bpf_attr *attr);

/** An array map with one value of SIZE bytes, all zero. Its descriptor or -errno. */
NODISCARD int kernel_map(uint32_t size);
/** Reads the value of such a map into VALUE. 0 or -errno. */
NODISCARD NONNULL int kernel_map_value(int map, void *value);

struct btf_want;

/** Finds COUNT members (bind_table_btf.h) and the number of the iterator's FUNCTION for
 *  kernel_iterator() in the kernel's type information. 0; -EOPNOTSUPP where one is not there; or
 *  another -errno. */
NODISCARD NONNULL int kernel_iterator_find(const char *function, struct btf_want *want, size_t count,
					   uint32_t *number);

/** Loads COUNT instructions as a program of the iterator whose function (bpf_iter_...) has the
 *  number FUNCTION in the kernel's type information. NAME is what bpftool(8) shows, at most 15
 *  bytes. A descriptor or -errno. */
NODISCARD NONNULL int kernel_program(const struct bpf_insn *insn, uint32_t count, uint32_t function,
				     const char *name);

/** Opens the iterator of PROGRAM (kernel_program()) for the calling thread's namespaces; one over
 *  tasks for those of process PID alone (0: all). Before Linux 6.1 PID is not looked at. A
 *  descriptor that runs the program when it is read, or -errno. */
NODISCARD int kernel_iterator_open(int program, pid_t pid);

/** Both: the program serves this iterator alone. */
NODISCARD NONNULL int kernel_iterator(const struct bpf_insn *insn, uint32_t count,
				      uint32_t function, const char *name);

/** The kernel's type information (BTF), for btf_find(). */
struct kernel_types {
	void *data;
	size_t len;
	/** Mapped rather than read. */
	bool mapped;
};

/** Gets it: mapped where the kernel can (6.16), which is much quicker than reading it a page at a
 *  time. 0 or -errno; kernel_types_put() it when it is 0. */
NODISCARD NONNULL int kernel_types_get(struct kernel_types *t);
/** Gives it back. */
NONNULL void kernel_types_put(struct kernel_types *t);

#endif
