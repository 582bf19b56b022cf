// SPDX-License-Identifier: MIT
/* analysis/close_wait: classes, listeners, owners, ages, verdicts, on made-up sockets. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "analysis/analysis.h"
#include "base/str.h"
#include "render/render.h"

/** Everything around one run of the analysis. */
struct bench {
	const struct analysis *analysis;
	void *state;
	struct owners owners;
	struct cgroups cgroups;
	struct host host;
	struct facts facts;
	struct notes notes;
	struct report report;
	uint64_t cookie;
};

#define SECOND ((int64_t)1000000000)

static const char *user_name(uint32_t uid)
{
	return uid ? "someone" : "root";
}

static void bench_start(struct bench *b, const struct options *opt)
{
	*b = (struct bench){ .analysis = analysis_find("close-wait") };
	owners_init(&b->owners);
	b->owners.searched = b->owners.in_flight_searched = true;
	b->cgroups.paths = MAP_OF(uint64_t, const char *);
	b->state = b->analysis->begin(opt);
	b->host = (struct host){
		.now = &b->facts, .owners = &b->owners, .cgroups = &b->cgroups,
		.monotonic_ns = 1000 * SECOND, .source = "netlink", .notes = &b->notes,
		.user_name = user_name, .interval = NAN,
	};
}

static void bench_end(struct bench *b)
{
	b->analysis->end(b->state);
	owners_free(&b->owners);
	cgroups_free(&b->cgroups);
	notes_free(&b->notes);
	arena_free(&b->report.arena);
}

static struct sock make(struct bench *b, enum state state, const char *local, uint16_t lport,
			const char *remote, uint16_t rport)
{
	struct sock s = {
		.has = SOCK_HAS_QUEUES | SOCK_HAS_INODE | SOCK_HAS_COOKIE | SOCK_HAS_UID |
		       SOCK_HAS_V6ONLY | SOCK_HAS_CGROUP | SOCK_HAS_INFO,
		.state = (uint8_t)state,
		.local_port = lport,
		.remote_port = rport,
		.cookie = ++b->cookie,
		.seen_ns = b->host.monotonic_ns,
	};

	assert_int_equal(addr_parse(local, &s.local), 0);
	assert_int_equal(addr_parse(remote, &s.remote), 0);
	return s;
}

static void add(struct bench *b, const struct sock *s)
{
	b->analysis->add(b->state, s);
}

static void add_listener(struct bench *b, const char *local, uint16_t port, uint64_t inode,
			 uint32_t queue, bool v6only)
{
	struct sock s = make(b, STATE_LISTEN, local, port, strchr(local, ':') ? "::" : "0.0.0.0", 0);

	s.inode = inode;
	s.rqueue = queue;
	s.v6only = v6only;
	add(b, &s);
}

/** A socket that came in on port 80 and has been in CLOSE_WAIT for AGE seconds. */
static void add_one(struct bench *b, uint64_t inode, uint32_t rqueue, double age)
{
	struct sock s = make(b, STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.2",
			     (uint16_t)(b->cookie + 1000));

	s.inode = inode;
	s.rqueue = rqueue;
	s.last_ack_recv_ms = (uint32_t)(age * 1000);
	s.last_data_recv_ms = s.last_ack_recv_ms + 500;
	add(b, &s);
}

/** Process PID. Call by rising pid. */
static uint32_t add_process(struct bench *b, pid_t pid)
{
	*(struct process *)vec_push(&b->owners.processes) = (struct process){
		.pid = pid, .ppid = 1, .start = (uint64_t)pid * 10, .comm = "server",
		.cmdline = "/usr/sbin/server -d", .cgroup = "/system.slice/server.service",
		.fds_open = 10, .fds_limit = 1024,
	};
	b->owners.seen++;
	return (uint32_t)b->owners.processes.len - 1;
}

/** INODE is held by the COUNT processes (indices) at PROCESS. */
static void hold(struct bench *b, uint64_t inode, const uint32_t *process, uint32_t count)
{
	struct owners_range *range = map_put(&b->owners.sockets, &inode, NULL);

	range->first = (uint32_t)b->owners.holders.len;
	range->count = count;
	for (uint32_t i = 0; i < count; i++)
		*(struct holder *)vec_push(&b->owners.holders) =
			(struct holder){ .process = process[i], .fd = (int32_t)inode };
}

