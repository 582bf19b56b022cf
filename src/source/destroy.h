/* SPDX-License-Identifier: MIT */
/* The one place that changes something: SOCK_DESTROY. */
#ifndef SOURCE_DESTROY_H
#define SOURCE_DESTROY_H

#include "base/attr.h"
#include "model/sock.h"
#include "source/source.h"

/** Asks the kernel to destroy the socket that SOCK was read from, by its addresses, ports and
 *  cookie: a socket that has taken its place since is not touched (kernel-facts 5.4). S must be
 *  netlink. 0 destroyed; -ENOENT it is gone (or is only bound: such sockets cannot be destroyed);
 *  -EINVAL where the record has no cookie; -EPERM without CAP_NET_ADMIN; -EOPNOTSUPP where the
 *  kernel was built without CONFIG_INET_DIAG_DESTROY; -ETIMEDOUT where it stays silent; or another
 *  -errno. */
NODISCARD NONNULL int source_destroy(struct source *s, const struct sock *sock);

#endif
