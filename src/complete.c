// SPDX-License-Identifier: MIT
#include "complete.h"

#include <dirent.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/group.h"
#include "base/escape.h"
#include "model/column.h"
#include "model/filter.h"
#include "model/topic.h"
#include "options.h"
#include "output.h"
#include "tui/tui.h"

/** Behind the name of a list: with what each word means, after a tab. */
#define DESCRIBED "-described"

/** A list being made. */
struct words {
	struct str out;
	bool describe;
	/** What stood behind the list's name, and the command that it names; NULL for none. */
	const char *argument;
	const struct command *about;
};

static void add(struct words *w, const char *word, const char *meaning)
{
	str_add(&w->out, word);
	if (w->describe && meaning)
		str_addf(&w->out, "\t%s", meaning);
	str_addc(&w->out, '\n');
}

/** Commands, without the hidden ones. */
static void add_commands(struct words *w)
{
	const char *name;

	for (size_t i = 0; (name = command_name(NULL, i)); i++)
		add(w, name, command_find(name)->answers);
}

/** True where the command, or any of those that people see where there is none, takes O. */
static bool is_taken(const struct option_row *o, const struct command *about)
{
	const char *name;

	for (size_t i = 0; !about && (name = command_name(NULL, i)); i++) {
		if (option_applies(o, command_find(name)->id))
			return true;
	}
	return about && option_applies(o, about->id);
}

/** Long options, with '=' where they take an argument. */
static void add_options(struct words *w)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *o = &option_table[i];
		struct str word = { 0 };

		if (!is_taken(o, w->about))
			continue;
		str_addf(&word, "--%s%s", o->name,
			 o->kind == OPTION_FLAG || o->kind == OPTION_MAYBE_SECONDS ? "" : "=");
		add(w, word.s, o->help);
		str_free(&word);
	}
}

/** What an option with a choice takes. */
static void add_choices(struct words *w)
{
	for (size_t i = 0; w->argument && i < option_count; i++) {
		const struct option_row *o = &option_table[i];

		if (o->kind != OPTION_CHOICE || strcmp(o->name, w->argument) != 0)
			continue;
		for (size_t k = 0; o->choices[k]; k++)
			add(w, o->choices[k], NULL);
	}
}

static void add_columns(struct words *w)
{
	const struct command *c = w->about;
	const struct analysis *a = c ? analysis_find(c->name) : NULL;

	for (size_t i = 0; c && c->id == CMD_LIST && i < column_count; i++)
		add(w, column_table[i].heading, column_table[i].help);
	for (const struct view *v = a ? a->views : NULL; v && v->name; v++) {
		for (const struct view_column *k = v->columns; k && k->path; k++)
			add(w, k->heading, k->help);
	}
}

static void add_states(struct words *w)
{
	uint32_t set;

	for (int s = 0; s < STATE_COUNT; s++)
		add(w, state_table[s].name, state_table[s].meaning);
	for (unsigned i = 0; state_group(i, &set); i++)
		add(w, state_group(i, &set), "a group of states");
}

/** Words that begin a condition of a filter, and those that join conditions. */
static void add_filter(struct words *w)
{
	static const char *const joints[] = { "and", "or", "not" };
	const char *word, *help;

	for (size_t i = 0; (word = filter_keyword(i, &help)); i++)
		add(w, word, help);
	for (size_t i = 0; i < ARRAY_LEN(joints); i++)
		add(w, joints[i], NULL);
}

static void add_topics(struct words *w)
{
	for (size_t i = 0; topic_at(i); i++)
		add(w, topic_at(i)->name, topic_at(i)->title);
}

static void add_by(struct words *w)
{
	for (size_t i = 0; group_key_name(i); i++)
		add(w, group_key_name(i), NULL);
}

static void add_views(struct words *w)
{
	for (size_t i = 0; tui_views[i].name; i++)
		add(w, tui_views[i].name, tui_views[i].help);
}

/** The live view's keys, those of one row together: for the manual's sake. */
static void add_keys(struct words *w)
{
	struct str names = { 0 };
	const char *help;

	for (size_t i = 0; tui_key(i, &names, &help); i++) {
		add(w, str_text(&names), help);
		str_reset(&names);
	}
	str_free(&names);
}

/** Named namespaces, and "all". */
static void add_namespaces(struct words *w)
{
	DIR *dir = opendir("/run/netns");
	const struct dirent *e;

	add(w, "all", "every one reachable from here");
	while (dir && (e = readdir(dir))) {
		struct str name = { 0 };

		if (e->d_name[0] == '.')
			continue;
		escape_text(&name, e->d_name, strlen(e->d_name), false);
		add(w, str_text(&name), NULL);
		str_free(&name);
	}
	if (dir)
		closedir(dir);
}

/** What can be asked for. */
static const struct {
	const char *what;
	void (*add)(struct words *w);
} lists[] = {
	{ "commands", add_commands }, { "options", add_options }, { "choices", add_choices },
	{ "columns", add_columns },   { "sort", add_columns },	  { "states", add_states },
	{ "filter", add_filter },     { "topics", add_topics },	  { "by", add_by },
	{ "views", add_views },	      { "keys", add_keys },	  { "netns", add_namespaces },
};

int complete_run(const struct command *cmd, const struct options *opt)
{
	const char *what = opt->args[0];
	size_t n = strlen(what), tail = strlen(DESCRIBED);
	struct words w = { .argument = opt->arg_count > 1 ? opt->args[1] : NULL };

	if (n > tail && strcmp(what + n - tail, DESCRIBED) == 0) {
		w.describe = true;
		n -= tail;
	}
	if (w.argument)
		w.about = command_find(w.argument);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (strlen(lists[i].what) != n || memcmp(lists[i].what, what, n) != 0)
			continue;
		lists[i].add(&w);
		output_add(&w.out);
		str_free(&w.out);
		return output_end(STATUS_OK);
	}
	complain("%s: unknown list", cmd->name);
	return STATUS_USAGE;
}
