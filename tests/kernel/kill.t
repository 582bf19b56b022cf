#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill: only what was shown dies, and the answer says what became of each.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq
needs_netns
netns_make

# cookies FILTER...: the cookies of the matching sockets, in order.
cookies() {
	in_ns "$TCPTRIAGE" list -H -o cookie "$@" | tr -d ' ' | sort -n
}

numbers='[.matched, .destroyed, .gone, .failed]'

run in_ns "$TCPTRIAGE" kill
is "$status" 64 "no filter: usage"
like "$err" "filter" "and says so"
run in_ns "$TCPTRIAGE" kill state established
is "$status:$out" "64:" "off a terminal it needs --yes"
like "$err" "\-\-yes" "and says so"
run in_ns "$TCPTRIAGE" kill --yes port 99999
is "$status" 64 "a bad filter is usage"
run in_ns "$TCPTRIAGE" kill -J --yes state close-wait
is "$status" 0 "nothing matches: 0"
json_is "$numbers" '[0,0,0,0]' "nothing matches: all zero"

lab listen --count 2 --port 7300 + close-wait-leaked --count 6 + time-wait --count 5 + \
	syn-recv --count 4 + established --count 3 + established --count 2 --family mapped + \
	established --count 2 --family 6 + fin-wait2-orphan --count 2

# Each state in turn: exactly the matching sockets go, every other one stays. A reset goes to the
# other end of a connection, which then is found gone, or ends although it was not asked for.
for filter in "state time-wait" "state syn-recv" "state fin-wait-2" "state listen sport = :7300" \
	"state close-wait" "state established src [::1]" "state established"; do
	before=$(cookies)
	# shellcheck disable=SC2086
	doomed=$(cookies $filter)
	n=$(grep -c . <<<"$doomed")
	cmp_ok "$n" '>' 0 "$filter: there are some"
	# shellcheck disable=SC2086
	run in_ns "$TCPTRIAGE" kill -J --dry-run $filter
	json_is "$numbers" "[$n,0,0,0]" "dry run of $filter: matched"
	json_is '[.dry_run, ([.sockets[].result] | unique)]' '[true,[null]]' "dry run of $filter: says so"
	is "$(cookies)" "$before" "dry run of $filter: nothing died"
	# shellcheck disable=SC2086
	run in_ns "$TCPTRIAGE" kill -J --yes $filter
	json_valid "kill $filter: JSON"
	json_is '[.matched, .destroyed + .gone, .failed]' "[$n,$n,0]" "kill $filter: all of them"
	json_is '.destroyed == ([.sockets[] | select(.result == "destroyed")] | length)' true \
		"kill $filter: each with its result"
	is "$status" 0 "kill $filter: status"
	is "$(jq -r '.sockets[].cookie' "$TAP_TMP/out" | sort -n)" "$doomed" \
		"kill $filter: those that list shows"
	# shellcheck disable=SC2086
	is "$(cookies $filter)" "" "kill $filter: they are gone"
	case $filter in
	*established* | *close-wait*) ;;
	*listen*)
		# Its port stays bound as long as the descriptor is open.
		is "$(cookies)" "$before" "kill $filter: nothing else died"
		json_is '.destroyed' 1 "kill $filter: destroyed"
		;;
	*)
		json_is '.destroyed' "$n" "kill $filter: destroyed"
		is "$(comm -23 <(sort <<<"$before") <(sort <<<"$doomed"))" "$(cookies | sort)" \
			"kill $filter: nothing else died"
		;;
	esac
done
is "$(in_ns ss -Htan state close-wait | wc -l)" 0 "ss agrees"
lab_stop

# Text.
netns_make
lab close-wait-leaked --count 3
run in_ns "$TCPTRIAGE" kill --yes state close-wait
is "$(grep -c CLOSE_WAIT <<<"$out")" 3 "text: every socket is shown"
like "$out" "matched 3, destroyed 3, gone 0, failed 0" "text: and what became of them"
like "$out" "lab" "text: with its holder"
lab_stop

# Several listeners on one port: the look-up by address finds one of them at a time.
reuseport() {
	in_ns python3 -c '
import socket, sys
held = []
for i in range(5):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("127.0.0.1", 7400))
    s.listen()
    held.append(s)
print("ready", flush=True)
import time
time.sleep(120)'
}
if command -v python3 >/dev/null; then
	background reuseport
	poll 20 grep -q ready "$background_out" || bail "no listeners"
	run in_ns "$TCPTRIAGE" kill -J --yes state listen sport = :7400
	json_is '[.matched, .destroyed, .gone]' '[5,5,0]' "five listeners on one port: each of them"
	is "$(cookies state listen)" "" "they are gone"
fi

netns_make

# Only bound: the kernel cannot destroy it, and it is not called gone.
lab bound --count 1
run in_ns "$TCPTRIAGE" kill -J --yes state bound
json_is "$numbers" '[1,0,0,1]' "only bound: failed, not gone"
is "$status" 3 "status 3"
like "$err" "only bound" "the reason"
is "$(in_ns "$TCPTRIAGE" count state bound)" 1 "it is still there"
lab_stop

# Without the capability, and without netlink.
lab established --count 1
run in_ns setpriv --bounding-set=-net_admin --inh-caps=-net_admin --reuid=65534 --clear-groups \
	"$TCPTRIAGE" kill -J --yes state established
if ((EUID == 0)); then
	json_is '[.destroyed, .failed > 0]' '[0,true]' "without CAP_NET_ADMIN: nothing destroyed"
	like "$err" "CAP_NET_ADMIN" "and says what it needs"
	is "$status" 3 "status 3"
fi
run in_ns "$TCPTRIAGE" kill --source=proc --yes state established
is "$status" 3 "--source=proc: refused"
like "$err" "netlink" "with the reason"
is "$(in_ns "$TCPTRIAGE" count state established)" 2 "both ends are alive"
run "$TCPTRIAGE" kill -N "$netns_pid" --yes -J state established
if ((EUID == 0)); then
	json_is '[.matched, .destroyed + .gone, .failed]' '[2,2,0]' "-N: from outside"
	is "$(in_ns "$TCPTRIAGE" count state established)" 0 "-N: both are gone"
fi
done_testing
