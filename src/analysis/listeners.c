// SPDX-License-Identifier: MIT
/* listeners: how full each listening socket's queues are, what it drops, and whose it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/listen_index.h"
#include "analysis/netns.h"
#include "analysis/severity.h"
#include "base/num.h"

/** From this share of a queue's room on it is nearly full: four fifths leave the owner the time of
 *  a fifth of its backlog, less than the burst of one parallel page load or connection pool. */
#define NEARLY_FULL 0.8

/** Where handshakes wait: a local address, port and namespace. No padding. */
struct place {
	struct addr addr;
	uint8_t unused;
	uint16_t port;
	uint32_t netns;
};

/** Handshakes waiting at a place, and those whose SYN-ACK was sent again. */
struct waiting {
	uint64_t count, retransmitting;
};

/** What an earlier sample saw of a listener. */
struct look {
	uint32_t queue, drops;
	bool drops_known;
};

struct listeners {
	struct listen_index index;
	/** struct place → struct waiting. */
	struct map places;
	/** Cookie → struct look, of the last finished sample; when it was, CLOCK_MONOTONIC. */
	struct map before;
	int64_t before_ns;
	bool have_before;
};

/** One listener while it is judged. */
struct row {
	const struct sock *sock;
	const struct look *before;
	/** Its share of the handshakes waiting, and of those that retransmit. */
	uint64_t syn_recv, retransmitting;
	/** Listeners on this address and port, itself included. */
	unsigned sharing;
	/** Drops since the earlier sample, -1 where unknown; per second, NAN where unknown. */
	int64_t dropped;
	double drop_rate;
	/** Lowest holder, or NULL; every holder is at its descriptor limit. */
	const struct process *owner;
	bool at_fd_limit;
	/** False where the backlog is unknown and something waits. */
	bool judged;
	enum severity severity;
	/** Why it is not ok, a word; NULL where it is. */
	const char *reason;
};

static void *listeners_begin(UNUSED const struct options *opt)
{
	struct listeners *l = xcalloc(1, sizeof(*l));

	listen_index_init(&l->index);
	l->places = MAP_OF(struct place, struct waiting);
	l->before = MAP_OF(uint64_t, struct look);
	return l;
}

static void listeners_end(void *state)
{
	struct listeners *l = state;

	listen_index_free(&l->index);
	map_free(&l->places);
	map_free(&l->before);
	free(l);
}

static void listeners_restart(void *state)
{
	struct listeners *l = state;

	listen_index_reset(&l->index);
	map_reset(&l->places);
}

static void listeners_needs(const struct options *opt, UNUSED const struct facts *facts,
			    struct needs *out)
{
	out->states |= STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_SYN_RECV);
	out->drops_states |= STATE_BIT(STATE_LISTEN);
	out->facts = true;
	out->rates |= opt->sample > 0;
	out->owners = true;
}

static void listeners_add(void *state, const struct sock *s)
{
	struct listeners *l = state;

	if (s->state == STATE_LISTEN) {
		listen_index_add(&l->index, s);
	} else if (s->state == STATE_SYN_RECV) {
		struct place place = { s->local, 0, s->local_port, s->netns };
		struct waiting *w = map_put(&l->places, &place, NULL);

		w->count++;
		w->retransmitting += sock_has(s, SOCK_HAS_TIMER) && s->retransmits > 0;
	}
}

static void listeners_merge(void *state, void *from)
{
	struct listeners *l = state, *other = from;
	const void *place;
	void *waiting;
	size_t iter = 0;

	for (size_t i = 0; i < listen_index_count(&other->index); i++)
		listen_index_add(&l->index, listen_index_at(&other->index, i));
	while (map_next(&other->places, &iter, &place, &waiting)) {
		struct waiting *w = map_put(&l->places, place, NULL);

		w->count += ((struct waiting *)waiting)->count;
		w->retransmitting += ((struct waiting *)waiting)->retransmitting;
	}
	listeners_restart(other);
}

static void listeners_want(void *state, struct map *set)
{
	struct listeners *l = state;

	for (size_t i = 0; i < listen_index_count(&l->index); i++) {
		const struct sock *s = listen_index_at(&l->index, i);

		if (sock_has(s, SOCK_HAS_INODE) && s->inode)
			map_put(set, &s->inode, NULL);
	}
}

/** Gives the handshakes at PLACE to the listeners that take them, in equal shares where several
 *  do: the sum stays right. */
