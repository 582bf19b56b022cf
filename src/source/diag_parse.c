// SPDX-License-Identifier: MIT
#include "source/diag_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/** Cookies remembered: more than any sane hash bucket holds. A power of two. */
#define RING_SIZE 1024

/** Bytes before an attribute's payload. */
#define ATTR_HEADER sizeof(struct nlattr)

struct cookie_ring {
	/** The cookies by age, and where the next goes. */
	uint64_t recent[RING_SIZE];
	unsigned next;
	/** Buckets of a small filter: count of remembered cookies by their low bits, so that the
	 *  common case (not seen) is one look. */
	uint8_t filter[4 * RING_SIZE];
};

struct cookie_ring *cookie_ring_new(void)
{
	return xcalloc(1, sizeof(struct cookie_ring));
}

void cookie_ring_reset(struct cookie_ring *r)
{
	memset(r, 0, sizeof(*r));
}

void cookie_ring_free(struct cookie_ring *r)
{
	free(r);
}

static uint8_t *ring_bucket(struct cookie_ring *r, uint64_t cookie)
{
	return &r->filter[(cookie ^ cookie >> 12) & (4 * RING_SIZE - 1)];
}

bool cookie_ring_seen(struct cookie_ring *r, uint64_t cookie)
{
	uint8_t *bucket = ring_bucket(r, cookie);
	uint64_t old = r->recent[r->next];

	if (*bucket) {
		for (unsigned i = 0; i < RING_SIZE; i++) {
			if (r->recent[i] == cookie)
				return true;
		}
	}
	if (old && *ring_bucket(r, old) != UINT8_MAX)
		--*ring_bucket(r, old);
	r->recent[r->next] = cookie;
	r->next = (r->next + 1) & (RING_SIZE - 1);
	if (*bucket != UINT8_MAX) /* A saturated count stays: only a slower look. */
		++*bucket;
	return false;
}

/** A netlink attribute's payload. */
struct attr_view {
	unsigned type;
	const unsigned char *data;
	size_t len;
};

/** The attribute at P with REST bytes behind it into A; its padded size, 0 at the end, -1 where it
 *  runs over the end. */
static long next_attr(const unsigned char *p, size_t rest, struct attr_view *a)
{
	struct nlattr nla;
	size_t step;

	if (rest < sizeof(nla))
		return 0;
	memcpy(&nla, p, sizeof(nla));
	if (nla.nla_len < sizeof(nla) || nla.nla_len > rest)
		return -1;
	a->type = nla.nla_type & (uint16_t)NLA_TYPE_MASK;
	a->data = p + ATTR_HEADER;
	a->len = nla.nla_len - ATTR_HEADER;
	step = NLA_ALIGN(nla.nla_len);
	return (long)(step < rest ? step : rest);
}

/** The 32-bit word at offset AT of the attribute, 0 where it is shorter (an older kernel). */
static uint32_t attr_u32(const struct attr_view *a, size_t at)
{
	uint32_t v = 0;

	if (at + sizeof(v) <= a->len)
		memcpy(&v, a->data + at, sizeof(v));
	return v;
}

static void decode_info(const struct attr_view *a, struct sock *out)
{
	/* tcp_info has only ever grown at its end; these fields are as old as Linux 2.6. */
	if (a->len < offsetof(struct tcp_info, tcpi_rcv_rtt))
		return;
	out->has |= SOCK_HAS_INFO;
	out->backoff = a->data[offsetof(struct tcp_info, tcpi_backoff)];
	out->rto_us = attr_u32(a, offsetof(struct tcp_info, tcpi_rto));
	out->unacked = attr_u32(a, offsetof(struct tcp_info, tcpi_unacked));
	out->lost = attr_u32(a, offsetof(struct tcp_info, tcpi_lost));
	out->last_data_sent_ms = attr_u32(a, offsetof(struct tcp_info, tcpi_last_data_sent));
	out->last_data_recv_ms = attr_u32(a, offsetof(struct tcp_info, tcpi_last_data_recv));
	out->last_ack_recv_ms = attr_u32(a, offsetof(struct tcp_info, tcpi_last_ack_recv));
	out->rtt_us = attr_u32(a, offsetof(struct tcp_info, tcpi_rtt));
	out->rttvar_us = attr_u32(a, offsetof(struct tcp_info, tcpi_rttvar));
	out->total_retrans = attr_u32(a, offsetof(struct tcp_info, tcpi_total_retrans));
}

