// SPDX-License-Identifier: MIT
/* Single values as text: units, words, sparklines, colours. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/num.h"
#include "render/render.h"

const char *verdict_color(const char *word)
{
	static const struct { const char *word, *color; } colors[] = {
		{ "ok", "\033[32m" }, { "info", "\033[36m" }, { "warning", "\033[33m" },
		{ "critical", "\033[1;31m" }, { "exhausted", "\033[1;31m" },
		{ "leak", "\033[1;31m" }, { "stuck-reader", "\033[33m" },
		{ "stuck-accept", "\033[33m" }, { "pool", "\033[32m" }, { "recent", "\033[32m" },
		{ "OK", "\033[32m" }, { "WARNING", "\033[33m" }, { "CRITICAL", "\033[1;31m" },
	};

	for (size_t i = 0; i < ARRAY_LEN(colors); i++) {
		if (strcmp(word, colors[i].word) == 0)
			return colors[i].color;
	}
	return "";
}

void spark_add(struct str *out, const double *v, size_t count, bool unicode)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = " .:-=+*#@";
	double max = 0;

	for (size_t i = 0; i < count; i++)
		max = v[i] > max ? v[i] : max;
	for (size_t i = 0; i < count; i++) {
		/* Anything above zero is seen. */
		size_t level = v[i] > 0 ? 1 + (size_t)(v[i] / max * 7.0) : 0;

		if (unicode)
			str_add(out, blocks[level]);
		else
			str_addc(out, ascii[level]);
	}
}

void text_add_words(struct str *out, const char *text, const struct render_options *opt,
		    bool blanks)
{
	struct str words = { 0 };

	if (!*text) {
		str_addc(out, '-');
		return;
	}
	escape_text(&words, text, strlen(text), opt->terminal && !opt->unicode);
	for (size_t i = 0; i < words.len; i++) {
		if (words.s[i] == ' ' && !blanks)
			str_add(out, "\\x20");
		else
			str_addc(out, words.s[i]);
	}
	str_free(&words);
}

static void add_number(struct str *out, double v, bool whole, enum unit unit,
		       const struct render_options *opt)
{
	char buf[32];

	if (unit == UNIT_RATIO)
		str_addf(out, "%.1f%%", v * 100);
	else if (unit == UNIT_SECONDS && opt->terminal)
		str_add(out, num_duration(v, buf, sizeof(buf)));
	else if (whole && unit == UNIT_BYTES && opt->terminal && v >= 0)
		str_add(out, num_human((uint64_t)v, buf, sizeof(buf)));
	else
		str_addf(out, "%.*f",
			 whole && unit != UNIT_SECONDS && unit != UNIT_RATE ? 0 : 1, v);
}

static void add_spark(struct str *out, const struct value *v, const struct render_options *opt)
{
	size_t n = 0;
	double *numbers = xcalloc(v->children.count, sizeof(*numbers));

	for (const struct value *c = v->children.first; c; c = c->next) {
		numbers[n++] = c->kind == VALUE_REAL ? c->real :
			       c->kind == VALUE_INT  ? (double)c->integer : 0;
	}
	spark_add(out, numbers, n, opt->unicode);
	free(numbers);
}

/** Members of an array that a cell shows; JSON has them all. */
#define CHILDREN_SHOWN 8

/** What stands in front of child number I of V; false where the rest is only counted. */
static bool add_comma(struct str *out, const struct value *v, size_t i, enum unit unit)
{
	/* What is drawn on a terminal is told in a pipe. */
	if (i == CHILDREN_SHOWN && unit != UNIT_SPARK && v->children.count > CHILDREN_SHOWN + 1) {
		str_addf(out, ",+%zu", v->children.count - i);
		return false;
	}
	if (i)
		str_addc(out, ',');
	return true;
}

