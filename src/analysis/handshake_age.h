/* SPDX-License-Identifier: MIT */
/* How old a handshake is, worked out backwards from its retransmission timer. The kernel keeps no
 * start time; the number of retransmissions and the time left to the next one give it away. */
#ifndef ANALYSIS_HANDSHAKE_AGE_H
#define ANALYSIS_HANDSHAKE_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/** Between which bounds an age lies, in seconds: equal where it is known exactly (up to the timer
 *  wheel's lateness, 3 %). max is NAN where there is no upper bound. */
struct age {
	double min, max;
};

/** Age of a SYN_SENT after RETRANSMITS retransmissions, EXPIRES_MS before the next: exact. LINEAR
 *  is tcp_syn_linear_timeouts: so many timeouts come a second apart before they double (0 on
 *  kernels that lack it; net/ipv4/tcp_timer.c, tcp_retransmit_timer). */
NODISCARD struct age syn_sent_age(unsigned retransmits, uint32_t expires_ms, unsigned linear);

/** Not known. */
#define AGE_UNKNOWN (-1)

/** Age of a SYN_RECV with EXPIRES_MS left. RETRANSMITS are the SYN-ACKs sent again, whether a
 *  timeout or a repeated SYN of the peer made that happen (num_retrans, by netlink); TIMEOUTS the
 *  timeouts alone (num_timeout, by /proc); either may be AGE_UNKNOWN. A repeated SYN also rearms
 *  the timer (tcp_check_req), so that one of the two numbers fits several histories: a silent peer;
 *  one that repeats its SYN as Linux does since 6.5, a second apart at first; one that doubles from
 *  the start. The bounds are the youngest and the oldest of those that fit. tcp_synack_retries does
 *  not come in: a listener may have its own (TCP_SYNCNT). */
NODISCARD struct age syn_recv_age(int retransmits, int timeouts, uint32_t expires_ms);

#endif
