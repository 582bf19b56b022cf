// SPDX-License-Identifier: MIT
#include "model/filter_token.h"

#include <string.h>
#include <strings.h>

/** What the shell, or whoever types a whole expression as one word, may put between tokens. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_sign(char c)
{
	return c && strchr("()!&|=<>", c);
}

void lexer_init(struct lexer *l, char *const *words, int count)
{
	*l = (struct lexer){ .starts = VEC_OF(size_t) };
	for (int i = 0; i < count; i++) {
		if (i)
			str_addc(&l->text, ' ');
		vec_add(&l->starts, &l->text.len);
		str_add(&l->text, words[i]);
	}
}

/** Signs, longer ones before those they begin with. */
static const struct {
	const char *sign;
	enum token_kind kind;
	enum compare compare;
} signs[] = {
	{ "(", TOKEN_OPEN, 0 },
	{ ")", TOKEN_CLOSE, 0 },
	{ "&&", TOKEN_AND, 0 },
	{ "&", TOKEN_AND, 0 },
	{ "||", TOKEN_OR, 0 },
	{ "|", TOKEN_OR, 0 },
	{ "==", TOKEN_COMPARE, COMPARE_EQ },
	{ "=", TOKEN_COMPARE, COMPARE_EQ },
	{ "!=", TOKEN_COMPARE, COMPARE_NE },
	{ "!", TOKEN_NOT, 0 },
	{ "<=", TOKEN_COMPARE, COMPARE_LE },
	{ "<", TOKEN_COMPARE, COMPARE_LT },
	{ ">=", TOKEN_COMPARE, COMPARE_GE },
	{ ">", TOKEN_COMPARE, COMPARE_GT },
};

static struct token read_sign(struct lexer *l, const char *s)
{
	struct token t = { .at = l->pos };

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		size_t n = strlen(signs[i].sign);

		if (strncmp(s + l->pos, signs[i].sign, n) == 0) {
			t.kind = signs[i].kind;
			t.compare = signs[i].compare;
			t.len = n;
			break;
		}
	}
	l->pos += t.len;
	return t;
}

static struct token read_quoted(struct lexer *l, const char *s)
{
	struct token t = { .kind = TOKEN_WORD, .quoted = true, .at = l->pos + 1 };
	const char *end = strchr(s + t.at, s[l->pos]);

	if (!end) {
		t = (struct token){ .kind = TOKEN_UNCLOSED, .at = l->pos, .len = 1 };
		l->pos = l->text.len;
		return t;
	}
	t.len = (size_t)(end - (s + t.at));
	l->pos = t.at + t.len + 1;
	return t;
}

/** True where a word does not go on. A ! inside it is a sign only in !=: patterns have [!a-z]. */
static bool ends_word(const char *s)
{
	return !*s || is_blank(*s) || (is_sign(*s) && (*s != '!' || s[1] == '='));
}

static struct token read_word(struct lexer *l, const char *s)
{
	struct token t = { .kind = TOKEN_WORD, .at = l->pos };

	while (!ends_word(s + l->pos))
		l->pos++;
	t.len = l->pos - t.at;
	if (token_is(l, &t, "and"))
		t.kind = TOKEN_AND;
	else if (token_is(l, &t, "or"))
		t.kind = TOKEN_OR;
	else if (token_is(l, &t, "not"))
		t.kind = TOKEN_NOT;
	return t;
}

struct token lexer_next(struct lexer *l)
{
	const char *s = str_text(&l->text);

	while (is_blank(s[l->pos]))
		l->pos++;
	if (!s[l->pos])
		return (struct token){ .kind = TOKEN_END, .at = l->text.len };
	if (s[l->pos] == '"' || s[l->pos] == '\'')
		return read_quoted(l, s);
	if (is_sign(s[l->pos]))
		return read_sign(l, s);
	return read_word(l, s);
}

/** End of the word that begins at AT; 0 where none does. */
static size_t word_end(const struct lexer *l, size_t at)
{
	for (size_t i = 0; i < l->starts.len; i++) {
		if (VEC_AT(&l->starts, size_t, i) != at)
			continue;
		return i + 1 < l->starts.len ? VEC_AT(&l->starts, size_t, i + 1) - 1 : l->text.len;
	}
	return 0;
}

struct token lexer_whole_word(struct lexer *l, struct token t)
{
	const char *s = str_text(&l->text);
	size_t end = t.quoted ? 0 : word_end(l, t.at);
	bool blank = false;

	for (size_t i = t.at; i < end; i++)
		blank = blank || is_blank(s[i]);
	if (!blank)
		return t;
	l->pos = end;
	return (struct token){ .kind = TOKEN_WORD, .quoted = true, .at = t.at, .len = end - t.at };
}

bool token_is(const struct lexer *l, const struct token *t, const char *name)
{
	return t->kind == TOKEN_WORD && !t->quoted && t->len == strlen(name) &&
	       strncasecmp(str_text(&l->text) + t->at, name, t->len) == 0;
}

bool compare_word(const struct lexer *l, const struct token *t, enum compare *out)
{
	static const struct {
		const char *name;
		enum compare compare;
	} words[] = {
		{ "eq", COMPARE_EQ },  { "ne", COMPARE_NE },  { "neq", COMPARE_NE },
		{ "lt", COMPARE_LT },  { "le", COMPARE_LE },  { "leq", COMPARE_LE },
		{ "gt", COMPARE_GT },  { "ge", COMPARE_GE },  { "geq", COMPARE_GE },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (token_is(l, t, words[i].name)) {
			*out = words[i].compare;
			return true;
		}
	}
	return false;
}

void lexer_free(struct lexer *l)
{
	str_free(&l->text);
	vec_free(&l->starts);
}
