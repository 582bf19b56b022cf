// SPDX-License-Identifier: MIT
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/ports_estimate.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/privilege.h"
#include "base/wrap.h"
#include "complete.h"
#include "explain.h"
#include "diff.h"
#include "kill.h"
#include "list.h"
#include "metrics.h"
#include "options.h"
#include "output.h"
#include "pipeline.h"
#include "why.h"
#include "record.h"
#include "top.h"

void complain(const char *fmt, ...)
{
	struct str text = { 0 }, line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	str_add(&line, "tcptriage: ");
	escape_message(&line, str_text(&text), text.len);
	str_addc(&line, '\n');
	/* Nothing can be said about a message that cannot be said. */
	if (file_write_fd(STDERR_FILENO, line.s, line.len))
		errno = 0;
	str_free(&text);
	str_free(&line);
}

/** A command that is one analysis. */
static int run_analysis(const struct command *cmd, const struct options *opt)
{
	return pipeline_run(analysis_find(cmd->name), opt);
}

/** Measured, or with --rate what if. */
static int run_ports(const struct command *cmd, const struct options *opt)
{
	return pipeline_run(ports_estimate_asked(opt) ? &ports_estimate_analysis :
							analysis_find(cmd->name), opt);
}

static int run_help(const struct command *cmd, const struct options *opt)
{
	const struct command *about = NULL;
	struct str out = { 0 };

	if (opt->arg_count) {
		about = command_find(opt->args[0]);
		if (!about) {
			options_unknown_command(opt->args[0], &out);
			complain("%s: %s", cmd->name, str_text(&out));
			str_free(&out);
			return STATUS_USAGE;
		}
	}
	command_help(about, &out);
	output_add(&out);
	str_free(&out);
	return output_end(STATUS_OK);
}

const struct command commands[CMD_ID_COUNT] = {
	[CMD_CHECK] = { CMD_CHECK, "check", { NULL }, ARGS_FILTER, 0, 0, "[FILTER]",
		"Is something wrong with TCP on this host now, and what next?",
		"Looks for a second, judges, and ranks what it finds. Exit status: 0 nothing "
		"wrong, 1 a warning, 2 critical, 3 unknown.", false, run_analysis },
	[CMD_STATES] = { CMD_STATES, "states", { NULL }, ARGS_FILTER, 0, 0, "[FILTER]",
		"How many sockets are in each state, by owner, port or peer?",
		"One row per state, zeros included, then the total.", false, run_analysis },
	[CMD_CLOSE_WAIT] = { CMD_CLOSE_WAIT, "close-wait", { "cw" }, ARGS_FILTER, 0, 0, "[FILTER]",
		"Who holds CLOSE_WAIT sockets, since when, and why are they stuck?",
		"Tells a missing close (leak) from a stuck reader and a stuck accept loop.", false,
		run_analysis },
	[CMD_PORTS] = { CMD_PORTS, "ports", { "headroom" }, ARGS_FILTER, 0, 0, "[FILTER]",
		"How many more connections fit per destination, and how long?",
		"A pool is one local address, remote address and remote port. The filter chooses "
		"pools, whose numbers count all their sockets. With --rate: what if, without "
		"reading sockets.", false, run_ports },
	[CMD_HANDSHAKES] = { CMD_HANDSHAKES, "handshakes", { "syn" }, ARGS_FILTER, 0, 0, "[FILTER]",
		"Which connections hang in SYN_SENT or SYN_RECV, and since when?",
		"Ages are told from timers and retransmissions.", false, run_analysis },
	[CMD_LISTENERS] = { CMD_LISTENERS, "listeners", { NULL }, ARGS_FILTER, 0, 0, "[FILTER]",
		"Accept queue, limit, drops and owner of each listening socket.",
		"A full queue drops SYNs: clients see slow connections, then time-outs.", false,
		run_analysis },
	[CMD_LIST] = { CMD_LIST, "list", { "ls" }, ARGS_FILTER, 0, 0, "[FILTER]",
		"The sockets themselves, one per line.",
		"Rows come as the kernel gives them; -s sorts them.", false, list_run },
	[CMD_COUNT] = { CMD_COUNT, "count", { NULL }, ARGS_FILTER, 0, 0, "[FILTER]",
		"How many match: one bare integer.",
		"0 included, and nothing else; with -i one number per line.", false, run_analysis },
	[CMD_WHY] = { CMD_WHY, "why", { NULL }, ARGS_WORDS, 1, 2, "HOST:PORT",
		"Why can't this host connect to HOST:PORT?",
		"It looks only, unless --connect asks for one real attempt.", false, why_run },
	[CMD_TOP] = { CMD_TOP, "top", { NULL }, ARGS_FILTER, 0, 0, "[FILTER]",
		"The live view.", "Press ? in it for its keys.", false, top_run },
	[CMD_EXPLAIN] = { CMD_EXPLAIN, "explain", { NULL }, ARGS_WORDS, 0, 9, "[TOPIC]",
		"What a state, finding, error or setting means, and what to do.",
		"Without a topic it lists them. Reads nothing from the system.", false, explain_run },
	[CMD_RECORD] = { CMD_RECORD, "record", { NULL }, ARGS_WORDS, 1, 1, "FILE",
		"Save what the kernel says, for later.",
		"Appends to FILE; every reading command takes it with --from=FILE. Without -i and -c: "
		"two samples, a second apart, so that rates can be told from it.", false, record_run },
	[CMD_DIFF] = { CMD_DIFF, "diff", { NULL }, ARGS_WORDS, 2, 2, "OLD NEW",
		"What grew between two recordings (- for now)?",
		"By state, owner and destination. Of one recording given twice: its first sample and its "
		"last.", false, diff_run },
	[CMD_KILL] = { CMD_KILL, "kill", { NULL }, ARGS_FILTER, 1, 0, "FILTER",
		"Destroy the matching sockets, never without a filter.",
		"Shows them and asks; off a terminal it needs --yes.", false, kill_run },
	[CMD_METRICS] = { CMD_METRICS, "metrics", { NULL }, ARGS_WORDS, 0, 0, "",
		"OpenMetrics text, for Prometheus.",
		"For node_exporter's textfile collector: --output=FILE.", false, metrics_run },
	[CMD_HELP] = { CMD_HELP, "help", { NULL }, ARGS_WORDS, 0, 1, "[COMMAND]",
		"This help, or a command's.", "The same as COMMAND --help.", false, run_help },
	[CMD_COMPLETE] = { CMD_COMPLETE, "complete", { NULL }, ARGS_WORDS, 1, 2, "WHAT [COMMAND]",
		"Words for the shells' completions.", "One a line.", true, complete_run },
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < CMD_ID_COUNT; i++) {
		const struct command *c = &commands[i];

		if (!c->run)
			continue;
		if (strcmp(name, c->name) == 0)
			return c;
		for (size_t k = 0; k < ARRAY_LEN(c->aliases) && c->aliases[k]; k++) {
			if (strcmp(name, c->aliases[k]) == 0)
				return c;
		}
	}
	return NULL;
}

