// SPDX-License-Identifier: MIT
#include "source/seen.h"

void seen_init(struct seen *s)
{
	*s = (struct seen){ .place = map_make(sizeof(uint64_t), sizeof(uint32_t)),
			    .order = VEC_OF(uint64_t) };
}

void seen_free(struct seen *s)
{
	map_free(&s->place);
	vec_free(&s->order);
}

void seen_reset(struct seen *s)
{
	map_reset(&s->place);
	vec_reset(&s->order);
	s->next = 0;
}

void seen_rewind(struct seen *s)
{
	s->next = 0;
}

void seen_add(struct seen *s, uint64_t inode)
{
	bool is_new;
	uint32_t *place = map_put(&s->place, &inode, &is_new);

	if (!is_new)
		return;
	*place = (uint32_t)s->order.len;
	vec_add(&s->order, &inode);
}

bool seen_before(struct seen *s, uint64_t inode)
{
	const uint32_t *place;

	if (s->next < s->order.len && VEC_AT(&s->order, uint64_t, s->next) == inode) {
		s->next++;
		return true;
	}
	place = map_get(&s->place, &inode);
	if (place)
		s->next = (size_t)*place + 1;
	return place;
}
