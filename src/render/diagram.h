/* SPDX-License-Identifier: MIT */
/* The TCP state machine (RFC 9293 3.3.2, figure 5) drawn with the live count in each box. */
#ifndef RENDER_DIAGRAM_H
#define RENDER_DIAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/state.h"
#include "render/render.h"

/** Appends the drawing, 79 columns wide, with COUNTS by enum state; in box-drawing characters with
 *  UNICODE, in ASCII without. Beside the RFC's states it has the kernel's BOUND. */
NONNULL void diagram_draw(const uint64_t counts[STATE_COUNT], bool unicode, struct str *out);

/** Draws the counts in the object "states" of a report: boxes on a terminal that can show them. */
extern const struct renderer diagram_renderer;

#endif
