// SPDX-License-Identifier: MIT
#include "analysis/stalls.h"

#include <string.h>

_Static_assert(sizeof(struct stall_peer) == sizeof(struct addr) + 3, "no padding");

void stalls_init(struct stalls *st)
{
	*st = (struct stalls){ 0 };
	for (int i = 0; i < STALL_KINDS; i++)
		st->peers[i] = MAP_OF(struct stall_peer, struct stall_group);
}

void stalls_restart(struct stalls *st)
{
	for (int i = 0; i < STALL_KINDS; i++) {
		map_reset(&st->peers[i]);
		st->stalled[i] = 0;
	}
	memset(st->states, 0, sizeof(st->states));
	memset(st->orphans_left, 0, sizeof(st->orphans_left));
	st->held2 = st->ageless = 0;
	st->listening = st->fixed = (struct port_set){ 0 };
	st->fixed_known = false;
	st->sampled = 0;
}

void stalls_free(struct stalls *st)
{
	for (int i = 0; i < STALL_KINDS; i++)
		map_free(&st->peers[i]);
}

static void stalled(struct stalls *st, enum stall_kind kind, const struct sock *s)
{
	/* Listeners come first in every walk: whoever asked for the connection is known here. */
	bool in = port_set_has(&st->listening, s->local_port);
	struct stall_peer peer = { addr_fold(&s->remote), in, in ? s->local_port : s->remote_port };
	struct stall_group *g = map_put(&st->peers[kind], &peer, NULL);

	g->count++;
	if (s->retransmits > g->worst)
		g->worst = s->retransmits;
	st->stalled[kind]++;
}

/** True where S has sent the same thing STALL_RETRANSMITS times: segments, window probes or
 *  keepalives. */
static bool repeats_itself(const struct sock *s)
{
	return sock_has(s, SOCK_HAS_TIMER) && s->retransmits >= STALL_RETRANSMITS &&
	       (s->timer == TIMER_RETRANSMIT || s->timer == TIMER_PROBE ||
		s->timer == TIMER_KEEPALIVE);
}

static void add_fin_wait2(struct stalls *st, const struct sock *s)
{
	uint32_t left = s->expires_ms / 1000;

	if (!sock_has(s, SOCK_HAS_INODE) || !s->inode) {
		st->orphans_left[left < STALL_LEFT ? left : STALL_LEFT]++;
		stalled(st, STALL_ORPHAN, s);
		return;
	}
	st->held2++;
	st->ageless += !sock_has(s, SOCK_HAS_INFO);
	if (sock_has(s, SOCK_HAS_INFO) && s->last_ack_recv_ms >= STALL_SILENT_S * 1000 &&
	    s->last_data_recv_ms >= STALL_SILENT_S * 1000)
		stalled(st, STALL_HALF_CLOSED, s);
}

uint64_t stalls_silent_orphans(const struct stalls *st, int64_t fin_timeout)
{
	int64_t patience = fin_timeout / 2 < STALL_SILENT_S ? fin_timeout / 2 : STALL_SILENT_S;
	uint64_t n = 0;

	if (fin_timeout > 60)
		return 0;
	for (int64_t left = 0; left < fin_timeout - patience; left++)
		n += st->orphans_left[left];
	return n;
}

/** Keeps the STALL_SAMPLE lowest hashes. */
static void sample(struct stalls *st, uint64_t hash, uint64_t inode)
{
	size_t i = st->sampled;

	if (i == STALL_SAMPLE) {
		if (hash >= st->sample[i - 1].hash)
			return;
		i--;
	} else {
		st->sampled++;
	}
	for (; i > 0 && st->sample[i - 1].hash > hash; i--)
		st->sample[i] = st->sample[i - 1];
	st->sample[i] = (struct stall_sample){ hash, inode };
}

void stalls_add(struct stalls *st, const struct sock *s)
{
	st->states[s->state]++;
	switch (s->state) {
	case STATE_LISTEN:
		port_set_add(&st->listening, s->local_port);
		st->fixed_known |= sock_has(s, SOCK_HAS_LOCK);
		if (sock_has(s, SOCK_HAS_LOCK) && s->bind_locked)
			port_set_add(&st->fixed, s->local_port);
		return;
	case STATE_FIN_WAIT2:
		add_fin_wait2(st, s);
		return;
	case STATE_LAST_ACK:
	case STATE_CLOSING:
		if (repeats_itself(s))
			stalled(st, STALL_LAST_ACK, s);
		return;
	case STATE_ESTABLISHED:
	case STATE_CLOSE_WAIT:
	case STATE_FIN_WAIT1:
		if (repeats_itself(s))
			stalled(st, STALL_NO_ACK, s);
		if (sock_has(s, SOCK_HAS_INODE) && s->inode)
			sample(st, hash_bytes(&s->inode, sizeof(s->inode)), s->inode);
		return;
	default:
		return;
	}
}

static void merge_ports(struct port_set *to, const struct port_set *from)
{
	for (size_t i = 0; i < ARRAY_LEN(to->bits); i++)
		to->bits[i] |= from->bits[i];
}

static void merge_peers(struct map *to, const struct map *from)
{
	const void *peer;
	void *value;
	size_t iter = 0;

	while (map_next(from, &iter, &peer, &value)) {
		const struct stall_group *other = value;
		struct stall_group *g = map_put(to, peer, NULL);

		g->count += other->count;
		if (other->worst > g->worst)
			g->worst = other->worst;
	}
}

void stalls_merge(struct stalls *st, struct stalls *from)
{
	for (int i = 0; i < STALL_KINDS; i++) {
		merge_peers(&st->peers[i], &from->peers[i]);
		st->stalled[i] += from->stalled[i];
	}
	for (int i = 0; i < STATE_COUNT; i++)
		st->states[i] += from->states[i];
	for (size_t i = 0; i < ARRAY_LEN(st->orphans_left); i++)
		st->orphans_left[i] += from->orphans_left[i];
	st->held2 += from->held2;
	st->ageless += from->ageless;
	merge_ports(&st->listening, &from->listening);
	merge_ports(&st->fixed, &from->fixed);
	st->fixed_known |= from->fixed_known;
	for (size_t i = 0; i < from->sampled; i++)
		sample(st, from->sample[i].hash, from->sample[i].inode);
	stalls_restart(from);
}

uint64_t stalls_total(const struct stalls *st, enum stall_kind kind)
{
	const uint64_t *n = st->states;

	switch (kind) {
	case STALL_NO_ACK:
		return n[STATE_ESTABLISHED] + n[STATE_CLOSE_WAIT] + n[STATE_FIN_WAIT1];
	case STALL_LAST_ACK:
		return n[STATE_ESTABLISHED] + n[STATE_CLOSE_WAIT] + n[STATE_LAST_ACK] +
		       n[STATE_CLOSING];
	case STALL_HALF_CLOSED:
		return n[STATE_ESTABLISHED] + st->held2;
	default:
		/* What the peers did answer has become TIME_WAIT. */
		return st->stalled[STALL_ORPHAN] + n[STATE_TIME_WAIT];
	}
}
