// SPDX-License-Identifier: MIT
/* model/filter_parse: what the language means, and where it says that an expression is wrong. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "model/filter.h"
#include "model/state.h"

/** Parses one word that holds a whole expression; it has to be right. */
static struct filter *parse(const char *text)
{
	char *words[] = { (char *)text };
	struct filter_error err;
	struct filter *f;

	if (filter_parse(words, 1, &f, &err) != 0)
		fail_msg("%s: at %zu: %s", text, err.at, err.message);
	return f;
}

static struct sock sock(enum state state, const char *local, uint16_t local_port,
			const char *remote, uint16_t remote_port)
{
	struct sock s = { .state = (uint8_t)state, .local_port = local_port,
			  .remote_port = remote_port };

	assert_int_equal(addr_parse(local, &s.local), 0);
	assert_int_equal(addr_parse(remote, &s.remote), 0);
	return s;
}

/** The sockets of the table, each by a letter. */
static void make_socks(struct sock *out)
{
	out[0] = sock(STATE_LISTEN, "0.0.0.0", 22, "0.0.0.0", 0);
	out[1] = sock(STATE_LISTEN, "::", 443, "::", 0);
	out[2] = sock(STATE_ESTABLISHED, "10.0.0.1", 40000, "192.0.2.1", 443);
	out[3] = sock(STATE_ESTABLISHED, "::ffff:10.0.0.1", 443, "::ffff:10.1.2.3", 50000);
	out[4] = sock(STATE_CLOSE_WAIT, "2001:db8::1", 8080, "2001:db8:ffff::2", 1023);
	out[5] = sock(STATE_TIME_WAIT, "127.0.0.1", 5774, "127.0.0.1", 65535);
	out[6] = sock(STATE_SYN_RECV, "10.0.0.2", 80, "10.9.9.9", 1024);
	out[7] = sock(STATE_BOUND, "0.0.0.0", 65535, "0.0.0.0", 0);
}

#define SOCKS 8

