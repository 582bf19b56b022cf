#!/usr/bin/env bash
# timeout: 240
# SPDX-License-Identifier: MIT
# The manual's examples work, against a recording where the command can read one; and every member of
# a JSON document stands in tcptriage-json(5).
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
needs_command jq
needs_netns

mkdir "$TAP_TMP/bin"
ln -s "$TCPTRIAGE" "$TAP_TMP/bin/tcptriage"
export PATH=$TAP_TMP/bin:$PATH

netns_make
lab accept-full --port 8081 --backlog 2
lab close-wait-leaked --count 3
lab time-wait --count 3 --port 5774
lab established --count 2 --port 443
lab syn-sent --count 2 --remotes 2
lab syn-recv --count 2
tape=$TAP_TMP/tape
run in_ns tcptriage record -i 0.1 -c 2 "$tape"
is "$status" 0 "a recording is made"

# --- examples ---

# replayed LINE: the line as it is run here.
replayed() {
	local line=$1
	case $line in
	*--from=* | *" record "*)
		line=${line//incident.tape/$TAP_TMP/incident.tape}
		line=${line/-i 1 -c 600/-i 0.05 -c 2}
		;;
	*" explain "* | *" why "* | *" -N all"* | *" --rate="* | *setcap*) ;;
	*) line=${line/#tcptriage/tcptriage --from="$tape"} ;;
	esac
	printf '%s' "$line"
}

examples=0
for page in man/tcptriage.1 man/tcptriage-json.5 man/tcptriage-filter.7; do
	while IFS= read -r line; do
		[[ $line == tcptriage* ]] || continue
		examples=$((examples + 1))
		# 1 and 2 are verdicts, 64 and 3 would be mistakes.
		run in_ns bash -o pipefail -c "$(replayed "$line")"
		case $line in
		*"check"* | tcptriage | *" why "* | *--fail-over*) good='^[012]$' ;;
		*) good='^0$' ;;
		esac
		like "$status" "$good" "${page#man/}: $line" || diag "$err"
		unlike "$err" 'tcptriage: [^n]' "and has nothing to complain of"
	done < <(sed -n 's/^\.Dl //p' "$page" | sed "s/\\\\&//g; s/\\\\e/\\\\/g; s/\\\\(aq/'/g")
done
cmp_ok "$examples" '>' 20 "there are examples"

# --- JSON ---

# members PATH-FILTER: every member name in the document on standard input, but for those of objects
# whose members are data: states, the evidence of a finding.
members() {
	jq -r '[paths | map(strings)
		| select(any(. == "evidence" or . == "states") | not)
		| .[-1] // empty] | unique[]'
}

documented=$(sed -n '/^\.Sh DESCRIPTION/,/^\.Sh EXAMPLES/p' man/tcptriage-json.5 |
	grep -E '^\.(It )?Va ' | sed -E 's/^\.(It )?Va //; s/ No .*//' | tr -d , | tr ' ' '\n' | grep . | sort -u)
while IFS= read -r line; do
	# shellcheck disable=SC2086
	run in_ns tcptriage $line -J
	like "$status" '^[0123]$' "$line -J"
	is "$(members <"$TAP_TMP/out" | grep -vxF "$documented")" "" "has no member that tcptriage-json(5) does not name"
	json_is '[has("schema", "version", "host", "time", "netns", "source", "complete", "notes")] | all' true \
		"and begins as every document"
	json_is '[keys_unsorted[:8][]] == ["schema","version","host","time","netns","source","complete","notes"]' true \
		"with its members in that order"
done <<-END
	check --all
	states
	states --by=remote
	close-wait
	close-wait --sockets
	ports
	ports --rate=710
	handshakes
	handshakes --watch=0.2
	listeners
	list -p
	count
	why 127.0.0.1:8081 --connect=0.2
	why 192.0.2.1:80
	explain
	explain cheatsheet
	kill --dry-run state syn-sent
END
done_testing
