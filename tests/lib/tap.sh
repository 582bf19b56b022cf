# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# TAP and laboratory helpers for tests in bash. A test starts with
#
#	#!/usr/bin/env bash
#	# timeout: 120            (only where the default of 180 s does not fit)
#	. "$(dirname "$0")/../lib/tap.sh"
#	needs_netns               (skips the whole file, with the reason, where there can be none)
#	netns_make
#	lab listen --port 7000 --backlog 5
#	run in_ns "$TCPTRIAGE" count state listen
#	is "$status" 0 "it counts"
#	done_testing
#
# and never sleeps for a fixed time: it polls for a condition with a generous limit.

# Without pipefail: `x | grep -q` would fail now and then, when grep ends before x.
set -u

TAP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${TCPTRIAGE:=$TAP_TOP/tcptriage}"
: "${LAB:=$TAP_TOP/build/plain/tests/lab/lab}"
: "${RUN_TIMEOUT:=60}"
export LC_ALL=C.UTF-8
unset NO_COLOR COLUMNS LINES POSIXLY_CORRECT

# What the last `run` left: standard output and error without trailing newlines, exit status.
out=
err=
status=0

# A folder of the test's own, gone at its end.
TAP_TMP=$(mktemp -d "${TMPDIR:-/tmp}/tcptriage-test.XXXXXX")
tap_count=0
tap_failed=0
tap_planned=
tap_pids=()
tap_cleanups=()

# at_exit CMD...: runs CMD at the end of the test, the last registered first.
at_exit() {
	tap_cleanups+=("$(printf '%q ' "$@")")
}