/** Expression, and the letters of the sockets that it selects. */
static const struct {
	const char *text, *selects;
} meanings[] = {
	{ "", "abcdefgh" },
	{ "state close-wait", "e" },
	{ "state CLOSE_WAIT", "e" },
	{ "STATE estab", "cd" },
	{ "state established time-wait", "cdf" },
	{ "state established state time-wait", "cdf" },
	{ "state established and state time-wait", "" },
	{ "state connected exclude established", "efg" },
	{ "exclude established listening", "efgh" },
	{ "exclude listening state listening", "abcdefgh" },
	{ "not state connected", "abh" },
	{ "state all", "abcdefgh" },
	{ "state big", "abcdeh" },
	{ "state bucket", "fg" },
	{ "sport 22 or state close-wait and dport 1023", "ae" },
	{ "( sport 22 or state close-wait ) and dport 1023", "e" },
	{ "not sport 22 and not sport 443", "cefgh" },
	{ "not ( sport 22 and sport 443 )", "abcdefgh" },
	{ "not not sport 22", "a" },
	{ "!!sport 22", "a" },
	{ "sport = 22", "a" },
	{ "sport == :22", "a" },
	{ "sport=:22", "a" },
	{ "sport eq 22", "a" },
	{ "sport 22", "a" },
	{ "sport :ssh", "a" },
	{ "sport ssh", "a" },
	{ "sport != 22", "bcdefgh" },
	{ "sport ne 22", "bcdefgh" },
	{ "sport neq 22", "bcdefgh" },
	{ "sport < 80", "a" },
	{ "sport lt 80", "a" },
	{ "sport <= 80", "ag" },
	{ "sport le 80", "ag" },
	{ "sport leq 80", "ag" },
	{ "sport > 40000", "h" },
	{ "sport gt 40000", "h" },
	{ "sport >= 40000", "ch" },
	{ "sport ge 40000", "ch" },
	{ "sport geq 40000", "ch" },
	{ "sport < 0", "" },
	{ "sport >= 0", "abcdefgh" },
	{ "sport > 65535", "" },
	{ "sport <= 65535", "abcdefgh" },
	{ "not sport > 65535", "abcdefgh" },
	{ "sport *", "abcdefgh" },
	{ "dport != *", "" },
	{ "dport 0", "abh" },
	{ "dport>=1024", "dfg" },
	{ "port 443", "bcd" },
	{ "port != 443", "aefgh" },
	{ "port < 1024", "abcdegh" },
	{ "port > 60000", "fh" },
	{ "src 10.0.0.1", "cd" },
	{ "src = 10.0.0.1", "cd" },
	{ "src != 10.0.0.1", "abefgh" },
	{ "src 10/8", "cdg" },
	{ "src 10.0/16", "cdg" },
	{ "src 10.0.0.0/30", "cdg" },
	{ "src 10.0.0.1/31", "cd" },
	{ "src 0.0.0.0/0", "acdfgh" },
	{ "src inet:*", "acdfgh" },
	{ "src ::/0", "bde" },
	{ "src inet6:*", "bde" },
	{ "src inet6:[::]/0:443", "bd" },
	{ "src inet:10.0.0.1", "cd" },
	{ "src ::ffff:10.0.0.1", "d" },
	{ "src [::ffff:10.0.0.0]/104", "d" },
	{ "src 10.0.0.1:443", "d" },
	{ "src 10.0.0.1:*", "cd" },
	{ "src 10/8:443", "d" },
	{ "src :443", "bd" },
	{ "src *:443", "bd" },
	{ "src :https", "bd" },
	{ "src *", "abcdefgh" },
	{ "src *:*", "abcdefgh" },
	{ "src != *", "" },
	{ "dst 192.0.2.1:https", "c" },
	{ "dst [2001:db8::]/32", "e" },
	{ "dst [2001:db8::/32]", "e" },
	{ "dst [2001:db8::/32]:1023", "e" },
	{ "dst [2001:db8::]/32:1024", "" },
	{ "dst 2001:db8::/32", "e" },
	{ "src 2001:db8::1", "e" },
	{ "src [2001:db8::1]:8080", "e" },
	{ "src ::", "b" },
	{ "addr 10.0.0.0/8", "cdg" },
	{ "addr != 10.0.0.0/8", "abefh" },
	{ "addr 127.0.0.1:65535", "f" },
	{ "addr 10.1.2.3:443", "" },
	{ "state time-wait port 5774", "f" },
	{ "(sport 22)|(sport 443)", "abd" },
	{ "(state listening) sport=22", "a" },
	{ "(sport 22 || sport 80) && !state listening", "g" },
	{ "not src 10/8 or dport 443", "abcefh" },
	{ "sport 22\tor\n dport 443", "ac" },
	{ "NOT Sport 22 AND dport 443", "c" },
	{ "( ( ( sport 22 ) ) )", "a" },
	{ "sport 22 or sport 80 or sport 443 or sport 5774", "abdfg" },
	{ "state listening or ( dport 443 ! src 10.0.0.2 )", "abc" },
};

static void means(void **state)
{
	struct sock socks[SOCKS];

	(void)state;
	make_socks(socks);
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		struct filter *f;
		char got[SOCKS + 1] = "";
		size_t n = 0;

		f = parse(meanings[i].text);
		for (int s = 0; s < SOCKS; s++) {
			if (filter_match(f, &socks[s], NULL))
				got[n++] = (char)('a' + s);
		}
		if (strcmp(got, meanings[i].selects) != 0)
			fail_msg("%s: selects %s, not %s", meanings[i].text, got,
				 meanings[i].selects);
		filter_free(f);
	}
}

/** The words as the shell hands them over make no difference. */
static void takes_words(void **state)
{
	static char *const split[][9] = {
		{ "sport", "=", ":22", NULL },
		{ "sport=", ":22", NULL },
		{ "sport", "=:22", NULL },
		{ "(sport", "22)", NULL },
		{ "(", "sport", "22", ")", NULL },
		{ "", "sport 22", "", NULL },
		{ "!", "(", "not", "sport", ":22", ")", NULL },
	};
	struct sock socks[SOCKS];

	(void)state;
	make_socks(socks);
	for (size_t i = 0; i < ARRAY_LEN(split); i++) {
		struct filter *f;
		struct filter_error err;
		int count = 0;

		while (split[i][count])
			count++;
		assert_int_equal(filter_parse(split[i], count, &f, &err), 0);
		for (int s = 0; s < SOCKS; s++)
			assert_int_equal(filter_match(f, &socks[s], NULL), s == 0);
		filter_free(f);
	}
}

