// SPDX-License-Identifier: MIT
/* How many sockets match: one integer. */
#include <stdlib.h>

#include "analysis/analysis.h"
#include "base/alloc.h"

struct count {
	uint64_t n, fail_over;
	bool judge;
};

static void count_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	(void)opt;
	(void)facts;
	out->states = STATES_ALL;
	out->counts = true;
}

static void *count_begin(const struct options *opt)
{
	struct count *c = xcalloc(1, sizeof(*c));

	c->judge = opt->fail_over_set;
	c->fail_over = opt->fail_over;
	return c;
}

static void count_restart(void *state)
{
	((struct count *)state)->n = 0;
}

static void count_add(void *state, const struct sock *s)
{
	(void)s;
	((struct count *)state)->n++;
}

static void count_add_counts(void *state, const struct family_counts *counts)
{
	for (int i = 0; i < COUNTS_FAMILIES; i++) {
		for (int s = 0; s < STATE_COUNT; s++)
			((struct count *)state)->n += counts[i].n[s];
	}
}

static void count_merge(void *state, void *from)
{
	((struct count *)state)->n += ((struct count *)from)->n;
}

static void count_finish(void *state, const struct host *host, struct report *report)
{
	const struct count *c = state;

	(void)host;
	value_add_int(&report->arena, report->root, "count", (int64_t)c->n);
	if (c->judge && c->n > c->fail_over)
		report->status = 2;
}

static const struct view count_views[] = {
	{ .name = "count", .kind = VIEW_LINES, .path = "", .line = "{count}" },
	{ 0 },
};

extern const struct analysis count_analysis;
const struct analysis count_analysis = {
	.name = "count",
	.needs = count_needs,
	.begin = count_begin,
	.restart = count_restart,
	.add = count_add,
	.add_counts = count_add_counts,
	.merge = count_merge,
	.finish = count_finish,
	.end = free,
	.views = count_views,
};
