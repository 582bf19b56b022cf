/* SPDX-License-Identifier: MIT */
/* One look-up of a route. */
#ifndef SOURCE_ROUTE_ASK_H
#define SOURCE_ROUTE_ASK_H

#include <stdint.h>

#include "base/attr.h"
#include "model/path.h"
#include "source/rtnl.h"

/** Asks the kernel for the route of a TCP connection of this user to TO, PORT, through interface
 *  SCOPE where that is not 0. 0 with OUT (zeroed before) filled, also where the kernel refuses:
 *  kind and error say how. -errno where it could not be asked. */
NODISCARD NONNULL int route_ask(struct rtnl *rt, const struct addr *to, uint16_t port,
				uint32_t scope, struct route *out);

/** Asks which entry of the tables answers for TO: *HASHED becomes true where it has several next
 *  hops, or where the kernel cannot tell (before Linux 4.13). 0 or -errno. */
NODISCARD NONNULL int route_ask_hashed(struct rtnl *rt, const struct addr *to, bool *hashed);

#endif