static void nothing_is_everything(void **state)
{
	char *const blank[] = { "", " \t", "" };
	struct filter *f;
	struct filter_error err;
	struct sock s = { 0 };

	(void)state;
	assert_int_equal(filter_parse(blank, 3, &f, &err), 0);
	assert_null(f);
	assert_int_equal(filter_parse(NULL, 0, &f, &err), 0);
	assert_null(f);
	assert_true(filter_match(NULL, &s, NULL));
	assert_true(filter_may_match(NULL, &s));
	assert_int_equal(filter_states(NULL), STATES_ALL);
	assert_false(filter_needs_owners(NULL));
	assert_false(filter_needs_cgroups(NULL));
	filter_free(NULL);
}

/** Wrong expression, the line under it, and a piece of the message. */
static const struct {
	const char *text, *caret, *says;
} errors[] = {
	{ "sport = 99999",
	  "        ^^^^^", "0 to 65535" },
	{ "sport 65536",
	  "      ^^^^^", "0 to 65535" },
	{ "sport 18446744073709551617",
	  "      ^^^^^^^^^^^^^^^^^^^^", "0 to 65535" },
	{ "port :80x",
	  "      ^^^", "neither a port number nor the name" },
	{ "dport -1",
	  "      ^^", "neither a port number nor the name" },
	{ "sport :",
	  "       !", "a port is missing" },
	{ "sport",
	  "     !", "a port is missing" },
	{ "sport = ",
	  "        !", "a port is missing" },
	{ "sport = and dport 5",
	  "        ^^^", "a port is missing" },
	{ "sport 5 = 6",
	  "        ^", "a comparison needs a word" },
	{ "sport < *",
	  "        ^", "neither less nor more" },
	{ "src 300.1.1.1",
	  "    ^^^^^^^^^", "no IPv4 address" },
	{ "src 10.1",
	  "    ^^^^", "no IPv4 address" },
	{ "src 1.2.3.4.5/8",
	  "    ^^^^^^^^^", "no IPv4 address" },
	{ "src 10.0.0.1/33",
	  "             ^^", "0 to 32" },
	{ "src 10.0.0.1/",
	  "             !", "0 to 32" },
	{ "src 10.0.0.1/8/8",
	  "             ^^^", "0 to 32" },
	{ "dst [2001:db8::]/129",
	  "                 ^^^", "0 to 128" },
	{ "dst [2001:db8::/32]/32",
	  "                   ^^^", "already" },
	{ "dst [2001:db8::",
	  "    ^^^^^^^^^^^", "bracket is not closed" },
	{ "dst [2001:db8::]x",
	  "                ^", "only :PORT" },
	{ "dst [10.0.0.1]",
	  "     ^^^^^^^^", "no IPv4 address" },
	{ "dst [fe80::1%eth0]",
	  "     ^^^^^^^^^^^^", "zone" },
	{ "dst [::1]:99999",
	  "          ^^^^^", "0 to 65535" },
	{ "dst 2001:db8::1:http",
	  "    ^^^^^^^^^^^^^^^^", "brackets" },
	{ "dst 12345::1",
	  "    ^^^^^^^^", "no IPv6 address" },
	{ "dst 10.0.0.1::80",
	  "    ^^^^^^^^^^^^", "no IPv6 address" },
	{ "dst [::1]::80",
	  "          ^^^", "one colon" },
	{ "dst example.org:80",
	  "    ^^^^^^^^^^^", "names of hosts are not looked up" },
	{ "dst localhost",
	  "    ^^^^^^^^^", "names of hosts are not looked up" },
	{ "dst */8",
	  "     ^^", "prefix length needs an address" },
	{ "dst inet:[::1]",
	  "          ^^^", "other family" },
	{ "src > 10.0.0.1",
	  "    ^", "only = and !=" },
	{ "src ge 10.0.0.1",
	  "    ^^", "only = and !=" },
	{ "src",
	  "   !", "an address is missing" },
	{ "( sport 80",
	  "^", "parenthesis is not closed" },
	{ "sport 80 and ( dport 5 or ( dport 6 )",
	  "             ^", "parenthesis is not closed" },
	{ "sport 80 )",
	  "         ^", "no parenthesis is open" },
	{ ")",
	  "^", "closes where a test should stand" },
	{ "( )",
	  "  ^", "closes where a test should stand" },
	{ "sport 80 and",
	  "            !", "ends where a test should stand" },
	{ "not",
	  "   !", "ends where a test should stand" },
	{ "or sport 80",
	  "^^", "a test should stand here" },
	{ "sport 80 or and sport 81",
	  "            ^^^", "a test should stand here" },
	{ "sport 80 & & sport 81",
	  "           ^", "a test should stand here" },
	{ "state",
	  "     !", "name of a state is missing" },
	{ "state sport 80",
	  "      ^^^^^", "no such state" },
	{ "state clsoe-wait",
	  "      ^^^^^^^^^^", "did you mean CLOSE_WAIT?" },
	{ "state time-wait estb",
	  "                ^^^^", "did you mean 'state estab" },
	{ "exclude ( established )",
	  "        ^", "name of a state is missing" },
	{ "close-wait",
	  "^^^^^^^^^^", "needs the word 'state'" },
	{ "soprt 80",
	  "^^^^^", "did you mean 'sport'?" },
	{ "CLOSE_WIAT",
	  "^^^^^^^^^^", "did you mean 'state CLOSE_WAIT'?" },
	{ "10.0.0.1",
	  "^^^^^^^^", "say which end" },
	{ "sport 80 :443",
	  "         ^^^^", "sport, dport or port" },
	{ "frobnicate",
	  "^^^^^^^^^^", "unknown word" },
	{ "dev lo",
	  "^^^", "'dev' is not supported" },
	{ "autobound",
	  "^^^^^^^^^", "'autobound' is not supported" },
	{ "pid 0",
	  "    ^", "from 1 on" },
	{ "pid x",
	  "    ^", "from 1 on" },
	{ "pid < 5",
	  "    ^", "only = and != can stand behind 'pid'" },
	{ "uid no-such-user-here",
	  "    ^^^^^^^^^^^^^^^^^", "neither a user id nor the name" },
	{ "uid 4294967296",
	  "    ^^^^^^^^^^", "32 bits" },
	{ "inode 12x",
	  "      ^^^", "inode is a number" },
	{ "comm",
	  "    !", "command name is missing" },
	{ "comm = \"",
	  "       ^", "quote is not closed" },
	{ "comm \"\"",
	  "      !", "command name is missing" },
	{ "comm (sd-pam)",
	  "     ^", "command name is missing" },
	{ "cgroup",
	  "      !", "is missing" },
	{ "'state' listening",
	  " ^^^^^", "unknown word" },
};

