/* SPDX-License-Identifier: MIT */
/* Options as rows: they drive parsing, help, completions and the lint against the manual. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "command.h"
#include "model/options.h"

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_U64,
	OPTION_SECONDS,
	/** One of the words in choices; stored as its index. */
	OPTION_CHOICE,
	/** A flag that may carry seconds (--connect[=SECS]). */
	OPTION_MAYBE_SECONDS,
};

/** One option. */
struct option_row {
	/** Long name, and letter or 0. */
	const char *name;
	char letter;
	enum option_kind kind;
	/** Offset in struct options of the value; of the bool that says it was given, or NO_SET. */
	size_t value, set;
	/** Commands that take it: bits of enum command_id. */
	uint32_t commands;
	/** What help calls the argument, or NULL. */
	const char *arg;
	/** NULL-terminated words of a choice. */
	const char *const *choices;
	/** Least and greatest number. */
	double min, max;
	/** One line of help. */
	const char *help;
};

/** "No such member". */
#define NO_SET ((size_t)-1)

/** The table and its length. */
extern const struct option_row option_table[];
extern const size_t option_count;

/** Reads argv into OPT and the command (*CMD is NULL where none is named: check). 0, or -EINVAL
 *  with one line in WHY. */
NODISCARD NONNULL int options_parse(int argc, char **argv, struct options *opt,
				    const struct command **cmd, struct str *why);

/** True where command ID takes row O. */
NONNULL bool option_applies(const struct option_row *o, enum command_id id);

/** True where command ID reads sockets. */
bool options_for_sockets(enum command_id id);

/** What to say of WORD, which is no command: the one that was meant perhaps, or where they are
 *  listed. */
NONNULL void options_unknown_command(const char *word, struct str *why);

#endif
