// SPDX-License-Identifier: MIT
/* What `diff` compares: sockets by state, holder, destination and service, in full. No command of
 * its own. */
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/alloc.h"
#include "base/map.h"
#include "base/vec.h"

/* Where connections go. Compared as bytes. */
struct destination {
	struct addr remote;
	uint8_t pad;
	uint16_t port;
};

struct tally {
	uint64_t states[STATE_COUNT];
	/* Local ports that are listened on (uint16_t); every source gives listeners first. */
	struct map listening;
	/* struct destination → uint64_t; uint16_t (local port) → uint64_t. */
	struct map destinations, services;
	/* uint64_t: inodes of the sockets. */
	struct vec inodes;
};

static void tally_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	(void)opt;
	(void)facts;
	out->states = STATES_ALL;
	out->owners = true;
}

static void *tally_begin(const struct options *opt)
{
	struct tally *t = xcalloc(1, sizeof(*t));

	(void)opt;
	t->listening = map_make(sizeof(uint16_t), 0);
	t->destinations = MAP_OF(struct destination, uint64_t);
	t->services = MAP_OF(uint16_t, uint64_t);
	t->inodes = VEC_OF(uint64_t);
	return t;
}

static void tally_restart(void *state)
{
	struct tally *t = state;

	memset(t->states, 0, sizeof(t->states));
	map_reset(&t->listening);
	map_reset(&t->destinations);
	map_reset(&t->services);
	vec_reset(&t->inodes);
}

static void tally_add(void *state, const struct sock *s)
{
	struct tally *t = state;

	t->states[s->state]++;
	if (sock_has(s, SOCK_HAS_INODE) && s->inode != 0)
		vec_add(&t->inodes, &s->inode);
	if (s->state == STATE_LISTEN)
		map_put(&t->listening, &s->local_port, NULL);
	if (s->remote_port == 0)
		return;
	if (map_get(&t->listening, &s->local_port) != NULL) {
		++*(uint64_t *)map_put(&t->services, &s->local_port, NULL);
	} else {
		struct destination d;

		memset(&d, 0, sizeof(d));
		d.remote = addr_fold(&s->remote);
		d.port = s->remote_port;
		++*(uint64_t *)map_put(&t->destinations, &d, NULL);
	}
}

static void tally_want(void *state, struct map *set)
{
	const struct tally *t = state;

	for (size_t i = 0; i < t->inodes.len; i++)
		map_put(set, &VEC_AT(&t->inodes, uint64_t, i), NULL);
}

/* Sockets of each process; one that several descriptors of it hold counts once. */
static void add_owners(const struct tally *t, const struct owners *owners, struct report *r)
{
	struct value *list = value_add_array(&r->arena, r->root, "owners");
	uint64_t *count;

	if (owners == NULL)
		return;
	count = xcalloc(owners->processes.len + 1, sizeof(*count));
	for (size_t i = 0; i < t->inodes.len; i++) {
		size_t n;
		const struct holder *h = owners_of(owners, VEC_AT(&t->inodes, uint64_t, i), &n);

		for (size_t k = 0; k < n; k++) {
			if (k == 0 || h[k].process != h[k - 1].process)
				count[h[k].process]++;
		}
	}
	for (size_t i = 0; i < owners->processes.len; i++) {
		const struct process *p = &VEC_AT(&owners->processes, const struct process, i);
		struct value *v;

		if (count[i] == 0)
			continue;
		v = value_add_object(&r->arena, list, NULL);
		value_add_int(&r->arena, v, "pid", p->pid);
		value_add_text(&r->arena, v, "process", p->comm);
		value_add_int(&r->arena, v, "sockets", (int64_t)count[i]);
	}
	free(count);
}

static void add_destinations(const struct tally *t, struct report *r)
{
	struct value *list = value_add_array(&r->arena, r->root, "destinations");
	const void *key;
	void *value;

	for (size_t iter = 0; map_next(&t->destinations, &iter, &key, &value);) {
		const struct destination *d = key;
		struct value *v = value_add_object(&r->arena, list, NULL);
		char text[ADDR_TEXT];

		addr_text(&d->remote, text);
		value_add_text(&r->arena, v, "remote", text);
		value_add_int(&r->arena, v, "remote_port", d->port);
		value_add_int(&r->arena, v, "sockets", *(const int64_t *)value);
	}
}

static void add_services(const struct tally *t, struct report *r)
{
	struct value *list = value_add_array(&r->arena, r->root, "services");
	const void *key;
	void *value;

	for (size_t iter = 0; map_next(&t->services, &iter, &key, &value);) {
		struct value *v = value_add_object(&r->arena, list, NULL);

		value_add_int(&r->arena, v, "local_port", *(const uint16_t *)key);
		value_add_int(&r->arena, v, "sockets", *(const int64_t *)value);
	}
}