/** The line under the expression: ^ for each byte in question, ! for the place behind the end. */
static void caret_line(const struct filter_error *err, char *out)
{
	memset(out, ' ', err->at);
	memset(out + err->at, '^', err->len);
	out[err->at + err->len] = '\0';
	if (!err->len)
		strcpy(out + err->at, "!");
}

static void points_at_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		char *words[] = { (char *)errors[i].text };
		struct filter_error err;
		struct filter *f;
		char caret[200];

		if (filter_parse(words, 1, &f, &err) != -EINVAL)
			fail_msg("%s: taken for right", errors[i].text);
		assert_null(f);
		assert_string_equal(str_text(&err.text), errors[i].text);
		assert_true(err.at + err.len <= err.text.len);
		caret_line(&err, caret);
		if (strcmp(caret, errors[i].caret) != 0 || !strstr(err.message, errors[i].says))
			fail_msg("%s\n%s\n%s", errors[i].text, caret, err.message);
		str_free(&err.text);
	}
}

/** The place is one in the words joined by blanks. */
static void joins_words(void **state)
{
	char *const words[] = { "sport", "80", "or", "dport", "70000" };
	struct filter_error err;
	struct filter *f;

	(void)state;
	assert_int_equal(filter_parse(words, 5, &f, &err), -EINVAL);
	assert_string_equal(str_text(&err.text), "sport 80 or dport 70000");
	assert_int_equal(err.at, 18);
	assert_int_equal(err.len, 5);
	str_free(&err.text);
}

