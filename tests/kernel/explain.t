#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# explain and states --diagram: the runbook as text and JSON, and the drawing with real counts.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq

run "$TCPTRIAGE" explain
is "$status" 0 "the list"
like "$out" $'^TOPIC +KIND +TITLE\nLISTEN +state ' "has a heading and begins with the states"
is "$(awk 'length > 80' "$TAP_TMP/out")" "" "and fits 80 columns"
rows=$(($(wc -l <"$TAP_TMP/out") - 1))
run "$TCPTRIAGE" explain -H
is "$(wc -l <"$TAP_TMP/out")" "$rows" "-H leaves the heading out"

run "$TCPTRIAGE" explain -J
json_valid "the list as JSON"
json_is '[.schema, .source, .complete, (.topics | length)]' \
	"[\"tcptriage.explain/1\",null,true,$rows]"
json_is '[.topics[].name] | (length - (unique | length))' 0 "no topic twice"
mapfile -t topics < <(jq -r '.topics[].name' "$TAP_TMP/out")
bad=
for topic in "${topics[@]}"; do
	run "$TCPTRIAGE" explain "$topic"
	[[ $status == 0 && $out == "$topic: "* ]] || bad+=" $topic"
	run "$TCPTRIAGE" explain -J "$topic"
	[[ $status == 0 && $(jq -r .topic.name "$TAP_TMP/out") == "$topic" ]] || bad+=" -J:$topic"
done
is "$bad" "" "every topic of the list can be asked for"

run "$TCPTRIAGE" explain net.ipv4.tcp_fin_timeout
like "$out" 'TIME_WAIT, which is 60 s' "a sysctl by its path; it does not touch TIME_WAIT"
run "$TCPTRIAGE" explain Cannot assign requested address
like "$out" '^EADDRNOTAVAIL: ' "an errno by its text, without quotes"
run "$TCPTRIAGE" explain fin-wait-2
like "$out" '^FIN_WAIT2: ' "a state in ss's spelling"
run "$TCPTRIAGE" explain cheatsheet
like "$out" 'lsof -iTCP -sTCP:CLOSE_WAIT' "the cheatsheet has the old line"
like "$out" 'new  tcptriage close-wait' "and the new one"

run "$TCPTRIAGE" explain tcp_tw_resue
is "$status" 64 "an unknown topic is wrong usage"
is "$out" "" "with nothing on standard output"
like "$err" 'did you mean tcp_tw_reuse\?$' "and a suggestion"
run "$TCPTRIAGE" explain $'\e[31m'
unlike "$err" $'\e' "which is escaped"
run "$TCPTRIAGE" explain -4
is "$status" 64 "options that read sockets do not belong to it"

# It works anywhere: no /proc, no netlink, no network.
if unshare -rm true 2>/dev/null; then
	run unshare -rm sh -c 'mount -t tmpfs none /proc && exec "$0" explain TIME_WAIT' "$TCPTRIAGE"
	is "$status" 0 "it works without /proc"
else
	skip_one "it works without /proc" "no privilege to hide it"
fi

# --- the drawing ---

why=$(netns_possible) || skip "$why"
run "$TCPTRIAGE" explain TIME_WAIT
like "$(tr -s '\n ' ' ' <<<"$out")" '240 s [^.]*Windows[^.]*Solaris' "whose 240 s are"
run "$TCPTRIAGE" explain 2MSL
like "$out" '^TIME_WAIT:' "by its other names"

netns_make
lab crafted --state close-wait --count 3 + crafted --state time-wait --count 4
run in_ns "$TCPTRIAGE" states --diagram
is "$status" 0 "the state machine is drawn"
is "$(grep -A1 '| CLOSE_WAIT  |' <<<"$out" | tail -n 1 | awk -F'|' '{ print $(NF - 1) + 0 }')" 3 \
	"with the count of CLOSE_WAIT in its box"
is "$(grep -A1 '|  TIME_WAIT  |' <<<"$out" | tail -n 1 | awk -F'|' '{ print $2 + 0 }')" 4 \
	"and that of TIME_WAIT"
is "$(LC_ALL=C grep -c '[^ -~]' "$TAP_TMP/out")" 0 "in ASCII off a terminal"
run in_ns script -qec "$TCPTRIAGE states --diagram" /dev/null
like "$out" '┌─────────────┐' "in box characters on one"
run in_ns "$TCPTRIAGE" states --diagram -J
json_is .states.CLOSE_WAIT 3 "as JSON it is the document of states"
done_testing