static struct value *finish(struct bench *b)
{
	arena_free(&b->report.arena);
	b->report = (struct report){ .complete = true };
	b->report.root = value_object(&b->report.arena);
	b->analysis->finish(b->state, &b->host, &b->report);
	b->analysis->restart(b->state);
	return b->report.root;
}

static void int_is(const struct value *root, const char *path, int64_t want)
{
	struct value *v = value_at(root, path);

	assert_non_null(v);
	assert_int_equal(v->kind, VALUE_INT);
	assert_int_equal(v->integer, want);
}

static void text_is(const struct value *object, const char *key, const char *want)
{
	struct value *v = value_get(object, key);

	assert_non_null(v);
	assert_int_equal(v->kind, VALUE_TEXT);
	assert_string_equal(v->text, want);
}

static const struct value *owner(const struct value *root, size_t i)
{
	struct value *o = value_index(value_get(root, "owners"), i);

	assert_non_null(o);
	return o;
}

static size_t owner_count(const struct value *root)
{
	return value_get(root, "owners")->children.count;
}

static const struct options plain;

/** The example of the issue: 5 unread, 7 leaked, 4 shared with a child, 3 unaccepted. */
static void fill_example(struct bench *b, double age)
{
	uint32_t both[2] = { add_process(b, 100), add_process(b, 200) };

	add_listener(b, "0.0.0.0", 80, 1, 3, false);
	hold(b, 1, both, 1);
	for (uint64_t i = 10; i < 26; i++) {
		add_one(b, i, i < 15 ? 4 : 0, age);
		hold(b, i, both, i >= 22 ? 2 : 1);
	}
	for (int i = 0; i < 3; i++)
		add_one(b, 0, 1, age);
}

static void classes_and_holders_are_told(void **state)
{
	struct bench b;
	struct value *root, *shared;
	struct map set = map_make(sizeof(uint64_t), 0);

	(void)state;
	bench_start(&b, &plain);
	fill_example(&b, 5);
	b.analysis->want(b.state, &set);
	/* 16 sockets and the listener. */
	assert_int_equal(set.len, 17);
	map_free(&set);
	root = finish(&b);
	int_is(root, "total", 19);
	int_is(root, "unread", 5);
	int_is(root, "leaked", 11);
	int_is(root, "unaccepted", 3);
	int_is(root, "unowned", 0);
	assert_int_equal(owner_count(root), 2);
	int_is(owner(root, 0), "pid", 100);
	int_is(owner(root, 0), "sockets", 19);
	int_is(owner(root, 0), "recv_queue_bytes", 23);
	text_is(owner(root, 0), "unit", "server.service");
	text_is(owner(root, 0), "verdict", "recent");
	int_is(owner(root, 1), "pid", 200);
	int_is(owner(root, 1), "leaked", 4);
	shared = value_get(owner(root, 0), "shared_with");
	assert_int_equal(shared->children.count, 1);
	assert_int_equal(shared->children.first->integer, 200);
	shared = value_get(owner(root, 1), "shared_with");
	assert_int_equal(shared->children.first->integer, 100);
	bench_end(&b);
}

static void document_has_the_promised_order(void **state)
{
	static const char *const root_keys[] = { "total", "unread", "leaked", "unaccepted", "unowned",
						 "owners", "unowned_reasons", "coverage" };
	static const char *const owner_keys[] = {
		"pid", "process", "cmdline", "user", "uid", "cgroup", "unit", "container", "sockets",
		"unread", "leaked", "unaccepted", "recv_queue_bytes", "oldest_seconds",
		"median_seconds", "fds", "shared_with", "local", "remote", "verdict", "advice",
	};
	struct bench b;
	const struct value *v;

	(void)state;
	bench_start(&b, &plain);
	fill_example(&b, 5);
	v = finish(&b)->children.first;
	for (size_t i = 0; i < ARRAY_LEN(root_keys); i++, v = v->next)
		assert_string_equal(v->key, root_keys[i]);
	v = owner(b.report.root, 0)->children.first;
	for (size_t i = 0; i < ARRAY_LEN(owner_keys); i++, v = v->next)
		assert_string_equal(v->key, owner_keys[i]);
	bench_end(&b);
}

