// SPDX-License-Identifier: MIT
#include "source/diag_split.h"

#include <linux/inet_diag.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "model/facts.h"
#include "source/backend.h"
#include "source/diag_bound.h"

/** Where servers' ports end and clients' usually begin (ip_local_port_range's default). */
#define CLIENT_LOW 32768

/** Clients choose among few or many ports, at the upper end or anywhere: the ports are dealt out in
 *  intervals, in turn, so that all shares get their part of any of them. */
#define INTERVALS 16
#define WIDTH (65536 / INTERVALS)

/** Bytes of a comparison and of a jump. */
#define COMPARE (2 * sizeof(struct inet_diag_bc_op))
#define JUMP sizeof(struct inet_diag_bc_op)

/** Sockets below which a second thread costs more than it brings (measured: tests/bench). */
#define WORTH_SPLITTING 20000

/** The shares, and where a socket of ours goes, and any other. */
struct deal {
	unsigned share, of;
	size_t mine, others;
};

/** A port comparison: where it fails, NO bytes on. */
static void compare(struct str *out, unsigned code, unsigned port, size_t no)
{
	struct inet_diag_bc_op op[2] = {
		{ .code = (unsigned char)code, .yes = COMPARE, .no = (unsigned short)no },
		{ .no = (unsigned short)port },
	};

	str_addn(out, (const char *)op, sizeof(op));
}

static void jump(struct str *out, size_t to)
{
	struct inet_diag_bc_op op = { .code = INET_DIAG_BC_JMP, .yes = (unsigned char)JUMP,
				      .no = (unsigned short)(to - out->len) };

	str_addn(out, (const char *)&op, sizeof(op));
}

static size_t tree_size(unsigned intervals)
{
	return (intervals - 1) * COMPARE + intervals * JUMP;
}

/** Finds the interval among COUNT from FIRST on by halves; CODE compares the port. */
static void tree(struct str *out, unsigned code, unsigned first, unsigned count,
		 const struct deal *d)
{
	unsigned half = count / 2;

	if (count == 1) {
		jump(out, first % d->of == d->share ? d->mine : d->others);
		return;
	}
	compare(out, code, (first + half) * WIDTH, COMPARE + tree_size(count - half));
	tree(out, code, first + half, count - half, d);
	tree(out, code, first, half, d);
}

void diag_split(struct str *code, unsigned i, unsigned n)
{
	const size_t size = tree_size(INTERVALS), total = COMPARE + 2 * size;
	/* What lands beyond the end is rejected (inet_diag_bc_run(), net/ipv4/inet_diag.c). */
	const struct deal d = { i, n, total, total + JUMP };

	/* Local port a client's? Then it decides, else the remote one. */
	str_reset(code);
	compare(code, INET_DIAG_BC_S_GE, CLIENT_LOW, COMPARE + size);
	tree(code, INET_DIAG_BC_S_GE, 0, INTERVALS, &d);
	tree(code, INET_DIAG_BC_D_GE, 0, INTERVALS, &d);
}

/** The counter ID out of what is in TEXT, at least 0. */
static int64_t counter(enum fact id, const struct str *text)
{
	int64_t v = fact_extract(id, str_text(text));

	return v == FACT_UNKNOWN ? 0 : v;
}

struct diag_load diag_load(struct source *s)
{
	struct diag_load load = { 0 };
	struct str text = { 0 };

	if (!source_file(s, fact_table[FACT_SOCK_TCP_INUSE].file, &text)) {
		load.established = counter(FACT_SOCK_TCP_INUSE, &text);
		load.time_wait = counter(FACT_SOCK_TW, &text);
	}
	if (!source_file(s, fact_table[FACT_SOCK_TCP6_INUSE].file, &text))
		load.established += counter(FACT_SOCK_TCP6_INUSE, &text);
	str_free(&text);
	return load;
}

int64_t diag_load_of(const struct diag_load *load, uint32_t states)
{
	return (states & STATE_BIT(STATE_ESTABLISHED) ? load->established : 0) +
	       (states & STATE_BIT(STATE_TIME_WAIT) ? load->time_wait : 0);
}

/** Threads that share the sockets of REQ out among them. */
static unsigned split_workers(const struct dump_request *req, const struct diag_load *load)
{
	unsigned n = thread_processors();

	if (n > req->workers)
		n = req->workers;
	if (n > DIAG_WORKERS_MAX)
		n = DIAG_WORKERS_MAX;
	/* Two walks get into each other's way at the locks of the hash table. Where the kernel has
	 * much to say of each socket they still take less time (a million with tcp_info: 1.45 s, and
	 * 1.94 for one walk and a pump); where it has little, more (1.30 and 0.88), and a filter
	 * mostly leaves few sockets to speak of (20,000 of a million: 0.44 to 0.65, and 0.40). */
	if (req->bytecode_len || !(req->info || req->drops))
		return 1;
	return n > 1 && diag_load_of(load, req->states) >= WORTH_SPLITTING ? n : 1;
}

struct diag_crew diag_split_crew(const struct dump_request *req, const struct diag_load *load)
{
	struct diag_crew crew = { .workers = split_workers(req, load) };

	/* Several pass through the bind table side by side, and a further thread would have no
	 * processor. A filter may leave nothing to end the search at. */
	crew.bound = crew.workers == 1 && (req->states & DIAG_BOUND) && !req->bytecode_len &&
		     !req->tap && load->established >= WORTH_SPLITTING && thread_processors() > 1;
	return crew;
}
