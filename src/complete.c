// SPDX-License-Identifier: MIT
#include "complete.h"

#include <dirent.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/group.h"
#include "base/escape.h"
#include "model/column.h"
#include "model/topic.h"
#include "options.h"
#include "output.h"

/** Commands, without the hidden ones. */
static void add_commands(const struct command *about, struct str *out)
{
	(void)about;
	for (size_t i = 0; command_name(NULL, i); i++)
		str_addf(out, "%s\n", command_name(NULL, i));
}

/** Long options, with '=' where they take an argument. */
static void add_options(const struct command *about, struct str *out)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *o = &option_table[i];

		if (about && !option_applies(o, about->id))
			continue;
		str_addf(out, "--%s%s\n", o->name,
			 o->kind == OPTION_FLAG || o->kind == OPTION_MAYBE_SECONDS ? "" : "=");
	}
}

static void add_columns(const struct command *about, struct str *out)
{
	const struct analysis *a = about ? analysis_find(about->name) : NULL;

	for (size_t i = 0; about && about->id == CMD_LIST && i < column_count; i++)
		str_addf(out, "%s\n", column_table[i].heading);
	for (const struct view *v = a ? a->views : NULL; v && v->name; v++) {
		for (const struct view_column *c = v->columns; c && c->path; c++)
			str_addf(out, "%s\n", c->heading);
	}
}

static void add_states(const struct command *about, struct str *out)
{
	uint32_t set;

	(void)about;
	for (int s = 0; s < STATE_COUNT; s++)
		str_addf(out, "%s\n", state_table[s].name);
	for (unsigned i = 0; state_group(i, &set); i++)
		str_addf(out, "%s\n", state_group(i, &set));
}

static void add_topics(const struct command *about, struct str *out)
{
	(void)about;
	for (size_t i = 0; topic_at(i); i++)
		str_addf(out, "%s\n", topic_at(i)->name);
}

static void add_by(const struct command *about, struct str *out)
{
	(void)about;
	for (size_t i = 0; group_key_name(i); i++)
		str_addf(out, "%s\n", group_key_name(i));
}

/** Named namespaces, and "all". */
static void add_namespaces(const struct command *about, struct str *out)
{
	DIR *dir = opendir("/run/netns");
	const struct dirent *e;

	(void)about;
	str_add(out, "all\n");
	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		escape_text(out, e->d_name, strlen(e->d_name), false);
		str_addc(out, '\n');
	}
	if (dir)
		closedir(dir);
}

/** What can be asked for. */
static const struct {
	const char *what;
	void (*add)(const struct command *about, struct str *out);
} words[] = {
	{ "commands", add_commands }, { "options", add_options }, { "columns", add_columns },
	{ "sort", add_columns },      { "states", add_states },	  { "topics", add_topics },
	{ "by", add_by },	      { "netns", add_namespaces },
};

int complete_run(const struct command *cmd, const struct options *opt)
{
	const struct command *about = NULL;
	struct str out = { 0 };

	if (opt->arg_count > 1)
		about = command_find(opt->args[1]);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].what, opt->args[0]) != 0)
			continue;
		words[i].add(about, &out);
		output_add(&out);
		str_free(&out);
		return output_end(STATUS_OK);
	}
	complain("%s: unknown list", cmd->name);
	return STATUS_USAGE;
}
