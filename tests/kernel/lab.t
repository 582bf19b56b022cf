#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The laboratory's sockets are what it says they are, by ss and by /proc/net/tcp.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq
needs_netns

# in_state STATE: what ss shows, a line each: local peer recvq sendq inode timer.
in_state() {
	in_ns ss -Htanoe state "$1" | awk '{
		inode = timer = "-"
		for (i = 5; i <= NF; i++) {
			if ($i ~ /^ino:/) inode = substr($i, 5)
			if ($i ~ /^timer:/) timer = $i
		}
		print $3, $4, $1, $2, inode, timer
	}' | sort
}

# in_proc HEX: inodes of the rows of /proc/net/tcp and tcp6 in that state.
in_proc() {
	in_ns cat /proc/net/tcp /proc/net/tcp6 | awk -v st="$1" '$4 == st { print $10 }' | sort
}

# said STATE: the subjects in that state as the laboratory reported them: local peer inode.
said() {
	lab_get ".[] | select(.role == \"subject\" and .state == \"$1\")
		| (if .family == 6 then [\"[\" + .local + \"]\", \"[\" + .remote + \"]\"]
		   else [.local, .remote] end) as \$a
		| \"\\(\$a[0]):\\(.lport) \\(\$a[1]):\\(.rport) \\(.inode)\"" | sort
}

# same NAME STATE SS-STATE HEX: exactly the reported subjects are in the state, for ss and /proc.
same() {
	local expected
	expected=$(said "$2")
	isnt "$expected" "" "$1: something was made"
	if [[ $2 == LISTEN ]]; then
		expected=$(awk '{ print $1, $3 }' <<<"$expected")
		is "$(in_state "$3" | awk '{ print $1, $5 }')" "$expected" "$1: ss shows these and no others"
	else
		is "$(in_state "$3" | awk '{ print $1, $2, $5 }')" "$expected" "$1: ss shows these and no others"
	fi
	is "$(in_proc "$4")" "$(awk '{ print $NF }' <<<"$expected" | sort)" "$1: and so does /proc"
}

# subject KEY: of the first subject.
subject() {
	lab_get "map(select(.role == \"subject\"))[0].$1"
}

# --- one-sided kinds: nothing else is in the namespace ---

for kind in "fin-wait1 FIN_WAIT1 fin-wait-1 04" "closing CLOSING closing 0B" \
	"last-ack LAST_ACK last-ack 09" "syn-sent SYN_SENT syn-sent 02" "syn-recv SYN_RECV syn-recv 03"; do
	read -r name state ss hex <<<"$kind"
	for family in 4 6 mapped; do
		netns_make
		lab "$name" --family "$family" --count 3 --remotes 2
		same "$name, family $family" "$state" "$ss" "$hex"
		listeners=0
		[[ $name != syn-recv ]] || listeners=1
		is "$(in_ns ss -Htan | wc -l)" $((3 + listeners)) "$name, family $family: nothing else"
		lab_stop
	done
done

netns_make
lab crafted --state close-wait --count 2 + crafted --state fin-wait2 + \
	crafted --state time-wait --count 2 + crafted --outbound --bind auto --port 443
same "crafted CLOSE_WAIT" CLOSE_WAIT close-wait 08
same "crafted FIN_WAIT2" FIN_WAIT2 fin-wait-2 05
same "crafted TIME_WAIT" TIME_WAIT time-wait 06
same "crafted ESTABLISHED" ESTABLISHED established 01
like "$(in_state established)" '192\.0\.2\.1:443 ' "an outbound one goes to the service's port"
lab_stop
is "$(in_ns ss -Htan state fin-wait-1 state last-ack)" "" "ended, it leaves no orphans that send FINs"

netns_make
lab fin-wait1 --orphan --count 2
same "orphaned FIN_WAIT1" FIN_WAIT1 fin-wait-1 04
lab_stop

# --- hundreds of thousands, in miniature ---

netns_make
lab established-repair --count 250 --per-process 100 --remotes 7 --port 8443
same "established-repair" ESTABLISHED established 01
is "$(lab_get 'map(.pid) | unique | length')" 3 "established-repair: three processes hold them"
is "$(lab_get 'map(.remote) | unique | length')" 7 "established-repair: seven peer addresses"
is "$(lab_get 'map(.lport) | unique')" '[8443]' "established-repair: one service port"
pids=$(lab_get 'map(.pid) | unique | .[]')
lab_stop
gone() {
	local pid
	for pid in $pids; do [[ ! -e /proc/$pid ]] || return 1; done
}
ok "established-repair: its processes end with it" poll 10 gone

# --- loopback pairs ---

for family in 4 6 mapped; do
	netns_make
	lab established --family "$family" --count 2 --data 5
	is "$(in_state established | awk '$3 == 5 { print $1, $2, $5 }')" "$(said ESTABLISHED)" \
		"established, family $family: the subjects have the unread bytes"
	is "$(in_state established | wc -l)" 4 "established, family $family: two pairs"
	lab_stop
	netns_make
	lab time-wait --family "$family" --count 3
	same "time-wait, family $family" TIME_WAIT time-wait 06
	is "$(in_ns ss -Htan | wc -l)" 4 "time-wait, family $family: nothing else but the listener"
	lab_stop
done

netns_make
lab time-wait --count 2 --server-side --port 7001
is "$(in_state time-wait | awk '{ print $1 }' | uniq)" 127.0.0.1:7001 "--server-side: on the service's port"
lab_stop

netns_make
lab fin-wait2 --count 2
same "fin-wait2" FIN_WAIT2 fin-wait-2 05
is "$(in_state fin-wait-2 | awk '{ print $6 }' | uniq)" - "fin-wait2: no timer, the descriptor is open"
lab_stop

netns_make
lab fin-wait2-orphan --count 2
same "fin-wait2-orphan" FIN_WAIT2 fin-wait-2 05
like "$(in_state fin-wait-2)" 'timer:\(timewait' "fin-wait2-orphan: a mini-socket"
lab_stop

# --- CLOSE_WAIT ---

for kind in "leaked 0" "unread 1" "data 101" "shared 0" "unaccepted 1"; do
	read -r name queue <<<"$kind"
	netns_make
	lab "close-wait-$name" --count 2
	same "close-wait-$name" CLOSE_WAIT close-wait 08
	is "$(in_state close-wait | awk '{ print $3 }' | uniq)" "$queue" "close-wait-$name: Recv-Q $queue"
	case $name in
	unaccepted)
		is "$(in_state listening | awk '{ print $3 }')" 2 "close-wait-unaccepted: in the accept queue"
		;;
	shared)
		child=$(pgrep -P "$lab_pid")
		is "$(readlink "/proc/$child"/fd/* 2>/dev/null | grep -c "socket:\[$(subject inode)\]")" 1 \
			"close-wait-shared: a child holds it too"
		;;
	esac
	lab_stop
