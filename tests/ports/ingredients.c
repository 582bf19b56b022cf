// SPDX-License-Identifier: MIT
/* What a round may be made of: every way to take a local port, or not to. */
#include "acid.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static enum place any_place(const struct world *w)
{
	static const enum place some[] = { PLACE_D1, PLACE_D1, PLACE_D1, PLACE_D2, PLACE_D3,
					   PLACE_D4, PLACE_V6, PLACE_VETH };

	return some[random_below(w->veth ? 8 : 7)];
}

static unsigned any_port(const struct world *w)
{
	return w->low + random_below(w->high - w->low + 1);
}

/** Both ends of a connection. */
struct link {
	int client, server;
};

static struct link link_of(const struct world *w, enum place to, int client)
{
	struct link l = { client, -1 };

	if (client >= 0)
		l.server = accept_from(w, to, client);
	return l;
}

static void keep_link(struct world *w, struct link l)
{
	world_keep(w, l.client);
	world_keep(w, l.server);
}

/** Closes the client first, so that it is the client's port that waits. */
static void close_link(struct link l)
{
	if (l.client >= 0)
		close(l.client);
	if (l.server >= 0)
		close(l.server);
}

static void make_live(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		keep_link(w, link_of(w, to, dial(w, to)));
}

static void make_time_wait(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		close_link(link_of(w, to, dial(w, to)));
}

static void make_fin_wait2(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--) {
		struct link l = link_of(w, to, dial(w, to));

		world_keep(w, l.server);
		l.server = -1;
		close_link(l);
	}
}

static void make_close_wait(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--) {
		struct link l = link_of(w, to, dial(w, to));

		world_keep(w, l.client);
		l.client = -1;
		close_link(l);
	}
}

/** Binds a new socket; -1 where that fails. V6 and address by turns. */
static int bind_somewhere(unsigned port, int type)
{
	static const struct {
		int family;
		const char *address;
		bool only;
	} where[] = {
		{ AF_INET, "127.0.0.1", false }, { AF_INET, "127.0.0.5", false },
		{ AF_INET, "0.0.0.0", false },	 { AF_INET6, "::1", true },
		{ AF_INET6, "::", false },	 { AF_INET6, "::", true },
	};
	unsigned i = random_below(6);
	int fd = socket(where[i].family, type | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int ret;

	if (where[i].only)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (random_below(3) == 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (random_below(3) == 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	inet_pton(AF_INET6, where[i].address, &in6.sin6_addr);
	inet_pton(AF_INET, where[i].address, &in.sin_addr);
	ret = where[i].family == AF_INET6 ? bind(fd, (struct sockaddr *)&in6, sizeof(in6)) :
					    bind(fd, (struct sockaddr *)&in, sizeof(in));
	if (ret) {
		close(fd);
		return -1;
	}
	return fd;
}

static void make_listener(struct world *w, unsigned times)
{
	while (times--) {
		int fd = bind_somewhere(any_port(w), SOCK_STREAM);

		if (fd >= 0 && listen(fd, 5)) {
			close(fd);
			fd = -1;
		}
		world_keep(w, fd);
	}
}

static void make_bound(struct world *w, unsigned times)
{
	while (times--)
		world_keep(w, bind_somewhere(any_port(w), SOCK_STREAM));
}

static void make_udp(struct world *w, unsigned times)
{
	while (times--)
		world_keep(w, bind_somewhere(any_port(w), SOCK_DGRAM));
}

static void make_explicit(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--) {
		unsigned port = any_port(w);

		keep_link(w, link_of(w, to, dial_bound(w, to, port, random_below(2), false)));
	}
}

static void make_explicit_time_wait(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		close_link(link_of(w, to, dial_bound(w, to, any_port(w), random_below(2), false)));
}

/** The same port toward two destinations, which SO_REUSEADDR allows: it looks shared, and is
 *  not. */
static void make_explicit_twice(struct world *w, unsigned times)
{
	while (times--) {
		unsigned port = any_port(w);

		keep_link(w, link_of(w, PLACE_D1, dial_bound(w, PLACE_D1, port, true, false)));
		keep_link(w, link_of(w, PLACE_D3, dial_bound(w, PLACE_D3, port, true, false)));
	}
}

static void make_bind_zero(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		keep_link(w, link_of(w, to, dial_bound(w, to, 0, false, false)));
}

static void make_bind_zero_time_wait(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		close_link(link_of(w, to, dial_bound(w, to, 0, false, false)));
}

static void make_bind_zero_bound(struct world *w, unsigned times)
{
	while (times--)
		world_keep(w, bind_somewhere(0, SOCK_STREAM));
}

static void make_no_port(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		keep_link(w, link_of(w, to, dial_bound(w, to, 0, random_below(2), true)));
}

static void make_no_port_time_wait(struct world *w, unsigned times)
{
	enum place to = any_place(w);

	while (times--)
		close_link(link_of(w, to, dial_bound(w, to, 0, false, true)));
}

/** A connection that a listener in the range accepted; its client's port lies outside. */
static struct link make_child(struct world *w, int *listener)
{
	struct link l = { -1, -1 };
	struct sockaddr_in to = { .sin_family = AF_INET }, from = { .sin_family = AF_INET };

	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	to.sin_port = htons((uint16_t)any_port(w));
	from.sin_port = htons((uint16_t)(20000 + random_below(5000)));
	to.sin_addr.s_addr = from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(*listener, (struct sockaddr *)&to, sizeof(to)) || listen(*listener, 5))
		return l;
	l.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(l.client, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(l.client, (struct sockaddr *)&to, sizeof(to)))
		return l;
	l.server = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
	return l;
}

static void make_orphaned_child(struct world *w, unsigned times)
{
	while (times--) {
		int listener;

		keep_link(w, make_child(w, &listener));
		close(listener);
	}
}

static void make_child_time_wait(struct world *w, unsigned times)
{
	while (times--) {
		int listener;
		struct link l = make_child(w, &listener);

		/* It is the child that closes first. */
		if (l.server >= 0)
			close(l.server);
		l.server = -1;
		close_link(l);
		if (random_below(2))
			close(listener);
		else
			world_keep(w, listener);
	}
}

static void make_served(struct world *w, unsigned times)
{
	while (times--) {
		int listener;

		keep_link(w, make_child(w, &listener));
		world_keep(w, listener);
	}
}

/** IPv4 through an IPv6 socket. */
static int dial_mapped(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9000) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void make_mapped(struct world *w, unsigned times)
{
	while (times--)
		keep_link(w, link_of(w, PLACE_D1, dial_mapped()));
}

static void make_mapped_time_wait(struct world *w, unsigned times)
{
	while (times--)
		close_link(link_of(w, PLACE_D1, dial_mapped()));
}

static void make_syn_sent(struct world *w, unsigned times)
{
	while (w->veth && times--)
		world_keep(w, dial(w, PLACE_SILENT));
}

/** Bound to a device: its tuple is in nobody else's way. */
static void make_device(struct world *w, unsigned times)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9000) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (times--) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
			close(fd);
			continue;
		}
		keep_link(w, link_of(w, PLACE_D1, fd));
	}
}

