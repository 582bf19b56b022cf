/* SPDX-License-Identifier: MIT */
/* A line of /proc/net/tcp or tcp6 into a record: pure, no I/O. */
#ifndef SOURCE_PROC_PARSE_H
#define SOURCE_PROC_PARSE_H

#include <stddef.h>

#include "base/attr.h"
#include "model/sock.h"

/** Decodes one line (N bytes, without its newline) of FAMILY's table into OUT; TICKS are the clock
 *  ticks a second of the machine that wrote it (USER_HZ; timers are in them). seen_ns and netns
 *  stay as they are. 0, or -EBADMSG where any field is missing, over-long or out of range
 *  (tcp4_seq_show(), net/ipv4/tcp_ipv4.c; kernel-facts 8). */
NODISCARD NONNULL int proc_decode(const char *line, size_t n, int family, long ticks,
				 struct sock *out);

#endif
