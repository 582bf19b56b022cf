// SPDX-License-Identifier: MIT
/* The parts of the close-wait report that go by socket: those without a holder, and --sockets. */
#include <math.h>
#include <stdlib.h>

#include "analysis/close_wait.h"
#include "analysis/netns.h"
#include "base/alloc.h"

/** What names a group of sockets without a holder. Compared as bytes. */
struct group_key {
	uint64_t cgroup_id;
	uint32_t uid, has;
};

struct group {
	struct group_key key;
	uint64_t count[CW_CLASSES];
	/** uint32_t: indices of the sockets. */
	struct vec socks;
};

static struct group_key group_of(const struct cw_sock *s)
{
	/* On older kernels a socket without a file shows uid 0, whoever made it (kernel-facts
	 * 4.3). */
	uint32_t trusted = s->inode ? SOCK_HAS_UID | SOCK_HAS_CGROUP : SOCK_HAS_CGROUP;
	struct group_key key = { .has = s->has & trusted };

	if (key.has & SOCK_HAS_CGROUP)
		key.cgroup_id = s->cgroup_id;
	if (key.has & SOCK_HAS_UID)
		key.uid = s->uid;
	return key;
}

static void add_group(const struct cw *cw, const struct host *host, struct arena *a,
		      struct value *groups, const struct group *g)
{
	struct value *to = value_add_object(a, groups, NULL);
	bool has_uid = g->key.has & SOCK_HAS_UID, has_cgroup = g->key.has & SOCK_HAS_CGROUP;
	const char *path = has_cgroup && host->cgroups
				   ? cgroups_path(host->cgroups, g->key.cgroup_id)
				   : NULL;

	value_add_text(a, to, "user", has_uid ? host->user_name(g->key.uid) : NULL);
	value_add_fact(a, to, "uid", has_uid ? g->key.uid : FACT_UNKNOWN);
	cw_add_cgroup(a, to, path);
	value_add_int(a, to, "sockets", (int64_t)g->socks.len);
	cw_add_counts(a, to, g->count);
	cw_add_ages(cw, a, to, &g->socks);
}

/** Falling by sockets; then the key, so that the order is always the same. */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->socks.len != y->socks.len)
		return x->socks.len < y->socks.len ? 1 : -1;
	if (x->key.uid != y->key.uid)
		return x->key.uid > y->key.uid ? 1 : -1;
	if (x->key.cgroup_id != y->key.cgroup_id)
		return x->key.cgroup_id > y->key.cgroup_id ? 1 : -1;
	return (x->key.has > y->key.has) - (x->key.has < y->key.has);
}

/** The group of socket S among GROUPS, made if need be. */
static struct group *group_for(struct map *index, struct vec *groups, const struct cw_sock *s)
{
	struct group_key key = group_of(s);
	bool is_new;
	uint32_t *at = map_put(index, &key, &is_new);
	struct group *g;

	if (!is_new)
		return &VEC_AT(groups, struct group, *at);
	*at = (uint32_t)groups->len;
	g = vec_push(groups);
	g->key = key;
	g->socks = VEC_OF(uint32_t);
	return g;
}

void cw_add_unowned(const struct cw *cw, const struct host *host, struct arena *a,
		    struct value *root, const struct vec *unowned)
{
	struct value *array = value_add_array(a, root, "unowned_groups");
	struct map index = MAP_OF(struct group_key, uint32_t);
	struct vec groups = VEC_OF(struct group);

	for (size_t i = 0; i < unowned->len; i++) {
		const struct cw_sock *s = cw_sock_at(cw, VEC_AT(unowned, uint32_t, i));
		struct group *g = group_for(&index, &groups, s);

		g->count[s->class]++;
		vec_add(&g->socks, &VEC_AT(unowned, uint32_t, i));
	}
	if (groups.len)
		qsort(groups.data, groups.len, sizeof(struct group), compare_groups);
	for (size_t i = 0; i < groups.len; i++) {
		add_group(cw, host, a, array, &VEC_AT(&groups, const struct group, i));
		vec_free(&VEC_AT(&groups, struct group, i).socks);
	}
	vec_free(&groups);
	map_free(&index);
}

static void add_sock(const struct cw *cw, const struct host *host, struct arena *a,
		     struct value *array, const struct cw_sock *s)
{
	struct value *to = value_add_object(a, array, NULL);
	size_t count = 0;
	const struct holder *h = host->owners ? owners_of(host->owners, cw_holder_inode(cw, s), &count)
					      : NULL;
	const struct process *p = h ? owners_process(host->owners, h) : NULL;
	bool has_info = s->has & SOCK_HAS_INFO;

	value_add_text(a, to, "state", state_table[STATE_CLOSE_WAIT].name);
	cw_add_address(a, to, "local", &s->local);
	value_add_int(a, to, "local_port", s->local_port);
	cw_add_address(a, to, "remote", &s->remote);
	value_add_int(a, to, "remote_port", s->remote_port);
	value_add_text(a, to, "class", cw_class_names[s->class]);
	value_add_real(a, to, "age_seconds", s->age);
	value_add_real(a, to, "age_at_most_seconds", has_info ? s->data_ms / 1000.0 : NAN);
	value_add_int(a, to, "recv_queue", s->rqueue);
	value_add_fact(a, to, "inode", s->inode ? (int64_t)s->inode : FACT_UNKNOWN);
	value_add_fact(a, to, "pid", p ? p->pid : FACT_UNKNOWN);
	value_add_text(a, to, "process", p ? cw_filled(p->comm) : NULL);
	value_add_fact(a, to, "fd", p && s->class != CW_UNACCEPTED ? h->fd : FACT_UNKNOWN);
	value_add_int(a, to, "holders", (int64_t)count);
	netns_add(a, to, host, s->netns);
}

static int compare_socks(const void *a, const void *b)
{
	const struct cw_sock *x = *(const struct cw_sock *const *)a;
	const struct cw_sock *y = *(const struct cw_sock *const *)b;
	bool x_known = !isnan(x->age), y_known = !isnan(y->age);
	int c;

	if (x_known != y_known)
		return x_known ? -1 : 1;
	if (x_known && x->age != y->age)
		return x->age < y->age ? 1 : -1;
	c = addr_compare(&x->remote, &y->remote);
	if (!c)
		c = (x->remote_port > y->remote_port) - (x->remote_port < y->remote_port);
	return c ? c : (x->local_port > y->local_port) - (x->local_port < y->local_port);
}

void cw_add_sockets(const struct cw *cw, const struct host *host, struct arena *a,
		    struct value *root)
{
	struct value *array = value_add_array(a, root, "sockets");
	size_t n = cw->socks.len;
	const struct cw_sock **order = xcalloc(n, sizeof(*order));

	for (size_t i = 0; i < n; i++)
		order[i] = cw_sock_at(cw, (uint32_t)i);
	if (n)
		qsort(order, n, sizeof(*order), compare_socks);
	for (size_t i = 0; i < n; i++)
		add_sock(cw, host, a, array, order[i]);
	free(order);
}
