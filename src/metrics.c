// SPDX-License-Identifier: MIT
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "merge.h"
#include "metrics_rows.h"
#include "metrics_write.h"
#include "output.h"
#include "pipeline.h"

/* Rows of a table where -t does not say: few enough for any number of hosts. */
#define TOP_DEFAULT 10
/* How long counters are watched where --sample does not say, s. */
#define SAMPLE_DEFAULT 1.0

/* One namespace that is read. */
struct place {
	struct pipeline pipeline;
	struct fold folds[METRICS_REPORTS];
	const char *netns;
};

/* A collection. */
struct collection {
	struct options opt;
	/* The source that all belong to. */
	struct pipeline whole;
	struct place *places;
	size_t count;
	/* Only those that answered. */
	struct metrics_part *parts;
	size_t part_count;
};

static void open_places(struct collection *c)
{
	const char *const *names = source_netns_names(c->whole.source, &c->count);
	bool sweep = source_part(c->whole.source, 0) != NULL;

	c->places = xcalloc(c->count, sizeof(*c->places));
	c->parts = xcalloc(c->count, sizeof(*c->parts));
	for (size_t i = 0; i < c->count; i++) {
		struct place *p = &c->places[i];

		p->netns = names[i];
		p->pipeline = (struct pipeline){
			.opt = &c->opt,
			.source = sweep ? source_part(c->whole.source, i) : c->whole.source,
		};
		for (int k = 0; k < METRICS_REPORTS; k++) {
			const struct analysis *a = analysis_find(metrics_analyses[k]);

			p->folds[k] = (struct fold){ a, a->begin(&c->opt) };
		}
	}
}

static void close_places(struct collection *c)
{
	for (size_t i = 0; i < c->part_count; i++) {
		for (int k = 0; k < METRICS_REPORTS; k++)
			report_end(&c->parts[i].reports[k]);
	}
	for (size_t i = 0; i < c->count; i++) {
		struct place *p = &c->places[i];

		for (int k = 0; k < METRICS_REPORTS; k++)
			p->folds[k].analysis->end(p->folds[k].state);
		/* It belongs to the whole. */
		p->pipeline.source = NULL;
		pipeline_close(&p->pipeline);
	}
	free(c->places);
	free(c->parts);
}

/* Watches the counters of every place. A recording was watched from its sample before on. */
static void watch(struct collection *c)
{
	double seconds = c->opt.sample_set ? c->opt.sample : SAMPLE_DEFAULT;
	int64_t start, real;

	source_clock(c->whole.source, &start, &real);
	if (seconds <= 0 || (c->opt.from != NULL && source_back(c->whole.source) < 0))
		return;
	for (size_t i = 0; i < c->count; i++) {
		struct place *p = &c->places[i];

		/* What cannot be looked at now says so when it is read. */
		if (pipeline_prime(&p->pipeline, p->folds, METRICS_REPORTS, 0) < 0)
			p->pipeline.have_before = false;
	}
	if (c->opt.from == NULL && source_wait(c->whole.source, start + (int64_t)(seconds * 1e9)) < 0)
		notes_add(&c->whole.notes, "the counters were watched for less than was asked");
}

static void read_places(struct collection *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct place *p = &c->places[i];
		struct metrics_part *part = &c->parts[c->part_count];
		int ret = pipeline_sample(&p->pipeline, p->folds, METRICS_REPORTS, part->reports);

		merge_notes(&c->whole.notes, &p->pipeline.notes);
		if (ret < 0)
			continue;
		part->netns = p->netns;
		part->now = &p->pipeline.now;
		part->before = p->pipeline.have_before ? &p->pipeline.before : NULL;
		part->source = source_kind(p->pipeline.source);
		part->complete = pipeline_complete(&p->pipeline);
		part->sockets = p->pipeline.dump.records;
		part->spent = p->pipeline.spent;
		c->part_count++;
	}
}

static int deliver(const struct collection *c)
{
	struct str out = { 0 };
	int64_t monotonic_ns, realtime_ns;
	int ret = 0;

	source_clock(c->whole.source, &monotonic_ns, &realtime_ns);
	metrics_write(&out, c->parts, c->part_count, c->opt.top_set ? c->opt.top : TOP_DEFAULT,
		      realtime_ns);
	if (c->opt.output != NULL)
		ret = file_replace(c->opt.output, out.s, out.len, 0644);
	else
		output_add(&out);
	if (ret < 0)
		complain("metrics: cannot write %s: %s", c->opt.output, strerror(-ret));
	str_free(&out);
	return ret;
}

static int collect(struct collection *c)
{
	size_t printed = 0;
	int status = STATUS_FAILED;

	open_places(c);
	watch(c);
	read_places(c);
	if (c->part_count > 0 && deliver(c) == 0)
		status = STATUS_OK;
	for (size_t i = 0; i < c->part_count; i++) {
		if (!c->parts[i].complete)
			status = STATUS_FAILED;
	}
	pipeline_print_notes(&c->whole, &printed);
	close_places(c);
	return status;
}

static int print_rules(void)
{
	struct str out = { 0 };

	str_add(&out, metric_rules);
	output_add(&out);
	str_free(&out);
	return output_end(STATUS_OK);
}

int metrics_run(const struct command *cmd, const struct options *opt)
{
	struct collection c = { .opt = *opt };
	struct str why = { 0 };
	int status = STATUS_FAILED;

	(void)cmd;
	if (opt->rules)
		return print_rules();
	/* Every finding is a series, whether there is something to it or not. */
	c.opt.all = true;
	if (pipeline_open(&c.whole, &c.opt, false, &why) < 0) {
		complain("%s", str_text(&why));
	} else {
		status = collect(&c);
		pipeline_close(&c.whole);
	}
	str_free(&why);
	return output_end(status);
}
