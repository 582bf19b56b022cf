/* SPDX-License-Identifier: MIT */
/* The live view's interface to the top of src/: finished frames go in, wishes come out. The view
 * never reads the system and never waits for who does: src/top.c samples on a thread of its own. */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/str.h"
#include "model/filter.h"
#include "model/options.h"
#include "model/report.h"
#include "model/state.h"

/** A report that frames share; given back by the last. */
struct tui_report {
	/** Frames that show it, and the sampler where it still does. */
	atomic_uint users;
	/** The answer; nobody changes it any more. */
	struct report report;
	/** How the analysis shows it; ends with a view whose name is NULL. */
	const struct view *views;
	/** When its sample ended, by the source's monotonic clock, ns. */
	int64_t taken_ns;
};

/** A report that nobody else uses yet; its root is an empty object. */
NODISCARD RETURNS_NONNULL struct tui_report *tui_report_new(const struct view *views);
/** The finished REPORT as one that frames can share; it is taken over. */
NODISCARD RETURNS_NONNULL NONNULL_ARGS(1) struct tui_report *
tui_report_of(const struct report *report, const struct view *views);
/** One more user. */
RETURNS_NONNULL NONNULL struct tui_report *tui_report_share(struct tui_report *r);
/** One user less; NULL is fine. */
void tui_report_drop(struct tui_report *r);

/** What a recording that is played is at. */
struct tui_playback {
	/** False for a running kernel: the rest means nothing. */
	bool on;
	bool paused, at_end;
	/** Samples played a second, as a multiple of how they were taken. */
	double speed;
	/** The sample shown, from 1, of so many. */
	uint64_t position, count;
};

/** The lines above the table, and what every view needs beside its own answer. */
struct tui_header {
	/** Strings live in the frame's arena. netns: NULL for our own. */
	const char *host, *netns, *source;
	/** When the sample ended: by the source's clocks, ns. */
	int64_t realtime_ns, monotonic_ns;
	/** False where the sample is known to be short. */
	bool complete;
	/** Sockets in all and by state; -1 where unknown. */
	int64_t total, states[STATE_COUNT];
	/** Per second; NAN where unknown. */
	double opens, passive_opens, retransmits;
	/** The pool with the least headroom ("192.0.2.1:443") and that headroom (0..1); NULL and
	 *  NAN where none is known. */
	const char *pool;
	double headroom;
	/** What check says ("ok", "warning", "critical"; NULL: not known yet), the first finding's
	 *  id and summary (NULL: none), and how many there are. */
	const char *verdict, *finding, *summary;
	uint64_t findings;
	/** Seconds between this sample and the ones that pool and verdict are from. */
	double pool_age, check_age;
	/** Cost of this sample: seconds that it took, and of processor time. */
	double sample_seconds, sample_cpu;
	/** Seconds from sample to sample now; more than was asked for where samples are dear. */
	double interval;
	struct tui_playback playback;
	/** File that samples are saved to and how many it got; NULL while nothing is saved. */
	const char *saving;
	uint64_t saved;
	/** Something to be said once, and its number: shown when that grows. */
	const char *message;
	uint64_t message_number;
	/** What could not be seen, in sentences; as long as it holds. */
	const char **notes;
	size_t note_count;
};

/** One moment, ready to be drawn. Made by the sampler, never changed afterwards. */
struct tui_frame {
	struct arena arena;
	/** Numbers samples; two frames of one sample have the same. */
	uint64_t sample;
	struct tui_header header;
	/** The answer of the view WISHED for (index in tui_views), taken with filter FILTER_NUMBER;
	 *  NULL where it is not there yet or was not wanted. */
	struct tui_report *body;
	unsigned view;
	uint64_t filter_number;
	/** What check found, for the overview; NULL where it is not known yet. */
	struct tui_report *check;
};

/** An empty frame; everything in its header unknown. */
NODISCARD RETURNS_NONNULL struct tui_frame *tui_frame_new(void);
/** Gives it back; NULL is fine. */
void tui_frame_free(struct tui_frame *f);

/** One live view: a row of tui_views. */
struct tui_view {
	/** Its name: the tab, --view, the settings file. */
	const char *name;
	/** The letter that shows it (its digit does too). */
	char hotkey;
	/** The analysis that answers it, and the path of the view of it that is the table. */
	const char *analysis, *path;
	/** The table where the analysis shows its rows as lines; else NULL. */
	const struct view *table;
	/** --by for states; NULL for none. */
	const char *by;
	/** Members that name a row for ever, comma-separated: the selection follows them. */
	const char *identity;
	/** Topic of explain: this one, or the member at this path (after '@'). */
	const char *topic;
	/** What is said where there are no rows. */
	const char *empty;
	/** Rows are states: bars and history behind the columns. */
	bool states;
	/** One sentence for the help. */
	const char *help;
};

