/* SPDX-License-Identifier: MIT */
/* Inside the filter: the words of the command line cut into tokens. */
#ifndef MODEL_FILTER_TOKEN_H
#define MODEL_FILTER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/vec.h"

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_NOT,
	TOKEN_AND,
	TOKEN_OR,
	/** A comparison written with signs; as a word ("ge") it is a TOKEN_WORD. */
	TOKEN_COMPARE,
	TOKEN_WORD,
	/** A quote without its other half. */
	TOKEN_UNCLOSED,
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

/** A piece of the expression. */
struct token {
	enum token_kind kind;
	/** TOKEN_COMPARE. */
	enum compare compare;
	/** The word stood in quotes: it is a value, never a keyword. */
	bool quoted;
	/** Place in the text; of a quoted word without its quotes. */
	size_t at, len;
};

/** The expression and how far it has been read. */
struct lexer {
	/** The words joined by blanks. */
	struct str text;
	/** Where each word begins in the text (size_t). */
	struct vec starts;
	/** Where the next token is looked for. */
	size_t pos;
};

/** Sets up a lexer on COUNT words. WORDS may be NULL where there are none. */
NONNULL_ARGS(1) void lexer_init(struct lexer *l, char *const *words, int count);

/** The next token; TOKEN_END again and again at the end. */
NODISCARD NONNULL struct token lexer_next(struct lexer *l);

/** T, the token read last, stretched over its whole word where it opens a word that the shell was
 *  given in quotes, blanks and all: a name like "tmux: server". */
NODISCARD NONNULL struct token lexer_whole_word(struct lexer *l, struct token t);

/** The comparison that a word stands for ("eq", "ne" …). False where it is none. */
NODISCARD NONNULL bool compare_word(const struct lexer *l, const struct token *t,
				   enum compare *out);

/** True where T is the unquoted word NAME, in any case. */
NODISCARD NONNULL bool token_is(const struct lexer *l, const struct token *t, const char *name);

/** Gives the memory back. */
NONNULL void lexer_free(struct lexer *l);

#endif
