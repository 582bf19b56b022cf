// SPDX-License-Identifier: MIT
#include "source/route_survey.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addrlabel.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/addr.h"
#include "source/backend.h"
#include "source/netns.h"
#include "source/route_ask.h"
#include "source/rtnl.h"
#include "source/rtnl_parse.h"

/** The survey of one family. */
struct survey {
	struct rtnl *rt;
	/** Destinations to ask for one by one (a set of struct addr). */
	const struct map *known;
	struct route_map *map;
	struct route_family *out;
	uint8_t family;
	/** Bits of its addresses. */
	unsigned bits;
	/** First addresses of spans (struct addr). */
	struct vec starts;
	/** A route has several next hops; a rule looks at ports; there are too many starts. */
	bool hashed, ports, many;
};

/** Where destinations are treated apart whatever the tables say: by ip_route_output_key() and
 *  connect(), and by RFC 6724's labels and scopes. */
static const struct {
	const char *address;
	unsigned bits;
} special[] = {
	{ "0.0.0.0", 32 }, { "0.0.0.0", 8 },  { "127.0.0.0", 8 }, { "224.0.0.0", 4 },
	{ "224.0.0.0", 24 }, { "255.255.255.255", 32 }, { "::", 128 }, { "::1", 128 },
	{ "::", 96 }, { "::ffff:0:0", 96 }, { "fe80::", 10 }, { "fec0::", 10 }, { "fc00::", 7 },
	{ "2002::", 16 }, { "2001::", 32 }, { "2001:10::", 28 }, { "ff00::", 8 },
};

/** Keeps the first BITS bits of A. */
static void mask(struct addr *a, unsigned bits)
{
	for (size_t i = 0; i < sizeof(a->bytes); i++) {
		unsigned left = bits > 8 * i ? bits - 8 * (unsigned)i : 0;

		if (left < 8)
			a->bytes[i] &= (uint8_t)(0xff00 >> left);
	}
}

