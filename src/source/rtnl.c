// SPDX-License-Identifier: MIT
#include "source/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "source/netlink.h"
#include "source/rtnl_parse.h"

struct rtnl {
	struct mnl_socket *socket;
	uint32_t seq;
	/** NETLINK_BUFFER bytes. */
	unsigned char *buffer;
};

int rtnl_open(struct rtnl **out)
{
	struct mnl_socket *socket;
	struct rtnl *rt;
	int ret = netlink_socket(NETLINK_ROUTE, &socket);

	if (ret)
		return ret;
	rt = xcalloc(1, sizeof(*rt));
	rt->socket = socket;
	rt->seq = (uint32_t)time(NULL);
	rt->buffer = xmalloc(NETLINK_BUFFER);
	*out = rt;
	return 0;
}

void rtnl_close(struct rtnl *rt)
{
	if (!rt)
		return;
	mnl_socket_close(rt->socket);
	free(rt->buffer);
	free(rt);
}

/** Receives one datagram of *LEN bytes into the buffer. 0 or -errno. */
static int receive(struct rtnl *rt, size_t *len)
{
	struct pollfd p = { .fd = mnl_socket_get_fd(rt->socket), .events = POLLIN };
	struct iovec iov = { rt->buffer, NETLINK_BUFFER };
	struct sockaddr_nl from = { 0 };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
			      .msg_iovlen = 1 };
	ssize_t n;

	/* Signals only make the wait longer, never endless: a signal that matters ends the program
	 * or is looked at by who called. */
	do {
		int ready = poll(&p, 1, NETLINK_PATIENCE * 1000);

		if (ready == 0)
			return -ETIMEDOUT;
		n = ready < 0 ? -1 : recvmsg(p.fd, &msg, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	*len = from.nl_pid == 0 ? (size_t)n : 0;
	return 0;
}

/** Datagrams after which an answer counts as endless. */
#define DATAGRAMS_MAX 100000

int rtnl_ask(struct rtnl *rt, struct nlmsghdr *request, uint16_t flags, uint16_t type,
	     int (*fn)(void *arg, const void *payload, size_t len), void *arg)
{
	uint32_t portid = mnl_socket_get_portid(rt->socket);

	request->nlmsg_flags = NLM_F_REQUEST | flags;
	/* A single answer has no end of its own: the acknowledgement is it. */
	if (!(flags & NLM_F_DUMP))
		request->nlmsg_flags |= NLM_F_ACK;
	request->nlmsg_seq = ++rt->seq;
	if (mnl_socket_sendto(rt->socket, request, request->nlmsg_len) < 0)
		return -errno;
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		size_t len = 0;
		int error = 0, ret = receive(rt, &len);

		if (ret)
			return ret;
		switch (rtnl_walk(rt->buffer, len, rt->seq, portid, type, &error, fn, arg)) {
		case RTNL_MORE:
			break;
		case RTNL_DONE:
			return 0;
		case RTNL_ERROR:
			return error;
		case RTNL_BROKEN:
			return -EBADMSG;
		}
	}
	return -EOVERFLOW;
}
