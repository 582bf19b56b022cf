// SPDX-License-Identifier: MIT
/* Judgements on local ports, from the report of ports. */
#include <math.h>

#include "analysis/check_judges.h"
#include "analysis/check_tree.h"
#include "analysis/ports_count.h"
#include "base/num.h"

/** Rows shown as evidence. */
#define SHOWN 5

static enum severity pool_severity(const struct value *pool)
{
	if (tree_is(pool, "verdict", "critical") || tree_is(pool, "verdict", "exhausted"))
		return SEVERITY_CRITICAL;
	return tree_is(pool, "verdict", "warning") ? SEVERITY_WARNING : SEVERITY_OK;
}

static double headroom(const struct value *pool)
{
	return tree_number(pool, "headroom", 1);
}

/** "10.0.0.5:443 from 10.0.0.1", in the arena. */
static const char *pool_name(struct arena *a, const struct value *pool)
{
	struct addr addr;
	struct str text = { 0 };
	char *name;

	if (!addr_parse(tree_text(pool, "remote", ""), &addr))
		addr_add_endpoint(&text, &addr, (uint16_t)tree_number(pool, "remote_port", 0));
	str_addf(&text, " from %s", tree_text(pool, "local", "?"));
	name = arena_strdup(a, str_text(&text));
	str_free(&text);
	return name;
}

/** "12 of 28232 ports left toward …, none in 40s", in the arena. */
static const char *pool_words(struct arena *a, const struct value *pool)
{
	double seconds = tree_number(pool, "exhausts_in_seconds", NAN);
	char duration[16];
	const char *words = arena_printf(a, "%.0f of %.0f ports left toward %s",
					 tree_number(pool, "free", 0),
					 tree_number(pool, "capacity", 0), pool_name(a, pool));

	if (isnan(seconds) || tree_is(pool, "verdict", "exhausted"))
		return words;
	return arena_printf(a, "%s, none in %s at the present rate", words,
			    num_duration(seconds, duration, sizeof(duration)));
}

static void show_pool(struct arena *a, struct finding *out, const struct value *pool)
{
	static const char *const keys[] = { "local", "remote", "remote_port", "capacity", "in_use",
					    "free", "headroom", "exhausts_in_seconds", "verdict",
					    NULL };
	struct value *list = tree_array(a, out->evidence, "pools");

	if (list->children.count < SHOWN)
		tree_copy(a, list, pool, keys);
}

/** The pools of the report that ARE so: how many, the one with the least headroom, shown. */
static const struct value *worst_pool(const struct evidence *e, struct finding *out,
				      bool (*are)(const struct value *pool), size_t *n)
{
	const struct value *worst = NULL;

	*n = 0;
	for (const struct value *v = tree_first(e->ports, "pools"); v; v = v->next) {
		if (!are(v))
			continue;
		(*n)++;
		if (!worst || pool_severity(v) > pool_severity(worst) ||
		    (pool_severity(v) == pool_severity(worst) && headroom(v) < headroom(worst)))
			worst = v;
	}
	if (worst)
		show_pool(e->arena, out, worst);
	for (const struct value *v = tree_first(e->ports, "pools"); v; v = v->next) {
		if (v != worst && are(v))
			show_pool(e->arena, out, v);
	}
	return worst;
}

/** True where ports run out; a verdict may also stand for a slow search alone. */
static bool is_short(const struct value *pool)
{
	enum severity severity = pool_severity(pool);

	return severity == SEVERITY_CRITICAL ||
	       (severity == SEVERITY_WARNING &&
		(headroom(pool) < WARNING_HEADROOM ||
		 tree_number(pool, "exhausts_in_seconds", INFINITY) < WARNING_SECONDS));
}

static bool is_only_slow(const struct value *pool)
{
	/* In a small range a search is quick however full it is: ports then says ok. */
	return pool_severity(pool) == SEVERITY_WARNING && !is_short(pool);
}

void judge_port_exhaustion(const struct evidence *e, UNUSED const struct finding_row *row,
			   struct finding *out)
{
	const struct value *worst;
	size_t n;

