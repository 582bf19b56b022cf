/* SPDX-License-Identifier: MIT */
/* The local ports that connect() may choose from: the range without what is reserved and what
 * others hold; and how sure that is (kernel-facts 3.3, 3.5). */
#ifndef ANALYSIS_PORTS_SPACE_H
#define ANALYSIS_PORTS_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/ports_pool.h"
#include "base/attr.h"
#include "model/facts.h"

/** The ports of one namespace. */
struct port_space {
	/** ip_local_port_range, both ends included; the kernel's default where it is not known. */
	uint16_t low, high;
	bool range_known;
	/** The bind table was read, and fits what the dump shows. */
	bool bind_known;
	/** Read, but not believed. */
	bool bind_odd;
	/** Ports in the range; of those reserved; of the rest held for certain; what is left. */
	unsigned size, reserved, held, usable;
	struct port_set held_ports, usable_ports;
	/** Usable ports that may turn out to be held, and how many. */
	struct port_set doubtful;
	unsigned doubtful_count;
	/** Usable ports of the parity that connect() tries first: that of the low end. */
	unsigned preferred;
	/** Bound-only sockets may be there without being seen. */
	bool blind;
};

/** True where the bind table has ports of the range, none of them by bind(): then the dump need not
 *  show what is only bound, which costs the kernel a look at every accepted socket (they share
 *  their listener's bucket: inet_diag_dump_icsk(), net/ipv4/inet_diag.c). */
NODISCARD NONNULL bool port_space_unbound(const struct facts *f);

/** Works it out from the facts and the dump. Where port_space_unbound() the dump may lack what is
 *  only bound. */
NONNULL void port_space_init(struct port_space *s, const struct facts *f,
			     const struct port_table *t);

/** True where connect() has PORT to give, as far as is known. */
static inline bool port_space_usable(const struct port_space *s, uint16_t port)
{
	return port_set_has(&s->usable_ports, port);
}

/** True where the socket E of the pool P, on a port that is held, is a client of ours that chose
 *  its port by bind(), and not one that a listener accepted. */
NODISCARD NONNULL bool port_space_is_binder(const struct port_space *s, const struct port_table *t,
					    const struct pool *p, const struct pool_sock *e);

#endif
