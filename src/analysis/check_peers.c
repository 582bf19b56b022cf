// SPDX-License-Identifier: MIT
/* Judgements on peers that fell silent. */
#include <stdlib.h>
#include <string.h>

#include "analysis/check_judges.h"
#include "analysis/check_tree.h"
#include "base/num.h"
#include "base/vec.h"

/** So many stalled connections confirm each other; fewer are chance. */
#define CONFIRMED 3
/** Peers shown as evidence. */
#define SHOWN 5

/** A peer in trouble. */
struct peer_row {
	struct stall_peer peer;
	struct stall_group group;
	/** Sockets of the pool toward it, -1 where that is unknown. */
	double pool;
};

static int compare_peers(const void *pa, const void *pb)
{
	const struct peer_row *a = pa, *b = pb;

	if (a->group.count != b->group.count)
		return a->group.count > b->group.count ? -1 : 1;
	if (!addr_equal(&a->peer.addr, &b->peer.addr))
		return addr_compare(&a->peer.addr, &b->peer.addr);
	return (a->peer.port > b->peer.port) - (a->peer.port < b->peer.port);
}

/** Fills in the size of each destination's pool, by the report of ports. */
static void find_pools(const struct evidence *e, struct vec *rows)
{
	struct map index = MAP_OF(struct stall_peer, size_t);

	for (size_t i = 0; i < rows->len; i++) {
		struct peer_row *r = &VEC_AT(rows, struct peer_row, i);

		r->pool = -1;
		if (!r->peer.incoming)
			*(size_t *)map_put(&index, &r->peer, NULL) = i;
	}
	for (const struct value *v = tree_first(e->ports, "pools"); v && index.len; v = v->next) {
		struct stall_peer peer = { .port = (uint16_t)tree_number(v, "remote_port", 0) };
		struct peer_row *r;
		const size_t *i;

		if (addr_parse(tree_text(v, "remote", ""), &peer.addr))
			continue;
		i = map_get(&index, &peer);
		if (!i)
			continue;
		r = &VEC_AT(rows, struct peer_row, *i);
		r->pool = (r->pool < 0 ? 0 : r->pool) + tree_number(v, "in_use", 0);
	}
	map_free(&index);
}

/** Peers of KIND, those with most stalled connections first. */
static struct vec list_peers(const struct evidence *e, enum stall_kind kind)
{
	struct vec rows = VEC_OF(struct peer_row);
	const void *peer;
	void *group;
	size_t iter = 0;

	while (map_next(&e->stalls->peers[kind], &iter, &peer, &group)) {
		struct peer_row *r = vec_push(&rows);

		r->peer = *(const struct stall_peer *)peer;
		r->group = *(struct stall_group *)group;
	}
	find_pools(e, &rows);
	if (rows.len)
		qsort(rows.data, rows.len, sizeof(struct peer_row), compare_peers);
	return rows;
}

/** True where P is a destination of which half and more is silent. */
static bool is_dead(const struct peer_row *p)
{
	if (p->peer.incoming)
		return false;
	if (p->pool < 0)
		return p->group.count >= CONFIRMED;
	return (double)p->group.count * 2 >= p->pool;
}

/** Shows the first peers of ROWS as evidence; returns the first in words (", 3 of them with
 *  192.0.2.1:80"; without the number where its connections are not those that were COUNTED), in the
 *  arena. */
static const char *show_peers(const struct evidence *e, const struct vec *rows, bool counted,
			      struct finding *out)
{
	struct value *list = value_add_array(e->arena, out->evidence, "peers");
	struct str text = { 0 };
	char *worst;

	for (size_t i = 0; i < rows->len; i++) {
		const struct peer_row *r = &VEC_AT(rows, struct peer_row, i);
		char addr[ADDR_TEXT];
		struct value *v;

		if (i == SHOWN)
			break;
		v = value_add_object(e->arena, list, NULL);
		addr_text(&r->peer.addr, addr);
		value_add_text(e->arena, v, "direction", r->peer.incoming ? "in" : "out");
		value_add_text(e->arena, v, "remote", addr);
		value_add_int(e->arena, v, "port", r->peer.port);
		value_add_int(e->arena, v, "count", (int64_t)r->group.count);
		value_add_int(e->arena, v, "retransmits", r->group.worst);
	}
	if (rows->len) {
		const struct peer_row *r = &VEC_AT(rows, struct peer_row, 0);

		if (rows->len == 1)
			str_add(&text, ", with ");
		else if (!counted)
			str_add(&text, ", most of them with ");
		else
			str_addf(&text, ", %llu of them with ", (unsigned long long)r->group.count);
		addr_add_endpoint(&text, &r->peer.addr, r->peer.incoming ? 0 : r->peer.port);
		/* A client's own port says nothing. */
		if (r->peer.incoming)
			text.len -= 2, text.s[text.len] = '\0';
		if (r->peer.incoming)
			str_addf(&text, ", clients of our port %u", r->peer.port);
	}
	worst = arena_strdup(e->arena, str_text(&text));
	str_free(&text);
	return worst;
}

