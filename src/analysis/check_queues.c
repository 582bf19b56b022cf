// SPDX-License-Identifier: MIT
/* Judgements on handshakes and listeners, from the reports of those analyses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check_judges.h"
#include "analysis/check_tree.h"
#include "base/map.h"
#include "base/num.h"

/** So many hanging handshakes confirm each other; and so long is hanging, s: the third second is
 *  the second retransmission at the earliest. */
#define CONFIRMED 3
#define HANGING_S 3.0
/** Rows shown as evidence. */
#define SHOWN 5

static enum severity verdict_of(const struct value *row)
{
	if (tree_is(row, "verdict", "critical"))
		return SEVERITY_CRITICAL;
	return tree_is(row, "verdict", "warning") ? SEVERITY_WARNING : SEVERITY_OK;
}

/** True where listener V is in trouble with its SYN queue. */
static bool syn_trouble(const struct value *v)
{
	return tree_is(v, "reason", "syn-queue-high") || tree_is(v, "reason", "syn-dropping");
}

/** "127.0.0.1:80 of nginx (pid 5)", in the arena. */
static const char *listener_name(struct arena *a, const struct value *v)
{
	const char *local = tree_text(v, "local", "?");

	return arena_printf(a, strchr(local, ':') ? "[%s]:%.0f of %s" : "%s:%.0f of %s", local,
			    tree_number(v, "port", 0), tree_process(a, v));
}

/** What is wrong with the accept queue of V, in words. */
static const char *queue_words(struct arena *a, const struct value *v)
{
	double rate = tree_number(v, "drops_per_second", 0);
	double queue = tree_number(v, "queue", 0), backlog = tree_number(v, "backlog", NAN);
	const char *name = listener_name(a, v);
	const struct value *clamped = value_get(v, "clamped");
	/* A full queue that somaxconn cuts wants another cure than one that the program chose. */
	const char *cut = clamped && clamped->kind == VALUE_BOOL && clamped->boolean &&
					  verdict_of(v) != SEVERITY_OK ? " (which is somaxconn)" : "";

	if (tree_is(v, "reason", "fd-limit"))
		return arena_printf(a, "%s: %.0f connection%s in the accept queue, and the process "
				       "is at its descriptor limit (%.0f of %.0f)",
				    name, queue, num_word((uint64_t)queue, "", "s"),
				    tree_number(v, "fds.open", 0), tree_number(v, "fds.limit", 0));
	if (tree_is(v, "reason", "dropping"))
		return arena_printf(a, "%s: %.1f connections a second dropped, accept queue %.0f of "
				       "%.0f%s",
				    name, rate, queue, backlog, cut);
	return arena_printf(a, "%s: accept queue %.0f of %.0f%s%s", name, queue, backlog, cut,
			    rate > 0 ? ", dropping connections" : "");
}

static void show_listener(struct arena *a, struct finding *out, const struct value *v)
{
	static const char *const keys[] = { "local", "port", "queue", "backlog", "syn_recv", "drops",
					    "drops_per_second", "pid", "process", "reason", "clamped",
					    NULL };
	struct value *list = tree_array(a, out->evidence, "listeners");

	if (list->children.count < SHOWN)
		tree_copy(a, list, v, keys);
}

static double fill(const struct value *v)
{
	return tree_number(v, "queue", 0) / (tree_number(v, "backlog", INFINITY) + 1);
}

static void say_fullest(const struct evidence *e, struct finding *out, const struct value *fullest)
{
	if (fullest)
		finding_say(out, e->arena, SEVERITY_OK, fill(fullest), "fullest: %s",
			    queue_words(e->arena, fullest));
	else
		finding_say(out, e->arena, SEVERITY_OK, 0, "no listener");
}

void judge_accept_queue_full(const struct evidence *e, const struct finding_row *row,
			     struct finding *out)
{
	const struct value *worst = NULL, *fullest = NULL;
	size_t n = 0, unjudged = 0;

	if (!e->listeners)
		return;
	for (const struct value *v = tree_first(e->listeners, "listeners"); v; v = v->next) {
		unjudged += !tree_text(v, "verdict", NULL);
		if (!fullest || fill(v) > fill(fullest))
			fullest = v;
		if (verdict_of(v) == SEVERITY_OK || syn_trouble(v))
			continue;
		n++;
		worst = worst ? worst : v;
		show_listener(e->arena, out, v);
	}
	if (!worst) {
		if (!unjudged)
			say_fullest(e, out, fullest);
		return;
	}
	finding_say(out, e->arena, verdict_of(worst), fill(worst) / row->warning + (double)n,
		    n > 1 ? "%s; and %zu more" : "%s", queue_words(e->arena, worst), n - 1);
	if (tree_is(worst, "reason", "fd-limit"))
		out->cause = "the process is at its descriptor limit: accept() fails with EMFILE";
}

/** True where the accept queue behind our PORT is a finding already: handshakes that hang there
 *  have their cause. */
