// SPDX-License-Identifier: MIT
#include "top_take.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/analysis.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/when.h"
#include "top_header.h"
#include "top_list.h"

/** Least time between two runs of check, and the share of a processor that they may cost, ns and
 *  one in so many. */
#define CHECK_EVERY ((int64_t)5 * 1000000000)
#define CHECK_SHARE 100

/** The second run of check, which can tell rates for the first time, comes sooner, ns. */
#define CHECK_SOON ((int64_t)1000000000)

void take_say(struct take *t, const char *fmt, ...)
{
	va_list ap;

	str_reset(&t->message);
	va_start(ap, fmt);
	str_vaddf(&t->message, fmt, ap);
	va_end(ap);
	t->message_number++;
}

/** Opens a lane where the recording stands. It looks at the sample before first, so that rates are
 *  those that playing would show. */
static int open_lane(struct take *t, struct lane *l, struct lane_request *r, struct str *why)
{
	int ret;

	r->opt = t->opt;
	r->at = t->at > 1 ? t->at - 1 : t->at;
	ret = lane_open(l, r, why);
	if (ret || t->at < 2)
		return ret;
	if (lane_sample(l))
		return 0;
	return source_wait(l->pipeline.source, 0);
}

/** Recording: the number of the sample that AT names. 0, or -errno with WHY. */
static int find_sample(const struct take *t, const char *at, uint64_t *number, struct str *why)
{
	struct options opt = *t->opt;
	struct source_position where = { .at = 1 };
	struct source *source = NULL;
	struct notes notes = { 0 };
	int ret;

	opt.at = at;
	ret = source_open(&opt, &notes, &source, why);
	if (!ret && source_position(source, &where))
		*number = where.at;
	source_close(source);
	notes_free(&notes);
	return ret;
}

int take_open(struct take *t, bool alone, struct str *why)
{
	struct lane_request r = {
		.filter = t->wish.filter, .fast = !t->opt->from, .alone = alone,
		.folds = { analysis_find("states"), &top_rates_analysis },
	};
	int ret = 0;

	top_list_init();
	if (t->opt->from && !t->at)
		ret = find_sample(t, t->opt->at ? t->opt->at : "#1", &t->at, why);
	/* Only a bad filter is wrong usage. */
	if (ret == -EINVAL)
		ret = -EIO;
	if (!ret)
		ret = open_lane(t, &t->head, &r, why);
	t->head_filter = t->wish.filter_number;
	return ret;
}

void take_close(struct take *t)
{
	lane_close(&t->head);
	lane_close(&t->body);
	lane_close(&t->check);
	take_save(t, NULL);
	str_free(&t->message);
}

/** Says why a lane could not be opened or sampled. */
static void say_why(struct take *t, struct str *why)
{
	take_say(t, "%s", str_text(why));
	str_free(why);
}

bool take_advance(struct take *t)
{
	if (source_wait(t->head.pipeline.source, 0)) {
		t->at_end = true;
		return false;
	}
	/* Lanes stand at the same sample, or are closed. */
	if (t->body.open && source_wait(t->body.pipeline.source, 0))
		lane_close(&t->body);
	if (t->check.open && source_wait(t->check.pipeline.source, 0))
		lane_close(&t->check);
	t->at++;
	return true;
}

void take_jump(struct take *t, uint64_t at)
{
	struct source_position where = { .count = 1 };
	struct str why = { 0 };

	if (t->head.open && !source_position(t->head.pipeline.source, &where))
		return;
	t->at = at < 1 ? 1 : at > where.count ? where.count : at;
	t->at_end = false;
	lane_close(&t->head);
	lane_close(&t->body);
	lane_close(&t->check);
	if (take_open(t, false, &why))
		say_why(t, &why);
}

void take_seek(struct take *t, const char *text)
{
	struct str why = { 0 };
	char at[48];
	uint64_t number = 0;
	int64_t mono, real, wanted;

	if (!t->head.open)
		return;
	snprintf(at, sizeof(at), "%s", text);
	source_clock(t->head.pipeline.source, &mono, &real);
	if (*text != '#' && when_parse(text, real, &wanted)) {
		take_say(t, "no time: 14:05:30, 2026-11-21 14:05, -90, -5m, or #3 for a sample");
		return;
	}
	if (*text != '#')
		snprintf(at, sizeof(at), "@%lld.%09lld", (long long)(wanted / 1000000000),
			 (long long)(wanted % 1000000000));
	if (find_sample(t, at, &number, &why))
		say_why(t, &why);
	else
		take_jump(t, number);
	str_free(&why);
}

