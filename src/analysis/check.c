// SPDX-License-Identifier: MIT
/* check: is something wrong with TCP on this host right now? One dump feeds the other analyses and
 * a fold of its own; the rows of the findings table judge what they report. */
#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "analysis/analysis.h"
#include "analysis/check_tree.h"
#include "analysis/findings.h"
#include "base/num.h"

/** The analyses that check asks. */
enum part_id { PART_PORTS, PART_CLOSE_WAIT, PART_LISTENERS, PART_HANDSHAKES, PART_COUNT };

static const char *const part_names[PART_COUNT] = {
	[PART_PORTS] = "ports",
	[PART_CLOSE_WAIT] = "close-wait",
	[PART_LISTENERS] = "listeners",
	[PART_HANDSHAKES] = "handshakes",
};

/** One of them. */
struct part {
	/** NULL where it is not in the table. */
	const struct analysis *analysis;
	void *state;
	/** What it asks for: it need not see more. */
	struct needs needs;
};

struct check {
	const struct options *opt;
	struct part parts[PART_COUNT];
	struct stalls stalls;
	/** Ports whose listener asked for that very port, as seen last. */
	struct port_set fixed;
	bool fixed_known;
	/** Samples that were judged. */
	uint64_t judged;
};

/** Judged before the others, which look at it: a full accept queue explains what else hangs. */
#define JUDGED_FIRST FINDING_ACCEPT_QUEUE_FULL

static void *check_begin(const struct options *opt)
{
	struct check *c = xcalloc(1, sizeof(*c));

	c->opt = opt;
	for (int i = 0; i < PART_COUNT; i++) {
		struct part *p = &c->parts[i];

		p->analysis = analysis_find(part_names[i]);
		if (!p->analysis)
			continue;
		p->state = p->analysis->begin(opt);
		p->analysis->needs(opt, NULL, &p->needs);
	}
	stalls_init(&c->stalls);
	return c;
}

static void check_end(void *state)
{
	struct check *c = state;

	for (int i = 0; i < PART_COUNT; i++) {
		if (c->parts[i].analysis)
			c->parts[i].analysis->end(c->parts[i].state);
	}
	stalls_free(&c->stalls);
	free(c);
}

static void check_prepare(void *state, const struct facts *facts)
{
	struct check *c = state;

	for (int i = 0; i < PART_COUNT; i++) {
		struct part *p = &c->parts[i];

		p->needs = (struct needs){ 0 };
		if (p->analysis)
			p->analysis->needs(c->opt, facts, &p->needs);
	}
}

static void check_restart(void *state)
{
	struct check *c = state;

	for (int i = 0; i < PART_COUNT; i++) {
		if (c->parts[i].analysis)
			c->parts[i].analysis->restart(c->parts[i].state);
	}
	stalls_restart(&c->stalls);
}

static void check_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	for (int i = 0; i < PART_COUNT; i++) {
		const struct analysis *a = analysis_find(part_names[i]);
		struct needs n = { 0 };

		if (!a)
			continue;
		a->needs(opt, facts, &n);
		out->info_states |= n.info_states;
		out->drops_states |= n.drops_states;
		out->locks |= n.locks;
		out->bind_table |= n.bind_table;
		out->cgroups |= n.cgroups;
		out->timeouts |= n.timeouts;
	}
	/* The stalls of all connections are counted: no state and no port may be left out. States
	 * that a part wants to see twice (sampled_states) are not asked for: growth within one
	 * second is noise, and a second walk its price. */
	out->states = STATES_ALL;
	out->info_states |= STATE_BIT(STATE_FIN_WAIT2);
	out->facts = out->rates = out->owners = out->sampled_locks = true;
}

/** True where part P asked for S. */
static bool part_wants(const struct part *p, const struct sock *s)
{
	const struct needs *n = &p->needs;

	return p->analysis && n->states & STATE_BIT(s->state) &&
	       (!n->port_high || (s->local_port >= n->port_low && s->local_port <= n->port_high));
}

static bool family_wanted(const struct options *opt, const struct sock *s)
{
	return opt->ipv4 == opt->ipv6 || opt->ipv4 == (s->local.family == AF_INET);
}

static void check_add(void *state, const struct sock *s)
{
	struct check *c = state;
	bool wanted = family_wanted(c->opt, s);

	for (int i = 0; i < PART_COUNT; i++) {
		struct part *p = &c->parts[i];

		/* A part with add_other() minds -4 and -6 itself. */
		if (part_wants(p, s) && (wanted || p->analysis->add_other))
			p->analysis->add(p->state, s);
	}
	if (wanted)
		stalls_add(&c->stalls, s);
}

