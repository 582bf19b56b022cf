/* SPDX-License-Identifier: MIT */
/* CRC-32 of ISO-HDLC (zlib's, Ethernet's): tells damaged bytes from whole ones. */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** The checksum of N bytes, going on from CRC (0 to start). */
NODISCARD NONNULL uint32_t crc32_add(uint32_t crc, const void *p, size_t n);

#endif
