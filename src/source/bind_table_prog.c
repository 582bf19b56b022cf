// SPDX-License-Identifier: MIT
/*
 * What the program does, in C:
 *
 *	net = current->nsproxy->net_ns;
 *	for (turns = ...; turns; turns--)
 *		if (sk)           look at one socket of the bucket, go to the next
 *		else if (tb2)     go to its sockets (buckets by address, 6.8 and later)
 *		else if (tb)      the bucket of our port? note it, go to its sockets or addresses
 *		else              bhash[(port++ + net->hash_mix) & (bhash_size - 1)]
 *
 * One flat loop without memory but the state below. Where the kernel has bpf_loop() (5.17) a turn
 * is a function that the verifier looks at once; before, the verifier walks through every turn and
 * few are allowed. Every read goes through bpf_probe_read_kernel(): a pointer that went stale costs
 * an answer, never the machine. Bind buckets are freed by RCU since 6.15, and a run holds RCU.
 */
#include "source/bind_table_prog.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "source/bind_table_asm.h"
#include "source/bind_table_layout.h"

/** Turns in one run: with bpf_loop() some hundred microseconds' worth, since a run is not
 *  preempted; without, as many as the verifier goes through quickly. */
#define TURNS 4096
#define TURNS_FLAT 16

/** TCP_TIME_WAIT in the kernel's numbering. */
#define KERNEL_TIME_WAIT 6

/** What survives a turn, as offsets into the state that r6 points to. */
enum slot {
	/** Nodes to go to next in the list of buckets of a hash, of addresses, of sockets; or 0. */
	SLOT_TB = 0,
	SLOT_TB2 = 8,
	SLOT_SK = 16,
	/** The port to begin next (the one under way is one less), and the last. */
	SLOT_PORT = 24,
	SLOT_LAST = 32,
	SLOT_NET = 40,
	SLOT_BHASH = 48,
	SLOT_MIX = 56,
	SLOT_MASK = 64,
	/** For a look at one member. */
	SLOT_LOOK = 72,
	STATE_SIZE = 80,
};

/** Where reads go to, as offset from the frame pointer. */
#define CHUNK_AT (-STATE_SIZE - CHUNK_MAX)

/** Places that jumps go to. */
enum label {
	LABEL_LOOP,
	LABEL_TB,
	LABEL_TB2,
	LABEL_SK,
	LABEL_MARK,
	LABEL_CUT,
	LABEL_OUT,
	LABEL_END,
	LABEL_FAIL,
	LABEL_TURN,
	LABEL_HASH,
	LABEL_SET,
	LABELS,
};

/** The program being written, and what it is written for. */
struct writer {
	struct code code;
	struct layout l;
	int map_fd;
	/** With bpf_loop(): turns are calls. */
	bool calls;
};

/** A slot of the state = IMM. */
static void store_imm(struct writer *w, enum slot slot, int imm)
{
	asm_put(&w->code, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_6, 0, (int)slot, imm);
}

/** DST = a slot of the state, and the other way round. */
static void load_slot(struct writer *w, int dst, enum slot slot)
{
	asm_load(&w->code, BPF_DW, dst, BPF_REG_6, (int)slot);
}

static void store_slot(struct writer *w, enum slot slot, int src)
{
	asm_store(&w->code, BPF_DW, BPF_REG_6, (int)slot, src);
}

/** Reads SIZE bytes at the kernel address in r3 to OFF from register BASE; to FAIL where that is
 *  refused. */
static void read_kernel(struct writer *w, int base, int off, int size, enum label fail)
{
	struct code *c = &w->code;

	asm_move(c, BPF_REG_1, base);
	asm_alu(c, BPF_ADD, BPF_REG_1, off);
	asm_set(c, BPF_REG_2, size);
	asm_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel);
	asm_jump(c, BPF_JNE, BPF_REG_0, 0, fail);
}

static void read_chunk(struct writer *w, int size)
{
	read_kernel(w, BPF_REG_10, CHUNK_AT, size, LABEL_CUT);
}

/** Follows member M from the address in r3; its SIZE bytes then stand in the slot,
 *  zero-extended. */
static void read_member(struct writer *w, enum member m, enum slot slot, int size)
{
	struct code *c = &w->code;
	const struct btf_want *want = &w->l.want[m];

	for (unsigned i = 0; i < want->count; i++) {
		if (i)
			load_slot(w, BPF_REG_3, slot);
		asm_alu(c, BPF_ADD, BPF_REG_3, (int)want->offset[i]);
		read_kernel(w, BPF_REG_6, (int)slot, i + 1 < want->count ? 8 : size, LABEL_FAIL);
	}
	if (size == 4) {
		asm_load(c, BPF_W, BPF_REG_1, BPF_REG_6, (int)slot);
		store_slot(w, slot, BPF_REG_1);
	}
}

