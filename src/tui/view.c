// SPDX-License-Identifier: MIT
/* The live views: to add one, add a row. */
#include "tui/tui.h"

#include <string.h>

/** What check finds: lines in its text, a table here. */
static const struct view_column finding_columns[] = {
	{ .path = "severity", .heading = "SEVERITY", .unit = UNIT_VERDICT },
	{ .path = "id", .heading = "FINDING" },
	{ .path = "summary", .heading = "SUMMARY" },
	{ .path = NULL },
};

static const struct view findings_table = {
	.name = "findings", .kind = VIEW_TABLE, .path = "findings", .columns = finding_columns,
};

const struct tui_view tui_views[] = {
	{ .name = "overview",
	  .hotkey = 'o',
	  .analysis = "states",
	  .path = "states",
	  .identity = "@key",
	  .topic = "@key",
	  .states = true,
	  .empty = "the sockets are not known",
	  .help = "sockets by state with their history, and what check found" },
	{ .name = "close-wait",
	  .hotkey = 'c',
	  .analysis = "close-wait",
	  .path = "owners",
	  .identity = "netns,pid,process",
	  .topic = "CLOSE_WAIT",
	  .empty = "no socket is in CLOSE_WAIT",
	  .help = "who holds CLOSE_WAIT sockets, for how long, and why" },
	{ .name = "ports",
	  .hotkey = 'p',
	  .analysis = "ports",
	  .path = "pools",
	  .identity = "netns,local,remote,remote_port",
	  .topic = "port-exhaustion",
	  .empty = "no connection uses a local port",
	  .help = "headroom of ephemeral ports by destination" },
	{ .name = "listeners",
	  .hotkey = 'l',
	  .analysis = "listeners",
	  .path = "listeners",
	  .identity = "netns,local,port,pid",
	  .topic = "accept-queue-full",
	  .empty = "nobody listens",
	  .help = "accept queues, their limits and drops" },
	{ .name = "handshakes",
	  .hotkey = 'a',
	  .analysis = "handshakes",
	  .path = "sockets",
	  .identity = "netns,state,local,local_port,remote,remote_port",
	  .topic = "@state",
	  .empty = "no handshake is under way",
	  .help = "connections that hang in SYN_SENT or SYN_RECV" },
	{ .name = "destinations",
	  .hotkey = 'd',
	  .analysis = "states",
	  .path = "groups",
	  .by = "remote",
	  .identity = "netns,remote",
	  .topic = "states",
	  .empty = "there are no sockets",
	  .help = "sockets by remote end" },
	{ .name = "sockets",
	  .hotkey = 's',
	  .analysis = "list",
	  .path = "sockets",
	  .identity = "netns,cookie,local,local_port,remote,remote_port",
	  .topic = "@state",
	  .empty = "there are no sockets",
	  .help = "the sockets themselves, the first by the chosen order" },
	{ .name = "check",
	  .hotkey = 'e',
	  .analysis = "check",
	  .path = "findings",
	  .table = &findings_table,
	  .identity = "netns,id",
	  .topic = "@id",
	  .empty = "nothing wrong was found",
	  .help = "what is wrong, why, and what to do next" },
	{ .name = NULL },
};

int tui_view_find(const char *name)
{
	for (int i = 0; tui_views[i].name; i++) {
		if (!strcmp(tui_views[i].name, name))
			return i;
	}
	return -1;
}
