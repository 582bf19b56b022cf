/* SPDX-License-Identifier: MIT */
/* Threads beside the main one. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/attr.h"

/** Starts FN(ARG) with every signal blocked: a signal must find the thread that waits for it, never
 *  one that is gone in a moment. 0 and *THREAD, or -errno. */
NODISCARD NONNULL_ARGS(1, 2) int thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg);

/** Processors that this process may run on; 1 where that cannot be told. */
NODISCARD unsigned thread_processors(void);

#endif
