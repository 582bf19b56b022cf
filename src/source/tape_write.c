// SPDX-License-Identifier: MIT
#include "source/tape.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/tape_scan.h"

/* Samples until the next one that stands alone: what a reader decodes at most to reach one. */
#define GROUP_SAMPLES 60
/* Bytes of file after which the next sample stands alone as well. */
#define GROUP_BYTES ((uint64_t)64 << 20)
/* A datagram stream is cut into pieces of about this size. */
#define STREAM_PIECE (TAPE_PIECE_MAX / 2)
/* Written once so much is ready. */
#define FLUSH_AT ((size_t)1 << 20)
/* Streams of datagrams that can be open in one sample. */
#define STREAMS 4

/* A stream of datagrams on its way into pieces. */
struct stream {
	uint32_t tag, pieces;
	struct str plain;
};

struct tape_writer {
	char *file;
	int fd;
	struct tape_codec codec;
	/* Where each sample that stands alone starts (uint64_t). */
	struct vec alone_at;
	/* End of the last complete sample; of what was written. */
	uint64_t end, written;
	/* Ready to be written. */
	struct str ready;
	/* A sample is under way; it stands alone; its pieces; the first error in it. */
	bool inside, alone;
	uint32_t pieces;
	int error;
	struct stream streams[STREAMS];
	/* Samples and bytes since the last one that stood alone. */
	unsigned group;
	/* A group is not to grow beyond this. */
	uint64_t group_bytes;
};

static void flush(struct tape_writer *w)
{
	const char *p = w->ready.s;
	size_t left = w->ready.len;

	while (left > 0 && w->error == 0) {
		ssize_t n = pwrite(w->fd, p, left, (off_t)w->written);

		if (n < 0 && errno != EINTR)
			w->error = -errno;
		if (n <= 0)
			continue;
		p += n;
		left -= (size_t)n;
		w->written += (uint64_t)n;
	}
	str_reset(&w->ready);
}

static void add_bytes(struct tape_writer *w, uint32_t tag, enum tape_coding coding,
		      const void *bytes, size_t len, size_t raw_len)
{
	struct tape_piece_head h = tape_head_make(tag, coding, bytes, len, raw_len);

	str_addn(&w->ready, (const char *)&h, sizeof(h));
	str_addn(&w->ready, bytes, len);
	w->pieces++;
	if (w->ready.len >= FLUSH_AT)
		flush(w);
}

static void add_piece(struct tape_writer *w, uint32_t tag, uint32_t index, const void *p, size_t n)
{
	struct str stored = { 0 };
	enum tape_coding coding = tape_encode(&w->codec, tag, index, p, n, &stored);

	add_bytes(w, tag, coding, str_text(&stored), stored.len, n);
	str_free(&stored);
}

static void forget_sample(struct tape_writer *w)
{
	tape_codec_drop(&w->codec);
	str_reset(&w->ready);
	for (unsigned i = 0; i < STREAMS; i++) {
		w->streams[i].tag = 0;
		w->streams[i].pieces = 0;
		str_reset(&w->streams[i].plain);
	}
	if (w->written > w->end && ftruncate(w->fd, (off_t)w->end) < 0 && w->error == 0)
		w->error = -errno;
	w->written = w->end;
	w->inside = false;
}

static bool must_stand_alone(const struct tape_writer *w)
{
	if (w->alone_at.len == 0 || w->group == 0 || w->group >= GROUP_SAMPLES)
		return true;
	return w->end - VEC_AT(&w->alone_at, uint64_t, w->alone_at.len - 1) >= w->group_bytes;
}

void tape_begin(struct tape_writer *w, int64_t monotonic_ns, int64_t realtime_ns)
{
	w->error = 0;
	forget_sample(w);
	w->alone = must_stand_alone(w);
	if (w->alone)
		tape_codec_reset(&w->codec);

	struct tape_start start = { htole64((uint64_t)monotonic_ns),
				    htole64((uint64_t)realtime_ns),
				    htole32(w->alone ? TAPE_ALONE : 0), 0 };

	w->pieces = 0;
	w->inside = true;
	add_bytes(w, TAPE_SAMPLE, TAPE_PLAIN, &start, sizeof(start), sizeof(start));
}

bool tape_alone(const struct tape_writer *w)
{
	return w->alone;
}

void tape_put(struct tape_writer *w, uint32_t tag, const void *p, size_t n)
{
	const unsigned char *bytes = p;
	uint32_t index = 0;

	do {
		size_t part = n < TAPE_PIECE_MAX ? n : TAPE_PIECE_MAX;

		add_piece(w, tag, index++, part > 0 ? bytes : (const unsigned char *)"", part);
		bytes += part;
		n -= part;
	} while (n > 0);
}

