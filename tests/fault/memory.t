#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 400
# Every allocation fails in turn: the right answer or status 3 with a reason; never a crash, a hang or
# a short answer that looks whole. FULL=1 takes each allocation, else about STEPS of them a command.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: the shim replaces malloc"
needs_netns
shim=${BUILD:-$TAP_TOP/build/plain}/tests/fault/shim.so
[[ -e $shim ]] || bail "no $shim: run it by make check"
: "${STEPS:=20}"
netns_make
lab listen --count 3 + established --count 20 + close-wait-leaked --count 5

# What may differ between two runs of the same command: times and what hangs on them.
stable() {
	jq -cS 'if .findings then {verdict} else . end |
		del(.source, .sockets[]?.cookie?, .sockets[]?.send_queue?, .sockets[]?.cgroup?) | walk(if type == "object" then with_entries(select(.key | test("time|seconds|rate|notes|history|coverage|free|source|user$|cgroup|unit|cmdline|drops|verdict|advice|oldest|fds") | not)) else . end)' "$1" 2>&1
}

# dry COMMAND...: each of its allocations.
dry() {
	local n k step=1 crashes='' silent='' ok=0 failed=0 marked=0 expected
	run in_ns env LD_PRELOAD="$shim" ALLOC_COUNT="$TAP_TMP/allocations" "$TCPTRIAGE" "$@"
	expected=$(stable "$TAP_TMP/out")
	local expected_status=$status
	n=$(cat "$TAP_TMP/allocations")
	((n > STEPS)) && [[ ! ${FULL:-} ]] && step=$((n / STEPS))
	for ((k = 1; k <= n; k += step)); do
		run in_ns env LD_PRELOAD="$shim" ALLOC_FAIL="$k" "$TCPTRIAGE" "$@"
		if ((status >= 124)); then
			crashes+=" $k:$status"
		elif ((status == 3)); then
			[[ $err ]] || silent+=" $k:no-reason"
			if [[ $out ]]; then ((marked++)); else ((failed++)); fi
			[[ ! $out ]] || jq -e '.complete == false' "$TAP_TMP/out" >/dev/null || silent+=" $k:unmarked"
		elif [[ $status == "$expected_status" && $(stable "$TAP_TMP/out") == "$expected" ]]; then
			((ok++))
		elif [[ $(jq -r .source "$TAP_TMP/out") == proc && $err == *"reading /proc"* ]]; then
			((ok++)) # /proc knows less, and that is told.
		else
			silent+=" $k:$status"
		fi
	done
	is "$crashes" "" "$*: no crash, no hang ($n allocations)"
	is "$silent" "" "$*: nothing silently different ($failed status 3, $ok right, $marked marked)"
	cmp_ok $((failed + ok + marked)) '>' 0 "$*: allocations did fail"
}

dry states -J
dry states -J --source=proc
dry list -J -p
dry count -J state time-wait
dry close-wait -J
dry listeners -J
dry handshakes -J
dry states -J --by=process
# Its verdict on CLOSE_WAIT changes as they grow older.
lab_stop
netns_make
lab listen --count 3 + established --count 20
dry check -J --sample=0
dry ports -J
done_testing