done

netns_make
lab close-wait-leaked --peer shutdown
is "$(in_state fin-wait-2 | awk '{ print $6 }')" - "close-wait --peer=shutdown: the peer keeps its descriptor"
lab_stop

# --- listeners and bound sockets ---

# taken ADDRESS PORT: nobody can bind there.
taken() {
	run in_ns "$LAB" listen --addr "$1" --port "$2"
	[[ $err == *'Address already in use'* ]]
}

netns_make
lab listen --count 2 --port 7100 --backlog 5 --queued 3
same "listen" LISTEN listening 0A
is "$(in_state listening | awk '{ print $3, $4 }' | uniq)" "3 5" "listen: three wait, the limit is five"
lab_stop

netns_make
lab listen --family 6 --addr :: --port 7200 --v6only + listen --family 6 --addr :: --port 7201
is "$(in_state listening | awk '{ print $1 }' | paste -sd ' ')" '*:7201 [::]:7200' \
	"listen: IPv6 only, and both families"
lab_stop

netns_make
lab accept-full --backlog 2 --extra 2
is "$(in_state listening | awk '{ print $3, $4 }')" "3 2" "accept-full: one beyond the limit"
is "$(in_state syn-sent | wc -l)" 2 "accept-full: who comes then is ignored"
lab_stop

netns_make
lab bound --port 7300 --count 2
is "$(in_ns ss -Htan | wc -l)" 0 "bound: in no list of ss"
ok "bound: the port is taken" taken 127.0.0.1 7301
lab_stop

netns_make
lab reset-bound --client-port 7400
is "$(in_ns ss -Htan | grep -c 7400)" 0 "reset-bound: in no list of ss"
is "$(subject state)" CLOSE "reset-bound: TCP_INFO says CLOSE"
ok "reset-bound: the port is taken" taken 127.0.0.1 7400
lab_stop

# --- how clients got their port ---

