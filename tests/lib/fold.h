/* SPDX-License-Identifier: MIT */
/* Runs an analysis on made sockets and facts: a pipeline without a kernel. */
#ifndef TESTS_LIB_FOLD_H
#define TESTS_LIB_FOLD_H

#include "analysis/analysis.h"

/** A run. Options and facts may be set freely between the calls. */
struct fold {
	const struct analysis *analysis;
	void *state;
	struct options opt;
	struct facts now, before;
	struct owners owners;
	struct notes notes;
	struct host host;
	/** The last report; fold_finish() replaces it. */
	struct report report;
};

/** A run of the analysis NAME; sets the options' defaults but does not begin. */
void fold_init(struct fold *f, const char *name);
/** Begins. */
void fold_begin(struct fold *f);
/** Adds a socket. */
void fold_add(struct fold *f, const struct sock *s);
/** Ends a sample taken SECONDS after the one before and returns its report's root; the next sample
 *  starts. With RATES the facts in f->before count as taken then. */
struct value *fold_finish(struct fold *f, double seconds, bool rates);
/** Gives everything back. */
void fold_end(struct fold *f);

/** A process with that pid, name and descriptors that holds the socket INODE. To be called by rising
 *  pid, before fold_finish(); with the same pid again for its next socket. */
void fold_owner(struct fold *f, pid_t pid, const char *name, int64_t open, int64_t limit,
		uint64_t inode);

/** A socket as netlink gives it, with queues, timer, cookie (a new one each time) and inode. */
struct sock fold_sock(enum state state, const char *local, uint16_t local_port, const char *remote,
		      uint16_t remote_port);
/** A listener with its accept queue, backlog and drops. */
struct sock fold_listener(const char *local, uint16_t port, uint32_t queue, uint32_t backlog,
			  uint32_t drops);
/** A socket whose retransmission timer has fired RETRANSMITS times and fires in MS. */
struct sock fold_timer(struct sock s, uint8_t retransmits, uint32_t ms);

/** Number and text at PATH; fail the test where there is none. */
double fold_number(const struct value *v, const char *path);
const char *fold_text(const struct value *v, const char *path);
/** True where PATH is null. */
bool fold_is_null(const struct value *v, const char *path);

#endif
