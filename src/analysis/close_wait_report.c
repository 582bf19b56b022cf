// SPDX-License-Identifier: MIT
/* The close-wait report: the tree and how it is shown. */
#include <math.h>
#include <stdlib.h>

#include "analysis/close_wait.h"
#include "base/alloc.h"
#include "base/num.h"
#include "base/str.h"

/** Endpoints listed for one owner on each side; how many there are stands beside. */
#define ENDPOINTS_MAX 32

void cw_add_counts(struct arena *a, struct value *to, const uint64_t *count)
{
	for (int i = 0; i < CW_CLASSES; i++)
		value_add_int(a, to, cw_class_names[i], (int64_t)count[i]);
}

void cw_add_address(struct arena *a, struct value *to, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT];

	addr_text(addr, text);
	value_add_text(a, to, key, text);
}

/** Unit and container of a cgroup path; PATH "" or NULL: unknown. */
void cw_add_cgroup(struct arena *a, struct value *to, const char *path)
{
	struct str unit = { 0 }, container = { 0 };
	bool known = path && *path;
	bool has_unit = known && cgroup_unit(path, &unit);
	bool has_container = known && cgroup_container(path, &container);

	value_add_text(a, to, "cgroup", known ? path : NULL);
	value_add_text(a, to, "unit", has_unit ? str_text(&unit) : NULL);
	value_add_text(a, to, "container", has_container ? str_text(&container) : NULL);
	str_free(&unit);
	str_free(&container);
}

static int compare_reals(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/** Oldest and median age of the sockets INDEX; null where no age is known. */
void cw_add_ages(const struct cw *cw, struct arena *a, struct value *to,
		     const struct vec *index)
{
	double *age = xcalloc(index->len, sizeof(*age)), median = NAN;
	size_t n = 0;

	for (size_t i = 0; i < index->len; i++) {
		double v = cw_sock_at(cw, VEC_AT(index, uint32_t, i))->age;

		if (!isnan(v))
			age[n++] = v;
	}
	if (n) {
		qsort(age, n, sizeof(*age), compare_reals);
		median = (age[(n - 1) / 2] + age[n / 2]) / 2;
	}
	value_add_real(a, to, "oldest_seconds", n ? age[n - 1] : NAN);
	value_add_real(a, to, "median_seconds", median);
	free(age);
}

/** One end of some connections. */
struct endpoint {
	struct addr addr;
	/** What tells it from other ends; 0 where it was only chosen for the connection. */
	uint16_t port;
	/** The port that all of them have; 0 where they differ. */
	uint16_t common;
	uint64_t sockets;
};

static struct endpoint endpoint_of(const struct cw_sock *s, bool local)
{
	struct endpoint e = { .addr = local ? s->local : s->remote,
			      .common = local ? s->local_port : s->remote_port, .sockets = 1 };

	/* The port that says something is the service's: ours of those that came in, the peer's of
	 * those that we made. */
	if (local == s->incoming)
		e.port = e.common;
	return e;
}

static int compare_ends(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;
	int c = addr_compare(&x->addr, &y->addr);

	return c ? c : (x->port > y->port) - (x->port < y->port);
}

static int compare_sockets(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;

	if (x->sockets != y->sockets)
		return x->sockets < y->sockets ? 1 : -1;
	return compare_ends(a, b);
}

/** Adds up equal endpoints; the new number. */
static size_t fold_ends(struct endpoint *ends, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct endpoint *last = kept ? &ends[kept - 1] : NULL;

		if (!last || compare_ends(last, &ends[i]) != 0) {
			ends[kept++] = ends[i];
			continue;
		}
		last->sockets++;
		if (last->common != ends[i].common)
			last->common = 0;
	}
	return kept;
}

/** The ends of an owner's sockets on one side, those with most sockets first. Returns how many
 *  there are in all. */
static size_t add_ends(const struct cw *cw, struct arena *a, struct value *to, const char *key,
		       const struct cw_owner *o, bool local)
{
	struct value *array = value_add_array(a, to, key);
	struct endpoint *ends = xcalloc(o->socks.len, sizeof(*ends));
	size_t n = o->socks.len;

	for (size_t i = 0; i < n; i++)
		ends[i] = endpoint_of(cw_sock_at(cw, VEC_AT(&o->socks, uint32_t, i)), local);
	qsort(ends, n, sizeof(*ends), compare_ends);
	n = fold_ends(ends, n);
	qsort(ends, n, sizeof(*ends), compare_sockets);
	for (size_t i = 0; i < n && i < ENDPOINTS_MAX; i++) {
		struct value *e = value_add_object(a, array, NULL);

		cw_add_address(a, e, "address", &ends[i].addr);
		value_add_int(a, e, "port", ends[i].common);
		value_add_int(a, e, "sockets", (int64_t)ends[i].sockets);
	}
	free(ends);
	return n;
}

