// SPDX-License-Identifier: MIT
#include "model/topic.h"

/* What connect(), bind(), listen(), accept() and the calls on a connection fail with; each also by
 * the text that strerror(3) gives. */
const struct topic topic_errnos[] = {
	{
		.name = "EADDRNOTAVAIL",
		.aliases = { "cannot assign requested address", "can't assign requested address" },
		.kind = TOPIC_ERRNO,
		.title = "no free port, or not an address of this host",
		.parts = {
			{ "From connect()",
			  "no ephemeral port is left for this destination: every port of the "
			  "range is held, or in use toward exactly this remote address and "
			  "port. No counter counts it. `tcptriage ports` shows the pool." },
			{ "From connect() after bind()",
			  "that very connection (both addresses, both ports) exists already, "
			  "perhaps in TIME_WAIT." },
			{ "From bind()",
			  "the address is not one of this host (of this network namespace). "
			  "Nothing to do with ports. See ip_nonlocal_bind." },
			{ "Not to be confused",
			  "bind(address, 0) with the range used up says EADDRINUSE." },
		},
		.see = { "tcptriage ports", "port-exhaustion", "ip_local_port_range",
			 "ip_nonlocal_bind" },
	},
	{
		.name = "EADDRINUSE",
		.aliases = { "address already in use" },
		.kind = TOPIC_ERRNO,
		.title = "the port is taken",
		.parts = {
			{ "From bind()",
			  "another socket holds the port: a listener, one that is only bound, a "
			  "connection in TIME_WAIT of the previous server (SO_REUSEADDR allows "
			  "that one), or an outgoing connection that got it from the ephemeral "
			  "range (reserve it: ip_local_reserved_ports)." },
			{ "From bind(address, 0)",
			  "the whole range is used up by bound ports; IP_BIND_ADDRESS_NO_PORT "
			  "is the cure." },
			{ "From listen()",
			  "another socket began to listen on the same address and port after "
			  "both were bound with SO_REUSEADDR." },
			{ "Do", "`tcptriage list port PORT -p` shows who has it." },
		},
		.see = { "bind-before-connect", "port-range-overlap", "SO_REUSEADDR",
			 "IP_BIND_ADDRESS_NO_PORT" },
	},
	{
		.name = "ETIMEDOUT",
		.aliases = { "connection timed out" },
		.kind = TOPIC_ERRNO,
		.title = "nobody answered in time",
		.parts = {
			{ "From connect()",
			  "the SYN and all its repetitions stayed without answer: dropped by a "
			  "filter, a dead host behind a router, a broken way back, a full "
			  "accept queue or a full conntrack table. Takes about two minutes with "
			  "tcp_syn_retries=6; programs with a limit of their own report it "
			  "sooner." },
			{ "From read() or write()",
			  "the peer of an open connection stopped acknowledging (tcp_retries2, "
			  "13 to 30 minutes; TCP_USER_TIMEOUT) or did not answer keepalive "
			  "probes." },
		},
		.see = { "tcptriage why HOST:PORT", "silent-peer", "syn-sent-stuck",
			 "tcp_syn_retries" },
	},
	{
		.name = "ECONNREFUSED",
		.aliases = { "connection refused" },
		.kind = TOPIC_ERRNO,
		.title = "answered with a reset: nobody listens there",
		.parts = {
			{ "From connect()",
			  "the host was reached and said no: nothing listens on that address "
			  "and port; the server listens on another address (127.0.0.1 only); a "
			  "firewall rejects; or the server's queue is full and "
			  "tcp_abort_on_overflow=1." },
			{ "Not", "a full accept queue with default settings: that is silence." },
		},
		.see = { "tcptriage why HOST:PORT", "refused", "wrong-listener-address",
			 "no-listener" },
	},
	{
		.name = "ECONNRESET",
		.aliases = { "connection reset by peer", "connection reset" },
		.kind = TOPIC_ERRNO,
		.title = "the peer ended the connection with a reset",
		.parts = {
			{ "Causes",
			  "the peer closed with data unread, used SO_LINGER with 0, crashed or "
			  "restarted, forgot the connection (a NAT or firewall timeout), closed "
			  "its listener with us still in the accept queue, or has "
			  "tcp_abort_on_overflow=1." },
			{ "Note", "Data that was on its way in either direction is lost." },
		},
		.see = { "SO_LINGER", "EPIPE", "tcp_abort_on_overflow" },
	},
	{
		.name = "EHOSTUNREACH",
		.aliases = { "no route to host" },
		.kind = TOPIC_ERRNO,
		.title = "the next hop does not answer, or ICMP said no",
		.parts = {
			{ "After about 3 s",
			  "the neighbour (gateway, or the host itself on a local network) does "
			  "not answer ARP or neighbour discovery." },
			{ "At once",
			  "a route of type unreachable, a REJECT with host-unreachable or "
			  "admin-prohibited, or an ICMP error from a router." },
			{ "Note",
			  "Its text, \"No route to host\", misleads: no route at all is "
			  "ENETUNREACH." },
		},
		.see = { "tcptriage why HOST:PORT", "neighbor-unresolved", "unreachable-route" },
	},
	{
		.name = "ENETUNREACH",
		.aliases = { "network is unreachable" },
		.kind = TOPIC_ERRNO,
		.title = "no route to the destination",
		.parts = {
			{ "From connect()",
			  "no route covers the address: no default route, the interface is "
			  "down, IPv6 is not configured, or loopback is down in a fresh "
			  "namespace. Comes at once." },
		},
		.see = { "tcptriage why HOST:PORT", "no-route", "device-down" },
	},
	{
		.name = "EINVAL",
		.aliases = { "invalid argument" },
		.kind = TOPIC_ERRNO,
		.title = "from connect(): a blackhole route",
		.parts = {
			{ "From connect()",
			  "a route of type blackhole covers the destination (or the program "
			  "passed a wrong address length)." },
			{ "From bind()", "the socket is bound already." },
			{ "From accept()",
			  "the socket does not listen any more: shut down, or destroyed with "
			  "SOCK_DESTROY." },
		},
		.see = { "tcptriage why HOST:PORT", "blackhole-route" },
	},
	{
		.name = "EACCES",
		.aliases = { "permission denied" },
		.kind = TOPIC_ERRNO,
		.title = "forbidden by a route, a policy or a low port",
		.parts = {
			{ "From connect()",
			  "a route or rule of type prohibit, or a security module." },
			{ "From bind()",
			  "a port below ip_unprivileged_port_start (1024) without "
			  "CAP_NET_BIND_SERVICE." },
		},
		.see = { "prohibit-route", "EPERM" },
	},
	{
		.name = "EPERM",
		.aliases = { "operation not permitted" },
		.kind = TOPIC_ERRNO,
		.title = "refused on this host by a policy",
		.parts = {
			{ "From connect() or bind()",
			  "a BPF program of the cgroup (systemd's SocketBindDeny=, a container "
			  "runtime) or a security module says no." },
			{ "Not",
			  "a DROP in the OUTPUT chain: for TCP that is silence, SYN_SENT and in "
			  "the end ETIMEDOUT." },
		},
		.see = { "EACCES" },
	},
	{
		.name = "EMFILE",
		.aliases = { "too many open files" },
		.kind = TOPIC_ERRNO,
		.title = "the process is at its descriptor limit",
		.parts = {
			{ "From socket() or accept()",
			  "the process has as many descriptors as RLIMIT_NOFILE allows. A "
			  "server then leaves its connections in the accept queue, often "
			  "spinning." },
			{ "Do",
			  "Look for a leak first (`tcptriage close-wait`), then raise the limit." },
		},
		.see = { "fd-limit", "RLIMIT_NOFILE", "close-wait-leak" },
	},
	{
		.name = "ENFILE",
		.aliases = { "too many open files in system" },
		.kind = TOPIC_ERRNO,
		.title = "the whole machine is at fs.file-max",
		.parts = {
			{ "From socket() or accept()",
			  "/proc/sys/fs/file-nr: first number open, third the limit." },
		},
		.see = { "file-table-full", "file-max" },
	},
	{
		.name = "ENOBUFS",
		.aliases = { "no buffer space available" },
		.kind = TOPIC_ERRNO,
		.title = "no memory or no room in a kernel table",
		.parts = {
			{ "From connect() or accept()", "kernel memory for sockets is short." },
			{ "From sendto()",
			  "also a full neighbour table (gc_thresh3); a TCP connect() only sees "
			  "silence then." },
		},
		.see = { "neighbor-table-full", "tcp-memory", "ENOMEM" },
	},
	{
		.name = "ENOMEM",
		.aliases = { "cannot allocate memory" },
		.kind = TOPIC_ERRNO,
		.title = "the kernel could not get memory",
		.parts = {
			{ NULL,
			  "The machine or the memory cgroup of the process is out of memory." },
		},
		.see = { "tcp-memory", "ENOBUFS" },
	},
	{
		.name = "EAGAIN",
		.aliases = { "EWOULDBLOCK", "resource temporarily unavailable", "try again" },
		.kind = TOPIC_ERRNO,
		.title = "not now: a non-blocking call would wait",
		.parts = {
			{ "From accept(), read(), write()",
			  "normal on a non-blocking socket: nothing is queued, or the send "
			  "buffer is full. Wait with poll and try again. With SO_RCVTIMEO or "
			  "SO_SNDTIMEO set it means that the time is over." },
			{ "From connect()",
			  "on a UNIX socket: the listener's queue is full. TCP says "
			  "EADDRNOTAVAIL when ports run out." },
		},
		.see = { "EINPROGRESS" },
	},
	{
		.name = "EINPROGRESS",
		.aliases = { "operation now in progress" },
		.kind = TOPIC_ERRNO,
		.title = "a non-blocking connect() is under way",
		.parts = {
			{ "From connect()",
			  "not an error: the socket is in SYN_SENT. Wait until it is writable, "
			  "then read SO_ERROR for the result. Seen in a log it usually means "
			  "that a program's own time limit ran out." },
		},
		.see = { "SYN_SENT", "ETIMEDOUT", "EALREADY" },
	},
	{
		.name = "EALREADY",
		.aliases = { "operation already in progress" },
		.kind = TOPIC_ERRNO,
		.title = "connect() was called again too early",
		.parts = {
			{ "From connect()",
			  "the earlier non-blocking attempt is not finished: the socket is "
			  "still in SYN_SENT." },
		},
		.see = { "EINPROGRESS" },
	},
	{
		.name = "ECONNABORTED",
		.aliases = { "software caused connection abort" },
		.kind = TOPIC_ERRNO,
		.title = "the connection was aborted on this host",
		.parts = {
			{ "From accept()",
			  "on other systems: the client was gone before it was accepted. Linux "
			  "hands it over, and the first read says ECONNRESET." },
			{ "From read() or write()",
			  "somebody destroyed the socket (SOCK_DESTROY: `tcptriage kill`, `ss "
			  "-K`)." },
		},
		.see = { "ECONNRESET" },
	},
	{
		.name = "EPIPE",
		.aliases = { "broken pipe" },
		.kind = TOPIC_ERRNO,
		.title = "written to a connection that is over",
		.parts = {
			{ "From write()",
			  "the connection was reset earlier, or we shut our own side down. "
			  "Comes with SIGPIPE unless that is ignored or MSG_NOSIGNAL is used." },
			{ "Note",
			  "The first write after the peer's close succeeds and provokes a "
			  "reset, the next one gets EPIPE." },
		},
		.see = { "ECONNRESET", "CLOSE_WAIT" },
	},
	{ .name = NULL },
};
