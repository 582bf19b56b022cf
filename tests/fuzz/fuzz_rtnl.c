// SPDX-License-Identifier: MIT
/* rtnetlink datagrams: routes, links, addresses and neighbours out of any bytes. */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/rtnl_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const struct addr *a)
{
	char text[ADDR_TEXT];

	if (a->family && addr_text(a, text) >= sizeof(text))
		abort();
}

static void check_prefix(const struct rtnl_prefix *p)
{
	if (p->bits > (p->address.family == AF_INET ? 32 : 128))
		abort();
}

/** Decodes a payload as everything that it may be. */
static int decode(void *arg, const void *payload, size_t len)
{
	struct route route = { 0 };
	struct rtnl_link link;
	struct rtnl_address address;
	struct rtnl_neigh neigh;
	struct rtnl_prefix prefix;

	++*(size_t *)arg;
	if (rtnl_decode_route(payload, len, &route) == 0) {
		check_address(&route.source);
		check_address(&route.gateway);
		if (route.kind >= ROUTE_KIND_COUNT || route.link >= LINK_STATE_COUNT)
			abort();
	}
	if (rtnl_decode_link(payload, len, &link) == 0 && strlen(link.name) >= DEVICE_NAME)
		abort();
	if (rtnl_decode_address(payload, len, &address) == 0)
		check_address(&address.address);
	if (rtnl_decode_entry(payload, len, &prefix) == 0)
		check_prefix(&prefix);
	if (rtnl_decode_rule(payload, len, &prefix) == 0)
		check_prefix(&prefix);
	if (rtnl_decode_label(payload, len, &prefix) == 0)
		check_prefix(&prefix);
	if (rtnl_decode_neigh(payload, len, &neigh) == 0) {
		check_address(&neigh.address);
		if (neigh.state >= NEIGH_STATE_COUNT)
			abort();
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The first message's own type, number and port, so that it is looked at. */
	struct nlmsghdr h = { .nlmsg_type = RTM_NEWROUTE };
	size_t seen = 0;
	int error = 0;

	memcpy(&h, data, size < sizeof(h) ? size : sizeof(h));
	if (rtnl_walk(data, size, h.nlmsg_seq, h.nlmsg_pid, h.nlmsg_type, &error, decode, &seen) ==
	    RTNL_ERROR && error >= 0)
		abort();
	if (seen > size / NLMSG_HDRLEN)
		abort();
	/* And the bytes as a bare payload. */
	decode(&seen, data, size);
	return 0;
}