static void end_piece(struct tape_writer *w, struct stream *s)
{
	add_piece(w, s->tag, s->pieces++, str_text(&s->plain), s->plain.len);
	str_reset(&s->plain);
}

void tape_put_datagram(struct tape_writer *w, uint32_t tag, int64_t seen_ns, const void *p, size_t n)
{
	struct stream *s = w->streams;

	while (s->tag != tag && s->tag != 0 && s < w->streams + STREAMS - 1)
		s++;
	s->tag = tag;
	if (n > TAPE_PIECE_MAX - sizeof(struct datagram_header) - sizeof(uint32_t)) {
		w->error = -EMSGSIZE;
		return;
	}
	if (s->plain.len > 0 && s->plain.len + n > STREAM_PIECE)
		end_piece(w, s);
	datagram_add(&s->plain, seen_ns, p, n);
}

int tape_commit(struct tape_writer *w)
{
	for (unsigned i = 0; i < STREAMS; i++) {
		if (w->streams[i].tag != 0 && w->streams[i].plain.len > 0)
			end_piece(w, &w->streams[i]);
	}

	struct tape_end end = { htole64(w->written + w->ready.len - w->end), htole32(w->pieces),
				htole32(TAPE_END_MARK) };
	uint64_t start = w->end;

	add_bytes(w, TAPE_END, TAPE_PLAIN, &end, sizeof(end), sizeof(end));
	flush(w);
	if (w->error != 0) {
		int ret = w->error;

		forget_sample(w);
		return ret;
	}
	w->end = w->written;
	w->inside = false;
	if (w->alone) {
		vec_add(&w->alone_at, &start);
		w->group = 0;
	}
	w->group++;
	tape_codec_turn(&w->codec);
	forget_sample(w);
	return 0;
}

uint64_t tape_size(const struct tape_writer *w)
{
	return w->end;
}

/* What an existing file holds becomes what the writer goes on from. */
static int take_over(struct tape_writer *w, struct notes *notes, struct str *why)
{
	struct tape_scan scan;
	struct str reason = { 0 };
	int ret = tape_scan(w->fd, true, &scan, &reason);

	if (ret < 0)
		str_addf(why, "%s: %s", w->file, str_text(&reason));
	for (size_t i = 0; ret == 0 && i < scan.samples.len; i++) {
		const struct tape_sample *s = &VEC_AT(&scan.samples, struct tape_sample, i);

		if (s->alone)
			vec_add(&w->alone_at, &s->at);
	}
	w->end = scan.end;
	w->written = scan.size;
	if (ret == 0 && scan.size > scan.end) {
		notes_add(notes, "%s: the last sample was incomplete: cut away from byte %llu on",
			  w->file, (unsigned long long)scan.end);
		forget_sample(w);
		ret = w->error;
	}
	vec_free(&scan.samples);
	str_free(&reason);
	return ret;
}

static int write_head(struct tape_writer *w)
{
	struct tape_head head = { .version = htole16(TAPE_VERSION) };

	memcpy(head.magic, TAPE_MAGIC, TAPE_MAGIC_SIZE);
	str_addn(&w->ready, (const char *)&head, sizeof(head));
	flush(w);
	w->end = w->written;
	return w->error;
}

/* True for another user's file in a folder where everybody may leave some, as /tmp: it was laid
 * there to be written into, and read. (Kernels refuse it where fs.protected_regular is set.) */
