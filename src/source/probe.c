// SPDX-License-Identifier: MIT
#include "source/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/num.h"
#include "model/filter.h"
#include "source/backend.h"
#include "source/netns.h"

/** Younger than the oldest headers this builds with (6.3). */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

/** Ports outside the range that are tried for the listener. */
#define LISTENER_TRIES 64

/** The first release that lists bound-only sockets: 6.8. */
#define LISTS_BOUND 6008

/** A probe under way. */
struct probe {
	uint16_t low, high;
	/** What a dump says: ports listened on, bound or chosen by bind(); ports of connections. */
	struct port_set taken, connected;
	/** Records came from sock_diag. */
	bool from_diag;
	/** Ports to try, and those among them that turned out to be sticky. */
	struct port_set doubtful, sticky;
	/** Connections that were opened. */
	unsigned opened;
};

static void see(void *arg, const struct sock *s)
{
	struct probe *p = arg;

	p->from_diag |= sock_has(s, SOCK_HAS_COOKIE);
	if (s->state == STATE_LISTEN || s->state == STATE_BOUND || s->state == STATE_CLOSE ||
	    (sock_has(s, SOCK_HAS_LOCK) && s->bind_locked))
		port_set_add(&p->taken, s->local_port);
	else
		port_set_add(&p->connected, s->local_port);
}

static void see_again(void *arg)
{
	struct probe *p = arg;

	p->taken = p->connected = (struct port_set){ 0 };
}

/** Looks at the sockets in the range and decides which ports are doubtful. 0 or -errno. */
static int find_doubtful(struct source *s, const struct facts *f, struct probe *p,
			 struct notes *notes)
{
	struct dump_request req = { .states = STATES_ALL, .workers = 1, .locks = true };
	void *args[] = { p };
	struct sink sink = { see, see_again, args };
	struct dump_result result = { 0 };
	struct str code = { 0 };
	bool blind;
	int ret;

	filter_bytecode_port_range(&code, p->low, p->high);
	req.bytecode = code.s;
	req.bytecode_len = code.len;
	ret = source_dump(s, &req, &sink, &result, notes);
	str_free(&code);
	/* Bound sockets that are not listed may hold any port. */
	blind = !p->from_diag || fact_or(f, FACT_KERNEL, 0) < LISTS_BOUND;
	for (unsigned port = p->low; port <= p->high; port++) {
		uint16_t n = (uint16_t)port;

		if (f->reserved_known && port_set_has(&f->reserved, n))
			continue;
		if (!port_set_has(&p->taken, n) && (blind || port_set_has(&p->connected, n)))
			port_set_add(&p->doubtful, n);
	}
	return ret;
}

/** A listener on 127.0.0.1, PORT. Its descriptor or -errno. */
static int listen_on(uint16_t port, struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ret;

	if (fd < 0)
		return -errno;
	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!bind(fd, (const struct sockaddr *)a, sizeof(*a)) && !listen(fd, 16))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/** A listener outside the range: above it, else below. */
static int listen_outside(const struct probe *p, struct sockaddr_in *a)
{
	int fd = -EADDRINUSE;

	for (unsigned i = 0; i < LISTENER_TRIES && fd < 0; i++) {
		if (PORTS - 1 - i > p->high)
			fd = listen_on((uint16_t)(PORTS - 1 - i), a);
		if (fd < 0 && p->low > 1 + i)
			fd = listen_on((uint16_t)(p->low - 1 - i), a);
	}
	return fd;
}

/** Takes what came in off the listener's queue: the client has reset it by then. */
static void drain(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
}

/** Tries PORT. 1: connect() gets it; 0: it is sticky; -errno where that cannot be tried. */
static int try_port(uint16_t port, const struct sockaddr_in *to)
{
	const struct linger reset = { 1, 0 };
	uint32_t range = (uint32_t)port << 16 | port;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ret = 0;

	if (fd < 0)
		return -errno;
	/* Closing then sends RST, so that no TIME_WAIT is left behind. */
	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ||
	    setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		ret = -errno;
	close(fd);
	/* The port is chosen before anything is sent: a connection need not come about. */
	if (ret == 0 || ret == -EINPROGRESS || ret == -ECONNREFUSED)
		return 1;
	return ret == -EADDRNOTAVAIL ? 0 : ret;
}

/** Tries every doubtful port. Runs inside the namespace. */
static int try_all(void *arg)
{
	struct probe *p = arg;
	struct sockaddr_in to;
	int listener = listen_outside(p, &to), ret = 0;

	if (listener < 0)
		return listener;
	for (unsigned port = p->low; port <= p->high && ret >= 0; port++) {
		if (!port_set_has(&p->doubtful, (uint16_t)port))
			continue;
		ret = try_port((uint16_t)port, &to);
		if (ret == 0)
			port_set_add(&p->sticky, (uint16_t)port);
		else if (ret > 0)
			p->opened++;
		drain(listener);
	}
	close(listener);
	return ret < 0 ? ret : 0;
}

/** Puts what was found out into the facts. */
static void settle(const struct probe *p, struct facts *f)
{
	f->bind = (struct bind_table){ .low = p->low, .high = p->high, .sticky = p->taken };
	for (size_t i = 0; i < ARRAY_LEN(f->bind.sticky.bits); i++)
		f->bind.sticky.bits[i] |= p->sticky.bits[i];
	memset(&f->bind.bound, 0xff, sizeof(f->bind.bound));
	f->bind_known = true;
}

void source_probe(struct source *s, struct facts *f, struct notes *notes)
{
	struct probe *p;
	int ret;

	if (f->bind_known) {
		notes_add(notes, "--probe: the kernel's bind table was read, so no port is "
				 "doubtful: no loopback connection was opened");
		return;
	}
	if (!fact_known(f, FACT_PORT_LOW) || !fact_known(f, FACT_PORT_HIGH) ||
	    strcmp(source_kind(s), "recording") == 0) {
		notes_add(notes, "--probe: nothing to ask: this is not a running kernel's "
				 "namespace that can be entered");
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->low = (uint16_t)f->v[FACT_PORT_LOW];
	p->high = (uint16_t)f->v[FACT_PORT_HIGH];
	ret = find_doubtful(s, f, p, notes);
	if (!ret)
		ret = netns_run(s->netns, try_all, p);
	if (ret) {
		notes_add(notes, "--probe: ports could not be tried: %s", strerror(-ret));
	} else {
		unsigned tried = port_set_count(&p->doubtful, p->low, p->high);

		settle(p, f);
		notes_add(notes, "--probe: %u port%s tried, %u connection%s over loopback opened and "
				 "reset (ActiveOpens, PassiveOpens, EstabResets and OutRsts have "
				 "moved)",
			  tried, num_word(tried, "", "s"), p->opened,
			  num_word(p->opened, "", "s"));
	}
	free(p);
}
