/* SPDX-License-Identifier: MIT */
/* Standard output: written in large pieces, checked to the end. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/** Writes what is in B and empties B. Errors are remembered; further output is then dropped. */
NONNULL void output_add(struct str *b);

/** True while standard output takes what it is given; false once it failed or its reader left. */
NODISCARD bool output_ok(void);

/** The exit status to end with: STATUS, or 3 (with one line on stderr) where a write failed, or 0
 *  where the reader went away (`| head`). */
NODISCARD int output_end(int status);

#endif
