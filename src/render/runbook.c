// SPDX-License-Identifier: MIT
#include "render/runbook.h"

#include <string.h>

#include "base/wrap.h"

/** Cells of a topic's name and of its kind in the list; the unit test holds the tables to them. */
enum { NAME_CELLS = 23, KIND_CELLS = 7, INDENT = 2 };

static void list_row(const char *name, const char *kind, const char *title, struct str *out)
{
	str_addf(out, "%-*s  %-*s  %s\n", NAME_CELLS, name, KIND_CELLS, kind, title);
}

void runbook_list(bool header, struct str *out)
{
	const struct topic *row;

	if (header)
		list_row("TOPIC", "KIND", "TITLE", out);
	for (size_t i = 0; (row = topic_at(i)); i++)
		list_row(row->name, topic_kind_name(row->kind), row->title, out);
}

static void add_part(const struct topic_part *part, size_t width, struct str *out)
{
	size_t at = INDENT;

	str_add(out, "\n  ");
	if (part->label) {
		str_addf(out, "%s: ", part->label);
		at += strlen(part->label) + 2;
	}
	wrap_add(out, part->text, at, INDENT, width);
	str_addc(out, '\n');
}

static void add_cheats(struct str *out)
{
	for (const struct cheat *row = topic_cheats; row->question; row++)
		str_addf(out, "\n  %s\n    old  %s\n    new  %s\n", row->question, row->old, row->now);
}

/** The pointers, those to other topics written as the command that shows them. */
static void add_see(const struct topic *topic, struct str *out)
{
	str_add(out, "\n");
	for (size_t i = 0; i < TOPIC_SEE && topic->see[i]; i++) {
		const char *see = topic->see[i];
		bool command = strncmp(see, "tcptriage", strlen("tcptriage")) == 0;

		str_addf(out, "  %s %s%s\n", i ? "    " : "See:",
			 command ? "" : "tcptriage explain ", see);
	}
}

void runbook_topic(const struct topic *topic, size_t width, struct str *out)
{
	str_addf(out, "%s: %s\n", topic->name, topic->title);
	for (size_t i = 0; i < TOPIC_PARTS && topic->parts[i].text; i++)
		add_part(&topic->parts[i], width, out);
	if (strcmp(topic->name, "cheatsheet") == 0)
		add_cheats(out);
	if (topic->see[0])
		add_see(topic, out);
}
