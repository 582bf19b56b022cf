/* SPDX-License-Identifier: MIT */
/* One rtnetlink socket: a request out, the checked answer in. */
#ifndef SOURCE_RTNL_H
#define SOURCE_RTNL_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct nlmsghdr;

/** A socket connected to the kernel, so that nobody else can answer; opaque. */
struct rtnl;

/** Bytes of a request, header and attributes. */
#define RTNL_REQUEST 256

/** Opens a socket in the calling thread's network namespace. 0 or -errno. */
NODISCARD NONNULL int rtnl_open(struct rtnl **out);

/** Closes it; NULL is fine. */
void rtnl_close(struct rtnl *rt);

/** Sends REQUEST (of RTNL_REQUEST bytes at most; flags and sequence number are set here, as a dump
 *  where FLAGS has NLM_F_DUMP) and hands the payload of every message of type TYPE in the answer to
 *  FN. 0; the kernel's -errno; -ETIMEDOUT after 5 s without progress; -EBADMSG where the answer is
 *  malformed. */
NODISCARD NONNULL int rtnl_ask(struct rtnl *rt, struct nlmsghdr *request, uint16_t flags,
			       uint16_t type,
			       int (*fn)(void *arg, const void *payload, size_t len), void *arg);

#endif
