// SPDX-License-Identifier: MIT
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void vec_reserve(struct vec *v, size_t cap)
{
	if (cap <= v->cap)
		return;
	v->data = xreallocarray(v->data, cap, v->size);
	v->cap = cap;
}

void *vec_push(struct vec *v)
{
	void *p;

	if (v->len == v->cap)
		vec_reserve(v, v->cap ? v->cap * 2 : 8);
	p = (char *)v->data + v->len++ * v->size;
	memset(p, 0, v->size);
	return p;
}

void vec_add(struct vec *v, const void *p)
{
	memcpy(vec_push(v), p, v->size);
}

void vec_reset(struct vec *v)
{
	v->len = 0;
}

void vec_free(struct vec *v)
{
	free(v->data);
	v->data = NULL;
	v->len = v->cap = 0;
}