static void check_add_other(void *state, const struct sock *s)
{
	struct check *c = state;

	for (int i = 0; i < PART_COUNT; i++) {
		struct part *p = &c->parts[i];

		if (part_wants(p, s) && p->analysis->add_other)
			p->analysis->add_other(p->state, s);
	}
}

static void check_merge(void *state, void *from)
{
	struct check *c = state, *other = from;

	for (int i = 0; i < PART_COUNT; i++) {
		if (c->parts[i].analysis)
			c->parts[i].analysis->merge(c->parts[i].state, other->parts[i].state);
	}
	stalls_merge(&c->stalls, &other->stalls);
}

static void check_want(void *state, struct map *set)
{
	struct check *c = state;

	for (int i = 0; i < PART_COUNT; i++) {
		const struct part *p = &c->parts[i];

		if (p->analysis && p->analysis->want)
			p->analysis->want(p->state, set);
	}
	for (size_t i = 0; i < c->stalls.sampled; i++)
		map_put(set, &c->stalls.sample[i].inode, NULL);
}

/** What part I reports, with REPORT's arena; NULL where it is not there. */
static const struct value *ask(struct check *c, int i, const struct host *host,
			       struct report *report)
{
	const struct part *p = &c->parts[i];
	struct report sub = { .complete = true, .arena = report->arena };

	if (!p->analysis)
		return NULL;
	sub.root = value_object(&sub.arena);
	p->analysis->finish(p->state, host, &sub);
	report->arena = sub.arena;
	report->complete &= sub.complete;
	return sub.root;
}

static void judge(const struct evidence *e, int i, struct finding *found)
{
	found[i].evidence = value_object(e->arena);
	finding_table[i].judge(e, &finding_table[i], &found[i]);
	if (!found[i].known)
		found[i].summary = "not known here: what it takes could not be read";
}

/** A finding on its way to the report. */
struct ranked {
	int id;
	const struct finding *finding;
};

