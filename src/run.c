// SPDX-License-Identifier: MIT
/* A report as a whole command: repetition, rendering, exit status. */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "command.h"
#include "merge.h"
#include "names.h"
#include "output.h"
#include "pipeline.h"
#include "render/diagram.h"

/** Rows on a terminal where -t does not say. */
#define TERMINAL_ROWS 20

static bool wants_color(const struct options *opt, bool terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (opt->color != COLOR_AUTO)
		return opt->color == COLOR_ALWAYS;
	return terminal && !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
}

void pipeline_render_options(const struct options *opt, struct render_options *out)
{
	struct winsize ws = { 0 };
	bool terminal = isatty(STDOUT_FILENO);

	*out = (struct render_options){
		.terminal = terminal,
		.color = wants_color(opt, terminal),
		.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.no_header = opt->no_header,
		.top = opt->top_set ? opt->top : terminal && !opt->json ? TERMINAL_ROWS : 0,
		.sort = opt->sort,
		.columns = opt->columns,
		.names = opt->resolve ? &socket_names : NULL,
	};
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0)
		out->width = ws.ws_col;
}

void envelope_add_time(struct arena *a, struct value *o, int64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	struct tm tm;
	char text[40];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	value_link(o, "time", value_object(a));
	o->children.last->kind = VALUE_TEXT;
	o->children.last->text =
		arena_printf(a, "%s.%03dZ", text, (int)(realtime_ns / 1000000 % 1000));
}

struct value *pipeline_envelope(struct pipeline *p, struct arena *a, const char *command,
				bool complete)
{
	struct value *o = value_object(a), *notes;
	int64_t mono, real;

	source_clock(p->source, &mono, &real);
	value_add_text(a, o, "schema", arena_printf(a, "tcptriage.%s/1", command));
	value_add_text(a, o, "version", TCPTRIAGE_VERSION);
	value_add_text(a, o, "host", source_host(p->source));
	envelope_add_time(a, o, real);
	value_add_text(a, o, "netns", source_netns(p->source));
	value_add_text(a, o, "source", source_kind(p->source));
	value_add_bool(a, o, "complete", complete);
	notes = value_add_array(a, o, "notes");
	for (size_t i = 0; i < p->notes.count; i++)
		value_add_text(a, notes, NULL, p->notes.text[i]);
	return o;
}

void pipeline_print_notes(const struct pipeline *p, size_t *printed)
{
	for (; *printed < p->notes.count; ++*printed) {
		struct str line = { 0 };
		const char *text = p->notes.text[*printed];

		escape_text(&line, text, strlen(text), false);
		if (!p->opt->no_header)
			complain("note: %s", str_text(&line));
		str_free(&line);
	}
}

/** -o help. */
static int list_columns(const struct analysis *a)
{
	struct str out = { 0 };

	for (const struct view *v = a->views; v->name; v++) {
		for (const struct view_column *c = v->columns; c && c->path; c++)
			str_addf(&out, "%-14s %s%s\n", c->heading, c->help ? c->help : "",
				 c->extra ? " (only with -o)" : "");
	}
	output_add(&out);
	str_free(&out);
	return output_end(STATUS_OK);
}

static void print_debug(const struct pipeline *p)
{
	complain("debug: facts %.1f ms, dump %.1f ms (kernel %.1f ms, %llu records%s, "
		 "%llu repeats, %llu receives, %llu bytes), owners %.1f ms, finish %.1f ms",
		 (double)p->spent[0] / 1e6, (double)p->spent[1] / 1e6,
		 (double)p->dump.kernel_ns / 1e6, (unsigned long long)p->dump.records,
		 p->dump.counted ? " counted in the kernel" : "",
		 (unsigned long long)p->dump.repeats, (unsigned long long)p->dump.receives,
		 (unsigned long long)p->dump.bytes, (double)p->spent[2] / 1e6,
		 (double)p->spent[3] / 1e6);
}

void pipeline_say_cut(struct str *out, uint64_t cut, const struct render_options *opt)
{
	if (!cut || opt->no_header)
		return;
	if (opt->terminal)
		str_addf(out, "%s%llu more (-t 0 shows all)\n", opt->unicode ? "… " : "",
			 (unsigned long long)cut);
	else
		complain("note: %llu more (-t 0 shows all)", (unsigned long long)cut);
}

