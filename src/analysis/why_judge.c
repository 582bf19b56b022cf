// SPDX-License-Identifier: MIT
#include "analysis/why_judge.h"

#include <stdarg.h>
#include <string.h>

#include "analysis/findings.h"
#include "base/str.h"

/** What a finding means and what to do about it. What `check` can find, too, has its row there. */
static const struct why_row {
	const char *id, *cause, *advice[5], *see;
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
	{ "no-listener", "the server is not running, or runs in another namespace",
	  { "start it; tcptriage listeners -N all shows where it listens" },
	  "tcptriage listeners" },
	{ "wrong-listener-address", "the server is bound to another address",
	  { "make it listen on the destination's address or on 0.0.0.0 and ::",
	    "or connect to the address it has" },
	  "tcptriage listeners" },
	{ "silent-peer", "a firewall drops, the way back is broken, or the host is off",
	  { "try another port of the same host: an answer means a filter or that listener",
	    "tcpdump host ADDRESS: SYNs that never leave are dropped by this host's own filter" },
	  "tcptriage handshakes" },
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

/** The row of ID, of this table or of check's: every judge names one that is there. */
static struct why_row row_of(const char *id)
{
	struct why_row out = { .id = id };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].id, id) == 0)
			return rows[i];
	}
	for (size_t i = 0; i < FINDING_COUNT; i++) {
		const struct finding_row *f = &finding_table[i];

		if (strcmp(f->id, id) != 0)
			continue;
		out.cause = f->cause;
		out.see = f->see;
		memcpy(out.advice, f->advice, sizeof(out.advice));
	}
	return out;
}

struct value *why_find(struct judging *j, const char *id, enum severity severity, const char *fmt,
		       ...)
{
	const struct why_row row = row_of(id);
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
	value_add_text(j->arena, f, "id", row.id);
	value_add_text(j->arena, f, "severity", severity_name(severity));
	value_add_text(j->arena, f, "summary", str_text(&sentence));
	evidence = value_add_object(j->arena, f, "evidence");
	value_add_text(j->arena, f, "cause", row.cause);
	advice = value_add_array(j->arena, f, "advice");
	for (size_t i = 0; i < ARRAY_LEN(row.advice) && row.advice[i]; i++)
		value_add_text(j->arena, advice, NULL, row.advice[i]);
	value_add_text(j->arena, f, "see", row.see);
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
