// SPDX-License-Identifier: MIT
/* analysis/check and its table: each limit at, below and above its mark; peers that fell silent;
 * healthy but busy hosts; what is unknown is neither well nor ill. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/findings.h"
#include "fold.h"
#include "model/topic.h"

static struct fold f;

/** Facts of a host on which all is well, a second apart. */
static void set_healthy(void)
{
	static const struct {
		enum fact id;
		int64_t v;
	} rows[] = {
		{ FACT_PORT_LOW, 32768 },    { FACT_PORT_HIGH, 60999 },	 { FACT_TW_REUSE, 2 },
		{ FACT_MAX_TW, 131072 },     { FACT_FIN_TIMEOUT, 60 },	 { FACT_TIMESTAMPS, 1 },
		{ FACT_AUTOBIND_REUSE, 0 },  { FACT_SYNCOOKIES, 1 },	 { FACT_ABORT_ON_OVERFLOW, 0 },
		{ FACT_SYN_LINEAR, 4 },	     { FACT_SYNACK_RETRIES, 5 }, { FACT_SOMAXCONN, 4096 },
		{ FACT_MAX_ORPHANS, 1000 },  { FACT_SOCK_ORPHAN, 10 },	 { FACT_TCP_MEM_PRESSURE, 3000 },
		{ FACT_TCP_MEM_MAX, 4000 },  { FACT_SOCK_MEM, 100 },	 { FACT_CT_COUNT, 500 },
		{ FACT_CT_MAX, 10000 },	     { FACT_CT_DROP, 0 },	 { FACT_CT_EARLY_DROP, 0 },
		{ FACT_NEIGH_ENTRIES, 20 },  { FACT_NEIGH_THRESH3, 1000 }, { FACT_NEIGH_TABLE_FULLS, 0 },
		{ FACT_FILE_NR, 1000 },	     { FACT_FILE_MAX, 100000 },	 { FACT_SOCK_TW, 100 },
		{ FACT_ACTIVE_OPENS, 1000 }, { FACT_PASSIVE_OPENS, 1000 }, { FACT_TW_OVERFLOW, 3 },
		{ FACT_ABORT_ON_MEMORY, 3 }, { FACT_MEM_PRESSURES, 3 },	 { FACT_LISTEN_OVERFLOWS, 3 },
		{ FACT_NEIGH6_ENTRIES, 10 }, { FACT_NEIGH6_THRESH3, 1000 },
		{ FACT_LISTEN_DROPS, 3 },    { FACT_REQQ_FULL_DROP, 3 }, { FACT_REQQ_FULL_COOKIES, 3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		f.now.v[rows[i].id] = f.before.v[rows[i].id] = rows[i].v;
}

static int setup(void **state)
{
	(void)state;
	fold_init(&f, "check");
	set_healthy();
	fold_begin(&f);
	return 0;
}

static int setup_all(void **state)
{
	setup(state);
	f.analysis->end(f.state);
	f.opt.all = true;
	fold_begin(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fold_end(&f);
	return 0;
}

static const struct value *finding(const char *id)
{
	const struct value *list = value_get(f.report.root, "findings");

	for (const struct value *v = list->children.first; v; v = v->next) {
		if (strcmp(fold_text(v, "id"), id) == 0)
			return v;
	}
	return NULL;
}

/** Judges what was added: exactly the findings EXPECTED ("id severity, …", worst first). */
static void expect(const char *expected)
{
	struct str got = { 0 };

	fold_finish(&f, 1, true);
	for (const struct value *v = value_get(f.report.root, "findings")->children.first; v;
	     v = v->next)
		str_addf(&got, "%s%s %s", got.len ? ", " : "", fold_text(v, "id"),
			 fold_text(v, "severity"));
	assert_string_equal(str_text(&got), expected);
	assert_int_equal(f.report.status, strstr(expected, "critical") ? 2 :
					  strstr(expected, "warning")  ? 1 :
									 0);
	str_free(&got);
	/* The next one is another host, with no sample before. */
	f.analysis->end(f.state);
	fold_begin(&f);
	f.host.sample = 0;
	f.host.interval = NAN;
}

static void the_table_is_whole(void **state)
{
	static const char *const ids[] = {
		"port-exhaustion", "port-search-slow", "port-range-overlap", "bind-before-connect",
		"close-wait-leak", "close-wait-stuck-reader", "accept-queue-full", "syn-backlog",
		"syn-sent-stuck", "peer-not-acking", "time-wait-overflow", "orphan-limit",
		"tcp-memory", "conntrack-full", "fd-limit", "file-table-full", "fin-wait2-pileup",
		"last-ack-pileup", "neighbor-table-full", "risky-setting",
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(ids), FINDING_COUNT);
	for (size_t i = 0; i < FINDING_COUNT; i++) {
		const struct finding_row *r = &finding_table[i];

		assert_string_equal(r->id, ids[i]);
		assert_non_null(topic_find(r->id));
		assert_non_null(r->judge);
		assert_true(r->question[strlen(r->question) - 1] == '?');
		assert_true(strlen(r->measure) > 10 && strlen(r->reason) > 30);
		assert_true(strlen(r->cause) > 20 && r->advice[0]);
		assert_null(r->advice[ARRAY_LEN(r->advice) - 1]);
		assert_ptr_equal(strstr(r->see, "tcptriage "), r->see);
		assert_true(r->critical == 0 || r->critical > r->warning);
	}
}

static void a_healthy_host_is_silent(void **state)
{
	(void)state;
	expect("");
	assert_string_equal(fold_text(f.report.root, "verdict"), "ok");
	assert_string_equal(fold_text(f.report.root, "summary"), "OK: nothing wrong, 0 sockets");
	/* The same where nothing at all is known. */
	facts_clear(&f.now);
	facts_clear(&f.before);
	expect("");
}

static void all_shows_every_row_once(void **state)
{
	const struct value *list;

	(void)state;
	fold_finish(&f, 1, true);
	list = value_get(f.report.root, "findings");
	assert_int_equal(list->children.count, FINDING_COUNT);
	assert_int_equal(f.report.status, 0);
	for (int i = 0; i < FINDING_COUNT; i++)
		assert_non_null(finding(finding_table[i].id));
	assert_string_equal(fold_text(finding("conntrack-full"), "severity"), "ok");
	assert_string_equal(fold_text(finding("conntrack-full"), "summary"),
			    "connection tracking entries against nf_conntrack_max: 500 of 10000 "
			    "(5.0 %)");
	assert_true(fold_number(finding("conntrack-full"), "evidence.ratio") == 0.05);
	assert_true(fold_is_null(finding("conntrack-full"), "cause"));
	/* What cannot be read is not said to be well. */
	f.now.v[FACT_CT_COUNT] = FACT_UNKNOWN;
	fold_finish(&f, 1, true);
	assert_string_equal(fold_text(finding("conntrack-full"), "severity"), "info");
	assert_non_null(strstr(fold_text(finding("conntrack-full"), "summary"), "not known"));
	assert_true(fold_is_null(finding("conntrack-full"), "evidence.used"));
}

/** A limit: the fact that is used, and from which values on it is a finding. */
static const struct limit {
	enum fact id;
	int64_t fine, warning, critical;
	const char *finding;
} limits[] = {
	{ FACT_SOCK_TW, 131071, 131072, 0, "time-wait-overflow" },
	{ FACT_SOCK_ORPHAN, 499, 500, 1000, "orphan-limit" },
	{ FACT_SOCK_MEM, 2999, 3000, 4000, "tcp-memory" },
	{ FACT_CT_COUNT, 8499, 8500, 9500, "conntrack-full" },
	{ FACT_FILE_NR, 89999, 90000, 98000, "file-table-full" },
	{ FACT_NEIGH_ENTRIES, 899, 900, 1000, "neighbor-table-full" },
	{ FACT_NEIGH6_ENTRIES, 899, 900, 1000, "neighbor-table-full" },
};

static void limits_have_their_marks(void **state)
{
	char expected[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const struct limit *l = &limits[i];

		f.now.v[l->id] = l->fine;
		expect("");
		f.now.v[l->id] = l->warning;
		snprintf(expected, sizeof(expected), "%s warning", l->finding);
		expect(expected);
		assert_non_null(strstr(fold_text(f.report.root, "summary"), l->finding));
		if (l->critical) {
			f.now.v[l->id] = l->critical;
			snprintf(expected, sizeof(expected), "%s critical", l->finding);
			expect(expected);
		}
		set_healthy();
	}
}

/** What one more of a counter during the sample means by itself. */
static void counters_are_judged_by_the_sample(void **state)
{
	static const struct {
		enum fact id;
		const char *expected;
	} rows[] = {
		{ FACT_TW_OVERFLOW, "time-wait-overflow warning" },
		{ FACT_CT_DROP, "conntrack-full critical" },
		{ FACT_CT_EARLY_DROP, "conntrack-full warning" },
		{ FACT_CT_INSERT_FAILED, "" },
		{ FACT_MEM_PRESSURES, "tcp-memory warning" },
		{ FACT_NEIGH_TABLE_FULLS, "neighbor-table-full critical" },
		{ FACT_REQQ_FULL_DROP, "syn-backlog critical" },
		{ FACT_REQQ_FULL_COOKIES, "syn-backlog warning" },
		/* Shared by causes that are judged on their own. */
		{ FACT_ABORT_ON_MEMORY, "" },
		{ FACT_LISTEN_OVERFLOWS, "" },
		{ FACT_LISTEN_DROPS, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		f.now.v[rows[i].id] = f.before.v[rows[i].id] + 1;
		expect(rows[i].expected);
		/* High since boot, still during the sample. */
		f.now.v[rows[i].id] = f.before.v[rows[i].id] = 1000000;
		expect("");
		set_healthy();
	}
}

static void killed_orphans_go_with_the_limit_that_is_near(void **state)
{
	(void)state;
	f.now.v[FACT_ABORT_ON_MEMORY]++;
	f.now.v[FACT_SOCK_ORPHAN] = 600;
	expect("orphan-limit critical");
	f.now.v[FACT_SOCK_ORPHAN] = 10;
	f.now.v[FACT_SOCK_MEM] = 3500;
	expect("tcp-memory critical");
}

static void risky_settings_are_remarks(void **state)
{
	(void)state;
	f.now.v[FACT_SYNCOOKIES] = 0;
	expect("risky-setting info");
	assert_string_equal(fold_text(f.report.root, "verdict"), "ok");
	assert_string_equal(fold_text(f.report.root, "summary"),
			    "OK: nothing wrong, 0 sockets; 1 remark");
	f.now.v[FACT_TIMESTAMPS] = 0;
	f.now.v[FACT_TW_RECYCLE] = 1;
	expect("risky-setting warning");
	assert_int_equal(value_at(finding("risky-setting"), "evidence.settings")->children.count, 3);
	set_healthy();
	/* Said to be bad on the web, and not. */
	f.now.v[FACT_TW_RECYCLE] = 0;
	f.now.v[FACT_TW_REUSE] = 1;
	f.now.v[FACT_FIN_TIMEOUT] = 5;
	expect("");
}

static void findings_are_ranked(void **state)
{
	(void)state;
	f.now.v[FACT_SYNCOOKIES] = 0;
	f.now.v[FACT_CT_COUNT] = 10000;
	f.now.v[FACT_SOCK_ORPHAN] = 600;
	f.now.v[FACT_SOCK_TW] = 300000;
	expect("conntrack-full critical, time-wait-overflow warning, orphan-limit warning, "
	       "risky-setting info");
	assert_string_equal(fold_text(f.report.root, "summary"),
			    "CRITICAL: 3 problems: conntrack-full, time-wait-overflow, orphan-limit; "
			    "1 remark");
	assert_string_equal(fold_text(f.report.root, "verdict"), "critical");
}

/** N sockets to or from peers of 10.1.0.0/16, each of its own unless SAME. */
static void add_many(unsigned n, enum state state, uint16_t local_port, bool incoming, bool same,
		     uint8_t retransmits)
{
	for (unsigned i = 0; i < n; i++) {
		char peer[ADDR_TEXT];
		struct sock s;

		snprintf(peer, sizeof(peer), "10.1.%u.%u", same ? 0 : i / 250, same ? 1 : i % 250 + 1);
		s = incoming ? fold_sock(state, "10.0.0.1", local_port, peer, (uint16_t)(20000 + i)) :
			       fold_sock(state, "10.0.0.1", (uint16_t)(33000 + i), peer, local_port);
		if (retransmits)
			s = fold_timer(s, retransmits, 1000);
		fold_add(&f, &s);
	}
}

static void add_listener(uint16_t port)
{
	struct sock s = fold_listener("0.0.0.0", port, 0, 128, 0);

	fold_add(&f, &s);
}

static void dead_peers_are_found_and_everyday_losses_are_not(void **state)
{
	(void)state;
	/* A destination none of whose three connections answers. */
	add_many(3, STATE_ESTABLISHED, 5432, false, true, 5);
	add_many(500, STATE_ESTABLISHED, 443, false, false, 0);
	expect("peer-not-acking warning");
	assert_non_null(strstr(fold_text(finding("peer-not-acking"), "summary"),
			       "3 of 503 connections"));
	assert_non_null(strstr(fold_text(finding("peer-not-acking"), "summary"), "10.1.0.1:5432"));
	/* A server lost a hundredth of its clients. */
	add_listener(443);
	add_many(10, STATE_ESTABLISHED, 443, true, false, 7);
	add_many(990, STATE_ESTABLISHED, 443, true, false, 0);
	expect("");
	/* A tenth is not everyday. */
	add_listener(443);
	add_many(100, STATE_ESTABLISHED, 443, true, false, 7);
	add_many(900, STATE_ESTABLISHED, 443, true, false, 0);
	expect("peer-not-acking warning");
	/* Everything is silent: it is us. */
	add_listener(443);
	add_many(100, STATE_ESTABLISHED, 443, true, false, 7);
	expect("peer-not-acking critical");
	/* One laptop that was closed. */
	add_listener(22);
	add_many(1, STATE_ESTABLISHED, 22, true, false, 9);
	expect("peer-not-acking info");
	/* A retransmission or two is weather. */
	add_many(50, STATE_ESTABLISHED, 443, false, true, 2);
	expect("");
}

static void last_acks_pile_up(void **state)
{
	(void)state;
	add_listener(443);
	add_many(30, STATE_LAST_ACK, 443, true, false, 5);
	add_many(100, STATE_ESTABLISHED, 443, true, false, 0);
	expect("last-ack-pileup warning");
	add_many(3, STATE_CLOSING, 5432, false, true, 4);
	add_many(900, STATE_ESTABLISHED, 443, false, false, 0);
	expect("last-ack-pileup warning");
	add_listener(443);
	add_many(20, STATE_LAST_ACK, 443, true, false, 5);
	add_many(2000, STATE_ESTABLISHED, 443, true, false, 0);
	expect("");
	add_many(50, STATE_LAST_ACK, 443, false, true, 0);
	expect("");
}

static void add_half_closed(unsigned n, uint32_t silent_ms)
{
	for (unsigned i = 0; i < n; i++) {
		struct sock s = fold_sock(STATE_FIN_WAIT2, "10.0.0.1", (uint16_t)(33000 + i),
					  "192.0.2.1", 443);

		s.has |= SOCK_HAS_INFO;
		s.last_ack_recv_ms = s.last_data_recv_ms = silent_ms;
		fold_add(&f, &s);
	}
}

static void add_orphans(unsigned n, uint32_t left_ms)
{
	for (unsigned i = 0; i < n; i++) {
		struct sock s = fold_sock(STATE_FIN_WAIT2, "10.0.0.1", (uint16_t)(34000 + i),
					  "192.0.2.1", 443);

		s.inode = 0;
		s.timer = TIMER_TIMEWAIT;
		s.expires_ms = left_ms;
		fold_add(&f, &s);
	}
}

static void peers_that_do_not_close_are_found(void **state)
{
	(void)state;
	add_half_closed(20, 30000);
	expect("fin-wait2-pileup warning");
	/* Just now; or among many that are well; or too few to mean anything. */
	add_half_closed(20, 2000);
	expect("");
	add_half_closed(20, 30000);
	add_many(200, STATE_ESTABLISHED, 443, false, false, 0);
	expect("");
	add_half_closed(2, 300000);
	expect("");
	/* Orphans: most of what was closed in the last minute hangs. */
	add_orphans(40, 30000);
	expect("fin-wait2-pileup warning");
	add_orphans(40, 58000);
	expect("");
	add_orphans(40, 30000);
	add_many(100, STATE_TIME_WAIT, 443, false, false, 0);
	expect("");
	/* With a short tcp_fin_timeout half of it is silence enough; above 60 s nothing tells. */
	f.now.v[FACT_FIN_TIMEOUT] = 4;
	add_orphans(40, 1500);
	expect("fin-wait2-pileup warning");
	f.now.v[FACT_FIN_TIMEOUT] = 70;
	add_orphans(40, 1500);
	expect("");
}

static void add_handshakes(unsigned n, enum state state, const char *peer, uint8_t retransmits,
			   uint32_t left_ms)
{
	for (unsigned i = 0; i < n; i++) {
		struct sock s = state == STATE_SYN_SENT ?
					fold_sock(state, "10.0.0.1", (uint16_t)(35000 + i), peer, 443) :
					fold_sock(state, "10.0.0.1", 80, peer, (uint16_t)(35000 + i));

		s = fold_timer(s, retransmits, left_ms);
		fold_add(&f, &s);
	}
}

static void unanswered_attempts_are_found(void **state)
{
	(void)state;
	/* An idle host, one destination. */
	f.now.v[FACT_ACTIVE_OPENS] = f.before.v[FACT_ACTIVE_OPENS];
	add_handshakes(1, STATE_SYN_SENT, "192.0.2.1", 3, 500);
	expect("syn-sent-stuck warning");
	assert_non_null(strstr(fold_text(finding("syn-sent-stuck"), "summary"), "192.0.2.1 port 443"));
	/* Too young to say. */
	add_handshakes(5, STATE_SYN_SENT, "192.0.2.1", 2, 500);
	expect("");
	/* Nothing gets out. */
	add_handshakes(2, STATE_SYN_SENT, "192.0.2.1", 3, 500);
	add_handshakes(2, STATE_SYN_SENT, "192.0.2.2", 3, 500);
	add_handshakes(2, STATE_SYN_SENT, "192.0.2.3", 3, 500);
	expect("syn-sent-stuck critical");
	/* A crawler: 200 attempts a second, a few peers dead. */
	f.now.v[FACT_ACTIVE_OPENS] = f.before.v[FACT_ACTIVE_OPENS] + 200;
	add_handshakes(2, STATE_SYN_SENT, "192.0.2.1", 4, 500);
	add_handshakes(1, STATE_SYN_SENT, "192.0.2.2", 5, 500);
	add_handshakes(2, STATE_SYN_SENT, "192.0.2.3", 3, 500);
	expect("");
	/* The same host cannot reach its database. */
	add_handshakes(3, STATE_SYN_SENT, "192.0.2.9", 3, 500);
	expect("syn-sent-stuck warning");
}

static void hanging_requests_are_found(void **state)
{
	(void)state;
	add_listener(80);
	add_handshakes(5, STATE_SYN_RECV, "192.0.2.1", 3, 5000);
	expect("syn-backlog warning");
	/* As many complete in the same time: scanners. */
	f.now.v[FACT_PASSIVE_OPENS] = f.before.v[FACT_PASSIVE_OPENS] + 10;
	add_listener(80);
	add_handshakes(5, STATE_SYN_RECV, "192.0.2.1", 3, 5000);
	expect("");
	/* Young ones, and two of them. */
	f.now.v[FACT_PASSIVE_OPENS] = f.before.v[FACT_PASSIVE_OPENS];
	add_listener(80);
	add_handshakes(50, STATE_SYN_RECV, "192.0.2.1", 0, 500);
	add_handshakes(2, STATE_SYN_RECV, "192.0.2.2", 3, 5000);
	expect("");
}

static void a_full_accept_queue_explains_hanging_requests(void **state)
{
	struct sock s = fold_listener("0.0.0.0", 80, 129, 128, 50);

	(void)state;
	fold_owner(&f, 77, "app", 10, 1024, s.inode);
	fold_add(&f, &s);
	add_handshakes(5, STATE_SYN_RECV, "192.0.2.1", 3, 5000);
	/* The clients on this very host. */
	for (uint16_t i = 0; i < 5; i++) {
		s = fold_sock(STATE_SYN_SENT, "127.0.0.1", (uint16_t)(35000 + i), "127.0.0.1", 80);
		s = fold_timer(s, 4, 500);
		fold_add(&f, &s);
	}
	expect("accept-queue-full critical");
	assert_non_null(strstr(fold_text(finding("accept-queue-full"), "summary"),
			       "0.0.0.0:80 of app (pid 77): accept queue 129 of 128"));
}

static void a_process_at_its_limit_is_two_findings(void **state)
{
	struct sock s = fold_listener("::", 80, 1, 128, 0);

	(void)state;
	fold_owner(&f, 77, "app", 1024, 1024, s.inode);
	fold_add(&f, &s);
	expect("fd-limit critical, accept-queue-full critical");
	assert_non_null(strstr(fold_text(finding("accept-queue-full"), "cause"), "EMFILE"));
	assert_non_null(strstr(fold_text(finding("fd-limit"), "summary"),
			       "app (pid 77) has 1024 of 1024 descriptors open"));
}

static void descriptors_have_their_marks(void **state)
{
	(void)state;
	fold_owner(&f, 70, "idle", 100, 1024, 1);
	fold_owner(&f, 71, "app", 921, 1024, 2);
	expect("");
	fold_owner(&f, 72, "full", 922, 1024, 3);
	expect("fd-limit warning");
	f.owners.searched = false;
	expect("");
}

/** Half of the sockets come through another thread's state. */
static void threads_judge_together(void **state)
{
	void *other, *own = f.state;

	(void)state;
	assert_non_null(f.analysis->merge);
	for (int i = 0; i < 2; i++) {
		other = f.analysis->begin(&f.opt);
		f.analysis->prepare(other, &f.now);
		add_many(2, STATE_ESTABLISHED, 5432, false, true, 5);
		f.state = other;
		add_many(2, STATE_ESTABLISHED, 5432, false, true, i ? 6 : 0);
		f.state = own;
		f.analysis->merge(f.state, other);
		f.analysis->end(other);
		fold_finish(&f, 1, true);
	}
	assert_int_equal(fold_number(finding("peer-not-acking"), "evidence.stalled"), 4);
	assert_int_equal(fold_number(finding("peer-not-acking"), "evidence.connections"), 4);
}

static void samples_of_sockets_are_even(void **state)
{
	struct map set = MAP_OF(uint64_t, char[0]);

	(void)state;
	/* ports sees nothing beyond the range. */
	f.analysis->prepare(f.state, &f.now);
	add_listener(443);
	add_many(1000, STATE_ESTABLISHED, 443, true, false, 0);
	f.analysis->want(f.state, &set);
	assert_int_equal(set.len, 1 + STALL_SAMPLE);
	map_free(&set);
}

static void priming_is_not_a_sample(void **state)
{
	struct sock s = fold_listener("0.0.0.0", 80, 0, 128, 10);

	(void)state;
	f.host.priming = true;
	fold_add(&f, &s);
	fold_finish(&f, 1, false);
	assert_null(value_get(f.report.root, "findings"));
	f.host.priming = false;
	s.drops = 15;
	f.now.v[FACT_LISTEN_OVERFLOWS] += 5;
	fold_add(&f, &s);
	expect("accept-queue-full warning");
	assert_non_null(strstr(fold_text(finding("accept-queue-full"), "summary"),
			       "5.0 connections a second dropped"));
}

static void only_fixed_ports_can_be_taken_away(void **state)
{
	struct sock fixed = fold_listener("0.0.0.0", 40000, 0, 128, 0);
	struct sock any = fold_listener("0.0.0.0", 40001, 0, 128, 0);

	(void)state;
	fixed.has |= SOCK_HAS_LOCK;
	any.has |= SOCK_HAS_LOCK;
	fixed.bind_locked = true;
	fold_add(&f, &any);
	expect("");
	fold_add(&f, &any);
	fold_add(&f, &fixed);
	expect("port-range-overlap info");
	assert_non_null(strstr(fold_text(finding("port-range-overlap"), "summary"), "40000"));
	/* Told in the look before the sample. */
	f.host.priming = true;
	fold_add(&f, &fixed);
	fold_finish(&f, 1, false);
	f.host.priming = false;
	fixed.has &= ~(uint32_t)SOCK_HAS_LOCK;
	fold_add(&f, &fixed);
	expect("port-range-overlap info");
	/* Not told at all; or reserved. */
	fold_add(&f, &fixed);
	expect("");
	fixed.has |= SOCK_HAS_LOCK;
	f.now.reserved_known = true;
	port_set_add(&f.now.reserved, 40000);
	fold_add(&f, &fixed);
	expect("");
}

static void add_pool(unsigned n, const char *peer, enum state state)
{
	for (unsigned i = 0; i < n; i++) {
		struct sock s = fold_sock(state, "10.0.0.1", (uint16_t)(32768 + i), peer, 443);

		if (state == STATE_TIME_WAIT) {
			s.timer = TIMER_TIMEWAIT;
			s.expires_ms = 60000 - i % 60 * 1000 - 500;
		}
		fold_add(&f, &s);
	}
}

static void full_pools_are_found_and_full_hosts_are_not(void **state)
{
	(void)state;
	add_pool(28232, "192.0.2.1", STATE_ESTABLISHED);
	expect("port-exhaustion critical");
	assert_non_null(strstr(fold_text(finding("port-exhaustion"), "summary"),
			       "0 of 28232 ports left toward 192.0.2.1:443 from 10.0.0.1"));
	add_pool(24000, "192.0.2.1", STATE_ESTABLISHED);
	expect("port-exhaustion warning");
	/* The same number of connections to two destinations. */
	add_pool(12000, "192.0.2.1", STATE_ESTABLISHED);
	add_pool(12000, "192.0.2.2", STATE_ESTABLISHED);
	expect("");
	/* Half of it, all of the parity that connect() tries first. */
	for (uint16_t port = 32768; port <= 60998; port = (uint16_t)(port + 2)) {
		struct sock s = fold_sock(STATE_ESTABLISHED, "10.0.0.1", port, "192.0.2.1", 443);

		fold_add(&f, &s);
	}
	expect("port-search-slow warning");
}

static void busy_but_healthy(void **state)
{
	(void)state;
	/* 50,000 TIME_WAIT of a server that closes first. */
	f.now.v[FACT_SOCK_TW] = 50000;
	f.now.v[FACT_PASSIVE_OPENS] += 900;
	add_listener(443);
	add_many(5000, STATE_TIME_WAIT, 443, true, false, 0);
	add_many(2000, STATE_ESTABLISHED, 443, true, false, 0);
	expect("");
	/* Many listeners, young handshakes, every state in passing. */
	for (uint16_t port = 1000; port < 3000; port++)
		add_listener(port);
	add_handshakes(60, STATE_SYN_RECV, "192.0.2.1", 0, 700);
	add_handshakes(20, STATE_SYN_SENT, "192.0.2.1", 0, 700);
	add_many(20, STATE_FIN_WAIT1, 443, false, false, 1);
	add_many(20, STATE_LAST_ACK, 443, false, false, 1);
	add_many(20, STATE_CLOSING, 443, false, false, 0);
	add_half_closed(5, 100);
	add_orphans(5, 59900);
	expect("");
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_whole),
		TEST(a_healthy_host_is_silent),
		cmocka_unit_test_setup_teardown(all_shows_every_row_once, setup_all, teardown),
		TEST(limits_have_their_marks),
		TEST(counters_are_judged_by_the_sample),
		TEST(killed_orphans_go_with_the_limit_that_is_near),
		TEST(risky_settings_are_remarks),
		TEST(findings_are_ranked),
		TEST(dead_peers_are_found_and_everyday_losses_are_not),
		TEST(last_acks_pile_up),
		TEST(peers_that_do_not_close_are_found),
		TEST(unanswered_attempts_are_found),
		TEST(hanging_requests_are_found),
		TEST(a_full_accept_queue_explains_hanging_requests),
		TEST(a_process_at_its_limit_is_two_findings),
		TEST(descriptors_have_their_marks),
		TEST(threads_judge_together),
		TEST(samples_of_sockets_are_even),
		TEST(priming_is_not_a_sample),
		TEST(only_fixed_ports_can_be_taken_away),
		TEST(full_pools_are_found_and_full_hosts_are_not),
		TEST(busy_but_healthy),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
