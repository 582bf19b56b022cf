// SPDX-License-Identifier: MIT
/* Decides here what a filter says of a socket. Both answers are right: what cannot be known yet is
 * replaced by true or by false, and since the tree holds no "not" above its tests (filter_tree.h),
 * the replacement errs in that direction only. */
#include "model/filter.h"

#include <fnmatch.h>
#include <string.h>

#include "model/filter_tree.h"
#include "model/state.h"

enum answer { NO, YES, UNKNOWN };

/** What a walk leans on. */
struct question {
	const struct sock *sock;
	/** NULL where they are not known. */
	const struct owners *owners;
	const struct cgroups *cgroups;
	/** What a test that cannot be decided counts as, negated or not. */
	bool unknown;
};

static enum answer answer(bool yes)
{
	return yes ? YES : NO;
}

static bool host_matches(const struct host_test *t, const struct addr *a, uint16_t port)
{
	if (t->port >= 0 && t->port != port)
		return false;
	return !t->addr.family || addr_in_prefix(a, &t->addr, t->bits);
}

static bool test_host(const struct node *n, const struct sock *s)
{
	return ((n->ends & END_LOCAL) && host_matches(&n->host, &s->local, s->local_port)) ||
	       ((n->ends & END_REMOTE) && host_matches(&n->host, &s->remote, s->remote_port));
}

static bool port_matches(const struct port_test *t, uint16_t port)
{
	return port >= t->low && port <= t->high;
}

static bool test_port(const struct node *n, const struct sock *s)
{
	return ((n->ends & END_LOCAL) && port_matches(&n->port, s->local_port)) ||
	       ((n->ends & END_REMOTE) && port_matches(&n->port, s->remote_port));
}

/** True for what is no full socket any more, or not yet: it has no user and no control group, and
 *  what sources say of them is made up (kernel-facts 4.2, 4.3). */
static bool is_mini(const struct sock *s)
{
	return s->state == STATE_TIME_WAIT || s->state == STATE_SYN_RECV ||
	       (sock_has(s, SOCK_HAS_TIMER) && s->timer == TIMER_TIMEWAIT);
}

static enum answer test_uid(const struct node *n, const struct sock *s)
{
	if (is_mini(s))
		return NO;
	if (!sock_has(s, SOCK_HAS_UID))
		return UNKNOWN;
	return answer(s->uid == n->number);
}

static enum answer test_inode(const struct node *n, const struct sock *s)
{
	if (!sock_has(s, SOCK_HAS_INODE))
		return UNKNOWN;
	return answer(s->inode == n->number);
}

static bool process_matches(const struct node *n, const struct process *p)
{
	if (n->kind == NODE_PID)
		return p->pid >= 0 && (uint64_t)p->pid == n->number;
	return p->comm && fnmatch(n->text, p->comm, 0) == 0;
}

/** Holds where one of the socket's holders is such a process. */
static enum answer test_owner(const struct node *n, const struct question *q)
{
	const struct holder *holders;
	size_t count = 0;

	/* No file stands for it, so no process can hold it. */
	if (is_mini(q->sock) || (sock_has(q->sock, SOCK_HAS_INODE) && !q->sock->inode))
		return NO;
	if (!q->owners || !sock_has(q->sock, SOCK_HAS_INODE))
		return UNKNOWN;
	holders = owners_of(q->owners, q->sock->inode, &count);
	for (size_t i = 0; i < count; i++) {
		if (process_matches(n, owners_process(q->owners, &holders[i])))
			return YES;
	}
	/* Who was not looked at may be its holder. */
	if (!count && (!q->owners->searched || q->owners->unreadable || q->owners->hidden))
		return UNKNOWN;
	return NO;
}

/** PATH is GROUP or below it; a GROUP without a slash is the name of any component. */
static bool in_cgroup(const char *path, const char *group)
{
	size_t n = strlen(group);

	if (!n || *group == '/')
		return strncmp(path, group, n) == 0 && (path[n] == '/' || !path[n]);
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		if (strncmp(p + 1, group, n) == 0 && (p[n + 1] == '/' || !p[n + 1]))
			return true;
	}
	return false;
}

