/* SPDX-License-Identifier: MIT */
/* What check can find: one const row a finding, with its thresholds and their reasons. */
#ifndef ANALYSIS_FINDINGS_H
#define ANALYSIS_FINDINGS_H

#include <stdbool.h>

#include "analysis/analysis.h"
#include "analysis/severity.h"
#include "analysis/stalls.h"
#include "base/alloc.h"
#include "base/attr.h"
#include "model/report.h"

/** The findings, in the order in which they are judged and, among equals, shown. */
enum finding_id {
	FINDING_PORT_EXHAUSTION,
	FINDING_PORT_SEARCH_SLOW,
	FINDING_PORT_RANGE_OVERLAP,
	FINDING_BIND_BEFORE_CONNECT,
	FINDING_CLOSE_WAIT_LEAK,
	FINDING_CLOSE_WAIT_STUCK_READER,
	FINDING_ACCEPT_QUEUE_FULL,
	FINDING_SYN_BACKLOG,
	FINDING_SYN_SENT_STUCK,
	FINDING_PEER_NOT_ACKING,
	FINDING_TIME_WAIT_OVERFLOW,
	FINDING_ORPHAN_LIMIT,
	FINDING_TCP_MEMORY,
	FINDING_CONNTRACK_FULL,
	FINDING_FD_LIMIT,
	FINDING_FILE_TABLE_FULL,
	FINDING_FIN_WAIT2_PILEUP,
	FINDING_LAST_ACK_PILEUP,
	FINDING_NEIGHBOR_TABLE_FULL,
	FINDING_RISKY_SETTING,
	FINDING_COUNT
};

/** What a row's judgement came to. Strings are literals or live in the evidence's arena. */
struct finding {
	/** False where what it takes is unknown: neither well nor ill. */
	bool known;
	enum severity severity;
	/** How far over the first threshold (1: at it): orders findings of one severity. */
	double weight;
	/** One sentence with the numbers; also where all is well. */
	const char *summary;
	/** An object in the evidence's arena. */
	struct value *evidence;
	/** Instead of the row's own where the evidence knows better; NULL: the row's. */
	const char *cause;
};

/** Everything that judgements look at. */
struct evidence {
	const struct host *host;
	/** Reports of the other analyses; NULL where one is not there. */
	const struct value *ports, *close_wait, *listeners, *handshakes;
	const struct stalls *stalls;
	/** Ports whose listener asked for that very port; NULL where nobody could tell. */
	const struct port_set *fixed;
	/** Judged so far, by enum finding_id: one cause is not reported twice. */
	const struct finding *found;
	struct arena *arena;
};

/** A row. */
struct finding_row {
	const char *id;
	/** What is asked, for --all and for the manual. */
	const char *question;
	/** Where warning and critical begin, in the measure of the row; 0 where counters or other
	 *  rules decide alone. */
	double warning, critical;
	/** What the thresholds are a share of, and why they stand there. */
	const char *measure, *reason;
	/** The likely cause; what to do, NULL-terminated; the command that shows more. */
	const char *cause;
	const char *advice[5];
	const char *see;
	/** Fills in OUT (zeroed but for an empty evidence object). */
	void (*judge)(const struct evidence *e, const struct finding_row *row, struct finding *out);
};

/** The table, by enum finding_id. */
extern const struct finding_row finding_table[FINDING_COUNT];

/** Where VALUE stands on ROW's scale: SEVERITY_OK below warning. */
NODISCARD NONNULL enum severity finding_severity(const struct finding_row *row, double value);

/** Notes a judgement. WEIGHT as in struct finding. */
PRINTF(5, 6)
void finding_say(struct finding *out, struct arena *a, enum severity severity, double weight,
		 const char *fmt, ...);

/** Judges USED against LIMIT by ROW's thresholds: sets known, severity, weight, summary ("WHAT: 5
 *  of 100 (5.0 %)") and the members used, limit and ratio. Unknown where one of them is
 *  FACT_UNKNOWN. */
NONNULL void finding_ratio(const struct evidence *e, const struct finding_row *row,
			   struct finding *out, int64_t used, int64_t limit, const char *what);

/** Raises OUT to SEVERITY and appends the formatted text to its summary. */
PRINTF(4, 5)
void finding_raise(struct finding *out, struct arena *a, enum severity severity, const char *fmt,
		   ...);

#endif
