// SPDX-License-Identifier: MIT
#include "analysis/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/vec.h"

/** One key: its name and what it needs. */
static const struct {
	const char *name;
	bool owners, cgroups;
} keys[GROUP_BY_COUNT] = {
	[GROUP_LADDR] = { "laddr", false, false },   [GROUP_LPORT] = { "lport", false, false },
	[GROUP_RADDR] = { "raddr", false, false },   [GROUP_RPORT] = { "rport", false, false },
	[GROUP_LOCAL] = { "local", false, false },   [GROUP_REMOTE] = { "remote", false, false },
	[GROUP_PID] = { "pid", true, false },	     [GROUP_PROCESS] = { "process", true, false },
	[GROUP_USER] = { "user", false, false },     [GROUP_CGROUP] = { "cgroup", false, true },
	[GROUP_NETNS] = { "netns", false, false },   [GROUP_FAMILY] = { "family", false, false },
};

/** What a socket is grouped by, in fields that no key asked for zero. Compared as bytes. */
struct group_key {
	struct addr laddr, raddr;
	uint16_t lport, rport;
	uint8_t family, has_uid, has_cgroup, pad[3];
	uint32_t uid, netns;
	/** Sockets of one process belong together only at the end: until then by inode. */
	uint64_t cgroup, inode;
};

struct counts {
	uint64_t n[STATE_COUNT];
};

struct groups {
	struct group_spec spec;
	/** struct group_key → struct counts. */
	struct map map;
};

const char *group_key_name(size_t i)
{
	return i < GROUP_BY_COUNT ? keys[i].name : NULL;
}

int group_parse(const char *text, struct group_spec *out, struct str *why)
{
	*out = (struct group_spec){ 0 };
	for (const char *s = text; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		size_t n = strcspn(s, ","), i = 0;

		while (i < GROUP_BY_COUNT &&
		       (strlen(keys[i].name) != n || memcmp(keys[i].name, s, n) != 0))
			i++;
		if (i == GROUP_BY_COUNT) {
			str_addf(why, "--by knows no '%.*s': use", (int)n, s);
			for (i = 0; i < GROUP_BY_COUNT; i++)
				str_addf(why, " %s", keys[i].name);
			return -EINVAL;
		}
		if (out->count == GROUP_KEYS_MAX) {
			str_addf(why, "--by takes at most %d keys", GROUP_KEYS_MAX);
			return -EINVAL;
		}
		out->keys[out->count++] = (enum group_by)i;
	}
	return 0;
}

bool group_needs_owners(const struct group_spec *spec)
{
	for (size_t i = 0; i < spec->count; i++) {
		if (keys[spec->keys[i]].owners)
			return true;
	}
	return false;
}

bool group_needs_cgroups(const struct group_spec *spec)
{
	for (size_t i = 0; i < spec->count; i++) {
		if (keys[spec->keys[i]].cgroups)
			return true;
	}
	return false;
}

struct groups *groups_new(const struct group_spec *spec)
{
	struct groups *g = xcalloc(1, sizeof(*g));

	g->spec = *spec;
	g->map = MAP_OF(struct group_key, struct counts);
	return g;
}

void groups_free(struct groups *g)
{
	if (!g)
		return;
	map_free(&g->map);
	free(g);
}

void groups_reset(struct groups *g)
{
	map_reset(&g->map);
}

static void set_key(struct group_key *k, enum group_by by, const struct sock *s)
{
	switch (by) {
	case GROUP_LADDR:
		k->laddr = s->local;
		break;
	case GROUP_LPORT:
		k->lport = s->local_port;
		break;
	case GROUP_RADDR:
		k->raddr = s->remote;
		break;
	case GROUP_RPORT:
		k->rport = s->remote_port;
		break;
	case GROUP_LOCAL:
		k->laddr = s->local;
		k->lport = s->local_port;
		break;
	case GROUP_REMOTE:
		k->raddr = s->remote;
		k->rport = s->remote_port;
		break;
	case GROUP_PID:
	case GROUP_PROCESS:
		k->inode = s->inode;
		break;
	case GROUP_USER:
		k->has_uid = sock_has(s, SOCK_HAS_UID);
		k->uid = k->has_uid ? s->uid : 0;
		break;
	case GROUP_CGROUP:
		k->has_cgroup = sock_has(s, SOCK_HAS_CGROUP);
		k->cgroup = k->has_cgroup ? s->cgroup_id : 0;
		break;
	case GROUP_NETNS:
		k->netns = s->netns;
		break;
	case GROUP_FAMILY:
	case GROUP_BY_COUNT:
		k->family = s->local.family;
		break;
	}
}

void groups_add(struct groups *g, const struct sock *s)
{
	struct group_key k;
	struct counts *c;

	memset(&k, 0, sizeof(k));
	for (size_t i = 0; i < g->spec.count; i++)
		set_key(&k, g->spec.keys[i], s);
	c = map_put(&g->map, &k, NULL);
	c->n[s->state]++;
}

void groups_merge(struct groups *g, struct groups *from)
{
	const void *k;
	void *v;
	size_t iter = 0;

	while (map_next(&from->map, &iter, &k, &v)) {
		struct counts *c = map_put(&g->map, k, NULL);

		for (int s = 0; s < STATE_COUNT; s++)
			c->n[s] += ((struct counts *)v)->n[s];
	}
	map_reset(&from->map);
}

void groups_want(const struct groups *g, struct map *set)
{
	const void *k;
	size_t iter = 0;

	while (map_next(&g->map, &iter, &k, NULL)) {
		const struct group_key *key = k;

		if (key->inode)
			map_put(set, &key->inode, NULL);
	}
}

