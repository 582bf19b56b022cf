/* SPDX-License-Identifier: MIT */
/* The columns of `list`: one row each, its getter in the row. */
#ifndef MODEL_COLUMN_H
#define MODEL_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/owners.h"
#include "model/sock.h"

/** What a column needs read (a fold reads nothing that no column asks for). */
enum column_needs {
	COLUMN_OWNERS = 1 << 0,
	COLUMN_CGROUPS = 1 << 1,
	COLUMN_INFO = 1 << 2,
	COLUMN_DROPS = 1 << 3,
	COLUMN_LOCKS = 1 << 4,
};

enum cell_kind {
	CELL_NULL,
	CELL_INT,
	CELL_BOOL,
	CELL_SECONDS,
	/** Text of this program's own: a state's name. */
	CELL_WORD,
	/** Text that a process chose: to be escaped. */
	CELL_TEXT,
	/** An address and a port: joined in text, the address alone in JSON. */
	CELL_ENDPOINT,
	/** A timer: kind, seconds, retransmits. */
	CELL_TIMER,
	/** Holders: pid, process, fd. */
	CELL_OWNERS,
};

/** One typed value. Pointers are the record's, or static. */
struct cell {
	enum cell_kind kind;
	union {
		int64_t integer;
		bool boolean;
		double seconds;
		const char *text;
		struct {
			const struct addr *addr;
			uint16_t port;
		} endpoint;
		const struct sock *timer;
		struct {
			const struct holder *holders;
			size_t count;
		} owners;
	};
};

/** What a getter may look at. */
struct column_context {
	const struct sock *s;
	/** NULL where they were not asked for. */
	const struct owners *owners;
	const struct cgroups *cgroups;
	const char *const *netns_names;
	size_t netns_count;
	/** Name of a user, or NULL. */
	const char *(*user_name)(uint32_t uid);
	/** Room for a text that a getter has to make; valid until the next cell. */
	struct str *scratch;
};

/** A column. */
struct column {
	/** Heading in text ("RECV-Q"); without case also the name for -o and -s. */
	const char *heading;
	/** Key in JSON. */
	const char *key;
	/** Set of enum column_needs. */
	unsigned needs;
	/** Place among the members of every JSON document (from 1), 0: only where it is chosen. */
	unsigned json;
	/** Shown in text; added by -p; right-aligned. */
	bool text, processes, right;
	/** Least width in text: rows are streamed, so a column cannot be measured first. */
	unsigned width;
	void (*get)(const struct column_context *ctx, struct cell *out);
	/** One sentence for -o help. */
	const char *help;
};

/** The table and its length. */
extern const struct column column_table[];
extern const size_t column_count;

/** The column named by the N bytes at NAME (heading or JSON key, without case, '-' equal to '_'),
 *  or NULL. */
NONNULL const struct column *column_find(const char *name, size_t n);

/** Word for a timer's kind: "on" (retransmit), "keepalive", "timewait", "persist", "other", as ss
 *  has them. */
RETURNS_NONNULL const char *column_timer_word(unsigned timer);

/** Orders two cells of the same column: nulls first, numbers, then text. */
NODISCARD NONNULL int cell_compare(const struct cell *a, const struct cell *b);

#endif
