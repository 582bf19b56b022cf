#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the program says: a number and the words behind it agree, whatever the number is.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
needs_command perl

# A number is followed by "socket%s", not by "sockets", unless it can never be 1:
never_one='of %lld descriptors|at the limit of %lld pages|%(u|llu|zu) bytes|takes at most %d keys|more than %d parentheses'
never_one+='|interrupted %d times|sent the same data %d times|the FIN sent %d times|%llu findings:|%llu incoming handshakes hang in'
# the other branch, where the number is not 1:
never_one+='|%zu listeners on ports|%zu other processes hold'
# a share, with a decimal:
never_one+='|%\.1f connections a second'
# limits, and what a whole range has:
never_one+='|of %u files of|of the %zu settings|of (%.0f|%lld) ports'
# a line of --debug:
never_one+='|debug: facts'

# the whole range, of a host:
never_one+='|{range.size} ports'

# Strings as the compiler sees them: neighbours joined.
cat >"$TAP_TMP/strings.pl" <<'END'
undef $/;
for my $file (@ARGV) {
	open my $in, '<', $file or die "$file: $!";
	my $text = <$in>;
	$text =~ s{/\*.*?\*/|//[^\n]*}{}gs;
	$text =~ s/"\s*PRI[a-zA-Z0-9]+\s*"/d/g;
	1 while $text =~ s/"\s*\n\s*"//;
	while ($text =~ /"((?:[^"\\\n]|\\.)*)"/g) { print "$file: $1\n" }
}
END
mapfile -t sources < <(find src -name '*.c' | sort)
perl "$TAP_TMP/strings.pl" "${sources[@]}" >"$TAP_TMP/strings"
cmp_ok "$(wc -l <"$TAP_TMP/strings")" '>' 1000 "there are strings"

# fixed FILE: texts in which a plural or its verb stands up to four words behind a number.
fixed() {
	grep -vE "$never_one" "$1" | perl -ne '
		my $text = $_;
		while ($text =~ /(?:(?<!process )%[-0-9.*]*(?:ll|l|z)?(?:[du]|\.0f)|\{[a-z_.:A-Z]+\})((?: (?:[A-Za-z_%()]+)){1,4})/g) {
			my $words = $1;
			for (split / /, $words) {
				next if /^(|is|was|has|this|its|less|as|process|address)$/ || /%/;
				last if /^\(|^(s|ms|and|or|of|to|in|by|for|with|that|left)$/;
				if (/s$/ || /^(are|were|have)$/) { print $text; last }
			}
		}'
}
is "$(fixed "$TAP_TMP/strings")" "" "no number stands before a word that fits only many"

# It would notice one.
printf 'x.c: %s\n' '%llu sockets left' 'holders of %zu malformed lines' '%u open connections are' \
	'%.0f ports' '{queue} connections wait' >"$TAP_TMP/wrong"
is "$(fixed "$TAP_TMP/wrong" | wc -l)" 5 "one that does is noticed"
printf 'x.c: %s\n' '%llu socket%s left' 'port %u is taken' '%zu of them' >"$TAP_TMP/right"
is "$(fixed "$TAP_TMP/right")" "" "and what fits any number is not"

# Every exception stands for something.
while IFS= read -r one; do
	grep -qE "$one" "$TAP_TMP/strings" || echo "$one"
done < <(perl -e '$_ = shift; my $depth = 0; for (split //) {
	$depth++ if /\(/; $depth-- if /\)/; print(($_ eq "|" && !$depth) ? "\n" : $_) } print "\n"' "$never_one") >"$TAP_TMP/idle"
is "$(cat "$TAP_TMP/idle")" "" "every exception is needed"
done_testing