static void tally_finish(void *state, const struct host *host, struct report *report)
{
	const struct tally *t = state;
	struct value *list;
	uint64_t total = 0;

	for (int i = 0; i < STATE_COUNT; i++)
		total += t->states[i];
	value_add_int(&report->arena, report->root, "total", (int64_t)total);
	list = value_add_array(&report->arena, report->root, "states");
	for (int i = 0; i < STATE_COUNT; i++) {
		struct value *v = value_add_object(&report->arena, list, NULL);

		value_add_text(&report->arena, v, "state", state_table[i].name);
		value_add_int(&report->arena, v, "sockets", (int64_t)t->states[i]);
	}
	add_owners(t, host->owners, report);
	add_destinations(t, report);
	add_services(t, report);
}

static void tally_end(void *state)
{
	struct tally *t = state;

	map_free(&t->listening);
	map_free(&t->destinations);
	map_free(&t->services);
	vec_free(&t->inodes);
	free(t);
}

static const struct view_column state_columns[] = {
	{ .path = "state", .heading = "STATE", .help = "TCP state" },
	{ .path = "old", .heading = "OLD", .unit = UNIT_COUNT, .right = true, .help = "sockets then" },
	{ .path = "new", .heading = "NEW", .unit = UNIT_COUNT, .right = true,
	  .help = "sockets later" },
	{ .path = "change", .heading = "CHANGE", .right = true, .help = "the difference" },
	{ 0 },
};

static const struct view_column owner_columns[] = {
	{ .path = "pid", .heading = "PID", .right = true, .help = "process" },
	{ .path = "old", .heading = "OLD", .unit = UNIT_COUNT, .right = true, .help = "sockets then" },
	{ .path = "new", .heading = "NEW", .unit = UNIT_COUNT, .right = true,
	  .help = "sockets later" },
	{ .path = "change", .heading = "CHANGE", .right = true, .help = "the difference" },
	{ .path = "process", .heading = "PROCESS", .help = "command name" },
	{ 0 },
};

static const struct view_column destination_columns[] = {
	{ .path = "remote", .heading = "REMOTE", .unit = UNIT_ADDRESS,
	  .help = "address that connections go to" },
	{ .path = "remote_port", .heading = "PORT", .unit = UNIT_PORT, .right = true,
	  .help = "its port" },
	{ .path = "old", .heading = "OLD", .unit = UNIT_COUNT, .right = true, .help = "sockets then" },
	{ .path = "new", .heading = "NEW", .unit = UNIT_COUNT, .right = true,
	  .help = "sockets later" },
	{ .path = "change", .heading = "CHANGE", .right = true, .help = "the difference" },
	{ 0 },
};

static const struct view_column service_columns[] = {
	{ .path = "local_port", .heading = "LPORT", .unit = UNIT_PORT, .right = true,
	  .help = "port that is listened on" },
	{ .path = "old", .heading = "OLD", .unit = UNIT_COUNT, .right = true, .help = "sockets then" },
	{ .path = "new", .heading = "NEW", .unit = UNIT_COUNT, .right = true,
	  .help = "sockets later" },
	{ .path = "change", .heading = "CHANGE", .right = true, .help = "the difference" },
	{ 0 },
};

/* Of the report that diff makes of two. */
static const struct view views[] = {
	{ .name = "diff", .kind = VIEW_LINES, .path = "",
	  .line = "Sockets: {old.total} at {old.time}, {new.total} at {new.time}: {total.change} in "
		  "{seconds:rate} s" },
	{ .name = "states", .kind = VIEW_TABLE, .path = "states", .columns = state_columns },
	{ .name = "owners", .kind = VIEW_TABLE, .path = "owners", .columns = owner_columns,
	  .optional = true, .title = "By process:" },
	{ .name = "more-owners", .kind = VIEW_LINES, .path = "", .line = "{cut.owners} more",
	  .terminal = true },
	{ .name = "destinations", .kind = VIEW_TABLE, .path = "destinations",
	  .columns = destination_columns, .optional = true, .title = "By destination:" },
	{ .name = "more-destinations", .kind = VIEW_LINES, .path = "",
	  .line = "{cut.destinations} more", .terminal = true },
	{ .name = "services", .kind = VIEW_TABLE, .path = "services", .columns = service_columns,
	  .optional = true, .title = "By port that is listened on:" },
	{ .name = "more-services", .kind = VIEW_LINES, .path = "", .line = "{cut.services} more",
	  .terminal = true },
	{ .name = NULL },
};

extern const struct analysis tally_analysis;
const struct analysis tally_analysis = {
	.name = "tally",
	.needs = tally_needs,
	.begin = tally_begin,
	.restart = tally_restart,
	.add = tally_add,
	.want = tally_want,
	.finish = tally_finish,
	.end = tally_end,
	.views = views,
};
