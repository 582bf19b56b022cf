/* SPDX-License-Identifier: MIT */
/* Where members of the kernel's structures are, read from its own type information (BTF), so that
 * no kernel's layout is compiled in. */
#ifndef SOURCE_BIND_TABLE_BTF_H
#define SOURCE_BIND_TABLE_BTF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** Most pointers a path may lead through. */
#define BTF_HOPS 4

/** A structure by name and what of it is wanted. */
struct btf_want {
	/** "task_struct". Unions and structures alike. */
	const char *structure;
	/** A dotted path: "nsproxy.net_ns". Members of anonymous parts are found by their own name;
	 *  pointers on the way are followed. "" for the size of the structure itself. */
	const char *path;
	/** Result: offsets, each but the last to be dereferenced; COUNT is 0 where the kernel has
	 *  no such member (or it is a bit field). */
	uint32_t offset[BTF_HOPS];
	unsigned count;
};

/** Finds COUNT members in the N bytes of BTF at DATA. 0, or -EINVAL where it is no BTF of this
 *  machine's byte order or contradicts itself. Bounds are checked: DATA (aligned to 4) need not be
 *  trusted. */
NODISCARD NONNULL int btf_find(const void *data, size_t n, struct btf_want *want, size_t count);

/** Number of the function NAME in the same data; 0 where there is none. */
NODISCARD NONNULL uint32_t btf_function(const void *data, size_t n, const char *name);

#endif
