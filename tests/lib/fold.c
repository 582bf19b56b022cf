// SPDX-License-Identifier: MIT
#include "unit.h"

#include "fold.h"

#include <math.h>
#include <string.h>

static const char *no_user(uint32_t uid)
{
	(void)uid;
	return NULL;
}

void fold_init(struct fold *f, const char *name)
{
	*f = (struct fold){ .analysis = analysis_find(name) };
	assert_non_null(f->analysis);
	f->opt.sample = 1;
	facts_clear(&f->now);
	facts_clear(&f->before);
	owners_init(&f->owners);
	f->owners.searched = true;
	f->host = (struct host){ .now = &f->now, .owners = &f->owners, .interval = NAN,
				 .monotonic_ns = 1000000000000, .source = "netlink",
				 .notes = &f->notes, .user_name = no_user };
	f->now.monotonic_ns = f->host.monotonic_ns;
}

void fold_begin(struct fold *f)
{
	f->state = f->analysis->begin(&f->opt);
}

void fold_add(struct fold *f, const struct sock *s)
{
	struct sock seen = *s;

	if (!seen.seen_ns)
		seen.seen_ns = f->host.monotonic_ns;
	f->analysis->add(f->state, &seen);
}

struct value *fold_finish(struct fold *f, double seconds, bool rates)
{
	arena_free(&f->report.arena);
	f->report = (struct report){ .complete = true };
	f->report.root = value_object(&f->report.arena);
	f->before.monotonic_ns = f->host.monotonic_ns - (int64_t)(seconds * 1e9);
	f->now.monotonic_ns = f->host.monotonic_ns;
	f->host.before = rates ? &f->before : NULL;
	f->analysis->finish(f->state, &f->host, &f->report);
	f->analysis->restart(f->state);
	f->host.sample++;
	f->host.interval = seconds;
	f->host.monotonic_ns += (int64_t)(seconds * 1e9);
	return f->report.root;
}

void fold_end(struct fold *f)
{
	f->analysis->end(f->state);
	arena_free(&f->report.arena);
	owners_free(&f->owners);
	notes_free(&f->notes);
}

void fold_owner(struct fold *f, pid_t pid, const char *name, int64_t open, int64_t limit,
		uint64_t inode)
{
	struct owners_range *range = map_put(&f->owners.sockets, &inode, NULL);
	struct holder *h = vec_push(&f->owners.holders);
	struct vec *all = &f->owners.processes;
	struct process *p = all->len ? &VEC_AT(all, struct process, all->len - 1) : NULL;

	/* The next socket of the process that came last. */
	if (!p || p->pid != pid)
		p = vec_push(all);
	if (!range->count)
		range->first = (uint32_t)f->owners.holders.len - 1;
	range->count++;
	*h = (struct holder){ .process = (uint32_t)all->len - 1, .fd = 3,
			      .tid = pid };
	*p = (struct process){ .pid = pid, .comm = name, .cmdline = "", .cgroup = "",
			       .fds_open = open, .fds_limit = limit };
}

struct sock fold_sock(enum state state, const char *local, uint16_t local_port, const char *remote,
		      uint16_t remote_port)
{
	static uint64_t serial;
	struct sock s = { .state = (uint8_t)state, .local_port = local_port,
			  .remote_port = remote_port };

	assert_int_equal(addr_parse(local, &s.local), 0);
	assert_int_equal(addr_parse(remote, &s.remote), 0);
	s.has = SOCK_HAS_QUEUES | SOCK_HAS_TIMER | SOCK_HAS_COOKIE | SOCK_HAS_INODE;
	s.cookie = ++serial;
	s.inode = state == STATE_SYN_RECV || state == STATE_TIME_WAIT ? 0 : 100000 + serial;
	return s;
}

struct sock fold_listener(const char *local, uint16_t port, uint32_t queue, uint32_t backlog,
			  uint32_t drops)
{
	struct sock s = fold_sock(STATE_LISTEN, local, port, strchr(local, ':') ? "::" : "0.0.0.0",
				  0);

	s.has |= SOCK_HAS_BACKLOG | SOCK_HAS_DROPS;
	s.rqueue = queue;
	s.wqueue = backlog;
	s.drops = drops;
	return s;
}

struct sock fold_timer(struct sock s, uint8_t retransmits, uint32_t ms)
{
	s.timer = TIMER_RETRANSMIT;
	s.retransmits = retransmits;
	s.expires_ms = ms;
	return s;
}

double fold_number(const struct value *v, const char *path)
{
	const struct value *n = value_at(v, path);

	assert_non_null(n);
	assert_true(n->kind == VALUE_INT || n->kind == VALUE_REAL);
	return n->kind == VALUE_INT ? (double)n->integer : n->real;
}

const char *fold_text(const struct value *v, const char *path)
{
	const struct value *t = value_at(v, path);

	assert_non_null(t);
	assert_int_equal(t->kind, VALUE_TEXT);
	return t->text;
}

bool fold_is_null(const struct value *v, const char *path)
{
	const struct value *n = value_at(v, path);

	assert_non_null(n);
	return n->kind == VALUE_NULL;
}
