// SPDX-License-Identifier: MIT
#include "source/tape.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crc32.h"
#include "source/tape_scan.h"

/* Most plain bytes of a sample that leans on others: a writer never makes so many. */
#define LINKED_MAX ((size_t)1 << 30)

/* A decoded piece. */
struct loaded {
	uint32_t tag;
	struct str bytes;
};

struct tape {
	char *file;
	int fd;
	bool check;
	struct tape_scan scan;
	size_t current;
	/* Remembers up to the end of sample decoded - 1; 0 for nothing. */
	struct tape_codec codec;
	size_t decoded;
	/* struct loaded of the current sample, where it leans on others: it was decoded to the end
	 * (loaded_valid). A sample that stands alone is read piece by piece instead, so that its
	 * size does not matter. */
	struct vec loaded;
	bool loaded_valid;
};

/* Called for each piece of a sample with its plain form. Other than 0 ends the walk. */
typedef int piece_fn(void *arg, uint32_t tag, struct str *plain);

int tape_open_fd(int fd, const char *file, bool check, struct notes *notes, struct tape **out,
		 struct str *why)
{
	struct tape *t = xcalloc(1, sizeof(*t));
	struct str reason = { 0 };

	t->file = xstrdup(file);
	t->fd = fd;
	t->check = check;
	t->loaded = VEC_OF(struct loaded);
	tape_codec_init(&t->codec);

	int ret = tape_scan(fd, check, &t->scan, &reason);

	if (ret == 0 && t->scan.samples.len == 0) {
		str_addf(&reason, "no complete sample: the file ends at byte %llu",
			 (unsigned long long)t->scan.size);
		ret = -ENODATA;
	}
	if (ret < 0) {
		str_addf(why, "%s: %s", file, str_text(&reason));
		tape_close(t);
	} else {
		if (t->scan.size > t->scan.end)
			notes_add(notes, "%s: the last sample is incomplete (from byte %llu on): "
					 "passed over", file, (unsigned long long)t->scan.end);
		t->current = t->scan.samples.len - 1;
		*out = t;
	}
	str_free(&reason);
	return ret;
}

int tape_open(const char *file, struct notes *notes, struct tape **out, struct str *why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		int ret = -errno;

		str_addf(why, "cannot open %s: %s", file, strerror(-ret));
		return ret;
	}
	return tape_open_fd(fd, file, true, notes, out, why);
}

static void unload(struct tape *t)
{
	for (size_t i = 0; i < t->loaded.len; i++)
		str_free(&VEC_AT(&t->loaded, struct loaded, i).bytes);
	vec_reset(&t->loaded);
	t->loaded_valid = false;
}

void tape_close(struct tape *t)
{
	if (t == NULL)
		return;
	unload(t);
	vec_free(&t->loaded);
	vec_free(&t->scan.samples);
	tape_codec_free(&t->codec);
	close(t->fd);
	free(t->file);
	free(t);
}

static const struct tape_sample *sample_at(const struct tape *t, size_t i)
{
	return &VEC_AT(&t->scan.samples, struct tape_sample, i);
}

size_t tape_samples(const struct tape *t)
{
	return t->scan.samples.len;
}

void tape_when(const struct tape *t, size_t i, int64_t *monotonic_ns, int64_t *realtime_ns)
{
	*monotonic_ns = sample_at(t, i)->monotonic_ns;
	*realtime_ns = sample_at(t, i)->realtime_ns;
}

size_t tape_find(const struct tape *t, int64_t realtime_ns)
{
	size_t found = SIZE_MAX;

	/* The clock may have been set back in between: the last one that fits, then. */
	for (size_t i = 0; i < tape_samples(t); i++) {
		if (sample_at(t, i)->realtime_ns <= realtime_ns)
			found = i;
	}
	return found;
}

static int say_damage(const struct tape *t, uint64_t at, const char *what, struct str *why)
{
	str_addf(why, "%s: damaged at byte %llu: %s", t->file, (unsigned long long)at, what);
	return -EBADMSG;
}

