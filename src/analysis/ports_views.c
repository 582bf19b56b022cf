// SPDX-License-Identifier: MIT
#include "analysis/netns.h"
#include "analysis/ports_report.h"

static const struct view_column pool_columns[] = {
	{ .path = "local", .heading = "LOCAL", .unit = UNIT_ADDRESS,
	  .help = "source address of the connections" },
	{ .path = "remote", .heading = "REMOTE", .unit = UNIT_ADDRESS,
	  .help = "address they go to" },
	{ .path = "remote_port", .heading = "PORT", .unit = UNIT_PORT, .right = true,
	  .help = "port they go to" },
	{ .path = "in_use", .heading = "IN_USE", .unit = UNIT_COUNT, .right = true,
	  .help = "local ports in use toward this destination, TIME_WAIT included" },
	{ .path = "capacity", .heading = "CAPACITY", .unit = UNIT_COUNT, .right = true,
	  .help = "local ports that connect() can choose from" },
	{ .path = "free_min", .to = "free_max", .heading = "FREE", .unit = UNIT_COUNT,
	  .right = true,
	  .help = "connections that still succeed now; least..most where that is not known" },
	{ .path = "headroom", .heading = "HEADROOM", .unit = UNIT_RATIO, .right = true,
	  .help = "the free part of the capacity" },
	{ .path = "close_rate.10s", .heading = "RATE/S", .unit = UNIT_RATE, .right = true,
	  .help = "closes a second by this side over the last 10 s: each costs a port" },
	{ .path = "sustainable_rate", .heading = "SAFE/S", .unit = UNIT_RATE, .right = true,
	  .help = "the rate that can be kept up for ever" },
	{ .path = "exhausts_in_seconds", .heading = "EXHAUSTS", .unit = UNIT_SECONDS, .right = true,
	  .help = "seconds until no port is left at the present rate; - for never" },
	{ .path = "verdict", .heading = "VERDICT", .unit = UNIT_VERDICT,
	  .help = "ok, warning, critical or exhausted" },
	NETNS_COLUMN,
	{ .path = "close_history", .heading = "LAST_60S", .unit = UNIT_SPARK,
	  .help = "closes in each of the last 60 seconds" },
	{ .path = "owners:process", .heading = "PROCESS", .extra = true,
	  .help = "processes that hold the sockets" },
	{ .path = "owners:pid", .heading = "PID", .extra = true, .help = "their pids" },
	{ .path = "reusable", .heading = "REUSABLE", .unit = UNIT_COUNT, .right = true,
	  .extra = true, .help = "TIME_WAIT that a new connection may take over now" },
	{ .path = "steady_state", .heading = "STEADY", .unit = UNIT_COUNT, .right = true,
	  .extra = true, .help = "ports in use where the 60 s rate leads" },
	{ .path = "growth", .heading = "GROWTH/S", .unit = UNIT_RATE, .right = true,
	  .extra = true, .help = "what IN_USE grew by, a second (with -i or --sample)" },
	{ .path = "close_rate.1s", .heading = "RATE1/S", .unit = UNIT_RATE, .right = true,
	  .extra = true, .help = "closes a second over the last second" },
	{ .path = "close_rate.60s", .heading = "RATE60/S", .unit = UNIT_RATE, .right = true,
	  .extra = true, .help = "closes a second over the last minute" },
	{ .path = "slow_search", .heading = "SLOW", .extra = true,
	  .help = "half of the range is taken: connect() searches long for each port" },
	{ .path = "states", .heading = "STATES", .extra = true, .help = "sockets by state" },
	{ 0 },
};

static const struct view_column listener_columns[] = {
	{ .path = "port", .heading = "PORT", .unit = UNIT_PORT, .right = true,
	  .help = "port in the range" },
	{ .path = "reserved", .heading = "RESERVED",
	  .help = "in ip_local_reserved_ports, so that no connection takes it first" },
	NETNS_COLUMN,
	{ .path = "pid", .heading = "PID", .right = true, .help = "who listens" },
	{ .path = "process", .heading = "PROCESS", .help = "its name" },
	{ 0 },
};

static const struct view_column binder_columns[] = {
	{ .path = "local", .heading = "LOCAL", .unit = UNIT_ADDRESS,
	  .help = "address that was bound" },
	{ .path = "ports", .heading = "PORTS", .unit = UNIT_COUNT, .right = true,
	  .help = "ports that every connect() has lost by it" },
	NETNS_COLUMN,
	{ .path = "pid", .heading = "PID", .right = true, .help = "who bound them" },
	{ .path = "process", .heading = "PROCESS", .help = "its name" },
	{ 0 },
};

const struct view ports_views[] = {
	{ .name = "estimate", .kind = VIEW_LINES, .path = "estimate",
	  .line = "Ports needed at {rate:rate}/s: {ports_needed} of {capacity} (TIME_WAIT lasts "
		  "{time_wait_seconds:rate} s): {verdict:verdict}.\n"
		  "Sustainable: {sustainable_rate:rate}/s.\n"
		  "Exhausted after {exhausts_in_seconds:rate} s.\n" },
	{ .name = "range", .kind = VIEW_LINES, .path = "",
	  .line = "Range {range.low}-{range.high}: {range.size} ports, {range.reserved} reserved, "
		  "{range.held} held by listeners and bind(), {range.usable} for connect().\n"
		  "TIME_WAIT lasts {time_wait_seconds} s, tcp_tw_reuse is {tw_reuse}.\n" },
	{ .name = "pools", .kind = VIEW_TABLE, .path = "pools", .columns = pool_columns },
	{ .name = "listeners", .kind = VIEW_TABLE, .path = "listeners_in_range",
	  .columns = listener_columns, .optional = true,
	  .title = "Listening inside the range:" },
	{ .name = "binders", .kind = VIEW_TABLE, .path = "bind_before_connect",
	  .columns = binder_columns, .optional = true,
	  .title = "Ports taken by bind() without listening (from every destination):" },
	{ .name = NULL },
};
