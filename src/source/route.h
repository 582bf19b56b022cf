/* SPDX-License-Identifier: MIT */
/* The way to a destination: routing tables, interface, neighbour table, as rtnetlink shows them. */
#ifndef SOURCE_ROUTE_H
#define SOURCE_ROUTE_H

#include <stdint.h>

#include "base/attr.h"
#include "model/path.h"
#include "source/source.h"

/** Looks up the route that a connection to TO, PORT would take from S's namespace (SCOPE: the
 *  interface of a link-local address, 0 for any), then the state of its interface and of its next
 *  hop. Sends nothing on the network. 0 with OUT filled, also where there is no route; -errno where
 *  the kernel could not be asked (a namespace that must not be entered, a recording that does not
 *  hold it): OUT is then all unknown. What OUT lacks is said in NOTES. */
NODISCARD NONNULL int route_look(struct source *s, const struct addr *to, uint16_t port,
				 uint32_t scope, struct route *out, struct notes *notes);

#endif
