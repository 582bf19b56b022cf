#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 300
# Little privilege, few resources, streams that fail, signals: right, or less with a number that says
# how much, or status 3 with a reason; never a crash, a hang, a short answer that looks whole.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: rights, limits and times are what it is about"
needs_root
needs_netns
needs_command jq setpriv prlimit
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
refuse=${BUILD:-$TAP_TOP/build/plain}/tests/fault/refuse
[[ -e $refuse ]] || bail "no $refuse: run it by make check"
netns_make
lab --comm holder listen --count 3 + established --count 50 + close-wait-leaked --count 5 --peer shutdown + \
	syn-sent --count 1
total=$(in_ns ss -Htan | wc -l)
cmp_ok "$total" '>' 100 "there are sockets"
cp "$TCPTRIAGE" "$TAP_TMP/tcptriage" && chmod 755 "$TAP_TMP" "$TAP_TMP/tcptriage" ||
	bail "no copy of the program"
program=$TAP_TMP/tcptriage
# Leaks are not looked for where a process may not look at itself.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

# reads COMMAND...: a command line that reads sockets, as JSON, ends in order. "whole", "told" (status
# 0 to 2 and a note), "failed" (3 and a reason) in $how.
reads() {
	run in_ns "$@"
	how=bad
	if ((status == 3)) && [[ $err ]] && { [[ ! $out ]] || [[ $(jq .complete "$TAP_TMP/out" 2>&1) == false ]]; }; then
		how=failed
	elif ((status <= 2)) && [[ $(jq .complete "$TAP_TMP/out" 2>&1) == true ]]; then
		how=whole
		[[ ! $err ]] || how=told
	fi
}

# --- little privilege ---

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$program")
reads "${nobody[@]}" states -J
is "$how:$status:$(jq .total "$TAP_TMP/out")" "whole:0:$total" "nobody: states is right, with nothing to be told"
run in_ns "${nobody[@]}" count
is "$status:$out" "0:$total" "nobody: count"
reads "${nobody[@]}" list -p -J
is "$how:$status:$(jq '.sockets | length' "$TAP_TMP/out")" "told:0:$total" "nobody: a list with owners is no error"
like "$err" "holders found for 0 of [0-9]+ sockets: [0-9]+ of [0-9]+ processes may not be read; CAP_SYS_PTRACE" \
	"nobody: what is missing is told with numbers, and what would help"
is "$(wc -l <"$TAP_TMP/err")" 1 "nobody: once"
reads "${nobody[@]}" close-wait -J
is "$how:$status:$(jq -c '[.total, .unowned, .coverage.unreadable > 0]' "$TAP_TMP/out")" "told:0:[5,5,true]" \
	"nobody: close-wait counts all, and whom it could not see"
for command in "ports -J" "listeners -J" "check -J --sample=0" "handshakes -J" "why 127.0.0.1:1 -J"; do
	# shellcheck disable=SC2086
	reads "${nobody[@]}" $command
	like "$how:$status" "^(whole|told):[012]$" "nobody: $command"
done
run in_ns "${nobody[@]}" metrics
is "$status" 0 "nobody: metrics"
for without in sys_ptrace sys_ptrace,-dac_read_search,-dac_override net_admin,-net_raw bpf,-perfmon,-sys_admin all; do
	reads setpriv --bounding-set="-$without" --inh-caps=-all "$program" list -p -J
	like "$how:$status:$(jq '.sockets | length' "$TAP_TMP/out")" "^(whole|told):0:$total$" "root without $without: all sockets"
	# What has no owner is either owned by nobody or told.
	if [[ $how == whole ]]; then
		is "$(jq '[.sockets[] | select(.inode != 0 and .owners == null)] | length' "$TAP_TMP/out")" 0 \
			"root without $without: all owners"
	else
		like "$err" "holders found for [0-9]+ of" "root without $without: the owners that are missing are counted"
	fi
done
run in_ns "${nobody[@]}" kill --yes state close-wait
is "$status" 3 "nobody: kill ends with 3"
isnt "$err" "" "nobody: kill says why"
run in_ns "$program" count state close-wait
is "$out" 5 "nobody: and nothing died"

# --- refused by seccomp or a security module ---

