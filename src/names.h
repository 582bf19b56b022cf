/* SPDX-License-Identifier: MIT */
/* -r: names for addresses and ports. */
#ifndef NAMES_H
#define NAMES_H

#include "render/render.h"

/** Names from getnameinfo(3), each asked for once. What a name server answers is untrusted: it is
 *  escaped like a process's name. */
extern const struct render_names socket_names;

#endif
