// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "render/render.h"

void json_add_real(struct str *out, double v)
{
	char buf[64];
	int n;

	if (!isfinite(v) || fabs(v) > 1e15) {
		str_add(out, "null");
		return;
	}
	n = snprintf(buf, sizeof(buf), "%.6f", v);
	while (n > 1 && buf[n - 1] == '0')
		n--;
	if (n > 1 && buf[n - 1] == '.')
		n--;
	if (n == 2 && buf[0] == '-' && buf[1] == '0')
		str_addc(out, '0');
	else
		str_addn(out, buf, (size_t)n);
}

static void add_members(struct str *out, const struct value *v, bool first)
{
	for (const struct value *c = v->children.first; c; c = c->next) {
		if (!first)
			str_addc(out, ',');
		first = false;
		if (v->kind == VALUE_OBJECT) {
			escape_json(out, c->key, strlen(c->key));
			str_addc(out, ':');
		}
		json_add_value(out, c);
	}
}

void json_add_value(struct str *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		str_add(out, "null");
		break;
	case VALUE_BOOL:
		str_add(out, v->boolean ? "true" : "false");
		break;
	case VALUE_INT:
		str_addi(out, v->integer);
		break;
	case VALUE_REAL:
		json_add_real(out, v->real);
		break;
	case VALUE_TEXT:
		escape_json(out, v->text, strlen(v->text));
		break;
	case VALUE_ARRAY:
		str_addc(out, '[');
		add_members(out, v, true);
		str_addc(out, ']');
		break;
	case VALUE_OBJECT:
		str_addc(out, '{');
		add_members(out, v, true);
		str_addc(out, '}');
		break;
	}
}

static void json_report(struct str *out, const struct value *envelope,
			const struct report *report, const struct view *views,
			const struct render_options *opt)
{
	(void)views;
	(void)opt;
	str_addc(out, '{');
	add_members(out, envelope, true);
	add_members(out, report->root, envelope->children.count == 0);
	str_add(out, "}\n");
}

const struct renderer json_renderer = { "json", json_report };
