/* SPDX-License-Identifier: MIT */
/* The values of a sample as bytes and back: files, bind table, holders, cgroups, notes. Versioned
 * by their first number; unpacking trusts nothing. */
#ifndef SOURCE_PACKED_H
#define SOURCE_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/facts.h"
#include "model/owners.h"
#include "model/report.h"
#include "model/sock.h"

/* All unpack_…() return 0, or -EBADMSG where the N bytes at P are nothing that pack_…() made; OUT
 * is then empty. */

/** Appends one file: its path, and either its contents or the -errno in STATUS. */
NONNULL void pack_file(struct str *out, const char *path, int status, const struct str *contents);
/** Replaces OUT by the contents of PATH among the packed files: 0 or the recorded -errno; -ENODATA
 *  where it was not recorded; -EBADMSG. */
NODISCARD NONNULL int unpack_file(const void *p, size_t n, const char *path, struct str *out);

/** Appends the bind table. */
NONNULL void pack_binds(struct str *out, const struct bind_table *b);
NODISCARD NONNULL int unpack_binds(const void *p, size_t n, struct bind_table *out);

/** Appends the result of an owner search, in an order that does not change from run to run. */
NONNULL void pack_owners(struct str *out, const struct owners *o);
/** Into OUT (initialised here). WANTED: a set of inodes (uint64_t); others are left out. NULL:
 *  all. */
NODISCARD NONNULL_ARGS(1, 4) int unpack_owners(const void *p, size_t n, const struct map *wanted,
					      struct owners *out);

/** Appends the cgroups. */
NONNULL void pack_cgroups(struct str *out, const struct cgroups *c);
/** Into OUT (zeroed before). */
NODISCARD NONNULL int unpack_cgroups(const void *p, size_t n, struct cgroups *out);

/** Appends a set of inodes (uint64_t). */
NONNULL void pack_inodes(struct str *out, const struct map *inodes);
/** Adds them to OUT. */
NODISCARD NONNULL int unpack_inodes(const void *p, size_t n, struct map *out);

/** Appends one SYN_RECV with its timeouts. */
NONNULL void pack_request(struct str *out, const struct sock *s);
/** Hands each to ADD, until one cannot be read. */
NODISCARD NONNULL_ARGS(1, 3) int unpack_requests(const void *p, size_t n,
						 void (*add)(void *arg, const struct sock *s),
						 void *arg);

/** Appends the notes. */
NONNULL void pack_notes(struct str *out, const struct notes *n);
/** Adds them to OUT. */
NODISCARD NONNULL int unpack_notes(const void *p, size_t n, struct notes *out);

#endif
