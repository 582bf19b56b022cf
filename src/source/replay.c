// SPDX-License-Identifier: MIT
#include "source/replay.h"

#include <errno.h>
#include <sys/socket.h>

#include "source/diag_parse.h"
#include "source/proc.h"
#include "source/swap.h"

/* Records on their way from the decoder to the caller, less what was not asked for: a dump of the
 * running kernel would not have it either. */
struct trim {
	const struct dump_request *req;
	const struct sink *sink;
};

static void trim_add(void *arg, const struct sock *s)
{
	const struct trim *t = arg;
	struct sock copy = *s;

	if (!t->req->info)
		copy.has &= ~(uint32_t)SOCK_HAS_INFO;
	if (!t->req->drops)
		copy.has &= ~(uint32_t)SOCK_HAS_DROPS;
	t->sink->add(t->sink->args[0], &copy);
}

/* A replay of netlink datagrams. */
struct replay {
	struct replay_machine machine;
	struct diag_walk walk;
	void (*add)(void *arg, const struct sock *s);
	void *arg;
	bool broken;
};

static int replay_datagram(void *arg, const struct datagram *g)
{
	struct replay *p = arg;
	struct str swapped = { 0 };
	const void *bytes = g->bytes;

	if (p->machine.swapped) {
		str_addn(&swapped, (const char *)g->bytes, g->len);
		swap_diag(swapped.s, swapped.len);
		bytes = swapped.s;
	}
	p->walk.seen_ns = g->seen_ns;
	/* An error here is one that the recorder got over: it had asked for more than the kernel
	 * knew, and asked again. */
	if (diag_walk_datagram(bytes, g->len, &p->walk, p->add, p->arg) == DIAG_BROKEN)
		p->broken = true;
	str_free(&swapped);
	return 0;
}

static void collect_cookie(void *arg, const struct sock *s)
{
	if (sock_has(s, SOCK_HAS_COOKIE))
		map_put(arg, &s->cookie, NULL);
}

/* Cookies of the explicitly bound sockets; -ENOENT where they were not recorded. */
static int find_locked(struct tape *t, const struct replay_machine *machine, struct map *locked,
		       struct str *why)
{
	struct replay p = { .machine = *machine, .add = collect_cookie, .arg = locked,
			    .walk = { .states = STATES_ALL } };

	return tape_datagrams(t, TAPE_LOCKED, replay_datagram, &p, why);
}

static int dump_diag(struct tape *t, const struct replay_machine *machine, struct trim *trim,
		     struct dump_result *result, struct notes *notes, struct str *why)
{
	struct map locked = map_make(sizeof(uint64_t), 0);
	const struct dump_request *req = trim->req;
	struct replay p = { .machine = *machine, .add = trim_add, .arg = trim,
			    .walk = { .states = req->states, .family = req->family,
				      .netns = req->netns } };
	int ret = req->locks ? find_locked(t, machine, &locked, why) : -ENOENT;

	if (ret == 0)
		p.walk.locked = &locked;
	if (ret == 0 || ret == -ENOENT) {
		p.walk.ring = cookie_ring_new();
		ret = tape_datagrams(t, TAPE_DIAG, replay_datagram, &p, why);
		cookie_ring_free(p.walk.ring);
	}
	map_free(&locked);
	result->records = p.walk.records;
	result->repeats = p.walk.repeats;
	result->malformed = p.walk.malformed;
	if (p.broken || p.walk.malformed > 0)
		notes_add(notes, "the recording holds malformed netlink messages: they were skipped");
	result->complete = !p.broken && p.walk.malformed == 0;
	return ret;
}

/* A replay of reads of /proc/net/tcp*. */
struct reads {
	struct proc_walk *walk;
	int family;
};

static int replay_read(void *arg, const struct datagram *g)
{
	struct reads *p = arg;

	proc_walk_bytes(p->walk, p->family, g->seen_ns, g->bytes, g->len);
	return 0;
}

static int dump_proc(struct tape *t, const struct replay_machine *machine, struct trim *trim,
		     struct dump_result *result, struct notes *notes, struct str *why)
{
	const struct dump_request *req = trim->req;
	const struct sink sink = { .add = trim_add, .args = (void *[]){ trim } };
	struct reads p = { .walk = proc_walk_begin(req, machine->ticks, &sink, result) };
	int ret = 0, ret6 = 0;

	if (req->family != AF_INET6) {
		p.family = AF_INET;
		ret = tape_datagrams(t, TAPE_PROC4, replay_read, &p, why);
	}
	if (ret == 0 && req->family != AF_INET) {
		p.family = AF_INET6;
		ret6 = tape_datagrams(t, TAPE_PROC6, replay_read, &p, why);
	}
	proc_walk_end(p.walk);
	if (result->malformed > 0)
		notes_add(notes, "the recording holds lines of /proc/net/tcp* that cannot be read: "
				 "they were left out");
	result->complete = result->malformed == 0;
	/* A kernel without IPv6 has no second table. */
	return ret < 0 ? ret : ret6 == -ENOENT ? 0 : ret6;
}

int replay_dump(struct tape *t, const struct replay_machine *machine,
		const struct dump_request *req, const struct sink *sink,
		struct dump_result *result, struct notes *notes, struct str *why)
{
	struct trim trim = { req, sink };
	int ret = dump_diag(t, machine, &trim, result, notes, why);

	if (ret == -ENOENT && machine->swapped) {
		str_add(why, "recorded from /proc on a machine of another byte order");
		return -ENOTSUP;
	}
	if (ret == -ENOENT)
		ret = dump_proc(t, machine, &trim, result, notes, why);
	if (ret == -ENOENT)
		str_add(why, "the sample holds no sockets");
	return ret;
}
