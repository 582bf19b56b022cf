/* SPDX-License-Identifier: MIT */
/* Inside the filter: what stands behind a keyword (hosts, ports, users, control groups). */
#ifndef MODEL_FILTER_OPERAND_H
#define MODEL_FILTER_OPERAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "model/filter_tree.h"

/** What is wrong with an operand. */
struct fault {
	/** The wrong part: offset into the operand, and length. */
	size_t at, len;
	/** One short sentence. */
	const char *message;
};

/** Reads [FAMILY:]ADDRESS[/BITS][:PORT] as ss has it. 0, or -EINVAL and *FAULT filled. */
NODISCARD NONNULL int operand_host(const char *s, struct host_test *out, struct fault *fault);

/** Reads a port number, the name of a service (getservbyname(3); the best known ones without it),
 *  or * for any (-1), with or without a colon in front. 0, or -EINVAL and *FAULT filled. */
NODISCARD NONNULL int operand_port(const char *s, int32_t *out, struct fault *fault);

/** Reads a process id. 0, or -EINVAL and *FAULT filled. */
NODISCARD NONNULL int operand_pid(const char *s, uint64_t *out, struct fault *fault);

/** Reads a user id or name (getpwnam(3)). 0, or -EINVAL and *FAULT filled. */
NODISCARD NONNULL int operand_uid(const char *s, uint64_t *out, struct fault *fault);

/** Reads an inode number. 0, or -EINVAL and *FAULT filled. */
NODISCARD NONNULL int operand_inode(const char *s, uint64_t *out, struct fault *fault);

/** The path S in the form of NODE_CGROUP: the mount point cut off, a slash in front and none
 *  behind; a name without a slash stays as it is. In the arena. */
NODISCARD RETURNS_NONNULL NONNULL const char *operand_cgroup(struct arena *a, const char *s);

#endif
