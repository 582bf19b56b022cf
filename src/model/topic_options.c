// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* Socket options: what a program can set for itself. */
const struct topic topic_options[] = {
	{
		.name = "SO_LINGER",
		.kind = TOPIC_SETTING,
		.title = "with 0: close by reset, no TIME_WAIT",
		.parts = {
			{ "Does",
			  "SO_LINGER {1, 0}: close() sends a reset and the connection is gone "
			  "at once. So a load test that ran out of ports passes with it." },
			{ "Costs",
			  "unsent and unread data are thrown away, the peer sees ECONNRESET, "
			  "and nothing protects the next connection with the same ports from "
			  "old segments." },
			{ "Does not",
			  "with a time above 0 (\"linger\" proper) avoid TIME_WAIT: close() "
			  "then only waits for the data to be acknowledged." },
		},
		.see = { "TIME_WAIT", "ECONNRESET" },
	},
	{
		.name = "SO_REUSEADDR",
		.kind = TOPIC_SETTING,
		.title = "bind() despite TIME_WAIT of the last server",
		.parts = {
			{ "Does",
			  "let a server bind its port while connections of the previous one are "
			  "still there, TIME_WAIT above all, if that one had set it too. A port "
			  "that listens stays taken." },
			{ "Does not",
			  "let two programs listen on one address and port (SO_REUSEPORT does), "
			  "and does not enlarge the ephemeral range for connect()." },
			{ "Note",
			  "An explicit bind() to a port with it may take over a TIME_WAIT at "
			  "once, whatever tcp_tw_reuse says, if timestamps were used." },
		},
		.see = { "EADDRINUSE", "SO_REUSEPORT", "tcp_tw_reuse" },
	},
	{
		.name = "SO_REUSEPORT",
		.kind = TOPIC_SETTING,
		.title = "several listeners share one port",
		.parts = {
			{ "Does",
			  "spread new connections over all listeners that set it (same user). "
			  "Each has an accept queue of its own: one stuck process delays its "
			  "share only, and nobody else takes it over." },
			{ "Does not", "give connect() more ports." },
		},
		.see = { "tcptriage listeners", "SO_REUSEADDR" },
	},
	{
		.name = "IP_BIND_ADDRESS_NO_PORT",
		.kind = TOPIC_SETTING,
		.title = "bind an address, choose the port in connect()",
		.parts = {
			{ "Does",
			  "bind(address, 0) then fixes the address only; connect() chooses a "
			  "port that is free for that destination, so that every destination "
			  "has the whole range." },
			{ "Does not",
			  "do anything for an explicit port: that is an ordinary bind." },
			{ "Do",
			  "Set it in every program (proxy, load generator) that chooses a "
			  "source address for outgoing connections." },
		},
		.see = { "bind-before-connect", "EADDRINUSE", "tcptriage ports" },
	},
	{
		.name = "IP_LOCAL_PORT_RANGE",
		.kind = TOPIC_SETTING,
		.title = "a port range for one socket",
		.parts = {
			{ "Does",
			  "narrow the range for one socket (Linux 6.3 and later), within "
			  "ip_local_port_range." },
			{ "Does not",
			  "reach outside that range, and cannot be seen from outside the "
			  "process: such a program may run out of ports while others do not." },
		},
		.see = { "ip_local_port_range", "tcptriage ports" },
	},
	{
		.name = "SO_KEEPALIVE",
		.aliases = { "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT" },
		.kind = TOPIC_SETTING,
		.title = "probe the peer of an idle connection",
		.parts = {
			{ "Does",
			  "send probes after an idle time and end the connection when they stay "
			  "unanswered. TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT set the "
			  "times for one socket." },
			{ "Does not",
			  "act while data is unacknowledged (tcp_retries2 does). It ends a "
			  "leaked CLOSE_WAIT once the peer has forgotten it, but the descriptor "
			  "stays open." },
		},
		.see = { "tcp_keepalive_time", "TCP_USER_TIMEOUT", "CLOSE_WAIT" },
	},
	{
		.name = "TCP_USER_TIMEOUT",
		.kind = TOPIC_SETTING,
		.title = "give up on unacknowledged data sooner",
		.parts = {
			{ "Does",
			  "end a connection with ETIMEDOUT when data stays unacknowledged for "
			  "so many milliseconds, instead of tcp_retries2's 13 to 30 minutes." },
			{ "Does not",
			  "end idle connections by itself; with keepalive it also limits those." },
		},
		.see = { "peer-not-acking", "tcp_retries2" },
	},
	{
		.name = "TCP_LINGER2",
		.kind = TOPIC_SETTING,
		.title = "tcp_fin_timeout for one socket",
		.parts = {
			{ "Does",
			  "limit FIN_WAIT2 of this socket after close(); negative: end by "
			  "reset, no FIN_WAIT2 at all." },
			{ "Does not", "touch TIME_WAIT." },
		},
		.see = { "tcp_fin_timeout", "FIN_WAIT2" },
	},
	{ .name = NULL },
};
