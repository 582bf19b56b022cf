/* SPDX-License-Identifier: MIT */
/* The kinds of sockets, each defined where it is made and listed in kinds.c. */
#ifndef TESTS_LAB_KINDS_H
#define TESTS_LAB_KINDS_H

#include "lab.h"

/* kind_listen.c */
extern const struct kind kind_listen, kind_accept_full, kind_bound;

/* kind_pair.c */
extern const struct kind kind_established, kind_fin_wait2, kind_fin_wait2_orphan, kind_time_wait,
	kind_reset_bound;

/* kind_close_wait.c */
extern const struct kind kind_close_wait_leaked, kind_close_wait_unread, kind_close_wait_data,
	kind_close_wait_shared, kind_close_wait_unaccepted;

/* kind_crafted.c */
extern const struct kind kind_crafted, kind_fin_wait1, kind_closing, kind_last_ack, kind_syn_sent,
	kind_syn_recv, kind_repaired;

/* kind_holder.c */
extern const struct kind kind_io_uring, kind_scm_rights, kind_unshared_thread, kind_zombie_leader;

/* kind_churn.c */
extern const struct kind kind_churn;

/** One loopback connection: the ends and what became of the client's description. */
struct pair {
	/** The end that connected; -1 once closed. */
	int client;
	/** The end that was accepted; -1 once closed. */
	int server;
};

/** Connects number N to LISTENER and accepts it. */
struct pair pair_new(const struct want *w, int listener, unsigned n);

/** Makes the peer end *FD do WHAT; *FD becomes -1 when it is closed. */
void peer_acts(int *fd, enum peer_does what);

/** A CLOSE_WAIT (or, by --peer=open, ESTABLISHED) socket read to its end: what holders hold. */
int held_socket(const struct want *w, int listener, unsigned n);

#endif
