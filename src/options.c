// SPDX-License-Identifier: MIT
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "base/suggest.h"
#include "model/filter.h"
#include "model/state.h"

#define BIT(ID) (1u << CMD_##ID)
/** Commands that read sockets. */
#define READERS                                                                                    \
	(BIT(CHECK) | BIT(STATES) | BIT(CLOSE_WAIT) | BIT(PORTS) | BIT(HANDSHAKES) |               \
	 BIT(LISTENERS) | BIT(LIST) | BIT(COUNT) | BIT(WHY) | BIT(TOP) | BIT(RECORD) |             \
	 BIT(DIFF) | BIT(KILL) | BIT(METRICS))
/** Those whose answer is a document: repeated with -i, as JSON. */
#define REPORTS                                                                                    \
	(BIT(CHECK) | BIT(STATES) | BIT(CLOSE_WAIT) | BIT(PORTS) | BIT(HANDSHAKES) |               \
	 BIT(LISTENERS) | BIT(LIST) | BIT(COUNT) | BIT(WHY))
#define TABLES (REPORTS | BIT(DIFF) | BIT(KILL))
/** Those whose rows can be chosen from. */
#define ROWS (TABLES & ~(BIT(KILL) | BIT(WHY)))
/** Those that can read a recording. */
#define REPLAYS (REPORTS | BIT(TOP) | BIT(METRICS))
#define ALL ((1u << CMD_ID_COUNT) - 1)

#define AT(MEMBER) offsetof(struct options, MEMBER)
#define FLAG(NAME, LETTER, MEMBER, COMMANDS, HELP)                                                 \
	{ NAME, LETTER, OPTION_FLAG, AT(MEMBER), NO_SET, COMMANDS, NULL, NULL, 0, 0, HELP }
#define TEXT(NAME, LETTER, MEMBER, COMMANDS, ARG, HELP)                                            \
	{ NAME, LETTER, OPTION_TEXT, AT(MEMBER), NO_SET, COMMANDS, ARG, NULL, 0, 0, HELP }

static const char *const source_words[] = { "auto", "netlink", "proc", NULL };
static const char *const color_words[] = { "auto", "always", "never", NULL };

/** A year: more is a mistyped number. */
#define LONG_TIME 31536000.0

