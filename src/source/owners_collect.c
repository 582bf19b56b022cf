// SPDX-License-Identifier: MIT
#include "source/owners_collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct find *finds_of(const struct visit *v, const struct worker *workers)
{
	return &VEC_AT(&workers[v->worker].finds, const struct find, v->find_first);
}

/** A process that went away while it was visited holds nothing any more. */
static bool counts(const struct visit *v)
{
	return v->find_count && v->result != -ENOENT;
}

/** The visits of one process: from FIRST up to where its pid ends. */
static size_t group_end(const struct vec *visits, size_t first)
{
	pid_t pid = VEC_AT(visits, struct visit, first).pid;
	size_t i = first + 1;

	while (i < visits->len && VEC_AT(visits, struct visit, i).pid == pid)
		i++;
	return i;
}

/** The process behind the visits FIRST..END, or NULL where they found nothing. Pieces of a large
 *  table are visited one by one: where the pid was given to another process in between, the younger
 *  one is meant, since the sockets of the older one are closed. */
static const struct process *group_process(const struct vec *visits, size_t first, size_t end)
{
	const struct process *best = NULL;

	for (size_t i = first; i < end; i++) {
		const struct visit *v = &VEC_AT(visits, const struct visit, i);

		if (counts(v) && (!best || v->process.start > best->start))
			best = &v->process;
	}
	return best;
}

static void add_processes(const struct vec *visits, struct owners *out)
{
	for (size_t i = 0, end; i < visits->len; i = end) {
		const struct process *p;

		end = group_end(visits, i);
		p = group_process(visits, i, end);
		if (p)
			vec_add(&out->processes, p);
	}
}

/** Calls EACH for every find of VISITS with the index of its process. */
static void each_find(const struct vec *visits, const struct worker *workers, struct owners *out,
		      void (*each)(struct owners *out, const struct find *f, uint32_t process))
{
	uint32_t process = 0;

	for (size_t i = 0; i < visits->len; i++) {
		const struct visit *v = &VEC_AT(visits, const struct visit, i);
		const struct process *p;

		if (!counts(v))
			continue;
		while (VEC_AT(&out->processes, struct process, process).pid != v->pid)
			process++;
		p = &VEC_AT(&out->processes, const struct process, process);
		/* 0: it could not be read. */
		if (p->start && v->process.start && p->start != v->process.start)
			continue;
		for (size_t k = 0; k < v->find_count; k++)
			each(out, finds_of(v, workers) + k, process);
	}
}

static void count_find(struct owners *out, const struct find *f, uint32_t process)
{
	struct owners_range *range = map_put(&out->sockets, &f->inode, NULL);

	(void)process;
	range->count++;
}

static void place_find(struct owners *out, const struct find *f, uint32_t process)
{
	struct owners_range *range = map_get(&out->sockets, &f->inode);
	struct holder *h = &VEC_AT(&out->holders, struct holder, range->first + range->count++);

	*h = (struct holder){ .process = process, .fd = f->fd, .tid = f->tid, .kind = f->kind };
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->process != y->process)
		return (x->process > y->process) - (x->process < y->process);
	if (x->fd != y->fd)
		return (x->fd > y->fd) - (x->fd < y->fd);
	if (x->tid != y->tid)
		return (x->tid > y->tid) - (x->tid < y->tid);
	return (x->kind > y->kind) - (x->kind < y->kind);
}

/** Orders the holders of a socket and drops repeats: a ring may have a file registered twice. */
static void order_holders(struct owners *out, struct owners_range *range)
{
	struct holder *h = &VEC_AT(&out->holders, struct holder, range->first);
	uint32_t kept = 1;

	if (range->count < 2)
		return;
	qsort(h, range->count, sizeof(*h), compare_holders);
	for (uint32_t i = 1; i < range->count; i++)
		if (compare_holders(&h[i], &h[kept - 1]) != 0)
			h[kept++] = h[i];
	range->count = kept;
}

void owners_collect(const struct vec *visits, struct worker *workers, unsigned count,
		    struct owners *out)
{
	uint32_t first = 0;
	size_t iter = 0;
	void *value;

	for (unsigned i = 0; i < count; i++)
		arena_absorb(&out->arena, &workers[i].arena);
	add_processes(visits, out);
	each_find(visits, workers, out, count_find);
	while (map_next(&out->sockets, &iter, NULL, &value)) {
		struct owners_range *range = value;
		uint32_t n = range->count;

		*range = (struct owners_range){ .first = first, .count = 0 };
		first += n;
	}
	out->holders.data = xcalloc(first, sizeof(struct holder));
	out->holders.len = out->holders.cap = first;
	each_find(visits, workers, out, place_find);
	for (iter = 0; map_next(&out->sockets, &iter, NULL, &value);)
		order_holders(out, value);
}

uint64_t owners_count_flight(const struct vec *visits, const struct worker *workers)
{
	struct map seen = map_make(sizeof(uint64_t), 0);
	uint64_t files = 0;

	for (size_t i = 0; i < visits->len; i++) {
		const struct visit *v = &VEC_AT(visits, const struct visit, i);

		for (size_t k = 0; counts(v) && k < v->find_count; k++) {
			const struct find *f = finds_of(v, workers) + k;
			bool is_new;

			map_put(&seen, &f->inode, &is_new);
			if (is_new)
				files += f->files;
		}
	}
	map_free(&seen);
	return files;
}
