// SPDX-License-Identifier: MIT
/* The netlink backend: dumps, retries, and several threads where that pays. */
#include "source/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/thread.h"
#include "model/filter.h"
#include "source/backend.h"
#include "source/count_bpf.h"
#include "source/diag_count.h"
#include "source/diag_parse.h"
#include "source/diag_pump.h"
#include "source/diag_split.h"
#include "source/live.h"
#include "source/netlink.h"
#include "source/netns.h"

/** Walks started anew before the answer is given up or called short. */
#define RESTARTS_MAX 4

/** Datagrams after which a walk counts as long. */
#define WORTH_A_PUMP 2

/** One worker's part of a dump. */
struct part {
	struct source *source;
	const struct dump_request *req;
	struct netlink **socket;
	/** The caller's bytecode, or the test for this worker's share of the ports. */
	struct str bytecode;
	struct diag_walk walk;
	void (*add)(void *arg, const struct sock *s);
	void *arg;
	/** Which share of the sockets it reads; alone there is a processor to spare for receiving. */
	unsigned share, of;
	/** What its bytes are for a tap. */
	enum tap_stream stream;
	/** Sum over this worker's walks. */
	struct dump_result result;
	/** 0 or -errno. */
	int ret;
};

/** Takes one datagram in. -EINPROGRESS where more is to come, 0 at the end, or -errno. */
static int take(struct part *p, const void *data, size_t len)
{
	struct diag_walk *w = &p->walk;

	p->result.bytes += len;
	p->result.receives++;
	if (p->req->tap)
		p->req->tap->bytes(p->req->tap->arg, p->stream, w->seen_ns, data, len);
	switch (diag_walk_datagram(data, len, w, p->add, p->arg)) {
	case DIAG_MORE:
		return -EINPROGRESS;
	case DIAG_DONE:
		return 0;
	case DIAG_ERROR:
		return w->error;
	case DIAG_BROKEN:
		break;
	}
	return -EBADMSG;
}

/** The rest of a walk, received beside us. */
static int receive_rest(struct part *p, struct diag_pump *pump)
{
	const void *data;
	size_t len;
	int ret;

	do {
		ret = diag_pump_next(pump, &data, &len, &p->walk.seen_ns);
		if (!ret)
			ret = take(p, data, len);
	} while (ret == -EINPROGRESS);
	p->result.kernel_ns += diag_pump_end(pump);
	return ret;
}

/** Receives one walk to its end. 0 or -errno. */
static int receive_walk(struct part *p, struct netlink *nl)
{
	struct diag_walk *w = &p->walk;
	struct diag_pump *pump;
	int ret;

	w->seq = netlink_seq(nl);
	w->portid = netlink_portid(nl);
	for (unsigned i = 1;; i++) {
		int64_t start = clock_monotonic_ns();
		const void *data;
		size_t len;

		ret = netlink_receive(nl, &data, &len, &w->seen_ns);
		p->result.kernel_ns += w->seen_ns - start;
		if (!ret)
			ret = take(p, data, len);
		if (ret != -EINPROGRESS)
			return ret;
		if (p->of > 1 || i != WORTH_A_PUMP)
			continue;
		pump = diag_pump_start(nl, w);
		if (pump)
			return receive_rest(p, pump);
	}
}

/** One request and its walk. */
static int one_walk(struct part *p, enum diag_form form, int family)
{
	int ret = netlink_request(*p->socket, form, family, p->req, &p->bytecode);

	return ret ? ret : receive_walk(p, *p->socket);
}

/** Both families: one compatibility walk, else two of the v2 form. */
static int both_families(struct part *p)
{
	uint64_t before = p->walk.records;
	int ret = one_walk(p, DIAG_FORM_COMPAT, AF_UNSPEC);

	/* What a kernel without the old message says at once; after records it is a real error. */
	if (ret && p->walk.records == before && ret != -ETIMEDOUT && ret != -ENOBUFS &&
	    ret != -ENOMEM && ret != -EBADMSG) {
		ret = one_walk(p, DIAG_FORM_V2, AF_INET);
		if (!ret)
			ret = one_walk(p, DIAG_FORM_V2, AF_INET6);
		/* A kernel without IPv6 knows no such family. */
		if (ret == -ENOENT && p->walk.records > before)
			ret = 0;
	}
	return ret;
}

