#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# What others choose - names of processes, users, control groups, hosts, interfaces, namespaces, words
# on our own command line - with escape sequences, newlines, bytes that are no UTF-8, bidi, quotes: no
# control character reaches the output in any format, one socket stays one line, JSON stays JSON.
. "$(dirname "$0")/../lib/tap.sh"
needs_root
needs_netns
needs_command jq python3 iconv
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	unshare -pfmu --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfmu --kill-child --mount-proc "$0" "$@"
fi

# What must not get through: C0 but newline, DEL, C1, bidi, zero width, line separators. JSON and
# tables have no tab either.
unsafe='[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf'

harmless() {
	! LC_ALL=C grep -qP "$unsafe" "$1" && iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1
}

# clean NAME: what the last command wrote can be shown on any terminal.
clean() {
	if harmless "$TAP_TMP/out" && harmless "$TAP_TMP/err"; then pass "$1: nothing gets through"; else
		fail "$1: nothing gets through"
		diag "$(LC_ALL=C grep -hP "$unsafe" "$TAP_TMP/out" "$TAP_TMP/err" | head -n 3 | cat -v)"
	fi
}

strict_json() {
	json_parses "$1" && python3 -c '
import json, sys
json.loads(open(sys.argv[1], "rb").read().decode("utf-8", "strict"))' "$1"
}

