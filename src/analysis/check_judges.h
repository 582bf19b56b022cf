/* SPDX-License-Identifier: MIT */
/* The judgements of check, one function a row of the findings table. */
#ifndef ANALYSIS_CHECK_JUDGES_H
#define ANALYSIS_CHECK_JUDGES_H

#include "analysis/findings.h"

/** Judge: see struct finding_row. */
#define JUDGE(NAME) \
	NONNULL void judge_##NAME(const struct evidence *e, const struct finding_row *row, \
				  struct finding *out)

/* check_ports.c: local ports. */
JUDGE(port_exhaustion);
JUDGE(port_search_slow);
JUDGE(port_range_overlap);
JUDGE(bind_before_connect);
/* check_owners.c: what processes do not do. */
JUDGE(close_wait_leak);
JUDGE(close_wait_stuck_reader);
JUDGE(fd_limit);
/* check_queues.c: handshakes and listeners. */
JUDGE(accept_queue_full);
JUDGE(syn_backlog);
JUDGE(syn_sent_stuck);
/* check_peers.c: peers that fell silent. */
JUDGE(peer_not_acking);
JUDGE(fin_wait2_pileup);
JUDGE(last_ack_pileup);
/* check_limits.c: limits and settings of the host. */
JUDGE(time_wait_overflow);
JUDGE(orphan_limit);
JUDGE(tcp_memory);
JUDGE(conntrack_full);
JUDGE(file_table_full);
JUDGE(neighbor_table_full);
JUDGE(risky_setting);

#endif
