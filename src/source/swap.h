/* SPDX-License-Identifier: MIT */
/* sock_diag messages of a machine of the other byte order. */
#ifndef SOURCE_SWAP_H
#define SOURCE_SWAP_H

#include <stddef.h>

#include "base/attr.h"

/** Turns the N bytes of netlink messages at P, recorded on a machine of the other byte order, into
 *  ours, in place. Lengths are checked; what does not add up is left as it is, for the decoder to
 *  refuse. */
NONNULL void swap_diag(void *p, size_t n);

#endif
