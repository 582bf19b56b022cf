// SPDX-License-Identifier: MIT
/* What this host has for the connection: ports, descriptors, tracking entries, a listener where the
 * destination is its own, and what its sockets toward the destination show. */
#include <stdbool.h>
#include <string.h>

#include "analysis/why_judge.h"
#include "base/num.h"
#include "base/str.h"
#include "model/addr.h"

/** From this share of a limit on, a warning: the last tenth goes quickly. */
#define NEARLY 0.9

/** A member of the pool; -1 where it is absent or null. */
static int64_t pool_int(const struct judging *j, const char *key)
{
	return value_int(j->c->pool, key, -1);
}

/** What the pool's own verdict says. */
static bool pool_is(const struct judging *j, const char *verdict)
{
	const struct value *v = value_get(j->c->pool, "verdict");

	return v && v->kind == VALUE_TEXT && strcmp(v->text, verdict) == 0;
}

static void pool_evidence(const struct judging *j, struct value *e)
{
	static const char *const keys[] = { "capacity", "in_use", "free", "free_min", "free_max" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		value_add_fact(j->arena, e, keys[i],
			       value_int(j->c->pool, keys[i], FACT_UNKNOWN));
}

static void judge_pool(struct judging *j)
{
	int64_t most, least, capacity;
	const struct value *slow;

	if (!j->c->pool)
		return;
	most = pool_int(j, "free_max");
	least = pool_int(j, "free_min");
	capacity = pool_int(j, "capacity");
	if (most == 0) {
		pool_evidence(j, why_find(j, "port-exhaustion", SEVERITY_CRITICAL,
					  "No port is left toward %s: all %lld taken, connect() "
					  "fails with EADDRNOTAVAIL",
					  j->target, (long long)capacity));
		return;
	}
	if (least == 0) {
		pool_evidence(j, why_find(j, "port-exhaustion", SEVERITY_WARNING,
					  "Perhaps no port is left toward %s: between 0 and %lld of "
					  "%lld are free",
					  j->target, (long long)most, (long long)capacity));
		return;
	}
	if (pool_is(j, "critical") || pool_is(j, "warning")) {
		pool_evidence(j, why_find(j, "port-exhaustion", SEVERITY_WARNING,
					  "Ports toward %s are running out: %lld of %lld are left",
					  j->target, (long long)least, (long long)capacity));
	}
	slow = value_get(j->c->pool, "slow_search");
	if (slow && slow->kind == VALUE_BOOL && slow->boolean) {
		pool_evidence(j, why_find(j, "port-search-slow", SEVERITY_WARNING,
					  "Half of the ports toward %s are taken: each connect() "
					  "searches for long",
					  j->target));
	}
}

/** How full P's descriptor table is; 0 where that is unknown. */
static double fd_use(const struct why_process *p)
{
	if (!p->pid || p->fds_open < 0 || p->fds_limit <= 0)
		return 0;
	return (double)p->fds_open / (double)p->fds_limit;
}

static void process_evidence(struct judging *j, const struct why_process *p, struct value *e)
{
	value_add_int(j->arena, e, "pid", p->pid);
	value_add_text(j->arena, e, "process", p->comm);
	value_add_int(j->arena, e, "open", p->fds_open);
	value_add_int(j->arena, e, "limit", p->fds_limit);
}

/** The processes that connect there. */
static void judge_client_fds(struct judging *j)
{
	const struct why_process *p = &j->c->fold->client;
	double use = fd_use(p);

	/* Where it is the server, too, and cannot accept: said with its queue. */
	if (j->c->fold->full && p->pid == j->c->fold->owner.pid)
		return;
	if (use >= 1) {
		process_evidence(j, p,
				 why_find(j, "fd-limit", SEVERITY_CRITICAL,
					  "%s (pid %lld), which has sockets toward %s, is at its "
					  "descriptor limit (%lld of %lld): socket() fails with EMFILE",
					  p->comm, (long long)p->pid, j->target,
					  (long long)p->fds_open, (long long)p->fds_limit));
	} else if (use >= NEARLY) {
		process_evidence(j, p,
				 why_find(j, "fd-limit", SEVERITY_WARNING,
					  "%s (pid %lld), which has sockets toward %s, has %lld of %lld "
					  "descriptors open",
					  p->comm, (long long)p->pid, j->target,
					  (long long)p->fds_open, (long long)p->fds_limit));
	}
}

/** Full by its own count, or seen dropping. */
static void judge_conntrack(struct judging *j)
{
	const struct facts *f = j->c->facts;
	int64_t count = f->v[FACT_CT_COUNT], max = f->v[FACT_CT_MAX];
	int64_t drops = fact_delta(j->c->before, f, FACT_CT_DROP);
	bool full = drops > 0 || count >= max;
	struct value *e;

	if (count == FACT_UNKNOWN || max == FACT_UNKNOWN || max <= 0 ||
	    (!full && (double)count < NEARLY * (double)max))
		return;
	e = why_find(j, "conntrack-full", full ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		     full ? "The connection tracking table is full (%lld of %lld): a new connection is "
			    "dropped unless an old entry gives way"
			  : "The connection tracking table is nearly full (%lld of %lld)",
		     (long long)count, (long long)max);
	value_add_int(j->arena, e, "used", count);
	value_add_int(j->arena, e, "limit", max);
	value_add_fact(j->arena, e, "drops", drops);
}

/** Adds where the port is listened on, as a list in EVIDENCE and as text in OUT. */
static void add_places(struct judging *j, struct value *evidence, struct str *out)
{
	const struct listen_index *x = &j->c->fold->listeners;
	struct value *list = value_add_array(j->arena, evidence, "listens_on");
	size_t count = listen_index_count(x);

	for (size_t i = 0; i < count; i++) {
		char text[ADDR_TEXT];

		addr_text(&listen_index_at(x, i)->local, text);
		value_add_text(j->arena, list, NULL, text);
		if (out && i < 3)
			str_addf(out, "%s%s", i ? ", " : "", text);
	}
	if (out && count > 3)
		str_addf(out, " and %zu more", count - 3);
}

static void judge_no_listener(struct judging *j)
{
	const struct why_fold *f = j->c->fold;
	struct str places = { 0 };
	struct value scratch = { .kind = VALUE_OBJECT };

	if (!listen_index_count(&f->listeners)) {
		why_find(j, "no-listener", SEVERITY_CRITICAL,
			 "Nothing listens on port %u of this host: connections to %s are refused",
			 (unsigned)f->port, j->target);
		return;
	}
	add_places(j, &scratch, &places);
	add_places(j,
		   why_find(j, "wrong-listener-address", SEVERITY_CRITICAL,
			    "Port %u is listened on at %s only, not at %s: connections there are "
			    "refused",
			    (unsigned)f->port, str_text(&places), j->address),
		   NULL);
	str_free(&places);
}

static void queue_evidence(struct judging *j, struct value *e)
{
	const struct why_fold *f = j->c->fold;

	value_add_int(j->arena, e, "queue", f->listener->rqueue);
	value_add_int(j->arena, e, "backlog", f->listener->wqueue);
	value_add_int(j->arena, e, "listeners", f->takers);
	value_add_int(j->arena, e, "full", f->full);
}

/** A full queue, and whether its owner could take from it at all. */
static void judge_full_queue(struct judging *j)
{
	const struct why_fold *f = j->c->fold;
	const struct why_process *p = &f->owner;
	/* Of several listeners that share the port one full queue fails its share only. */
	enum severity severity = f->full == f->takers ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	const char *what = fact_or(j->c->facts, FACT_ABORT_ON_OVERFLOW, 0)
				   ? "new connections are reset"
				   : "new connections get no answer";

	if (fd_use(p) >= 1)
		process_evidence(j, p,
				 why_find(j, "fd-limit", severity,
					  "%s (pid %lld) cannot accept on port %u: it is at its "
					  "descriptor limit (%lld of %lld)",
					  p->comm, (long long)p->pid, (unsigned)f->port,
					  (long long)p->fds_open, (long long)p->fds_limit));
	queue_evidence(j, why_find(j, "accept-queue-full", severity,
				   "The accept queue for %s is full (%u waiting, limit %u): %s",
				   j->target, f->listener->rqueue, f->listener->wqueue, what));
}

static void judge_listener(struct judging *j)
{
	const struct why_fold *f = j->c->fold;
	const struct sock *l = f->listener;

	if (!f->local)
		return;
	if (!l)
		judge_no_listener(j);
	else if (f->full)
		judge_full_queue(j);
	else if (sock_has(l, SOCK_HAS_BACKLOG) && l->wqueue &&
		 (double)l->rqueue >= NEARLY * (double)l->wqueue)
		queue_evidence(j, why_find(j, "accept-queue-full", SEVERITY_WARNING,
					   "The accept queue for %s is nearly full (%u waiting, limit "
					   "%u)",
					   j->target, l->rqueue, l->wqueue));
}

/** Some other finding explains why SYNs stay without answer. */
static bool silence_explained(const struct judging *j)
{
	return j->cut_off || why_found(j, "accept-queue-full") || why_found(j, "conntrack-full");
}

static void judge_silence(struct judging *j)
{
	const struct why_fold *f = j->c->fold;
	struct value *e;

	if (!f->syn_retransmitting || silence_explained(j))
		return;
	e = why_find(j, "silent-peer", SEVERITY_CRITICAL,
		     "%s does not answer: %llu of %llu SYN%s toward it repeated, up to %u time%s%s",
		     j->target, (unsigned long long)f->syn_retransmitting,
		     (unsigned long long)f->states[STATE_SYN_SENT],
		     num_word(f->states[STATE_SYN_SENT], "", "s"), f->syn_retransmits,
		     num_word(f->syn_retransmits, "", "s"),
		     f->others.len ? ", and other destinations are silent too" : "");
	value_add_int(j->arena, e, "syn_sent", (int64_t)f->states[STATE_SYN_SENT]);
	value_add_int(j->arena, e, "retransmitting", (int64_t)f->syn_retransmitting);
	value_add_int(j->arena, e, "most_retransmits", f->syn_retransmits);
	value_add_int(j->arena, e, "other_silent_destinations", (int64_t)f->others.len);
}

static void judge_open_connections(struct judging *j)
{
	const struct why_fold *f = j->c->fold;
	struct value *e;

	if (!f->retransmitting || j->cut_off)
		return;
	e = why_find(j, "peer-not-acking", SEVERITY_WARNING,
		     "%llu open connection%s to %s retransmit%s without an acknowledgement",
		     (unsigned long long)f->retransmitting, num_word(f->retransmitting, "", "s"),
		     j->target, num_word(f->retransmitting, "s", ""));
	value_add_int(j->arena, e, "retransmitting", (int64_t)f->retransmitting);
}

void why_judge_host(struct judging *j)
{
	judge_pool(j);
	if (j->c->fold)
		judge_client_fds(j);
	judge_conntrack(j);
	if (!j->c->fold)
		return;
	judge_listener(j);
	judge_silence(j);
	judge_open_connections(j);
}
