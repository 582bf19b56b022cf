/* SPDX-License-Identifier: MIT */
/* Internet addresses: text, prefixes, v4-mapped folding. */
#ifndef MODEL_ADDR_H
#define MODEL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/** An address as the kernel has it (a v4-mapped one is AF_INET6). No padding: compare as bytes. */
struct addr {
	/** Network byte order; an IPv4 address stands in the first four, the rest is zero. */
	uint8_t bytes[16];
	/** AF_INET or AF_INET6; 0 for no address. */
	uint8_t family;
};

/** Room for any address in text with its NUL, and with a port and brackets. */
#define ADDR_TEXT 48
#define ADDR_PORT_TEXT 56

/** Reads an address ("192.0.2.1", "2001:db8::1", "[2001:db8::1]"), no names. 0 or -EINVAL. */
NODISCARD NONNULL int addr_parse(const char *s, struct addr *out);

/** Writes A as text into BUF of ADDR_TEXT bytes and returns its length: RFC 5952 for IPv6, as
 *  inet_ntop(3) gives. Hand-written for IPv4: it is the hot path of `list`. */
NONNULL size_t addr_text(const struct addr *a, char *buf);

/** Appends A and PORT as the contract spells them: 192.0.2.1:443, [2001:db8::1]:443. Any address is
 *  0.0.0.0 or [::]; an absent port is 0. */
NONNULL void addr_add_endpoint(struct str *out, const struct addr *a, uint16_t port);

/** True for 0.0.0.0 and ::. */
NODISCARD NONNULL bool addr_is_any(const struct addr *a);
/** True for 127.0.0.0/8, ::1 and their v4-mapped forms. */
NODISCARD NONNULL bool addr_is_loopback(const struct addr *a);
/** True for ::ffff:a.b.c.d. */
NODISCARD NONNULL bool addr_is_mapped(const struct addr *a);
/** A with a v4-mapped address turned into plain IPv4: what connect() allocates from (kernel-facts
 *  3.3). */
NODISCARD NONNULL struct addr addr_fold(const struct addr *a);
/** True where A and B are the same address. No folding. */
NODISCARD NONNULL bool addr_equal(const struct addr *a, const struct addr *b);
/** Orders by family, then bytes. */
NODISCARD NONNULL int addr_compare(const struct addr *a, const struct addr *b);
/** True where the first BITS bits of A are those of PREFIX; families must be the same, except that
 *  an IPv4 prefix matches a v4-mapped address too, as the kernel's bytecode does (kernel-facts
 *  4.7). */
NODISCARD NONNULL bool addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned bits);

#endif
