// SPDX-License-Identifier: MIT
#include "analysis/check_tree.h"

#include <string.h>

double tree_number(const struct value *v, const char *path, double fallback)
{
	const struct value *n = value_at(v, path);

	if (n && n->kind == VALUE_INT)
		return (double)n->integer;
	return n && n->kind == VALUE_REAL ? n->real : fallback;
}

const char *tree_text(const struct value *v, const char *path, const char *fallback)
{
	const struct value *t = value_at(v, path);

	return t && t->kind == VALUE_TEXT ? t->text : fallback;
}

bool tree_is(const struct value *v, const char *path, const char *word)
{
	return strcmp(tree_text(v, path, ""), word) == 0;
}

const struct value *tree_first(const struct value *v, const char *path)
{
	const struct value *array = v ? value_at(v, path) : NULL;

	return array && array->kind == VALUE_ARRAY ? array->children.first : NULL;
}

static void copy_member(struct arena *a, struct value *to, const char *key, const struct value *v)
{
	switch (v ? v->kind : VALUE_NULL) {
	case VALUE_BOOL:
		value_add_bool(a, to, key, v->boolean);
		break;
	case VALUE_INT:
		value_add_int(a, to, key, v->integer);
		break;
	case VALUE_REAL:
		value_add_real(a, to, key, v->real);
		break;
	case VALUE_TEXT:
		value_add_text(a, to, key, v->text);
		break;
	default:
		value_add_null(a, to, key);
		break;
	}
}

void tree_copy(struct arena *a, struct value *to, const struct value *v, const char *const *keys)
{
	struct value *copy = value_add_object(a, to, NULL);

	for (; *keys; keys++)
		copy_member(a, copy, *keys, value_get(v, *keys));
}

struct value *tree_array(struct arena *a, struct value *to, const char *key)
{
	struct value *array = value_get(to, key);

	return array ? array : value_add_array(a, to, key);
}

const char *tree_process(struct arena *a, const struct value *v)
{
	double pid = tree_number(v, "pid", -1);

	if (pid < 0)
		return "an unknown process";
	return arena_printf(a, "%s (pid %.0f)", tree_text(v, "process", "?"), pid);
}
