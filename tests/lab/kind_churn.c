// SPDX-License-Identifier: MIT
#include "kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ERRORS = 8 };

/** How the attempts ended. */
struct tally {
	unsigned long tried, done;
	struct {
		int error;
		unsigned long count;
	} failures[MOST_ERRORS];
};

static int listener;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void tally_failure(struct tally *t, int error)
{
	for (int i = 0; i < MOST_ERRORS; i++) {
		if (t->failures[i].count == 0 || t->failures[i].error == error) {
			t->failures[i].error = error;
			t->failures[i].count++;
			return;
		}
	}
}

/** One connection, opened and closed by both; the client first unless the server side is to
 *  wait. */
static void cycle(const struct want *w, struct tally *t)
{
	struct sockaddr_storage to;
	socklen_t len = sizeof(to);
	struct pair p = { sock_new(w), -1 };

	t->tried++;
	getsockname(listener, (struct sockaddr *)&to, &len);
	if (w->client_addr != NULL || w->bind != BIND_AUTO)
		sock_bind_client(w, p.client, (unsigned)(t->tried % 20000));
	if (connect(p.client, (struct sockaddr *)&to, len) != 0) {
		tally_failure(t, errno);
		close(p.client);
		return;
	}
	p.server = sock_accept(listener);
	t->done++;
	int *first = w->server_side ? &p.server : &p.client;
	int *second = w->server_side ? &p.client : &p.server;

	peer_acts(first, w->peer == PEER_RESET ? PEER_RESET : PEER_CLOSE);
	peer_acts(second, PEER_CLOSE);
}

static void print_tally(const struct want *w, const struct tally *t, double seconds)
{
	printf("{\"role\":\"churn\",\"asked\":%u,\"tried\":%lu,\"done\":%lu,\"seconds\":%.3f,"
	       "\"failures\":{", w->rate * w->seconds, t->tried, t->done, seconds);
	for (int i = 0; i < MOST_ERRORS && t->failures[i].count > 0; i++)
		printf("%s\"%s\":%lu", i > 0 ? "," : "", strerrorname_np(t->failures[i].error),
		       t->failures[i].count);
	printf("}}\n");
	fflush(stdout);
}

static void churn(const struct want *w)
{
	struct tally t = { 0 };
	double start = now(), end = start + w->seconds;

	while (now() < end) {
		unsigned long due = (unsigned long)((now() - start) * w->rate);

		if (t.tried < due)
			cycle(w, &t);
		else
			usleep(500);
	}
	print_tally(w, &t, now() - start);
}

static void make_churn(const struct want *w)
{
	listener = sock_listen(w, w->port);
	report_fd(w, "listener", listener);
	lab_after_ready(churn, w);
}

const struct kind kind_churn = { "churn", "after \"ready\": --rate for --seconds, then a tally",
				 make_churn, NULL, false };
