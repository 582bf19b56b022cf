# Static analysis: make analyze (minutes; no part of make check). SPDX-License-Identifier: MIT
analyze:
	@FLAGS='-std=gnu11 -D_GNU_SOURCE -DTCPTRIAGE_VERSION="$(VERSION)" -Isrc $(PKG_CFLAGS)' tests/lint/analyze

.PHONY: analyze
