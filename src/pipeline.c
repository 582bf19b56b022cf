// SPDX-License-Identifier: MIT
#include "pipeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/num.h"
#include "source/probe.h"
#include "source/users.h"

/** Threads that a dump may use at most; the source takes fewer where they do not pay. */
#define WORKERS 4

/** Adds the filter's own message with a caret under the offending word. What was typed is escaped:
 *  it may come from anywhere. */
static void explain_filter(const struct filter_error *err, struct str *why)
{
	const char *text = str_text(&err->text);
	size_t n = err->text.len, at = err->at < n ? err->at : n;
	size_t len = err->len < n - at ? err->len : n - at;

	str_addf(why, "%s\n  ", err->message);
	escape_text(why, text, n, false);
	str_add(why, "\n  ");
	str_fill(why, ' ', escape_width(text, at));
	str_addc(why, '^');
	len = escape_width(text + at, len);
	if (len > 1)
		str_fill(why, '~', len - 1);
}

/** What stands beside --from and cannot be had together. */
static int check_replay(const struct options *opt, struct str *why)
{
	if (opt->at && !opt->from)
		str_add(why, "--at says which sample of a recording: --from=FILE is missing");
	else if (opt->from && opt->netns)
		str_add(why, "a recording is of one network namespace: not --netns beside --from");
	else if (opt->from && opt->source != SOURCE_AUTO)
		str_add(why, "a recording is its own source: not --source beside --from");
	else
		return 0;
	return -EINVAL;
}

int pipeline_open(struct pipeline *p, const struct options *opt, bool parse_filter,
		  struct str *why)
{
	struct filter_error err = { 0 };
	int ret;

	*p = (struct pipeline){ .opt = opt };
	ret = check_replay(opt, why);
	if (!ret && parse_filter)
		ret = filter_parse(opt->args, opt->arg_count, &p->filter, &err);
	if (ret && !why->len)
		explain_filter(&err, why);
	str_free(&err.text);
	if (!ret) {
		ret = source_open(opt, &p->notes, &p->source, why);
		if (ret == -EINVAL) /* Only a bad filter is a usage error. */
			ret = -EIO;
	}
	if (ret)
		pipeline_close(p);
	return ret;
}

static void forget_sample(struct pipeline *p)
{
	if (p->have_owners)
		owners_free(&p->owners);
	if (p->have_cgroups)
		cgroups_free(&p->cgroups);
	if (p->have_timeouts)
		map_free(&p->timeouts);
	map_free(&p->gone);
	p->have_owners = p->have_cgroups = p->have_timeouts = p->have_gone = false;
	p->owners_short = false;
}

void pipeline_close(struct pipeline *p)
{
	forget_sample(p);
	source_close(p->source);
	filter_free(p->filter);
	notes_free(&p->notes);
	p->source = NULL;
	p->filter = NULL;
}

void report_end(struct report *r)
{
	arena_free(&r->arena);
	*r = (struct report){ 0 };
}

/** The union of two port ranges, 0..0 standing for all. */
static void join_ports(struct needs *to, const struct needs *n, bool first)
{
	bool all = n->port_high == 0 || (!first && to->port_high == 0);

	if (all) {
		to->port_low = to->port_high = 0;
		return;
	}
	if (first || n->port_low < to->port_low)
		to->port_low = n->port_low;
	if (first || n->port_high > to->port_high)
		to->port_high = n->port_high;
}

void pipeline_needs(struct pipeline *p, const struct fold *folds, size_t count,
		    const struct facts *facts, struct needs *out)
{
	*out = (struct needs){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct needs n = { 0 };

		folds[i].analysis->needs(p->opt, facts, &n);
		out->states |= n.states;
		out->info_states |= n.info_states;
		out->drops_states |= n.drops_states;
		out->sampled_states |= n.sampled_states;
		out->sampled_locks |= n.sampled_locks;
		out->unfiltered |= folds[i].analysis->add_other != NULL;
		out->locks |= n.locks;
		out->facts |= n.facts | n.rates | n.bind_table;
		out->rates |= n.rates;
		out->bind_table |= n.bind_table;
		out->owners |= n.owners;
		out->cgroups |= n.cgroups;
		out->timeouts |= n.timeouts;
		join_ports(out, &n, i == 0);
	}
	out->cgroups |= filter_needs_cgroups(p->filter);
}

/** What one worker of a dump does with records. */
struct worker {
	struct pipeline *p;
	struct fold *folds;
	/** Set of states each fold asked for. */
	uint32_t *states;
	size_t count;
	struct filter_context ctx;
	/** Records of which the filter could not be decided. */
	uint64_t undecided;
	/** A SYN_RECV came by. */
	bool requests;
};

