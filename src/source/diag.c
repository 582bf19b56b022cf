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
#include "source/diag_bound.h"
#include "source/diag_count.h"
#include "source/diag_part.h"
#include "source/diag_split.h"
#include "source/live.h"
#include "source/netlink.h"
#include "source/netns.h"

/** Walks started anew before the answer is given up or called short. */
#define RESTARTS_MAX 4

/** What the kernel is to choose by: the caller's bytecode, or the share. */
static void make_bytecode(struct diag_part *p)
{
	if (p->of > 1)
		diag_split(&p->bytecode, p->share, p->of);
	else if (p->req->bytecode_len)
		str_addn(&p->bytecode, p->req->bytecode, p->req->bytecode_len);
}

static void *part_thread(void *arg)
{
	struct diag_part *p = arg;

	p->ret = diag_part_walk(p);
	return NULL;
}

/** Runs the parts side by side; the first one here. */
static int run_parts(struct diag_part *parts, unsigned n)
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
	struct diag_part p = { .source = s, .req = &plain, .socket = &s->sockets[0],
			  .add = collect_cookie, .arg = locked, .stream = TAP_LOCKED };
	int ret;

	plain.info = plain.drops = plain.locks = false;
	p.walk = (struct diag_walk){ .states = req->states, .family = req->family };
	if (req->bytecode_len)
		str_addn(&p.bytecode, req->bytecode, req->bytecode_len);
	filter_bytecode_locked(&p.bytecode);
	/* Without its bytecode this question has no meaning. */
	ret = diag_part_ask(&p);
	str_free(&p.bytecode);
	return ret;
}

/** Sets up the parts of one attempt. */
static void make_parts(struct source *s, const struct dump_request *req, const struct sink *sink,
		       const struct map *locked, struct diag_part *parts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct diag_part *p = &parts[i];

		*p = (struct diag_part){ .source = s, .req = req, .socket = &s->sockets[i],
				    .add = sink->add, .arg = sink->args[i], .share = i, .of = n };
		p->walk = (struct diag_walk){ .states = req->states, .family = req->family,
					      .netns = req->netns, .ring = cookie_ring_new(),
					      .locked = locked };
		make_bytecode(p);
	}
}

/** Adds a part to R and gives it back; true where it was interrupted. */
static bool end_part(struct diag_part *p, struct dump_result *r)
{
	r->records += p->walk.records;
	r->repeats += p->walk.repeats;
	r->malformed += p->walk.malformed;
	r->bytes += p->result.bytes;
	r->receives += p->result.receives;
	if (p->result.kernel_ns > r->kernel_ns)
		r->kernel_ns = p->result.kernel_ns;
	cookie_ring_free(p->walk.ring);
	str_free(&p->bytecode);
	return p->walk.interrupted;
}

/** The parts of REQ: run, added up, given back. As attempt(). */
static int dump_parts(struct source *s, const struct dump_request *req, const struct sink *sink,
		      const struct map *locked, unsigned workers, struct dump_result *r)
{
	struct diag_part parts[DIAG_WORKERS_MAX];
	bool interrupted = false;
	int ret;

	make_parts(s, req, sink, locked, parts, workers);
	ret = run_parts(parts, workers);
	for (unsigned i = 0; i < workers; i++)
		interrupted |= end_part(&parts[i], r);
	return ret ? ret : interrupted ? -EINTR : 0;
}

/** The sockets that are only bound have been looked for beside the dump that ended with RET: takes
 *  them in where it was whole. Where the kernel did not give them they are asked for as any other.
 *  As attempt(). */
static int end_bound(struct diag_bound *b, const struct dump_request *req, const struct sink *sink,
		     int ret, struct dump_result *r)
{
	struct dump_request plain = *req;
	int bound;

	if (ret && ret != -EINTR) {
		diag_bound_drop(b);
		(void)end_part(&b->part, r);
		return ret;
	}
	bound = diag_bound_end(b, sink->add, sink->args[0]);
	if (bound && !b->part.walk.records) {
		plain.states &= DIAG_BOUND;
		bound = dump_parts(b->part.source, &plain, sink, b->part.walk.locked, 1, r);
	}
	if (end_part(&b->part, r) && !bound)
		bound = -EINTR;
	return bound ? bound : ret;
}

