// SPDX-License-Identifier: MIT
/* The floor: what a dump costs when nobody looks at it. One thread, one compatibility walk over both
 * families (or two walks with "v2"), 32 KiB receives, no decoding. Prints the sum of bytes. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int fd, int compat, int family)
{
	struct {
		struct nlmsghdr h;
		union {
			struct inet_diag_req v1;
			struct inet_diag_req_v2 v2;
		};
	} m;

	memset(&m, 0, sizeof(m));
	m.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (compat) {
		m.h.nlmsg_len = NLMSG_LENGTH(sizeof(m.v1));
		m.h.nlmsg_type = TCPDIAG_GETSOCK;
		m.v1.idiag_states = 0xfff;
	} else {
		m.h.nlmsg_len = NLMSG_LENGTH(sizeof(m.v2));
		m.h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
		m.v2.sdiag_family = (unsigned char)family;
		m.v2.sdiag_protocol = IPPROTO_TCP;
		m.v2.idiag_states = 0xfff;
	}
	return send(fd, &m, m.h.nlmsg_len, 0) < 0 ? -1 : 0;
}

/** Receives to the end; bytes, or -1. */
static long long drain(int fd)
{
	static _Alignas(8) char buf[32768];
	long long sum = 0;

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0), rest = n;

		if (n <= 0)
			return -1;
		sum += n;
		/* NLMSG_DONE comes alone or last. */
		for (char *p = buf; rest >= (ssize_t)sizeof(struct nlmsghdr);) {
			struct nlmsghdr h;

			memcpy(&h, p, sizeof(h));
			if (h.nlmsg_type == NLMSG_DONE)
				return sum;
			if (h.nlmsg_type == NLMSG_ERROR || h.nlmsg_len < sizeof(h))
				return -1;
			p += NLMSG_ALIGN(h.nlmsg_len);
			rest -= NLMSG_ALIGN(h.nlmsg_len);
		}
	}
}

int main(int argc, char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int v2 = argc > 1 && strcmp(argv[1], "v2") == 0;
	long long sum = 0;

	if (fd < 0)
		return 1;
	if (!v2) {
		if (ask(fd, 1, 0) < 0 || (sum = drain(fd)) < 0)
			return 1;
	} else {
		for (int family = AF_INET;; family = AF_INET6) {
			long long n = ask(fd, 0, family) < 0 ? -1 : drain(fd);

			if (n < 0)
				return 1;
			sum += n;
			if (family == AF_INET6)
				break;
		}
	}
	printf("%lld\n", sum);
	return 0;
}
