/* SPDX-License-Identifier: MIT */
/* The runbook as const rows: what every state, finding, errno and setting means, what it does not
 * mean, and what to do. Facts are those measured for this program, not folklore. */
#ifndef MODEL_TOPIC_H
#define MODEL_TOPIC_H

#include <stddef.h>

#include "base/attr.h"

/** What a topic is about. */
enum topic_kind {
	TOPIC_STATE,
	/** A finding of `check` or `why`, by its id. */
	TOPIC_FINDING,
	TOPIC_ERRNO,
	/** A sysctl, a limit or a socket option. */
	TOPIC_SETTING,
	/** Something that is none of these. */
	TOPIC_PAGE,
	TOPIC_KIND_COUNT
};

/** A paragraph. */
struct topic_part {
	/** What it answers ("Left by", "Does not"), or NULL for plain text. */
	const char *label;
	/** Plain ASCII, one paragraph, unwrapped; NULL ends the list. */
	const char *text;
};

/** Most paragraphs, aliases and pointers of a topic, each list NULL-terminated. */
#define TOPIC_PARTS 7
#define TOPIC_ALIASES 5
#define TOPIC_SEE 6

/** A topic. */
struct topic {
	/** As contract, kernel and header files spell it: TIME_WAIT, EADDRNOTAVAIL,
	 *  tcp_tw_reuse. */
	const char *name;
	/** Other names, compared like the name (topic_find()). */
	const char *aliases[TOPIC_ALIASES];
	enum topic_kind kind;
	/** Half a sentence, at most 46 cells. */
	const char *title;
	struct topic_part parts[TOPIC_PARTS];
	/** Commands ("tcptriage ports") and other topics' names. */
	const char *see[TOPIC_SEE];
};

/** An old one-liner beside the new command. */
struct cheat {
	/** The question both answer. */
	const char *question;
	/** With netstat, ss, lsof or /proc, as found in old notes. */
	const char *old;
	const char *now;
};

/** The topics of each kind, each ending in a row without a name. */
extern const struct topic topic_states[];
extern const struct topic topic_findings[];
extern const struct topic topic_why[];
extern const struct topic topic_errnos[];
extern const struct topic topic_settings[];
extern const struct topic topic_limits[];
extern const struct topic topic_options[];
extern const struct topic topic_pages[];
/** The rows of `explain cheatsheet`; ends with a row without a question. */
extern const struct cheat topic_cheats[];

/** Topic I over all kinds, in the order of the list; NULL past the last. */
const struct topic *topic_at(size_t i);

/** The topic NAME stands for: its name, an alias, a state in any spelling, a sysctl with its path
 *  in front (net.ipv4.tcp_tw_reuse, /proc/sys/net/core/somaxconn). Compared without case, with '-',
 *  '_' and blank equal, unless one is spelled exactly so (IP_LOCAL_PORT_RANGE is a socket option,
 *  ip_local_port_range a sysctl). NULL where there is none. */
NODISCARD NONNULL const struct topic *topic_find(const char *name);

/** "state", "finding", "errno", "setting", "page". */
NODISCARD RETURNS_NONNULL const char *topic_kind_name(enum topic_kind kind);

#endif