/** A group as shown: the text of its keys joined tells it apart. */
struct shown {
	struct counts counts;
	uint64_t total;
	/** Its key, and its process (NULL where there is none or none is asked for). */
	struct group_key key;
	const struct process *process;
	size_t index;
};

/** Adds member KEY of one group. */
static void add_key(struct arena *a, struct value *o, enum group_by by, const struct shown *g,
		    const struct host *host)
{
	const struct group_key *k = &g->key;
	struct str text = { 0 };
	char addr[ADDR_TEXT];
	const char *value = NULL;

	switch (by) {
	case GROUP_LPORT:
		value_add_int(a, o, keys[by].name, k->lport);
		return;
	case GROUP_RPORT:
		value_add_int(a, o, keys[by].name, k->rport);
		return;
	case GROUP_PID:
		value_add_fact(a, o, keys[by].name, g->process ? g->process->pid : FACT_UNKNOWN);
		return;
	case GROUP_LADDR:
	case GROUP_RADDR:
		addr_text(by == GROUP_LADDR ? &k->laddr : &k->raddr, addr);
		value = addr;
		break;
	case GROUP_LOCAL:
		addr_add_endpoint(&text, &k->laddr, k->lport);
		value = text.s;
		break;
	case GROUP_REMOTE:
		addr_add_endpoint(&text, &k->raddr, k->rport);
		value = text.s;
		break;
	case GROUP_PROCESS:
		value = g->process ? g->process->comm : NULL;
		break;
	case GROUP_USER:
		value = k->has_uid ? host->user_name(k->uid) : NULL;
		if (!value && k->has_uid) {
			str_addu(&text, k->uid);
			value = text.s;
		}
		break;
	case GROUP_CGROUP:
		value = k->has_cgroup && host->cgroups ? cgroups_path(host->cgroups, k->cgroup) :
							 NULL;
		break;
	case GROUP_NETNS:
		value = k->netns < host->netns_count ? host->netns_names[k->netns] : NULL;
		break;
	case GROUP_FAMILY:
	case GROUP_BY_COUNT:
		value = k->family == AF_INET6 ? "ipv6" : "ipv4";
		break;
	}
	value_add_text(a, o, keys[by].name, value);
	str_free(&text);
}

static int by_falling_total(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

/** What joins groups at the end: the key without the inode, and the process. */
struct joined_key {
	struct group_key key;
	/** Index of the process + 1, or of its name; 0 for none. */
	uint64_t process;
};

/** The name's number: processes of one name are one group where no pid is asked for. */
static uint64_t process_number(const struct groups *g, struct strmap *names,
			       const struct owners *owners, const struct process *p)
{
	bool is_new;
	uint64_t *n;

	for (size_t i = 0; i < g->spec.count; i++) {
		if (g->spec.keys[i] == GROUP_PID)
			return (uint64_t)(p - (const struct process *)owners->processes.data) + 1;
	}
	n = strmap_put(names, p->comm, &is_new);
	if (is_new)
		*n = names->len;
	return *n;
}

static void join(struct map *index, struct vec *shown, const struct joined_key *k,
		 const struct process *process, const struct counts *c)
{
	bool is_new;
	size_t *at = map_put(index, k, &is_new);
	struct shown *g;

	if (is_new) {
		*at = shown->len;
		g = vec_push(shown);
		g->key = k->key;
		g->process = process;
	}
	g = &VEC_AT(shown, struct shown, *at);
	for (int s = 0; s < STATE_COUNT; s++) {
		g->counts.n[s] += c->n[s];
		g->total += c->n[s];
	}
}

/** Turns inodes into processes: a socket held by several counts in each one's group. */
static void join_all(const struct groups *g, const struct owners *owners, struct vec *shown)
{
	struct map index = MAP_OF(struct joined_key, size_t);
	struct strmap names = strmap_make(sizeof(uint64_t));
	const void *k;
	void *c;
	size_t iter = 0;

	while (map_next(&g->map, &iter, &k, &c)) {
		struct joined_key joined;
		size_t count = 0;
		const struct holder *h = NULL;
		uint64_t last = 0;

		memset(&joined, 0, sizeof(joined));
		joined.key = *(const struct group_key *)k;
		if (owners && joined.key.inode)
			h = owners_of(owners, joined.key.inode, &count);
		joined.key.inode = 0;
		if (!count)
			join(&index, shown, &joined, NULL, c);
		for (size_t i = 0; i < count; i++) {
			const struct process *p = owners_process(owners, &h[i]);

			joined.process = process_number(g, &names, owners, p);
			if (joined.process != last) /* Two descriptors of one process: once. */
				join(&index, shown, &joined, p, c);
			last = joined.process;
		}
	}
	strmap_free(&names);
	map_free(&index);
}

void groups_finish(struct groups *g, const struct host *host, struct report *report)
{
	struct arena *a = &report->arena;
	struct value *array = value_add_array(a, report->root, "groups");
	struct vec shown = VEC_OF(struct shown);

	join_all(g, host->owners, &shown);
	if (shown.len)
		qsort(shown.data, shown.len, sizeof(struct shown), by_falling_total);
	for (size_t i = 0; i < shown.len; i++) {
		const struct shown *s = &VEC_AT(&shown, struct shown, i);
		struct value *o = value_add_object(a, array, NULL), *states;

		for (size_t k = 0; k < g->spec.count; k++)
			add_key(a, o, g->spec.keys[k], s, host);
		value_add_int(a, o, "total", (int64_t)s->total);
		states = value_add_object(a, o, "states");
		for (int n = 0; n < STATE_COUNT; n++) {
			if (s->counts.n[n])
				value_add_int(a, states, state_table[n].name,
					      (int64_t)s->counts.n[n]);
		}
	}
	vec_free(&shown);
}
