// SPDX-License-Identifier: MIT
#include "base/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

/** Room is doubled when more than 3/4 of the slots are in use. */
#define MIN_CAP 16

static const char *object(const struct vec *v, uint32_t slot)
{
	return (const char *)v->data + (slot - 1) * v->size;
}

/** The slot of KEY, or the free one where it belongs. The table is never full. */
static size_t find(const struct index *x, const struct vec *v, const void *key)
{
	size_t i = hash_bytes(key, x->key_size) & (x->cap - 1);

	while (x->slots[i] && memcmp(object(v, x->slots[i]), key, x->key_size) != 0)
		i = (i + 1) & (x->cap - 1);
	return i;
}

static void grow(struct index *x, const struct vec *v)
{
	x->cap = x->cap ? x->cap * 2 : MIN_CAP;
	free(x->slots);
	x->slots = xcalloc(x->cap, sizeof(*x->slots));
	for (uint32_t slot = 1; slot <= v->len; slot++)
		x->slots[find(x, v, object(v, slot))] = slot;
}

void *index_get(const struct index *x, const struct vec *v, const void *key)
{
	size_t i;

	if (!x->cap)
		return NULL;
	i = find(x, v, key);
	return x->slots[i] ? (char *)v->data + (x->slots[i] - 1) * v->size : NULL;
}

void *index_push(struct index *x, struct vec *v, const void *key)
{
	void *p;

	if (4 * (v->len + 1) > 3 * x->cap)
		grow(x, v);
	p = vec_push(v);
	memcpy(p, key, x->key_size);
	x->slots[find(x, v, key)] = (uint32_t)v->len;
	return p;
}

void index_reset(struct index *x)
{
	if (x->cap)
		memset(x->slots, 0, x->cap * sizeof(*x->slots));
}

void index_free(struct index *x)
{
	free(x->slots);
	x->slots = NULL;
	x->cap = 0;
}
