/* SPDX-License-Identifier: MIT */
/* rtnetlink messages into values: bytes in, values out, no I/O. Every length is checked before it
 * is used. */
#ifndef SOURCE_RTNL_PARSE_H
#define SOURCE_RTNL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/path.h"

/** What a datagram held. */
enum rtnl_end {
	/** More is to come. */
	RTNL_MORE,
	/** NLMSG_DONE, or an acknowledgement without an error. */
	RTNL_DONE,
	/** The kernel answered with an error. */
	RTNL_ERROR,
	/** The bytes are no proper netlink messages. */
	RTNL_BROKEN,
};

/** Walks the N bytes of one datagram and hands the payload of each message of type TYPE that
 *  carries SEQ and PORTID to FN. *ERROR is the (negative) errno of RTNL_ERROR. A payload that FN
 *  refuses (nonzero) makes the whole datagram RTNL_BROKEN. */
NODISCARD NONNULL_ARGS(1, 6, 7)
enum rtnl_end rtnl_walk(const void *data, size_t n, uint32_t seq, uint32_t portid, uint16_t type,
			int *error, int (*fn)(void *arg, const void *payload, size_t len),
			void *arg);

/** Decodes RTM_NEWROUTE (a look-up's answer) into kind, source, gateway, ifindex, mtu and link
 *  (only where the route itself is marked as without carrier). 0 or -EBADMSG. */
NODISCARD NONNULL int rtnl_decode_route(const void *payload, size_t len, struct route *out);

/** An interface. */
struct rtnl_link {
	uint32_t ifindex, mtu;
	char name[DEVICE_NAME];
	bool loopback;
	enum link_state state;
};

/** Decodes RTM_NEWLINK. 0 or -EBADMSG. */
NODISCARD NONNULL int rtnl_decode_link(const void *payload, size_t len, struct rtnl_link *out);

/** An address of an interface. */
struct rtnl_address {
	uint32_t ifindex;
	struct addr address;
	/** Bits of its network. */
	unsigned bits;
};

/** Decodes RTM_NEWADDR. 0 or -EBADMSG. */
NODISCARD NONNULL int rtnl_decode_address(const void *payload, size_t len,
					 struct rtnl_address *out);

/** A neighbour. */
struct rtnl_neigh {
	uint32_t ifindex;
	struct addr address;
	enum neigh_state state;
};

/** A set of destinations that something is said about: an entry of a routing table, a policy rule,
 *  a label of RFC 6724. */
struct rtnl_prefix {
	struct addr address;
	/** Its first bits are those of address. */
	unsigned bits;
	/** A route with several next hops, of which each destination gets one. */
	bool hashed;
	/** A rule that looks at ports. */
	bool ports;
};

/** Each decodes RTM_NEWROUTE (a dump's, or that of a look-up with RTM_F_FIB_MATCH), RTM_NEWRULE,
 *  RTM_NEWADDRLABEL. address.family is the message's, which need not be an internet one. 0 or
 *  -EBADMSG. */
NODISCARD NONNULL int rtnl_decode_entry(const void *payload, size_t len, struct rtnl_prefix *out);
NODISCARD NONNULL int rtnl_decode_rule(const void *payload, size_t len, struct rtnl_prefix *out);
NODISCARD NONNULL int rtnl_decode_label(const void *payload, size_t len, struct rtnl_prefix *out);

/** Decodes RTM_NEWNEIGH; address.family is 0 where it names none (a bridge's entry). 0 or
 *  -EBADMSG. */
NODISCARD NONNULL int rtnl_decode_neigh(const void *payload, size_t len, struct rtnl_neigh *out);

#endif
