// SPDX-License-Identifier: MIT
/* Judgements on limits and settings of the host: facts alone, no sockets. */
#include "analysis/check_judges.h"
#include "analysis/check_tree.h"
#include "base/num.h"

/** What counter ID did during the sample, as evidence member KEY; 0 where that is unknown. */
static int64_t counted(const struct evidence *e, struct finding *out, enum fact id, const char *key)
{
	int64_t delta = fact_delta(e->host->before, e->host->now, id);

	value_add_fact(e->arena, out->evidence, key, delta);
	return delta == FACT_UNKNOWN ? 0 : delta;
}

static int64_t fact(const struct evidence *e, enum fact id)
{
	return e->host->now->v[id];
}

void judge_time_wait_overflow(const struct evidence *e, const struct finding_row *row,
			      struct finding *out)
{
	int64_t overflows;

	finding_ratio(e, row, out, fact(e, FACT_SOCK_TW), fact(e, FACT_MAX_TW),
		      "TIME_WAIT against tcp_max_tw_buckets");
	overflows = counted(e, out, FACT_TW_OVERFLOW, "overflows");
	if (overflows > 0)
		finding_raise(out, e->arena, SEVERITY_WARNING,
			      "%lld connection%s closed without TIME_WAIT during the sample",
			      (long long)overflows, num_word((uint64_t)overflows, "", "s"));
}

void judge_orphan_limit(const struct evidence *e, const struct finding_row *row,
			struct finding *out)
{
	int64_t killed;

	finding_ratio(e, row, out, fact(e, FACT_SOCK_ORPHAN), fact(e, FACT_MAX_ORPHANS),
		      "orphans against tcp_max_orphans");
	killed = counted(e, out, FACT_ABORT_ON_MEMORY, "killed");
	/* The counter is shared with the lack of memory, which has a finding of its own. */
	if (killed > 0 && out->known && out->severity != SEVERITY_OK)
		finding_raise(out, e->arena, SEVERITY_CRITICAL,
			      "%lld orphan%s killed during the sample", (long long)killed,
			      num_word((uint64_t)killed, "", "s"));
}

void judge_tcp_memory(const struct evidence *e, const struct finding_row *row, struct finding *out)
{
	int64_t used = fact(e, FACT_SOCK_MEM), max = fact(e, FACT_TCP_MEM_MAX), pressures, killed;

	finding_ratio(e, row, out, used, fact(e, FACT_TCP_MEM_PRESSURE),
		      "pages of TCP buffers against the pressure mark of tcp_mem");
	value_add_fact(e->arena, out->evidence, "max", max);
	pressures = counted(e, out, FACT_MEM_PRESSURES, "pressures");
	killed = counted(e, out, FACT_ABORT_ON_MEMORY, "killed");
	if (!out->known)
		return;
	if (max != FACT_UNKNOWN && used >= max)
		finding_raise(out, e->arena, SEVERITY_CRITICAL, "at the limit of %lld pages",
			      (long long)max);
	if (pressures > 0)
		finding_raise(out, e->arena, SEVERITY_WARNING,
			      "came under memory pressure during the sample");
	if (killed > 0 && out->severity != SEVERITY_OK)
		finding_raise(out, e->arena, SEVERITY_CRITICAL,
			      "%lld connection%s reset for lack of memory during the sample",
			      (long long)killed, num_word((uint64_t)killed, "", "s"));
}

void judge_conntrack_full(const struct evidence *e, const struct finding_row *row,
			  struct finding *out)
{
	int64_t drops, early;

	finding_ratio(e, row, out, fact(e, FACT_CT_COUNT), fact(e, FACT_CT_MAX),
		      "connection tracking entries against nf_conntrack_max");
	drops = counted(e, out, FACT_CT_DROP, "drops");
	early = counted(e, out, FACT_CT_EARLY_DROP, "early_drops");
	/* Failed insertions are races of one flow's packets, not a full table: shown, not
	 * judged. */
	(void)counted(e, out, FACT_CT_INSERT_FAILED, "insert_failed");
	if (drops > 0)
		finding_raise(out, e->arena, SEVERITY_CRITICAL,
			      "%lld packet%s dropped during the sample", (long long)drops,
			      num_word((uint64_t)drops, "", "s"));
	if (early > 0)
		finding_raise(out, e->arena, SEVERITY_WARNING,
			      "%lld entr%s evicted early during the sample", (long long)early,
			      num_word((uint64_t)early, "y", "ies"));
}

