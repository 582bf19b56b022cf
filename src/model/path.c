// SPDX-License-Identifier: MIT
#include "model/path.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const route_kinds[] = {
	[ROUTE_UNKNOWN] = NULL,
	[ROUTE_UNICAST] = "unicast",
	[ROUTE_LOCAL] = "local",
	[ROUTE_BROADCAST] = "broadcast",
	[ROUTE_MULTICAST] = "multicast",
	[ROUTE_NONE] = "none",
	[ROUTE_BLACKHOLE] = "blackhole",
	[ROUTE_UNREACHABLE] = "unreachable",
	[ROUTE_PROHIBIT] = "prohibit",
};
static_assert(ARRAY_LEN(route_kinds) == ROUTE_KIND_COUNT, "a kind was added: name it");

static const char *const link_states[] = {
	[LINK_UNKNOWN] = NULL,
	[LINK_UP] = "up",
	[LINK_NO_CARRIER] = "no-carrier",
	[LINK_DOWN] = "down",
};
static_assert(ARRAY_LEN(link_states) == LINK_STATE_COUNT, "a state was added: name it");

static const char *const neigh_states[] = {
	[NEIGH_UNKNOWN] = NULL,
	[NEIGH_NONE] = "NONE",
	[NEIGH_INCOMPLETE] = "INCOMPLETE",
	[NEIGH_REACHABLE] = "REACHABLE",
	[NEIGH_STALE] = "STALE",
	[NEIGH_DELAY] = "DELAY",
	[NEIGH_PROBE] = "PROBE",
	[NEIGH_FAILED] = "FAILED",
	[NEIGH_NOARP] = "NOARP",
	[NEIGH_PERMANENT] = "PERMANENT",
};
static_assert(ARRAY_LEN(neigh_states) == NEIGH_STATE_COUNT, "a state was added: name it");

static const char *const results[] = {
	[ATTEMPT_NONE] = NULL,
	[ATTEMPT_CONNECTED] = "connected",
	[ATTEMPT_REFUSED] = "refused",
	[ATTEMPT_TIMEOUT] = "timeout",
	[ATTEMPT_UNREACHABLE] = "unreachable",
	[ATTEMPT_NO_PORT] = "no-port",
	[ATTEMPT_NO_DESCRIPTOR] = "no-descriptor",
	[ATTEMPT_DENIED] = "denied",
	[ATTEMPT_RESET] = "reset",
	[ATTEMPT_FAILED] = "failed",
};
static_assert(ARRAY_LEN(results) == ATTEMPT_RESULT_COUNT, "a result was added: name it");

const char *route_kind_name(enum route_kind kind)
{
	return route_kinds[kind];
}

const char *link_state_name(enum link_state state)
{
	return link_states[state];
}

const char *neigh_state_name(enum neigh_state state)
{
	return neigh_states[state];
}

const char *attempt_result_name(enum attempt_result result)
{
	return results[result];
}

enum attempt_result attempt_result_of(int error)
{
	switch (error) {
	case 0:
		return ATTEMPT_CONNECTED;
	case ECONNREFUSED:
		return ATTEMPT_REFUSED;
	case ETIMEDOUT:
		return ATTEMPT_TIMEOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
		return ATTEMPT_UNREACHABLE;
	case EADDRNOTAVAIL:
		return ATTEMPT_NO_PORT;
	case EMFILE:
	case ENFILE:
		return ATTEMPT_NO_DESCRIPTOR;
	case EACCES:
	case EPERM:
		return ATTEMPT_DENIED;
	case ECONNRESET:
		return ATTEMPT_RESET;
	default:
		return ATTEMPT_FAILED;
	}
}

const char *errno_name(int error)
{
	return error ? strerrorname_np(error) : NULL;
}
