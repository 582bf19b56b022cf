// SPDX-License-Identifier: MIT
#include "model/column.h"

#include <string.h>
#include <sys/socket.h>

#include "base/word.h"

static void put_int(struct cell *out, bool known, int64_t v)
{
	out->kind = known ? CELL_INT : CELL_NULL;
	out->integer = v;
}

static void put_text(struct cell *out, const char *text)
{
	out->kind = text && *text ? CELL_TEXT : CELL_NULL;
	out->text = text;
}

static void put_ms(struct cell *out, bool known, double ms)
{
	out->kind = known ? CELL_SECONDS : CELL_NULL;
	out->seconds = ms / 1000;
}

static void put_word(struct cell *out, const char *word)
{
	out->kind = CELL_WORD;
	out->text = word;
}

static void get_state(const struct column_context *c, struct cell *out)
{
	put_word(out, state_table[c->s->state].name);
}

static void get_family(const struct column_context *c, struct cell *out)
{
	put_word(out, c->s->local.family == AF_INET6 ? "ipv6" : "ipv4");
}

static void get_local(const struct column_context *c, struct cell *out)
{
	out->kind = CELL_ENDPOINT;
	out->endpoint.addr = &c->s->local;
	out->endpoint.port = c->s->local_port;
}

static void get_remote(const struct column_context *c, struct cell *out)
{
	out->kind = CELL_ENDPOINT;
	out->endpoint.addr = &c->s->remote;
	out->endpoint.port = c->s->remote_port;
}

static void get_local_port(const struct column_context *c, struct cell *out)
{
	put_int(out, true, c->s->local_port);
}

static void get_remote_port(const struct column_context *c, struct cell *out)
{
	put_int(out, true, c->s->remote_port);
}

static void get_recv_queue(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_QUEUES), c->s->rqueue);
}

static void get_send_queue(const struct column_context *c, struct cell *out)
{
	/* /proc has no backlog limit: its 0 there means nothing (kernel-facts 8). */
	bool known = sock_has(c->s, SOCK_HAS_QUEUES) &&
		     (c->s->state != STATE_LISTEN || sock_has(c->s, SOCK_HAS_BACKLOG));

	put_int(out, known, c->s->wqueue);
}

static void get_uid(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_UID), c->s->uid);
}

static void get_user(const struct column_context *c, struct cell *out)
{
	put_text(out, sock_has(c->s, SOCK_HAS_UID) ? c->user_name(c->s->uid) : NULL);
}

static void get_inode(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_INODE), (int64_t)c->s->inode);
}

static void get_cookie(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_COOKIE), (int64_t)c->s->cookie);
}

static void get_timer(const struct column_context *c, struct cell *out)
{
	bool known = sock_has(c->s, SOCK_HAS_TIMER) && c->s->timer != TIMER_NONE;

	out->kind = known ? CELL_TIMER : CELL_NULL;
	out->timer = c->s;
}

static const struct holder *holders(const struct column_context *c, size_t *count)
{
	*count = 0;
	if (!c->owners || !c->s->inode)
		return NULL;
	return owners_of(c->owners, c->s->inode, count);
}

static void get_owners(const struct column_context *c, struct cell *out)
{
	out->owners.holders = holders(c, &out->owners.count);
	out->kind = out->owners.count ? CELL_OWNERS : CELL_NULL;
}

static void get_pid(const struct column_context *c, struct cell *out)
{
	size_t n;
	const struct holder *h = holders(c, &n);

	put_int(out, n, n ? owners_process(c->owners, h)->pid : 0);
}

static void get_process(const struct column_context *c, struct cell *out)
{
	size_t n;
	const struct holder *h = holders(c, &n);

	put_text(out, n ? owners_process(c->owners, h)->comm : NULL);
}

static void get_cgroup(const struct column_context *c, struct cell *out)
{
	bool known = c->cgroups && sock_has(c->s, SOCK_HAS_CGROUP);

	put_text(out, known ? cgroups_path(c->cgroups, c->s->cgroup_id) : NULL);
}

/** A part of the cgroup's path, found by FIND. */
static void cgroup_part(const struct column_context *c, struct cell *out,
			bool (*find)(const char *path, struct str *out))
{
	get_cgroup(c, out);
	if (out->kind == CELL_NULL)
		return;
	str_reset(c->scratch);
	put_text(out, find(out->text, c->scratch) ? str_text(c->scratch) : NULL);
}

