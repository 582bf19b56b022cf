// SPDX-License-Identifier: MIT
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#ifndef TCP_REPAIR_OFF_NO_WP
#define TCP_REPAIR_OFF_NO_WP -1
#endif

/** Most client ports that are used toward one address: beyond half of the range, where connect()
 *  chooses the port, it becomes a hundred times slower. */
enum { PORTS_PER_ADDRESS = 10000 };

static void repair_option(int fd, int option, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)) == 0)
		return;
	if (errno == EPERM || errno == ENOPROTOOPT)
		lab_cannot("TCP_REPAIR");
	lab_fail("TCP_REPAIR");
}

void repair_ends(const struct want *w, unsigned n, struct sockaddr_storage *local,
		 struct sockaddr_storage *remote)
{
	unsigned needed = (w->count + PORTS_PER_ADDRESS - 1) / PORTS_PER_ADDRESS;
	unsigned remotes = w->remotes > needed ? w->remotes : needed;
	unsigned service = w->port ? w->port : 8000 + (unsigned)w->state;
	/* Mapped sockets share the tuples of IPv4 and get ports of their own. */
	unsigned first = w->client_port ? w->client_port : w->mapped ? 40000 : 20000;
	unsigned client = first + n / remotes;
	socklen_t len;

	*local = address(w, w->addr, w->outbound ? client : service, &len);
	*remote = address(w, w->remote, w->outbound ? service : client, &len);
	address_add(remote, n % remotes);
}

/** The kernel takes a connection in repair mode as established without sending anything. */
int repair_new(const struct want *w, unsigned n)
{
	struct tcp_repair_window window = { .snd_wl1 = REPAIR_RECV_SEQ, .snd_wnd = 32768,
					    .max_window = 32768, .rcv_wnd = 32768,
					    .rcv_wup = REPAIR_RECV_SEQ };
	struct sockaddr_storage local, remote;
	socklen_t len = w->family == AF_INET ? sizeof(struct sockaddr_in) :
					       sizeof(struct sockaddr_in6);
	int fd = sock_new(w);

	repair_ends(w, n, &local, &remote);
	repair_option(fd, TCP_REPAIR, 1);
	repair_option(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	repair_option(fd, TCP_QUEUE_SEQ, REPAIR_SEND_SEQ);
	repair_option(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	repair_option(fd, TCP_QUEUE_SEQ, REPAIR_RECV_SEQ);
	if (!(w->outbound && w->bind == BIND_AUTO) &&
	    bind(fd, (struct sockaddr *)&local, len) != 0)
		lab_fail("bind in repair mode");
	if (connect(fd, (struct sockaddr *)&remote, len) != 0)
		lab_fail("connect in repair mode");
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof(window)) != 0)
		lab_fail("TCP_REPAIR_WINDOW");
	repair_option(fd, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	return fd;
}

/** The imaginary peer sends FLAGS; OURS of our sequence numbers and THEIRS of its own are used. */
static void peer_says(int fd, unsigned flags, uint32_t ours, uint32_t theirs)
{
	struct sockaddr_storage local, remote;
	socklen_t len = sizeof(local);

	if (getsockname(fd, (struct sockaddr *)&local, &len) != 0)
		lab_fail("getsockname");
	len = sizeof(remote);
	if (getpeername(fd, (struct sockaddr *)&remote, &len) != 0)
		lab_fail("getpeername");
	wire_send(&remote, &local, REPAIR_RECV_SEQ + theirs, REPAIR_SEND_SEQ + ours, flags);
}

/** Our FIN goes out, into the blackhole. */
static void our_fin(int fd)
{
	if (shutdown(fd, SHUT_WR) != 0)
		lab_fail("shutdown");
}

void repair_advance(int fd, int state)
{
	switch (state) {
	case TCP_ESTABLISHED:
		break;
	case TCP_CLOSE_WAIT:
		peer_says(fd, WIRE_FIN | WIRE_ACK, 0, 0);
		break;
	case TCP_FIN_WAIT1:
		our_fin(fd);
		break;
	case TCP_FIN_WAIT2:
	case TCP_TIME_WAIT:
		our_fin(fd);
		sock_wait_state(fd, TCP_FIN_WAIT1);
		peer_says(fd, WIRE_ACK, 1, 0);
		sock_wait_state(fd, TCP_FIN_WAIT2);
		if (state == TCP_TIME_WAIT) {
			/* The socket is replaced by its mini form: nothing is left to ask. */
			peer_says(fd, WIRE_FIN | WIRE_ACK, 1, 0);
			return;
		}
		break;
	case TCP_CLOSING:
		our_fin(fd);
		sock_wait_state(fd, TCP_FIN_WAIT1);
		peer_says(fd, WIRE_FIN | WIRE_ACK, 0, 0);
		break;
	case TCP_LAST_ACK:
		peer_says(fd, WIRE_FIN | WIRE_ACK, 0, 0);
		sock_wait_state(fd, TCP_CLOSE_WAIT);
		our_fin(fd);
		break;
	default:
		errno = EINVAL;
		lab_fail("state that has no one-sided form");
	}
	sock_wait_state(fd, state);
}
