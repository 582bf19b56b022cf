// SPDX-License-Identifier: MIT
/* source/rtnl_parse: rtnetlink bytes into values; damaged bytes are told and never read beyond. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addrlabel.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/rtnl_parse.h"

enum { SEQ = 7, PORTID = 4321, ROOM = 512 };

static struct nlmsghdr *message(char *buf, uint16_t type, size_t header, void **extra)
{
	struct nlmsghdr *h;

	memset(buf, 0, ROOM);
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = type;
	h->nlmsg_seq = SEQ;
	h->nlmsg_pid = PORTID;
	*extra = mnl_nlmsg_put_extra_header(h, header);
	return h;
}

/** "10.0.0.0/8 via 192.0.2.1 dev 3 src 192.0.2.9 mtu 1400". */
static struct nlmsghdr *route_message(char *buf)
{
	const uint8_t gateway[] = { 192, 0, 2, 1 }, source[] = { 192, 0, 2, 9 };
	void *extra;
	struct nlmsghdr *h = message(buf, RTM_NEWROUTE, sizeof(struct rtmsg), &extra);
	struct rtmsg *m = extra;
	struct nlattr *metrics;

	m->rtm_family = AF_INET;
	m->rtm_type = RTN_UNICAST;
	mnl_attr_put(h, RTA_GATEWAY, 4, gateway);
	mnl_attr_put(h, RTA_PREFSRC, 4, source);
	mnl_attr_put_u32(h, RTA_OIF, 3);
	metrics = mnl_attr_nest_start(h, RTA_METRICS);
	mnl_attr_put_u32(h, RTAX_MTU, 1400);
	mnl_attr_nest_end(h, metrics);
	return h;
}

static int got_route(void *arg, const void *payload, size_t len)
{
	return rtnl_decode_route(payload, len, arg);
}

static enum rtnl_end walk(const void *data, size_t n, struct route *out, int *error)
{
	*error = 0;
	*out = (struct route){ 0 };
	return rtnl_walk(data, n, SEQ, PORTID, RTM_NEWROUTE, error, got_route, out);
}

static void a_route_is_read(void **state)
{
	char buf[ROOM] __attribute__((aligned(8))), text[ADDR_TEXT];
	struct nlmsghdr *h = route_message(buf);
	struct route r;
	int error;

	(void)state;
	assert_int_equal(walk(buf, h->nlmsg_len, &r, &error), RTNL_MORE);
	assert_int_equal(r.kind, ROUTE_UNICAST);
	assert_int_equal(r.ifindex, 3);
	assert_int_equal(r.mtu, 1400);
	assert_int_equal(r.link, LINK_UNKNOWN);
	addr_text(&r.gateway, text);
	assert_string_equal(text, "192.0.2.1");
	addr_text(&r.source, text);
	assert_string_equal(text, "192.0.2.9");
}

static void an_ipv6_gateway_of_an_ipv4_route_is_read(void **state)
{
	char buf[ROOM] __attribute__((aligned(8))), text[ADDR_TEXT];
	uint8_t via[18] = { 0 };
	void *extra;
	struct nlmsghdr *h = message(buf, RTM_NEWROUTE, sizeof(struct rtmsg), &extra);
	struct route r;
	int error;

	(void)state;
	((struct rtmsg *)extra)->rtm_type = RTN_UNICAST;
	((struct rtmsg *)extra)->rtm_flags = RTNH_F_LINKDOWN;
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", via + 2), 1);
	mnl_attr_put(h, RTA_VIA, sizeof(via), via);
	assert_int_equal(walk(buf, h->nlmsg_len, &r, &error), RTNL_MORE);
	assert_int_equal(r.link, LINK_NO_CARRIER);
	addr_text(&r.gateway, text);
	assert_string_equal(text, "fe80::1");
}