static void share_out(const struct listeners *l, const struct place *place,
		      const struct waiting *w, struct row *rows)
{
	struct sock probe = { .local = place->addr, .local_port = place->port,
			      .netns = place->netns };
	uint32_t first = listen_index_find(&l->index, &probe);
	uint64_t sharing = 0, nth = 0;

	for (uint32_t i = first; i != LISTEN_NONE; i = listen_index_next(&l->index, i, &probe))
		sharing++;
	for (uint32_t i = first; i != LISTEN_NONE; i = listen_index_next(&l->index, i, &probe)) {
		rows[i].syn_recv += w->count / sharing + (nth < w->count % sharing);
		rows[i].retransmitting +=
			w->retransmitting / sharing + (nth < w->retransmitting % sharing);
		nth++;
	}
}

/** Listeners on the very address and port of S. */
static unsigned count_sharing(const struct listeners *l, const struct sock *s)
{
	unsigned n = 0;

	for (uint32_t i = listen_index_find(&l->index, s); i != LISTEN_NONE;
	     i = listen_index_next(&l->index, i, s))
		n++;
	return n;
}

static void find_owner(struct row *r, const struct owners *owners)
{
	size_t count = 0, at_limit = 0;
	const struct holder *h = NULL;

	if (owners && sock_has(r->sock, SOCK_HAS_INODE))
		h = owners_of(owners, r->sock->inode, &count);
	if (!h || !count)
		return;
	r->owner = owners_process(owners, h);
	for (size_t i = 0; i < count; i++) {
		const struct process *p = owners_process(owners, &h[i]);

		at_limit += p->fds_limit >= 0 && p->fds_open >= p->fds_limit;
	}
	r->at_fd_limit = at_limit == count;
}

static void compare_with_before(const struct listeners *l, struct row *r, double seconds)
{
	const struct sock *s = r->sock;

	r->dropped = -1;
	r->drop_rate = NAN;
	if (!l->have_before || !sock_has(s, SOCK_HAS_COOKIE))
		return;
	r->before = map_get(&l->before, &s->cookie);
	if (!r->before || !r->before->drops_known || !sock_has(s, SOCK_HAS_DROPS))
		return;
	/* The kernel's counter is 32 bits wide and wraps. */
	r->dropped = (uint32_t)(s->drops - r->before->drops);
	if (seconds > 0)
		r->drop_rate = (double)r->dropped / seconds;
}

static void set(struct row *r, enum severity severity, const char *reason)
{
	r->severity = severity;
	r->reason = reason;
}

/** Which queue lost what was dropped: the namespace's counters tell (kernel-facts 7.1). */
static const char *why_dropped(const struct host *host)
{
	int64_t overflows = fact_delta(host->before, host->now, FACT_LISTEN_OVERFLOWS);
	int64_t requests = fact_delta(host->before, host->now, FACT_REQQ_FULL_DROP);

	if (overflows == 0 && requests > 0)
		return "syn-dropping";
	/* Drops that are neither are no sign of a full queue: no route, a bad checksum. */
	return overflows == 0 ? NULL : "dropping";
}

/** Verdict on R. Full means one more than the limit: the next SYN is dropped (kernel-facts 4.2). */
static void judge(struct row *r, const struct host *host)
{
	const struct sock *s = r->sock;
	double room = (double)s->wqueue + 1;
	uint32_t queue = s->rqueue;
	bool known = sock_has(s, SOCK_HAS_QUEUES | SOCK_HAS_BACKLOG);

	r->judged = known || !(sock_has(s, SOCK_HAS_QUEUES) && queue);
	if (r->at_fd_limit && queue) {
		r->judged = true;
		set(r, SEVERITY_CRITICAL, "fd-limit");
	} else if (known && queue > s->wqueue) {
		bool lasting = !r->before || r->before->queue > s->wqueue || r->dropped > 0;

		set(r, lasting ? SEVERITY_CRITICAL : SEVERITY_WARNING, "queue-full");
	} else if (r->dropped > 0 && why_dropped(host)) {
		set(r, SEVERITY_WARNING, why_dropped(host));
	} else if (known && queue >= NEARLY_FULL * room &&
		   (!r->before || r->before->queue >= NEARLY_FULL * room)) {
		set(r, SEVERITY_WARNING, "queue-high");
	} else if (known && (double)r->syn_recv >= NEARLY_FULL * room &&
		   r->retransmitting * 2 >= r->syn_recv) {
		/* Young handshakes come and go; those that retransmit hold their place. */
		set(r, SEVERITY_WARNING, "syn-queue-high");
	}
}

