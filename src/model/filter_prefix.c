// SPDX-License-Identifier: MIT
/* Bytecode put in front of other bytecode: its jumps are relative, so what follows stays as it
 * is. */
#include "model/filter.h"

#include "model/filter_code.h"

/** Empties CODE where N more bytes do not fit: what it would have rejected is rejected later,
 *  here. */
static void make_room(struct str *code, size_t n)
{
	if (code->len + n > CODE_MAX)
		str_reset(code);
}

/** Puts the N bytes at FRONT before CODE. */
static void prepend(struct str *code, const void *front, size_t n)
{
	struct str both = { 0 };

	str_addn(&both, front, n);
	str_addn(&both, str_text(code), code->len);
	str_free(code);
	*code = both;
}

void filter_bytecode_port_range(struct str *code, uint16_t low, uint16_t high)
{
	struct inet_diag_bc_op front[] = {
		{ .code = INET_DIAG_BC_S_GE, .yes = 8 },
		{ .no = low },
		{ .code = INET_DIAG_BC_S_LE, .yes = 8 },
		{ .no = high },
	};

	make_room(code, sizeof(front));
	/* A test that fails lands one operation behind the end: rejected. A comparison takes two
	 * operations, the port is the second's "no". */
	front[0].no = (uint16_t)(sizeof(front) + code->len + 4);
	front[2].no = (uint16_t)(front[0].no - 8);
	prepend(code, front, sizeof(front));
}

void filter_bytecode_locked(struct str *code)
{
	/* The audit follows "yes" only and must reach the end that way, so AUTO's "yes" goes to a
	 * jump that rejects, and its "no" steps over that jump. */
	struct inet_diag_bc_op front[] = {
		{ .code = INET_DIAG_BC_AUTO, .yes = 4, .no = 8 },
		{ .code = INET_DIAG_BC_JMP, .yes = 4 },
	};

	make_room(code, sizeof(front));
	front[1].no = (uint16_t)(4 + code->len + 4);
	prepend(code, front, sizeof(front));
}
