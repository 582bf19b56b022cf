// SPDX-License-Identifier: MIT
/* Text of /proc: tables of sockets in pieces of any size, and the files that facts come from. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/facts.h"
#include "source/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *arg, const struct sock *s)
{
	++*(uint64_t *)arg;
	if (s->state >= STATE_COUNT || s->timer > TIMER_OTHER)
		abort();
}

/** Rows of the table, read in pieces of STEP bytes. */
static uint64_t rows(const uint8_t *data, size_t size, size_t step, int family,
		     struct dump_result *r)
{
	const struct dump_request req = { .states = STATES_ALL, .workers = 1 };
	uint64_t n = 0;
	void *arg = &n;
	const struct sink sink = { check, NULL, &arg };
	struct proc_walk *w;

	*r = (struct dump_result){ 0 };
	w = proc_walk_begin(&req, 100, &sink, r);
	for (size_t at = 0; at < size; at += step)
		proc_walk_bytes(w, family, 0, data + at, size - at < step ? size - at : step);
	proc_walk_end(w);
	return n;
}

static void facts(const char *text)
{
	static struct port_set ports;

	for (int i = 0; i < FACT_COUNT; i++)
		(void)!fact_extract((enum fact)i, text);
	if (!port_set_parse(text, &ports) && port_set_count(&ports, 0, 65535) > PORTS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int family = size && data[0] & 1 ? AF_INET6 : AF_INET;
	struct dump_result whole, pieces;
	char *text = malloc(size + 1);

	/* However it is cut, the same rows come out. */
	if (rows(data, size, size + 1, family, &whole) != rows(data, size, 7, family, &pieces))
		abort();
	if (whole.malformed != pieces.malformed || whole.repeats != pieces.repeats)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	facts(text);
	free(text);
	return 0;
}
