// SPDX-License-Identifier: MIT
#include "analysis/ports_holders.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/** Inodes that are looked for, all pools together; above, only those of the largest pools. */
#define WANTED_MAX 65536
#define WANTED_POOLS 8

/** Connected sockets of a pool that a file stands for. */
static void want_pool(struct pool *p, struct map *set)
{
	p->owners = true;
	for (size_t i = 0; i < p->socks.len; i++) {
		uint64_t inode = VEC_AT(&p->socks, struct pool_sock, i).inode;

		if (inode)
			map_put(set, &inode, NULL);
	}
}

static int by_size(const void *x, const void *y)
{
	const struct pool *a = *(struct pool *const *)x, *b = *(struct pool *const *)y;

	return (b->socks.len > a->socks.len) - (b->socks.len < a->socks.len);
}

void holders_want(struct port_table *t, struct map *set)
{
	struct pool **order = xcalloc(t->pools.len + 1, sizeof(struct pool *));
	size_t total = 0, most = t->pools.len;

	for (size_t i = 0; i < t->users.len; i++) {
		uint64_t inode = VEC_AT(&t->users, struct port_user, i).inode;

		if (inode)
			map_put(set, &inode, NULL);
	}
	for (size_t i = 0; i < t->pools.len; i++) {
		order[i] = port_table_pool(t, i);
		total += order[i]->socks.len;
	}
	if (total > WANTED_MAX && most > WANTED_POOLS) {
		qsort(order, most, sizeof(struct pool *), by_size);
		most = WANTED_POOLS;
	}
	for (size_t i = 0; i < most; i++)
		want_pool(order[i], set);
	free(order);
}

static bool searched(const struct ports_result *res)
{
	return res->host->owners && res->host->owners->searched;
}

/** The first holder's process of the socket INODE, or NULL. */
static const struct process *first_holder(const struct ports_result *res, uint64_t inode)
{
	const struct holder *h;
	size_t count;

	if (!searched(res) || !inode)
		return NULL;
	h = owners_of(res->host->owners, inode, &count);
	return count ? owners_process(res->host->owners, h) : NULL;
}

static void add_process(struct value *to, const struct process *p, struct arena *a)
{
	if (p)
		value_add_int(a, to, "pid", p->pid);
	else
		value_add_null(a, to, "pid");
	value_add_text(a, to, "process", p ? p->comm : NULL);
}

/** Sockets of one process. */
struct share {
	uint32_t process;
	unsigned sockets;
};

static int by_sockets(const void *x, const void *y)
{
	const struct share *a = x, *b = y;

	if (a->sockets != b->sockets)
		return (b->sockets > a->sockets) - (b->sockets < a->sockets);
	return (a->process > b->process) - (a->process < b->process);
}

/** Counts the holders of a socket, each process once. */
static void count_holders(const struct owners *o, uint64_t inode, struct vec *shares,
			  struct map *at)
{
	size_t count;
	const struct holder *h = owners_of(o, inode, &count);

	for (size_t i = 0; i < count; i++) {
		uint32_t *index;
		bool is_new;

		if (i && h[i].process == h[i - 1].process)
			continue;
		index = map_put(at, &h[i].process, &is_new);
		if (is_new) {
			*index = (uint32_t)shares->len;
			((struct share *)vec_push(shares))->process = h[i].process;
		}
		VEC_AT(shares, struct share, *index).sockets++;
	}
}

void holders_add_pool(const struct ports_result *res, const struct pool *p, struct value *to,
		      struct arena *a)
{
	struct vec shares = VEC_OF(struct share);
	struct map at = MAP_OF(uint32_t, uint32_t);
	struct value *list;

	if (!searched(res) || !p->owners) {
		value_add_null(a, to, "owners");
		return;
	}
	list = value_add_array(a, to, "owners");
	for (size_t i = 0; i < p->socks.len; i++)
		count_holders(res->host->owners, VEC_AT(&p->socks, struct pool_sock, i).inode,
			      &shares, &at);
	if (shares.len)
		qsort(shares.data, shares.len, sizeof(struct share), by_sockets);
	for (size_t i = 0; i < shares.len; i++) {
		const struct share *s = &VEC_AT(&shares, struct share, i);
		struct value *o = value_add_object(a, list, NULL);

		add_process(o, &VEC_AT(&res->host->owners->processes, struct process, s->process),
			    a);
		value_add_int(a, o, "sockets", s->sockets);
	}
	vec_free(&shares);
	map_free(&at);
}

static bool in_range(const struct ports_result *res, uint16_t port)
{
	return port >= res->rules.space->low && port <= res->rules.space->high;
}

/** A listener for sorting: its port and who has it. */
struct listener {
	const struct port_user *user;
	const struct process *process;
};

