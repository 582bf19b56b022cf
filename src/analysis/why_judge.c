// SPDX-License-Identifier: MIT
#include "analysis/why_judge.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"

/** What a finding means and what to do about it. */
static const struct why_row {
	const char *id, *cause, *advice[4], *see;
} rows[] = {
	{ "name-unresolved", "the name does not exist, or the name servers do not answer",
	  { "check /etc/hosts, /etc/resolv.conf and the spelling; try the address itself" },
	  "tcptriage explain name-unresolved" },
	{ "no-route", "no routing table covers the destination",
	  { "ip route get ADDRESS; look for a default route that was lost with its interface" },
	  "tcptriage explain no-route" },
	{ "device-down", "the interface is down or has no carrier",
	  { "ip link; set the interface up, check cable or peer" },
	  "tcptriage explain device-down" },
	{ "blackhole-route", "a route of type blackhole was installed",
	  { "ip route show type blackhole; find who installed it" },
	  "tcptriage explain blackhole-route" },
	{ "unreachable-route", "a route of type unreachable was installed",
	  { "ip route show type unreachable; find who installed it" },
	  "tcptriage explain unreachable-route" },
	{ "prohibit-route", "a route or rule of type prohibit was installed",
	  { "ip route show type prohibit; ip rule; find who installed it" },
	  "tcptriage explain prohibit-route" },
	{ "neighbor-unresolved", "the next hop is off, has another address, or is not on this network",
	  { "ip neigh; check the gateway's address, the netmask and the VLAN" },
	  "tcptriage explain neighbor-unresolved" },
	{ "neighbor-table-full", "more hosts on the local networks than the table holds",
	  { "raise net.ipv4.neigh.default.gc_thresh1, 2 and 3 together" },
	  "tcptriage explain gc_thresh3" },
	{ "port-exhaustion", "more connections to this destination than the port range has room for",
	  { "reuse connections, or let the peer close first",
	    "widen ip_local_port_range, or use more source or destination addresses",
	    "tcp_tw_reuse=1 where TIME_WAIT takes the ports" },
	  "tcptriage ports" },
	{ "port-search-slow", "half of the port range is taken toward this destination",
	  { "the same as against exhaustion: fewer, longer connections, or a wider range" },
	  "tcptriage ports" },
	{ "fd-limit", "the process has as many descriptors open as it may",
	  { "look for a leak: tcptriage close-wait",
	    "else raise its limit (LimitNOFILE=, ulimit -n)" },
	  "tcptriage explain fd-limit" },
	{ "file-table-full", "the whole machine has as many files open as it may",
	  { "find the process with most descriptors; raise fs.file-max" },
	  "tcptriage explain file-table-full" },
	{ "conntrack-full", "more connections than the packet filter can remember",
	  { "raise nf_conntrack_max, shorten its timeouts, or do not track this traffic" },
	  "tcptriage explain conntrack-full" },
	{ "no-listener", "the server is not running, or runs in another namespace",
	  { "start it; tcptriage listeners -N all shows where it listens" },
	  "tcptriage listeners" },
	{ "wrong-listener-address", "the server is bound to another address",
	  { "make it listen on the destination's address or on 0.0.0.0 and ::",
	    "or connect to the address it has" },
	  "tcptriage listeners" },
	{ "accept-queue-full", "the program accepts more slowly than connections come",
	  { "see what the program does; more or faster accept loops",
	    "a larger backlog (and somaxconn) against bursts only" },
	  "tcptriage listeners" },
	{ "silent-peer", "a firewall drops, the way back is broken, or the host is off",
	  { "try another port of the same host: an answer means a filter or that listener",
	    "tcpdump host ADDRESS: SYNs that never leave are dropped by this host's own filter" },
	  "tcptriage handshakes" },
	{ "peer-not-acking", "the peer or the path died without closing the connections",
	  { "check the path; TCP_USER_TIMEOUT and keepalive find it sooner" },
	  "tcptriage explain peer-not-acking" },
	{ "refused", "nothing listens on that port there, or a firewall rejects",
	  { "on the destination: tcptriage listeners; check the port number" },
	  "tcptriage explain refused" },
	{ "attempt-failed", "the errno tells",
	  { "tcptriage explain ERRNO" },
	  "tcptriage explain attempt-failed" },
};

const char *why_finding_id(size_t i)
{
	return i < ARRAY_LEN(rows) ? rows[i].id : NULL;
}

static const struct why_row *row_of(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].id, id) == 0)
			return &rows[i];
	}
	assert(!"a finding without a row");
	return NULL;
}

struct value *why_find(struct judging *j, const char *id, enum severity severity, const char *fmt,
		       ...)
{
	const struct why_row *row = row_of(id);
	struct str sentence = { 0 };
	struct value *f, *advice, *evidence;
	va_list ap;

	/* What connected was in nobody's way; it may still be in the next one's. */
	if (j->c->attempt.result == ATTEMPT_CONNECTED && severity == SEVERITY_CRITICAL)
		severity = SEVERITY_WARNING;
	va_start(ap, fmt);
	str_vaddf(&sentence, fmt, ap);
	va_end(ap);
	f = value_add_object(j->arena, j->findings, NULL);
	value_add_text(j->arena, f, "id", id);
	value_add_text(j->arena, f, "severity", severity_name(severity));
	value_add_text(j->arena, f, "summary", str_text(&sentence));
	evidence = value_add_object(j->arena, f, "evidence");
	value_add_text(j->arena, f, "cause", row->cause);
	advice = value_add_array(j->arena, f, "advice");
	for (size_t i = 0; i < ARRAY_LEN(row->advice) && row->advice[i]; i++)
		value_add_text(j->arena, advice, NULL, row->advice[i]);
	value_add_text(j->arena, f, "see", row->see);
	if (severity > j->worst) {
		j->worst = severity;
		j->cause = id;
		j->sentence = value_get(f, "summary")->text;
	}
	str_free(&sentence);
	return evidence;
}

bool why_found(const struct judging *j, const char *id)
{
	for (const struct value *f = j->findings->children.first; f; f = f->next) {
		if (strcmp(value_get(f, "id")->text, id) == 0)
			return true;
	}
	return false;
}

void why_judge(struct judging *j)
{
	const struct resolved *r = j->c->resolved;

	if (!r->count) {
		struct value *e = why_find(j, "name-unresolved", SEVERITY_CRITICAL,
					   "%s has no address: %s", j->c->host, r->error);

		value_add_text(j->arena, e, "error", r->error);
		return;
	}
	why_judge_path(j);
	why_judge_host(j);
	why_judge_attempt(j);
}
