// SPDX-License-Identifier: MIT
/* How the close-wait report is shown. */
#include "analysis/close_wait.h"
#include "analysis/netns.h"

static const struct view_column owner_columns[] = {
	{ "pid", "PID", UNIT_NONE, true, false, "process" },
	{ "sockets", "SOCKETS", UNIT_COUNT, true, false, "sockets in CLOSE_WAIT that it holds" },
	{ "unread", "UNREAD", UNIT_COUNT, true, false, "of these: end of file not read" },
	{ "leaked", "LEAKED", UNIT_COUNT, true, false, "of these: read to the end, not closed" },
	{ "unaccepted", "UNACCEPTED", UNIT_COUNT, true, false,
	  "of these: still in the accept queue of its listener" },
	{ "oldest_seconds", "OLDEST", UNIT_SECONDS, true, false, "age of the oldest, at least" },
	{ "median_seconds", "MEDIAN", UNIT_SECONDS, true, true, "median age, at least" },
	{ "recv_queue_bytes", "RECV-Q", UNIT_BYTES, true, true,
	  "bytes unread, a FIN counting one as in Recv-Q of ss" },
	{ "growth", "GROWTH", UNIT_RATE, true, true, "sockets more a second (with -i)" },
	{ "fds.open", "FDS", UNIT_COUNT, true, false, "open descriptors" },
	{ "fds.limit", "LIMIT", UNIT_COUNT, true, false, "their limit (RLIMIT_NOFILE)" },
	{ "shared_with", "SHARED", UNIT_NONE, false, false, "other processes that hold them too" },
	{ "verdict", "VERDICT", UNIT_VERDICT, false, false,
	  "leak, stuck-reader, stuck-accept, pool or recent" },
	{ "user", "USER", UNIT_NONE, false, true, "its user" },
	{ "uid", "UID", UNIT_NONE, true, true, "the user's number" },
	{ "parent", "PPID", UNIT_NONE, true, true, "its parent" },
	{ "local:address", "LADDR", UNIT_ADDRESS, false, true, "local addresses, most sockets first" },
	{ "local:port", "LPORT", UNIT_PORT, false, true, "local ports of connections that came in" },
	{ "remote:address", "RADDR", UNIT_ADDRESS, false, true, "remote addresses, most sockets first" },
	{ "remote:port", "RPORT", UNIT_PORT, false, true, "remote ports of connections it made" },
	NETNS_COLUMN,
	{ "unit", "UNIT", UNIT_NONE, false, false, "its systemd unit" },
	{ "container", "CONTAINER", UNIT_NONE, false, true, "its container" },
	{ "cgroup", "CGROUP", UNIT_NONE, false, true, "its cgroup" },
	{ "process", "PROCESS", UNIT_NONE, false, false, "command name" },
	{ "cmdline", "CMDLINE", UNIT_NONE, false, true, "command line" },
	{ "advice", "ADVICE", UNIT_NONE, false, true, "what to do next" },
	{ 0 },
};

static const struct view_column socket_columns[] = {
	{ "local", "LADDR", UNIT_ADDRESS, false, false, "local address" },
	{ "local_port", "LPORT", UNIT_PORT, true, false, "local port" },
	{ "remote", "RADDR", UNIT_ADDRESS, false, false, "remote address" },
	{ "remote_port", "RPORT", UNIT_PORT, true, false, "remote port" },
	{ "class", "CLASS", UNIT_NONE, false, false, "unread, leaked or unaccepted" },
	{ "age_seconds", "AGE", UNIT_SECONDS, true, false, "in CLOSE_WAIT for at least this long" },
	{ "age_at_most_seconds", "AT-MOST", UNIT_SECONDS, true, true, "and for at most this long" },
	{ "recv_queue", "RECV-Q", UNIT_COUNT, true, false, "bytes unread, a FIN counting one" },
	{ "inode", "INODE", UNIT_NONE, true, true, "inode of the socket" },
	{ "pid", "PID", UNIT_NONE, true, false, "process that holds it (the lowest)" },
	{ "fd", "FD", UNIT_NONE, true, false, "descriptor there" },
	{ "holders", "HOLDERS", UNIT_COUNT, true, false, "descriptors in all processes" },
	NETNS_COLUMN,
	{ "process", "PROCESS", UNIT_NONE, false, false, "command name" },
	{ 0 },
};

static const struct view_column unowned_columns[] = {
	{ "sockets", "SOCKETS", UNIT_COUNT, true, false, "sockets without a known holder" },
	{ "unread", "UNREAD", UNIT_COUNT, true, false, "of these: end of file not read" },
	{ "leaked", "LEAKED", UNIT_COUNT, true, false, "of these: read to the end, not closed" },
	{ "unaccepted", "UNACCEPTED", UNIT_COUNT, true, false, "of these: in an accept queue" },
	{ "oldest_seconds", "OLDEST", UNIT_SECONDS, true, false, "age of the oldest, at least" },
	{ "user", "USER", UNIT_NONE, false, false, "user of the socket" },
	{ "unit", "UNIT", UNIT_NONE, false, false, "systemd unit in which it was made" },
	{ "cgroup", "CGROUP", UNIT_NONE, false, false, "cgroup in which it was made" },
	{ 0 },
};

const struct view cw_views[] = {
	{ .name = "owners", .kind = VIEW_TABLE, .path = "owners", .columns = owner_columns,
	  .optional = true, .unless = "sockets" },
	{ .name = "sockets", .kind = VIEW_TABLE, .path = "sockets", .columns = socket_columns,
	  .optional = true },
	{ .name = "unowned", .kind = VIEW_TABLE, .path = "unowned_groups", .optional = true,
	  .columns = unowned_columns, .unless = "sockets", .title = "No process found:" },
	{ .name = "summary", .kind = VIEW_LINES, .path = "",
	  .line = "{total} in CLOSE_WAIT: {unread} unread, {leaked} leaked, {unaccepted} unaccepted; "
		  "{unowned} without a known process\nWithout a known process: {unowned_text}" },
	{ .name = "advice", .kind = VIEW_LINES, .path = "advice", .unless = "sockets",
	  .line = "{verdict:verdict}: {text}" },
	{ 0 },
};
