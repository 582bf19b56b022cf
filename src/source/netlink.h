/* SPDX-License-Identifier: MIT */
/* One netlink socket for NETLINK_SOCK_DIAG: requests out, checked datagrams in. */
#ifndef SOURCE_NETLINK_H
#define SOURCE_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "source/source.h"

struct diag_walk;
struct nlmsghdr;

/** A kept socket. Connected to the kernel, so that no other process can answer in its place
 *  (live-and-faults row 29). */
struct netlink;

/** Bytes of a receive buffer: the kernel never fills more in one datagram of a dump (kernel-facts
 *  4.6). */
#define NETLINK_BUFFER 32768

/** Seconds without progress after which the kernel counts as silent. */
#define NETLINK_PATIENCE 5

struct mnl_socket;

/** Opens a libmnl socket of PROTOCOL (NETLINK_SOCK_DIAG, NETLINK_ROUTE) that is connected to the
 *  kernel, in the calling thread's network namespace: mnl_socket_close() it. 0 or -errno. */
NODISCARD NONNULL int netlink_socket(int protocol, struct mnl_socket **out);

/** Opens a socket in the calling thread's network namespace. 0 or -errno. */
NODISCARD NONNULL int netlink_open(struct netlink **out);

/** Closes it; NULL is fine. */
void netlink_close(struct netlink *nl);

/** The netlink port id and the sequence number of the request under way. */
NODISCARD NONNULL uint32_t netlink_portid(const struct netlink *nl);
NODISCARD NONNULL uint32_t netlink_seq(const struct netlink *nl);

/** How a dump is asked for. */
enum diag_form {
	/** TCPDIAG_GETSOCK: both families in one walk (kernel-facts 4.1). */
	DIAG_FORM_COMPAT,
	/** SOCK_DIAG_BY_FAMILY: one family a walk. */
	DIAG_FORM_V2,
};

/** Sends a dump request for REQ's states and extensions with BYTECODE (its own is not looked at).
 *  FAMILY is for the v2 form. 0 or -errno. */
NODISCARD NONNULL int netlink_request(struct netlink *nl, enum diag_form form, int family,
				     const struct dump_request *req, const struct str *bytecode);

/** Sends the request that starts with H, under the next sequence number. 0 or -errno. */
NODISCARD NONNULL int netlink_send(struct netlink *nl, struct nlmsghdr *h);

/** Receives one datagram: *DATA (the socket's buffer, valid until the next call) and *LEN; *SEEN_NS
 *  is when it came, CLOCK_MONOTONIC. 0, -ETIMEDOUT where the kernel stays silent, -EMSGSIZE where
 *  it did not fit, -EPIPE at end of file, or another -errno. Signals do not interrupt it. */
NODISCARD NONNULL int netlink_receive(struct netlink *nl, const void **data, size_t *len,
				     int64_t *seen_ns);

/** The same into BUFFER (NETLINK_BUFFER bytes). */
NODISCARD NONNULL int netlink_receive_into(struct netlink *nl, void *buffer, size_t *len,
					  int64_t *seen_ns);

#endif
