/* SPDX-License-Identifier: MIT */
/* An answer as a fold over sockets: begin, add, finish. No I/O, no globals, the clock is an
 * argument; memory grows with the answer, not with the number of sockets. */
#ifndef ANALYSIS_ANALYSIS_H
#define ANALYSIS_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "base/str.h"
#include "model/counts.h"
#include "model/facts.h"
#include "model/options.h"
#include "model/owners.h"
#include "model/report.h"
#include "model/sock.h"

/** What a fold needs read; what nobody needs is not read. */
struct needs {
	/** States it wants to see, STATE_BIT()s. */
	uint32_t states;
	/** States for which tcp_info (SOCK_HAS_INFO) and drops (SOCK_HAS_DROPS) are wanted. */
	uint32_t info_states, drops_states;
	/** bind_locked (SOCK_HAS_LOCK) wanted: costs a second walk. */
	bool locks;
	/** Facts wanted (settings, counters); twice, --sample apart, where rates are wanted. */
	bool facts, rates;
	/** facts.bind wanted (the bind table, read through BPF where allowed). */
	bool bind_table;
	/** Holders of the inodes that want() names; cgroup paths. */
	bool owners, cgroups;
	/** host.timeouts wanted: reads all of /proc/net/tcp, so only where sockets are few. It is
	 *  not read where no SYN_RECV came by. */
	bool timeouts;
	/** States to be looked at once more when --sample begins, so that growth can be told. */
	uint32_t sampled_states;
	/** bind_locked of what is looked at when --sample begins: among few states cheap. */
	bool sampled_locks;
	/** Set by the pipeline for a fold with add_other(): the filter stays out of the kernel. */
	bool unfiltered;
	/** Asks of the inodes that want() named and that have no holder whether they are still
	 *  there (host.gone): costs another walk over its states, where there is such an inode. */
	bool look_again;
	/** How many sockets are in which state and family is all that it asks of them. */
	bool counts;
	/** Only sockets whose local port lies in port_low..port_high; 0..0 for all. */
	uint16_t port_low, port_high;
};

/** What surrounds the sockets of one sample. Owned by the pipeline, valid during finish(). */
struct host {
	/** Facts of this sample, and of the one before (earlier sample of -i, or the start of
	 *  --sample); before is NULL where there is none. Never NULL: now (all unknown at
	 *  worst). */
	const struct facts *now, *before;
	/** NULL where they were not asked for. */
	const struct owners *owners;
	const struct cgroups *cgroups;
	/** Inodes (a set of uint64_t) that were wanted, have no holder, and did not show again in a
	 *  second look at the states of the folds that asked for it: closed in the meantime. NULL
	 *  where nobody looked (needs.look_again). */
	const struct map *gone;
	/** SYN-ACK timeouts (uint8_t) of each SYN_RECV, by sock_tuple(); NULL where they were not
	 *  asked for or the source cannot tell. */
	const struct map *timeouts;
	/** When the dump ended, CLOCK_MONOTONIC and CLOCK_REALTIME, ns (a recording's own
	 *  clock). */
	int64_t monotonic_ns, realtime_ns;
	/** Seconds since the previous sample of this run; NAN for the first. */
	double interval;
	/** 0 for the first sample of a run. */
	uint64_t sample;
	/** The look before --sample: only sockets whose drops are watched were dumped, and the
	 *  report is thrown away. What is remembered for the next sample must not take the rest for
	 *  gone. */
	bool priming;
	/** "netlink", "proc", "recording". */
	const char *source;
	/** Sources may lack what a fold asked for: has of every record is to be believed. */
	struct notes *notes;
	/** Name of a user by uid, or NULL where there is none (getpwuid(3), cached). Never NULL
	 *  itself. */
	const char *(*user_name)(uint32_t uid);
	/** Names of the namespaces of a sweep by sock.netns; one entry (NULL: our own)
	 *  otherwise. */
	const char *const *netns_names;
	size_t netns_count;
};

/** One answer. STATE is what begin() returned; it lives for a whole run (all samples of -i), so
 *  that growth can be told. */
struct analysis {
	/** The command's name: "close-wait". */
	const char *name;
	/** Optional: whether OPT makes sense for this answer. 0, or -EINVAL with one sentence in
	 *  WHY. */
	int (*check)(const struct options *opt, struct str *why);
	/** What OPT asks to be read. FACTS are this sample's (all unknown where needs.facts was not
	 *  asked for in an earlier call with facts NULL: called first with NULL, then with facts).
	 *  NULL: never called for an analysis with needs nothing. */
	void (*needs)(const struct options *opt, const struct facts *facts, struct needs *out);
	/** New state for a run. */
	void *(*begin)(const struct options *opt);
	/** Optional: the facts of the sample, before its dump; for each thread's state as well. */
	void (*prepare)(void *state, const struct facts *facts);
	/** A dump starts (again, after an interruption): forget what add() brought since the last
	 *  finish(). */
	void (*restart)(void *state);
	/** One socket that passed the filter. May be called for states that were not asked for. */
	void (*add)(void *state, const struct sock *s);
	/** Optional, for a fold whose numbers hang on every socket while the filter only chooses
	 *  what is shown: a socket that did not pass the filter. -4 and -6 are then the fold's own
	 *  business: sockets of both families come through either function. */
	void (*add_other)(void *state, const struct sock *s);
	/** Optional, needs.counts: sockets that the kernel counted, by family (COUNTS_FAMILIES), in
	 *  place of an add() for each. */
	void (*add_counts)(void *state, const struct family_counts *counts);
	/** Optional: folds the sample in FROM (a state begin() made for a second thread) into
	 *  STATE. Without it the dump runs on one thread. FROM is then reset with restart(). */
	void (*merge)(void *state, void *from);
	/** Optional, needs.owners: puts the inodes (uint64_t, no value) whose holders are wanted
	 *  into SET. Called after the dump. */
	void (*want)(void *state, struct map *set);
	/** The sample is over: build report->root (made by the pipeline, an empty object). */
	void (*finish)(void *state, const struct host *host, struct report *report);
	/** Gives the state back. */
	void (*end)(void *state);
	/** How the report is shown; ends with a view whose name is NULL. */
	const struct view *views;
};

/** Every analysis, NULL-terminated: analysis/table.c. */
extern const struct analysis *const analyses[];

/** The analysis of this name, or NULL. */
NONNULL const struct analysis *analysis_find(const char *name);

#endif