static bool family_wanted(const struct options *opt, const struct sock *s)
{
	return opt->ipv4 == opt->ipv6 || opt->ipv4 == (s->local.family == AF_INET);
}

static void worker_add(void *arg, const struct sock *s)
{
	struct worker *w = arg;
	enum filter_answer answer = filter_judge(w->p->filter, s, &w->ctx);
	bool match = answer == FILTER_YES;
	bool wanted = match && family_wanted(w->p->opt, s);

	w->requests |= s->state == STATE_SYN_RECV;
	w->undecided += answer == FILTER_UNKNOWN && family_wanted(w->p->opt, s);
	for (size_t i = 0; i < w->count; i++) {
		const struct analysis *a = w->folds[i].analysis;

		if (!(w->states[i] & STATE_BIT(s->state)))
			continue;
		if (wanted || (match && a->add_other))
			a->add(w->folds[i].state, s);
		else if (a->add_other)
			a->add_other(w->folds[i].state, s);
	}
}

static void worker_add_counts(void *arg, const struct family_counts *counts)
{
	struct worker *w = arg;

	w->folds[0].analysis->add_counts(w->folds[0].state, counts);
}

static void worker_restart(void *arg)
{
	struct worker *w = arg;

	w->undecided = 0;
	w->requests = false;
	for (size_t i = 0; i < w->count; i++)
		w->folds[i].analysis->restart(w->folds[i].state);
}

/** The filter's bytecode and the port range in front of it. */
static void make_bytecode(const struct pipeline *p, const struct needs *n, struct str *code)
{
	if (n->unfiltered || filter_compile(p->filter, code))
		str_reset(code);
	if (n->port_high)
		filter_bytecode_port_range(code, n->port_low, n->port_high);
}

static int family_of(const struct options *opt)
{
	return opt->ipv4 == opt->ipv6 ? AF_UNSPEC : opt->ipv4 ? AF_INET : AF_INET6;
}

int pipeline_dump(struct pipeline *p, const struct needs *n, const struct sink *sink,
		  unsigned workers)
{
	struct str code = { 0 };
	struct dump_request req = {
		.states = n->states & (n->unfiltered ? STATES_ALL : filter_states(p->filter)),
		.family = n->unfiltered ? AF_UNSPEC : family_of(p->opt),
		.info = n->info_states != 0,
		.drops = n->drops_states != 0,
		.locks = n->locks,
		.workers = workers,
	};
	int ret = 0;

	make_bytecode(p, n, &code);
	req.bytecode = code.s;
	req.bytecode_len = code.len;
	p->dump = (struct dump_result){ .complete = true };
	if (req.states)
		ret = source_dump(p->source, &req, sink, &p->dump, &p->notes);
	str_free(&code);
	if (ret)
		notes_add(&p->notes, "the sockets could not be read: %s", strerror(-ret));
	return ret;
}

/** Collects the inodes that owners are needed for to decide the filter. */
struct candidates {
	const struct filter *filter;
	struct map inodes;
};

static void candidate_add(void *arg, const struct sock *s)
{
	struct candidates *c = arg;

	if (s->inode && filter_may_match(c->filter, s))
		map_put(&c->inodes, &s->inode, NULL);
}

static void candidate_restart(void *arg)
{
	map_reset(&((struct candidates *)arg)->inodes);
}

int pipeline_owners(struct pipeline *p, const struct map *wanted)
{
	struct candidates c = { p->filter, MAP_OF(uint64_t, char[0]) };
	void *arg = &c;
	struct sink sink = { candidate_add, candidate_restart, &arg };
	struct needs n = { .states = STATES_ALL };
	int64_t start = clock_monotonic_ns();
	int ret = 0;

	if (!wanted)
		ret = pipeline_dump(p, &n, &sink, 1);
	if (!ret) {
		if (p->have_owners)
			owners_free(&p->owners);
		ret = source_owners(p->source, wanted ? wanted : &c.inodes, &p->owners, &p->notes);
		p->have_owners = !ret;
		if (ret)
			notes_add(&p->notes, "no owners: %s", strerror(-ret));
	}
	/* Who may not be read is no error, but a search that broke off is. */
	p->owners_short = ret || !p->owners.searched;
	map_free(&c.inodes);
	p->spent[2] += clock_monotonic_ns() - start;
	return ret;
}

bool pipeline_complete(const struct pipeline *p)
{
	return p->dump.complete && !p->owners_short;
}

void pipeline_note_undecided(struct pipeline *p, uint64_t count)
{
	if (count)
		notes_add(&p->notes, "%llu socket%s left out: what the filter asks of %s (process, "
			  "user, control group) is not known here", (unsigned long long)count,
			  num_word(count, "", "s"), num_word(count, "it", "them"));
}

