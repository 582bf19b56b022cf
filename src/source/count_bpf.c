// SPDX-License-Identifier: MIT
/*
 * The program, run for each socket, in C:
 *
 *	sk = ctx->sk_common;
 *	if (!sk)
 *		return 0;
 *	cell = sk->skc_state;
 *	if (cell == TCP_TIME_WAIT) {
 *		tw = bpf_skc_to_tcp_timewait_sock(sk);
 *		if (!tw)
 *			return 0;
 *		cell = MINI + tw->tw_sk.tw_substate;
 *	}
 *	if (sk->skc_family == AF_INET6)
 *		cell += CELLS;
 *	map->cell[cell]++;
 *	return 0;
 *
 * A read runs it for one socket after another, in one thread: a plain addition counts.
 */
#include "source/count_bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/bind_table_asm.h"
#include "source/bind_table_btf.h"
#include "source/kernel_bpf.h"

/** Kernel states are below 16: one such block for sockets, a second for mini-sockets by the state
 *  that they stand in for. */
#define MINI 16
#define CELLS (2 * MINI)

/** The kernel breaks a read off after a million sockets (kernel/bpf/bpf_iter.c) and goes on in the
 *  next. */
#define READS_MAX 10000

/** The map's only value. */
struct cells {
	uint64_t cell[COUNTS_FAMILIES * CELLS];
};

/** Members that the program goes through. */
enum member { CTX_SOCK, SOCK_STATE, SOCK_FAMILY, MINI_STATE, MEMBERS };

enum label { LABEL_FAMILY, LABEL_COUNT, LABEL_END };

static int write_program(struct code *c, const struct btf_want *w, int map)
{
	asm_follow(c, BPF_DW, BPF_REG_6, BPF_REG_1, w[CTX_SOCK].offset, w[CTX_SOCK].count);
	asm_jump(c, BPF_JEQ, BPF_REG_6, 0, LABEL_END);
	asm_follow(c, BPF_B, BPF_REG_7, BPF_REG_6, w[SOCK_STATE].offset, w[SOCK_STATE].count);
	asm_alu(c, BPF_AND, BPF_REG_7, MINI - 1);
	asm_jump(c, BPF_JNE, BPF_REG_7, TCP_TIME_WAIT, LABEL_FAMILY);
	asm_move(c, BPF_REG_1, BPF_REG_6);
	asm_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skc_to_tcp_timewait_sock);
	asm_jump(c, BPF_JEQ, BPF_REG_0, 0, LABEL_END);
	asm_follow(c, BPF_B, BPF_REG_7, BPF_REG_0, w[MINI_STATE].offset, w[MINI_STATE].count);
	asm_alu(c, BPF_AND, BPF_REG_7, MINI - 1);
	asm_alu(c, BPF_ADD, BPF_REG_7, MINI);
	asm_label(c, LABEL_FAMILY);
	asm_follow(c, BPF_H, BPF_REG_8, BPF_REG_6, w[SOCK_FAMILY].offset, w[SOCK_FAMILY].count);
	asm_jump(c, BPF_JNE, BPF_REG_8, AF_INET6, LABEL_COUNT);
	asm_alu(c, BPF_ADD, BPF_REG_7, CELLS);
	asm_label(c, LABEL_COUNT);
	asm_alu(c, BPF_LSH, BPF_REG_7, 3);
	asm_load_wide(c, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, map);
	asm_alu_reg(c, BPF_ADD, BPF_REG_1, BPF_REG_7);
	asm_load(c, BPF_DW, BPF_REG_2, BPF_REG_1, 0);
	asm_alu(c, BPF_ADD, BPF_REG_2, 1);
	asm_store(c, BPF_DW, BPF_REG_1, 0, BPF_REG_2);
	asm_label(c, LABEL_END);
	asm_set(c, BPF_REG_0, 0);
	asm_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return asm_link(c);
}

/** Writes the program for this kernel; *ITERATOR is the number of the iterator's function. 0 or
 *  -errno. */
static int prepare(struct code *c, int map, uint32_t *iterator)
{
	struct btf_want want[MEMBERS] = {
		[CTX_SOCK] = { .structure = "bpf_iter__tcp", .path = "sk_common" },
		[SOCK_STATE] = { .structure = "sock_common", .path = "skc_state" },
		[SOCK_FAMILY] = { .structure = "sock_common", .path = "skc_family" },
		[MINI_STATE] = { .structure = "tcp_timewait_sock", .path = "tw_sk.tw_substate" },
	};
	int ret = kernel_iterator_find("bpf_iter_tcp", want, MEMBERS, iterator);

	return ret ? ret : write_program(c, want, map);
}

/** Runs the iterator at FD to its end: what the program counted is in its map. 0 or -errno. */
static int run(int fd)
{
	char byte;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = read(fd, &byte, sizeof(byte));

		if (n == 0)
			return 0;
		if (n > 0)
			return -EIO;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EIO;
}

static void sum_up(const struct cells *cells, struct family_counts out[COUNTS_FAMILIES])
{
	for (unsigned i = 0; i < COUNTS_FAMILIES * CELLS; i++) {
		struct family_counts *f = &out[i / CELLS];
		enum state s = state_from_kernel(i % MINI);

		if (s == STATE_COUNT || (COUNT_BPF_BLIND & STATE_BIT(s)))
			continue;
		f->n[s] += cells->cell[i];
		if (i % CELLS >= MINI && s == STATE_FIN_WAIT2)
			f->minis += cells->cell[i];
	}
}

static int count(int map, struct family_counts out[COUNTS_FAMILIES])
{
	struct code code = { 0 };
	struct cells cells;
	uint32_t iterator;
	int ret = prepare(&code, map, &iterator), fd;

	if (ret)
		return ret;
	fd = kernel_iterator(code.insn, (uint32_t)code.len, iterator, "tcptriage_count");
	if (fd < 0)
		return fd;
	ret = run(fd);
	close(fd);
	if (!ret)
		ret = kernel_map_value(map, &cells);
	if (!ret)
		sum_up(&cells, out);
	return ret;
}

int count_bpf_read(struct family_counts out[COUNTS_FAMILIES])
{
	int map = kernel_map(sizeof(struct cells)), ret;

	memset(out, 0, COUNTS_FAMILIES * sizeof(*out));
	if (map < 0)
		return map;
	ret = count(map, out);
	close(map);
	return ret;
}
