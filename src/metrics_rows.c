// SPDX-License-Identifier: MIT
#include "metrics_rows.h"

#define CW_KIND(KIND)                                                                              \
	{ "close_wait_sockets", "close-wait", KIND, "kind", KIND,                                  \
	  "Sockets in CLOSE_WAIT by why they are: end of file unread, read and not closed (leaked), " \
	  "not accepted; unowned ones are among them" }
#define PORTS_KIND(KIND)                                                                           \
	{ "ephemeral_ports", "ports", "range." KIND, "kind", KIND,                                 \
	  "Ports of ip_local_port_range: all, reserved, held by listeners and bind(), usable by "  \
	  "connect()" }
#define AGE(PERCENTILE, PATH)                                                                        \
	{ "handshake_age_seconds", "handshakes", "age_seconds." PATH, "percentile", PERCENTILE,    \
	  "Ages of the handshakes that are under way" }

const struct metric_single metric_singles[] = {
	{ "sockets_by_family", "states", "sockets.ipv4", "family", "ipv4",
	  "TCP sockets by address family" },
	{ "sockets_by_family", "states", "sockets.ipv6", "family", "ipv6", "" },
	CW_KIND("unread"),
	CW_KIND("leaked"),
	CW_KIND("unaccepted"),
	CW_KIND("unowned"),
	PORTS_KIND("size"),
	PORTS_KIND("reserved"),
	PORTS_KIND("held"),
	PORTS_KIND("usable"),
	{ "time_wait_length_seconds", "ports", "time_wait_seconds", NULL, NULL,
	  "How long TIME_WAIT keeps a port" },
	AGE("50", "p50"),
	AGE("90", "p90"),
	AGE("99", "p99"),
	AGE("100", "max"),
	{ 0 },
};

const struct metric_set metric_sets[] = {
	{ .name = "close_wait_owners", .analysis = "close-wait", .array = "owners",
	  .labels = { { "process", "process" }, { "unit", "unit" }, { "container", "container" } },
	  .values = {
		  { "close_wait_owner_sockets", "sockets",
		    "Sockets in CLOSE_WAIT that a process holds", COMBINE_SUM },
		  { "close_wait_owner_leaked_sockets", "leaked",
		    "Of these: read to the end and not closed", COMBINE_SUM },
		  { "close_wait_owner_oldest_seconds", "oldest_seconds",
		    "Age of the oldest of these, at least", COMBINE_MAX },
		  { "close_wait_owner_open_files", "fds.open",
		    "Open descriptors of such a process (the most of one)", COMBINE_MAX },
		  { "close_wait_owner_max_files", "fds.limit",
		    "Its limit of open descriptors (the least of one)", COMBINE_MIN },
	  },
	  .rank = 0, .falling = true },
	{ .name = "pools", .analysis = "ports", .array = "pools",
	  .labels = { { "local", "local" }, { "remote", "remote" },
		      { "remote_port", "remote_port" } },
	  .values = {
		  { "pool_in_use", "in_use",
		    "Local ports in use toward a destination, TIME_WAIT included", COMBINE_SUM },
		  { "pool_capacity", "capacity", "Local ports that there are toward a destination",
		    COMBINE_MIN },
		  { "pool_free", "free_min",
		    "Connections toward a destination that still succeed, at least", COMBINE_MIN },
		  { "pool_headroom_ratio", "headroom", "The free part of the capacity",
		    COMBINE_MIN },
		  { "pool_close_rate", "close_rate.10s",
		    "Closes a second by this side over the last 10 s: each costs a port for the length "
		    "of TIME_WAIT", COMBINE_SUM },
		  { "pool_sustainable_rate", "sustainable_rate",
		    "The rate of closes that can be kept up for ever", COMBINE_MIN },
		  { "pool_exhausts_seconds", "exhausts_in_seconds",
		    "Seconds until no port is left at the present rate; absent where that never "
		    "comes", COMBINE_MIN },
	  },
	  .rank = 3, .falling = false },
	{ .name = "listeners", .analysis = "listeners", .array = "listeners",
	  .labels = { { "local", "local" }, { "port", "port" }, { "process", "process" } },
	  .values = {
		  { "listener_queue", "queue", "Connections that wait to be accepted", COMBINE_SUM },
		  { "listener_backlog", "backlog", "How many may wait", COMBINE_SUM },
		  { "listener_syn_recv", "syn_recv", "Handshakes under way toward a listener",
		    COMBINE_SUM },
		  { "listener_drops_per_second", "drops_per_second",
		    "SYNs and connections a second that a listener lost", COMBINE_SUM },
	  },
	  .rank = 0, .falling = true },
	{ 0 },
};

const struct metric_rate metric_rates[] = {
	{ "active_opens_per_second", FACT_ACTIVE_OPENS, "Outgoing connection attempts a second" },
	{ "passive_opens_per_second", FACT_PASSIVE_OPENS, "Incoming connections a second" },
	{ "attempt_fails_per_second", FACT_ATTEMPT_FAILS, "Failed handshakes a second" },
	{ "resets_per_second", FACT_ESTAB_RESETS, "Established connections reset, a second" },
	{ "time_wait_per_second", FACT_TW, "Sockets that went into TIME_WAIT, a second" },
	{ "time_wait_recycled_per_second", FACT_TW_RECYCLED,
	  "TIME_WAIT taken over by new connections, a second" },
	{ "time_wait_overflows_per_second", FACT_TW_OVERFLOW,
	  "Sockets closed without TIME_WAIT for lack of buckets, a second" },
	{ "listen_overflows_per_second", FACT_LISTEN_OVERFLOWS, "Full accept queues met, a second" },
	{ "listen_drops_per_second", FACT_LISTEN_DROPS, "SYNs and ACKs dropped by listeners, a second" },
	{ "syn_retransmits_per_second", FACT_SYN_RETRANS, "SYNs and SYN-ACKs sent again, a second" },
	{ "retransmits_per_second", FACT_RETRANS_SEGS, "Segments sent again, a second" },
	{ NULL, FACT_COUNT, NULL },
};