static void kinds_of_route_are_told_apart(void **state)
{
	static const struct {
		uint8_t type;
		enum route_kind kind;
	} rows[] = {
		{ RTN_LOCAL, ROUTE_LOCAL },	      { RTN_BROADCAST, ROUTE_BROADCAST },
		{ RTN_BLACKHOLE, ROUTE_BLACKHOLE },   { RTN_UNREACHABLE, ROUTE_UNREACHABLE },
		{ RTN_PROHIBIT, ROUTE_PROHIBIT },     { RTN_THROW, ROUTE_NONE },
		{ RTN_MULTICAST, ROUTE_MULTICAST },   { 200, ROUTE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rtmsg m = { .rtm_type = rows[i].type };
		struct route r = { 0 };

		assert_int_equal(rtnl_decode_route(&m, sizeof(m), &r), 0);
		assert_int_equal(r.kind, rows[i].kind);
	}
}

static void links_say_whether_packets_can_leave(void **state)
{
	static const struct {
		unsigned flags;
		enum link_state state;
	} rows[] = {
		{ 0, LINK_DOWN },
		{ IFF_UP, LINK_NO_CARRIER },
		{ IFF_UP | IFF_RUNNING | IFF_LOWER_UP, LINK_UP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[ROOM] __attribute__((aligned(8)));
		void *extra;
		struct nlmsghdr *h = message(buf, RTM_NEWLINK, sizeof(struct ifinfomsg), &extra);
		struct rtnl_link link;

		((struct ifinfomsg *)extra)->ifi_index = 5;
		((struct ifinfomsg *)extra)->ifi_flags = rows[i].flags;
		mnl_attr_put_strz(h, IFLA_IFNAME, "averyveryverylongname0");
		mnl_attr_put_u32(h, IFLA_MTU, 9000);
		assert_int_equal(rtnl_decode_link(mnl_nlmsg_get_payload(h),
						  mnl_nlmsg_get_payload_len(h), &link),
				 0);
		assert_int_equal(link.state, rows[i].state);
		assert_int_equal(link.ifindex, 5);
		assert_int_equal(link.mtu, 9000);
		assert_string_equal(link.name, "averyveryverylo");
	}
}

/** What the decoders of destinations make of a message: the address's text, "" for a refusal. */
static const char *prefix_of(int (*decode)(const void *, size_t, struct rtnl_prefix *),
			     const struct nlmsghdr *h, struct rtnl_prefix *out)
{
	static char text[ADDR_TEXT];

	text[0] = '\0';
	if (decode(mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h), out) == 0)
		addr_text(&out->address, text);
	return text;
}

static void destinations_of_entries_rules_and_labels_are_read(void **state)
{
	const uint8_t four[] = { 10, 1, 0, 0 }, six[16] = { 0x20, 1 };
	char buf[ROOM] __attribute__((aligned(8)));
	struct rtnl_prefix p;
	struct nlmsghdr *h;
	void *extra;

	(void)state;
	h = message(buf, RTM_NEWROUTE, sizeof(struct rtmsg), &extra);
	*(struct rtmsg *)extra = (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = 16,
						 .rtm_type = RTN_UNICAST };
	assert_string_equal(prefix_of(rtnl_decode_entry, h, &p), "0.0.0.0");
	mnl_attr_put(h, RTA_DST, 4, four);
	assert_string_equal(prefix_of(rtnl_decode_entry, h, &p), "10.1.0.0");
	assert_int_equal(p.bits, 16);
	assert_false(p.hashed);
	mnl_attr_put_u32(h, RTA_NH_ID, 7);
	prefix_of(rtnl_decode_entry, h, &p);
	assert_true(p.hashed);
	mnl_attr_put_u32(h, RTA_OIF, 3);
	prefix_of(rtnl_decode_entry, h, &p);
	assert_false(p.hashed);
	mnl_attr_put(h, RTA_MULTIPATH, 0, NULL);
	prefix_of(rtnl_decode_entry, h, &p);
	assert_true(p.hashed);
	((struct rtmsg *)extra)->rtm_dst_len = 33;
	assert_string_equal(prefix_of(rtnl_decode_entry, h, &p), "");
	((struct rtmsg *)extra)->rtm_dst_len = 16;
	((struct rtmsg *)extra)->rtm_family = AF_INET6;
	assert_string_equal(prefix_of(rtnl_decode_entry, h, &p), "");

	h = message(buf, RTM_NEWRULE, sizeof(struct fib_rule_hdr), &extra);
	*(struct fib_rule_hdr *)extra = (struct fib_rule_hdr){ .family = AF_INET, .dst_len = 12 };
	mnl_attr_put(h, FRA_DST, 4, four);
	assert_string_equal(prefix_of(rtnl_decode_rule, h, &p), "10.1.0.0");
	assert_int_equal(p.bits, 12);
	assert_false(p.ports);
	mnl_attr_put_u32(h, FRA_DPORT_RANGE, 0);
	prefix_of(rtnl_decode_rule, h, &p);
	assert_true(p.ports);

	h = message(buf, RTM_NEWADDRLABEL, sizeof(struct ifaddrlblmsg), &extra);
	*(struct ifaddrlblmsg *)extra = (struct ifaddrlblmsg){ .ifal_family = AF_INET6,
							       .ifal_prefixlen = 28 };
	mnl_attr_put(h, IFAL_ADDRESS, 16, six);
	assert_string_equal(prefix_of(rtnl_decode_label, h, &p), "2001::");
	assert_int_equal(p.bits, 28);
}

static void neighbours_have_their_state(void **state)
{
	static const struct {
		uint16_t nud;
		enum neigh_state state;
	} rows[] = {
		{ NUD_NONE, NEIGH_NONE },     { NUD_INCOMPLETE, NEIGH_INCOMPLETE },
		{ NUD_FAILED, NEIGH_FAILED }, { NUD_REACHABLE, NEIGH_REACHABLE },
		{ NUD_STALE, NEIGH_STALE },   { NUD_PERMANENT, NEIGH_PERMANENT },
		{ NUD_NOARP, NEIGH_NOARP },   { NUD_DELAY, NEIGH_DELAY },
		{ NUD_PROBE, NEIGH_PROBE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ndmsg m = { .ndm_ifindex = 2, .ndm_state = rows[i].nud };
		struct rtnl_neigh n;

		assert_int_equal(rtnl_decode_neigh(&m, sizeof(m), &n), 0);
		assert_int_equal(n.state, rows[i].state);
		assert_int_equal(n.address.family, 0);
	}
}

static void errors_and_ends_are_told(void **state)
{
	char buf[ROOM] __attribute__((aligned(8)));
	void *extra;
	struct nlmsghdr *h = message(buf, NLMSG_ERROR, sizeof(struct nlmsgerr), &extra);
	struct route r;
	int error;

	(void)state;
	assert_int_equal(walk(buf, h->nlmsg_len, &r, &error), RTNL_DONE);
	*(int *)extra = -ENETUNREACH;
	assert_int_equal(walk(buf, h->nlmsg_len, &r, &error), RTNL_ERROR);
	assert_int_equal(error, -ENETUNREACH);
	/* Somebody else's sequence number or port: not ours. */
	h->nlmsg_seq++;
	assert_int_equal(walk(buf, h->nlmsg_len, &r, &error), RTNL_MORE);
	h->nlmsg_seq--;
	h->nlmsg_pid = 0;
	assert_int_equal(walk(buf, h->nlmsg_len, &r, &error), RTNL_MORE);
}

static void bad_lengths_break_the_walk(void **state)
{
	static const uint32_t lengths[] = { 0, 4, 15, 200, 0x7fffffff, 0x80000000, 0xffffffff };
	char buf[ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *h = route_message(buf);
	size_t n = h->nlmsg_len;
	struct route r;
	int error;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		h->nlmsg_len = lengths[i];
		assert_int_equal(walk(buf, n, &r, &error), RTNL_BROKEN);
	}
	h->nlmsg_len = (uint32_t)n;
	/* An attribute that runs over the end. */
	((struct rtattr *)(buf + NLMSG_LENGTH(sizeof(struct rtmsg))))->rta_len = 400;
	assert_int_equal(walk(buf, n, &r, &error), RTNL_BROKEN);
}

/** Every prefix, and every byte changed, in memory of exactly that size: a sanitizer build tells a
 *  read beyond it. */
static void damage_is_survived(void **state)
{
	char buf[ROOM] __attribute__((aligned(8)));
	size_t n = route_message(buf)->nlmsg_len;

	(void)state;
	for (size_t cut = 0; cut <= n; cut++) {
		for (size_t at = 0; at < cut; at++) {
			char *copy = malloc(cut);
			struct route r;
			int error;

			memcpy(copy, buf, cut);
			copy[at] = (char)(copy[at] ^ 0xff);
			assert_in_range(walk(copy, cut, &r, &error), RTNL_MORE, RTNL_BROKEN);
			assert_in_range(r.kind, 0, ROUTE_KIND_COUNT - 1);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_is_read),
		cmocka_unit_test(an_ipv6_gateway_of_an_ipv4_route_is_read),
		cmocka_unit_test(kinds_of_route_are_told_apart),
		cmocka_unit_test(links_say_whether_packets_can_leave),
		cmocka_unit_test(destinations_of_entries_rules_and_labels_are_read),
		cmocka_unit_test(neighbours_have_their_state),
		cmocka_unit_test(errors_and_ends_are_told),
		cmocka_unit_test(bad_lengths_break_the_walk),
		cmocka_unit_test(damage_is_survived),
	};

	return cmocka_run_group_tests_name("rtnl_parse", tests, NULL, NULL);
}