/** What the kernel is to choose by: the caller's bytecode, or the share. */
static void make_bytecode(struct part *p)
{
	if (p->of > 1)
		diag_split(&p->bytecode, p->share, p->of);
	else if (p->req->bytecode_len)
		str_addn(&p->bytecode, p->req->bytecode, p->req->bytecode_len);
}

static int walk_families(struct part *p)
{
	p->walk.interrupted = false;
	return p->req->family ? one_walk(p, DIAG_FORM_V2, p->req->family) : both_families(p);
}

static int part_walk(struct part *p)
{
	int ret = walk_families(p);

	/* An opcode that this kernel does not know: everything is decided here instead. */
	if (ret == -EINVAL && p->req->bytecode_len && !p->walk.records) {
		str_reset(&p->bytecode);
		ret = walk_families(p);
	}
	return ret;
}

static void *part_thread(void *arg)
{
	struct part *p = arg;

	p->ret = part_walk(p);
	return NULL;
}

/** Runs the parts side by side; the first one here. */
static int run_parts(struct part *parts, unsigned n)
{
	pthread_t threads[DIAG_WORKERS_MAX];
	bool started[DIAG_WORKERS_MAX] = { false };
	int ret = 0;

	for (unsigned i = 1; i < n; i++)
		started[i] = thread_start(&threads[i], part_thread, &parts[i]) == 0;
	part_thread(&parts[0]);
	for (unsigned i = 1; i < n; i++) {
		if (started[i])
			pthread_join(threads[i], NULL);
		else /* No thread to be had: in turn, then. */
			part_thread(&parts[i]);
	}
	for (unsigned i = 0; i < n && !ret; i++)
		ret = parts[i].ret;
	return ret;
}

static void collect_cookie(void *arg, const struct sock *s)
{
	if (sock_has(s, SOCK_HAS_COOKIE))
		map_put(arg, &s->cookie, NULL);
}

/** Cookies of the sockets whose port was chosen by an explicit bind() into LOCKED. */
static int find_locked(struct source *s, const struct dump_request *req, struct map *locked)
{
	struct dump_request plain = *req;
	struct part p = { .source = s, .req = &plain, .socket = &s->sockets[0],
			  .add = collect_cookie, .arg = locked, .stream = TAP_LOCKED };
	int ret;

	plain.info = plain.drops = plain.locks = false;
	p.walk = (struct diag_walk){ .states = req->states, .family = req->family };
	if (req->bytecode_len)
		str_addn(&p.bytecode, req->bytecode, req->bytecode_len);
	filter_bytecode_locked(&p.bytecode);
	/* Not part_walk(): without its bytecode this question has no meaning. */
	ret = req->family ? one_walk(&p, DIAG_FORM_V2, req->family) : both_families(&p);
	str_free(&p.bytecode);
	return ret;
}

/** Sets up the parts of one attempt. */
static void make_parts(struct source *s, const struct dump_request *req, const struct sink *sink,
		       const struct map *locked, struct part *parts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct part *p = &parts[i];

		*p = (struct part){ .source = s, .req = req, .socket = &s->sockets[i],
				    .add = sink->add, .arg = sink->args[i], .share = i, .of = n };
		p->walk = (struct diag_walk){ .states = req->states, .family = req->family,
					      .netns = req->netns, .ring = cookie_ring_new(),
					      .locked = locked };
		make_bytecode(p);
	}
}

/** Adds the parts up and gives them back; true where one of them was interrupted. */
static bool end_parts(struct part *parts, unsigned n, struct dump_result *r)
{
	bool interrupted = false;

	for (unsigned i = 0; i < n; i++) {
		r->records += parts[i].walk.records;
		r->repeats += parts[i].walk.repeats;
		r->malformed += parts[i].walk.malformed;
		r->bytes += parts[i].result.bytes;
		r->receives += parts[i].result.receives;
		if (parts[i].result.kernel_ns > r->kernel_ns)
			r->kernel_ns = parts[i].result.kernel_ns;
		interrupted |= parts[i].walk.interrupted;
		cookie_ring_free(parts[i].walk.ring);
		str_free(&parts[i].bytecode);
	}
	return interrupted;
}

/** Closes every netlink socket: after an error it may hold half a dump. The next dump opens what it
 *  needs. */
static void close_sockets(struct source *s)
{
	for (unsigned i = 0; i < s->socket_count; i++)
		netlink_close(s->sockets[i]);
	s->socket_count = 0;
}

