/* SPDX-License-Identifier: MIT */
/* The commands: one row each drives lookup, help, completions and dispatch. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/options.h"

/** Exit statuses (contract 1). */
enum status {
	STATUS_OK = 0,
	STATUS_WARNING = 1,
	STATUS_CRITICAL = 2,
	STATUS_FAILED = 3,
	STATUS_USAGE = 64,
};

/** Commands; each has a bit in an option row's set. */
enum command_id {
	CMD_CHECK,
	CMD_STATES,
	CMD_CLOSE_WAIT,
	CMD_PORTS,
	CMD_HANDSHAKES,
	CMD_LISTENERS,
	CMD_LIST,
	CMD_COUNT,
	CMD_WHY,
	CMD_TOP,
	CMD_EXPLAIN,
	CMD_RECORD,
	CMD_DIFF,
	CMD_KILL,
	CMD_METRICS,
	CMD_HELP,
	/** Words for the completions; not shown in help. */
	CMD_COMPLETE,
	CMD_ID_COUNT
};

/** What stands behind a command's options. */
enum command_args {
	/** A filter. */
	ARGS_FILTER,
	/** As many words as min_args..max_args say. */
	ARGS_WORDS,
};

/** One command. */
struct command {
	enum command_id id;
	/** Name and aliases (NULL where there are fewer). */
	const char *name, *aliases[2];
	enum command_args args;
	int min_args, max_args;
	/** What the usage line shows behind the options. */
	const char *usage;
	/** The question it answers, one line. */
	const char *answers;
	/** A few lines for its own help. */
	const char *help;
	bool hidden;
	/** Runs it; returns the exit status. Errors are on stderr by then. */
	int (*run)(const struct command *cmd, const struct options *opt);
};

/** The table, CMD_ID_COUNT rows. */
extern const struct command commands[CMD_ID_COUNT];

/** The command called NAME (or by an alias), or NULL. */
NONNULL const struct command *command_find(const char *name);

/** Name of the I-th command that people see, NULL past the last (for suggestions, completions). */
const char *command_name(void *unused, size_t i);

/** Reads the command line and runs it; returns the exit status. */
NODISCARD NONNULL int command_main(int argc, char **argv);

/** Prints "tcptriage: …" as one line on stderr. */
PRINTF(1, 2) void complain(const char *fmt, ...);

/** Prints usage of CMD (NULL: of the program) into OUT. */
NONNULL_ARGS(2) void command_help(const struct command *cmd, struct str *out);

#endif
