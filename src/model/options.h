/* SPDX-License-Identifier: MIT */
/* What the command line asked for, as plain values. The rows that read them: src/options.c. */
#ifndef MODEL_OPTIONS_H
#define MODEL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/** Where socket records come from. */
enum source_choice { SOURCE_AUTO, SOURCE_NETLINK, SOURCE_PROC };
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/** Zeroed, then filled with the defaults of the rows. Strings point into argv. */
struct options {
	/* Common. */
	bool ipv4, ipv6, json, no_header, resolve, help, version, numeric;
	/** -N; NULL: this process's namespace. */
	const char *netns;
	int source, color;
	/** --from, --at. */
	const char *from, *at;
	/** -i in s (0: no repetition), -c (0: no limit; meaningful with count_set). */
	double interval;
	uint64_t count;
	bool interval_set, count_set;
	/** --sample in s; sample_set where it was given. */
	double sample;
	bool sample_set;
	const char *columns, *sort;
	/** -t (0: all). */
	uint64_t top;
	bool top_set;
	bool debug;

	/** states */
	const char *by;
	bool fast, diagram;
	/* list */
	bool processes;
	/* count */
	uint64_t fail_over;
	bool fail_over_set;
	/* close-wait */
	double older;
	bool sockets;
	/* ports */
	bool probe;
	double rate;
	bool rate_set;
	const char *range, *reserved;
	double time_wait;
	bool time_wait_set;
	uint64_t destinations, local_addresses;
	/* handshakes */
	double watch;
	bool watch_set;
	/* check */
	bool all;
	/* why */
	/** --connect[=SECS]: connect says it was given. */
	bool connect;
	double connect_timeout;
	/* record */
	const char *keep;
	/* kill */
	bool yes, dry_run;
	/* metrics */
	const char *output;
	bool rules;
	/* top */
	bool batch, save, mouse_off, ascii;
	const char *view;

	/** The words behind the command: the filter, a host and port, a file. argv's own
	 *  pointers. */
	char **args;
	int arg_count;
};

#endif
