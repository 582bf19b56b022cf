// SPDX-License-Identifier: MIT
#include "source/route_map.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "model/addr.h"

void route_map_init(struct route_map *m)
{
	*m = (struct route_map){ .links = VEC_OF(struct rtnl_link),
				 .addresses = VEC_OF(struct rtnl_address),
				 .neighbors = VEC_OF(struct rtnl_neigh) };
	for (int i = 0; i < ROUTE_FAMILIES; i++)
		m->family[i].spans = VEC_OF(struct route_span);
}

void route_map_free(struct route_map *m)
{
	for (int i = 0; i < ROUTE_FAMILIES; i++)
		vec_free(&m->family[i].spans);
	vec_free(&m->links);
	vec_free(&m->addresses);
	vec_free(&m->neighbors);
}

/** fib_props[] in net/ipv4/fib_semantics.c; IPv6 gives the same: verified against connect() for
 *  each kind. */
static const int refusals[ROUTE_KIND_COUNT] = {
	[ROUTE_NONE] = ENETUNREACH,
	[ROUTE_BLACKHOLE] = EINVAL,
	[ROUTE_UNREACHABLE] = EHOSTUNREACH,
	[ROUTE_PROHIBIT] = EACCES,
};

int route_kind_error(enum route_kind kind)
{
	return refusals[kind];
}

enum route_kind route_kind_of_error(int error)
{
	for (int i = 0; i < ROUTE_KIND_COUNT; i++) {
		if (error && refusals[i] == error)
			return (enum route_kind)i;
	}
	return ROUTE_UNKNOWN;
}

void route_take_link(struct route *out, const struct rtnl_link *link)
{
	if (link->ifindex != out->ifindex)
		return;
	memcpy(out->device, link->name, sizeof(out->device));
	if (link->state == LINK_DOWN || out->link == LINK_UNKNOWN)
		out->link = link->state;
	if (!out->mtu)
		out->mtu = link->mtu;
}

void route_take_neigh(struct route *out, const struct addr *to, const struct rtnl_neigh *n)
{
	const struct addr *next = out->gateway.family ? &out->gateway : to;

	if (n->ifindex == out->ifindex && addr_equal(&n->address, next))
		out->neighbor = n->state;
}

/** True where TO is on a network of LINK. */
static bool covers(const struct addr *to, const struct vec *addresses, const struct rtnl_link *link)
{
	if (link->loopback && addr_is_loopback(to))
		return true;
	for (size_t i = 0; i < addresses->len; i++) {
		const struct rtnl_address *a = &VEC_AT(addresses, const struct rtnl_address, i);

		if (a->ifindex == link->ifindex && a->address.family == to->family &&
		    addr_in_prefix(to, &a->address, a->bits))
			return true;
	}
	return false;
}

void route_take_down(struct route *out, const struct addr *to, const struct vec *addresses,
		     const struct rtnl_link *link)
{
	if (link->state == LINK_DOWN && covers(to, addresses, link))
		memcpy(out->down_device, link->name, sizeof(link->name));
}

/** The last span that starts at or before TO; NULL where there is none. */
static const struct route_span *find_span(const struct vec *spans, const struct addr *to)
{
	size_t low = 0, high = spans->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&VEC_AT(spans, const struct route_span, middle).first, to) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &VEC_AT(spans, const struct route_span, low - 1) : NULL;
}

/** What stands beside the route, as it is asked for live: link and neighbour, or the interface that
 *  is down. */
static void look_beside(const struct route_map *m, const struct addr *to, struct route *out)
{
	for (size_t i = 0; i < m->links.len; i++) {
		const struct rtnl_link *link = &VEC_AT(&m->links, const struct rtnl_link, i);

		if (out->kind == ROUTE_NONE)
			route_take_down(out, to, &m->addresses, link);
		else if (out->ifindex)
			route_take_link(out, link);
	}
	if (out->kind != ROUTE_UNICAST || !out->ifindex)
		return;
	out->neighbor = NEIGH_NONE;
	for (size_t i = 0; i < m->neighbors.len; i++)
		route_take_neigh(out, to, &VEC_AT(&m->neighbors, const struct rtnl_neigh, i));
}

static const char *const gaps[] = {
	[ROUTE_GAP_NONE] = NULL,
	[ROUTE_GAP_FAILED] = "they could not be recorded",
	[ROUTE_GAP_PORTS] = "policy rules look at ports, so they were not recorded",
};
static_assert(ARRAY_LEN(gaps) == ROUTE_GAP_COUNT, "a gap was added: say it");

static const char *const lacking[] = {
	[SPAN_WHOLE] = NULL,
	[SPAN_NO_SOURCE] = "the source address hangs on the destination and was not recorded for "
			   "this one",
	[SPAN_HASHED] = "there are several next hops, which of them is taken hangs on the "
			"destination, and no socket led to this one",
	[SPAN_MIXED] = "they differ from destination to destination, and this one was not recorded",
	[SPAN_MANY] = "there were too many to record, and no socket led to this destination",
};
static_assert(ARRAY_LEN(lacking) == SPAN_KNOWN_COUNT, "a kind was added: say it");

bool route_map_lacks(const struct route_map *m)
{
	for (int f = 0; f < ROUTE_FAMILIES; f++) {
		const struct vec *spans = &m->family[f].spans;

		for (size_t i = 0; i < spans->len; i++) {
			enum span_known known = VEC_AT(spans, const struct route_span, i).known;

			if (known == SPAN_HASHED || known == SPAN_MANY)
				return true;
		}
	}
	return false;
}

int route_map_look(const struct route_map *m, const struct addr *to, uint32_t scope,
		   struct route *out, const char **lacks)
{
	const struct route_family *f =
		&m->family[to->family == AF_INET6 ? ROUTE_IPV6 : ROUTE_IPV4];
	const struct route_span *span = find_span(&f->spans, to);

	*out = (struct route){ 0 };
	*lacks = gaps[f->gap];
	if (scope)
		*lacks = "those of a link-local address are not recorded";
	else if (!*lacks && !span)
		*lacks = gaps[ROUTE_GAP_FAILED];
	if (*lacks)
		return -ENODATA;
	*lacks = lacking[span->known];
	if (span->known >= SPAN_HASHED)
		return -ENODATA;
	*out = span->route;
	out->error = route_kind_error(out->kind);
	if (span->from_itself)
		out->source = *to;
	look_beside(m, to, out);
	return 0;
}