static int offset(const struct writer *w, enum member m)
{
	return (int)w->l.want[m].offset[0];
}

/** DST = the SIZE of member M in the span S that was read to the chunk. */
static void load_chunk(struct writer *w, int size, int dst, enum member m, struct span s)
{
	asm_load(&w->code, size, dst, BPF_REG_10, CHUNK_AT + offset(w, m) - s.from);
}

/** Argument: first and last port. Finds the table: namespace, hash, buckets. */
static void write_entry(struct writer *w)
{
	struct code *c = &w->code;

	asm_load(c, BPF_DW, BPF_REG_7, BPF_REG_1, 0);
	asm_load(c, BPF_DW, BPF_REG_8, BPF_REG_1, 8);
	asm_move(c, BPF_REG_6, BPF_REG_10);
	asm_alu(c, BPF_ADD, BPF_REG_6, -STATE_SIZE);
	for (int slot = 0; slot < STATE_SIZE; slot += 8)
		store_imm(w, (enum slot)slot, 0);
	store_slot(w, SLOT_PORT, BPF_REG_7);
	store_slot(w, SLOT_LAST, BPF_REG_8);
	asm_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task);
	asm_move(c, BPF_REG_3, BPF_REG_0);
	read_member(w, TASK_NET, SLOT_NET, 8);
	load_slot(w, BPF_REG_3, SLOT_NET);
	read_member(w, NET_MIX, SLOT_MIX, 4);
	load_slot(w, BPF_REG_3, SLOT_NET);
	read_member(w, NET_HASHINFO, SLOT_TB, 8);
	load_slot(w, BPF_REG_3, SLOT_TB);
	read_member(w, INFO_BHASH, SLOT_BHASH, 8);
	load_slot(w, BPF_REG_3, SLOT_TB);
	read_member(w, INFO_SIZE, SLOT_MASK, 4);
	load_slot(w, BPF_REG_1, SLOT_MASK);
	asm_alu(c, BPF_SUB, BPF_REG_1, 1);
	store_slot(w, SLOT_MASK, BPF_REG_1);
	store_imm(w, SLOT_TB, 0);
}

/** The loop's head (or the call of all turns). */
static void write_head(struct writer *w)
{
	struct code *c = &w->code;

	if (w->calls) {
		asm_set(c, BPF_REG_1, TURNS);
		asm_mark_jump(c, LABEL_TURN);
		asm_load_wide(c, BPF_REG_2, BPF_PSEUDO_FUNC, 0);
		asm_move(c, BPF_REG_3, BPF_REG_6);
		asm_set(c, BPF_REG_4, 0);
		asm_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_loop);
		return;
	}
	asm_set(c, BPF_REG_9, TURNS_FLAT);
	asm_label(c, LABEL_LOOP);
	asm_alu(c, BPF_SUB, BPF_REG_9, 1);
	asm_jump(c, BPF_JEQ, BPF_REG_9, 0, LABEL_OUT);
}

