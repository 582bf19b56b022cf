// SPDX-License-Identifier: MIT
/* handshakes: connections that hang in SYN_SENT or SYN_RECV, how old they are, whom they share;
 * with --watch how long handshakes take. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/handshake_age.h"
#include "analysis/handshake_groups.h"
#include "analysis/handshake_watch.h"
#include "analysis/listen_index.h"
#include "analysis/netns.h"

/** Up to so many connections every look of --watch lists them all, to see which handshakes
 *  completed: about 5 ms a look. Above, a handshake that is gone is judged by the counters. */
#define FEW_CONNECTIONS 5000
/** Up to so many /proc/net/tcp is read for the ages of SYN_RECV: about 20 ms. */
#define FEW_ROWS 20000

#define HANDSHAKES (STATE_BIT(STATE_SYN_SENT) | STATE_BIT(STATE_SYN_RECV))
/** Where a completed handshake may be a moment later. */
#define CONNECTED \
	(STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_FIN_WAIT1) | STATE_BIT(STATE_FIN_WAIT2) | \
	 STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK) | \
	 STATE_BIT(STATE_TIME_WAIT))

struct handshakes {
	bool watching;
	/** struct sock: SYN_SENT and SYN_RECV of this dump. */
	struct vec socks;
	/** struct handshake, made of them in finish(). */
	struct vec all;
	struct listen_index listeners;
	/** handshake_key() → int64_t, when it was seen: connected sockets, while watching. */
	struct map later;
	struct handshake_watch watch;
};

static void *handshakes_begin(const struct options *opt)
{
	struct handshakes *h = xcalloc(1, sizeof(*h));

	h->watching = opt->watch_set;
	h->socks = VEC_OF(struct sock);
	h->all = VEC_OF(struct handshake);
	h->later = MAP_OF(uint64_t, int64_t);
	listen_index_init(&h->listeners);
	handshake_watch_init(&h->watch);
	return h;
}

static void handshakes_end(void *state)
{
	struct handshakes *h = state;

	vec_free(&h->socks);
	vec_free(&h->all);
	map_free(&h->later);
	listen_index_free(&h->listeners);
	handshake_watch_free(&h->watch);
	free(h);
}

static void handshakes_restart(void *state)
{
	struct handshakes *h = state;

	vec_reset(&h->socks);
	map_reset(&h->later);
	listen_index_reset(&h->listeners);
}

/** True where the namespace has at most MOST connections. */
static bool at_most(const struct facts *f, int64_t most)
{
	return fact_known(f, FACT_CURR_ESTAB) && fact_known(f, FACT_SOCK_TW) &&
	       f->v[FACT_CURR_ESTAB] + f->v[FACT_SOCK_TW] <= most;
}

static void handshakes_needs(const struct options *opt, const struct facts *facts,
			     struct needs *out)
{
	out->states |= HANDSHAKES;
	out->facts = true;
	if (!opt->watch_set) {
		/* Listeners: the owners of what nobody has accepted yet. */
		out->states |= STATE_BIT(STATE_LISTEN);
		out->owners = true;
		out->timeouts = facts && at_most(facts, FEW_ROWS);
	} else if (facts && at_most(facts, FEW_CONNECTIONS)) {
		out->states |= CONNECTED;
	}
}

static void handshakes_add(void *state, const struct sock *s)
{
	struct handshakes *h = state;

	if (STATE_BIT(s->state) & HANDSHAKES) {
		vec_add(&h->socks, s);
	} else if (s->state == STATE_LISTEN) {
		listen_index_add(&h->listeners, s);
	} else if (h->watching && STATE_BIT(s->state) & CONNECTED) {
		uint64_t key = handshake_key(s);

		*(int64_t *)map_put(&h->later, &key, NULL) = s->seen_ns;
	}
}

static void handshakes_merge(void *state, void *from)
{
	struct handshakes *h = state, *other = from;
	size_t iter = 0;
	const void *key;
	void *seen;

	for (size_t i = 0; i < other->socks.len; i++)
		vec_add(&h->socks, &VEC_AT(&other->socks, struct sock, i));
	for (size_t i = 0; i < listen_index_count(&other->listeners); i++)
		listen_index_add(&h->listeners, listen_index_at(&other->listeners, i));
	while (map_next(&other->later, &iter, &key, &seen))
		*(int64_t *)map_put(&h->later, key, NULL) = *(int64_t *)seen;
	handshakes_restart(other);
}

/** The socket whose holder answers for S: itself, or the listener of a request; NULL for none. */
static const struct sock *held(const struct handshakes *h, const struct sock *s)
{
	uint32_t i;

	if (s->state == STATE_SYN_SENT)
		return s;
	i = listen_index_find(&h->listeners, s);
	return i == LISTEN_NONE ? NULL : listen_index_at(&h->listeners, i);
}

