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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cookie_ring *ring = cookie_ring_new();
	struct diag_walk w = { .states = STATES_ALL, .ring = ring };
	enum diag_end end;
	uint64_t n = 0;
	struct sock s;

	memset(&s, 0, sizeof(s));
	end = diag_walk_datagram(data, size, &w, check, &n);
	if (w.records != n || diag_is_last(data, size, w.seq, w.portid) != (end != DIAG_MORE))
		abort();
	if (!diag_decode(data, size, &s))
		check(&n, &s);
	cookie_ring_free(ring);
	return 0;
}
