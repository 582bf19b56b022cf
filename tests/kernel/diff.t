#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# diff: what grew between two recordings, within one, and until now.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq
needs_netns
netns_make

row() { # row TABLE SELECTOR: [old, new, change] of one row.
	jq -c "[.$1[] | select($2) | [.old, .new, .change]] | first" "$TAP_TMP/out"
}

lab listen --port 7700 + established --count 4 + time-wait --count 3
in_ns "$TCPTRIAGE" record "$TAP_TMP/a" -c 1 >/dev/null 2>&1
kept=$lab_pid
lab close-wait-leaked --count 6 + established --count 2
grown=$lab_pid
in_ns "$TCPTRIAGE" record "$TAP_TMP/b" -c 1 >/dev/null 2>&1
cp "$TAP_TMP/b" "$TAP_TMP/c"

run "$TCPTRIAGE" diff "$TAP_TMP/a" "$TAP_TMP/b" -J
is "$status" 0 "two recordings"
json_valid "JSON"
json_is .schema tcptriage.diff/1 "schema"
old=$("$TCPTRIAGE" count --from="$TAP_TMP/a")
new=$("$TCPTRIAGE" count --from="$TAP_TMP/b")
json_is '[.total.old, .total.new, .total.change]' "[$old,$new,$((new - old))]" "totals"
json_is '.states | length' 12 "all states, in their order"
is "$(row states '.state == "CLOSE_WAIT"')" "[0,6,6]" "the state that grew"
is "$(row states '.state == "LISTEN"')" \
	"[$("$TCPTRIAGE" count --from="$TAP_TMP/a" state listen),$("$TCPTRIAGE" count --from="$TAP_TMP/b" state listen),$(jq '.states[0].change' "$TAP_TMP/out")]" \
	"another"
is "$(row owners ".pid == $grown" | jq '.[0] == 0 and .[1] > 8')" true "the process that came"
is "$(row owners ".pid == $kept")" null "who did not change is left out"
json_is '[.destinations[].change] | length > 0 and (map(fabs) == (map(fabs) | sort | reverse))' true \
	"destinations, the largest change first"
json_is '[.services[] | select(.local_port == 7700)]' '[]' "a port without a change is left out"
json_is '(.new.time > .old.time) and .seconds >= 0' true "when they were"

run "$TCPTRIAGE" diff "$TAP_TMP/b" "$TAP_TMP/a" -J
is "$(row states '.state == "CLOSE_WAIT"')" "[6,0,-6]" "the other way round"
run "$TCPTRIAGE" diff "$TAP_TMP/b" - -J -N "$netns_pid"
((EUID == 0)) && is "$(row states '.state == "CLOSE_WAIT"')" "[6,6,0]" "until now"
lab_stop
run in_ns "$TCPTRIAGE" diff "$TAP_TMP/b" - -J
is "$(row states '.state == "CLOSE_WAIT"')" "[6,0,-6]" "until now, after they went"
json_is '[.source, .new.file]' '["netlink",null]' "the second side is the running kernel"
in_ns "$TCPTRIAGE" record "$TAP_TMP/b" -c 1 >/dev/null 2>&1
run "$TCPTRIAGE" diff "$TAP_TMP/b" "$TAP_TMP/b" -J
is "$(row states '.state == "CLOSE_WAIT"')" "[6,0,-6]" "one recording: its first and its last sample"

run "$TCPTRIAGE" diff "$TAP_TMP/a" "$TAP_TMP/c"
like "$out" "By process:" "text: by process"
like "$out" "^Sockets: [0-9]+ at .* s"$'\n' "text: the totals"
run "$TCPTRIAGE" diff "$TAP_TMP/a" "$TAP_TMP/c" -t 1
like "$err" "[0-9]+ more" "-t: what was cut is counted"
run "$TCPTRIAGE" diff "$TAP_TMP/a"
is "$status" 64 "one file: usage"
run "$TCPTRIAGE" diff - -
is "$status" 64 "now and now: usage"
run "$TCPTRIAGE" diff "$TAP_TMP/a" "$TAP_TMP/none"
is "$status:$out" "3:" "no such file"
done_testing
