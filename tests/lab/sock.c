// SPDX-License-Identifier: MIT
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/** Longest wait for anything that loopback does at once, milliseconds. */
enum { PATIENCE = 20000 };

struct sockaddr_storage address(const struct want *w, const char *text, unsigned port,
				socklen_t *len)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
	char mapped[INET6_ADDRSTRLEN];
	int good;

	if (w->family == AF_INET) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		good = inet_pton(AF_INET, text, &v4->sin_addr);
		*len = sizeof(*v4);
	} else {
		if (w->mapped && strchr(text, ':') == NULL) {
			snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
			text = mapped;
		}
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		good = inet_pton(AF_INET6, text, &v6->sin6_addr);
		*len = sizeof(*v6);
	}
	if (good != 1) {
		errno = EINVAL;
		lab_fail(text);
	}
	return a;
}

void address_add(struct sockaddr_storage *a, unsigned n)
{
	uint32_t *word = a->ss_family == AF_INET ?
				 &((struct sockaddr_in *)a)->sin_addr.s_addr :
				 &((struct sockaddr_in6 *)a)->sin6_addr.s6_addr32[3];

	*word = htonl(ntohl(*word) + n);
}

unsigned address_port(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)a)->sin_port);
	if (a->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
	return 0;
}

void sock_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
		lab_fail("setsockopt");
}

int sock_new(const struct want *w)
{
	int fd = socket(w->family, SOCK_STREAM | SOCK_CLOEXEC, w->mptcp ? IPPROTO_MPTCP : 0);

	if (fd < 0) {
		if (w->mptcp)
			lab_cannot("MPTCP socket");
		lab_fail("socket");
	}
	if (w->reuse)
		sock_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (w->keepalive)
		sock_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	return fd;
}

int sock_listen(const struct want *w, unsigned port)
{
	int fd = sock_new(w), backlog = w->backlog >= 0 ? w->backlog : 65535;
	socklen_t len;
	struct sockaddr_storage a = address(w, w->addr, port, &len);

	if (w->family == AF_INET6)
		sock_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, w->v6only);
	if (bind(fd, (struct sockaddr *)&a, len) != 0)
		lab_fail("bind of the listener");
	if (listen(fd, backlog) != 0)
		lab_fail("listen");
	return fd;
}

void sock_bind_client(const struct want *w, int fd, unsigned n)
{
	bool given = w->bind == BIND_EXPLICIT;
	const char *text = w->client_addr;
	struct sockaddr_storage a;
	socklen_t len;

	if (w->bind == BIND_AUTO && text == NULL)
		return;
	if (text == NULL)
		text = w->family == AF_INET6 && !w->mapped ? "::1" : "127.0.0.1";
	/* A chosen source address alone must not take the port from everyone. */
	if (w->bind == BIND_AUTO || w->bind == BIND_NO_PORT)
		sock_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	a = address(w, text, given ? (w->client_port ? w->client_port : 20000) + n : 0, &len);
	if (bind(fd, (struct sockaddr *)&a, len) != 0)
		lab_fail("bind of the client");
}

int sock_connect(const struct want *w, int listener, unsigned n)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int fd = sock_new(w);

	sock_bind_client(w, fd, n);
	getsockname(listener, (struct sockaddr *)&a, &len);
	if (connect(fd, (struct sockaddr *)&a, len) != 0)
		lab_fail("connect");
	return fd;
}

static void wait_readable(int fd, const char *what)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, PATIENCE) != 1) {
		errno = ETIMEDOUT;
		lab_fail(what);
	}
}

int sock_accept(int listener)
{
	int fd;

	wait_readable(listener, "accept");
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		lab_fail("accept");
	return fd;
}

void sock_wait_readable(int fd)
{
	wait_readable(fd, "data or end of file");
}

void sock_drain(int fd)
{
	char buffer[4096];
	ssize_t n;

	do {
		wait_readable(fd, "end of file");
		n = read(fd, buffer, sizeof(buffer));
	} while (n > 0);
}

int sock_state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_state <= TCP_CLOSING ? info.tcpi_state : 0;
}

void sock_wait_state(int fd, int state)
{
	for (int waited = 0; sock_state(fd) != state; waited++) {
		if (waited == PATIENCE) {
			fprintf(stderr, "lab: state %d, wanted %d\n", sock_state(fd), state);
			errno = ETIMEDOUT;
			lab_fail("state");
		}
		usleep(1000);
	}
}

void listener_done(const struct want *w, int listener)
{
	if (w->no_listener)
		close(listener);
	else
		report_fd(w, "listener", listener);
}

void descriptors_reserve(unsigned n)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)n + 64;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return;
	if (limit.rlim_max < need)
		limit.rlim_max = need;
	limit.rlim_cur = need;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		lab_cannot("that many descriptors");
}
