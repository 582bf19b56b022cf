// SPDX-License-Identifier: MIT
#include "base/wrap.h"

#include <stdbool.h>
#include <string.h>

void wrap_add(struct str *out, const char *text, size_t at, size_t indent, size_t width)
{
	bool fresh = true;

	while (*(text += strspn(text, " "))) {
		size_t n = strcspn(text, " ");

		if (!fresh && at + 1 + n > width) {
			str_addc(out, '\n');
			str_fill(out, ' ', indent);
			at = indent;
		} else if (!fresh) {
			str_addc(out, ' ');
			at++;
		}
		str_addn(out, text, n);
		at += n;
		text += n;
		fresh = false;
	}
}
