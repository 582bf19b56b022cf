// SPDX-License-Identifier: MIT
#include "source/rtnl_parse.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/** An attribute whose bounds are checked. */
struct attr_view {
	unsigned type;
	const unsigned char *data;
	size_t len;
};

/** Reads the attribute at P; returns the step to the next one, 0 where fewer bytes than a header
 *  are left, -EBADMSG where it runs over the end. */
static long next_attr(const unsigned char *p, size_t left, struct attr_view *out)
{
	struct rtattr a;
	size_t step;

	if (left < sizeof(a))
		return 0;
	memcpy(&a, p, sizeof(a));
	if (a.rta_len < sizeof(a) || a.rta_len > left)
		return -EBADMSG;
	out->type = a.rta_type & (unsigned)NLA_TYPE_MASK;
	out->data = p + sizeof(a);
	out->len = a.rta_len - sizeof(a);
	step = RTA_ALIGN((size_t)a.rta_len);
	return (long)(step < left ? step : left);
}

/** Hands every attribute behind the header of HEADER bytes to FN. 0 or -EBADMSG. */
static int each_attr(const void *payload, size_t len, size_t header,
		     void (*fn)(void *arg, const struct attr_view *a), void *arg)
{
	const unsigned char *p = payload;
	struct attr_view a;
	long step;

	for (size_t at = NLMSG_ALIGN(header); at < len; at += (size_t)step) {
		step = next_attr(p + at, len - at, &a);
		if (step < 0)
			return -EBADMSG;
		if (step == 0)
			break;
		fn(arg, &a);
	}
	return 0;
}

/** The attribute as 32 bits, or FALLBACK where it is shorter. */
static uint32_t attr_u32(const struct attr_view *a, uint32_t fallback)
{
	uint32_t v = fallback;

	if (a->len >= sizeof(v))
		memcpy(&v, a->data, sizeof(v));
	return v;
}

/** LEN bytes as an address; family 0 where the length fits none. */
static struct addr to_addr(const unsigned char *p, size_t len)
{
	struct addr a = { .family = 0 };

	if (len == 4 || len == 16) {
		a.family = len == 4 ? AF_INET : AF_INET6;
		memcpy(a.bytes, p, len);
	}
	return a;
}

static struct addr attr_addr(const struct attr_view *a)
{
	return to_addr(a->data, a->len);
}

static void copy_name(const struct attr_view *a, char name[DEVICE_NAME])
{
	size_t n = a->len < DEVICE_NAME - 1 ? a->len : DEVICE_NAME - 1;

	memset(name, 0, DEVICE_NAME);
	memcpy(name, a->data, n);
}

static enum route_kind route_kind_of(unsigned type)
{
	switch (type) {
	case RTN_UNICAST:
		return ROUTE_UNICAST;
	case RTN_LOCAL:
		return ROUTE_LOCAL;
	case RTN_BROADCAST:
		return ROUTE_BROADCAST;
	case RTN_ANYCAST:
	case RTN_MULTICAST:
		return ROUTE_MULTICAST;
	case RTN_BLACKHOLE:
		return ROUTE_BLACKHOLE;
	case RTN_UNREACHABLE:
		return ROUTE_UNREACHABLE;
	case RTN_PROHIBIT:
		return ROUTE_PROHIBIT;
	case RTN_THROW:
		return ROUTE_NONE;
	default:
		return ROUTE_UNKNOWN;
	}
}

static void metric(void *arg, const struct attr_view *a)
{
	struct route *out = arg;

	if (a->type == RTAX_MTU)
		out->mtu = attr_u32(a, 0);
}

static void route_attr(void *arg, const struct attr_view *a)
{
	struct route *out = arg;

	switch (a->type) {
	case RTA_PREFSRC:
		out->source = attr_addr(a);
		break;
	case RTA_GATEWAY:
		out->gateway = attr_addr(a);
		break;
	case RTA_VIA: /* an IPv6 gateway of an IPv4 route: struct rtvia, a family and bytes */
		if (a->len > 2)
			out->gateway = to_addr(a->data + 2, a->len - 2);
		break;
	case RTA_OIF:
		out->ifindex = attr_u32(a, 0);
		break;
	case RTA_METRICS:
		if (each_attr(a->data, a->len, 0, metric, out))
			out->mtu = 0;
		break;
	default:
		break;
	}
}

