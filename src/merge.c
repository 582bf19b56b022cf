// SPDX-License-Identifier: MIT
#include "merge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"

/* One namespace. */
struct part {
	struct pipeline pipeline;
	struct fold fold;
	const char *name;
	/* Its last report; valid says whether there is one. */
	struct report report;
	bool valid;
};

struct merge {
	struct pipeline *whole;
	const struct analysis *analysis;
	struct part *parts;
	size_t count;
};

bool merge_wanted(const struct analysis *a, const struct options *opt)
{
	return opt->netns != NULL && strcmp(opt->netns, "all") == 0 && !opt->rate_set &&
	       (strcmp(a->name, "check") == 0 || strcmp(a->name, "ports") == 0);
}

struct merge *merge_open(struct pipeline *p, const struct analysis *a)
{
	struct merge *m = xcalloc(1, sizeof(*m));
	const char *const *names = source_netns_names(p->source, &m->count);

	m->whole = p;
	m->analysis = a;
	m->parts = xcalloc(m->count, sizeof(*m->parts));
	for (size_t i = 0; i < m->count; i++) {
		struct part *part = &m->parts[i];

		part->name = names[i];
		part->pipeline = (struct pipeline){ .opt = p->opt, .filter = p->filter,
						    .source = source_part(p->source, i) };
		part->fold = (struct fold){ a, a->begin(p->opt) };
	}
	return m;
}

void merge_close(struct merge *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct part *part = &m->parts[i];

		m->analysis->end(part->fold.state);
		/* Both belong to the whole. */
		part->pipeline.source = NULL;
		part->pipeline.filter = NULL;
		pipeline_close(&part->pipeline);
	}
	free(m->parts);
	free(m);
}

/* True where A and B say the same of other numbers. */
static bool same_words(const char *a, const char *b)
{
	static const char digits[] = "0123456789";

	for (;;) {
		size_t n = strcspn(a, digits);

		if (strncmp(a, b, n) != 0 || (strspn(a + n, digits) > 0) != (strspn(b + n, digits) > 0))
			return false;
		a += n + strspn(a + n, digits);
		b += n + strspn(b + n, digits);
		if (*a == '\0' || *b == '\0')
			return *a == *b;
	}
}

void merge_notes(struct notes *to, struct notes *from)
{
	for (size_t i = 0; i < from->count; i++) {
		size_t k = 0;

		while (k < to->count && !same_words(to->text[k], from->text[i]))
			k++;
		if (k == to->count)
			notes_add(to, "%s", from->text[i]);
	}
	notes_free(from);
}

int merge_prime(struct merge *m, double seconds)
{
	int64_t start, real;
	int ret;

	source_clock(m->whole->source, &start, &real);
	for (size_t i = 0; i < m->count; i++) {
		/* One that cannot be looked at now says so in its sample. */
		if (pipeline_prime(&m->parts[i].pipeline, &m->parts[i].fold, 1, 0) < 0)
			merge_notes(&m->whole->notes, &m->parts[i].pipeline.notes);
	}
	ret = source_wait(m->whole->source, start + (int64_t)(seconds * 1e9));
	return ret == -EINTR ? 0 : ret;
}

/* The elements of the parts' arrays at KEY, each with its namespace. */
static struct value *join_rows(struct merge *m, struct report *out, const char *key)
{
	struct value *to = value_add_array(&out->arena, out->root, key);

	for (size_t i = 0; i < m->count; i++) {
		const struct part *part = &m->parts[i];
		const struct value *from =
			part->valid ? value_get(part->report.root, key) : NULL;

		if (from == NULL || from->kind != VALUE_ARRAY)
			continue;
		for (const struct value *v = from->children.first; v != NULL; v = v->next) {
			struct value *copy = value_copy(&out->arena, v);

			value_add_text(&out->arena, copy, "netns", part->name);
			value_link(to, NULL, copy);
		}
	}
	return to;
}

static const char *text_of(const struct value *object, const char *key)
{
	const struct value *v = value_get(object, key);

	return v != NULL && v->kind == VALUE_TEXT ? v->text : "";
}

static double real_of(const struct value *object, const char *key)
{
	const struct value *v = value_get(object, key);

	if (v != NULL && v->kind == VALUE_INT)
		return (double)v->integer;
	return v != NULL && v->kind == VALUE_REAL ? v->real : NAN;
}

/* Findings of the machine or of a process: every namespace finds them. */
static bool is_global(const struct value *finding)
{
	static const char *const ids[] = { "orphan-limit", "tcp-memory", "fd-limit",
					   "file-table-full", "neighbor-table-full" };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		if (strcmp(text_of(finding, "id"), ids[i]) == 0)
			return true;
	}
	return false;
}

/* What every namespace finds alike stays once, and belongs to none. */
static void drop_repeats(struct value *rows)
{
	struct value **link = &rows->children.first;
	size_t count = 0;

	rows->children.last = NULL;
	while (*link != NULL) {
		struct value *v = *link, *first = rows->children.first;

		while (first != v && (strcmp(text_of(first, "id"), text_of(v, "id")) != 0 ||
				      strcmp(text_of(first, "summary"), text_of(v, "summary")) != 0))
			first = first->next;
		if (first != v && is_global(v)) {
			value_get(first, "netns")->kind = VALUE_NULL;
			*link = v->next;
			continue;
		}
		rows->children.last = v;
		count++;
		link = &v->next;
	}
	rows->children.count = count;
}

static int rank(const struct value *row)
{
	static const char *const words[] = { "critical", "warning", "info", "ok" };
	int i = 0;

	while (i < (int)ARRAY_LEN(words) && strcmp(text_of(row, "severity"), words[i]) != 0)
		i++;
	return i;
}

