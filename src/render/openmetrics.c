// SPDX-License-Identifier: MIT
#include "render/openmetrics.h"

#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "render/render.h"

void om_family(struct str *out, const char *name, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void om_sample(struct str *out, const char *name, const struct om_label *labels, double v)
{
	if (!isfinite(v))
		return;
	str_add(out, name);
	for (const struct om_label *l = labels; l->name != NULL; l++) {
		str_addf(out, "%c%s=\"", l == labels ? '{' : ',', l->name);
		escape_label(out, l->value, strlen(l->value));
		str_addc(out, '"');
	}
	str_add(out, labels->name != NULL ? "} " : " ");
	/* No exponent, no more digits than mean anything; 2^53 and beyond do not occur. */
	json_add_real(out, v);
	str_addc(out, '\n');
}

void om_end(struct str *out)
{
	str_add(out, "# EOF\n");
}