int rtnl_decode_route(const void *payload, size_t len, struct route *out)
{
	struct rtmsg m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	out->kind = route_kind_of(m.rtm_type);
	if (m.rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
		out->link = LINK_NO_CARRIER;
	return each_attr(payload, len, sizeof(m), route_attr, out);
}

static void link_attr(void *arg, const struct attr_view *a)
{
	struct rtnl_link *out = arg;

	if (a->type == IFLA_IFNAME)
		copy_name(a, out->name);
	else if (a->type == IFLA_MTU)
		out->mtu = attr_u32(a, 0);
}

int rtnl_decode_link(const void *payload, size_t len, struct rtnl_link *out)
{
	struct ifinfomsg m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	*out = (struct rtnl_link){ .ifindex = (uint32_t)m.ifi_index,
				   .loopback = m.ifi_flags & IFF_LOOPBACK };
	/* IFF_LOWER_UP is carrier; what says nothing of it (loopback, tun) has it set while up. */
	if (!(m.ifi_flags & IFF_UP))
		out->state = LINK_DOWN;
	else
		out->state = m.ifi_flags & IFF_LOWER_UP ? LINK_UP : LINK_NO_CARRIER;
	return each_attr(payload, len, sizeof(m), link_attr, out);
}

static void address_attr(void *arg, const struct attr_view *a)
{
	struct rtnl_address *out = arg;

	/* IFA_LOCAL is our own address where IFA_ADDRESS is the other end of a point-to-point link;
	 * the network is IFA_ADDRESS's. */
	if (a->type == IFA_ADDRESS)
		out->address = attr_addr(a);
}

int rtnl_decode_address(const void *payload, size_t len, struct rtnl_address *out)
{
	struct ifaddrmsg m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	*out = (struct rtnl_address){ .ifindex = m.ifa_index, .bits = m.ifa_prefixlen };
	return each_attr(payload, len, sizeof(m), address_attr, out);
}

static enum neigh_state neigh_state_of(unsigned state)
{
	static const struct {
		unsigned bit;
		enum neigh_state state;
	} bits[] = {
		{ NUD_PERMANENT, NEIGH_PERMANENT }, { NUD_NOARP, NEIGH_NOARP },
		{ NUD_FAILED, NEIGH_FAILED },	    { NUD_INCOMPLETE, NEIGH_INCOMPLETE },
		{ NUD_REACHABLE, NEIGH_REACHABLE }, { NUD_STALE, NEIGH_STALE },
		{ NUD_DELAY, NEIGH_DELAY },	    { NUD_PROBE, NEIGH_PROBE },
	};

	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		if (state & bits[i].bit)
			return bits[i].state;
	}
	/* NUD_NONE: an entry that nobody has used yet. */
	return NEIGH_NONE;
}

static void neigh_attr(void *arg, const struct attr_view *a)
{
	struct rtnl_neigh *out = arg;

	if (a->type == NDA_DST)
		out->address = attr_addr(a);
}

int rtnl_decode_neigh(const void *payload, size_t len, struct rtnl_neigh *out)
{
	struct ndmsg m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	*out = (struct rtnl_neigh){ .ifindex = (uint32_t)m.ndm_ifindex,
				    .state = neigh_state_of(m.ndm_state) };
	return each_attr(payload, len, sizeof(m), neigh_attr, out);
}

/** What tells whether a route is one of several next hops. */
struct entry {
	struct rtnl_prefix *out;
	bool object, device;
};

