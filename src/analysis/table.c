// SPDX-License-Identifier: MIT
/* The table of analyses: one row an answer. */
#include <string.h>

#include "analysis/analysis.h"

extern const struct analysis states_analysis, ports_analysis, count_analysis, close_wait_analysis;
extern const struct analysis listeners_analysis, handshakes_analysis, check_analysis;
extern const struct analysis tally_analysis;

const struct analysis *const analyses[] = {
	&states_analysis,
	&ports_analysis,
	&count_analysis,
	&close_wait_analysis,
	&handshakes_analysis,
	&listeners_analysis,
	&check_analysis,
	&tally_analysis,
	NULL,
};

const struct analysis *analysis_find(const char *name)
{
	for (size_t i = 0; analyses[i]; i++) {
		if (strcmp(analyses[i]->name, name) == 0)
			return analyses[i];
	}
	return NULL;
}