static void add_identity(const struct host *host, struct arena *a, struct value *to,
			 const struct process *p)
{
	bool known = p->uid != UINT32_MAX;

	value_add_int(a, to, "pid", p->pid);
	value_add_text(a, to, "process", cw_filled(p->comm));
	value_add_text(a, to, "cmdline", cw_filled(p->cmdline));
	value_add_text(a, to, "user", p->user ? p->user : known ? host->user_name(p->uid) : NULL);
	value_add_fact(a, to, "uid", known ? p->uid : FACT_UNKNOWN);
	cw_add_cgroup(a, to, p->cgroup);
}

/** The namespaces of an owner's sockets: nearly always one. */
static void add_netns(const struct cw *cw, const struct host *host, struct arena *a,
		      struct value *to, const struct cw_owner *o)
{
	struct value *names;

	if (host->netns_count < 2)
		return;
	names = value_add_array(a, to, "netns");
	for (uint32_t n = 0; n < host->netns_count; n++) {
		for (size_t i = 0; i < o->socks.len; i++) {
			if (cw_sock_at(cw, VEC_AT(&o->socks, uint32_t, i))->netns != n)
				continue;
			value_add_text(a, names, NULL, host->netns_names[n]);
			break;
		}
	}
}

static void add_owner(const struct cw *cw, const struct host *host, struct arena *a,
		      struct value *owners, const struct cw_owner *o, enum cw_verdict verdict)
{
	struct value *to = value_add_object(a, owners, NULL), *sub;
	const struct process *p = o->process;
	struct str advice = { 0 };
	size_t local, remote;

	add_identity(host, a, to, p);
	value_add_int(a, to, "sockets", (int64_t)o->socks.len);
	cw_add_counts(a, to, o->count);
	value_add_int(a, to, "recv_queue_bytes", (int64_t)o->recv_queue);
	cw_add_ages(cw, a, to, &o->socks);
	sub = value_add_object(a, to, "fds");
	value_add_fact(a, sub, "open", p->fds_open < 0 ? FACT_UNKNOWN : p->fds_open);
	value_add_fact(a, sub, "limit", p->fds_limit < 0 ? FACT_UNKNOWN : p->fds_limit);
	sub = value_add_array(a, to, "shared_with");
	for (size_t i = 0; i < o->shared_with.len; i++)
		value_add_int(a, sub, NULL, VEC_AT(&o->shared_with, pid_t, i));
	local = add_ends(cw, a, to, "local", o, true);
	remote = add_ends(cw, a, to, "remote", o, false);
	value_add_text(a, to, "verdict", cw_verdict_names[verdict]);
	cw_advise(o, verdict, &advice);
	value_add_text(a, to, "advice", str_text(&advice));
	value_add_fact(a, to, "parent", p->ppid ? p->ppid : FACT_UNKNOWN);
	value_add_int(a, to, "local_count", (int64_t)local);
	value_add_int(a, to, "remote_count", (int64_t)remote);
	value_add_real(a, to, "growth", o->growth);
	add_netns(cw, host, a, to, o);
	str_free(&advice);
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** How many sockets have no holder for which reason. */
struct reasons {
	uint64_t in_flight, unreadable, other, closed, no_listener;
};

/** A message on its way is evidence; who may not be read comes next; what is left belongs to the
 *  kernel or to a PID namespace that does not show here. */
static struct reasons find_reasons(const struct owners *o, const struct cw_owners *owners)
{
	uint64_t left = owners->unowned.len - owners->no_listener - owners->closed;
	bool blind = !o || !o->searched || o->unreadable || o->hidden || o->earlier;
	struct reasons r = { .closed = owners->closed, .no_listener = owners->no_listener };

