#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# handshakes against a stopwatch and ss: ages from timers, groups, and completions while watching.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq ip
needs_netns

now() {
	date +%s.%N
}

# calc EXPR: awk's value of EXPR; holds EXPR: whether it is true.
calc() {
	awk "BEGIN { printf \"%.3f\", $1 }"
}

holds() {
	awk "BEGIN { exit !($1) }"
}

# look ARGS...: the JSON document in $out; it was taken between $before and $after.
look() {
	before=$(now)
	run in_ns "$TCPTRIAGE" handshakes -J "$@"
	after=$(now)
}

# ages STATE KEY: the least and the greatest of KEY among the sockets in STATE.
ages() {
	jq -r --arg s "$1" "[.sockets[] | select(.state == \$s).$2] | \"\(min) \(max)\"" "$TAP_TMP/out"
}

# reached TIME: the clock is past it.
reached() {
	holds "$(now) >= $1"
}

# later SECONDS: a moment for another look.
later() {
	poll 20 reached "$(calc "$(now) + $1")"
}

# The timer wheel rounds up: an eighth of a timer's length at most, over all timers so far. Ages are
# then too small. And what was made needs its time.
late=0.15

# ages_fit STATE FIRST LAST NAME: handshakes in STATE, made between FIRST and LAST, have ages that
# bracket the stopwatch: lower bounds not above it, upper bounds not below.
ages_fit() {
	local low high max_low
	read -r low high < <(ages "$1" age_seconds)
	read -r max_low _ < <(ages "$1" age_max_seconds)
	ok "$4: at least $low..$high, at most from $max_low on" holds \
		"$high <= $after - $2 + 0.02 && $max_low >= ($before - $3) * (1 - $late) - 0.05"
}

# ages_exact STATE FIRST LAST NAME: the same, and the lower bounds are the age.
ages_exact() {
	local low high
	read -r low high < <(ages "$1" age_seconds)
	ok "$4: $low..$high" holds \
		"$low >= ($before - $3) * (1 - $late) - 0.05 && $high <= $after - $2 + 0.02"
}

# --- SYN_SENT: nobody answers ---
netns_make
first=$(now)
lab --comm dialer syn-sent --count 5 --port 5432 + syn-sent --count 12 --remote 198.51.100.1 --remotes 12
last=$(now)
look
is "$status" 0 "handshakes ends with 0"
json_is .schema tcptriage.handshakes/1
json_is '[.syn_sent, .syn_recv]' '[17,0]' "all are counted"
json_is '[.groups[] | [.direction, .remote, .port, .count]]' \
	'[["out","198.51.100.0/24",443,12],["out","192.0.2.1",5432,5]]' "and grouped by peer or network"
json_is '[.sockets[].process] | unique' '["dialer"]' "the process that connects"
json_is '.sockets | length' 17
for i in 1 2 3; do
	ages_exact SYN_SENT "$first" "$last" "SYN_SENT, look $i"
	# By ss the same retransmissions.
	is "$(in_ns ss -Htno state syn-sent | grep -c 'timer:(on,[^)]*)')" 17 "ss sees them, look $i"
	later 1.3
	look
done
retransmitting() {
	look
	(($(jq '[.sockets[].retransmits] | min' "$TAP_TMP/out") >= 6))
}
ok "they go on" poll 20 retransmitting
ages_exact SYN_SENT "$first" "$last" "SYN_SENT after the linear timeouts"
look --source=proc
ages_exact SYN_SENT "$first" "$last" "SYN_SENT by /proc"
look --from=/dev/null
is "$status" 3 "no recording, no answer"

# Before 6.5 timeouts doubled from the start.
netns_make
ns_sysctl net.ipv4.tcp_syn_linear_timeouts 0 2>/dev/null
first=$(now)
lab syn-sent --count 2
last=$(now)
twice() {
	look
	(($(jq '[.sockets[].retransmits] | min' "$TAP_TMP/out") >= 2))
}
ok "two timeouts pass" poll 20 twice
ages_exact SYN_SENT "$first" "$last" "SYN_SENT doubling from the start"

# --- SYN_RECV of silent peers ---
netns_make
first=$(now)
lab --comm server syn-recv --count 3 --port 80
last=$(now)
look
json_is '[.syn_sent, .syn_recv]' '[0,3]' "SYN_RECV"
json_is '.groups[0] | [.direction, .remote, .port, .count]' '["in","192.0.2.1",80,3]'
json_is '[.sockets[].process] | unique' '["server"]' "of the listener's process"
for i in 1 2 3 4 5; do
	# Netlink's count and /proc's together leave one history.
	ages_exact SYN_RECV "$first" "$last" "SYN_RECV of a silent peer, look $i"
	later 0.9
	look
