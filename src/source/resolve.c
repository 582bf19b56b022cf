// SPDX-License-Identifier: MIT
#include "source/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "source/backend.h"
#include "source/netns.h"

int resolve_port(const char *text, uint16_t *out)
{
	const struct servent *service;
	uint64_t n;

	if (num_parse(text, UINT16_MAX, &n) == 0 && n > 0) {
		*out = (uint16_t)n;
		return 0;
	}
	if (text[0] >= '0' && text[0] <= '9')
		return -EINVAL;
	service = getservbyname(text, "tcp");
	if (!service)
		return -EINVAL;
	*out = ntohs((uint16_t)service->s_port);
	return 0;
}

/** What the child is asked. */
struct question {
	const char *host;
	int family;
	struct resolved *out;
};

static void add_address(struct resolved *out, const struct sockaddr *sa)
{
	struct addr a = { .family = 0 };
	uint32_t scope = 0;

	if (sa->sa_family == AF_INET) {
		a.family = AF_INET;
		memcpy(a.bytes, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		a.family = AF_INET6;
		memcpy(a.bytes, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
		scope = ((const struct sockaddr_in6 *)sa)->sin6_scope_id;
	}
	if (!a.family || out->count == RESOLVED_MAX)
		return;
	out->address[out->count] = a;
	out->scope[out->count++] = scope;
}

static int ask(void *arg)
{
	struct question *q = arg;
	const struct addrinfo hints = { .ai_family = q->family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int ret = getaddrinfo(q->host, NULL, &hints, &list);

	if (ret)
		snprintf(q->out->error, sizeof(q->out->error), "%s",
			 ret == EAI_SYSTEM ? strerror(errno) : gai_strerror(ret));
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		add_address(q->out, i->ai_addr);
	if (list)
		freeaddrinfo(list);
	if (!ret && !q->out->count)
		snprintf(q->out->error, sizeof(q->out->error), "no TCP address");
	return 0;
}

/** The child: answers into FD. Never returns. */
static void NORETURN answer(const struct source *s, struct question *q, int fd, pid_t parent)
{
	int ret;

	/* Nobody waits for the answer of an orphan. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	ret = netns_run(s->netns, ask, q);
	if (ret)
		snprintf(q->out->error, sizeof(q->out->error), "%s", strerror(-ret));
	ret = file_write_fd(fd, q->out, sizeof(*q->out));
	_exit(ret ? 1 : 0);
}

/** Reads the answer of the child. 0, -ETIMEDOUT, or -EIO where the child broke off. */
static int read_answer(int fd, double timeout, struct resolved *out)
{
	struct timespec ts;
	size_t got = 0;
	double start;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	start = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
	while (got < sizeof(*out)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		double left;
		ssize_t n;

		clock_gettime(CLOCK_MONOTONIC, &ts);
		left = start + timeout - ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
			continue;
		n = read(fd, (char *)out + got, sizeof(*out) - got);
		if (n == 0 || (n < 0 && errno != EINTR))
			return -EIO;
		if (n > 0)
			got += (size_t)n;
	}
	return 0;
}

/** getaddrinfo(3) cannot be stopped: it runs in a child, which can. */
static int ask_child(const struct source *s, struct question *q, double timeout)
{
	pid_t parent = getpid(), child;
	int fds[2], ret;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		answer(s, q, fds[1], parent);
	ret = child < 0 ? -errno : 0;
	close(fds[1]);
	if (!ret) {
		ret = read_answer(fds[0], timeout, q->out);
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close(fds[0]);
	return ret;
}

int resolve_host(struct source *s, const char *host, int family, double timeout,
		 struct resolved *out)
{
	struct question q = { host, family, out };
	struct addr a;
	int ret;

	*out = (struct resolved){ .count = 0 };
	if (addr_parse(host, &a) == 0) {
		if (family != AF_UNSPEC && family != a.family) {
			snprintf(out->error, sizeof(out->error), "it is no IPv%d address",
				 family == AF_INET ? 4 : 6);
			return 0;
		}
		out->address[0] = a;
		out->count = 1;
		return 0;
	}
	ret = ask_child(s, &q, timeout);
	if (ret == -ETIMEDOUT) {
		*out = (struct resolved){ .count = 0 };
		snprintf(out->error, sizeof(out->error), "no answer within %g s", timeout);
		ret = 0;
	}
	return ret;
}
