// SPDX-License-Identifier: MIT
/* The report of `why`: one sentence, then what proves it. */
#include <stdbool.h>

#include "analysis/why.h"
#include "analysis/why_judge.h"
#include "base/str.h"
#include "model/addr.h"

/** A's text in the arena; NULL for no address. */
static const char *addr_copy(struct arena *a, const struct addr *addr)
{
	char text[ADDR_TEXT];

	if (!addr->family)
		return NULL;
	addr_text(addr, text);
	return arena_strdup(a, text);
}

/** The destination that was judged, or NULL where the name has no address. */
static const struct addr *chosen(const struct why_case *c)
{
	return c->resolved->count ? &c->resolved->address[c->chosen] : NULL;
}

/** The names that sentences use. */
static void name_target(struct judging *j)
{
	const struct addr *a = chosen(j->c);
	struct str text = { 0 };

	if (a) {
		addr_add_endpoint(&text, a, j->c->port);
		j->address = addr_copy(j->arena, a);
	} else {
		str_addf(&text, "%s:%u", j->c->host, (unsigned)j->c->port);
		j->address = j->c->host;
	}
	j->target = arena_strdup(j->arena, str_text(&text));
	str_free(&text);
}

static void add_target(struct arena *a, struct value *root, const struct why_case *c)
{
	struct value *o = value_add_object(a, root, "target"), *others;
	const struct addr *address = chosen(c);

	value_add_text(a, o, "host", c->host);
	value_add_text(a, o, "address", address ? addr_copy(a, address) : NULL);
	value_add_int(a, o, "port", c->port);
	others = value_add_array(a, o, "other_addresses");
	for (size_t i = 0; i < c->resolved->count; i++) {
		if (i != c->chosen)
			value_add_text(a, others, NULL, addr_copy(a, &c->resolved->address[i]));
	}
}

static void add_route(struct arena *a, struct value *root, const struct why_case *c)
{
	const struct route *r = &c->route;
	struct value *o;

	if (r->kind == ROUTE_UNKNOWN) {
		value_add_null(a, root, "route");
		return;
	}
	o = value_add_object(a, root, "route");
	value_add_text(a, o, "local", addr_copy(a, &r->source));
	value_add_text(a, o, "gateway", addr_copy(a, &r->gateway));
	value_add_text(a, o, "device", r->device[0] ? r->device : NULL);
	value_add_text(a, o, "type", route_kind_name(r->kind));
	value_add_text(a, o, "link", link_state_name(r->link));
	value_add_text(a, o, "neighbor", neigh_state_name(r->neighbor));
	value_add_fact(a, o, "mtu", r->mtu ? r->mtu : FACT_UNKNOWN);
}

static void add_sockets(struct arena *a, struct value *root, const struct why_fold *f)
{
	struct value *o, *states;

	if (!f) {
		value_add_null(a, root, "sockets");
		return;
	}
	o = value_add_object(a, root, "sockets");
	states = value_add_object(a, o, "states");
	for (int s = 0; s < STATE_COUNT; s++) {
		if (f->states[s])
			value_add_int(a, states, state_table[s].name, (int64_t)f->states[s]);
	}
	value_add_int(a, o, "syn_retransmitting", (int64_t)f->syn_retransmitting);
	value_add_int(a, o, "retransmitting", (int64_t)f->retransmitting);
	value_add_int(a, o, "other_silent_destinations", (int64_t)f->others.len);
}

static void add_listener(struct arena *a, struct value *root, const struct why_fold *f)
{
	const struct sock *l = f ? f->listener : NULL;
	const struct why_process *p;
	struct value *o;

	if (!l || !f->local) {
		value_add_null(a, root, "listener");
		return;
	}
	p = &f->owner;
	o = value_add_object(a, root, "listener");
	value_add_text(a, o, "local", addr_copy(a, &l->local));
	value_add_int(a, o, "port", l->local_port);
	value_add_int(a, o, "queue", l->rqueue);
	value_add_fact(a, o, "backlog", sock_has(l, SOCK_HAS_BACKLOG) ? l->wqueue : FACT_UNKNOWN);
	value_add_int(a, o, "syn_recv", (int64_t)f->syn_recv);
	value_add_fact(a, o, "pid", p->pid ? p->pid : FACT_UNKNOWN);
	value_add_text(a, o, "process", p->comm);
	value_add_fact(a, o, "fds_open", p->pid && p->fds_open >= 0 ? p->fds_open : FACT_UNKNOWN);
	value_add_fact(a, o, "fds_limit", p->pid && p->fds_limit >= 0 ? p->fds_limit : FACT_UNKNOWN);
}

static void add_conntrack(struct arena *a, struct value *root, const struct facts *f)
{
	struct value *o;

	if (!fact_known(f, FACT_CT_COUNT) || !fact_known(f, FACT_CT_MAX)) {
		value_add_null(a, root, "conntrack");
		return;
	}
	o = value_add_object(a, root, "conntrack");
	value_add_int(a, o, "count", f->v[FACT_CT_COUNT]);
	value_add_int(a, o, "max", f->v[FACT_CT_MAX]);
}

