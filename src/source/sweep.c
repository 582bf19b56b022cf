// SPDX-License-Identifier: MIT
#include "source/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/num.h"
#include "source/netns_list.h"

/* Sweeps started anew where a namespace's dump broke off. */
#define RESTARTS_MAX 3
/* Namespaces named in a note. */
#define NAMED_MAX 8

/* A sweep. */
struct sweep {
	struct netns_list list;
	/* struct source *, and const char *: each namespace that is read. */
	struct vec sources, names;
};

static struct sweep *own(const struct source *s)
{
	return s->own;
}

static struct source *sub(const struct source *s, size_t i)
{
	return VEC_AT(&own(s)->sources, struct source *, i);
}

struct source *sweep_part(const struct source *s, size_t i)
{
	return sub(s, i);
}

/* Facts of the whole machine: the same in every namespace. */
static bool is_global(const char *path)
{
	static const char *const prefixes[] = {
		"/proc/sys/fs/", "/proc/sys/kernel/", "/proc/sys/net/ipv4/tcp_mem",
		"/proc/sys/net/ipv4/tcp_max_orphans", "/proc/sys/net/ipv4/neigh/",
	};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static int sweep_file(struct source *s, const char *path, struct str *out)
{
	str_reset(out);
	return is_global(path) ? source_file(sub(s, 0), path, out) : -EOPNOTSUPP;
}

static int sweep_bind_table(struct source *s, struct bind_table *out, struct notes *notes)
{
	(void)s;
	(void)out;
	(void)notes;
	return -EOPNOTSUPP;
}

/* Descriptors and cgroups are the machine's: one search serves all namespaces. */
static int sweep_owners(struct source *s, const struct map *wanted, struct owners *out,
			struct notes *notes)
{
	return source_owners(sub(s, 0), wanted, out, notes);
}

static int sweep_cgroups(struct source *s, struct cgroups *out, struct notes *notes)
{
	return source_cgroups(sub(s, 0), out, notes);
}

static int sweep_wait(struct source *s, int64_t until_ns)
{
	return source_wait(sub(s, 0), until_ns);
}

static void sweep_clock(const struct source *s, int64_t *monotonic_ns, int64_t *realtime_ns)
{
	source_clock(sub(s, 0), monotonic_ns, realtime_ns);
}

static void sweep_close(struct source *s)
{
	for (size_t i = 0; i < own(s)->sources.len; i++)
		source_close(sub(s, i));
	vec_free(&own(s)->sources);
	vec_free(&own(s)->names);
	netns_list_free(&own(s)->list);
	free(s->own);
	s->own = NULL;
}

static void add_result(struct dump_result *sum, const struct dump_result *r)
{
	sum->complete = sum->complete && r->complete;
	sum->records += r->records;
	sum->repeats += r->repeats;
	sum->malformed += r->malformed;
	sum->restarts += r->restarts;
	sum->kernel_ns += r->kernel_ns;
	sum->total_ns += r->total_ns;
	sum->bytes += r->bytes;
	sum->receives += r->receives;
}

/* Notes of a namespace under its name. */
static void add_notes(struct notes *to, const char *name, const struct notes *from)
{
	for (size_t i = 0; i < from->count; i++)
		notes_add(to, "%s: %s", name, from->text[i]);
}

/* The process through which a namespace was looked at has ended (a zombie has no namespace): with
 * it, most likely, the namespace. */
static bool has_ended(int ret)
{
	return ret == -ENOENT || ret == -ESRCH || ret == -EINVAL;
}

/* Dumps namespace I. What was added before must stay, so it cannot restart but for the first. */
static int dump_one(struct source *s, size_t i, const struct dump_request *req,
		    const struct sink *sink, struct dump_result *sum, struct notes *notes)
{
	const char *name = VEC_AT(&own(s)->names, const char *, i);
	struct dump_request one = *req;
	struct sink plain = *sink;
	struct dump_result result = { .complete = true };
	struct notes own_notes = { 0 };
	int ret;

	one.netns = (uint32_t)i;
	if (sum->records > 0)
		plain.restart = NULL;
	ret = source_dump(sub(s, i), &one, &plain, &result, &own_notes);
	if (has_ended(ret)) {
		notes_free(&own_notes);
		return 0;
	}
	if (ret < 0 && ret != -EAGAIN) {
		notes_add(&own_notes, "its sockets could not be read: %s", strerror(-ret));
		result.complete = false;
		ret = 0;
	}
	add_notes(notes, name, &own_notes);
	add_result(sum, &result);
	notes_free(&own_notes);
	return ret;
}

static int sweep_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
		      struct dump_result *result, struct notes *notes)
{
	int ret = 0;

