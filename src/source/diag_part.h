/* SPDX-License-Identifier: MIT */
/* One worker's part of a dump: requests, and their answers into records. */
#ifndef SOURCE_DIAG_PART_H
#define SOURCE_DIAG_PART_H

#include "base/attr.h"
#include "base/str.h"
#include "source/diag_parse.h"
#include "source/source.h"

struct diag_pump;
struct netlink;

/** One worker's part of a dump. */
struct diag_part {
	struct source *source;
	const struct dump_request *req;
	struct netlink **socket;
	/** The caller's bytecode, or the test for this worker's share of the ports. */
	struct str bytecode;
	struct diag_walk walk;
	void (*add)(void *arg, const struct sock *s);
	void *arg;
	/** Which share of the sockets it reads; alone there is a processor to spare for receiving. */
	unsigned share, of;
	/** What its bytes are for a tap. */
	enum tap_stream stream;
	/** Sum over this worker's walks. */
	struct dump_result result;
	/** 0 or -errno. */
	int ret;
};

/** Asks for P's sockets once, of P->req's family or of both, and receives them to the end. 0 or
 *  -errno. */
NODISCARD NONNULL int diag_part_ask(struct diag_part *p);

/** The same; where the kernel does not know P's bytecode, without it (callers match every record
 *  again). */
NODISCARD NONNULL int diag_part_walk(struct diag_part *p);

/** Takes in what PUMP receives until P's dump ends, and frees PUMP. 0 or -errno. */
NODISCARD NONNULL int diag_part_drain(struct diag_part *p, struct diag_pump *pump);

#endif
