// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* Causes that only `why HOST:PORT` names, in the order in which it looks for them. */
const struct topic topic_why[] = {
	{
		.name = "name-unresolved",
		.kind = TOPIC_FINDING,
		.title = "the host name has no address",
		.parts = {
			{ NULL,
			  "getaddrinfo(3) gave no address, or no answer in time. Nothing was "
			  "tried on the network beyond asking for the name. Programs in another "
			  "namespace or container may have another resolv.conf." },
			{ "Do",
			  "Check the spelling, /etc/hosts, /etc/resolv.conf and the name "
			  "servers; try the address itself." },
		},
		.see = { "tcptriage why HOST:PORT" },
	},
	{
		.name = "no-route",
		.kind = TOPIC_FINDING,
		.title = "no route to the destination",
		.parts = {
			{ NULL,
			  "No routing table has an entry for this destination, or none with a "
			  "usable source address. connect() fails at once with ENETUNREACH." },
			{ "Do",
			  "`ip route get ADDRESS`, `ip rule`; look for a default route that was "
			  "lost with its interface." },
		},
		.see = { "ENETUNREACH", "device-down" },
	},
	{
		.name = "blackhole-route",
		.kind = TOPIC_FINDING,
		.title = "a blackhole route covers the destination",
		.parts = {
			{ NULL,
			  "Somebody (or a routing daemon) installed a route of type blackhole. "
			  "connect() fails at once with EINVAL, which few people expect; "
			  "forwarded packets vanish without a word." },
			{ "Do", "`ip route show type blackhole`, and find who installed it." },
		},
		.see = { "EINVAL", "unreachable-route" },
	},
	{
		.name = "unreachable-route",
		.kind = TOPIC_FINDING,
		.title = "an unreachable route covers the destination",
		.parts = {
			{ NULL,
			  "A route of type unreachable answers for this destination: connect() "
			  "fails at once with EHOSTUNREACH. (After about 3 s instead, it is an "
			  "unresolved neighbour.)" },
			{ "Do", "`ip route show type unreachable`, and find who installed it." },
		},
		.see = { "EHOSTUNREACH", "neighbor-unresolved" },
	},
	{
		.name = "prohibit-route",
		.kind = TOPIC_FINDING,
		.title = "a prohibit route covers the destination",
		.parts = {
			{ NULL,
			  "A route or rule of type prohibit answers for this destination: "
			  "connect() fails at once with EACCES." },
			{ "Do",
			  "`ip route show type prohibit`, `ip rule`, and find who installed it." },
		},
		.see = { "EACCES" },
	},
	{
		.name = "device-down",
		.kind = TOPIC_FINDING,
		.title = "the network interface is down",
		.parts = {
			{ NULL,
			  "Set down, an interface loses its routes: connect() fails at once "
			  "with ENETUNREACH, or leaves by another way. Up without carrier the "
			  "route stays and neighbours cannot be resolved: EHOSTUNREACH after "
			  "about 3 s." },
			{ "Do",
			  "`ip link`; for loopback `ip link set lo up` (a fresh namespace has "
			  "it down)." },
		},
		.see = { "ENETUNREACH", "EHOSTUNREACH", "no-route" },
	},
	{
		.name = "neighbor-unresolved",
		.aliases = { "neighbour-unresolved" },
		.kind = TOPIC_FINDING,
		.title = "gateway or host does not answer ARP or ND",
		.parts = {
			{ NULL,
			  "The next hop's hardware address cannot be found (FAILED, or "
			  "INCOMPLETE while it is asked for). connect() fails with EHOSTUNREACH "
			  "after about 3 s. The host or gateway is off, has another address, or "
			  "is not on this network." },
			{ "Do", "`ip neigh`; check the gateway's address, VLAN and netmask." },
		},
		.see = { "EHOSTUNREACH", "device-down", "neighbor-table-full" },
	},
	{
		.name = "silent-peer",
		.kind = TOPIC_FINDING,
		.title = "the destination answers nothing",
		.parts = {
			{ NULL,
			  "SYNs toward it are repeated and nothing comes back, neither an "
			  "answer nor a refusal. Route and neighbour look fine from here. A "
			  "firewall drops (on the way, at the peer, or here in OUTPUT), the way "
			  "back is broken, the host behind the gateway is off, or its accept "
			  "queue is full." },
			{ "Do",
			  "Try another port of the same host: if that answers, it is a filter "
			  "or that listener; if not, the host or the way. Watch with `tcpdump "
			  "host ADDRESS`: SYNs that never leave point to this host's own filter." },
		},
		.see = { "tcptriage handshakes", "ETIMEDOUT", "SYN_SENT" },
	},
	{
		.name = "refused",
		.kind = TOPIC_FINDING,
		.title = "the destination refuses the connection",
		.parts = {
			{ NULL,
			  "The attempt was answered with a reset: the host is reached, and "
			  "nothing listens on that port, or a firewall rejects with a reset or "
			  "with port-unreachable, or a full queue resets "
			  "(tcp_abort_on_overflow=1)." },
			{ "Do",
			  "On the destination: `tcptriage listeners`. Check the port number." },
		},
		.see = { "ECONNREFUSED", "no-listener", "wrong-listener-address" },
	},
	{
		.name = "no-listener",
		.kind = TOPIC_FINDING,
		.title = "nobody listens on that port of this host",
		.parts = {
			{ NULL,
			  "The target is an address of this host (of this network namespace) "
			  "and no socket listens on the port: connect() gets ECONNREFUSED. The "
			  "server is not running, still starting, or in another namespace or "
			  "container." },
			{ "Do",
			  "`tcptriage listeners -N all`; look at the server's log for "
			  "EADDRINUSE." },
		},
		.see = { "tcptriage listeners", "ECONNREFUSED", "wrong-listener-address" },
	},
	{
		.name = "wrong-listener-address",
		.kind = TOPIC_FINDING,
		.title = "it listens, but on another address",
		.parts = {
			{ NULL,
			  "A server listens on that port, but bound to other addresses, "
			  "typically 127.0.0.1 only, or to IPv6 only (or IPv4 only): "
			  "connections to the target's address are refused." },
			{ "Do",
			  "Make the server listen on the target's address or on 0.0.0.0 and ::, "
			  "or connect to the address it has." },
		},
		.see = { "tcptriage listeners", "ECONNREFUSED" },
	},
	{
		.name = "attempt-failed",
		.kind = TOPIC_FINDING,
		.title = "the real attempt failed for another reason",
		.parts = {
			{ NULL,
			  "With --connect one connection was tried, and it failed with an errno "
			  "that no other finding explains. The evidence names it." },
			{ "Do", "`tcptriage explain ERRNO`." },
		},
		.see = { "EACCES", "EPERM", "ECONNRESET" },
	},
	{ .name = NULL },
};
