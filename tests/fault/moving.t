#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# What moves while it is read: a crowded table under churn, processes and namespaces that vanish, a
# clock that is set, a neighbour who forges the kernel's answers.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: rights, limits and times are what it is about"
needs_root
needs_netns
needs_command jq
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
build=${BUILD:-$TAP_TOP/build/plain}/tests/fault

# --- forged answers ---

netns_make
lab listen --count 3 + established --count 300 --quiet
total=$(in_ns ss -Htan | wc -l)
[[ -e $build/forge ]] || bail "no $build/forge: run it by make check"
mkfifo "$TAP_TMP/hold"
exec {hold}<>"$TAP_TMP/hold"
"${netns_enter[@]}" "$build/forge" <"$TAP_TMP/hold" >"$TAP_TMP/forged" &
forger=$!
run in_ns "$TCPTRIAGE" count -i 0.02 -c 100
is "$status" 0 "a neighbour forges answers: count goes on"
is "$(sort -u <<<"$out")" "$total" "and is right each time"
run in_ns "$TCPTRIAGE" list -J state close-wait
json_is '[.sockets, .complete]' '[[],true]' "no forged socket is listed"
echo >&"$hold"
wait "$forger"
forged=$(cat "$TAP_TMP/forged")
diag "$forged"
like "$forged" "^seen [1-9][0-9]+ sent 0 refused [1-9]" "the kernel delivered none: the sockets are connected to it"

# --- a crowded table under churn ---

# A namespace with a table of its own of 64 buckets.
if ns_sysctl net.ipv4.tcp_child_ehash_entries 64 2>/dev/null; then
	"${netns_enter[@]}" unshare -n sleep infinity </dev/null >/dev/null 2>&1 &
	tap_pids+=("$!")
	outer=$(readlink "/proc/$netns_pid/ns/net")
	netns_use "$!"
	poll 10 netns_ready "$outer" || bail "no namespace within the namespace"
	in_ns ip link set lo up
	is "$(in_ns cat /proc/sys/net/ipv4/tcp_ehash_entries)" 64 "64 buckets"
	ns_sysctl net.ipv4.ip_local_port_range "10000 60000"
	lab established --count 2000 --quiet --port 5000
	lab churn --rate 1000 --seconds 60
	churn=$lab_pid
	repeated=0 doubled='' short='' unsaid=''
	for i in {1..15}; do
		run in_ns "$TCPTRIAGE" list -J --debug
		doubled+=$(jq -r '[.sockets[] | select(.cookie)] | length - (unique_by(.cookie) | length) | select(. > 0) | " \(.)"' \
			"$TAP_TMP/out")
		here=$(jq '[.sockets[] | select(.local_port == 5000 or .remote_port == 5000)] | length' "$TAP_TMP/out")
		((here >= 3980 && here <= 4001)) || short+=" $here"
		run in_ns "$TCPTRIAGE" states -J --debug
		here=$(jq .states.ESTABLISHED "$TAP_TMP/out")
		((here >= 3980 && here <= 4010)) || short+=" $here"
		repeats=$(sed -n 's/.*, \([0-9]*\) repeats.*/\1/p' "$TAP_TMP/err")
		((repeats == 0)) || {
			repeated=$((repeated + 1))
			[[ $err == *"moved while it was read: $repeats socket"* && $(jq '.notes | length' "$TAP_TMP/out") == 1 ]] ||
				unsaid+=" $repeats"
		}
	done
	is "$doubled" "" "no socket is listed twice"
	is "$short" "" "of 4,001 that stay nearly all are seen each time"
	is "$unsaid" "" "sockets that came twice are told ($repeated of 15 dumps)"
	lab_stop "$churn"
else
	skip_one "a crowded table" "no tcp_child_ehash_entries"
fi

# --- processes that vanish ---

