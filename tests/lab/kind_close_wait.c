// SPDX-License-Identifier: MIT
/* The ways to be left in CLOSE_WAIT; the subject is the accepted end. */
#include "kinds.h"

#include <unistd.h>

static void peer_sends(const struct want *w, int peer)
{
	for (unsigned i = 0; i < w->data; i++) {
		if (send(peer, "x", 1, MSG_NOSIGNAL) != 1)
			lab_fail("send");
	}
}

/** The peer sends W's data and ends as W wants, closing by default. */
static void peer_leaves(const struct want *w, int *peer)
{
	peer_sends(w, *peer);
	peer_acts(peer, w->peer == PEER_DEFAULT ? PEER_CLOSE : w->peer);
}

static void report_peer(const struct want *w, int peer)
{
	if (peer >= 0)
		report_fd(w, "peer", peer);
}

int held_socket(const struct want *w, int listener, unsigned n)
{
	struct pair p = pair_new(w, listener, n);

	peer_leaves(w, &p.client);
	if (w->peer != PEER_OPEN) {
		sock_drain(p.server);
		sock_wait_state(p.server, TCP_CLOSE_WAIT);
	}
	report_peer(w, p.client);
	return p.server;
}

static void make_leaked(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(2 * w->count + 1);
	for (unsigned i = 0; i < w->count; i++)
		report_fd(w, "subject", held_socket(w, listener, i));
	listener_done(w, listener);
}

/** Nobody reads: the end of file counts one byte of Recv-Q, and so does every byte of data. */
static void make_unread(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(2 * w->count + 1);
	for (unsigned i = 0; i < w->count; i++) {
		struct pair p = pair_new(w, listener, i);

		peer_leaves(w, &p.client);
		sock_wait_state(p.server, TCP_CLOSE_WAIT);
		report_fd(w, "subject", p.server);
		report_peer(w, p.client);
	}
	listener_done(w, listener);
}

static void want_data(struct want *w)
{
	w->data = 100;
}

/** The subject is only reported for its first holder; the others are forked copies. */
static void make_shared(const struct want *w)
{
	make_leaked(w);
	for (unsigned i = 0; i < w->sharers; i++) {
		if (lab_fork() == 0) {
			for (;;)
				pause();
		}
	}
}

static void want_sharer(struct want *w)
{
	w->sharers = 1;
}

/** Never accepted: no descriptor, no inode, only the listener to blame. */
static void make_unaccepted(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(w->count + 1);
	for (unsigned i = 0; i < w->count; i++) {
		int client = sock_connect(w, listener, i);
		struct row row;

		row_take(&row, "subject", client);
		struct sockaddr_storage server = row.remote;

		row.remote = row.local;
		row.local = server;
		/* There is no descriptor to ask: its end has come where ours is acknowledged. */
		if (w->peer == PEER_DEFAULT) {
			peer_sends(w, client);
			peer_acts(&client, PEER_SHUTDOWN);
			sock_wait_state(client, TCP_FIN_WAIT2);
			peer_acts(&client, PEER_CLOSE);
		} else {
			peer_leaves(w, &client);
		}
		row_orphan(&row, w->peer == PEER_OPEN ? "ESTABLISHED" : "CLOSE_WAIT");
		row_print(w, &row);
		report_peer(w, client);
	}
	listener_done(w, listener);
}

const struct kind kind_close_wait_leaked = { "close-wait-leaked", "read to the end, never closed",
					     make_leaked, NULL, false };
const struct kind kind_close_wait_unread = { "close-wait-unread", "end of file never read",
					     make_unread, NULL, false };
const struct kind kind_close_wait_data = { "close-wait-data", "--data bytes never read (100)",
					   make_unread, want_data, false };
const struct kind kind_close_wait_shared = { "close-wait-shared",
					     "leaked, also held by --sharers forked processes",
					     make_shared, want_sharer, false };
const struct kind kind_close_wait_unaccepted = { "close-wait-unaccepted",
						 "left in the accept queue", make_unaccepted, NULL,
						 false };
