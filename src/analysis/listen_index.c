// SPDX-License-Identifier: MIT
#include "analysis/listen_index.h"

#include <sys/socket.h>

#include "model/addr.h"

/** What a listener is found by. No padding: maps compare bytes. */
struct listen_key {
	struct addr addr;
	uint8_t unused;
	uint16_t port;
	uint32_t netns;
};

_Static_assert(sizeof(struct listen_key) == sizeof(struct addr) + 1 + 2 + 4, "no padding");

void listen_index_init(struct listen_index *x)
{
	x->entries = VEC_OF(struct listen_entry);
	x->newest = MAP_OF(struct listen_key, uint32_t);
}

/** The key of ADDR as S has port and namespace; a mapped address stands for the IPv4 one. */
static struct listen_key make_key(const struct sock *s, const struct addr *addr)
{
	return (struct listen_key){
		.addr = addr_fold(addr),
		.port = s->local_port,
		.netns = s->netns,
	};
}

static const struct listen_entry *entry(const struct listen_index *x, size_t i)
{
	return &VEC_AT(&x->entries, struct listen_entry, i);
}

void listen_index_add(struct listen_index *x, const struct sock *s)
{
	struct listen_key key = make_key(s, &s->local);
	uint32_t *newest = map_put(&x->newest, &key, NULL);
	struct listen_entry *e = vec_push(&x->entries);

	e->sock = *s;
	e->next = *newest ? *newest - 1 : LISTEN_NONE;
	*newest = (uint32_t)x->entries.len;
}

size_t listen_index_count(const struct listen_index *x)
{
	return x->entries.len;
}

const struct sock *listen_index_at(const struct listen_index *x, size_t i)
{
	return &entry(x, i)->sock;
}

/** True where listener L takes connections like S: an IPV6_V6ONLY socket takes no IPv4. */
static bool takes(const struct sock *l, const struct sock *s)
{
	struct addr local = addr_fold(&s->local), own = addr_fold(&l->local);

	return local.family == own.family || !(sock_has(l, SOCK_HAS_V6ONLY) && l->v6only);
}

/** The first entry from I on that takes S. */
static uint32_t first_from(const struct listen_index *x, uint32_t i, const struct sock *s)
{
	while (i != LISTEN_NONE && !takes(&entry(x, i)->sock, s))
		i = entry(x, i)->next;
	return i;
}

static uint32_t find_on(const struct listen_index *x, const struct sock *s,
			const struct addr *addr)
{
	struct listen_key key = make_key(s, addr);
	const uint32_t *newest = map_get(&x->newest, &key);

	return newest ? first_from(x, *newest - 1, s) : LISTEN_NONE;
}

uint32_t listen_index_find(const struct listen_index *x, const struct sock *s)
{
	static const struct addr any4 = { .family = AF_INET }, any6 = { .family = AF_INET6 };
	struct addr local = addr_fold(&s->local);
	uint32_t i = find_on(x, s, &local);

	if (i == LISTEN_NONE && local.family == AF_INET)
		i = find_on(x, s, &any4);
	if (i == LISTEN_NONE)
		i = find_on(x, s, &any6);
	return i;
}

uint32_t listen_index_next(const struct listen_index *x, uint32_t i, const struct sock *s)
{
	return first_from(x, entry(x, i)->next, s);
}

void listen_index_reset(struct listen_index *x)
{
	vec_reset(&x->entries);
	map_reset(&x->newest);
}

void listen_index_free(struct listen_index *x)
{
	vec_free(&x->entries);
	map_free(&x->newest);
}
