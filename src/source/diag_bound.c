// SPDX-License-Identifier: MIT
#include "source/diag_bound.h"

#include <errno.h>
#include <sys/socket.h>

#include "source/backend.h"
#include "source/diag_pump.h"
#include "source/live.h"
#include "source/netlink.h"

/** What the kernel looks for behind the bind table. */
#define CONNECTIONS (STATES_ALL & ~(STATE_BIT(STATE_LISTEN) | DIAG_BOUND))

/** The request; in the pump's thread. */
static int send_request(void *arg)
{
	struct diag_part *p = arg;
	int family = p->req->family;

	return netlink_request(*p->socket, family ? DIAG_FORM_V2 : DIAG_FORM_COMPAT,
			       family ? family : AF_UNSPEC, p->req, &p->bytecode);
}

int diag_bound_start(struct diag_bound *b, struct source *s, unsigned socket,
		     const struct dump_request *req, const struct map *locked)
{
	struct diag_part *p = &b->part;

	*b = (struct diag_bound){ .req = *req, .socket = socket };
	b->req.states = DIAG_BOUND | CONNECTIONS;
	*p = (struct diag_part){ .source = s, .req = &b->req, .socket = &s->sockets[socket],
				 .of = 1 };
	p->walk = (struct diag_walk){ .states = req->states & DIAG_BOUND, .family = req->family,
				      .netns = req->netns, .locked = locked,
				      .ring = cookie_ring_new(),
				      .until = CONNECTIONS };
	b->pump = diag_pump_start(*p->socket, &p->walk, send_request, p);
	if (b->pump)
		return 0;
	cookie_ring_free(p->walk.ring);
	live_drop_sockets(s, socket);
	return -EAGAIN;
}

int diag_bound_end(struct diag_bound *b, void (*add)(void *arg, const struct sock *s), void *arg)
{
	int ret;

	b->part.add = add;
	b->part.arg = arg;
	ret = diag_part_drain(&b->part, b->pump);
	/* What the kernel still has to say is of no interest. */
	live_drop_sockets(b->part.source, b->socket);
	return ret;
}

void diag_bound_drop(struct diag_bound *b)
{
	(void)diag_pump_end(b->pump);
	live_drop_sockets(b->part.source, b->socket);
}