const struct option_row option_table[] = {
	FLAG("ipv4", '4', ipv4, READERS & ~BIT(RECORD), "IPv4 sockets only"),
	FLAG("ipv6", '6', ipv6, READERS & ~BIT(RECORD), "IPv6 sockets only"),
	TEXT("netns", 'N', netns, READERS, "NAME|PID|PATH|all",
	     "another network namespace; all: every one reachable from here"),
	{ "source", 0, OPTION_CHOICE, AT(source), NO_SET, READERS, "auto|netlink|proc",
	  source_words, 0, 0, "where socket records come from (auto: netlink, else /proc)" },
	TEXT("from", 0, from, REPLAYS, "FILE", "read a recording instead of the running kernel"),
	TEXT("at", 0, at, REPLAYS, "TIME", "the recording's sample at this time (default: the last)"),
	{ "interval", 'i', OPTION_SECONDS, AT(interval), AT(interval_set),
	  REPORTS | BIT(TOP) | BIT(RECORD), "SECS", NULL, 0.001, LONG_TIME,
	  "repeat every SECS seconds" },
	{ "count", 'c', OPTION_U64, AT(count), AT(count_set), REPORTS | BIT(TOP) | BIT(RECORD), "N",
	  NULL, 1, 1e15, "stop after N samples" },
	{ "sample", 0, OPTION_SECONDS, AT(sample), AT(sample_set), REPORTS | BIT(METRICS), "SECS",
	  NULL, 0, LONG_TIME, "watch counters this long before judging" },
	FLAG("json", 'J', json, TABLES | BIT(EXPLAIN), "JSON"),
	TEXT("columns", 'o', columns, ROWS & ~(BIT(DIFF) | BIT(COUNT)), "A,B|+C|help",
	     "choose columns, or add to the default ones"),
	TEXT("sort", 's', sort, (ROWS & ~(BIT(DIFF) | BIT(COUNT))) | BIT(TOP), "[-]COLUMN",
	     "order of rows; - for falling"),
	{ "top", 't', OPTION_U64, AT(top), AT(top_set), ROWS | BIT(METRICS), "N", NULL, 0, 1e15,
	  "at most N rows (0: all; default 20 on a terminal)" },
	FLAG("no-header", 'H', no_header, TABLES | BIT(EXPLAIN),
	     "rows only: no header, no total, no notes"),
	FLAG("resolve", 'r', resolve, TABLES & ~BIT(WHY), "names for addresses and ports"),
	FLAG("numeric", 'n', numeric, READERS, "numbers for addresses and ports (the default)"),
	{ "color", 0, OPTION_CHOICE, AT(color), NO_SET, ALL, "auto|always|never", color_words, 0, 0,
	  "colour: auto is a terminal, NO_COLOR unset, TERM not dumb" },
	FLAG("debug", 0, debug, READERS, "where time went, on stderr"),

	TEXT("by", 0, by, BIT(STATES), "KEY[,KEY]",
	     "group by laddr lport raddr rport local remote pid process user cgroup netns family"),
	FLAG("fast", 0, fast, BIT(STATES),
	     "ESTABLISHED and TIME_WAIT from the kernel's counters, without visiting each socket"),
	FLAG("diagram", 0, diagram, BIT(STATES), "draw the state machine with live counts"),
	{ "older", 0, OPTION_SECONDS, AT(older), NO_SET, BIT(CLOSE_WAIT), "SECS", NULL, 0, LONG_TIME,
	  "only sockets at least this old" },
	FLAG("sockets", 0, sockets, BIT(CLOSE_WAIT), "one line per socket"),
	FLAG("processes", 'p', processes, BIT(LIST), "who holds each socket"),
	{ "fail-over", 0, OPTION_U64, AT(fail_over), AT(fail_over_set), BIT(COUNT), "N", NULL, 0,
	  1e15, "exit status 2 above N" },
	FLAG("probe", 0, probe, BIT(PORTS),
	     "settle doubtful ports by trial: opens loopback connections"),
	{ "rate", 0, OPTION_SECONDS, AT(rate), AT(rate_set), BIT(PORTS), "R", NULL, 0, 1e9,
	  "what if: new connections per second; reads no sockets" },
	TEXT("range", 0, range, BIT(PORTS), "LOW-HIGH", "what if: the port range"),
	TEXT("reserved", 0, reserved, BIT(PORTS), "N", "what if: ports reserved in the range"),
	{ "time-wait", 0, OPTION_SECONDS, AT(time_wait), AT(time_wait_set), BIT(PORTS), "SECS", NULL,
	  0, 86400, "what if: length of TIME_WAIT" },
	{ "destinations", 0, OPTION_U64, AT(destinations), NO_SET, BIT(PORTS), "N", NULL, 1, 1e9,
	  "what if: destinations that share the rate" },
	{ "local-addresses", 0, OPTION_U64, AT(local_addresses), NO_SET, BIT(PORTS), "N", NULL, 1,
	  1e9, "what if: local addresses that share the rate" },
	{ "watch", 0, OPTION_SECONDS, AT(watch), AT(watch_set), BIT(HANDSHAKES), "SECS", NULL, 0.01,
	  LONG_TIME, "follow handshakes as they complete" },
	FLAG("all", 0, all, BIT(CHECK), "show what was judged fine, too"),
	{ "connect", 0, OPTION_MAYBE_SECONDS, AT(connect_timeout), AT(connect), BIT(WHY), "SECS",
	  NULL, 0.001, 3600, "make one real attempt (default: 5 seconds at most)" },
	TEXT("keep", 0, keep, BIT(RECORD), "SIZE", "drop the oldest samples beyond this size"),
	FLAG("yes", 'y', yes, BIT(KILL), "do not ask"),
	FLAG("dry-run", 0, dry_run, BIT(KILL), "only show what would be destroyed"),
	TEXT("output", 0, output, BIT(METRICS), "FILE", "replace FILE atomically"),
	FLAG("rules", 0, rules, BIT(METRICS), "print alerting rules for the same names"),
	FLAG("batch", 'b', batch, BIT(TOP), "print frames instead of drawing them"),
	TEXT("view", 0, view, BIT(TOP), "VIEW", "start with this view"),
	FLAG("save", 0, save, BIT(TOP), "save the settings on leaving"),
	FLAG("no-mouse", 'M', mouse_off, BIT(TOP), "leave the mouse to the terminal"),
	FLAG("ascii", 0, ascii, BIT(TOP), "draw with ASCII only"),

	FLAG("help", 'h', help, ALL, "show this help"),
	FLAG("version", 'V', version, ALL, "show the version"),
};

