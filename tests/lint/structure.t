#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the source files may and must be: who includes whom, how long, how they begin.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"

mapfile -t sources < <(find src tests/lab tests/lib tests/unit -name '*.[ch]' | sort)
# Tests may be long tables of wide rows.
mapfile -t code < <(find src tests/lab -name '*.[ch]' | sort)
cmp_ok "${#sources[@]}" '>' 20 "the sources are found"

# nothing NAME COMMAND...: what the command prints are complaints; there must be none.
nothing() {
	local name=$1
	shift
	is "$("$@")" "" "$name"
}

# --- who includes whom ---

# What each folder may include of the others; the top sees what it needs of each stage.
declare -A may=(
	[base]="base"
	[model]="base model"
	[source]="base model source"
	[analysis]="base model analysis"
	[render]="base model render"
	[tui]="base model tui"
	[top]="base model source analysis render tui top"
)
# How a source works inside: nothing for the top.
inner='^source/(.*_(parse|asm|btf|layout|prog)|backend|netlink|diag|diag_split|proc|live|delta|tape|tape_.*|rtnl)\.h$'

includes() {
	grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' src/*.[ch] src/*/*.[ch] |
		sed -E 's/^([^:]+):([0-9]+):.*"([^"]+)".*/\1 \2 \3/'
}

check_includes() {
	local file line header folder target
	while read -r file line header; do
		folder=${file#src/}
		if [[ $folder == */* ]]; then folder=${folder%%/*}; else folder=top; fi
		if [[ $header == */* ]]; then target=${header%%/*}; else target=top; fi
		if [[ ! -f src/$header ]]; then
			echo "$file:$line: $header is not named from src/"
		elif [[ " ${may[$folder]:-} " != *" $target "* ]]; then
			echo "$file:$line: $folder must not include $header"
		elif [[ $folder == top && $header =~ $inner ]]; then
			echo "$file:$line: $header is the inside of a stage"
		fi
	done < <(includes)
}

# included_outside FOLDER HEADER-REGEX: who includes such a system header elsewhere.
included_outside() {
	grep -lE "#[[:space:]]*include[[:space:]]*<($2)" src/*.[ch] src/*/*.[ch] | grep -v "^$1/"
}

nothing "each folder includes only what it may" check_includes
nothing "curses only in src/tui" included_outside src/tui 'n?curses|term'
nothing "netlink only in src/source" included_outside src/source 'libmnl/|linux/rtnetlink|linux/sock_diag'

# --- form ---

# What exceeds a limit has a row "FILE WHAT REASON" in tests/lint/exceptions.
excepted() {
	grep -qE "^$1[[:space:]]+$2[[:space:]]+[^[:space:]]" tests/lint/exceptions
}

without_licence() {
	local file want
	for file in "${sources[@]}"; do
		want='// SPDX-License-Identifier: MIT'
		[[ $file == *.h ]] && want='/* SPDX-License-Identifier: MIT */'
		[[ $(head -n 1 "$file") == "$want" ]] || echo "$file"
	done
}

too_long() {
	wc -l "${sources[@]}" | while read -r lines file; do
		[[ $file == tests/unit/* ]] && lines=$((lines / 2))
		[[ $file == total ]] || ((lines <= 500)) || excepted "$file" lines || echo "$file: $lines lines"
	done
}

# A body begins with { in the first column and ends with }.
long_functions() {
	awk 'FNR == 1 { start = 0 }
		/^[a-z].*\(/ && !/;[[:space:]]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
		/^\{/ { start = FNR }
		/^\}/ && start { if (FNR - start - 1 > 60) print FILENAME, name, FNR - start - 1; start = 0 }' \
		"${code[@]}" | while read -r file name lines; do
		excepted "$file" "$name" || echo "$file: $name has $lines lines"
	done
}

too_wide() {
	local file
	for file in "${code[@]}"; do
		expand -t 8 "$file" | sed -nE '/^ *(\/\*| \*).{98,}|^.{113,}/{/^.{101,}/=}' | sed "s,^,$file:,"
	done
}

no_own_header_first() {
	local file header
	for file in src/*.c src/*/*.c; do
		header=${file%.c}.h
		header=${header#src/}
		[[ -f src/$header ]] || continue
		[[ $(grep -m1 -E '^#include' "$file") == "#include \"$header\"" ]] || echo "$file"
	done
}

bad_guards() {
	local file guard
	for file in src/*.h src/*/*.h; do
		guard=$(sed -E 's,^src/,,; s,[/.],_,g' <<<"$file" | tr '[:lower:]' '[:upper:]')
		grep -q "^#define $guard\$" "$file" || echo "$file: no $guard"
	done
}

nothing "every source begins with its licence" without_licence
nothing "no source is longer than 500 lines, no unit test than 1000" too_long
nothing "no function is longer than 60 lines" long_functions
nothing "no comment is wider than 100 columns, no code much wider (112)" too_wide
nothing "no blanks at the end of a line" grep -nE '[[:space:]]+$' "${sources[@]}"
nothing "tabs indent" grep -nE '^    +[^ *]' src/*.[ch] src/*/*.[ch]
nothing "no struct is hidden by a typedef" grep -nE 'typedef[[:space:]]+(struct|union|enum)' src/*.[ch] src/*/*.[ch]
nothing "a file with a header of its own includes it first" no_own_header_first
nothing "include guards are named after their files" bad_guards

# --- nothing left open ---

# Spelt so that these lines do not find themselves.
left_open() {
	grep -rnIE '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b|not implemen''ted' src man completions tests README.md Makefile .ci \
		--exclude-dir=corpus --exclude-dir=data 2>/dev/null
}

idle_exceptions() {
	local file what reason
	while read -r file what reason; do
		[[ $file && $file != '#'* ]] || continue
		[[ -f $file ]] || echo "$file: gone"
		[[ $reason ]] || echo "$file $what: no reason"
		if [[ $what == lines ]] && (($(wc -l <"$file") <= 500)); then echo "$file: needs no exception"; fi
	done <tests/lint/exceptions
}

# Only where this is a clone: a release has no index to ask.
strangers() {
	git ls-files 2>/dev/null | cut -d/ -f1 | sort -u |
		grep -vx -e Makefile -e src -e man -e completions -e tests -e README.md -e LICENSE -e '\..*'
}

nothing "nothing is marked as left to do" left_open
nothing "nothing strays at the top level" strangers
nothing "every exception is needed and says why" idle_exceptions
done_testing