static void handshakes_want(void *state, struct map *set)
{
	struct handshakes *h = state;

	for (size_t i = 0; i < h->socks.len; i++) {
		const struct sock *s = held(h, &VEC_AT(&h->socks, struct sock, i));

		if (s && sock_has(s, SOCK_HAS_INODE) && s->inode)
			map_put(set, &s->inode, NULL);
	}
}

static struct age age_of(const struct sock *s, const struct host *host)
{
	/* Only netlink has cookies; /proc counts the timeouts alone. */
	bool netlink = sock_has(s, SOCK_HAS_COOKIE);
	const uint8_t *timeouts = NULL;
	uint64_t tuple;

	if (!sock_has(s, SOCK_HAS_TIMER) || s->timer != TIMER_RETRANSMIT)
		return (struct age){ NAN, NAN };
	if (s->state == STATE_SYN_SENT)
		return syn_sent_age(s->retransmits, s->expires_ms,
				    (unsigned)fact_or(host->now, FACT_SYN_LINEAR, 0));
	if (!netlink)
		return syn_recv_age(AGE_UNKNOWN, s->retransmits, s->expires_ms);
	if (host->timeouts) {
		tuple = sock_tuple(s);
		timeouts = map_get(host->timeouts, &tuple);
	}
	return syn_recv_age(s->retransmits, timeouts ? *timeouts : AGE_UNKNOWN, s->expires_ms);
}

/** Oldest first; unknown last. */
static int compare_handshakes(const void *pa, const void *pb)
{
	const struct handshake *a = pa, *b = pb;
	double x = isnan(a->age.min) ? -1 : a->age.min, y = isnan(b->age.min) ? -1 : b->age.min;

	if (x < y || x > y)
		return x > y ? -1 : 1;
	return (a->sock->cookie > b->sock->cookie) - (a->sock->cookie < b->sock->cookie);
}

static void make_handshakes(struct handshakes *h, const struct host *host)
{
	vec_reset(&h->all);
	for (size_t i = 0; i < h->socks.len; i++) {
		const struct sock *s = &VEC_AT(&h->socks, struct sock, i);

		vec_add(&h->all, &(struct handshake){ s, age_of(s, host) });
	}
}

static void add_percentiles(const struct vec *all, struct arena *a, struct value *root)
{
	static const struct {
		const char *key;
		double share;
	} rows[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "max", 1 } };
	struct value *v = value_add_object(a, root, "age_seconds");
	size_t known = all->len;

	while (known && isnan(VEC_AT(all, struct handshake, known - 1).age.min))
		known--;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t rank = (size_t)ceil(rows[i].share * (double)known);

		/* Oldest first: rank counts from the youngest. */
		value_add_real(a, v, rows[i].key,
			       known ? VEC_AT(all, struct handshake, known - rank).age.min : NAN);
	}
}

static void add_socket(const struct handshakes *h, const struct handshake *one,
		       const struct host *host, struct arena *a, struct value *list)
{
	const struct sock *s = one->sock, *owned = held(h, s);
	struct value *v = value_add_object(a, list, NULL);
	const struct holder *holder = NULL;
	const struct process *p;
	char text[ADDR_TEXT];
	size_t count = 0;

	if (owned && host->owners && sock_has(owned, SOCK_HAS_INODE))
		holder = owners_of(host->owners, owned->inode, &count);
	p = holder && count ? owners_process(host->owners, holder) : NULL;
	value_add_text(a, v, "state", state_table[s->state].name);
	addr_text(&s->local, text);
	value_add_text(a, v, "local", text);
	value_add_int(a, v, "local_port", s->local_port);
	addr_text(&s->remote, text);
	value_add_text(a, v, "remote", text);
	value_add_int(a, v, "remote_port", s->remote_port);
	value_add_real(a, v, "age_seconds", one->age.min);
	value_add_fact(a, v, "retransmits",
		       sock_has(s, SOCK_HAS_TIMER) ? s->retransmits : FACT_UNKNOWN);
	value_add_fact(a, v, "pid", p ? p->pid : FACT_UNKNOWN);
	value_add_text(a, v, "process", p ? p->comm : NULL);
	value_add_real(a, v, "age_max_seconds", one->age.max);
	netns_add(a, v, host, s->netns);
}

