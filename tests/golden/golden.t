#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every line of tests/golden/cases prints exactly what tests/golden/expected says.
. "$(dirname "$0")/../lib/tap.sh"

golden=$TAP_TOP/tests/golden
expected=$golden/expected
cases=$golden/cases
[[ -r $cases ]] || bail "tests/golden/cases is missing"
declare -A seen

# settle NAME KIND TEXT-FILE: compares, or with UPDATE=1 writes; an empty file stands for none.
settle() {
	local file=$expected/$1.$2 made=$3
	if [[ ${UPDATE:-} ]]; then
		mkdir -p "$expected"
		if [[ -s $made ]]; then cp "$made" "$file"; else rm -f "$file"; fi
	fi
	if [[ -e $file ]]; then
		cmp -s "$file" "$made" && return 0
		diag "$(diff -u "$file" "$made" | head -n 40)"
		return 1
	fi
	[[ ! -s $made ]] && return 0
	diag "$1 says this on $2, and there is no ${file##*/}:"
	diag "$(head -n 20 "$made")"
	return 1
}

one_case() {
	local name=$1 good=0
	local -a args
	# The line is ours and is read as a shell reads it, so that filters can be quoted.
	eval "args=($2)"
	run env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=UTC TERM=dumb ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
		${LSAN_OPTIONS:+LSAN_OPTIONS="$LSAN_OPTIONS"} ${UBSAN_OPTIONS:+UBSAN_OPTIONS="$UBSAN_OPTIONS"} "$TCPTRIAGE" "${args[@]}"
	if ((status == 0)); then : >"$TAP_TMP/status"; else echo "$status" >"$TAP_TMP/status"; fi
	settle "$name" out "$TAP_TMP/out" || good=1
	settle "$name" err "$TAP_TMP/err" || good=1
	settle "$name" status "$TAP_TMP/status" || good=1
	ok "$name: tcptriage $2" test "$good" = 0
}

cd "$golden/data" 2>/dev/null || bail "tests/golden/data is missing"
while read -r name line; do
	[[ $name && $name != '#'* ]] || continue
	[[ ! ${seen[$name]:-} ]] || fail "two cases are called $name"
	seen[$name]=1
	one_case "$name" "$line"
done <"$cases"

orphans=0
for file in "$expected"/*; do
	name=${file##*/}
	[[ -e $file && $name != .* ]] || continue
	if [[ ! ${seen[${name%.*}]:-} ]]; then
		diag "no case makes $name"
		orphans=$((orphans + 1))
	fi
done
is "$orphans" 0 "every expected output belongs to a case"
done_testing
