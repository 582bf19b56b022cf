// SPDX-License-Identifier: MIT
#include "source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/backend.h"
#include "source/live.h"
#include "source/netns.h"
#include "source/netns_list.h"
#include "source/proc.h"
#include "source/recording.h"
#include "source/sweep.h"

static void host_name(struct source *s)
{
	if (gethostname(s->host, sizeof(s->host) - 1) < 0 || !s->host[0])
		memcpy(s->host, "localhost", sizeof("localhost"));
}

/** Turns to /proc, for good. */
static void fall_back(struct source *s, int reason, struct notes *notes)
{
	if (netns_enterable(s->netns))
		notes_add(notes, "netlink is not available (%s): reading /proc/net/tcp* instead",
			  strerror(-reason));
	else
		notes_add(notes, "network namespace %s must not be entered (%s): its sockets are "
				 "those of /proc/%d/net", netns_name(s->netns),
			  netns_missing(s->netns), (int)netns_pid(s->netns));
	s->ops->close(s);
	s->ops = &proc_backend;
}

const char *const *source_netns_names(const struct source *s, size_t *count)
{
	*count = s->sweep_count ? s->sweep_count : 1;
	if (s->sweep_count)
		return s->sweep_names;
	return s->netns ? netns_name_ref(s->netns) : &s->netns_label;
}

struct source *source_part(const struct source *s, size_t i)
{
	return i < s->sweep_count ? sweep_part(s, i) : NULL;
}

/** Chooses the backend of a live source. */
static int open_live(struct source *s, struct notes *notes, struct str *why)
{
	int ret = 0;

	s->ops = s->choice == SOURCE_PROC ? &proc_backend : &netlink_backend;
	if (s->choice != SOURCE_PROC)
		ret = live_sockets(s, 1);
	if (ret && s->choice == SOURCE_NETLINK) {
		str_addf(why, "netlink is not available: %s%s",
			 netns_enterable(s->netns) ? "" : "its network namespace must not be entered: ",
			 netns_enterable(s->netns) ? strerror(-ret) : netns_missing(s->netns));
		return ret;
	}
	if (ret)
		fall_back(s, ret, notes);
	return 0;
}

/** A namespace by the name under which a sweep shows it. */
static int open_listed(const char *name, struct netns **out, struct str *why)
{
	struct netns_list list;
	const struct netns_entry *e;
	int ret = netns_list_read(&list);

	if (ret)
		return -ENOENT;
	e = netns_list_find(&list, name);
	if (e)
		str_free(why);
	ret = e ? netns_entry_open(e, out, why) : -ENOENT;
	netns_list_free(&list);
	return ret;
}

int source_open_in(enum source_choice choice, struct netns *ns, struct notes *notes,
		   struct source **out, struct str *why)
{
	struct source *s = xcalloc(1, sizeof(*s));
	int ret;

	s->choice = choice;
	s->netns = ns;
	host_name(s);
	ret = open_live(s, notes, why);
	if (ret) {
		source_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

int source_open(const struct options *opt, struct notes *notes, struct source **out,
		struct str *why)
{
	struct source *s = xcalloc(1, sizeof(*s));
	int ret = 0;

	s->choice = (enum source_choice)opt->source;
	host_name(s);
	if (opt->from) {
		/* Repetition plays it from the start. */
		ret = recording_open(s, opt->from,
				     opt->at ? opt->at : opt->interval_set ? "#1" : NULL, notes,
				     why);
	} else if (opt->netns && strcmp(opt->netns, "all") == 0) {
		ret = sweep_open(s, notes, why);
	} else {
		if (opt->netns)
			ret = netns_open(opt->netns, &s->netns, why);
		if (ret == -ENOENT)
			ret = open_listed(opt->netns, &s->netns, why);
		if (!ret)
			ret = open_live(s, notes, why);
	}
	if (ret) {
		source_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->ops)
		s->ops->close(s);
	netns_close(s->netns);
	free(s);
}

const char *source_kind(const struct source *s)
{
	return s->ops->name;
}

const char *source_netns(const struct source *s)
{
	return s->netns ? netns_name(s->netns) : s->netns_label;
}

const char *source_host(const struct source *s)
{
	return s->host;
}

int source_wait(struct source *s, int64_t until_ns)
{
	return s->ops->wait(s, until_ns);
}

int source_back(struct source *s)
{
	return recording_back(s);
}

void source_clock(const struct source *s, int64_t *monotonic_ns, int64_t *realtime_ns)
{
	s->ops->clock(s, monotonic_ns, realtime_ns);
}

bool source_position(const struct source *s, struct source_position *out)
{
	if (!s->ops->position)
		return false;
	s->ops->position(s, out);
	return true;
}

int source_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
		struct dump_result *result, struct notes *notes)
{
	int ret = s->ops->dump(s, req, sink, result, notes);

