/* SPDX-License-Identifier: MIT */
/* The program that walks the kernel's bind table from inside: built by hand, instruction by
 * instruction, for the layout of the running kernel. It reads and writes nothing but its own
 * map. */
#ifndef SOURCE_BIND_TABLE_PROG_H
#define SOURCE_BIND_TABLE_PROG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/facts.h"
#include "source/bind_table_asm.h"

/** What the walk found out about a port, bits of walk_map.port[]. */
enum walk_flag {
	/** It has a bucket (outside any VRF). */
	WALK_BOUND = 1 << 0,
	/** Its bucket refuses connect() without a source port. */
	WALK_STICKY = 1 << 1,
	/** Its list was not seen to the end. */
	WALK_CUT = 1 << 2,
};

/** The one value of the program's map (an array). */
struct walk_map {
	/** A set of enum walk_flag for each port. */
	uint8_t port[PORTS];
	/** A bit (bit I % 8 of byte I / 8) for each bind_tw_slot() of a TIME_WAIT that used
	 *  timestamps, and of one that did not. */
	uint8_t stamped[PORTS / 8], plain[PORTS / 8];
};

/** What a run returns that could not find the table. */
#define WALK_FAILED UINT32_MAX

/** The program. */
struct walk_program {
	struct bpf_insn code[ASM_INSNS];
	uint32_t len;
	/** In: build it with bpf_loop(). Out: where the function of a turn then starts. */
	bool calls;
	uint32_t turn;
};

/** Builds the program for the types in the N bytes of BTF at DATA and the map behind MAP_FD. Its
 *  arguments are the port to begin with and the last one; a run returns the port that the next run
 *  is to begin with: the same port where it could not get to the end of its list, one behind the
 *  last when it is through, WALK_FAILED where it found no table. 0, or -EOPNOTSUPP where this
 *  kernel keeps its bind table in a way that the program does not know. Where only the TIME_WAIT
 *  sockets are strange, the program goes without them. */
NODISCARD NONNULL int walk_build(const void *data, size_t n, int map_fd, struct walk_program *out);

#endif