const size_t option_count = ARRAY_LEN(option_table);

bool options_for_sockets(enum command_id id)
{
	return READERS >> id & 1;
}

bool option_applies(const struct option_row *o, enum command_id id)
{
	return o->commands >> id & 1;
}

/** Long options get values from here on, so that they do not meet letters. */
#define LONG_BASE 256

static const char *nth_option(void *arg, size_t i)
{
	(void)arg;
	return i < option_count ? option_table[i].name : NULL;
}

/** "-x" or "--name" of a row. */
static void add_name(struct str *out, const struct option_row *o)
{
	str_addf(out, "--%s", o->name);
}

static int bad_number(const struct option_row *o, const char *text, struct str *why)
{
	add_name(why, o);
	if (o->max >= 1e9)
		str_addf(why, " takes a number of at least %.10g, not '%s'", o->min, text);
	else
		str_addf(why, " takes a number from %.10g to %.10g, not '%s'", o->min, o->max, text);
	return -EINVAL;
}

static int bad_choice(const struct option_row *o, const char *text, struct str *why)
{
	add_name(why, o);
	str_addf(why, " takes %s, not '%s'", o->arg, text);
	return -EINVAL;
}

static int set_choice(const struct option_row *o, int *to, const char *text, struct str *why)
{
	for (int i = 0; o->choices[i]; i++) {
		if (strcmp(o->choices[i], text) == 0) {
			*to = i;
			return 0;
		}
	}
	return bad_choice(o, text, why);
}

static int set_option(const struct option_row *o, struct options *opt, const char *text,
		      struct str *why)
{
	char *base = (char *)opt;
	double seconds;
	uint64_t number;

	if (o->set != NO_SET)
		*(bool *)(base + o->set) = true;
	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)(base + o->value) = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)(base + o->value) = text;
		return 0;
	case OPTION_CHOICE:
		return set_choice(o, (int *)(base + o->value), text, why);
	case OPTION_U64:
		if (num_parse(text, (uint64_t)o->max, &number) || (double)number < o->min)
			return bad_number(o, text, why);
		*(uint64_t *)(base + o->value) = number;
		return 0;
	case OPTION_MAYBE_SECONDS:
		if (!text)
			return 0;
		FALLTHROUGH;
	case OPTION_SECONDS:
		if (num_parse_seconds(text, o->max, &seconds) || seconds < o->min)
			return bad_number(o, text, why);
		*(double *)(base + o->value) = seconds;
		return 0;
	}
	return -EINVAL;
}

/** getopt's own tables out of the rows. */
static void make_tables(struct option *longs, struct str *letters)
{
	/* ':' in front: a missing argument is told from an unknown option. */
	str_add(letters, ":");
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *o = &option_table[i];
		bool argument = o->kind != OPTION_FLAG;

		longs[i].name = o->name;
		longs[i].has_arg = o->kind == OPTION_MAYBE_SECONDS ? optional_argument :
				   argument			   ? required_argument :
								     no_argument;
		longs[i].val = LONG_BASE + (int)i;
		if (o->letter) {
			str_addc(letters, o->letter);
			str_add(letters, argument ? ":" : "");
		}
	}
}

static int unknown_option(char **argv, struct str *why)
{
	const char *word = argv[optind - 1];

	if (optopt && optopt < LONG_BASE && strncmp(word, "--", 2) != 0) {
		str_addf(why, "unknown option '-%c' ('--help' lists them)", optopt);
		return -EINVAL;
	}
	if (optopt >= LONG_BASE) {
		str_addf(why, "--%s takes no argument", option_table[optopt - LONG_BASE].name);
		return -EINVAL;
	}
	char *name = xstrndup(word + 2, strcspn(word + 2, "="));
	const char *close = suggest(name, nth_option, NULL);

	str_addf(why, "unknown option '--%s'", name);
	if (close)
		str_addf(why, ": did you mean --%s?", close);
	else
		str_add(why, " ('--help' lists them)");
	free(name);
	return -EINVAL;
}

