/* SPDX-License-Identifier: MIT */
/* One real attempt to connect. */
#ifndef SOURCE_CONNECT_H
#define SOURCE_CONNECT_H

#include <stdint.h>

#include "base/attr.h"
#include "model/path.h"
#include "source/source.h"

/** Connects once from S's namespace to TO, PORT (SCOPE: the interface of a link-local address) and
 *  closes at once, waiting at most TIMEOUT s. 0 with OUT filled, whatever came of it; -errno where
 *  no attempt could be made (a recording, a namespace that must not be entered). */
NODISCARD NONNULL int connect_try(struct source *s, const struct addr *to, uint16_t port,
				 uint32_t scope, double timeout, struct attempt *out);

#endif
