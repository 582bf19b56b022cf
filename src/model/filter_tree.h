/* SPDX-License-Identifier: MIT */
/* Inside the filter: the parsed expression as a tree in negation normal form. "not" is pushed down
 * to the tests while parsing, so that whoever walks the tree may replace a test that cannot be
 * decided by true (or by false) and knows which way the answer errs. */
#ifndef MODEL_FILTER_TREE_H
#define MODEL_FILTER_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "model/addr.h"

/** What a node says. */
enum node_kind {
	/** All children hold (and). */
	NODE_ALL,
	/** One child holds (or). */
	NODE_ANY,
	/** The state is one of a set; never negated, the set is turned over instead. */
	NODE_STATES,
	/** An end has this address and port. */
	NODE_HOST,
	/** The port of an end lies in a range. */
	NODE_PORT,
	/** A process with this pid holds it. */
	NODE_PID,
	/** A process with a command name like this holds it. */
	NODE_COMM,
	/** It belongs to this user. */
	NODE_UID,
	/** It was made in this control group or below. */
	NODE_CGROUP,
	/** It has this inode. */
	NODE_INODE,
};

/** Ends of a connection, as a set: a test of both holds where it holds for one of them. */
enum end {
	END_LOCAL = 1 << 0,
	END_REMOTE = 1 << 1,
};

/** Address and port as src, dst and addr take them. */
struct host_test {
	/** Network; family 0 for any address. */
	struct addr addr;
	/** Leading bits of addr that count. */
	uint8_t bits;
	/** Port, -1 for any. */
	int32_t port;
};

/** Ports LOW..HIGH; none where LOW > HIGH. */
struct port_test {
	uint16_t low, high;
};

/** A node of the tree; lives in the filter's arena. */
struct node {
	enum node_kind kind;
	/** A test that must not hold. */
	bool negated;
	/** NODE_HOST, NODE_PORT: set of enum end. */
	uint8_t ends;
	union {
		/** NODE_ALL, NODE_ANY: at least two children, chained by next. */
		struct node *children;
		/** NODE_STATES: STATE_BIT()s. */
		uint32_t states;
		struct host_test host;
		struct port_test port;
		/** NODE_PID, NODE_UID, NODE_INODE. */
		uint64_t number;
		/** NODE_COMM: an fnmatch(3) pattern. NODE_CGROUP: a path with its slash in front
		 *  and none behind ("" is the root), or the name of one component. */
		const char *text;
	};
	struct node *next;
};

/** A parsed filter. */
struct filter {
	struct arena arena;
	struct node *root;
	/** The tree holds tests of processes, of control groups, of anything that a record may
	 *  lack. */
	bool needs_owners, needs_cgroups, may_lack;
};

#endif