static int missing_argument(struct str *why)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *o = &option_table[i];

		if (optopt == LONG_BASE + (int)i || (o->letter && optopt == o->letter)) {
			add_name(why, o);
			str_addf(why, " needs an argument: %s", o->arg);
		}
	}
	return -EINVAL;
}

static const struct option_row *row_of(int value)
{
	if (value >= LONG_BASE)
		return &option_table[value - LONG_BASE];
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].letter == value)
			return &option_table[i];
	}
	return NULL;
}

/** Reads all options; GIVEN marks the rows that stood there. */
static int read_options(int argc, char **argv, struct options *opt, bool *given, struct str *why)
{
	struct option *longs = xcalloc(option_count + 1, sizeof(*longs));
	struct str letters = { 0 };
	int c, ret = 0;

	make_tables(longs, &letters);
	opterr = 0;
	while (!ret && (c = getopt_long(argc, argv, letters.s, longs, NULL)) != -1) {
		const struct option_row *o = c == '?' || c == ':' ? NULL : row_of(c);

		if (o) {
			given[o - option_table] = true;
			ret = set_option(o, opt, optarg, why);
		} else {
			ret = c == ':' ? missing_argument(why) : unknown_option(argv, why);
		}
	}
	free(longs);
	str_free(&letters);
	return ret;
}

/** True where WORD begins a condition of a filter. */
static bool begins_filter(const char *word)
{
	const char *keyword, *help;

	for (size_t i = 0; (keyword = filter_keyword(i, &help)); i++) {
		if (strcmp(keyword, word) == 0)
			return true;
	}
	return false;
}

void options_unknown_command(const char *word, struct str *why)
{
	const char *close = suggest(word, command_name, NULL);

	str_addf(why, "unknown command '%s'", word);
	if (close)
		str_addf(why, ": did you mean %s?", close);
	else if (state_parse(word))
		str_addf(why, ": did you mean 'list state %s'?", word);
	else if (begins_filter(word))
		str_addf(why, ": did you mean 'list %s ...'?", word);
	else if (strchr(word, ':'))
		str_addf(why, ": did you mean 'why %s'?", word);
	else
		str_add(why, " ('tcptriage help' lists them)");
}

static int find_command(struct options *opt, const struct command **cmd, struct str *why)
{
	*cmd = NULL;
	if (!opt->arg_count)
		return 0;
	*cmd = command_find(opt->args[0]);
	if (*cmd) {
		opt->args++;
		opt->arg_count--;
		return 0;
	}
	options_unknown_command(opt->args[0], why);
	return -EINVAL;
}

static int check_applicable(const struct command *cmd, const bool *given, struct str *why)
{
	for (size_t i = 0; i < option_count; i++) {
		if (given[i] && !option_applies(&option_table[i], cmd->id)) {
			str_addf(why, "'%s' takes no option --%s", cmd->name, option_table[i].name);
			return -EINVAL;
		}
	}
	return 0;
}

static int check_words(const struct command *cmd, const struct options *opt, struct str *why)
{
	if (cmd->args == ARGS_FILTER)
		return 0;
	if (opt->arg_count < cmd->min_args)
		str_addf(why, "%s needs %s", cmd->name, cmd->usage);
	else if (opt->arg_count > cmd->max_args)
		str_addf(why, "%s: one argument too many: '%s'", cmd->name,
			 opt->args[cmd->max_args]);
	else
		return 0;
	return -EINVAL;
}

int options_parse(int argc, char **argv, struct options *opt, const struct command **cmd,
		  struct str *why)
{
	bool *given = xcalloc(option_count, sizeof(*given));
	int ret;

	*opt = (struct options){ .connect_timeout = 5, .destinations = 1, .local_addresses = 1 };
	ret = read_options(argc, argv, opt, given, why);
	opt->args = argv + optind;
	opt->arg_count = argc - optind;
	if (!ret && !opt->version)
		ret = find_command(opt, cmd, why);
	if (!ret && !opt->help && !opt->version) {
		const struct command *run = *cmd ? *cmd : &commands[CMD_CHECK];

		ret = check_applicable(run, given, why);
		if (!ret)
			ret = check_words(run, opt, why);
	}
	free(given);
	return ret;
}
