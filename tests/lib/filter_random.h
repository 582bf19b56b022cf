/* SPDX-License-Identifier: MIT */
/* Random sockets and random filters, with a second opinion on what a filter says: an evaluation of
 * its own that shares no code with src/model. Everything follows from a seed. */
#ifndef TESTS_LIB_FILTER_RANDOM_H
#define TESTS_LIB_FILTER_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/str.h"
#include "model/owners.h"
#include "model/sock.h"

/** A sequence of random numbers (xorshift64*). */
struct random {
	uint64_t state;
};

/** A sequence from a seed; the same seed gives the same sequence. */
struct random random_seeded(uint64_t seed);
/** The seed in the environment (TCPTRIAGE_SEED), else one from the clock. */
uint64_t random_seed(void);
/** A number below N, which is not 0. */
NONNULL unsigned random_below(struct random *r, unsigned n);

/** A socket with a record as complete as netlink's, or with gaps. Inodes are 0..7. */
NONNULL void random_sock(struct random *r, struct sock *s);

/** Makes the holders of the inodes 1..7 and the control groups 1..4 that random filters ask for. */
NONNULL void random_owners(struct random *r, struct owners *owners, struct cgroups *cgroups);

/** What random filters may ask for. */
enum random_tests {
	/** Addresses and ports: what the kernel decides. */
	RANDOM_KERNEL = 1 << 0,
	RANDOM_STATES = 1 << 1,
	/** User, inode. */
	RANDOM_RECORD = 1 << 2,
	/** Processes and control groups. */
	RANDOM_OWNERS = 1 << 3,
};

struct expr;

/** An expression of at most DEPTH levels with these tests; in the arena. */
NODISCARD NONNULL struct expr *random_expr(struct random *r, struct arena *a, unsigned depth,
					   unsigned tests);

/** Appends the expression as ss would read it too: every operation in parentheses, operators as
 *  words, only what ss knows (RANDOM_KERNEL). */
NONNULL void expr_text_plain(const struct expr *e, struct str *out);

/** Appends the expression with as few parentheses and as many spellings as the language allows. */
NONNULL void expr_text(struct random *r, const struct expr *e, struct str *out);

enum verdict { VERDICT_NO, VERDICT_UNKNOWN, VERDICT_YES };

/** Kleene's three-valued evaluation. OWNERS and CGROUPS may be NULL: not known. */
NODISCARD NONNULL_ARGS(1, 2) enum verdict expr_says(const struct expr *e, const struct sock *s,
						    const struct owners *owners,
						    const struct cgroups *cgroups);

#endif