/** Adds 1 at bit BITS - 1 of A; false where that leaves the address space. */
static bool step_up(struct addr *a, unsigned bits)
{
	unsigned carry;

	if (bits == 0)
		return false;
	carry = 0x80u >> ((bits - 1) % 8);
	for (size_t i = (bits - 1) / 8 + 1; i-- > 0 && carry;) {
		carry += a->bytes[i];
		a->bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

/** The address before A, which is not the first. */
static struct addr before(const struct survey *v, const struct addr *a)
{
	struct addr last = *a;

	for (size_t i = v->bits / 8; i-- > 0;) {
		if (last.bytes[i]--)
			break;
	}
	return last;
}

/** One span begins with the prefix, another one behind it. */
static void add_prefix(struct survey *v, const struct addr *a, unsigned bits)
{
	struct addr start = *a;

	if (a->family != v->family)
		return;
	/* Many of them are the same: these are told apart later. */
	if (v->starts.len >= (size_t)8 * ROUTE_STARTS_MAX) {
		v->many = true;
		return;
	}
	mask(&start, bits);
	vec_add(&v->starts, &start);
	if (step_up(&start, bits))
		vec_add(&v->starts, &start);
}

static int got_entry(void *arg, const void *payload, size_t len)
{
	struct survey *v = arg;
	struct rtnl_prefix p;
	int ret = rtnl_decode_entry(payload, len, &p);

	if (ret || p.address.family != v->family)
		return ret;
	v->hashed |= p.hashed;
	add_prefix(v, &p.address, p.bits);
	return 0;
}

static int got_rule(void *arg, const void *payload, size_t len)
{
	struct survey *v = arg;
	struct rtnl_prefix p;
	int ret = rtnl_decode_rule(payload, len, &p);

	if (ret || p.address.family != v->family)
		return ret;
	v->ports |= p.ports;
	add_prefix(v, &p.address, p.bits);
	return 0;
}

static int got_label(void *arg, const void *payload, size_t len)
{
	struct rtnl_prefix p;
	int ret = rtnl_decode_label(payload, len, &p);

	if (!ret)
		add_prefix(arg, &p.address, p.bits);
	return ret;
}

static int got_link(void *arg, const void *payload, size_t len)
{
	struct rtnl_link link;
	int ret = rtnl_decode_link(payload, len, &link);

	if (!ret)
		vec_add(&((struct route_map *)arg)->links, &link);
	return ret;
}

static int got_address(void *arg, const void *payload, size_t len)
{
	struct rtnl_address a;
	int ret = rtnl_decode_address(payload, len, &a);

	if (!ret && a.address.family)
		vec_add(&((struct route_map *)arg)->addresses, &a);
	return ret;
}

static int got_neigh(void *arg, const void *payload, size_t len)
{
	struct rtnl_neigh n;
	int ret = rtnl_decode_neigh(payload, len, &n);

	if (!ret && n.address.family)
		vec_add(&((struct route_map *)arg)->neighbors, &n);
	return ret;
}

/** A dump of QUESTION, whose answers are one more type, of FAMILY. */
static int dump(struct rtnl *rt, uint16_t question, size_t header, uint8_t family,
		int (*fn)(void *arg, const void *payload, size_t len), void *arg)
{
	char buf[RTNL_REQUEST] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	/* Every header begins with the family. */
	*(uint8_t *)mnl_nlmsg_put_extra_header(h, header) = family;
	h->nlmsg_type = question;
	/* Counters of an interface are many, and nobody's question here. */
	if (question == RTM_GETLINK)
		mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return rtnl_ask(rt, h, NLM_F_DUMP, (uint16_t)(question - 2), fn, arg);
}

static bool is_global(const struct rtnl_address *a)
{
	return a->address.family == AF_INET6 && !addr_is_loopback(&a->address) &&
	       !(a->address.bytes[0] == 0xfe && (a->address.bytes[1] & 0xc0) == 0x80);
}

/** Of several addresses the one with the longest common prefix may become the source (RFC 6724,
 *  rule 8): each length is a place where the answer may change. */
static void add_sources(struct survey *v)
{
	const struct rtnl_address *first = NULL;
	bool several = false;

	for (size_t i = 0; i < v->map->addresses.len; i++) {
		const struct rtnl_address *a =
			&VEC_AT(&v->map->addresses, const struct rtnl_address, i);

		if (!is_global(a))
			continue;
		several |= first && (first->bits != a->bits ||
				     !addr_in_prefix(&a->address, &first->address, a->bits));
		first = first ? first : a;
	}
	for (size_t i = 0; several && i < v->map->addresses.len; i++) {
		const struct rtnl_address *a =
			&VEC_AT(&v->map->addresses, const struct rtnl_address, i);

		for (unsigned bits = 1; is_global(a) && bits <= a->bits; bits++)
			add_prefix(v, &a->address, bits);
	}
}

static int compare_starts(const void *a, const void *b)
{
	return addr_compare(a, b);
}

/** Puts the starts in order, each once. */
static void sort_starts(struct survey *v)
{
	struct addr *a = v->starts.data;
	size_t kept = 1;

	qsort(a, v->starts.len, sizeof(*a), compare_starts);
	for (size_t i = 1; i < v->starts.len; i++) {
		if (!addr_equal(&a[i], &a[kept - 1]))
			a[kept++] = a[i];
	}
	v->starts.len = kept;
}

/** Destinations for themselves, where that tells more: beside the other starts, or instead of
 *  them. */
static void add_known(struct survey *v)
{
	const struct addr zero = { .family = v->family };
	bool many = v->many || v->starts.len > ROUTE_STARTS_MAX;
	const void *key;

	if (many) {
		vec_reset(&v->starts);
		vec_add(&v->starts, &zero);
	}
	for (size_t i = 0; (many || v->hashed) && map_next(v->known, &i, &key, NULL);)
		add_prefix(v, key, v->bits);
	v->many = many;
}

/** All places at which the answer may change. */
static int find_starts(struct survey *v)
{
	const struct addr zero = { .family = v->family };
	int ret;

	vec_add(&v->starts, &zero);
	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		struct addr a;

		if (addr_parse(special[i].address, &a) == 0)
			add_prefix(v, &a, special[i].bits);
	}
	ret = dump(v->rt, RTM_GETRULE, sizeof(struct fib_rule_hdr), v->family, got_rule, v);
	/* A kernel without policy rules. */
	if (!ret || ret == -EOPNOTSUPP)
		ret = dump(v->rt, RTM_GETROUTE, sizeof(struct rtmsg), v->family, got_entry, v);
	if (!ret && v->family == AF_INET6) {
		ret = dump(v->rt, RTM_GETADDRLABEL, sizeof(struct ifaddrlblmsg), v->family,
			   got_label, v);
		add_sources(v);
	}
	sort_starts(v);
	add_known(v);
	sort_starts(v);
	return ret;
}

/** True where the two say the same of the way, their sources aside. */
static bool same_way(const struct route *a, const struct route *b)
{
	return a->kind == b->kind && a->link == b->link && a->ifindex == b->ifindex &&
	       a->mtu == b->mtu && addr_equal(&a->gateway, &b->gateway);
}

/** Asks for the destinations from FIRST to LAST into S. */
static int ask_span(struct survey *v, const struct addr *first, const struct addr *last,
		    struct route_span *s)
{
	struct route end = { 0 };
	bool hashed = false;
	int ret = route_ask(v->rt, first, 0, 0, &s->route);

	*s = (struct route_span){ .first = *first, .route = s->route };
	if (!ret && !addr_equal(first, last)) {
		ret = route_ask(v->rt, last, 0, 0, &end);
		s->from_itself = addr_equal(&s->route.source, first) &&
				 addr_equal(&end.source, last);
		if (!same_way(&s->route, &end))
			s->known = SPAN_MIXED;
		else if (!s->from_itself && !addr_equal(&s->route.source, &end.source))
			s->known = SPAN_NO_SOURCE;
	}
	if (!ret && v->hashed && !addr_equal(first, last))
		ret = route_ask_hashed(v->rt, first, &hashed);
	if (hashed)
		s->known = SPAN_HASHED;
	if (s->from_itself || s->known != SPAN_WHOLE)
		s->route.source = (struct addr){ .family = 0 };
	if (s->known >= SPAN_HASHED)
		s->route = (struct route){ 0 };
	return ret;
}

/** Spans side by side with the same answer become one. */
static void add_span(struct survey *v, const struct route_span *s)
{
	const struct route_span *last = v->out->spans.len ?
		&VEC_AT(&v->out->spans, const struct route_span, v->out->spans.len - 1) : NULL;

	if (last && last->known == s->known && last->from_itself == s->from_itself &&
	    same_way(&last->route, &s->route) && addr_equal(&last->route.source, &s->route.source))
		return;
	vec_add(&v->out->spans, s);
}

static int ask_spans(struct survey *v)
{
	struct addr last = { .family = v->family };
	int ret = 0;

	memset(last.bytes, 0xff, v->bits / 8);
	for (size_t i = 0; !ret && i < v->starts.len; i++) {
		const struct addr *starts = v->starts.data;
		struct addr end = i + 1 < v->starts.len ? before(v, &starts[i + 1]) : last;
		struct route_span s = { .first = starts[i], .known = SPAN_MANY };

		if (!v->many || addr_equal(&starts[i], &end))
			ret = ask_span(v, &starts[i], &end, &s);
		if (!ret)
			add_span(v, &s);
	}
	return ret;
}

static void survey_family(struct rtnl *rt, const struct map *known, struct route_map *map,
			  int index)
{
	struct survey v = { .rt = rt, .known = known, .map = map, .out = &map->family[index],
			    .family = index == ROUTE_IPV6 ? AF_INET6 : AF_INET,
			    .bits = index == ROUTE_IPV6 ? 128 : 32,
			    .starts = VEC_OF(struct addr) };
	int ret = find_starts(&v);

	if (!ret && v.ports)
		v.out->gap = ROUTE_GAP_PORTS;
	else if (!ret)
		ret = ask_spans(&v);
	if (ret) {
		v.out->gap = ROUTE_GAP_FAILED;
		vec_reset(&v.out->spans);
	}
	vec_free(&v.starts);
}

/** A whole survey. */
struct job {
	const struct map *known;
	struct route_map *map;
};

static int survey_inside(void *arg)
{
	const struct job *job = arg;
	struct route_map *m = job->map;
	struct rtnl *rt;
	int ret = rtnl_open(&rt);

	if (ret)
		return ret;
	ret = dump(rt, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC, got_link, m);
	if (!ret)
		ret = dump(rt, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_UNSPEC, got_address, m);
	if (!ret)
		ret = dump(rt, RTM_GETNEIGH, sizeof(struct ndmsg), AF_UNSPEC, got_neigh, m);
	for (int i = 0; !ret && i < ROUTE_FAMILIES; i++)
		survey_family(rt, job->known, m, i);
	rtnl_close(rt);
	return ret;
}

int route_survey(struct source *s, const struct map *known, struct route_map *out)
{
	struct job job = { known, out };
	int ret;

	route_map_init(out);
	ret = netns_run(s->netns, survey_inside, &job);
	if (ret)
		route_map_free(out);
	return ret;
}
