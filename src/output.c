// SPDX-License-Identifier: MIT
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"

/** The first error of a write, negative; 0 while all is well. */
static int error;

/** Writes all of it, waiting where the other end is a slow non-blocking pipe. */
static int write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(STDOUT_FILENO, p, n);
		struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (w < 0 && errno == EAGAIN)
			(void)poll(&fd, 1, -1);
		else if (w < 0 && errno != EINTR)
			return -errno;
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		}
	}
	return 0;
}

void output_add(struct str *b)
{
	if (!error && b->len)
		error = write_all(b->s, b->len);
	str_reset(b);
}

bool output_ok(void)
{
	return !error;
}


int output_end(int status)
{
	/* Some file systems tell only on close(2) that what was written is lost. */
	if (!error && close(STDOUT_FILENO) < 0 && errno != EBADF)
		error = -errno;
	if (error == -EPIPE)
		return STATUS_OK;
	if (!error)
		return status;
	complain("cannot write to standard output: %s", strerror(-error));
	return STATUS_FAILED;
}
