// SPDX-License-Identifier: MIT
/* The sockets that tell why a connection does not come about. */
#include "analysis/why.h"

#include <string.h>

void why_fold_init(struct why_fold *f, const struct addr *address, uint16_t port,
		   const struct route *route)
{
	*f = (struct why_fold){
		.address = addr_fold(address),
		.port = port,
		.local = route->kind == ROUTE_LOCAL,
		.infer_local = route->kind == ROUTE_UNKNOWN,
		.others = map_make(sizeof(struct addr), 0),
		.inodes = VEC_OF(uint64_t),
	};
	if (route->source.family)
		f->source = addr_fold(&route->source);
	listen_index_init(&f->listeners);
	port_table_init(&f->ports);
}

void why_fold_free(struct why_fold *f)
{
	map_free(&f->others);
	vec_free(&f->inodes);
	listen_index_free(&f->listeners);
	port_table_free(&f->ports);
	arena_free(&f->arena);
}

static void fold_needs(UNUSED const struct options *opt, const struct facts *facts,
		       struct needs *out)
{
	out->states |= STATES_ALL;
	out->facts = out->bind_table = out->owners = true;
	/* As for `ports`: without the bind table the next best answer. */
	out->locks = facts && !facts->bind_known;
}

static void fold_restart(void *state)
{
	struct why_fold *f = state;

	memset(f->states, 0, sizeof(f->states));
	f->syn_retransmitting = f->retransmitting = f->syn_recv = 0;
	f->syn_retransmits = 0;
	map_reset(&f->others);
	listen_index_reset(&f->listeners);
	port_table_reset(&f->ports);
	vec_reset(&f->inodes);
}

/** True where S waits for an acknowledgement that does not come. */
static bool retransmits(const struct sock *s)
{
	return sock_has(s, SOCK_HAS_TIMER) && s->timer == TIMER_RETRANSMIT && s->retransmits > 0;
}

static void add_toward(struct why_fold *f, const struct sock *s)
{
	f->states[s->state]++;
	if (retransmits(s) && s->state == STATE_SYN_SENT) {
		f->syn_retransmitting++;
		if (s->retransmits > f->syn_retransmits)
			f->syn_retransmits = s->retransmits;
	} else if (retransmits(s)) {
		f->retransmitting++;
	}
	if (sock_has(s, SOCK_HAS_INODE) && s->inode && f->inodes.len < WHY_INODES)
		vec_add(&f->inodes, &s->inode);
}

static void fold_add(void *state, const struct sock *s)
{
	struct why_fold *f = state;
	struct addr remote = addr_fold(&s->remote), local = addr_fold(&s->local);

	port_table_add(&f->ports, s, true);
	if (f->infer_local && addr_equal(&local, &f->address))
		f->local = true;
	if (s->state == STATE_LISTEN) {
		if (s->local_port == f->port)
			listen_index_add(&f->listeners, s);
		return;
	}
	if (s->state == STATE_SYN_RECV && s->local_port == f->port)
		f->syn_recv++;
	if (s->remote_port == f->port && addr_equal(&remote, &f->address))
		add_toward(f, s);
	else if (s->state == STATE_SYN_SENT && retransmits(s))
		map_put(&f->others, &remote, NULL);
}

static void fold_want(void *state, struct map *set)
{
	struct why_fold *f = state;

	for (size_t i = 0; i < f->inodes.len; i++)
		map_put(set, &VEC_AT(&f->inodes, uint64_t, i), NULL);
	for (size_t i = 0; i < listen_index_count(&f->listeners); i++) {
		const struct sock *l = listen_index_at(&f->listeners, i);

		if (sock_has(l, SOCK_HAS_INODE) && l->inode)
			map_put(set, &l->inode, NULL);
	}
}

/** Connections that the queue of L takes beyond those in it; a full one shows one more than its
 *  limit (kernel-facts 4.2). */
static int64_t room(const struct sock *l)
{
	return sock_has(l, SOCK_HAS_BACKLOG) ? (int64_t)l->wqueue + 1 - l->rqueue : INT64_MAX;
}

/** The listener that takes connections to the destination; of several the one with least room. */
static void find_listener(struct why_fold *f)
{
	struct sock probe = { .local = f->address, .local_port = f->port };
	uint32_t i = listen_index_find(&f->listeners, &probe);

	f->listener = NULL;
	f->takers = f->full = 0;
	for (; i != LISTEN_NONE; i = listen_index_next(&f->listeners, i, &probe)) {
		const struct sock *l = listen_index_at(&f->listeners, i);

		if (!f->listener || room(l) < room(f->listener))
			f->listener = l;
		f->takers++;
		f->full += room(l) <= 0;
	}
}

/** Share of its descriptors that P uses; 0 where that is unknown. */
static double fd_use(const struct process *p)
{
	if (p->fds_open < 0 || p->fds_limit <= 0)
		return 0;
	return (double)p->fds_open / (double)p->fds_limit;
}

/** Chooses among the holders of the socket INODE and BEST the process nearest to its limit, or with
 *  ROOMIEST the one furthest from it. */
static void take_holder(struct why_fold *f, const struct owners *owners, uint64_t inode,
			bool roomiest, const struct process **best, struct why_process *out)
{
	size_t count;
	const struct holder *h = owners_of(owners, inode, &count);

	for (size_t i = 0; i < count; i++) {
		const struct process *p = owners_process(owners, &h[i]);

		if (*best && (roomiest ? fd_use(p) >= fd_use(*best) : fd_use(p) <= fd_use(*best)))
			continue;
		*best = p;
		*out = (struct why_process){ p->pid, arena_strdup(&f->arena, p->comm), p->fds_open,
					     p->fds_limit };
	}
}

static void fold_finish(void *state, const struct host *host, struct report *report)
{
	struct why_fold *f = state;
	const struct process *best = NULL;

	why_pool(f, host, report);
	f->owner = f->client = (struct why_process){ 0 };
	find_listener(f);
	if (!host->owners)
		return;
	/* Processes that share a listener (forked workers) can accept as long as one of them
	 * can. */
	if (f->listener)
		take_holder(f, host->owners, f->listener->inode, true, &best, &f->owner);
	best = NULL;
	for (size_t i = 0; i < f->inodes.len; i++)
		take_holder(f, host->owners, VEC_AT(&f->inodes, uint64_t, i), false, &best,
			    &f->client);
}

const struct analysis why_analysis = {
	.name = "why",
	.needs = fold_needs,
	.restart = fold_restart,
	.add = fold_add,
	.want = fold_want,
	.finish = fold_finish,
};
