// SPDX-License-Identifier: MIT
/* The grammar, by falling strength of binding (ss(8)): not, and (also unwritten), or. */
#include "model/filter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "model/filter_operand.h"
#include "model/filter_token.h"
#include "model/filter_tree.h"
#include "model/state.h"

/** Parentheses in parentheses; more are a mistake, and this bounds the stack of every walk. */
#define DEEPEST 64

struct parser {
	struct lexer lexer;
	/** The token that comes next. */
	struct token next;
	struct filter *filter;
	struct filter_error *error;
	unsigned depth;
};

/** A word that opens a test. */
struct keyword {
	const char *name;
	enum node_kind kind;
	/** NODE_HOST, NODE_PORT: which ends. */
	uint8_t ends;
	/** Half a sentence for help. */
	const char *help;
	/** What is missing where the expression ends behind the word. */
	const char *missing;
};

static const struct keyword keywords[] = {
	{ "state", NODE_STATES, 0, "STATE...: the state is one of these, or of a group",
	  "the name of a state is missing" },
	{ "exclude", NODE_STATES, 0, "STATE...: the state is none of these",
	  "the name of a state is missing" },
	{ "src", NODE_HOST, END_LOCAL, "[=|!=] ADDRESS[/BITS][:PORT]: local address",
	  "an address is missing" },
	{ "dst", NODE_HOST, END_REMOTE, "[=|!=] ADDRESS[/BITS][:PORT]: remote address",
	  "an address is missing" },
	{ "addr", NODE_HOST, END_LOCAL | END_REMOTE,
	  "[=|!=] ADDRESS[/BITS][:PORT]: address of either end", "an address is missing" },
	{ "sport", NODE_PORT, END_LOCAL, "[=|!=|<|<=|>|>=] PORT: local port", "a port is missing" },
	{ "dport", NODE_PORT, END_REMOTE, "[=|!=|<|<=|>|>=] PORT: remote port",
	  "a port is missing" },
	{ "port", NODE_PORT, END_LOCAL | END_REMOTE,
	  "[=|!=|<|<=|>|>=] PORT: port of either end", "a port is missing" },
	{ "pid", NODE_PID, 0, "[=|!=] PID: a process with this id holds it",
	  "a process id is missing" },
	{ "comm", NODE_COMM, 0, "[=|!=] PATTERN: a process with such a command name holds it",
	  "a command name is missing" },
	{ "uid", NODE_UID, 0, "[=|!=] USER: it belongs to this user",
	  "a user id or name is missing" },
	{ "cgroup", NODE_CGROUP, 0, "[=|!=] PATH: it was made in this control group or below",
	  "the path of a control group or the name of a unit is missing" },
	{ "inode", NODE_INODE, 0, "[=|!=] INODE: its inode", "an inode number is missing" },
};

const char *filter_keyword(size_t i, const char **help)
{
	if (i >= ARRAY_LEN(keywords))
		return NULL;
	*help = keywords[i].help;
	return keywords[i].name;
}

/** Notes the first thing that went wrong: LEN bytes at AT. Returns NULL, which ends the parse. */
static PRINTF(4, 5) struct node *fail(struct parser *p, size_t at, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error->message, sizeof(p->error->message), fmt, ap);
	va_end(ap);
	p->error->at = at;
	p->error->len = len;
	return NULL;
}

static void advance(struct parser *p)
{
	p->next = lexer_next(&p->lexer);
}

static bool next_is(const struct parser *p, const char *name)
{
	return token_is(&p->lexer, &p->next, name);
}

/** The text of the next token, in the filter's arena. */
static const char *next_text(struct parser *p)
{
	char *s = arena_alloc(&p->filter->arena, p->next.len + 1);

	memcpy(s, str_text(&p->lexer.text) + p->next.at, p->next.len);
	return s;
}

static struct node *new_node(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_alloc(&p->filter->arena, sizeof(*n));

	n->kind = kind;
	return n;
}

/* States --------------------------------------------------------------------------------------- */

