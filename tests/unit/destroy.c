// SPDX-License-Identifier: MIT
/* source/destroy: the cookie decides. A socket of the same address with another cookie lives. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/destroy.h"

static struct source *source;
static struct notes notes;
static struct sock found;

static void take(void *arg, const struct sock *s)
{
	(void)arg;
	found = *s;
}

static int listener(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7500),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static bool listens(int fd)
{
	int v = 0;
	socklen_t n = sizeof(v);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &v, &n), 0);
	return v != 0;
}

static void look(void)
{
	const struct dump_request req = { .states = STATE_BIT(STATE_LISTEN), .workers = 1 };
	const struct sink sink = { .add = take, .args = (void *[]){ NULL } };
	struct dump_result result;

	found = (struct sock){ 0 };
	assert_int_equal(source_dump(source, &req, &sink, &result, &notes), 0);
	assert_int_equal(found.local_port, 7500);
}

static void only_its_cookie(void **state)
{
	int fd = listener();

	(void)state;
	look();

	struct sock other = found;

	other.cookie++;
	assert_int_equal(source_destroy(source, &other), -ENOENT);
	other.cookie = 0;
	assert_int_equal(source_destroy(source, &other), -ENOENT);
	/* The kernel takes this one for any. */
	other.cookie = UINT64_MAX;
	assert_int_equal(source_destroy(source, &other), -EINVAL);
	other = found;
	other.has &= ~(uint32_t)SOCK_HAS_COOKIE;
	assert_int_equal(source_destroy(source, &other), -EINVAL);
	assert_true(listens(fd));
	assert_int_equal(source_destroy(source, &found), 0);
	assert_false(listens(fd));
	assert_int_equal(source_destroy(source, &found), -ENOENT);
	close(fd);
}

/* The socket was replaced by one of the same address since it was seen. */
static void not_its_successor(void **state)
{
	int fd = listener();
	struct sock old;

	(void)state;
	look();
	old = found;
	close(fd);
	fd = listener();
	assert_int_equal(source_destroy(source, &old), -ENOENT);
	assert_true(listens(fd));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_cookie),
		cmocka_unit_test(not_its_successor),
	};
	const struct options opt = { .source = SOURCE_NETLINK };
	struct str why = { 0 };

	if (unshare(CLONE_NEWNET) < 0) {
		puts("1..0 # SKIP no privilege to make a network namespace");
		return 0;
	}
	if (system("ip link set lo up") != 0 || source_open(&opt, &notes, &source, &why) < 0) {
		puts("1..0 # SKIP no netlink");
		return 0;
	}

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	source_close(source);
	notes_free(&notes);
	str_free(&why);
	return failed;
}
