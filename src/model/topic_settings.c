// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* Sysctls about ports, TIME_WAIT and timers: what they do, and above all what they do not do. All
 * are per network namespace, and a new namespace starts with the defaults, not with the host's. */
const struct topic topic_settings[] = {
	{
		.name = "tcp_tw_reuse",
		.kind = TOPIC_SETTING,
		.title = "let connect() take over a TIME_WAIT of ours",
		.parts = {
			{ "Does",
			  "lets an outgoing connect() reuse a port that is in TIME_WAIT toward "
			  "the same peer, once it is older than tcp_tw_reuse_delay (1 s). 0: "
			  "never. 1: always. 2: on loopback only, the default since Linux 4.19." },
			{ "Why it is safe",
			  "it needs TCP timestamps on both sides: the new connection's "
			  "timestamps are later, so the peer and we can drop old segments." },
			{ "Does not",
			  "help servers: incoming connections never need it. It does not "
			  "shorten TIME_WAIT, does not reuse FIN_WAIT2, and does nothing for "
			  "ports that were chosen by bind()." },
			{ "Do",
			  "Set it to 1 on a client that runs short of ports toward one peer. It "
			  "raises the limit from capacity / 60 to about capacity / 1 "
			  "connections a second." },
		},
		.see = { "tcptriage ports", "TIME_WAIT", "tcp_timestamps", "tcp_tw_reuse_delay" },
	},
	{
		.name = "tcp_tw_reuse_delay",
		.kind = TOPIC_SETTING,
		.title = "how old a TIME_WAIT must be for reuse, in ms",
		.parts = {
			{ "Does",
			  "milliseconds, 1 to 60000, default 1000; Linux 6.14 and later. Before "
			  "that it was fixed at a little more than 1 s." },
			{ "Does not", "matter where tcp_tw_reuse does not apply." },
		},
		.see = { "tcp_tw_reuse" },
	},
	{
		.name = "tcp_tw_recycle",
		.kind = TOPIC_SETTING,
		.title = "removed in Linux 4.12; never set it",
		.parts = {
			{ "Did",
			  "drop incoming connections whose timestamp was older than the last "
			  "one seen from that address. Several clients behind one NAT have "
			  "different clocks: some of them could not connect, at random." },
			{ "Today",
			  "the file does not exist, and nothing replaces it. Advice to set it "
			  "is from before 2017." },
		},
		.see = { "tcp_tw_reuse", "TIME_WAIT" },
	},
	{
		.name = "tcp_tw_timeout",
		.kind = TOPIC_SETTING,
		.title = "length of TIME_WAIT, on some vendors' kernels",
		.parts = {
			{ "Does",
			  "set the length of TIME_WAIT in seconds (1 to 600) on kernels that "
			  "carry the patch. tcptriage believes it where it exists." },
			{ "Elsewhere", "the length is 60 s, a constant in the source." },
		},
		.see = { "TIME_WAIT" },
	},
	{
		.name = "tcp_fin_timeout",
		.kind = TOPIC_SETTING,
		.title = "life of orphaned FIN_WAIT2; not TIME_WAIT",
		.parts = {
			{ "Does",
			  "limit how long an orphaned FIN_WAIT2 waits for the peer's FIN. Up to "
			  "60 s it is taken as it stands. Above, the real life is 2 x (value - "
			  "60): 62 gives 4 s, 65 gives 10 s, 90 gives 60 s." },
			{ "Does not",
			  "touch TIME_WAIT, which is 60 s whatever this says. It ends no "
			  "FIN_WAIT2 whose program still holds the descriptor, and no "
			  "CLOSE_WAIT. Lowering it does not cure port exhaustion." },
		},
		.see = { "FIN_WAIT2", "TIME_WAIT", "port-exhaustion" },
	},
	{
		.name = "tcp_max_tw_buckets",
		.kind = TOPIC_SETTING,
		.title = "most TIME_WAIT sockets of a namespace",
		.parts = {
			{ "Does",
			  "beyond it connections end without TIME_WAIT (TCPTimeWaitOverflow). "
			  "Counts TIME_WAIT and orphaned FIN_WAIT2 mini-sockets of both "
			  "families. Default: half of the connection hash table." },
			{ "Does not",
			  "break connections or use up ports: overflow frees ports early. "
			  "Lowering it gives up the protection that TIME_WAIT is for." },
		},
		.see = { "time-wait-overflow", "TIME_WAIT" },
	},
	{
		.name = "tcp_rfc1337",
		.kind = TOPIC_SETTING,
		.title = "may a reset end TIME_WAIT early?",
		.parts = {
			{ "Does",
			  "0 (default): a reset with exactly the expected sequence number ends "
			  "a TIME_WAIT at once. 1: it is ignored." },
			{ "Does not", "change anything for resets outside the window." },
		},
		.see = { "TIME_WAIT" },
	},
	{
		.name = "tcp_timestamps",
		.kind = TOPIC_SETTING,
		.title = "the option that makes reuse safe",
		.parts = {
			{ "Does",
			  "1 (default): timestamps with a random offset per connection. Needed "
			  "for tcp_tw_reuse, for protection against wrapped sequence numbers, "
			  "and for good round-trip times." },
			{ "Does not",
			  "cost anything worth saving: 12 bytes a segment. With 0, port reuse "
			  "stops working, silently." },
		},
		.see = { "tcp_tw_reuse" },
	},
	{
		.name = "ip_local_port_range",
		.kind = TOPIC_SETTING,
		.title = "ephemeral ports: what connect() chooses from",
		.parts = {
			{ "Does",
			  "both ends included: 32768 to 60999 is 28232 ports. Used by connect() "
			  "without a source port and by bind() to port 0. A namespace of its "
			  "own has a range of its own." },
			{ "Does not",
			  "limit the host as a whole: every destination address and port has "
			  "the full range for itself. Does not help servers, whose connections "
			  "all use the listener's port." },
			{ "Careful",
			  "a range down to 1024 covers the ports of services: an outgoing "
			  "connection may take one while its server restarts. Reserve those "
			  "ports. Give the two ends different parity; an odd number of ports "
			  "wastes one." },
		},
		.see = { "tcptriage ports", "port-exhaustion", "ip_local_reserved_ports",
			 "port-range-overlap" },
	},
	{
		.name = "ip_local_reserved_ports",
		.kind = TOPIC_SETTING,
		.title = "ports of the range never chosen by themselves",
		.parts = {
			{ "Does",
			  "keep the listed ports (\"8080,9000-9010\") from automatic choice by "
			  "connect() and bind() to port 0." },
			{ "Does not",
			  "forbid an explicit bind() to them: that is the point. Frees no port "
			  "that is already taken." },
		},
		.see = { "port-range-overlap", "ip_local_port_range" },
	},
	{
		.name = "ip_autobind_reuse",
		.kind = TOPIC_SETTING,
		.title = "bind() to port 0 may share used ports",
		.parts = {
			{ "Does",
			  "1: bind(address, 0) with SO_REUSEADDR may return a port that is in "
			  "use when the range is used up. The connect() after it may then fail "
			  "with EADDRNOTAVAIL." },
			{ "Does not",
			  "matter for programs that do not bind. IP_BIND_ADDRESS_NO_PORT is the "
			  "better cure." },
		},
		.see = { "bind-before-connect", "IP_BIND_ADDRESS_NO_PORT" },
	},
	{
		.name = "ip_nonlocal_bind",
		.kind = TOPIC_SETTING,
		.title = "bind() to addresses that are not ours",
		.parts = {
			{ "Does",
			  "1: bind() to an address that this host does not have (yet) succeeds, "
			  "for addresses that move between hosts." },
			{ "Does not", "make such a connection work before the address is here." },
		},
		.see = { "EADDRNOTAVAIL" },
	},
	{
		.name = "tcp_syn_retries",
		.kind = TOPIC_SETTING,
		.title = "how long connect() tries",
		.parts = {
			{ "Does",
			  "set how often a SYN is repeated: 6 by default, about two minutes "
			  "until ETIMEDOUT (131 s with tcp_syn_linear_timeouts=4, 127 s on "
			  "kernels without it)." },
			{ "Does not",
			  "matter when the neighbour does not answer: that ends after about 3 s "
			  "with EHOSTUNREACH." },
		},
		.see = { "SYN_SENT", "ETIMEDOUT", "tcp_syn_linear_timeouts" },
	},
	{
		.name = "tcp_syn_linear_timeouts",
		.kind = TOPIC_SETTING,
		.title = "first SYN repetitions come a second apart",
		.parts = {
			{ "Does",
			  "4 by default (Linux 6.5 and later): so many repetitions come at 1 s "
			  "spacing before the doubling begins, on top of tcp_syn_retries." },
		},
		.see = { "tcp_syn_retries" },
	},
	{
		.name = "tcp_synack_retries",
		.kind = TOPIC_SETTING,
		.title = "how long a half-open connection is kept",
		.parts = {
			{ "Does",
			  "set how often a SYN-ACK is repeated: 5 by default, about a minute." },
			{ "Does not", "make a listener accept more: its backlog decides." },
		},
		.see = { "SYN_RECV", "syn-backlog" },
	},
	{
		.name = "tcp_retries2",
		.aliases = { "tcp_retries1" },
		.kind = TOPIC_SETTING,
		.title = "how long unacknowledged data is repeated",
		.parts = {
			{ "Does",
			  "15 by default: 13 to 30 minutes, depending on the round-trip time, "
			  "until an open connection with unacknowledged data ends with "
			  "ETIMEDOUT." },
			{ "Does not",
			  "end idle connections (keepalive does), nor connection attempts "
			  "(tcp_syn_retries). A program sets its own limit with "
			  "TCP_USER_TIMEOUT." },
		},
		.see = { "peer-not-acking", "TCP_USER_TIMEOUT", "tcp_keepalive_time" },
	},
	{
		.name = "tcp_orphan_retries",
		.kind = TOPIC_SETTING,
		.title = "how long the kernel finishes closed sockets",
		.parts = {
			{ "Does",
			  "limit the repetitions of a socket whose program has closed it "
			  "(FIN_WAIT1, CLOSING, LAST_ACK). 0, the default, stands for 8." },
			{ "Does not", "touch FIN_WAIT2 (tcp_fin_timeout) or TIME_WAIT." },
		},
		.see = { "orphan-limit", "last-ack-pileup" },
	},
	{
		.name = "tcp_keepalive_time",
		.aliases = { "tcp_keepalive_intvl", "tcp_keepalive_probes", "tcp_keepalive" },
		.kind = TOPIC_SETTING,
		.title = "probing of idle connections, if asked for",
		.parts = {
			{ "Does",
			  "tcp_keepalive_time: idle seconds before the first probe (7200). "
			  "tcp_keepalive_intvl: seconds between probes (75). "
			  "tcp_keepalive_probes: unanswered ones until the connection is given "
			  "up (9). Together over two hours." },
			{ "Does not",
			  "touch a socket that did not set SO_KEEPALIVE: most do not. It finds "
			  "dead peers, not slow programs; it is no substitute for a missing "
			  "close()." },
		},
		.see = { "SO_KEEPALIVE", "peer-not-acking", "CLOSE_WAIT" },
	},
	{ .name = NULL },
};
