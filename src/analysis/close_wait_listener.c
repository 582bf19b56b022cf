// SPDX-License-Identifier: MIT
/* In whose accept queue a connection waits. */
#include <sys/socket.h>

#include "analysis/close_wait.h"

/** Where listeners are looked up. No padding: compared as bytes. */
struct cw_port_key {
	uint32_t netns, port;
};

void cw_index_listeners(struct cw *cw)
{
	map_free(&cw->ports);
	cw->ports = MAP_OF(struct cw_port_key, uint32_t);
	for (size_t i = 0; i < cw->listeners.len; i++) {
		struct cw_listener *l = &VEC_AT(&cw->listeners, struct cw_listener, i);
		struct cw_port_key key = { l->netns, l->port };
		bool is_new;
		uint32_t *first = map_put(&cw->ports, &key, &is_new);

		l->given = 0;
		l->next = is_new ? CW_NONE : *first;
		*first = (uint32_t)i;
	}
}

/** The first listener on the local port of S, or CW_NONE. */
static uint32_t first_on_port(const struct cw *cw, const struct cw_sock *s)
{
	struct cw_port_key key = { s->netns, s->local_port };
	const uint32_t *first = map_get(&cw->ports, &key);

	return first ? *first : CW_NONE;
}

/** How closely a listener's address fits, as the kernel scores it (net/ipv4/inet_hashtables.c,
 *  compute_score(): family and address): 0 not at all. */
static unsigned score_address(const struct cw_listener *l, const struct cw_sock *s)
{
	bool same_family = l->local.family == s->local.family;

	if (same_family && addr_equal(&l->local, &s->local))
		return 4;
	if (same_family && addr_is_any(&l->local))
		return addr_is_mapped(&s->local) && l->v6only ? 0 : 3;
	/* Dual-stack: a listener on :: takes IPv4 connections, and one on a mapped address. */
	if (l->local.family == AF_INET6 && !l->v6only && s->local.family == AF_INET) {
		struct addr folded = addr_fold(&l->local);

		if (addr_equal(&folded, &s->local))
			return 2;
		return addr_is_any(&l->local) ? 1 : 0;
	}
	return 0;
}

/** The same with what else a child has from its listener: the interface it is bound to and the
 *  cgroup it was made in. Among equals the one with most places left in its queue wins. */
static uint64_t score(const struct cw_listener *l, const struct cw_sock *s)
{
	uint64_t left = l->queue > l->given ? l->queue - l->given : 0;
	unsigned address = score_address(l, s);
	bool both_cgroups = l->has & s->has & SOCK_HAS_CGROUP;

	if (!address)
		return 0;
	if (l->has & s->has & SOCK_HAS_IFINDEX && l->ifindex && l->ifindex != s->ifindex)
		return 0;
	return (uint64_t)address << 48 | (uint64_t)(l->ifindex != 0) << 47 |
	       (uint64_t)(both_cgroups && l->cgroup_id == s->cgroup_id) << 46 | left;
}

bool cw_is_listened(const struct cw *cw, const struct cw_sock *s)
{
	for (uint32_t i = first_on_port(cw, s); i != CW_NONE;) {
		const struct cw_listener *l = &VEC_AT(&cw->listeners, struct cw_listener, i);

		if (score_address(l, s))
			return true;
		i = l->next;
	}
	return false;
}

uint32_t cw_find_listener(struct cw *cw, const struct cw_sock *s)
{
	uint32_t best = CW_NONE;
	uint64_t best_score = 0;

	for (uint32_t i = first_on_port(cw, s); i != CW_NONE;) {
		const struct cw_listener *l = &VEC_AT(&cw->listeners, struct cw_listener, i);
		uint64_t points = score(l, s);

		/* Listeners stand in the chain in falling order: of equals the first seen stays. */
		if (points && points >= best_score) {
			best = i;
			best_score = points;
		}
		i = l->next;
	}
	if (best != CW_NONE)
		VEC_AT(&cw->listeners, struct cw_listener, best).given++;
	return best;
}
