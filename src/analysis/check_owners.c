// SPDX-License-Identifier: MIT
/* Judgements on processes: what they do not close, read or accept, and their descriptors. */
#include <math.h>
#include <stdlib.h>

#include "analysis/check_judges.h"
#include "analysis/check_tree.h"
#include "base/num.h"

/** Rows shown as evidence. */
#define SHOWN 5
/** From this share of its descriptor limit on a leak is about to take the process down. */
#define NEAR_LIMIT 0.9

static double fd_share(const struct value *owner)
{
	double limit = tree_number(owner, "fds.limit", 0);

	return limit > 0 ? tree_number(owner, "fds.open", 0) / limit : 0;
}

static void show_owner(struct arena *a, struct finding *out, const struct value *owner)
{
	static const char *const keys[] = { "pid", "process", "unit", "container", "sockets",
					    "unread", "leaked", "unaccepted", "oldest_seconds",
					    "verdict", NULL };
	struct value *list = tree_array(a, out->evidence, "owners");

	if (list->children.count < SHOWN)
		tree_copy(a, list, owner, keys);
}

/** "812 sockets in CLOSE_WAIT of app (pid 5), the oldest for 41m at least", in the arena. */
static const char *owner_words(struct arena *a, const struct value *owner)
{
	double oldest = tree_number(owner, "oldest_seconds", NAN);
	double limit = tree_number(owner, "fds.limit", NAN), n = tree_number(owner, "sockets", 0);
	const char *words = arena_printf(a, "%.0f socket%s in CLOSE_WAIT of %s", n,
					 num_word((uint64_t)n, "", "s"), tree_process(a, owner));
	char duration[16];

	if (!isnan(oldest))
		words = arena_printf(a, "%s, the oldest for %s at least", words,
				     num_duration(oldest, duration, sizeof(duration)));
	if (!isnan(limit))
		words = arena_printf(a, "%s; %.0f of %.0f descriptors open", words,
				     tree_number(owner, "fds.open", 0), limit);
	return words;
}

void judge_close_wait_leak(const struct evidence *e, UNUSED const struct finding_row *row,
			   struct finding *out)
{
	const struct value *worst = NULL;
	size_t n = 0;
	double total;

	if (!e->close_wait)
		return;
	total = tree_number(e->close_wait, "total", 0);
	for (const struct value *v = tree_first(e->close_wait, "owners"); v; v = v->next) {
		if (!tree_is(v, "verdict", "leak"))
			continue;
		n++;
		show_owner(e->arena, out, v);
		if (!worst || fd_share(v) > fd_share(worst))
			worst = v;
	}
	if (worst)
		finding_say(out, e->arena,
			    fd_share(worst) >= NEAR_LIMIT ? SEVERITY_CRITICAL : SEVERITY_WARNING,
			    1 + fd_share(worst), n > 1 ? "%s; and %zu more process%s" : "%s",
			    owner_words(e->arena, worst), n - 1, num_word(n - 1, "", "es"));
	else
		finding_say(out, e->arena, SEVERITY_OK, 0,
			    "%.0f socket%s in CLOSE_WAIT, no process leaks any", total,
			    num_word((uint64_t)total, "", "s"));
}

/** True where the accept queue of V's process is a finding already. */
static bool queue_is_full(const struct evidence *e, const struct value *v)
{
	const struct finding *f = &e->found[FINDING_ACCEPT_QUEUE_FULL];

	if (!f->known || f->severity == SEVERITY_OK)
		return false;
	for (const struct value *l = tree_first(f->evidence, "listeners"); l; l = l->next) {
		if (tree_number(l, "pid", -1) == tree_number(v, "pid", -2))
			return true;
	}
	return false;
}

void judge_close_wait_stuck_reader(const struct evidence *e, UNUSED const struct finding_row *row,
				   struct finding *out)
{
	const struct value *worst = NULL;
	size_t n = 0;

	if (!e->close_wait)
		return;
	for (const struct value *v = tree_first(e->close_wait, "owners"); v; v = v->next) {
		bool accept = tree_is(v, "verdict", "stuck-accept");

		if (!(accept && !queue_is_full(e, v)) && !tree_is(v, "verdict", "stuck-reader"))
			continue;
		n++;
		show_owner(e->arena, out, v);
		if (!worst || tree_number(v, "sockets", 0) > tree_number(worst, "sockets", 0))
			worst = v;
	}
	if (!worst) {
		finding_say(out, e->arena, SEVERITY_OK, 0, "no process leaves closed connections "
							    "unread or unaccepted");
		return;
	}
	finding_say(out, e->arena, SEVERITY_WARNING, 1,
		    n > 1 ? "%s; and %zu more process%s" : "%s", owner_words(e->arena, worst), n - 1,
		    num_word(n - 1, "", "es"));
	if (tree_is(worst, "verdict", "stuck-accept"))
		out->cause = "the program does not accept: these connections came, were closed by "
			     "their peers and still wait in its accept queue";
}

/** Fullest first. */
static int compare_processes(const void *pa, const void *pb)
{
	const struct process *a = *(const struct process *const *)pa;
	const struct process *b = *(const struct process *const *)pb;
	double x = (double)a->fds_open / (double)a->fds_limit;
	double y = (double)b->fds_open / (double)b->fds_limit;

	if (x < y || x > y)
		return x > y ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/** Processes whose descriptors and limit are known, fullest first: *N of them; free() them. */
static const struct process **list_processes(const struct owners *o, size_t *n)
{
	size_t len = o->processes.len;
	const struct process **all = xcalloc(len ? len : 1, sizeof(const struct process *));

	*n = 0;
	for (size_t i = 0; i < len; i++) {
		const struct process *p = &VEC_AT(&o->processes, const struct process, i);

		if (p->fds_open >= 0 && p->fds_limit > 0)
			all[(*n)++] = p;
	}
	qsort(all, *n, sizeof(*all), compare_processes);
	return all;
}

void judge_fd_limit(const struct evidence *e, const struct finding_row *row, struct finding *out)
{
	struct value *list = value_add_array(e->arena, out->evidence, "processes");
	const struct process **all;
	size_t n;

	if (!e->host->owners || !e->host->owners->searched)
		return;
	all = list_processes(e->host->owners, &n);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		struct value *v = value_add_object(e->arena, list, NULL);

		value_add_int(e->arena, v, "pid", all[i]->pid);
		value_add_text(e->arena, v, "process", all[i]->comm);
		value_add_int(e->arena, v, "open", all[i]->fds_open);
		value_add_int(e->arena, v, "limit", all[i]->fds_limit);
	}
	if (n) {
		double share = (double)all[0]->fds_open / (double)all[0]->fds_limit;

		finding_say(out, e->arena, finding_severity(row, share), share / row->warning,
			    "%s (pid %d) has %lld of %lld descriptors open (%.1f %%)", all[0]->comm,
			    (int)all[0]->pid, (long long)all[0]->fds_open,
			    (long long)all[0]->fds_limit, share * 100);
	} else {
		finding_say(out, e->arena, SEVERITY_OK, 0, "no process with sockets is visible");
	}
	free(all);
}