/** Renders one sample. */
static void render(struct pipeline *p, const struct analysis *a, struct report *report,
		   const struct render_options *opt)
{
	const struct renderer *r = p->opt->json    ? &json_renderer :
				   p->opt->diagram ? &diagram_renderer :
						     &text_renderer;
	struct value *envelope = pipeline_envelope(p, &report->arena, a->name, report->complete);
	struct str out = { 0 };
	uint64_t cut = 0;

	view_arrange(report, a->views, opt, &cut);
	if (cut)
		value_add_int(&report->arena, report->root, "cut", (int64_t)cut);
	r->report(&out, envelope, report, a->views, opt);
	if (!p->opt->json)
		pipeline_say_cut(&out, cut, opt);
	output_add(&out);
	str_free(&out);
}

/** Between two looks of --watch, s: a handshake that takes longer is seen under way. */
#define WATCH_LOOK 0.05

/** One sample into REPORT, of all namespaces where there is MERGE (or NULL); with --watch as many
 *  as fit into its time, the last of which stays. 0 or -errno. */
static int take_sample(struct pipeline *p, struct fold *fold, struct merge *merge,
		       struct report *report)
{
	int64_t next, end, now, real;
	int ret;

	if (merge)
		return merge_sample(merge, report);
	source_clock(p->source, &next, &real);
	end = next + (int64_t)((p->opt->watch_set ? p->opt->watch : 0) * 1e9);
	for (;;) {
		ret = pipeline_sample(p, fold, 1, report);
		source_clock(p->source, &now, &real);
		if (ret || now >= end)
			return ret;
		/* A look that took longer is not made up for. */
		next = (next > now ? next : now) + (int64_t)(WATCH_LOOK * 1e9);
		if (source_wait(p->source, next < end ? next : end))
			return 0;
		report_end(report);
	}
}

/** Samples, rendered, until the count or the source ends; exit status. */
static int repeat(struct pipeline *p, struct fold *fold, struct merge *merge,
		  const struct render_options *ropt)
{
	const struct options *opt = p->opt;
	uint64_t left = opt->count_set ? opt->count : opt->interval_set ? UINT64_MAX : 1;
	double interval = opt->interval_set ? opt->interval : 1;
	size_t printed = 0;
	int status = STATUS_OK, ret = 0;
	int64_t next, real;

	source_clock(p->source, &next, &real);
	while (left--) {
		struct report report = { 0 };

		ret = take_sample(p, fold, merge, &report);
		if (ret) {
			pipeline_print_notes(p, &printed);
			return STATUS_FAILED;
		}
		status = report.complete ? report.status : STATUS_FAILED;
		pipeline_print_notes(p, &printed);
		render(p, fold->analysis, &report, ropt);
		report_end(&report);
		if (opt->debug)
			print_debug(p);
		if (!output_ok())
			break;
		next += (int64_t)(interval * 1e9);
		if (left && source_wait(p->source, next) == -ENODATA)
			break;
	}
	return status;
}

/** How long counters are watched before the first sample; 0: not at all. */
static double sample_seconds(struct pipeline *p, const struct fold *fold)
{
	struct needs n;
	double seconds;

	pipeline_needs(p, fold, 1, NULL, &n);
	seconds = n.rates && strcmp(fold->analysis->name, "check") == 0 ? 1 : 0;
	if (p->opt->sample_set)
		seconds = p->opt->sample;
	/* A recording was watched from its sample before on. */
	if (seconds > 0 && p->opt->from && source_back(p->source))
		return 0;
	return seconds;
}

int pipeline_run(const struct analysis *a, const struct options *opt)
{
	struct render_options ropt;
	struct pipeline p;
	struct fold fold = { .analysis = a };
	struct str why = { 0 };
	struct merge *merge;
	int ret, status;
	double seconds;

	pipeline_render_options(opt, &ropt);
	if (opt->columns && strcmp(opt->columns, "help") == 0)
		return list_columns(a);
	ret = view_check(a->views, &ropt, &why);
	if (!ret && a->check)
		ret = a->check(opt, &why);
	if (!ret)
		ret = pipeline_open(&p, opt, true, &why);
	if (ret) {
		complain("%s", str_text(&why));
		str_free(&why);
		return ret == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	}
	fold.state = a->begin(opt);
	merge = merge_wanted(a, opt) ? merge_open(&p, a) : NULL;
	seconds = sample_seconds(&p, &fold);
	if (seconds > 0)
		ret = merge ? merge_prime(merge, seconds) : pipeline_prime(&p, &fold, 1, seconds);
	status = ret ? STATUS_FAILED : repeat(&p, &fold, merge, &ropt);
	if (ret) {
		size_t printed = 0;

		pipeline_print_notes(&p, &printed);
	}
	if (merge)
		merge_close(merge);
	a->end(fold.state);
	pipeline_close(&p);
	return output_end(status);
}
