// SPDX-License-Identifier: MIT
#include "source/proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/num.h"
#include "source/live.h"
#include "source/proc_parse.h"

/** Read size. The kernel gives about a page a read whatever is asked, but a large buffer keeps
 *  whole lines together. */
#define READ_SIZE ((size_t)64 * 1024)

/** What tells a row from its repetition. No padding. */
struct row_key {
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t inode[8];
};

/** A table on its way through. */
struct table {
	const struct dump_request *req;
	const struct sink *sink;
	struct dump_result *result;
	int family;
	long ticks;
	int64_t seen_ns;
	/** Hashes (uint64_t) of the rows seen. 64 bits: a million rows share one with a chance of
	 *  one in 40 million. */
	struct map seen;
	bool header_seen;
	/** Within a line that is too long, which was counted when its beginning came. */
	bool skipping;
};

static bool is_repeat(struct table *t, const struct sock *s)
{
	struct row_key key = { .local = s->local, .remote = s->remote,
			       .local_port = s->local_port, .remote_port = s->remote_port };
	uint64_t hash;
	bool is_new;

	memcpy(key.inode, &s->inode, sizeof(key.inode));
	hash = hash_bytes(&key, sizeof(key));
	map_put(&t->seen, &hash, &is_new);
	return !is_new;
}

static void one_line(struct table *t, const char *line, size_t n)
{
	struct sock s = { .seen_ns = t->seen_ns, .netns = t->req->netns };

	if (t->skipping) {
		t->skipping = false;
		return;
	}
	if (!t->header_seen) {
		t->header_seen = true;
		if (memmem(line, n, "local_address", 13))
			return;
	}
	if (proc_decode(line, n, t->family, t->ticks, &s)) {
		t->result->malformed++;
		return;
	}
	if (!(t->req->states & STATE_BIT(s.state)))
		return;
	if (is_repeat(t, &s)) {
		t->result->repeats++;
		return;
	}
	t->result->records++;
	t->sink->add(t->sink->args[0], &s);
}

/** Counts a line that is longer than any table has, once, and drops the rest of it as it comes. */
static void too_long(struct table *t)
{
	t->result->malformed += !t->skipping;
	t->skipping = true;
}

/** Takes the whole lines out of the N bytes at P and returns how many bytes they were. */
static size_t whole_lines(struct table *t, const char *p, size_t n)
{
	const char *start = p, *end;

	while ((end = memchr(p, '\n', n - (size_t)(p - start)))) {
		one_line(t, p, (size_t)(end - p));
		p = end + 1;
	}
	return (size_t)(p - start);
}

/** Reads a table to its end. 0 or -errno; what came before an error was handed on. */
static int read_table(struct table *t, int fd)
{
	char *buf = xmalloc(READ_SIZE);
	size_t have = 0;
	int ret = 0;

	for (;;) {
		ssize_t n = read(fd, buf + have, READ_SIZE - have);
		size_t used;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			ret = n < 0 ? -errno : 0;
			break;
		}
		t->seen_ns = clock_monotonic_ns();
		t->result->bytes += (uint64_t)n;
		t->result->receives++;
		if (t->req->tap)
			t->req->tap->bytes(t->req->tap->arg,
					   t->family == AF_INET ? TAP_PROC4 : TAP_PROC6, t->seen_ns,
					   buf + have, (size_t)n);
		have += (size_t)n;
		used = whole_lines(t, buf, have);
		memmove(buf, buf + used, have - used);
		have -= used;
		if (have == READ_SIZE) {
			too_long(t);
			have = 0;
		}
	}
	if (have && !t->skipping) /* Cut off in the middle of a line. */
		t->result->malformed++;
	free(buf);
	return ret;
}

