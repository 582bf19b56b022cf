/* SPDX-License-Identifier: MIT */
/* The way to a destination as this host sees it: name, route, link, neighbour, one real attempt.
 * Plain values, filled by src/source, judged by src/analysis. */
#ifndef MODEL_PATH_H
#define MODEL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/addr.h"

/** What the routing tables say of a destination. */
enum route_kind {
	/** Not asked, or the answer could not be had. */
	ROUTE_UNKNOWN,
	ROUTE_UNICAST,
	/** An address of this namespace. */
	ROUTE_LOCAL,
	ROUTE_BROADCAST,
	ROUTE_MULTICAST,
	/** No entry covers it (or one of type throw): connect() says ENETUNREACH. */
	ROUTE_NONE,
	/** connect() says EINVAL. */
	ROUTE_BLACKHOLE,
	/** connect() says EHOSTUNREACH at once. */
	ROUTE_UNREACHABLE,
	/** connect() says EACCES. */
	ROUTE_PROHIBIT,
	ROUTE_KIND_COUNT
};

/** Whether packets can leave through an interface. */
enum link_state { LINK_UNKNOWN, LINK_UP, LINK_NO_CARRIER, LINK_DOWN, LINK_STATE_COUNT };

/** What is known of a next hop's hardware address (the kernel's NUD_* states). */
enum neigh_state {
	/** Not asked, or the answer could not be had. */
	NEIGH_UNKNOWN,
	/** No entry: nobody sent anything there lately. */
	NEIGH_NONE,
	/** Asked for, not answered yet. */
	NEIGH_INCOMPLETE,
	NEIGH_REACHABLE,
	NEIGH_STALE,
	NEIGH_DELAY,
	NEIGH_PROBE,
	/** Asked for in vain. */
	NEIGH_FAILED,
	/** This interface needs none (loopback, tunnels). */
	NEIGH_NOARP,
	NEIGH_PERMANENT,
	NEIGH_STATE_COUNT
};

/** Room for an interface name with its NUL (IFNAMSIZ). */
#define DEVICE_NAME 16

/** A route to one address, with the link and the neighbour it leads to. */
struct route {
	enum route_kind kind;
	/** The errno with which the kernel refused the look-up; 0 where it did not. */
	int error;
	/** Preferred source address and gateway; family 0 where there is none. */
	struct addr source, gateway;
	/** The interface, "" and 0 where there is none. */
	char device[DEVICE_NAME];
	uint32_t ifindex;
	/** Path MTU of the route or the interface's, bytes; 0 where unknown. */
	uint32_t mtu;
	enum link_state link;
	/** Of the gateway, or of the destination itself where there is no gateway. */
	enum neigh_state neighbor;
	/** No route: the interface that is down and whose network (or loopback) the destination
	 *  belongs to; "" where there is none. */
	char down_device[DEVICE_NAME];
};

/** How one real attempt to connect ended. */
enum attempt_result {
	/** None was made. */
	ATTEMPT_NONE,
	ATTEMPT_CONNECTED,
	ATTEMPT_REFUSED,
	ATTEMPT_TIMEOUT,
	ATTEMPT_UNREACHABLE,
	/** EADDRNOTAVAIL: no ephemeral port. */
	ATTEMPT_NO_PORT,
	/** EMFILE, ENFILE: no descriptor for this program itself. */
	ATTEMPT_NO_DESCRIPTOR,
	/** EACCES, EPERM. */
	ATTEMPT_DENIED,
	ATTEMPT_RESET,
	/** Anything else: the errno tells. */
	ATTEMPT_FAILED,
	ATTEMPT_RESULT_COUNT
};

/** One real attempt. */
struct attempt {
	enum attempt_result result;
	/** The errno; 0 where it connected or our own time limit ended it. */
	int error;
	/** How long it took, s. */
	double seconds;
};

/** Most addresses of a name that are looked at. */
#define RESOLVED_MAX 16

/** What a name stands for. */
struct resolved {
	/** In the order in which getaddrinfo(3) wants them tried. */
	struct addr address[RESOLVED_MAX];
	/** Interface of a link-local address, else 0. */
	uint32_t scope[RESOLVED_MAX];
	size_t count;
	/** Why there is none: one short sentence; "" where there are some. */
	char error[128];
};

/** "unicast", "blackhole", "none" …; NULL for ROUTE_UNKNOWN. */
const char *route_kind_name(enum route_kind kind);
/** "up", "no-carrier", "down"; NULL for LINK_UNKNOWN. */
const char *link_state_name(enum link_state state);
/** As ip(8) spells them: "REACHABLE", "FAILED"; "NONE" without an entry; NULL for NEIGH_UNKNOWN. */
const char *neigh_state_name(enum neigh_state state);
/** "connected", "refused", "timeout", "unreachable", "no-port" …; NULL for ATTEMPT_NONE. */
const char *attempt_result_name(enum attempt_result result);

/** The result that the errno ERROR of connect(2) or socket(2) stands for (0: connected). */
NODISCARD enum attempt_result attempt_result_of(int error);

/** The symbol of an errno, "ECONNREFUSED"; NULL for 0 and for one without a symbol. */
const char *errno_name(int error);

#endif