/** Worst first, then by weight, then in the table's order. */
static int compare_ranked(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;
	double x = a->finding->weight, y = b->finding->weight;

	if (a->finding->severity != b->finding->severity)
		return a->finding->severity > b->finding->severity ? -1 : 1;
	if (x < y || x > y)
		return x > y ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static void add_finding(struct arena *a, struct value *list, const struct ranked *r)
{
	const struct finding_row *row = &finding_table[r->id];
	const struct finding *f = r->finding;
	struct value *v = value_add_object(a, list, NULL), *advice;
	bool bad = f->known && f->severity != SEVERITY_OK;

	value_add_text(a, v, "id", row->id);
	/* What cannot be judged is no "ok"; it shows with --all only. */
	value_add_text(a, v, "severity", severity_name(f->known ? f->severity : SEVERITY_INFO));
	value_add_text(a, v, "summary", f->summary);
	value_link(v, "evidence", f->evidence);
	value_add_text(a, v, "cause", !bad ? NULL : f->cause ? f->cause : row->cause);
	advice = value_add_array(a, v, "advice");
	for (size_t i = 0; bad && row->advice[i]; i++)
		value_add_text(a, advice, NULL, row->advice[i]);
	value_add_text(a, v, "see", bad ? row->see : NULL);
}

/** Appends the ids of the findings of R that are worse than a remark: "a, b, c". */
static void add_ids(struct str *out, const struct ranked *r, size_t n)
{
	for (size_t i = 0; i < n && r[i].finding->severity > SEVERITY_INFO; i++)
		str_addf(out, "%s%s", i ? ", " : "", finding_table[r[i].id].id);
}

/** The line that a monitoring system shows. Its first word goes with the exit status: what could
 *  not be looked at in full is not OK. */
static char *headline(struct report *report, const struct check *c, const struct ranked *r, size_t n)
{
	static const char *const words[] = { "OK", "OK", "WARNING", "CRITICAL" };
	enum severity worst = n ? r[0].finding->severity : SEVERITY_OK;
	size_t problems = 0, remarks = 0;
	uint64_t sockets = 0;
	struct str text = { 0 };
	char *line;

	for (size_t i = 0; i < n; i++) {
		problems += r[i].finding->severity > SEVERITY_INFO;
		remarks += r[i].finding->severity == SEVERITY_INFO;
	}
	for (int i = 0; i < STATE_COUNT; i++)
		sockets += c->stalls.states[i];
	str_addf(&text, "%s: ", report->complete ? words[worst] : "UNKNOWN");
	if (!report->complete)
		str_add(&text, "not all could be read; ");
	if (problems) {
		str_addf(&text, "%zu problem%s: ", problems, num_word(problems, "", "s"));
		add_ids(&text, r, n);
	} else {
		str_addf(&text, "nothing wrong, %llu socket%s", (unsigned long long)sockets,
			 num_word(sockets, "", "s"));
	}
	if (remarks)
		str_addf(&text, "; %zu remark%s", remarks, num_word(remarks, "", "s"));
	line = arena_strdup(&report->arena, str_text(&text));
	str_free(&text);
	return line;
}

static void report_findings(const struct check *c, const struct finding *found,
			    struct report *report)
{
	struct arena *a = &report->arena;
	struct ranked ranked[FINDING_COUNT];
	struct value *list;
	enum severity worst;
	size_t n = 0, bad = 0;

	for (int i = 0; i < FINDING_COUNT; i++)
		ranked[n++] = (struct ranked){ i, &found[i] };
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	while (bad < n && ranked[bad].finding->severity != SEVERITY_OK)
		bad++;
	worst = ranked[0].finding->severity;
	report->status = worst > SEVERITY_INFO ? (int)worst - SEVERITY_INFO : 0;
	value_add_text(a, report->root, "verdict",
		       severity_name(worst > SEVERITY_INFO ? worst : SEVERITY_OK));
	value_add_text(a, report->root, "summary", headline(report, c, ranked, bad));
	list = value_add_array(a, report->root, "findings");
	for (size_t i = 0; i < (c->opt->all ? n : bad); i++)
		add_finding(a, list, &ranked[i]);
}

/** Learns what the look before a sample, or any sample with locks, tells of fixed ports. */
static void learn_fixed(struct check *c)
{
	if (c->stalls.fixed_known)
		c->fixed = c->stalls.fixed;
	c->fixed_known |= c->stalls.fixed_known || !c->stalls.states[STATE_LISTEN];
}

/** Reports of the other parts into E. Only listeners took part in the look before the first sample:
 *  for the others there was none. */
static void ask_others(struct check *c, struct evidence *e, struct report *report)
{
	struct host host = *e->host;

	host.sample = c->judged;
	if (!c->judged)
		host.interval = NAN;
	e->ports = ask(c, PART_PORTS, &host, report);
	e->close_wait = ask(c, PART_CLOSE_WAIT, &host, report);
	e->handshakes = ask(c, PART_HANDSHAKES, &host, report);
}

static void check_finish(void *state, const struct host *host, struct report *report)
{
	struct check *c = state;
	struct finding found[FINDING_COUNT] = { 0 };
	struct evidence e = { .host = host, .stalls = &c->stalls, .found = found,
			      .arena = &report->arena };

	learn_fixed(c);
	e.listeners = ask(c, PART_LISTENERS, host, report);
	/* The others would take what was not dumped for gone. */
	if (host->priming)
		return;
	e.fixed = c->fixed_known ? &c->fixed : NULL;
	ask_others(c, &e, report);
	judge(&e, JUDGED_FIRST, found);
	for (int i = 0; i < FINDING_COUNT; i++) {
		if (i != JUDGED_FIRST)
			judge(&e, i, found);
	}
	report_findings(c, found, report);
	c->judged++;
}

static const struct view views[] = {
	{ .name = "check", .kind = VIEW_LINES, .path = "", .line = "{summary}" },
	{ .name = "findings", .kind = VIEW_LINES, .path = "findings", .optional = true,
	  .line = "{severity:verdict} {id}: {summary}\n"
		  "    network namespace: {netns}\n"
		  "    cause: {cause}\n"
		  "    do: {advice}\n"
		  "    see: {see}" },
	{ .name = NULL },
};

extern const struct analysis check_analysis;
const struct analysis check_analysis = {
	.name = "check",
	.needs = check_needs,
	.begin = check_begin,
	.prepare = check_prepare,
	.restart = check_restart,
	.add = check_add,
	.add_other = check_add_other,
	.merge = check_merge,
	.want = check_want,
	.finish = check_finish,
	.end = check_end,
	.views = views,
};
