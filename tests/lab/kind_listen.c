// SPDX-License-Identifier: MIT
#include "kinds.h"

#include <errno.h>
#include <unistd.h>

/** Waits until LISTENER's accept queue holds N connections (tcpi_unacked of a listener). */
static void wait_queued(int listener, unsigned n)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	for (int waited = 0; waited < 20000; waited++) {
		if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
			lab_fail("TCP_INFO");
		if (info.tcpi_unacked >= n)
			return;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	lab_fail("accept queue");
}

static void make_listen(const struct want *w)
{
	descriptors_reserve(w->count * (1 + w->queued));
	for (unsigned i = 0; i < w->count; i++) {
		int listener = sock_listen(w, w->port ? w->port + i : 0);

		for (unsigned q = 0; q < w->queued; q++)
			report_fd(w, "peer", sock_connect(w, listener, i * w->queued + q));
		wait_queued(listener, w->queued);
		report_fd(w, "subject", listener);
	}
}

/** The queue admits one more than the backlog; whoever comes then has his SYN dropped. */
static void make_accept_full(const struct want *w)
{
	struct want full = *w;
	int listener;

	full.backlog = w->backlog >= 0 ? w->backlog : 2;
	listener = sock_listen(&full, w->port);
	for (int i = 0; i <= full.backlog; i++)
		report_fd(w, "peer", sock_connect(w, listener, (unsigned)i));
	wait_queued(listener, (unsigned)full.backlog + 1);
	for (unsigned i = 0; i < w->extra; i++) {
		struct sockaddr_storage to;
		socklen_t len = sizeof(to);
		int fd = socket(w->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		struct row row;

		getsockname(listener, (struct sockaddr *)&to, &len);
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) == 0 || errno != EINPROGRESS)
			lab_fail("connect to a full queue");
		row_take(&row, "dropped", fd);
		row.remote = to;
		row_print(w, &row);
	}
	report_fd(w, "subject", listener);
}

static void make_bound(const struct want *w)
{
	descriptors_reserve(w->count);
	for (unsigned i = 0; i < w->count; i++) {
		socklen_t len;
		struct sockaddr_storage a = address(w, w->addr, w->port ? w->port + i : 0, &len);
		int fd = sock_new(w);

		if (bind(fd, (struct sockaddr *)&a, len) != 0)
			lab_fail("bind");
		report_fd(w, "subject", fd);
	}
}

const struct kind kind_listen = { "listen", "listeners, --queued connections in each", make_listen,
				  NULL, false };
const struct kind kind_accept_full = { "accept-full",
				       "a listener with a full queue, --extra tries beyond",
				       make_accept_full, NULL, false };
const struct kind kind_bound = { "bound", "bound, never listening or connected", make_bound, NULL,
				 false };
