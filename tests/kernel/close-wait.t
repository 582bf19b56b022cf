#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# close-wait: classes, holders, ages and names against the laboratory's own account, and what is said
# where holders cannot be seen.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq
needs_netns
needs_root "other processes are read"

# cw ARGS...: the JSON of close-wait in the namespace.
cw() {
	run in_ns "$TCPTRIAGE" close-wait -J "$@"
}

# owner_is PID EXPR EXPECTED [NAME]: jq's EXPR on the row of process PID.
owner_is() {
	json_is ".owners[] | select(.pid == $1) | $2" "$3" "${4:-$2 of the owner is $3}"
}

now() {
	date +%s.%N
}

# elapsed SINCE SECONDS: so much time has passed.
elapsed() {
	awk -v a="$1" -v b="$(now)" -v s="$2" 'BEGIN { exit !(b - a >= s) }'
}

# between LOW X HIGH NAME: reals.
between() {
	ok "$4" awk -v l="$1" -v x="$2" -v h="$3" 'BEGIN { exit !(x != "null" && l <= x && x <= h) }' ||
		diag "$1 <= $2 <= $3"
}

as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all)

# --- who, what, how many; the shared ones first, so that the child has no others ---
netns_make
before=$(now)
lab close-wait-shared --count 4 + close-wait-unread --count 5 + close-wait-leaked --count 7 + \
	close-wait-unaccepted --count 3
after=$(now)
kernel=$(in_ns ss -Htan state close-wait | wc -l)
child=$(pgrep -P "$lab_pid" | head -n 1)
poll 20 elapsed "$after" 2.5
from=$(now)
cw
until=$(now)
is "$status" 0 "exit status 0"
json_valid "valid JSON"
json_is .total "$kernel" "total is the kernel's"
json_is '[.total,.unread,.leaked,.unaccepted,.unowned]' '[19,5,11,3,0]'
json_is '.owners | length' 2
json_is '.owners[0].pid' "$lab_pid" "the process with most sockets first"
owner_is "$lab_pid" '[.sockets,.unread,.leaked,.unaccepted]' '[19,5,11,3]'
owner_is "$lab_pid" .recv_queue_bytes 8 "a FIN counts one byte, as in Recv-Q"
owner_is "$lab_pid" .shared_with "[$child]" "the forked child is named"
owner_is "$child" '[.sockets,.leaked]' '[4,4]'
owner_is "$child" .shared_with "[$lab_pid]"
owner_is "$child" .parent "$lab_pid"
owner_is "$lab_pid" '[.user,.uid,.process]' '["root",0,"lab"]'
owner_is "$lab_pid" '.cmdline | contains("close-wait-shared --count 4 + ")' true
owner_is "$lab_pid" .fds.open "$(find "/proc/$lab_pid/fd" -mindepth 1 | wc -l)"
owner_is "$lab_pid" .fds.limit "$(awk '/Max open files/ { print $4 }' "/proc/$lab_pid/limits")"
owner_is "$lab_pid" '[.remote[] | [.address,.port,.sockets]]' '[["127.0.0.1",0,19]]' \
	"the peers' ports say nothing"
ports=$(lab_get 'map(select(.role == "listener") | .lport) | sort')
owner_is "$lab_pid" '[.local[].port] | sort' "$ports" "the service's ports do"
owner_is "$lab_pid" .verdict recent
between "$(awk -v a="$after" -v b="$from" 'BEGIN { print b - a - 0.1 }')" \
	"$(jq '.owners[0].oldest_seconds' "$TAP_TMP/out")" \
	"$(awk -v a="$before" -v b="$until" 'BEGIN { print b - a + 0.1 }')" \
	"the oldest is as old as the stopwatch says"
between "$(awk -v a="$after" -v b="$from" 'BEGIN { print b - a - 0.1 }')" \
	"$(jq '.owners[0].median_seconds' "$TAP_TMP/out")" \
	"$(jq '.owners[0].oldest_seconds' "$TAP_TMP/out")" "the median is not older than the oldest"

cw --source=proc
json_is '[.source,.total,.unread,.leaked,.unaccepted,.unowned]' '["proc",19,5,11,3,0]'
owner_is "$lab_pid" '[.oldest_seconds,.median_seconds]' '[null,null]' "/proc tells no ages"

cw --older=1000
json_is '[.total, (.owners | length)]' '[0,0]' "nothing is that old"
cw --older=2
json_is .total 19 "all are older than 2 s"

