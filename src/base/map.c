// SPDX-License-Identifier: MIT
#include "base/map.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/** Room is doubled when more than 3/4 of the slots are in use. */
#define MIN_CAP 16

static uint64_t seed(void)
{
	static uint64_t value;

	/* Racing threads may both set it before any map exists only if no map was made yet; the
	 * main thread makes one first. 0 marks "not yet". */
	if (!value) {
		uint64_t v = 0;

		if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != (ssize_t)sizeof(v))
			v = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u;
		value = v | 1;
	}
	return value;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

uint64_t hash_bytes(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = seed() ^ (n * 0xa0761d6478bd642fu), w;

	for (; n >= 8; n -= 8, s += 8) {
		memcpy(&w, s, 8);
		h = mix(h ^ w, 0xe7037ed1a0b428dbu);
	}
	w = 0;
	memcpy(&w, s, n);
	return mix(h ^ w, 0x8ebc6af09c88c6e3u ^ seed());
}

struct map map_make(size_t key_size, size_t value_size)
{
	const size_t align = alignof(uint64_t);
	struct map m = { .key_size = key_size, .value_size = value_size };

	seed();
	m.value_at = (key_size + align - 1) & ~(align - 1);
	m.stride = (m.value_at + value_size + align - 1) & ~(align - 1);
	return m;
}

/** The slot of KEY, or the free slot where it belongs. The map is never full. */
static size_t find(const struct map *m, const void *key)
{
	size_t i = hash_bytes(key, m->key_size) & (m->cap - 1);

	while (m->used[i] && memcmp(m->slots + i * m->stride, key, m->key_size) != 0)
		i = (i + 1) & (m->cap - 1);
	return i;
}

static void grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap ? old.cap * 2 : MIN_CAP;
	m->slots = xcalloc(m->cap, m->stride);
	m->used = xcalloc(m->cap, 1);
	for (size_t i = 0; i < old.cap; i++) {
		const unsigned char *slot = old.slots + i * m->stride;
		size_t to;

		if (!old.used[i])
			continue;
		to = find(m, slot);
		memcpy(m->slots + to * m->stride, slot, m->stride);
		m->used[to] = 1;
	}
	free(old.slots);
	free(old.used);
}

void *map_put(struct map *m, const void *key, bool *is_new)
{
	size_t i;

	if (m->len + 1 > m->cap / 4 * 3)
		grow(m);
	i = find(m, key);
	if (is_new)
		*is_new = !m->used[i];
	if (!m->used[i]) {
		m->used[i] = 1;
		m->len++;
		memcpy(m->slots + i * m->stride, key, m->key_size);
		memset(m->slots + i * m->stride + m->value_at, 0, m->value_size);
	}
	return m->slots + i * m->stride + m->value_at;
}

void *map_get(const struct map *m, const void *key)
{
	size_t i;

	if (!m->cap)
		return NULL;
	i = find(m, key);
	return m->used[i] ? m->slots + i * m->stride + m->value_at : NULL;
}

bool map_next(const struct map *m, size_t *iter, const void **key, void **value)
{
	while (*iter < m->cap) {
		size_t i = (*iter)++;

		if (!m->used[i])
			continue;
		if (key)
			*key = m->slots + i * m->stride;
		if (value)
			*value = m->slots + i * m->stride + m->value_at;
		return true;
	}
	return false;
}

void map_reset(struct map *m)
{
	if (m->cap)
		memset(m->used, 0, m->cap);
	m->len = 0;
}

void map_free(struct map *m)
{
	free(m->slots);
	free(m->used);
	m->slots = m->used = NULL;
	m->len = m->cap = 0;
}

struct strmap_entry {
	struct strmap_entry *next;
	const char *key;
	uint64_t hash;
	alignas(max_align_t) unsigned char value[];
};

struct strmap strmap_make(size_t value_size)
{
	seed();
	return (struct strmap){ .value_size = value_size };
}

static void strmap_grow(struct strmap *m)
{
	size_t cap = m->cap ? m->cap * 2 : MIN_CAP;
	struct strmap_entry **chains = xcalloc(cap, sizeof(*chains));

	for (size_t i = 0; i < m->cap; i++) {
		struct strmap_entry *e = m->chains[i], *next;

		for (; e; e = next) {
			next = e->next;
			e->next = chains[e->hash & (cap - 1)];
			chains[e->hash & (cap - 1)] = e;
		}
	}
	free(m->chains);
	m->chains = chains;
	m->cap = cap;
}

void *strmap_get(const struct strmap *m, const char *key)
{
	uint64_t hash = hash_bytes(key, strlen(key));
	struct strmap_entry *e = m->cap ? m->chains[hash & (m->cap - 1)] : NULL;

	while (e && (e->hash != hash || strcmp(e->key, key) != 0))
		e = e->next;
	return e ? e->value : NULL;
}

void *strmap_put(struct strmap *m, const char *key, bool *is_new)
{
	void *value = strmap_get(m, key);
	struct strmap_entry *e;

	if (is_new)
		*is_new = !value;
	if (value)
		return value;
	if (m->len >= m->cap)
		strmap_grow(m);
	e = arena_alloc(&m->arena, sizeof(*e) + m->value_size);
	e->key = arena_strdup(&m->arena, key);
	e->hash = hash_bytes(key, strlen(key));
	e->next = m->chains[e->hash & (m->cap - 1)];
	m->chains[e->hash & (m->cap - 1)] = e;
	m->len++;
	return e->value;
}

void strmap_free(struct strmap *m)
{
	free(m->chains);
	arena_free(&m->arena);
	m->chains = NULL;
	m->cap = m->len = 0;
}
