// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* One row a state, in the order of state_table, with every transition that leaves it (RFC 9293
 * 3.3.2, and what Linux adds). */
const struct topic topic_states[] = {
	{
		.name = "LISTEN",
		.kind = TOPIC_STATE,
		.title = "a program waits for connections here",
		.parts = {
			{ NULL,
			  "A program called listen() on this port. Its receive queue is the "
			  "accept queue: connections that are complete but not yet taken with "
			  "accept(). Its send queue is the limit of that queue, the backlog: "
			  "the smaller of what the program passed to listen() and somaxconn at "
			  "that moment. Full means longer than the limit, so a full queue shows "
			  "limit + 1." },
			{ "Left by",
			  "close() of the listener (CLOSE). Connections still in its queue are "
			  "reset. A new connection is a socket of its own that starts in "
			  "SYN_RECV; the listener stays." },
			{ "In trouble when",
			  "the queue is full: the kernel then ignores SYNs and the last ACK of "
			  "handshakes, clients try again after a second and more, and response "
			  "times collapse." },
			{ "Note",
			  "A listener takes its port from every outgoing connection of the "
			  "host, whatever address or family it is bound to. If the port lies in "
			  "ip_local_port_range, reserve it." },
		},
		.see = { "tcptriage listeners", "accept-queue-full", "somaxconn",
			 "port-range-overlap" },
	},
	{
		.name = "SYN_SENT",
		.kind = TOPIC_STATE,
		.title = "our SYN is out, no answer yet",
		.parts = {
			{ NULL,
			  "A program here called connect() and waits. The socket already holds "
			  "an ephemeral port toward that peer." },
			{ "Left by",
			  "the peer's SYN-ACK (ESTABLISHED); a SYN of the peer that crosses "
			  "ours (SYN_RECV); a reset (CLOSE, ECONNREFUSED); an ICMP error such "
			  "as an unresolved neighbour's (CLOSE, EHOSTUNREACH after about 3 s); "
			  "no answer to the SYN and its tcp_syn_retries repetitions (CLOSE, "
			  "ETIMEDOUT after about two minutes); close()." },
			{ "Piles up when",
			  "nothing answers. All toward one peer: that peer, its full accept "
			  "queue, or a firewall that drops. Toward everything: the local route, "
			  "the neighbour (gateway) or a full conntrack table." },
			{ "Do",
			  "Look at ages and retransmissions with `tcptriage handshakes`, then "
			  "ask `tcptriage why HOST:PORT` for one of the peers." },
		},
		.see = { "tcptriage handshakes", "tcptriage why HOST:PORT", "syn-sent-stuck",
			 "ETIMEDOUT" },
	},
	{
		.name = "SYN_RECV",
		.aliases = { "SYN_RECEIVED" },
		.kind = TOPIC_STATE,
		.title = "SYN answered, the peer's last ACK is missing",
		.parts = {
			{ NULL,
			  "A peer asked for a connection and was answered. No program knows of "
			  "it yet: no descriptor, no inode, no owner but the listener." },
			{ "Left by",
			  "the last ACK (ESTABLISHED, into the accept queue); a reset; no ACK "
			  "to the SYN-ACK and its tcp_synack_retries repetitions (gone, after "
			  "about a minute by default). Closing the listener does not remove it "
			  "at once." },
			{ "Piles up when",
			  "our SYN-ACKs or their ACKs get lost (asymmetric route, broken way "
			  "back), somebody floods with SYNs, or the accept queue is full: then "
			  "the last ACK is dropped, and the client believes it is connected." },
			{ "Limit",
			  "the listener's own backlog, not tcp_max_syn_backlog. Beyond it SYN "
			  "cookies are sent, or with tcp_syncookies=0 SYNs are dropped." },
			{ "Do",
			  "`tcptriage handshakes` groups them by peer; `tcptriage listeners` "
			  "shows whether the accept queue behind them is full." },
		},
		.see = { "tcptriage handshakes", "tcptriage listeners", "syn-backlog",
			 "tcp_max_syn_backlog" },
	},
	{
		.name = "ESTABLISHED",
		.aliases = { "ESTAB" },
		.kind = TOPIC_STATE,
		.title = "open for data in both directions",
		.parts = {
			{ NULL,
			  "The normal state of a connection. One without an inode has not been "
			  "accepted yet: it sits in a listener's queue." },
			{ "Left by",
			  "our close() or shutdown() (FIN_WAIT1); the peer's FIN (CLOSE_WAIT); "
			  "a reset from either side, SO_LINGER with 0, or a timeout of "
			  "retransmission or keepalive (CLOSE)." },
			{ "In trouble when",
			  "the peer died without a FIN. With unacknowledged data the socket "
			  "retransmits for 13 to 30 minutes (tcp_retries2); with nothing to "
			  "send and no keepalive it stays for ever." },
			{ "Note",
			  "CurrEstab in /proc/net/snmp counts CLOSE_WAIT as well on current "
			  "kernels. Half-closed MPTCP connections stay here and never show "
			  "CLOSE_WAIT." },
		},
		.see = { "tcptriage list state established", "peer-not-acking", "tcp_retries2",
			 "tcp_keepalive_time" },
	},
	{
		.name = "FIN_WAIT1",
		.kind = TOPIC_STATE,
		.title = "we closed, our FIN is not acknowledged yet",
		.parts = {
			{ NULL,
			  "We closed first. Data and FIN are on their way or waiting for the "
			  "peer's window." },
			{ "Left by",
			  "the ACK of our FIN (FIN_WAIT2); the peer's FIN before that ACK "
			  "(CLOSING); both in one segment (TIME_WAIT); a reset or the end of "
			  "retransmission (CLOSE)." },
			{ "Piles up when",
			  "the path to the peer is broken, or the peer's window is shut and our "
			  "unsent data cannot leave. Usually orphans: the program is done with "
			  "them and only the kernel still tries." },
		},
		.see = { "tcptriage list state fin-wait-1", "peer-not-acking", "orphan-limit" },
	},
	{
		.name = "FIN_WAIT2",
		.kind = TOPIC_STATE,
		.title = "we closed, the peer has not",
		.parts = {
			{ NULL,
			  "Our FIN is acknowledged; the peer's is missing. At the other end "
			  "this connection is in CLOSE_WAIT: it is the peer's program that does "
			  "not close." },
			{ "Left by",
			  "the peer's FIN (TIME_WAIT); a reset (CLOSE); for orphans (the "
			  "program closed the descriptor) also by time, see tcp_fin_timeout. "
			  "Held open after shutdown(SHUT_WR) it has no timer and can last for "
			  "ever." },
			{ "Costs",
			  "an ephemeral port toward that peer, never reusable before it is "
			  "gone. An orphan whose tcp_fin_timeout is 60 s or less is a "
			  "mini-socket: no inode, no owner, and counted as `tw` in "
			  "/proc/net/sockstat." },
			{ "Do", "Look for the CLOSE_WAIT leak at the peer." },
		},
		.see = { "fin-wait2-pileup", "tcp_fin_timeout", "CLOSE_WAIT" },
	},
	{
		.name = "CLOSE_WAIT",
		.kind = TOPIC_STATE,
		.title = "the peer closed, the local program has not",
		.parts = {
			{ NULL,
			  "The peer's FIN has come and the kernel has acknowledged it. "
			  "Everything else is up to the local program: read up to the end of "
			  "file, then close()." },
			{ "Left by",
			  "the local program's close() (LAST_ACK), when the last descriptor "
			  "that refers to the socket is closed: a forked child or a dup() keeps "
			  "it. There is no timeout and no setting. A reset by the peer (CLOSE) "
			  "ends it too, which keepalive provokes once the peer has forgotten "
			  "the connection." },
			{ "Three kinds",
			  "Unread (receive queue 1 or more): the program has not read to the "
			  "end, it is busy or stuck. Leaked (queue 0): everything is read and "
			  "the socket is still open, a missing close. Unaccepted (no inode): "
			  "still in the listener's queue, the accept loop is stuck." },
			{ "Costs", "a descriptor each, so a leak ends in EMFILE." },
			{ "Not a leak",
			  "a few, bounded, spread over peers: idle HTTP pools notice the end of "
			  "file only when they next use the connection. Judge age and growth." },
			{ "Do",
			  "`tcptriage close-wait` names the process, the kind and how old they "
			  "are. The cure is in the program; restarting it is the stopgap." },
		},
		.see = { "tcptriage close-wait", "close-wait-leak", "close-wait-stuck-reader",
			 "EMFILE",
			 "SO_KEEPALIVE" },
	},
	{
		.name = "CLOSING",
		.kind = TOPIC_STATE,
		.title = "both closed at once, our FIN not acknowledged",
		.parts = {
			{ NULL, "The peer's FIN crossed ours. Lives for one round trip." },
			{ "Left by",
			  "the ACK of our FIN (TIME_WAIT); a reset or the end of retransmission "
			  "(CLOSE)." },
			{ "Piles up when", "the path to the peer is broken." },
		},
		.see = { "last-ack-pileup", "tcptriage list state closing" },
	},
	{
		.name = "LAST_ACK",
		.kind = TOPIC_STATE,
		.title = "peer closed, then we; our FIN not acknowledged",
		.parts = {
			{ NULL,
			  "The end of a connection that the peer closed first. Lives for one "
			  "round trip; no TIME_WAIT follows on this side." },
			{ "Left by",
			  "the ACK of our FIN (CLOSE); a reset or the end of retransmission "
			  "(CLOSE)." },
			{ "Piles up when",
			  "the path to the peer is broken, or unsent data waits in front of the "
			  "FIN for a peer that takes none." },
		},
		.see = { "last-ack-pileup", "tcptriage list state last-ack" },
	},
	{
		.name = "TIME_WAIT",
		.aliases = { "2MSL", "TCP_TIMEWAIT_LEN", "TcpTimedWaitDelay",
			     "tcp_time_wait_interval" },
		.kind = TOPIC_STATE,
		.title = "closed by us first; kept for 60 s",
		.parts = {
			{ NULL,
			  "Whoever closes first keeps the pair of endpoints for a while, so "
			  "that a lost last ACK can be repeated and old segments cannot enter a "
			  "new connection. On Linux that is 60 s, a constant in the source "
			  "(with timer granularity up to 62 s at HZ=250, 64 s at HZ=1000). Some "
			  "vendors' kernels add tcp_tw_timeout." },
			{ "Left by",
			  "its timer (gone); an outgoing connect() that may reuse it "
			  "(tcp_tw_reuse); a new SYN of the peer with a higher sequence number; "
			  "a reset with exactly the expected sequence number, unless "
			  "tcp_rfc1337=1. A retransmitted FIN or any ACK starts the 60 s again." },
			{ "Costs",
			  "no descriptor, no process, little memory; a port only toward that "
			  "one (local address, remote address, remote port). So it is not a "
			  "problem per se: hundreds of thousands on a server are harmless up to "
			  "tcp_max_tw_buckets. A client that closes first can open at most "
			  "ports / 60 s connections to one destination: 28232 / 60 = 470 a "
			  "second with the default range." },
			{ "Does not help",
			  "tcp_fin_timeout: it never touches TIME_WAIT. tcp_tw_recycle: removed "
			  "in Linux 4.12. 240 s is what older Windows (TcpTimedWaitDelay) and "
			  "Solaris (tcp_time_wait_interval) had; neither that nor 30 s is "
			  "Linux's." },
			{ "Do",
			  "Keep connections open and reuse them; let the peer close first; "
			  "spread over more destination or source addresses; widen "
			  "ip_local_port_range; set tcp_tw_reuse=1 for outgoing connections." },
		},
		.see = { "tcptriage ports", "port-exhaustion", "tcp_tw_reuse", "tcp_fin_timeout",
			 "tcp_max_tw_buckets" },
	},
	{
		.name = "CLOSE",
		.aliases = { "CLOSED", "UNCONN" },
		.kind = TOPIC_STATE,
		.title = "reset, but still holding a bound port",
		.parts = {
			{ NULL,
			  "Not connected. The kernel shows such a socket only while it holds a "
			  "port that was bound explicitly: a connection was reset and its "
			  "descriptor is still open. Without an explicit bind() it vanishes "
			  "from every view." },
			{ "Left by", "close(), or a new connect() or listen()." },
			{ "Costs",
			  "its port, which no outgoing connection with an automatic port can "
			  "get." },
		},
		.see = { "BOUND", "bind-before-connect", "tcptriage list state close" },
	},
	{
		.name = "BOUND",
		.aliases = { "BOUND_INACTIVE" },
		.kind = TOPIC_STATE,
		.title = "bound, neither listening nor connected",
		.parts = {
			{ NULL,
			  "A program called bind() and nothing else yet. Linux 6.8 and later "
			  "report such sockets, older kernels and /proc never do." },
			{ "Left by", "listen() (LISTEN); connect() (SYN_SENT); close()." },
			{ "Costs",
			  "its port, for every outgoing connection with an automatic port, "
			  "whatever the address or family: an invisible hole in the range." },
		},
		.see = { "bind-before-connect", "IP_BIND_ADDRESS_NO_PORT", "tcptriage ports" },
	},
	{ .name = NULL },
};
