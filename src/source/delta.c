// SPDX-License-Identifier: MIT
/* Told form, all numbers varints: for each datagram the change of its time (zigzag) and its number
 * of messages; for each message a reference: 0 and then length and bytes, or 1 + how far from the
 * expected place (zigzag) the message stands in the sample before that has its length, followed by
 * the changes: words that are equal, then the change of the next word (zigzag), and so on, until
 * every word is accounted for; then what is left of less than a word. Words are taken as
 * little-endian whatever the machine: only compactness depends on it. */
#include "source/delta.h"

#include <endian.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>

#include "base/varint.h"

#define WORD sizeof(uint32_t)
/* Where a message of sock_diag says which socket it is about. */
#define COOKIE_AT (NLMSG_HDRLEN + offsetof(struct inet_diag_msg, id.idiag_cookie))
#define COOKIE_SIZE sizeof(((struct inet_diag_msg *)0)->id.idiag_cookie)
/* More is not remembered (both sides know): its messages are told in full. */
#define MEMORY_LIMIT ((size_t)32 << 20)

/* A message among the bytes of its sample. */
struct span {
	uint32_t at, len;
};

static size_t padded(size_t len)
{
	return (len + WORD - 1) & ~(WORD - 1);
}

void datagram_add(struct str *out, int64_t seen_ns, const void *p, size_t len)
{
	struct datagram_header h = { htole64((uint64_t)seen_ns), htole32((uint32_t)len), 0 };

	str_addn(out, (const char *)&h, sizeof(h));
	str_addn(out, p, len);
	str_fill(out, '\0', padded(len) - len);
}

int datagram_next(const void *p, size_t n, size_t *at, struct datagram *out)
{
	struct datagram_header h;

	if (*at == n)
		return 0;
	if (n - *at < sizeof(h))
		return -EBADMSG;
	memcpy(&h, (const char *)p + *at, sizeof(h));
	out->seen_ns = (int64_t)le64toh(h.seen_ns);
	out->len = le32toh(h.len);
	out->bytes = (const unsigned char *)p + *at + sizeof(h);
	if (padded(out->len) > n - *at - sizeof(h))
		return -EBADMSG;
	*at += sizeof(h) + padded(out->len);
	return 1;
}

static void sample_init(struct delta_sample *s)
{
	*s = (struct delta_sample){ .spans = VEC_OF(struct span),
				    .by_cookie = map_make(COOKIE_SIZE, sizeof(uint32_t)) };
}

static void sample_reset(struct delta_sample *s)
{
	str_reset(&s->bytes);
	vec_reset(&s->spans);
	map_reset(&s->by_cookie);
}

static void sample_free(struct delta_sample *s)
{
	str_free(&s->bytes);
	vec_free(&s->spans);
	map_free(&s->by_cookie);
}

void delta_init(struct delta *d)
{
	sample_init(&d->before);
	sample_init(&d->now);
	d->next = 0;
}

void delta_free(struct delta *d)
{
	sample_free(&d->before);
	sample_free(&d->now);
}

void delta_turn(struct delta *d)
{
	struct delta_sample old = d->before;

	d->before = d->now;
	d->now = old;
	sample_reset(&d->now);
	d->next = 0;
}

void delta_drop(struct delta *d)
{
	sample_reset(&d->now);
	d->next = 0;
}

void delta_reset(struct delta *d)
{
	sample_reset(&d->before);
	delta_drop(d);
}

/* Remembers a message for the next sample. */
static void remember(struct delta_sample *now, const unsigned char *msg, size_t len)
{
	if (len > MEMORY_LIMIT - now->bytes.len)
		return;

	struct span span = { (uint32_t)now->bytes.len, (uint32_t)len };

	vec_add(&now->spans, &span);
	str_addn(&now->bytes, (const char *)msg, len);
}