double take_pace(const struct take *t)
{
	struct source_position where;

	if (!t->head.open || !source_position(t->head.pipeline.source, &where))
		return 0;
	return (double)where.next_ns / 1e9;
}

void take_save(struct take *t, const char *path)
{
	struct notes notes = { 0 };
	struct str why = { 0 };
	int ret;

	if (t->recorder)
		take_say(t, "%llu sample%s saved to %s", (unsigned long long)t->saved,
			 num_word(t->saved, "", "s"), t->save_path);
	recorder_close(t->recorder);
	source_close(t->save_source);
	free(t->save_path);
	t->recorder = NULL;
	t->save_source = NULL;
	t->save_path = NULL;
	t->saved = 0;
	if (!path)
		return;
	ret = source_open(t->opt, &notes, &t->save_source, &why);
	if (!ret)
		ret = recorder_open(t->save_source, path, 0, true, &notes, &t->recorder,
				    &why);
	if (ret) {
		say_why(t, &why);
		source_close(t->save_source);
		t->save_source = NULL;
	} else {
		t->save_path = xstrdup(path);
	}
	notes_free(&notes);
	str_free(&why);
}

void take_record(struct take *t)
{
	struct recorder_sample sample;
	struct notes notes = { 0 };
	struct str why = { 0 };

	if (!t->recorder)
		return;
	if (recorder_take(t->recorder, &sample, &notes, &why)) {
		take_save(t, NULL);
		say_why(t, &why);
	} else {
		t->saved++;
	}
	notes_free(&notes);
	str_free(&why);
}

void take_head(struct take *t)
{
	int64_t began = clock_monotonic_ns(), cpu = clock_processor_ns();
	struct str why = { 0 };

	t->cpu = t->began_ns ? (double)(cpu - t->cpu_ns) / (double)(began - t->began_ns) : (double)NAN;
	t->began_ns = began;
	t->cpu_ns = cpu;
	t->sample++;
	if (!t->head.open || t->head_filter != t->wish.filter_number) {
		lane_close(&t->head);
		if (take_open(t, false, &why)) {
			say_why(t, &why);
			return;
		}
	}
	if (lane_sample(&t->head))
		take_say(t, "the sockets could not be read");
}

/** The analysis that answers view V and is sampled for it alone; NULL where the head or check
 *  do. */
static const struct analysis *own_analysis(const struct tui_view *v)
{
	if (!strcmp(v->analysis, "list"))
		return &top_list_analysis;
	if ((!strcmp(v->analysis, "states") && !v->by) || !strcmp(v->analysis, "check"))
		return NULL;
	return analysis_find(v->analysis);
}

/** The order that a bounded answer needs to know, as --sort has it. */
static void sort_of(const struct take *t, char *buf, size_t size)
{
	const struct tui_view *v = &tui_views[t->wish.view];

	*buf = '\0';
	if (!strcmp(v->analysis, "list") && *t->wish.sort)
		snprintf(buf, size, "%s%s", t->wish.reverse ? "-" : "", t->wish.sort);
}

/** The open body answers what is wanted. */
static bool body_fits(const struct take *t)
{
	char sort[sizeof(t->body_sort)];

	sort_of(t, sort, sizeof(sort));
	return t->body.open && t->body_view == t->wish.view &&
	       t->body_filter == t->wish.filter_number && !strcmp(sort, t->body_sort);
}

static void open_body(struct take *t, const struct analysis *a)
{
	struct lane_request r = { .filter = t->wish.filter, .by = tui_views[t->wish.view].by,
				  .folds = { a } };
	struct str why = { 0 };

	lane_close(&t->body);
	t->body_view = t->wish.view;
	t->body_filter = t->wish.filter_number;
	sort_of(t, t->body_sort, sizeof(t->body_sort));
	r.sort = *t->body_sort ? t->body_sort : NULL;
	if (open_lane(t, &t->body, &r, &why))
		say_why(t, &why);
}

void take_body(struct take *t, bool tick)
{
	const struct analysis *a = own_analysis(&tui_views[t->wish.view]);
	bool fits = body_fits(t);

	if (!a) {
		lane_close(&t->body);
		return;
	}
	if (fits && (!tick || t->wish.frozen))
		return;
	if (!fits)
		open_body(t, a);
	if (t->body.open && lane_sample(&t->body))
		take_say(t, "the sockets could not be read");
}