static void bounds_nesting(void **state)
{
	struct str text = { 0 };
	char *words[1];
	struct filter_error err;
	struct filter *f;

	(void)state;
	str_fill(&text, '(', 64);
	str_add(&text, "sport 1");
	str_fill(&text, ')', 64);
	words[0] = text.s;
	assert_int_equal(filter_parse(words, 1, &f, &err), 0);
	filter_free(f);

	str_reset(&text);
	str_fill(&text, '(', 100000);
	words[0] = text.s;
	assert_int_equal(filter_parse(words, 1, &f, &err), -EINVAL);
	assert_int_equal(err.at, 64);
	assert_non_null(strstr(err.message, "more than 64"));
	str_free(&err.text);

	str_reset(&text);
	str_fill(&text, '!', 100001);
	str_add(&text, "sport 1");
	for (int i = 0; i < 20000; i++)
		str_add(&text, " and not dport 1 or sport 2");
	words[0] = text.s;
	assert_int_equal(filter_parse(words, 1, &f, &err), 0);
	filter_free(f);
	str_free(&text);
}

static void tells_needs(void **state)
{
	static const struct {
		const char *text;
		bool owners, cgroups;
		uint32_t states;
	} rows[] = {
		{ "sport 80", false, false, STATES_ALL },
		{ "pid 5 or sport 80", true, false, STATES_ALL },
		{ "not comm x state listening", true, false, STATE_BIT(STATE_LISTEN) },
		{ "cgroup /x", false, true, STATES_ALL },
		{ "uid 5 inode 7 state syn-sent", false, false, STATE_BIT(STATE_SYN_SENT) },
		{ "state listening or state closing and sport 5", false, false,
		  STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSING) },
		{ "not ( exclude listening or sport 5 )", false, false, STATE_BIT(STATE_LISTEN) },
		{ "not ( state listening and sport 5 )", false, false, STATES_ALL },
		{ "state listening and state closing", false, false, 0 },
		{ "state listening or sport 5", false, false, STATES_ALL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = parse(rows[i].text);

		assert_int_equal(filter_needs_owners(f), rows[i].owners);
		assert_int_equal(filter_needs_cgroups(f), rows[i].cgroups);
		assert_int_equal(filter_states(f), rows[i].states);
		filter_free(f);
	}
}

static void tells_whether_the_state_decides(void **state)
{
	static const struct {
		const char *text;
		bool only;
	} rows[] = {
		{ "state listening", true },
		{ "not ( exclude listening or state closing )", true },
		{ "state connected exclude time-wait or state bound", true },
		{ "state listening sport 5", false },
		{ "state listening or pid 5", false },
		{ "not sport 5", false },
	};

	(void)state;
	assert_true(filter_only_states(NULL));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = parse(rows[i].text);

		assert_int_equal(filter_only_states(f), rows[i].only);
		filter_free(f);
	}
}

static void lists_keywords(void **state)
{
	const char *name, *help;
	size_t n = 0;

	(void)state;
	while ((name = filter_keyword(n, &help))) {
		assert_true(*name && *help);
		n++;
	}
	assert_int_equal(n, 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means),
		cmocka_unit_test(takes_words),
		cmocka_unit_test(nothing_is_everything),
		cmocka_unit_test(points_at_errors),
		cmocka_unit_test(joins_words),
		cmocka_unit_test(bounds_nesting),
		cmocka_unit_test(tells_needs),
		cmocka_unit_test(tells_whether_the_state_decides),
		cmocka_unit_test(lists_keywords),
	};

	return cmocka_run_group_tests_name("filter_parse", tests, NULL, NULL);
}
