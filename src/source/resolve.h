/* SPDX-License-Identifier: MIT */
/* Names to addresses, in bounded time. */
#ifndef SOURCE_RESOLVE_H
#define SOURCE_RESOLVE_H

#include "base/attr.h"
#include "model/path.h"
#include "source/source.h"

/** Resolves HOST (a name or an address, an IPv6 one also in brackets or with a "%device" behind it)
 *  for FAMILY (AF_UNSPEC for both) in S's namespace with getaddrinfo(3), waiting at most TIMEOUT s.
 *  0 and OUT filled, also where there is no address (OUT->error says why); -errno where the
 *  question could not be asked. An address takes no look-up. */
NODISCARD NONNULL int resolve_host(struct source *s, const char *host, int family, double timeout,
				  struct resolved *out);

/** The port that TEXT says: a number from 1 to 65535 or a TCP service's name. 0 or -EINVAL. */
NODISCARD NONNULL int resolve_port(const char *text, uint16_t *out);

#endif