static void handshakes_finish(void *state, const struct host *host, struct report *report)
{
	struct handshakes *h = state;
	struct arena *a = &report->arena;
	struct value *root = report->root, *list;
	size_t sent = 0;

	make_handshakes(h, host);
	handshake_watch_sample(&h->watch, &h->all, &h->later,
			       h->watching && at_most(host->now, FEW_CONNECTIONS), host);
	for (size_t i = 0; i < h->all.len; i++)
		sent += VEC_AT(&h->all, struct handshake, i).sock->state == STATE_SYN_SENT;
	if (h->all.len)
		qsort(h->all.data, h->all.len, sizeof(struct handshake), compare_handshakes);
	value_add_int(a, root, "syn_sent", (int64_t)sent);
	value_add_int(a, root, "syn_recv", (int64_t)(h->all.len - sent));
	add_percentiles(&h->all, a, root);
	list = value_add_array(a, root, "sockets");
	for (size_t i = 0; i < h->all.len; i++)
		add_socket(h, &VEC_AT(&h->all, struct handshake, i), host, a, list);
	handshake_groups_report(&h->all, a, root);
	if (h->watching)
		handshake_watch_report(&h->watch, a, root, host->notes);
}

static const struct view_column group_columns[] = {
	{ .path = "direction", .heading = "DIRECTION", .help = "out: SYN_SENT; in: SYN_RECV." },
	{ .path = "remote", .heading = "REMOTE", .unit = UNIT_ADDRESS,
	  .help = "The peer, or the network of many." },
	{ .path = "port", .heading = "PORT", .unit = UNIT_PORT, .right = true,
	  .help = "The peer's port (out) or ours (in)." },
	{ .path = "count", .heading = "COUNT", .unit = UNIT_COUNT, .right = true,
	  .help = "Handshakes under way." },
	{ .path = "retransmitting", .heading = "RETRANSMITTING", .unit = UNIT_COUNT, .right = true,
	  .help = "Those that had to send again." },
	{ .path = "oldest_seconds", .heading = "OLDEST", .unit = UNIT_SECONDS, .right = true,
	  .help = "Age of the oldest, at least." },
	{ .path = "peers", .heading = "PEERS", .right = true, .extra = true,
	  .help = "Addresses in the group." },
	{ .path = NULL },
};

static const struct view_column socket_columns[] = {
	{ .path = "state", .heading = "STATE", .help = "SYN_SENT or SYN_RECV." },
	{ .path = "local", .heading = "LOCAL", .unit = UNIT_ADDRESS, .help = "Our address." },
	{ .path = "local_port", .heading = "LPORT", .unit = UNIT_PORT, .right = true,
	  .help = "Our port." },
	{ .path = "remote", .heading = "REMOTE", .unit = UNIT_ADDRESS,
	  .help = "The peer's address." },
	{ .path = "remote_port", .heading = "RPORT", .unit = UNIT_PORT, .right = true,
	  .help = "The peer's port." },
	{ .path = "age_seconds", .heading = "AGE", .unit = UNIT_SECONDS, .right = true,
	  .help = "Seconds since the first SYN, at least." },
	{ .path = "age_max_seconds", .heading = "AGE-MAX", .unit = UNIT_SECONDS, .right = true,
	  .extra = true, .help = "The same at most; differs where the peer may repeat its SYN." },
	{ .path = "retransmits", .heading = "RETRANS", .right = true,
	  .help = "Times that the SYN or SYN-ACK was sent again." },
	{ .path = "pid", .heading = "PID", .right = true,
	  .help = "Who connects, or who listens there." },
	NETNS_COLUMN,
	{ .path = "process", .heading = "PROCESS", .help = "Its name." },
	{ .path = NULL },
};

static const struct view views[] = {
	{ .name = "handshakes", .kind = VIEW_LINES, .path = "",
	  .line = "{syn_sent} in SYN_SENT, {syn_recv} in SYN_RECV\n"
		  "age in seconds: half under {age_seconds.p50:seconds}, 90 % under "
		  "{age_seconds.p90:seconds}, 99 % under {age_seconds.p99:seconds}, oldest "
		  "{age_seconds.max:seconds}" },
	{ .name = "completed", .kind = VIEW_LINES, .path = "completed",
	  .line = "completed: {count}; failed: {failed}; ended unseen: {unknown}\n"
		  "within 200 ms: {within_200ms:ratio}; within 500 ms: {within_500ms:ratio}\n"
		  "seconds: half took at most {p50:seconds}, 90 % {p90:seconds}, 99 % {p99:seconds}\n"
		  "over between two looks: {quick}" },
	{ .name = "handshake-groups", .kind = VIEW_TABLE, .path = "groups",
	  .columns = group_columns, .optional = true, .title = "By peer" },
	{ .name = "handshake-sockets", .kind = VIEW_TABLE, .path = "sockets",
	  .columns = socket_columns, .optional = true, .title = "Sockets" },
	{ .name = NULL },
};

extern const struct analysis handshakes_analysis;
const struct analysis handshakes_analysis = {
	.name = "handshakes",
	.needs = handshakes_needs,
	.begin = handshakes_begin,
	.restart = handshakes_restart,
	.add = handshakes_add,
	.merge = handshakes_merge,
	.want = handshakes_want,
	.finish = handshakes_finish,
	.end = handshakes_end,
	.views = views,
};
