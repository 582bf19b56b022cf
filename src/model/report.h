/* SPDX-License-Identifier: MIT */
/* An answer: a small tree of typed values, built once, and views that say how to read it as tables.
 * JSON is a walk over the tree; text, the live view and OpenMetrics are walks over views. */
#ifndef MODEL_REPORT_H
#define MODEL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/attr.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_REAL,
	/** Text as the kernel or a process gave it: renderers escape it. */
	VALUE_TEXT,
	VALUE_ARRAY,
	VALUE_OBJECT,
};

/** A value. Arrays and objects are chains of children in insertion order. Lives in an arena. */
struct value {
	enum value_kind kind;
	/** Member name (static or in the arena) where the parent is an object, else NULL. */
	const char *key;
	union {
		bool boolean;
		int64_t integer;
		double real;
		const char *text;
		struct {
			struct value *first, *last;
			size_t count;
		} children;
	};
	struct value *next;
};

/** What could not be seen, in whole sentences with numbers; said once on stderr and under
 *  "notes". */
struct notes {
	/** const char *, in the arena, without repeats. */
	const char **text;
	/** By the same index: what notes_set() said it is about, or NULL. */
	const char **about;
	size_t count, cap;
	struct arena arena;
};

/** Adds a formatted note unless the same text is there. */
PRINTF(2, 3) void notes_add(struct notes *n, const char *fmt, ...);
/** The same for what each sample may say with other numbers: replaces what was said ABOUT (a
 *  literal) before, so that it is one note, said once, with the numbers of now. */
PRINTF(3, 4) void notes_set(struct notes *n, const char *about, const char *fmt, ...);
/** Gives everything back; empty and ready again. */
NONNULL void notes_free(struct notes *n);

/** A new object or array without a parent (the root of a report). */
NODISCARD RETURNS_NONNULL NONNULL struct value *value_object(struct arena *a);
NODISCARD RETURNS_NONNULL NONNULL struct value *value_array(struct arena *a);

/* Members of an object and elements of an array (there KEY is NULL). KEY must outlive the tree:
 * a literal or a string in the arena. All return the new child. */

/** Adds an integer. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_int(struct arena *a, struct value *to,
							      const char *key, int64_t v);
/** Adds an integer, or null where V is FACT_UNKNOWN (INT64_MIN). */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_fact(struct arena *a, struct value *to,
							       const char *key, int64_t v);
/** Adds a real; null where it is NAN or infinite. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_real(struct arena *a, struct value *to,
							       const char *key, double v);
/** Adds a boolean. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_bool(struct arena *a, struct value *to,
							       const char *key, bool v);
/** Adds a copy of V, or null where V is NULL or empty: an empty name says nothing. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_text(struct arena *a, struct value *to,
							       const char *key, const char *v);
/** Adds null. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_null(struct arena *a, struct value *to,
							       const char *key);
/** Adds an empty object or array. */
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_object(struct arena *a, struct value *to,
								 const char *key);
RETURNS_NONNULL NONNULL_ARGS(1, 2) struct value *value_add_array(struct arena *a, struct value *to,
								const char *key);
/** Links the parentless tree CHILD under TO. */
NONNULL_ARGS(1, 3) void value_link(struct value *to, const char *key, struct value *child);

/** A deep copy of V in A, without a parent and outliving V's own arena. */
NODISCARD RETURNS_NONNULL NONNULL struct value *value_copy(struct arena *a, const struct value *v);

/** Member KEY of an object, or NULL. */
NONNULL struct value *value_get(const struct value *object, const char *key);
/** The value at a dotted path of member names ("range.low"), or NULL; a literal "." in a name is
 *  not supported. */
NONNULL struct value *value_at(const struct value *object, const char *path);
/** Element I of an array, or NULL. */
NONNULL struct value *value_index(const struct value *array, size_t i);
/** Integer of member KEY; FALLBACK where it is absent or none. */
NODISCARD NONNULL int64_t value_int(const struct value *object, const char *key, int64_t fallback);

/** A number's meaning: how people read it. JSON ignores it. */
enum unit {
	UNIT_NONE,
	/** Plain integer in a pipe, 12.3k for people. */
	UNIT_COUNT,
	/** Seconds; for people 12m30s. */
	UNIT_SECONDS,
	/** 0..1; shown as a percentage. */
	UNIT_RATIO,
	/** Per second, one decimal. */
	UNIT_RATE,
	UNIT_BYTES,
	/** A severity or verdict word: coloured by what it says (ok, info, warning, critical …). */
	UNIT_VERDICT,
	/** An array of counts, drawn as a sparkline; a column of it is left out in a pipe. */
	UNIT_SPARK,
	/** An address, a port, an address and its port: what -r has names for. */
	UNIT_ADDRESS,
	UNIT_PORT,
	UNIT_ENDPOINT,
};

/** A column of a view. */
struct view_column {
	/** Path of the member in each row ("fds.open"); NULL ends the list. For VIEW_MAP the
	 *  special paths "@key", "@value" and "@share" (of the total). An array is joined with
	 *  commas: its scalars, or of its objects the member named behind ':' ("owners:pid"). */
	const char *path;
	/** Heading, in capitals; also the name for -o and -s (compared without case). */
	const char *heading;
	enum unit unit;
	/** Right-aligned in text. */
	bool right;
	/** Shown only when chosen with -o. */
	bool extra;
	/** One sentence for -o help. */
	const char *help;
	/** Left out of text where no row has such a member, unless chosen by name. */
	bool if_present;
	/** A number that is 0 where the member is not there. Scripts count cells: in a pipe such a
	 *  column stays, whatever the rows have. */
	bool zero;
	/** Path of a second member, or NULL: where its value differs, the cell reads
	 *  "first..second". */
	const char *to;
};

enum view_kind {
	/** PATH is an array of objects: one row each. */
	VIEW_TABLE,
	/** PATH is an object: one row a member, "@key" and "@value" are its name and value. */
	VIEW_MAP,
	/** PATH is an array of objects (or one object): each printed through the LINE template. */
	VIEW_LINES,
};

/** How part of a report is shown to people. */
struct view {
	/** Name of the view; also of the section in the live view. */
	const char *name;
	enum view_kind kind;
	/** Path of the array or object from the root; "" is the root itself. */
	const char *path;
	/** Columns for VIEW_TABLE and VIEW_MAP. */
	const struct view_column *columns;
	/** VIEW_LINES: text with {path} or {path:unit} placeholders (unit: count seconds ratio rate
	 *  bytes); a line of it (split at '\n') any of whose placeholders is null is left out; an
	 *  array of texts repeats its line for each element. */
	const char *line;
	/** Heading of the column by which rows are ordered when nothing else is asked, '-' in front
	 *  for falling; NULL: as the analysis made them. */
	const char *sort;
	/** VIEW_MAP: draw a bar of each value's share of the total on a terminal, and after the
	 *  rows the total at this path (a TOTAL row); NULL for none. */
	const char *total;
	/** Left out of text altogether when the array is empty. */
	bool optional;
	/** On a terminal only. */
	bool terminal;
	/** Left out where the report has this member and it is not null; NULL: never. */
	const char *unless;
	/** A title line is printed above (terminal and pipe alike) when several views are shown;
	 *  NULL for none. */
	const char *title;
};

/** A report: what one sample of one command says. */
struct report {
	struct arena arena;
	/** The command's own members, without the common first ones. */
	struct value *root;
	/** True unless part of the system could not be read. */
	bool complete;
	/** Exit status that the answer asks for: 0, or 1 and 2 for check and why. */
	int status;
};

#endif
