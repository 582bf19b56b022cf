// SPDX-License-Identifier: MIT
/* The kernel's bytecode machine, checks and all (net/ipv4/inet_diag.c), on a record. */
#include "model/filter.h"

#include <string.h>
#include <sys/socket.h>

#include "model/filter_code.h"
#include "model/state.h"

/** Code that is being checked or run. */
struct code {
	const uint8_t *bytes;
	size_t len;
};

static struct inet_diag_bc_op op_at(const struct code *c, size_t at)
{
	struct inet_diag_bc_op op;

	memcpy(&op, c->bytes + at, sizeof(op));
	return op;
}

/** valid_hostcond(): bytes that the operation needs, 0 where it is malformed. */
static size_t hostcond_need(const struct code *c, size_t at)
{
	struct inet_diag_hostcond cond;
	size_t need = OP_SIZE + COND_SIZE, addr;

	if (c->len - at < need)
		return 0;
	memcpy(&cond, c->bytes + at + OP_SIZE, COND_SIZE);
	if (cond.family == AF_UNSPEC)
		addr = 0;
	else if (cond.family == AF_INET)
		addr = 4;
	else if (cond.family == AF_INET6)
		addr = 16;
	else
		return 0;
	return cond.prefix_len <= 8 * addr ? need + addr : 0;
}

/** Bytes that the operation at AT needs at least; 0 where there is no such operation. */
static size_t op_need(const struct code *c, size_t at)
{
	switch (op_at(c, at).code) {
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		return OP_SIZE;
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_EQ:
		return 2 * OP_SIZE;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		return hostcond_need(c, at);
	case INET_DIAG_BC_DEV_COND:
		return OP_SIZE + sizeof(uint32_t);
	case INET_DIAG_BC_MARK_COND:
		return OP_SIZE + sizeof(struct inet_diag_markcond);
	case INET_DIAG_BC_CGROUP_COND:
		return OP_SIZE + sizeof(uint64_t);
	default:
		return 0;
	}
}

/** valid_cc(): the yes-jumps from the start of the code come by TARGET. */
static bool on_the_way(const struct code *c, size_t target)
{
	size_t at = 0;

	while (at < target && at < c->len) {
		uint8_t yes = op_at(c, at).yes;

		if (yes < 4 || yes % 4)
			return false;
		at += yes;
	}
	return at == target;
}

/** inet_diag_bc_audit(). */
static bool audit(const struct code *c)
{
	size_t at = 0;

	if (c->len < OP_SIZE || c->len % 4)
		return false;
	while (at < c->len) {
		struct inet_diag_bc_op op = op_at(c, at);
		size_t need = op_need(c, at), left = c->len - at;

		if (!need || need > left || op.yes < need || op.yes > left + 4 || op.yes % 4)
			return false;
		if (op.code != INET_DIAG_BC_NOP) {
			if (op.no < need || op.no > left + 4 || op.no % 4)
				return false;
			if (op.no < left && !on_the_way(c, at + op.no))
				return false;
		}
		at += op.yes;
	}
	return at == c->len;
}

static bool hostcond_holds(const uint8_t *argument, const struct addr *a, uint16_t port)
{
	struct inet_diag_hostcond cond;
	struct addr prefix = { 0 };

	memcpy(&cond, argument, COND_SIZE);
	if (cond.port != -1 && cond.port != port)
		return false;
	if (cond.family == AF_UNSPEC)
		return true;
	prefix.family = cond.family;
	memcpy(prefix.bytes, argument + COND_SIZE, cond.family == AF_INET ? 4 : 16);
	return addr_in_prefix(a, &prefix, cond.prefix_len);
}

/** What sk_fullsock() says: others read as 0 where they lack a field. */
static bool is_full(const struct sock *s)
{
	return s->state != STATE_TIME_WAIT && s->state != STATE_SYN_RECV &&
	       !(sock_has(s, SOCK_HAS_TIMER) && s->timer == TIMER_TIMEWAIT);
}

static bool auto_holds(const struct sock *s, bool *ok)
{
	if (sock_has(s, SOCK_HAS_LOCK))
		return !s->bind_locked;
	if (is_full(s))
		*ok = false;
	return true;
}

static bool device_holds(const uint8_t *argument, const struct sock *s, bool *ok)
{
	uint32_t index;

	memcpy(&index, argument, sizeof(index));
	if (!sock_has(s, SOCK_HAS_IFINDEX))
		*ok = false;
	return index == s->ifindex;
}

static bool mark_holds(const uint8_t *argument, const struct sock *s, bool *ok)
{
	struct inet_diag_markcond cond;

	memcpy(&cond, argument, sizeof(cond));
	if (!sock_has(s, SOCK_HAS_MARK))
		*ok = false;
	return (s->mark & cond.mask) == cond.mark;
}

static bool cgroup_holds(const uint8_t *argument, const struct sock *s, bool *ok)
{
	uint64_t id;

	memcpy(&id, argument, sizeof(id));
	if (sock_has(s, SOCK_HAS_CGROUP))
		return id == s->cgroup_id;
	if (is_full(s))
		*ok = false;
	return id == 0;
}

/** The port of a comparison: it stands where a second operation would have its jump. */
static uint16_t port_of(const uint8_t *argument)
{
	struct inet_diag_bc_op op;

	memcpy(&op, argument, sizeof(op));
	return op.no;
}

/** The operation's condition; its argument has been checked. */
static bool op_holds(const struct code *c, size_t at, const struct sock *s, bool *ok)
{
	const uint8_t *argument = c->bytes + at + OP_SIZE;
	uint8_t code = op_at(c, at).code;

	switch (code) {
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_EQ:
		return s->local_port == port_of(argument);
	case INET_DIAG_BC_D_EQ:
		return s->remote_port == port_of(argument);
	case INET_DIAG_BC_S_GE:
		return s->local_port >= port_of(argument);
	case INET_DIAG_BC_S_LE:
		return s->local_port <= port_of(argument);
	case INET_DIAG_BC_D_GE:
		return s->remote_port >= port_of(argument);
	case INET_DIAG_BC_D_LE:
		return s->remote_port <= port_of(argument);
	case INET_DIAG_BC_AUTO:
		return auto_holds(s, ok);
	case INET_DIAG_BC_S_COND:
		return hostcond_holds(argument, &s->local, s->local_port);
	case INET_DIAG_BC_D_COND:
		return hostcond_holds(argument, &s->remote, s->remote_port);
	case INET_DIAG_BC_DEV_COND:
		return device_holds(argument, s, ok);
	case INET_DIAG_BC_MARK_COND:
		return mark_holds(argument, s, ok);
	case INET_DIAG_BC_CGROUP_COND:
		return cgroup_holds(argument, s, ok);
	default:
		return true; /* NOP */
	}
}

bool filter_bytecode_run(const void *code, size_t len, const struct sock *s, bool *ok)
{
	const struct code c = { .bytes = code, .len = len };
	size_t at = 0;

	*ok = audit(&c);
	/* Every jump goes ahead, so this ends. */
	while (*ok && at < len) {
		struct inet_diag_bc_op op = op_at(&c, at);

		at += op_holds(&c, at, s, ok) ? op.yes : op.no;
	}
	return *ok && at == len;
}
