/* SPDX-License-Identifier: MIT */
/* Part of `top`: what one sample consists of, and the frame it makes. Everything here belongs to
 * one thread. */
#ifndef TOP_TAKE_H
#define TOP_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "source/recorder.h"
#include "top_lane.h"
#include "tui/tui.h"

/** What samples are taken with. */
struct take {
	const struct options *opt;
	/** What is wanted now. */
	struct tui_wish wish;
	/** The header's counts, by the filter; the shown view's answer; what check and ports say,
	 *  which is dear and therefore sampled less often. */
	struct lane head, body, check;
	/** What HEAD and BODY were opened for. */
	uint64_t head_filter, body_filter;
	unsigned body_view;
	char body_sort[64];
	/** Recording: the sample that is shown, from 1; 0 for a running kernel. */
	uint64_t at;
	bool at_end;
	/** Everything in every sample (batch, recording): nothing is put off. */
	bool thorough;
	uint64_t sample;
	/** When check is due again (monotonic, ns), and how often it ran. */
	int64_t check_due_ns;
	uint64_t checks;
	/** Cost of the last sample: seconds, share of a processor since the one before. */
	double seconds, cpu;
	/** When the last sample began, and the process's own time then, ns. */
	int64_t began_ns, cpu_ns;
	/** Seconds from sample to sample now. */
	double interval;
	/** Samples being saved. */
	struct source *save_source;
	struct recorder *recorder;
	char *save_path;
	uint64_t saved;
	/** What is to be said, and how many times something was. */
	struct str message;
	uint64_t message_number;
};

/** Opens the head; ALONE as in struct lane_request. 0, or -errno with WHY. */
NODISCARD NONNULL int take_open(struct take *t, bool alone, struct str *why);
/** Gives everything back. */
NONNULL void take_close(struct take *t);

/** Says something in the next frame. */
PRINTF(2, 3) void take_say(struct take *t, const char *fmt, ...);

/** Recording: moves on to the next sample; false at the end. */
NODISCARD NONNULL bool take_advance(struct take *t);
/** Recording: goes to sample AT (1 to the last; beyond is clamped), or to the time that TEXT
 *  names. */
NONNULL void take_jump(struct take *t, uint64_t at);
NONNULL void take_seek(struct take *t, const char *text);
/** Recording: seconds until its next sample; 0 at the end. */
NODISCARD NONNULL double take_pace(const struct take *t);

/** Starts saving samples to PATH, or ends that (NULL). */
NONNULL_ARGS(1) void take_save(struct take *t, const char *path);

/** Samples the head. */
NONNULL void take_head(struct take *t);
/** Brings the body in line with what is wanted. TICK: a new sample is due; without it only a body
 *  that is not there yet is sampled. */
NONNULL void take_body(struct take *t, bool tick);
/** Samples check and ports where they are due. */
NONNULL void take_check(struct take *t);
/** Adds a sample to the file, if one is being saved. */
NONNULL void take_record(struct take *t);
/** True where the body that is wanted is there. */
NODISCARD NONNULL bool take_has_body(const struct take *t);

/** The frame of what is known now. */
NODISCARD RETURNS_NONNULL NONNULL struct tui_frame *take_frame(struct take *t);

#endif
