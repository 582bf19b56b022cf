// SPDX-License-Identifier: MIT
#include "analysis/ports_reuse.h"

/** LOOPBACK_IFINDEX. */
#define LOOPBACK_IFINDEX 1

/** Where tcp_tw_reuse_delay does not exist, the kernel compares whole seconds: after one second it
 *  is sure, before it may be. */
#define OLD_DELAY_MS 1000

/** Ages are told to a jiffy, 10 ms at worst, and rounded. */
#define AGE_SLACK_MS 12

uint32_t reuse_delay_ms(const struct pool_rules *r)
{
	return (uint32_t)fact_or(r->facts, FACT_TW_REUSE_DELAY, OLD_DELAY_MS);
}

uint32_t tw_age_seen(const struct pool_rules *r, const struct pool_sock *e)
{
	return e->expires_ms < r->time_wait_ms ? r->time_wait_ms - e->expires_ms : 0;
}

uint32_t tw_age_now(const struct pool_rules *r, const struct pool_sock *e)
{
	uint32_t since = r->now_ms - e->seen_ms;

	/* Seen after "now": a recording whose clocks disagree. */
	return tw_age_seen(r, e) + (since < UINT32_MAX / 2 ? since : 0);
}

bool pool_may_reuse(const struct pool_rules *r, const struct pool *p, bool unknown)
{
	switch (fact_or(r->facts, FACT_TW_REUSE, -1)) {
	case 0:
		return false;
	case 1:
		return true;
	case 2:
		return p->key.ifindex == LOOPBACK_IFINDEX || addr_is_loopback(&p->key.local) ||
		       addr_is_loopback(&p->key.remote);
	default:
		return unknown;
	}
}

/** Did the connection use timestamps? The bind table's walk saw it. Without that there is only our
 *  own setting, which may have changed since, and which the peer need not share. */
static enum reuse stamped(const struct pool_rules *r, const struct pool *p, uint16_t port)
{
	const struct facts *f = r->facts;
	uint16_t slot = bind_tw_slot(port, &p->key.remote, p->key.remote_port);
	bool with = r->space->bind_known && port_set_has(&f->bind.tw_stamped, slot);
	bool without = r->space->bind_known && port_set_has(&f->bind.tw_plain, slot);

	if (with != without)
		return with ? REUSE_YES : REUSE_NO;
	return fact_or(f, FACT_TIMESTAMPS, 1) ? REUSE_LIKELY : REUSE_UNLIKELY;
}

enum reuse reuse_later(const struct pool_rules *r, const struct pool *p, const struct pool_sock *e)
{
	enum reuse stamps;

	if (!pool_may_reuse(r, p, true))
		return REUSE_NO;
	stamps = stamped(r, p, e->port);
	return pool_may_reuse(r, p, false) || stamps == REUSE_NO ? stamps : REUSE_UNLIKELY;
}

enum reuse reuse_now(const struct pool_rules *r, const struct pool *p, const struct pool_sock *e)
{
	enum reuse later = reuse_later(r, p, e);
	uint32_t age = tw_age_now(r, e), delay = reuse_delay_ms(r);

	if (age > delay + AGE_SLACK_MS || later == REUSE_NO)
		return later;
	if (age + AGE_SLACK_MS < delay && fact_known(r->facts, FACT_TW_REUSE_DELAY))
		return REUSE_NO;
	return REUSE_UNLIKELY;
}
