/* SPDX-License-Identifier: MIT */
/* Untrusted text made safe for a terminal, JSON or an OpenMetrics label. Everything a process or a
 * name server can choose goes through here, and only here, on its way out. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/** Decodes one UTF-8 character of the N bytes at S (N > 0) into *CP and returns its length; 0 where
 *  it is no valid UTF-8 (overlong, surrogate, above U+10FFFF, cut off), *CP is then the byte. */
NODISCARD NONNULL size_t utf8_decode(const char *s, size_t n, uint32_t *cp);

/** True for what must not reach a terminal: C0, DEL, C1, bidi controls, zero-width and other format
 *  characters (general category Cf), line and paragraph separators, tags, noncharacters. */
NODISCARD bool utf8_is_unsafe(uint32_t cp);

/** Terminal cells of the text as escape_text() prints it. */
NODISCARD NONNULL size_t escape_width(const char *s, size_t n);

/** Appends S for people and pipes: unsafe characters and bytes that are no UTF-8 become \xNN, a
 *  backslash becomes \\, so that the original can be had back. With ASCII, every byte above 0x7f is
 *  written as \xNN too (a terminal whose locale is no UTF-8). */
NONNULL void escape_text(struct str *out, const char *s, size_t n, bool ascii);

/** Appends a message that may hold what somebody typed, made safe in the same way, but its lines
 *  that begin with two blanks stay lines, and backslashes stay as they are: parts may be escaped
 *  already. */
NONNULL void escape_message(struct str *out, const char *s, size_t n);

/** Appends S as a JSON string with its quotes: always valid UTF-8; bytes that are no UTF-8 are
 *  written as the characters \xNN (an escaped backslash, x, two digits), as is a real backslash in
 *  such a string, so nothing is lost. */
NONNULL void escape_json(struct str *out, const char *s, size_t n);

/** Appends S as the inside of an OpenMetrics label value: backslash, quote and newline escaped as
 *  its specification says; other unsafe characters and invalid bytes as in escape_text(). */
NONNULL void escape_label(struct str *out, const char *s, size_t n);

#endif