static bool explained(const struct evidence *e, double port)
{
	const struct finding *f = &e->found[FINDING_ACCEPT_QUEUE_FULL];

	if (!f->known || f->severity == SEVERITY_OK)
		return false;
	for (const struct value *v = tree_first(f->evidence, "listeners"); v; v = v->next) {
		if (tree_number(v, "port", -1) == port)
			return true;
	}
	return false;
}

/** True where the attempt V goes to a listener of our own whose full queue is a finding already. */
static bool explained_out(const struct evidence *e, const struct value *v)
{
	const char *remote = tree_text(v, "remote", ""), *local = tree_text(v, "local", "");
	const struct finding *f = &e->found[FINDING_ACCEPT_QUEUE_FULL];

	if (!explained(e, tree_number(v, "remote_port", 0)))
		return false;
	for (const struct value *l = tree_first(f->evidence, "listeners"); l; l = l->next) {
		/* To an address of our own, connect() leaves from that address. */
		if (tree_is(l, "local", remote) || strcmp(local, remote) == 0)
			return true;
	}
	return false;
}

/** Handshakes in STATE that hang, and the age of the oldest. */
struct hanging {
	uint64_t count;
	double oldest;
};

static bool hangs(const struct value *v, const char *state)
{
	return tree_is(v, "state", state) && tree_number(v, "age_seconds", 0) >= HANGING_S &&
	       tree_number(v, "retransmits", 0) > 0;
}

static struct hanging count_hanging_in(const struct evidence *e)
{
	struct hanging h = { 0 };

	for (const struct value *v = tree_first(e->handshakes, "sockets"); v; v = v->next) {
		if (!hangs(v, "SYN_RECV") || explained(e, tree_number(v, "local_port", 0)))
			continue;
		h.count++;
		h.oldest = fmax(h.oldest, tree_number(v, "age_seconds", 0));
	}
	return h;
}

/** Share of H among all handshakes of its time, of which counter ID counts RATE a second; where the
 *  rate is unknown, of those that hang alone. */
static double hanging_share(const struct evidence *e, const struct hanging *h, enum fact id,
			    bool counts_hanging)
{
	double rate = fact_rate(e->host->before, e->host->now, id), all;

	if (!h->count)
		return 0;
	all = isnan(rate) ? 0 : rate * h->oldest;
	if (counts_hanging)
		return (double)h->count / fmax((double)h->count, all);
	return (double)h->count / ((double)h->count + all);
}

/** What the SYN queues did during the sample, by counters and by listener. */
static void judge_syn_queues(const struct evidence *e, struct finding *out)
{
	int64_t drops = fact_delta(e->host->before, e->host->now, FACT_REQQ_FULL_DROP);
	int64_t cookies = fact_delta(e->host->before, e->host->now, FACT_REQQ_FULL_COOKIES);

	value_add_fact(e->arena, out->evidence, "dropped", drops);
	value_add_fact(e->arena, out->evidence, "cookies", cookies);
	for (const struct value *v = tree_first(e->listeners, "listeners"); v; v = v->next) {
		if (!syn_trouble(v))
			continue;
		finding_raise(out, e->arena, verdict_of(v), "%s: handshakes that wait: %.0f, backlog %.0f",
			      listener_name(e->arena, v), tree_number(v, "syn_recv", 0),
			      tree_number(v, "backlog", 0));
		show_listener(e->arena, out, v);
	}
	if (drops > 0)
		finding_raise(out, e->arena, SEVERITY_CRITICAL,
			      "a full SYN queue dropped %lld SYN%s during the sample",
			      (long long)drops, num_word((uint64_t)drops, "", "s"));
	if (cookies > 0)
		finding_raise(out, e->arena, SEVERITY_WARNING,
			      "a full SYN queue answered %lld SYN%s with cookies during the sample",
			      (long long)cookies, num_word((uint64_t)cookies, "", "s"));
}

/** Shows the first hanging groups of DIRECTION as evidence. */
static void show_groups(const struct evidence *e, struct finding *out, const char *direction)
{
	static const char *const keys[] = { "direction", "remote", "port", "count",
					    "retransmitting", "oldest_seconds", NULL };
	struct value *list = tree_array(e->arena, out->evidence, "groups");

	for (const struct value *v = tree_first(e->handshakes, "groups"); v; v = v->next) {
		if (tree_is(v, "direction", direction) && tree_number(v, "retransmitting", 0) > 0 &&
		    list->children.count < SHOWN)
			tree_copy(e->arena, list, v, keys);
	}
}

void judge_syn_backlog(const struct evidence *e, const struct finding_row *row,
		       struct finding *out)
{
	struct hanging h;
	double share;

