#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# A /proc that is absent, empty, partial, hidden, broken or malformed: what can be known is right, and
# what cannot is told, with status 3 where the answer is short.
. "$(dirname "$0")/../lib/tap.sh"
# Leaks are not looked for under ptrace, nor without /proc.
[[ ! ${SAN:-} ]] || export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
needs_root
needs_netns
needs_command setpriv
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
netns_make
lab --comm holder listen --count 3 + established --count 10 + close-wait-leaked --count 5 --peer shutdown
total=$(in_ns ss -Htan | wc -l)
cmp_ok "$total" '>' 30 "there are sockets"
# A user that may run the program wherever it was built.
cp "$TCPTRIAGE" "$TAP_TMP/tcptriage" && chmod 755 "$TAP_TMP" "$TAP_TMP/tcptriage" ||
	bail "no copy of the program"

# with SETUP COMMAND...: COMMAND in a mount namespace of its own after SETUP.
with() {
	local setup=$1
	shift
	run in_ns unshare -m bash -c "$setup || exit 99; exec \"\$@\"" sh "$@"
}

empty='mount -t tmpfs none /proc'
subset='mount -t proc -o subset=pid proc /proc'
hidden='mount -t proc -o hidepid=2 proc /proc'
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$TAP_TMP/tcptriage")

# --- absent ---

with "$empty" "$TCPTRIAGE" states -J
is "$status" 0 "no /proc: states succeeds"
json_is '[.total, .source, .complete]' "[$total,\"netlink\",true]" "no /proc: and is right, by netlink"
with "$empty" "$TCPTRIAGE" count
is "$status:$out" "0:$total" "no /proc: count"
with "$empty" "$TCPTRIAGE" list -p -J
is "$status" 3 "no /proc: a list with owners ends with 3"
json_is '[(.sockets | length), (.sockets | map(.owners) | unique), .complete]' "[$total,[null],false]" \
	"no /proc: every socket is there, the owners are null, and it is marked"
like "$err" "mount -t proc proc /proc" "no /proc: and what to do is told"
with "$empty" "$TCPTRIAGE" list -J
is "$status" 0 "no /proc: a list without owners is whole"
with "$empty" "$TCPTRIAGE" close-wait -J
is "$status" 3 "no /proc: close-wait ends with 3"
json_is '[.total, .unowned, .owners, .complete]' '[5,5,[],false]' "no /proc: close-wait counts, without owners"
with "$empty" "$TCPTRIAGE" check --sample=0
is "$status" 3 "no /proc: check ends with 3"
like "$out" "^UNKNOWN: " "no /proc: its first word is not OK"
like "$err" "([0-9]+) of \1 files of settings and counters" "no /proc: not one setting could be read"
with "$empty" "$TCPTRIAGE" ports -J
is "$status" 3 "no /proc: ports ends with 3"
like "$err" "default 32768-60999 is assumed" "no /proc: the range is told to be assumed"
for command in "handshakes -J" "listeners -J" "metrics" "why 127.0.0.1:1 -J" "states -J --by=process" \
	"count pid 1" "top -b -c 1" "states -N all" "record $TAP_TMP/record -c 1"; do
	# shellcheck disable=SC2086
	with "$empty" "$TCPTRIAGE" $command
	cmp_ok "$status" '<=' 3 "no /proc: $command ends in order"
	[[ $command != *-J* ]] || json_valid "no /proc: $command is JSON"
	[[ $command == top* ]] || isnt "$err" "" "no /proc: $command says so"
done
with "$empty" "$TCPTRIAGE" states --source=proc
is "$status:$out" "3:" "no /proc, and asked for it: status 3 and nothing else"
like "$err" "mount -t proc" "no /proc, and asked for it: the reason"
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	for command in "states -J" "count" "list" "check --sample=0" "close-wait" "ports"; do
		# shellcheck disable=SC2086
		with "$empty" strace -f -o /dev/null -e trace=socket \
			-e inject=socket:error=EAFNOSUPPORT "$TCPTRIAGE" $command
		is "$status:$out" "3:" "neither /proc nor netlink: $command ends with 3 and an empty output"
		like "$err" "netlink is not available.*could not be read" "neither: $command says both"
	done
fi

# --- partial and hidden ---

with "$subset" "$TCPTRIAGE" states -J
json_is .total "$total" "subset=pid: states is right"
with "$subset" "$TCPTRIAGE" states -J --source=proc
json_is '[.total, .source]' "[$total,\"proc\"]" "subset=pid: also by /proc"
with "$subset" "$TCPTRIAGE" list -p -J
is "$status" 0 "subset=pid: owners are found"
json_is '[.sockets[] | select(.inode != 0 and .owners == null)] | length' 0 "subset=pid: of every socket"
with "$subset" "$TCPTRIAGE" check --sample=0
like "$err" "of [0-9]+ files of settings and counters could not be read" "subset=pid: check says what it lacks"
with "$hidden" "${nobody[@]}" states -J
json_is .total "$total" "hidepid=2: everybody counts right"
is "$err" "" "hidepid=2: and nothing is to be told of that"
with "$hidden" "${nobody[@]}" list -p -J
is "$status" 0 "hidepid=2: missing rights are no error"
json_is '[(.sockets | length), (.notes | map(select(test("hidepid"))) | length)]' "[$total,1]" \
	"hidepid=2: one note says whose processes do not show"
with "$hidden" "$TCPTRIAGE" list -p -J
json_is '[.notes, ([.sockets[] | select(.inode != 0 and .owners == null)] | length)]' '[[],0]' \
	"hidepid=2: root sees everything"

