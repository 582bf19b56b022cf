/* SPDX-License-Identifier: MIT */
/* Inside src/source: what a kind of source does itself. source.c holds what all share (facts are
 * extracted from files, whoever provides them). */
#ifndef SOURCE_BACKEND_H
#define SOURCE_BACKEND_H

#include "model/path.h"
#include "source/source.h"

/** One kind of source. Functions as in source.h. */
struct backend {
	/** "netlink", "proc" or "recording". */
	const char *name;
	int (*dump)(struct source *s, const struct dump_request *req, const struct sink *sink,
		    struct dump_result *result, struct notes *notes);
	/** One file as seen inside the namespace. */
	int (*file)(struct source *s, const char *path, struct str *out);
	/** The bind table (facts.bind) of the ports OUT->low..OUT->high; -EOPNOTSUPP where the
	 *  kernel does not let us look. */
	int (*bind_table)(struct source *s, struct bind_table *out, struct notes *notes);
	int (*owners)(struct source *s, const struct map *wanted, struct owners *out,
		      struct notes *notes);
	/** NULL where the owners say all that there is. */
	int (*in_flight)(struct source *s, struct owners *out, struct notes *notes);
	/** SYN_RECV as /proc counts them; the inodes that were closed during the search for owners:
	 *  NULL where the kernel is asked (source.c). */
	int (*requests)(struct source *s, void (*add)(void *arg, const struct sock *s), void *arg);
	int (*gone)(struct source *s, struct map *gone, struct notes *notes);
	int (*cgroups)(struct source *s, struct cgroups *out, struct notes *notes);
	/** The way to TO (source/route.h); NULL: the kernel is asked. */
	int (*route)(struct source *s, const struct addr *to, uint32_t scope, struct route *out,
		     struct notes *notes);
	int (*wait)(struct source *s, int64_t until_ns);
	void (*clock)(const struct source *s, int64_t *monotonic_ns, int64_t *realtime_ns);
	/** Where a recording is; NULL for a running kernel. */
	void (*position)(const struct source *s, struct source_position *out);
	void (*close)(struct source *s);
};

struct netns;
struct netlink;

/** An open source. */
struct source {
	const struct backend *ops;
	/** What the user asked for: --source, -4/-6. */
	enum source_choice choice;
	/** The namespace to enter, or NULL for our own (source/netns.h). */
	struct netns *netns;
	/** Kept netlink sockets, one a worker (source/netlink.h); NULL for proc. */
	struct netlink **sockets;
	unsigned socket_count;
	/** The kernel could not count for itself: not asked again. */
	bool counts_failed;
	/** Name of the host. */
	char host[65];
	/** Name of the namespace where netns is NULL: that of a recording, "all" of a sweep, or
	 *  NULL (a backend's own memory). */
	const char *netns_label;
	/** A sweep's names by index; NULL and 0 for others. */
	const char *const *sweep_names;
	size_t sweep_count;
	/** A backend's own. */
	void *own;
};

#endif
