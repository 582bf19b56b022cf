// SPDX-License-Identifier: MIT
#include "model/owners.h"

#include <stdlib.h>

void owners_init(struct owners *o)
{
	*o = (struct owners){
		.processes = VEC_OF(struct process),
		.holders = VEC_OF(struct holder),
		.sockets = MAP_OF(uint64_t, struct owners_range),
	};
}

const struct holder *owners_of(const struct owners *o, uint64_t inode, size_t *count)
{
	const struct owners_range *range = inode ? map_get(&o->sockets, &inode) : NULL;

	*count = range ? range->count : 0;
	return *count ? &VEC_AT(&o->holders, const struct holder, range->first) : NULL;
}

const struct process *owners_process(const struct owners *o, const struct holder *h)
{
	return &VEC_AT(&o->processes, const struct process, h->process);
}

static int compare_pid(const void *key, const void *element)
{
	pid_t pid = *(const pid_t *)key;
	const struct process *p = element;

	return (pid > p->pid) - (pid < p->pid);
}

const struct process *owners_by_pid(const struct owners *o, pid_t pid)
{
	if (!o->processes.len)
		return NULL;
	return bsearch(&pid, o->processes.data, o->processes.len, sizeof(struct process),
		       compare_pid);
}

void owners_free(struct owners *o)
{
	vec_free(&o->processes);
	vec_free(&o->holders);
	map_free(&o->sockets);
	arena_free(&o->arena);
	o->seen = o->unreadable = o->in_flight = 0;
	o->searched = o->in_flight_searched = o->hidden = false;
}