netns_make
cat >"$TAP_TMP/vanish" <<-'END'
	# Processes with a listener and a connection to it, each for a moment, until stdin ends.
	import os, select, socket, sys
	while not select.select([0], [], [], 0.01)[0]:
	    children = []
	    for i in range(8):
	        pid = os.fork()
	        if pid == 0:
	            s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
	            c = socket.create_connection(s.getsockname()); a = s.accept()[0]
	            a.close()
	            os._exit(0)
	        children.append(pid)
	    for pid in children:
	        os.waitpid(pid, 0)
END
if command -v python3 >/dev/null; then
	mkfifo "$TAP_TMP/hold2"
	exec {hold2}<>"$TAP_TMP/hold2"
	"${netns_enter[@]}" python3 "$TAP_TMP/vanish" <"$TAP_TMP/hold2" >/dev/null 2>&1 &
	vanishing=$!
	bad='' n=0
	for i in {1..6}; do
		for command in "list -p -J" "close-wait -J" "listeners -J" "check -J --sample=0" "states -J --by=process,user"; do
			# shellcheck disable=SC2086
			run in_ns "$TCPTRIAGE" $command
			n=$((n + 1))
			((status <= 1)) && [[ $(jq .complete "$TAP_TMP/out") == true ]] || bad+=" $command:$status:$err"
		done
	done
	is "$bad" "" "processes come and go: $n answers are whole"
	kill -0 "$vanishing" && pass "they did come and go" || fail "they did come and go"
	echo >&"$hold2"
	wait "$vanishing"
	bad=
	for i in {1..10}; do
		unshare -n sleep 0.01 &
		run "$TCPTRIAGE" states -J -N all
		[[ $status == [03] ]] && json_parses "$TAP_TMP/out" || bad+=" $status:$err"
		wait $!
	done
	is "$bad" "" "namespaces come and go: -N all ends in order"
else
	skip_one "processes that vanish" "no python3"
fi

# --- a clock that is set ---

if [[ ! ${SAN:-} && -e $build/shim.so ]]; then
	netns_make
	lab listen --count 2 + established --count 5
	total=$(in_ns ss -Htan | wc -l)
	for step in -86400@3 86400@3 -2000000000@2 9000000000@2; do
		stepped=(env LD_PRELOAD="$build/shim.so" CLOCK_STEP="$step" "$TCPTRIAGE")
		run in_ns "${stepped[@]}" states -J -i 0.05 -c 4
		is "$status:$(jq -sc 'map(.total) | unique' "$TAP_TMP/out")" "0:[$total]" "clock $step: states -i"
		run in_ns "${stepped[@]}" check -J --sample=0.1
		is "$status" 0 "clock $step: check"
		run in_ns "${stepped[@]}" listeners -J --sample=0.1
		json_is '[.. | numbers | select(. < 0)] | length' 0 "clock $step: no rate is negative"
		run in_ns "${stepped[@]}" ports -J -i 0.05 -c 3
		is "$(jq -s '[.[].pools[] | .. | numbers | select(. < 0)] | length' "$TAP_TMP/out")" 0 "clock $step: no number of ports is"
		rm -f "$TAP_TMP/record"
		run in_ns "${stepped[@]}" record "$TAP_TMP/record" -i 0.05 -c 5
		is "$status" 0 "clock $step: record"
		run "$TCPTRIAGE" states -J -i 0.01 --from="$TAP_TMP/record"
		is "$status:$(jq -sc 'map(.total)' "$TAP_TMP/out")" "0:[$total,$total,$total,$total,$total]" \
			"clock $step: every sample is played, in order"
		run "$TCPTRIAGE" check -J --from="$TAP_TMP/record"
		cmp_ok "$status" '<=' 1 "clock $step: check --from it"
		run in_ns "${stepped[@]}" metrics
		is "$status" 0 "clock $step: metrics"
	done
else
	skip_one "a clock that is set" "no shim under sanitizers"
fi
done_testing
