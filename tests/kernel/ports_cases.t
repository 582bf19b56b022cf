#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 600
# What `ports` says against what connect() then does, one way to take a port at a time.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq ip
needs_netns
((EUID == 0)) || UNSHARE="unshare -r"
trap - EXIT
rm -rf "$TAP_TMP"
exec ${UNSHARE:-} "${BUILD:-$TAP_TOP/build/plain}/tests/ports/acid" cases
