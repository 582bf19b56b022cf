/* SPDX-License-Identifier: MIT */
/* Where sockets and facts come from: a running kernel (netlink or /proc), another network
 * namespace, or a recording. A source never prints and never decides what matters. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

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

/** An open source; one namespace of one host (or of a recording). */
struct source;

/** What the bytes of a dump belong to. */
enum tap_stream {
	/** Netlink datagrams of the dump; of the walk over explicitly bound sockets (locks). */
	TAP_DIAG,
	TAP_LOCKED,
	/** Reads of /proc/net/tcp and tcp6. */
	TAP_PROC4,
	TAP_PROC6,
};

/** Hears the bytes of a dump before they are decoded: for recordings. */
struct tap {
	/** N bytes, received at SEEN_NS (CLOCK_MONOTONIC). After a restart everything comes
	 *  anew. */
	void (*bytes)(void *arg, enum tap_stream stream, int64_t seen_ns, const void *p, size_t n);
	void *arg;
};

/** What a dump is asked for. */
struct dump_request {
	/** States wanted, STATE_BIT()s. */
	uint32_t states;
	/** Families: AF_UNSPEC for both, AF_INET, AF_INET6. */
	int family;
	/** Ask for tcp_info, SKMEMINFO (one bit each for the whole dump; see source_dump()). */
	bool info, drops;
	/** Tell which sockets chose their port by an explicit bind() (SOCK_HAS_LOCK): costs a
	 *  second walk. */
	bool locks;
	/** INET_DIAG bytecode (NULL or empty: none). Sources that cannot run it ignore it: the
	 *  caller matches every record again. */
	const void *bytecode;
	size_t bytecode_len;
	/** Most threads the caller can take records on (>= 1). */
	unsigned workers;
	/** NULL: nobody listens. Only with one worker. */
	const struct tap *tap;
	/** For debugging and for tests: index of the namespace, copied into every record. */
	uint32_t netns;
};

/** Receives records. With several workers, ARG[i] is used by one thread at a time. */
struct sink {
	/** Called for each record; must not keep the pointer. */
	void (*add)(void *arg, const struct sock *s);
	/** Called before a walk starts again from the beginning: forget everything added. NULL
	 *  where that is impossible (streamed output): the dump then breaks off instead
	 *  (-EAGAIN). */
	void (*restart)(void *arg);
	/** One argument a worker. */
	void **args;
	/** Optional: takes sockets that the kernel counted, in place of as many records, where the
	 *  source can do so; COUNTS is an array of COUNTS_FAMILIES. For ARG[0]. */
	void (*add_counts)(void *arg, const struct family_counts *counts);
};

/** What a dump did. */
struct dump_result {
	/** False where the answer is known to be short: say so, exit status 3. */
	bool complete;
	/** The kernel counted most of the records itself. */
	bool counted;
	/** Records handed out, repeats dropped, malformed records or lines skipped, restarts. */
	uint64_t records, repeats, malformed, restarts;
	/** Time in the kernel and in all (ns), bytes received, receives: for --debug. */
	int64_t kernel_ns, total_ns;
	uint64_t bytes, receives;
};

/** Opens what OPT asks for (source, netns, from, at); 0 and *OUT, or -errno with one sentence in
 *  WHY. A fall-back from netlink to /proc is said in NOTES. */
NODISCARD NONNULL int source_open(const struct options *opt, struct notes *notes, struct source **out,
				 struct str *why);

/** Closes it; NULL is fine. */
void source_close(struct source *s);

/** "netlink", "proc" or "recording": what records come from now (auto may change its mind). */
RETURNS_NONNULL NONNULL const char *source_kind(const struct source *s);

/** The namespace's name as asked for, or NULL for our own. */
NONNULL const char *source_netns(const struct source *s);

/** Names of the namespaces whose index records carry (sock.netns); *COUNT is 1 for anything but a
 *  sweep (then the name is source_netns()). Valid as long as S. */
RETURNS_NONNULL NONNULL const char *const *source_netns_names(const struct source *s,
							      size_t *count);

/** The I-th namespace of a sweep as a source of its own, which belongs to S; NULL past the last,
 *  and for anything but a sweep. */
NONNULL struct source *source_part(const struct source *s, size_t i);

/** Name of the host (the recording's own). */
RETURNS_NONNULL NONNULL const char *source_host(const struct source *s);

