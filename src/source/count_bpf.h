/* SPDX-License-Identifier: MIT */
/* The sockets of the calling thread's network namespace counted inside the kernel, by an iterator
 * over its TCP tables (BPF; net/ipv4/tcp_ipv4.c, bpf_iter_tcp): nothing is copied out, so it costs
 * half of what the barest dump does. For those who may load programs. */
#ifndef SOURCE_COUNT_BPF_H
#define SOURCE_COUNT_BPF_H

#include "base/attr.h"
#include "model/counts.h"

/** The states that the iterator does not come by: sockets that are in no table of connections or
 *  listeners (BOUND, and CLOSE with its port kept). */
#define COUNT_BPF_BLIND (STATE_BIT(STATE_CLOSE) | STATE_BIT(STATE_BOUND))

/** Counts all other states into OUT (zeroed here). It sees what a dump sees, a bucket of the table
 *  at a time. 0; -EOPNOTSUPP where this kernel has no such iterator; -EPERM where we may not use
 *  it; or another -errno. */
NODISCARD NONNULL int count_bpf_read(struct family_counts out[COUNTS_FAMILIES]);

#endif
