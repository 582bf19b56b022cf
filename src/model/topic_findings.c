// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* One row an id of `check`, in the contract's order. */
const struct topic topic_findings[] = {
	{
		.name = "port-exhaustion",
		.kind = TOPIC_FINDING,
		.title = "few or no ports left toward a destination",
		.parts = {
			{ NULL,
			  "connect() without a source port takes one that is free for its local "
			  "address, remote address and remote port. That is one pool; when it "
			  "is empty, connect() fails with EADDRNOTAVAIL at once and no counter "
			  "moves. Other destinations are not affected, and neither are incoming "
			  "connections." },
			{ "Arithmetic",
			  "Capacity is the range, both ends included, less reserved and held "
			  "ports: 28232 by default. Each connection that we close first keeps "
			  "its port for 60 s more. So the rate that can last is capacity / 60: "
			  "470 a second. 710 a second need 42600 ports and fail after 40 s." },
			{ "Do",
			  "Reuse connections (keep-alive, a pool); let the peer close first; "
			  "more destination addresses or ports, or more source addresses; widen "
			  "ip_local_port_range; tcp_tw_reuse=1." },
			{ "Does not help",
			  "tcp_fin_timeout, tcp_tw_recycle, tcp_max_tw_buckets, somaxconn, or "
			  "raising descriptor limits." },
		},
		.see = { "tcptriage ports", "EADDRNOTAVAIL", "tcp_tw_reuse", "ip_local_port_range",
			 "TIME_WAIT" },
	},
	{
		.name = "port-search-slow",
		.kind = TOPIC_FINDING,
		.title = "connect() is slow: half the range is taken",
		.parts = {
			{ NULL,
			  "connect() first tries all ports with the parity of the range's low "
			  "end, then the others. Once the first half is taken toward one "
			  "destination, each connect() walks it in vain: about 15 us become "
			  "1300 us of CPU, long before EADDRNOTAVAIL." },
			{ "Do",
			  "The same as for port-exhaustion. Moving the low end by one only "
			  "swaps the halves." },
		},
		.see = { "tcptriage ports", "port-exhaustion", "ip_local_port_range" },
	},
	{
		.name = "port-range-overlap",
		.kind = TOPIC_FINDING,
		.title = "a listener's port lies in the ephemeral range",
		.parts = {
			{ NULL,
			  "While the listener runs it takes its port from the range. While it "
			  "is down, an outgoing connection may get that port, and the listener "
			  "then cannot start: EADDRINUSE, for as long as that connection and "
			  "its TIME_WAIT last." },
			{ "Do",
			  "Add the port to ip_local_reserved_ports (bind() to it still works), "
			  "or move ip_local_port_range away from it." },
		},
		.see = { "tcptriage ports", "ip_local_reserved_ports", "EADDRINUSE" },
	},
	{
		.name = "bind-before-connect",
		.kind = TOPIC_FINDING,
		.title = "a program binds before it connects",
		.parts = {
			{ NULL,
			  "bind(address, 0) before connect() picks the port without knowing the "
			  "destination, so the port is lost to every automatic connect() of the "
			  "host, to any destination. When the range is used up, bind() fails "
			  "with EADDRINUSE, not EADDRNOTAVAIL." },
			{ "Do",
			  "Set IP_BIND_ADDRESS_NO_PORT before bind(): the port is then chosen "
			  "in connect(), per destination. Or do not bind: a route's `src` "
			  "chooses the address." },
		},
		.see = { "tcptriage ports", "IP_BIND_ADDRESS_NO_PORT", "EADDRINUSE", "BOUND" },
	},
	{
		.name = "close-wait-leak",
		.kind = TOPIC_FINDING,
		.title = "a process keeps sockets whose peer has closed",
		.parts = {
			{ NULL,
			  "CLOSE_WAIT sockets of one process that are old or growing: the "
			  "program has read all there is and never calls close(). Each costs a "
			  "descriptor; the end is EMFILE." },
			{ "Look for",
			  "error paths that return without close(); a forked child that "
			  "inherited the descriptor; a pool that never checks idle connections." },
			{ "Do",
			  "Fix the close. Until then restart the process, or destroy the "
			  "sockets with `tcptriage kill` (the program keeps its descriptors). "
			  "No sysctl ends CLOSE_WAIT." },
		},
		.see = { "tcptriage close-wait", "CLOSE_WAIT", "EMFILE", "fd-limit" },
	},
	{
		.name = "close-wait-stuck-reader",
		.kind = TOPIC_FINDING,
		.title = "a process does not read its closed connections",
		.parts = {
			{ NULL,
			  "CLOSE_WAIT with a receive queue: data or the end of file waits and "
			  "nobody reads it. The program is blocked, overloaded, stopped, or has "
			  "lost the socket from its event loop. Without an inode the connection "
			  "is not even accepted: the accept loop is stuck." },
			{ "Do",
			  "See what the process does (a stack trace, its CPU use, what it waits "
			  "for)." },
		},
		.see = { "tcptriage close-wait", "CLOSE_WAIT", "accept-queue-full" },
	},
	{
		.name = "accept-queue-full",
		.kind = TOPIC_FINDING,
		.title = "a listener's accept queue is full",
		.parts = {
			{ NULL,
			  "The program accepts more slowly than connections come. With a full "
			  "queue the kernel ignores SYNs and last ACKs (ListenOverflows counts "
			  "each): clients hang and retry, or believe they are connected. With "
			  "tcp_abort_on_overflow=1 they are reset instead." },
			{ "Causes",
			  "a busy or blocked accept loop; a process at its descriptor limit, "
			  "whose accept() fails with EMFILE; a burst beyond a small backlog." },
			{ "Do",
			  "Speed up or add accept loops first. A larger backlog only helps "
			  "against bursts: it needs the program's listen() argument and "
			  "somaxconn, and a new listen() call, for the limit is fixed at that "
			  "moment." },
			{ "Does not help", "tcp_max_syn_backlog: it is another queue." },
		},
		.see = { "tcptriage listeners", "somaxconn", "fd-limit", "tcp_abort_on_overflow" },
	},
	{
		.name = "syn-backlog",
		.kind = TOPIC_FINDING,
		.title = "the queue of half-open connections is full",
		.parts = {
			{ NULL,
			  "More handshakes wait for their last ACK than the listener's backlog "
			  "allows. With SYN cookies connections still work, without their "
			  "options; with tcp_syncookies=0 SYNs are dropped (TCPReqQFullDrop)." },
			{ "Causes",
			  "a SYN flood; clients that never get our SYN-ACK; a backlog that is "
			  "too small for the round-trip time." },
			{ "Do",
			  "Look at the peers with `tcptriage handshakes`. Keep "
			  "tcp_syncookies=1. A larger listen() backlog (and somaxconn) moves "
			  "the limit." },
		},
		.see = { "tcptriage handshakes", "SYN_RECV", "tcp_syncookies",
			 "tcp_max_syn_backlog" },
	},
	{
		.name = "syn-sent-stuck",
		.kind = TOPIC_FINDING,
		.title = "connection attempts get no answer",
		.parts = {
			{ NULL,
			  "SYNs are repeated and nothing comes back. A refused connection would "
			  "be over at once: here packets are lost, dropped by a filter, or "
			  "ignored by a full accept queue." },
			{ "Tell apart",
			  "One destination: that host or the way to it. All destinations: this "
			  "host's route, gateway or conntrack table." },
			{ "Do", "`tcptriage why HOST:PORT` for one of them." },
		},
		.see = { "tcptriage handshakes", "tcptriage why HOST:PORT", "SYN_SENT",
			 "ETIMEDOUT" },
	},
	{
		.name = "peer-not-acking",
		.kind = TOPIC_FINDING,
		.title = "established connections retransmit in vain",
		.parts = {
			{ NULL,
			  "Data was sent and is not acknowledged, again and again: the peer or "
			  "the path died without a FIN or a reset. The kernel gives up after "
			  "tcp_retries2 (13 to 30 minutes); programs wait as long." },
			{ "Do",
			  "Restore the path; set TCP_USER_TIMEOUT in the program; use keepalive "
			  "for connections that are idle when the peer dies." },
		},
		.see = { "tcptriage list state established", "tcp_retries2", "TCP_USER_TIMEOUT",
			 "SO_KEEPALIVE" },
	},
	{
		.name = "time-wait-overflow",
		.kind = TOPIC_FINDING,
		.title = "TIME_WAIT is cut short by tcp_max_tw_buckets",
		.parts = {
			{ NULL,
			  "At tcp_max_tw_buckets new connections end without TIME_WAIT "
			  "(TCPTimeWaitOverflow counts them, no log line). That frees ports "
			  "early and harms no present connection; what is lost is the "
			  "protection from old segments and the repeated last ACK." },
			{ "Do",
			  "Raise tcp_max_tw_buckets (a TIME_WAIT is small). It never causes "
			  "port exhaustion." },
		},
		.see = { "TIME_WAIT", "tcp_max_tw_buckets" },
	},
	{
		.name = "orphan-limit",
		.kind = TOPIC_FINDING,
		.title = "orphaned connections near tcp_max_orphans",
		.parts = {
			{ NULL,
			  "Orphans are connections whose program has closed them and which the "
			  "kernel still finishes: FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK. "
			  "Beyond the limit, one number for the whole machine, they are reset "
			  "(TCPAbortOnMemory, \"too many orphaned sockets\")." },
			{ "Do",
			  "Find the peers that do not acknowledge or close. tcp_orphan_retries "
			  "and tcp_fin_timeout shorten their life." },
		},
		.see = { "tcptriage states", "tcp_max_orphans", "FIN_WAIT1", "FIN_WAIT2" },
	},
	{
		.name = "tcp-memory",
		.kind = TOPIC_FINDING,
		.title = "TCP buffers near the machine's limit",
		.parts = {
			{ NULL,
			  "All TCP buffers of the machine together pass a mark of tcp_mem (in "
			  "pages). Above the pressure mark buffers stop growing; at the limit "
			  "connections stall, data is dropped and orphans are reset." },
			{ "Do",
			  "Look for many sockets with full queues (stuck readers, dead peers) "
			  "before raising tcp_mem." },
		},
		.see = { "tcptriage list", "tcp_mem", "close-wait-stuck-reader" },
	},
	{
		.name = "conntrack-full",
		.kind = TOPIC_FINDING,
		.title = "the connection tracking table is full",
		.parts = {
			{ NULL,
			  "Each connection through the packet filter takes an entry; at "
			  "nf_conntrack_max packets of new connections are dropped "
			  "(\"nf_conntrack: table full, dropping packet\"). To programs it "
			  "looks like SYNs without answer, in and out, to every destination." },
			{ "Note",
			  "Entries outlive sockets: 120 s for TIME_WAIT against the socket's 60 "
			  "s, and five days for an established connection that died in silence." },
			{ "Do",
			  "Raise nf_conntrack_max, shorten its timeouts, or do not track this "
			  "traffic (notrack rules)." },
		},
		.see = { "nf_conntrack_max", "SYN_SENT", "ETIMEDOUT" },
	},
	{
		.name = "fd-limit",
		.kind = TOPIC_FINDING,
		.title = "a process is near its descriptor limit",
		.parts = {
			{ NULL,
			  "At the limit accept(), socket() and open() fail with EMFILE. A "
			  "server that cannot accept leaves its queue full: the symptom then is "
			  "accept-queue-full." },
			{ "Do",
			  "Find what holds the descriptors (`tcptriage close-wait` for the "
			  "common leak). If the use is honest, raise LimitNOFILE in the unit or "
			  "`ulimit -n`." },
		},
		.see = { "EMFILE", "RLIMIT_NOFILE", "close-wait-leak", "accept-queue-full" },
	},
	{
		.name = "file-table-full",
		.kind = TOPIC_FINDING,
		.title = "the machine's file table is nearly full",
		.parts = {
			{ NULL,
			  "All processes together have nearly fs.file-max files open. At the "
			  "limit everything without CAP_SYS_ADMIN gets ENFILE." },
			{ "Do", "Find the process with most descriptors; raise fs.file-max." },
		},
		.see = { "ENFILE", "file-max" },
	},
	{
		.name = "fin-wait2-pileup",
		.kind = TOPIC_FINDING,
		.title = "many connections wait for the peer's close",
		.parts = {
			{ NULL,
			  "We closed, the peer acknowledged and does not close: over there they "
			  "are in CLOSE_WAIT, and the leak is the peer's. Here they hold ports "
			  "toward it." },
			{ "Do",
			  "Tell the peer's owner. Orphans leave by themselves "
			  "(tcp_fin_timeout); those still held open after shutdown() do not." },
		},
		.see = { "FIN_WAIT2", "tcp_fin_timeout", "CLOSE_WAIT" },
	},
	{
		.name = "last-ack-pileup",
		.kind = TOPIC_FINDING,
		.title = "our FINs are not acknowledged",
		.parts = {
			{ NULL,
			  "LAST_ACK and CLOSING last one round trip. Many of them with growing "
			  "retransmissions mean that the way to the peer is broken or that a "
			  "firewall has forgotten the connections." },
			{ "Do",
			  "Look which peers they share; check the path and the timeouts of "
			  "firewalls and NAT on it." },
		},
		.see = { "LAST_ACK", "CLOSING", "tcptriage list state last-ack state closing" },
	},
	{
		.name = "neighbor-table-full",
		.kind = TOPIC_FINDING,
		.title = "the neighbour (ARP) table is full",
		.parts = {
			{ NULL,
			  "At gc_thresh3 entries no new neighbour can be resolved: connections "
			  "to hosts on the local networks fail although the hosts are up. One "
			  "table for the whole machine, containers included." },
			{ "Do",
			  "Raise gc_thresh1, 2 and 3 together, or put a router between the "
			  "hosts." },
		},
		.see = { "gc_thresh3", "neighbor-unresolved", "EHOSTUNREACH" },
	},
	{
		.name = "risky-setting",
		.kind = TOPIC_FINDING,
		.title = "a setting that causes trouble sooner or later",
		.parts = {
			{ NULL,
			  "A sysctl is set against common sense for most hosts: often advice "
			  "from old articles. The finding names it; its own topic says what it "
			  "does and what it does not do." },
			{ "Do", "Read its topic and set it back, unless you know why it is so." },
		},
		.see = { "tcp_tw_recycle", "tcp_abort_on_overflow", "tcp_syncookies",
			 "tcp_timestamps" },
	},
	{ .name = NULL },
};