const char *command_name(void *unused, size_t i)
{
	(void)unused;
	for (size_t k = 0; k < CMD_ID_COUNT; k++) {
		if (commands[k].run && !commands[k].hidden && i-- == 0)
			return commands[k].name;
	}
	return NULL;
}

/** Help is for terminals of 80 columns. */
#define HELP_WIDTH 80
/** Where the words on an option begin, and those on a command. */
#define OPTION_AT 33
#define COMMAND_AT 15

static void help_option(struct str *out, const struct option_row *o)
{
	struct str left = { 0 };

	str_addf(&left, o->letter ? "  -%c, " : "      ", o->letter);
	str_addf(&left, "--%s", o->name);
	if (o->arg)
		str_addf(&left, o->kind == OPTION_MAYBE_SECONDS ? "[=%s]" : "=%s", o->arg);
	str_addf(out, "%-*s ", OPTION_AT - 1, left.s);
	wrap_add(out, o->help, OPTION_AT, OPTION_AT, HELP_WIDTH);
	str_addc(out, '\n');
	str_free(&left);
}

static void help_commands(struct str *out)
{
	str_add(out, "Usage: tcptriage [COMMAND] [OPTIONS] [FILTER...]\n\n"
		     "Why connections fail: the TCP sockets of this host, counted, owned and judged.\n\n"
		     "Commands:\n");
	for (size_t i = 0; i < CMD_ID_COUNT; i++) {
		const struct command *c = &commands[i];

		if (!c->run || c->hidden)
			continue;
		str_addf(out, "  %-*s ", COMMAND_AT - 3, c->name);
		wrap_add(out, c->answers, COMMAND_AT, COMMAND_AT, HELP_WIDTH);
		str_addc(out, '\n');
	}
	str_add(out, "\nWithout a command: check. 'tcptriage COMMAND --help' lists its options,\n"
		     "'man tcptriage' has everything, 'man tcptriage-filter' the filter language:\n"
		     "  state close-wait   dst 10.0.0.0/8   dport = :443   not src 127.0.0.1\n");
}

void command_help(const struct command *cmd, struct str *out)
{
	if (!cmd) {
		help_commands(out);
		return;
	}
	str_addf(out, "Usage: tcptriage %s [OPTIONS]%s%s\n\n", cmd->name, *cmd->usage ? " " : "",
		 cmd->usage);
	wrap_add(out, cmd->answers, 0, 0, HELP_WIDTH);
	str_addc(out, '\n');
	wrap_add(out, cmd->help, 0, 0, HELP_WIDTH);
	str_addc(out, '\n');
	if (cmd->aliases[0])
		str_addf(out, "Also called: %s\n", cmd->aliases[0]);
	str_add(out, "\nOptions:\n");
	for (size_t i = 0; i < option_count; i++) {
		if (option_applies(&option_table[i], cmd->id))
			help_option(out, &option_table[i]);
	}
}

/** What of lent rights the command can need: nothing for a recording or the runbook. All the rest
 *  that shows holders may read as many descriptors as there are, by a program in the kernel. */
static unsigned privileges(const struct command *cmd, const struct options *opt)
{
	if (opt->from || !options_for_sockets(cmd->id))
		return 0;
	return PRIVILEGE_PROCESSES | PRIVILEGE_BPF | PRIVILEGE_NETWORK |
	       (opt->netns ? PRIVILEGE_NAMESPACES : 0);
}

int command_main(int argc, char **argv)
{
	const struct command *cmd = NULL;
	struct options opt;
	struct str text = { 0 };
	int ret = options_parse(argc, argv, &opt, &cmd, &text);

	if (ret) {
		struct str safe = { 0 };

		escape_text(&safe, str_text(&text), text.len, false);
		complain("%s", str_text(&safe));
		str_free(&safe);
		str_free(&text);
		return STATUS_USAGE;
	}
	if (opt.version || opt.help) {
		if (opt.version)
			str_add(&text, "tcptriage " TCPTRIAGE_VERSION "\n");
		else
			command_help(cmd, &text);
		output_add(&text);
		str_free(&text);
		return output_end(STATUS_OK);
	}
	if (!cmd)
		cmd = &commands[CMD_CHECK];
	privilege_keep(privileges(cmd, &opt));
	return cmd->run(cmd, &opt);
}
