// SPDX-License-Identifier: MIT
#include "metrics_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/map.h"
#include "base/vec.h"
#include "metrics_rows.h"
#include "render/openmetrics.h"

#define PREFIX "tcptriage_"
/* Labels of a row, the namespace, and the end. */
#define LABELS (METRIC_LABELS_MAX + 2)

const char *const metrics_analyses[METRICS_REPORTS] = {
	[METRICS_STATES] = "states",	     [METRICS_CLOSE_WAIT] = "close-wait",
	[METRICS_PORTS] = "ports",	     [METRICS_HANDSHAKES] = "handshakes",
	[METRICS_LISTENERS] = "listeners",   [METRICS_CHECK] = "check",
};

/* The document under way. */
struct writer {
	struct str *out;
	const struct metrics_part *parts;
	size_t count;
	uint64_t top;
};

static const struct value *root_of(const struct metrics_part *p, const char *analysis)
{
	for (int i = 0; i < METRICS_REPORTS; i++) {
		if (strcmp(metrics_analyses[i], analysis) == 0)
			return p->reports[i].root;
	}
	return NULL;
}

static double number(const struct value *v)
{
	if (v != NULL && v->kind == VALUE_INT)
		return (double)v->integer;
	return v != NULL && v->kind == VALUE_REAL ? v->real : NAN;
}

static void family(struct writer *w, const char *name, const char *help)
{
	struct str full = { 0 };

	str_addf(&full, PREFIX "%s", name);
	om_family(w->out, full.s, help);
	str_free(&full);
}

/* A sample with at most one label of its own. */
static void sample(struct writer *w, const struct metrics_part *p, const char *name,
		   const char *label, const char *value, double v)
{
	struct om_label labels[3] = { { 0 } };
	struct str full = { 0 };
	size_t n = 0;

	if (label != NULL)
		labels[n++] = (struct om_label){ label, value };
	if (p->netns != NULL)
		labels[n++] = (struct om_label){ "netns", p->netns };
	str_addf(&full, PREFIX "%s", name);
	om_sample(w->out, full.s, labels, v);
	str_free(&full);
}

static void write_states(struct writer *w)
{
	family(w, "sockets", "TCP sockets by state");
	for (size_t i = 0; i < w->count; i++) {
		const struct value *states =
			value_get(w->parts[i].reports[METRICS_STATES].root, "states");

		for (const struct value *v = states->children.first; v != NULL; v = v->next)
			sample(w, &w->parts[i], "sockets", "state", v->key, number(v));
	}
}

static void write_singles(struct writer *w)
{
	const char *last = "";

	for (const struct metric_single *m = metric_singles; m->name != NULL; m++) {
		if (strcmp(m->name, last) != 0)
			family(w, m->name, m->help);
		last = m->name;
		for (size_t i = 0; i < w->count; i++) {
			const struct value *root = root_of(&w->parts[i], m->analysis);

			sample(w, &w->parts[i], m->name, m->label, m->value,
			       number(value_at(root, m->path)));
		}
	}
}

static void write_rates(struct writer *w)
{
	for (const struct metric_rate *m = metric_rates; m->name != NULL; m++) {
		family(w, m->name, m->help);
		for (size_t i = 0; i < w->count; i++) {
			const struct metrics_part *p = &w->parts[i];

			sample(w, p, m->name, NULL, NULL, fact_rate(p->before, p->now, m->fact));
		}
	}
}

/* A row of a table, or several that bear the same labels. */
struct row {
	const char *labels[METRIC_LABELS_MAX];
	const char *netns;
	double v[METRIC_VALUES_MAX];
	double rank;
};

static double combine(enum combine how, double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) ? b : a;
	switch (how) {
	case COMBINE_SUM:
		return a + b;
	case COMBINE_MIN:
		return a < b ? a : b;
	default:
		return a > b ? a : b;
	}
}

static void combine_rows(const struct metric_set *set, struct row *to, const double *v)
{
	for (size_t i = 0; i < METRIC_VALUES_MAX && set->values[i].name != NULL; i++)
		to->v[i] = combine(set->values[i].combine, to->v[i], v[i]);
}

static void clear_values(struct row *r)
{
	for (size_t i = 0; i < METRIC_VALUES_MAX; i++)
		r->v[i] = NAN;
}

