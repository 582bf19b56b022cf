// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* Queues, tables and limits. */
const struct topic topic_limits[] = {
	{
		.name = "somaxconn",
		.kind = TOPIC_SETTING,
		.title = "upper bound of every accept queue",
		.parts = {
			{ "Does",
			  "cap the backlog a program passes to listen(), at that moment. 4096 "
			  "by default since Linux 5.4, 128 before." },
			{ "Does not",
			  "raise a backlog: a program that asks for 128 gets 128. Does not act "
			  "on listeners that exist: they must call listen() again, which mostly "
			  "means a restart. A container has its own value." },
		},
		.see = { "tcptriage listeners", "accept-queue-full" },
	},
	{
		.name = "tcp_max_syn_backlog",
		.kind = TOPIC_SETTING,
		.title = "matters only without SYN cookies",
		.parts = {
			{ "Does",
			  "with tcp_syncookies=0: drop new SYNs from about three quarters of "
			  "this number of half-open connections on." },
			{ "Does not",
			  "set the length of the SYN queue: that is the listener's backlog. "
			  "With SYN cookies on (default) it changes nothing." },
		},
		.see = { "syn-backlog", "tcp_syncookies", "somaxconn" },
	},
	{
		.name = "tcp_syncookies",
		.kind = TOPIC_SETTING,
		.title = "answer SYNs without remembering them",
		.parts = {
			{ "Does",
			  "1 (default): when the SYN queue is full, answer without keeping "
			  "state. 2: always, for tests. 0: drop instead." },
			{ "Does not", "help a full accept queue, which is another queue." },
			{ "Costs",
			  "connections made that way may lose options (without timestamps: "
			  "window scaling and SACK)." },
		},
		.see = { "syn-backlog", "SYN_RECV" },
	},
	{
		.name = "tcp_abort_on_overflow",
		.kind = TOPIC_SETTING,
		.title = "reset clients when the accept queue is full",
		.parts = {
			{ "Does",
			  "1: a handshake that completes against a full accept queue is reset, "
			  "so the client fails fast. 0 (default): the ACK is ignored and the "
			  "client tries again, which rides out a burst." },
			{ "Does not",
			  "make the program accept faster, and turns a short burst into errors." },
		},
		.see = { "accept-queue-full", "ECONNRESET" },
	},
	{
		.name = "tcp_max_orphans",
		.kind = TOPIC_SETTING,
		.title = "most connections without a program",
		.parts = {
			{ "Does",
			  "one limit for the whole machine, all namespaces together. Beyond it "
			  "orphans are reset (TCPAbortOnMemory)." },
			{ "Does not", "count TIME_WAIT, or FIN_WAIT2 mini-sockets." },
		},
		.see = { "orphan-limit", "tcp_orphan_retries" },
	},
	{
		.name = "tcp_mem",
		.kind = TOPIC_SETTING,
		.title = "memory of all TCP buffers, in pages",
		.parts = {
			{ "Does",
			  "three marks for the whole machine: below the first nothing is done, "
			  "above the second buffers stop growing, at the third allocations fail." },
			{ "Does not",
			  "set a socket's buffer (tcp_rmem, tcp_wmem, in bytes). It counts "
			  "pages, 4096 bytes on most machines." },
		},
		.see = { "tcp-memory" },
	},
	{
		.name = "nf_conntrack_max",
		.aliases = { "nf_conntrack_tcp_timeout_time_wait", "nf_conntrack_count",
			     "nf_conntrack_buckets" },
		.kind = TOPIC_SETTING,
		.title = "size of the connection tracking table",
		.parts = {
			{ "Does",
			  "limit the connections the packet filter remembers; at the limit "
			  "packets of new ones are dropped. Containers see the host's value and "
			  "cannot change it; the count is each namespace's own." },
			{ "Does not",
			  "follow sockets: an entry stays 120 s after a close "
			  "(nf_conntrack_tcp_timeout_time_wait) where the socket stays 60 s." },
			{ "Note",
			  "Where nothing asks for tracking, nothing is tracked and the limit "
			  "does not matter. NAT needs tracking, and has port limits of its own "
			  "that this host's sockets do not show." },
		},
		.see = { "conntrack-full", "nat" },
	},
	{
		.name = "gc_thresh3",
		.aliases = { "gc_thresh1", "gc_thresh2" },
		.kind = TOPIC_SETTING,
		.title = "most entries of the neighbour (ARP) table",
		.parts = {
			{ "Does",
			  "1024 by default; at the limit no new neighbour is resolved. From "
			  "gc_thresh2 (512) on old entries are collected after 5 s; below "
			  "gc_thresh1 (128) none are. IPv4 and IPv6 have a set each." },
			{ "Does not", "exist inside containers: the table is the machine's." },
		},
		.see = { "neighbor-table-full" },
	},
	{
		.name = "RLIMIT_NOFILE",
		.aliases = { "nofile", "LimitNOFILE", "ulimit" },
		.kind = TOPIC_SETTING,
		.title = "descriptors of one process",
		.parts = {
			{ "Does",
			  "the soft limit is what counts; the process may raise it up to the "
			  "hard one. systemd: LimitNOFILE=, shells: `ulimit -n`; "
			  "/proc/PID/limits shows it." },
			{ "Does not",
			  "limit connections in TIME_WAIT or SYN_RECV, or in the accept queue: "
			  "they have no descriptor. Programs that use select() stop at 1024 "
			  "whatever the limit." },
		},
		.see = { "fd-limit", "EMFILE" },
	},
	{
		.name = "file-max",
		.aliases = { "fs.file-max", "file-nr" },
		.kind = TOPIC_SETTING,
		.title = "open files of the whole machine",
		.parts = {
			{ "Does",
			  "limit all open files together; /proc/sys/fs/file-nr shows use and "
			  "limit." },
			{ "Does not", "raise any process's own limit (RLIMIT_NOFILE)." },
		},
		.see = { "file-table-full", "ENFILE" },
	},
	{ .name = NULL },
};
