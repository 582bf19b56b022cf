#!/usr/bin/env bash
# timeout: 300
# SPDX-License-Identifier: MIT
# why HOST:PORT names the cause, and connect() really fails as it says: each situation is made alone
# in a namespace, judged by looking only, and tried by bash's own connect().
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq ip
needs_netns
needs_root "makes interfaces and routes"

# tried ADDR PORT: what connect() says there: an error's text, "connected", or "silence".
tried() {
	local text
	text=$(in_ns timeout 6 bash -c "exec 3<>/dev/tcp/$1/$2" 2>&1)
	case $? in
	0) echo connected ;;
	124) echo silence ;;
	*) sed -n 's/.*connect: //p;s/.*: \(Connection refused\)$/\1/p' <<<"$text" | head -n 1 ;;
	esac
}

# why TARGET [OPTION...]: runs it as JSON.
why() {
	run in_ns "$TCPTRIAGE" why -J "$@"
}

# judged NAME TARGET CAUSE STATUS [OPTION...]
judged() {
	local name=$1 target=$2 cause=$3 expected=$4
	shift 4
	why "$target" "$@"
	is "$(jq -rc '.cause' "$TAP_TMP/out")" "$cause" "$name: $cause" ||
		diag "$(jq -c '{answer,findings,route,sockets,attempt}' "$TAP_TMP/out")"
	is "$status" "$expected" "$name: exit status $expected"
}

# veth: a second namespace at the end of a cable: 10.9.0.1 here, 10.9.0.2 there.
veth() {
	local here=$netns_pid
	netns_make
	far_pid=$netns_pid
	netns_use "$here"
	in_ns ip link add tt0 type veth peer name tt1 netns "$far_pid" || bail "no veth"
	in_ns ip addr add 10.9.0.1/24 dev tt0
	in_ns ip -6 addr add fd09::1/64 dev tt0 nodad
	in_ns ip link set tt0 up
	netns_use "$far_pid"
	in_ns ip addr add 10.9.0.2/24 dev tt1
	in_ns ip -6 addr add fd09::2/64 dev tt1 nodad
	in_ns ip link set tt1 up
	netns_use "$here"
}

# in_far CMD...: in the namespace at the other end.
in_far() {
	local here=$netns_pid code
	netns_use "$far_pid"
	in_ns "$@"
	code=$?
	netns_use "$here"
	return "$code"
}

# says CAUSE TARGET: for polling.
says() {
	in_ns "$TCPTRIAGE" why -J "$2" 2>/dev/null | jq -e --arg cause "$1" '.cause == $cause' >/dev/null
}

# --- wrong usage ---

for bad in nohost ::1 192.0.2.1:0 192.0.2.1:65536 192.0.2.1:nosuchservice :80 '[]:80'; do
	run "$TCPTRIAGE" why "$bad"
	is "$status" 64 "'$bad' is wrong usage"
	is "$(wc -l <"$TAP_TMP/err")" 1 "and gets one line"
done
run "$TCPTRIAGE" why
is "$status" 64 "and so is no target"
run "$TCPTRIAGE" why -N all 192.0.2.1:80
is "$status" 64 "and all namespaces at once"

# --- names ---

netns_make
judged "a name without an address" nosuch.invalid:80 name-unresolved 2
json_is '[.target.host, .target.address, .target.port, .route, .pool, .attempt]' \
	'["nosuch.invalid",null,80,null,null,null]'
is "$err" "" "and nothing on standard error"
judged "an address of the other family" '[::1]:80' name-unresolved 2 -4
like "$(jq -r .answer "$TAP_TMP/out")" 'it is no IPv4 address$' "and the sentence says so"

# --- routes ---

judged "no route" 192.0.2.1:80 no-route 2
is "$(tried 192.0.2.1 80)" "Network is unreachable" "connect() agrees"
json_is '[.route.type, .route.device, .findings[0].evidence.errno]' '["none",null,"ENETUNREACH"]'
judged "no IPv6 route" '[2001:db8::1]:80' no-route 2

