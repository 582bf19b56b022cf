#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make install puts everything where it belongs, and make uninstall leaves nothing.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
needs_command make
[[ ! ${SAN:-} ]] || skip "a sanitizer build is not installed"
root=$TAP_TMP/root

# The make that runs the tests must not talk to this one.
install_with() {
	RUN_TIMEOUT=150 run env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s "$@" DESTDIR="$root"
}
installed() {
	(cd "$root" && find . -type f -printf '%m %P\n' | sort -k 2)
}

install_with install PREFIX=/usr
is "$status" 0 "make install" || diag "$err"
expected="755 usr/bin/tcptriage
644 usr/share/bash-completion/completions/tcptriage
644 usr/share/fish/vendor_completions.d/tcptriage.fish
$(for page in man/*.[1-8]; do echo "644 usr/share/man/man${page##*.}/${page##*/}"; done)
644 usr/share/zsh/site-functions/_tcptriage"
is "$(installed)" "$(sort -k 2 <<<"$expected")" "every file is where it belongs"
run "$root/usr/bin/tcptriage" --version
is "$status" 0 "the installed program runs"
ok "it is the built one" cmp "$root/usr/bin/tcptriage" "$TCPTRIAGE"
for page in "$root"/usr/share/man/man*/*; do
	[[ -s $page ]] || echo "$page"
done >"$TAP_TMP/empty"
is "$(cat "$TAP_TMP/empty")" "" "no page is empty"

install_with uninstall PREFIX=/usr
is "$status" 0 "make uninstall" || diag "$err"
is "$(installed)" "" "nothing is left"

install_with install
is "$status" 0 "make install with its own prefix" || diag "$err"
ok "goes to /usr/local" test -x "$root/usr/local/bin/tcptriage"
is "$(installed | grep -cv ' usr/local/')" 0 "and nowhere else"
install_with uninstall
is "$(installed)" "" "and leaves nothing either"
done_testing
