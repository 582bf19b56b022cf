#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The built program is hardened, and links nothing but what it says.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
needs_command readelf
[[ ! ${SAN:-} ]] || skip "sanitizers replace the hardening"
[[ -x $TCPTRIAGE ]] || bail "no program at $TCPTRIAGE"

header=$(readelf -hW "$TCPTRIAGE")
segments=$(readelf -lW "$TCPTRIAGE")
dynamic=$(readelf -dW "$TCPTRIAGE")
symbols=$(readelf --dyn-syms -W "$TCPTRIAGE")

like "$header" 'Type:[[:space:]]+DYN' "position independent"
like "$dynamic" 'FLAGS_1\).*PIE' "and an executable (PIE)"
like "$segments" 'GNU_RELRO' "relocations read-only"
like "$dynamic" 'BIND_NOW|FLAGS_1\).*NOW' "bound at start"
like "$(grep GNU_STACK <<<"$segments")" ' RW +0x' "stack not executable"
unlike "$(grep -E '^ +LOAD' <<<"$segments")" 'RWE' "no segment is both writable and executable"
unlike "$dynamic" 'RPATH|RUNPATH' "no library path of its own"
unlike "$dynamic" 'TEXTREL' "no text relocations"
like "$symbols" '__stack_chk_fail' "stack protector"
like "$symbols" '_chk@' "fortified"
# Whether the program as a whole is marked depends on the C library's start files.
if [[ $(uname -m) == x86_64 ]] && echo 'int x;' | "${CC:-cc}" -fcf-protection=full -xc -c -o "$TAP_TMP/cf.o" - 2>/dev/null; then
	like "$(readelf -nW "${BUILD:-build/plain}/src/main.o")" 'IBT, SHSTK' "branches and returns are protected"
fi

needed=$(awk -F'[][]' '/NEEDED/ { print $2 }' <<<"$dynamic" | sed 's/\.so.*//' | sort | paste -sd ' ')
for library in $needed; do
	case $library in
	libc | libm | libmnl | libncursesw | libtinfo | ld-linux*) ;;
	*) echo "$library" ;;
	esac
done >"$TAP_TMP/needed"
is "$(cat "$TAP_TMP/needed")" "" "no library beyond libc, libm, libmnl, ncursesw"
done_testing
