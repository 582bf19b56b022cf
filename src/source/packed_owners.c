// SPDX-License-Identifier: MIT
#include "source/packed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/varint.h"
#include "source/packed_text.h"

/* Flags of a search. */
enum {
	SEARCHED = 1 << 0,
	HIDDEN = 1 << 1,
	FLIGHT_SEARCHED = 1 << 2,
};

static void pack_process(struct str *out, const struct process *p)
{
	varint_add(out, zigzag(p->pid));
	varint_add(out, zigzag(p->ppid));
	varint_add(out, p->uid);
	varint_add(out, p->start);
	varint_add(out, zigzag(p->fds_open));
	varint_add(out, zigzag(p->fds_limit));
	packed_add_text(out, p->user);
	packed_add_text(out, p->comm);
	packed_add_text(out, p->cmdline);
	packed_add_text(out, p->cgroup);
}

static int compare_inodes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The keys of SET, inodes, in rising order. */
static struct vec sorted_inodes(const struct map *set)
{
	struct vec inodes = VEC_OF(uint64_t);
	const void *key;

	for (size_t iter = 0; map_next(set, &iter, &key, NULL);)
		vec_add(&inodes, key);
	if (inodes.len > 0)
		qsort(inodes.data, inodes.len, sizeof(uint64_t), compare_inodes);
	return inodes;
}

static void pack_sockets(struct str *out, const struct owners *o)
{
	struct vec inodes = sorted_inodes(&o->sockets);
	uint64_t last = 0;

	varint_add(out, inodes.len);
	for (size_t i = 0; i < inodes.len; i++) {
		uint64_t inode = VEC_AT(&inodes, uint64_t, i);
		size_t count;
		const struct holder *h = owners_of(o, inode, &count);

		varint_add(out, inode - last);
		varint_add(out, count);
		last = inode;
		for (size_t k = 0; k < count; k++) {
			varint_add(out, h[k].process);
			varint_add(out, zigzag(h[k].fd));
			varint_add(out, zigzag(h[k].tid));
			varint_add(out, h[k].kind);
		}
	}
	vec_free(&inodes);
}

void pack_owners(struct str *out, const struct owners *o)
{
	varint_add(out, PACKED_VERSION);
	varint_add(out, o->processes.len);
	for (size_t i = 0; i < o->processes.len; i++)
		pack_process(out, &VEC_AT(&o->processes, const struct process, i));
	pack_sockets(out, o);
	varint_add(out, o->seen);
	varint_add(out, o->unreadable);
	varint_add(out, o->in_flight);
	varint_add(out, (o->searched ? SEARCHED : 0) | (o->hidden ? HIDDEN : 0) |
				(o->in_flight_searched ? FLIGHT_SEARCHED : 0));
}

static bool take_int(struct cursor *in, int32_t *out)
{
	uint64_t v;

	if (!cursor_varint(in, &v))
		return false;

	int64_t s = unzigzag(v);

	*out = (int32_t)s;
	return s >= INT32_MIN && s <= INT32_MAX;
}

static bool take_long(struct cursor *in, int64_t *out)
{
	uint64_t v;

	if (!cursor_varint(in, &v))
		return false;
	*out = unzigzag(v);
	return true;
}

static bool unpack_process(struct cursor *in, struct arena *arena, struct process *p)
{
	uint64_t uid;

	if (!take_int(in, &p->pid) || !take_int(in, &p->ppid) || !cursor_varint(in, &uid) ||
	    uid > UINT32_MAX || !cursor_varint(in, &p->start) || !take_long(in, &p->fds_open) ||
	    !take_long(in, &p->fds_limit))
		return false;
	p->uid = (uint32_t)uid;
	return packed_take_text(in, arena, &p->user) && packed_take_text(in, arena, &p->comm) &&
	       packed_take_text(in, arena, &p->cmdline) && packed_take_text(in, arena, &p->cgroup) &&
	       p->comm != NULL && p->cmdline != NULL && p->cgroup != NULL;
}

static bool unpack_holder(struct cursor *in, size_t processes, struct holder *h)
{
	uint64_t process, kind;

	if (!cursor_varint(in, &process) || process >= processes || !take_int(in, &h->fd) ||
	    !take_int(in, &h->tid) || !cursor_varint(in, &kind) || kind > HOLDER_IO_URING)
		return false;
	h->process = (uint32_t)process;
	h->kind = (enum holder_kind)kind;
	return true;
}

/* One socket and its holders; those of a socket that nobody wants are read and dropped. */
static bool unpack_socket(struct cursor *in, const struct map *wanted, uint64_t *inode,
			  struct owners *out)
{
	struct owners_range range = { .first = (uint32_t)out->holders.len };
	uint64_t step, count;