/** One attempt: 0, -EINTR where the kernel marked the walk as interrupted, or -errno. */
static int attempt(struct source *s, const struct dump_request *req, const struct sink *sink,
		   unsigned workers, struct dump_result *r)
{
	struct map locked = MAP_OF(uint64_t, char[0]);
	struct part parts[DIAG_WORKERS_MAX];
	struct dump_result sum = { .restarts = r->restarts };
	int ret = 0;

	if (req->locks)
		ret = find_locked(s, req, &locked);
	/* A kernel that cannot tell leaves SOCK_HAS_LOCK out: unknown is not "no". */
	make_parts(s, req, sink, req->locks && !ret ? &locked : NULL, parts, workers);
	if (!ret || ret == -EINVAL)
		ret = run_parts(parts, workers);
	if (end_parts(parts, workers, &sum) && !ret)
		ret = -EINTR;
	map_free(&locked);
	*r = sum;
	return ret;
}

/** Attempts until one is whole, a bounded number of times. As diag_dump(). */
static int dump_walks(struct source *s, const struct dump_request *req, const struct sink *sink,
		      int64_t sockets, struct dump_result *result, struct notes *notes)
{
	unsigned workers = diag_split_workers(req, sockets);
	int ret = live_sockets(s, workers);

	while (!ret) {
		ret = attempt(s, req, sink, workers, result);
		if (!ret) {
			result->complete = true;
			break;
		}
		if (ret == -ETIMEDOUT || result->restarts + 1 >= RESTARTS_MAX)
			break;
		if (!sink->restart) {
			ret = result->records ? -EAGAIN : ret;
			break;
		}
		for (unsigned i = 0; i < req->workers; i++)
			sink->restart(sink->args[i]);
		result->restarts++;
		close_sockets(s);
		ret = live_sockets(s, workers);
	}
	if (ret == -EINTR) {
		/* A whole walk, but the table moved under it each time. */
		notes_add(notes, "the kernel marked the dump as interrupted %d times: numbers may be off",
			  RESTARTS_MAX);
		return 0;
	}
	if (ret)
		close_sockets(s);
	return ret;
}

/** The kernel counts, beside a walk over what it does not come by. 0; or -errno, and nothing has
 *  been added. */
static int dump_counts(struct source *s, const struct dump_request *req, const struct sink *sink,
		       struct dump_result *result)
{
	struct dump_request rest = *req;
	struct notes unsaid = { 0 };
	struct diag_count *count;
	struct diag_counted out;
	int ret = 0, counted;

	rest.states &= COUNT_BPF_BLIND;
	result->complete = true;
	count = diag_count_start(s);
	if (rest.states)
		ret = dump_walks(s, &rest, sink, 0, result, &unsaid);
	counted = diag_count_end(count, req, &out);
	if (unsaid.count)
		ret = -EAGAIN;
	notes_free(&unsaid);
	if (ret || counted) {
		if (rest.states)
			sink->restart(sink->args[0]);
		return ret ? ret : counted;
	}
	sink->add_counts(sink->args[0], out.counts);
	result->records += out.total;
	result->counted = true;
	if (out.ns > result->kernel_ns)
		result->kernel_ns = out.ns;
	return 0;
}

int diag_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
	      struct dump_result *result, struct notes *notes)
{
	int64_t start = clock_monotonic_ns(), sockets = 0;
	int ret = -EOPNOTSUPP;

	/* Who takes records in one thread, one by one, has no choice to make. */
	if (sink->add_counts || req->workers > 1)
		sockets = diag_estimate(s, req->states);
	*result = (struct dump_result){ 0 };
	if (diag_count_pays(s, req, sink, sockets))
		ret = dump_counts(s, req, sink, result);
	if (ret) {
		*result = (struct dump_result){ 0 };
		ret = dump_walks(s, req, sink, sockets, result, notes);
	}
	result->total_ns = clock_monotonic_ns() - start;
	if (!ret && result->repeats)
		notes_set(notes, "repeats", "the kernel's table moved while it was read: %llu socket%s "
			  "came twice (counted once), as many may be missing",
			  (unsigned long long)result->repeats,
			  num_word(result->repeats, "", "s"));
	if (!ret && result->malformed) {
		result->complete = false;
		notes_add(notes, "%llu malformed netlink message%s skipped",
			  (unsigned long long)result->malformed,
			  num_word(result->malformed, "", "s"));
	}
	return ret;
}
