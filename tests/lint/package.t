#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make deb: a package with everything that make install puts somewhere, the libraries it needs, and
# sums that are right.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
[[ ! ${SAN:-} ]] || skip "a sanitizer build is not packaged"
needs_command make dpkg-deb dpkg-shlibdeps

# The make that runs the tests must not talk to this one.
version=$("$TCPTRIAGE" --version | awk '{ print $2 }')
RUN_TIMEOUT=150 run env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL .package/build "$version" "$TAP_TMP/made"
is "$status" 0 "it is built" || diag "$err"
deb=$(echo "$TAP_TMP"/made/*.deb)
is "${deb##*/}" "tcptriage_${version}_$(dpkg --print-architecture).deb" "under its name"
dpkg-deb -x "$deb" "$TAP_TMP/root" || bail "it does not unpack"
dpkg-deb -e "$deb" "$TAP_TMP/control" || bail "it has no control files"

is "$(cd "$TAP_TMP/root" && find . -type f | LC_ALL=C sort)" "$(LC_ALL=C sort <<-END
	./usr/bin/tcptriage
	./usr/share/bash-completion/completions/tcptriage
	./usr/share/doc/tcptriage/README.md.gz
	./usr/share/doc/tcptriage/changelog.gz
	./usr/share/doc/tcptriage/copyright
	./usr/share/fish/vendor_completions.d/tcptriage.fish
	$(for page in man/*.[1-8]; do echo "./usr/share/man/man${page##*.}/${page##*/}.gz"; done)
	./usr/share/zsh/vendor-completions/_tcptriage
END
)" "every file is where it belongs, and no other"
ok "the sums are right" env -C "$TAP_TMP/root" md5sum --quiet -c "$TAP_TMP/control/md5sums"
is "$("$TAP_TMP/root/usr/bin/tcptriage" --version)" "tcptriage $version" "its program runs"
like "$(cat "$TAP_TMP/control/control")" 'Depends: .*libmnl0' "the libraries it needs are named"
is "$(find "$TAP_TMP/root" -perm /022 ! -type l | head -1)" "" "nobody but root may write"
done_testing
