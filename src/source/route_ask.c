// SPDX-License-Identifier: MIT
#include "source/route_ask.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "source/route_map.h"
#include "source/rtnl_parse.h"

static size_t addr_size(const struct addr *a)
{
	return a->family == AF_INET6 ? 16 : 4;
}

/** The question. Policy rules may look at user, protocol and port, so these are sent too. */
static struct nlmsghdr *put_question(char buf[static RTNL_REQUEST], const struct addr *to,
				     uint16_t port, uint32_t scope, unsigned flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETROUTE;
	m->rtm_family = to->family;
	m->rtm_dst_len = (uint8_t)(addr_size(to) * 8);
	m->rtm_flags = flags;
	mnl_attr_put(h, RTA_DST, addr_size(to), to->bytes);
	mnl_attr_put_u32(h, RTA_UID, (uint32_t)geteuid());
	mnl_attr_put_u8(h, RTA_IP_PROTO, IPPROTO_TCP);
	mnl_attr_put_u16(h, RTA_DPORT, htons(port));
	if (scope)
		mnl_attr_put_u32(h, RTA_OIF, scope);
	return h;
}

static int got_route(void *arg, const void *payload, size_t len)
{
	return rtnl_decode_route(payload, len, arg);
}

int route_ask(struct rtnl *rt, const struct addr *to, uint16_t port, uint32_t scope,
	      struct route *out)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = put_question(buf, to, port, scope, 0);
	int ret = rtnl_ask(rt, h, 0, RTM_NEWROUTE, got_route, out);

	if (ret && route_kind_of_error(-ret) != ROUTE_UNKNOWN) {
		*out = (struct route){ .kind = route_kind_of_error(-ret), .error = -ret };
		ret = 0;
	}
	return ret;
}

static int got_entry(void *arg, const void *payload, size_t len)
{
	struct rtnl_prefix entry;
	struct rtmsg m;
	int ret = rtnl_decode_entry(payload, len, &entry);

	if (ret)
		return ret;
	memcpy(&m, payload, sizeof(m));
	/* A look-up's plain answer, not an entry: this kernel does not know the flag. */
	*(bool *)arg = entry.hashed || (m.rtm_flags & RTM_F_CLONED);
	return 0;
}

int route_ask_hashed(struct rtnl *rt, const struct addr *to, bool *hashed)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = put_question(buf, to, 0, 0, RTM_F_FIB_MATCH);
	int ret;

	*hashed = false;
	ret = rtnl_ask(rt, h, 0, RTM_NEWROUTE, got_entry, hashed);
	/* A refusal is the same for all. */
	return route_kind_of_error(-ret) != ROUTE_UNKNOWN ? 0 : ret;
}
