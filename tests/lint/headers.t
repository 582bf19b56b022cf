#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every header stands alone and says what each of its prototypes and fields means.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
: "${CC:=cc}"
mapfile -t headers < <(find src -name '*.h' | sort)
cmp_ok "${#headers[@]}" '>' 10 "the headers are found"

flags=$(pkg-config --cflags libmnl ncursesw 2>/dev/null)
for header in "${headers[@]}"; do
	# shellcheck disable=SC2086
	printf '#include "%s"\n' "${header#src/}" |
		"$CC" -std=gnu11 -D_GNU_SOURCE -Isrc $flags -Wall -Wextra -Werror -fsyntax-only -x c - ||
		echo "$header"
done >"$TAP_TMP/alone" 2>&1
is "$(cat "$TAP_TMP/alone")" "" "each header compiles by itself"

# A comment explains what stands below it up to the next blank line; so each paragraph of prototypes
# and each of fields begins with one, or has them at the ends of its lines. Enumerators may speak for
# themselves.
cat >"$TAP_TMP/comments.awk" <<'AWK'
function complain() { print FILENAME ":" FNR ": " $0 }
FNR == 1 { comment = body = kind = 0; covered = 0 }
comment { if (/\*\//) comment = 0; next }
body { if (/^}/) body = 0; covered = 0; next }
/^[[:space:]]*\/\*/ {
	if (/^[[:space:]]*\/\*\*/) covered = 1
	if (!/\*\//) comment = 1
	if (!/\*\/[[:space:]]*[^[:space:]]/) next
}
/^[[:space:]]*$/ { covered = 0; next }
/^#/ || /^[[:space:]]*static_assert/ || /^[A-Z_]+\(.*\);$/ { next }
/^\{/ { body = 1; next }
/^(struct|union)[^(;]*\{$/ { kind = "fields"; if (!covered) complain(); next }
/^(typedef )?enum[^(;]*\{/ { kind = "names"; if (/\}/) kind = 0; next }
/^\}/ { kind = 0; covered = 0; next }
/^(struct|union|enum) [a-z_0-9]+;/ { next }
kind == "names" || covered { next }
kind == "fields" && (/^[[:space:]]*(struct|union|enum) ?\{/ || /^[[:space:]]+\}/) { next }
/\/\*\*</ { next }
{ complain(); covered = 1 }
AWK
is "$(awk -f "$TAP_TMP/comments.awk" "${headers[@]}")" "" "prototypes, structs and fields are explained"
done_testing
