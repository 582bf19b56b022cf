/* SPDX-License-Identifier: MIT */
/* Grouping sockets by what --by names. */
#ifndef ANALYSIS_GROUP_H
#define ANALYSIS_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "base/str.h"
#include "model/sock.h"

/** A key of --by. */
enum group_by {
	GROUP_LADDR,
	GROUP_LPORT,
	GROUP_RADDR,
	GROUP_RPORT,
	GROUP_LOCAL,
	GROUP_REMOTE,
	GROUP_PID,
	GROUP_PROCESS,
	GROUP_USER,
	GROUP_CGROUP,
	GROUP_NETNS,
	GROUP_FAMILY,
	GROUP_BY_COUNT
};

/** Most keys in one --by. */
#define GROUP_KEYS_MAX 4

/** What --by asked for. */
struct group_spec {
	enum group_by keys[GROUP_KEYS_MAX];
	size_t count;
};

/** Name of key I of --by, or NULL past the last: for help, completions, suggestions. */
const char *group_key_name(size_t i);

/** Reads --by's list. 0, or -EINVAL with one sentence in WHY. */
NODISCARD NONNULL int group_parse(const char *text, struct group_spec *out, struct str *why);

/** True where a key of SPEC is a process or a pid. */
NODISCARD NONNULL bool group_needs_owners(const struct group_spec *spec);
/** True where a key of SPEC is the cgroup. */
NODISCARD NONNULL bool group_needs_cgroups(const struct group_spec *spec);

/** Groups being counted; opaque. */
struct groups;

/** New, empty groups for SPEC (copied). */
NODISCARD RETURNS_NONNULL NONNULL struct groups *groups_new(const struct group_spec *spec);
/** Counts one socket. */
NONNULL void groups_add(struct groups *g, const struct sock *s);
/** Forgets every count. */
NONNULL void groups_reset(struct groups *g);
/** Adds FROM's counts; FROM is then empty. */
NONNULL void groups_merge(struct groups *g, struct groups *from);
/** Puts the inodes whose owners are wanted into SET. */
NONNULL void groups_want(const struct groups *g, struct map *set);
/** Adds "groups":[…] to REPORT's root by falling total. */
NONNULL void groups_finish(struct groups *g, const struct host *host, struct report *report);
/** Gives it back; NULL is fine. */
void groups_free(struct groups *g);

#endif
