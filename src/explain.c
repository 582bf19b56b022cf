// SPDX-License-Identifier: MIT
#include "explain.h"

#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/suggest.h"
#include "model/report.h"
#include "model/topic.h"
#include "output.h"
#include "pipeline.h"
#include "render/render.h"
#include "render/runbook.h"

/** Columns of text in a pipe, and at most on a terminal: longer lines are hard to read. */
enum { PIPE_WIDTH = 80, MIN_WIDTH = 40, MAX_WIDTH = 100 };

/** Name I of the topics, for suggestions. */
static const char *topic_name(void *unused, size_t i)
{
	const struct topic *row = topic_at(i);

	(void)unused;
	return row ? row->name : NULL;
}

/** The members with which every document begins. No host and no source: nothing was read. */
static struct value *envelope(struct arena *a)
{
	struct value *o = value_object(a);
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	value_add_text(a, o, "schema", "tcptriage.explain/1");
	value_add_text(a, o, "version", TCPTRIAGE_VERSION);
	value_add_null(a, o, "host");
	envelope_add_time(a, o, (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
	value_add_null(a, o, "netns");
	value_add_null(a, o, "source");
	value_add_bool(a, o, "complete", true);
	value_add_array(a, o, "notes");
	return o;
}

static void add_head(struct arena *a, struct value *to, const struct topic *row)
{
	struct value *aliases;

	value_add_text(a, to, "name", row->name);
	value_add_text(a, to, "kind", topic_kind_name(row->kind));
	value_add_text(a, to, "title", row->title);
	aliases = value_add_array(a, to, "aliases");
	for (size_t i = 0; i < TOPIC_ALIASES && row->aliases[i]; i++)
		value_add_text(a, aliases, NULL, row->aliases[i]);
}

static void add_cheats(struct arena *a, struct value *to)
{
	struct value *list = value_add_array(a, to, "rows");

	for (const struct cheat *c = topic_cheats; c->question; c++) {
		struct value *o = value_add_object(a, list, NULL);

		value_add_text(a, o, "question", c->question);
		value_add_text(a, o, "old", c->old);
		value_add_text(a, o, "new", c->now);
	}
}

static void add_topic(struct arena *a, struct value *to, const struct topic *row)
{
	struct value *parts, *see;

	add_head(a, to, row);
	parts = value_add_array(a, to, "text");
	for (size_t i = 0; i < TOPIC_PARTS && row->parts[i].text; i++) {
		struct value *o = value_add_object(a, parts, NULL);

		value_add_text(a, o, "label", row->parts[i].label);
		value_add_text(a, o, "text", row->parts[i].text);
	}
	see = value_add_array(a, to, "see");
	for (size_t i = 0; i < TOPIC_SEE && row->see[i]; i++)
		value_add_text(a, see, NULL, row->see[i]);
	if (strcmp(row->name, "cheatsheet") == 0)
		add_cheats(a, to);
}

/** The document: one topic, or the list where ROW is NULL. */
static void explain_json(const struct topic *row, struct str *out)
{
	struct report report = { .complete = true };
	const struct render_options none = { 0 };
	struct arena *a = &report.arena;
	struct value *list;

	report.root = value_object(a);
	if (row) {
		add_topic(a, value_add_object(a, report.root, "topic"), row);
	} else {
		list = value_add_array(a, report.root, "topics");
		for (size_t i = 0; topic_at(i); i++)
			add_head(a, value_add_object(a, list, NULL), topic_at(i));
	}
	json_renderer.report(out, envelope(a), &report, NULL, &none);
	report_end(&report);
}

static void explain_text(const struct topic *row, const struct options *opt, struct str *out)
{
	struct render_options ropt;
	size_t width = PIPE_WIDTH;

	pipeline_render_options(opt, &ropt);
	if (ropt.width)
		width = ropt.width < MIN_WIDTH ? MIN_WIDTH :
			ropt.width > MAX_WIDTH ? MAX_WIDTH :
						 ropt.width;
	if (row)
		runbook_topic(row, width, out);
	else
		runbook_list(!opt->no_header, out);
}

static int unknown_topic(const struct command *cmd, const char *name)
{
	const char *close = suggest(name, topic_name, NULL);
	struct str safe = { 0 };

	escape_text(&safe, name, strlen(name), false);
	complain("%s: no topic '%s'%s%s%s", cmd->name, str_text(&safe),
		 close ? ": did you mean " : " ('tcptriage explain' lists them)", close ? close : "",
		 close ? "?" : "");
	str_free(&safe);
	return STATUS_USAGE;
}

int explain_run(const struct command *cmd, const struct options *opt)
{
	const struct topic *row = NULL;
	struct str text = { 0 };

	for (int i = 0; i < opt->arg_count; i++)
		str_addf(&text, "%s%s", i ? " " : "", opt->args[i]);
	if (opt->arg_count)
		row = topic_find(str_text(&text));
	if (opt->arg_count && !row) {
		int status = unknown_topic(cmd, str_text(&text));

		str_free(&text);
		return status;
	}
	str_reset(&text);
	if (opt->json)
		explain_json(row, &text);
	else
		explain_text(row, opt, &text);
	output_add(&text);
	str_free(&text);
	return output_end(STATUS_OK);
}
