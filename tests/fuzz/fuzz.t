#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 420
# Every fuzzer, built anew, on its corpus and a fixed number of further inputs.
. "$(dirname "$0")/../lib/tap.sh"
needs_command clang make
# The fuzzers carry their own sanitizers: once is enough.
[[ ${SAN:-} ]] && skip "done in the plain run"

cd "$TAP_TOP" || bail "no source tree"
if ! make -j2 fuzzers >"$TAP_TMP/make" 2>&1; then
	diag "$(tail -n 20 "$TAP_TMP/make")"
	fail "the fuzzers build"
	done_testing
fi
for source in tests/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	ok "$target: inputs are kept" grep -q "^\./$target/." <(tar -tzf tests/fuzz/corpus.tar.gz)
	if KEEP_CORPUS=0 timeout -k 5 60 tests/fuzz/run "$target" -runs="${FUZZ_RUNS:-20000}" \
		-max_total_time=8 -seed=1 >"$TAP_TMP/$target" 2>&1; then
		pass "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$TAP_TMP/$target") inputs"
	else
		fail "$target"
		diag "$(tail -n 40 "$TAP_TMP/$target")"
	fi
done
done_testing