	if (!ret || ret == -EAGAIN || s->ops != &netlink_backend || s->choice == SOURCE_NETLINK)
		return ret;
	/* What came so far is not to be counted twice (live-and-faults row 21). */
	if (result->records && !sink->restart)
		return -EAGAIN;
	if (sink->restart) {
		for (unsigned i = 0; i < req->workers; i++)
			sink->restart(sink->args[i]);
	}
	fall_back(s, ret, notes);
	return s->ops->dump(s, req, sink, result, notes);
}

int source_requests(struct source *s, void (*add)(void *arg, const struct sock *s), void *arg)
{
	struct dump_request req = { .states = STATE_BIT(STATE_SYN_RECV), .workers = 1 };
	struct sink sink = { .add = add, .args = &arg };
	struct dump_result result;
	struct notes unsaid = { 0 };
	int ret;

	if (s->ops->requests)
		return s->ops->requests(s, add, arg);
	if (s->ops != &netlink_backend)
		return -EOPNOTSUPP;
	ret = proc_dump(s, &req, &sink, &result, &unsaid);
	notes_free(&unsaid);
	return ret;
}

static void add_timeouts(void *arg, const struct sock *s)
{
	uint64_t tuple = sock_tuple(s);

	*(uint8_t *)map_put(arg, &tuple, NULL) = s->retransmits;
}

int source_timeouts(struct source *s, struct map *out)
{
	return source_requests(s, add_timeouts, out);
}

int source_bind_table(struct source *s, struct bind_table *out, struct notes *notes)
{
	return s->ops->bind_table(s, out, notes);
}

int source_file(struct source *s, const char *path, struct str *out)
{
	return s->ops->file(s, path, out);
}

/** Files of facts that could not be read. */
struct unread {
	/** Those that are not there, those that are and failed, all that were asked for. */
	unsigned missing, failed, of;
	/** The first whose absence or failure means something, and its error; NULL: none. */
	const char *first;
	int error;
};

/** True for what every kernel shows in every network namespace, where /proc is whole. Others come
 *  and go with version, modules and namespaces. */
static bool is_everywhere(const char *file)
{
	static const char *const files[] = {
		"/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/net/core/somaxconn",
		"/proc/sys/kernel/osrelease",		  "/proc/sys/fs/file-nr",
		"/proc/thread-self/net/sockstat",	  "/proc/thread-self/net/snmp",
		"/proc/thread-self/net/netstat",
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (strcmp(files[i], file) == 0)
			return true;
	}
	return false;
}

static void count_unread(struct unread *u, const char *file, int ret)
{
	u->of++;
	if (!ret)
		return;
	*(ret == -ENOENT ? &u->missing : &u->failed) += 1;
	if (!u->first && (ret != -ENOENT || is_everywhere(file))) {
		u->first = file;
		u->error = ret;
	}
}

static void note_unread(const struct unread *u, struct notes *notes)
{
	if (u->first)
		notes_set(notes, "unread facts",
			  "%u of %u files of settings and counters could not be read (%s: %s): what "
			  "depends on them is unknown", u->failed + (u->error == -ENOENT ? u->missing : 0),
			  u->of, u->first, strerror(-u->error));
}

/** Reads the facts of one file, which begin at row FIRST; returns the row behind them. */
static int read_facts_file(struct source *s, int first, struct facts *out, struct unread *unread,
			   struct str *text)
{
	const char *file = fact_table[first].file;
	int ret = source_file(s, file, text), i = first;
	bool any = false;

