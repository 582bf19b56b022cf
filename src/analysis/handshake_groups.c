// SPDX-License-Identifier: MIT
#include "analysis/handshake_groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "analysis/handshake_watch.h"
#include "base/map.h"

/** So many peers of one network are shown one by one; more are one line. */
#define FEW_PEERS 8

/** What a group has in common. No padding. */
struct common {
	struct addr addr;
	/** 1: ADDR is a network (/24 or /64). */
	uint8_t network;
	/** 1: SYN_RECV. */
	uint8_t incoming;
	uint8_t unused;
	uint16_t port;
};

_Static_assert(sizeof(struct common) == sizeof(struct addr) + 5, "no padding");

struct group {
	uint64_t count, retransmitting, peers;
	double oldest;
};

struct group_row {
	struct common common;
	struct group group;
};

/** The network of A: its /24 or /64. */
static struct addr network_of(const struct addr *a)
{
	struct addr n = *a;
	size_t keep = a->family == AF_INET ? 3 : 8;

	memset(n.bytes + keep, 0, sizeof(n.bytes) - keep);
	return n;
}

static void add_handshake(struct map *peers, const struct handshake *h)
{
	const struct sock *s = h->sock;
	bool in = s->state == STATE_SYN_RECV;
	struct common c = { .addr = addr_fold(&s->remote), .incoming = in,
			    .port = in ? s->local_port : s->remote_port };
	bool is_new;
	struct group *g = map_put(peers, &c, &is_new);

	if (is_new)
		*g = (struct group){ .peers = 1, .oldest = NAN };
	g->count++;
	g->retransmitting += sock_has(s, SOCK_HAS_TIMER) && s->retransmits > 0;
	g->oldest = fmax(g->oldest, h->age.min);
}

/** Peers to their networks, all of them summed. */
static struct map sum_networks(const struct map *peers)
{
	struct map networks = MAP_OF(struct common, struct group);
	const void *key;
	void *value;
	size_t iter = 0;

	while (map_next(peers, &iter, &key, &value)) {
		const struct group *g = value;
		struct common c = *(const struct common *)key;
		struct group *sum;
		bool is_new;

		c.addr = network_of(&c.addr);
		c.network = 1;
		sum = map_put(&networks, &c, &is_new);
		if (is_new)
			sum->oldest = NAN;
		sum->count += g->count;
		sum->retransmitting += g->retransmitting;
		sum->peers += g->peers;
		sum->oldest = fmax(sum->oldest, g->oldest);
	}
	return networks;
}

static int compare_groups(const void *pa, const void *pb)
{
	const struct group_row *a = pa, *b = pb;

	if (a->group.count != b->group.count)
		return a->group.count > b->group.count ? -1 : 1;
	if (a->common.incoming != b->common.incoming)
		return a->common.incoming < b->common.incoming ? -1 : 1;
	if (!addr_equal(&a->common.addr, &b->common.addr))
		return addr_compare(&a->common.addr, &b->common.addr);
	return (a->common.port > b->common.port) - (a->common.port < b->common.port);
}

/** Adds the groups of FROM that are to be shown: crowded networks, or peers of the other ones. */
static void choose(struct vec *rows, const struct map *from, const struct map *networks)
{
	const void *key;
	void *value;
	size_t iter = 0;

	while (map_next(from, &iter, &key, &value)) {
		struct group_row row = { *(const struct common *)key, *(struct group *)value };
		struct common c = row.common;
		const struct group *all;

		c.addr = network_of(&c.addr);
		c.network = 1;
		all = map_get(networks, &c);
		if ((all && all->peers > FEW_PEERS) == (row.common.network == 1))
			vec_add(rows, &row);
	}
}

static void add_row(struct arena *a, struct value *list, const struct group_row *r)
{
	struct value *v = value_add_object(a, list, NULL);
	char text[ADDR_TEXT + 4];
	size_t n = addr_text(&r->common.addr, text);

	if (r->common.network)
		snprintf(text + n, sizeof(text) - n, "%s",
			 r->common.addr.family == AF_INET ? "/24" : "/64");
	value_add_text(a, v, "direction", r->common.incoming ? "in" : "out");
	value_add_text(a, v, "remote", text);
	value_add_int(a, v, "port", r->common.port);
	value_add_int(a, v, "count", (int64_t)r->group.count);
	value_add_int(a, v, "retransmitting", (int64_t)r->group.retransmitting);
	value_add_real(a, v, "oldest_seconds", r->group.oldest);
	value_add_int(a, v, "peers", (int64_t)r->group.peers);
}

void handshake_groups_report(const struct vec *all, struct arena *a, struct value *to)
{
	struct value *list = value_add_array(a, to, "groups");
	struct map peers = MAP_OF(struct common, struct group), networks;
	struct vec rows = VEC_OF(struct group_row);

	for (size_t i = 0; i < all->len; i++)
		add_handshake(&peers, &VEC_AT(all, struct handshake, i));
	networks = sum_networks(&peers);
	choose(&rows, &peers, &networks);
	choose(&rows, &networks, &networks);
	if (rows.len)
		qsort(rows.data, rows.len, sizeof(struct group_row), compare_groups);
	for (size_t i = 0; i < rows.len; i++)
		add_row(a, list, &VEC_AT(&rows, struct group_row, i));
	vec_free(&rows);
	map_free(&peers);
	map_free(&networks);
}