/** Name I of everything that may stand behind "state", some of them more than once. */
static const char *state_name(void *arg, size_t i)
{
	const size_t spellings = 1 + ARRAY_LEN(state_table[0].aliases);
	const struct state_row *row;
	uint32_t states;

	(void)arg;
	if (i >= STATE_COUNT * spellings)
		return state_group((unsigned)(i - STATE_COUNT * spellings), &states);
	row = &state_table[i / spellings];
	if (i % spellings && row->aliases[i % spellings - 1])
		return row->aliases[i % spellings - 1];
	return row->name;
}

/** The set of states that the next token names; 0 where it names none. */
static uint32_t next_states(struct parser *p)
{
	if (p->next.kind != TOKEN_WORD || p->next.quoted)
		return 0;
	return state_parse(next_text(p));
}

/** The names behind "state" or "exclude", at least one; 0 where the first is wrong. */
static uint32_t read_states(struct parser *p)
{
	uint32_t set = 0, one;

	for (; (one = next_states(p)); advance(p))
		set |= one;
	if (set)
		return set;
	if (p->next.kind == TOKEN_WORD) {
		const char *close = suggest(next_text(p), state_name, NULL);

		fail(p, p->next.at, p->next.len, "no such state%s%s%s",
		     close ? "; did you mean " : "", close ? close : "", close ? "?" : "");
	} else {
		fail(p, p->next.at, p->next.len, "the name of a state is missing");
	}
	return 0;
}

/** A run of "state" and "exclude": as in ss, each adds to or takes from one set. */
static struct node *parse_states(struct parser *p, bool negate)
{
	bool exclude = next_is(p, "exclude");
	uint32_t set = exclude ? STATES_ALL : 0, names;
	struct node *n;

	do {
		advance(p);
		names = read_states(p);
		if (!names)
			return NULL;
		set = exclude ? set & ~names : set | names;
		exclude = next_is(p, "exclude");
	} while (exclude || next_is(p, "state"));
	n = new_node(p, NODE_STATES);
	n->states = negate ? STATES_ALL & ~set : set;
	return n;
}

/* Tests with an operand ------------------------------------------------------------------------ */

/** Ports for which "port COMPARE NUMBER" holds; != is the caller's negation of =. */
static struct port_test port_range(enum compare compare, int32_t number)
{
	const struct port_test none = { 1, 0 };
	uint16_t port = (uint16_t)number;

	if (number < 0)
		return (struct port_test){ 0, UINT16_MAX };
	switch (compare) {
	case COMPARE_LT:
		return port ? (struct port_test){ 0, (uint16_t)(port - 1) } : none;
	case COMPARE_LE:
		return (struct port_test){ 0, port };
	case COMPARE_GT:
		return port < UINT16_MAX ? (struct port_test){ (uint16_t)(port + 1), UINT16_MAX } :
					   none;
	case COMPARE_GE:
		return (struct port_test){ port, UINT16_MAX };
	case COMPARE_EQ:
	case COMPARE_NE:
		break;
	}
	return (struct port_test){ port, port };
}

static int read_port(struct node *n, const char *text, enum compare compare, struct fault *fault)
{
	int32_t port = 0;
	int err = operand_port(text, &port, fault);

	if (!err && port < 0 && compare != COMPARE_EQ && compare != COMPARE_NE) {
		*fault = (struct fault){ 0, strlen(text), "any port is neither less nor more" };
		err = -EINVAL;
	}
	n->port = port_range(compare, port);
	return err;
}

/** Reads TEXT into N by its kind. */
static int read_operand(struct parser *p, struct node *n, const char *text, enum compare compare,
			struct fault *fault)
{
	p->filter->may_lack |= n->kind != NODE_HOST && n->kind != NODE_PORT;
	switch (n->kind) {
	case NODE_HOST:
		return operand_host(text, &n->host, fault);
	case NODE_PORT:
		return read_port(n, text, compare, fault);
	case NODE_PID:
		p->filter->needs_owners = true;
		return operand_pid(text, &n->number, fault);
	case NODE_UID:
		return operand_uid(text, &n->number, fault);
	case NODE_INODE:
		return operand_inode(text, &n->number, fault);
	case NODE_COMM:
		p->filter->needs_owners = true;
		n->text = text;
		return 0;
	case NODE_CGROUP:
		p->filter->needs_cgroups = true;
		n->text = operand_cgroup(&p->filter->arena, text);
		return 0;
	case NODE_ALL:
	case NODE_ANY:
	case NODE_STATES:
		break;
	}
	return -EINVAL;
}