/* The walk over a sample's pieces. */
struct pieces {
	struct tape *tape;
	struct tape_codec *codec;
	struct str *why;
	struct str bytes, plain;
	/* How many pieces of each tag came: few tags, one slot each. */
	struct {
		uint32_t tag, count;
	} seen[16];
};

static uint32_t index_of(struct pieces *p, uint32_t tag)
{
	for (size_t i = 0; i < ARRAY_LEN(p->seen); i++) {
		if (p->seen[i].tag == tag || p->seen[i].count == 0) {
			p->seen[i].tag = tag;
			return p->seen[i].count++;
		}
	}
	/* Tags of later versions beyond these slots are not decoded, only passed over. */
	return 0;
}

/* Reads and decodes the piece whose head H stands at AT into p->plain. */
static int read_piece(struct pieces *p, uint64_t at, const struct tape_piece_head *h)
{
	uint64_t body = at + sizeof(*h);
	size_t understood;

	str_reset(&p->bytes);

	int ret = tape_read_at(p->tape->fd, str_reserve(&p->bytes, h->len), h->len, body);

	if (ret < 0)
		return say_damage(p->tape, body, "it cannot be read", p->why);
	p->bytes.len = h->len;
	if (p->tape->check && crc32_add(0, p->bytes.s, h->len) != h->crc)
		return say_damage(p->tape, body, "the checksum does not fit", p->why);

	struct tape_stored stored = { h->tag, index_of(p, h->tag), h->coding, p->bytes.s, h->len,
				      h->raw_len };

	if (tape_decode(p->codec, &stored, &p->plain, &understood) < 0)
		return say_damage(p->tape, body + understood, "it cannot be decoded", p->why);
	return 0;
}

/* Hands every piece of sample I between its start and its end to FN; with ONLY (not 0) those of one
 * tag: pieces of a sample do not lean on each other. */
static int walk_sample(struct tape *t, size_t i, struct tape_codec *codec, uint32_t only,
		       piece_fn *fn, void *arg, struct str *why)
{
	struct pieces p = { .tape = t, .codec = codec, .why = why };
	const struct tape_sample *s = sample_at(t, i);
	struct str reason = { 0 };
	uint64_t at = s->at;
	int ret = 0;

	while (ret == 0 && at < s->end) {
		struct tape_piece_head h;

		/* It was whole when it was scanned; the file may have been changed since. */
		ret = tape_head_at(t->fd, at, s->end, t->check, &h, &reason);
		if (ret <= 0) {
			ret = say_damage(t, at, "a piece has changed", why);
			break;
		}
		ret = 0;
		if (h.tag != TAPE_SAMPLE && h.tag != TAPE_END && (only == 0 || only == h.tag)) {
			ret = read_piece(&p, at, &h);
			if (ret == 0)
				ret = fn(arg, h.tag, &p.plain);
		}
		at += sizeof(h) + h.len;
	}
	str_free(&p.bytes);
	str_free(&p.plain);
	str_free(&reason);
	return ret;
}

/* Keeps a piece of the current sample. */
struct keep {
	struct tape *tape;
	size_t total;
};

static int pass_over(void *arg, uint32_t tag, struct str *plain)
{
	(void)arg;
	(void)tag;
	(void)plain;
	return 0;
}

static int keep_piece(void *arg, uint32_t tag, struct str *plain)
{
	struct keep *k = arg;

	k->total += plain->len;
	if (k->total > LINKED_MAX)
		return -EFBIG;

	struct loaded *l = vec_push(&k->tape->loaded);

	l->tag = tag;
	l->bytes = *plain;
	*plain = (struct str){ 0 };
	return 0;
}