/** The live views; ends with one whose name is NULL. */
extern const struct tui_view tui_views[];

/** Row I of the keys: appends their names to NAMES, and what they do in *HELP. False past the
 *  last. */
NODISCARD NONNULL bool tui_key(size_t i, struct str *names, const char **help);

/** The index of the view of this name, or -1. */
NODISCARD NONNULL int tui_view_find(const char *name);

/** What the user wants to see from now on. */
struct tui_wish {
	/** Index in tui_views. */
	unsigned view;
	/** The body is not looked at (frozen): do not read it. */
	bool frozen;
	/** Nobody looks at all (our process group is in the background): do not read anything. */
	bool idle;
	/** Recording: stand still. */
	bool paused;
	/** Recording: see struct tui_playback. */
	double speed;
	/** Seconds between samples. */
	double interval;
	/** Column that rows are ordered by, NULL for the view's own: what a bounded list needs to
	 *  keep the right ones. */
	char sort[48];
	bool reverse;
	/** The filter, blank-separated words (valid: it was parsed), and its number, which grows
	 *  with every change. */
	char filter[512];
	uint64_t filter_number;
};

/** Parses the words of TEXT as a filter, one thread at a time (names are looked up with functions
 *  that are not made for threads): the only way to parse one while the live view runs. Results as
 *  those of filter_parse(). */
NODISCARD NONNULL int tui_filter_parse(const char *text, struct filter **out,
				       struct filter_error *err);

/** Things to be done once. */
enum tui_command {
	/** A sample now. */
	TUI_SAMPLE,
	/** Recording: NUMBER samples on (-1: one back). */
	TUI_STEP,
	/** Recording: to the time in TEXT. */
	TUI_SEEK,
	/** Save samples to the file TEXT from now on; NULL: stop that. */
	TUI_SAVE,
};

/** Who takes the samples. All functions return at once. */
struct tui_feed {
	void *arg;
	/** Readable while a frame waits to be taken. */
	int fd;
	/** The newest frame, or NULL; the caller owns it. */
	struct tui_frame *(*take)(void *arg);
	void (*want)(void *arg, const struct tui_wish *wish);
	void (*command)(void *arg, enum tui_command what, int number, const char *text);
	/** The text of explain TOPIC, appended to OUT; false where there is none. */
	bool (*explain)(const char *topic, struct str *out);
};

/** How the view starts. */
struct tui_config {
	const struct options *options;
	struct tui_wish wish;
	/** Colours wanted (--color, NO_COLOR decided); mouse wanted; nothing but ASCII. */
	bool color, mouse, ascii;
	/** A log that is no terminal: nothing is drawn but text. */
	bool plain;
	/** A recording: space pauses it, and there is no interval. */
	bool recording;
};

/** Sets up WISH from the command line: --view, --sort, --interval, the filter's words. 0, or
 *  -EINVAL with one sentence in WHY. */
NODISCARD NONNULL int tui_wish_from(const struct options *opt, struct tui_wish *wish,
				    struct str *why);

/** Keeps WISH as the settings of later runs. 0 or -errno; PATH gets the file's name. */
NODISCARD NONNULL int tui_save_settings(const struct tui_wish *wish, struct str *path);

/** True where standard input and output are a terminal that can be drawn on; else one sentence in
 *  WHY. Writes nothing. */
NODISCARD NONNULL bool tui_possible(struct str *why);

/** Runs the live view on standard input and output, where tui_possible(), until the user leaves it.
 *  0, or -errno with one sentence in WHY. The terminal is as it was afterwards, also after a crash.
 *  WISH of CONFIG is what was wanted last. */
NODISCARD NONNULL int tui_run(struct tui_config *config, const struct tui_feed *feed,
			      struct str *why);

/** The log of batch mode: what the screen would show, frame after frame; opaque. */
struct tui_batch;
/** A log whose lines are at most WIDTH columns. Keeps CONFIG. */
NODISCARD RETURNS_NONNULL NONNULL struct tui_batch *tui_batch_new(const struct tui_config *config,
								 int width);
/** Appends one frame as text to OUT: all rows, no blanks at line ends. Takes FRAME over. */
NONNULL void tui_batch_add(struct tui_batch *b, struct tui_frame *frame, struct str *out);
/** Gives it back; NULL is fine. */
void tui_batch_free(struct tui_batch *b);

#endif