/** The end of a run: a port that it did not get through is begun again by the next. */
static void write_exit(struct writer *w)
{
	struct code *c = &w->code;

	if (!w->calls)
		asm_label(c, LABEL_OUT);
	load_slot(w, BPF_REG_0, SLOT_PORT);
	load_slot(w, BPF_REG_1, SLOT_SK);
	load_slot(w, BPF_REG_2, SLOT_TB2);
	load_slot(w, BPF_REG_3, SLOT_TB);
	asm_alu_reg(c, BPF_OR, BPF_REG_1, BPF_REG_2);
	asm_alu_reg(c, BPF_OR, BPF_REG_1, BPF_REG_3);
	asm_jump(c, BPF_JEQ, BPF_REG_1, 0, LABEL_END);
	asm_alu(c, BPF_SUB, BPF_REG_0, 1);
	asm_label(c, LABEL_END);
	asm_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	asm_label(c, LABEL_FAIL);
	asm_set(c, BPF_REG_0, (int)WALK_FAILED);
	asm_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/** Ends a turn called by bpf_loop(): 0 for the next, 1 for no more. */
static void write_turn_end(struct writer *w)
{
	struct code *c = &w->code;

	asm_label(c, LABEL_LOOP);
	asm_set(c, BPF_REG_0, 0);
	asm_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	asm_label(c, LABEL_OUT);
	asm_set(c, BPF_REG_0, 1);
	asm_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/** A turn: where to? And what it does where a port is to be begun. */
static void write_turn(struct writer *w)
{
	struct code *c = &w->code;

	if (w->calls) {
		asm_label(c, LABEL_TURN);
		asm_move(c, BPF_REG_6, BPF_REG_2);
	}
	load_slot(w, BPF_REG_8, SLOT_SK);
	asm_jump(c, BPF_JNE, BPF_REG_8, 0, LABEL_SK);
	load_slot(w, BPF_REG_8, SLOT_TB2);
	asm_jump(c, BPF_JNE, BPF_REG_8, 0, LABEL_TB2);
	load_slot(w, BPF_REG_8, SLOT_TB);
	asm_jump(c, BPF_JNE, BPF_REG_8, 0, LABEL_TB);
	load_slot(w, BPF_REG_7, SLOT_PORT);
	load_slot(w, BPF_REG_1, SLOT_LAST);
	asm_jump_reg(c, BPF_JGT, BPF_REG_7, BPF_REG_1, LABEL_OUT);
	/* inet_bhashfn(). */
	load_slot(w, BPF_REG_1, SLOT_MIX);
	load_slot(w, BPF_REG_2, SLOT_MASK);
	load_slot(w, BPF_REG_3, SLOT_BHASH);
	asm_alu_reg(c, BPF_ADD, BPF_REG_1, BPF_REG_7);
	asm_alu_reg(c, BPF_AND, BPF_REG_1, BPF_REG_2);
	asm_alu(c, BPF_MUL, BPF_REG_1, offset(w, HEAD_SIZE));
	asm_alu_reg(c, BPF_ADD, BPF_REG_3, BPF_REG_1);
	asm_alu(c, BPF_ADD, BPF_REG_3, offset(w, HEAD_FIRST));
	asm_alu(c, BPF_ADD, BPF_REG_7, 1);
	store_slot(w, SLOT_PORT, BPF_REG_7);
	read_kernel(w, BPF_REG_6, SLOT_TB, 8, LABEL_CUT);
	asm_jump(c, BPF_JA, 0, 0, LABEL_LOOP);
}

/** A turn that looks at the bucket whose node is in r8: ours? */
static void write_tb(struct writer *w)
{
	struct code *c = &w->code;
	const struct layout *l = &w->l;
	struct span s = l->tb;

	asm_label(c, LABEL_TB);
	asm_move(c, BPF_REG_3, BPF_REG_8);
	asm_alu(c, BPF_SUB, BPF_REG_3, offset(w, TB_NODE) - s.from);
	read_chunk(w, s.size);
	/* hlist_node.next comes first. */
	load_chunk(w, BPF_DW, BPF_REG_1, TB_NODE, s);
	store_slot(w, SLOT_TB, BPF_REG_1);
	load_chunk(w, BPF_DW, BPF_REG_1, TB_NET, s);
	load_slot(w, BPF_REG_2, SLOT_NET);
	asm_jump_reg(c, BPF_JNE, BPF_REG_1, BPF_REG_2, LABEL_LOOP);
	load_chunk(w, BPF_H, BPF_REG_1, TB_PORT, s);
	load_slot(w, BPF_REG_2, SLOT_PORT);
	asm_alu(c, BPF_SUB, BPF_REG_2, 1);
	asm_jump_reg(c, BPF_JNE, BPF_REG_1, BPF_REG_2, LABEL_LOOP);
	if (w->l.want[TB_L3MDEV].count) {
		load_chunk(w, BPF_W, BPF_REG_1, TB_L3MDEV, s);
		asm_jump(c, BPF_JNE, BPF_REG_1, 0, LABEL_LOOP);
	}
	/* There is one such bucket: the rest of the chain need not be seen. */
	store_imm(w, SLOT_TB, 0);
	asm_set(c, BPF_REG_8, WALK_BOUND | WALK_STICKY);
	for (enum member m = TB_REUSE; m <= TB_REUSEPORT; m++) {
		load_chunk(w, BPF_B, BPF_REG_1, m, s);
		asm_alu(c, BPF_AND, BPF_REG_1, 0x80);
		asm_jump(c, BPF_JEQ, BPF_REG_1, 0, LABEL_MARK);
	}
	asm_set(c, BPF_REG_8, WALK_BOUND);
	if (l->with_tw) {
		load_chunk(w, BPF_DW, BPF_REG_1, l->flat ? TB_OWNERS : TB_BHASH2, s);
		store_slot(w, l->flat ? SLOT_SK : SLOT_TB2, BPF_REG_1);
	}
	asm_jump(c, BPF_JA, 0, 0, LABEL_MARK);
}

/** A turn that goes from the address bucket whose node is in r8 to its sockets. */
static void write_tb2(struct writer *w)
{
	struct code *c = &w->code;
	struct span s = w->l.tb2;

	asm_label(c, LABEL_TB2);
	asm_move(c, BPF_REG_3, BPF_REG_8);
	asm_alu(c, BPF_SUB, BPF_REG_3, offset(w, TB2_NODE) - s.from);
	read_chunk(w, s.size);
	load_chunk(w, BPF_DW, BPF_REG_1, TB2_NODE, s);
	store_slot(w, SLOT_TB2, BPF_REG_1);
	load_chunk(w, BPF_DW, BPF_REG_1, TB2_OWNERS, s);
	store_slot(w, SLOT_SK, BPF_REG_1);
	asm_jump(c, BPF_JA, 0, 0, LABEL_LOOP);
}

/** r7 = bind_tw_slot() of the socket in the chunk; see there. */
static void write_slot(struct writer *w)
{
	struct code *c = &w->code;
	struct span s = w->l.sk;
	int v6 = CHUNK_AT + offset(w, SK_V6_DADDR) - s.from;

	load_slot(w, BPF_REG_7, SLOT_PORT);
	asm_alu32(c, BPF_SUB, BPF_REG_7, 1);
	asm_alu32(c, BPF_LSH, BPF_REG_7, 16);
	load_chunk(w, BPF_H, BPF_REG_1, SK_DPORT, s);
	asm_alu32_reg(c, BPF_OR, BPF_REG_7, BPF_REG_1);
	load_chunk(w, BPF_W, BPF_REG_1, SK_DADDR, s);
	for (int reg = BPF_REG_2; reg <= BPF_REG_4; reg++)
		asm_set(c, reg, 0);
	load_chunk(w, BPF_H, BPF_REG_5, SK_FAMILY, s);
	asm_jump(c, BPF_JNE, BPF_REG_5, AF_INET6, LABEL_HASH);
	if (w->l.want[SK_V6_DADDR].count) {
		for (int i = 0; i < 4; i++)
			asm_load(c, BPF_W, BPF_REG_1 + i, BPF_REG_10, v6 + 4 * i);
		/* ::ffff:a.b.c.d is a.b.c.d. */
		asm_jump(c, BPF_JNE, BPF_REG_1, 0, LABEL_HASH);
		asm_jump(c, BPF_JNE, BPF_REG_2, 0, LABEL_HASH);
		asm_alu32(c, BPF_MOV, BPF_REG_5, htonl(0xffff));
		asm_jump_reg(c, BPF_JNE, BPF_REG_3, BPF_REG_5, LABEL_HASH);
		asm_move(c, BPF_REG_1, BPF_REG_4);
		asm_set(c, BPF_REG_3, 0);
		asm_set(c, BPF_REG_4, 0);
	}
	asm_label(c, LABEL_HASH);
	for (int reg = BPF_REG_1; reg <= BPF_REG_4; reg++) {
		asm_alu32_reg(c, BPF_XOR, BPF_REG_7, reg);
		asm_alu32(c, BPF_MUL, BPF_REG_7, BIND_TW_FACTOR);
		asm_move(c, BPF_REG_5, BPF_REG_7);
		asm_alu32(c, BPF_RSH, BPF_REG_5, 15);
		asm_alu32_reg(c, BPF_XOR, BPF_REG_7, BPF_REG_5);
	}
	asm_alu32(c, BPF_MUL, BPF_REG_7, BIND_TW_FACTOR);
	asm_alu32(c, BPF_RSH, BPF_REG_7, 16);
}

/** Sets bit r7 of the bitmap at offset r8 of the map. */
static void write_set(struct writer *w)
{
	struct code *c = &w->code;

	asm_label(c, LABEL_SET);
	asm_load_wide(c, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, w->map_fd);
	asm_alu_reg(c, BPF_ADD, BPF_REG_1, BPF_REG_8);
	asm_move(c, BPF_REG_2, BPF_REG_7);
	asm_alu(c, BPF_RSH, BPF_REG_2, 3);
	asm_alu(c, BPF_AND, BPF_REG_2, PORTS / 8 - 1);
	asm_alu_reg(c, BPF_ADD, BPF_REG_1, BPF_REG_2);
	asm_alu(c, BPF_AND, BPF_REG_7, 7);
	asm_set(c, BPF_REG_2, 1);
	asm_alu_reg(c, BPF_LSH, BPF_REG_2, BPF_REG_7);
	asm_load(c, BPF_B, BPF_REG_3, BPF_REG_1, 0);
	asm_alu_reg(c, BPF_OR, BPF_REG_3, BPF_REG_2);
	asm_store(c, BPF_B, BPF_REG_1, 0, BPF_REG_3);
	asm_jump(c, BPF_JA, 0, 0, LABEL_LOOP);
}

/** r1 = the SIZE bytes of member M of the socket at r8. */
static void look(struct writer *w, enum member m, int bpf_size, int size)
{
	struct code *c = &w->code;

	asm_move(c, BPF_REG_3, BPF_REG_8);
	asm_alu(c, BPF_ADD, BPF_REG_3, offset(w, m));
	read_kernel(w, BPF_REG_6, SLOT_LOOK, size, LABEL_CUT);
	asm_load(c, bpf_size, BPF_REG_1, BPF_REG_6, SLOT_LOOK);
}

/** A turn that looks at the socket whose bind node is in r8: a TIME_WAIT, with timestamps? */
static void write_sk(struct writer *w)
{
	struct code *c = &w->code;
	struct span s = w->l.sk;

	asm_label(c, LABEL_SK);
	asm_alu(c, BPF_SUB, BPF_REG_8, offset(w, SK_NODE));
	asm_move(c, BPF_REG_3, BPF_REG_8);
	asm_alu(c, BPF_ADD, BPF_REG_3, s.from);
	read_chunk(w, s.size);
	load_chunk(w, BPF_DW, BPF_REG_1, SK_NODE, s);
	store_slot(w, SLOT_SK, BPF_REG_1);
	load_chunk(w, BPF_B, BPF_REG_1, SK_STATE, s);
	asm_jump(c, BPF_JNE, BPF_REG_1, KERNEL_TIME_WAIT, LABEL_LOOP);
	write_slot(w);
	/* A FIN_WAIT2 that fell to a mini-socket is none, whatever its state says. */
	look(w, TW_SUBSTATE, BPF_B, 1);
	asm_jump(c, BPF_JNE, BPF_REG_1, KERNEL_TIME_WAIT, LABEL_LOOP);
	look(w, TW_STAMP, BPF_W, 4);
	asm_set(c, BPF_REG_8, offsetof(struct walk_map, stamped));
	asm_jump(c, BPF_JNE, BPF_REG_1, 0, LABEL_SET);
	asm_set(c, BPF_REG_8, offsetof(struct walk_map, plain));
	write_set(w);
}

/** Gives up a list, or adds the flags in r8 to the port under way. */
static void write_mark(struct writer *w)
{
	struct code *c = &w->code;

	asm_label(c, LABEL_CUT);
	store_imm(w, SLOT_TB, 0);
	store_imm(w, SLOT_TB2, 0);
	store_imm(w, SLOT_SK, 0);
	asm_set(c, BPF_REG_8, WALK_CUT);
	asm_label(c, LABEL_MARK);
	asm_load_wide(c, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, w->map_fd);
	load_slot(w, BPF_REG_2, SLOT_PORT);
	asm_alu(c, BPF_SUB, BPF_REG_2, 1);
	asm_alu(c, BPF_AND, BPF_REG_2, PORTS - 1);
	asm_alu_reg(c, BPF_ADD, BPF_REG_1, BPF_REG_2);
	asm_load(c, BPF_B, BPF_REG_2, BPF_REG_1, 0);
	asm_alu_reg(c, BPF_OR, BPF_REG_2, BPF_REG_8);
	asm_store(c, BPF_B, BPF_REG_1, 0, BPF_REG_2);
	asm_jump(c, BPF_JA, 0, 0, LABEL_LOOP);
}

/** The turns, in the order in which one leads to the next. */
static void write_turns(struct writer *w)
{
	write_turn(w);
	write_tb(w);
	if (w->l.with_tw && !w->l.flat)
		write_tb2(w);
	else
		asm_label(&w->code, LABEL_TB2);
	if (w->l.with_tw)
		write_sk(w);
	else
		asm_label(&w->code, LABEL_SK);
	write_mark(w);
}

int walk_build(const void *data, size_t n, int map_fd, struct walk_program *out)
{
	struct writer w = { .map_fd = map_fd, .calls = out->calls };

	if (layout_find(data, n, &w.l))
		return -EOPNOTSUPP;
	write_entry(&w);
	write_head(&w);
	if (!w.calls)
		write_turns(&w);
	write_exit(&w);
	out->turn = (uint32_t)w.code.len;
	if (w.calls) {
		write_turns(&w);
		write_turn_end(&w);
	}
	if (asm_link(&w.code))
		return -EOPNOTSUPP;
	memcpy(out->code, w.code.insn, sizeof(out->code));
	out->len = (uint32_t)w.code.len;
	return 0;
}
