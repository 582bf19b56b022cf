// SPDX-License-Identifier: MIT
#include "source/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "source/backend.h"
#include "source/netns.h"

/** One attempt. */
struct job {
	const struct addr *to;
	uint16_t port;
	uint32_t scope;
	double timeout;
	struct attempt *out;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/** Fills SA with the destination and returns its length. */
static socklen_t to_sockaddr(const struct job *j, struct sockaddr_storage *sa)
{
	*sa = (struct sockaddr_storage){ .ss_family = j->to->family };
	if (j->to->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;

		in6->sin6_port = htons(j->port);
		in6->sin6_scope_id = j->scope;
		memcpy(&in6->sin6_addr, j->to->bytes, 16);
		return sizeof(*in6);
	}
	((struct sockaddr_in *)sa)->sin_port = htons(j->port);
	memcpy(&((struct sockaddr_in *)sa)->sin_addr, j->to->bytes, 4);
	return sizeof(struct sockaddr_in);
}

/** Waits until FD is connected or failed, or DEADLINE. Returns its SO_ERROR, or -1 for time out. */
static int wait_connected(int fd, double deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	for (;;) {
		double left = deadline - now();
		int n = poll(&p, 1, left > 0 ? (int)(left * 1000) + 1 : 0);

		if (n > 0)
			break;
		if (n == 0 && left <= 0)
			return -1;
		if (n < 0 && errno != EINTR)
			return errno;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static int try_inside(void *arg)
{
	struct job *j = arg;
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(j, &sa);
	double start = now();
	int fd = socket(j->to->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int error = fd < 0 ? errno : 0;

	if (!error && connect(fd, (struct sockaddr *)&sa, len) < 0)
		error = errno;
	if (error == EINPROGRESS || error == EINTR)
		error = wait_connected(fd, start + j->timeout);
	j->out->seconds = now() - start;
	j->out->error = error > 0 ? error : 0;
	j->out->result = error < 0 ? ATTEMPT_TIMEOUT : attempt_result_of(error);
	if (fd >= 0)
		close(fd);
	return 0;
}

int connect_try(struct source *s, const struct addr *to, uint16_t port, uint32_t scope,
		double timeout, struct attempt *out)
{
	struct job j = { to, port, scope, timeout, out };

	*out = (struct attempt){ .result = ATTEMPT_NONE };
	if (strcmp(s->ops->name, "recording") == 0)
		return -EOPNOTSUPP;
	return netns_run(s->netns, try_inside, &j);
}
