// SPDX-License-Identifier: MIT
#include "diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "output.h"
#include "pipeline.h"

/* One of the two sides. */
struct side {
	struct options opt;
	struct pipeline pipeline;
	struct report report;
	bool open, valid;
	int64_t realtime_ns;
};

/* A table of both: its array, and the members that tell its rows apart. */
static const struct table {
	const char *array, *keys[2];
	/* Rows that did not change are shown too. */
	bool all;
} tables[] = {
	{ "states", { "state", NULL }, true },
	{ "owners", { "pid", "process" }, false },
	{ "destinations", { "remote", "remote_port" }, false },
	{ "services", { "local_port", NULL }, false },
};

/* A row of both. */
struct pair {
	/* The row of either side that shows its keys. */
	const struct value *row;
	int64_t old, new;
	size_t place;
};

static void add_key(struct str *out, const struct value *v)
{
	if (v != NULL && v->kind == VALUE_TEXT)
		str_add(out, v->text);
	else if (v != NULL && v->kind == VALUE_INT)
		str_addi(out, v->integer);
	str_addc(out, '\x1f');
}

static void add_side(struct strmap *map, struct vec *pairs, const struct table *t,
		     const struct side *side, bool is_new_side)
{
	const struct value *rows = value_get(side->report.root, t->array);

	for (const struct value *v = rows->children.first; v != NULL; v = v->next) {
		struct str key = { 0 };
		bool is_new;
		size_t *place;

		for (size_t k = 0; k < ARRAY_LEN(t->keys) && t->keys[k] != NULL; k++)
			add_key(&key, value_get(v, t->keys[k]));
		place = strmap_put(map, str_text(&key), &is_new);
		if (is_new) {
			struct pair pair = { .row = v, .place = pairs->len };

			*place = pairs->len;
			vec_add(pairs, &pair);
		}

		struct pair *p = &VEC_AT(pairs, struct pair, *place);

		*(is_new_side ? &p->new : &p->old) += value_int(v, "sockets", 0);
		str_free(&key);
	}
}

static uint64_t distance(const struct pair *p)
{
	return p->new > p->old ? (uint64_t)(p->new - p->old) : (uint64_t)(p->old - p->new);
}

/* What changed most, first; growth before decrease, then the larger. */
static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	uint64_t dx = distance(x), dy = distance(y);

	if (dx != dy)
		return dx > dy ? -1 : 1;
	if ((x->new > x->old) != (y->new > y->old))
		return x->new > x->old ? -1 : 1;
	if (x->new != y->new)
		return x->new > y->new ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void add_pair(struct report *out, struct value *list, const struct table *t,
		     const struct pair *p)
{
	struct value *v = value_add_object(&out->arena, list, NULL);

	for (size_t k = 0; k < ARRAY_LEN(t->keys) && t->keys[k] != NULL; k++) {
		const struct value *key = value_get(p->row, t->keys[k]);

		if (key != NULL)
			value_link(v, t->keys[k], value_copy(&out->arena, key));
	}
	value_add_int(&out->arena, v, "old", p->old);
	value_add_int(&out->arena, v, "new", p->new);
	value_add_int(&out->arena, v, "change", p->new - p->old);
}

/* One table of the answer, at most TOP rows (0: all); how many were cut goes into CUT. */
static void compare_table(struct report *out, const struct table *t, const struct side *old,
			  const struct side *new, uint64_t top, struct value *cut)
{
	struct value *list = value_add_array(&out->arena, out->root, t->array);
	struct strmap map = strmap_make(sizeof(size_t));
	struct vec pairs = VEC_OF(struct pair);
	uint64_t shown = 0, left_out = 0;

	add_side(&map, &pairs, t, old, false);
	add_side(&map, &pairs, t, new, true);
	if (!t->all && pairs.len > 0)
		qsort(pairs.data, pairs.len, sizeof(struct pair), compare_pairs);
	for (size_t i = 0; i < pairs.len; i++) {
		const struct pair *p = &VEC_AT(&pairs, struct pair, i);

		if (!t->all && p->old == p->new)
			continue;
		if (!t->all && top > 0 && shown == top) {
			left_out++;
			continue;
		}
		add_pair(out, list, t, p);
		shown++;
	}
	value_add_fact(&out->arena, cut, t->array, left_out > 0 ? (int64_t)left_out : FACT_UNKNOWN);
	strmap_free(&map);
	vec_free(&pairs);
}

