/* SPDX-License-Identifier: MIT */
/* Dumps through NETLINK_SOCK_DIAG. */
#ifndef SOURCE_DIAG_H
#define SOURCE_DIAG_H

#include "base/attr.h"
#include "source/source.h"

/** One dump as source_dump() describes it, without falling back to /proc: 0, or -errno where the
 *  kernel would not or the walk broke off more often than is reasonable. */
NODISCARD NONNULL int diag_dump(struct source *s, const struct dump_request *req,
				const struct sink *sink, struct dump_result *result,
				struct notes *notes);

#endif