/* The member at PATH as a label: text or a number; "" where it is absent. */
static const char *label_text(struct arena *a, const struct value *row, const char *path)
{
	const struct value *v = value_at(row, path);

	if (v != NULL && v->kind == VALUE_TEXT)
		return v->text;
	if (v != NULL && v->kind == VALUE_INT)
		return arena_printf(a, "%lld", (long long)v->integer);
	return "";
}

/* The rows of one table. */
struct table {
	const struct metric_set *set;
	struct arena arena;
	/* struct row; labels and namespace joined → index (size_t). */
	struct vec rows;
	struct strmap index;
};

static void add_row(struct table *t, const struct metrics_part *p, const struct value *from)
{
	struct row row = { .netns = p->netns };
	struct str key = { 0 };
	bool is_new;

	str_add(&key, p->netns != NULL ? p->netns : "");
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
		row.labels[i] = label_text(&t->arena, from, t->set->labels[i].path);
		str_addc(&key, '\x1f');
		str_add(&key, row.labels[i]);
	}
	clear_values(&row);
	for (size_t i = 0; i < METRIC_VALUES_MAX && t->set->values[i].name != NULL; i++)
		row.v[i] = number(value_at(from, t->set->values[i].path));

	size_t *place = strmap_put(&t->index, str_text(&key), &is_new);

	if (is_new) {
		*place = t->rows.len;
		vec_add(&t->rows, &row);
	} else {
		combine_rows(t->set, &VEC_AT(&t->rows, struct row, *place), row.v);
	}
	str_free(&key);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	bool x_known = !isnan(x->rank), y_known = !isnan(y->rank);

	if (x_known != y_known)
		return x_known ? -1 : 1;
	if (x_known && x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
		int c = strcmp(x->labels[i], y->labels[i]);

		if (c != 0)
			return c;
	}
	return 0;
}

static void read_table(struct writer *w, struct table *t)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct value *rows =
			value_at(root_of(&w->parts[i], t->set->analysis), t->set->array);

		if (rows == NULL || rows->kind != VALUE_ARRAY)
			continue;
		for (const struct value *v = rows->children.first; v != NULL; v = v->next)
			add_row(t, &w->parts[i], v);
	}
	for (size_t i = 0; i < t->rows.len; i++) {
		struct row *r = &VEC_AT(&t->rows, struct row, i);

		r->rank = t->set->falling ? -r->v[t->set->rank] : r->v[t->set->rank];
	}
	if (t->rows.len > 0)
		qsort(t->rows.data, t->rows.len, sizeof(struct row), compare_rows);
}

/* Everything beyond the top becomes one row. */
static size_t fold_rest(struct writer *w, struct table *t)
{
	struct row other = { .labels = { "other", "other", "other" },
			     .netns = w->parts[0].netns != NULL ? "other" : NULL };
	size_t rest = w->top > 0 && t->rows.len > w->top ? t->rows.len - (size_t)w->top : 0;

	if (rest == 0)
		return 0;
	clear_values(&other);
	for (size_t i = (size_t)w->top; i < t->rows.len; i++)
		combine_rows(t->set, &other, VEC_AT(&t->rows, struct row, i).v);
	t->rows.len = (size_t)w->top;
	vec_add(&t->rows, &other);
	return rest;
}

static void write_row(struct writer *w, const struct table *t, const struct row *r,
		      const struct metric_value *value, double v)
{
	struct om_label labels[LABELS] = { { 0 } };
	struct str full = { 0 };
	size_t n = 0;

	for (; n < METRIC_LABELS_MAX; n++)
		labels[n] = (struct om_label){ t->set->labels[n].name, r->labels[n] };
	if (r->netns != NULL)
		labels[n] = (struct om_label){ "netns", r->netns };
	str_addf(&full, PREFIX "%s", value->name);
	om_sample(w->out, full.s, labels, v);
	str_free(&full);
}

/* One table; how many of its rows were combined. */
static size_t write_set(struct writer *w, const struct metric_set *set)
{
	struct table t = { .set = set, .rows = VEC_OF(struct row),
			   .index = strmap_make(sizeof(size_t)) };
	size_t rest;

	read_table(w, &t);
	rest = fold_rest(w, &t);
	for (size_t i = 0; i < METRIC_VALUES_MAX && set->values[i].name != NULL; i++) {
		family(w, set->values[i].name, set->values[i].help);
		for (size_t k = 0; k < t.rows.len; k++) {
			const struct row *r = &VEC_AT(&t.rows, struct row, k);

			write_row(w, &t, r, &set->values[i], r->v[i]);
		}
	}
	vec_free(&t.rows);
	strmap_free(&t.index);
	arena_free(&t.arena);
	return rest;
}

