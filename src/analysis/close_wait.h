/* SPDX-License-Identifier: MIT */
/* Inside the close-wait analysis: what it remembers of sockets, listeners and owners. */
#ifndef ANALYSIS_CLOSE_WAIT_H
#define ANALYSIS_CLOSE_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "base/map.h"
#include "base/vec.h"

/** Why a socket is in CLOSE_WAIT. */
enum cw_class {
	/** The process has not read up to the end of file. */
	CW_UNREAD,
	/** It has, and has not closed. */
	CW_LEAKED,
	/** Nobody has accepted the connection. */
	CW_UNACCEPTED,
	CW_CLASSES
};

/** Name of each class, as in the report. */
extern const char *const cw_class_names[CW_CLASSES];

/** No listener, no owner. */
#define CW_NONE UINT32_MAX

/** One socket in CLOSE_WAIT. */
struct cw_sock {
	/** SOCK_HAS_ bits of what follows. */
	uint32_t has;
	uint16_t local_port, remote_port;
	struct addr local, remote;
	uint8_t class;
	/** The connection was made by the peer: somebody listens on its local port. */
	bool incoming;
	uint32_t rqueue, uid, ifindex, netns;
	/** The peer's last ACK, and the last data, before the dump, ms. */
	uint32_t ack_ms, data_ms;
	/** CW_UNACCEPTED: index of the listener, or CW_NONE. */
	uint32_t listener;
	uint64_t inode, cookie, cgroup_id;
	int64_t seen_ns;
	/** In CLOSE_WAIT for at least this long, s; NAN where that is unknown. */
	double age;
};

/** One listening socket. */
struct cw_listener {
	uint32_t has;
	uint16_t port;
	struct addr local;
	bool v6only;
	uint32_t ifindex, netns;
	/** Connections in its accept queue, and how many of those are given to it already. */
	uint32_t queue, given;
	uint64_t inode, cgroup_id;
	/** Next one on the same port, or CW_NONE. */
	uint32_t next;
};

/** What a run remembers of an owner from sample to sample. */
struct cw_history {
	/** When it was first seen, with how many sockets; how many it had last. Starts anew
	 *  whenever the number falls. */
	int64_t first_ns;
	uint64_t first, last;
	/** Samples in which the number rose since then. */
	uint64_t rises;
	/** Sample in which it was seen last: others are forgotten. */
	uint64_t sample;
};

/** What names a process for ever. */
struct cw_process_key {
	int64_t pid;
	uint64_t start;
};

/** The state of the analysis. */
struct cw {
	/** Families that are asked for. */
	bool ipv4, ipv6;
	/** --older, --sockets; whether there will be several samples. */
	double older;
	bool list_sockets, repeats;
	/** struct cw_sock, struct cw_listener: this sample. */
	struct vec socks, listeners;
	/** struct cw_port_key → uint32_t: first listener on a port. */
	struct map ports;
	/** --older: sockets left out because their age is unknown. */
	uint64_t ageless;
	/** Identity of a socket (uint64_t) → int64_t: when this run saw it first. */
	struct map first_seen;
	/** struct cw_process_key → struct cw_history. */
	struct map history;
};

/** One process that holds such sockets. */
struct cw_owner {
	const struct process *process;
	/** uint32_t: indices of its sockets, rising. */
	struct vec socks;
	uint64_t count[CW_CLASSES];
	/** Sockets old enough to be judged, and those whose age is unknown. */
	uint64_t old[CW_CLASSES], ageless;
	uint64_t recv_queue;
	/** pid_t: other holders of its sockets, rising. */
	struct vec shared_with;
	/** Remote endpoints of its outgoing connections, most sockets to one of them; sockets that
	 *  came in. */
	uint64_t peers, most_per_peer, incoming;
	/** The number grows from sample to sample; by how much a second (NAN: one sample). */
	bool growing;
	double growth;
};

/** All owners of a sample. */
struct cw_owners {
	/** struct cw_owner, by falling number of sockets, then pid. */
	struct vec owners;
	/** uint32_t: sockets without a holder. */
	struct vec unowned;
	/** Of these: unaccepted ones whose listener is not there; and those that were closed while
	 *  holders were searched. */
	uint64_t no_listener, closed;
};

