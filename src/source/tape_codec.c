// SPDX-License-Identifier: MIT
#include "source/tape_codec.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/lz.h"
#include "base/varint.h"

/* More is not remembered from one sample to the next (both sides know). */
#define MEMORY_LIMIT ((size_t)16 << 20)

/* A remembered piece. */
struct tape_piece {
	uint32_t tag, index;
	struct str bytes;
};

static void forget(struct vec *pieces)
{
	for (size_t i = 0; i < pieces->len; i++)
		str_free(&VEC_AT(pieces, struct tape_piece, i).bytes);
	vec_reset(pieces);
}

void tape_codec_init(struct tape_codec *c)
{
	*c = (struct tape_codec){ .before = VEC_OF(struct tape_piece),
				  .now = VEC_OF(struct tape_piece) };
	delta_init(&c->diag);
	delta_init(&c->locked);
}

void tape_codec_free(struct tape_codec *c)
{
	forget(&c->before);
	forget(&c->now);
	vec_free(&c->before);
	vec_free(&c->now);
	delta_free(&c->diag);
	delta_free(&c->locked);
}

void tape_codec_turn(struct tape_codec *c)
{
	struct vec old = c->before;

	forget(&old);
	c->before = c->now;
	c->now = old;
	c->now_bytes = 0;
	delta_turn(&c->diag);
	delta_turn(&c->locked);
}

void tape_codec_drop(struct tape_codec *c)
{
	forget(&c->now);
	c->now_bytes = 0;
	delta_drop(&c->diag);
	delta_drop(&c->locked);
}

void tape_codec_reset(struct tape_codec *c)
{
	tape_codec_drop(c);
	forget(&c->before);
	delta_reset(&c->diag);
	delta_reset(&c->locked);
}

static struct delta *delta_of(struct tape_codec *c, uint32_t tag)
{
	return tag == TAPE_DIAG ? &c->diag : tag == TAPE_LOCKED ? &c->locked : NULL;
}

static const struct str *piece_before(const struct tape_codec *c, uint32_t tag, uint32_t index)
{
	for (size_t i = 0; i < c->before.len; i++) {
		const struct tape_piece *p = &VEC_AT(&c->before, struct tape_piece, i);

		if (p->tag == tag && p->index == index)
			return &p->bytes;
	}
	return NULL;
}

static void remember(struct tape_codec *c, uint32_t tag, uint32_t index, const void *p, size_t n)
{
	if (n > MEMORY_LIMIT - c->now_bytes)
		return;

	struct tape_piece *piece = vec_push(&c->now);

	piece->tag = tag;
	piece->index = index;
	if (n > 0)
		str_addn(&piece->bytes, p, n);
	c->now_bytes += n;
}

static void tell(struct delta *d, const void *p, size_t n, struct str *out)
{
	struct str told = { 0 };
	int ret = delta_encode(d, p, n, &told);

	/* The writer made the plain form itself. */
	assert(ret == 0);
	(void)ret;
	varint_add(out, told.len);
	lz_encode(NULL, 0, told.s, told.len, out);
	str_free(&told);
}

static enum tape_coding encode(struct tape_codec *c, uint32_t tag, uint32_t index, const void *p,
			       size_t n, struct str *out)
{
	struct delta *delta = delta_of(c, tag);

	if (delta != NULL) {
		tell(delta, p, n, out);
		return TAPE_TOLD;
	}

	const struct str *before = piece_before(c, tag, index);

	remember(c, tag, index, p, n);
	if (before == NULL) {
		lz_encode(NULL, 0, p, n, out);
		return TAPE_LZ;
	}
	if (before->len == n && (n == 0 || memcmp(before->s, p, n) == 0))
		return TAPE_SAME;
	lz_encode(before->s, before->len, p, n, out);
	return TAPE_LZ_AFTER;
}

enum tape_coding tape_encode(struct tape_codec *c, uint32_t tag, uint32_t index, const void *p,
			     size_t n, struct str *out)
{
	size_t start = out->len;
	enum tape_coding coding = encode(c, tag, index, p, n, out);

	/* Told datagrams must be told: the other side learns from them for the next sample. */
	if (coding == TAPE_TOLD || coding == TAPE_SAME || out->len - start < n)
		return coding;
	out->len = start;
	if (n > 0)
		str_addn(out, p, n);
	return TAPE_PLAIN;
}

static int hear(struct delta *d, const struct tape_stored *s, struct str *out, size_t *at)
{
	struct cursor in = cursor_make(s->bytes, s->len);
	struct str told = { 0 };
	uint64_t told_len;

	/* A told form longer than the plain one would be pointless but for its references. */
	if (!cursor_varint(&in, &told_len) || told_len > 2 * TAPE_PIECE_MAX)
		return -EBADMSG;
	*at = s->len - cursor_left(&in);

	size_t understood;
	int ret = lz_decode(NULL, 0, in.p, cursor_left(&in), (size_t)told_len, &told, &understood);

	if (ret == 0)
		ret = delta_decode(d, str_text(&told), told.len, s->raw_len, out, &understood);
	else
		*at += understood;
	str_free(&told);
	return ret;
}

static int decode(struct tape_codec *c, const struct tape_stored *s, struct str *out, size_t *at)
{
	const struct str *before = piece_before(c, s->tag, s->index);

	switch (s->coding) {
	case TAPE_PLAIN:
		if (s->len > 0)
			str_addn(out, s->bytes, s->len);
		return 0;
	case TAPE_LZ:
		return lz_decode(NULL, 0, s->bytes, s->len, s->raw_len, out, at);
	case TAPE_LZ_AFTER:
		if (before == NULL)
			return -EBADMSG;
		return lz_decode(before->s, before->len, s->bytes, s->len, s->raw_len, out, at);
	case TAPE_SAME:
		if (before == NULL || s->len > 0)
			return -EBADMSG;
		if (before->len > 0)
			str_addn(out, before->s, before->len);
		return 0;
	case TAPE_TOLD:
		return delta_of(c, s->tag) != NULL ? hear(delta_of(c, s->tag), s, out, at) :
						     -EBADMSG;
	default:
		return -EBADMSG;
	}
}

int tape_decode(struct tape_codec *c, const struct tape_stored *s, struct str *out, size_t *at)
{
	str_reset(out);
	*at = 0;
	if (s->raw_len > TAPE_PIECE_MAX)
		return -EBADMSG;

	int ret = decode(c, s, out, at);

	if (ret < 0 || out->len != s->raw_len)
		return -EBADMSG;
	if (delta_of(c, s->tag) == NULL)
		remember(c, s->tag, s->index, str_text(out), out->len);
	return 0;
}
