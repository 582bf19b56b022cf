#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 400
# Rates told from one dump against a generator's own log; a forecast against the end that came.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq
needs_netns
((EUID == 0)) || UNSHARE="unshare -r"
trap - EXIT
rm -rf "$TAP_TMP"
exec ${UNSHARE:-} "${BUILD:-$TAP_TOP/build/plain}/tests/ports/acid" rate
