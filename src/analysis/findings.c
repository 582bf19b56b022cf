// SPDX-License-Identifier: MIT
#include "analysis/findings.h"

#include <stdarg.h>

#include "analysis/check_judges.h"
#include "base/str.h"

/* Thresholds are shares of real limits, ages, or what counters did during the sample: a count alone
 * says nothing. Every row says why its marks stand where they do. */
const struct finding_row finding_table[FINDING_COUNT] = {
	[FINDING_PORT_EXHAUSTION] = {
		.id = "port-exhaustion",
		.question = "Do local ports run out toward a destination?",
		.measure = "the verdict of `ports` on each pool",
		.reason = "ports weighs what is free against the present rate; the total of a host "
			  "says nothing, for each destination has its own pool",
		.cause = "connections are opened faster than closed ones give their ports back (60 s "
			 "of TIME_WAIT each), or too many are held open to one destination",
		.advice = { "keep connections and use them again: that ends it for good",
			    "let the peer close first, spread over more destination addresses or "
			    "ports, or widen ip_local_port_range",
			    "tcp_fin_timeout does not matter here" },
		.see = "tcptriage ports",
		.judge = judge_port_exhaustion,
	},
	[FINDING_PORT_SEARCH_SLOW] = {
		.id = "port-search-slow",
		.question = "Is connect() slow because half of the range is taken?",
		.measure = "ports of the parity that connect() tries first",
		.reason = "measured: 15 us a connect() below half of the range, 1300 us above; a pool "
			  "already named for exhaustion is not named again",
		.cause = "one destination has taken half of the port range: connect() walks that half "
			 "in vain before it finds a free port",
		.advice = { "keep connections and use them again, or spread them over more "
			    "destinations or source addresses",
			    "a wider ip_local_port_range moves the mark" },
		.see = "tcptriage ports",
		.judge = judge_port_search_slow,
	},
	[FINDING_PORT_RANGE_OVERLAP] = {
		.id = "port-range-overlap",
		.question = "Can an outgoing connection take a listener's port?",
		.measure = "listeners on a fixed port in the range that is not reserved",
		.reason = "only a remark: nothing is wrong until the listener restarts; listeners that "
			  "let the kernel choose their port (bind to 0) can start on any other and "
			  "are not named",
		.cause = "the port lies in ip_local_port_range: while the listener is down an outgoing "
			 "connection may take it, and the listener then fails with EADDRINUSE",
		.advice = { "add the ports to net.ipv4.ip_local_reserved_ports (bind() to them still "
			    "works)" },
		.see = "tcptriage ports",
		.judge = judge_port_range_overlap,
	},
	[FINDING_BIND_BEFORE_CONNECT] = {
		.id = "bind-before-connect",
		.question = "Do programs take ports from everyone by bind() before connect()?",
		.warning = 0.25,
		.critical = 0.9,
		.measure = "share of the usable range",
		.reason = "each such port is lost to every destination: a quarter of the range is more "
			  "than any careful program takes, and at nine tenths every connect() and "
			  "bind() of the host is about to fail",
		.cause = "a program calls bind(address, 0) or binds explicit ports before connect(): "
			 "the port is then taken for all destinations",
		.advice = { "set IP_BIND_ADDRESS_NO_PORT before bind(), or do not bind",
			    "when the range is used up bind() fails with EADDRINUSE" },
		.see = "tcptriage ports",
		.judge = judge_bind_before_connect,
	},
	[FINDING_CLOSE_WAIT_LEAK] = {
		.id = "close-wait-leak",
		.question = "Does a process keep connections that their peers have closed?",
		.measure = "the verdict of `close-wait` on each process; critical from nine tenths of "
			   "its descriptor limit on",
		.reason = "close-wait judges age, growth and spread: a bounded pool of idle "
			  "connections is by design",
		.cause = "the program read everything up to the end and never calls close(): an error "
			 "path without it, a forked child that inherited it, a pool that does not "
			 "check its idle connections",
		.advice = { "fix the close; until then restart the process before it reaches its "
			    "descriptor limit",
			    "no sysctl ends CLOSE_WAIT" },
		.see = "tcptriage close-wait",
		.judge = judge_close_wait_leak,
	},
	[FINDING_CLOSE_WAIT_STUCK_READER] = {
		.id = "close-wait-stuck-reader",
		.question = "Does a process leave closed connections unread or unaccepted?",
		.measure = "the verdict of `close-wait` on each process",
		.reason = "close-wait tells unread from read and young from old; a listener already "
			  "named for a full queue is not named again",
		.cause = "the program is blocked, stopped or overloaded, or its event loop has lost "
			 "these sockets",
		.advice = { "see what the process waits for: its stack, its CPU use, its locks" },
		.see = "tcptriage close-wait",
		.judge = judge_close_wait_stuck_reader,
	},
	[FINDING_ACCEPT_QUEUE_FULL] = {
		.id = "accept-queue-full",
		.question = "Is a listener's accept queue full?",
		.warning = 0.8,
		.critical = 1,
		.measure = "queue / (backlog + 1), at both ends of the sample; or drops during it",
		.reason = "at the limit the kernel drops SYNs and clients retry after a second; a queue "
			  "that is long at one look only was a burst",
		.cause = "the program accepts more slowly than connections come",
		.advice = { "look at the accept loop first: blocked, single-threaded, busy elsewhere?",
			    "a larger backlog helps against bursts only; it needs the program's "
			    "listen() argument, somaxconn, and a new listen() call" },
		.see = "tcptriage listeners",
		.judge = judge_accept_queue_full,
	},
	[FINDING_SYN_BACKLOG] = {
		.id = "syn-backlog",
		.question = "Do incoming handshakes hang?",
		.warning = 0.5,
		.critical = 0,
		.measure = "hanging handshakes / (hanging + completed in the same time); full SYN "
			   "queues during the sample",
		.reason = "scanners always leave a few half-open; when as many hang as complete, "
			  "clients are affected. Three at least, each silent for 3 s",
		.cause = "our SYN-ACKs do not reach the clients or their ACKs do not reach us "
			 "(asymmetric route, firewall), or a SYN flood fills the queue",
		.advice = { "look which networks the peers share, and test the way back to them",
			    "keep tcp_syncookies=1; a larger listen() backlog moves the limit" },
		.see = "tcptriage handshakes",
		.judge = judge_syn_backlog,
	},
	[FINDING_SYN_SENT_STUCK] = {
		.id = "syn-sent-stuck",
		.question = "Do our connection attempts go unanswered?",
		.warning = 0.1,
		.critical = 0.9,
		.measure = "attempts without an answer for 3 s / all attempts of that time; or three "
			   "and more to one destination that answers none",
		.reason = "a crawler always has a few dead peers; one attempt in ten is more, three to "
			  "one destination confirm each other, nine in ten to several means that "
			  "nothing gets out",
		.cause = "SYNs or their answers are lost: the peer is down, a firewall drops them, or "
			 "the peer's accept queue is full",
		.advice = { "one destination: that host or the way to it; all destinations: this "
			    "host's route, gateway or conntrack table" },
		.see = "tcptriage handshakes",
		.judge = judge_syn_sent_stuck,
	},
	[FINDING_PEER_NOT_ACKING] = {
		.id = "peer-not-acking",
		.question = "Do established connections retransmit in vain?",
		.warning = 0.05,
		.critical = 0.5,
		.measure = "connections with four and more retransmissions (3 s at least) / all; or half "
			   "of those to one destination",
		.reason = "clients that vanish are everyday on a busy server, a twentieth of all is "
			  "not; a destination of which half is silent is dead. Fewer than three "
			  "clients are a remark",
		.cause = "the peer or the path to it died without a FIN or a reset",
		.advice = { "restore the path; the kernel itself gives up after tcp_retries2, 13 to 30 "
			    "minutes",
			    "in the program: TCP_USER_TIMEOUT, keepalive" },
		.see = "tcptriage list -o +timer state established",
		.judge = judge_peer_not_acking,
	},
	[FINDING_TIME_WAIT_OVERFLOW] = {
		.id = "time-wait-overflow",
		.question = "Is TIME_WAIT cut short?",
		.warning = 1,
		.critical = 0,
		.measure = "TIME_WAIT and orphan FIN_WAIT2 mini-sockets / tcp_max_tw_buckets; overflows "
			   "during the sample",
		.reason = "below the limit TIME_WAIT costs memory only, however many there are; at it "
			  "nothing fails either, but old segments may reach new connections: never "
			  "critical",
		.cause = "more connections are closed within a minute than tcp_max_tw_buckets allows",
		.advice = { "raise net.ipv4.tcp_max_tw_buckets; lowering it is no cure for TIME_WAIT" },
		.see = "tcptriage explain time-wait-overflow",
		.judge = judge_time_wait_overflow,
	},
	[FINDING_ORPHAN_LIMIT] = {
		.id = "orphan-limit",
		.question = "Are orphaned connections near their limit?",
		.warning = 0.5,
		.critical = 1,
		.measure = "orphans / tcp_max_orphans, whole machine; kills during the sample",
		.reason = "from half the limit on the kernel already kills orphans whose peers are slow "
			  "(tcp_out_of_resources counts those double)",
		.cause = "programs close connections whose peers do not acknowledge or do not close",
		.advice = { "find the peers in FIN_WAIT1, LAST_ACK and FIN_WAIT2",
			    "lower tcp_orphan_retries or tcp_fin_timeout before raising "
			    "tcp_max_orphans (each may hold 64 KiB)" },
		.see = "tcptriage states --by=raddr",
		.judge = judge_orphan_limit,
	},
	[FINDING_TCP_MEMORY] = {
		.id = "tcp-memory",
		.question = "Do TCP buffers reach the machine's limit?",
		.warning = 1,
		.critical = 1.3,
		.measure = "pages of TCP buffers / the pressure mark of tcp_mem, whole machine",
		.reason = "at the pressure mark the kernel stops growing buffers; the limit stands at "
			  "4/3 of it by default, and there data is dropped",
		.cause = "many sockets with full queues: readers that are stuck, peers that do not "
			 "acknowledge",
		.advice = { "look for the sockets with the longest queues before raising tcp_mem" },
		.see = "tcptriage list -s -recv_queue -t 20",
		.judge = judge_tcp_memory,
	},
	[FINDING_CONNTRACK_FULL] = {
		.id = "conntrack-full",
		.question = "Is the connection tracking table full?",
		.warning = 0.85,
		.critical = 0.95,
		.measure = "nf_conntrack_count / nf_conntrack_max; drops during the sample",
		.reason = "at the limit packets of new connections are dropped, in and out; entries go "
			  "out slowly (120 s for TIME_WAIT), so that a burst of a twentieth fills it",
		.cause = "more connections, live and recent, than the table has entries",
		.advice = { "raise net.netfilter.nf_conntrack_max (and its hash size)",
			    "shorten nf_conntrack_tcp_timeout_time_wait and _established, or do not "
			    "track this traffic (notrack)" },
		.see = "tcptriage explain conntrack-full",
		.judge = judge_conntrack_full,
	},
	[FINDING_FD_LIMIT] = {
		.id = "fd-limit",
		.question = "Is a process at its descriptor limit?",
		.warning = 0.9,
		.critical = 1,
		.measure = "open descriptors / RLIMIT_NOFILE of processes with sockets",
		.reason = "at the limit accept(), socket() and open() fail with EMFILE; the last tenth "
			  "is the time left to act",
		.cause = "a leak of descriptors, or a limit too low for the load",
		.advice = { "look for a leak first: tcptriage close-wait",
			    "raise LimitNOFILE in the unit, or ulimit -n" },
		.see = "tcptriage close-wait",
		.judge = judge_fd_limit,
	},
	[FINDING_FILE_TABLE_FULL] = {
		.id = "file-table-full",
		.question = "Is the machine's file table full?",
		.warning = 0.9,
		.critical = 0.98,
		.measure = "open files / fs.file-max, whole machine",
		.reason = "at the limit open(), socket() and accept() fail with ENFILE for everyone "
			  "without CAP_SYS_ADMIN; the last tenth is the time left to act",
		.cause = "some process has opened far more files than the machine was set up for",
		.advice = { "find the process with most descriptors; raise fs.file-max" },
		.see = "tcptriage explain file-table-full",
		.judge = judge_file_table_full,
	},
	[FINDING_FIN_WAIT2_PILEUP] = {
		.id = "fin-wait2-pileup",
		.question = "Do peers not close after us?",
		.warning = 0.25,
		.critical = 0,
		.measure = "half-closed sockets silent for 10 s / (those + ESTABLISHED); orphans: twice "
			   "that share of (those + TIME_WAIT)",
		.reason = "a living peer answers our FIN within a request's time; a quarter of all "
			  "connections, three at least, is no coincidence. The leak is the peer's, here "
			  "it costs descriptors and ports: never critical",
		.cause = "the peer holds these connections in CLOSE_WAIT: its program does not close",
		.advice = { "tell the peer's owner: tcptriage close-wait there",
			    "orphans go by themselves after tcp_fin_timeout; sockets that a process "
			    "still holds after shutdown() do not" },
		.see = "tcptriage list state fin-wait-2",
		.judge = judge_fin_wait2_pileup,
	},
	[FINDING_LAST_ACK_PILEUP] = {
		.id = "last-ack-pileup",
		.question = "Do our FINs go unacknowledged?",
		.warning = 0.05,
		.critical = 0,
		.measure = "LAST_ACK and CLOSING with four and more retransmissions / all connections; "
			   "or half of those to one destination",
		.reason = "both states last one round trip; peers that vanish are everyday on a busy "
			  "server, a twentieth of all, three at least, is not. The programs are done "
			  "with them: never critical",
		.cause = "the path to the peer is broken, or a firewall or NAT on it has forgotten the "
			 "connections",
		.advice = { "look which peers they share; check the path and the timeouts of firewalls "
			    "on it" },
		.see = "tcptriage list state last-ack state closing",
		.judge = judge_last_ack_pileup,
	},
	[FINDING_NEIGHBOR_TABLE_FULL] = {
		.id = "neighbor-table-full",
		.question = "Is the neighbour (ARP) table full?",
		.warning = 0.9,
		.critical = 1,
		.measure = "entries / gc_thresh3; overflows during the sample",
		.reason = "at gc_thresh3 hosts on the local networks cannot be reached any more; from "
			  "gc_thresh2 on the kernel collects every 5 s, and the last tenth says that "
			  "this no longer helps",
		.cause = "more neighbours on the local networks (containers count) than the table has "
			 "room for",
		.advice = { "raise gc_thresh1, gc_thresh2 and gc_thresh3 together" },
		.see = "tcptriage explain neighbor-table-full",
		.judge = judge_neighbor_table_full,
	},
	[FINDING_RISKY_SETTING] = {
		.id = "risky-setting",
		.question = "Is a setting asking for trouble?",
		.measure = "a list of settings, each with its own reason",
		.reason = "a remark, since nothing need be wrong now; only tcp_tw_recycle breaks "
			  "connections by itself",
		.cause = "a setting from old advice, or for another purpose",
		.advice = { "read what it does and does not do, then set it back" },
		.see = "tcptriage explain risky-setting",
		.judge = judge_risky_setting,
	},
};

