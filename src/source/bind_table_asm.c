// SPDX-License-Identifier: MIT
#include "source/bind_table_asm.h"

#include <errno.h>

void asm_put(struct code *c, int op, int dst, int src, int off, int imm)
{
	if (c->len < ASM_INSNS)
		c->insn[c->len] = (struct bpf_insn){
			.code = (uint8_t)op,
			.dst_reg = (uint8_t)(dst & 15),
			.src_reg = (uint8_t)(src & 15),
			.off = (int16_t)off,
			.imm = imm,
		};
	c->len++;
}

void asm_move(struct code *c, int dst, int src)
{
	asm_put(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void asm_set(struct code *c, int dst, int imm)
{
	asm_put(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

void asm_alu(struct code *c, int op, int dst, int imm)
{
	asm_put(c, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

void asm_alu_reg(struct code *c, int op, int dst, int src)
{
	asm_put(c, BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

void asm_alu32(struct code *c, int op, int dst, uint32_t imm)
{
	asm_put(c, BPF_ALU | op | BPF_K, dst, 0, 0, (int)imm);
}

void asm_alu32_reg(struct code *c, int op, int dst, int src)
{
	asm_put(c, BPF_ALU | op | BPF_X, dst, src, 0, 0);
}

void asm_load(struct code *c, int size, int dst, int src, int off)
{
	asm_put(c, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

void asm_follow(struct code *c, int size, int dst, int src, const uint32_t *offset, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		asm_load(c, i + 1 < count ? BPF_DW : size, dst, src, (int)offset[i]);
		src = dst;
	}
}

void asm_store(struct code *c, int size, int dst, int off, int src)
{
	asm_put(c, BPF_STX | BPF_MEM | size, dst, src, off, 0);
}

void asm_load_wide(struct code *c, int dst, int pseudo, int imm)
{
	asm_put(c, BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, imm);
	asm_put(c, 0, 0, 0, 0, 0);
}

void asm_mark_jump(struct code *c, unsigned l)
{
	if (c->len < ASM_INSNS)
		c->jump[c->len] = (unsigned char)(l + 1);
}

void asm_jump(struct code *c, int op, int dst, int imm, unsigned l)
{
	asm_mark_jump(c, l);
	asm_put(c, BPF_JMP | op | BPF_K, dst, 0, 0, imm);
}

void asm_jump_reg(struct code *c, int op, int dst, int src, unsigned l)
{
	asm_mark_jump(c, l);
	asm_put(c, BPF_JMP | op | BPF_X, dst, src, 0, 0);
}

void asm_label(struct code *c, unsigned l)
{
	c->at[l] = c->len;
}

int asm_link(struct code *c)
{
	if (c->len > ASM_INSNS)
		return -E2BIG;
	for (int i = 0; i < c->len; i++) {
		struct bpf_insn *insn = &c->insn[i];
		int to;

		if (!c->jump[i])
			continue;
		to = c->at[c->jump[i] - 1] - i - 1;
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			insn->imm = to;
		else
			insn->off = (int16_t)to;
	}
	return 0;
}
