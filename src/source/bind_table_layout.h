/* SPDX-License-Identifier: MIT */
/* How the running kernel lays out its bind table: the structures on the way to it, their
 * members. */
#ifndef SOURCE_BIND_TABLE_LAYOUT_H
#define SOURCE_BIND_TABLE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "source/bind_table_btf.h"

/** Most bytes that are read at once from a bucket or a socket. */
#define CHUNK_MAX 192

/** Members that the program reads, indices into the list of btf_wants. */
enum member {
	TASK_NET,
	NET_MIX,
	NET_HASHINFO,
	INFO_BHASH,
	INFO_SIZE,
	HEAD_SIZE,
	HEAD_FIRST,
	TB_NET,
	TB_PORT,
	TB_REUSE,
	TB_REUSEPORT,
	TB_NODE,
	/* Kernels differ in the following. */
	TB_L3MDEV,
	TB_OWNERS,
	TB_BHASH2,
	TB2_NODE,
	TB2_OWNERS,
	/* TIME_WAIT. */
	SK_STATE,
	SK_NODE,
	SK_FAMILY,
	SK_DADDR,
	SK_DPORT,
	TW_SUBSTATE,
	TW_STAMP,
	/* Not where the kernel has no IPv6. */
	SK_V6_DADDR,
	MEMBERS,
};

/** The part of a structure that holds what is read of it. */
struct span {
	/** Its first byte, a multiple of 8 so that members keep their alignment, and its length. */
	int from, size;
};

/** What is known of this kernel. */
struct layout {
	/** The members, by enum member. */
	struct btf_want want[MEMBERS];
	/** What is to be read of buckets by port, by address, and of sockets. */
	struct span tb, tb2, sk;
	/** TIME_WAIT sockets can be told apart. */
	bool with_tw;
	/** A port's bucket lists its sockets itself (before 6.8), not through buckets by
	 *  address. */
	bool flat;
};

/** Works the layout out from the N bytes of BTF at DATA. 0, or -EOPNOTSUPP where something is
 *  missing without which the table cannot be read. */
NODISCARD NONNULL int layout_find(const void *data, size_t n, struct layout *l);

#endif
