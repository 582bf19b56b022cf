// SPDX-License-Identifier: MIT
/* Sockets (CLOSE_WAIT by default) whose holder /proc/PID/fd of a process does not show. */
#include "kinds.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Reports the socket FD as one that no descriptor refers to any more, but with its inode. */
static void report_hidden(const struct want *w, const struct row *taken)
{
	struct row row = *taken;

	row.fd = -1;
	row_print(w, &row);
}

static void make_io_uring(const struct want *w)
{
	int listener = sock_listen(w, w->port);
	int *fds = calloc(w->count, sizeof(*fds));
	struct io_uring_params params = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);

	if (ring < 0)
		lab_cannot("io_uring_setup");
	if (fds == NULL)
		lab_fail("memory");
	descriptors_reserve(w->count + 2);
	for (unsigned i = 0; i < w->count; i++)
		fds[i] = held_socket(w, listener, i);
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, fds, w->count) != 0)
		lab_cannot("io_uring_register");
	for (unsigned i = 0; i < w->count; i++) {
		struct row row;

		row_take(&row, "subject", fds[i]);
		close(fds[i]);
		report_hidden(w, &row);
	}
	free(fds);
	listener_done(w, listener);
}

/** Sends FD over the AF_UNIX socket CHANNEL, where nobody receives it. */
static void send_descriptor(int channel, int fd)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(channel, &message, 0) != 1)
		lab_fail("SCM_RIGHTS");
}

static void make_scm_rights(const struct want *w)
{
	int listener = sock_listen(w, w->port), channel[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
		lab_fail("socketpair");
	for (unsigned i = 0; i < w->count; i++) {
		int fd = held_socket(w, listener, i);
		struct row row;

		row_take(&row, "subject", fd);
		send_descriptor(channel[0], fd);
		close(fd);
		report_hidden(w, &row);
	}
	listener_done(w, listener);
}

/** What the thread with a descriptor table of its own is given. */
struct table_of_its_own {
	const struct want *want;
	pthread_barrier_t made;
};

static void *hold_in_own_table(void *argument)
{
	struct table_of_its_own *own = argument;
	const struct want *w = own->want;
	int listener;

	if (unshare(CLONE_FILES) != 0)
		lab_cannot("unshare(CLONE_FILES)");
	listener = sock_listen(w, w->port);
	for (unsigned i = 0; i < w->count; i++) {
		struct row row;

		row_take(&row, "subject", held_socket(w, listener, i));
		row.tid = gettid();
		row_print(w, &row);
	}
	/* The listener lives in this table as well. */
	listener_done(w, listener);
	pthread_barrier_wait(&own->made);
	for (;;)
		pause();
}

static void make_unshared_thread(const struct want *w)
{
	struct table_of_its_own *own = calloc(1, sizeof(*own));
	pthread_t thread;

	if (own == NULL)
		lab_fail("memory");
	own->want = w;
	pthread_barrier_init(&own->made, NULL, 2);
	errno = pthread_create(&thread, NULL, hold_in_own_table, own);
	if (errno != 0)
		lab_fail("thread");
	pthread_barrier_wait(&own->made);
}

/** The leader becomes a zombie once everything is reported; a thread keeps the descriptors. */
static void make_zombie_leader(const struct want *w)
{
	int listener = sock_listen(w, w->port);

	descriptors_reserve(w->count + 1);
	for (unsigned i = 0; i < w->count; i++)
		report_fd(w, "subject", held_socket(w, listener, i));
	listener_done(w, listener);
	lab_leader_exits();
}

const struct kind kind_io_uring = { "io-uring", "registered in a ring, descriptor closed",
				    make_io_uring, NULL, false };
const struct kind kind_scm_rights = { "scm-rights", "sent over AF_UNIX, never received",
				      make_scm_rights, NULL, false };
const struct kind kind_unshared_thread = { "unshared-thread",
					   "in the descriptor table of one thread",
					   make_unshared_thread, NULL, false };
const struct kind kind_zombie_leader = { "zombie-leader", "the main thread has exited",
					 make_zombie_leader, NULL, false };
