/* SPDX-License-Identifier: MIT */
/* Whether connect() may take over a TIME_WAIT now: tcp_twsk_unique(), as far as it can be told from
 * outside (kernel-facts 3.4). */
#ifndef ANALYSIS_PORTS_REUSE_H
#define ANALYSIS_PORTS_REUSE_H

#include "analysis/ports_count.h"

/** An answer that may be open. */
enum reuse {
	REUSE_NO,
	/** Open, rather no; open, rather yes. */
	REUSE_UNLIKELY,
	REUSE_LIKELY,
	REUSE_YES,
};

/** Whether the TIME_WAIT E of pool P can be taken over now. */
NODISCARD NONNULL enum reuse reuse_now(const struct pool_rules *r, const struct pool *p,
				       const struct pool_sock *e);

/** Whether it can be once it is old enough: all but its age. */
NODISCARD NONNULL enum reuse reuse_later(const struct pool_rules *r, const struct pool *p,
					 const struct pool_sock *e);

/** How old a TIME_WAIT must be, ms (tcp_tw_reuse_delay; before 6.14 a whole second). */
NODISCARD NONNULL uint32_t reuse_delay_ms(const struct pool_rules *r);

/** Age of the TIME_WAIT E when it was seen, and now, ms. */
NODISCARD NONNULL uint32_t tw_age_seen(const struct pool_rules *r, const struct pool_sock *e);
NODISCARD NONNULL uint32_t tw_age_now(const struct pool_rules *r, const struct pool_sock *e);

#endif