	r.in_flight = o ? at_most(o->in_flight, left) : 0;
	left -= r.in_flight;
	*(blind ? &r.unreadable : &r.other) = left;
	return r;
}

static void add_reason(struct str *out, uint64_t n, const char *what)
{
	if (n)
		str_addf(out, "%s%llu %s", out->len ? ", " : "", (unsigned long long)n, what);
}

/** The reasons for people. */
static void add_sentence(struct arena *a, struct value *root, const struct reasons *r,
			 const struct owners *o)
{
	struct str text = { 0 };

	add_reason(&text, r->in_flight, "in a message between processes (SCM_RIGHTS)");
	add_reason(&text, r->unreadable,
		   o && o->earlier ? "perhaps newer than the search for owners"
				   : "perhaps of a process that may not be read");
	add_reason(&text, r->other, "of the kernel or of a PID namespace that does not show here");
	add_reason(&text, r->closed, "closed while this was looked for");
	add_reason(&text, r->no_listener, "without a listener");
	value_add_text(a, root, "unowned_text", cw_filled(str_text(&text)));
	str_free(&text);
}

static void add_coverage(struct arena *a, struct value *root, const struct owners *o)
{
	struct value *to = value_add_object(a, root, "coverage");
	bool looked = o && (o->searched || o->seen);

	value_add_fact(a, to, "processes", looked ? (int64_t)o->seen : FACT_UNKNOWN);
	value_add_fact(a, to, "unreadable", looked ? (int64_t)o->unreadable : FACT_UNKNOWN);
	value_add_bool(a, to, "hidden", o && o->hidden);
}

static void add_reasons(const struct host *host, struct arena *a, struct value *root,
			const struct cw_owners *owners)
{
	const struct owners *o = host->owners;
	struct reasons r = find_reasons(o, owners);
	struct value *to = value_add_object(a, root, "unowned_reasons");

	value_add_int(a, to, "in_flight", (int64_t)r.in_flight);
	value_add_int(a, to, "unreadable", (int64_t)r.unreadable);
	value_add_int(a, to, "other_pid_namespace_or_kernel", (int64_t)r.other);
	value_add_int(a, to, "closed_meanwhile", (int64_t)r.closed);
	value_add_int(a, to, "no_listener", (int64_t)r.no_listener);
	add_coverage(a, root, o);
	add_sentence(a, root, &r, o);
	if (r.unreadable + r.other && o && o->searched && !o->in_flight_searched)
		notes_add(host->notes, "sockets without a holder may be in messages on their way "
				       "(SCM_RIGHTS): these were not searched");
}

/** What to do, once for each verdict, in the words for its owner with most sockets. */
static void add_advice(struct arena *a, struct value *root, const struct cw_owners *owners)
{
	struct value *array = value_add_array(a, root, "advice");

	for (int v = 0; v < CW_VERDICTS; v++) {
		const struct cw_owner *first = NULL;
		uint64_t processes = 0;
		struct str text = { 0 };
		struct value *to;

		for (size_t i = 0; i < owners->owners.len; i++) {
			const struct cw_owner *o = &VEC_AT(&owners->owners, const struct cw_owner, i);

			if (cw_judge(o) != (enum cw_verdict)v)
				continue;
			first = first ? first : o;
			processes++;
		}
		if (!first)
			continue;
		to = value_add_object(a, array, NULL);
		cw_advise(first, (enum cw_verdict)v, &text);
		value_add_text(a, to, "verdict", cw_verdict_names[v]);
		value_add_int(a, to, "processes", (int64_t)processes);
		value_add_text(a, to, "text", str_text(&text));
		str_free(&text);
	}
}

void cw_report(const struct cw *cw, const struct host *host, const struct cw_owners *owners,
	       struct report *report)
{
	struct arena *a = &report->arena;
	struct value *root = report->root, *array;
	uint64_t count[CW_CLASSES] = { 0 };

	for (size_t i = 0; i < cw->socks.len; i++)
		count[cw_sock_at(cw, (uint32_t)i)->class]++;
	value_add_int(a, root, "total", (int64_t)cw->socks.len);
	cw_add_counts(a, root, count);
	value_add_int(a, root, "unowned", (int64_t)owners->unowned.len);
	array = value_add_array(a, root, "owners");
	for (size_t i = 0; i < owners->owners.len; i++) {
		const struct cw_owner *o = &VEC_AT(&owners->owners, const struct cw_owner, i);

		add_owner(cw, host, a, array, o, cw_judge(o));
	}
	add_reasons(host, a, root, owners);
	add_advice(a, root, owners);
	cw_add_unowned(cw, host, a, root, &owners->unowned);
	if (cw->list_sockets)
		cw_add_sockets(cw, host, a, root);
	/* Who may not be read is no error, but a search that did not take place or broke off is. */
	if (cw->socks.len && (!host->owners || !host->owners->searched))
		report->complete = false;
	if (cw->ageless)
		notes_set(host->notes, "ageless",
			  "%llu socket%s left out: this source tells no ages",
			  (unsigned long long)cw->ageless, num_word(cw->ageless, "", "s"));
}