	for (unsigned attempt = 0; attempt <= RESTARTS_MAX; attempt++) {
		*result = (struct dump_result){ .complete = true, .restarts = attempt };
		ret = 0;
		for (size_t i = 0; ret == 0 && i < own(s)->sources.len; i++)
			ret = dump_one(s, i, req, sink, result, notes);
		if (ret != -EAGAIN || sink->restart == NULL)
			break;
		for (unsigned i = 0; i < req->workers; i++)
			sink->restart(sink->args[i]);
	}
	return ret;
}

/* What records of any namespace come from; a sweep that fell back everywhere says so. */
static const struct backend netlink_sweep = {
	.name = "netlink", .dump = sweep_dump, .file = sweep_file,
	.bind_table = sweep_bind_table, .owners = sweep_owners, .cgroups = sweep_cgroups,
	.wait = sweep_wait, .clock = sweep_clock, .close = sweep_close,
};
static const struct backend proc_sweep = {
	.name = "proc", .dump = sweep_dump, .file = sweep_file,
	.bind_table = sweep_bind_table, .owners = sweep_owners, .cgroups = sweep_cgroups,
	.wait = sweep_wait, .clock = sweep_clock, .close = sweep_close,
};

/* Each namespace keeps a descriptor and its netlink sockets open. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		/* Where this is refused, what does not fit is said namespace by namespace. */
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			errno = 0;
	}
}

/* Lists of names for the notes. */
struct named {
	struct str text;
	size_t count;
};

static void add_name(struct named *n, const char *name, int error)
{
	if (n->count++ < NAMED_MAX)
		str_addf(&n->text, "%s%s (%s)", n->count > 1 ? ", " : "", name, strerror(error));
	else if (n->count == NAMED_MAX + 1)
		str_add(&n->text, ", …");
}

static int open_entry(struct source *s, const struct netns_entry *e, struct source **out,
		      bool *through_proc)
{
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct netns *ns;
	int ret;

	if (e->error != 0)
		return -e->error;
	ret = netns_entry_open(e, &ns, &why);
	if (ret == 0) {
		*through_proc = !netns_enterable(ns);
		ret = source_open_in(s->choice, ns, &notes, out, &why);
	}
	notes_free(&notes);
	str_free(&why);
	return ret;
}

/* Opens all; says which could not be, and which are only seen through /proc/PID/net. */
static void open_entries(struct source *s, struct notes *notes)
{
	struct sweep *w = own(s);
	struct named left_out = { 0 }, outside = { 0 };

	for (size_t i = 0; i < w->list.entries.len; i++) {
		const struct netns_entry *e = &VEC_AT(&w->list.entries, struct netns_entry, i);
		struct source *source;
		bool through_proc = false;
		int ret = open_entry(s, e, &source, &through_proc);

		/* It ended since it was found. */
		if (has_ended(ret))
			continue;
		if (ret < 0) {
			add_name(&left_out, e->name, -ret);
			continue;
		}
		if (through_proc)
			add_name(&outside, e->name, EACCES);
		vec_add(&w->sources, &source);
		vec_add(&w->names, &e->name);
	}
	if (left_out.count > 0)
		notes_add(notes, "%zu of %zu network namespace%s could not be read: %s",
			  left_out.count, w->list.entries.len,
			  num_word(w->list.entries.len, "", "s"), str_text(&left_out.text));
	if (outside.count > 0)
		notes_add(notes, "%zu network namespace%s may not be entered (needs CAP_SYS_ADMIN): "
				 "read through /proc/PID/net instead",
			  outside.count, num_word(outside.count, "", "s"));
	if (w->list.unseen > 0)
		notes_add(notes, "the network namespace of %llu process%s may not be seen",
			  (unsigned long long)w->list.unseen,
			  num_word(w->list.unseen, "", "es"));
	str_free(&left_out.text);
	str_free(&outside.text);
}

static bool all_proc(const struct source *s)
{
	for (size_t i = 0; i < own(s)->sources.len; i++) {
		if (strcmp(source_kind(sub(s, i)), "proc") != 0)
			return false;
	}
	return true;
}

int sweep_open(struct source *s, struct notes *notes, struct str *why)
{
	struct sweep *w = xcalloc(1, sizeof(*w));
	int ret;

	w->sources = VEC_OF(struct source *);
	w->names = VEC_OF(const char *);
	raise_limit();
	ret = netns_list_read(&w->list);
	if (ret < 0) {
		str_addf(why, "network namespaces cannot be looked for: /proc: %s", strerror(-ret));
		free(w);
		return ret;
	}
	s->own = w;
	s->ops = &netlink_sweep;
	open_entries(s, notes);
	if (w->sources.len == 0) {
		str_add(why, "no network namespace can be read");
		return -EACCES;
	}
	if (all_proc(s))
		s->ops = &proc_sweep;
	s->netns_label = "all";
	s->sweep_names = w->names.data;
	s->sweep_count = w->names.len;
	return 0;
}