static void add_children(struct str *out, const struct value *v, enum unit unit,
			 const struct render_options *opt, bool blanks)
{
	size_t i = 0;

	if (unit == UNIT_SPARK && opt->terminal) {
		add_spark(out, v, opt);
		return;
	}
	if (!v->children.first)
		str_addc(out, '-');
	for (const struct value *c = v->children.first; c && add_comma(out, v, i, unit);
	     c = c->next) {
		i++;
		if (v->kind == VALUE_OBJECT)
			str_addf(out, "%s=", c->key);
		text_add_value(out, c, unit, opt, blanks);
	}
}

/** TEXT as an address and port, as addr_add_endpoint() writes it. */
static bool parse_endpoint(const char *text, struct addr *a, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	uint64_t number;
	char *host;
	bool good;

	if (!colon || num_parse(colon + 1, UINT16_MAX, &number))
		return false;
	host = xstrndup(text, (size_t)(colon - text));
	good = addr_parse(host, a) == 0;
	free(host);
	*port = (uint16_t)number;
	return good;
}

/** Appends the name of V with -r; false where it has none. */
static bool add_name(struct str *out, const struct value *v, enum unit unit,
		     const struct render_names *names)
{
	struct addr a;
	uint16_t port;

	if (unit == UNIT_PORT && v->kind == VALUE_INT)
		return v->integer > 0 && v->integer <= UINT16_MAX &&
		       names->port(out, (uint16_t)v->integer);
	if (v->kind != VALUE_TEXT)
		return false;
	if (unit == UNIT_ENDPOINT)
		return parse_endpoint(v->text, &a, &port) && names->endpoint(out, &a, port);
	return unit == UNIT_ADDRESS && addr_parse(v->text, &a) == 0 && names->address(out, &a);
}

void text_add_value(struct str *out, const struct value *v, enum unit unit,
		    const struct render_options *opt, bool blanks)
{
	if (v && opt->names && add_name(out, v, unit, opt->names))
		return;
	switch (v ? v->kind : VALUE_NULL) {
	case VALUE_NULL:
		str_addc(out, '-');
		break;
	case VALUE_BOOL:
		str_add(out, v->boolean ? "yes" : "no");
		break;
	case VALUE_INT:
		if (unit == UNIT_NONE || unit == UNIT_COUNT || unit == UNIT_PORT)
			str_addi(out, v->integer);
		else
			add_number(out, (double)v->integer, true, unit, opt);
		break;
	case VALUE_REAL:
		add_number(out, v->real, false, unit, opt);
		break;
	case VALUE_TEXT:
		text_add_words(out, v->text, opt, blanks);
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		add_children(out, v, unit, opt, blanks);
		break;
	}
}

/** The other end of a column that may be a span. */
static void add_second(struct str *out, const struct value *row, const struct value *first,
		       const struct view_column *column, const struct render_options *opt)
{
	const struct value *v = column->to ? value_at(row, column->to) : NULL;

	if (!v || !first || v->kind != VALUE_INT || first->kind != VALUE_INT ||
	    v->integer == first->integer)
		return;
	str_add(out, "..");
	text_add_value(out, v, column->unit, opt, false);
}

void text_add_cell(struct str *out, const struct value *row, const struct view_column *column,
		   const struct render_options *opt, bool blanks)
{
	size_t n = strcspn(column->path, ":");
	const char *member = column->path[n] ? column->path + n + 1 : NULL;
	char *path = xstrndup(column->path, n);
	const struct value *v = value_at(row, path);
	size_t i = 0;

	free(path);
	if (!member || !v || v->kind != VALUE_ARRAY || !v->children.first) {
		text_add_value(out, v, column->unit, opt, blanks);
		add_second(out, row, v, column, opt);
		return;
	}
	for (const struct value *c = v->children.first; c && add_comma(out, v, i, UNIT_NONE);
	     c = c->next) {
		i++;
		text_add_value(out, value_at(c, member), column->unit, opt, blanks);
	}
}
