/* SPDX-License-Identifier: MIT */
/* The program that walks the kernel's bind table from inside: built by hand, instruction by
 * instruction, for the layout of the running kernel. It reads and writes nothing but its own map. */
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
	/** A TIME_WAIT in it used timestamps; one did not. */
	WALK_TW_STAMPED = 1 << 2,
	WALK_TW_PLAIN = 1 << 3,
	/** Its list was not seen to the end. */
	WALK_CUT = 1 << 4,
};

/** Bytes of the one value of the program's map (an array): a set of enum walk_flag for each port. */
#define WALK_VALUE PORTS

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
 *  arguments are the port to begin with and the last one; a run returns the port that the next run is
 *  to begin with: the same port where it could not get to the end of its list, one behind the last
 *  when it is through, WALK_FAILED where it found no table. 0, or -EOPNOTSUPP where this kernel keeps
 *  its bind table in a way that the program does not know. Where only the TIME_WAIT sockets are
 *  strange, the program goes without them. */
NODISCARD NONNULL int walk_build(const void *data, size_t n, int map_fd, struct walk_program *out);

#endif