	if (!cursor_varint(in, &step) || !cursor_varint(in, &count) || count > cursor_left(in))
		return false;
	*inode += step;
	for (; count > 0; count--) {
		struct holder h = { 0 };

		if (!unpack_holder(in, out->processes.len, &h))
			return false;
		vec_add(&out->holders, &h);
	}
	if (wanted != NULL && map_get(wanted, inode) == NULL) {
		out->holders.len = range.first;
		return true;
	}
	range.count = (uint32_t)out->holders.len - range.first;
	if (range.count > 0)
		*(struct owners_range *)map_put(&out->sockets, inode, NULL) = range;
	return true;
}

static bool unpack_all(struct cursor *in, const struct map *wanted, struct owners *out)
{
	uint64_t count, flags, inode = 0;

	if (!packed_take_count(in, &count))
		return false;
	for (; count > 0; count--) {
		if (!unpack_process(in, &out->arena, vec_push(&out->processes)))
			return false;
	}
	if (!cursor_varint(in, &count) || count > cursor_left(in))
		return false;
	for (; count > 0; count--) {
		if (!unpack_socket(in, wanted, &inode, out))
			return false;
	}
	if (!cursor_varint(in, &out->seen) || !cursor_varint(in, &out->unreadable) ||
	    !cursor_varint(in, &out->in_flight) || !cursor_varint(in, &flags))
		return false;
	out->searched = flags & SEARCHED;
	out->hidden = flags & HIDDEN;
	out->in_flight_searched = flags & FLIGHT_SEARCHED;
	return true;
}

/* Leaves only the processes that hold something, as a search for just that would have. */
static void drop_idle(struct owners *o)
{
	uint32_t *place = xcalloc(o->processes.len + 1, sizeof(*place));
	uint32_t kept = 0;

	for (size_t i = 0; i < o->holders.len; i++)
		place[VEC_AT(&o->holders, struct holder, i).process] = 1;
	for (size_t i = 0; i < o->processes.len; i++) {
		if (place[i] == 0)
			continue;
		VEC_AT(&o->processes, struct process, kept) =
			VEC_AT(&o->processes, struct process, i);
		place[i] = kept++;
	}
	for (size_t i = 0; i < o->holders.len; i++) {
		struct holder *h = &VEC_AT(&o->holders, struct holder, i);

		h->process = place[h->process];
	}
	o->processes.len = kept;
	free(place);
}

int unpack_owners(const void *p, size_t n, const struct map *wanted, struct owners *out)
{
	struct cursor in = cursor_make(p, n);

	owners_init(out);
	if (!unpack_all(&in, wanted, out)) {
		owners_free(out);
		owners_init(out);
		return -EBADMSG;
	}
	if (wanted == NULL)
		return 0;
	drop_idle(out);
	/* Messages on their way are only looked into where a socket has no holder. */
	if (out->sockets.len >= wanted->len) {
		out->in_flight = 0;
		out->in_flight_searched = false;
	}
	return 0;
}

void pack_inodes(struct str *out, const struct map *set)
{
	struct vec inodes = sorted_inodes(set);
	uint64_t last = 0;

	varint_add(out, PACKED_VERSION);
	varint_add(out, inodes.len);
	for (size_t i = 0; i < inodes.len; i++) {
		varint_add(out, VEC_AT(&inodes, uint64_t, i) - last);
		last = VEC_AT(&inodes, uint64_t, i);
	}
	vec_free(&inodes);
}

int unpack_inodes(const void *p, size_t n, struct map *out)
{
	struct cursor in = cursor_make(p, n);
	uint64_t count, step, inode = 0;
	bool ok = packed_take_count(&in, &count);

	for (; ok && count > 0; count--) {
		ok = cursor_varint(&in, &step);
		inode += step;
		if (ok)
			map_put(out, &inode, NULL);
	}
	return ok ? 0 : -EBADMSG;
}

void pack_request(struct str *out, const struct sock *s)
{
	packed_add_addr(out, &s->local);
	packed_add_addr(out, &s->remote);
	varint_add(out, s->local_port);
	varint_add(out, s->remote_port);
	varint_add(out, s->retransmits);
}

int unpack_requests(const void *p, size_t n, void (*add)(void *arg, const struct sock *s), void *arg)
{
	struct cursor in = cursor_make(p, n);

	while (cursor_left(&in) > 0) {
		struct sock s = { .state = STATE_SYN_RECV };
		uint64_t local_port, remote_port, timeouts;

		if (!packed_take_addr(&in, &s.local) || !packed_take_addr(&in, &s.remote) ||
		    !cursor_varint(&in, &local_port) || local_port > UINT16_MAX ||
		    !cursor_varint(&in, &remote_port) || remote_port > UINT16_MAX ||
		    !cursor_varint(&in, &timeouts) || timeouts > UINT8_MAX)
			return -EBADMSG;
		s.local_port = (uint16_t)local_port;
		s.remote_port = (uint16_t)remote_port;
		s.retransmits = (uint8_t)timeouts;
		add(arg, &s);
	}
	return 0;
}
