/* SPDX-License-Identifier: MIT */
/* The TCP states (RFC 9293 3.3.2, plus the kernel's bound-only sockets): one table, in the order in
 * which every output shows them. */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include <stdint.h>

#include "base/attr.h"

/** States in output order. Not the kernel's numbers: see state_from_kernel(). */
enum state {
	STATE_LISTEN,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_CLOSE_WAIT,
	STATE_CLOSING,
	STATE_LAST_ACK,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	/** Bound, neither listening nor connected; only where the kernel reports it. */
	STATE_BOUND,
	STATE_COUNT
};

/** A set of states holds this bit for state S. */
#define STATE_BIT(S) (1u << (S))
/** Every state. */
#define STATES_ALL ((1u << STATE_COUNT) - 1)

/** One state. */
struct state_row {
	/** The spelling of every output: "CLOSE_WAIT". */
	const char *name;
	/** Other tools' spellings, NULL-terminated; compared without case, '-' equal to '_'. */
	const char *aliases[4];
	/** The kernel's number (include/net/tcp_states.h) as it stands in messages and /proc. */
	uint8_t kernel;
	/** Bits to ask for in idiag_states (SYN_RECV needs two: kernel-facts 4.4). */
	uint32_t kernel_mask;
	/** What the state means, in half a sentence. */
	const char *meaning;
};

/** The table, indexed by enum state. */
extern const struct state_row state_table[STATE_COUNT];

/** The state of the kernel's number (1..13), or STATE_COUNT for any other number. 7 is
 *  STATE_CLOSE: whether that socket is only bound is for the decoder to say. */
NODISCARD enum state state_from_kernel(unsigned number);

/** The set of states that NAME stands for: a state in any spelling, or one of ss's groups (all,
 *  connected, synchronized, bucket, big). 0 where it names nothing. */
NODISCARD NONNULL uint32_t state_parse(const char *name);

/** idiag_states for a set of states. */
NODISCARD uint32_t state_kernel_mask(uint32_t states);

/** Group I of ss's state groups (its name, its set), or NULL past the last: for help and
 *  completions. */
const char *state_group(unsigned i, uint32_t *states);

#endif