static int compare_findings(const void *a, const void *b)
{
	return rank(*(const struct value *const *)a) - rank(*(const struct value *const *)b);
}

static int compare_pools(const void *a, const void *b)
{
	double x = real_of(*(const struct value *const *)a, "headroom");
	double y = real_of(*(const struct value *const *)b, "headroom");

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x > y) - (x < y);
}

/* Puts the elements of an array in order; equal ones keep theirs. */
static void order_rows(struct value *rows, int (*compare)(const void *, const void *))
{
	size_t n = rows->children.count, i = 0;
	struct value **order = xcalloc(n + 1, sizeof(*order));

	for (struct value *v = rows->children.first; v != NULL; v = v->next)
		order[i++] = v;
	/* Insertion: stable, and the parts are ordered already. */
	for (i = 1; i < n; i++) {
		struct value *v = order[i];
		size_t k = i;

		for (; k > 0 && compare(&order[k - 1], &v) > 0; k--)
			order[k] = order[k - 1];
		order[k] = v;
	}
	rows->children.first = order[0];
	rows->children.last = n > 0 ? order[n - 1] : NULL;
	for (i = 0; i < n; i++)
		order[i]->next = i + 1 < n ? order[i + 1] : NULL;
	free(order);
}

static void merge_check(struct merge *m, struct report *out)
{
	static const char *const words[] = { "ok", "warning", "critical" };
	struct arena *a = &out->arena;
	struct value *findings, *list;
	size_t bad = 0;

	value_add_text(a, out->root, "verdict", words[out->status]);
	value_add_null(a, out->root, "summary");
	findings = join_rows(m, out, "findings");
	drop_repeats(findings);
	order_rows(findings, compare_findings);
	list = value_add_array(a, out->root, "namespaces");
	for (size_t i = 0; i < m->count; i++) {
		const struct part *part = &m->parts[i];
		struct value *v = value_add_object(a, list, NULL);
		const char *verdict = part->valid ? text_of(part->report.root, "verdict") : NULL;

		value_add_text(a, v, "netns", part->name);
		value_add_text(a, v, "verdict", verdict);
		value_add_text(a, v, "summary",
			       part->valid ? text_of(part->report.root, "summary") : NULL);
		bad += verdict != NULL && strcmp(verdict, "ok") != 0;
	}

	struct value *summary = value_get(out->root, "summary");

	summary->kind = VALUE_TEXT;
	summary->text = arena_printf(a, "%s: something is wrong in %zu of %zu network namespace%s",
				     !out->complete    ? "UNKNOWN: not all could be read" :
				     out->status == 2 ? "CRITICAL" : "WARNING", bad, m->count,
				     num_word(m->count, "", "s"));
	if (bad == 0)
		summary->text = arena_printf(a, "%s: nothing wrong in %zu network namespace%s",
					     out->complete ? "OK" : "UNKNOWN: not all could be read",
					     m->count, num_word(m->count, "", "s"));
}

/* The settings of each namespace, by its name. */
static void add_settings(struct merge *m, struct report *out)
{
	static const char *const keys[] = { "range", "time_wait_seconds", "tw_reuse",
					    "tw_reuse_delay_seconds", "counters" };
	struct value *list = value_add_array(&out->arena, out->root, "namespaces");

	for (size_t i = 0; i < m->count; i++) {
		const struct part *part = &m->parts[i];
		struct value *v;

		if (!part->valid)
			continue;
		v = value_add_object(&out->arena, list, NULL);
		value_add_text(&out->arena, v, "netns", part->name);
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			const struct value *from = value_get(part->report.root, keys[k]);

			if (from != NULL)
				value_link(v, keys[k], value_copy(&out->arena, from));
		}
	}
}

static void merge_ports(struct merge *m, struct report *out)
{
	struct arena *a = &out->arena;
	const struct value *first;
	struct value *pools;

	/* Each namespace has its own. */
	value_add_null(a, out->root, "range");
	value_add_null(a, out->root, "time_wait_seconds");
	value_add_null(a, out->root, "tw_reuse");
	value_add_null(a, out->root, "tw_reuse_delay_seconds");
	pools = join_rows(m, out, "pools");
	order_rows(pools, compare_pools);
	first = value_index(pools, 0);
	if (first != NULL)
		value_link(out->root, "worst", value_copy(a, first));
	else
		value_add_null(a, out->root, "worst");
	(void)join_rows(m, out, "listeners_in_range");
	(void)join_rows(m, out, "bind_before_connect");
	add_settings(m, out);
}

/* Asks every namespace; how many answered. */
static size_t ask_parts(struct merge *m, struct report *out)
{
	size_t answered = 0;

	for (size_t i = 0; i < m->count; i++) {
		struct part *part = &m->parts[i];
		int ret = pipeline_sample(&part->pipeline, &part->fold, 1, &part->report);

		part->valid = ret == 0;
		answered += part->valid;
		if (ret < 0)
			notes_add(&m->whole->notes, "network namespace %s could not be read: %s",
				  part->name, strerror(-ret));
		out->complete = out->complete && part->valid && part->report.complete;
		if (part->valid && part->report.status > out->status)
			out->status = part->report.status;
		merge_notes(&m->whole->notes, &part->pipeline.notes);
	}
	return answered;
}

int merge_sample(struct merge *m, struct report *report)
{
	size_t answered;

	*report = (struct report){ .complete = true };
	report->root = value_object(&report->arena);
	answered = ask_parts(m, report);
	if (strcmp(m->analysis->name, "check") == 0)
		merge_check(m, report);
	else
		merge_ports(m, report);
	for (size_t i = 0; i < m->count; i++) {
		if (m->parts[i].valid)
			report_end(&m->parts[i].report);
	}
	m->whole->samples++;
	return answered > 0 ? 0 : -EIO;
}