static void decode_attr(const struct attr_view *a, struct sock *out)
{
	switch (a->type) {
	case INET_DIAG_INFO:
		decode_info(a, out);
		break;
	case INET_DIAG_SKMEMINFO:
		if (a->len >= (SK_MEMINFO_DROPS + 1) * sizeof(uint32_t)) {
			out->drops = attr_u32(a, SK_MEMINFO_DROPS * sizeof(uint32_t));
			out->has |= SOCK_HAS_DROPS;
		}
		break;
	case INET_DIAG_SHUTDOWN:
		if (a->len >= 1) {
			out->shutdown = a->data[0];
			out->has |= SOCK_HAS_SHUTDOWN;
		}
		break;
	case INET_DIAG_SKV6ONLY:
		if (a->len >= 1) {
			out->v6only = a->data[0];
			out->has |= SOCK_HAS_V6ONLY;
		}
		break;
	case INET_DIAG_MARK:
		if (a->len >= sizeof(uint32_t)) {
			out->mark = attr_u32(a, 0);
			out->has |= SOCK_HAS_MARK;
		}
		break;
	case INET_DIAG_CGROUP_ID:
		if (a->len >= sizeof(uint64_t)) {
			memcpy(&out->cgroup_id, a->data, sizeof(uint64_t));
			out->has |= SOCK_HAS_CGROUP;
		}
		break;
	default:
		break;
	}
}

/** idiag_timer as an enum sock_timer; a number beyond those known is no reason to fail. */
static uint8_t decode_timer(uint8_t timer)
{
	return timer <= TIMER_PROBE ? timer : TIMER_OTHER;
}

/** State 7 is a socket that was reset and keeps its explicitly bound port where it has a peer, else
 *  one that is only bound (kernel-facts 4.4). */
static enum state decode_state(const struct inet_diag_msg *m)
{
	enum state state = state_from_kernel(m->idiag_state);

	if (state == STATE_CLOSE && m->id.idiag_dport == 0)
		return STATE_BOUND;
	return state;
}

int diag_decode(const void *payload, size_t len, struct sock *out)
{
	const unsigned char *p = payload;
	struct inet_diag_msg m;
	struct attr_view a;
	size_t at = NLMSG_ALIGN(sizeof(m)), width;
	long step;

	if (len < sizeof(m))
		return -EBADMSG;
	memcpy(&m, p, sizeof(m));
	width = m.idiag_family == AF_INET6 ? 16 : 4;
	out->state = (uint8_t)decode_state(&m);
	if ((m.idiag_family != AF_INET && m.idiag_family != AF_INET6) || out->state == STATE_COUNT)
		return -EBADMSG;
	out->has = SOCK_HAS_QUEUES | SOCK_HAS_TIMER | SOCK_HAS_INODE | SOCK_HAS_IFINDEX;
	out->local = out->remote = (struct addr){ .family = m.idiag_family };
	memcpy(out->local.bytes, m.id.idiag_src, width);
	memcpy(out->remote.bytes, m.id.idiag_dst, width);
	out->local_port = ntohs(m.id.idiag_sport);
	out->remote_port = ntohs(m.id.idiag_dport);
	out->ifindex = m.id.idiag_if;
	out->cookie = (uint64_t)m.id.idiag_cookie[1] << 32 | m.id.idiag_cookie[0];
	if (out->cookie)
		out->has |= SOCK_HAS_COOKIE;
	out->timer = decode_timer(m.idiag_timer);
	out->retransmits = m.idiag_retrans;
	out->expires_ms = m.idiag_expires;
	out->rqueue = m.idiag_rqueue;
	out->wqueue = m.idiag_wqueue;
	out->uid = m.idiag_uid;
	out->inode = m.idiag_inode;
	if (out->state == STATE_LISTEN)
		out->has |= SOCK_HAS_BACKLOG;
	for (; at < len; at += (size_t)step) {
		step = next_attr(p + at, len - at, &a);
		if (step < 0)
			return -EBADMSG;
		if (step == 0)
			break;
		decode_attr(&a, out);
	}
	/* Mini and request sockets carry no owner: their uid reads 0 and means nothing
	 * (kernel-facts 4.3). They are what comes without the SHUTDOWN attribute. */
	if (sock_has(out, SOCK_HAS_SHUTDOWN))
		out->has |= SOCK_HAS_UID;
	return 0;
}

