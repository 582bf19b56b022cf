// SPDX-License-Identifier: MIT
/* The way there: route, interface, neighbour. */
#include <sys/socket.h>

#include "analysis/why_judge.h"
#include "model/addr.h"

/** A route that refuses: which errno connect() gives, and what it is called. */
static const struct {
	const char *id, *what, *error;
} refusals[ROUTE_KIND_COUNT] = {
	[ROUTE_BLACKHOLE] = { "blackhole-route", "A blackhole", "EINVAL" },
	[ROUTE_UNREACHABLE] = { "unreachable-route", "An unreachable", "EHOSTUNREACH" },
	[ROUTE_PROHIBIT] = { "prohibit-route", "A prohibit", "EACCES" },
};

static void judge_no_route(struct judging *j)
{
	const struct route *r = &j->c->route;
	struct value *e;

	if (r->down_device[0]) {
		e = why_find(j, "device-down", SEVERITY_CRITICAL,
			     "Interface %s, which leads to %s, is down: connect() fails at once with "
			     "ENETUNREACH",
			     r->down_device, j->address);
		value_add_text(j->arena, e, "device", r->down_device);
		value_add_text(j->arena, e, "link", link_state_name(LINK_DOWN));
	} else {
		e = why_find(j, "no-route", SEVERITY_CRITICAL,
			     "No route leads to %s: connect() fails at once with ENETUNREACH",
			     j->address);
	}
	value_add_text(j->arena, e, "errno", errno_name(r->error));
}

static void judge_route(struct judging *j)
{
	const struct route *r = &j->c->route;
	struct value *e;

	if (r->kind == ROUTE_NONE) {
		judge_no_route(j);
	} else if (refusals[r->kind].id) {
		e = why_find(j, refusals[r->kind].id, SEVERITY_CRITICAL,
			     "%s route covers %s: connect() fails at once with %s",
			     refusals[r->kind].what, j->address, refusals[r->kind].error);
		value_add_text(j->arena, e, "errno", refusals[r->kind].error);
	} else if (r->kind == ROUTE_BROADCAST || r->kind == ROUTE_MULTICAST) {
		why_find(j, "no-route", SEVERITY_CRITICAL,
			 "%s is a %s address: TCP cannot connect to it", j->address,
			 route_kind_name(r->kind));
	}
}

static void judge_link(struct judging *j)
{
	const struct route *r = &j->c->route;
	struct value *e;

	if (r->link != LINK_DOWN && r->link != LINK_NO_CARRIER)
		return;
	e = why_find(j, "device-down", SEVERITY_CRITICAL,
		     "Interface %s, which leads to %s, %s: nothing can leave", r->device, j->address,
		     r->link == LINK_DOWN ? "is down" : "has no carrier");
	value_add_text(j->arena, e, "device", r->device);
	value_add_text(j->arena, e, "link", link_state_name(r->link));
}

/** True where new neighbours cannot be added (the table is the machine's: only its own namespace
 *  shows these numbers). */
static bool table_full(const struct facts *f)
{
	return fact_known(f, FACT_NEIGH_ENTRIES) && fact_known(f, FACT_NEIGH_THRESH3) &&
	       f->v[FACT_NEIGH_ENTRIES] >= f->v[FACT_NEIGH_THRESH3];
}

static void judge_neighbor(struct judging *j)
{
	const struct route *r = &j->c->route;
	bool v6 = j->c->resolved->address[j->c->chosen].family == AF_INET6;
	const struct facts *f = j->c->facts;
	struct value *e;

	if (r->neighbor == NEIGH_FAILED ||
	    (r->neighbor == NEIGH_INCOMPLETE && j->c->fold && j->c->fold->syn_retransmitting)) {
		char gateway[ADDR_TEXT] = "";

		if (r->gateway.family)
			addr_text(&r->gateway, gateway);
		e = why_find(j, "neighbor-unresolved", SEVERITY_CRITICAL,
			     "%s%s on %s does not answer %s: connect() fails with EHOSTUNREACH "
			     "after about 3 s",
			     *gateway ? "Gateway " : "", *gateway ? gateway : j->address, r->device,
			     v6 ? "neighbour discovery" : "ARP");
		value_add_text(j->arena, e, "neighbor", neigh_state_name(r->neighbor));
		value_add_text(j->arena, e, "device", r->device);
	} else if (!v6 && r->neighbor == NEIGH_NONE && r->kind == ROUTE_UNICAST && table_full(f)) {
		e = why_find(j, "neighbor-table-full", SEVERITY_CRITICAL,
			     "The neighbour table is full (%lld of %lld): %s cannot be resolved",
			     (long long)f->v[FACT_NEIGH_ENTRIES],
			     (long long)f->v[FACT_NEIGH_THRESH3], j->address);
		value_add_int(j->arena, e, "used", f->v[FACT_NEIGH_ENTRIES]);
		value_add_int(j->arena, e, "limit", f->v[FACT_NEIGH_THRESH3]);
	}
}

void why_judge_path(struct judging *j)
{
	judge_route(j);
	if (j->worst == SEVERITY_OK)
		judge_link(j);
	if (j->worst == SEVERITY_OK)
		judge_neighbor(j);
	j->cut_off = j->worst != SEVERITY_OK;
}
