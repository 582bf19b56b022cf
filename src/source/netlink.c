// SPDX-License-Identifier: MIT
#include "source/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

/** Largest request: header, attribute and the largest bytecode (64 KiB). */
#define REQUEST_MAX ((size_t)66 * 1024)

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	/** NETLINK_BUFFER bytes. */
	unsigned char *buffer;
};

int netlink_socket(int protocol, struct mnl_socket **out)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct mnl_socket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	int err;

	if (!socket)
		return errno ? -errno : -EPROTONOSUPPORT;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    connect(mnl_socket_get_fd(socket), (const struct sockaddr *)&kernel,
		    sizeof(kernel)) < 0) {
		err = errno ? -errno : -EPROTO;
		mnl_socket_close(socket);
		return err;
	}
	*out = socket;
	return 0;
}

int netlink_open(struct netlink **out)
{
	struct mnl_socket *socket = NULL;
	struct netlink *nl;
	int ret = netlink_socket(NETLINK_SOCK_DIAG, &socket);

	if (ret)
		return ret;
	nl = xcalloc(1, sizeof(*nl));
	nl->socket = socket;
	nl->seq = (uint32_t)time(NULL);
	nl->buffer = xmalloc(NETLINK_BUFFER);
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	mnl_socket_close(nl->socket);
	free(nl->buffer);
	free(nl);
}

uint32_t netlink_portid(const struct netlink *nl)
{
	return mnl_socket_get_portid(nl->socket);
}

uint32_t netlink_seq(const struct netlink *nl)
{
	return nl->seq;
}

/** idiag_ext: bit N-1 asks for attribute N (kernel-facts 4.2). */
static uint8_t extensions(const struct dump_request *req)
{
	unsigned ext = 0;

	if (req->info)
		ext |= 1u << (INET_DIAG_INFO - 1);
	if (req->drops)
		ext |= 1u << (INET_DIAG_SKMEMINFO - 1);
	return (uint8_t)ext;
}

static void put_request(struct nlmsghdr *h, enum diag_form form, int family,
			const struct dump_request *req)
{
	uint32_t states = state_kernel_mask(req->states);

	if (form == DIAG_FORM_COMPAT) {
		struct inet_diag_req *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

		h->nlmsg_type = TCPDIAG_GETSOCK;
		r->idiag_family = AF_INET;
		r->idiag_ext = extensions(req);
		r->idiag_states = states;
	} else {
		struct inet_diag_req_v2 *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

		h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
		r->sdiag_family = (uint8_t)family;
		r->sdiag_protocol = IPPROTO_TCP;
		r->idiag_ext = extensions(req);
		r->idiag_states = states;
	}
}

int netlink_send(struct netlink *nl, struct nlmsghdr *h)
{
	h->nlmsg_seq = ++nl->seq ? nl->seq : ++nl->seq;
	return mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0 ? -errno : 0;
}

int netlink_request(struct netlink *nl, enum diag_form form, int family,
		    const struct dump_request *req, const struct str *bytecode)
{
	unsigned char *buf = xcalloc(1, REQUEST_MAX);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	int ret = 0;

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	put_request(h, form, family, req);
	if (bytecode->len &&
	    !mnl_attr_put_check(h, REQUEST_MAX, INET_DIAG_REQ_BYTECODE, bytecode->len,
				bytecode->s)) {
		free(buf);
		return -E2BIG;
	}
	ret = netlink_send(nl, h);
	free(buf);
	return ret;
}

/** Waits until the socket is readable. */
static int wait_readable(const struct netlink *nl)
{
	struct pollfd p = { .fd = mnl_socket_get_fd(nl->socket), .events = POLLIN };
	int64_t deadline = clock_monotonic_ns() + NETLINK_PATIENCE * INT64_C(1000000000);

	for (;;) {
		int64_t left = (deadline - clock_monotonic_ns()) / 1000000;
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

int netlink_receive(struct netlink *nl, const void **data, size_t *len, int64_t *seen_ns)
{
	*data = nl->buffer;
	return netlink_receive_into(nl, nl->buffer, len, seen_ns);
}

int netlink_receive_into(struct netlink *nl, void *buffer, size_t *len, int64_t *seen_ns)
{
	int fd = mnl_socket_get_fd(nl->socket);

	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec iov = { buffer, NETLINK_BUFFER };
		struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from),
				      .msg_iov = &iov, .msg_iovlen = 1 };
		/* A dump's next datagram is filled while the last is read: it is nearly always
		 * there, so poll(2) is only asked where it is not. */
		ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			int ret = wait_readable(nl);

			if (ret)
				return ret;
			continue;
		}
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		if (from.nl_pid != 0)
			continue;
		*len = (size_t)n;
		*seen_ns = clock_monotonic_ns();
		return 0;
	}
}
