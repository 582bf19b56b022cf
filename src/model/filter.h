/* SPDX-License-Identifier: MIT */
/* The filter language of ss (contract 3): text → tree → decisions here and in the kernel. */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/owners.h"
#include "model/sock.h"

/** A parsed filter; opaque. NULL stands for "everything" in every function here. */
struct filter;

/** What went wrong, for the one line and the caret. */
struct filter_error {
	/** The whole expression, its words joined by blanks (owned: str_free()), and the offending
	 *  part in it (byte offset, length; length 0 points behind the end). */
	struct str text;
	size_t at, len;
	/** One short sentence. */
	char message[160];
};

/** Parses the COUNT words. 0 and *OUT (filter_free() it; NULL where there are no words), or -EINVAL
 *  and *ERR filled. Service names are looked up with getservbyname(3); cgroup paths stay text. */
NODISCARD NONNULL_ARGS(3, 4) int filter_parse(char *const *words, int count, struct filter **out,
					    struct filter_error *err);

/** Word I that opens a test, and what stands behind it with half a sentence about it; NULL past the
 *  last. For help and completions; and, or, not and the parentheses are not among them. */
NONNULL const char *filter_keyword(size_t i, const char **help);

/** Gives it back; NULL is fine. */
void filter_free(struct filter *f);

/** States that can match at all: the mask to ask the kernel for. */
NODISCARD uint32_t filter_states(const struct filter *f);

/** True where the state is all that decides: then filter_states() match, and no others. */
NODISCARD bool filter_only_states(const struct filter *f);

/** True where a decision needs the processes that hold a socket (pid, comm), or the cgroup
 *  paths. */
NODISCARD bool filter_needs_owners(const struct filter *f);
NODISCARD bool filter_needs_cgroups(const struct filter *f);

/** What a decision may lean on besides the record. */
struct filter_context {
	/** NULL where owners were not searched. A test of pid or comm, "!=" as well as "=", cannot
	 *  be decided then, but for sockets that no process can hold; nor where none was found for
	 *  a socket while some processes could not be read. */
	const struct owners *owners;
	/** NULL where cgroups are unknown; else the same. */
	const struct cgroups *cgroups;
};

/** True where S matches, states included. The same socket gives the same answer whatever source it
 *  came from, as far as the source tells what is asked for: a test that cannot be decided (cgroup
 *  on a record without SOCK_HAS_CGROUP) holds neither with "=" nor with "!=". TIME_WAIT, SYN_RECV
 *  and other mini-sockets have no process, user or control group: "=" never holds, "!=" does. CTX
 *  may be NULL. */
NODISCARD NONNULL_ARGS(2) bool filter_match(const struct filter *f, const struct sock *s,
					   const struct filter_context *ctx);

/** What a filter says of a socket. */
enum filter_answer {
	FILTER_NO,
	FILTER_YES,
	/** The record or CTX lacks what the answer hangs on; filter_match() says no then. */
	FILTER_UNKNOWN,
};

/** Like filter_match(), but tells a no from what cannot be known: no answer is short in silence. */
NODISCARD NONNULL_ARGS(2) enum filter_answer filter_judge(const struct filter *f,
							  const struct sock *s,
							  const struct filter_context *ctx);

/** Three-valued: like filter_match(), but true where the answer hangs on owners or cgroups that are
 *  not known yet. Used to choose whose owners to look for. */
NODISCARD NONNULL_ARGS(2) bool filter_may_match(const struct filter *f, const struct sock *s);

/** Compiles to INET_DIAG_REQ_BYTECODE (struct inet_diag_bc_op …, kernel-facts 4.7) what the kernel
 *  can decide; what it cannot is let through (the compiled filter never rejects a match). Replaces
 *  OUT; an empty OUT means that there is nothing to send. 0; -E2BIG where it would not fit an
 *  attribute (then OUT is empty and everything is decided here). Every kernel since 2.6 knows the
 *  operations used: no S_EQ or D_EQ. */
NODISCARD NONNULL_ARGS(2) int filter_compile(const struct filter *f, struct str *out);

/** Runs bytecode on S as the kernel does (net/ipv4/inet_diag.c: inet_diag_bc_audit(), then
 *  inet_diag_bc_run()); for tests, fuzzing and replay. *OK is set false where the kernel would
 *  refuse the code, or where it asks for what the record does not know (AUTO without SOCK_HAS_LOCK,
 *  a device, a mark, a control group). */
NODISCARD NONNULL bool filter_bytecode_run(const void *code, size_t len, const struct sock *s,
					  bool *ok);

/** Bytecode for "LOW <= local port <= HIGH", and-ed in front of CODE (which may be empty). In the
 *  rare case that both do not fit an attribute CODE is dropped: the range holds in any case, and
 *  what CODE would have rejected is let through. */
NONNULL void filter_bytecode_port_range(struct str *code, uint16_t low, uint16_t high);

/** Bytecode for "not autobound" (INET_DIAG_BC_AUTO fails), and-ed in front of CODE; else the
 *  same. */
NONNULL void filter_bytecode_locked(struct str *code);

#endif
