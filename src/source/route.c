// SPDX-License-Identifier: MIT
#include "source/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "source/backend.h"
#include "source/netns.h"
#include "source/rtnl.h"
#include "source/rtnl_parse.h"

/** One look. */
struct look {
	struct rtnl *rt;
	const struct addr *to;
	uint16_t port;
	uint32_t scope;
	struct route *out;
	/** Only while neighbours are walked: whose entry is wanted. */
	struct addr next_hop;
	/** Addresses of interfaces (struct rtnl_address), where there is no route. */
	struct vec addresses;
};

static size_t addr_size(const struct addr *a)
{
	return a->family == AF_INET6 ? 16 : 4;
}

static int got_route(void *arg, const void *payload, size_t len)
{
	return rtnl_decode_route(payload, len, arg);
}

/** Asks for the route. Policy rules may look at user, protocol and port, so these are sent too. */
static int ask_route(struct look *l)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETROUTE;
	m->rtm_family = l->to->family;
	m->rtm_dst_len = (uint8_t)(addr_size(l->to) * 8);
	mnl_attr_put(h, RTA_DST, addr_size(l->to), l->to->bytes);
	mnl_attr_put_u32(h, RTA_UID, (uint32_t)geteuid());
	mnl_attr_put_u8(h, RTA_IP_PROTO, IPPROTO_TCP);
	mnl_attr_put_u16(h, RTA_DPORT, htons(l->port));
	if (l->scope)
		mnl_attr_put_u32(h, RTA_OIF, l->scope);
	return rtnl_ask(l->rt, h, 0, RTM_NEWROUTE, got_route, l->out);
}

/** What the kernel's refusal of a look-up says (fib_props[] in net/ipv4/fib_semantics.c; IPv6 gives
 *  the same): verified against connect() for each kind. */
static enum route_kind kind_of_error(int error)
{
	switch (error) {
	case ENETUNREACH:
		return ROUTE_NONE;
	case EINVAL:
		return ROUTE_BLACKHOLE;
	case EHOSTUNREACH:
		return ROUTE_UNREACHABLE;
	case EACCES:
		return ROUTE_PROHIBIT;
	default:
		return ROUTE_UNKNOWN;
	}
}

static int got_link(void *arg, const void *payload, size_t len)
{
	struct route *out = arg;
	struct rtnl_link link;
	int ret = rtnl_decode_link(payload, len, &link);

	if (ret || link.ifindex != out->ifindex)
		return ret;
	memcpy(out->device, link.name, sizeof(out->device));
	if (link.state == LINK_DOWN || out->link == LINK_UNKNOWN)
		out->link = link.state;
	if (!out->mtu)
		out->mtu = link.mtu;
	return 0;
}

static int ask_link(struct look *l)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETLINK;
	m->ifi_index = (int)l->out->ifindex;
	return rtnl_ask(l->rt, h, 0, RTM_NEWLINK, got_link, l->out);
}

static int got_neigh(void *arg, const void *payload, size_t len)
{
	struct look *l = arg;
	struct rtnl_neigh neigh;
	int ret = rtnl_decode_neigh(payload, len, &neigh);

	if (!ret && neigh.ifindex == l->out->ifindex && addr_equal(&neigh.address, &l->next_hop))
		l->out->neighbor = neigh.state;
	return ret;
}

/** Asks for the neighbour that packets go to next. By a dump: a single entry cannot be asked for
 *  before Linux 5.0, and the table is small. */
static int ask_neigh(struct look *l)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ndmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	l->next_hop = l->out->gateway.family ? l->out->gateway : *l->to;
	l->out->neighbor = NEIGH_NONE;
	h->nlmsg_type = RTM_GETNEIGH;
	m->ndm_family = l->next_hop.family;
	mnl_attr_put_u32(h, NDA_IFINDEX, l->out->ifindex);
	return rtnl_ask(l->rt, h, NLM_F_DUMP, RTM_NEWNEIGH, got_neigh, l);
}

static int got_address(void *arg, const void *payload, size_t len)
{
	struct look *l = arg;
	struct rtnl_address a;
	int ret = rtnl_decode_address(payload, len, &a);

	if (!ret && a.address.family == l->to->family)
		vec_add(&l->addresses, &a);
	return ret;
}

static int ask_addresses(struct look *l)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETADDR;
	m->ifa_family = l->to->family;
	return rtnl_ask(l->rt, h, NLM_F_DUMP, RTM_NEWADDR, got_address, l);
}

/** True where the destination is on a network of LINK. */
static bool covers(const struct look *l, const struct rtnl_link *link)
{
	if (link->loopback && addr_is_loopback(l->to))
		return true;
	for (size_t i = 0; i < l->addresses.len; i++) {
		const struct rtnl_address *a = &VEC_AT(&l->addresses, struct rtnl_address, i);

		if (a->ifindex == link->ifindex && addr_in_prefix(l->to, &a->address, a->bits))
			return true;
	}
	return false;
}

static int got_down_link(void *arg, const void *payload, size_t len)
{
	struct look *l = arg;
	struct rtnl_link link;
	int ret = rtnl_decode_link(payload, len, &link);

	if (!ret && link.state == LINK_DOWN && covers(l, &link))
		memcpy(l->out->down_device, link.name, sizeof(link.name));
	return ret;
}

/** No route: looks for the interface that would have it if it were up. */
static int ask_down_links(struct look *l)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	int ret;

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	h->nlmsg_type = RTM_GETLINK;
	ret = ask_addresses(l);
	return ret ? ret : rtnl_ask(l->rt, h, NLM_F_DUMP, RTM_NEWLINK, got_down_link, l);
}

/** What stands beside the route: its link and neighbour, or why there is none. */
static int look_beside(struct look *l)
{
	int ret = 0;

	if (l->out->kind == ROUTE_NONE)
		return ask_down_links(l);
	if (!l->out->ifindex)
		return 0;
	ret = ask_link(l);
	if (ret || l->out->kind != ROUTE_UNICAST)
		return ret;
	ret = ask_neigh(l);
	if (ret)
		l->out->neighbor = NEIGH_UNKNOWN;
	return ret;
}

static int look_inside(void *arg)
{
	struct look *l = arg;
	int ret = rtnl_open(&l->rt);

	if (ret)
		return ret;
	ret = ask_route(l);
	if (ret && kind_of_error(-ret) != ROUTE_UNKNOWN) {
		*l->out = (struct route){ .kind = kind_of_error(-ret), .error = -ret };
		ret = 0;
	}
	if (!ret)
		ret = look_beside(l);
	rtnl_close(l->rt);
	return ret;
}

int route_look(struct source *s, const struct addr *to, uint16_t port, uint32_t scope,
	       struct route *out)
{
	struct look l = { .to = to, .port = port, .scope = scope, .out = out,
			  .addresses = VEC_OF(struct rtnl_address) };
	int ret;

	*out = (struct route){ 0 };
	if (strcmp(s->ops->name, "recording") == 0)
		return -EOPNOTSUPP;
	ret = netns_run(s->netns, look_inside, &l);
	vec_free(&l.addresses);
	return ret;
}
