// SPDX-License-Identifier: MIT
/* The world of a round: a network namespace, its settings, destinations that answer. */
#include "acid.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

const struct place_row places[PLACE_COUNT] = {
	[PLACE_D1] = { "127.0.0.1", "127.0.0.1", 9000, AF_INET },
	[PLACE_D2] = { "127.0.0.1", "127.0.0.2", 9000, AF_INET },
	[PLACE_D3] = { "127.0.0.1", "127.0.0.1", 9001, AF_INET },
	[PLACE_D4] = { "127.0.0.5", "127.0.0.1", 9000, AF_INET },
	[PLACE_V6] = { "::1", "::1", 9000, AF_INET6 },
	[PLACE_VETH] = { "10.77.0.1", "10.77.0.2", 9000, AF_INET },
	[PLACE_SILENT] = { "10.77.0.1", "10.77.0.9", 9000, AF_INET },
	[PLACE_FRESH] = { "127.0.0.1", "127.0.0.1", 9009, AF_INET },
};

static uint64_t random_state;

void random_seed(uint64_t seed)
{
	random_state = seed * 2 + 1;
}

unsigned random_below(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static void die(const char *what)
{
	printf("not ok - %s: %s\n", what, strerror(errno));
	exit(1);
}

bool world_set(const char *name, const char *fmt, ...)
{
	char path[128], text[128];
	va_list ap;
	int fd, n;
	bool ok;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY);
	ok = fd >= 0 && write(fd, text, (size_t)n) == n;
	if (fd >= 0)
		close(fd);
	return ok;
}

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		die("lo");
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo up");
	close(fd);
}

static socklen_t make_address(const char *text, unsigned port, int family,
			      struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, text, &in6->sin6_addr);
		return sizeof(*in6);
	}
	((struct sockaddr_in *)out)->sin_family = AF_INET;
	((struct sockaddr_in *)out)->sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, text, &((struct sockaddr_in *)out)->sin_addr);
	return sizeof(struct sockaddr_in);
}

static int serve(const struct place_row *p)
{
	struct sockaddr_storage a;
	socklen_t len = make_address(p->remote, p->port, p->family, &a);
	int fd = socket(p->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 4096))
		die("listen");
	return fd;
}

static void shell(const char *command)
{
	if (system(command) != 0)
		die(command);
}

/** A second namespace behind a veth, with a server in it; ours is the first again afterwards. */
static void make_veth(struct world *w)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int gate[2], ready[2];
	char byte = 0, command[256];
	pid_t child;

	if (own < 0 || pipe2(gate, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		die("veth");
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		if (unshare(CLONE_NEWNET) || write(ready[1], &byte, 1) != 1)
			_exit(1);
		close(gate[1]);
		/* Holds the namespace until the parent has what it wants. */
		_exit(read(gate[0], &byte, 1) == 99);
	}
	if (read(ready[0], &byte, 1) != 1)
		die("second namespace");
	snprintf(command, sizeof(command),
		 "ip link add v0 type veth peer name v1 netns %d && "
		 "ip addr add 10.77.0.1/24 dev v0 && ip link set v0 up && "
		 "ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev v0", (int)child);
	shell(command);
	snprintf(command, sizeof(command), "/proc/%d/ns/net", (int)child);
	{
		int other = open(command, O_RDONLY | O_CLOEXEC);

		if (other < 0 || setns(other, CLONE_NEWNET))
			die("setns");
		close(other);
	}
	shell("ip addr add 10.77.0.2/24 dev v1 && ip link set v1 up && ip link set lo up");
	w->servers[PLACE_VETH] = serve(&places[PLACE_VETH]);
	if (setns(own, CLONE_NEWNET))
		die("setns back");
	close(gate[0]);
	close(gate[1]);
	close(ready[0]);
	close(ready[1]);
	close(own);
	waitpid(child, NULL, 0);
}

void world_make(struct world *w, unsigned low, unsigned high, bool veth)
{
	*w = (struct world){ .low = low, .high = high, .veth = veth };
	for (int i = 0; i < PLACE_COUNT; i++)
		w->servers[i] = -1;
	if (unshare(CLONE_NEWNET))
		die("unshare");
	lo_up();
	if (veth)
		make_veth(w);
	for (int i = 0; i < PLACE_COUNT; i++) {
		if (i != PLACE_D4 && i != PLACE_VETH && i != PLACE_SILENT)
			w->servers[i] = serve(&places[i]);
	}
	if (!world_set("ip_local_port_range", "%u %u", low, high))
		die("ip_local_port_range");
	world_note(w, "range %u-%u;", low, high);
}

void world_end(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		close(w->fds[i]);
	for (int i = 0; i < PLACE_COUNT; i++) {
		if (w->servers[i] >= 0)
			close(w->servers[i]);
	}
	free(w->fds);
}

int world_keep(struct world *w, int fd)
{
	if (fd < 0)
		return fd;
	if (w->count == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->fds = realloc(w->fds, w->cap * sizeof(int));
		if (!w->fds)
			die("memory");
	}
	return w->fds[w->count++] = fd;
}

void world_note(struct world *w, const char *fmt, ...)
{
	size_t n = strlen(w->recipe);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->recipe + n, sizeof(w->recipe) - n, fmt, ap);
	va_end(ap);
}

static int dial_from(const struct world *w, enum place to, const char *local, unsigned port,
		     bool reuse, bool no_port)
{
	const struct place_row *p = &places[to];
	int fd = socket(p->family, SOCK_STREAM | SOCK_CLOEXEC |
			(to == PLACE_SILENT ? SOCK_NONBLOCK : 0), 0), one = 1, err = 0;
	struct sockaddr_storage a;
	socklen_t len;

	(void)w;
	if (fd < 0)
		return -errno;
	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (no_port)
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	len = make_address(local ? local : "", port, p->family, &a);
	if (local && bind(fd, (struct sockaddr *)&a, len))
		err = errno;
	len = make_address(p->remote, p->port, p->family, &a);
	if (!err && connect(fd, (struct sockaddr *)&a, len) && errno != EINPROGRESS)
		err = errno;
	if (err)
		close(fd);
	return err ? -err : fd;
}

int dial(const struct world *w, enum place to)
{
	/* Only a source that the route would not choose needs a bind(), one without a port. */
	if (to == PLACE_D4)
		return dial_from(w, to, places[to].local, 0, false, true);
	return dial_from(w, to, NULL, 0, false, false);
}

int dial_bound(const struct world *w, enum place to, unsigned port, bool reuse, bool no_port)
{
	return dial_from(w, to, places[to].local, port, reuse, no_port);
}

unsigned port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return 0;
	/* The port stands in the same place in both. */
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

int accept_from(const struct world *w, enum place to, int fd)
{
	int server = w->servers[to == PLACE_D4 ? PLACE_D1 : to];
	unsigned port = port_of(fd);

	for (int i = 0; i < 10000; i++) {
		struct sockaddr_storage a;
		socklen_t len = sizeof(a);
		int got = accept4(server, (struct sockaddr *)&a, &len, SOCK_CLOEXEC);

		if (got < 0) {
			usleep(200);
			continue;
		}
		if (ntohs(((struct sockaddr_in *)&a)->sin_port) == port)
			return got;
		world_keep((struct world *)(uintptr_t)w, got);
	}
	return -1;
}
