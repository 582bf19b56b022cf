#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 600
# 59,400 CLOSE_WAIT and 60,000 ESTABLISHED sockets: every count exact, every holder found, and memory
# that does not grow with them.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: a sanitizer's memory is not ours"
needs_root
needs_netns
needs_command jq
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
(($(ulimit -Hn) >= 15000)) || skip "no more than $(ulimit -Hn) descriptors a process"
(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) >= 2000000)) || skip "less than 2 GB of memory"
export RUN_TIMEOUT=120 LAB_TIMEOUT=200
netns_make
for i in 1 2 3 4; do
	lab --comm "leaker$i" crafted --state close-wait --quiet --count 14850 --port $((7000 + i)) --remotes 200
done
lab established-repair --quiet --count 60000 --per-process 10000
closing=59400 open=60000

for source in netlink proc; do
	run in_ns "$TCPTRIAGE" states -J --source=$source
	json_is '[.total, .states.CLOSE_WAIT, .states.ESTABLISHED, .complete]' "[$((closing + open)),$closing,$open,true]" \
		"$source: states"
	run in_ns "$TCPTRIAGE" count --source=$source state close-wait
	is "$status:$out" "0:$closing" "$source: count"
done
run in_ns "$TCPTRIAGE" close-wait -J
json_is '[.total, .unowned, (.owners | length), ([.owners[].sockets] | add), (.owners | map(.sockets) | unique)]' \
	"[$closing,0,4,$closing,[14850]]" "close-wait: every socket with its holder"
is "$(in_ns "$TCPTRIAGE" list -H -p state close-wait | grep -c 'leaker[1-4]/[0-9]*/[0-9]*$')" "$closing" "list -p: each on its line, with its holder"
run in_ns "$TCPTRIAGE" states -J --by=process
json_is '[.groups[] | select(.process // "" | startswith("leaker")) | .total]' '[14850,14850,14850,14850]' "states --by=process"

# peak COMMAND...: kB of memory that the command has needed for an answer, while it waits to give the next.
peak() {
	"${netns_enter[@]}" "$TCPTRIAGE" "$@" -i 600 >"$TAP_TMP/answer" 2>/dev/null </dev/null &
	tap_pids+=("$!")
	answered() { [[ -s $TAP_TMP/answer && $(sed 's/.*) //' "/proc/$!/stat") == S* ]]; }
	poll 120 answered || diag "$*: no answer"
	awk '/^VmHWM/ { print $2 }' "/proc/$!/status"
	kill "$!"
	wait "$!" 2>/dev/null
}
for command in "states" "count" "ports" "listeners" "handshakes" "list" "states --by=lport"; do
	# shellcheck disable=SC2086
	cmp_ok "$(peak $command)" '<' 16384 "$command: less than 16 MiB"
done
# The holders of 59,400 sockets take their room.
for command in "close-wait" "check --sample=0" "list -p"; do
	# shellcheck disable=SC2086
	cmp_ok "$(peak $command)" '<' 32768 "$command: less than 32 MiB"
done
done_testing
