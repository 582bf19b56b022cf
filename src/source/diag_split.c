// SPDX-License-Identifier: MIT
#include "source/diag_split.h"

#include <linux/inet_diag.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "model/facts.h"
#include "source/backend.h"

/** Where servers' ports end and clients' usually begin (ip_local_port_range's default). */
#define CLIENT_LOW 32768
#define CLIENT_HIGH 60999

/** Sockets below which a second thread costs more than it brings (measured: tests/bench). */
#define WORTH_SPLITTING 20000

/** A port comparison: where it fails, NO bytes on. */
static void compare(struct str *out, unsigned code, unsigned port, size_t no)
{
	struct inet_diag_bc_op op[2] = {
		{ .code = (unsigned char)code, .yes = sizeof(op), .no = (unsigned short)no },
		{ .no = (unsigned short)port },
	};

	str_addn(out, (const char *)op, sizeof(op));
}

/** First port of share I of N. */
static unsigned share_start(unsigned i, unsigned n)
{
	if (i == 0)
		return 0;
	if (i == n)
		return 65536;
	return CLIENT_LOW + (CLIENT_HIGH + 1 - CLIENT_LOW) * i / n;
}

void diag_split(struct str *code, unsigned i, unsigned n)
{
	const size_t two = 2 * sizeof(struct inet_diag_bc_op), one = two / 2;
	const size_t total = 5 * two + one, end = total + code->len + one;
	unsigned low = share_start(i, n), high = share_start(i + 1, n) - 1;
	struct inet_diag_bc_op jump = { .code = INET_DIAG_BC_JMP, .yes = (unsigned char)one,
					.no = (unsigned short)(one + 2 * two) };
	struct str out = { 0 };

	/* Local port a client's? Then it decides, else the remote one. A test that fails lands
	 * beyond the end of the code: rejected (inet_diag_bc_run(), net/ipv4/inet_diag.c). */
	compare(&out, INET_DIAG_BC_S_GE, CLIENT_LOW, 3 * two + one);
	compare(&out, INET_DIAG_BC_S_GE, low, end - two);
	compare(&out, INET_DIAG_BC_S_LE, high, end - 2 * two);
	str_addn(&out, (const char *)&jump, sizeof(jump));
	compare(&out, INET_DIAG_BC_D_GE, low, end - 3 * two - one);
	compare(&out, INET_DIAG_BC_D_LE, high, end - 4 * two - one);
	if (code->len)
		str_addn(&out, code->s, code->len);
	str_free(code);
	*code = out;
}

static unsigned cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

int64_t diag_estimate(struct source *s)
{
	static const enum fact counters[] = { FACT_SOCK_TW, FACT_SOCK_TCP_INUSE };
	struct str text = { 0 };
	int64_t sockets = 0;

	if (!source_file(s, fact_table[FACT_SOCK_TW].file, &text)) {
		for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
			int64_t v = fact_extract(counters[i], str_text(&text));

			sockets += v == FACT_UNKNOWN ? 0 : v;
		}
	}
	str_free(&text);
	return sockets;
}

unsigned diag_split_workers(struct source *s, const struct dump_request *req)
{
	unsigned n = cpus();

	if (n > req->workers)
		n = req->workers;
	if (n > DIAG_WORKERS_MAX)
		n = DIAG_WORKERS_MAX;
	if (n < 2 || !(req->states & DIAG_MANY))
		return 1;
	return diag_estimate(s) >= WORTH_SPLITTING ? n : 1;
}
