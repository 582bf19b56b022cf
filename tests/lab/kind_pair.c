// SPDX-License-Identifier: MIT
#include "kinds.h"

#include <unistd.h>

struct pair pair_new(const struct want *w, int listener, unsigned n)
{
	struct pair p;

	p.client = sock_connect(w, listener, n);
	p.server = sock_accept(listener);
	return p;
}

void peer_acts(int *fd, enum peer_does what)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (what == PEER_SHUTDOWN && shutdown(*fd, SHUT_WR) != 0)
		lab_fail("shutdown");
	if (what == PEER_RESET &&
	    setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) != 0)
		lab_fail("SO_LINGER");
	if (what == PEER_CLOSE || what == PEER_RESET) {
		close(*fd);
		*fd = -1;
	}
}

/** The end that gets the wanted state, and the other. */
static void choose(const struct want *w, struct pair *p, int **subject, int **peer)
{
	*subject = w->server_side ? &p->server : &p->client;
	*peer = w->server_side ? &p->client : &p->server;
}

static void make_established(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(2 * w->count + 1);
	for (unsigned i = 0; i < w->count; i++) {
		struct pair p = pair_new(w, listener, i);
		int *subject, *peer;

		choose(w, &p, &subject, &peer);
		for (unsigned sent = 0; sent < w->data; sent++) {
			if (send(*peer, "x", 1, MSG_NOSIGNAL) != 1)
				lab_fail("send");
		}
		if (w->data > 0)
			sock_wait_readable(*subject);
		report_fd(w, "subject", *subject);
		report_fd(w, "peer", *peer);
	}
	listener_done(w, listener);
}

/** The subject shuts down its side and keeps the descriptor; the peer is left in CLOSE_WAIT. */
static void make_fin_wait2(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(2 * w->count + 1);
	for (unsigned i = 0; i < w->count; i++) {
		struct pair p = pair_new(w, listener, i);
		int *subject, *peer;
		struct row row;

		choose(w, &p, &subject, &peer);
		peer_acts(subject, PEER_SHUTDOWN);
		sock_wait_state(*subject, TCP_FIN_WAIT2);
		row_take(&row, "subject", *subject);
		if (w->orphan) {
			close(*subject);
			row_orphan(&row, "FIN_WAIT2");
		}
		row_print(w, &row);
		sock_wait_state(*peer, TCP_CLOSE_WAIT);
		report_fd(w, "peer", *peer);
	}
	listener_done(w, listener);
}

static void want_orphan(struct want *w)
{
	w->orphan = true;
}

static void make_time_wait(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	for (unsigned i = 0; i < w->count; i++) {
		struct pair p = pair_new(w, listener, i);
		int *subject, *peer;
		struct row row;

		choose(w, &p, &subject, &peer);
		row_take(&row, "subject", *subject);
		/* Who closes first waits. The other must have seen the end before it closes. */
		peer_acts(subject, PEER_CLOSE);
		sock_wait_state(*peer, TCP_CLOSE_WAIT);
		peer_acts(peer, PEER_CLOSE);
		row_orphan(&row, "TIME_WAIT");
		row_print(w, &row);
	}
	listener_done(w, listener);
}

/** An explicit bind outlives the connection: CLOSE with its port still taken. */
static void make_reset_bound(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(w->count + 1);
	for (unsigned i = 0; i < w->count; i++) {
		struct pair p = pair_new(w, listener, i);
		struct row row;

		row_take(&row, "subject", p.client);
		peer_acts(&p.server, PEER_RESET);
		sock_wait_state(p.client, TCP_CLOSE);
		row.state = "CLOSE";
		row_print(w, &row);
	}
	listener_done(w, listener);
}

static void want_explicit(struct want *w)
{
	w->bind = BIND_EXPLICIT;
}

const struct kind kind_established = { "established", "loopback connections, both ends",
				       make_established, NULL, false };
const struct kind kind_fin_wait2 = { "fin-wait2", "half-closed by us, descriptor open",
				     make_fin_wait2, NULL, false };
const struct kind kind_fin_wait2_orphan = { "fin-wait2-orphan",
					    "closed by us, not by the peer (mini-socket)",
					    make_fin_wait2, want_orphan, false };
const struct kind kind_time_wait = { "time-wait", "closed by us first", make_time_wait, NULL,
				     false };
const struct kind kind_reset_bound = { "reset-bound",
				       "explicitly bound clients that were reset, CLOSE",
				       make_reset_bound, want_explicit, false };