in_ns ip route add blackhole 203.0.113.0/26
in_ns ip route add unreachable 203.0.113.64/26
in_ns ip route add prohibit 203.0.113.128/26
in_ns ip route add throw 203.0.113.192/26
in_ns ip -6 route add blackhole 2001:db8:1::/48
in_ns ip -6 route add unreachable 2001:db8:2::/48
in_ns ip -6 route add prohibit 2001:db8:3::/48
for row in "203.0.113.1 blackhole Invalid argument" "203.0.113.65 unreachable No route to host" \
	"203.0.113.129 prohibit Permission denied" "2001:db8:1::1 blackhole Invalid argument" \
	"2001:db8:2::1 unreachable No route to host" "2001:db8:3::1 prohibit Permission denied"; do
	read -r address kind text <<<"$row"
	target=$address:80
	[[ $address != *:* ]] || target=[$address]:80
	judged "$kind, $address" "$target" "$kind-route" 2
	json_is .route.type "$kind"
	is "$(tried "$address" 80)" "$text" "$kind: connect() agrees"
done
judged "a route of type throw" 203.0.113.193:80 no-route 2
is "$(tried 203.0.113.193 80)" "Network is unreachable" "throw: connect() agrees"
run in_ns "$TCPTRIAGE" why 203.0.113.1 80
like "$out" '^critical: A blackhole route covers 203\.0\.113\.1: connect\(\) fails at once with EINVAL' \
	"the sentence comes first, also for two words"

# --- interfaces ---

veth
judged "nothing wrong" 10.9.0.2:80 null 0
json_is '[.verdict, .findings, .route.local, .route.device, .route.type, .route.link]' \
	'["ok",[],"10.9.0.1","tt0","unicast","up"]'
in_far ip link set tt1 down
poll 10 says device-down 10.9.0.2:80
judged "no carrier" 10.9.0.2:80 device-down 2
is "$(tried 10.9.0.2 80)" "No route to host" "no carrier: connect() agrees"
in_ns ip link set tt0 down
judged "interface down" 10.9.0.2:80 device-down 2
is "$(tried 10.9.0.2 80)" "Network is unreachable" "down: connect() agrees"
in_ns ip link set lo down
in_ns ip addr flush dev lo
judged "loopback down" 127.0.0.1:80 device-down 2
is "$(tried 127.0.0.1 80)" "Network is unreachable" "loopback down: connect() agrees"

# --- neighbours ---

netns_make
veth
judged "a neighbour nobody asked for" 10.9.0.99:80 null 0
is "$(tried 10.9.0.99 80)" "No route to host" "nobody answers for it: connect() fails"
judged "the neighbour that failed" 10.9.0.99:80 neighbor-unresolved 2
json_is .route.neighbor FAILED
in_ns ip route add default via 10.9.0.98
judged "a gateway, asked for by the attempt" 198.51.100.7:80 neighbor-unresolved 2 --connect=6
json_is '[.attempt.result, .attempt.errno, .route.gateway]' '["unreachable","EHOSTUNREACH","10.9.0.98"]'
like "$(jq -r .answer "$TAP_TMP/out")" '^Gateway 10\.9\.0\.98 on tt0 does not answer ARP' \
	"and the sentence names the gateway"
in_ns ip -6 route add default via fd09::98
judged "an IPv6 gateway" '[2001:db8::9]:80' neighbor-unresolved 2 --connect=6

# --- silence ---

netns_make
veth
in_far ip link set tt1 arp off
in_ns ip neigh replace 10.9.0.50 lladdr 02:00:00:00:00:50 dev tt0 nud permanent
judged "before anybody tried" 10.9.0.50:443 null 0
background in_ns timeout 60 bash -c 'exec 3<>/dev/tcp/10.9.0.50/443'
ok "a repeated SYN is seen" poll 20 says silent-peer 10.9.0.50:443
judged "a silent peer" 10.9.0.50:443 silent-peer 2
judged "another port of it" 10.9.0.50:444 null 0
judged "tried itself" 10.9.0.50:444 silent-peer 2 --connect=1.5
json_is '[.attempt.result, .attempt.errno]' '["timeout",null]'