static int one_table(struct source *s, struct table *t, const char *path)
{
	int fd = live_open(s, path), ret;

	if (fd < 0)
		return fd;
	t->header_seen = t->skipping = false;
	ret = read_table(t, fd);
	close(fd);
	/* Not even a header: this is no table of sockets. */
	return ret ? ret : t->header_seen ? 0 : -ENODATA;
}

struct proc_walk {
	struct table table;
	/** The start of a line whose end has not come yet. */
	struct str pending;
};

struct proc_walk *proc_walk_begin(const struct dump_request *req, long ticks,
				  const struct sink *sink, struct dump_result *result)
{
	struct proc_walk *w = xcalloc(1, sizeof(*w));

	w->table = (struct table){ .req = req, .sink = sink, .result = result, .ticks = ticks,
				   .seen = MAP_OF(uint64_t, char[0]) };
	return w;
}

static void end_table(struct proc_walk *w)
{
	if (w->pending.len && !w->table.skipping)
		w->table.result->malformed++;
	str_reset(&w->pending);
	w->table.header_seen = w->table.skipping = false;
}

void proc_walk_bytes(struct proc_walk *w, int family, int64_t seen_ns, const void *p, size_t n)
{
	size_t used;

	if (family != w->table.family)
		end_table(w);
	w->table.family = family;
	w->table.seen_ns = seen_ns;
	str_addn(&w->pending, p, n);
	used = whole_lines(&w->table, str_text(&w->pending), w->pending.len);
	w->pending.len -= used;
	if (w->pending.len)
		memmove(w->pending.s, w->pending.s + used, w->pending.len);
	if (w->pending.len >= READ_SIZE) {
		too_long(&w->table);
		str_reset(&w->pending);
	}
}

void proc_walk_end(struct proc_walk *w)
{
	end_table(w);
	map_free(&w->table.seen);
	str_free(&w->pending);
	free(w);
}

int proc_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
	      struct dump_result *result, struct notes *notes)
{
	struct table t = { .req = req, .sink = sink, .result = result, .ticks = sysconf(_SC_CLK_TCK),
			   .seen = MAP_OF(uint64_t, char[0]) };
	int64_t start = clock_monotonic_ns();
	int ret = 0, ret6 = 0;

	*result = (struct dump_result){ 0 };
	if (req->family != AF_INET6) {
		t.family = AF_INET;
		ret = one_table(s, &t, "/proc/thread-self/net/tcp");
	}
	if (!ret && req->family != AF_INET) {
		t.family = AF_INET6;
		ret6 = one_table(s, &t, "/proc/thread-self/net/tcp6");
		if (ret6 == -ENOENT && req->family != AF_INET6)
			ret6 = 0; /* A kernel without IPv6. */
	}
	map_free(&t.seen);
	result->total_ns = clock_monotonic_ns() - start;
	result->complete = !ret && !ret6 && !result->malformed;
	if (result->malformed)
		notes_add(notes, "%llu line%s of /proc/net/tcp* left out: malformed",
			  (unsigned long long)result->malformed,
			  num_word(result->malformed, "", "s"));
	if (result->repeats)
		notes_set(notes, "repeats", "the kernel's table moved while it was read: %llu socket%s "
			  "came twice (counted once), as many may be missing",
			  (unsigned long long)result->repeats,
			  num_word(result->repeats, "", "s"));
	ret = ret ? ret : ret6;
	if (!ret && !(req->states & ~(STATE_BIT(STATE_CLOSE) | STATE_BIT(STATE_BOUND))))
		notes_set(notes, "bound", "/proc/net/tcp* does not list sockets that are only bound "
			  "(BOUND, CLOSE): how many there are is not known");
	if (ret && result->records) {
		notes_add(notes, "/proc/net/tcp* broke off: %s", strerror(-ret));
		return 0;
	}
	if (ret)
		notes_add(notes, "/proc/net/tcp%s cannot be read%s", ret6 ? "6" : "",
			  ret == -ENOENT ? ": mount -t proc proc /proc" : "");
	return ret;
}