	for (; i < FACT_COUNT && strcmp(fact_table[i].file, file) == 0; i++) {
		if (ret)
			continue;
		out->v[i] = fact_extract((enum fact)i, str_text(text));
		any |= fact_known(out, (enum fact)i);
	}
	count_unread(unread, file, ret ? ret : any || !is_everywhere(file) ? 0 : -ENODATA);
	return i;
}

static void read_reserved(struct source *s, struct facts *out, struct unread *unread)
{
	static const char file[] = "/proc/sys/net/ipv4/ip_local_reserved_ports";
	struct str text = { 0 };
	int ret = source_file(s, file, &text);

	out->reserved_known = !ret && !port_set_parse(str_text(&text), &out->reserved);
	count_unread(unread, file, ret);
	str_free(&text);
}

/** A visit to a namespace; it may not come about. */
struct visit_job {
	void (*fn)(void *arg);
	void *arg;
	bool ran;
};

static int run_visit(void *arg)
{
	struct visit_job *job = arg;

	job->ran = true;
	job->fn(job->arg);
	return 0;
}

void source_inside(struct source *s, void (*fn)(void *arg), void *arg)
{
	struct visit_job job = { fn, arg, false };
	int ret = netns_enterable(s->netns) ? netns_run(s->netns, run_visit, &job) : 0;

	/* Then each file says for itself what is wrong. */
	if (ret || !job.ran)
		fn(arg);
}

/** Reading the files of all facts. */
struct facts_job {
	struct source *source;
	struct facts *out;
	struct unread unread;
};

static void read_facts(void *arg)
{
	struct facts_job *job = arg;
	struct str text = { 0 };

	/* The table is grouped by file: each is read once. */
	for (int i = 0; i < FACT_COUNT;)
		i = read_facts_file(job->source, i, job->out, &job->unread, &text);
	str_free(&text);
	read_reserved(job->source, job->out, &job->unread);
}

int source_facts(struct source *s, bool bind_table, struct facts *out, struct notes *notes)
{
	struct facts_job job = { .source = s, .out = out };

	facts_clear(out);
	s->ops->clock(s, &out->monotonic_ns, &out->realtime_ns);
	source_inside(s, read_facts, &job);
	note_unread(&job.unread, notes);
	out->bind.low = (uint16_t)fact_or(out, FACT_PORT_LOW, 0);
	out->bind.high = (uint16_t)fact_or(out, FACT_PORT_HIGH, PORTS - 1);
	if (bind_table)
		out->bind_known = !s->ops->bind_table(s, &out->bind, notes);
	return 0;
}

int source_owners(struct source *s, const struct map *wanted, struct owners *out,
		  struct notes *notes)
{
	return s->ops->owners(s, wanted, out, notes);
}

int source_in_flight(struct source *s, struct owners *out, struct notes *notes)
{
	return s->ops->in_flight ? s->ops->in_flight(s, out, notes) : 0;
}

/** A second look at sockets without a holder. */
struct look {
	const struct map *wanted;
	const struct owners *owners;
	/** Those that show again. */
	struct map still;
};

static void look_add(void *arg, const struct sock *s)
{
	struct look *l = arg;

	if (map_get(l->wanted, &s->inode) && !map_get(&l->owners->sockets, &s->inode))
		map_put(&l->still, &s->inode, NULL);
}

static void look_restart(void *arg)
{
	map_reset(&((struct look *)arg)->still);
}

int source_gone(struct source *s, uint32_t states, const struct map *wanted, struct owners *owners,
		struct map *gone, struct notes *notes)
{
	struct dump_request req = { .states = states, .workers = 1 };
	struct look look = { wanted, owners, map_make(sizeof(uint64_t), 0) };
	struct sink sink = { look_add, look_restart, (void *[]){ &look } };
	struct dump_result result;
	const void *inode;
	int ret;

	if (s->ops->gone)
		return s->ops->gone(s, gone, notes);
	ret = source_dump(s, &req, &sink, &result, notes);
	if (!ret && !result.complete)
		ret = -EAGAIN;
	for (size_t i = 0; !ret && map_next(wanted, &i, &inode, NULL);) {
		if (!map_get(&owners->sockets, inode) && !map_get(&look.still, inode))
			map_put(gone, inode, NULL);
	}
	/* What is still there and has no holder may be in a message. */
	if (look.still.len && source_in_flight(s, owners, notes))
		owners->in_flight_searched = false;
	map_free(&look.still);
	return ret;
}

int source_cgroups(struct source *s, struct cgroups *out, struct notes *notes)
{
	return s->ops->cgroups(s, out, notes);
}
