// SPDX-License-Identifier: MIT
#include "analysis/ports_space.h"

#include <stdlib.h>

#include "base/alloc.h"

/** The kernel's ip_local_port_range where nobody changed it. */
#define DEFAULT_LOW 32768
#define DEFAULT_HIGH 60999

/** The first release that lists bound-only sockets: 6.8 (kernel-facts 4.4). */
#define LISTS_BOUND 6008

/** Ports in use that may be missing in the bind table, since it is read a moment before the
 *  sockets: so many, and so large a part of all. */
#define MISSING_MAX 16
#define MISSING_SHARE 4

static void set_range(struct port_space *s, const struct facts *f)
{
	int64_t low = fact_or(f, FACT_PORT_LOW, 0), high = fact_or(f, FACT_PORT_HIGH, 0);

	s->range_known = low > 0 && high < PORTS && low <= high;
	s->low = s->range_known ? (uint16_t)low : DEFAULT_LOW;
	s->high = s->range_known ? (uint16_t)high : DEFAULT_HIGH;
	s->size = (unsigned)(s->high - s->low) + 1;
}

static bool in_range(const struct port_space *s, uint16_t port)
{
	return port >= s->low && port <= s->high;
}

bool port_space_unbound(const struct facts *f)
{
	struct port_space s = { 0 };

	set_range(&s, f);
	/* One that has no port at all may be one that was misread. */
	return s.range_known && f->bind_known && f->bind.low <= s.low && f->bind.high >= s.high &&
	       port_set_count(&f->bind.bound, s.low, s.high) > 0 &&
	       port_set_count(&f->bind.sticky, s.low, s.high) == 0 &&
	       port_set_count(&f->bind.unknown, s.low, s.high) == 0;
}

/** What a look at every socket brings together, by port. */
struct marks {
	/** Listened on, bound, or chosen by an explicit bind(); used by a connection; used by
	 *  connections to two destinations that are reached from other ports too. */
	struct port_set taken, connected, shared;
	/** The first such destination of a port: its pool's index + 1. */
	uint32_t *first;
};

/** Ports from which a pool is reached, told apart up to two. */
static unsigned distinct_ports(const struct pool *p)
{
	for (size_t i = 1; i < p->socks.len; i++) {
		if (VEC_AT(&p->socks, struct pool_sock, i).port !=
		    VEC_AT(&p->socks, struct pool_sock, 0).port)
			return 2;
	}
	return p->socks.len > 0;
}

/** A port from which two destinations are reached without an explicit bind() was given out twice,
 *  so bind(ip, 0) cannot be its owner. Destinations count that are reached from several ports: the
 *  peers of connections that a vanished listener accepted are not (kernel-facts 3.5). */
static void mark_shared(struct marks *m, const struct port_table *t, size_t pool, uint16_t port)
{
	uint32_t first = m->first[port];

	if (!first)
		m->first[port] = (uint32_t)pool + 1;
	else if (first != pool + 1 && addr_equal(&port_table_pool(t, first - 1)->key.local,
						 &port_table_pool(t, pool)->key.local))
		port_set_add(&m->shared, port);
}

static void mark_pool(struct marks *m, const struct port_table *t, size_t pool)
{
	const struct pool *p = port_table_pool(t, pool);
	bool destination = distinct_ports(p) > 1;

	for (size_t i = 0; i < p->socks.len; i++) {
		const struct pool_sock *e = &VEC_AT(&p->socks, struct pool_sock, i);

		port_set_add(&m->connected, e->port);
		if (e->locked)
			port_set_add(&m->taken, e->port);
		else if (destination && e->unlocked)
			mark_shared(m, t, pool, e->port);
	}
}

