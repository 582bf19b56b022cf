#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 300
# why HOST:PORT on a recording says what it said live, also of destinations that nobody had asked for
# when it was made; where the recording cannot know, it says so.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq ip
needs_netns
needs_root "makes interfaces and routes"

rec=$TAP_TMP/rec

# facts FILE: an answer without what says when and from what it was made.
facts() {
	jq -S 'del(.time, .source, .notes)' "$1"
}

take() {
	rm -f "$rec"
	in_ns "$TCPTRIAGE" record "$rec" -c 1 >/dev/null 2>"$TAP_TMP/record.err"
}

# both TARGET [OPTION...]: judged live and from the recording; true where they are equal.
both() {
	in_ns "$TCPTRIAGE" why -J "$@" >"$TAP_TMP/live" 2>"$TAP_TMP/live.err"
	live_status=$?
	"$TCPTRIAGE" why -J --from="$rec" "$@" >"$TAP_TMP/played" 2>"$TAP_TMP/played.err"
	[[ $live_status == "$?" && $(facts "$TAP_TMP/live") == "$(facts "$TAP_TMP/played")" ]]
}

# again TARGET: a new recording and the same question: for what moves by itself, as neighbours do.
again() {
	take && both "$1"
}

# same NAME CAUSE TARGET: equal, and it is this cause (null: none).
same() {
	local name=$1 cause=$2
	shift 2
	if ! both "$@" && ! poll 20 again "$@"; then
		fail "$name: $*"
		diag "$(diff <(facts "$TAP_TMP/live") <(facts "$TAP_TMP/played"))" "$(cat "$TAP_TMP/played.err")"
		return
	fi
	is "$(jq -r .cause "$TAP_TMP/played")" "$cause" "$name: $*"
}

# lacks NAME TARGET REGEX: the recording does not know, and a note says why.
lacks() {
	both "$2"
	is "$(jq -c .route "$TAP_TMP/played")" null "$1: no route is made up"
	like "$(cat "$TAP_TMP/played.err")" "$3" "$1: a note says why"
}

# link NAME: the cable NAME to NAME-far, both ends here, with no address of its own.
link() {
	in_ns ip link add "$1" type veth peer name "$1-far" || bail "no veth"
	in_ns ip link set "$1" addrgenmode none
	in_ns ip link set "$1" up
	in_ns ip link set "$1-far" up
}

carrier_lost() {
	[[ $(in_ns ip -o link show tt0) == *NO-CARRIER* ]]
}

# --- every kind of route ---

netns_make
link tt0
link tt1
in_ns ip addr add 10.9.0.1/24 dev tt0
in_ns ip -6 addr add fd09::1/64 dev tt0 nodad
in_ns ip -6 addr add 2001:db8:5::1/64 dev tt0 nodad
in_ns ip addr add 10.8.0.1 peer 10.8.0.2 dev tt1
in_ns ip route add blackhole 203.0.113.0/26
in_ns ip route add unreachable 203.0.113.64/26
in_ns ip route add prohibit 203.0.113.128/26
in_ns ip route add throw 203.0.113.192/26
in_ns ip -6 route add blackhole 2001:db8:1::/48
in_ns ip -6 route add unreachable 2001:db8:2::/48
in_ns ip -6 route add prohibit 2001:db8:3::/48
in_ns ip -6 route add 2001:db8::/32 via fd09::2
in_ns ip route add 198.51.100.0/24 via 10.9.0.2 mtu 1400
in_ns ip route add 198.51.100.77 via 10.8.0.2 src 10.9.0.1
in_ns ip route add local 192.0.2.0/28 dev lo
in_ns ip rule add to 100.64.0.0/12 lookup 77
in_ns ip route add table 77 prohibit default
in_ns ip neigh replace 10.9.0.9 lladdr 02:00:00:00:00:09 dev tt0 nud permanent
take
is "$(cat "$TAP_TMP/record.err")" "" "recorded without a note"
while read -r cause target; do
	same "routes" "$cause" "$target"
