// SPDX-License-Identifier: MIT
#include "model/topic.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model/state.h"

/** The order of the list. */
static const struct topic *const tables[] = {
	topic_states, topic_findings, topic_why,     topic_errnos,
	topic_settings, topic_limits, topic_options, topic_pages,
};

static const char *const kind_names[] = {
	[TOPIC_STATE] = "state",
	[TOPIC_FINDING] = "finding",
	[TOPIC_ERRNO] = "errno",
	[TOPIC_SETTING] = "setting",
	[TOPIC_PAGE] = "page",
};
static_assert(ARRAY_LEN(kind_names) == TOPIC_KIND_COUNT, "a kind was added: name it");

const struct topic *topic_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		for (const struct topic *row = tables[t]; row->name; row++) {
			if (i-- == 0)
				return row;
		}
	}
	return NULL;
}

const char *topic_kind_name(enum topic_kind kind)
{
	return kind_names[kind];
}

/** C as names are compared: without case, with '-', '_' and blank equal. */
static int plain(char c)
{
	return c == '-' || c == ' ' ? '_' : tolower((unsigned char)c);
}

static bool same_name(const char *a, const char *b)
{
	while (*a && *b && plain(*a) == plain(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool is_called(const struct topic *row, const char *name)
{
	if (same_name(row->name, name))
		return true;
	for (size_t i = 0; i < TOPIC_ALIASES && row->aliases[i]; i++) {
		if (same_name(row->aliases[i], name))
			return true;
	}
	return false;
}

/** The topic with this name or alias, the exact spelling first; or NULL. */
static const struct topic *find_called(const char *name)
{
	const struct topic *row;

	for (size_t i = 0; (row = topic_at(i)); i++) {
		if (strcmp(row->name, name) == 0)
			return row;
	}
	for (size_t i = 0; (row = topic_at(i)); i++) {
		if (is_called(row, name))
			return row;
	}
	return NULL;
}

/** The last word of a sysctl's dotted name or path, or NULL where NAME is neither. */
static const char *sysctl_word(const char *name)
{
	const char *last = NULL;

	for (const char *p = name; *p; p++) {
		if (*p == '.' || *p == '/')
			last = p + 1;
	}
	return last;
}

const struct topic *topic_find(const char *name)
{
	const struct topic *row = find_called(name);
	uint32_t states;

	if (row)
		return row;
	states = state_parse(name);
	for (int s = 0; s < STATE_COUNT; s++) {
		if (states == STATE_BIT(s))
			return find_called(state_table[s].name);
	}
	name = sysctl_word(name);
	return name ? find_called(name) : NULL;
}