cw --sockets
json_is '.sockets | length' 19 "a row for each socket"
json_is '[.sockets[] | select(.class != "unaccepted") | {inode,pid,fd}] | sort_by(.inode)' \
	"$(lab_get '[.[] | select(.role == "subject" and .inode > 0) | {inode,pid,fd}] | sort_by(.inode)')" \
	"inode, process and descriptor of each are the laboratory's"
json_is '[.sockets[] | select(.class == "unaccepted") | [.pid,.fd,.inode]] | unique' "[[$lab_pid,null,null]]" \
	"an unaccepted one has none, but a process"
run in_ns "$TCPTRIAGE" close-wait --sockets -H
is "$(wc -l <<<"$out")" 19 "--sockets -H: rows and nothing else"
run in_ns "$TCPTRIAGE" close-wait
like "$out" '^ *PID +SOCKETS' "a heading"
like "$out" $'\n19 in CLOSE_WAIT: 5 unread, 11 leaked, 3 unaccepted; 0 without a known process' "a summary"

# --- a filter that no listener matches still finds whose accept queue it is ---
remote=$(lab_get '[.[] | select(.kind == "close-wait-unaccepted" and .role == "subject")][0].rport')
cw dport = ":$remote"
json_is '[.total,.unaccepted,.unowned]' '[1,1,0]'
owner_is "$lab_pid" .unaccepted 1
owner_is "$lab_pid" '[.remote[] | [.address,.port,.sockets]]' "[[\"127.0.0.1\",$remote,1]]" "a port that all have"
cw state close-wait
json_is '[.total,.unaccepted,.unowned]' '[19,3,0]'

# --- no rights: right totals, what is missing, and why ---
run in_ns "${as_nobody[@]}" "$TCPTRIAGE" close-wait -J
is "$status" 0 "as nobody: exit status 0"
json_is '[.total,.unread,.leaked,.unaccepted,.unowned]' '[19,5,11,3,19]'
json_is '.owners | length' 0
json_is '[.unowned_reasons.unreadable, .complete]' '[19,true]'
json_is '.coverage | .unreadable > 0 and .unreadable < .processes + 1' true "coverage in numbers"
json_is '.notes | map(select(contains("CAP_SYS_PTRACE") and contains("CAP_DAC_READ_SEARCH"))) | length' 1 \
	"a note names what would help"
json_is '[.unowned_groups[].sockets] | add' 19 "user and cgroup are told without rights"
json_is '.unowned_groups[0].cgroup | type' \
	"$([[ $(grep -c cgroup2 /proc/self/mounts) == 0 ]] && echo null || echo string)"
like "$err" 'holders found for 0 of 17 sockets: [0-9]+ of [0-9]+ processes' "the same on stderr"

# --- half the rights: fdinfo instead of links ---
if run in_ns setpriv --bounding-set=-all,+sys_ptrace --inh-caps=-all,+sys_ptrace \
	--ambient-caps=-all,+sys_ptrace --reuid 65534 --regid 65534 --clear-groups \
	"$TCPTRIAGE" close-wait -J && ((status == 0)); then
	json_is '[.total,.unowned]' '[19,0]' "CAP_SYS_PTRACE alone finds every holder"
	owner_is "$lab_pid" '[.sockets,.shared_with]' "[19,[$child]]"
else
	skip_one "CAP_SYS_PTRACE alone finds every holder" "setpriv cannot"
fi

# --- few descriptors ---
run in_ns prlimit --nofile=5 "$TCPTRIAGE" close-wait -J
is "$status" 3 "5 descriptors: exit status 3"
json_is '[.total,.complete]' '[19,false]'
like "$err" 'RLIMIT_NOFILE' "the limit is named"
run in_ns prlimit --nofile=8 "$TCPTRIAGE" close-wait -J
json_is '[.total,.unowned,.complete]' '[19,0,true]' "8 descriptors suffice"

# --- no /proc, and one that hides ---
run in_ns unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" close-wait -J' "$TCPTRIAGE"
is "$status" 3 "no /proc: exit status 3"
json_is '[.total,.unowned]' '[19,19]' "no /proc: the sockets are there"
like "$err" 'mount -t proc' "no /proc: what to do"
run in_ns unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc 2>/dev/null || exit 77
	exec setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all "$0" close-wait -J' \
	"$TCPTRIAGE"
if ((status == 77)); then
	skip_one "hidepid: said" "/proc cannot be mounted"
