// SPDX-License-Identifier: MIT
#include "model/topic.h"

const struct topic topic_pages[] = {
	{
		.name = "pool",
		.aliases = { "ephemeral ports", "headroom" },
		.kind = TOPIC_PAGE,
		.title = "what a connection's port is chosen from",
		.parts = {
			{ NULL,
			  "A pool is one local address, one remote address and one remote port. "
			  "Within it each local port can be used once; another destination has "
			  "all ports for itself again. So a host may hold far more connections "
			  "than there are ports, and still be unable to open one to a single "
			  "destination." },
			{ "Held",
			  "ports that no automatic connect() gets, for any destination: those "
			  "of listeners and of the connections they accepted, those bound "
			  "explicitly, those bound and not used. Address and family make no "
			  "difference; UDP does not count." },
			{ "Counted",
			  "every state takes its port: SYN_SENT, ESTABLISHED, FIN_WAIT2, "
			  "TIME_WAIT. An IPv4 address in IPv6 form (::ffff:a.b.c.d) is the same "
			  "pool as the IPv4 address." },
		},
		.see = { "tcptriage ports", "port-exhaustion", "bind-before-connect" },
	},
	{
		.name = "nat",
		.aliases = { "snat", "masquerade", "blind-spots" },
		.kind = TOPIC_PAGE,
		.title = "what cannot be seen from this host's sockets",
		.parts = {
			{ "NAT on the way",
			  "a NAT gateway, a cloud's or a node's SNAT has port limits of its "
			  "own, per destination too. When it is full, SYNs vanish: SYN_SENT "
			  "here, no EADDRNOTAVAIL." },
			{ "Other namespaces",
			  "containers have their own sockets, ranges and counters: `-N NAME`, "
			  "`-N PID`, or `-N all`." },
			{ "Peer closes",
			  "where the peer closes first it keeps the TIME_WAIT, not we: such "
			  "connections leave no trace here." },
			{ "MPTCP",
			  "a half-closed MPTCP connection shows its subflows as ESTABLISHED: "
			  "its leak is no CLOSE_WAIT." },
			{ "UDP, QUIC", "are not TCP and not looked at." },
		},
		.see = { "tcptriage list -N all", "conntrack-full" },
	},
	{
		.name = "cheatsheet",
		.aliases = { "netstat", "ss", "lsof" },
		.kind = TOPIC_PAGE,
		.title = "old one-liner beside the new command",
		.parts = {
			{ NULL, "What was typed until now, and what to type instead." },
		},
		.see = { "tcptriage help" },
	},
	{ .name = NULL },
};

const struct cheat topic_cheats[] = {
	{ "Is anything wrong?", "netstat -s; ss -s; dmesg | tail", "tcptriage" },
	{ "How many sockets in each state?", "netstat -nat | awk '{print $6}' | sort | uniq -c",
	  "tcptriage states" },
	{ "The same, twice a second", "watch -n 0.5 'ss -tan | awk ... | sort | uniq -c'",
	  "tcptriage states -i 0.5" },
	{ "How many TIME_WAIT toward one port, every second?",
	  "while sleep 1; do netstat -na | grep 5774 | grep TIME_WAIT | wc -l; done",
	  "tcptriage count state time-wait port 5774 -i 1" },
	{ "Which destination has most connections?",
	  "ss -tan | awk '{print $5}' | sort | uniq -c | sort -n", "tcptriage states --by=remote" },
	{ "Who leaks CLOSE_WAIT?", "lsof -iTCP -sTCP:CLOSE_WAIT", "tcptriage close-wait" },
	{ "The CLOSE_WAIT sockets themselves", "ss -tanp state close-wait",
	  "tcptriage list -p state close-wait" },
	{ "Are the ephemeral ports running out?",
	  "ss -tan | wc -l; cat /proc/sys/net/ipv4/ip_local_port_range", "tcptriage ports" },
	{ "Will 710 connections a second last?", "a calculation with the wrong TIME_WAIT length",
	  "tcptriage ports --rate=710" },
	{ "Which accept queue is full?", "ss -ltn; nstat -az TcpExtListenOverflows",
	  "tcptriage listeners" },
	{ "Connections that hang while opening", "netstat -ant | grep SYN_",
	  "tcptriage handshakes" },
	{ "Why can I not connect there?", "ip route get; ping; telnet HOST PORT",
	  "tcptriage why HOST:PORT" },
	{ "Who has port 8080?", "lsof -i :8080; fuser 8080/tcp", "tcptriage list -p sport = 8080" },
	{ "Sockets of a process", "lsof -a -i -p 1234", "tcptriage list pid 1234" },
	{ "Sockets to a network", "ss -tan dst 10.0.0.0/8", "tcptriage list dst 10.0.0.0/8" },
	{ "Inside a container", "nsenter -t PID -n ss -tan", "tcptriage list -N PID" },
	{ "Get rid of dead connections", "ss -K dst 192.0.2.1", "tcptriage kill dst 192.0.2.1" },
	{ "What grew since then?", "netstat > a; netstat > b; diff a b",
	  "tcptriage record F; tcptriage diff F -" },
	{ .question = NULL },
};
