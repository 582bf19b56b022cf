#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# states, list and count against ss, /proc and the laboratory's own account, on every source.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq
needs_netns

# Every kind, with what it should make of which state.
kinds=(
	"listen --count 3:LISTEN"
	"listen --count 2 --family 6:LISTEN"
	"syn-sent --count 4:SYN_SENT"
	"syn-recv --count 5:SYN_RECV"
	"established --count 6:ESTABLISHED"
	"established --count 3 --family 6:ESTABLISHED"
	"established --count 3 --family mapped:ESTABLISHED"
	"fin-wait1 --count 3:FIN_WAIT1"
	"fin-wait2 --count 3:FIN_WAIT2"
	"fin-wait2-orphan --count 3:FIN_WAIT2"
	"close-wait-leaked --count 4:CLOSE_WAIT"
	"close-wait-unread --count 4:CLOSE_WAIT"
	"close-wait-unaccepted --count 3:CLOSE_WAIT"
	"closing --count 2:CLOSING"
	"last-ack --count 2:LAST_ACK"
	"time-wait --count 5:TIME_WAIT"
	"reset-bound --count 2:CLOSE"
	"bound --count 2:BOUND"
)

# by_ss: count of every state as ss has it, in the contract's names.
by_ss() {
	in_ns ss -Htan | awk '
		{ s = $1; gsub("-", "_", s); if (s == "ESTAB") s = "ESTABLISHED"
		  if (s == "FIN_WAIT_1") s = "FIN_WAIT1"; if (s == "FIN_WAIT_2") s = "FIN_WAIT2"
		  if (s == "UNCONN") s = "CLOSE"; c[s]++ }
		END { for (s in c) print s, c[s] }' | sort
}

# by_proc: the same from /proc/net/tcp and tcp6.
by_proc() {
	in_ns cat /proc/net/tcp /proc/net/tcp6 | awk '
		BEGIN { split("01 ESTABLISHED 02 SYN_SENT 03 SYN_RECV 04 FIN_WAIT1 05 FIN_WAIT2 06 TIME_WAIT 07 CLOSE 08 CLOSE_WAIT 09 LAST_ACK 0A LISTEN 0B CLOSING", a, " ")
			for (i = 1; i < 23; i += 2) name[a[i]] = a[i + 1] }
		$4 in name { c[name[$4]]++ }
		END { for (s in c) print s, c[s] }' | sort
}

# ours ARGS...: the nonzero states as we have them.
ours() {
	in_ns "$TCPTRIAGE" states -H "$@" 2>/dev/null | awk '$2 > 0 { print $1, $2 }' | sort
}

# document ARGS...: the answer as JSON, without the time.
document() {
	in_ns "$TCPTRIAGE" states -J "$@" 2>/dev/null | jq -c 'del(.time)'
}

# our_total ARGS...
our_count() {
	in_ns "$TCPTRIAGE" count "$@" 2>/dev/null
}

