#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The harness itself: a test that hangs is ended, what it leaves behind as well, and what fails fails.
. "$(dirname "$0")/../lib/tap.sh"
runner=${BUILD:-$TAP_TOP/build/plain}/tests/runner
[[ -x $runner ]] || skip "no runner at $runner"

# script NAME: the test on stdin becomes $TAP_TMP/NAME, with the helpers.
script() {
	{
		echo '#!/usr/bin/env bash'
		cat
	} >"$TAP_TMP/$1"
	chmod +x "$TAP_TMP/$1"
}
use="TMPDIR=$TAP_TMP . $TAP_TOP/tests/lib/tap.sh"
# A length of sleep that nobody else has.
mark=$((100000 + $$))
asleep() {
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -q "[s]leep $mark"
}
runs() {
	run env -u CHECK_TIMEOUT -u CHECK_SCALE "$runner" "$TAP_TMP/$1"
}

script hangs <<-EOT
	# timeout: 1
	sleep $mark &
	(setsid sleep $mark &)
	setsid -f sleep $mark
	sleep $mark
EOT
runs hangs
is "$status" 124 "a test that hangs is ended"
like "$err" 'hangs: ended after 1 s' "and it is said which"
not_ok "nothing of it is left" asleep

script leaves <<-EOT
	setsid -f sleep $mark
	echo 1..1
	echo ok 1
EOT
runs leaves
is "$status:$out" "0:1..1
ok 1" "a test that leaves something running passes"
not_ok "but what it left is ended" asleep

script deaf <<-EOT
	# timeout: 1
	trap '' TERM
	sleep $mark
	sleep $mark
EOT
runs deaf
is "$status" 124 "a test that ignores SIGTERM is ended"
not_ok "with all it has" asleep

script reads <<-EOT
	read -r line && exit 9
	exit 3
EOT
runs reads
is "$status" 3 "there is nothing on stdin, and the exit status is the test's"

# --- tap.sh ---

script good <<-EOT
	$use
	ok "one" true
	is a a "two"
	skip_one "three" "no reason"
	done_testing
EOT
runs good
is "$status:$out" "0:ok 1 - one
ok 2 - two
ok 3 - three # SKIP no reason
1..3" "assertions that hold"

for assertion in 'ok n false' 'not_ok n true' 'is a b n' 'isnt a a n' 'like abc x n' 'unlike abc b n' \
	'cmp_ok 2 "<" 1 n' 'cmp_ok "" "==" 0 n' 'cmp_ok x "<" 1 n' 'json_is .a 1 n' 'json_valid n'; do
	script bad <<-EOT
		$use
		echo '{"a":2' >"\$TAP_TMP/out"
		$assertion
		done_testing
	EOT
	runs bad
	is "$status:$out" "1:not ok 1 - n
1..1" "fails: $assertion"
done

script late <<-EOT
	$use
	ok one true
	exit 5
EOT
runs late
is "$status" 5 "a test that ends early keeps its exit status"
unlike "$out" '1\.\.' "and has no plan, so that prove sees it"

script skips <<-EOT
	$use
	skip "no luck"
	ok one false
EOT
runs skips
is "$status:$out" "0:1..0 # SKIP no luck" "a file can be skipped"

script slow <<-EOT
	$use
	RUN_TIMEOUT=1
	run sleep $mark
	is "\$status" 124 "ended"
	poll 1 false
	is "\$?" 1 "polled"
	done_testing
EOT
runs slow
is "$status" 0 "commands and polls have an end"
is "$(find "$TAP_TMP" -mindepth 1 -maxdepth 1 -name 'tcptriage-test.*' | wc -l)" 0 "no folder of a test is left"
done_testing