static void nothing_wanted_without_close_wait(void **state)
{
	struct map set = map_make(sizeof(uint64_t), 0);
	struct bench b;
	struct value *root;

	(void)state;
	bench_start(&b, &plain);
	add_listener(&b, "0.0.0.0", 80, 1, 3, false);
	b.analysis->want(b.state, &set);
	assert_int_equal(set.len, 0);
	root = finish(&b);
	int_is(root, "total", 0);
	assert_int_equal(owner_count(root), 0);
	int_is(root, "coverage.processes", 0);
	map_free(&set);
	bench_end(&b);
}

/** Which listener a child at LOCAL port 80 belongs to: its inode, 0 for none. */
static uint64_t listener_of(struct bench *b, const char *local)
{
	struct map set = map_make(sizeof(uint64_t), 0);
	struct sock s = make(b, STATE_CLOSE_WAIT, local, 80,
			     strchr(local, ':') ? "2001:db8::9" : "10.9.9.9", 5555);
	const void *key = NULL;
	size_t iter = 0;
	uint64_t inode = 0;

	s.rqueue = 1;
	add(b, &s);
	b->analysis->want(b->state, &set);
	assert_true(set.len <= 1);
	if (map_next(&set, &iter, &key, NULL))
		memcpy(&inode, key, sizeof(inode));
	map_free(&set);
	b->analysis->restart(b->state);
	return inode;
}

static void add_all_listeners(struct bench *b)
{
	add_listener(b, "10.0.0.1", 81, 99, 1, false);
	add_listener(b, "::", 80, 3, 1, false);
	add_listener(b, "0.0.0.0", 80, 2, 1, false);
	add_listener(b, "10.0.0.1", 80, 1, 1, false);
	add_listener(b, "2001:db8::1", 80, 4, 1, false);
}

static void unaccepted_goes_to_the_closest_listener(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, &plain);
	add_all_listeners(&b);
	assert_int_equal(listener_of(&b, "10.0.0.1"), 1);
	add_all_listeners(&b);
	assert_int_equal(listener_of(&b, "10.0.0.7"), 2);
	add_all_listeners(&b);
	assert_int_equal(listener_of(&b, "2001:db8::1"), 4);
	add_all_listeners(&b);
	assert_int_equal(listener_of(&b, "2001:db8::2"), 3);
	/* A child of a dual-stack listener has a mapped address. */
	add_all_listeners(&b);
	assert_int_equal(listener_of(&b, "::ffff:10.0.0.1"), 3);
	add_listener(&b, "::", 80, 3, 1, false);
	assert_int_equal(listener_of(&b, "10.0.0.1"), 3);
	add_listener(&b, "::", 80, 3, 1, true);
	assert_int_equal(listener_of(&b, "10.0.0.1"), 0);
	add_listener(&b, "::", 80, 3, 1, true);
	assert_int_equal(listener_of(&b, "::ffff:10.0.0.1"), 0);
	add_listener(&b, "10.0.0.2", 80, 3, 1, false);
	assert_int_equal(listener_of(&b, "10.0.0.1"), 0);
	bench_end(&b);
}

static void equal_listeners_share_by_their_queues(void **state)
{
	struct bench b;
	struct value *root;
	uint32_t p[2];

	(void)state;
	bench_start(&b, &plain);
	p[0] = add_process(&b, 100);
	p[1] = add_process(&b, 200);
	add_listener(&b, "0.0.0.0", 80, 1, 3, false);
	add_listener(&b, "0.0.0.0", 80, 2, 1, false);
	hold(&b, 1, &p[0], 1);
	hold(&b, 2, &p[1], 1);
	for (int i = 0; i < 4; i++)
		add_one(&b, 0, 1, 1);
	root = finish(&b);
	int_is(root, "unowned", 0);
	int_is(owner(root, 0), "pid", 100);
	int_is(owner(root, 0), "unaccepted", 3);
	int_is(owner(root, 1), "unaccepted", 1);
	bench_end(&b);
}