static int by_port(const void *x, const void *y)
{
	const struct listener *a = x, *b = y;
	pid_t p = a->process ? a->process->pid : 0, q = b->process ? b->process->pid : 0;

	if (a->user->port != b->user->port)
		return (a->user->port > b->user->port) - (a->user->port < b->user->port);
	return (p > q) - (p < q);
}

void holders_add_listeners(const struct ports_result *res, struct value *to, struct arena *a)
{
	const struct port_table *t = res->rules.table;
	const struct facts *f = res->rules.facts;
	struct vec list = VEC_OF(struct listener);
	struct value *out = value_add_array(a, to, "listeners_in_range");

	for (size_t i = 0; i < t->users.len; i++) {
		const struct port_user *u = &VEC_AT(&t->users, struct port_user, i);
		struct listener l = { u, first_holder(res, u->inode) };

		if (u->state == STATE_LISTEN && in_range(res, u->port))
			vec_add(&list, &l);
	}
	if (list.len)
		qsort(list.data, list.len, sizeof(struct listener), by_port);
	for (size_t i = 0; i < list.len; i++) {
		const struct listener *l = &VEC_AT(&list, struct listener, i);
		struct value *o;

		/* One line for all addresses and all threads of a server. */
		if (i && by_port(l, l - 1) == 0)
			continue;
		o = value_add_object(a, out, NULL);
		value_add_int(a, o, "port", l->user->port);
		add_process(o, l->process, a);
		if (f->reserved_known)
			value_add_bool(a, o, "reserved", port_set_has(&f->reserved, l->user->port));
		else
			value_add_null(a, o, "reserved");
	}
	vec_free(&list);
}

/** Ports of one address that one process bound. */
struct binder {
	struct addr local;
	uint8_t pad[3];
	/** 0 where no process is known. */
	int32_t pid;
};

struct bound {
	const struct process *process;
	unsigned ports;
};

static void count_binder(const struct ports_result *res, const struct addr *local, uint64_t inode,
			 struct map *m)
{
	struct binder key = { .local = *local };
	struct bound *b;

	const struct process *p = first_holder(res, inode);

	key.pid = p ? p->pid : 0;
	b = map_put(m, &key, NULL);
	b->process = p;
	b->ports++;
}

/** Everything that holds a port of the range through bind() and does not listen. */
static void count_binders(const struct ports_result *res, struct map *m)
{
	const struct port_space *s = res->rules.space;
	const struct port_table *t = res->rules.table;

	for (size_t i = 0; i < t->users.len; i++) {
		const struct port_user *u = &VEC_AT(&t->users, struct port_user, i);

		if (u->state != STATE_LISTEN && port_set_has(&s->held_ports, u->port))
			count_binder(res, &u->local, u->inode, m);
	}
	for (size_t i = 0; i < t->pools.len; i++) {
		const struct pool *p = port_table_pool(t, i);

		for (size_t k = 0; k < p->socks.len; k++) {
			const struct pool_sock *e = &VEC_AT(&p->socks, struct pool_sock, k);

			if (port_set_has(&s->held_ports, e->port) &&
			    port_space_is_binder(s, t, p, e))
				count_binder(res, &p->key.local, e->inode, m);
		}
	}
}

struct binder_row {
	const struct binder *key;
	const struct bound *bound;
};

static int by_ports(const void *x, const void *y)
{
	const struct binder_row *a = x, *b = y;
	int c;

	if (a->bound->ports != b->bound->ports)
		return (b->bound->ports > a->bound->ports) - (b->bound->ports < a->bound->ports);
	c = addr_compare(&a->key->local, &b->key->local);
	return c ? c : (a->key->pid > b->key->pid) - (a->key->pid < b->key->pid);
}

void holders_add_binders(const struct ports_result *res, struct value *to, struct arena *a)
{
	struct map m = MAP_OF(struct binder, struct bound);
	struct vec rows = VEC_OF(struct binder_row);
	struct value *out = value_add_array(a, to, "bind_before_connect");
	struct binder_row row;
	size_t iter = 0;

	count_binders(res, &m);
	while (map_next(&m, &iter, (const void **)&row.key, (void **)&row.bound))
		vec_add(&rows, &row);
	if (rows.len)
		qsort(rows.data, rows.len, sizeof(row), by_ports);
	for (size_t i = 0; i < rows.len; i++) {
		struct value *o = value_add_object(a, out, NULL);
		char text[ADDR_TEXT];

		row = VEC_AT(&rows, struct binder_row, i);
		addr_text(&row.key->local, text);
		value_add_text(a, o, "local", text);
		value_add_int(a, o, "ports", row.bound->ports);
		add_process(o, row.bound->process, a);
	}
	vec_free(&rows);
	map_free(&m);
}
