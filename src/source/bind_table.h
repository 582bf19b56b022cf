/* SPDX-License-Identifier: MIT */
/* The kernel's bind table, read in full through BPF where that is allowed: the one place that says
 * which ports connect() without a source port cannot get. */
#ifndef SOURCE_BIND_TABLE_H
#define SOURCE_BIND_TABLE_H

#include "base/attr.h"
#include "model/facts.h"

/** Reads the bind table of the calling thread's network namespace into OUT, for the ports
 *  OUT->low..OUT->high. Costs a look at each of them and at each socket that a plain connect() put
 *  there, whatever else the machine holds. 0, or -EOPNOTSUPP where the kernel does not let us look
 *  (no CAP_BPF and CAP_PERFMON, no BTF, a layout that is not known). */
NODISCARD NONNULL int bind_table_read(struct bind_table *out);

/** The same as on a kernel without bpf_loop() (before 5.17): for tests, which run on newer ones. */
NODISCARD NONNULL int bind_table_read_flat(struct bind_table *out);

#endif