netns_make
names=(
	$'\e[31mev\nil\xff'                     # A colour, a line of its own, no UTF-8
	'a) R 1 (b'                             # /proc/PID/stat
	'","pid":1,"'                           # JSON
	$'\xe2\x80\xaelive\xe2\x80\x8b\xc2\x9bm' # bidi, zero width, C1
	$'\e]0;title\a'                         # The window's title
	$'\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6' # Cut within a character, as the kernel does
	'a"b\c{d}=e'                            # A label
	$'\t \r\b'
	' '
	"'\$(id)\`id\`"                         # A shell
)
long=$(printf 'x\e[1m%.0s' {1..800})
for ((i = 0; i < ${#names[@]}; i++)); do
	lab --comm "${names[i]}" --argv "${names[i]} $long" listen --count 1 --port $((7000 + i)) + \
		close-wait-leaked --count 1 --peer shutdown
done
total=$(in_ns ss -Htan | wc -l)
cmp_ok "$total" '>=' $((4 * ${#names[@]})) "there are sockets of each"

# --- text ---

for command in "list -p" "list -o +PROCESS,CGROUP,USER" "close-wait" "close-wait --sockets" "listeners" \
	"ports" "states --by=process" "check --sample=0 --all" "top -b -c 1" "handshakes" "metrics" \
	"why 127.0.0.1:7000" "why 127.0.0.1:1" "kill --dry-run sport = 7000"; do
	# shellcheck disable=SC2086
	run in_ns "$TCPTRIAGE" $command
	cmp_ok "$status" '<=' 3 "$command: an end in order"
	clean "$command"
done
run in_ns "$TCPTRIAGE" list -p -H
is "$(wc -l <"$TAP_TMP/out")" "$total" "one socket is one line"
like "$out" '\\x1b\[31mev\\x0ail\\xff/[0-9]+/' "and what was there can be read back"
run in_ns "$TCPTRIAGE" listeners -H
is "$(awk '$2 >= 7000 && $2 < 7100' "$TAP_TMP/out" | wc -l)" "${#names[@]}" "one listener is one line"
run in_ns "$TCPTRIAGE" list -p -H --color=always comm "*evil*"
clean "a filter by name"
run in_ns "$TCPTRIAGE" count comm '*title*'
is "$status:$out" "0:4" "a hostile name can be asked for"
LC_ALL=C run in_ns "$TCPTRIAGE" list -p
clean "list -p in the C locale"

# --- JSON ---

for command in "list -p" "close-wait" "listeners" "ports" "states --by=process" "check --sample=0 --all" \
	"why 127.0.0.1:7000" "kill --dry-run sport = 7000"; do
	# shellcheck disable=SC2086
	run in_ns "$TCPTRIAGE" $command -J
	ok "$command -J: two parsers take it" strict_json "$TAP_TMP/out"
	clean "$command -J"
done
run in_ns "$TCPTRIAGE" listeners -J
# What is UTF-8 comes back as it is; other bytes are \xNN.
for ((i = 0; i < ${#names[@]}; i++)); do
	want=$(printf '%s' "${names[i]}" | head -c 15 | python3 -c '
import sys
b = sys.stdin.buffer.read()
try:
    print(b.decode("utf-8"), end=".")
except UnicodeDecodeError:
    print(b.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace"), end=".")')
	got=$(jq -rj --argjson port $((7000 + i)) '.listeners[] | select(.port == $port) | .process, "."' "$TAP_TMP/out")
	is "$got" "$want" "name $i is whole in JSON"
done
run in_ns "$TCPTRIAGE" close-wait -J
cmp_ok "$(jq '[.owners[].cmdline | length] | min' "$TAP_TMP/out")" '>' 2000 "long command lines are there"

# --- metrics ---

run in_ns "$TCPTRIAGE" metrics
if command -v promtool >/dev/null; then
	run promtool check metrics <"$TAP_TMP/out"
	is "$(promtool check metrics <"$TAP_TMP/out" 2>&1 >/dev/null | grep -c rror)" 0 "promtool takes the labels"
fi
run in_ns "$TCPTRIAGE" metrics
is "$(tail -n 1 "$TAP_TMP/out")" "# EOF" "metrics: whole"
grep -vE '^#|^[a-z_]+(\{([a-z_]+="([^"\\]|\\[\\n"])*",?)*\})? -?[0-9.e+-]+$' "$TAP_TMP/out" >"$TAP_TMP/strange"
is "$(cat "$TAP_TMP/strange")" "" "metrics: every line is a sample"
like "$out" 'process="\\\\x1b\[31mev\\nil\\\\xff"' "metrics: escaped as OpenMetrics says"

# --- recordings, and what reads them ---

file=$TAP_TMP/$'rec\e[31m\n\xff'
run in_ns "$TCPTRIAGE" record "$file" -c 1
is "$status" 0 "record into a file with such a name"
clean "record"
for command in "list -p" "close-wait" "listeners" "states --by=process"; do
	# shellcheck disable=SC2086
	run "$TCPTRIAGE" $command --from="$file"
	is "$status" 0 "$command --from such a file"
	clean "$command --from"
	# shellcheck disable=SC2086
	run "$TCPTRIAGE" $command -J --from="$file"
	ok "$command -J --from: JSON" strict_json "$TAP_TMP/out"
done
run in_ns "$TCPTRIAGE" diff "$file" - -J
ok "diff -J: JSON" strict_json "$TAP_TMP/out"
clean "diff -J"
run in_ns "$TCPTRIAGE" diff "$file" -
clean "diff"

# --- the live view ---

if command -v script >/dev/null; then
	in_ns env TERM=xterm-256color "TCPTRIAGE=$TCPTRIAGE" \
		script -qfec 'stty rows 40 cols 160; exec "$TCPTRIAGE" top -i 1 --view=listeners' "$TAP_TMP/screen" \
		</dev/null >/dev/null 2>&1 &
	tap_pids+=("$!")
	shows() { grep -qsaF "$1" "$TAP_TMP/screen"; }
	ok "the live view shows an escaped name" poll 20 shows 'x1b[31mev'
	not_ok "and no raw one" shows $'\e[31mev'
	not_ok "no title" shows $'\e]0;title'
	kill "$!"
	wait "$!" 2>/dev/null
else
	skip_one "the live view" "no script(1)"
fi

# --- words on the command line ---

evil=$'\e[31m\n\xff\xc2\x9b'
for words in "$evil" "--$evil" "states --by=$evil" "list -o $evil" "list -s $evil" "count $evil" \
	"count sport = $evil" "help $evil" "explain $evil" "why $evil" "why $evil:80" "states --from=/x$evil" \
	"states -N $evil" "states --source=$evil" "record /x/$evil" "complete $evil" "-i$evil" "kill $evil" \
	"diff /x$evil -" "states --at=$evil --from=/dev/null"; do
	IFS=' ' read -r -d '' -a list <<<"$words"
	list[-1]=${list[-1]%$'\n'}
	run in_ns "$TCPTRIAGE" "${list[@]}"
	cmp_ok "$status" '>=' 2 "$(printf '%q' "$words"): refused"
	clean "$(printf '%q' "$words")"
done

# --- users, hosts, host name ---

printf 'e\e[31mvil\xff:x:0:0::/:\n' >"$TAP_TMP/passwd"
printf '127.0.0.1 host\e[31m\xff.example\n' >"$TAP_TMP/hosts"
mount --bind "$TAP_TMP/passwd" /etc/passwd && mount --bind "$TAP_TMP/hosts" /etc/hosts ||
	bail "no mounts in a namespace of our own"
printf 'h\e[31m"\xff' >/proc/sys/kernel/hostname
for command in "list -o +USER" "list -r" "states --by=user" "close-wait" "listeners -r" \
	"why localhost:7000"; do
	# shellcheck disable=SC2086
	run in_ns "$TCPTRIAGE" $command
	cmp_ok "$status" '<=' 3 "$command: an end in order"
	clean "$command with hostile users and hosts"
	# shellcheck disable=SC2086
	run in_ns "$TCPTRIAGE" $command -J
	ok "$command -J: JSON" strict_json "$TAP_TMP/out"
	clean "$command -J with hostile users and hosts"
done
json_is .host $'h\e[31m"\\xff' "the host's name is whole"
run in_ns "$TCPTRIAGE" states --by=user
like "$out" 'e\\x1b\[31mvil\\xff' "the user's name is escaped"
umount /etc/passwd /etc/hosts

# --- control groups ---

group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [[ $group ]] && mkdir "$group/tcptriage-$$"$'\e[31m\xff.service' 2>/dev/null; then
	group+="/tcptriage-$$"$'\e[31m\xff.service'
	lab --comm grouped listen --count 1 --port 7100 + close-wait-leaked --count 1
	grouped=$lab_pid
	# Sockets remember the group they were made in.
	echo "$grouped" >"$group/cgroup.procs"
	run in_ns "$TCPTRIAGE" close-wait -J comm grouped
	ok "a control group: JSON" strict_json "$TAP_TMP/out"
	clean "close-wait -J with a hostile control group"
	like "$(jq -r '.owners[].cgroup' "$TAP_TMP/out")" $'tcptriage-[0-9]+\e\[31m' "the group's name is whole"
	for command in "close-wait" "list -o +CGROUP" "states --by=cgroup" "metrics"; do
		# shellcheck disable=SC2086
		run in_ns "$TCPTRIAGE" $command
		clean "$command with a hostile control group"
	done
	lab_stop "$grouped"
	poll 10 rmdir "$group" 2>/dev/null
else
	skip_one "control groups" "no cgroup2 to write to"
fi

# --- interfaces, namespaces ---

if in_ns ip link add $'tt\e[31m\xff' type veth peer name ttpeer 2>/dev/null; then
	in_ns ip link set ttpeer up
	in_ns ip addr add 192.0.2.1/24 dev $'tt\e[31m\xff'
	in_ns ip link set $'tt\e[31m\xff' up
	run in_ns "$TCPTRIAGE" why 192.0.2.9:80
	clean "why through a hostile interface"
	run in_ns "$TCPTRIAGE" why 192.0.2.9:80 -J
	ok "why -J through it: JSON" strict_json "$TAP_TMP/out"
	clean "why -J through it"
	json_is .route.device $'tt\e[31m\\xff' "why -J: its name is whole"
else
	skip_one "interfaces" "no veth"
fi
mkdir -p /run/netns && mount -t tmpfs none /run/netns && touch /run/netns/$'ns\e[31m\n\xff' &&
	mount --bind "/proc/$netns_pid/ns/net" /run/netns/$'ns\e[31m\n\xff' || bail "no folder of namespaces"
for command in "states -N all" "ports -N all" "check --sample=0 -N all" "complete netns"; do
	# shellcheck disable=SC2086
	run "$TCPTRIAGE" $command
	clean "$command with a hostile namespace"
done
run "$TCPTRIAGE" states -N $'ns\e[31m\n\xff' -J
ok "states -J -N it: JSON" strict_json "$TAP_TMP/out"
json_is .total "$(in_ns ss -Htan | wc -l)" "states -N it: the right one"
done_testing
