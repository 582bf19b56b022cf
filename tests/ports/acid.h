/* SPDX-License-Identifier: MIT */
/* The acid test of `ports`: sockets are made in a namespace of its own, the program is asked, then
 * connect() is called until it fails. */
#ifndef TESTS_PORTS_ACID_H
#define TESTS_PORTS_ACID_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A destination that answers, and one that does not. */
enum place {
	/** 127.0.0.1:9000, 127.0.0.2:9000, 127.0.0.1:9001 from 127.0.0.1. */
	PLACE_D1,
	PLACE_D2,
	PLACE_D3,
	/** 127.0.0.1:9000 from 127.0.0.5. */
	PLACE_D4,
	/** [::1]:9000. */
	PLACE_V6,
	/** Over veth: 10.77.0.2:9000, which answers; 10.77.0.9:9000, which never does. */
	PLACE_VETH,
	PLACE_SILENT,
	/** Never used before the question: what a new destination gets. */
	PLACE_FRESH,
	PLACE_COUNT
};

/** What a place is. */
struct place_row {
	/** As the report spells them. */
	const char *local, *remote;
	uint16_t port;
	int family;
};

extern const struct place_row places[PLACE_COUNT];

/** The world of one round. */
struct world {
	/** The range; over veth or loopback only. */
	unsigned low, high;
	bool veth;
	/** Sockets that are kept open until the round's end. */
	int *fds;
	size_t count, cap;
	/** Listening descriptors by place, -1 where there is none. */
	int servers[PLACE_COUNT];
	/** What was made, for the diagnosis. */
	char recipe[4096];
};

/** Enters a new namespace with the range LOW..HIGH (and a veth to a second one). Ends the program
 *  where that is impossible. */
void world_make(struct world *w, unsigned low, unsigned high, bool veth);
/** Closes everything. */
void world_end(struct world *w);
/** Keeps FD open until the end; returns it. */
int world_keep(struct world *w, int fd);
/** Appends to the recipe. */
__attribute__((format(printf, 2, 3))) void world_note(struct world *w, const char *fmt, ...);
/** Writes a setting under /proc/sys/net/ipv4; false where it does not exist. */
bool world_set(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** A connection by a plain connect() to a place (or BOUND to port P before; P is 0 for bind(ip, 0)
 *  and NO_PORT says so to the kernel). The descriptor or -errno. */
int dial(const struct world *w, enum place to);
int dial_bound(const struct world *w, enum place to, unsigned port, bool reuse, bool no_port);
/** The server's end of the connection that FD is, accepted; -1 where there is none. */
int accept_from(const struct world *w, enum place to, int fd);
/** Port that FD is bound to. */
unsigned port_of(int fd);

/** Deterministic random numbers: below N (> 0). */
unsigned random_below(unsigned n);
void random_seed(uint64_t seed);

/** One thing that a round may make. */
struct ingredient {
	const char *name;
	void (*make)(struct world *w, unsigned times);
};

/** All of them; ends with a NULL name. */
extern const struct ingredient ingredients[];

/** How the program is asked. */
enum mode {
	/** With every capability; without the bind table; that, and settled by trial; from /proc
	 *  and without. */
	MODE_FULL,
	MODE_BLIND,
	MODE_PROBE,
	MODE_PROC,
	MODE_COUNT
};

/** A pool as reported. */
struct answer {
	char local[64], remote[64];
	unsigned port, free, min, max, capacity, in_use;
};

/** Starts the program with its output going to a new file, whose name PATH (32 bytes) receives. Its
 *  pid, or -1. */
int ask_start(enum mode mode, char path[static 32]);
/** Waits for CHILD, cuts FILTER's lines out of PATH with jq and removes PATH. A stream for
 *  pclose(), or NULL where the program failed. */
struct _IO_FILE *ask_finish(int child, const char *path, const char *filter);

/** Runs the program and reads its pools; "range" stands first, as an answer whose free is the
 *  usable ports. The number, or -1 where it failed. */
int ask(enum mode mode, struct answer *out, size_t cap);

/** A generator of closes at a known, varying rate, and what the program makes of it; a range that
 *  runs out, and when it said so. Each prints its TAP lines from NUMBER on and returns the
 *  failures. */
unsigned rate_test(unsigned number);
unsigned forecast_test(unsigned number);

/** True where this machine lets us run BPF programs and knows its own types: only then can the bind
 *  table be read. */
bool bpf_works(void);

/** The word for a mode. */
const char *mode_name(enum mode mode);

#endif
