#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 400
# The matrix of check: each situation alone in a namespace of its own, and pairs of them, must give
# exactly its findings and exit status; healthy but busy hosts must give none.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq prlimit ip
needs_netns

# --- situations: each makes itself in the current namespace ---
# Silence and CLOSE_WAIT are judged by age: everything here is a minute old when it is looked at.

# Peers that closed are orphans for tcp_fin_timeout; they are not what is being looked for.
brief_orphans() {
	ns_sysctl net.ipv4.tcp_fin_timeout 3
}

make_leak() {
	brief_orphans
	lab --comm leaker close-wait-leaked --count 12 --port 6001
}

make_reader() {
	brief_orphans
	lab --comm reader close-wait-unread --count 12 --port 6007
}

make_loop() {
	brief_orphans
	lab --comm loop close-wait-unaccepted --count 4 --port 6002
}

make_queue() {
	lab --comm slow accept-full --backlog 2 --port 6003
}

make_requests() {
	lab syn-recv --count 20 --port 6004
}

make_attempts() {
	lab syn-sent --count 5 --port 6005
}

make_silent() {
	lab fin-wait1 --count 12 --outbound
}

make_halves() {
	lab crafted --state fin-wait2 --count 12 --outbound
}

make_lastacks() {
	lab last-ack --count 40 --outbound
}

make_descriptors() {
	local pid open
	lab --comm tight listen --port 6006
	pid=$(lab_get '.[0].pid')
	open=$(ls "/proc/$pid/fd" | wc -l)
	prlimit --pid "$pid" "--nofile=$open:$open"
}

make_setting() {
	ns_sysctl net.ipv4.tcp_syncookies 0
}

make_overlap() {
	lab listen --port 40000
}

make_exhausted() {
	ns_sysctl net.ipv4.ip_local_port_range "40000 40019"
	lab established --count 20 --port 9000
}

make_orphans() {
	lab crafted --state fin-wait2 --orphan --count 12 --outbound
}

make_slow() {
	ns_sysctl net.ipv4.ip_local_port_range "40000 41099"
	lab established --count 600 --port 9000 --quiet
}

make_binders() {
	ns_sysctl net.ipv4.ip_local_port_range "40000 40099"
	lab established --count 50 --port 9000 --bind zero
}

# --- healthy but busy ---

make_idle() {
	:
}

# 50,000 connections that a server closed first.
make_timewait() {
	local i
	for i in 1 2 3 4; do
		lab crafted --state time-wait --count 12500 --quiet --port "$((800 + i))"
	done
}

make_busy() {
	lab listen --count 1 --port 9000
	lab churn --rate 200 --seconds 60
}

make_pool() {
	lab --comm app crafted --state close-wait --outbound --count 6 --remotes 3
}

make_listeners() {
	lab listen --count 400 --quiet
}

make_connections() {
	lab established --count 1000 --port 9000 --quiet
}

make_queued() {
	lab listen --port 9000 --backlog 10 --queued 5
}

make_reserved() {
	ns_sysctl net.ipv4.ip_local_reserved_ports 40000
	lab listen --port 40000
}

make_closers() {
	brief_orphans
	lab time-wait --count 300 --port 9000 --quiet
}

# --- what each must give: name, findings ---
declare -A expected=(
	[leak]="close-wait-leak warning"
	[reader]="close-wait-stuck-reader warning"
	[loop]="close-wait-stuck-reader warning"
	[queue]="accept-queue-full critical"
	[requests]="syn-backlog warning"
	[attempts]="syn-sent-stuck warning"
	[silent]="peer-not-acking warning"
	[halves]="fin-wait2-pileup warning"
	[lastacks]="last-ack-pileup warning"
	[orphans]="fin-wait2-pileup warning"
	[descriptors]="fd-limit critical"
	[setting]="risky-setting info"
	[overlap]="port-range-overlap info"
	[exhausted]="port-exhaustion critical"
	[slow]="port-search-slow warning"
	[binders]="bind-before-connect warning"
)
alone=(leak reader loop queue requests attempts silent halves lastacks descriptors setting overlap
	exhausted slow binders)
# Those that do not change each other's numbers, each with two others to its right.
paired=(leak reader queue requests attempts silent halves descriptors setting)
healthy=(idle pool listeners connections queued reserved)
# Made when the others are looked at: they last for a minute only.
healthy_late=(timewait busy closers)

declare -A pid_of