static struct row *make_rows(struct listeners *l, const struct host *host)
{
	size_t n = listen_index_count(&l->index), iter = 0;
	double seconds = (double)(host->monotonic_ns - l->before_ns) / 1e9;
	struct row *rows = xcalloc(n ? n : 1, sizeof(*rows));
	const void *place;
	void *waiting;

	for (size_t i = 0; i < n; i++)
		rows[i].sock = listen_index_at(&l->index, i);
	while (map_next(&l->places, &iter, &place, &waiting))
		share_out(l, place, waiting, rows);
	for (size_t i = 0; i < n; i++) {
		rows[i].sharing = count_sharing(l, rows[i].sock);
		find_owner(&rows[i], host->owners);
		compare_with_before(l, &rows[i], seconds);
		judge(&rows[i], host);
	}
	return rows;
}

static double fill(const struct row *r)
{
	return sock_has(r->sock, SOCK_HAS_BACKLOG) ?
		       (double)r->sock->rqueue / ((double)r->sock->wqueue + 1) :
		       0;
}

/** Worst first; then the fuller, then by port and address. */
static int compare_rows(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	double fa = fill(a), fb = fill(b);

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (fa < fb || fa > fb)
		return fa > fb ? -1 : 1;
	if (a->sock->local_port != b->sock->local_port)
		return a->sock->local_port < b->sock->local_port ? -1 : 1;
	if (!addr_equal(&a->sock->local, &b->sock->local))
		return addr_compare(&a->sock->local, &b->sock->local);
	return (a->sock->cookie > b->sock->cookie) - (a->sock->cookie < b->sock->cookie);
}

static void add_owner(struct arena *a, struct value *v, const struct row *r)
{
	const struct process *p = r->owner;
	struct value *fds;

	if (!p) {
		value_add_null(a, v, "pid");
		value_add_null(a, v, "process");
	} else {
		value_add_int(a, v, "pid", p->pid);
		value_add_text(a, v, "process", p->comm);
	}
	value_add_text(a, v, "verdict", r->judged ? severity_name(r->severity) : NULL);
	value_add_text(a, v, "reason", r->reason);
	fds = value_add_object(a, v, "fds");
	value_add_fact(a, fds, "open", p && p->fds_open >= 0 ? p->fds_open : FACT_UNKNOWN);
	value_add_fact(a, fds, "limit", p && p->fds_limit >= 0 ? p->fds_limit : FACT_UNKNOWN);
	value_add_bool(a, v, "at_fd_limit", r->at_fd_limit);
}

static void add_row(struct arena *a, struct value *list, const struct row *r,
		    const struct host *host)
{
	const struct facts *now = host->now;
	const struct sock *s = r->sock;
	struct value *v = value_add_object(a, list, NULL);
	bool queue = sock_has(s, SOCK_HAS_QUEUES), backlog = sock_has(s, SOCK_HAS_BACKLOG);
	char text[ADDR_TEXT];

	addr_text(&s->local, text);
	value_add_text(a, v, "local", text);
	value_add_int(a, v, "port", s->local_port);
	value_add_fact(a, v, "queue", queue ? (int64_t)s->rqueue : FACT_UNKNOWN);
	value_add_fact(a, v, "backlog", backlog ? (int64_t)s->wqueue : FACT_UNKNOWN);
	value_add_int(a, v, "syn_recv", (int64_t)r->syn_recv);
	value_add_fact(a, v, "drops",
		       sock_has(s, SOCK_HAS_DROPS) ? (int64_t)s->drops : FACT_UNKNOWN);
	value_add_real(a, v, "drops_per_second", r->drop_rate);
	add_owner(a, v, r);
	value_add_int(a, v, "sharing", r->sharing);
	/* listen() cuts the backlog to somaxconn; one that asked for exactly that looks the
	 * same. */
	if (backlog && fact_known(now, FACT_SOMAXCONN))
		value_add_bool(a, v, "clamped", s->wqueue >= now->v[FACT_SOMAXCONN]);
	else
		value_add_null(a, v, "clamped");
	netns_add(a, v, host, s->netns);
}

/** Keeps what the next sample compares with. */
static void remember(struct listeners *l, const struct host *host)
{
	map_reset(&l->before);
	for (size_t i = 0; i < listen_index_count(&l->index); i++) {
		const struct sock *s = listen_index_at(&l->index, i);

		if (sock_has(s, SOCK_HAS_COOKIE)) {
			struct look *look = map_put(&l->before, &s->cookie, NULL);

			*look = (struct look){ s->rqueue, s->drops, sock_has(s, SOCK_HAS_DROPS) };
		}
	}
	l->before_ns = host->monotonic_ns;
	l->have_before = true;
}

