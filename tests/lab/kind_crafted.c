// SPDX-License-Identifier: MIT
/* Kinds whose peer does not exist: exactly the wanted sockets and nothing else in the tables. */
#include "lab.h"
#include "kinds.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const char *orphan_name(int state)
{
	switch (state) {
	case TCP_CLOSE_WAIT:
		return "LAST_ACK";
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
		return "FIN_WAIT1";
	case TCP_FIN_WAIT2:
		return "FIN_WAIT2";
	case TCP_CLOSING:
		return "CLOSING";
	case TCP_LAST_ACK:
		return "LAST_ACK";
	default:
		return "TIME_WAIT";
	}
}

/** Without this, the end of the laboratory leaves an orphan for each that sends its FIN for
 *  minutes. */
static void vanish_at_close(int fd)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) != 0)
		lab_fail("SO_LINGER");
}

static void make_crafted(const struct want *w)
{
	bool kept = w->state != TCP_TIME_WAIT && !w->orphan;

	if (kept)
		descriptors_reserve(w->count);
	for (unsigned i = 0; i < w->count; i++) {
		int fd = repair_new(w, i);
		struct row row;

		/* A TIME_WAIT socket has lost its addresses: taken before. */
		row_take(&row, "subject", fd);
		repair_advance(fd, w->state);
		if (kept) {
			row_take(&row, "subject", fd);
			vanish_at_close(fd);
		} else {
			close(fd);
			row_orphan(&row, orphan_name(w->state));
		}
		row_print(w, &row);
	}
}

static void want_fin_wait1(struct want *w)
{
	w->state = TCP_FIN_WAIT1;
}

static void want_closing(struct want *w)
{
	w->state = TCP_CLOSING;
}

static void want_last_ack(struct want *w)
{
	w->state = TCP_LAST_ACK;
}

static void make_syn_sent(const struct want *w)
{
	descriptors_reserve(w->count);
	for (unsigned i = 0; i < w->count; i++) {
		socklen_t len;
		struct sockaddr_storage to = address(w, w->remote, w->port ? w->port : 443, &len);
		int fd = socket(w->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		struct row row;

		if (fd < 0)
			lab_fail("socket");
		address_add(&to, i % w->remotes);
		/* As long as it can be: the kernel would give up after two minutes. */
		sock_option(fd, IPPROTO_TCP, TCP_SYNCNT, 12);
		sock_bind_client(w, fd, i);
		if (connect(fd, (struct sockaddr *)&to, len) == 0 || errno != EINPROGRESS)
			lab_fail("connect into the blackhole");
		row_take(&row, "subject", fd);
		row.remote = to;
		row_print(w, &row);
	}
}

static void make_syn_recv(const struct want *w)
{
	int listener = sock_listen(w, w->port);
	struct sockaddr_storage local, remote;
	struct want ends = *w;
	struct row row;

	row_take(&row, "listener", listener);
	ends.port = address_port(&row.local);
	sock_option(listener, IPPROTO_TCP, TCP_SYNCNT, 12);
	for (unsigned i = 0; i < w->count; i++) {
		repair_ends(&ends, i, &local, &remote);
		wire_send(&remote, &local, REPAIR_RECV_SEQ, 0, WIRE_SYN);
		row = (struct row){ .role = "subject", .local = local, .remote = remote };
		row_orphan(&row, "SYN_RECV");
		row_print(w, &row);
	}
	listener_done(w, listener);
}

/** Makes sockets FROM up to TO of all and reports them. */
static void repaired(const struct want *w, unsigned from, unsigned to)
{
	descriptors_reserve(to - from);
	for (unsigned i = from; i < to; i++) {
		int fd = repair_new(w, i);

		repair_advance(fd, w->state);
		vanish_at_close(fd);
		if (!w->quiet)
			report_fd(w, "subject", fd);
	}
}

/** A process of its own for every so many sockets, so that descriptor limits do not matter. */
static void make_repaired(const struct want *w)
{
	for (unsigned from = 0; from < w->count; from += w->per_process) {
		unsigned left = w->count - from;
		unsigned n = left < w->per_process ? left : w->per_process;
		int done[2];
		char byte;

		if (pipe(done) != 0)
			lab_fail("pipe");
		if (lab_fork() == 0) {
			repaired(w, from, from + n);
			fflush(stdout);
			if (write(done[1], "", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		close(done[1]);
		if (read(done[0], &byte, 1) != 1) {
			errno = ECHILD;
			lab_fail("process of repaired sockets");
		}
		close(done[0]);
		report_count(n);
	}
}

const struct kind kind_crafted = { "crafted", "one-sided, in --state, --outbound, --orphan",
				   make_crafted, NULL, true };
const struct kind kind_fin_wait1 = { "fin-wait1", "our FIN is never acknowledged", make_crafted,
				     want_fin_wait1, true };
const struct kind kind_closing = { "closing", "both FINs crossed, ours is not acknowledged",
				   make_crafted, want_closing, true };
const struct kind kind_last_ack = { "last-ack", "closed after the peer, our FIN not acknowledged",
				    make_crafted, want_last_ack, true };
const struct kind kind_syn_sent = { "syn-sent", "connecting to where nobody answers",
				    make_syn_sent, NULL, true };
const struct kind kind_syn_recv = { "syn-recv", "a listener and SYNs whose senders vanish",
				    make_syn_recv, NULL, true };
const struct kind kind_repaired = { "established-repair",
				    "by the hundred thousand, in forked processes", make_repaired,
				    NULL, true };