/** Reset by its peer, still open: with an explicit port it still holds it. */
static void make_reset(struct world *w, unsigned times)
{
	struct linger linger = { 1, 0 };

	while (times--) {
		int fd = random_below(2) ? dial(w, PLACE_D1) :
					   dial_bound(w, PLACE_D1, any_port(w), false, false);
		struct link l = link_of(w, PLACE_D1, fd);

		world_keep(w, l.client);
		if (l.server >= 0)
			setsockopt(l.server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		l.client = -1;
		close_link(l);
	}
}

/** A socket with a range of its own. */
static void make_own_range(struct world *w, unsigned times)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9000) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (times--) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		uint32_t port = any_port(w), range = port << 16 | port;

		setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range));
		if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
			close(fd);
			continue;
		}
		keep_link(w, link_of(w, PLACE_D1, fd));
	}
}

static void make_reserved(struct world *w, unsigned times)
{
	char list[256] = "";

	if (times > 8)
		times = 8;
	while (times--) {
		size_t n = strlen(list);
		unsigned port = any_port(w);

		snprintf(list + n, sizeof(list) - n, "%s%u-%u", n ? "," : "", port,
			 port + random_below(3));
	}
	world_set("ip_local_reserved_ports", "%s", list);
	world_note(w, " (%s)", list);
}

static void make_no_timestamps(struct world *w, unsigned times)
{
	(void)w;
	world_set("tcp_timestamps", "%d", times % 2 ? 0 : 1);
}

const struct ingredient ingredients[] = {
	{ "live", make_live },
	{ "live", make_live },
	{ "time-wait", make_time_wait },
	{ "time-wait", make_time_wait },
	{ "fin-wait2", make_fin_wait2 },
	{ "close-wait", make_close_wait },
	{ "listener", make_listener },
	{ "bound", make_bound },
	{ "udp", make_udp },
	{ "explicit", make_explicit },
	{ "explicit-time-wait", make_explicit_time_wait },
	{ "explicit-twice", make_explicit_twice },
	{ "bind0", make_bind_zero },
	{ "bind0-time-wait", make_bind_zero_time_wait },
	{ "bind0-bound", make_bind_zero_bound },
	{ "no-port", make_no_port },
	{ "no-port-time-wait", make_no_port_time_wait },
	{ "orphaned-child", make_orphaned_child },
	{ "child-time-wait", make_child_time_wait },
	{ "served", make_served },
	{ "mapped", make_mapped },
	{ "mapped-time-wait", make_mapped_time_wait },
	{ "syn-sent", make_syn_sent },
	{ "device", make_device },
	{ "reset", make_reset },
	{ "own-range", make_own_range },
	{ "reserved", make_reserved },
	{ "timestamps", make_no_timestamps },
	{ NULL, NULL },
};