/** Forgets the listeners by port and puts those of this sample in. */
NONNULL void cw_index_listeners(struct cw *cw);

/** True where somebody listens on the local port of S, so that it came in. */
NODISCARD NONNULL bool cw_is_listened(const struct cw *cw, const struct cw_sock *s);

/** The listener in whose accept queue S waits: one on its exact address, else one on any address,
 *  else one for both families; CW_NONE where there is none. Takes a place in its queue, so that of
 *  several on one address (SO_REUSEPORT) each gets as many as wait there. */
NODISCARD NONNULL uint32_t cw_find_listener(struct cw *cw, const struct cw_sock *s);

/** Sorts the sockets of this sample to their holders. */
NONNULL void cw_owners_build(const struct cw *cw, const struct host *host, struct cw_owners *out);
/** Gives it back. */
NONNULL void cw_owners_free(struct cw_owners *o);

/** The inode whose holders are those of S: its own, or its listener's; 0 where there is none. */
NODISCARD NONNULL uint64_t cw_holder_inode(const struct cw *cw, const struct cw_sock *s);

/** Brings the history up to this sample and fills in growing and growth. */
NONNULL void cw_follow_growth(struct cw *cw, const struct host *host, struct cw_owners *o);

/** True where a socket of CLASS at least AGE old (NAN: false) is more than business as usual. */
NODISCARD bool cw_is_old(enum cw_class class, double age);

/** What is wrong with an owner. */
enum cw_verdict {
	CW_VERDICT_LEAK,
	CW_VERDICT_STUCK_READER,
	CW_VERDICT_STUCK_ACCEPT,
	CW_VERDICT_POOL,
	CW_VERDICT_RECENT,
	/** Ages are unknown and nothing grew. */
	CW_VERDICT_UNKNOWN,
	CW_VERDICTS
};

/** Name of each verdict. */
extern const char *const cw_verdict_names[CW_VERDICTS];

/** Judges an owner. */
NODISCARD NONNULL enum cw_verdict cw_judge(const struct cw_owner *o);

/** Appends what to do next, one sentence. */
NONNULL void cw_advise(const struct cw_owner *o, enum cw_verdict verdict, struct str *out);

/** Builds the report. */
NONNULL void cw_report(const struct cw *cw, const struct host *host, const struct cw_owners *owners,
		       struct report *report);

/** Adds "unowned_groups" to ROOT: what can be said of the sockets UNOWNED (indices), none of which
 *  has a known holder: their user and cgroup stand in the kernel's own record. */
NONNULL void cw_add_unowned(const struct cw *cw, const struct host *host, struct arena *a,
			    struct value *root, const struct vec *unowned);

/** Adds "sockets" to ROOT (--sockets), the oldest first. */
NONNULL void cw_add_sockets(const struct cw *cw, const struct host *host, struct arena *a,
			    struct value *root);

/* Members that several objects have. */

/** Adds a number for each class. */
NONNULL void cw_add_counts(struct arena *a, struct value *to, const uint64_t *count);
/** Adds an address as text under KEY. */
NONNULL void cw_add_address(struct arena *a, struct value *to, const char *key,
			    const struct addr *addr);
/** Adds cgroup, unit and container of PATH; NULL or "": unknown. */
NONNULL_ARGS(1, 2) void cw_add_cgroup(struct arena *a, struct value *to, const char *path);
/** Adds oldest and median age of the sockets INDEX; null where no age is known. */
NONNULL void cw_add_ages(const struct cw *cw, struct arena *a, struct value *to,
			 const struct vec *index);

/** Socket I of this sample. */
static inline const struct cw_sock *cw_sock_at(const struct cw *cw, uint32_t i)
{
	return &VEC_AT(&cw->socks, const struct cw_sock, i);
}

/** S, or NULL where it is empty. */
static inline const char *cw_filled(const char *s)
{
	return s && *s ? s : NULL;
}

/** How the report is shown. */
extern const struct view cw_views[];

#endif