void pipeline_cgroups(struct pipeline *p)
{
	int ret;

	if (p->have_cgroups)
		return;
	ret = source_cgroups(p->source, &p->cgroups, &p->notes);
	p->have_cgroups = !ret;
}

/** One dump of the folds, on as many threads as they allow. */
static int dump_folds(struct pipeline *p, const struct needs *n, struct fold *folds, size_t count)
{
	unsigned workers = WORKERS;
	struct worker w[WORKERS];
	void *args[WORKERS];
	struct sink sink = { .add = worker_add, .restart = worker_restart, .args = args };
	uint32_t *states = xcalloc(count, sizeof(*states));
	uint64_t undecided = 0;
	int ret;

	for (size_t i = 0; i < count; i++) {
		struct needs own = { 0 };

		folds[i].analysis->needs(p->opt, &p->now, &own);
		states[i] = own.states;
		if (!folds[i].analysis->merge)
			workers = 1;
		if (own.counts && count == 1 && filter_only_states(p->filter))
			sink.add_counts = worker_add_counts;
	}
	for (unsigned k = 0; k < workers; k++) {
		w[k] = (struct worker){ p, xcalloc(count, sizeof(*folds)), states, count,
					{ p->have_owners ? &p->owners : NULL,
					  p->have_cgroups ? &p->cgroups : NULL },
					0, false };
		args[k] = &w[k];
		for (size_t i = 0; i < count; i++) {
			struct fold *f = &w[k].folds[i];

			*f = folds[i];
			if (k)
				f->state = f->analysis->begin(p->opt);
			if (f->analysis->prepare)
				f->analysis->prepare(f->state, &p->now);
		}
		worker_restart(&w[k]);
	}
	ret = pipeline_dump(p, n, &sink, workers);
	p->requests = false;
	for (unsigned k = 0; k < workers; k++) {
		p->requests |= w[k].requests;
		undecided += w[k].undecided;
		for (size_t i = 0; k && i < count; i++) {
			folds[i].analysis->merge(folds[i].state, w[k].folds[i].state);
			folds[i].analysis->end(w[k].folds[i].state);
		}
		free(w[k].folds);
	}
	pipeline_note_undecided(p, undecided);
	free(states);
	return ret;
}

/** States to look at again: those of the folds that ask for it. */
static uint32_t states_again(struct pipeline *p, const struct fold *folds, size_t count)
{
	uint32_t states = 0;

	for (size_t i = 0; i < count; i++) {
		struct needs own = { 0 };

		folds[i].analysis->needs(p->opt, &p->now, &own);
		states |= own.look_again ? own.states : 0;
	}
	return states;
}

/** Tells sockets that were closed during the search from sockets whose holder is hidden. */
static void look_again(struct pipeline *p, uint32_t states, const struct map *wanted)
{
	p->gone = map_make(sizeof(uint64_t), 0);
	p->have_gone = source_gone(p->source, states, wanted, &p->owners, &p->gone,
				   &p->notes) == 0;
	if (!p->have_gone)
		map_free(&p->gone);
}

/** Owners for what the folds want, now that the sockets are known. False where nobody is wanted. */
static bool fold_owners(struct pipeline *p, struct fold *folds, size_t count)
{
	uint32_t again = states_again(p, folds, count);
	struct map set = MAP_OF(uint64_t, char[0]);
	bool wanted;

	for (size_t i = 0; i < count; i++) {
		if (folds[i].analysis->want)
			folds[i].analysis->want(folds[i].state, &set);
	}
	wanted = set.len;
	/* Nobody to look for: no folder of /proc is opened. */
	if (wanted && pipeline_owners(p, &set) == 0) {
		if (again && p->owners.sockets.len < set.len)
			look_again(p, again, &set);
	} else if (!wanted && !p->have_owners) {
		owners_init(&p->owners);
		p->owners.searched = true;
		p->have_owners = true;
	}
	map_free(&set);
	return wanted;
}

/** True where a fold has something to name cgroups of: one that asks for holders has not where
 *  NOBODY is wanted. */
static bool folds_need_cgroups(struct pipeline *p, const struct fold *folds, size_t count,
			       bool nobody)
{
	for (size_t i = 0; i < count; i++) {
		struct needs own = { 0 };

		folds[i].analysis->needs(p->opt, &p->now, &own);
		if (own.cgroups && !(own.owners && nobody))
			return true;
	}
	return false;
}

/** As close behind the dump as can be: a timer may fire between the two. */
static void read_timeouts(struct pipeline *p)
{
	p->timeouts = MAP_OF(uint64_t, uint8_t);
	p->have_timeouts = source_timeouts(p->source, &p->timeouts) == 0;
	if (!p->have_timeouts)
		map_free(&p->timeouts);
}