/* Decodes the chain of samples up to the current one, and keeps that. */
static int load(struct tape *t, struct str *why)
{
	size_t i = t->current, first = i;
	int ret = 0;

	while (first > 0 && !sample_at(t, first)->alone)
		first--;
	if (t->decoded > first && t->decoded <= i)
		first = t->decoded;
	else
		tape_codec_reset(&t->codec);
	unload(t);
	t->decoded = 0;
	for (; ret == 0 && first <= i; first++) {
		struct keep keep = { t, 0 };

		if (sample_at(t, first)->alone)
			tape_codec_reset(&t->codec);
		ret = walk_sample(t, first, &t->codec, 0, first == i ? keep_piece : pass_over,
				  &keep, why);
		tape_codec_turn(&t->codec);
	}
	if (ret == -EFBIG)
		ret = say_damage(t, sample_at(t, i)->at, "a sample too large to be real", why);
	if (ret < 0) {
		tape_codec_reset(&t->codec);
		unload(t);
		return ret;
	}
	t->decoded = i + 1;
	t->loaded_valid = true;
	return 0;
}

int tape_select(struct tape *t, size_t i, struct str *why)
{
	if (i != t->current)
		unload(t);
	t->current = i;
	if (sample_at(t, i)->alone || t->loaded_valid)
		return 0;
	return load(t, why);
}

/* Hands the pieces of the current sample that hold TAG to FN. */
static int walk_current(struct tape *t, uint32_t tag, piece_fn *fn, void *arg, struct str *why)
{
	int ret = 0;

	if (!sample_at(t, t->current)->alone && !t->loaded_valid)
		ret = load(t, why);
	for (size_t i = 0; ret == 0 && t->loaded_valid && i < t->loaded.len; i++) {
		struct loaded *l = &VEC_AT(&t->loaded, struct loaded, i);

		if (l->tag == tag)
			ret = fn(arg, tag, &l->bytes);
	}
	if (t->loaded_valid || ret < 0)
		return ret;

	struct tape_codec codec;

	tape_codec_init(&codec);
	ret = walk_sample(t, t->current, &codec, tag, fn, arg, why);
	tape_codec_free(&codec);
	return ret;
}

/* Collects all bytes of one tag. */
struct collect {
	size_t max;
	struct str *out;
	bool found;
};

static int collect_piece(void *arg, uint32_t tag, struct str *plain)
{
	struct collect *c = arg;

	(void)tag;
	c->found = true;
	if (plain->len > c->max - c->out->len)
		return -EFBIG;
	str_addn(c->out, str_text(plain), plain->len);
	return 0;
}

int tape_get(struct tape *t, uint32_t tag, size_t max, struct str *out, struct str *why)
{
	struct collect c = { max, out, false };

	str_reset(out);

	int ret = walk_current(t, tag, collect_piece, &c, why);

	if (ret == -EFBIG)
		str_addf(why, "%s: damaged at byte %llu: more than %zu bytes of one kind", t->file,
			 (unsigned long long)sample_at(t, t->current)->at, max);
	return ret < 0 ? ret : c.found ? 0 : -ENOENT;
}

/* Hands the datagrams of one tag on. */
struct stream {
	struct tape *tape;
	int (*fn)(void *arg, const struct datagram *g);
	void *arg;
	struct str *why;
	bool found;
};

static int stream_piece(void *arg, uint32_t tag, struct str *plain)
{
	struct stream *s = arg;
	struct datagram g;
	size_t at = 0;
	int ret;

	(void)tag;
	s->found = true;
	while ((ret = datagram_next(str_text(plain), plain->len, &at, &g)) > 0) {
		ret = s->fn(s->arg, &g);
		if (ret != 0)
			return ret;
	}
	if (ret < 0)
		say_damage(s->tape, sample_at(s->tape, s->tape->current)->at,
			   "its datagrams do not add up", s->why);
	return ret;
}

int tape_datagrams(struct tape *t, uint32_t tag, int (*fn)(void *arg, const struct datagram *g),
		   void *arg, struct str *why)
{
	struct stream s = { t, fn, arg, why, false };
	int ret = walk_current(t, tag, stream_piece, &s, why);

	return ret != 0 ? ret : s.found ? 0 : -ENOENT;
}
