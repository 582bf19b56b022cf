/* SPDX-License-Identifier: MIT */
/* Every network namespace that can be found from here, each once, with a name for people. */
#ifndef SOURCE_NETNS_LIST_H
#define SOURCE_NETNS_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/vec.h"
#include "source/netns.h"

/** A namespace that was found. Strings live in the list's arena. */
struct netns_entry {
	/** "host" (the one of process 1), its name in /run/netns, its container, its unit, or the
	 *  command name and number of a process in it. Unique in the list. */
	const char *name;
	/** A process in it (whose /proc/PID/net shows it); 0 where there is none. */
	pid_t pid;
	/** A process that names it: as pid, or one with a thread in it or a descriptor of it. */
	pid_t holder;
	/** A file that is the namespace: ns/net of a task, a mount, a descriptor; NULL where it is
	 *  only seen through /proc/PID/net. */
	const char *path;
	/** As netns_key(); 0 where that cannot be seen. */
	uint64_t key;
	/** Inode of the namespace file; 0 where that cannot be seen. */
	uint64_t file;
	/** 0, or why it can neither be entered nor be seen through a process. */
	int error;
	/** The one this program runs in. */
	bool own;
};

/** The namespaces. */
struct netns_list {
	/** struct netns_entry: our own first, then by name. */
	struct vec entries;
	/** Processes whose namespace, or whose descriptors, could not be seen. */
	uint64_t unseen, unread;
	struct arena arena;
};

/** Finds them: namespaces of every task, mounted ones, and those only held open by a descriptor. 0
 *  or -errno where /proc cannot be read. */
NODISCARD NONNULL int netns_list_read(struct netns_list *out);

/** The entry called NAME, or NULL. */
NONNULL const struct netns_entry *netns_list_find(const struct netns_list *l, const char *name);

/** Opens an entry; as netns_open(). */
NODISCARD NONNULL int netns_entry_open(const struct netns_entry *e, struct netns **out,
				       struct str *why);

/** Gives everything back. */
NONNULL void netns_list_free(struct netns_list *l);

#endif
