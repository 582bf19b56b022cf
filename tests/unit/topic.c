// SPDX-License-Identifier: MIT
/* model/topic and render/runbook: the runbook's tables hold together, every state and finding is in
 * it, and a topic is found by whatever people call it. */
#include "unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/findings.h"
#include "base/wrap.h"
#include "model/state.h"
#include "model/topic.h"
#include "render/runbook.h"

static void rows_are_whole(void **state)
{
	const struct topic *row;
	size_t count = 0;

	(void)state;
	for (; (row = topic_at(count)); count++) {
		assert_true(row->kind < TOPIC_KIND_COUNT);
		assert_in_range(strlen(row->name), 3, 23);
		assert_in_range(strlen(row->title), 10, 46);
		assert_non_null(row->parts[0].text);
		/* The lists end within their arrays. */
		assert_null(row->parts[TOPIC_PARTS - 1].text);
		assert_null(row->aliases[TOPIC_ALIASES - 1]);
		assert_null(row->see[TOPIC_SEE - 1]);
	}
	assert_in_range(count, 80, 200);
}

static void text_is_plain_ascii(void **state)
{
	const struct topic *row;

	(void)state;
	for (size_t i = 0; (row = topic_at(i)); i++) {
		for (size_t p = 0; row->parts[p].text; p++) {
			const char *text = row->parts[p].text;

			for (const char *c = text; *c; c++)
				assert_true(isprint((unsigned char)*c));
			assert_null(strstr(text, "  "));
			assert_true(strchr(".)!?", text[strlen(text) - 1]) != NULL);
		}
	}
}

static void names_are_told_apart(void **state)
{
	const struct topic *row;

	(void)state;
	for (size_t i = 0; (row = topic_at(i)); i++) {
		assert_ptr_equal(topic_find(row->name), row);
		for (size_t a = 0; row->aliases[a]; a++)
			assert_ptr_equal(topic_find(row->aliases[a]), row);
	}
}

static void pointers_lead_somewhere(void **state)
{
	const struct topic *row;

	(void)state;
	for (size_t i = 0; (row = topic_at(i)); i++) {
		for (size_t s = 0; row->see[s]; s++) {
			if (strncmp(row->see[s], "tcptriage ", 10) == 0)
				continue;
			if (!topic_find(row->see[s]))
				fail_msg("%s: see %s", row->name, row->see[s]);
			assert_string_equal(topic_find(row->see[s])->name, row->see[s]);
			assert_ptr_not_equal(topic_find(row->see[s]), row);
		}
	}
}

static void every_state_has_its_topic(void **state)
{
	(void)state;
	for (int s = 0; s < STATE_COUNT; s++) {
		const struct topic *row = topic_find(state_table[s].name);

		assert_non_null(row);
		assert_ptr_equal(row, &topic_states[s]);
		assert_string_equal(row->name, state_table[s].name);
		for (size_t a = 0; a < ARRAY_LEN(state_table[s].aliases); a++) {
			if (state_table[s].aliases[a])
				assert_ptr_equal(topic_find(state_table[s].aliases[a]), row);
		}
	}
	/* And says what leaves it. */
	for (const struct topic *row = topic_states; row->name; row++)
		assert_string_equal(row->parts[1].label, "Left by");
}