static bool is_bait(const char *file, const struct stat *st)
{
	const char *slash = strrchr(file, '/');
	char *folder = slash == NULL ? xstrdup(".")
				     : xstrndup(file, (size_t)(slash - file) + 1);
	struct stat dir;
	bool bait = st->st_uid != geteuid() && stat(folder, &dir) == 0 &&
		    (dir.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
		    st->st_uid != dir.st_uid;

	free(folder);
	return bait;
}

static int open_file(struct tape_writer *w, struct notes *notes, struct str *why)
{
	struct stat st;

	w->fd = open(w->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		     0600);
	if (w->fd < 0 || fstat(w->fd, &st) < 0) {
		int ret = -errno;

		str_addf(why, "cannot open %s: %s", w->file,
			 ret == -ELOOP ? "it is a symbolic link" : strerror(-ret));
		return ret;
	}
	if (!S_ISREG(st.st_mode)) {
		str_addf(why, "%s: not a regular file", w->file);
		return -EBADMSG;
	}
	if (is_bait(w->file, &st)) {
		str_addf(why, "%s: it is another user's, in a folder for everybody", w->file);
		return -EACCES;
	}
	if (flock(w->fd, LOCK_EX | LOCK_NB) < 0) {
		str_addf(why, "%s: another program is writing it", w->file);
		return -errno;
	}
	if (st.st_size > 0)
		return take_over(w, notes, why);

	int ret = write_head(w);

	if (ret < 0)
		str_addf(why, "cannot write %s: %s", w->file, strerror(-ret));
	return ret;
}

int tape_writer_open(const char *file, struct notes *notes, struct tape_writer **out,
		     struct str *why)
{
	struct tape_writer *w = xcalloc(1, sizeof(*w));

	w->file = xstrdup(file);
	w->alone_at = VEC_OF(uint64_t);
	w->group_bytes = GROUP_BYTES;
	tape_codec_init(&w->codec);

	int ret = open_file(w, notes, why);

	if (ret < 0) {
		/* Nothing of a file that is not ours may be cut away. */
		w->written = w->end = 0;
		tape_writer_close(w);
		return ret;
	}
	*out = w;
	return 0;
}

void tape_writer_close(struct tape_writer *w)
{
	if (w == NULL)
		return;
	forget_sample(w);
	for (unsigned i = 0; i < STREAMS; i++)
		str_free(&w->streams[i].plain);
	str_free(&w->ready);
	vec_free(&w->alone_at);
	tape_codec_free(&w->codec);
	if (w->fd >= 0)
		close(w->fd);
	free(w->file);
	free(w);
}

/* Copies the file from FROM to its end to TO, behind what TO holds. */
static int copy_rest(const struct tape_writer *w, uint64_t from, int to)
{
	size_t size = FLUSH_AT;
	char *buf = xmalloc(size);
	int ret = 0;

	while (ret == 0 && from < w->end) {
		size_t n = w->end - from < size ? (size_t)(w->end - from) : size;

		ret = tape_read_at(w->fd, buf, n, from);
		for (size_t done = 0; ret == 0 && done < n;) {
			ssize_t put = write(to, buf + done, n - done);

			if (put < 0 && errno != EINTR)
				ret = -errno;
			done += put > 0 ? (size_t)put : 0;
		}
		from += n;
	}
	free(buf);
	return ret;
}

/* Makes the file anew from its head and what follows FROM. */
static int rewrite(struct tape_writer *w, uint64_t from)
{
	struct tape_head head;
	struct str name = { 0 };
	int ret = tape_read_at(w->fd, &head, sizeof(head), 0);

	str_addf(&name, "%s.XXXXXX", w->file);
	int fd = ret == 0 ? mkostemp(name.s, O_CLOEXEC) : -1;

	if (ret == 0 && fd < 0)
		ret = -errno;
	if (ret == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		ret = -errno;
	if (ret == 0 && write(fd, &head, sizeof(head)) != (ssize_t)sizeof(head))
		ret = -EIO;
	if (ret == 0)
		ret = copy_rest(w, from, fd);
	if (ret == 0 && rename(name.s, w->file) < 0)
		ret = -errno;
	if (ret < 0 && fd >= 0) {
		unlink(name.s);
		close(fd);
	}
	str_free(&name);
	if (ret < 0)
		return ret;
	close(w->fd);
	w->fd = fd;
	return 0;
}

/* Everything before FROM is gone: what is remembered by place moves. */
static void move_down(struct tape_writer *w, uint64_t from)
{
	uint64_t shift = from - sizeof(struct tape_head);
	size_t kept = 0;

	for (size_t i = 0; i < w->alone_at.len; i++) {
		uint64_t at = VEC_AT(&w->alone_at, uint64_t, i);

		if (at >= from)
			VEC_AT(&w->alone_at, uint64_t, kept++) = at - shift;
	}
	w->alone_at.len = kept;
	w->end -= shift;
	w->written = w->end;
}

int tape_keep(struct tape_writer *w, uint64_t max)
{
	uint64_t from = 0, target = max / 4 * 3;

	/* Small groups, so that there is always something to drop. */
	if (w->group_bytes > max / 8)
		w->group_bytes = max / 8;
	if (w->end <= max || w->alone_at.len < 2)
		return 0;
	for (size_t i = 1; i < w->alone_at.len; i++) {
		from = VEC_AT(&w->alone_at, uint64_t, i);
		if (w->end - from + sizeof(struct tape_head) <= target)
			break;
	}

	int ret = rewrite(w, from);

	if (ret == 0)
		move_down(w, from);
	return ret;
}
