#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 300
# A netlink that misbehaves: the right answer from /proc or a second try, or status 3; never a crash, a
# hang, or a short answer that looks whole. (ss prints sockets twice on the first of these.)
. "$(dirname "$0")/../lib/tap.sh"
# The shim brings an allocator of its own, and a sanitizer wants to be first.
[[ ${SAN:-} ]] && skip "done in the plain run"
needs_netns
shim=${BUILD:-$TAP_TOP/build/plain}/tests/fault/shim.so
[[ -e $shim ]] || bail "no $shim: run it by make check"
export RUN_TIMEOUT=40
netns_make
lab listen --count 5 + established --count 650
total=$(in_ns ss -Htan | wc -l)
cmp_ok "$total" '>' 1000 "there are sockets in several datagrams"

# faulty FAULT COMMAND...
faulty() {
	local fault=$1
	shift
	run in_ns env LD_PRELOAD="$shim" NETLINK_FAULT="$fault" "$TCPTRIAGE" "$@"
}

# right FAULT SOURCE: states and count are right, told to come from SOURCE.
right() {
	faulty "$1" count
	is "$status:$out" "0:$total" "$1: count is right"
	faulty "$1" states -J
	json_is '[.total, .source, .complete]' "[$total,\"$2\",true]" "$1: states is right and names its source"
}

# right_or_marked FAULT: a streamed list is whole, or says that it is not and ends with 3.
right_or_marked() {
	faulty "$1" list -H
	local lines unique
	lines=$(wc -l <"$TAP_TMP/out")
	unique=$(sort -u "$TAP_TMP/out" | wc -l)
	is "$lines" "$unique" "$1: list says nothing twice"
	if [[ $status == 0 ]]; then
		is "$lines" "$total" "$1: list is whole"
	else
		is "$status" 3 "$1: list is short and ends with 3"
	fi
	faulty "$1" list -J
	if [[ $status == 3 ]]; then
		[[ ! $out ]] || json_is .complete false "$1: list -J is marked"
		like "$err" "could not be read|broke off|interrupted|skipped" "$1: and the reason is told"
	else
		json_is '.sockets | length' "$total" "$1: list -J is whole"
	fi
}

# Once: a second try helps. For good: /proc does.
for fault in errno=105@2 errno=12@2 errno=105@4 half@4 len=4@4 eof@4 trunc@4 errno=105@1 half@2 half@1 len=4@2 len=0@1 len=0x7fffffff@2 \
	len=0xffffffff@1 len=0x80000000@2 eof@2 eof@1 trunc@2; do
	right "$fault" netlink
	right_or_marked "$fault"
done
for fault in errno=105@* errno=12@* half@* len=4@* len=0xffffffff@* eof@* trunc@* error=2@* error=1@* \
	silent@* silent@+2 seq@* sender@*; do
	right "$fault" proc
	right_or_marked "$fault"
done
right error=2@1 netlink # The old message is refused, the new one works.
right repeat@2 netlink
right_or_marked repeat@2

# The kernel says that the table moved: tried again, then marked.
right intr@1 netlink
faulty intr@* states -J
is "$status" 3 "intr@*: status 3"
json_is '[.complete, .source]' '[false,"netlink"]' "intr@*: marked as incomplete"
like "$err" "interrupted" "intr@*: and the reason is told"

# A message too short to be a socket is skipped, counted, told.
faulty short@2 states -J
is "$status" 3 "short@2: status 3"
json_is .complete false "short@2: marked"
like "$err" "malformed" "short@2: and the reason is told"

# Asked for netlink only: no fall-back, status 3.
for fault in errno=105@* silent@* error=2@*; do
	faulty "$fault" states --source=netlink
	is "$status:$out" "3:" "$fault with --source=netlink: status 3 and nothing printed"
	like "$err" "could not be read" "$fault: with the reason"
done

# A kernel that does not know what the filter asks (opcode 7: INET_DIAG_BC_S_COND): decided here. Where
# threads share the sockets out, each decides for its own.
faulty opcode=7 count -4 not sport = :1
is "$status:$out" "0:$(in_ns "$TCPTRIAGE" count -4)" "opcode=7: the filter is decided here"
lab established-repair --quiet --count 21000
faulty opcode=7 count -4 not sport = :1
is "$status:$out" "0:$(in_ns "$TCPTRIAGE" count -4 --source=proc)" "opcode=7: no socket counts twice"
done_testing
