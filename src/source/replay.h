/* SPDX-License-Identifier: MIT */
/* A recorded dump, through the decoders that a running kernel's bytes go through. */
#ifndef SOURCE_REPLAY_H
#define SOURCE_REPLAY_H

#include <stdbool.h>

#include "base/attr.h"
#include "source/source.h"
#include "source/tape.h"

/** What the bytes must be read with. */
struct replay_machine {
	/** Clock ticks a second of the machine that made them (timers in /proc). */
	long ticks;
	/** Its byte order is not ours. */
	bool swapped;
};

/** The dump of T's current sample as REQ asks for it, into SINK's first argument; RESULT must be
 *  zeroed. 0, also where RESULT is incomplete; -errno and WHY where it cannot be had. */
NODISCARD NONNULL int replay_dump(struct tape *t, const struct replay_machine *machine,
				 const struct dump_request *req, const struct sink *sink,
				 struct dump_result *result, struct notes *notes,
				 struct str *why);

#endif