static enum answer test_cgroup(const struct node *n, const struct question *q)
{
	const char *path;

	if (is_mini(q->sock))
		return NO;
	if (!q->cgroups || !q->cgroups->known || !sock_has(q->sock, SOCK_HAS_CGROUP))
		return UNKNOWN;
	path = cgroups_path(q->cgroups, q->sock->cgroup_id);
	/* The group was removed: it has no path now, so it is not the one that was asked for. */
	return answer(path && in_cgroup(path, n->text));
}

/** What the test N says, without its negation. */
static enum answer test(const struct node *n, const struct question *q)
{
	switch (n->kind) {
	case NODE_STATES:
		return answer(n->states & STATE_BIT(q->sock->state));
	case NODE_HOST:
		return answer(test_host(n, q->sock));
	case NODE_PORT:
		return answer(test_port(n, q->sock));
	case NODE_PID:
	case NODE_COMM:
		return test_owner(n, q);
	case NODE_UID:
		return test_uid(n, q->sock);
	case NODE_CGROUP:
		return test_cgroup(n, q);
	case NODE_INODE:
		return test_inode(n, q->sock);
	case NODE_ALL:
	case NODE_ANY:
		break;
	}
	return UNKNOWN;
}

static bool holds(const struct node *n, const struct question *q)
{
	if (n->kind == NODE_ALL || n->kind == NODE_ANY) {
		bool any = n->kind == NODE_ANY;

		for (const struct node *c = n->children; c; c = c->next) {
			if (holds(c, q) == any)
				return any;
		}
		return !any;
	}

	switch (test(n, q)) {
	case YES:
		return !n->negated;
	case NO:
		return n->negated;
	case UNKNOWN:
		break;
	}
	return q->unknown;
}

bool filter_match(const struct filter *f, const struct sock *s, const struct filter_context *ctx)
{
	struct question q = {
		.sock = s,
		.owners = ctx ? ctx->owners : NULL,
		.cgroups = ctx ? ctx->cgroups : NULL,
	};

	return !f || holds(f->root, &q);
}

enum filter_answer filter_judge(const struct filter *f, const struct sock *s,
				const struct filter_context *ctx)
{
	struct question q = {
		.sock = s,
		.owners = ctx ? ctx->owners : NULL,
		.cgroups = ctx ? ctx->cgroups : NULL,
		.unknown = true,
	};

	if (filter_match(f, s, ctx))
		return FILTER_YES;
	return f && f->may_lack && holds(f->root, &q) ? FILTER_UNKNOWN : FILTER_NO;
}

bool filter_may_match(const struct filter *f, const struct sock *s)
{
	struct question q = { .sock = s, .unknown = true };

	return !f || holds(f->root, &q);
}

/** States in which the node can hold. */
static uint32_t states_of(const struct node *n)
{
	uint32_t set = n->kind == NODE_ANY ? 0 : STATES_ALL;

	if (n->kind == NODE_STATES)
		return n->states;
	if (n->kind != NODE_ALL && n->kind != NODE_ANY)
		return STATES_ALL;
	for (const struct node *c = n->children; c; c = c->next)
		set = n->kind == NODE_ANY ? set | states_of(c) : set & states_of(c);
	return set;
}

uint32_t filter_states(const struct filter *f)
{
	return f ? states_of(f->root) : STATES_ALL;
}

static bool only_states(const struct node *n)
{
	if (n->kind != NODE_ALL && n->kind != NODE_ANY)
		return n->kind == NODE_STATES;
	for (const struct node *c = n->children; c; c = c->next) {
		if (!only_states(c))
			return false;
	}
	return true;
}

bool filter_only_states(const struct filter *f)
{
	return !f || only_states(f->root);
}

bool filter_needs_owners(const struct filter *f)
{
	return f && f->needs_owners;
}

bool filter_needs_cgroups(const struct filter *f)
{
	return f && f->needs_cgroups;
}
