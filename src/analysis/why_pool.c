// SPDX-License-Identifier: MIT
/* The pool that a new connection to the destination would take its port from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ports_report.h"
#include "analysis/why.h"
#include "base/alloc.h"

/** The source address that most sockets toward the destination have, for where no route tells
 *  it. */
static void guess_source(struct why_fold *f)
{
	size_t most = 0;

	for (size_t i = 0; i < f->ports.pools.len; i++) {
		const struct pool *p = port_table_pool(&f->ports, i);

		if (p->key.ifindex != f->ifindex || p->key.remote_port != f->port ||
		    !addr_equal(&p->key.remote, &f->address) || p->socks.len <= most)
			continue;
		most = p->socks.len;
		f->source = p->key.local;
	}
}

/** Counts POOL by the rules of `ports` and adds it. */
static void add_pool(struct why_fold *f, const struct pool *pool, const struct host *host,
		     struct report *report)
{
	struct port_space space;
	struct ports_result res = {
		.host = host,
		.rules = {
			.space = &space,
			.table = &f->ports,
			.facts = host->now,
			.time_wait_ms = pool_time_wait_ms(host->now, &f->ports),
			.now_ms = (uint32_t)((uint64_t)host->monotonic_ns / 1000000),
			.stamp = xcalloc(PORTS, sizeof(uint32_t)),
		},
	};
	struct pool_numbers numbers = { .pool = pool };

	port_space_init(&space, host->now, &f->ports);
	pool_count(&res.rules, pool, NULL, NAN, &numbers);
	ports_add_pool(&res, report->root, "pool", &numbers, &report->arena, false);
	free(res.rules.stamp);
}

void why_pool(struct why_fold *f, const struct host *host, struct report *report)
{
	struct pool none = { .socks = VEC_OF(struct pool_sock) };
	struct pool *pool;

	if (!f->source.family)
		guess_source(f);
	if (!f->source.family) {
		value_add_null(&report->arena, report->root, "pool");
		return;
	}
	none.key = (struct pool_key){ f->source, f->address, f->port, f->ifindex };
	pool = (struct pool *)port_table_find(&f->ports, &none.key);
	if (!pool)
		pool = &none;
	/* Every holder of its sockets was asked for, unless there were too many. */
	pool->owners = f->inodes.len < WHY_INODES;
	add_pool(f, pool, host, report);
}
