// SPDX-License-Identifier: MIT
#include "kinds.h"

#include <stddef.h>

const struct kind *const kinds[] = {
	&kind_listen,
	&kind_accept_full,
	&kind_bound,
	&kind_established,
	&kind_repaired,
	&kind_crafted,
	&kind_syn_sent,
	&kind_syn_recv,
	&kind_fin_wait1,
	&kind_fin_wait2,
	&kind_fin_wait2_orphan,
	&kind_closing,
	&kind_last_ack,
	&kind_time_wait,
	&kind_close_wait_leaked,
	&kind_close_wait_unread,
	&kind_close_wait_data,
	&kind_close_wait_shared,
	&kind_close_wait_unaccepted,
	&kind_reset_bound,
	&kind_io_uring,
	&kind_scm_rights,
	&kind_unshared_thread,
	&kind_zombie_leader,
	&kind_churn,
	NULL,
};
