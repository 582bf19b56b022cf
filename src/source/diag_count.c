// SPDX-License-Identifier: MIT
#include "source/diag_count.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/thread.h"
#include "source/backend.h"
#include "source/count_bpf.h"
#include "source/diag_split.h"
#include "source/netlink.h"
#include "source/netns.h"

/** Sockets below which the dump is as quick (measured: tests/bench). */
#define WORTH_COUNTING 50000

/** Sockets a second that even a machine with other work counts. */
#define SLOWEST 50000

struct diag_count {
	struct source *source;
	pthread_t thread;
	bool started;
	/** When it is given up, CLOCK_REALTIME as pthread_timedjoin_np(3) has it. */
	struct timespec deadline;
	struct diag_counted out;
	/** 0 or -errno. */
	int ret;
};

bool diag_count_pays(const struct source *s, const struct dump_request *req,
		     const struct sink *sink, const struct diag_load *load)
{
	/* Who insists on netlink gets it. */
	return sink->add_counts && !req->bytecode_len && s->choice != SOURCE_NETLINK &&
	       !s->counts_failed && (req->states & DIAG_MANY) && netns_enterable(s->netns) &&
	       diag_load_of(load, req->states) >= WORTH_COUNTING;
}

static int count_inside(void *arg)
{
	struct diag_count *c = arg;

	return count_bpf_read(c->out.counts);
}

static void *count_thread(void *arg)
{
	struct diag_count *c = arg;
	int64_t start = clock_monotonic_ns();

	c->ret = netns_run(c->source->netns, count_inside, c);
	c->out.ns = clock_monotonic_ns() - start;
	return NULL;
}

struct diag_count *diag_count_start(struct source *s, const struct diag_load *load)
{
	struct diag_count *c = xcalloc(1, sizeof(*c));

	c->source = s;
	clock_gettime(CLOCK_REALTIME, &c->deadline);
	c->deadline.tv_sec += NETLINK_PATIENCE + diag_load_of(load, STATES_ALL) / SLOWEST;
	c->started = thread_start(&c->thread, count_thread, c) == 0;
	if (!c->started) /* Then at once. */
		count_thread(c);
	return c;
}

/** Takes away what REQ does not ask for and sums up the rest. */
static void trim(struct diag_counted *out, const struct dump_request *req)
{
	static const int families[COUNTS_FAMILIES] = { AF_INET, AF_INET6 };

	for (int i = 0; i < COUNTS_FAMILIES; i++) {
		struct family_counts *f = &out->counts[i];

		if (req->family && req->family != families[i])
			*f = (struct family_counts){ 0 };
		for (int s = 0; s < STATE_COUNT; s++) {
			if (!(req->states & STATE_BIT(s)))
				f->n[s] = 0;
			out->total += f->n[s];
		}
	}
}

int diag_count_end(struct diag_count *c, const struct dump_request *req, struct diag_counted *out)
{
	int ret = c->started ? -pthread_timedjoin_np(c->thread, NULL, &c->deadline) : 0;

	if (ret) {
		/* Its memory is the thread's now. */
		pthread_detach(c->thread);
		c->source->counts_failed = true;
		return ret;
	}
	ret = c->ret;
	c->source->counts_failed = ret != 0;
	*out = c->out;
	free(c);
	trim(out, req);
	return ret;
}