enum severity finding_severity(const struct finding_row *row, double value)
{
	if (row->critical > 0 && value >= row->critical)
		return SEVERITY_CRITICAL;
	if (row->warning > 0 && value >= row->warning)
		return SEVERITY_WARNING;
	return SEVERITY_OK;
}

void finding_say(struct finding *out, struct arena *a, enum severity severity, double weight,
		 const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	out->known = true;
	out->severity = severity;
	out->weight = weight;
	out->summary = arena_strdup(a, str_text(&text));
	str_free(&text);
}

void finding_raise(struct finding *out, struct arena *a, enum severity severity, const char *fmt,
		   ...)
{
	struct str text = { 0 };
	va_list ap;

	if (out->summary)
		str_addf(&text, "%s; ", out->summary);
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	out->known = true;
	if (severity > out->severity)
		out->severity = severity;
	if (out->weight < 1)
		out->weight = 1;
	out->summary = arena_strdup(a, str_text(&text));
	str_free(&text);
}

void finding_ratio(const struct evidence *e, const struct finding_row *row, struct finding *out,
		   int64_t used, int64_t limit, const char *what)
{
	double ratio;

	value_add_fact(e->arena, out->evidence, "used", used);
	value_add_fact(e->arena, out->evidence, "limit", limit);
	if (used == FACT_UNKNOWN || limit == FACT_UNKNOWN || limit <= 0) {
		value_add_null(e->arena, out->evidence, "ratio");
		return;
	}
	ratio = (double)used / (double)limit;
	value_add_real(e->arena, out->evidence, "ratio", ratio);
	finding_say(out, e->arena, finding_severity(row, ratio),
		    row->warning > 0 ? ratio / row->warning : ratio, "%s: %lld of %lld (%.1f %%)",
		    what, (long long)used, (long long)limit, ratio * 100);
}
