// SPDX-License-Identifier: MIT
/* Datagrams of the kernel: any bytes are walked to their end, and what comes out is in range. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/diag_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *arg, const struct sock *s)
{
	++*(uint64_t *)arg;
	if (s->state >= STATE_COUNT || s->timer > TIMER_OTHER)
		abort();
	if (s->local.family != AF_INET && s->local.family != AF_INET6)
		abort();
}

/** Walks the bytes up to the first record in a state of UNTIL. */
static void walk(const uint8_t *data, size_t size, uint32_t until)
{
	struct cookie_ring *ring = cookie_ring_new();
	struct diag_walk w = { .states = STATES_ALL, .until = until, .ring = ring };
	uint64_t n = 0;
	enum diag_end end = diag_walk_datagram(data, size, &w, check, &n);

	if (w.records != n || diag_is_last(data, size, &w) != (end != DIAG_MORE))
		abort();
	cookie_ring_free(ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock s;
	uint64_t n = 0;

	walk(data, size, 0);
	walk(data, size, STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT));
	memset(&s, 0, sizeof(s));
	if (!diag_decode(data, size, &s))
		check(&n, &s);
	return 0;
}
