// SPDX-License-Identifier: MIT
#include "source/bind_table.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/bind_table_prog.h"
#include "source/kernel_bpf.h"

/** Type information for the program itself: bpf_loop() wants its functions named. */
struct program_btf {
	struct btf_header header;
	/** int; int (void); two static functions of that type. */
	struct btf_type int_type;
	uint32_t int_data;
	struct btf_type proto, functions[2];
	char strings[16];
};

/** Loads it. Its descriptor or -errno. */
static int load_program_btf(void)
{
	static const struct program_btf btf = {
		.header = {
			.magic = BTF_MAGIC,
			.version = BTF_VERSION,
			.hdr_len = sizeof(struct btf_header),
			.type_len = offsetof(struct program_btf, strings) -
				    sizeof(struct btf_header),
			.str_off = offsetof(struct program_btf, strings) -
				   sizeof(struct btf_header),
			.str_len = sizeof("\0int\0walk\0turn"),
		},
		.int_type = { 1, BTF_KIND_INT << 24, { 4 } },
		.int_data = BTF_INT_SIGNED << 24 | 32,
		.proto = { 0, BTF_KIND_FUNC_PROTO << 24, { 1 } },
		.functions = { { 5, BTF_KIND_FUNC << 24, { 2 } },
			       { 10, BTF_KIND_FUNC << 24, { 2 } } },
		.strings = "\0int\0walk\0turn",
	};
	union bpf_attr attr = { 0 };

	attr.btf = (uintptr_t)&btf;
	attr.btf_size = (uint32_t)(offsetof(struct program_btf, strings) + btf.header.str_len);
	return kernel_bpf(BPF_BTF_LOAD, &attr);
}

/** Loads the program: as one for a raw tracepoint, since the kernel runs those on request, for us,
 *  under RCU; it is never attached to anything. Its descriptor or -errno. */
static int load(const struct walk_program *p)
{
	const struct bpf_func_info functions[] = { { 0, 3 }, { p->turn, 4 } };
	union bpf_attr attr = { 0 };
	int btf = -1, prog;

	if (p->calls) {
		btf = load_program_btf();
		if (btf < 0)
			return btf;
		attr.prog_btf_fd = (uint32_t)btf;
		attr.func_info = (uintptr_t)functions;
		attr.func_info_cnt = ARRAY_LEN(functions);
		attr.func_info_rec_size = sizeof(functions[0]);
	}
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (uintptr_t)p->code;
	attr.insn_cnt = p->len;
	/* bpf_probe_read_kernel() is for programs that say so. */
	attr.license = (uintptr_t)"Dual MIT/GPL";
	memcpy(attr.prog_name, "tcptriage_ports", sizeof("tcptriage_ports"));
	prog = kernel_bpf(BPF_PROG_LOAD, &attr);
	if (btf >= 0)
		close(btf);
	return prog;
}

/** Builds and loads the program, with bpf_loop() where the kernel has it and MAY_CALL. Its
 *  descriptor or -errno. */
static int build(const struct kernel_types *types, int map, bool may_call)
{
	struct walk_program p;
	int ret = -EOPNOTSUPP;

	for (int calls = may_call; calls >= 0 && ret < 0; calls--) {
		p.calls = calls;
		ret = walk_build(types->data, types->len, map, &p);
		if (ret)
			return ret;
		ret = load(&p);
		if (ret == -EPERM)
			return ret;
	}
	return ret;
}

/** Runs the program from port FROM to LAST; the next port to begin with, or -errno. */
static int run(int prog, uint32_t from, uint32_t last)
{
	union bpf_attr attr = { 0 };
	uint64_t arguments[] = { from, last };
	int ret;

	attr.test.prog_fd = (uint32_t)prog;
	attr.test.ctx_in = (uintptr_t)arguments;
	attr.test.ctx_size_in = sizeof(arguments);
	ret = kernel_bpf(BPF_PROG_TEST_RUN, &attr);
	if (ret < 0)
		return ret;
	if (attr.test.retval > last + 1 || attr.test.retval < from)
		return -EIO;
	return (int)attr.test.retval;
}

/** Makes the map and the program for it; their descriptors. 0 or -errno. */
static int prepare(int *map, int *prog, bool may_call)
{
	struct kernel_types types;
	int ret;

	*prog = -1;
	*map = kernel_map(sizeof(struct walk_map));
	if (*map < 0)
		return *map;
	ret = kernel_types_get(&types);
	if (ret)
		return ret;
	ret = *prog = build(&types, *map, may_call);
	kernel_types_put(&types);
	return ret < 0 ? ret : 0;
}

/** Runs the program over the ports LOW..HIGH; CUT receives those whose list is too long for one
 *  run. */
static int walk(int prog, uint16_t low, uint16_t high, struct port_set *cut)
{
	uint32_t port = low;

	*cut = (struct port_set){ 0 };
	while (port <= high) {
		int next = run(prog, port, high);

		if (next < 0)
			return next;
		if ((uint32_t)next == port)
			port_set_add(cut, (uint16_t)next++);
		port = (uint32_t)next;
	}
	return 0;
}

static void add_bits(struct port_set *out, const uint8_t *bits)
{
	for (unsigned i = 0; i < PORTS; i++) {
		if (bits[i / 8] >> (i % 8) & 1)
			port_set_add(out, (uint16_t)i);
	}
}

/** Turns what the program wrote into sets. */
static void collect(const struct walk_map *m, const struct port_set *cut, struct bind_table *out)
{
	*out = (struct bind_table){ .low = out->low, .high = out->high };
	for (unsigned p = out->low; p <= out->high; p++) {
		uint16_t port = (uint16_t)p;
		bool short_list = m->port[p] & WALK_CUT || port_set_has(cut, port);

		if (short_list && !(m->port[p] & WALK_BOUND))
			port_set_add(&out->unknown, port);
		if (m->port[p] & WALK_BOUND)
			port_set_add(&out->bound, port);
		if (m->port[p] & WALK_STICKY)
			port_set_add(&out->sticky, port);
	}
	add_bits(&out->tw_stamped, m->stamped);
	add_bits(&out->tw_plain, m->plain);
}

static int read_table(struct bind_table *out, bool may_call)
{
	struct walk_map *m = xmalloc(sizeof(*m));
	struct port_set *cut = xmalloc(sizeof(*cut));
	int map, prog, ret;

	ret = prepare(&map, &prog, may_call);
	if (!ret)
		ret = walk(prog, out->low, out->high, cut);
	if (!ret)
		ret = kernel_map_value(map, m);
	if (!ret)
		collect(m, cut, out);
	if (prog >= 0)
		close(prog);
	if (map >= 0)
		close(map);
	free(cut);
	free(m);
	return ret ? -EOPNOTSUPP : 0;
}

int bind_table_read(struct bind_table *out)
{
	return read_table(out, true);
}

int bind_table_read_flat(struct bind_table *out)
{
	return read_table(out, false);
}
