// SPDX-License-Identifier: MIT
#include "source/destroy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "base/privilege.h"
#include "source/live.h"
#include "source/netlink.h"

/* A request and nothing behind it. */
struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 diag;
};

/* What a mismatch of the cookie is measured by: both halves ~0 would match any socket. */
static bool cookie_is_usable(const struct sock *s)
{
	return sock_has(s, SOCK_HAS_COOKIE) && s->cookie != UINT64_MAX;
}

static void fill(const struct sock *s, struct request *r)
{
	struct inet_diag_sockid *id = &r->diag.id;

	memset(r, 0, sizeof(*r));
	r->header.nlmsg_len = sizeof(*r);
	r->header.nlmsg_type = SOCK_DESTROY;
	r->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	r->diag.sdiag_family = s->local.family;
	r->diag.sdiag_protocol = IPPROTO_TCP;
	r->diag.idiag_states = UINT32_MAX;
	id->idiag_sport = htons(s->local_port);
	id->idiag_dport = htons(s->remote_port);
	memcpy(id->idiag_src, s->local.bytes, sizeof(id->idiag_src));
	memcpy(id->idiag_dst, s->remote.bytes, sizeof(id->idiag_dst));
	id->idiag_if = s->ifindex;
	id->idiag_cookie[0] = (uint32_t)s->cookie;
	id->idiag_cookie[1] = (uint32_t)(s->cookie >> 32);
}

/* The errno of the answer to request SEQ in a datagram; 1 where it holds none. */
static int find_answer(const unsigned char *p, size_t n, uint32_t seq)
{
	while (n >= NLMSG_HDRLEN) {
		struct nlmsghdr h;
		int error;

		memcpy(&h, p, sizeof(h));
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > n)
			return -EBADMSG;
		if (h.nlmsg_type == NLMSG_ERROR && h.nlmsg_seq == seq) {
			if (h.nlmsg_len < NLMSG_HDRLEN + sizeof(error))
				return -EBADMSG;
			memcpy(&error, p + NLMSG_HDRLEN, sizeof(error));
			return error > 0 ? -EBADMSG : error;
		}
		if (NLMSG_ALIGN((size_t)h.nlmsg_len) >= n)
			break;
		p += NLMSG_ALIGN((size_t)h.nlmsg_len);
		n -= NLMSG_ALIGN((size_t)h.nlmsg_len);
	}
	return 1;
}

int source_destroy(struct source *s, const struct sock *sock)
{
	struct request request;
	struct netlink *nl;
	int ret;

	if (s->ops != &netlink_backend || !cookie_is_usable(sock))
		return -EINVAL;
	ret = live_sockets(s, 1);
	if (ret < 0)
		return ret;
	nl = s->sockets[0];
	fill(sock, &request);

	uint64_t before = privilege_raise(PRIVILEGE_NETWORK);

	ret = netlink_send(nl, &request.header);
	privilege_lower(before);
	while (ret == 0) {
		const void *data;
		size_t len;
		int64_t seen_ns;

		ret = netlink_receive(nl, &data, &len, &seen_ns);
		if (ret < 0)
			break;
		ret = find_answer(data, len, netlink_seq(nl));
		if (ret <= 0)
			return ret;
		ret = 0; /* Left over from an earlier request. */
	}
	return ret;
}
