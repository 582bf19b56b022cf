/* SPDX-License-Identifier: MIT */
/* Whole files: read in full, written in full or not at all. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/** Replaces OUT by the contents of PATH relative to DIRFD (AT_FDCWD for none), at most MAX bytes.
 *  0, or -errno (-EFBIG beyond MAX); OUT is then empty. Reads in large pieces, since every read of
 *  a /proc table starts a new walk (kernel-facts 8). */
NODISCARD NONNULL int file_read_at(int dirfd, const char *path, struct str *out, size_t max);

/** The same from the start of an open descriptor (pread), which stays open. */
NODISCARD NONNULL int file_read_fd(int fd, struct str *out, size_t max);

/** Writes all N bytes to FD; interrupted and short writes go on. 0 or -errno. */
NODISCARD NONNULL int file_write_fd(int fd, const void *p, size_t n);

/** Replaces PATH by the N bytes at P atomically: a temporary file in the same folder, then rename.
 *  Never follows a symbolic link at PATH. 0 or -errno; PATH is then as it was. */
NODISCARD NONNULL int file_replace(const char *path, const void *p, size_t n, unsigned mode);

#endif