static void reasons_add_up(void **state)
{
	struct bench b;
	struct value *root;

	(void)state;
	bench_start(&b, &plain);
	for (uint64_t i = 10; i < 15; i++)
		add_one(&b, i, 0, 1);
	add_one(&b, 0, 1, 1);
	b.owners.in_flight = 2;
	root = finish(&b);
	int_is(root, "unowned", 6);
	int_is(root, "unowned_reasons.in_flight", 2);
	int_is(root, "unowned_reasons.unreadable", 0);
	int_is(root, "unowned_reasons.other_pid_namespace_or_kernel", 3);
	int_is(root, "unowned_reasons.no_listener", 1);
	for (uint64_t i = 10; i < 15; i++)
		add_one(&b, i, 0, 1);
	b.owners.unreadable = 1;
	b.owners.seen = 7;
	root = finish(&b);
	int_is(root, "unowned_reasons.in_flight", 2);
	int_is(root, "unowned_reasons.unreadable", 3);
	int_is(root, "unowned_reasons.other_pid_namespace_or_kernel", 0);
	int_is(root, "coverage.processes", 7);
	int_is(root, "coverage.unreadable", 1);
	bench_end(&b);
}

static void what_was_closed_meanwhile_is_told(void **state)
{
	struct map gone = map_make(sizeof(uint64_t), 0);
	uint64_t inode = 11;
	struct bench b;
	struct value *root;

	(void)state;
	bench_start(&b, &plain);
	map_put(&gone, &inode, NULL);
	b.host.gone = &gone;
	for (uint64_t i = 10; i < 13; i++)
		add_one(&b, i, 0, 1);
	root = finish(&b);
	int_is(root, "total", 3);
	int_is(root, "unowned", 3);
	int_is(root, "unowned_reasons.closed_meanwhile", 1);
	int_is(root, "unowned_reasons.other_pid_namespace_or_kernel", 2);
	text_is(root, "unowned_text", "2 of the kernel or of a PID namespace that does not show here, "
				      "1 closed while this was looked for");
	map_free(&gone);
	bench_end(&b);
}

