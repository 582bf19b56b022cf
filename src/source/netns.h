/* SPDX-License-Identifier: MIT */
/* One other network namespace: found by name, process or path, entered for a moment by a thread of
 * its own, and looked at from outside through /proc/PID/net where entering is not allowed. */
#ifndef SOURCE_NETNS_H
#define SOURCE_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"

/** A network namespace, held for as long as it is open; opaque. NULL stands for our own. */
struct netns;

/** Opens what -N names: a name of `ip netns` (in /run/netns), the number of a process, or the path
 *  of a namespace file. 0 and *OUT (netns_close() it), or -errno and one sentence in WHY. A process
 *  whose namespace must not be entered is no error: see netns_enterable(). "all" is not for
 *  here. */
NODISCARD NONNULL int netns_open(const char *spec, struct netns **out, struct str *why);

/** The namespace of process PID under the name NAME; otherwise as netns_open(). */
NODISCARD NONNULL int netns_open_pid(pid_t pid, const char *name, struct netns **out,
				     struct str *why);

/** The namespace behind the file PATH (ns/net of a task, an nsfs mount, a descriptor) under the
 *  name NAME; otherwise as netns_open(). -EINVAL where PATH is something else. */
NODISCARD NONNULL int netns_open_path(const char *path, const char *name, struct netns **out,
				      struct str *why);

/** Lets go of it; NULL is fine. Sockets and files opened inside keep showing the namespace. */
void netns_close(struct netns *ns);

/** Its name: what was asked for. */
RETURNS_NONNULL NONNULL const char *netns_name(const struct netns *ns);

/** The same as an array of one. */
RETURNS_NONNULL NONNULL const char *const *netns_name_ref(const struct netns *ns);

/** True where netns_run() can enter it. Where it is false only netns_pid() is left: /proc/PID/net
 *  shows the namespace to everybody (kernel-facts 9), /proc/sys of the namespace stays closed.
 *  True for NULL. */
NODISCARD bool netns_enterable(const struct netns *ns);

/** Why it cannot be entered (EACCES, EPERM …); 0 where it can. */
NODISCARD NONNULL int netns_refusal(const struct netns *ns);

/** What would let it be entered, or what else is wrong, in a few words; for one that cannot. */
RETURNS_NONNULL NONNULL const char *netns_missing(const struct netns *ns);

/** A process whose /proc/PID/net shows the namespace; 0 where none is known. */
NODISCARD NONNULL pid_t netns_pid(const struct netns *ns);

/** True where NS is the namespace that this program runs in (also for NULL). */
NODISCARD bool netns_is_own(const struct netns *ns);

/** Runs FN(ARG) inside NS and returns what it returned (0 or -errno): in a thread of its own that
 *  enters, or directly where NS is NULL or our own. Sockets opened by FN stay in NS; files must be
 *  opened under /proc/thread-self and /proc/sys. The thread takes no signals; a call by FN for the
 *  same NS runs in it as well, so that many files cost one thread. -errno of setns(2)
 *  where NS cannot be entered; FN has then not run. */
NODISCARD NONNULL_ARGS(2) int netns_run(const struct netns *ns, int (*fn)(void *), void *arg);

/** What tells namespaces apart without privilege: the inode of PREFIX/net/tcp, PREFIX being
 *  "/proc/thread-self", "/proc/PID" or "/proc/PID/task/TID". 0 where it cannot be seen. */
NODISCARD NONNULL uint64_t netns_key(const char *prefix);

#endif
