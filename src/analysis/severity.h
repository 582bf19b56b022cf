/* SPDX-License-Identifier: MIT */
/* How bad something is: one scale and one spelling for every verdict that is on it. */
#ifndef ANALYSIS_SEVERITY_H
#define ANALYSIS_SEVERITY_H

/** Falling badness is rising number. */
enum severity {
	SEVERITY_OK,
	/** Worth knowing, nothing is wrong: never changes a verdict or an exit status. */
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_CRITICAL,
};

/** Its word in every output: "ok", "info", "warning", "critical". */
static inline const char *severity_name(enum severity s)
{
	static const char *const names[] = {
		[SEVERITY_OK] = "ok",
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_CRITICAL] = "critical",
	};

	return names[s];
}

#endif