	if (!e->ports)
		return;
	worst = worst_pool(e, out, is_short, &n);
	value_add_int(e->arena, out->evidence, "affected", (int64_t)n);
	if (worst) {
		finding_say(out, e->arena, pool_severity(worst), 2 - headroom(worst),
			    n > 1 ? "%s; and %zu more destination%s" : "%s",
			    pool_words(e->arena, worst), n - 1, num_word(n - 1, "", "s"));
		return;
	}
	worst = value_get(e->ports, "worst");
	if (worst && worst->kind == VALUE_OBJECT)
		finding_say(out, e->arena, SEVERITY_OK, 1 - headroom(worst), "tightest: %s",
			    pool_words(e->arena, worst));
	else
		finding_say(out, e->arena, SEVERITY_OK, 0, "no outgoing connections");
}

void judge_port_search_slow(const struct evidence *e, UNUSED const struct finding_row *row,
			    struct finding *out)
{
	const struct value *worst;
	size_t n;

	if (!e->ports)
		return;
	worst = worst_pool(e, out, is_only_slow, &n);
	if (worst)
		finding_say(out, e->arena, SEVERITY_WARNING, 2 - headroom(worst),
			    n > 1 ? "%s; and %zu more destination%s" : "%s",
			    pool_words(e->arena, worst), n - 1, num_word(n - 1, "", "s"));
	else
		finding_say(out, e->arena, SEVERITY_OK, 0,
			    "no destination has taken half of the range");
}

void judge_port_range_overlap(const struct evidence *e, UNUSED const struct finding_row *row,
			      struct finding *out)
{
	static const char *const keys[] = { "port", "pid", "process", NULL };
	struct value *list = value_add_array(e->arena, out->evidence, "listeners");
	const struct value *first = NULL;
	size_t n = 0;

	if (!e->ports || !e->fixed)
		return;
	for (const struct value *v = tree_first(e->ports, "listeners_in_range"); v; v = v->next) {
		const struct value *reserved = value_get(v, "reserved");

		if (!port_set_has(e->fixed, (uint16_t)tree_number(v, "port", 0)) ||
		    (reserved && reserved->kind == VALUE_BOOL && reserved->boolean))
			continue;
		first = first ? first : v;
		if (n++ < SHOWN)
			tree_copy(e->arena, list, v, keys);
	}
	if (first)
		finding_say(out, e->arena, SEVERITY_INFO, (double)n,
			    n == 1 ? "%zu listener on a port that an outgoing connection may take "
				     "while it is down: %.0f of %s%s" :
				     "%zu listeners on ports that outgoing connections may take "
				     "while they are down: %.0f of %s%s",
			    n, tree_number(first, "port", 0), tree_process(e->arena, first),
			    n > 1 ? " and more" : "");
	else
		finding_say(out, e->arena, SEVERITY_OK, 0,
			    "no listener on a fixed, unreserved port of the range");
}

void judge_bind_before_connect(const struct evidence *e, const struct finding_row *row,
			       struct finding *out)
{
	static const char *const keys[] = { "local", "ports", "pid", "process", NULL };
	struct value *list = value_add_array(e->arena, out->evidence, "programs");
	const struct value *most = NULL;
	double size, ports = 0, share;

	if (!e->ports)
		return;
	for (const struct value *v = tree_first(e->ports, "bind_before_connect"); v; v = v->next) {
		ports += tree_number(v, "ports", 0);
		if (!most || tree_number(v, "ports", 0) > tree_number(most, "ports", 0))
			most = v;
		if (list->children.count < SHOWN)
			tree_copy(e->arena, list, v, keys);
	}
	size = tree_number(e->ports, "range.size", 0) - tree_number(e->ports, "range.reserved", 0);
	share = size > 0 ? ports / size : 0;
	value_add_real(e->arena, out->evidence, "share", share);
	if (most)
		finding_say(out, e->arena, finding_severity(row, share), share / row->warning,
			    "%.0f of %.0f ports (%.1f %%) bound before connect()%s by %s", ports,
			    size, share * 100, list->children.count > 1 ? ", most" : "",
			    tree_process(e->arena, most));
	else
		finding_say(out, e->arena, SEVERITY_OK, 0, "no port is bound before it is connected");
}
