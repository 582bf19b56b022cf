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

/** Elements of an array of them: [0] IPv4, [1] IPv6. */
#define COUNTS_FAMILIES 2

#endif
