/* SPDX-License-Identifier: MIT */
/* Inside the owner search: the visit to one process (or to part of a large descriptor table). */
#ifndef SOURCE_OWNERS_VISIT_H
#define SOURCE_OWNERS_VISIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/owners.h"
#include "source/owners_bpf.h"

/** What a visit is for. */
enum visit_aim {
	/** Holders of the wanted sockets. */
	VISIT_HOLDERS,
	/** Messages with files in them that wait in other sockets. */
	VISIT_FLIGHT,
};

/** What all visits of a search share; read only while they run. */
struct search {
	/** The process file system. */
	int proc_fd;
	/** The inodes looked for; NULL for all. */
	const struct map *wanted;
	/** fdinfo's mnt_id of every socket (sockfs is mounted once); 0 where it is unknown. */
	uint64_t socket_mount;
	/** The size of PID/fd is the number of descriptors (Linux 6.2). */
	bool sizes;
	enum visit_aim aim;
	/** The kernel listed the descriptors (see scan_list_files()): tables are not walked. */
	bool listed;
	/** The kernel lists the descriptors of a process by itself when PROGRAM (owners_bpf_load())
	 *  is read: large tables are not walked. */
	bool by_process;
	int program;
	/** VISIT_FLIGHT: inodes (uint64_t, no value) of the AF_UNIX sockets: only these carry
	 *  messages with files. */
	struct map unix_sockets;
};

/** One holder, or one socket with messages that carry files. */
struct find {
	uint64_t inode;
	/** VISIT_FLIGHT: the number of files. */
	uint64_t files;
	int32_t fd;
	pid_t tid;
	enum holder_kind kind;
};

/** A table this large is cut into pieces of this many descriptor numbers, for several threads. */
#define VISIT_PIECE 4096

/** One visit: a process, or a piece of its table. */
struct visit {
	pid_t pid;
	/** Descriptor numbers of this piece; the last piece ends at INT32_MAX. */
	int32_t first_fd, last_fd;
	/** Descriptors of the whole table; -1 where that is unknown. */
	int64_t fds;

	/** Its descriptors, where they are listed. */
	const struct open_file *files;
	size_t file_count;

	/* Filled in by the visit. */
	/** 0; -ENOENT: gone; -EACCES: may not be read; -ECHILD: a kernel thread; else what
	 *  broke. */
	int result;
	/** Finds of this visit: index of the first in the worker's, how many; the worker. */
	unsigned worker;
	size_t find_first, find_count;
	/** Threads that could not be compared with their leader. */
	uint64_t unsure_threads;
	/** 0, or what kept some of who it is from being read. */
	int vague;
	/** Who it is; read only where something was found. Strings live in the worker's arena. */
	struct process process;
};

/** What one thread of a search owns. */
struct worker {
	const struct search *search;
	unsigned index;
	/** struct find. */
	struct vec finds;
	struct arena arena;
	/** Buffers, kept from visit to visit. */
	struct str text, path;
	struct vec rings, tids, tables;
	char *entries;
};

/** Sets up worker INDEX of SEARCH. */
NONNULL void worker_init(struct worker *w, const struct search *search, unsigned index);
/** Gives everything back but the arena. */
NONNULL void worker_free(struct worker *w);

/** Makes the visit V. */
NONNULL void worker_visit(struct worker *w, struct visit *v);

#endif
