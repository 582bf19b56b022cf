// SPDX-License-Identifier: MIT
#include "analysis/netns.h"

void netns_add(struct arena *a, struct value *to, const struct host *host, uint32_t index)
{
	if (host->netns_count > 1)
		value_add_text(a, to, "netns",
			       index < host->netns_count ? host->netns_names[index] : NULL);
}
