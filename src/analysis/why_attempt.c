// SPDX-License-Identifier: MIT
/* What the one real attempt adds to what looking showed. */
#include <errno.h>

#include "analysis/why_judge.h"

static void evidence(struct judging *j, struct value *e)
{
	value_add_text(j->arena, e, "errno", errno_name(j->c->attempt.error));
	value_add_real(j->arena, e, "seconds", j->c->attempt.seconds);
}

static void failed(struct judging *j)
{
	const struct attempt *a = &j->c->attempt;
	const char *name = errno_name(a->error);

	evidence(j, why_find(j, "attempt-failed", SEVERITY_CRITICAL,
			     "Connecting to %s failed with %s after %.3f s", j->target,
			     name ? name : "an unknown error", a->seconds));
}

static void refused(struct judging *j)
{
	if (why_found(j, "no-listener") || why_found(j, "wrong-listener-address"))
		return;
	evidence(j, why_find(j, "refused", SEVERITY_CRITICAL,
			     "%s refuses connections: the attempt was answered with a reset after "
			     "%.3f s",
			     j->target, j->c->attempt.seconds));
}

static void timed_out(struct judging *j)
{
	if (j->cut_off || why_found(j, "silent-peer") || why_found(j, "accept-queue-full") ||
	    why_found(j, "conntrack-full"))
		return;
	evidence(j, why_find(j, "silent-peer", SEVERITY_CRITICAL,
			     "%s does not answer: no reply to a SYN within %.1f s", j->target,
			     j->c->attempt.seconds));
}

static void no_port(struct judging *j)
{
	if (why_found(j, "port-exhaustion") && j->worst == SEVERITY_CRITICAL)
		return;
	evidence(j, why_find(j, "port-exhaustion", SEVERITY_CRITICAL,
			     "No port is left toward %s: connect() failed with EADDRNOTAVAIL",
			     j->target));
}

static void no_descriptor(struct judging *j)
{
	bool machine = j->c->attempt.error == ENFILE;

	evidence(j, why_find(j, machine ? "file-table-full" : "fd-limit", SEVERITY_CRITICAL,
			     machine ? "The machine's file table is full: socket() fails with ENFILE"
				     : "This shell's descriptor limit is reached: socket() fails with "
				       "EMFILE"));
}

void why_judge_attempt(struct judging *j)
{
	switch (j->c->attempt.result) {
	case ATTEMPT_NONE:
	case ATTEMPT_CONNECTED:
	case ATTEMPT_RESULT_COUNT:
		break;
	case ATTEMPT_REFUSED:
		refused(j);
		break;
	case ATTEMPT_TIMEOUT:
		timed_out(j);
		break;
	case ATTEMPT_NO_PORT:
		no_port(j);
		break;
	case ATTEMPT_NO_DESCRIPTOR:
		no_descriptor(j);
		break;
	case ATTEMPT_UNREACHABLE:
	case ATTEMPT_DENIED:
	case ATTEMPT_RESET:
	case ATTEMPT_FAILED:
		if (!j->cut_off)
			failed(j);
		break;
	}
}