void judge_file_table_full(const struct evidence *e, const struct finding_row *row,
			   struct finding *out)
{
	finding_ratio(e, row, out, fact(e, FACT_FILE_NR), fact(e, FACT_FILE_MAX),
		      "open files of the machine against fs.file-max");
}

/** The fuller of two tables, A of NA and B of NB, an unknown one being the emptier. */
static bool fuller(int64_t a, int64_t na, int64_t b, int64_t nb)
{
	if (a == FACT_UNKNOWN || na == FACT_UNKNOWN || na <= 0)
		return false;
	if (b == FACT_UNKNOWN || nb == FACT_UNKNOWN || nb <= 0)
		return true;
	return (double)a / (double)na > (double)b / (double)nb;
}

void judge_neighbor_table_full(const struct evidence *e, const struct finding_row *row,
			       struct finding *out)
{
	int64_t n4 = fact(e, FACT_NEIGH_ENTRIES), max4 = fact(e, FACT_NEIGH_THRESH3);
	int64_t n6 = fact(e, FACT_NEIGH6_ENTRIES), max6 = fact(e, FACT_NEIGH6_THRESH3), fulls;

	if (fuller(n6, max6, n4, max4))
		finding_ratio(e, row, out, n6, max6, "IPv6 neighbours against gc_thresh3");
	else
		finding_ratio(e, row, out, n4, max4, "neighbours against gc_thresh3");
	fulls = counted(e, out, FACT_NEIGH_TABLE_FULLS, "overflows") +
		counted(e, out, FACT_NEIGH6_TABLE_FULLS, "overflows_ipv6");
	if (fulls > 0)
		finding_raise(out, e->arena, SEVERITY_CRITICAL,
			      "the table overflowed %lld time%s during the sample",
			      (long long)fulls, num_word((uint64_t)fulls, "", "s"));
}

/** A setting and the values of it that are worth a word. */
struct risk {
	enum fact fact;
	int64_t low, high;
	enum severity severity;
	const char *text;
};

static const struct risk risks[] = {
	{ FACT_TW_RECYCLE, 1, INT64_MAX, SEVERITY_WARNING,
	  "tcp_tw_recycle is on: clients behind one NAT address lose connections at random" },
	{ FACT_SYNCOOKIES, 0, 0, SEVERITY_INFO,
	  "tcp_syncookies=0: a full SYN queue drops connections instead of answering with cookies" },
	{ FACT_ABORT_ON_OVERFLOW, 1, INT64_MAX, SEVERITY_INFO,
	  "tcp_abort_on_overflow=1: a burst resets clients that would have been served a second "
	  "later" },
	{ FACT_TIMESTAMPS, 0, 0, SEVERITY_INFO,
	  "tcp_timestamps=0: tcp_tw_reuse cannot work and old segments are told from new ones by "
	  "sequence numbers alone" },
	{ FACT_AUTOBIND_REUSE, 1, INT64_MAX, SEVERITY_INFO,
	  "ip_autobind_reuse=1: bind() to port 0 may give a port in use, and connect() then fails "
	  "with EADDRNOTAVAIL" },
	{ FACT_PORT_LOW, 1, 1023, SEVERITY_INFO,
	  "ip_local_port_range begins below 1024: outgoing connections take the ports of services" },
};

void judge_risky_setting(const struct evidence *e, const struct finding_row *row,
			 struct finding *out)
{
	struct value *list = value_add_array(e->arena, out->evidence, "settings");
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(risks); i++) {
		const struct risk *r = &risks[i];
		int64_t v = fact(e, r->fact);

		any |= v != FACT_UNKNOWN;
		if (v == FACT_UNKNOWN || v < r->low || v > r->high)
			continue;
		finding_raise(out, e->arena, r->severity, "%s", r->text);
		value_add_text(e->arena, list, NULL, fact_table[r->fact].what);
	}
	if (!out->known && any)
		finding_say(out, e->arena, SEVERITY_OK, 0, "none of the %zu settings looked at",
			    ARRAY_LEN(risks));
	(void)row;
}
