// SPDX-License-Identifier: MIT
#include "top_header.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

static void rates_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	(void)opt;
	(void)facts;
	out->facts = out->rates = true;
}

/** The fold has nothing to remember; its state is only not NULL. */
static void *rates_begin(const struct options *opt)
{
	static char nothing;

	(void)opt;
	return &nothing;
}

static void rates_restart(void *state)
{
	(void)state;
}

static void rates_add(void *state, const struct sock *s)
{
	(void)state;
	(void)s;
}

static void rates_merge(void *state, void *from)
{
	(void)state;
	(void)from;
}

static void rates_finish(void *state, const struct host *host, struct report *report)
{
	static const struct {
		const char *key;
		enum fact fact;
	} rates[] = {
		{ "opens", FACT_ACTIVE_OPENS },
		{ "passive_opens", FACT_PASSIVE_OPENS },
		{ "retransmits", FACT_RETRANS_SEGS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		value_add_real(&report->arena, report->root, rates[i].key,
			       fact_rate(host->before, host->now, rates[i].fact));
}

static void rates_end(void *state)
{
	(void)state;
}

static const struct view no_views[] = { { .name = NULL } };

const struct analysis top_rates_analysis = {
	.name = "rates",
	.needs = rates_needs,
	.begin = rates_begin,
	.restart = rates_restart,
	.add = rates_add,
	.merge = rates_merge,
	.finish = rates_finish,
	.end = rates_end,
	.views = no_views,
};

/** The real at KEY, or NAN. */
static double real_of(const struct value *object, const char *key)
{
	const struct value *v = value_get(object, key);

	if (!v)
		return NAN;
	return v->kind == VALUE_REAL ? v->real : v->kind == VALUE_INT ? (double)v->integer : NAN;
}

/** The text at KEY in the frame's arena, or NULL. */
static const char *text_of(struct tui_frame *f, const struct value *object, const char *key)
{
	const struct value *v = value_get(object, key);

	return v && v->kind == VALUE_TEXT ? arena_strdup(&f->arena, v->text) : NULL;
}

static void fill_states(struct tui_header *h, const struct value *root)
{
	const struct value *states = value_get(root, "states");

	h->total = value_int(root, "total", -1);
	for (int s = 0; states && s < STATE_COUNT; s++)
		h->states[s] = value_int(states, state_table[s].name, -1);
}

static void fill_pool(struct tui_frame *f, const struct value *root)
{
	const struct value *worst = value_get(root, "worst");
	const char *remote;
	int64_t port;

	if (!worst || worst->kind != VALUE_OBJECT)
		return;
	remote = text_of(f, worst, "remote");
	port = value_int(worst, "remote_port", -1);
	if (!remote || port < 0)
		return;
	f->header.headroom = real_of(worst, "headroom");
	f->header.pool = arena_printf(&f->arena, strchr(remote, ':') ? "[%s]:%d" : "%s:%d", remote,
				      (int)port);
}

static void fill_check(struct tui_frame *f, const struct value *root)
{
	struct tui_header *h = &f->header;
	const struct value *findings = value_get(root, "findings"), *first;

	h->verdict = text_of(f, root, "verdict");
	if (!findings || findings->kind != VALUE_ARRAY)
		return;
	h->findings = findings->children.count;
	first = findings->children.first;
	if (!first)
		return;
	h->finding = text_of(f, first, "id");
	h->summary = text_of(f, first, "summary");
}

static double age(const struct tui_report *r, int64_t now_ns)
{
	return (double)(now_ns - r->taken_ns) / 1e9;
}

void header_fill(struct tui_frame *f, const struct header_parts *parts, int64_t now_ns)
{
	struct tui_header *h = &f->header;

	if (parts->states)
		fill_states(h, parts->states->report.root);
	if (parts->rates) {
		const struct value *root = parts->rates->report.root;

		h->opens = real_of(root, "opens");
		h->passive_opens = real_of(root, "passive_opens");
		h->retransmits = real_of(root, "retransmits");
	}
	if (parts->ports) {
		fill_pool(f, parts->ports->report.root);
		h->pool_age = age(parts->ports, now_ns);
	}
	if (parts->check) {
		fill_check(f, parts->check->report.root);
		h->check_age = age(parts->check, now_ns);
	}
	if (parts->states && !parts->states->report.complete)
		h->complete = false;
}
