#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 600
# What `ports` says against what connect() then does, in random mixes of everything that takes a local
# port. SEED=N ROUNDS=N for other mixes; a failing round says how it was made.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq ip
needs_netns
((EUID == 0)) || UNSHARE="unshare -r"
trap - EXIT
rm -rf "$TAP_TMP"
exec ${UNSHARE:-} "${BUILD:-$TAP_TOP/build/plain}/tests/ports/acid" mixes "${SEED:-4}" "${FIRST:-0}" "${ROUNDS:-200}" \
	"${MIX_SECONDS:-60}"
