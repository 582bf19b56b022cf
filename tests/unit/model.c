// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>

#include "model/addr.h"
#include "model/facts.h"
#include "model/report.h"
#include "model/state.h"

static void states_are_known_by_every_spelling(void **state)
{
	static const char *const close_wait[] = { "CLOSE_WAIT", "close-wait", "Close_Wait",
						  "closewait", "CLOSE-WAIT" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(close_wait); i++)
		assert_int_equal(state_parse(close_wait[i]), STATE_BIT(STATE_CLOSE_WAIT));
	assert_int_equal(state_parse("estab"), STATE_BIT(STATE_ESTABLISHED));
	assert_int_equal(state_parse("SYN_RCVD"), STATE_BIT(STATE_SYN_RECV));
	assert_int_equal(state_parse("syn-recv"), STATE_BIT(STATE_SYN_RECV));
	assert_int_equal(state_parse("FIN_WAIT_1"), STATE_BIT(STATE_FIN_WAIT1));
	assert_int_equal(state_parse("fin-wait-2"), STATE_BIT(STATE_FIN_WAIT2));
	assert_int_equal(state_parse("timewait"), STATE_BIT(STATE_TIME_WAIT));
	assert_int_equal(state_parse("unconn"), STATE_BIT(STATE_CLOSE));
	assert_int_equal(state_parse("listening"), STATE_BIT(STATE_LISTEN));
	assert_int_equal(state_parse("all"), STATES_ALL);
	assert_int_equal(state_parse("bucket"),
			 STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_TIME_WAIT));
	assert_int_equal(state_parse("synchronized") & STATE_BIT(STATE_SYN_SENT), 0);
	assert_int_equal(state_parse("connected") & STATE_BIT(STATE_LISTEN), 0);
	assert_int_equal(state_parse("close_wai"), 0);
	assert_int_equal(state_parse(""), 0);
}

static void kernel_numbers_map_both_ways(void **state)
{
	(void)state;
	for (int s = 0; s < STATE_COUNT; s++)
		assert_int_equal(state_from_kernel(state_table[s].kernel), s);
	assert_int_equal(state_from_kernel(12), STATE_SYN_RECV);
	assert_int_equal(state_from_kernel(0), STATE_COUNT);
	assert_int_equal(state_from_kernel(255), STATE_COUNT);
	assert_int_equal(state_kernel_mask(STATE_BIT(STATE_LISTEN)), 1u << 10);
	assert_int_equal(state_kernel_mask(STATE_BIT(STATE_CLOSE)), 1u << 7 | 1u << 13);
}

static struct addr parse(const char *s)
{
	struct addr a;

	assert_int_equal(addr_parse(s, &a), 0);
	return a;
}

static void addresses_are_strict(void **state)
{
	static const char *const bad[] = { "300.1.1.1", "1.2.3", "1.2.3.4.5", "[1.2.3.4]", "::g",
					   "[::1", "::1]", "", "localhost", "1.2.3.4 " };
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(addr_parse(bad[i], &a), -EINVAL);
	assert_int_equal(parse("[2001:db8::1]").family, AF_INET6);
}

static void addresses_are_written_as_the_contract_says(void **state)
{
	struct str out = { 0 };
	struct addr v4 = parse("192.0.2.1"), v6 = parse("2001:db8::1"), any = parse("::");

	(void)state;
	addr_add_endpoint(&out, &v4, 443);
	str_addc(&out, ' ');
	addr_add_endpoint(&out, &v6, 65535);
	str_addc(&out, ' ');
	addr_add_endpoint(&out, &any, 0);
	assert_string_equal(out.s, "192.0.2.1:443 [2001:db8::1]:65535 [::]:0");
	str_free(&out);
}

static void mapped_addresses_fold(void **state)
{
	struct addr mapped = parse("::ffff:127.0.0.1"), v4 = parse("127.0.0.1");
	struct addr folded = addr_fold(&mapped), net = parse("127.0.0.0"), six = parse("::1");

	(void)state;
	assert_true(addr_equal(&folded, &v4));
	assert_false(addr_equal(&mapped, &v4));
	assert_true(addr_is_loopback(&mapped) && addr_is_loopback(&six));
	assert_true(addr_in_prefix(&mapped, &net, 8));
	assert_true(addr_in_prefix(&v4, &net, 0));
	assert_false(addr_in_prefix(&six, &net, 0));
	net = parse("127.0.0.3");
	assert_false(addr_in_prefix(&v4, &net, 31));
	assert_true(addr_in_prefix(&v4, &net, 30));
}

static const char snmp[] = "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
			   "Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens\nTcp: 1 -1 17 23\n";

