// SPDX-License-Identifier: MIT
/* source/route_map, packed_routes: what was surveyed is found again, and bytes that are nothing are
 * told. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/addr.h"
#include "source/route_map.h"

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct route_span *add_span(struct route_map *m, int family, const char *first,
				   enum route_kind kind)
{
	struct route_span *s = vec_push(&m->family[family].spans);

	s->first = address(first);
	s->route.kind = kind;
	return s;
}

/** Everything under 10/8 by way of 192.0.2.1 on eth0, but for a hole, a hashed and a mixed part. */
static void make(struct route_map *m)
{
	struct route_span *s;
	struct rtnl_link *link;
	struct rtnl_address *a;
	struct rtnl_neigh *n;

	route_map_init(m);
	add_span(m, ROUTE_IPV4, "0.0.0.0", ROUTE_NONE);
	s = add_span(m, ROUTE_IPV4, "10.0.0.0", ROUTE_UNICAST);
	s->route.ifindex = 2;
	s->route.gateway = address("192.0.2.1");
	s->route.source = address("192.0.2.9");
	add_span(m, ROUTE_IPV4, "10.1.0.0", ROUTE_PROHIBIT);
	add_span(m, ROUTE_IPV4, "10.2.0.0", ROUTE_UNKNOWN)->known = SPAN_HASHED;
	add_span(m, ROUTE_IPV4, "10.3.0.0", ROUTE_UNKNOWN)->known = SPAN_MIXED;
	s = add_span(m, ROUTE_IPV4, "10.4.0.0", ROUTE_LOCAL);
	s->from_itself = true;
	s->route.ifindex = 1;
	s = add_span(m, ROUTE_IPV4, "10.5.0.0", ROUTE_UNICAST);
	s->known = SPAN_NO_SOURCE;
	s->route.ifindex = 2;
	add_span(m, ROUTE_IPV4, "11.0.0.0", ROUTE_NONE);
	m->family[ROUTE_IPV6].gap = ROUTE_GAP_PORTS;
	link = vec_push(&m->links);
	*link = (struct rtnl_link){ 1, 65536, "lo", true, LINK_UP };
	link = vec_push(&m->links);
	*link = (struct rtnl_link){ 2, 1500, "eth0", false, LINK_UP };
	link = vec_push(&m->links);
	*link = (struct rtnl_link){ 3, 1500, "eth1", false, LINK_DOWN };
	a = vec_push(&m->addresses);
	*a = (struct rtnl_address){ 3, address("172.16.0.1"), 16 };
	n = vec_push(&m->neighbors);
	*n = (struct rtnl_neigh){ 3, address("192.0.2.1"), NEIGH_REACHABLE };
	n = vec_push(&m->neighbors);
	*n = (struct rtnl_neigh){ 2, address("192.0.2.1"), NEIGH_FAILED };
}

static int look(const struct route_map *m, const char *to, struct route *out, const char **lacks)
{
	struct addr a = address(to);

	return route_map_look(m, &a, 0, out, lacks);
}

static void expect_kind(const struct route_map *m, const char *to, enum route_kind kind, int error)
{
	struct route r;
	const char *lacks;

	assert_int_equal(look(m, to, &r, &lacks), 0);
	assert_null(lacks);
	assert_int_equal(r.kind, kind);
	assert_int_equal(r.error, error);
}