/** The comparison behind keyword K; = where there is none. */
static bool read_compare(struct parser *p, const struct keyword *k, enum compare *out)
{
	struct token t = p->next;

	*out = COMPARE_EQ;
	if (t.kind == TOKEN_COMPARE)
		*out = t.compare;
	else if (!compare_word(&p->lexer, &t, out))
		return true;
	if (k->kind != NODE_PORT && *out != COMPARE_EQ && *out != COMPARE_NE) {
		fail(p, t.at, t.len, "only = and != can stand behind '%s'", k->name);
		return false;
	}
	advance(p);
	return true;
}

static struct node *parse_test(struct parser *p, const struct keyword *k, bool negate)
{
	struct node *n = new_node(p, k->kind);
	enum compare compare;
	struct fault fault = { .message = "" };

	advance(p);
	if (!read_compare(p, k, &compare))
		return NULL;
	if (k->kind == NODE_COMM || k->kind == NODE_CGROUP)
		p->next = lexer_whole_word(&p->lexer, p->next);
	if (p->next.kind == TOKEN_UNCLOSED)
		return fail(p, p->next.at, p->next.len, "the quote is not closed");
	if (p->next.kind != TOKEN_WORD || !p->next.len)
		return fail(p, p->next.at, p->next.len, "%s", k->missing);
	n->ends = k->ends;
	n->negated = negate != (compare == COMPARE_NE);
	if (read_operand(p, n, next_text(p), compare, &fault) != 0)
		return fail(p, p->next.at + fault.at, fault.len, "%s", fault.message);
	advance(p);
	return n;
}

/* Expressions ---------------------------------------------------------------------------------- */

static struct node *parse_or(struct parser *p, bool negate);

/** Name I of everything that may open a test, then of the states. */
static const char *opening_word(void *arg, size_t i)
{
	if (i < ARRAY_LEN(keywords))
		return keywords[i].name;
	return state_name(arg, i - ARRAY_LEN(keywords));
}

/** Says why the next word opens no test. */
static struct node *fail_word(struct parser *p)
{
	static const char *const of_ss[] = { "dev", "fwmark", "autobound" };
	const char *word = next_text(p), *close;
	struct host_test host;
	struct fault fault;

	for (size_t i = 0; i < ARRAY_LEN(of_ss); i++) {
		if (next_is(p, of_ss[i]))
			return fail(p, p->next.at, p->next.len,
				    "'%s' is not supported: not every source can tell", of_ss[i]);
	}
	if (next_states(p))
		return fail(p, p->next.at, p->next.len, "a state needs the word 'state' in front of it");
	close = suggest(word, opening_word, NULL);
	if (close && state_parse(close))
		return fail(p, p->next.at, p->next.len, "did you mean 'state %s'?", close);
	if (close)
		return fail(p, p->next.at, p->next.len, "unknown word; did you mean '%s'?", close);
	if (operand_host(word, &host, &fault) == 0)
		return fail(p, p->next.at, p->next.len, "say which end: src, dst or addr%s",
			    host.port < 0 ? "" : "; for a port sport, dport or port");
	return fail(p, p->next.at, p->next.len,
		    "unknown word: a test begins with state, src, dst, sport, dport, pid ...");
}

static struct node *parse_word(struct parser *p, bool negate)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
		if (!next_is(p, keywords[i].name))
			continue;
		if (keywords[i].kind == NODE_STATES)
			return parse_states(p, negate);
		return parse_test(p, &keywords[i], negate);
	}
	return fail_word(p);
}

static struct node *parse_group(struct parser *p, bool negate)
{
	struct token open = p->next;
	struct node *n;

