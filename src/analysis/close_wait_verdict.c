// SPDX-License-Identifier: MIT
/* What is wrong with an owner of sockets in CLOSE_WAIT, and what to do next. */
#include <math.h>

#include "analysis/close_wait.h"

/** A program that closes does so within moments of the end of file; one that is at work on a
 *  request takes as long as the request does, for which a minute is the usual limit (nginx, HAProxy
 *  and most balancers give up on it then). What is older is not on its way. */
#define OLD_SECONDS 60.0

/** An accept loop that runs takes a connection out of the queue within milliseconds. */
#define ACCEPT_SECONDS 10.0

/** Idle connections that pools keep: to one peer 2 (Go, old Apache clients), 5 (Java), 10 (urllib3
 *  and so requests), in all 100 (Go). The server ends them first; the pool notices when it next
 *  wants one. More than that is no pool. */
#define POOL_PER_PEER 10
#define POOL_TOTAL 100

/** A number that rose in this many samples, and never fell in between, grows. */
#define GROWTH_RISES 2

/** From this share of the descriptor limit on the limit is part of the advice. */
#define FDS_HIGH 0.8

const char *const cw_verdict_names[CW_VERDICTS] = {
	[CW_VERDICT_LEAK] = "leak",
	[CW_VERDICT_STUCK_READER] = "stuck-reader",
	[CW_VERDICT_STUCK_ACCEPT] = "stuck-accept",
	[CW_VERDICT_POOL] = "pool",
	[CW_VERDICT_RECENT] = "recent",
	[CW_VERDICT_UNKNOWN] = "unknown",
};

bool cw_is_old(enum cw_class class, double age)
{
	return age >= (class == CW_UNACCEPTED ? ACCEPT_SECONDS : OLD_SECONDS);
}

/** Brings the history of one owner up to a sample with COUNT sockets. */
static void follow(struct cw_history *h, bool is_new, uint64_t count, int64_t now_ns)
{
	if (is_new || count < h->last)
		*h = (struct cw_history){ .first_ns = now_ns, .first = count };
	else if (count > h->last)
		h->rises++;
	h->last = count;
}

/** Forgets processes that are not owners any more. */
static void forget(struct cw *cw, uint64_t sample)
{
	struct map kept = MAP_OF(struct cw_process_key, struct cw_history);
	const void *key;
	void *value;

	for (size_t iter = 0; map_next(&cw->history, &iter, &key, &value);) {
		const struct cw_history *h = value;

		if (h->sample == sample)
			*(struct cw_history *)map_put(&kept, key, NULL) = *h;
	}
	map_free(&cw->history);
	cw->history = kept;
}

void cw_follow_growth(struct cw *cw, const struct host *host, struct cw_owners *owners)
{
	if (!cw->repeats)
		return;
	for (size_t i = 0; i < owners->owners.len; i++) {
		struct cw_owner *o = &VEC_AT(&owners->owners, struct cw_owner, i);
		struct cw_process_key key = { o->process->pid, o->process->start };
		bool is_new;
		struct cw_history *h = map_put(&cw->history, &key, &is_new);
		double seconds;

		follow(h, is_new, o->socks.len, host->monotonic_ns);
		h->sample = host->sample;
		seconds = (double)(host->monotonic_ns - h->first_ns) / 1e9;
		o->growing = h->rises >= GROWTH_RISES;
		o->growth = seconds > 0 ? (double)(h->last - h->first) / seconds : NAN;
	}
	forget(cw, host->sample);
}

/** The class that most of COUNT's sockets have; of equals the one that a program is most to blame
 *  for. */
static enum cw_class main_class(const uint64_t *count)
{
	enum cw_class best = CW_LEAKED;

	if (count[CW_UNREAD] > count[best])
		best = CW_UNREAD;
	return count[CW_UNACCEPTED] > count[best] ? CW_UNACCEPTED : best;
}

/** Few connections that the process made itself, not many to one peer. */
static bool looks_like_pool(const struct cw_owner *o)
{
	return !o->growing && !o->incoming && o->socks.len <= POOL_TOTAL &&
	       o->most_per_peer <= POOL_PER_PEER;
}

enum cw_verdict cw_judge(const struct cw_owner *o)
{
	uint64_t old = o->old[CW_UNREAD] + o->old[CW_LEAKED] + o->old[CW_UNACCEPTED];

	if (!old && !o->growing)
		return o->ageless ? CW_VERDICT_UNKNOWN : CW_VERDICT_RECENT;
	switch (main_class(old ? o->old : o->count)) {
	case CW_UNREAD:
		/* A pool does not read what it does not use: the end of file waits there too. */
		return looks_like_pool(o) ? CW_VERDICT_POOL : CW_VERDICT_STUCK_READER;
	case CW_UNACCEPTED:
		return CW_VERDICT_STUCK_ACCEPT;
	default:
		return looks_like_pool(o) ? CW_VERDICT_POOL : CW_VERDICT_LEAK;
	}
}

static void advise_leak(const struct cw_owner *o, struct str *out)
{
	str_addf(out, "find the path in process %d that reads the end of file (or an error) and does "
		      "not close the socket", o->process->pid);
	if (o->shared_with.len == 1)
		str_addf(out, "; process %d holds them too, and the connection ends only when every "
			      "copy is closed", VEC_AT(&o->shared_with, pid_t, 0));
	else if (o->shared_with.len)
		str_addf(out, "; %zu other processes hold them too, and the connection ends only when "
			      "every copy is closed", o->shared_with.len);
}

void cw_advise(const struct cw_owner *o, enum cw_verdict verdict, struct str *out)
{
	const struct process *p = o->process;

	switch (verdict) {
	case CW_VERDICT_LEAK:
		advise_leak(o, out);
		break;
	case CW_VERDICT_STUCK_READER:
		str_addf(out, "see what keeps process %d from reading (cat /proc/%d/task/*/wchan, a "
			      "debugger, a thread dump): the end of file waits in its sockets",
			 p->pid, p->pid);
		break;
	case CW_VERDICT_STUCK_ACCEPT:
		str_addf(out, "see what keeps process %d from calling accept(): the clients in its "
			      "accept queue have given up already", p->pid);
		break;
	case CW_VERDICT_POOL:
		str_add(out, "no action while the number stays bounded: a pool drops such a connection "
			     "when it next wants it; an idle timeout below the peer's avoids them");
		break;
	case CW_VERDICT_RECENT:
		str_add(out, "look again in a minute, or watch with -i 10: what is closed by then was "
			     "on its way");
		break;
	default:
		str_add(out, "watch with -i 10, or read through netlink as root: this source does not "
			     "tell ages");
	}
	if (p->fds_open > 0 && p->fds_limit > 0 &&
	    (double)p->fds_open >= FDS_HIGH * (double)p->fds_limit)
		str_addf(out, "; %lld of %lld descriptors are open, at the limit accept() and connect() "
			      "fail with EMFILE",
			 (long long)p->fds_open, (long long)p->fds_limit);
	str_addc(out, '.');
}