done
look --source=proc
ages_fit SYN_RECV "$first" "$last" "SYN_RECV by /proc"
run in_ns "$TCPTRIAGE" handshakes
like "$out" "0 in SYN_SENT, 3 in SYN_RECV" "text begins with the numbers"
like "$out" $'STATE +LOCAL +LPORT +REMOTE +RPORT +AGE +RETRANS +PID +PROCESS' "the sockets"
like "$out" "in +192.0.2.1 +80 +3 +3 " "the group"

# --- a return path that is broken: the server's answers go to a neighbour that is not there ---
((EUID == 0)) || { done_testing; }
netns_make
server=$netns_pid
netns_make
client=$netns_pid
ip link add tta0 netns "$server" type veth peer name ttb0 netns "$client" ||
	{ skip_one "two namespaces" "no veth"; done_testing; }
netns_use "$client"
in_ns ip addr add 10.77.0.2/24 dev ttb0
in_ns ip link set ttb0 up
netns_use "$server"
in_ns ip addr add 10.77.0.1/24 dev tta0
in_ns ip link set tta0 up
lab listen --port 7000 --addr 10.77.0.1 --backlog 100

# connects N SECONDS: N connections, one after the other, each held for SECONDS.
connects() {
	local pid=$netns_pid i
	netns_use "$client"
	for ((i = 0; i < $1; i++)); do
		background in_ns timeout 60 bash -c "exec 3<>/dev/tcp/10.77.0.1/7000; sleep $2"
	done
	netns_use "$pid"
}

broken() {
	in_ns ip neigh replace 10.77.0.2 lladdr 02:00:00:00:00:99 nud permanent dev tta0
}

mended() {
	in_ns ip neigh del 10.77.0.2 dev tta0
}

requests() {
	(($(in_ns ss -Htn state syn-recv | wc -l) == $1))
}

broken
first=$(now)
connects 2 30
ok "two requests wait" poll 10 requests 2
last=$(now)
look
json_is .syn_recv 2 "two handshakes hang"
for i in 1 2 3 4; do
	# The client repeats its SYN as Linux does: then the lower bound is the age.
	ages_exact SYN_RECV "$first" "$last" "SYN_RECV whose peer repeats its SYN, look $i"
	later 1.1
	look
done
mended
ok "they complete" poll 20 requests 0

# --- watching ---
# Three handshakes whose first answer is lost, and twenty that are over at once.
broken
run_watch() {
	in_ns "$TCPTRIAGE" handshakes --watch=4 -J >"$TAP_TMP/watch.json" 2>"$TAP_TMP/watch.err" </dev/null
}
connects 3 20
ok "three requests wait" poll 10 requests 3
run_watch &
watch_pid=$!
later 0.4
mended
connects 20 20
wait "$watch_pid"
is "$?" 0 "--watch ends with 0"
cp "$TAP_TMP/watch.json" "$TAP_TMP/out"
diag "$(jq -c .completed "$TAP_TMP/out")"
json_is '.completed | [.count, .failed, .unknown]' '[23,0,0]' "every completion is counted"
json_is '.completed.seen >= 3' true "those that were slow were seen"
json_is '.completed | .within_200ms == .within_500ms or .within_200ms < .within_500ms' true
json_is '.completed | .within_500ms >= 0.85 and .within_500ms < 0.9' true "twenty of 23 were quick"
json_is '.completed | .p50 <= 0.5' true "half of them took no time"
json_is '.completed | .p99 >= 0.9 and .p99 < 8' true "the slowest waited for a retransmission"
json_is '.syn_recv' 0 "none is left"
run in_ns "$TCPTRIAGE" handshakes --watch=0.2
like "$out" "completed: 0" "nothing completes"
unlike "$out" "within|half took" "then there is no share to tell"

# The client's side: a refused one is over at once and counts as failed.
netns_use "$client"
run_watch &
watch_pid=$!
later 0.5
connects 5 20
in_ns timeout 5 bash -c 'exec 3<>/dev/tcp/10.77.0.1/9' 2>/dev/null
wait "$watch_pid"
cp "$TAP_TMP/watch.json" "$TAP_TMP/out"
diag "$(jq -c .completed "$TAP_TMP/out")"
json_is '.completed | [.count, .failed]' '[5,1]' "attempts of our own, and one refused"

done_testing