static void every_name_of_the_contract_is_known(void **state)
{
	static const char *const names[] = {
		/* check's findings */
		"port-exhaustion", "port-search-slow", "port-range-overlap", "bind-before-connect",
		"close-wait-leak", "close-wait-stuck-reader", "accept-queue-full", "syn-backlog",
		"syn-sent-stuck", "peer-not-acking", "time-wait-overflow", "orphan-limit",
		"tcp-memory", "conntrack-full", "fd-limit", "file-table-full", "fin-wait2-pileup",
		"last-ack-pileup", "neighbor-table-full", "risky-setting",
		/* errnos */
		"EADDRNOTAVAIL", "EADDRINUSE", "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH",
		"ENETUNREACH", "EMFILE", "ENFILE", "ECONNRESET", "ENOBUFS", "EAGAIN", "EACCES",
		"EPERM", "EINPROGRESS", "EINVAL",
		/* settings, as a file, a sysctl and a symbol */
		"tcp_tw_reuse", "net.ipv4.tcp_fin_timeout", "/proc/sys/net/core/somaxconn",
		"net/ipv4/ip_local_port_range", "tcp_keepalive_intvl", "so_linger", "cheatsheet",
		/* texts and spellings of others */
		"Cannot assign requested address", "connection refused", "ewouldblock", "estab",
		"fin-wait-2", "timewait", "UNCONN", "close wait",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!topic_find(names[i]))
			fail_msg("no topic for %s", names[i]);
	}
	assert_null(topic_find(""));
	assert_null(topic_find("all"));
	assert_null(topic_find("net.ipv4.nothing"));
	assert_null(topic_find("net.ipv4."));
}

static void every_finding_of_check_has_its_topic(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct topic *row = topic_find(finding_table[i].id);

		if (!row || row != &topic_findings[i])
			fail_msg("%s: no topic at its place", finding_table[i].id);
		assert_string_equal(row->name, finding_table[i].id);
		assert_int_equal(row->kind, TOPIC_FINDING);
	}
	assert_null(topic_findings[FINDING_COUNT].name);
}

static void text_keeps_to_its_width(void **state)
{
	static const size_t widths[] = { 80, 60, 100 };
	const struct topic *row;

	(void)state;
	for (size_t i = 0; (row = topic_at(i)); i++) {
		for (size_t w = 0; w < ARRAY_LEN(widths); w++) {
			struct str out = { 0 };
			char *line, *rest;

			runbook_topic(row, widths[w], &out);
			rest = out.s;
			line = strsep(&rest, "\n");
			assert_in_range(strlen(line), 10, 80);
			while ((line = strsep(&rest, "\n"))) {
				/* Commands are not broken. */
				if (strncmp(line, "    ", 4) != 0 && strncmp(line, "  See", 5) != 0)
					assert_in_range(strlen(line), 0, widths[w]);
				assert_true(strlen(line) <= 100);
			}
			str_free(&out);
		}
	}
}

static void words_are_wrapped(void **state)
{
	struct str out = { 0 };

	(void)state;
	wrap_add(&out, "one two  three", 0, 1, 8);
	assert_string_equal(str_text(&out), "one two\n three");
	str_reset(&out);
	wrap_add(&out, "one incomprehensibilities two", 3, 2, 10);
	assert_string_equal(str_text(&out), "one\n  incomprehensibilities\n  two");
	str_reset(&out);
	wrap_add(&out, "", 0, 0, 10);
	assert_string_equal(str_text(&out), "");
	str_free(&out);
}

static void the_list_has_every_topic_once(void **state)
{
	const struct topic *row;
	struct str out = { 0 };

	(void)state;
	runbook_list(false, &out);
	char *rest = out.s, *line;

	for (size_t i = 0; (row = topic_at(i)); i++) {
		line = strsep(&rest, "\n");
		assert_memory_equal(line, row->name, strlen(row->name));
		assert_int_equal(line[strlen(row->name)], ' ');
		assert_string_equal(line + strlen(line) - strlen(row->title), row->title);
		assert_true(strlen(line) <= 80);
	}
	assert_string_equal(rest, "");
	str_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(text_is_plain_ascii),
		cmocka_unit_test(names_are_told_apart),
		cmocka_unit_test(pointers_lead_somewhere),
		cmocka_unit_test(every_state_has_its_topic),
		cmocka_unit_test(every_name_of_the_contract_is_known),
		cmocka_unit_test(every_finding_of_check_has_its_topic),
		cmocka_unit_test(text_keeps_to_its_width),
		cmocka_unit_test(words_are_wrapped),
		cmocka_unit_test(the_list_has_every_topic_once),
	};

	return cmocka_run_group_tests_name("topic", tests, NULL, NULL);
}
