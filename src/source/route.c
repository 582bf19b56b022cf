// SPDX-License-Identifier: MIT
#include "source/route.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/vec.h"
#include "source/backend.h"
#include "source/netns.h"
#include "source/route_ask.h"
#include "source/route_map.h"
#include "source/rtnl.h"
#include "source/rtnl_parse.h"

/** One look. */
struct look {
	struct rtnl *rt;
	const struct addr *to;
	uint16_t port;
	uint32_t scope;
	struct route *out;
	/** Addresses of interfaces (struct rtnl_address), where there is no route. */
	struct vec addresses;
};

static int got_link(void *arg, const void *payload, size_t len)
{
	struct rtnl_link link;
	int ret = rtnl_decode_link(payload, len, &link);

	if (!ret)
		route_take_link(arg, &link);
	return ret;
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

	if (!ret)
		route_take_neigh(l->out, l->to, &neigh);
	return ret;
}

/** Asks for the neighbour that packets go to next. By a dump: a single entry cannot be asked for
 *  before Linux 5.0, and the table is small. */
static int ask_neigh(struct look *l)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ndmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	l->out->neighbor = NEIGH_NONE;
	h->nlmsg_type = RTM_GETNEIGH;
	m->ndm_family = l->out->gateway.family ? l->out->gateway.family : l->to->family;
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

static int got_down_link(void *arg, const void *payload, size_t len)
{
	struct look *l = arg;
	struct rtnl_link link;
	int ret = rtnl_decode_link(payload, len, &link);

	if (!ret)
		route_take_down(l->out, l->to, &l->addresses, &link);
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
	ret = route_ask(l->rt, l->to, l->port, l->scope, l->out);
	if (!ret)
		ret = look_beside(l);
	rtnl_close(l->rt);
	return ret;
}

int route_look(struct source *s, const struct addr *to, uint16_t port, uint32_t scope,
	       struct route *out, struct notes *notes)
{
	struct look l = { .to = to, .port = port, .scope = scope, .out = out,
			  .addresses = VEC_OF(struct rtnl_address) };
	int ret;

	*out = (struct route){ 0 };
	if (s->ops->route)
		return s->ops->route(s, to, scope, out, notes);
	ret = netns_run(s->netns, look_inside, &l);
	vec_free(&l.addresses);
	if (ret)
		notes_add(notes, "the route could not be looked up: %s", strerror(-ret));
	return ret;
}
