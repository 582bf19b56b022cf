#!/usr/bin/env bash
# timeout: 240
# SPDX-License-Identifier: MIT
# tcptriage-json(5) against the documents: every key that a document has stands in its section, and
# every key of a section stands in a document.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq awk python3
needs_netns
man=$TAP_TOP/man/tcptriage-json.5
data=$TAP_TOP/tests/golden/data
incident=$data/incident.rec

# save NAME ARGS...: adds the documents that tcptriage ARGS prints to those of NAME.
save() {
	local name=$1
	shift
	run in_ns "$TCPTRIAGE" "$@" -J
	[[ $status -le 2 && $out ]] || diag "$* ended with $status: $err"
	printf '%s\n' "$out" >>"$TAP_TMP/$name"
}

# keys_of NAME: the keys of its documents. Members of evidence belong to the finding; states are values.
keys_of() {
	jq -r 'paths | select(.[-1] | type == "string") | select(any(.[:-1][]; . == "evidence") | not)
		| select(.[-2] != "states") | .[-1]' "$TAP_TMP/$1" | LC_ALL=C sort -u
}

# documented SECTION: the keys that a subsection of the manual names.
documented() {
	awk -v section="$1" '/^\.S[sh] / { on = $0 == ".Ss " section } on' "$man" |
		sed -nE 's/^\.(It )?Va//p' | sed -E 's/ (No|Ns) .*//' | tr ' ,' '\n\n' |
		grep -E '^[a-z0-9_]+$' | LC_ALL=C sort -u
}

# agree NAME SECTION... [-- MAY...]: a document has the keys of SECTIONs, those of MAYs perhaps, and no
# others. The beginning is one of them everywhere.
agree() {
	local name=$1 must may section
	shift
	must=$(documented "tcptriage.$name/1")
	isnt "$must" "" "$name has a section"
	may=$(documented "The beginning of every document")
	while (($#)); do
		section=$1
		shift
		[[ $section != -- ]] || break
		must+=$'\n'$(documented "$section")
	done
	for section; do may+=$'\n'$(documented "$section"); done
	is "$(comm -23 <(LC_ALL=C sort -u <<<"$must") <(keys_of "$name"))" "" \
		"$name: every key of the manual is in a document"
	is "$(comm -13 <(LC_ALL=C sort -u <<<"$must"$'\n'"$may") <(keys_of "$name"))" "" \
		"$name: every key of a document is in the manual"
}

# What recordings have.
netns_make
save check check --all --from="$incident"
for by in pid,user,process,laddr raddr,rport,local,remote lport,cgroup,netns,family; do
	save states states --by=$by --from="$incident"
done
save states states --by=raddr -t 1 --from="$incident"
save close-wait close-wait --sockets --from="$incident"
save ports ports --from="$incident"
save ports ports --rate=710
save handshakes handshakes --from="$incident"
save listeners listeners --from="$incident"
save list list -p --from="$incident"
save count count --from="$incident"
save why why --from="$incident" 127.0.0.1:5432
save diff diff -t 1 "$data/healthy.rec" "$incident"
save explain explain
save explain explain cheatsheet
save explain explain close_wait

# What only a kernel has: attempts, handshakes that complete, programs that bind, a pool of one
# interface, several namespaces.
ns_sysctl net.ipv4.ip_local_port_range "40000 40999"
lab established --count 3 --port 7000 --client-port 40100 --bind explicit
background in_ns python3 -u -c '
import socket, time
server = socket.create_server(("127.0.0.1", 7001))
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
client.connect(("127.0.0.1", 7001))
print("ready")
time.sleep(1000)'
poll 30 grep -q ready "$background_out" || diag "no socket is bound to an interface: $(cat "$background_err")"
save ports ports
save why why --connect 127.0.0.1:7000
save handshakes handshakes --watch=0.3
save kill kill --dry-run state listen
save check check --all --sample=0 -N all
save ports ports -N all

agree check Findings
agree states
agree close-wait
agree ports
agree handshakes
agree listeners
agree list
agree count
agree why Findings -- tcptriage.ports/1
agree explain
agree diff
agree kill -- tcptriage.list/1

# The beginning stands at the beginning, in this order, in each of them.
for file in "$TAP_TMP"/[a-z]*; do
	name=${file##*/}
	[[ -n $(documented "tcptriage.$name/1") ]] || continue
	is "$(jq -r 'keys_unsorted[:8] | join(" ")' "$file" | sort -u)" \
		"schema version host time netns source complete notes" "$name: the beginning"
	is "$(jq -r .schema "$file" | sort -u)" "tcptriage.$name/1" "$name: its schema"
done
beginning=$(jq -r 'keys[]' "$TAP_TMP/check" "$TAP_TMP/ports" "$TAP_TMP/states" | sort -u)
is "$(comm -23 <(documented "The beginning of every document") <(LC_ALL=C sort -u <<<"$beginning"))" "" \
	"and is documented as it is"

# It would notice a key that nobody wrote down, and one that is no more.
jq -c '. + {undocumented: 1} | del(.count)' "$TAP_TMP/count" >"$TAP_TMP/other" && mv "$TAP_TMP/other" "$TAP_TMP/count"
is "$(comm -3 <({ documented tcptriage.count/1; documented "The beginning of every document"; } |
	LC_ALL=C sort -u | grep -vxE 'namespaces|cut') <(keys_of count) | tr -d '\t' | tr '\n' ' ')" "count undocumented " \
	"drift would be noticed"
done_testing
