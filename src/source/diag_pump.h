/* SPDX-License-Identifier: MIT */
/* Receives the datagrams of a long dump in a thread of its own, so that the kernel fills the next
 * ones while the last is decoded. */
#ifndef SOURCE_DIAG_PUMP_H
#define SOURCE_DIAG_PUMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct diag_walk;
struct netlink;

/** The thread and its buffers; opaque. */
struct diag_pump;

/** Starts receiving the rest of NL's dump, which W walks: it tells the dump's own messages, and its
 *  end. ASK is NULL, or sends the request first (while that is sent the kernel fills the first
 *  datagram). NULL where that brings nothing (one processor) or no thread is to be had. NL belongs
 *  to the pump until diag_pump_end(). */
NODISCARD NONNULL_ARGS(1, 2) struct diag_pump *
diag_pump_start(struct netlink *nl, const struct diag_walk *w, int (*ask)(void *arg), void *arg);

/** The next datagram, as netlink_receive() gives it, or what ASK failed with; valid until the next
 *  call. Not to be called again once it failed or gave the dump's end. */
NODISCARD NONNULL int diag_pump_next(struct diag_pump *p, const void **data, size_t *len,
				    int64_t *seen_ns);

/** Stops and frees it: at once where the dump's end was received, else as soon as the kernel gives
 *  another datagram or is given up. Returns the nanoseconds that it spent in the kernel. */
NONNULL int64_t diag_pump_end(struct diag_pump *p);

#endif