else
	json_is '[.total,.unowned,.unowned_reasons.unreadable,.coverage.hidden]' '[19,19,19,true]'
	like "$err" hidepid "hidepid: said"
fi
lab_stop

# --- holders that /proc/PID/fd does not show; with many descriptors the kernel lists them for us: of all processes at
# once, and of each by itself where their tables are large ---
many_ones=("" "established --quiet --count 100 + established-repair --quiet --count 10500 --per-process 50 +"
	"established --quiet --count 100 + established-repair --quiet --count 40000 --per-process 19000 +")
[[ $(ulimit -Hn) == unlimited || $(ulimit -Hn) -ge 20000 ]] || many_ones=("")
for kind in io-uring unshared-thread zombie-leader; do
	for many in "${many_ones[@]}"; do
		netns_make
		# shellcheck disable=SC2086
		lab $many "$kind" --count 3
		cw
		json_is '[.total,.leaked,.unowned]' '[3,3,0]' "$kind: found${many:+ among many}"
		json_is '.owners | map([.pid,.sockets,.shared_with])' "[[$lab_pid,3,[]]]" "$kind: the process"
		lab_stop
	done
done
for many in "${many_ones[@]}"; do
	netns_make
	# shellcheck disable=SC2086
	lab $many scm-rights --count 3
	cw
	json_is '[.total,.leaked,.unowned,.unowned_reasons.in_flight]' '[3,3,3,3]' "in messages: told apart"
	lab_stop
done

# --- whose accept queue: every pairing of families ---
for family in 4 6 mapped; do
	netns_make
	lab close-wait-unaccepted --count 2 --family "$family"
	cw
	json_is '[.total,.unaccepted,.unowned,.owners[0].pid]' "[2,2,0,$lab_pid]" "unaccepted, family $family"
	lab_stop
done
netns_make
lab close-wait-unaccepted --count 2 --addr 0.0.0.0
cw
json_is '[.unaccepted,.unowned,.owners[0].pid]' "[2,0,$lab_pid]" "unaccepted, a listener on any address"
lab_stop

# --- keepalive traffic hides the age: what was seen before counts ---
netns_make
ns_sysctl net.ipv4.tcp_keepalive_time 1
ns_sysctl net.ipv4.tcp_keepalive_intvl 1
lab close-wait-leaked --count 1 --keepalive
after=$(now)
poll 20 elapsed "$after" 4
cw
between 0 "$(jq '.owners[0].oldest_seconds' "$TAP_TMP/out")" 3.9 "answered keepalives: at least"
cw -i 1 -c 6
is "$(wc -l <"$TAP_TMP/out")" 6 "six documents"
# The last dump began after the fifth document, the first before the first.
like "$(jq -sc 'def t: .time | capture("^(?<s>.*)[.](?<ms>...)Z$") | (.s + "Z" | fromdate) +
	(.ms | tonumber) / 1000;
	.[5].owners[0].oldest_seconds >= (.[4] | t) - (.[0] | t) - 0.01' "$TAP_TMP/out")" true \
	"repeated: at least as long as it was watched"
lab_stop

# --- growth ---
netns_make
lab close-wait-leaked --count 2
in_ns "$TCPTRIAGE" close-wait -J -i 0.3 -c 4 >"$TAP_TMP/growth" 2>/dev/null
is "$(jq -sc '.[-1].owners[0] | [.growth, .verdict]' "$TAP_TMP/growth")" '[0,"recent"]' "no growth"
lab_stop

# --- hostile names ---
netns_make
lab --comm $'\e[31mevil\nil\xff' close-wait-leaked --count 1
run in_ns "$TCPTRIAGE" close-wait -H
is "$(wc -l <"$TAP_TMP/out")" 1 "a newline in a name makes no row"
like "$out" 'x1b\[31mevil\\x0ail\\xff' "escaped in text"
not_ok "no control byte in text" grep -qP '[\x00-\x09\x0b-\x1f\x7f-\xff]' "$TAP_TMP/out"
cw
ok "valid UTF-8 in JSON" iconv -f UTF-8 -t UTF-8 -o /dev/null "$TAP_TMP/out"
json_is '.owners[0].process' $'\e[31mevil\nil\\xff' "and nothing lost"
lab_stop

# --- nothing to look for: no process is looked at ---
netns_make
lab established --count 3
cw
json_is '[.total,.coverage.processes]' '[0,0]' "no CLOSE_WAIT: no search"
is "$err" "" "and no note"

done_testing
