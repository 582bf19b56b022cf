// SPDX-License-Identifier: MIT
#include "analysis/ports_pool.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct pool_key) == 2 * sizeof(struct addr) + 2 + 4, "no padding in a key");

void port_table_init(struct port_table *t)
{
	*t = (struct port_table){
		.pools = VEC_OF(struct pool),
		.by_key = INDEX_OF(struct pool_key),
		.users = VEC_OF(struct port_user),
	};
}

static struct pool *get_pool(struct port_table *t, const struct pool_key *key)
{
	struct pool *p = index_get(&t->by_key, &t->pools, key);

	if (p)
		return p;
	p = index_push(&t->by_key, &t->pools, key);
	p->socks = VEC_OF(struct pool_sock);
	/* Clients of a port nobody listens on are a pool each. */
	vec_reserve(&p->socks, 1);
	return p;
}

const struct pool *port_table_find(const struct port_table *t, const struct pool_key *key)
{
	return index_get(&t->by_key, &t->pools, key);
}

static void add_user(struct port_table *t, const struct sock *s, bool matched)
{
	struct port_user *u = vec_push(&t->users);

	u->local = addr_fold(&s->local);
	u->inode = (uint32_t)s->inode;
	u->port = s->local_port;
	u->state = s->state;
	u->matched = matched;
	if (s->state == STATE_LISTEN)
		port_set_add(&t->listening, s->local_port);
}

static void add_connected(struct port_table *t, const struct sock *s, bool matched)
{
	struct pool_key key = {
		.local = addr_fold(&s->local),
		.remote = addr_fold(&s->remote),
		.remote_port = s->remote_port,
		.ifindex = sock_has(s, SOCK_HAS_IFINDEX) ? s->ifindex : 0,
	};
	struct pool *p = get_pool(t, &key);
	struct pool_sock *e = vec_push(&p->socks);

	p->matched |= matched;
	e->expires_ms = sock_has(s, SOCK_HAS_TIMER) ? s->expires_ms : 0;
	e->seen_ms = (uint32_t)((uint64_t)s->seen_ns / 1000000);
	e->inode = sock_has(s, SOCK_HAS_INODE) ? (uint32_t)s->inode : 0;
	e->port = s->local_port;
	/* A FIN_WAIT2 that fell to a mini-socket stays FIN_WAIT2: never reusable (kernel-facts
	 * 3.3). */
	e->state = s->state;
	e->locked = sock_has(s, SOCK_HAS_LOCK) && s->bind_locked;
	/* Mini-sockets look unlocked whatever they were (kernel-facts 3.5). */
	e->unlocked = sock_has(s, SOCK_HAS_LOCK) && !s->bind_locked &&
		      s->state != STATE_TIME_WAIT && s->timer != TIMER_TIMEWAIT;
	if (s->state == STATE_TIME_WAIT && e->expires_ms > t->longest_ms)
		t->longest_ms = e->expires_ms;
}

void port_table_add(struct port_table *t, const struct sock *s, bool matched)
{
	t->from_diag |= sock_has(s, SOCK_HAS_COOKIE);
	if (!s->local_port)
		return;
	switch (s->state) {
	case STATE_LISTEN:
	case STATE_BOUND:
	case STATE_CLOSE:
		add_user(t, s, matched);
		break;
	default:
		/* Accepted here: the listener holds the port anyway. Kernels list listeners first,
		 * so that the million sockets of a server pass by. */
		if (!port_set_has(&t->listening, s->local_port))
			add_connected(t, s, matched);
	}
}

void port_table_merge(struct port_table *t, const struct port_table *from)
{
	for (size_t i = 0; i < from->pools.len; i++) {
		const struct pool *p = port_table_pool(from, i);
		struct pool *to = get_pool(t, &p->key);

		to->matched |= p->matched;
		for (size_t k = 0; k < p->socks.len; k++)
			vec_add(&to->socks, &VEC_AT(&p->socks, struct pool_sock, k));
	}
	for (size_t i = 0; i < from->users.len; i++)
		vec_add(&t->users, &VEC_AT(&from->users, struct port_user, i));
	for (size_t i = 0; i < PORTS / 64; i++)
		t->listening.bits[i] |= from->listening.bits[i];
	t->from_diag |= from->from_diag;
	if (from->longest_ms > t->longest_ms)
		t->longest_ms = from->longest_ms;
}

void port_table_reset(struct port_table *t)
{
	for (size_t i = 0; i < t->pools.len; i++)
		vec_free(&port_table_pool(t, i)->socks);
	vec_reset(&t->pools);
	index_reset(&t->by_key);
	vec_reset(&t->users);
	t->listening = (struct port_set){ 0 };
	t->from_diag = false;
	t->longest_ms = 0;
}

void port_table_free(struct port_table *t)
{
	port_table_reset(t);
	vec_free(&t->pools);
	index_free(&t->by_key);
	vec_free(&t->users);
}