for bind in auto zero no-port explicit; do
	netns_make
	ns_sysctl net.ipv4.ip_local_port_range "40000 40001"
	lab established --bind "$bind" --port 7500 --client-port 40001
	port=$(subject lport)
	like "$port" '^4000[01]$' "--bind=$bind: a port of the range"
	# Only a port that bind() took is lost for connections to elsewhere.
	ns_sysctl net.ipv4.ip_local_port_range "$port $port"
	run in_ns "$LAB" established --port 7501
	case $bind in
	explicit | zero) like "$err" 'Cannot assign requested' "--bind=$bind: taken from everyone" ;;
	*) is "$status" 0 "--bind=$bind: free for another destination" ;;
	esac
	lab_stop
done

# --- holders that a process does not show ---

# fd_has PID INODE
fd_has() {
	readlink "/proc/$1"/fd/* 2>/dev/null | grep -qF "socket:[$2]"
}

netns_make
lab io-uring
same "io-uring" CLOSE_WAIT close-wait 08
not_ok "io-uring: no descriptor" fd_has "$lab_pid" "$(subject inode)"
ring=$(find "/proc/$lab_pid/fd" -lname '*io_uring*' -printf '%f\n')
ok "io-uring: the ring's fdinfo has it" grep -qF "socket:[$(subject inode)]" "/proc/$lab_pid/fdinfo/$ring"
lab_stop

netns_make
lab scm-rights
same "scm-rights" CLOSE_WAIT close-wait 08
not_ok "scm-rights: no descriptor" fd_has "$lab_pid" "$(subject inode)"
ok "scm-rights: one is in flight" grep -q '^scm_fds:[[:space:]]*1$' "/proc/$lab_pid"/fdinfo/*
lab_stop

netns_make
lab unshared-thread
same "unshared-thread" CLOSE_WAIT close-wait 08
not_ok "unshared-thread: not in the process's table" fd_has "$lab_pid" "$(subject inode)"
ok "unshared-thread: in the thread's" fd_has "$lab_pid/task/$(subject tid)" "$(subject inode)"
lab_stop

netns_make
lab zombie-leader
same "zombie-leader" CLOSE_WAIT close-wait 08
zombie() { [[ $(awk '{ print $3 }' "/proc/$lab_pid/stat") == Z ]]; }
ok "zombie-leader: the leader is a zombie" poll 10 zombie
not_ok "zombie-leader: its folder shows no descriptor" fd_has "$lab_pid" "$(subject inode)"
thread=$(find "/proc/$lab_pid/task" -mindepth 1 -maxdepth 1 ! -name "$lab_pid" -printf '%f\n')
ok "zombie-leader: the living thread's does" fd_has "$lab_pid/task/$thread" "$(subject inode)"
lab_stop

# --- names, churn, endings ---

netns_make
lab --argv $'odd\tname' --comm 'a) S 1 (b' listen
is "$(cat "/proc/$lab_pid/comm")" 'a) S 1 (b' "--comm"
is "$(tr '\0' '|' <"/proc/$lab_pid/cmdline")" $'odd\tname|--comm|a) S 1 (b|listen|' "--argv"
lab_stop

netns_make
lab churn --rate 200 --seconds 1
ok "churn ends with a tally" poll 20 grep -q '"role":"churn"' "$lab_out"
tally=$(lab_get 'map(select(.role == "churn"))[0]')
cmp_ok "$(jq .done <<<"$tally")" '>' 0 "churn made connections"
is "$(jq -c '[.tried == .done, .failures]' <<<"$tally")" '[true,{}]' "churn: none failed"
cmp_ok "$(in_state time-wait | wc -l)" '>' 0 "churn leaves TIME_WAIT"
cmp_ok "$(in_state time-wait | wc -l)" '<=' "$(jq .done <<<"$tally")" "churn: at most as many as it made"
lab_stop

run in_ns "$LAB" close-wait-shared
is "$status" 0 "it ends when stdin closes"
run in_ns "$LAB" nonsense
is "$status$out" 64 "an unknown kind is a usage error"

# A stand-in for a host: a namespace with a device that is up and not a test's.
netns_make
in_ns ip link add eth9 type veth peer name tt9
in_ns ip link set eth9 up
run in_ns "$LAB" fin-wait1
is "$status$out" 1 "one-sided kinds are refused where a device is up"
like "$err" 'eth9 is up here' "and say so"
is "$(in_ns ip route)" "" "no route was touched"
done_testing
