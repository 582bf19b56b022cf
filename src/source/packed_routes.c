// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "model/addr.h"
#include "source/packed_text.h"
#include "source/route_map.h"

/** Flags of a span. */
enum { FROM_ITSELF = 1 << 0 };
/** Flags of a link. */
enum { LOOPBACK = 1 << 0 };

/** A number below LIMIT. */
static bool take_below(struct cursor *in, uint64_t limit, uint64_t *out)
{
	return cursor_varint(in, out) && *out < limit;
}

static bool take_u32(struct cursor *in, uint32_t *out)
{
	uint64_t v;

	if (!take_below(in, (uint64_t)UINT32_MAX + 1, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

/** How many things follow, each of which takes a byte at least. */
static bool take_many(struct cursor *in, uint64_t *out)
{
	return cursor_varint(in, out) && *out <= cursor_left(in);
}

static void pack_span(struct str *out, const struct route_span *s)
{
	packed_add_addr(out, &s->first);
	varint_add(out, s->known);
	varint_add(out, s->from_itself ? FROM_ITSELF : 0);
	/* Not the errno: its number is the machine's. */
	varint_add(out, s->route.kind);
	varint_add(out, s->route.link);
	varint_add(out, s->route.ifindex);
	varint_add(out, s->route.mtu);
	packed_add_addr(out, &s->route.source);
	packed_add_addr(out, &s->route.gateway);
}

static bool unpack_span(struct cursor *in, struct route_span *s)
{
	uint64_t known, flags, kind, link;

	if (!packed_take_addr(in, &s->first) || !take_below(in, SPAN_KNOWN_COUNT, &known) ||
	    !cursor_varint(in, &flags) || !take_below(in, ROUTE_KIND_COUNT, &kind) ||
	    !take_below(in, LINK_STATE_COUNT, &link) || !take_u32(in, &s->route.ifindex) ||
	    !take_u32(in, &s->route.mtu) || !packed_take_addr(in, &s->route.source) ||
	    !packed_take_addr(in, &s->route.gateway))
		return false;
	s->known = (enum span_known)known;
	s->from_itself = flags & FROM_ITSELF;
	s->route.kind = (enum route_kind)kind;
	s->route.link = (enum link_state)link;
	return true;
}

static void pack_family(struct str *out, const struct route_family *f)
{
	varint_add(out, f->gap);
	varint_add(out, f->spans.len);
	for (size_t i = 0; i < f->spans.len; i++)
		pack_span(out, &VEC_AT(&f->spans, const struct route_span, i));
}

static bool unpack_family(struct cursor *in, uint8_t family, struct route_family *f)
{
	uint64_t gap, count;

	if (!take_below(in, ROUTE_GAP_COUNT, &gap) || !take_many(in, &count))
		return false;
	f->gap = (enum route_gap)gap;
	for (; count; count--) {
		struct route_span *s = vec_push(&f->spans);

		/* In rising order, or they cannot be searched. */
		if (!unpack_span(in, s) || s->first.family != family ||
		    (f->spans.len > 1 && addr_compare(&s[-1].first, &s->first) >= 0))
			return false;
	}
	return true;
}

static void pack_link(struct str *out, const struct rtnl_link *l)
{
	varint_add(out, l->ifindex);
	varint_add(out, l->mtu);
	varint_add(out, l->state);
	varint_add(out, l->loopback ? LOOPBACK : 0);
	packed_add_text(out, l->name);
}

static bool unpack_link(struct cursor *in, struct rtnl_link *l)
{
	struct arena arena = { 0 };
	uint64_t state, flags;
	const char *name;
	bool ok = take_u32(in, &l->ifindex) && take_u32(in, &l->mtu) &&
		  take_below(in, LINK_STATE_COUNT, &state) && cursor_varint(in, &flags) &&
		  packed_take_text(in, &arena, &name) && name && strlen(name) < DEVICE_NAME;

	if (ok) {
		l->state = (enum link_state)state;
		l->loopback = flags & LOOPBACK;
		memcpy(l->name, name, strlen(name) + 1);
	}
	arena_free(&arena);
	return ok;
}

static void pack_address(struct str *out, const struct rtnl_address *a)
{
	varint_add(out, a->ifindex);
	varint_add(out, a->bits);
	packed_add_addr(out, &a->address);
}

static bool unpack_address(struct cursor *in, struct rtnl_address *a)
{
	uint64_t bits;

	if (!take_u32(in, &a->ifindex) || !take_below(in, 129, &bits) || !packed_take_addr(in, &a->address))
		return false;
	a->bits = (unsigned)bits;
	return a->address.family != AF_INET || bits <= 32;
}

static void pack_neigh(struct str *out, const struct rtnl_neigh *n)
{
	varint_add(out, n->ifindex);
	varint_add(out, n->state);
	packed_add_addr(out, &n->address);
}

static bool unpack_neigh(struct cursor *in, struct rtnl_neigh *n)
{
	uint64_t state;

	if (!take_u32(in, &n->ifindex) || !take_below(in, NEIGH_STATE_COUNT, &state) ||
	    !packed_take_addr(in, &n->address))
		return false;
	n->state = (enum neigh_state)state;
	return true;
}

void pack_routes(struct str *out, const struct route_map *m)
{
	varint_add(out, PACKED_VERSION);
	varint_add(out, ROUTE_FAMILIES);
	for (int i = 0; i < ROUTE_FAMILIES; i++)
		pack_family(out, &m->family[i]);
	varint_add(out, m->links.len);
	for (size_t i = 0; i < m->links.len; i++)
		pack_link(out, &VEC_AT(&m->links, const struct rtnl_link, i));
	varint_add(out, m->addresses.len);
	for (size_t i = 0; i < m->addresses.len; i++)
		pack_address(out, &VEC_AT(&m->addresses, const struct rtnl_address, i));
	varint_add(out, m->neighbors.len);
	for (size_t i = 0; i < m->neighbors.len; i++)
		pack_neigh(out, &VEC_AT(&m->neighbors, const struct rtnl_neigh, i));
}

static bool unpack_beside(struct cursor *in, struct route_map *out)
{
	uint64_t count;
	bool ok = take_many(in, &count);

	for (; ok && count; count--)
		ok = unpack_link(in, vec_push(&out->links));
	ok = ok && take_many(in, &count);
	for (; ok && count; count--)
		ok = unpack_address(in, vec_push(&out->addresses));
	ok = ok && take_many(in, &count);
	for (; ok && count; count--)
		ok = unpack_neigh(in, vec_push(&out->neighbors));
	return ok;
}

int unpack_routes(const void *p, size_t n, struct route_map *out)
{
	struct cursor in = cursor_make(p, n);
	uint64_t families;

	route_map_init(out);
	if (packed_take_count(&in, &families) && families == ROUTE_FAMILIES &&
	    unpack_family(&in, AF_INET, &out->family[ROUTE_IPV4]) &&
	    unpack_family(&in, AF_INET6, &out->family[ROUTE_IPV6]) && unpack_beside(&in, out))
		return 0;
	route_map_free(out);
	return -EBADMSG;
}
