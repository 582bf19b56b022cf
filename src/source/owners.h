/* SPDX-License-Identifier: MIT */
/* Who holds which socket, searched in /proc: descriptors of every process and of threads with a
 * table of their own, registered files of io_uring, and messages on their way. */
#ifndef SOURCE_OWNERS_H
#define SOURCE_OWNERS_H

#include "base/attr.h"
#include "base/map.h"
#include "model/owners.h"
#include "model/report.h"

/** Threads that are worth while: beyond that the kernel's own locks are the limit. */
#define OWNERS_THREADS_MAX 4

/** Searches the process file system at PROC ("/proc") for the holders of the socket inodes in
 *  WANTED (a set of uint64_t; NULL: of every socket) into OUT (initialised here) on up to THREADS
 *  threads (0: as many as there are processors, at most OWNERS_THREADS_MAX).
 *
 *  Every process is looked at, whatever its network namespace and even after each socket has a
 *  holder: fork() and SCM_RIGHTS give a socket to any number of others, and all of them must close
 *  it. An empty set costs nothing: no process is looked at.
 *
 *  0, also where some processes could not be read (counted in OUT, said in NOTES). Where that had
 *  another reason than rights (EMFILE, ENOMEM, EIO) the answer is short: OUT->searched is false
 *  then. -errno where the search did not take place at all (NOTES says why); OUT is then empty. */
NODISCARD NONNULL_ARGS(1, 4, 5) int owners_scan(const char *proc, const struct map *wanted,
						unsigned threads, struct owners *out,
						struct notes *notes);

/** Searches messages on their way (SCM_RIGHTS) for files, as owners_scan() does for holders, into
 *  OUT->in_flight: what a wanted socket without a holder may be. Looks into every AF_UNIX socket
 *  that a process has a descriptor of. OUT->in_flight_searched is false where that broke off (NOTES
 *  says why). 0, or -errno where it did not take place. */
NODISCARD NONNULL int owners_scan_flight(const char *proc, unsigned threads, struct owners *out,
					 struct notes *notes);

#endif
