/* SPDX-License-Identifier: MIT */
/* Rights that the program has and its caller has not. Whoever may run a copy with file capabilities
 * is lent them for what the program does by itself, never for what the caller names: files,
 * terminals, settings. So they are in force only within privilege_raise() and privilege_lower(),
 * around what reads the system, and all else is done with the caller's own rights. A set-user-ID or
 * set-group-ID bit lends nothing at all. Rights that the caller has (root) are used as they are. */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/** What rights are good for; bits of a set. */
enum privilege {
	/** Other users' processes, as /proc shows them: CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH. */
	PRIVILEGE_PROCESSES = 1 << 0,
	/** Programs for the kernel's virtual machine: CAP_BPF, CAP_PERFMON. */
	PRIVILEGE_BPF = 1 << 1,
	/** Destroying sockets, and their marks: CAP_NET_ADMIN. */
	PRIVILEGE_NETWORK = 1 << 2,
	/** Entering network namespaces: CAP_SYS_ADMIN. */
	PRIVILEGE_NAMESPACES = 1 << 3,
};

/** Puts away what is lent; before anything is opened, and before there are threads. 0, or -errno
 *  where it cannot be put away: then nothing must be done at all. */
NODISCARD int privilege_begin(void);

/** True where the program has, or had, more rights than its caller: what the environment says of
 *  files is not to be believed. */
NODISCARD bool privilege_is_lent(void);

/** Gives up for good what is lent beyond WHICH (a set of enum privilege). Before there are threads:
 *  each has rights of its own. */
void privilege_keep(unsigned which);

/** Puts WHICH of what is lent in force for this thread and those that it starts, and returns what
 *  privilege_lower() takes. Within: no path that the caller has named. Does nothing where nothing
 *  is lent; what is missing shows by what then fails. */
NODISCARD uint64_t privilege_raise(unsigned which);

/** Goes back to what was in force BEFORE. */
void privilege_lower(uint64_t before);

#endif