/** The errno in the payload of NLMSG_ERROR or NLMSG_DONE: 0 or negative. */
static int payload_error(const unsigned char *p, size_t len)
{
	int error = 0;

	if (len >= sizeof(error))
		memcpy(&error, p, sizeof(error));
	return error > 0 ? -error : error;
}

/** True where the LEN bytes at P are a socket that ends the walk W. */
static bool ends_walk(const unsigned char *p, size_t len, const struct diag_walk *w)
{
	struct inet_diag_msg m;
	enum state state;

	if (!w->until || len < sizeof(m))
		return false;
	memcpy(&m, p, sizeof(m));
	state = decode_state(&m);
	return state < STATE_COUNT && (w->until & STATE_BIT(state));
}

static void one_record(const unsigned char *p, size_t len, struct diag_walk *w,
		       void (*add)(void *arg, const struct sock *s), void *arg)
{
	struct sock s = { .seen_ns = w->seen_ns, .netns = w->netns };

	if (diag_decode(p, len, &s)) {
		w->malformed++;
		return;
	}
	if (!(w->states & STATE_BIT(s.state)) || (w->family && w->family != s.local.family))
		return;
	if (w->ring && sock_has(&s, SOCK_HAS_COOKIE) && cookie_ring_seen(w->ring, s.cookie)) {
		w->repeats++;
		return;
	}
	if (w->locked) {
		s.has |= SOCK_HAS_LOCK;
		s.bind_locked = map_get(w->locked, &s.cookie) != NULL;
	}
	w->records++;
	add(arg, &s);
}

/** The message at P, with N bytes from there on: its header into H and its size with padding. 0
 *  where it is no message. */
static size_t next_message(const unsigned char *p, size_t n, struct nlmsghdr *h)
{
	if (n < sizeof(*h))
		return 0;
	memcpy(h, p, sizeof(*h));
	if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > n)
		return 0;
	return NLMSG_ALIGN(h->nlmsg_len) < n ? NLMSG_ALIGN(h->nlmsg_len) : n;
}

/** Late answers to an earlier request are not ours. */
static bool is_ours(const struct nlmsghdr *h, uint32_t seq, uint32_t portid)
{
	return (!seq || h->nlmsg_seq == seq) && (!portid || h->nlmsg_pid == portid);
}

static bool is_end(const struct nlmsghdr *h)
{
	return h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
}

/** 18 (TCPDIAG_GETSOCK) answers the compatibility dump, 20 the other. */
static bool is_record(const struct nlmsghdr *h)
{
	return h->nlmsg_type == TCPDIAG_GETSOCK || h->nlmsg_type == SOCK_DIAG_BY_FAMILY;
}

bool diag_is_last(const void *data, size_t n, const struct diag_walk *w)
{
	const unsigned char *p = data;
	struct nlmsghdr h;

	for (size_t step; n; p += step, n -= step) {
		step = next_message(p, n, &h);
		if (!step)
			return true;
		if (!is_ours(&h, w->seq, w->portid))
			continue;
		if (is_end(&h) ||
		    (is_record(&h) && ends_walk(p + sizeof(h), h.nlmsg_len - sizeof(h), w)))
			return true;
	}
	return false;
}

enum diag_end diag_walk_datagram(const void *data, size_t n, struct diag_walk *w,
				 void (*add)(void *arg, const struct sock *s), void *arg)
{
	const unsigned char *p = data;
	struct nlmsghdr h;

	for (size_t step; n; p += step, n -= step) {
		size_t len;

		step = next_message(p, n, &h);
		if (!step)
			return DIAG_BROKEN;
		if (!is_ours(&h, w->seq, w->portid))
			continue;
		len = h.nlmsg_len - sizeof(h);
		if (h.nlmsg_flags & NLM_F_DUMP_INTR)
			w->interrupted = true;
		if (is_end(&h)) {
			w->error = payload_error(p + sizeof(h), len);
			if (h.nlmsg_type == NLMSG_ERROR && !w->error)
				w->error = -EPROTO;
			return w->error ? DIAG_ERROR : DIAG_DONE;
		}
		if (is_record(&h) && ends_walk(p + sizeof(h), len, w))
			return DIAG_DONE;
		if (is_record(&h))
			one_record(p + sizeof(h), len, w, add, arg);
		else if (h.nlmsg_type >= NLMSG_MIN_TYPE)
			w->malformed++;
	}
	return DIAG_MORE;
}
