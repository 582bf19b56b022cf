/* SPDX-License-Identifier: MIT */
/* What the host says of itself beside its sockets: settings, counters, tables. One row a fact; a
 * fact that could not be read is FACT_UNKNOWN, never 0. */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/addr.h"

/** The value of what could not be read. */
#define FACT_UNKNOWN INT64_MIN

/** How a file says a fact. */
enum fact_form {
	/** The N-th (from 0) blank-separated number of the file. */
	FACT_NUMBER,
	/** /proc/net/snmp and netstat: a "Group: names" line above a "Group: values" line; key is
	 *  "Group:Name". */
	FACT_MIB,
	/** /proc/net/sockstat: "TCP: inuse 5 orphan 0 …"; key is "TCP:inuse". */
	FACT_SOCKSTAT,
	/** The kernel's release, "6.18.44-…", as 1000 * major + minor. */
	FACT_RELEASE,
	/** /proc/net/stat files: a heading line, then hexadecimal rows, one a CPU; key is the
	 *  heading; the rows are summed. */
	FACT_PERCPU,
	/** Lines of the file, less N. */
	FACT_LINES,
};

/** Facts, grouped by file. X(id, file, form, key or NULL, n, counter, what) */
#define FACTS(X) \
	X(PORT_LOW, "/proc/sys/net/ipv4/ip_local_port_range", NUMBER, NULL, 0, false, \
	  "ip_local_port_range, low end") \
	X(PORT_HIGH, "/proc/sys/net/ipv4/ip_local_port_range", NUMBER, NULL, 1, false, \
	  "ip_local_port_range, high end") \
	X(TW_REUSE, "/proc/sys/net/ipv4/tcp_tw_reuse", NUMBER, NULL, 0, false, "tcp_tw_reuse") \
	X(TW_REUSE_DELAY, "/proc/sys/net/ipv4/tcp_tw_reuse_delay", NUMBER, NULL, 0, false, \
	  "tcp_tw_reuse_delay, ms") \
	X(TW_TIMEOUT, "/proc/sys/net/ipv4/tcp_tw_timeout", NUMBER, NULL, 0, false, \
	  "tcp_tw_timeout, s (some vendors' kernels)") \
	X(MAX_TW, "/proc/sys/net/ipv4/tcp_max_tw_buckets", NUMBER, NULL, 0, false, \
	  "tcp_max_tw_buckets") \
	X(FIN_TIMEOUT, "/proc/sys/net/ipv4/tcp_fin_timeout", NUMBER, NULL, 0, false, \
	  "tcp_fin_timeout, s") \
	X(TIMESTAMPS, "/proc/sys/net/ipv4/tcp_timestamps", NUMBER, NULL, 0, false, "tcp_timestamps") \
	X(AUTOBIND_REUSE, "/proc/sys/net/ipv4/ip_autobind_reuse", NUMBER, NULL, 0, false, \
	  "ip_autobind_reuse") \
	X(PORT_STEP, "/proc/sys/net/ipv4/ip_local_port_step_width", NUMBER, NULL, 0, false, \
	  "ip_local_port_step_width") \
	X(SYN_RETRIES, "/proc/sys/net/ipv4/tcp_syn_retries", NUMBER, NULL, 0, false, \
	  "tcp_syn_retries") \
	X(SYNACK_RETRIES, "/proc/sys/net/ipv4/tcp_synack_retries", NUMBER, NULL, 0, false, \
	  "tcp_synack_retries") \
	X(SYN_LINEAR, "/proc/sys/net/ipv4/tcp_syn_linear_timeouts", NUMBER, NULL, 0, false, \
	  "tcp_syn_linear_timeouts") \
	X(MAX_SYN_BACKLOG, "/proc/sys/net/ipv4/tcp_max_syn_backlog", NUMBER, NULL, 0, false, \
	  "tcp_max_syn_backlog") \
	X(SYNCOOKIES, "/proc/sys/net/ipv4/tcp_syncookies", NUMBER, NULL, 0, false, "tcp_syncookies") \
	X(ABORT_ON_OVERFLOW, "/proc/sys/net/ipv4/tcp_abort_on_overflow", NUMBER, NULL, 0, false, \
	  "tcp_abort_on_overflow") \
	X(RETRIES2, "/proc/sys/net/ipv4/tcp_retries2", NUMBER, NULL, 0, false, "tcp_retries2") \
	X(KEEPALIVE_TIME, "/proc/sys/net/ipv4/tcp_keepalive_time", NUMBER, NULL, 0, false, \
	  "tcp_keepalive_time, s") \
	X(TW_RECYCLE, "/proc/sys/net/ipv4/tcp_tw_recycle", NUMBER, NULL, 0, false, \
	  "tcp_tw_recycle (before 4.12)") \
	X(RFC1337, "/proc/sys/net/ipv4/tcp_rfc1337", NUMBER, NULL, 0, false, "tcp_rfc1337") \
	X(NONLOCAL_BIND, "/proc/sys/net/ipv4/ip_nonlocal_bind", NUMBER, NULL, 0, false, \
	  "ip_nonlocal_bind") \
	X(SOMAXCONN, "/proc/sys/net/core/somaxconn", NUMBER, NULL, 0, false, "somaxconn") \
	X(MAX_ORPHANS, "/proc/sys/net/ipv4/tcp_max_orphans", NUMBER, NULL, 0, false, \
	  "tcp_max_orphans (whole machine)") \
	X(TCP_MEM_LOW, "/proc/sys/net/ipv4/tcp_mem", NUMBER, NULL, 0, false, "tcp_mem, low, pages") \
	X(TCP_MEM_PRESSURE, "/proc/sys/net/ipv4/tcp_mem", NUMBER, NULL, 1, false, \
	  "tcp_mem, pressure, pages") \
	X(TCP_MEM_MAX, "/proc/sys/net/ipv4/tcp_mem", NUMBER, NULL, 2, false, "tcp_mem, max, pages") \
	X(EHASH_ENTRIES, "/proc/sys/net/ipv4/tcp_ehash_entries", NUMBER, NULL, 0, false, \
	  "tcp_ehash_entries (negative: the machine's shared table)") \
	X(CT_COUNT, "/proc/sys/net/netfilter/nf_conntrack_count", NUMBER, NULL, 0, false, \
	  "nf_conntrack_count") \
	X(CT_MAX, "/proc/sys/net/netfilter/nf_conntrack_max", NUMBER, NULL, 0, false, \
	  "nf_conntrack_max") \
	X(CT_TW_TIMEOUT, "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait", NUMBER, NULL, 0, \
	  false, "nf_conntrack_tcp_timeout_time_wait, s") \
	X(CT_DROP, "/proc/thread-self/net/stat/nf_conntrack", PERCPU, "drop", 0, true, \
	  "conntrack drops") \
	X(CT_EARLY_DROP, "/proc/thread-self/net/stat/nf_conntrack", PERCPU, "early_drop", 0, true, \
	  "conntrack early drops") \
	X(CT_INSERT_FAILED, "/proc/thread-self/net/stat/nf_conntrack", PERCPU, "insert_failed", 0, \
	  true, "conntrack failed insertions") \
	X(NEIGH_THRESH2, "/proc/sys/net/ipv4/neigh/default/gc_thresh2", NUMBER, NULL, 0, false, \
	  "neigh gc_thresh2") \
	X(NEIGH_THRESH3, "/proc/sys/net/ipv4/neigh/default/gc_thresh3", NUMBER, NULL, 0, false, \
	  "neigh gc_thresh3") \
	X(NEIGH_ENTRIES, "/proc/thread-self/net/stat/arp_cache", PERCPU, "entries", 0, false, \
	  "neighbour table entries, IPv4") \
	X(NEIGH_TABLE_FULLS, "/proc/thread-self/net/stat/arp_cache", PERCPU, "table_fulls", 0, true, \
	  "neighbour table overflows, IPv4") \
	X(KERNEL, "/proc/sys/kernel/osrelease", RELEASE, NULL, 0, false, \
	  "kernel release, 1000 * major + minor") \
	X(NEIGH6_THRESH3, "/proc/sys/net/ipv6/neigh/default/gc_thresh3", NUMBER, NULL, 0, false, \
	  "neigh gc_thresh3, IPv6") \
	X(NEIGH6_ENTRIES, "/proc/thread-self/net/stat/ndisc_cache", PERCPU, "entries", 0, false, \
	  "neighbour table entries, IPv6") \
	X(NEIGH6_TABLE_FULLS, "/proc/thread-self/net/stat/ndisc_cache", PERCPU, "table_fulls", 0, true, \
	  "neighbour table overflows, IPv6") \
	X(FILE_NR, "/proc/sys/fs/file-nr", NUMBER, NULL, 0, false, "open files, whole machine") \
	X(FILE_MAX, "/proc/sys/fs/file-nr", NUMBER, NULL, 2, false, "fs.file-max") \
	X(SOCK_TCP_INUSE, "/proc/thread-self/net/sockstat", SOCKSTAT, "TCP:inuse", 0, false, \
	  "IPv4 sockets in use, this namespace") \
	X(SOCK_TW, "/proc/thread-self/net/sockstat", SOCKSTAT, "TCP:tw", 0, false, \
	  "TIME_WAIT and orphan FIN_WAIT2 mini-sockets, this namespace") \
	X(SOCK_ORPHAN, "/proc/thread-self/net/sockstat", SOCKSTAT, "TCP:orphan", 0, false, \
	  "orphans, whole machine") \
	X(SOCK_ALLOC, "/proc/thread-self/net/sockstat", SOCKSTAT, "TCP:alloc", 0, false, \
	  "allocated TCP sockets, whole machine") \
	X(SOCK_MEM, "/proc/thread-self/net/sockstat", SOCKSTAT, "TCP:mem", 0, false, \
	  "TCP memory, pages, whole machine") \
	X(SOCK_TCP6_INUSE, "/proc/thread-self/net/sockstat6", SOCKSTAT, "TCP6:inuse", 0, false, \
	  "IPv6 sockets in use, this namespace") \
	X(ACTIVE_OPENS, "/proc/thread-self/net/snmp", MIB, "Tcp:ActiveOpens", 0, true, "ActiveOpens") \
	X(PASSIVE_OPENS, "/proc/thread-self/net/snmp", MIB, "Tcp:PassiveOpens", 0, true, \
	  "PassiveOpens") \
	X(ATTEMPT_FAILS, "/proc/thread-self/net/snmp", MIB, "Tcp:AttemptFails", 0, true, \
	  "AttemptFails") \
	X(ESTAB_RESETS, "/proc/thread-self/net/snmp", MIB, "Tcp:EstabResets", 0, true, "EstabResets") \
	X(CURR_ESTAB, "/proc/thread-self/net/snmp", MIB, "Tcp:CurrEstab", 0, false, \
	  "CurrEstab: ESTABLISHED and CLOSE_WAIT") \
	X(IN_SEGS, "/proc/thread-self/net/snmp", MIB, "Tcp:InSegs", 0, true, "InSegs") \
	X(OUT_SEGS, "/proc/thread-self/net/snmp", MIB, "Tcp:OutSegs", 0, true, "OutSegs") \
	X(RETRANS_SEGS, "/proc/thread-self/net/snmp", MIB, "Tcp:RetransSegs", 0, true, "RetransSegs") \
	X(OUT_RSTS, "/proc/thread-self/net/snmp", MIB, "Tcp:OutRsts", 0, true, "OutRsts") \
	X(TW, "/proc/thread-self/net/netstat", MIB, "TcpExt:TW", 0, true, "TW") \
	X(TW_RECYCLED, "/proc/thread-self/net/netstat", MIB, "TcpExt:TWRecycled", 0, true, \
	  "TWRecycled") \
	X(TW_KILLED, "/proc/thread-self/net/netstat", MIB, "TcpExt:TWKilled", 0, true, "TWKilled") \
	X(TW_OVERFLOW, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPTimeWaitOverflow", 0, true, \
	  "TCPTimeWaitOverflow") \
	X(LISTEN_OVERFLOWS, "/proc/thread-self/net/netstat", MIB, "TcpExt:ListenOverflows", 0, true, \
	  "ListenOverflows") \
	X(LISTEN_DROPS, "/proc/thread-self/net/netstat", MIB, "TcpExt:ListenDrops", 0, true, \
	  "ListenDrops") \
	X(REQQ_FULL_DROP, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPReqQFullDrop", 0, true, \
	  "TCPReqQFullDrop") \
	X(REQQ_FULL_COOKIES, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPReqQFullDoCookies", 0, \
	  true, "TCPReqQFullDoCookies") \
	X(SYNCOOKIES_SENT, "/proc/thread-self/net/netstat", MIB, "TcpExt:SyncookiesSent", 0, true, \
	  "SyncookiesSent") \
	X(SYN_RETRANS, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPSynRetrans", 0, true, \
	  "TCPSynRetrans") \
	X(TIMEOUTS, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPTimeouts", 0, true, \
	  "TCPTimeouts") \
	X(ABORT_ON_MEMORY, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPAbortOnMemory", 0, true, \
	  "TCPAbortOnMemory") \
	X(ABORT_ON_TIMEOUT, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPAbortOnTimeout", 0, true, \
	  "TCPAbortOnTimeout") \
	X(MEM_PRESSURES, "/proc/thread-self/net/netstat", MIB, "TcpExt:TCPMemoryPressures", 0, true, \
	  "TCPMemoryPressures")

/** A fact's index. */
enum fact {
#define FACT_ENUM(ID, FILE, FORM, KEY, N, COUNTER, WHAT) FACT_##ID,
	FACTS(FACT_ENUM)
#undef FACT_ENUM
	FACT_COUNT
};

/** One fact. */
struct fact_row {
	/** The file that says it (as seen by a thread inside the namespace). */
	const char *file;
	enum fact_form form;
	/** What to look for in the file, or NULL. */
	const char *key;
	/** See enum fact_form. */
	unsigned n;
	/** Counts up since the namespace was made: only differences mean anything. */
	bool counter;
	/** Its name for people. */
	const char *what;
};

/** The table, indexed by enum fact. */
extern const struct fact_row fact_table[FACT_COUNT];

/** Ports in a bitmap. */
#define PORTS 65536
struct port_set {
	uint64_t bits[PORTS / 64];
};

/** True where PORT is in the set. */
static inline bool port_set_has(const struct port_set *s, uint16_t port)
{
	return s->bits[port / 64] >> (port % 64) & 1;
}

/** Puts PORT into the set. */
static inline void port_set_add(struct port_set *s, uint16_t port)
{
	s->bits[port / 64] |= 1ull << (port % 64);
}

/** Ports of the set within LOW..HIGH (both ends included). */
NODISCARD NONNULL unsigned port_set_count(const struct port_set *s, uint16_t low, uint16_t high);

/** Reads the kernel's list form ("8080,9000-9010"; blank for none) into OUT. 0, or -EINVAL where it
 *  is malformed. */
NODISCARD NONNULL int port_set_parse(const char *text, struct port_set *out);

/** What the kernel's own bind table says of each port, outside any VRF (struct inet_bind_bucket and
 *  the sockets in it). It tells what no listing can (kernel-facts 3.5). */
struct bind_table {
	/** The ports that were looked at, both ends included; nothing is known of others. */
	uint16_t low, high;
	/** Ports that have a bucket at all. */
	struct port_set bound;
	/** Ports whose bucket refuses connect() without a source port: fastreuse or fastreuseport
	 *  is not negative (__inet_hash_connect; kernel-facts 3.3 (b)). */
	struct port_set sticky;
	/** Ports of which it could not be told whether they are sticky. */
	struct port_set unknown;
	/** The TIME_WAIT sockets in the other buckets: the bind_tw_slot() of each that used TCP
	 *  timestamps, and of each that did not (tw_ts_recent_stamp; tcp_twsk_unique() reuses only
	 *  the former). Slots may coincide: where both sets have one it is open. */
	struct port_set tw_stamped, tw_plain;
};

/** What bind_tw_slot() multiplies by: the program that walks the table does the same. */
#define BIND_TW_FACTOR 0x9e3779b1u

/** The slot, in tw_stamped and tw_plain, of a TIME_WAIT on local port PORT toward REMOTE (folded:
 *  never v4-mapped), port REMOTE_PORT. */
NODISCARD NONNULL uint16_t bind_tw_slot(uint16_t port, const struct addr *remote,
					uint16_t remote_port);

/** All facts of one moment. Plain values. */
struct facts {
	/** CLOCK_MONOTONIC and CLOCK_REALTIME when they were read, ns. */
	int64_t monotonic_ns, realtime_ns;
	/** By enum fact; FACT_UNKNOWN where unread. */
	int64_t v[FACT_COUNT];
	/** ip_local_reserved_ports; meaningless unless reserved_known. */
	struct port_set reserved;
	bool reserved_known;
	/** The bind table where the kernel lets us look; meaningless unless bind_known. */
	struct bind_table bind;
	bool bind_known;
};

/** Sets every fact to unknown. */
NONNULL void facts_clear(struct facts *f);

/** True where ID is known. */
static inline bool fact_known(const struct facts *f, enum fact id)
{
	return f->v[id] != FACT_UNKNOWN;
}

/** Fact ID, or FALLBACK where it is unknown. */
static inline int64_t fact_or(const struct facts *f, enum fact id, int64_t fallback)
{
	return fact_known(f, id) ? f->v[id] : fallback;
}

/** What counter ID did from BEFORE to NOW; FACT_UNKNOWN where either is unknown, BEFORE is NULL, or
 *  it went backwards (a reset, another namespace). */
NODISCARD int64_t fact_delta(const struct facts *before, const struct facts *now, enum fact id);

/** The same per second; NAN where fact_delta() is unknown or no time passed. */
NODISCARD double fact_rate(const struct facts *before, const struct facts *now, enum fact id);

/** Fact ID out of the contents of its file. FACT_UNKNOWN where TEXT does not say it. Pure. */
NODISCARD NONNULL int64_t fact_extract(enum fact id, const char *text);

#endif