	if (!e->handshakes)
		return;
	h = count_hanging_in(e);
	share = hanging_share(e, &h, FACT_PASSIVE_OPENS, false);
	value_add_int(e->arena, out->evidence, "hanging", (int64_t)h.count);
	value_add_real(e->arena, out->evidence, "share", share);
	judge_syn_queues(e, out);
	if (h.count >= CONFIRMED && share >= row->warning) {
		show_groups(e, out, "in");
		finding_raise(out, e->arena, SEVERITY_WARNING,
			      "%llu incoming handshakes hang in SYN_RECV, the oldest for %.0f s at "
			      "least",
			      (unsigned long long)h.count, h.oldest);
	} else if (!out->known) {
		finding_say(out, e->arena, SEVERITY_OK, share / row->warning,
			    "incoming handshakes that hang: %llu (%.1f %% of those begun meanwhile)",
			    (unsigned long long)h.count, share * 100);
	}
}

/** A destination with hanging attempts, and its sockets that got an answer (0 where unknown). */
struct target {
	uint64_t hanging;
	double answered;
};

/** The destination in V: its members REMOTE and PORT as a key, in the arena. */
static const char *target_key(const struct evidence *e, const struct value *v)
{
	return arena_printf(e->arena, "%s %.0f", tree_text(v, "remote", ""),
			    tree_number(v, "remote_port", 0));
}

/** Counts the hanging attempts by destination into TARGETS; the sum into ALL. */
static void count_targets(const struct evidence *e, struct strmap *targets, struct hanging *all)
{
	for (const struct value *v = tree_first(e->handshakes, "sockets"); v; v = v->next) {
		struct target *t;

		if (!hangs(v, "SYN_SENT") || explained_out(e, v))
			continue;
		t = strmap_put(targets, target_key(e, v), NULL);
		t->hanging++;
		all->count++;
		all->oldest = fmax(all->oldest, tree_number(v, "age_seconds", 0));
	}
	for (const struct value *v = tree_first(e->ports, "pools"); v && all->count; v = v->next) {
		struct target *t = strmap_get(targets, target_key(e, v));

		if (t)
			t->answered += tree_number(v, "in_use", 0) -
				       tree_number(v, "states.SYN_SENT", 0);
	}
}

/** The socket row of the destination with most hanging attempts that answers none of them (half of
 *  its sockets at least hang), and how many; NULL where there is none. */
static const struct value *deadest(const struct evidence *e, const struct strmap *targets,
				   uint64_t *hanging)
{
	const struct value *worst = NULL;

	*hanging = 0;
	for (const struct value *v = tree_first(e->handshakes, "sockets"); v; v = v->next) {
		const struct target *t;

		if (!hangs(v, "SYN_SENT") || explained_out(e, v))
			continue;
		t = strmap_get(targets, target_key(e, v));
		if (t && t->hanging > *hanging && (double)t->hanging >= t->answered) {
			*hanging = t->hanging;
			worst = v;
		}
	}
	return worst;
}

/** " to 192.0.2.1 port 443", with OF_THEM ", 7 of them" in front; "" for no WORST. In the arena. */
static const char *to_target(const struct evidence *e, const struct value *worst, uint64_t of_them)
{
	const char *front = "";

	if (!worst)
		return "";
	if (of_them)
		front = arena_printf(e->arena, ", %llu of them", (unsigned long long)of_them);
	return arena_printf(e->arena, "%s to %s port %.0f", front, tree_text(worst, "remote", ""),
			    tree_number(worst, "remote_port", 0));
}

/** " to 3 destinations", in the arena; "" for none. */
static const char *to_many(const struct evidence *e, size_t n)
{
	return n ? arena_printf(e->arena, " to %zu destination%s", n, num_word(n, "", "s")) : "";
}

void judge_syn_sent_stuck(const struct evidence *e, const struct finding_row *row,
			  struct finding *out)
{
	struct strmap targets = strmap_make(sizeof(struct target));
	struct hanging all = { 0 };
	const struct value *worst;
	enum severity severity;
	uint64_t most;
	double share;

	if (!e->handshakes)
		return;
	count_targets(e, &targets, &all);
	worst = deadest(e, &targets, &most);
	share = hanging_share(e, &all, FACT_ACTIVE_OPENS, true);
	severity = finding_severity(row, share);
	/* Nothing gets out only where several destinations say so. */
	if (severity == SEVERITY_CRITICAL && targets.len < CONFIRMED)
		severity = SEVERITY_WARNING;
	if (most >= CONFIRMED && severity < SEVERITY_WARNING)
		severity = SEVERITY_WARNING;
	value_add_int(e->arena, out->evidence, "hanging", (int64_t)all.count);
	value_add_int(e->arena, out->evidence, "destinations", (int64_t)targets.len);
	value_add_real(e->arena, out->evidence, "share", share);
	show_groups(e, out, "out");
	finding_say(out, e->arena, severity, share / row->warning,
		    "%llu connection attempt%s%s without an answer for %.0f s or more%s",
		    (unsigned long long)all.count, num_word(all.count, "", "s"),
		    targets.len == 1 ? to_target(e, worst, 0) : to_many(e, targets.len), HANGING_S,
		    targets.len > 1 ? to_target(e, worst, most) : "");
	strmap_free(&targets);
}