done <<'END'
blackhole-route 203.0.113.1:80
blackhole-route 203.0.113.63:80
unreachable-route 203.0.113.64:80
prohibit-route 203.0.113.190:80
no-route 203.0.113.192:80
no-route 8.8.8.8:53
no-route 0.1.2.3:80
no-route 255.255.255.255:80
prohibit-route 100.64.0.0:443
prohibit-route 100.79.255.255:443
no-route 100.80.0.0:443
null 10.9.0.9:80
null 10.9.0.2:80
null 10.8.0.2:80
null 198.51.100.76:80
null 198.51.100.77:80
null 198.51.100.78:80
no-listener 10.9.0.1:80
no-listener 10.8.0.1:80
no-listener 127.0.0.1:80
no-listener 127.77.0.1:80
no-listener 192.0.2.7:80
no-listener 0.0.0.0:80
no-route 10.9.0.255:80
no-route 224.0.0.1:80
blackhole-route [2001:db8:1::1]:80
unreachable-route [2001:db8:2:ffff::]:80
prohibit-route [2001:db8:3::1]:80
null [2001:db8:4::1]:80
null [2001:db8:5::2]:80
null [2001:db8:ffff::1]:80
null [fd09::2]:80
no-route [2001:db9::1]:80
no-listener [::1]:80
no-listener [::]:80
no-listener [fd09::1]:80
no-route [ff02::1]:80
no-route [::ffff:10.9.0.2]:80
END
run "$TCPTRIAGE" why -J --from="$rec" 198.51.100.76:80
json_is '.route | [.local, .gateway, .device, .type, .mtu]' \
	'["10.9.0.1","10.9.0.2","tt0","unicast",1400]' "and it is the whole answer"

# --- interfaces and neighbours ---

in_ns timeout 20 bash -c 'exec 3<>/dev/tcp/10.9.0.99/80' 2>/dev/null
take
same "a neighbour that failed" neighbor-unresolved 10.9.0.99:80
in_ns ip link set tt0-far down
poll 20 carrier_lost || bail "tt0 keeps its carrier"
take
same "no carrier" device-down 10.9.0.9:80
in_ns ip link set tt0 down
take
same "interface down" device-down 10.9.0.9:80
same "interface down: it has lost its address" no-route '[fd09::9]:80'

# --- sockets: listeners, queues, ports ---

netns_make
ns_sysctl net.ipv4.ip_local_port_range "40000 40005"
lab established --port 9000 --count 6 + listen --addr 127.0.0.2 --port 9002 + \
	accept-full --port 9003 --backlog 2 --addr 127.0.0.3
take
same "no port left" port-exhaustion 127.0.0.1:9000
same "nobody listens" no-listener 127.0.0.1:9001
same "it listens elsewhere" wrong-listener-address 127.0.0.1:9002
same "where it listens" null 127.0.0.2:9002
same "a full queue" accept-queue-full 127.0.0.3:9003
lab_stop

# --- what a recording cannot know ---

netns_make
link tt0
in_ns ip addr add 10.9.0.1/24 dev tt0
in_ns ip route add default nexthop via 10.9.0.2 nexthop via 10.9.0.3
take
lacks "several next hops" 192.0.2.1:80 'the way to 192\.0\.2\.1: there are several next hops'
same "beside them" null 10.9.0.5:80
for hop in 2 3; do
	in_ns ip neigh replace "10.9.0.$hop" lladdr "02:00:00:00:00:0$hop" dev tt0 nud permanent
done
background "${netns_enter[@]}" timeout 120 bash -c 'exec 3<>/dev/tcp/192.0.2.55/80'
connecting() {
	[[ $(in_ns "$TCPTRIAGE" count state syn-sent) == 1 ]]
}
poll 20 connecting || bail "no attempt"
# knows NAME: the way that a socket takes is known.
knows() {
	take
	both 192.0.2.55:80
	isnt "$(jq -c .route "$TAP_TMP/played")" null "$1: that of a socket is known"
	is "$(jq -c .route "$TAP_TMP/played")" "$(jq -c .route "$TAP_TMP/live")" "$1: as it was live"
	lacks "$1" 192.0.2.56:80 'no socket led to this'
}
knows "several next hops"
in_ns ip rule add dport 443 lookup 77 2>/dev/null &&
	take && lacks "rules for ports" 192.0.2.1:80 'policy rules look at ports'
netns_make
link tt0
in_ns ip addr add 10.255.0.1/24 dev tt0
in_ns ip route add default via 10.255.0.2
in_ns ip neigh replace 10.255.0.2 lladdr 02:00:00:00:00:02 dev tt0 nud permanent
background "${netns_enter[@]}" timeout 120 bash -c 'exec 3<>/dev/tcp/192.0.2.55/80'
poll 20 connecting || bail "no attempt"
for ((i = 0; i < 6000; i++)); do
	echo "route add 10.$((i / 250)).$((i % 250)).1/32 dev tt0"
done >"$TAP_TMP/many"
in_ns ip -batch "$TAP_TMP/many" || bail "no routes"
take
lacks "very many routes" 10.1.1.1:80 'there were too many to record'
knows "very many routes"
same "the other family" no-route '[2001:db8::1]:80'
run "$TCPTRIAGE" why -J --from="$rec" localhost:80
like "$err" 'a recording holds no names: localhost was looked up now' "a name is looked up now: a note says so"
run "$TCPTRIAGE" why -J --from="$(dirname "$0")/../golden/data/incident.rec" 192.0.2.1:80
json_is .route null "a recording of an earlier version: no route"
like "$err" 'note: the recording holds no routes' "and a note says so"
done_testing
