// SPDX-License-Identifier: MIT
/* Frames and the reports that they share. */
#include "tui/tui.h"

#include <math.h>
#include <stdlib.h>

struct tui_report *tui_report_new(const struct view *views)
{
	struct tui_report *r = xcalloc(1, sizeof(*r));

	atomic_init(&r->users, 1);
	r->report.root = value_object(&r->report.arena);
	r->report.complete = true;
	r->views = views;
	return r;
}

struct tui_report *tui_report_of(const struct report *report, const struct view *views)
{
	struct tui_report *r = xcalloc(1, sizeof(*r));

	atomic_init(&r->users, 1);
	r->report = *report;
	r->views = views;
	return r;
}

struct tui_report *tui_report_share(struct tui_report *r)
{
	atomic_fetch_add(&r->users, 1);
	return r;
}

void tui_report_drop(struct tui_report *r)
{
	if (!r || atomic_fetch_sub(&r->users, 1) > 1)
		return;
	arena_free(&r->report.arena);
	free(r);
}

struct tui_frame *tui_frame_new(void)
{
	struct tui_frame *f = xcalloc(1, sizeof(*f));
	struct tui_header *h = &f->header;

	h->host = h->source = "";
	h->complete = true;
	h->total = -1;
	for (int i = 0; i < STATE_COUNT; i++)
		h->states[i] = -1;
	h->opens = h->passive_opens = h->retransmits = h->headroom = NAN;
	h->sample_seconds = h->sample_cpu = NAN;
	return f;
}

void tui_frame_free(struct tui_frame *f)
{
	if (!f)
		return;
	tui_report_drop(f->body);
	tui_report_drop(f->check);
	arena_free(&f->arena);
	free(f);
}