# place NAME: a namespace for NAME (names joined by +), filled.
place() {
	local part
	netns_make
	pid_of[$1]=$netns_pid
	for part in ${1//+/ }; do
		"make_$part"
	done
}

# expected_of NAME: its findings, sorted, one a line.
expected_of() {
	local part
	for part in ${1//+/ }; do
		[[ ${expected[$part]-} ]] && echo "${expected[$part]}"
	done | sort -u
}

# status_of FINDINGS: the exit status that goes with them.
status_of() {
	case $1 in
	*critical*) echo 2 ;;
	*warning*) echo 1 ;;
	*) echo 0 ;;
	esac
}

look() {
	netns_use "${pid_of[$1]}"
	in_ns timeout 60 "$TCPTRIAGE" check -J >"$TAP_TMP/$1.json" 2>"$TAP_TMP/$1.err" </dev/null
	echo "$?" >"$TAP_TMP/$1.status"
}

# look_at NAME...: judges them, four at a time.
look_at() {
	local name n=0 pids=()
	for name in "$@"; do
		look "$name" &
		pids+=("$!")
		if ((++n % 4 == 0)); then
			wait "${pids[@]}"
			pids=()
		fi
	done
	((${#pids[@]} == 0)) || wait "${pids[@]}"
}

hits=0 misses=0 false_alarms=0 table=

# tell NAME: compares, counts, asserts.
tell() {
	local want got missing extra status
	want=$(expected_of "$1")
	got=$(jq -r '.findings[] | "\(.id) \(.severity)"' "$TAP_TMP/$1.json" 2>/dev/null | sort)
	status=$(cat "$TAP_TMP/$1.status")
	missing=$(comm -23 <(echo "$want") <(echo "$got") | grep -c .)
	extra=$(comm -13 <(echo "$want") <(echo "$got") | grep -c .)
	hits=$((hits + $(comm -12 <(echo "$want") <(echo "$got") | grep -c .)))
	misses=$((misses + missing))
	false_alarms=$((false_alarms + extra))
	table+=$(printf '%-24s %-58s %s %s %s' "$1" "$(paste -sd, <<<"$got" | sed 's/,/, /g')" \
		"$missing" "$extra" "$status")$'\n'
	is "$got" "$want" "$1: exactly its findings" ||
		diag "$(jq -r '.findings[] | .id, .summary' "$TAP_TMP/$1.json")"
	is "$status" "$(status_of "$want")" "$1: exit status"
}

names=("${alone[@]}")
for ((i = 0; i < ${#paired[@]}; i++)); do
	for j in 1 3; do
		names+=("${paired[i]}+${paired[(i + j) % ${#paired[@]}]}")
	done
done
names+=("${healthy[@]}")

for name in "${names[@]}"; do
	place "$name"
done
made=$SECONDS

# Orphans live for a minute; a quarter of it is enough to tell.
half_way() {
	((SECONDS >= made + 45))
}
poll 60 half_way
place orphans
orphaned=$SECONDS
old_enough() {
	((SECONDS >= made + 66 && SECONDS >= orphaned + 14))
}
poll 60 old_enough
look_at orphans "${names[@]}"
for name in orphans "${names[@]}"; do
	tell "$name"
done

for name in "${healthy_late[@]}"; do
	place "$name"
	look "$name"
	tell "$name"
done

diag "$(printf '%-24s %-58s missed false status\n%s' situation findings "$table")"
diag "hits $hits, misses $misses, false alarms $false_alarms"
is "$misses/$false_alarms" 0/0 "nothing missed, no false alarm"

# --- the document ---
cp "$TAP_TMP/queue+silent.json" "$TAP_TMP/out"
json_is .schema tcptriage.check/1
json_is .verdict critical
json_is '.findings | map(.id)' '["accept-queue-full","peer-not-acking"]' "worst first"
json_is '.findings[0] | keys_unsorted' \
	'["id","severity","summary","evidence","cause","advice","see"]' "members in the promised order"
json_is '.findings[0].evidence.listeners[0] | [.port, .queue, .backlog, .process]' \
	'[6003,3,2,"slow"]' "evidence"
json_is '.findings | map(.advice | length > 0) | all' true "advice"
json_is '.summary' "CRITICAL: 2 problems: accept-queue-full, peer-not-acking"

netns_use "${pid_of[leak]}"
run in_ns "$TCPTRIAGE"
is "$status" 1 "no command is check"
is "$(head -n 1 <<<"$out")" "WARNING: 1 problem: close-wait-leak" "the line for a monitoring system"
like "$out" "warning close-wait-leak: 12 sockets in CLOSE_WAIT of leaker .pid [0-9]+., the oldest for [0-9]+m" \
	"the finding in words"
like "$out" "    cause: .*close.." "its cause"
like "$out" "    see: tcptriage close-wait" "and what to look at"

netns_use "${pid_of[idle]}"
run in_ns "$TCPTRIAGE" check
is "$status" 0 "nothing wrong"
is "$out" "OK: nothing wrong, 0 sockets" "and nothing but that is said"
run in_ns "$TCPTRIAGE" check --all -J
json_is '.findings | length' 20 "--all shows every row"
json_is '.findings | map(select(.severity == "warning" or .severity == "critical")) | length' 0

# --- limits of the machine, by files in front of the kernel's ---
fake() {
	local file=$1 text=$2
	shift 2
	echo "$text" >"$TAP_TMP/fake"
	run in_ns unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh \
		"$TAP_TMP/fake" "$file" "$TCPTRIAGE" check -J
}
if ((EUID != 0)) || ! unshare -m true 2>/dev/null; then
	skip_one "limits of the machine" "no mount namespace"
	done_testing
fi
fake /proc/sys/fs/file-nr "99000 0 100000"
is "$status" 2 "the file table is nearly full"
json_is '.findings[] | [.id, .severity, .evidence.used, .evidence.limit]' \
	'["file-table-full","critical",99000,100000]'
fake /proc/sys/fs/file-nr "91000	0	100000"
json_is '.findings[] | [.id, .severity]' '["file-table-full","warning"]'
fake /proc/sys/fs/file-nr "1000 0 9223372036854775807"
is "$status" 0 "no limit at all"
if in_ns test -e /proc/sys/net/netfilter/nf_conntrack_count; then
	max=$(in_ns cat /proc/sys/net/netfilter/nf_conntrack_max)
	fake /proc/sys/net/netfilter/nf_conntrack_count "$max"
	is "$status" 2 "the connection tracking table is full"
	json_is '.findings[] | [.id, .severity]' '["conntrack-full","critical"]'
	fake /proc/sys/net/netfilter/nf_conntrack_count "$((max * 9 / 10))"
	json_is '.findings[] | [.id, .severity]' '["conntrack-full","warning"]'
else
	skip_one "conntrack" "no connection tracking here"
fi

# --- two hosts ---
netns_make
server=$netns_pid
netns_make
client=$netns_pid
ip link add tta0 netns "$server" type veth peer name ttb0 netns "$client" ||
	{ skip_one "two hosts" "no veth"; done_testing; }
in_ns ip addr add 10.78.0.2/24 dev ttb0
in_ns ip link set ttb0 up
netns_use "$server"
in_ns ip addr add 10.78.0.1/24 dev tta0
in_ns ip link set tta0 up
lab listen --port 7000 --addr 10.78.0.1 + accept-full --port 7001 --addr 10.78.0.1 --backlog 2

# connects N PORT: N connections that each send a line once the file "go" is there.
connects() {
	local i
	for ((i = 0; i < $1; i++)); do
		background in_ns timeout 120 bash -c 'exec 3<>"/dev/tcp/10.78.0.1/$1"
			while [[ ! -e $2/go ]]; do sleep 0.1; done
			echo data >&3; sleep 100' sh "$2" "$TAP_TMP"
	done
}

# finds FINDINGS: check gives just those.
finds() {
	run in_ns "$TCPTRIAGE" check -J
	[[ $(jq -r '.findings | map("\(.id) \(.severity)") | join(", ")' "$TAP_TMP/out") == "$1" ]]
}

netns_use "$client"
connects 4 7000
established() {
	(($(in_ns ss -Htn state established | wc -l) == $1))
}
ok "four connections stand" poll 20 established 4
ok "between the two nothing is wrong" finds ""
in_ns ip neigh replace 10.78.0.1 lladdr 02:00:00:00:00:99 nud permanent dev ttb0
touch "$TAP_TMP/go"
ok "the path is cut: retransmissions in vain" poll 60 finds "peer-not-acking warning"
json_is '.findings[0].evidence.peers[0] | [.direction, .remote, .port, .count]' \
	'["out","10.78.0.1",7000,4]' "toward whom"
in_ns ip neigh del 10.78.0.1 dev ttb0
ok "and mended" poll 60 finds ""
connects 3 7001
ok "nobody accepts: no answer to the client" poll 60 finds "syn-sent-stuck warning"
netns_use "$server"
# The last SYN may be some time ago: the queue is full all the same.
ok "the server sees its queue" finds "accept-queue-full critical"
is "$status" 2 "which is critical there"

# --- TIME_WAIT beyond its limit ---
netns_make
ns_sysctl net.ipv4.tcp_max_tw_buckets 30
lab crafted --state time-wait --count 30 --quiet
run in_ns "$TCPTRIAGE" check -J
is "$status" 1 "TIME_WAIT at its limit"
json_is '.findings[] | [.id, .severity]' '["time-wait-overflow","warning"]'

done_testing
