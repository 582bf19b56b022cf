#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The scripts are clean for shellcheck, and every test can be run.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"

find tests -name '*.t' ! -perm -u+x >"$TAP_TMP/modes"
is "$(cat "$TAP_TMP/modes")" "" "every test is executable"
for file in tests/*/*.t; do
	[[ $file == tests/@(kernel|golden|fault|tui|lint|fuzz)/* ]] || echo "$file: in a folder that make check does not run"
done >"$TAP_TMP/places"
is "$(cat "$TAP_TMP/places")" "" "every test is in a folder that is run"

# Short pauses between looks are fine; to wait for something by sleeping is slow and unreliable, and
# needs a reason in the line above.
awk '/^[[:space:]]*sleep ([2-9]|[0-9][0-9])/ && previous !~ /^[[:space:]]*#/ { print FILENAME ":" FNR }
	{ previous = $0 }' tests/*/*.t >"$TAP_TMP/sleeps"
is "$(cat "$TAP_TMP/sleeps")" "" "tests poll, they do not sleep for long"
grep -nE '\b(pkill|killall)\b' tests/*/*.t tests/lib/*.sh .ci/run | grep -v '^tests/lint/scripts.t' >"$TAP_TMP/kills"
is "$(cat "$TAP_TMP/kills")" "" "nothing is killed by name"

if command -v shellcheck >/dev/null; then
	mapfile -t scripts < <(
		find .ci/run tests -type f \( -name '*.t' -o -name '*.sh' -o -path .ci/run \) |
			while read -r file; do
				[[ $(head -n 2 "$file") != *bash* && $(head -n 1 "$file") != '#!'*sh* ]] || echo "$file"
			done | sort
		if [[ -f completions/tcptriage.bash ]]; then echo completions/tcptriage.bash; fi
	)
	cmp_ok "${#scripts[@]}" '>' 3 "the scripts are found"
	# SC1091, SC2034, SC2154: tap.sh is found at run time, sets and reads variables. SC2120: functions
	# whose arguments are optional.
	run shellcheck -S warning -s bash -e SC1091,SC2034,SC2120,SC2154 "${scripts[@]}"
	is "$out" "" "shellcheck finds nothing"
else
	skip_one "shellcheck finds nothing" "no shellcheck"
fi
done_testing