static uint32_t load_word(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

/* Bytes of which OLD and MSG are equal from AT on, in whole words; most of a message is. */
static size_t equal_words(const unsigned char *old, const unsigned char *msg, size_t at, size_t end)
{
	size_t i = at;

	while (end - i >= 2 * WORD && memcmp(old + i, msg + i, 2 * WORD) == 0)
		i += 2 * WORD;
	return (i - at) / WORD;
}

static void tell_changes(const unsigned char *old, const unsigned char *msg, size_t len,
			 struct str *out)
{
	size_t words = len / WORD, equal = 0;

	for (size_t i = 0; i < words; i++) {
		size_t same = equal_words(old, msg, i * WORD, words * WORD);

		equal += same;
		i += same;
		if (i == words)
			break;

		uint32_t change = load_word(msg + i * WORD) - load_word(old + i * WORD);

		if (change == 0) {
			equal++;
			continue;
		}
		varint_add(out, equal);
		varint_add(out, zigzag((int32_t)change));
		equal = 0;
	}
	if (equal > 0)
		varint_add(out, equal);
	str_addn(out, (const char *)msg + words * WORD, len % WORD);
}

static const unsigned char *message_at(const struct delta_sample *s, size_t index, size_t *len)
{
	const struct span *span = &VEC_AT(&s->spans, const struct span, index);

	*len = span->len;
	return (const unsigned char *)s->bytes.s + span->at;
}

static void index_cookies(struct delta_sample *s)
{
	for (size_t i = 0; i < s->spans.len; i++) {
		size_t len;
		const unsigned char *msg = message_at(s, i, &len);

		if (len >= COOKIE_AT + COOKIE_SIZE)
			*(uint32_t *)map_put(&s->by_cookie, msg + COOKIE_AT, NULL) = (uint32_t)i;
	}
}

/* Where the message of the same socket stands in the sample before; SIZE_MAX where it does not. */
static size_t find_before(struct delta *d, const unsigned char *msg, size_t len)
{
	const uint32_t *index;
	size_t old_len;

	if (len < COOKIE_AT + COOKIE_SIZE || d->before.spans.len == 0)
		return SIZE_MAX;
	/* Nearly always right behind the last one. */
	if (d->next < d->before.spans.len) {
		const unsigned char *old = message_at(&d->before, d->next, &old_len);

		if (old_len >= COOKIE_AT + COOKIE_SIZE &&
		    memcmp(old + COOKIE_AT, msg + COOKIE_AT, COOKIE_SIZE) == 0)
			return d->next;
	}
	if (d->before.by_cookie.len == 0)
		index_cookies(&d->before);
	index = map_get(&d->before.by_cookie, msg + COOKIE_AT);
	return index != NULL ? *index : SIZE_MAX;
}

static void tell_message(struct delta *d, const unsigned char *msg, size_t len, struct str *out)
{
	size_t index = find_before(d, msg, len), old_len = 0;
	const unsigned char *old =
		index != SIZE_MAX ? message_at(&d->before, index, &old_len) : NULL;

	if (old == NULL || old_len != len) {
		varint_add(out, 0);
		varint_add(out, len);
		str_addn(out, (const char *)msg, len);
	} else {
		varint_add(out, 1 + zigzag((int64_t)index - (int64_t)d->next));
		tell_changes(old, msg, len, out);
		d->next = index + 1;
	}
	remember(&d->now, msg, len);
}

/* Length of the message at P with its padding; what is no message is taken as one to the end. */
static size_t message_length(const unsigned char *p, size_t left)
{
	struct nlmsghdr h;

	if (left < sizeof(h))
		return left;
	memcpy(&h, p, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > left)
		return left;

	size_t len = NLMSG_ALIGN((size_t)h.nlmsg_len);

	return len < left ? len : left;
}

int delta_encode(struct delta *d, const void *p, size_t n, struct str *out)
{
	struct datagram g;
	size_t at = 0;
	int64_t last_ns = 0;
	int ret;

	while ((ret = datagram_next(p, n, &at, &g)) > 0) {
		size_t count = 0;

		for (size_t i = 0; i < g.len; count++)
			i += message_length(g.bytes + i, g.len - i);
		varint_add(out, zigzag((int64_t)((uint64_t)g.seen_ns - (uint64_t)last_ns)));
		varint_add(out, count);
		last_ns = g.seen_ns;
		for (size_t i = 0; i < g.len;) {
			size_t len = message_length(g.bytes + i, g.len - i);

			tell_message(d, g.bytes + i, len, out);
			i += len;
		}
	}
	return ret;
}

/* Makes the words of a message out of the old one and the changes. */
static bool apply_changes(struct cursor *in, const unsigned char *old, size_t len, struct str *out)
{
	size_t words = len / WORD;

	for (size_t i = 0; i < words;) {
		uint64_t equal, change;

		if (!cursor_varint(in, &equal) || equal > words - i)
			return false;
		str_addn(out, (const char *)old + i * WORD, (size_t)equal * WORD);
		i += (size_t)equal;
		if (i == words)
			break;
		if (!cursor_varint(in, &change))
			return false;

		uint32_t word = htole32(load_word(old + i * WORD) + (uint32_t)unzigzag(change));

		str_addn(out, (const char *)&word, WORD);
		i++;
	}

	const unsigned char *tail = cursor_take(in, len % WORD);

	if (tail != NULL)
		str_addn(out, (const char *)tail, len % WORD);
	return tail != NULL;
}

/* The message that reference REF (not 0) means, or NULL. */
static const struct span *refer(struct delta *d, uint64_t ref)
{
	uint64_t index = (uint64_t)d->next + (uint64_t)unzigzag(ref - 1);

	if (index >= d->before.spans.len)
		return NULL;
	d->next = (size_t)index + 1;
	return &VEC_AT(&d->before.spans, struct span, index);
}

/* Appends one message to OUT, which must not grow beyond LIMIT. */
static bool hear_message(struct delta *d, struct cursor *in, size_t limit, struct str *out)
{
	size_t start = out->len;
	uint64_t ref, len;

	if (!cursor_varint(in, &ref))
		return false;
	if (ref == 0) {
		if (!cursor_varint(in, &len) || len > limit - start)
			return false;

		const unsigned char *bytes = cursor_take(in, (size_t)len);

		if (bytes == NULL)
			return false;
		str_addn(out, (const char *)bytes, (size_t)len);
	} else {
		const struct span *old = refer(d, ref);

		if (old == NULL || old->len > limit - start ||
		    !apply_changes(in, (unsigned char *)d->before.bytes.s + old->at, old->len, out))
			return false;
	}
	remember(&d->now, (unsigned char *)out->s + start, out->len - start);
	return true;
}

/* Appends one datagram in plain form. */
static bool hear_datagram(struct delta *d, struct cursor *in, size_t limit, uint64_t *last_ns,
			  struct str *out)
{
	size_t start = out->len;
	uint64_t change, count;

	if (limit - start < sizeof(struct datagram_header) ||
	    !cursor_varint(in, &change) || !cursor_varint(in, &count))
		return false;
	datagram_add(out, 0, "", 0);
	for (; count > 0; count--) {
		if (!hear_message(d, in, limit, out))
			return false;
	}
	*last_ns += (uint64_t)unzigzag(change);

	size_t len = out->len - start - sizeof(struct datagram_header);
	struct datagram_header h = { htole64(*last_ns), htole32((uint32_t)len), 0 };

	memcpy(out->s + start, &h, sizeof(h));
	if (padded(len) - len > limit - out->len)
		return false;
	str_fill(out, '\0', padded(len) - len);
	return true;
}

int delta_decode(struct delta *d, const void *p, size_t n, size_t limit, struct str *out, size_t *at)
{
	struct cursor in = cursor_make(p, n);
	size_t start = out->len;
	uint64_t last_ns = 0;

	*at = 0;
	while (cursor_left(&in) > 0) {
		*at = n - cursor_left(&in);
		if (!hear_datagram(d, &in, start + limit, &last_ns, out))
			return -EBADMSG;
	}
	return 0;
}
