// SPDX-License-Identifier: MIT
/* Who holds sockets in CLOSE_WAIT, since when, and why. */
#include "analysis/close_wait.h"

#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/alloc.h"

const char *const cw_class_names[CW_CLASSES] = {
	[CW_UNREAD] = "unread",
	[CW_LEAKED] = "leaked",
	[CW_UNACCEPTED] = "unaccepted",
};

static void close_wait_needs(const struct options *opt, const struct facts *facts,
			     struct needs *out)
{
	(void)opt;
	(void)facts;
	out->states = STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_LISTEN);
	out->info_states = STATE_BIT(STATE_CLOSE_WAIT);
	out->owners = out->cgroups = out->look_again = true;
}

static void *close_wait_begin(const struct options *opt)
{
	struct cw *cw = xcalloc(1, sizeof(*cw));

	*cw = (struct cw){
		.ipv4 = opt->ipv4 || !opt->ipv6,
		.ipv6 = opt->ipv6 || !opt->ipv4,
		.older = opt->older,
		.list_sockets = opt->sockets,
		.repeats = opt->interval_set || opt->count_set,
		.socks = VEC_OF(struct cw_sock),
		.listeners = VEC_OF(struct cw_listener),
		.first_seen = MAP_OF(uint64_t, int64_t),
		.history = MAP_OF(struct cw_process_key, struct cw_history),
	};
	cw_index_listeners(cw);
	return cw;
}

static void close_wait_restart(void *state)
{
	struct cw *cw = state;

	vec_reset(&cw->socks);
	vec_reset(&cw->listeners);
	cw->ageless = 0;
}

static void add_listener(struct cw *cw, const struct sock *s)
{
	struct cw_listener *l = vec_push(&cw->listeners);

	*l = (struct cw_listener){
		.has = s->has,
		.port = s->local_port,
		.local = s->local,
		.v6only = s->v6only,
		.ifindex = s->ifindex,
		.netns = s->netns,
		.queue = s->rqueue,
		.inode = s->inode,
		.cgroup_id = s->cgroup_id,
		.next = CW_NONE,
	};
}

static void close_wait_add(void *state, const struct sock *s)
{
	struct cw *cw = state;
	struct cw_sock *c;

	if (s->state == STATE_LISTEN)
		add_listener(cw, s);
	if (s->state != STATE_CLOSE_WAIT || !(s->local.family == AF_INET ? cw->ipv4 : cw->ipv6))
		return;
	c = vec_push(&cw->socks);
	*c = (struct cw_sock){
		.has = s->has,
		.local_port = s->local_port,
		.remote_port = s->remote_port,
		.local = s->local,
		.remote = s->remote,
		.rqueue = s->rqueue,
		.uid = s->uid,
		.ifindex = s->ifindex,
		.netns = s->netns,
		.ack_ms = s->last_ack_recv_ms,
		.data_ms = s->last_data_recv_ms,
		.listener = CW_NONE,
		.inode = s->inode,
		.cookie = s->cookie,
		.cgroup_id = s->cgroup_id,
		.seen_ns = s->seen_ns,
		.age = NAN,
	};
}

/** The filter chooses sockets; a listener explains those that wait in its queue whatever it
 *  says. */
static void close_wait_add_other(void *state, const struct sock *s)
{
	if (s->state == STATE_LISTEN)
		add_listener(state, s);
}

static void append(struct vec *to, struct vec *from)
{
	for (size_t i = 0; i < from->len; i++)
		vec_add(to, (const char *)from->data + i * from->size);
}

static void close_wait_merge(void *state, void *from)
{
	struct cw *cw = state, *other = from;

	append(&cw->socks, &other->socks);
	append(&cw->listeners, &other->listeners);
}

/** What tells S from every other socket of a run: the cookie, or what /proc has instead. */
static uint64_t identity(const struct cw_sock *s)
{
	struct {
		uint64_t inode;
		struct addr local, remote;
		uint16_t local_port, remote_port;
		uint16_t pad;
	} key = { s->inode, s->local, s->remote, s->local_port, s->remote_port, 0 };

	return s->has & SOCK_HAS_COOKIE ? s->cookie : hash_bytes(&key, sizeof(key));
}

/** The age that is certain: since the peer's last ACK (kernel-facts 5.1), or since this run saw the
 *  socket first if that is longer: answers to our keepalives refresh the former. */