if "$refuse" 1 bpf true 2>/dev/null; then
	for number in 97 93 1 13 38; do
		reads "$refuse" "$number" netlink "$program" states -J
		is "$how:$status:$(jq -c '[.total, .source]' "$TAP_TMP/out")" "told:0:[$total,\"proc\"]" \
			"netlink refused with $number: /proc is right, and named"
		like "$err" "netlink is not available .*: reading /proc/net/tcp" "netlink refused with $number: told"
		reads "$refuse" "$number" netlink "$program" states -J --source=netlink
		is "$how:$out" "failed:" "netlink refused with $number, and asked for: status 3"
	done
	for call in bpf kcmp clone3 prlimit64 capget sched_getaffinity socket setns; do
		for command in "list -p -J" "ports -J"; do
			# shellcheck disable=SC2086
			reads "$refuse" 1 $call "$program" $command
			like "$how:$status" "^(whole|told):0$" "$call refused: $command"
		done
		run in_ns "$refuse" 38 "$call" "$program" count
		is "$status:$out" "0:$total" "$call is not there: count"
	done
else
	skip_one "refused system calls" "no seccomp"
fi

# --- few descriptors, little memory ---

if [[ ! ${SAN:-} ]]; then
	for ((n = 4; n <= 12; n++)); do
		bad=
		for command in "states -J" "list -p -J" "close-wait -J" "check -J --sample=0" "ports -J" "states -J --source=proc"; do
			# shellcheck disable=SC2086
			reads prlimit --nofile=$n "$program" $command
			[[ $how != bad ]] || bad+=" $command:$status"
			[[ $how != whole || $command != list* ]] ||
				[[ $(jq '[.sockets[] | select(.inode != 0 and .owners == null)] | length' "$TAP_TMP/out") == 0 ]] ||
				bad+=" $command:owners"
		done
		is "$bad" "" "$n descriptors: whole, or marked"
	done
	reads prlimit --nofile=5 "$program" list -p -J
	like "$err" "RLIMIT_NOFILE is 5" "5 descriptors: the limit is named"
	for kilobytes in 5000 6000 7000 8000 10000 12000 16000 24000; do
		bad=
		for command in "states -J" "list -p -J" "close-wait -J" "check -J --sample=0" "ports -J"; do
			# The loader's own failure is not ours.
			# shellcheck disable=SC2086
			reads bash -c 'ulimit -v "$1" && shift && exec "$@"' sh "$kilobytes" "$program" $command
			[[ $how != bad || $status == 127 ]] || bad+=" $command:$status"
		done
		is "$bad" "" "$kilobytes kB of address space: whole, or status 3"
	done
	ulimit -s 256
	reads "$program" list -p -J
	is "$how:$(jq '.sockets | length' "$TAP_TMP/out")" "whole:$total" "256 kB of stack: list"
	ulimit -s unlimited 2>/dev/null
fi
reads prlimit --nproc=1 setpriv --reuid 65534 --regid 65534 --clear-groups "$program" list -p -J
is "$how:$(jq '.sockets | length' "$TAP_TMP/out")" "told:$total" "no thread to be had: list"

# --- environment ---

for command in "states" "list -p" "check --sample=0" "close-wait" "metrics" "explain close-wait" "top -b -c 1" "--help"; do
	# shellcheck disable=SC2086
	run in_ns env -i "$program" $command
	cmp_ok "$status" '<=' 1 "no environment: $command"
	isnt "$out" "" "no environment: $command answers"
done
run in_ns env -i "$program" top
is "$status:$out" "3:" "no environment, no terminal: top ends with 3"
run in_ns env HOME=/nonexistent TERM='../../x' LC_ALL=xx_YY LANG=. TZ=:/etc/shadow COLUMNS=-1 LINES=x "$program" states
is "$status" 0 "a senseless environment: states"
run in_ns bash -c 'cd /proc/self && exec "$0" states' "$program"
is "$status" 0 "from a folder that goes away"

# --- standard streams ---

for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	bad=
	for command in "states -J" "list -p" "close-wait" "check --sample=0" "record $TAP_TMP/closed -c 1" "top -b -c 1"; do
		rm -f "$TAP_TMP/closed"
		run in_ns bash -c "exec \"\$@\" $closed" sh "$program" $command
		if [[ $closed == *'>&-'* && $closed != '2>&-' && $closed != '<&- 2>&-' ]]; then
			((status == 3)) || bad+=" $command:$status"
		else
			((status <= 1)) && [[ $out ]] || bad+=" $command:$status"
		fi
		# What was recorded holds what was recorded, and nothing that was meant for a stream.
		[[ $command != record* ]] || "$program" states --from="$TAP_TMP/closed" >/dev/null || bad+=" replay"
	done
	is "$bad" "" "closed: $closed"
