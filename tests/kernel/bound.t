#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 300
# Where there are many sockets, those that are only bound are looked for beside the dump of the others, which
# relies on the order of the kernel's tables: none is lost, none comes twice, with whatever goes wrong.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq taskset
needs_netns
(($(ulimit -Hn) >= 19500)) || skip "no more than $(ulimit -Hn) descriptors a process"

# So many that a second walk pays, and more bound ones than are held back until the others are through.
netns_make
ns_sysctl net.ipv4.ip_local_port_range "10000 60000"
lab reset-bound --quiet --count 7 + established-repair --quiet --port 8443 --count 21000 + \
	bound --quiet --count 9500 + bound --quiet --count 9500 --family 6 + listen --count 2 + \
	listen --family 6 --count 2 + established --count 5 + time-wait --count 4 + close-wait-leaked --count 3
in_ns "$TCPTRIAGE" list -H state bound >"$TAP_TMP/probe"
[[ -s $TAP_TMP/probe ]] || skip "this kernel does not list bound sockets (Linux 6.8 does)"

# states_of ARGS...: every count, by a command that reads one by one.
states_of() {
	in_ns "$TCPTRIAGE" list -H "$@" 2>/dev/null | awk '{ n[$1]++ } END { for (s in n) print s, n[s] }' | sort
}
# table ARGS...: the same, from states.
table() {
	in_ns "$TCPTRIAGE" states -H "$@" 2>/dev/null | awk '$2 { print $1, $2 }' | sort
}

is "$(table | grep -E '^(BOUND|CLOSE) ')" $'BOUND 19000\nCLOSE 7' "states finds every one"
is "$(table --fast | grep -E '^(BOUND|CLOSE) ')" $'BOUND 19000\nCLOSE 7' "states --fast too"
is "$(states_of | grep -E '^(BOUND|CLOSE) ')" $'BOUND 19000\nCLOSE 7' "and list"
is "$(states_of | grep -vE '^(BOUND|CLOSE) ')" "$(in_ns ss -Htan | awk '{ n[$1]++ } END { for (s in n) print s, n[s] }' |
	sed 's/^ESTAB /ESTABLISHED /; s/-/_/g; s/WAIT_\([12]\)/WAIT\1/' | sort)" "list has of the others what ss has"
for family in -4 -6 "-4 -6"; do
	# shellcheck disable=SC2086
	is "$(states_of $family)" "$(table $family)" "list $family and states agree"
	# shellcheck disable=SC2086
	is "$(table --fast $family)" "$(table $family)" "states --fast $family and states agree"
done
is "$(states_of -4 | grep ^BOUND)" "BOUND 9500" "those of IPv4"
is "$(states_of -6 | grep ^BOUND)" "BOUND 9500" "those of IPv6"
is "$(in_ns "$TCPTRIAGE" list -J | jq '[.sockets[] | .cookie] | (unique | length) == length')" true "each once"
is "$(in_ns "$TCPTRIAGE" count state bound or state close)" 19007 "count"
is "$(states_of state bound)" "BOUND 19000" "asked for alone"
is "$(states_of not state bound | grep -c BOUND)" 0 "not asked for"
is "$(states_of)" "$(in_ns taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" "$TCPTRIAGE" list -H |
	awk '{ n[$1]++ } END { for (s in n) print s, n[s] }' | sort)" "as on one processor"
run in_ns "$TCPTRIAGE" states --fast -i 0.1 -c 4 -J
is "$(jq -s '[.[] | .states.BOUND] | unique' -c <<<"$out")" "[19000]" "again and again the same"

# Few descriptors: one netlink socket must do.
for limit in 5 6 7 8 9; do
	run in_ns bash -c "ulimit -n $limit && exec \"\$0\" list -J" "$TCPTRIAGE"
	if [[ $status == 0 ]]; then
		json_is '[.sockets[] | .state] | map(select(. == "BOUND")) | length' 19000 "$limit descriptors: whole"
	else
		is "$status" 3 "$limit descriptors: refused"
	fi
done

# What goes wrong in one of the two: the right answer, one that says it is /proc's, which does not show them, or a
# marked one.
shim=${BUILD:-$TAP_TOP/build/plain}/tests/fault/shim.so
[[ ${SAN:-} || ! -e $shim ]] && done_testing
total=$(states_of | awk '{ n += $2 } END { print n }')
for fault in error=2@1 error=2@2 errno=105@1 errno=105@2 errno=12@3 half@1 half@2 len=4@1 eof@1 eof@3 trunc@1 trunc@2 \
	short@1 repeat@2; do
	run in_ns env LD_PRELOAD="$shim" NETLINK_FAULT="$fault" "$TCPTRIAGE" list
	lines=$(tail -n +2 "$TAP_TMP/out" | wc -l)
	whole=$total
	grep -q "reading /proc" <<<"$err" && whole=$((total - 19007))
	is "$status:$((status ? 0 : lines))" "$((status ? 3 : 0)):$((status ? 0 : whole))" "$fault: whole, or marked as short"
	is "$lines" "$(tail -n +2 "$TAP_TMP/out" | sort -u | wc -l)" "$fault: nothing twice"
done
# Where netlink fails for good /proc is read, which does not show them.
for fault in errno=105@* error=2@*; do
	run in_ns env LD_PRELOAD="$shim" NETLINK_FAULT="$fault" "$TCPTRIAGE" states --fast -J
	json_is '[.source, .states.BOUND, .states.ESTABLISHED]' '["proc",0,21010]' "$fault: from /proc"
done
done_testing