static void say_what_is_missing(const struct row *rows, size_t n, struct notes *notes)
{
	size_t unlimited = 0, unjudged = 0;

	for (size_t i = 0; i < n; i++) {
		unlimited += !sock_has(rows[i].sock, SOCK_HAS_BACKLOG);
		unjudged += !rows[i].judged;
	}
	if (unlimited)
		notes_add(notes,
			  "/proc lacks the backlog limits and drops of %zu listener%s; %zu with "
			  "connections waiting could not be judged",
			  unlimited, num_word(unlimited, "", "s"), unjudged);
}

static void listeners_finish(void *state, const struct host *host, struct report *report)
{
	struct listeners *l = state;
	struct arena *a = &report->arena;
	struct value *list = value_add_array(a, report->root, "listeners");
	size_t n = listen_index_count(&l->index);
	struct row *rows = make_rows(l, host);

	say_what_is_missing(rows, n, host->notes);
	qsort(rows, n, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < n; i++)
		add_row(a, list, &rows[i], host);
	value_add_real(a, report->root, "overflows_per_second",
		       fact_rate(host->before, host->now, FACT_LISTEN_OVERFLOWS));
	value_add_real(a, report->root, "drops_per_second",
		       fact_rate(host->before, host->now, FACT_LISTEN_DROPS));
	value_add_fact(a, report->root, "somaxconn", host->now->v[FACT_SOMAXCONN]);
	free(rows);
	remember(l, host);
}

static const struct view_column columns[] = {
	{ .path = "local", .heading = "LOCAL", .unit = UNIT_ADDRESS,
	  .help = "Address that it listens on." },
	{ .path = "port", .heading = "PORT", .unit = UNIT_PORT, .right = true, .help = "Port." },
	{ .path = "queue", .heading = "QUEUE", .unit = UNIT_COUNT, .right = true,
	  .help = "Connections ready and not yet accepted." },
	{ .path = "backlog", .heading = "BACKLOG", .unit = UNIT_COUNT, .right = true,
	  .help = "Limit of the queue; full means one more." },
	{ .path = "syn_recv", .heading = "SYN_RECV", .unit = UNIT_COUNT, .right = true,
	  .help = "Handshakes waiting for the peer's last ACK." },
	{ .path = "drops", .heading = "DROPS", .unit = UNIT_COUNT, .right = true,
	  .help = "SYNs and ACKs dropped since it listens." },
	{ .path = "drops_per_second", .heading = "DROPS/S", .unit = UNIT_RATE, .right = true,
	  .help = "The same per second, between two samples." },
	{ .path = "verdict", .heading = "VERDICT", .unit = UNIT_VERDICT,
	  .help = "ok, warning, critical." },
	{ .path = "reason", .heading = "REASON", .extra = true,
	  .help = "Why: fd-limit, queue-full, dropping, queue-high, syn-dropping, syn-queue-high." },
	{ .path = "clamped", .heading = "CLAMPED", .extra = true,
	  .help = "The backlog stands at somaxconn: probably cut by it." },
	{ .path = "sharing", .heading = "SHARING", .right = true, .extra = true,
	  .help = "Listeners on this address and port (SO_REUSEPORT)." },
	{ .path = "fds.open", .heading = "FDS", .unit = UNIT_COUNT, .right = true, .extra = true,
	  .help = "Descriptors that its process has open." },
	{ .path = "fds.limit", .heading = "FD-LIMIT", .unit = UNIT_COUNT, .right = true,
	  .extra = true, .help = "Descriptors that its process may have open." },
	NETNS_COLUMN,
	{ .path = "pid", .heading = "PID", .right = true, .help = "Lowest process that holds it." },
	{ .path = "process", .heading = "PROCESS", .help = "Its name." },
	{ .path = NULL },
};

static const struct view views[] = {
	{ .name = "listeners", .kind = VIEW_TABLE, .path = "listeners", .columns = columns },
	{ .name = "listener-rates", .kind = VIEW_LINES, .path = "",
	  .line = "overflows {overflows_per_second:rate}/s, drops {drops_per_second:rate}/s" },
	{ .name = NULL },
};

extern const struct analysis listeners_analysis;
const struct analysis listeners_analysis = {
	.name = "listeners",
	.needs = listeners_needs,
	.begin = listeners_begin,
	.restart = listeners_restart,
	.add = listeners_add,
	.merge = listeners_merge,
	.want = listeners_want,
	.finish = listeners_finish,
	.end = listeners_end,
	.views = views,
};