done
commands=("states" "states -J" "states --by=lport" "states --diagram" "list" "list -J" "list -s STATE" "count" "close-wait"
	"close-wait -J" "ports" "ports -J" "ports --rate=10" "listeners" "listeners -J" "handshakes" "handshakes -J"
	"check --sample=0" "check --sample=0 -J" "metrics" "metrics --rules" "why 127.0.0.1:1" "why 127.0.0.1:1 -J"
	"top -b -c 1" "explain" "explain close-wait" "help" "--help" "states --help" "--version" "complete commands"
	"list -o help" "states -o help" "record $TAP_TMP/full -c 1" "diff $TAP_TMP/before -" "diff $TAP_TMP/before - -J"
	"kill --dry-run state close-wait" "kill --dry-run -J state close-wait" "states --from=$TAP_TMP/before"
	"list --from=$TAP_TMP/before" "states -i 0.1 -c 3" "list -i 0.1 -c 3" "ports -N all" "check -N all --sample=0")
run in_ns "$program" record "$TAP_TMP/before" -c 1
is "$status" 0 "a recording"
full='' gone='' wrong=''
for command in "${commands[@]}"; do
	rm -f "$TAP_TMP/full"
	run in_ns bash -c 'exec "$@" >/dev/full' sh "$program" $command
	[[ $status == 3 && $err == *"No space left"* ]] || full+=" $command:$status"
	# SIGPIPE as usual, and ignored as below python or systemd.
	rm -f "$TAP_TMP/full"
	run in_ns bash -c '"$@" | true; echo "${PIPESTATUS[0]}"' sh "$program" $command
	[[ $out == 141 || $out == [012] ]] && [[ $err != *annot* ]] || gone+=" $command:$out"
	rm -f "$TAP_TMP/full"
	run in_ns bash -c 'trap "" PIPE; "$@" | true; echo "${PIPESTATUS[0]}"' sh "$program" $command
	[[ $out == [012] && $err != *annot* ]] || wrong+=" $command:$out"
done
is "$full" "" "a full disk ends every command and format with 3 and a reason"
is "$gone" "" "a reader that is gone ends them quietly"
is "$wrong" "" "also where SIGPIPE is ignored"
run in_ns bash -c 'exec "$@" 2>/dev/full' sh "$program" list -p --source=proc
is "$status" 0 "standard error may be full"

# --- signals ---

# by_signal SIGNAL EXPECTED COMMAND...: ends promptly, with this status.
by_signal() {
	local signal=$1 expected=$2 pid waited=$SECONDS
	shift 2
	rm -f "$TAP_TMP/long"
	# The shell has background processes ignore SIGINT.
	"${netns_enter[@]}" env --default-signal=INT,QUIT "$program" "$@" >"$TAP_TMP/out" 2>"$TAP_TMP/err" </dev/null &
	pid=$!
	poll 20 asleep "$pid" || diag "$*: did not come to wait"
	env kill -s "$signal" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	((status == expected)) || bad+=" $*:$status"
	((SECONDS - waited < 30)) || bad+=" $*:slow"
}

# asleep PID: it is the program, and waits.
asleep() {
	[[ $(cat "/proc/$1/comm" 2>/dev/null) == tcptriage && $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == S* ]]
}

for signal in INT:130 TERM:143 HUP:129; do
	bad=
	waiting=("states -i 60" "list -J -i 60" "check --sample=60" "top -b -i 60" "why 192.0.2.1:80 --connect=60")
	[[ $signal != INT* ]] || waiting+=("count -i 60" "close-wait -i 60" "ports -i 60" "listeners --sample=60"
		"check -i 60 --sample=0" "handshakes --watch=60" "metrics --sample=60" "list -p -i 60")
	for command in "${waiting[@]}"; do
		# shellcheck disable=SC2086
		by_signal "${signal%:*}" "${signal#*:}" $command
	done
	is "$bad" "" "SIG${signal%:*} ends every command at once, as it ends others"
done
bad=
by_signal INT 0 record "$TAP_TMP/long" -i 60
is "$bad" "" "SIGINT ends a recording, which is whole"
run "$program" states --from="$TAP_TMP/long"
is "$status" 0 "and can be read"
done_testing
