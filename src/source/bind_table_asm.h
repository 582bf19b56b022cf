/* SPDX-License-Identifier: MIT */
/* Writes BPF instructions, with labels to jump to. Registers are BPF_REG_n, operations and sizes
 * the BPF_ constants of <linux/bpf.h>. */
#ifndef SOURCE_BIND_TABLE_ASM_H
#define SOURCE_BIND_TABLE_ASM_H

#include <linux/bpf.h>
#include <stdint.h>

#include "base/attr.h"

/** Room for a program, and for its labels. */
#define ASM_INSNS 320
#define ASM_LABELS 16

/** A program being written. Zeroed it is empty and ready. */
struct code {
	struct bpf_insn insn[ASM_INSNS];
	/** Instructions so far; beyond ASM_INSNS they are only counted. */
	int len;
	/** Where each label stands. */
	int at[ASM_LABELS];
	/** The label that an instruction refers to, plus 1; 0 for none. */
	unsigned char jump[ASM_INSNS];
};

/** One instruction, its fields as in struct bpf_insn. */
NONNULL void asm_put(struct code *c, int op, int dst, int src, int off, int imm);
/** DST = SRC. */
NONNULL void asm_move(struct code *c, int dst, int src);
/** DST = IMM. */
NONNULL void asm_set(struct code *c, int dst, int imm);
/** DST OP= IMM. */
NONNULL void asm_alu(struct code *c, int op, int dst, int imm);
/** DST OP= SRC. */
NONNULL void asm_alu_reg(struct code *c, int op, int dst, int src);
/** The same in 32 bits; the upper half of DST becomes 0. */
NONNULL void asm_alu32(struct code *c, int op, int dst, uint32_t imm);
NONNULL void asm_alu32_reg(struct code *c, int op, int dst, int src);
/** DST = the SIZE (BPF_B, BPF_H, BPF_W, BPF_DW) at [SRC + OFF]. */
NONNULL void asm_load(struct code *c, int size, int dst, int src, int off);
/** DST = the SIZE that COUNT offsets lead to from SRC, all but the last to pointers. */
NONNULL void asm_follow(struct code *c, int size, int dst, int src, const uint32_t *offset,
			unsigned count);
/** The SIZE at [DST + OFF] = SRC. */
NONNULL void asm_store(struct code *c, int size, int dst, int off, int src);
/** DST = the address of what IMM stands for, by PSEUDO (BPF_PSEUDO_...). */
NONNULL void asm_load_wide(struct code *c, int dst, int pseudo, int imm);
/** The next instruction refers to label L. */
NONNULL void asm_mark_jump(struct code *c, unsigned l);
/** Goes to L if DST OP IMM; OP BPF_JA: always. */
NONNULL void asm_jump(struct code *c, int op, int dst, int imm, unsigned l);
/** Goes to L if DST OP SRC. */
NONNULL void asm_jump_reg(struct code *c, int op, int dst, int src, unsigned l);
/** Label L stands here. */
NONNULL void asm_label(struct code *c, unsigned l);
/** Turns labels into distances: 0, or -E2BIG where the program did not fit. */
NODISCARD NONNULL int asm_link(struct code *c);

#endif
