/* SPDX-License-Identifier: MIT */
/* Who holds which socket: processes, their descriptors, and what could not be seen. */
#ifndef MODEL_OWNERS_H
#define MODEL_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

/** A process (or a thread with a descriptor table of its own, under its process's pid). Strings
 *  live in the owners' arena, as the kernel gave them: escape before showing. */
struct process {
	pid_t pid, ppid;
	/** Effective uid; UINT32_MAX where unknown. */
	uint32_t uid;
	/** Name of that user on the host that was read (a recording's is another one); the number
	 *  as text where it has none; NULL where the uid is unknown. */
	const char *user;
	/** Start time in clock ticks since boot: with the pid it names the process for ever. */
	uint64_t start;
	/** Command name (comm); command line with NULs turned into blanks, "" where there is none;
	 *  cgroup path, "" where unknown. */
	const char *comm, *cmdline, *cgroup;
	/** Open descriptors and their soft limit (RLIMIT_NOFILE); -1 where unknown. */
	int64_t fds_open, fds_limit;
};

/** How a holder holds a socket. */
enum holder_kind {
	/** A descriptor of the process. */
	HOLDER_FD,
	/** A descriptor of a thread with its own table (unshare(CLONE_FILES)) or of a thread whose
	 *  leader is gone. */
	HOLDER_THREAD,
	/** A registered file of the process's io_uring; fd is the ring's. */
	HOLDER_IO_URING,
};

/** One holder of a socket. */
struct holder {
	/** Index into owners.processes. */
	uint32_t process;
	int32_t fd;
	/** The thread (HOLDER_THREAD); else the pid. */
	pid_t tid;
	enum holder_kind kind;
};

/** Result of an owner search. Zeroed by owners_init(). */
struct owners {
	/** struct process, by rising pid. */
	struct vec processes;
	/** struct holder, grouped by socket (use owners_of()). */
	struct vec holders;
	/** Socket inode (uint64_t) → struct owners_range: the sockets that were looked for. */
	struct map sockets;
	/** Processes looked at (kernel threads, which hold no descriptors, are not counted), and
	 *  those whose descriptors could not be read. */
	uint64_t seen, unreadable;
	/** Some processes do not even show (/proc mounted with hidepid): how many is unknown. */
	bool hidden;
	/** Files in SCM_RIGHTS messages on their way (fdinfo scm_fds), over all processes seen.
	 *  Looked for (in_flight_searched) only where a wanted socket has no holder: it costs one
	 *  more read a descriptor. */
	uint64_t in_flight;
	bool in_flight_searched;
	/** The search was before the sockets were read (a recording): some came since, and whether
	 *  they have a holder was not looked at. */
	bool earlier;
	/** False where the search did not take place or broke off (why: in the notes). */
	bool searched;
	struct arena arena;
};

/** Where a socket's holders are. */
struct owners_range {
	uint32_t first, count;
};

/** Sets up an empty result. */
NONNULL void owners_init(struct owners *o);

/** Holders of the socket INODE: *COUNT of them, by rising pid, then fd; NULL and 0 where none was
 *  found. Inode 0 has none. */
NONNULL const struct holder *owners_of(const struct owners *o, uint64_t inode, size_t *count);

/** The process of holder H. */
RETURNS_NONNULL NONNULL const struct process *owners_process(const struct owners *o,
							   const struct holder *h);

/** The process with this pid, or NULL. */
NONNULL const struct process *owners_by_pid(const struct owners *o, pid_t pid);

/** Gives everything back. */
NONNULL void owners_free(struct owners *o);

/** The systemd unit of a cgroup path ("nginx.service", "session-3.scope", the innermost), unescaped
 *  of nothing; appended to OUT. False where there is none. */
NONNULL bool cgroup_unit(const char *path, struct str *out);

/** The container id in a cgroup path (docker, containerd, cri-o, podman, lxc, kubepods forms): 12
 *  or 64 hex digits or the runtime's name for it; appended to OUT. False where there is none. */
NONNULL bool cgroup_container(const char *path, struct str *out);

/** Cgroup ids to paths, resolved without privilege. */
struct cgroups {
	/** uint64_t id → const char * path (in the arena), relative to the cgroup2 mount: "/" is
	 *  its root. */
	struct map paths;
	struct arena arena;
	/** A cgroup2 hierarchy was found and walked. */
	bool known;
};

/** Path of a cgroup id, or NULL where it is unknown (never looked up, or the cgroup is gone). */
NONNULL const char *cgroups_path(const struct cgroups *c, uint64_t id);

/** Gives everything back. */
NONNULL void cgroups_free(struct cgroups *c);

#endif