static void entry_attr(void *arg, const struct attr_view *a)
{
	struct entry *e = arg;

	if (a->type == RTA_DST)
		e->out->address = attr_addr(a);
	else if (a->type == RTA_MULTIPATH)
		e->out->hashed = true;
	else if (a->type == RTA_NH_ID)
		e->object = true;
	else if (a->type == RTA_OIF)
		e->device = true;
}

/** The prefix of BITS bits without an address yet: what has no address is about all. */
static struct rtnl_prefix all_of(unsigned family, unsigned bits)
{
	return (struct rtnl_prefix){ .address.family = (uint8_t)family, .bits = bits };
}

/** 0; -EBADMSG where an attribute made P a prefix that there cannot be. */
static int check_prefix(const struct rtnl_prefix *p, unsigned family)
{
	unsigned most = family == AF_INET ? 32 : 128;

	return p->address.family != family || p->bits > most ? -EBADMSG : 0;
}

int rtnl_decode_entry(const void *payload, size_t len, struct rtnl_prefix *out)
{
	struct entry e = { .out = out };
	struct rtmsg m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	*out = all_of(m.rtm_family, m.rtm_dst_len);
	if (each_attr(payload, len, sizeof(m), entry_attr, &e))
		return -EBADMSG;
	/* A group of nexthop objects where nexthop_compat_mode is off: only its number is told. */
	if (e.object && !e.device && m.rtm_type == RTN_UNICAST)
		out->hashed = true;
	return check_prefix(out, m.rtm_family);
}

static void rule_attr(void *arg, const struct attr_view *a)
{
	struct rtnl_prefix *out = arg;

	if (a->type == FRA_DST)
		out->address = attr_addr(a);
	else if (a->type == FRA_SPORT_RANGE || a->type == FRA_DPORT_RANGE)
		out->ports = true;
}

int rtnl_decode_rule(const void *payload, size_t len, struct rtnl_prefix *out)
{
	struct fib_rule_hdr m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	*out = all_of(m.family, m.dst_len);
	if (each_attr(payload, len, sizeof(m), rule_attr, out))
		return -EBADMSG;
	return check_prefix(out, m.family);
}

static void label_attr(void *arg, const struct attr_view *a)
{
	struct rtnl_prefix *out = arg;

	if (a->type == IFAL_ADDRESS)
		out->address = attr_addr(a);
}

int rtnl_decode_label(const void *payload, size_t len, struct rtnl_prefix *out)
{
	struct ifaddrlblmsg m;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, payload, sizeof(m));
	*out = all_of(m.ifal_family, m.ifal_prefixlen);
	if (each_attr(payload, len, sizeof(m), label_attr, out))
		return -EBADMSG;
	return check_prefix(out, m.ifal_family);
}

/** The errno in the payload of NLMSG_ERROR or NLMSG_DONE: 0 or negative. */
static int payload_error(const unsigned char *p, size_t len)
{
	int error = 0;

	if (len >= sizeof(error))
		memcpy(&error, p, sizeof(error));
	return error > 0 ? -error : error;
}

enum rtnl_end rtnl_walk(const void *data, size_t n, uint32_t seq, uint32_t portid, uint16_t type,
			int *error, int (*fn)(void *arg, const void *payload, size_t len),
			void *arg)
{
	const unsigned char *p = data;

	while (n) {
		struct nlmsghdr h;
		size_t len, step;

		if (n < sizeof(h))
			return RTNL_BROKEN;
		memcpy(&h, p, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return RTNL_BROKEN;
		len = h.nlmsg_len - sizeof(h);
		step = NLMSG_ALIGN((size_t)h.nlmsg_len) < n ? NLMSG_ALIGN((size_t)h.nlmsg_len) : n;
		if (h.nlmsg_seq == seq && h.nlmsg_pid == portid) {
			if (h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR) {
				*error = payload_error(p + sizeof(h), len);
				return *error ? RTNL_ERROR : RTNL_DONE;
			}
			if (h.nlmsg_type == type && fn(arg, p + sizeof(h), len))
				return RTNL_BROKEN;
		}
		p += step;
		n -= step;
	}
	return RTNL_MORE;
}