static void read_facts(struct pipeline *p, const struct needs *n)
{
	int64_t start = clock_monotonic_ns();

	p->before = p->now;
	p->have_before = p->samples > 0 || p->have_before;
	facts_clear(&p->now);
	if (n->facts && source_facts(p->source, n->bind_table, &p->now, &p->notes))
		facts_clear(&p->now);
	if (p->opt->probe && n->bind_table)
		source_probe(p->source, &p->now, &p->notes);
	p->spent[0] += clock_monotonic_ns() - start;
}

/** True where fold F asked for a look before --sample. What was dumped for the others' sake says
 *  nothing of what it counts: sockets would seem to have come during the sample. */
static bool looks_twice(const struct pipeline *p, const struct fold *f)
{
	struct needs own = { 0 };

	f->analysis->needs(p->opt, &p->now, &own);
	return (own.drops_states | own.sampled_states) != 0;
}

static void finish_folds(struct pipeline *p, struct fold *folds, size_t count,
			 struct report *reports, bool priming)
{
	struct host host = {
		.now = &p->now, .before = p->have_before ? &p->before : NULL,
		.owners = p->have_owners ? &p->owners : NULL,
		.cgroups = p->have_cgroups ? &p->cgroups : NULL,
		.gone = p->have_gone ? &p->gone : NULL,
		.timeouts = p->have_timeouts ? &p->timeouts : NULL,
		.sample = p->samples, .priming = priming, .source = source_kind(p->source),
		.notes = &p->notes,
		.user_name = users_name,
	};

	host.netns_names = source_netns_names(p->source, &host.netns_count);
	source_clock(p->source, &host.monotonic_ns, &host.realtime_ns);
	host.interval = p->samples ? (double)(host.monotonic_ns - p->last_ns) / 1e9 : NAN;
	for (size_t i = 0; i < count; i++) {
		if (priming && !looks_twice(p, &folds[i]))
			continue;
		reports[i] = (struct report){ .complete = pipeline_complete(p) };
		reports[i].root = value_object(&reports[i].arena);
		folds[i].analysis->finish(folds[i].state, &host, &reports[i]);
	}
	p->last_ns = host.monotonic_ns;
}

int pipeline_sample(struct pipeline *p, struct fold *folds, size_t count, struct report *reports)
{
	struct needs n;
	int64_t start;
	bool nobody;
	int ret = 0;

	memset(p->spent, 0, sizeof(p->spent));
	forget_sample(p);
	pipeline_needs(p, folds, count, NULL, &n);
	read_facts(p, &n);
	pipeline_needs(p, folds, count, &p->now, &n);
	if (filter_needs_cgroups(p->filter))
		pipeline_cgroups(p);
	if (filter_needs_owners(p->filter))
		ret = pipeline_owners(p, NULL);
	start = clock_monotonic_ns();
	if (!ret)
		ret = dump_folds(p, &n, folds, count);
	p->spent[1] = clock_monotonic_ns() - start;
	if (ret)
		return ret;
	if (n.timeouts && p->requests)
		read_timeouts(p);
	nobody = n.owners && !fold_owners(p, folds, count);
	if (folds_need_cgroups(p, folds, count, nobody))
		pipeline_cgroups(p);
	start = clock_monotonic_ns();
	finish_folds(p, folds, count, reports, false);
	p->spent[3] = clock_monotonic_ns() - start;
	p->samples++;
	return 0;
}

int pipeline_prime(struct pipeline *p, struct fold *folds, size_t count, double seconds)
{
	struct report *scratch = xcalloc(count, sizeof(*scratch));
	struct needs n;
	int64_t mono, real;
	int ret = 0;

	pipeline_needs(p, folds, count, NULL, &n);
	source_clock(p->source, &mono, &real);
	/* Where sockets are counted twice, they must be counted in the same way. */
	n.bind_table &= n.sampled_states != 0;
	read_facts(p, &n);
	pipeline_needs(p, folds, count, &p->now, &n);
	n.states = n.drops_states | n.sampled_states;
	n.locks = n.sampled_locks || (n.locks && n.sampled_states);
	n.owners = false;
	if (n.states) {
		ret = dump_folds(p, &n, folds, count);
		if (!ret)
			finish_folds(p, folds, count, scratch, true);
		for (size_t i = 0; i < count; i++)
			report_end(&scratch[i]);
		p->samples++;
	}
	p->have_before = true;
	free(scratch);
	if (!ret)
		ret = source_wait(p->source, mono + (int64_t)(seconds * 1e9));
	return ret == -EINTR || ret == -ENODATA ? 0 : ret;
}
