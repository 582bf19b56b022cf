// SPDX-License-Identifier: MIT
/* Sockets sorted to their holders. */
#include <math.h>
#include <stdlib.h>

#include "analysis/close_wait.h"
#include "base/alloc.h"

/** One build: owners in the order in which they turn up. */
struct build {
	const struct cw *cw;
	const struct host *host;
	struct cw_owners *out;
	/** Index of a process's owner and 1, by index of the process; 0 where it has none yet. */
	uint32_t *owner_of;
	/** Hash of a set of holders (uint64_t), no value: sets whose members know each other. */
	struct map sets;
	/** uint32_t: owners of the socket at hand, without repeats. */
	struct vec holders;
};

static struct cw_owner *owner_at(const struct build *b, uint32_t i)
{
	return &VEC_AT(&b->out->owners, struct cw_owner, i);
}

static uint32_t owner_index(struct build *b, uint32_t process)
{
	struct cw_owner *o;

	if (b->owner_of[process])
		return b->owner_of[process] - 1;
	o = vec_push(&b->out->owners);
	o->process = &VEC_AT(&b->host->owners->processes, const struct process, process);
	o->socks = VEC_OF(uint32_t);
	o->shared_with = VEC_OF(pid_t);
	o->growth = NAN;
	b->owner_of[process] = (uint32_t)b->out->owners.len;
	return b->owner_of[process] - 1;
}

/** Fills b->holders with the owners of socket S. Holders come by rising process, so that repeats
 *  (several descriptors) stand side by side. */
static void find_holders(struct build *b, const struct cw_sock *s)
{
	const struct owners *owners = b->host->owners;
	size_t count = 0;
	uint64_t inode = cw_holder_inode(b->cw, s);
	const struct holder *h = owners ? owners_of(owners, inode, &count) : NULL;

	vec_reset(&b->holders);
	for (size_t i = 0; i < count; i++) {
		uint32_t owner;

		if (i && h[i].process == h[i - 1].process)
			continue;
		owner = owner_index(b, h[i].process);
		vec_add(&b->holders, &owner);
	}
}

static void count_sock(struct cw_owner *o, uint32_t index, const struct cw_sock *s)
{
	vec_add(&o->socks, &index);
	o->count[s->class]++;
	o->recv_queue += s->rqueue;
	o->incoming += s->incoming;
	if (isnan(s->age))
		o->ageless++;
	else if (cw_is_old(s->class, s->age))
		o->old[s->class]++;
}

/** Makes the holders of a socket known to each other. Forked processes share many sockets: each set
 *  of holders is looked at once. */
static void introduce(struct build *b)
{
	size_t n = b->holders.len;
	uint64_t hash;
	bool is_new;

	if (n < 2)
		return;
	hash = hash_bytes(b->holders.data, n * sizeof(uint32_t));
	map_put(&b->sets, &hash, &is_new);
	if (!is_new)
		return;
	for (size_t i = 0; i < n; i++) {
		struct cw_owner *o = owner_at(b, VEC_AT(&b->holders, uint32_t, i));

		for (size_t k = 0; k < n; k++)
			if (k != i)
				vec_add(&o->shared_with, &owner_at(b, VEC_AT(&b->holders, uint32_t, k))
								  ->process->pid);
	}
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static void sort_pids(struct vec *pids)
{
	size_t kept = 0;

	if (pids->len > 1)
		qsort(pids->data, pids->len, sizeof(pid_t), compare_pids);
	for (size_t i = 0; i < pids->len; i++)
		if (!i || VEC_AT(pids, pid_t, i) != VEC_AT(pids, pid_t, i - 1))
			VEC_AT(pids, pid_t, kept++) = VEC_AT(pids, pid_t, i);
	pids->len = kept;
}

/** Orders remote endpoints; each is one peer. */
static int compare_remotes(const void *a, const void *b)
{
	const struct cw_sock *x = *(const struct cw_sock *const *)a;
	const struct cw_sock *y = *(const struct cw_sock *const *)b;
	int c = addr_compare(&x->remote, &y->remote);

	return c ? c : (x->remote_port > y->remote_port) - (x->remote_port < y->remote_port);
}

/** Counts the peers of the connections that O made itself. */
static void count_peers(const struct cw *cw, struct cw_owner *o)
{
	const struct cw_sock **out = xcalloc(o->socks.len, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < o->socks.len; i++) {
		const struct cw_sock *s =
			&VEC_AT(&cw->socks, const struct cw_sock, VEC_AT(&o->socks, uint32_t, i));

		if (!s->incoming)
			out[n++] = s;
	}
	if (n)
		qsort(out, n, sizeof(struct cw_sock *), compare_remotes);
	for (size_t i = 0, first = 0; i < n; i++) {
		if (compare_remotes(&out[i], &out[first]) != 0)
			first = i;
		if (first == i)
			o->peers++;
		if (i - first + 1 > o->most_per_peer)
			o->most_per_peer = i - first + 1;
	}
	free(out);
}

static int compare_owners(const void *a, const void *b)
{
	const struct cw_owner *x = a, *y = b;

	if (x->socks.len != y->socks.len)
		return x->socks.len < y->socks.len ? 1 : -1;
	return compare_pids(&x->process->pid, &y->process->pid);
}

/** Why a socket has no holder, as far as it can be told one by one. INODE is what was searched
 *  for. */
static void count_reason(struct build *b, uint64_t inode)
{
	if (!inode)
		b->out->no_listener++;
	else if (b->host->gone && map_get(b->host->gone, &inode))
		b->out->closed++;
}

static void add_socks(struct build *b)
{
	for (size_t i = 0; i < b->cw->socks.len; i++) {
		const struct cw_sock *s = &VEC_AT(&b->cw->socks, const struct cw_sock, i);
		uint32_t index = (uint32_t)i;

		find_holders(b, s);
		for (size_t k = 0; k < b->holders.len; k++)
			count_sock(owner_at(b, VEC_AT(&b->holders, uint32_t, k)), index, s);
		introduce(b);
		if (b->holders.len)
			continue;
		vec_add(&b->out->unowned, &index);
		count_reason(b, cw_holder_inode(b->cw, s));
	}
}

void cw_owners_build(const struct cw *cw, const struct host *host, struct cw_owners *out)
{
	struct build b = {
		.cw = cw,
		.host = host,
		.out = out,
		.owner_of = xcalloc(host->owners ? host->owners->processes.len : 0, sizeof(uint32_t)),
		.sets = map_make(sizeof(uint64_t), 0),
		.holders = VEC_OF(uint32_t),
	};

	*out = (struct cw_owners){ .owners = VEC_OF(struct cw_owner), .unowned = VEC_OF(uint32_t) };
	add_socks(&b);
	for (size_t i = 0; i < out->owners.len; i++) {
		sort_pids(&owner_at(&b, (uint32_t)i)->shared_with);
		count_peers(cw, owner_at(&b, (uint32_t)i));
	}
	if (out->owners.len)
		qsort(out->owners.data, out->owners.len, sizeof(struct cw_owner), compare_owners);
	free(b.owner_of);
	map_free(&b.sets);
	vec_free(&b.holders);
}

void cw_owners_free(struct cw_owners *o)
{
	for (size_t i = 0; i < o->owners.len; i++) {
		vec_free(&VEC_AT(&o->owners, struct cw_owner, i).socks);
		vec_free(&VEC_AT(&o->owners, struct cw_owner, i).shared_with);
	}
	vec_free(&o->owners);
	vec_free(&o->unowned);
}