# --- refusal, and success, at the other end ---

netns_make
veth
judged "not tried" 10.9.0.2:80 null 0
judged "a refused attempt" 10.9.0.2:80 refused 2 --connect
json_is '[.attempt.result, .attempt.errno]' '["refused","ECONNREFUSED"]'
is "$(tried 10.9.0.2 80)" "Connection refused" "refused: connect() agrees"
here=$netns_pid
netns_use "$far_pid"
lab listen --addr 10.9.0.2 --port 8080
netns_use "$here"
judged "an attempt that succeeds" 10.9.0.2:8080 null 0 --connect
json_is '[.attempt.result, .attempt.errno, .verdict, .route.neighbor]' \
	'["connected",null,"ok","REACHABLE"]'
like "$(jq -r .answer "$TAP_TMP/out")" '^A connection to 10\.9\.0\.2:8080 was made in ' "the answer says so"
lab_stop

# --- a destination of this host itself ---

judged "nobody listens" 10.9.0.1:8080 no-listener 2
is "$(tried 10.9.0.1 8080)" "Connection refused" "nobody: connect() agrees"
lab listen --addr 127.0.0.1 --port 8080
judged "it listens elsewhere" 10.9.0.1:8080 wrong-listener-address 2
json_is '.findings[0].evidence.listens_on' '["127.0.0.1"]'
is "$(tried 10.9.0.1 8080)" "Connection refused" "elsewhere: connect() agrees"
judged "where it does listen" 127.0.0.1:8080 null 0
json_is '[.listener.local, .listener.port, .listener.queue, .listener.pid]' \
	"[\"127.0.0.1\",8080,0,$lab_pid]"
judged "0.0.0.0 is loopback" 0.0.0.0:8080 null 0
json_is .target.address 127.0.0.1
lab_stop
lab listen --family 6 --addr :: --v6only --port 8080
judged "an IPv6-only listener" 127.0.0.1:8080 wrong-listener-address 2
is "$(tried 127.0.0.1 8080)" "Connection refused" "IPv6 only: connect() agrees"
judged "by IPv6" '[::1]:8080' null 0
lab_stop
lab listen --family 6 --addr :: --port 8080
judged "a dual-stack listener" 10.9.0.1:8080 null 0
is "$(tried 10.9.0.1 8080)" connected "dual stack: connect() agrees"
lab_stop

# --- a full accept queue, and why it is full ---

netns_make
lab accept-full --port 8081 --backlog 2
judged "a full accept queue" 127.0.0.1:8081 accept-queue-full 2
json_is '[.findings[].id]' '["accept-queue-full"]'
is "$(tried 127.0.0.1 8081)" silence "a full queue: connect() hangs"
judged "tried, too" 127.0.0.1:8081 accept-queue-full 2 --connect=1
json_is .attempt.result timeout
fds=$(find "/proc/$lab_pid/fd" -mindepth 1 | wc -l)
prlimit --pid "$lab_pid" --nofile="$fds:$fds"
judged "the server at its descriptor limit" 127.0.0.1:8081 fd-limit 2
json_is '[.findings[].id]' '["fd-limit","accept-queue-full"]' "the cause first, then what it causes"
lab_stop

lab established --port 8082 --count 4
judged "clients with room" 127.0.0.1:8082 null 0
fds=$(find "/proc/$lab_pid/fd" -mindepth 1 | wc -l)
prlimit --pid "$lab_pid" --nofile="$fds:$fds"
judged "clients at their descriptor limit" 127.0.0.1:8082 fd-limit 2
json_is '.findings[0].evidence | [.pid, .open, .limit]' "[$lab_pid,$fds,$fds]"
lab_stop

# --- ephemeral ports ---