static void add_end(struct report *out, const char *key, const struct side *s, const char *file)
{
	struct value *v = value_add_object(&out->arena, out->root, key);

	value_add_text(&out->arena, v, "file", strcmp(file, "-") == 0 ? NULL : file);
	value_add_text(&out->arena, v, "host", source_host(s->pipeline.source));
	envelope_add_time(&out->arena, v, s->realtime_ns);
	value_add_int(&out->arena, v, "total", value_int(s->report.root, "total", 0));
}

static void compare(struct report *out, const struct options *opt, const struct side *old,
		    const struct side *new, uint64_t top)
{
	struct arena *a = &out->arena;
	int64_t before = value_int(old->report.root, "total", 0);
	int64_t after = value_int(new->report.root, "total", 0);
	struct value *total, *cut;

	*out = (struct report){ .complete = old->report.complete && new->report.complete };
	out->root = value_object(a);
	add_end(out, "old", old, opt->args[0]);
	add_end(out, "new", new, opt->args[1]);
	value_add_real(a, out->root, "seconds",
		       (double)(new->realtime_ns - old->realtime_ns) / 1e9);
	total = value_add_object(a, out->root, "total");
	value_add_int(a, total, "old", before);
	value_add_int(a, total, "new", after);
	value_add_int(a, total, "change", after - before);
	cut = value_object(a);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		compare_table(out, &tables[i], old, new, top, cut);
	value_link(out->root, "cut", cut);
}

/* Reads one side: FILE, or the running kernel for "-". 0, or the exit status. */
static int read_side(struct side *s, const struct options *opt, const char *file, const char *at)
{
	const struct analysis *a = analysis_find("tally");
	struct fold fold = { .analysis = a };
	struct str why = { 0 };
	int64_t monotonic_ns;
	size_t printed = 0;
	int ret;

	s->opt = *opt;
	s->opt.from = strcmp(file, "-") == 0 ? NULL : file;
	s->opt.at = at;
	if (s->opt.from != NULL) {
		/* These are for the side that is now. */
		s->opt.netns = NULL;
		s->opt.source = SOURCE_AUTO;
	}
	s->opt.arg_count = 0;
	ret = pipeline_open(&s->pipeline, &s->opt, false, &why);
	if (ret < 0) {
		complain("%s", str_text(&why));
		str_free(&why);
		return STATUS_FAILED;
	}
	s->open = true;
	fold.state = a->begin(&s->opt);
	ret = pipeline_sample(&s->pipeline, &fold, 1, &s->report);
	s->valid = ret == 0;
	a->end(fold.state);
	source_clock(s->pipeline.source, &monotonic_ns, &s->realtime_ns);
	pipeline_print_notes(&s->pipeline, &printed);
	return ret < 0 ? STATUS_FAILED : 0;
}

static void close_side(struct side *s)
{
	if (s->valid)
		report_end(&s->report);
	if (s->open)
		pipeline_close(&s->pipeline);
}

static void show(struct side *new, struct report *report, const struct render_options *ropt)
{
	const struct analysis *a = analysis_find("tally");
	const struct renderer *r = new->opt.json ? &json_renderer : &text_renderer;
	struct value *envelope =
		pipeline_envelope(&new->pipeline, &report->arena, "diff", report->complete);
	const struct value *cut = value_get(report->root, "cut");
	struct str out = { 0 };
	uint64_t rows = 0;

	r->report(&out, envelope, report, a->views, ropt);
	for (const struct value *c = cut->children.first; c; c = c->next)
		rows += c->kind == VALUE_INT ? (uint64_t)c->integer : 0;
	/* On a terminal each table says it. */
	if (!new->opt.json && !ropt->terminal)
		pipeline_say_cut(&out, rows, ropt);
	output_add(&out);
	str_free(&out);
}

int diff_run(const struct command *cmd, const struct options *opt)
{
	const char *first = opt->args[0], *second = opt->args[1];
	struct side old = { .open = false }, new = { .open = false };
	struct render_options ropt;
	struct report report;
	int status;

	(void)cmd;
	if (strcmp(first, "-") == 0 && strcmp(second, "-") == 0) {
		complain("diff: now and now are the same: one of them must be a recording");
		return STATUS_USAGE;
	}
	pipeline_render_options(opt, &ropt);
	/* Of one recording, its first and its last sample. */
	status = read_side(&old, opt, first, strcmp(first, second) == 0 ? "#1" : NULL);
	if (status == 0)
		status = read_side(&new, opt, second, NULL);
	if (status == 0) {
		compare(&report, opt, &old, &new, opt->json && !opt->top_set ? 0 : ropt.top);
		show(&new, &report, &ropt);
		status = report.complete ? STATUS_OK : STATUS_FAILED;
		report_end(&report);
	}
	close_side(&old);
	close_side(&new);
	return output_end(status);
}