static void unowned_are_told_by_user_and_cgroup(void **state)
{
	uint64_t id = 77;
	struct bench b;
	struct value *groups;

	(void)state;
	bench_start(&b, &plain);
	*(const char **)map_put(&b.cgroups.paths, &id, NULL) = "/system.slice/db.service";
	for (uint64_t i = 1; i <= 3; i++) {
		struct sock s = make(&b, STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.2", 99);

		s.inode = i;
		s.uid = i == 3 ? 0 : 5;
		s.cgroup_id = i == 3 ? 78 : 77;
		add(&b, &s);
	}
	groups = value_get(finish(&b), "unowned_groups");
	assert_int_equal(groups->children.count, 2);
	int_is(groups->children.first, "sockets", 2);
	text_is(groups->children.first, "unit", "db.service");
	text_is(groups->children.first, "user", "someone");
	assert_int_equal(value_get(groups->children.last, "cgroup")->kind, VALUE_NULL);
	bench_end(&b);
}

/** Verdict of one owner with N sockets that came in. */
static const char *verdict(size_t n, uint64_t first_inode, uint32_t rqueue, double age)
{
	static char word[32];
	struct bench b;
	uint32_t p;

	bench_start(&b, &plain);
	p = add_process(&b, 100);
	add_listener(&b, "0.0.0.0", 80, 1, (uint32_t)n, false);
	hold(&b, 1, &p, 1);
	for (size_t i = 0; i < n; i++) {
		uint64_t inode = first_inode ? first_inode + i : 0;

		add_one(&b, inode, rqueue, age);
		if (inode)
			hold(&b, inode, &p, 1);
	}
	snprintf(word, sizeof(word), "%s",
		 value_get(owner(finish(&b), 0), "verdict")->text);
	bench_end(&b);
	return word;
}

static void age_and_class_make_the_verdict(void **state)
{
	(void)state;
	assert_string_equal(verdict(7, 10, 0, 5), "recent");
	assert_string_equal(verdict(7, 10, 0, 61), "leak");
	assert_string_equal(verdict(1, 10, 0, 61), "leak");
	assert_string_equal(verdict(7, 10, 4, 5), "recent");
	assert_string_equal(verdict(7, 10, 4, 61), "stuck-reader");
	assert_string_equal(verdict(3, 0, 1, 5), "recent");
	assert_string_equal(verdict(3, 0, 1, 11), "stuck-accept");
}

/** Verdict of an owner that made N connections itself to each of PEERS peers, a day ago. */
static const char *outgoing(unsigned n, unsigned peers)
{
	static char word[32];
	struct bench b;
	uint32_t p;
	uint64_t inode = 10;

	bench_start(&b, &plain);
	p = add_process(&b, 100);
	for (unsigned i = 0; i < n * peers; i++, inode++) {
		struct sock s = make(&b, STATE_CLOSE_WAIT, "10.0.0.1", (uint16_t)(40000 + i),
				     "10.0.0.2", (uint16_t)(1 + i % peers));

		s.inode = inode;
		s.rqueue = 1;
		s.last_ack_recv_ms = 86400000;
		add(&b, &s);
		hold(&b, inode, &p, 1);
	}
	snprintf(word, sizeof(word), "%s", value_get(owner(finish(&b), 0), "verdict")->text);
	int_is(owner(b.report.root, 0), "remote_count", peers);
	int_is(owner(b.report.root, 0), "local_count", 1);
	bench_end(&b);
	return word;
}

static void few_connections_to_each_peer_are_a_pool(void **state)
{
	(void)state;
	assert_string_equal(outgoing(2, 5), "pool");
	assert_string_equal(outgoing(10, 10), "pool");
	assert_string_equal(outgoing(11, 1), "stuck-reader");
	assert_string_equal(outgoing(5, 21), "stuck-reader");
}

static double real_at(const struct value *o, const char *key)
{
	const struct value *v = value_get(o, key);

	return v->kind == VALUE_NULL ? NAN : v->real;
}

static void ages_are_lower_bounds(void **state)
{
	struct options opt = { .interval = 1, .interval_set = true };
	struct bench b;
	struct value *root;
	uint32_t p;

	(void)state;
	bench_start(&b, &opt);
	p = add_process(&b, 100);
	hold(&b, 10, &p, 1);
	hold(&b, 11, &p, 1);
	for (int sample = 0; sample < 2; sample++) {
		b.cookie = 0;
		add_one(&b, 10, 0, 2);
		add_one(&b, 11, 0, 8);
		root = finish(&b);
		/* The keepalives of the first are answered: what this run saw itself counts then. */
		assert_true(fabs(real_at(owner(root, 0), "oldest_seconds") - (sample ? 30 : 8)) < 1e-6);
		assert_true(fabs(real_at(owner(root, 0), "median_seconds") - (sample ? 30 : 5)) < 1e-6);
		b.host.monotonic_ns += 30 * SECOND;
		b.host.sample++;
	}
	bench_end(&b);
}

static void without_tcp_info_the_age_is_unknown(void **state)
{
	struct options opt = { .older = 1 };
	struct bench b;
	struct value *root;
	uint32_t p;

	(void)state;
	for (int older = 0; older < 2; older++) {
		bench_start(&b, older ? &opt : &plain);
		p = add_process(&b, 100);
		hold(&b, 10, &p, 1);
		struct sock s = make(&b, STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.2", 1);

		s.has &= ~(uint32_t)(SOCK_HAS_INFO | SOCK_HAS_COOKIE);
		s.inode = 10;
		add(&b, &s);
		root = finish(&b);
		int_is(root, "total", older ? 0 : 1);
		assert_int_equal(b.notes.count, older);
		if (!older) {
			assert_true(isnan(real_at(owner(root, 0), "oldest_seconds")));
			text_is(owner(root, 0), "verdict", "unknown");
		}
		bench_end(&b);
	}
}

static void older_leaves_out_the_younger(void **state)
{
	struct options opt = { .older = 10, .sockets = true };
	struct bench b;
	struct value *root, *socks;
	uint32_t p;

	(void)state;
	bench_start(&b, &opt);
	p = add_process(&b, 100);
	for (uint64_t i = 1; i <= 20; i++) {
		add_one(&b, i, 1, (double)i);
		hold(&b, i, &p, 1);
	}
	root = finish(&b);
	int_is(root, "total", 11);
	int_is(owner(root, 0), "sockets", 11);
	socks = value_get(root, "sockets");
	assert_int_equal(socks->children.count, 11);
	assert_true(fabs(real_at(socks->children.first, "age_seconds") - 20) < 1e-6);
	assert_true(fabs(real_at(socks->children.first, "age_at_most_seconds") - 20.5) < 1e-6);
	int_is(socks->children.first, "fd", 20);
	text_is(socks->children.first, "class", "unread");
	bench_end(&b);
}

static void a_growing_number_is_a_leak_at_any_age(void **state)
{
	static const struct {
		unsigned count;
		const char *verdict;
	} samples[] = { { 3, "recent" }, { 5, "recent" }, { 5, "recent" }, { 6, "leak" },
			{ 8, "leak" },	 { 2, "recent" }, { 3, "recent" }, { 4, "leak" } };
	struct options opt = { .interval = 1, .interval_set = true };
	struct bench b;
	struct value *root = NULL;
	uint32_t p;

	(void)state;
	bench_start(&b, &opt);
	p = add_process(&b, 100);
	for (uint64_t i = 1; i <= 8; i++)
		hold(&b, i, &p, 1);
	for (size_t n = 0; n < ARRAY_LEN(samples); n++) {
		b.cookie = n * 100;
		for (uint64_t i = 1; i <= samples[n].count; i++)
			add_one(&b, i, 0, 0.1);
		root = finish(&b);
		text_is(owner(root, 0), "verdict", samples[n].verdict);
		if (n == 4)
			assert_true(fabs(real_at(owner(root, 0), "growth") - 5.0 / 4) < 1e-6);
		b.host.monotonic_ns += SECOND;
		b.host.sample++;
	}
	bench_end(&b);
}

/** Sockets with the same holders are introduced once; with others again. */
static void every_sharer_is_named_once(void **state)
{
	struct bench b;
	struct value *root;
	uint32_t p[4];
	const uint32_t *sets[] = { p, p, p + 1, p + 2 };

	(void)state;
	bench_start(&b, &plain);
	for (uint32_t i = 0; i < 4; i++)
		p[i] = add_process(&b, (pid_t)(100 + i));
	for (uint64_t i = 0; i < 4; i++) {
		add_one(&b, 10 + i, 0, 1);
		hold(&b, 10 + i, sets[i], 2);
	}
	root = finish(&b);
	int_is(root, "total", 4);
	int_is(owner(root, 0), "pid", 101);
	int_is(owner(root, 0), "sockets", 3);
	assert_int_equal(value_get(owner(root, 0), "shared_with")->children.count, 2);
	assert_int_equal(value_get(owner(root, 3), "shared_with")->children.count, 1);
	bench_end(&b);
}

static void threads_fold_into_one(void **state)
{
	struct bench b, c;
	struct value *root;

	(void)state;
	bench_start(&b, &plain);
	bench_start(&c, &plain);
	fill_example(&b, 5);
	fill_example(&c, 5);
	b.analysis->merge(b.state, c.state);
	root = finish(&b);
	int_is(root, "total", 38);
	int_is(root, "unaccepted", 6);
	bench_end(&b);
	bench_end(&c);
}

static void hostile_names_stay_in_their_line(void **state)
{
	struct render_options opt = { 0 };
	struct str out = { 0 };
	struct bench b;
	uint32_t p;

	(void)state;
	bench_start(&b, &plain);
	p = add_process(&b, 100);
	VEC_AT(&b.owners.processes, struct process, 0).comm = "\x1b[31mevil\nil\xff";
	add_one(&b, 10, 0, 1);
	hold(&b, 10, &p, 1);
	finish(&b);
	text_renderer.report(&out, b.report.root, &b.report, b.analysis->views, &opt);
	assert_non_null(strstr(out.s, "\\x1b[31mevil\\x0ail\\xff"));
	assert_null(memchr(out.s, 0x1b, out.len));
	str_free(&out);
	bench_end(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_and_holders_are_told),
		cmocka_unit_test(document_has_the_promised_order),
		cmocka_unit_test(nothing_wanted_without_close_wait),
		cmocka_unit_test(unaccepted_goes_to_the_closest_listener),
		cmocka_unit_test(equal_listeners_share_by_their_queues),
		cmocka_unit_test(reasons_add_up),
		cmocka_unit_test(what_was_closed_meanwhile_is_told),
		cmocka_unit_test(unowned_are_told_by_user_and_cgroup),
		cmocka_unit_test(age_and_class_make_the_verdict),
		cmocka_unit_test(few_connections_to_each_peer_are_a_pool),
		cmocka_unit_test(ages_are_lower_bounds),
		cmocka_unit_test(without_tcp_info_the_age_is_unknown),
		cmocka_unit_test(older_leaves_out_the_younger),
		cmocka_unit_test(a_growing_number_is_a_leak_at_any_age),
		cmocka_unit_test(every_sharer_is_named_once),
		cmocka_unit_test(threads_fold_into_one),
		cmocka_unit_test(hostile_names_stay_in_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
