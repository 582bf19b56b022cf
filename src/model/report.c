// SPDX-License-Identifier: MIT
#include "model/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/** Room for a note that may change, so that a run with any number of samples needs no more. */
#define NOTE_ROOM 256

/** A copy of TEXT that can be overwritten with up to NOTE_ROOM bytes. */
static char *keep_note(struct notes *n, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(arena_alloc(&n->arena, size < NOTE_ROOM ? NOTE_ROOM : size), text, size);
}

static void add_note(struct notes *n, const char *about, const char *text)
{
	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 8;
		n->text = xreallocarray(n->text, n->cap, sizeof(*n->text));
		n->about = xreallocarray(n->about, n->cap, sizeof(*n->about));
	}
	n->about[n->count] = about;
	n->text[n->count++] = about ? keep_note(n, text) : arena_strdup(&n->arena, text);
}

void notes_add(struct notes *n, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;
	size_t i = 0;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	while (i < n->count && strcmp(n->text[i], str_text(&text)) != 0)
		i++;
	if (i == n->count)
		add_note(n, NULL, str_text(&text));
	str_free(&text);
}

void notes_set(struct notes *n, const char *about, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;
	size_t i = 0;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	while (i < n->count && (!n->about[i] || strcmp(n->about[i], about) != 0))
		i++;
	if (i == n->count)
		add_note(n, about, str_text(&text));
	else if (text.len < NOTE_ROOM)
		memcpy((char *)n->text[i], str_text(&text), text.len + 1);
	else
		n->text[i] = keep_note(n, str_text(&text));
	str_free(&text);
}

void notes_free(struct notes *n)
{
	free(n->text);
	free(n->about);
	arena_free(&n->arena);
	*n = (struct notes){ 0 };
}

static struct value *new_value(struct arena *a, enum value_kind kind)
{
	struct value *v = arena_alloc(a, sizeof(*v));

	v->kind = kind;
	return v;
}

void value_link(struct value *to, const char *key, struct value *child)
{
	child->key = key;
	if (to->children.last)
		to->children.last->next = child;
	else
		to->children.first = child;
	to->children.last = child;
	to->children.count++;
}

static struct value *add(struct arena *a, struct value *to, const char *key, enum value_kind kind)
{
	struct value *v = new_value(a, kind);

	value_link(to, key, v);
	return v;
}

struct value *value_object(struct arena *a)
{
	return new_value(a, VALUE_OBJECT);
}

struct value *value_array(struct arena *a)
{
	return new_value(a, VALUE_ARRAY);
}

struct value *value_add_int(struct arena *a, struct value *to, const char *key, int64_t v)
{
	struct value *child = add(a, to, key, VALUE_INT);

	child->integer = v;
	return child;
}

struct value *value_add_fact(struct arena *a, struct value *to, const char *key, int64_t v)
{
	return v == INT64_MIN ? value_add_null(a, to, key) : value_add_int(a, to, key, v);
}

struct value *value_add_real(struct arena *a, struct value *to, const char *key, double v)
{
	struct value *child;

	if (!isfinite(v))
		return value_add_null(a, to, key);
	child = add(a, to, key, VALUE_REAL);
	child->real = v;
	return child;
}

struct value *value_add_bool(struct arena *a, struct value *to, const char *key, bool v)
{
	struct value *child = add(a, to, key, VALUE_BOOL);

	child->boolean = v;
	return child;
}

struct value *value_add_text(struct arena *a, struct value *to, const char *key, const char *v)
{
	struct value *child;

	if (!v || !*v)
		return value_add_null(a, to, key);
	child = add(a, to, key, VALUE_TEXT);
	child->text = arena_strdup(a, v);
	return child;
}

struct value *value_add_null(struct arena *a, struct value *to, const char *key)
{
	return add(a, to, key, VALUE_NULL);
}

struct value *value_add_object(struct arena *a, struct value *to, const char *key)
{
	return add(a, to, key, VALUE_OBJECT);
}

struct value *value_add_array(struct arena *a, struct value *to, const char *key)
{
	return add(a, to, key, VALUE_ARRAY);
}

struct value *value_copy(struct arena *a, const struct value *v)
{
	struct value *copy = arena_alloc(a, sizeof(*copy));

	*copy = *v;
	copy->key = NULL;
	copy->next = NULL;
	if (v->kind == VALUE_TEXT)
		copy->text = arena_strdup(a, v->text);
	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
		return copy;
	copy->children.first = copy->children.last = NULL;
	copy->children.count = 0;
	for (const struct value *c = v->children.first; c; c = c->next)
		value_link(copy, c->key ? arena_strdup(a, c->key) : NULL, value_copy(a, c));
	return copy;
}

/** Member of OBJECT whose name is the N bytes at KEY. */
static struct value *get_n(const struct value *object, const char *key, size_t n)
{
	if (object->kind != VALUE_OBJECT)
		return NULL;
	for (struct value *v = object->children.first; v; v = v->next) {
		if (strlen(v->key) == n && memcmp(v->key, key, n) == 0)
			return v;
	}
	return NULL;
}

struct value *value_get(const struct value *object, const char *key)
{
	return get_n(object, key, strlen(key));
}

struct value *value_at(const struct value *object, const char *path)
{
	struct value *v = (struct value *)object;

	while (v && *path) {
		size_t n = strcspn(path, ".");

		v = get_n(v, path, n);
		path += n + (path[n] == '.');
	}
	return v;
}

struct value *value_index(const struct value *array, size_t i)
{
	struct value *v = array->kind == VALUE_ARRAY ? array->children.first : NULL;

	for (; v && i; i--)
		v = v->next;
	return v;
}

int64_t value_int(const struct value *object, const char *key, int64_t fallback)
{
	const struct value *v = value_get(object, key);

	return v && v->kind == VALUE_INT ? v->integer : fallback;
}
