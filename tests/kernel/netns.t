#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 300
# -N: another namespace by name, process and path; all of them at once, each once, by name.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss jq ip
needs_netns
needs_root

# Twenty namespaces as a container host has them: some named, most only held by a process.
pids=() # of the holders
total=20
leaky=13
for ((i = 0; i < total; i++)); do
	netns_make
	pids+=("$netns_pid")
	if ((i == leaky)); then
		lab --comm leaker close-wait-leaked --count 40
		leaker=$lab_pid
	else
		lab listen --count 1 --port $((7600 + i)) + established --count 2
	fi
done
named=tcptriage-test-$$
netns_use "${pids[3]}"
netns_name "$named"

# One, by every way to say it.
for spec in "$named" "${pids[3]}" "/run/netns/$named" "/proc/${pids[3]}/ns/net"; do
	is "$("$TCPTRIAGE" count -N "$spec" state listen)" 2 "-N ${spec//[0-9]/}: its listeners"
	is "$("$TCPTRIAGE" count -N "$spec" --source=proc sport = :7603)" \
		"$("$TCPTRIAGE" count -N "$spec" sport = :7603)" "-N ${spec//[0-9]/} --source=proc: the same"
done
run "$TCPTRIAGE" states -J -N "$named"
json_is '.netns' "$named" "the envelope names it"
netns_use "${pids[3]}"
ns_sysctl net.ipv4.ip_local_port_range "50000 50099"
run "$TCPTRIAGE" ports -J -N "$named"
json_is '[.range.low, .range.high]' '[50000,50099]' "-N: settings of the namespace"
for spec in nowhere /etc/passwd 99999999 ""; do
	run "$TCPTRIAGE" count -N "$spec"
	is "$status:$out" "3:" "-N '$spec': status 3"
	isnt "$err" "" "-N '$spec': with the reason"
done

# All: each once. Other tests may have namespaces too, so ours are looked for among them.
run "$TCPTRIAGE" states -J -N all --by=netns
json_is '.netns' all "-N all: the envelope says so"
json_is '([.groups[].total] | add) == .total' true "-N all: the groups add up"
json_is '[.groups[].netns] == ([.groups[].netns] | unique | sort_by(.)) or ([.groups[].netns] | length == (unique | length))' \
	true "-N all: each namespace once"
ours=$(jq -r --arg pids "${pids[*]}" --arg named "$named" '
	[.groups[] | select(.netns == $named or (.netns | split(":") | last | IN($pids | split(" ")[])))]
	| length' "$TAP_TMP/out")
cmp_ok "$ours" '>=' 15 "-N all: ours are among them ($ours of $total; others bear the name of a helper)"
json_is "[.groups[] | select(.netns == \"$named\") | .total]" \
	"[$("$TCPTRIAGE" count -N "$named")]" "-N all: as many as one by one"

# The leak is found and named from the host.
run "$TCPTRIAGE" close-wait -J -N all
json_is "[.owners[] | select(.pid == $leaker) | .sockets]" '[40]' "close-wait -N all: finds the leak"
where=$(jq -r ".owners[] | select(.pid == $leaker) | .netns[0]" "$TAP_TMP/out")
is "$("$TCPTRIAGE" count -N "$where" state close-wait)" 40 "its name can be asked for ($where)"
run "$TCPTRIAGE" close-wait -N all
like "$out" "leaker" "text: the process"
like "$out" "NETNS" "text: and where"
run "$TCPTRIAGE" list -N all -J state close-wait pid "$leaker"
json_is '[.sockets[].netns] | unique' "[\"$where\"]" "list -N all: rows say where they are"
run "$TCPTRIAGE" listeners -J -N all
json_is "[.listeners[] | select(.port == 7603 and .netns == \"$named\")] | length" 1 "listeners -N all"
netns_use "${pids[3]}"
lab accept-full --count 1 --backlog 4 --extra 6
run "$TCPTRIAGE" check -J -N all
json_is '(.namespaces | length) >= 20' true "check -N all: every namespace is judged"
json_is '[.namespaces[] | select(.verdict == null)] | length' 0 "check -N all: none without a verdict"
json_is "[.findings[] | select(.id == \"accept-queue-full\" and .netns == \"$named\")] | length" 1 \
	"check -N all: finds the full queue and says where"
isnt "$status" 0 "check -N all: the node is not well"
run "$TCPTRIAGE" check -N all
like "$out" "network namespace: $named" "check -N all: text says where"
run "$TCPTRIAGE" ports -J -N all
json_is "[.namespaces[] | select(.netns == \"$named\") | .range.size]" '[100]' "ports -N all: settings of each"
json_is '.pools == (.pools | sort_by(.headroom // 2))' true "ports -N all: the tightest first"

# Without privilege: what /proc shows of processes that may be looked at.
chmod 755 "$TAP_TMP" && cp "$TCPTRIAGE" "$TAP_TMP/tcptriage"
run setpriv --reuid=65534 --regid=65534 --clear-groups "$TAP_TMP/tcptriage" states -J -N all --by=netns
is "$status" 0 "unprivileged: an answer"
json_is '([.groups[].total] | add) >= 40' true "unprivileged: with the namespaces of others"
like "$err" "may not be entered" "unprivileged: and what could not be done"
run setpriv --reuid=65534 --regid=65534 --clear-groups "$TAP_TMP/tcptriage" count -N "${pids[leaky]}" state close-wait
is "$out" 40 "unprivileged: -N PID"
is "$(setpriv --reuid=65534 --regid=65534 --clear-groups "$TAP_TMP/tcptriage" states -J -N "${pids[leaky]}" 2>/dev/null |
	jq -r .source)" proc "unprivileged: from /proc"
run setpriv --reuid=65534 --regid=65534 --clear-groups "$TAP_TMP/tcptriage" count -N "$named"
is "$status" 3 "unprivileged: a name without a process cannot be entered"
like "$err" "cannot enter .*: needs CAP_SYS_ADMIN" "with what it would take"
done_testing
