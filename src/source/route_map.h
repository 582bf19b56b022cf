/* SPDX-License-Identifier: MIT */
/* The ways to all destinations, as a recording keeps them. No I/O.
 *
 * A recording must answer for destinations that nobody had asked for. Deciding a route from dumps
 * of the tables would mean doing again what the kernel does with rules, tables, metrics, next
 * hops, exceptions and the choice of a source address: right for the plain cases only. So the
 * kernel itself is asked, once for each set of destinations that it cannot tell apart: every
 * address at which an entry of a table, a rule or a label begins or ends starts a new span, and
 * the first and the last address of a span are looked up (route_survey.c). Where these two get
 * different answers, or one of several next hops, the recording says that it does not know; but the
 * destinations that sockets lead to are then asked for one by one. */
#ifndef SOURCE_ROUTE_MAP_H
#define SOURCE_ROUTE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/path.h"
#include "source/rtnl_parse.h"

/** What is known of a span. */
enum span_known {
	SPAN_WHOLE,
	/** All but the source address, which hangs on the destination. */
	SPAN_NO_SOURCE,
	/** Nothing: each destination gets one of several next hops, or answers differ within. */
	SPAN_HASHED,
	SPAN_MIXED,
	/** Nothing: too many spans to ask about, and no socket led here. */
	SPAN_MANY,
	SPAN_KNOWN_COUNT
};

/** Destinations from one on, up to the next span's first, and the kernel's answer for them. */
struct route_span {
	struct addr first;
	enum span_known known;
	/** The source address is the destination itself: addresses of this host. */
	bool from_itself;
	/** Kind, error, source, gateway, ifindex, link, and the mtu of the route itself. */
	struct route route;
};

/** Why a family's ways are not known. */
enum route_gap {
	ROUTE_GAP_NONE,
	/** The kernel could not be asked. */
	ROUTE_GAP_FAILED,
	/** A policy rule looks at ports: there is not one answer for an address. */
	ROUTE_GAP_PORTS,
	ROUTE_GAP_COUNT
};

/** One address family: spans (struct route_span) in rising order, the first from zero on. */
struct route_family {
	enum route_gap gap;
	struct vec spans;
};

/** Families of a map. */
enum { ROUTE_IPV4, ROUTE_IPV6, ROUTE_FAMILIES };

/** Everything. */
struct route_map {
	struct route_family family[ROUTE_FAMILIES];
	/** struct rtnl_link, rtnl_address, rtnl_neigh. */
	struct vec links, addresses, neighbors;
};

/** An empty map. */
NONNULL void route_map_init(struct route_map *m);
/** Gives everything back. */
NONNULL void route_map_free(struct route_map *m);

/** True where destinations are not known that would be, were they asked for one by one. */
NODISCARD NONNULL bool route_map_lacks(const struct route_map *m);

/** Looks up TO (SCOPE: the interface of a link-local address, or 0): 0 and OUT; *LACKS is then NULL
 *  or says what OUT lacks. -ENODATA where the map does not know: *LACKS says why, OUT is all
 *  unknown. */
NODISCARD NONNULL int route_map_look(const struct route_map *m, const struct addr *to,
				     uint32_t scope, struct route *out, const char **lacks);

/** The errno that the kernel refuses a look-up of KIND with; 0 for what is no refusal. */
int route_kind_error(enum route_kind kind);
/** What the kernel's refusal ERROR (positive) of a look-up says; ROUTE_UNKNOWN for another. */
enum route_kind route_kind_of_error(int error);

/** Takes from LINK what it says of OUT's interface; another one says nothing. */
NONNULL void route_take_link(struct route *out, const struct rtnl_link *link);
/** Takes the state of N where it is the neighbour that packets to TO go to next. */
NONNULL void route_take_neigh(struct route *out, const struct addr *to, const struct rtnl_neigh *n);
/** There is no route to TO: takes LINK where it is down and would lead there. ADDRESSES: all
 *  (struct rtnl_address). */
NONNULL void route_take_down(struct route *out, const struct addr *to, const struct vec *addresses,
			     const struct rtnl_link *link);

/** Appends M as bytes (see source/packed.h). */
NONNULL void pack_routes(struct str *out, const struct route_map *m);
/** Reads them into OUT (initialised here). 0 or -EBADMSG; OUT is then empty. */
NODISCARD NONNULL int unpack_routes(const void *p, size_t n, struct route_map *out);

#endif
