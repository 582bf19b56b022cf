#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README says what the program does: its examples are run on the recordings, every line shown must
# be in the real output, in order.
. "$(dirname "$0")/../lib/tap.sh"
readme=$TAP_TOP/README.md
cd "$TAP_TOP/tests/golden/data" || bail "no recordings"

# shown_in_order: every line of $TAP_TMP/shown occurs in $TAP_TMP/real, in this order.
shown_in_order() {
	awk 'NR == FNR { line[++n] = $0; next }
		{ sub(/ +$/, "") } at < n && $0 == line[at + 1] { at++ }
		END { if (at < n) print "not in the output: " line[at + 1]; exit at < n }' \
		"$TAP_TMP/shown" "$TAP_TMP/real"
}

check_example() {
	[[ $command ]] || return 0
	eval "set -- $command"
	run "$TCPTRIAGE" "${@:2}"
	tr -s ' ' <"$TAP_TMP/out" | sed 's/^ //' >"$TAP_TMP/real"
	ok "$command" shown_in_order
	command=
}

command=
while IFS= read -r line; do
	if [[ $line == '    $ tcptriage '* ]]; then
		check_example
		command=${line#'    $ '}
		: >"$TAP_TMP/shown"
	elif [[ $command && $line == '    '* ]]; then
		# How wide a column is does not matter here.
		tr -s ' ' <<<"${line#'    '}" | sed 's/^ //' >>"$TAP_TMP/shown"
	else
		check_example
	fi
done <"$readme"
check_example
cmp_ok "$tap_count" '>=' 6 "there were examples"

# Commands and options that it names exist.
while read -r name; do
	run "$TCPTRIAGE" help "$name"
	is "$status" 0 "$name is a command"
done < <(grep -o '`tcptriage [a-z-]*' "$readme" | awk '{ print $2 }' | grep -v '^-' | sort -u)
done_testing