tap_cleanup() {
	local code=$? i
	trap - EXIT
	for ((i = ${#tap_cleanups[@]} - 1; i >= 0; i--)); do
		eval "${tap_cleanups[i]}" || true
	done
	for ((i = ${#tap_pids[@]} - 1; i >= 0; i--)); do
		kill "${tap_pids[i]}" 2>/dev/null
	done
	for ((i = ${#tap_pids[@]} - 1; i >= 0; i--)); do
		wait "${tap_pids[i]}" 2>/dev/null
	done
	rm -rf "$TAP_TMP"
	if ((code == 0 && tap_failed > 0)); then
		code=1
	fi
	exit "$code"
}
trap tap_cleanup EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP

# --- TAP ---

# plan N: exactly N assertions follow. Without it the test ends with done_testing.
plan() {
	tap_planned=$1
	echo "1..$1"
}

done_testing() {
	[[ $tap_planned ]] || echo "1..$tap_count"
	exit 0
}

diag() {
	local line
	while IFS= read -r line; do
		printf '# %s\n' "$line" >&2
	done <<<"$*"
}

# skip REASON: ends the whole file as skipped; after some assertions, skips the rest.
skip() {
	if ((tap_count == 0)) && [[ ! $tap_planned ]]; then
		echo "1..0 # SKIP $*"
	else
		echo "ok $((++tap_count)) # SKIP $*"
		[[ $tap_planned ]] || echo "1..$tap_count"
	fi
	exit 0
}

# skip_one NAME REASON: one assertion that cannot be made here.
skip_one() {
	echo "ok $((++tap_count)) - $1 # SKIP $2"
}

# bail WHY: this file cannot go on. The others do: TAP's own "Bail out!" would end them all.
bail() {
	echo "not ok $((++tap_count)) - $*"
	tap_failed=$((tap_failed + 1))
	exit 1
}

pass() {
	echo "ok $((++tap_count)) - $1"
}

fail() {
	echo "not ok $((++tap_count)) - $1"
	tap_failed=$((tap_failed + 1))
	diag "failed: $1 (line $(tap_line) of ${0##*/})"
	return 1
}

# The line of the test itself that asserted.
tap_line() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		if [[ ${BASH_SOURCE[i]} != "${BASH_SOURCE[0]}" ]]; then
			echo "${BASH_LINENO[i - 1]}"
			return
		fi
	done
	echo '?'
}

# ok NAME CMD...: CMD succeeds.
ok() {
	local name=$1
	shift
	if "$@"; then pass "$name"; else
		fail "$name"
		diag "command: $*"
		return 1
	fi
}

# not_ok NAME CMD...: CMD fails.
not_ok() {
	local name=$1
	shift
	if "$@"; then
		fail "$name"
		diag "should have failed: $*"
		return 1
	fi
	pass "$name"
}

# is GOT EXPECTED NAME
is() {
	if [[ $1 == "$2" ]]; then pass "$3"; else
		fail "$3"
		diag "got:      $(printf '%q' "$1")"
		diag "expected: $(printf '%q' "$2")"
		if [[ $1 == *$'\n'* || $2 == *$'\n'* ]]; then
			diag "$(diff -u <(printf '%s\n' "$2") <(printf '%s\n' "$1") | tail -n +3 | head -n 60)"
		fi
		return 1
	fi
}

# isnt GOT UNWANTED NAME
isnt() {
	if [[ $1 != "$2" ]]; then pass "$3"; else
		fail "$3"
		diag "got the unwanted: $(printf '%q' "$1")"
		return 1
	fi
}

# like GOT REGEX NAME: an extended regular expression, as in [[ =~ ]].
like() {
	if [[ $1 =~ $2 ]]; then pass "$3"; else
		fail "$3"
		diag "got:         ${1:-(nothing)}"
		diag "should match $2"
		return 1
	fi
}

# unlike GOT REGEX NAME
unlike() {
	if [[ $1 =~ $2 ]]; then
		fail "$3"
		diag "got:             $1"
		diag "should not match $2"
		return 1
	fi
	pass "$3"
}

# cmp_ok A OP B NAME: numbers, OP one of == != < <= > >=; anything but integers fails.
cmp_ok() {
	local holds=1
	if [[ $1 =~ ^-?[0-9]+$ && $3 =~ ^-?[0-9]+$ ]]; then
		case $2 in
		==) (($1 == $3)) ;;
		!=) (($1 != $3)) ;;
		'<') (($1 < $3)) ;;
		'<=') (($1 <= $3)) ;;
		'>') (($1 > $3)) ;;
		'>=') (($1 >= $3)) ;;
		*) bail "cmp_ok knows no $2" ;;
		esac
		holds=$?
	fi
	if ((holds == 0)); then pass "$4"; else
		fail "$4"
		diag "got: $1, expected: $2 $3"
		return 1
	fi
}

# --- commands ---

# run CMD...: $out, $err and $status of CMD, which has $RUN_TIMEOUT seconds and no stdin; the bytes
# themselves are in $TAP_TMP/out and $TAP_TMP/err.
run() {
	local limit=()
	if [[ $1 == in_ns ]]; then
		shift
		set -- "${netns_enter[@]}" "$@"
	fi
	if [[ $(type -t "$1") == file ]]; then
		limit=(timeout -k 5 "$RUN_TIMEOUT")
	fi
	"${limit[@]}" "$@" >"$TAP_TMP/out" 2>"$TAP_TMP/err" </dev/null
	status=$?
	out=$(tr -d '\0' <"$TAP_TMP/out")
	err=$(tr -d '\0' <"$TAP_TMP/err")
}

# poll SECONDS CMD...: CMD every 50 ms until it succeeds; fails after SECONDS.
poll() {
	local deadline=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.05
	done
}

# json_is EXPR EXPECTED [NAME]: jq's EXPR on $out, printed raw and compact, is EXPECTED.
json_is() {
	local got
	if ! got=$(jq -rc "$1" "$TAP_TMP/out" 2>&1); then
		fail "${3:-$1 is $2}"
		diag "jq: $got"
		return 1
	fi
	is "$got" "$2" "${3:-$1 is $2}"
}

# json_valid NAME: $out is JSON and nothing else.
json_valid() {
	ok "$1" json_parses "$TAP_TMP/out"
}

json_parses() {
	jq -e true "$1" >/dev/null
}

# background CMD...: CMD without stdin, ended with the test; its pid is in $background_pid, its
# output in $TAP_TMP/background-PID.{out,err}.
background() {
	local file=$TAP_TMP/background-$((${#tap_pids[@]} + 1))
	"$@" >"$file.out" 2>"$file.err" </dev/null &
	background_pid=$!
	background_out=$file.out
	background_err=$file.err
	tap_pids+=("$background_pid")
}

# --- namespaces ---

netns_pid=
netns_enter=()

# netns_possible: prints why there can be no network namespace, and fails.
netns_possible() {
	if ((EUID == 0)) && unshare -n true 2>/dev/null; then return 0; fi
	if unshare -rn true 2>/dev/null; then return 0; fi
	echo "no privilege to make a network namespace"
	return 1
}

needs_netns() {
	local why
	why=$(netns_possible) || skip "$why"
}

needs_root() {
	((EUID == 0)) || skip "${1:-needs root}"
}

needs_command() {
	local name
	for name in "$@"; do
		command -v "$name" >/dev/null || skip "needs $name"
	done
}

# netns_make: a namespace of the test's own with lo up, current for in_ns, lab and ns_sysctl. It
# lives as long as its holder, process $netns_pid: nothing is left behind however the test ends.
# May be called again: to go back, `netns_use PID`.
netns_make() {
	local how=(unshare -n) own
	own=$(readlink /proc/self/ns/net)
	if ((EUID != 0)) || ! unshare -n true 2>/dev/null; then how=(unshare -rn); fi
	"${how[@]}" sleep infinity </dev/null >/dev/null 2>&1 &
	tap_pids+=("$!")
	netns_use "$!"
	poll 10 netns_ready "$own" || bail "no network namespace"
	in_ns ip link set lo up || bail "lo does not come up"
}

netns_ready() {
	local ns
	ns=$(readlink "/proc/$netns_pid/ns/net" 2>/dev/null) || return 1
	[[ $ns != "$1" && $(cat "/proc/$netns_pid/comm" 2>/dev/null) == sleep ]]
}

netns_use() {
	netns_pid=$1
	netns_enter=(nsenter --target "$1" --net)
	if ((EUID != 0)) || [[ $(readlink /proc/self/ns/user) != "$(readlink "/proc/$1/ns/user")" ]]; then
		netns_enter=(nsenter --target "$1" --user --preserve-credentials --net)
	fi
}

# netns_name NAME: also reachable as /run/netns/NAME until the test ends; root only.
netns_name() {
	ip netns attach "$1" "$netns_pid" || bail "cannot name the namespace"
	at_exit ip netns del "$1"
}

in_ns() {
	"${netns_enter[@]}" "$@"
}

# ns_sysctl NAME VALUE: sets a sysctl of the namespace, as net.ipv4.tcp_tw_reuse=0.
ns_sysctl() {
	in_ns tee "/proc/sys/${1//.//}" <<<"$2" >/dev/null
}

# --- the laboratory ---

# lab ARGS...: makes sockets in the namespace and returns when they are there. What it reported is
# in the file $lab_out (one JSON object a line), its pid in $lab_pid. It ends with the test, or by
# lab_stop.
lab() {
	local file=$TAP_TMP/lab-$((${#tap_pids[@]} + 1)) fd
	mkfifo "$file.hold"
	: >"$file"
	exec {fd}<>"$file.hold"
	"${netns_enter[@]}" "$LAB" "$@" <"$file.hold" >"$file" 2>"$file.err" &
	lab_pid=$!
	lab_out=$file
	tap_pids+=("$lab_pid")
	if ! poll "${LAB_TIMEOUT:-60}" lab_ready; then
		diag "$(cat "$file.err")"
		bail "the laboratory could not make: $*"
	fi
}

lab_ready() {
	# Churn adds its tally behind the line.
	[[ $(tail -n 2 "$lab_out") == *'"ready":true'* ]] && return 0
	kill -0 "$lab_pid" 2>/dev/null && return 1
	# It may have ended right after its last line.
	[[ $(tail -n 2 "$lab_out") == *'"ready":true'* ]] && return 0
	wait "$lab_pid"
	if (($? == 77)); then skip "$(tail -n 1 "$lab_out.err")"; fi
	diag "$(cat "$lab_out.err")"
	bail "the laboratory ended early"
}

# lab_stop [PID]: ends one laboratory, the last by default, and waits for it.
lab_stop() {
	local pid=${1:-$lab_pid}
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

# lab_get EXPR: jq's EXPR on the array of everything that the last laboratory reported but "ready".
lab_get() {
	jq -rsc "map(select(.ready | not)) | $1" "$lab_out"
}
