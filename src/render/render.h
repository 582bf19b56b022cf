/* SPDX-License-Identifier: MIT */
/* From reports to bytes. A renderer knows no analysis by name. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/report.h"

/** How addresses and ports are written with -r. Each appends the name; false where there is none.
 */
struct render_names {
	bool (*address)(struct str *out, const struct addr *a);
	bool (*port)(struct str *out, uint16_t port);
	/** One of the two at least has a name. */
	bool (*endpoint)(struct str *out, const struct addr *a, uint16_t port);
};

/** How things are shown. */
struct render_options {
	/** A terminal is looked at: human units, bars, the "N more" line. */
	bool terminal;
	/** ANSI colours; characters beyond ASCII. */
	bool color, unicode;
	/** Columns of the terminal; 0 where there is none: rows are then as long as they are. */
	unsigned width;
	/** -H: rows only. */
	bool no_header;
	/** -t: rows at most, 0 for all. */
	uint64_t top;
	/** -s and -o, or NULL. */
	const char *sort, *columns;
	/** -r, or NULL: numbers. JSON has numbers always. */
	const struct render_names *names;
};

/** An output format. */
struct renderer {
	/** "text", "json". */
	const char *name;
	/** Appends the whole document. ENVELOPE holds the members with which every JSON document
	 *  begins (contract 4). */
	void (*report)(struct str *out, const struct value *envelope, const struct report *report,
		       const struct view *views, const struct render_options *opt);
};

/** Every renderer, NULL-terminated. */
extern const struct renderer *const renderers[];
/** Text for people and pipes; JSON. */
extern const struct renderer text_renderer, json_renderer;

/** Puts the rows of every table among VIEWS into the order that OPT (or the view) asks for, where
 *  it has such a column, and cuts each to OPT's top; *CUT is how many were cut in all. */
NONNULL void view_arrange(struct report *report, const struct view *views,
			  const struct render_options *opt, uint64_t *cut);

/** True unless -o chooses columns that another of VIEWS has and VIEW has not. */
NONNULL bool view_meant(const struct view *view, const struct view *views,
			const struct render_options *opt);

/** The column of VIEW named NAME ('-' equal to '_', without case), or NULL. */
NONNULL const struct view_column *view_column_find(const struct view *view, const char *name);

/** The first of VIEWS that has columns, or NULL. */
NONNULL const struct view *view_first_table(const struct view *views);

/** Checks -o and -s against VIEWS' first table; 0, or -EINVAL with one sentence in WHY. */
NODISCARD NONNULL int view_check(const struct view *views, const struct render_options *opt,
				 struct str *why);

/** The columns of VIEW that OPT asks for, NULL-terminated; free() the array. */
NODISCARD RETURNS_NONNULL NONNULL const struct view_column **
view_chosen(const struct view *view, const struct render_options *opt);

/** True where COLUMN of VIEW was chosen by its name (-o). */
NODISCARD NONNULL bool view_names(const struct view *view, const struct render_options *opt,
				  const struct view_column *column);

/** Appends V as compact JSON. */
NONNULL void json_add_value(struct str *out, const struct value *v);
/** Appends a number as JSON has it: at most six decimals, no exponent; null where not finite. */
NONNULL void json_add_real(struct str *out, double v);

/** Appends V in UNIT for people or for a pipe; "-" where it is null or NULL. BLANKS: the text may
 *  keep its blanks (the last cell of a row). */
NONNULL_ARGS(1, 4) void text_add_value(struct str *out, const struct value *v, enum unit unit,
				       const struct render_options *opt, bool blanks);

/** Appends the member path of ROW (see struct view_column) as text. */
NONNULL void text_add_cell(struct str *out, const struct value *row,
			   const struct view_column *column, const struct render_options *opt,
			   bool blanks);

/** Appends TEXT escaped; its blanks as \x20 unless BLANKS; "-" where it is empty. */
NONNULL void text_add_words(struct str *out, const char *text, const struct render_options *opt,
			    bool blanks);

/** The ANSI colour that goes with a verdict word, "" for none. */
RETURNS_NONNULL NONNULL const char *verdict_color(const char *word);
/** ANSI: bold, and back to normal. */
#define ANSI_BOLD "\033[1m"
#define ANSI_RESET "\033[0m"

/** Appends a sparkline of the COUNT numbers, scaled to the largest. */
NONNULL_ARGS(1) void spark_add(struct str *out, const double *v, size_t count, bool unicode);

#endif