static double lower_bound(const struct cw *cw, const struct cw_sock *s)
{
	uint64_t id = identity(s);
	const int64_t *first = cw->repeats ? map_get(&cw->first_seen, &id) : NULL;
	double age = s->has & SOCK_HAS_INFO ? s->ack_ms / 1000.0 : NAN;
	double seen = first ? (double)(s->seen_ns - *first) / 1e9 : 0;

	return seen > 0 && !(age >= seen) ? seen : age;
}

/** Ages of all sockets; remembers when each was seen first, and forgets those that are gone. */
static void tell_ages(struct cw *cw)
{
	struct map seen = MAP_OF(uint64_t, int64_t);

	for (size_t i = 0; i < cw->socks.len; i++) {
		struct cw_sock *s = &VEC_AT(&cw->socks, struct cw_sock, i);
		uint64_t id = identity(s);
		const int64_t *first;

		s->age = lower_bound(cw, s);
		if (!cw->repeats)
			continue;
		first = map_get(&cw->first_seen, &id);
		*(int64_t *)map_put(&seen, &id, NULL) = first ? *first : s->seen_ns;
	}
	map_free(&cw->first_seen);
	cw->first_seen = seen;
}

/** --older: drops what is younger, and what may be. */
static void drop_young(struct cw *cw)
{
	size_t kept = 0;

	for (size_t i = 0; i < cw->socks.len; i++) {
		const struct cw_sock *s = &VEC_AT(&cw->socks, struct cw_sock, i);

		if (isnan(s->age))
			cw->ageless++;
		else if (s->age >= cw->older)
			VEC_AT(&cw->socks, struct cw_sock, kept++) = *s;
	}
	cw->socks.len = kept;
}

/** Without a file there is nobody who could read or close: such a socket waits in an accept queue.
 *  Its end of file counts one byte, so an empty queue is not that, but a moment on the way. */
static enum cw_class classify(const struct cw_sock *s)
{
	if (s->has & SOCK_HAS_INODE && !s->inode && (s->listener != CW_NONE || s->rqueue))
		return CW_UNACCEPTED;
	return s->rqueue ? CW_UNREAD : CW_LEAKED;
}

/** Ages, listeners and classes of what is asked for. May be done again: nothing changes then. */
static void prepare(struct cw *cw)
{
	tell_ages(cw);
	if (cw->older > 0)
		drop_young(cw);

	cw_index_listeners(cw);
	for (size_t i = 0; i < cw->socks.len; i++) {
		struct cw_sock *s = &VEC_AT(&cw->socks, struct cw_sock, i);

		s->incoming = cw_is_listened(cw, s);
		s->listener = CW_NONE;
		if (s->has & SOCK_HAS_INODE && !s->inode)
			s->listener = cw_find_listener(cw, s);
		s->class = (uint8_t)classify(s);
	}
}

uint64_t cw_holder_inode(const struct cw *cw, const struct cw_sock *s)
{
	if (s->class != CW_UNACCEPTED)
		return s->inode;
	if (s->listener == CW_NONE)
		return 0;
	return VEC_AT(&cw->listeners, struct cw_listener, s->listener).inode;
}

static void close_wait_want(void *state, struct map *set)
{
	struct cw *cw = state;

	prepare(cw);
	for (size_t i = 0; i < cw->socks.len; i++) {
		uint64_t inode = cw_holder_inode(cw, &VEC_AT(&cw->socks, struct cw_sock, i));

		if (inode)
			map_put(set, &inode, NULL);
	}
}

static void close_wait_finish(void *state, const struct host *host, struct report *report)
{
	struct cw *cw = state;
	struct cw_owners owners;

	prepare(cw);
	cw_owners_build(cw, host, &owners);
	cw_follow_growth(cw, host, &owners);
	cw_report(cw, host, &owners, report);
	cw_owners_free(&owners);
}

static void close_wait_end(void *state)
{
	struct cw *cw = state;

	vec_free(&cw->socks);
	vec_free(&cw->listeners);
	map_free(&cw->ports);
	map_free(&cw->first_seen);
	map_free(&cw->history);
	free(cw);
}

extern const struct analysis close_wait_analysis;
const struct analysis close_wait_analysis = {
	.name = "close-wait",
	.needs = close_wait_needs,
	.begin = close_wait_begin,
	.restart = close_wait_restart,
	.add = close_wait_add,
	.add_other = close_wait_add_other,
	.merge = close_wait_merge,
	.want = close_wait_want,
	.finish = close_wait_finish,
	.end = close_wait_end,
	.views = cw_views,
};