static void get_unit(const struct column_context *c, struct cell *out)
{
	cgroup_part(c, out, cgroup_unit);
}

static void get_container(const struct column_context *c, struct cell *out)
{
	cgroup_part(c, out, cgroup_container);
}

static void get_netns(const struct column_context *c, struct cell *out)
{
	put_text(out, c->s->netns < c->netns_count ? c->netns_names[c->s->netns] : NULL);
}

static void get_shutdown(const struct column_context *c, struct cell *out)
{
	static const char *const words[] = { "none", "read", "write", "both" };

	if (sock_has(c->s, SOCK_HAS_SHUTDOWN))
		put_word(out, words[c->s->shutdown & 3]);
	else
		out->kind = CELL_NULL;
}

static void get_ifindex(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_IFINDEX), c->s->ifindex);
}

static void get_mark(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_MARK), c->s->mark);
}

static void get_bound(const struct column_context *c, struct cell *out)
{
	/* The kernel's answer for mini and request sockets means nothing (kernel-facts 3.5). */
	if (sock_has(c->s, SOCK_HAS_LOCK | SOCK_HAS_SHUTDOWN)) {
		out->kind = CELL_BOOL;
		out->boolean = c->s->bind_locked;
	} else {
		out->kind = CELL_NULL;
	}
}

static void get_retransmits(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_TIMER), c->s->retransmits);
}

static void get_drops(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_DROPS), c->s->drops);
}

static void get_last_ack(const struct column_context *c, struct cell *out)
{
	put_ms(out, sock_has(c->s, SOCK_HAS_INFO), c->s->last_ack_recv_ms);
}

static void get_last_recv(const struct column_context *c, struct cell *out)
{
	put_ms(out, sock_has(c->s, SOCK_HAS_INFO), c->s->last_data_recv_ms);
}

static void get_last_send(const struct column_context *c, struct cell *out)
{
	put_ms(out, sock_has(c->s, SOCK_HAS_INFO), c->s->last_data_sent_ms);
}

static void get_rtt(const struct column_context *c, struct cell *out)
{
	put_ms(out, sock_has(c->s, SOCK_HAS_INFO), c->s->rtt_us / 1000.0);
}

static void get_rto(const struct column_context *c, struct cell *out)
{
	put_ms(out, sock_has(c->s, SOCK_HAS_INFO), c->s->rto_us / 1000.0);
}

static void get_total_retrans(const struct column_context *c, struct cell *out)
{
	put_int(out, sock_has(c->s, SOCK_HAS_INFO), c->s->total_retrans);
}

