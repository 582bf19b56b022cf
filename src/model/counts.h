/* SPDX-License-Identifier: MIT */
/* Sockets counted by state, where nothing else about them is asked. */
#ifndef MODEL_COUNTS_H
#define MODEL_COUNTS_H

#include <stdint.h>

#include "model/state.h"

/** The sockets of one family. */
struct family_counts {
	uint64_t n[STATE_COUNT];
	/** FIN_WAIT2 mini-sockets, which sockstat's tw counts too (kernel-facts 7.3). */
	uint64_t minis;
};

/** Those of both families by their place here. */
enum { COUNTS_IPV4, COUNTS_IPV6, COUNTS_FAMILIES };

#endif