static void write_sets(struct writer *w)
{
	const struct metrics_part none = { 0 };
	size_t rest[METRIC_SETS_MAX], n = 0;

	for (; n < METRIC_SETS_MAX && metric_sets[n].name != NULL; n++)
		rest[n] = write_set(w, &metric_sets[n]);
	family(w, "rows_combined", "Rows of a table beyond the top, combined under other");
	for (size_t i = 0; i < n; i++)
		sample(w, &none, "rows_combined", "table", metric_sets[i].name, (double)rest[i]);
}

/* Place of a word among the severities: 0 for the least. */
static double severity(const struct value *v, const char *const *words)
{
	for (int i = 0; v != NULL && v->kind == VALUE_TEXT && words[i] != NULL; i++) {
		if (strcmp(v->text, words[i]) == 0)
			return i;
	}
	return NAN;
}

static void write_check(struct writer *w)
{
	static const char *const severities[] = { "ok", "info", "warning", "critical", NULL };
	static const char *const verdicts[] = { "ok", "warning", "critical", NULL };

	family(w, "verdict", "Verdict of check: 0 ok, 1 warning, 2 critical");
	for (size_t i = 0; i < w->count; i++)
		sample(w, &w->parts[i], "verdict", NULL, NULL,
		       severity(value_get(w->parts[i].reports[METRICS_CHECK].root, "verdict"),
				verdicts));
	family(w, "finding_severity",
	       "What check found: 0 ok, 1 worth knowing, 2 warning, 3 critical");
	for (size_t i = 0; i < w->count; i++) {
		const struct value *list =
			value_get(w->parts[i].reports[METRICS_CHECK].root, "findings");

		for (const struct value *v = list->children.first; v != NULL; v = v->next)
			sample(w, &w->parts[i], "finding_severity", "finding",
			       value_get(v, "id")->text,
			       severity(value_get(v, "severity"), severities));
	}
}

static void write_cost(struct writer *w)
{
	static const char *const phases[] = { "facts", "sockets", "owners", "answers" };
	const struct metrics_part none = { 0 };
	struct rusage usage;

	family(w, "collection_sockets", "Sockets read for this");
	for (size_t i = 0; i < w->count; i++)
		sample(w, &w->parts[i], "collection_sockets", NULL, NULL,
		       (double)w->parts[i].sockets);
	family(w, "collection_seconds", "Time that reading took, by what was read");
	for (size_t i = 0; i < w->count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(phases); k++)
			sample(w, &w->parts[i], "collection_seconds", "phase", phases[k],
			       (double)w->parts[i].spent[k] / 1e9);
	}
	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return;
	family(w, "collection_cpu_seconds", "Processor time of the whole collection");
	sample(w, &none, "collection_cpu_seconds", NULL, NULL,
	       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	family(w, "collection_resident_bytes", "Most memory that the collection had resident");
	sample(w, &none, "collection_resident_bytes", NULL, NULL, (double)usage.ru_maxrss * 1024);
}

static void write_origin(struct writer *w, int64_t realtime_ns)
{
	const struct metrics_part none = { 0 };

	family(w, "build_info", "The program's version");
	sample(w, &none, "build_info", "version", TCPTRIAGE_VERSION, 1);
	family(w, "collected_timestamp_seconds", "When this was collected");
	sample(w, &none, "collected_timestamp_seconds", NULL, NULL, (double)realtime_ns / 1e9);
	family(w, "source_info", "Where socket records came from");
	for (size_t i = 0; i < w->count; i++)
		sample(w, &w->parts[i], "source_info", "source", w->parts[i].source, 1);
	family(w, "complete", "0 where the numbers are known to be short");
	for (size_t i = 0; i < w->count; i++)
		sample(w, &w->parts[i], "complete", NULL, NULL, w->parts[i].complete);
}

void metrics_write(struct str *out, const struct metrics_part *parts, size_t count, uint64_t top,
		   int64_t realtime_ns)
{
	struct writer w = { out, parts, count, top };

	write_origin(&w, realtime_ns);
	write_states(&w);
	write_singles(&w);
	write_sets(&w);
	write_rates(&w);
	write_check(&w);
	write_cost(&w);
	om_end(out);
}
