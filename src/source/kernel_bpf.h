/* SPDX-License-Identifier: MIT */
/* What programs for the kernel's own virtual machine need: the system call, and the kernel's
 * account of its types. */
#ifndef SOURCE_KERNEL_BPF_H
#define SOURCE_KERNEL_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/** bpf(2). Its result or -errno. */
NODISCARD NONNULL int kernel_bpf(int cmd, union bpf_attr *attr);

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
