// SPDX-License-Identifier: MIT
#include "tui/shown.h"

#include <string.h>

#include "base/map.h"
#include "base/num.h"

/** Children that a cell shows; the rest is counted. The details have them all. */
#define CHILDREN_SHOWN 8

static void add_number(double v, bool whole, enum unit unit, struct str *out)
{
	char buf[32];

	if (unit == UNIT_SECONDS)
		str_add(out, num_duration(v, buf, sizeof(buf)));
	else if (unit == UNIT_RATIO)
		str_addf(out, "%.1f%%", 100 * v);
	else if (unit == UNIT_BYTES && whole && v >= 0)
		str_add(out, num_human((uint64_t)v, buf, sizeof(buf)));
	else
		str_addf(out, whole && unit != UNIT_RATE ? "%.0f" : "%.1f", v);
}

bool shown_comma(const struct value *v, size_t i, struct str *out)
{
	if (i == CHILDREN_SHOWN && v->children.count > CHILDREN_SHOWN + 1) {
		str_addf(out, ",+%zu", v->children.count - i);
		return false;
	}
	if (i)
		str_addc(out, ',');
	return true;
}

/** An array's elements or an object's members, joined with commas. */
static void add_children(const struct value *v, enum unit unit, struct str *out)
{
	size_t i = 0;

	if (!v->children.first)
		str_addc(out, '-');
	for (const struct value *e = v->children.first; e && shown_comma(v, i, out); e = e->next) {
		i++;
		if (v->kind == VALUE_OBJECT)
			str_addf(out, "%s=", e->key);
		shown_text(e, unit, out);
	}
}

void shown_text(const struct value *v, enum unit unit, struct str *out)
{
	switch (v ? v->kind : VALUE_NULL) {
	case VALUE_NULL:
		str_addc(out, '-');
		break;
	case VALUE_BOOL:
		str_add(out, v->boolean ? "yes" : "no");
		break;
	case VALUE_INT:
		if (unit == UNIT_NONE || unit == UNIT_COUNT)
			str_addi(out, v->integer);
		else
			add_number((double)v->integer, true, unit, out);
		break;
	case VALUE_REAL:
		add_number(v->real, false, unit, out);
		break;
	case VALUE_TEXT:
		str_add(out, *v->text ? v->text : "-");
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		add_children(v, unit, out);
		break;
	}
}

static double any_number(const struct value *v)
{
	return v->kind == VALUE_INT ? (double)v->integer : v->kind == VALUE_REAL ? v->real : 0;
}

void shown_spark(const struct value *array, bool ascii, struct str *out)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char signs[] = " .:-=+*#@";
	double most = 0;

	for (const struct value *e = array->children.first; e; e = e->next)
		most = any_number(e) > most ? any_number(e) : most;
	for (const struct value *e = array->children.first; e; e = e->next) {
		/* Anything above zero is seen. */
		size_t level = any_number(e) > 0 ? 1 + (size_t)(any_number(e) / most * 7.0) : 0;

		if (ascii)
			str_addc(out, signs[level]);
		else
			str_add(out, blocks[level]);
	}
}

/** Numbers stand before text, text before lists, what is unknown last. */
static int rank(const struct value *v)
{
	switch (v ? v->kind : VALUE_NULL) {
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_REAL:
		return 0;
	case VALUE_TEXT:
		return 1;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return 2;
	default:
		return 3;
	}
}

static double number(const struct value *v)
{
	return v->kind == VALUE_INT ? (double)v->integer : v->kind == VALUE_REAL ? v->real : v->boolean;
}

static int compare_known(const struct value *a, const struct value *b)
{
	int ra = rank(a), rb = rank(b);

	if (ra != rb)
		return (ra > rb) - (ra < rb);
	if (a->kind == VALUE_INT && b->kind == VALUE_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (ra == 0)
		return (number(a) > number(b)) - (number(a) < number(b));
	if (ra == 1)
		return strcmp(a->text, b->text);
	return (a->children.count > b->children.count) - (a->children.count < b->children.count);
}

int shown_compare(const struct value *a, const struct value *b, bool reverse)
{
	bool no_a = rank(a) == 3, no_b = rank(b) == 3;
	int order;

	if (no_a || no_b)
		return no_a - no_b;
	order = compare_known(a, b);
	return reverse ? -order : order;
}

uint64_t shown_hash(const struct value *v)
{
	uint64_t h = 0;

	switch (v ? v->kind : VALUE_NULL) {
	case VALUE_NULL:
		return 1;
	case VALUE_BOOL:
		return 2 + v->boolean;
	case VALUE_INT:
		return hash_bytes(&v->integer, sizeof(v->integer));
	case VALUE_REAL:
		return hash_bytes(&v->real, sizeof(v->real));
	case VALUE_TEXT:
		return hash_bytes(v->text, strlen(v->text));
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		for (const struct value *e = v->children.first; e; e = e->next)
			h = h * 31 + shown_hash(e);
		break;
	}
	return h;
}

enum role shown_verdict(const char *word)
{
	static const struct {
		const char *word;
		enum role role;
	} words[] = {
		{ "ok", ROLE_OK },
		{ "info", ROLE_INFO },
		{ "pool", ROLE_OK },
		{ "recent", ROLE_OK },
		{ "warning", ROLE_WARNING },
		{ "stuck-reader", ROLE_WARNING },
		{ "stuck-accept", ROLE_WARNING },
		{ "leak", ROLE_CRITICAL },
		{ "critical", ROLE_CRITICAL },
		{ "exhausted", ROLE_CRITICAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(words[i].word, word))
			return words[i].role;
	}
	return ROLE_PLAIN;
}
