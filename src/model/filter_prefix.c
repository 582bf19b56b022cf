// SPDX-License-Identifier: MIT
/* Bytecode put in front of other bytecode. */
#include <linux/inet_diag.h>
#include <stdlib.h>

#include "model/filter.h"

/** Puts the N ops in front of CODE. */
static void prepend(struct str *code, const struct inet_diag_bc_op *ops, size_t n)
{
	struct str out = { 0 };

	str_addn(&out, (const char *)ops, n * sizeof(*ops));
	if (code->len)
		str_addn(&out, code->s, code->len);
	str_free(code);
	*code = out;
}

void filter_bytecode_port_range(struct str *code, uint16_t low, uint16_t high)
{
	/* A test that fails lands one op beyond the end: rejected (inet_diag_bc_run(),
	 * net/ipv4/inet_diag.c). A comparison takes two ops, the port is the second's "no". */
	const unsigned short end = (unsigned short)(code->len + 5 * sizeof(struct inet_diag_bc_op));
	const struct inet_diag_bc_op ops[] = {
		{ .code = INET_DIAG_BC_S_GE, .yes = 8, .no = end },
		{ .no = low },
		{ .code = INET_DIAG_BC_S_LE, .yes = 8, .no = (unsigned short)(end - 8) },
		{ .no = high },
	};

	prepend(code, ops, ARRAY_LEN(ops));
}

void filter_bytecode_locked(struct str *code)
{
	/* The audit follows "yes" only and must reach the end that way, so AUTO's "yes" goes to a
	 * jump that rejects, and its "no" steps over it. */
	const unsigned short reject = (unsigned short)(code->len + 2 * sizeof(struct inet_diag_bc_op));
	const struct inet_diag_bc_op ops[] = {
		{ .code = INET_DIAG_BC_AUTO, .yes = 4, .no = 8 },
		{ .code = INET_DIAG_BC_JMP, .yes = 4, .no = reject },
	};

	prepend(code, ops, ARRAY_LEN(ops));
}
