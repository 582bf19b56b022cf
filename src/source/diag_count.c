// SPDX-License-Identifier: MIT
#include "source/diag_count.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "source/backend.h"
#include "source/count_bpf.h"
#include "source/diag_split.h"
#include "source/netns.h"

/** Sockets below which the dump is as quick (measured: tests/bench). */
#define WORTH_COUNTING 50000

bool diag_count_pays(struct source *s, const struct dump_request *req, const struct sink *sink)
{
	/* Who insists on netlink gets it. */
	return sink->add_counts && !req->bytecode_len && s->choice != SOURCE_NETLINK &&
	       (req->states & DIAG_MANY) && netns_enterable(s->netns) &&
	       diag_estimate(s) >= WORTH_COUNTING;
}

static int count_inside(void *arg)
{
	struct diag_count *c = arg;

	return count_bpf_read(c->counts);
}

static void *count_thread(void *arg)
{
	struct diag_count *c = arg;
	int64_t start = clock_monotonic_ns();

	c->ret = netns_run(c->source->netns, count_inside, c);
	c->ns = clock_monotonic_ns() - start;
	return NULL;
}

void diag_count_start(struct diag_count *c, struct source *s)
{
	*c = (struct diag_count){ .source = s };
	c->started = pthread_create(&c->thread, NULL, count_thread, c) == 0;
}

int diag_count_end(struct diag_count *c, const struct dump_request *req)
{
	static const int families[COUNTS_FAMILIES] = { AF_INET, AF_INET6 };

	if (c->started)
		pthread_join(c->thread, NULL);
	else
		count_thread(c);
	for (int i = 0; i < COUNTS_FAMILIES; i++) {
		struct family_counts *f = &c->counts[i];

		if (req->family && req->family != families[i])
			*f = (struct family_counts){ 0 };
		for (int s = 0; s < STATE_COUNT; s++) {
			if (!(req->states & STATE_BIT(s)))
				f->n[s] = 0;
			c->total += f->n[s];
		}
	}
	return c->ret;
}
