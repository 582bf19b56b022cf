// SPDX-License-Identifier: MIT
#include "model/state.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/word.h"

const struct state_row state_table[STATE_COUNT] = {
	[STATE_LISTEN] = { "LISTEN", { "listening" }, 10, 1u << 10,
		"waits for connections; its queue holds those not yet accepted" },
	[STATE_SYN_SENT] = { "SYN_SENT", { "synsent" }, 2, 1u << 2,
		"our SYN is out, no answer yet" },
	[STATE_SYN_RECV] = { "SYN_RECV", { "synrecv", "syn_rcvd", "syn_received" }, 3,
		1u << 3 | 1u << 12, "the peer's SYN is answered, its last ACK has not come" },
	[STATE_ESTABLISHED] = { "ESTABLISHED", { "estab" }, 1, 1u << 1,
		"open for data in both directions" },
	[STATE_FIN_WAIT1] = { "FIN_WAIT1", { "fin_wait_1", "finwait1" }, 4, 1u << 4,
		"we closed, our FIN is not yet acknowledged" },
	[STATE_FIN_WAIT2] = { "FIN_WAIT2", { "fin_wait_2", "finwait2" }, 5, 1u << 5,
		"we closed and that is acknowledged; the peer has not closed" },
	[STATE_CLOSE_WAIT] = { "CLOSE_WAIT", { "closewait" }, 8, 1u << 8,
		"the peer closed, the local program has not" },
	[STATE_CLOSING] = { "CLOSING", { NULL }, 11, 1u << 11,
		"both closed at once, our FIN is not yet acknowledged" },
	[STATE_LAST_ACK] = { "LAST_ACK", { "lastack" }, 9, 1u << 9,
		"the peer closed, then we did; our FIN is not yet acknowledged" },
	[STATE_TIME_WAIT] = { "TIME_WAIT", { "timewait" }, 6, 1u << 6,
		"closed by us first; kept 60 s so that old segments die" },
	[STATE_CLOSE] = { "CLOSE", { "closed", "unconn", "unconnected" }, 7, 1u << 7,
		"reset, but still holding an explicitly bound port" },
	[STATE_BOUND] = { "BOUND", { "bound_inactive" }, 13, 1u << 13,
		"bound to a port, neither listening nor connected" },
};
static_assert(STATE_COUNT == 12, "a state was added: give it a row");

/* ss's groups: misc/ss.c, scan_state(). BOUND is not part of its "all", since ss lists such
 * sockets only on request; here everything is everything. */
static const struct {
	const char *name;
	uint32_t states;
} groups[] = {
	{ "all", STATES_ALL },
	{ "connected", STATES_ALL & ~(STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSE) |
				      STATE_BIT(STATE_BOUND)) },
	{ "synchronized", STATES_ALL & ~(STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSE) |
					 STATE_BIT(STATE_BOUND) | STATE_BIT(STATE_SYN_SENT)) },
	{ "bucket", STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_TIME_WAIT) },
	{ "big", STATES_ALL & ~(STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_TIME_WAIT)) },
};

enum state state_from_kernel(unsigned number)
{
	if (number == 12) /* TCP_NEW_SYN_RECV */
		return STATE_SYN_RECV;
	for (int s = 0; s < STATE_COUNT; s++) {
		if (state_table[s].kernel == number)
			return (enum state)s;
	}
	return STATE_COUNT;
}

uint32_t state_parse(const char *name)
{
	for (int s = 0; s < STATE_COUNT; s++) {
		if (word_equal(name, state_table[s].name))
			return STATE_BIT(s);
		for (size_t i = 0; i < ARRAY_LEN(state_table[s].aliases); i++) {
			const char *alias = state_table[s].aliases[i];

			if (alias && word_equal(name, alias))
				return STATE_BIT(s);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (word_equal(name, groups[i].name))
			return groups[i].states;
	}
	return 0;
}

uint32_t state_kernel_mask(uint32_t states)
{
	uint32_t mask = 0;

	for (int s = 0; s < STATE_COUNT; s++) {
		if (states & STATE_BIT(s))
			mask |= state_table[s].kernel_mask;
	}
	/* A reset socket that still holds its port comes with the bound-only ones. */
	if (states & STATE_BIT(STATE_CLOSE))
		mask |= state_table[STATE_BOUND].kernel_mask;
	return mask;
}

const char *state_group(unsigned i, uint32_t *states)
{
	if (i >= ARRAY_LEN(groups))
		return NULL;
	*states = groups[i].states;
	return groups[i].name;
}
