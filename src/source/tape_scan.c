// SPDX-License-Identifier: MIT
#include "source/tape_scan.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32.h"

/* The file's layout is that of the structs: nothing may be padded. */
_Static_assert(sizeof(struct tape_head) == 16, "file head");
_Static_assert(sizeof(struct tape_piece_head) == 24, "piece head");
_Static_assert(sizeof(struct tape_start) == 24, "sample start");
_Static_assert(sizeof(struct tape_end) == 16, "sample end");
_Static_assert(sizeof(struct datagram_header) == 16, "datagram");

int tape_read_at(int fd, void *p, size_t n, uint64_t at)
{
	unsigned char *to = p;

	while (n > 0) {
		ssize_t got = pread(fd, to, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA;
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

struct tape_piece_head tape_head_make(uint32_t tag, enum tape_coding coding, const void *bytes,
				      size_t len, size_t raw_len)
{
	struct tape_piece_head h = {
		.tag = htole32(tag), .coding = (uint8_t)coding, .len = htole32((uint32_t)len),
		.raw_len = htole32((uint32_t)raw_len), .crc = htole32(crc32_add(0, bytes, len)),
	};

	h.head_crc = htole32(crc32_add(0, &h, offsetof(struct tape_piece_head, head_crc)));
	return h;
}

int tape_head_at(int fd, uint64_t at, uint64_t size, bool check, struct tape_piece_head *out,
		 struct str *why)
{
	struct tape_piece_head h;

	if (size - at < sizeof(h))
		return 0;

	int ret = tape_read_at(fd, &h, sizeof(h), at);

	if (ret < 0) {
		str_addf(why, "cannot read byte %llu: %s", (unsigned long long)at, strerror(-ret));
		return ret;
	}
	if (check && le32toh(h.head_crc) !=
		     crc32_add(0, &h, offsetof(struct tape_piece_head, head_crc))) {
		str_addf(why, "damaged at byte %llu: no piece starts there", (unsigned long long)at);
		return -EBADMSG;
	}
	*out = (struct tape_piece_head){ .tag = le32toh(h.tag), .coding = h.coding,
					 .len = le32toh(h.len), .raw_len = le32toh(h.raw_len),
					 .crc = le32toh(h.crc) };
	if (out->raw_len > TAPE_PIECE_MAX) {
		str_addf(why, "damaged at byte %llu: a piece of %u bytes", (unsigned long long)at,
			 out->raw_len);
		return -EBADMSG;
	}
	return size - at - sizeof(h) >= out->len ? 1 : 0;
}

/* The walk. */
struct walk {
	int fd;
	bool check;
	struct tape_scan *scan;
	struct str *why;
	/* The sample under way; inside says whether there is one. */
	struct tape_sample sample;
	bool inside;
	uint32_t pieces;
};

static int damaged(struct walk *w, uint64_t at, const char *what)
{
	str_addf(w->why, "damaged at byte %llu: %s", (unsigned long long)at, what);
	return -EBADMSG;
}

/* Reads what a piece of fixed size and plain form holds. */
static int read_fixed(struct walk *w, uint64_t at, const struct tape_piece_head *h, void *p,
		      size_t n)
{
	if (h->coding != TAPE_PLAIN || h->len != n)
		return damaged(w, at, "a sample's start or end of another size");

	int ret = tape_read_at(w->fd, p, n, at + sizeof(*h));

	if (ret == 0 && w->check && crc32_add(0, p, n) != h->crc)
		return damaged(w, at + sizeof(*h), "checksum of a sample's start or end");
	return ret;
}

static int on_start(struct walk *w, uint64_t at, const struct tape_piece_head *h)
{
	struct tape_start s;

	if (w->inside)
		return damaged(w, at, "a sample starts before the last one ended");

	int ret = read_fixed(w, at, h, &s, sizeof(s));

	if (ret < 0)
		return ret;
	w->sample = (struct tape_sample){
		.at = at, .monotonic_ns = (int64_t)le64toh(s.monotonic_ns),
		.realtime_ns = (int64_t)le64toh(s.realtime_ns),
		.alone = le32toh(s.flags) & TAPE_ALONE,
	};
	w->inside = true;
	w->pieces = 0;
	if (w->scan->samples.len == 0 && !w->sample.alone)
		return damaged(w, at, "the first sample leans on one before it");
	return 0;
}

static int on_end(struct walk *w, uint64_t at, const struct tape_piece_head *h)
{
	struct tape_end e;
	int ret = read_fixed(w, at, h, &e, sizeof(e));

	if (ret < 0)
		return ret;
	if (le64toh(e.len) != at - w->sample.at || le32toh(e.pieces) != w->pieces ||
	    le32toh(e.mark) != TAPE_END_MARK)
		return damaged(w, at, "pieces of the sample are missing");
	w->sample.end = at + sizeof(*h) + h->len;
	w->inside = false;
	vec_add(&w->scan->samples, &w->sample);
	w->scan->end = w->sample.end;
	return 0;
}

static int one_piece(struct walk *w, uint64_t at, struct tape_piece_head *h)
{
	int ret = tape_head_at(w->fd, at, w->scan->size, w->check, h, w->why);

	if (ret <= 0)
		return ret;
	if (h->tag == TAPE_SAMPLE)
		ret = on_start(w, at, h);
	else if (!w->inside)
		ret = damaged(w, at, "a piece outside a sample");
	else if (h->tag == TAPE_END)
		ret = on_end(w, at, h);
	w->pieces++;
	return ret < 0 ? ret : 1;
}

/* Where the zeros at the end of the file start: what a crash leaves of a write that was never made.
 * A whole file does not end with one. */
static uint64_t zeros_at(int fd, uint64_t size)
{
	unsigned char buf[4096];

	while (size > 0) {
		size_t n = size < sizeof(buf) ? (size_t)size : sizeof(buf);

		if (tape_read_at(fd, buf, n, size - n) < 0)
			break;
		while (n > 0 && buf[n - 1] == 0) {
			n--;
			size--;
		}
		if (n > 0)
			break;
	}
	return size;
}

static int walk_pieces(struct walk *w)
{
	uint64_t at = sizeof(struct tape_head);

	w->scan->end = at;
	while (at < w->scan->size) {
		struct tape_piece_head h = { 0 };
		int ret = one_piece(w, at, &h);

		if (ret == -EBADMSG) {
			uint64_t zeros = zeros_at(w->fd, w->scan->size);

			/* A piece that was never written to its end is no damage. */
			if (zeros < w->scan->size && at + sizeof(h) + h.len >= zeros) {
				str_reset(w->why);
				ret = 0;
			}
		}
		if (ret <= 0)
			return ret;
		at += sizeof(h) + h.len;
	}
	return 0;
}

int tape_scan(int fd, bool check, struct tape_scan *scan, struct str *why)
{
	struct walk w = { .fd = fd, .check = check, .scan = scan, .why = why };
	struct tape_head head;
	struct stat st;

	*scan = (struct tape_scan){ .samples = VEC_OF(struct tape_sample) };
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		str_add(why, "not a regular file");
		return -EBADMSG;
	}
	scan->size = (uint64_t)st.st_size;
	if (scan->size < sizeof(head) || tape_read_at(fd, &head, sizeof(head), 0) < 0 ||
	    memcmp(head.magic, TAPE_MAGIC, TAPE_MAGIC_SIZE) != 0) {
		str_add(why, "not a recording: byte 0 does not start one");
		return -EBADMSG;
	}
	if (le16toh(head.version) != TAPE_VERSION) {
		str_addf(why, "recorded in version %u of the format (byte %d); this program knows %d",
			 le16toh(head.version), TAPE_MAGIC_SIZE, TAPE_VERSION);
		return -ENOTSUP;
	}
	return walk_pieces(&w);
}