/** One attempt: 0, -EINTR where the kernel marked the walk as interrupted, or -errno. */
static int attempt(struct source *s, const struct dump_request *req, const struct sink *sink,
		   const struct diag_crew *crew, struct dump_result *r)
{
	struct map cookies = MAP_OF(uint64_t, char[0]);
	struct dump_result sum = { .restarts = r->restarts };
	struct dump_request hashed = *req;
	const struct map *locked;
	struct diag_bound bound;
	bool beside = false;
	int ret = 0;

	if (req->locks)
		ret = find_locked(s, req, &cookies);
	/* A kernel that cannot tell leaves SOCK_HAS_LOCK out: unknown is not "no". */
	locked = req->locks && !ret ? &cookies : NULL;
	if (!ret || ret == -EINVAL) {
		beside = crew->bound && !diag_bound_start(&bound, s, crew->workers, req, locked);
		if (beside)
			hashed.states &= ~DIAG_BOUND;
		ret = hashed.states ? dump_parts(s, &hashed, sink, locked, crew->workers, &sum) : 0;
	}
	if (beside)
		ret = end_bound(&bound, req, sink, ret, &sum);
	map_free(&cookies);
	*r = sum;
	return ret;
}

/** Opens a netlink socket for each of CREW; where there are not so many, one must do. 0 or
 *  -errno. */
static int open_sockets(struct source *s, struct diag_crew *crew)
{
	int ret = live_sockets(s, crew->workers + crew->bound);

	if (!ret || crew->workers + crew->bound == 1)
		return ret;
	*crew = (struct diag_crew){ .workers = 1 };
	return live_sockets(s, 1);
}

/** Attempts until one is whole, a bounded number of times. As diag_dump(). */
static int dump_walks(struct source *s, const struct dump_request *req, const struct sink *sink,
		      const struct diag_load *load, struct dump_result *result, struct notes *notes)
{
	struct diag_crew crew = diag_split_crew(req, load);
	int ret = open_sockets(s, &crew);

	while (!ret) {
		ret = attempt(s, req, sink, &crew, result);
		if (!ret) {
			result->complete = true;
			break;
		}
		if (ret == -ETIMEDOUT || result->restarts + 1 >= RESTARTS_MAX)
			break;
		/* What was handed out cannot be taken back. */
		if (!sink->restart && result->records) {
			ret = -EAGAIN;
			break;
		}
		for (unsigned i = 0; sink->restart && i < req->workers; i++)
			sink->restart(sink->args[i]);
		result->restarts++;
		live_drop_sockets(s, 0);
		ret = open_sockets(s, &crew);
	}
	if (ret == -EINTR) {
		/* A whole walk, but the table moved under it each time. */
		notes_add(notes, "the kernel marked the dump as interrupted %d times: numbers may be off",
			  RESTARTS_MAX);
		return 0;
	}
	if (ret)
		live_drop_sockets(s, 0);
	return ret;
}

/** The kernel counts, beside a walk over what it does not come by. 0; or -errno, and nothing has
 *  been added. */
static int dump_counts(struct source *s, const struct dump_request *req, const struct sink *sink,
		       const struct diag_load *load, struct dump_result *result)
{
	struct dump_request rest = *req;
	struct notes unsaid = { 0 };
	struct diag_count *count;
	struct diag_counted out;
	int ret = 0, counted;

	rest.states &= COUNT_BPF_BLIND;
	result->complete = true;
	count = diag_count_start(s, load);
	if (rest.states)
		ret = dump_walks(s, &rest, sink, load, result, &unsaid);
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
	int64_t start = clock_monotonic_ns();
	struct diag_load load = { 0 };
	int ret = -EOPNOTSUPP;

	/* Where every byte is kept there is no choice to make. */
	if (!req->tap)
		load = diag_load(s);
	*result = (struct dump_result){ 0 };
	if (diag_count_pays(s, req, sink, &load))
		ret = dump_counts(s, req, sink, &load, result);
	if (ret) {
		*result = (struct dump_result){ 0 };
		ret = dump_walks(s, req, sink, &load, result, notes);
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