static void expect_finds(const struct route_map *m)
{
	const struct addr gateway = address("192.0.2.1"), itself = address("10.4.3.2");
	const char *lacks;
	struct route r;

	expect_kind(m, "0.0.0.0", ROUTE_NONE, ENETUNREACH);
	expect_kind(m, "9.255.255.255", ROUTE_NONE, ENETUNREACH);
	expect_kind(m, "10.1.0.0", ROUTE_PROHIBIT, EACCES);
	expect_kind(m, "10.1.255.255", ROUTE_PROHIBIT, EACCES);
	expect_kind(m, "255.255.255.255", ROUTE_NONE, ENETUNREACH);
	assert_int_equal(look(m, "10.0.255.255", &r, &lacks), 0);
	assert_true(addr_equal(&r.gateway, &gateway));
	assert_string_equal(r.device, "eth0");
	assert_int_equal(r.mtu, 1500);
	assert_int_equal(r.link, LINK_UP);
	assert_int_equal(r.neighbor, NEIGH_FAILED);
	assert_int_equal(look(m, "10.4.3.2", &r, &lacks), 0);
	assert_true(addr_equal(&r.source, &itself));
	assert_int_equal(r.neighbor, NEIGH_UNKNOWN);
	assert_int_equal(look(m, "10.5.0.1", &r, &lacks), 0);
	assert_non_null(lacks);
	assert_int_equal(r.source.family, 0);
	assert_int_equal(r.neighbor, NEIGH_NONE);
	assert_int_equal(look(m, "172.16.9.9", &r, &lacks), 0);
	assert_string_equal(r.down_device, "eth1");
}

static void what_was_surveyed_is_found(void **state)
{
	struct route_map m;

	(void)state;
	make(&m);
	expect_finds(&m);
	route_map_free(&m);
}

static void what_is_not_known_is_said(void **state)
{
	static const char *const unknown[] = { "10.2.0.0", "10.3.255.255", "2001:db8::1" };
	const struct addr local = address("10.0.0.1");
	const char *lacks;
	struct route_map m;
	struct route r;

	(void)state;
	make(&m);
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		assert_int_equal(look(&m, unknown[i], &r, &lacks), -ENODATA);
		assert_non_null(lacks);
		assert_int_equal(r.kind, ROUTE_UNKNOWN);
	}
	assert_int_equal(route_map_look(&m, &local, 2, &r, &lacks), -ENODATA);
	assert_non_null(lacks);
	route_map_free(&m);
	route_map_init(&m);
	assert_int_equal(look(&m, "10.0.0.1", &r, &lacks), -ENODATA);
	assert_non_null(lacks);
	route_map_free(&m);
}

static void bytes_come_back(void **state)
{
	struct route_map m, back;
	struct str bytes = { 0 }, again = { 0 };

	(void)state;
	make(&m);
	pack_routes(&bytes, &m);
	assert_int_equal(unpack_routes(bytes.s, bytes.len, &back), 0);
	expect_finds(&back);
	pack_routes(&again, &back);
	assert_int_equal(again.len, bytes.len);
	assert_memory_equal(again.s, bytes.s, bytes.len);
	route_map_free(&m);
	route_map_free(&back);
	str_free(&bytes);
	str_free(&again);
}

static void damage_is_told(void **state)
{
	struct route_map m, back;
	struct str bytes = { 0 };
	unsigned refused = 0;

	(void)state;
	make(&m);
	pack_routes(&bytes, &m);
	/* Each length short of all, in a block of its own, so that reading on is seen. */
	for (size_t n = 0; n < bytes.len; n++) {
		char *part = memcpy(malloc(n + 1), bytes.s, n);

		assert_int_equal(unpack_routes(part, n, &back), -EBADMSG);
		free(part);
	}
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.s[i] = (char)~bytes.s[i];
		if (unpack_routes(bytes.s, bytes.len, &back) == 0)
			route_map_free(&back);
		else
			refused++;
		bytes.s[i] = (char)~bytes.s[i];
	}
	assert_true(refused > 0);
	/* Out of order they could not be searched. */
	VEC_AT(&m.family[ROUTE_IPV4].spans, struct route_span, 3).first = address("10.0.0.0");
	str_reset(&bytes);
	pack_routes(&bytes, &m);
	assert_int_equal(unpack_routes(bytes.s, bytes.len, &back), -EBADMSG);
	route_map_free(&m);
	str_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_surveyed_is_found),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(bytes_come_back),
		cmocka_unit_test(damage_is_told),
	};

	return cmocka_run_group_tests_name("route_map", tests, NULL, NULL);
}