static void mark_all(struct marks *m, const struct port_table *t, const struct facts *f)
{
	m->taken = t->listening;
	for (size_t i = 0; i < t->users.len; i++)
		port_set_add(&m->taken, VEC_AT(&t->users, struct port_user, i).port);
	for (size_t i = 0; i < t->pools.len; i++)
		mark_pool(m, t, i);
	/* With ip_autobind_reuse bind(ip, 0) may be given a used port too. */
	if (fact_or(f, FACT_AUTOBIND_REUSE, 0) != 0)
		m->shared = (struct port_set){ 0 };
}

/** True where too many ports that the dump shows in use have no bucket in the table: it is not what
 *  we took it for. Sockets bound to a device may have buckets of their own (VRF). */
static bool table_is_odd(const struct port_space *s, const struct facts *f,
			 const struct port_table *t)
{
	size_t missing = 0, seen = 0;

	for (size_t i = 0; i < t->pools.len; i++) {
		const struct pool *p = port_table_pool(t, i);

		for (size_t k = 0; !p->key.ifindex && k < p->socks.len; k++) {
			const struct pool_sock *e = &VEC_AT(&p->socks, struct pool_sock, k);

			if (!in_range(s, e->port) || e->state == STATE_SYN_RECV)
				continue;
			seen++;
			missing += !port_set_has(&f->bind.bound, e->port);
		}
	}
	for (size_t i = 0; i < t->users.len; i++) {
		uint16_t port = VEC_AT(&t->users, struct port_user, i).port;

		if (in_range(s, port)) {
			seen++;
			missing += !port_set_has(&f->bind.bound, port);
		}
	}
	return missing > MISSING_MAX && missing > seen / MISSING_SHARE;
}

static bool is_held(const struct port_space *s, const struct facts *f, const struct marks *m,
		    uint16_t port)
{
	if (s->bind_known && !port_set_has(&f->bind.unknown, port) &&
	    port_set_has(&f->bind.sticky, port))
		return true;
	/* Younger than the table, or there is none. */
	return port_set_has(&m->taken, port);
}

static bool is_doubtful(const struct port_space *s, const struct facts *f, const struct marks *m,
			uint16_t port)
{
	if (s->bind_known)
		return port_set_has(&f->bind.unknown, port);
	return (s->blind || port_set_has(&m->connected, port)) && !port_set_has(&m->shared, port);
}

static void sort_port(struct port_space *s, const struct facts *f, const struct marks *m,
		      uint16_t port)
{
	if (f->reserved_known && port_set_has(&f->reserved, port)) {
		s->reserved++;
	} else if (is_held(s, f, m, port)) {
		s->held++;
		port_set_add(&s->held_ports, port);
	} else {
		s->usable++;
		s->preferred += port % 2 == s->low % 2;
		port_set_add(&s->usable_ports, port);
		if (is_doubtful(s, f, m, port)) {
			s->doubtful_count++;
			port_set_add(&s->doubtful, port);
		}
	}
}

void port_space_init(struct port_space *s, const struct facts *f, const struct port_table *t)
{
	struct marks m = { .first = xcalloc(PORTS, sizeof(*m.first)) };

	*s = (struct port_space){ 0 };
	set_range(s, f);
	s->bind_odd = f->bind_known && table_is_odd(s, f, t);
	s->bind_known = f->bind_known && !s->bind_odd && f->bind.low <= s->low &&
			f->bind.high >= s->high;
	s->blind = !t->from_diag || fact_or(f, FACT_KERNEL, 0) < LISTS_BOUND ||
		   (s->bind_odd && port_space_unbound(f));
	mark_all(&m, t, f);
	for (unsigned p = s->low; p <= s->high; p++)
		sort_port(s, f, &m, (uint16_t)p);
	free(m.first);
}

bool port_space_is_binder(const struct port_space *s, const struct port_table *t,
			  const struct pool *p, const struct pool_sock *e)
{
	if (port_set_has(&t->listening, e->port))
		return false;
	if (e->locked)
		return true;
	/* Of a listener that is gone only its connections are left; their peers are clients, which
	 * have ports like our own clients. */
	return !in_range(s, p->key.remote_port);
}