const struct column column_table[] = {
	/* heading, key, needs, place in JSON, text, -p, right, width, getter, help */
	{ "STATE", "state", 0, 1, true, false, false, 11, get_state, "TCP state" },
	{ "FAMILY", "family", 0, 2, false, false, false, 6, get_family, "ipv4 or ipv6" },
	{ "RECV-Q", "recv_queue", 0, 7, true, false, true, 6, get_recv_queue,
	  "bytes not yet read; LISTEN: connections not yet accepted" },
	{ "SEND-Q", "send_queue", 0, 8, true, false, true, 6, get_send_queue,
	  "bytes not yet acknowledged; LISTEN: the queue's limit" },
	{ "LOCAL", "local", 0, 3, true, false, false, 22, get_local,
	  "local address (and port in text)" },
	{ "LPORT", "local_port", 0, 4, false, false, true, 5, get_local_port, "local port" },
	{ "REMOTE", "remote", 0, 5, true, false, false, 22, get_remote,
	  "remote address (and port in text)" },
	{ "RPORT", "remote_port", 0, 6, false, false, true, 5, get_remote_port, "remote port" },
	{ "UID", "uid", 0, 9, false, false, true, 5, get_uid, "user id of the socket's creator" },
	{ "USER", "user", 0, 0, false, false, false, 8, get_user,
	  "user name of the socket's creator" },
	{ "INODE", "inode", 0, 10, false, false, true, 8, get_inode,
	  "inode of the socket; 0: no file stands for it" },
	{ "COOKIE", "cookie", 0, 11, false, false, true, 8, get_cookie,
	  "the kernel's name for the socket, kept into TIME_WAIT" },
	{ "TIMER", "timer", 0, 12, false, false, false, 20, get_timer,
	  "running timer: kind, time left, retransmissions" },
	{ "RETRANS", "retransmits", 0, 0, false, false, true, 7, get_retransmits,
	  "retransmissions or probes of the running timer" },
	{ "PID", "pid", COLUMN_OWNERS, 0, false, false, true, 7, get_pid,
	  "first process that holds the socket" },
	{ "PROCESS", "process", COLUMN_OWNERS, 0, false, false, false, 15, get_process,
	  "its command name" },
	{ "SHUTDOWN", "shutdown", 0, 0, false, false, false, 8, get_shutdown,
	  "none, read, write or both" },
	{ "IFINDEX", "ifindex", 0, 0, false, false, true, 7, get_ifindex,
	  "interface the socket is bound to, 0 for none" },
	{ "MARK", "mark", 0, 0, false, false, true, 6, get_mark,
	  "SO_MARK (needs CAP_NET_ADMIN)" },
	{ "BOUND", "bound", COLUMN_LOCKS, 0, false, false, false, 5, get_bound,
	  "port chosen by an explicit bind()" },
	{ "DROPS", "drops", COLUMN_DROPS, 0, false, false, true, 6, get_drops,
	  "packets dropped at this socket; LISTEN: lost connection attempts" },
	{ "LAST_ACK", "last_ack_seconds", COLUMN_INFO, 0, false, false, true, 8, get_last_ack,
	  "seconds since the peer's last ACK" },
	{ "LAST_RECV", "last_recv_seconds", COLUMN_INFO, 0, false, false, true, 9,
	  get_last_recv, "seconds since data last came" },
	{ "LAST_SEND", "last_send_seconds", COLUMN_INFO, 0, false, false, true, 9,
	  get_last_send, "seconds since data was last sent" },
	{ "RTT", "rtt_seconds", COLUMN_INFO, 0, false, false, true, 8, get_rtt,
	  "smoothed round trip time" },
	{ "RTO", "rto_seconds", COLUMN_INFO, 0, false, false, true, 8, get_rto,
	  "retransmission timeout" },
	{ "TOTAL_RETRANS", "total_retransmits", COLUMN_INFO, 0, false, false, true, 6,
	  get_total_retrans, "segments retransmitted in all" },
	{ "OWNERS", "owners", COLUMN_OWNERS, 13, false, true, false, 0, get_owners,
	  "every process and descriptor that holds the socket" },
	{ "NETNS", "netns", 0, 15, false, false, false, 12, get_netns, "network namespace" },
	{ "UNIT", "unit", COLUMN_CGROUPS, 0, false, false, false, 20, get_unit,
	  "systemd unit of the socket's cgroup" },
	{ "CONTAINER", "container", COLUMN_CGROUPS, 0, false, false, false, 12, get_container,
	  "container of the socket's cgroup" },
	{ "CGROUP", "cgroup", COLUMN_CGROUPS, 14, false, false, false, 0, get_cgroup,
	  "cgroup in which the socket was made" },
};

const size_t column_count = ARRAY_LEN(column_table);

const struct column *column_find(const char *name, size_t n)
{
	for (size_t i = 0; i < column_count; i++) {
		if (word_is(name, n, column_table[i].heading) ||
		    word_is(name, n, column_table[i].key))
			return &column_table[i];
	}
	return NULL;
}

const char *column_timer_word(unsigned timer)
{
	static const char *const words[] = { "none", "on", "keepalive", "timewait", "persist" };

	return timer < ARRAY_LEN(words) ? words[timer] : "other";
}

/** Null, number, text: in this order. */
static int rank(const struct cell *c)
{
	return c->kind == CELL_NULL ? 0 : c->kind == CELL_WORD || c->kind == CELL_TEXT ? 2 : 1;
}

static double number(const struct cell *c)
{
	switch (c->kind) {
	case CELL_SECONDS:
		return c->seconds;
	case CELL_BOOL:
		return c->boolean;
	case CELL_TIMER:
		return c->timer->expires_ms;
	case CELL_OWNERS:
		return (double)c->owners.count;
	default:
		return (double)c->integer;
	}
}

int cell_compare(const struct cell *a, const struct cell *b)
{
	int c;

	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	if (rank(a) == 0)
		return 0;
	if (rank(a) == 2)
		return strcmp(a->text, b->text);
	if (a->kind != CELL_ENDPOINT)
		return (number(a) > number(b)) - (number(a) < number(b));
	c = addr_compare(a->endpoint.addr, b->endpoint.addr);
	return c ? c : (a->endpoint.port > b->endpoint.port) - (a->endpoint.port < b->endpoint.port);
}