/** Moves on: for a recording to its next sample (-ENODATA behind the last); for a live source
 *  sleeps until START_NS + SECONDS of the monotonic clock. 0 or -errno (-EINTR: a signal). */
NODISCARD NONNULL int source_wait(struct source *s, int64_t until_ns);

/** Moves a recording back to the sample before: what rates need. 0; -ENODATA at the first;
 *  -EOPNOTSUPP for a live source. */
NODISCARD NONNULL int source_back(struct source *s);

/** Now by this source's clock. */
NONNULL void source_clock(const struct source *s, int64_t *monotonic_ns, int64_t *realtime_ns);

/** Where a recording is. */
struct source_position {
	/** The sample it stands at, from 1, and how many there are. */
	uint64_t at, count;
	/** Until the next one, by the recording's monotonic clock, ns; 0 at the last. */
	int64_t next_ns;
};

/** Where S is; false where it is no recording. */
NODISCARD NONNULL bool source_position(const struct source *s, struct source_position *out);

/** One dump. 0, also where RESULT says that it is incomplete; -errno where nothing could be had
 *  (reason in NOTES): -EAGAIN where it broke off and the sink cannot restart. Waits for the kernel
 *  are bounded: 5 s without progress. */
NODISCARD NONNULL int source_dump(struct source *s, const struct dump_request *req,
				 const struct sink *sink, struct dump_result *result,
				 struct notes *notes);

/** Reads all facts. BIND_TABLE: also facts.bind. What cannot be read stays unknown; returns 0, or
 *  -errno where not even the clock could be had. */
NODISCARD NONNULL int source_facts(struct source *s, bool bind_table, struct facts *out,
				  struct notes *notes);

/** Reads the bind table alone (facts.bind). 0; -EOPNOTSUPP where it cannot be looked at. */
NODISCARD NONNULL int source_bind_table(struct source *s, struct bind_table *out,
				       struct notes *notes);

/** Hands to ADD each SYN_RECV with the SYN-ACK timeouts that it has seen (retransmits), which only
 *  /proc tells: netlink's count takes in the SYN-ACKs that a repeated SYN caused. Reads all of
 *  /proc/net/tcp and tcp6. 0 or -errno: -EOPNOTSUPP where S is not netlink, or a recording that
 *  lacks them. */
NODISCARD NONNULL_ARGS(1, 2) int source_requests(struct source *s,
						 void (*add)(void *arg, const struct sock *s),
						 void *arg);
/** The same: puts the timeouts (uint8_t) into OUT, by sock_tuple(). */
NODISCARD NONNULL int source_timeouts(struct source *s, struct map *out);

/** Runs FN(ARG), in which many source_file() of S cost one visit to its namespace, not one each. */
NONNULL_ARGS(1, 2) void source_inside(struct source *s, void (*fn)(void *arg), void *arg);

/** Replaces OUT by the contents of one file as seen inside the namespace (or as recorded). 0 or
 *  -errno. */
NODISCARD NONNULL int source_file(struct source *s, const char *path, struct str *out);

/** Searches the holders of the inodes in WANTED (a set of uint64_t; NULL: of every socket) into OUT
 *  (initialised here). 0 or -errno; what could not be read is counted in OUT and said in NOTES. */
NODISCARD NONNULL_ARGS(1, 3, 4) int source_owners(struct source *s, const struct map *wanted,
						 struct owners *out, struct notes *notes);

/** Searches messages on their way (SCM_RIGHTS) for files, into OUT, which source_owners() filled:
 *  they may be the sockets that have no holder. Costs another look at every descriptor. 0 or
 *  -errno; a recording has what was recorded. */
NODISCARD NONNULL int source_in_flight(struct source *s, struct owners *out, struct notes *notes);

/** The search for owners takes a while, in which sockets are closed: dumps STATES again and puts
 *  into GONE the inodes of WANTED (both sets of uint64_t) that have no holder in OWNERS and do not
 *  show again. What shows again may be in a message: looks there, as source_in_flight(). 0; -errno
 *  where it cannot be told (GONE is then empty): -EOPNOTSUPP for a recording that lacks it. */
NODISCARD NONNULL int source_gone(struct source *s, uint32_t states, const struct map *wanted,
				  struct owners *owners, struct map *gone, struct notes *notes);

/** Resolves all cgroup ids into OUT (zeroed before). 0 or -errno. */
NODISCARD NONNULL int source_cgroups(struct source *s, struct cgroups *out, struct notes *notes);

#endif
