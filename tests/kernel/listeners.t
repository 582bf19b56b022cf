#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# listeners against ss -m and the laboratory: queues, backlogs, drops, handshakes, owners.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq prlimit
needs_netns

# listeners ARGS...: the JSON document, in $out.
listeners() {
	run in_ns "$TCPTRIAGE" listeners -J "$@"
}

# row PORT KEY: a member of the listener on PORT.
row() {
	jq -rc --argjson port "$1" ".listeners[] | select(.port == \$port) | .$2" "$TAP_TMP/out"
}

# by_ss: port, queue, backlog and drops of every listener as ss has them.
by_ss() {
	in_ns ss -Hltnm | awk '
		/^LISTEN/ { n = split($4, a, ":"); line = a[n] " " $2 " " $3; next }
		/skmem/ { match($0, /,d[0-9]+/); print line " " substr($0, RSTART + 2, RLENGTH - 2) }' |
		sort
}

ours() {
	jq -r '.listeners[] | "\(.port) \(.queue) \(.backlog) \(.drops)"' "$TAP_TMP/out" | sort
}

netns_make
lab --comm waiter listen --count 1 --port 7000 --backlog 5 --queued 3 + \
	listen --count 1 --port 7001 --backlog 4096 + \
	listen --count 1 --port 7002 --backlog 9 --family 6 --queued 2 + \
	accept-full --port 7003 --backlog 2 --extra 4
waiter=$lab_pid
listeners
is "$status" 0 "listeners ends with 0"
json_valid "it is one JSON document"
json_is .schema tcptriage.listeners/1
# The clients of the full queue go on: drops may come between our look and that of ss.
same_as_ss() {
	listeners
	[[ $(ours) == "$(by_ss)" ]]
}
ok "queues, backlogs and drops are those of ss" poll 20 same_as_ss
is "$(row 7000 queue)/$(row 7000 backlog)" 3/5 "three of five wait"
is "$(row 7000 verdict)" ok "which is fine"
is "$(row 7000 process)" waiter "the owner's name"
ok "the owner's pid is the laboratory's" test "$(row 7000 pid)" -ge "$waiter"
is "$(row 7002 local)" ::1 "an IPv6 listener"
is "$(row 7003 queue)/$(row 7003 backlog)" 3/2 "full is one more than the backlog"
is "$(row 7003 verdict)/$(row 7003 reason)" critical/queue-full "and critical"
cmp_ok "$(row 7003 drops)" '>=' 4 "every SYN beyond was dropped"
is "$(row 7001 clamped)/$(row 7000 clamped)" true/false "the backlog at somaxconn is told"
json_is '.listeners[0].port' 7003 "the worst comes first"
json_is '[.drops_per_second, .overflows_per_second, .listeners[0].drops_per_second]' \
	'[null,null,null]' "no rates without a sample"

# A client whose SYN is dropped repeats it every second at first.
dropping() {
	background in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/127.0.0.1/7003'
	listeners --sample=1
	(($(row 7003 'drops_per_second * 100 | floor') > 0))
}
ok "drops per second of the listener" poll 60 dropping
cmp_ok "$(jq '.overflows_per_second * 100 | floor' "$TAP_TMP/out")" '>' 0 "and of the namespace"
is "$(row 7000 drops_per_second)" 0 "none where nothing is dropped"

run in_ns "$TCPTRIAGE" listeners
like "$out" $'^LOCAL +PORT +QUEUE +BACKLOG +SYN_RECV +DROPS' "text has a heading"
like "$out" "127.0.0.1 +7003 +3 +2 +0 +[0-9]+ +- critical +[0-9]+ +waiter" "and a row a listener"
is "$(grep -c waiter <<<"$out")" 4 "four of them"

# What /proc knows is the same; what it lacks is null and said.
listeners --source=proc
is "$(row 7000 queue)" 3 "the queue by /proc"
is "$(row 7000 backlog)/$(row 7000 drops)/$(row 7000 verdict)" null/null/null "the rest is null"
json_is '.notes | map(select(test("4 listeners"))) | length' 1 "and said"

# Descriptors: the process has exactly as many open as it may.
open=$(ls "/proc/$(row 7000 pid)/fd" | wc -l)
prlimit --pid "$(row 7000 pid)" "--nofile=$open:$open"
listeners
is "$(row 7000 reason)/$(row 7000 verdict)" fd-limit/critical "a process that cannot accept"
is "$(row 7000 fds.open)/$(row 7000 fds.limit)" "$open/$open" "its descriptors and their limit"
is "$(row 7001 verdict)" ok "as long as nobody waits it is no matter"
lab_stop "$waiter"

# An IPv6 address takes no connection before its work queue ran, "nodad" or not.
settled() {
	[[ -z $(in_ns ip -6 addr show tentative) ]]
}

# Handshakes count for the listener that the kernel would ask.
netns_make
in_ns ip -6 addr add fd00::1/128 dev lo nodad
ok "the IPv6 address is there" poll 10 settled
lab syn-recv --count 3 --port 7000 + syn-recv --count 4 --port 7001 --addr 0.0.0.0 + \
	syn-recv --count 2 --port 7002 --family 6
listeners
is "$(row 7000 syn_recv)/$(row 7001 syn_recv)/$(row 7002 syn_recv)" 3/4/2 "handshakes by listener"

# Whose limit it is that is reached.
netns_make
ns_sysctl net.core.somaxconn 3
lab --comm cut accept-full --port 7004 --backlog 3 --extra 1
run in_ns "$TCPTRIAGE" check
is "$status" 2 "check: a full queue is critical"
like "$out" '127\.0\.0\.1:7004 of cut [^:]*: [^:]*accept queue 4 of 3 \(which is somaxconn\)' "and at what somaxconn allows"

# -r: names in text, numbers in JSON.
netns_make
lab listen --port 22
service=$(getent services 22/tcp | awk '{ print $1 }')
if [[ $service ]]; then
	run in_ns "$TCPTRIAGE" listeners -r -H -o port
	is "${out// /}" "$service" "-r: the name of a port"
	run in_ns "$TCPTRIAGE" states -r -H --by=local -o local
	like "$out" ":$service\$" "and of the port of an end"
fi
run in_ns "$TCPTRIAGE" listeners -r -J
json_is '.listeners[0].port' 22 "JSON has numbers"
run in_ns "$TCPTRIAGE" listeners -H -o port
is "${out// /}" 22 "and so has text without it"
done_testing