static void facts_come_out_of_their_files(void **state)
{
	(void)state;
	assert_int_equal(fact_extract(FACT_PORT_LOW, "32768\t60999\n"), 32768);
	assert_int_equal(fact_extract(FACT_PORT_HIGH, "32768\t60999\n"), 60999);
	assert_true(fact_extract(FACT_PORT_HIGH, "32768\n") == FACT_UNKNOWN);
	assert_true(fact_extract(FACT_PORT_LOW, "") == FACT_UNKNOWN);
	assert_int_equal(fact_extract(FACT_ACTIVE_OPENS, snmp), 17);
	assert_int_equal(fact_extract(FACT_PASSIVE_OPENS, snmp), 23);
	assert_true(fact_extract(FACT_ESTAB_RESETS, snmp) == FACT_UNKNOWN);
	assert_true(fact_extract(FACT_ACTIVE_OPENS, "Tcp: ActiveOpens\n") == FACT_UNKNOWN);
	assert_true(fact_extract(FACT_ACTIVE_OPENS, "Tcp: A ActiveOpens\nTcp: 1\n") ==
		    FACT_UNKNOWN);
	assert_int_equal(fact_extract(FACT_SOCK_TW, "sockets: used 5\nTCP: inuse 1 orphan 2 tw 33 "
						    "alloc 4 mem 0\n"),
			 33);
	assert_true(fact_extract(FACT_SOCK_TW, "TCP: inuse 1 tw") == FACT_UNKNOWN);
	/* One row a processor, in hexadecimal: counters add up, a table's size does not. */
	assert_int_equal(fact_extract(FACT_NEIGH_TABLE_FULLS,
				      "entries  table_fulls\n00000007 0000000a\n00000007 00000001\n"),
			 11);
	assert_int_equal(fact_extract(FACT_NEIGH_ENTRIES,
				      "entries  table_fulls\n00000007 0000000a\n00000007 00000001\n"),
			 7);
}

static void unknown_facts_have_no_rate(void **state)
{
	struct facts a, b;

	(void)state;
	facts_clear(&a);
	facts_clear(&b);
	b.monotonic_ns = 2000000000;
	assert_true(fact_delta(&a, &b, FACT_TW) == FACT_UNKNOWN);
	a.v[FACT_TW] = 10;
	b.v[FACT_TW] = 30;
	assert_int_equal(fact_delta(&a, &b, FACT_TW), 20);
	assert_true(fact_rate(&a, &b, FACT_TW) == 10);
	assert_true(isnan(fact_rate(&b, &b, FACT_TW)));
	assert_true(fact_delta(&b, &a, FACT_TW) == FACT_UNKNOWN); /* Counters do not run back. */
	assert_true(fact_delta(NULL, &b, FACT_TW) == FACT_UNKNOWN);
}

static void port_lists_are_read_as_the_kernel_writes_them(void **state)
{
	struct port_set s;

	(void)state;
	assert_int_equal(port_set_parse("\n", &s), 0);
	assert_int_equal(port_set_count(&s, 0, 65535), 0);
	assert_int_equal(port_set_parse("8080,9000-9010,65535\n", &s), 0);
	assert_int_equal(port_set_count(&s, 0, 65535), 13);
	assert_int_equal(port_set_count(&s, 9005, 9010), 6);
	assert_int_equal(port_set_parse("9010-9000", &s), -EINVAL);
	assert_int_equal(port_set_parse("1,65536", &s), -EINVAL);
	assert_int_equal(port_set_parse("1;2", &s), -EINVAL);
}

static void reports_are_found_by_path(void **state)
{
	struct arena a = { 0 };
	struct value *root = value_object(&a), *o = value_add_object(&a, root, "range");

	(void)state;
	value_add_int(&a, o, "low", 5);
	value_add_real(&a, o, "nan", NAN);
	value_add_fact(&a, o, "unknown", FACT_UNKNOWN);
	value_add_text(&a, root, "none", NULL);
	assert_int_equal(value_int(value_at(root, "range"), "low", -1), 5);
	assert_int_equal(value_at(root, "range.low")->integer, 5);
	assert_int_equal(value_at(root, "range.nan")->kind, VALUE_NULL);
	assert_int_equal(value_at(root, "range.unknown")->kind, VALUE_NULL);
	assert_int_equal(value_at(root, "none")->kind, VALUE_NULL);
	assert_null(value_at(root, "range.low.deeper"));
	assert_null(value_at(root, "rang"));
	assert_ptr_equal(value_at(root, ""), root);
	arena_free(&a);
}

static void notes_are_said_once(void **state)
{
	struct notes n = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++)
		notes_add(&n, "note %d", i % 10);
	assert_int_equal(n.count, 10);
	assert_string_equal(n.text[9], "note 9");
	notes_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_known_by_every_spelling),
		cmocka_unit_test(kernel_numbers_map_both_ways),
		cmocka_unit_test(addresses_are_strict),
		cmocka_unit_test(addresses_are_written_as_the_contract_says),
		cmocka_unit_test(mapped_addresses_fold),
		cmocka_unit_test(facts_come_out_of_their_files),
		cmocka_unit_test(unknown_facts_have_no_rate),
		cmocka_unit_test(port_lists_are_read_as_the_kernel_writes_them),
		cmocka_unit_test(reports_are_found_by_path),
		cmocka_unit_test(notes_are_said_once),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
