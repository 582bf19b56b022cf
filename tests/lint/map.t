#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The comment at the head of src/main.c is the map of the tree: it names every file and no other.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"

# The first comments of the file, up to its first include.
map=$(sed '/^#include/Q' src/main.c)
words=$(grep -oE '[a-z_0-9/]+' <<<"$map" | sort -u)
for file in src/*.c src/*/*.c; do
	name=${file##*/}
	grep -qxF "${name%.c}" <<<"$words" || echo "$file"
done | sort >"$TAP_TMP/unnamed"
is "$(cat "$TAP_TMP/unnamed")" "" "every source is on the map"
for name in $(grep -oE '[a-z_0-9]+\.[ch]\b' <<<"$map" | sort -u); do
	compgen -G "src/$name" >/dev/null || compgen -G "src/*/$name" >/dev/null || echo "$name"
done >"$TAP_TMP/gone"
is "$(cat "$TAP_TMP/gone")" "" "and nothing that is not there"
for folder in src/*/; do
	folder=${folder#src/}
	grep -qE "(^|[^a-z])${folder%/}/" <<<"$map" || echo "$folder"
done >"$TAP_TMP/folders"
is "$(cat "$TAP_TMP/folders")" "" "every folder is on the map"
done_testing
