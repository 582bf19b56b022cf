/* SPDX-License-Identifier: MIT */
/* Names of users, from /etc/passwd alone: asking a directory server over the network is no way to
 * look at a network that is ill, and the C library's lookup loads code to do so. */
#ifndef SOURCE_USERS_H
#define SOURCE_USERS_H

#include <stdint.h>

#include "base/attr.h"

/** Name of the user UID, or NULL where /etc/passwd has none. Valid until the program ends. Not for
 *  several threads at once. */
NODISCARD const char *users_name(uint32_t uid);

#endif