/** Opens check and ports, as far as there are such analyses. */
static void open_check(struct take *t)
{
	const struct analysis *check = analysis_find("check"), *ports = analysis_find("ports");
	struct lane_request r = { .filter = "", .folds = { check ? check : ports,
							   check ? ports : NULL } };
	struct str why = { 0 };

	if (r.folds[0] && open_lane(t, &t->check, &r, &why))
		say_why(t, &why);
}

void take_check(struct take *t)
{
	int64_t now = clock_monotonic_ns(), pause;
	bool shown = !strcmp(tui_views[t->wish.view].analysis, "check") && !t->wish.frozen;

	if (t->check.open && !t->thorough && !shown && now < t->check_due_ns)
		return;
	if (!t->check.open)
		open_check(t);
	if (!t->check.open)
		return;
	if (lane_sample(&t->check))
		take_say(t, "check could not be made");
	t->checks++;
	pause = t->check.cost_ns * CHECK_SHARE;
	if (pause < CHECK_EVERY)
		pause = t->checks < 2 ? CHECK_SOON : CHECK_EVERY;
	t->check_due_ns = clock_monotonic_ns() + pause;
}

/** The report that answers the shown view; NULL where it is not there yet. */
static struct tui_report *body_report(const struct take *t)
{
	const struct tui_view *v = &tui_views[t->wish.view];

	if (own_analysis(v))
		return body_fits(t) ? t->body.reports[0] : NULL;
	if (!strcmp(v->analysis, "check"))
		return lane_report(&t->check, "check");
	if (t->head_filter != t->wish.filter_number)
		return NULL;
	return lane_report(&t->head, v->analysis);
}

bool take_has_body(const struct take *t)
{
	return body_report(t) != NULL;
}

static void fill_playback(const struct take *t, struct tui_playback *p)
{
	struct source_position where;

	if (!t->at || !t->head.open || !source_position(t->head.pipeline.source, &where))
		return;
	*p = (struct tui_playback){
		.on = true, .paused = t->wish.paused, .at_end = t->at_end,
		.speed = t->wish.speed, .position = where.at, .count = where.count,
	};
}

static void fill_source(const struct take *t, struct tui_frame *f)
{
	struct tui_header *h = &f->header;
	struct source *s = t->head.pipeline.source;

	h->host = arena_strdup(&f->arena, source_host(s));
	h->source = arena_strdup(&f->arena, source_kind(s));
	if (source_netns(s))
		h->netns = arena_strdup(&f->arena, source_netns(s));
	source_clock(s, &h->monotonic_ns, &h->realtime_ns);
}

/** What no part of it could see. */
static void fill_notes(const struct take *t, struct tui_frame *f)
{
	const struct lane *lanes[] = { &t->head, &t->body, &t->check };
	struct notes notes = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(lanes); i++)
		lane_notes(lanes[i], &notes);
	f->header.notes = arena_alloc(&f->arena, (notes.count + 1) * sizeof(char *));
	for (size_t i = 0; i < notes.count; i++)
		f->header.notes[i] = arena_strdup(&f->arena, notes.text[i]);
	f->header.note_count = notes.count;
	notes_free(&notes);
}

struct tui_frame *take_frame(struct take *t)
{
	struct tui_frame *f = tui_frame_new();
	struct tui_header *h = &f->header;
	struct tui_report *body = body_report(t);
	struct header_parts parts = {
		.states = lane_report(&t->head, "states"), .rates = lane_report(&t->head, "rates"),
		.ports = lane_report(&t->check, "ports"), .check = lane_report(&t->check, "check"),
	};

	f->sample = t->sample;
	f->view = t->wish.view;
	f->filter_number = t->wish.filter_number;
	if (t->head.open)
		fill_source(t, f);
	/* The ports view is fresher than what check left, unless it shows a part only. */
	if (body && !*t->wish.filter && !strcmp(tui_views[t->wish.view].analysis, "ports"))
		parts.ports = body;
	header_fill(f, &parts, h->monotonic_ns);
	f->body = body ? tui_report_share(body) : NULL;
	f->check = parts.check ? tui_report_share((struct tui_report *)parts.check) : NULL;
	h->sample_seconds = t->seconds;
	h->interval = t->interval;
	h->sample_cpu = t->cpu * t->interval;
	h->saving = t->save_path ? arena_strdup(&f->arena, t->save_path) : NULL;
	h->saved = t->saved;
	fill_playback(t, &h->playback);
	fill_notes(t, f);
	h->message = arena_strdup(&f->arena, str_text(&t->message));
	h->message_number = t->message_number;
	if (body && !body->report.complete)
		h->complete = false;
	return f;
}
