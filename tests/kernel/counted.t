#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Many sockets are counted inside the kernel: the numbers are those of a dump, of ss and of /proc.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq
needs_netns

# So many that loading a program pays, and some of every state.
netns_make
lab established-repair --quiet --count 50500 + listen --count 3 + listen --count 2 --family 6 + \
	syn-sent --count 4 + syn-recv --count 5 + established --count 6 + \
	established --count 3 --family 6 + established --count 3 --family mapped + \
	fin-wait1 --count 3 + fin-wait2 --count 3 + fin-wait2-orphan --count 3 + \
	close-wait-leaked --count 4 + close-wait-unaccepted --count 3 + closing --count 2 + \
	last-ack --count 2 + time-wait --count 5 + reset-bound --count 2 + bound --count 2 + \
	crafted --state time-wait --outbound --quiet --count 500 --remotes 5

# table ARGS...: every count, as states has it.
table() {
	in_ns "$TCPTRIAGE" states -H "$@" 2>/dev/null | tr -s ' '
}

# ss_count FAMILY: sockets of all states but those that only their bits ask for.
ss_count() {
	in_ns ss -Htan "$@" | wc -l
}

# counted ARGS...: whether the kernel counted.
counted() {
	in_ns "$TCPTRIAGE" states --debug "$@" 2>&1 >/dev/null | grep -q 'counted in the kernel'
}

for family in "" -4 -6; do
	# shellcheck disable=SC2086
	is "$(table $family)" "$(table $family --source=netlink)" "states $family: as a dump counts"
	hidden=$(in_ns "$TCPTRIAGE" count $family state close or state bound)
	# shellcheck disable=SC2086
	is "$(($(table $family | awk '{ n += $2 } END { print n }') - hidden))" \
		"$(ss_count $family)" "states $family: as ss counts"
done
is "$(table | awk '$1 != "BOUND" && $1 != "CLOSE" { print $1, $2 }')" \
	"$(table --source=proc | awk '$1 != "BOUND" && $1 != "CLOSE" { print $1, $2 }')" \
	"and as /proc has them"
for state in LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING LAST_ACK \
	TIME_WAIT CLOSE BOUND; do
	cmp_ok "$(table | awk -v s="$state" '$1 == s { print $2 }')" '>=' 2 "some are in $state"
done
run in_ns "$TCPTRIAGE" states -J
json_is '[.source, .complete]' '["netlink",true]' "it is netlink's answer"
is "$(jq -S .states <<<"$out")" "$(in_ns "$TCPTRIAGE" states -J --source=netlink | jq -S .states)" \
	"in JSON as well"
run in_ns "$TCPTRIAGE" states -i 0.2 -c 3 -J
is "$(jq -s '[.[] | .states] | unique | length' <<<"$out")" 1 "again and again the same"
is "$("$TCPTRIAGE" -N "/proc/$lab_pid/ns/net" states -H | tr -s ' ')" "$(table)" "from outside"
for filter in "state established" "exclude established" "( state all exclude time-wait ) or state bound" \
	"not state established and not state listen"; do
	# shellcheck disable=SC2086
	is "$(table $filter)" "$(table --source=netlink $filter)" "states $filter: as a dump counts"
	# shellcheck disable=SC2086
	is "$(in_ns "$TCPTRIAGE" count $filter)" "$(in_ns "$TCPTRIAGE" list -H $filter | wc -l)" \
		"count $filter: as many as list shows"
done
is "$(in_ns "$TCPTRIAGE" count)" "$(table | awk '{ n += $2 } END { print n }')" "count: all of them"

if ((EUID == 0)) && [[ -e /sys/kernel/btf/vmlinux ]] && grep -q ' 4294967295$' /proc/self/uid_map; then
	ok "the kernel counted" counted
	not_ok "not where netlink is asked for" counted --source=netlink
	ok "also by state" counted state established
	not_ok "not with another filter" counted sport = :8001 or state listen
	not_ok "nor by group" counted --by remote
	not_ok "nor where the many are left out" counted --fast
	# Dual-stack servers' sockets are all in IPv6's counter.
	lab_stop
	netns_make
	lab established-repair --quiet --family 6 --count 50500
	ok "the kernel counts IPv6 as well" counted
	is "$(table)" "$(table --source=netlink)" "with the numbers of a dump"
else
	skip_one "the kernel counted" "no rights to load programs"
fi
done_testing