# --- each file missing ---

# without FILE COMMAND...: FILE is not there.
without() {
	local file=$1
	shift
	run in_ns strace -f -o /dev/null -P "$file" -e trace=openat -e inject=openat:error=ENOENT \
		"$TCPTRIAGE" "$@"
}

each_file() {
	local commands=("check --sample=0" ports listeners handshakes "why 127.0.0.1:1") file n=0 bad='' words
	while read -r file; do
		read -ra words <<<"${commands[n++ % ${#commands[@]}]}"
		without "$file" "${words[@]}" -J
		((status <= 2)) && json_parses "$TAP_TMP/out" || bad+=" $file:$status"
	done
	is "$bad" "" "each of $n files missing: a whole answer of those that hang on it"
	cmp_ok "$n" '>' 30 "there are that many files"
}

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	each_file < <(sed -n 's/.*X([A-Z0-9_]*, "\([^"]*\)".*/\1/p' "$TAP_TOP/src/model/facts.h" | sort -u)
	for file in /proc/sys/net/ipv4/ip_local_port_range /proc/sys/net/core/somaxconn \
		/proc/thread-self/net/snmp; do
		without "$file" check --sample=0
		like "$err" "files of settings and counters could not be read \($file" "$file, which is everywhere: missing is told"
	done
	without /proc/thread-self/net/tcp6 states -J --source=proc
	json_is '[.complete, .sockets.ipv6]' '[true,0]' "no tcp6: a kernel without IPv6"
	without /proc/thread-self/net/tcp states -J --source=proc
	is "$status:$out" "3:" "no tcp: status 3"
else
	skip_one "each file missing" "no strace"
fi

# --- malformed tables ---

row='   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0'
head='  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'

# table TCP COMMAND...: a /proc that holds nothing but this table (printf's form).
table() {
	local bytes=$1
	shift
	# shellcheck disable=SC2059
	printf "$bytes" >"$TAP_TMP/table"
	with "mount --bind '$TAP_TMP' /mnt && mount -t tmpfs none /proc && mkdir -p /proc/thread-self/net &&
		cp /mnt/table /proc/thread-self/net/tcp" "$TCPTRIAGE" "$@" --source=proc
}

# skipped NAME TCP RIGHT WRONG: RIGHT rows are counted, WRONG ones are told.
skipped() {
	table "$2" states -J
	if (($4 > 0)); then
		is "$status" 3 "$1: status 3"
		json_is '[.total, .complete]' "[$3,false]" "$1: $3 rows count, marked"
		like "$err" "(^| )$4 lines? of /proc/net/tcp" "$1: $4 lines are told to be left out"
	else
		is "$status" 0 "$1: status 0"
		json_is '[.total, .complete]' "[$3,true]" "$1: $3 rows count"
	fi
}

skipped "whole" "$head\n$row\n${row/4711/4712}\n" 2 0
skipped "empty table" "$head\n" 0 0
skipped "a row twice" "$head\n$row\n$row\n" 1 0
skipped "no final newline" "$head\n$row\n${row/4711/4712}" 1 1
skipped "cut in the middle" "$head\n$row\n${row:0:60}" 1 1
skipped "state FF" "$head\n$row\n${row/ 0A / FF }\n" 1 1
skipped "state 0" "$head\n$row\n${row/ 0A / 00 }\n" 1 1
skipped "too long an address" "$head\n$row\n${row/0100007F/0100007F0000}\n" 1 1
skipped "too short an address" "$head\n$row\n${row/0100007F/01007F}\n" 1 1
skipped "too long a port" "$head\n$row\n${row/1F90/1F901}\n" 1 1
skipped "no port" "$head\n$row\n${row/:1F90/}\n" 1 1
skipped "an inode of 23 digits" "$head\n$row\n${row/4711/11111111111111111111111}\n" 1 1
skipped "NULs" "$head\n$row\n\\\\0\\\\0\\\\0\n" 1 1
skipped "an empty line" "$head\n$row\n\n" 1 1
skipped "a line of 100 kB" "$head\n$row\n$(printf 'x%.0s' {1..100000})\n${row/4711/4712}\n" 2 1
table "" states -J
is "$status:$out" "3:" "no header: no table"
like "$err" "could not be read" "no header: and that is told"
table "$head\n$(sed 's/ 0A 00000000:00000000/ 01 FFFFFFFF:FFFFFFFF/' <<<"$row")\n" list -J
json_is '.sockets[0] | [.send_queue, .recv_queue]' '[4294967295,4294967295]' "queues of 32 bits do not turn negative"

# --- read errors that stay ---

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	# loaded CALL: how many of them the loader makes before the program begins.
	loaded() {
		in_ns strace -o /dev/stdout -e trace="fcntl,$1" "$TCPTRIAGE" count --source=proc |
			sed '/^fcntl(0/,$d' | grep -c "^$1("
	}
	run in_ns strace -o /dev/null -e trace=read -e inject=read:error=EIO:when=$(($(loaded read) + 2))+ \
		"$TCPTRIAGE" states -J --source=proc
	is "$status" 3 "every read fails: status 3, and no endless loop"
	isnt "$err" "" "every read fails: with a reason"
	run in_ns strace -o /dev/null -e trace=pread64 \
		-e inject=pread64:error=EIO:when=$(($(loaded pread64) + 1))+ "$TCPTRIAGE" check --sample=0
	cmp_ok "$status" '<=' 3 "every setting fails to be read: an end in order"
	like "$err" "files of settings and counters could not be read" "every setting fails to be read: told"
else
	skip_one "read errors that stay" "no strace"
fi
done_testing
