/* SPDX-License-Identifier: MIT */
/* Handshakes that hang, grouped by what they have in common: direction, port, peer or network. */
#ifndef ANALYSIS_HANDSHAKE_GROUPS_H
#define ANALYSIS_HANDSHAKE_GROUPS_H

#include "base/alloc.h"
#include "base/attr.h"
#include "base/vec.h"
#include "model/report.h"

/** Adds the array "groups" of ALL (struct handshake) to TO, by falling count. Outgoing ones are
 *  grouped by peer and its port, incoming ones by peer and our port; where more than eight peers of
 *  one /24 or /64 share a port, by that network. */
NONNULL void handshake_groups_report(const struct vec *all, struct arena *a, struct value *to);

#endif