for entry in "${kinds[@]}"; do
	kind=${entry%:*} state=${entry##*:}
	netns_make
	# shellcheck disable=SC2086
	lab $kind
	n=$(lab_get "map(select(.role == \"subject\" and .state == \"$state\")) | length")
	# Neither ss nor /proc shows what is only bound or was reset (state bit 13 asks for them).
	is "$(ours --source=netlink state all exclude close exclude bound)" "$(by_ss)" \
		"$kind: netlink counts as ss does"
	is "$(ours --source=proc)" "$(by_proc)" "$kind: proc counts as /proc does"
	if [[ $state != CLOSE && $state != BOUND ]]; then
		is "$(ours --fast)" "$(by_proc)" "$kind: --fast counts the same"
		is "$(document --fast --source=proc)" "$(document --source=proc)" "$kind: --fast is the same document"
		cmp_ok "$(our_count --source=proc state "$state")" '>=' "$n" "$kind: proc sees what was made"
	else
		is "$(our_count state "$state")" 2 "$kind: they are seen"
	fi
	lab_stop
done

# A mixture: rows, not only numbers.
netns_make
lab listen --count 2 --port 7100 + established --count 20 + established --count 5 --family 6 + \
	established --count 5 --family mapped + time-wait --count 10 + close-wait-leaked --count 5
rows_ss() {
	in_ns ss -Htane | awk '
		{ s = $1; gsub("-", "_", s); if (s == "ESTAB") s = "ESTABLISHED"; sub(/WAIT_/, "WAIT", s)
		  ino = 0; for (i = 6; i <= NF; i++) if ($i ~ /^ino:/) ino = substr($i, 5)
		  l = $4; r = $5; sub(/:\*$/, ":0", r); sub(/^\*:/, "[::]:", l); sub(/^\*:/, "[::]:", r)
		  print s, $2, $3, l, r, ino }' | sort
}
rows_ours() {
	in_ns "$TCPTRIAGE" list -H -o state,recv-q,send-q,local,remote,inode "$@" | tr -s ' ' | sort
}
is "$(rows_ours)" "$(rows_ss)" "list: the same rows as ss"
is "$(rows_ours --source=proc | awk '$1 != "LISTEN"')" "$(rows_ss | awk '$1 != "LISTEN"')" \
	"list --source=proc: the same rows"
is "$(rows_ours -4; rows_ours -6)" "$(rows_ours -4; rows_ours | grep '\[')" "-4 and -6 share them out"
is "$(in_ns "$TCPTRIAGE" list -H -o cookie | sort | uniq -d)" "" "no cookie twice"
run in_ns "$TCPTRIAGE" list -J
json_valid "list -J is JSON"
json_is '.sockets | length' "$(in_ns ss -Htan | wc -l)" "list -J: as many as ss has"
json_is '[.schema, .source, .complete, (.notes | length)]' '["tcptriage.list/1","netlink",true,0]'
json_is '.sockets[0] | keys_unsorted' \
	'["state","family","local","local_port","remote","remote_port","recv_queue","send_queue","uid","inode","cookie","timer","owners","cgroup","netns"]' \
	"list -J: the members of the contract, in its order"
json_is '[.sockets[] | select(.local | startswith("::ffff:"))] | length > 0' true "mapped addresses stay as they are"
run in_ns "$TCPTRIAGE" list -J -p state established
json_is "[.sockets[].owners[]?.pid] | unique" "[$lab_pid]" "list -p finds the holder"
run in_ns "$TCPTRIAGE" list -J --source=proc
json_is '[.source, .sockets[0].cookie]' '["proc",null]' "proc knows no cookie, and says null"

# count: one integer, 0 included.
run in_ns "$TCPTRIAGE" count state time-wait port 5774
is "$out" 0 "count prints a bare 0"
is "$status" 0 "and succeeds"
is "$(our_count state TIME_WAIT)" 10 "count state TIME_WAIT"
is "$(our_count state timewait)" 10 "other spellings"
is "$(our_count state bucket)" 10 "groups"
is "$(our_count sport = :7100 or sport = :7101)" "$(in_ns ss -Htan 'sport = :7100 or sport = :7101' | wc -l)" "ports"
is "$(our_count pid "$lab_pid" state close-wait)" 5 "count by pid"
is "$(our_count comm "lab*" state listen)" "$(our_count state listen)" "count by comm"

# JSON of states.
run in_ns "$TCPTRIAGE" states -J
json_is '.states | keys_unsorted | join(" ")' \
	"LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSE BOUND"
json_is '.total == ([.states[]] | add)' true "the total is the sum"
json_is '.sockets.ipv4 + .sockets.ipv6 == .total' true "and so are the families"
run in_ns "$TCPTRIAGE" states -J --by=family,lport
json_is '[.groups[].total] | add' "$(our_count)" "--by: the groups add up"
json_is '[.groups[].total] == ([.groups[].total] | sort | reverse)' true "--by: by falling total"
run in_ns "$TCPTRIAGE" states -J --by=process state close-wait
json_is '[.groups[] | [.process, .total]]' '[["lab",5]]' "--by=process"
run in_ns "$TCPTRIAGE" states --by=remote state time-wait
like "$out" '^REMOTE +TOTAL +LISTEN .* TIME_WAIT +CLOSE +BOUND' "--by as text: a heading, every state in a pipe"
is "$(awk 'NR == 2 { print NF, $3, $12 }' "$TAP_TMP/out")" "14 0 10" "a count is a number, 0 too"

run in_ns "$TCPTRIAGE" count --source=proc state bound
is "$status:$out" 0:0 "proc: nothing is bound"
like "$err" "BOUND, CLOSE" "as far as it can tell, and it says so"
run in_ns "$TCPTRIAGE" states --source=proc
is "$err" "" "where other states are counted, it says nothing"

# Neither source.
run in_ns unshare -m bash -c 'mount -t tmpfs none /proc && exec "$0" states --source=proc' "$TCPTRIAGE"
is "$out" "" "no /proc and --source=proc: nothing printed"
is "$status" 3 "no /proc and --source=proc: status 3"
like "$err" "could not be read" "with the reason"
done_testing