	if (p->depth >= DEEPEST)
		return fail(p, open.at, open.len, "more than %d parentheses in one another", DEEPEST);
	p->depth++;
	advance(p);
	n = parse_or(p, negate);
	p->depth--;
	if (!n)
		return NULL;
	if (p->next.kind == TOKEN_END)
		return fail(p, open.at, open.len, "the parenthesis is not closed");
	/* parse_or() stops at nothing else. */
	advance(p);
	return n;
}

/** One test, with the "not" in front of it. */
static struct node *parse_not(struct parser *p, bool negate)
{
	for (; p->next.kind == TOKEN_NOT; advance(p))
		negate = !negate;
	switch (p->next.kind) {
	case TOKEN_OPEN:
		return parse_group(p, negate);
	case TOKEN_WORD:
		return parse_word(p, negate);
	case TOKEN_END:
		return fail(p, p->next.at, 0, "the expression ends where a test should stand");
	case TOKEN_UNCLOSED:
		return fail(p, p->next.at, p->next.len, "the quote is not closed");
	case TOKEN_COMPARE:
		return fail(p, p->next.at, p->next.len, "a comparison needs a word like sport before it");
	case TOKEN_CLOSE:
		return fail(p, p->next.at, p->next.len, "a parenthesis closes where a test should stand");
	case TOKEN_NOT:
	case TOKEN_AND:
	case TOKEN_OR:
		break;
	}
	return fail(p, p->next.at, p->next.len, "a test should stand here");
}

/** Hangs CHILD behind a chain; *LAST is where its next link goes. */
static void chain(struct node ***last, struct node *child)
{
	**last = child;
	*last = &child->next;
}

/** The chain FIRST as one node: itself where it is a single one. */
static struct node *join(struct parser *p, enum node_kind kind, struct node *first)
{
	struct node *n;

	if (!first->next)
		return first;
	n = new_node(p, kind);
	n->children = first;
	return n;
}

/** True where another test can follow without a word between. */
static bool test_follows(const struct parser *p)
{
	return p->next.kind == TOKEN_AND || p->next.kind == TOKEN_NOT ||
	       p->next.kind == TOKEN_OPEN || p->next.kind == TOKEN_WORD ||
	       p->next.kind == TOKEN_UNCLOSED || p->next.kind == TOKEN_COMPARE;
}

static struct node *parse_and(struct parser *p, bool negate)
{
	struct node *first = NULL, **last = &first, *n = parse_not(p, negate);

	while (n) {
		chain(&last, n);
		if (!test_follows(p))
			return join(p, negate ? NODE_ANY : NODE_ALL, first);
		if (p->next.kind == TOKEN_AND)
			advance(p);
		n = parse_not(p, negate);
	}
	return NULL;
}

static struct node *parse_or(struct parser *p, bool negate)
{
	struct node *first = NULL, **last = &first, *n = parse_and(p, negate);

	while (n) {
		chain(&last, n);
		if (p->next.kind != TOKEN_OR)
			return join(p, negate ? NODE_ALL : NODE_ANY, first);
		advance(p);
		n = parse_and(p, negate);
	}
	return NULL;
}

/** The whole expression, which is not empty; NULL where it is wrong. */
static struct node *parse_all(struct parser *p)
{
	struct node *n = parse_or(p, false);

	if (n && p->next.kind == TOKEN_CLOSE)
		return fail(p, p->next.at, p->next.len, "no parenthesis is open here");
	return n;
}

int filter_parse(char *const *words, int count, struct filter **out, struct filter_error *err)
{
	struct parser p = { .error = err };

	*out = NULL;
	*err = (struct filter_error){ 0 };
	lexer_init(&p.lexer, words, count);
	advance(&p);
	if (p.next.kind == TOKEN_END) {
		lexer_free(&p.lexer);
		return 0;
	}
	p.filter = xcalloc(1, sizeof(*p.filter));
	p.filter->root = parse_all(&p);
	if (!p.filter->root) {
		err->text = p.lexer.text;
		p.lexer.text = (struct str){ 0 };
		lexer_free(&p.lexer);
		filter_free(p.filter);
		return -EINVAL;
	}
	lexer_free(&p.lexer);
	*out = p.filter;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	arena_free(&f->arena);
	free(f);
}