static void add_attempt(struct arena *a, struct value *root, const struct attempt *t)
{
	struct value *o;

	if (t->result == ATTEMPT_NONE) {
		value_add_null(a, root, "attempt");
		return;
	}
	o = value_add_object(a, root, "attempt");
	value_add_text(a, o, "result", attempt_result_name(t->result));
	value_add_text(a, o, "errno", errno_name(t->error));
	value_add_real(a, o, "seconds", t->seconds);
}

/** What looks fine, in half a sentence, behind "nothing stands in the way". */
static void add_reassurance(const struct judging *j, struct str *out)
{
	const struct route *r = &j->c->route;
	const struct value *pool = j->c->pool;
	char text[ADDR_TEXT];

	if (r->device[0])
		str_addf(out, ", route by %s", r->device);
	if (r->gateway.family) {
		addr_text(&r->gateway, text);
		str_addf(out, " via %s", text);
	}
	if (pool && value_int(pool, "free", -1) >= 0)
		str_addf(out, ", %lld of %lld ports free", (long long)value_int(pool, "free", -1),
			 (long long)value_int(pool, "capacity", -1));
	if (j->c->fold && j->c->fold->local && j->c->fold->listener)
		str_addf(out, ", %u waiting in the accept queue", j->c->fold->listener->rqueue);
}

/** The one sentence. */
static const char *answer(const struct judging *j)
{
	const struct attempt *t = &j->c->attempt;
	struct str out = { 0 };
	const char *text;

	if (t->result == ATTEMPT_CONNECTED)
		str_addf(&out, "A connection to %s was made in %.1f ms%s%s", j->target,
			 t->seconds * 1000, j->sentence ? "; but: " : "",
			 j->sentence ? j->sentence : "");
	else if (j->sentence)
		str_add(&out, j->sentence);
	else {
		str_addf(&out, "Nothing seen from here stands in the way of %s", j->target);
		add_reassurance(j, &out);
	}
	text = arena_strdup(j->arena, str_text(&out));
	str_free(&out);
	return text;
}

void why_report(const struct why_case *c, struct report *report)
{
	struct arena *a = &report->arena;
	struct value *root = report->root, *findings = value_array(a);
	struct judging j = { .c = c, .arena = a, .findings = findings };

	name_target(&j);
	why_judge(&j);
	add_target(a, root, c);
	value_add_text(a, root, "verdict", severity_name(j.worst));
	value_add_text(a, root, "answer", answer(&j));
	value_add_text(a, root, "cause", j.cause);
	value_link(root, "findings", findings);
	add_route(a, root, c);
	if (c->pool)
		value_link(root, "pool", value_copy(a, c->pool));
	else
		value_add_null(a, root, "pool");
	add_sockets(a, root, c->fold);
	add_listener(a, root, c->fold);
	add_conntrack(a, root, c->facts);
	add_attempt(a, root, &c->attempt);
	report->status = j.worst == SEVERITY_CRITICAL ? 2 : j.worst == SEVERITY_WARNING ? 1 : 0;
}

const struct view why_views[] = {
	{ .name = "answer", .kind = VIEW_LINES, .path = "", .unless = "cause",
	  .line = "{verdict:verdict}: {answer}" },
	{ .name = "findings", .kind = VIEW_LINES, .path = "findings", .optional = true,
	  .line = "{severity:verdict}: {summary} ({id})\n"
		  "  cause    {cause}\n"
		  "  do       {advice}\n"
		  "  see      {see}" },
	{ .name = "evidence", .kind = VIEW_LINES, .path = "",
	  .line = "\n"
		  "target     {target.address} port {target.port}\n"
		  "also       {target.other_addresses}\n"
		  "route      {route.type}\n"
		  "source     {route.local}\n"
		  "device     {route.device}, {route.link}\n"
		  "gateway    {route.gateway}\n"
		  "neighbor   {route.neighbor}\n"
		  "ports      {pool.free} of {pool.capacity} free, {pool.in_use} in use\n"
		  "unanswered {sockets.states.SYN_SENT} in SYN_SENT, "
		  "{sockets.syn_retransmitting} repeated\n"
		  "open       {sockets.states.ESTABLISHED} established\n"
		  "closed     {sockets.states.TIME_WAIT} in TIME_WAIT\n"
		  "listener   {listener.local} port {listener.port}, {listener.queue} waiting, limit "
		  "{listener.backlog}\n"
		  "server     {listener.process}, pid {listener.pid}\n"
		  "conntrack  {conntrack.count} of {conntrack.max}\n"
		  "attempt    {attempt.result}\n"
		  "errno      {attempt.errno}" },
	{ .name = NULL },
};