static double share_of(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

/** Adds the numbers that every silent peer's evidence has. */
static void add_numbers(const struct evidence *e, struct finding *out, uint64_t stalled,
			uint64_t all)
{
	value_add_int(e->arena, out->evidence, "stalled", (int64_t)stalled);
	value_add_int(e->arena, out->evidence, "connections", (int64_t)all);
	value_add_real(e->arena, out->evidence, "share", share_of(stalled, all));
}

static size_t count_dead(const struct vec *rows, uint64_t least)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->len; i++) {
		const struct peer_row *r = &VEC_AT(rows, struct peer_row, i);

		n += is_dead(r) && r->group.count >= least;
	}
	return n;
}

void judge_peer_not_acking(const struct evidence *e, const struct finding_row *row,
			   struct finding *out)
{
	uint64_t stalled = e->stalls->stalled[STALL_NO_ACK];
	uint64_t all = stalls_total(e->stalls, STALL_NO_ACK);
	double share = share_of(stalled, all);
	enum severity severity = finding_severity(row, share);
	struct vec rows = list_peers(e, STALL_NO_ACK);
	const char *worst;

	add_numbers(e, out, stalled, all);
	worst = show_peers(e, &rows, true, out);
	/* One peer is that peer's fault; half of all connections to several is this host's. */
	if (severity == SEVERITY_CRITICAL && rows.len < 2)
		severity = SEVERITY_WARNING;
	if (stalled < CONFIRMED && severity > SEVERITY_INFO)
		severity = SEVERITY_INFO;
	if (count_dead(&rows, 1) && severity < SEVERITY_WARNING)
		severity = SEVERITY_WARNING;
	finding_say(out, e->arena, severity, share / row->warning,
		    "%llu of %llu connection%s sent the same data %d times or more without an "
		    "answer (for %d s at least)%s",
		    (unsigned long long)stalled, (unsigned long long)all, num_word(all, "", "s"),
		    STALL_RETRANSMITS, STALL_SECONDS, worst);
	vec_free(&rows);
}

void judge_last_ack_pileup(const struct evidence *e, const struct finding_row *row,
			   struct finding *out)
{
	uint64_t stalled = e->stalls->stalled[STALL_LAST_ACK];
	uint64_t all = stalls_total(e->stalls, STALL_LAST_ACK);
	double share = share_of(stalled, all);
	enum severity severity = finding_severity(row, share);
	struct vec rows = list_peers(e, STALL_LAST_ACK);
	const char *worst;

	add_numbers(e, out, stalled, all);
	worst = show_peers(e, &rows, true, out);
	if (stalled < CONFIRMED)
		severity = SEVERITY_OK;
	else if (count_dead(&rows, CONFIRMED))
		severity = SEVERITY_WARNING;
	finding_say(out, e->arena, severity, share / row->warning,
		    "%llu of %llu connection%s stuck in LAST_ACK or CLOSING, the FIN sent %d times "
		    "or more%s",
		    (unsigned long long)stalled, (unsigned long long)all, num_word(all, "", "s"),
		    STALL_RETRANSMITS, worst);
	vec_free(&rows);
}

/** Orphans whose peers do not close, against all that we closed in the same minute. */
static void judge_orphans(const struct evidence *e, const struct finding_row *row,
			  struct finding *out)
{
	int64_t timeout = fact_or(e->host->now, FACT_FIN_TIMEOUT, 60);
	uint64_t silent = stalls_silent_orphans(e->stalls, timeout);
	double share = share_of(silent, stalls_total(e->stalls, STALL_ORPHAN));
	struct vec rows = list_peers(e, STALL_ORPHAN);
	const char *worst;

	value_add_int(e->arena, out->evidence, "orphans",
		      (int64_t)e->stalls->stalled[STALL_ORPHAN]);
	value_add_int(e->arena, out->evidence, "silent_orphans", (int64_t)silent);
	if (silent >= CONFIRMED && share >= 2 * row->warning) {
		worst = show_peers(e, &rows, false, out);
		finding_raise(out, e->arena, SEVERITY_WARNING,
			      "%llu orphan%s in FIN_WAIT2 without a FIN from the peer%s",
			      (unsigned long long)silent, num_word(silent, "", "s"), worst);
	}
	vec_free(&rows);
}

void judge_fin_wait2_pileup(const struct evidence *e, const struct finding_row *row,
			    struct finding *out)
{
	uint64_t stalled = e->stalls->stalled[STALL_HALF_CLOSED];
	uint64_t all = stalls_total(e->stalls, STALL_HALF_CLOSED);
	double share = share_of(stalled, all);
	enum severity severity = finding_severity(row, share);
	struct vec rows = list_peers(e, STALL_HALF_CLOSED);

	add_numbers(e, out, stalled, all);
	if (stalled < CONFIRMED)
		severity = SEVERITY_OK;
	if (severity == SEVERITY_OK) {
		judge_orphans(e, row, out);
		/* Without tcp_info nobody knows how long those wait that are still held. */
		if (!out->known && e->stalls->ageless < CONFIRMED)
			finding_say(out, e->arena, SEVERITY_OK, share / row->warning,
				    "%llu of %llu connection%s half-closed and silent for %d s",
				    (unsigned long long)stalled, (unsigned long long)all,
				    num_word(all, "", "s"), STALL_SILENT_S);
	} else {
		const char *worst = show_peers(e, &rows, true, out);

		finding_say(out, e->arena, severity, share / row->warning,
			    "%llu of %llu connection%s half-closed by us and silent for %d s or more%s",
			    (unsigned long long)stalled, (unsigned long long)all,
			    num_word(all, "", "s"), STALL_SILENT_S, worst);
	}
	vec_free(&rows);
}