netns_make
ns_sysctl net.ipv4.ip_local_port_range "40000 40009"
lab listen --port 9000
judged "all ports free" 127.0.0.1:9000 null 0
json_is '.pool | [.local, .remote, .remote_port, .capacity, .in_use, .free_min, .free_max]' \
	'["127.0.0.1","127.0.0.1",9000,10,0,10,10]' "a pool that nobody uses yet"
lab_stop
lab established --port 9000 --count 10
judged "no port left" 127.0.0.1:9000 port-exhaustion 2
json_is '.pool | [.capacity, .in_use, .free_min, .free_max, .verdict]' '[10,10,0,0,"exhausted"]'
is "$(tried 127.0.0.1 9000)" "Cannot assign requested address" "no port: connect() agrees"
judged "tried, too" 127.0.0.1:9000 port-exhaustion 2 --connect
json_is '[.attempt.result, .attempt.errno, (.findings | length)]' '["no-port","EADDRNOTAVAIL",1]'
judged "another port there is not affected" 127.0.0.1:9001 no-listener 2
is "$(tried 127.0.0.1 9001)" "Connection refused" "another port: connect() agrees"
json_is '.pool.free_min' 10

netns_make
ns_sysctl net.ipv4.ip_local_port_range "40000 40009"
ns_sysctl net.ipv4.tcp_tw_reuse 0
lab time-wait --port 9000 --count 9 --reuse
lab_stop
lab listen --port 9000 --reuse
judged "one port left beside TIME_WAIT" 127.0.0.1:9000 port-exhaustion 1
json_is '.pool | [.states.TIME_WAIT, .free_min]' '[9,1]'
is "$(tried 127.0.0.1 9000)" connected "one port: connect() agrees"

# A link-local destination: its connections are bound to the interface.
netns_make
lab listen --family 6 --addr :: --port 8888
in_ns ip link add v0 type veth peer name v1
in_ns ip link set v1 up
in_ns ip link set v0 up
in_ns ip addr add fe80::5/64 dev v0 nodad
for _ in 1 2 3; do
	background in_ns bash -c 'for _ in {1..100}; do
		{ exec 3<>"/dev/tcp/fe80::5%v0/8888"; } 2>/dev/null && exec sleep 60
		sleep 0.1
	done'
done
three_open() {
	[[ $(in_ns "$TCPTRIAGE" count state established dport = 8888) == 3 ]]
}
ok "connections to a link-local address" poll 20 three_open
judged "of a link-local destination" '[fe80::5%v0]:8888' null 0
json_is '.pool | [.local, .remote, .in_use]' '["fe80::5","fe80::5",3]' "the pool of its interface"

# --- a recording (record-why.t compares the two) ---

netns_make
in_ns "$TCPTRIAGE" record -c 1 "$TAP_TMP/tape" >/dev/null 2>&1
run "$TCPTRIAGE" why -J --from="$TAP_TMP/tape" 127.0.0.1:9000 --connect
json_is '.attempt' null "a recording is not connected from"
like "$err" 'note: no attempt was made: a recording cannot be connected from' "and a note says so"

# --- namespaces, options, formats ---

netns_make
netns_name "why-$$"
run "$TCPTRIAGE" why -J -N "why-$$" 127.0.0.1:9
json_is '[.netns, .cause, .route.device]' "[\"why-$$\",\"no-listener\",\"lo\"]"
run in_ns "$TCPTRIAGE" why -J --source=proc 127.0.0.1:9
json_is '[.source, .cause]' '["proc","no-listener"]'
run in_ns "$TCPTRIAGE" why -J -i 0.05 -c 3 127.0.0.1:9
is "$(wc -l <"$TAP_TMP/out")" 3 "-i repeats, a document a line"
run in_ns "$TCPTRIAGE" why -J --sample=0.1 127.0.0.1:9
json_is .cause no-listener "--sample watches first"
run in_ns "$TCPTRIAGE" why -o PID 127.0.0.1:9
is "$status" 64 "it has no columns"
done_testing
