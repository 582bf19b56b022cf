// SPDX-License-Identifier: MIT
#include "top_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

/** The filter's words as the command line would have had them: folds look whether there are any. */
static void set_words(struct lane *l, const char *filter)
{
	char *save = NULL;

	l->words = VEC_OF(char *);
	l->text = xstrdup(filter);
	for (char *w = strtok_r(l->text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		vec_add(&l->words, &w);
	l->opt.args = l->words.data;
	l->opt.arg_count = (int)l->words.len;
}

static void set_options(struct lane *l, const struct lane_request *r)
{
	l->opt = *r->opt;
	l->opt.by = r->by;
	l->opt.sort = r->sort;
	l->opt.fast = r->fast;
	if (!r->at)
		return;
	snprintf(l->at, sizeof(l->at), "#%llu", (unsigned long long)r->at);
	l->opt.at = l->at;
}

static int parse_filter(struct lane *l, const char *filter, struct str *why)
{
	struct filter_error err = { 0 };
	int ret = tui_filter_parse(filter, &l->pipeline.filter, &err);

	if (ret)
		str_add(why, err.message);
	str_free(&err.text);
	return ret;
}

int lane_open(struct lane *l, const struct lane_request *request, struct str *why)
{
	int ret;

	memset(l, 0, sizeof(*l));
	set_options(l, request);
	set_words(l, request->filter);
	ret = pipeline_open(&l->pipeline, &l->opt, request->alone, why);
	if (ret) {
		lane_close(l);
		return ret;
	}
	l->open = true;
	l->opening = l->pipeline.notes;
	l->pipeline.notes = (struct notes){ 0 };
	if (!request->alone)
		ret = parse_filter(l, request->filter, why);
	for (; request->folds[l->count]; l->count++) {
		const struct analysis *a = request->folds[l->count];

		l->folds[l->count] = (struct fold){ a, a->begin(&l->opt) };
	}
	if (ret)
		lane_close(l);
	return ret;
}

int lane_sample(struct lane *l)
{
	struct report reports[LANE_FOLDS];
	int64_t start = clock_monotonic_ns(), used = clock_processor_ns();
	int ret;

	/* What the last sample could not see is for it alone to say. */
	notes_free(&l->pipeline.notes);
	ret = pipeline_sample(&l->pipeline, l->folds, l->count, reports);
	used = clock_processor_ns() - used;
	l->cost_ns = clock_monotonic_ns() - start;
	if (l->cost_ns < used)
		l->cost_ns = used;
	if (ret)
		return ret;
	for (size_t i = 0; i < l->count; i++) {
		tui_report_drop(l->reports[i]);
		l->reports[i] = tui_report_of(&reports[i], l->folds[i].analysis->views);
		l->reports[i]->taken_ns = l->pipeline.last_ns;
	}
	return 0;
}

struct tui_report *lane_report(const struct lane *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->folds[i].analysis->name, name) == 0)
			return l->reports[i];
	}
	return NULL;
}

static void add_notes(const struct notes *from, struct notes *to)
{
	for (size_t i = 0; i < from->count; i++)
		notes_add(to, "%s", from->text[i]);
}

void lane_notes(const struct lane *l, struct notes *notes)
{
	if (!l->open)
		return;
	add_notes(&l->opening, notes);
	add_notes(&l->pipeline.notes, notes);
}

void lane_close(struct lane *l)
{
	for (size_t i = 0; i < l->count; i++) {
		tui_report_drop(l->reports[i]);
		l->folds[i].analysis->end(l->folds[i].state);
	}
	if (l->open)
		pipeline_close(&l->pipeline);
	notes_free(&l->opening);
	vec_free(&l->words);
	free(l->text);
	memset(l, 0, sizeof(*l));
}
