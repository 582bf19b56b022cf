// SPDX-License-Identifier: MIT
#include "source/recording.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/num.h"
#include "base/when.h"
#include "source/diag_parse.h"
#include "source/packed.h"
#include "source/proc.h"
#include "source/recorder.h"
#include "source/swap.h"
#include "source/tape.h"

/* Largest files, owners or cgroups of a sample. */
#define VALUE_MAX ((size_t)1 << 28)

/* An open recording. */
struct recording {
	struct tape *tape;
	/* The sample that is shown. */
	size_t at;
	/* Its clock, files and notes; its dump was not known to be short. */
	int64_t monotonic_ns, realtime_ns;
	bool complete;
	struct str files;
	struct notes notes, owner_notes;
	/* Its machine: clock ticks a second; its byte order is not ours. */
	long ticks;
	bool swapped;
	/* The sample could not be shown: why says it. */
	bool broken;
	/* Namespace it is of, "" for the host's own. */
	char netns[64];
	/* Why the last operation failed. */
	struct str why;
};

static struct recording *own(const struct source *s)
{
	return s->own;
}

static bool host_word(const char *text, const char *word, char *out, size_t size)
{
	size_t len = strlen(word);

	for (const char *line = text; *line != '\0';) {
		size_t end = strcspn(line, "\n");

		if (end > len && strncmp(line, word, len) == 0 && line[len] == ' ') {
			size_t n = end - len - 1 < size - 1 ? end - len - 1 : size - 1;

			memcpy(out, line + len + 1, n);
			out[n] = '\0';
			return true;
		}
		line += end + (line[end] == '\n');
	}
	*out = '\0';
	return false;
}

/* The machine that the sample is of. */
static int read_host(struct source *s)
{
	struct recording *r = own(s);
	struct str text = { 0 };
	char word[32];
	uint64_t ticks;
	int ret = tape_get(r->tape, TAPE_HOST, VALUE_MAX, &text, &r->why);

	if (ret == 0) {
		host_word(str_text(&text), "host", s->host, sizeof(s->host));
		s->recorded_netns = host_word(str_text(&text), "netns", r->netns,
					      sizeof(r->netns)) ? r->netns : NULL;
		r->ticks = 100;
		if (host_word(str_text(&text), "ticks", word, sizeof(word)) &&
		    num_parse(word, 1000000, &ticks) == 0 && ticks > 0)
			r->ticks = (long)ticks;
		host_word(str_text(&text), "order", word, sizeof(word));
		r->swapped = word[0] != '\0' && strcmp(word, RECORDER_BYTE_ORDER) != 0;
	}
	str_free(&text);
	return ret;
}

static int read_clock(struct recording *r)
{
	struct str text = { 0 };
	struct tape_clock clock;
	int ret = tape_get(r->tape, TAPE_CLOCK, VALUE_MAX, &text, &r->why);

	if (ret == 0 && text.len < sizeof(clock))
		ret = -ENOENT;
	if (ret == 0) {
		memcpy(&clock, text.s, sizeof(clock));
		r->monotonic_ns = (int64_t)le64toh(clock.monotonic_ns);
		r->realtime_ns = (int64_t)le64toh(clock.realtime_ns);
		r->complete = le32toh(clock.flags) & TAPE_COMPLETE;
	}
	str_free(&text);
	return ret;
}

static int read_notes(struct recording *r, uint32_t tag, struct notes *notes)
{
	struct str text = { 0 };
	int ret = tape_get(r->tape, tag, VALUE_MAX, &text, &r->why);

	notes_free(notes);
	if (ret == 0 && unpack_notes(str_text(&text), text.len, notes) < 0) {
		str_add(&r->why, "the recording's notes cannot be read");
		ret = -EBADMSG;
	}
	str_free(&text);
	return ret == -ENOENT ? 0 : ret;
}

/* Shows sample I. */
static int show(struct source *s, size_t i)
{
	struct recording *r = own(s);
	int ret;

	str_reset(&r->why);
	ret = tape_select(r->tape, i, &r->why);
	if (ret < 0)
		return ret;
	r->at = i;
	ret = read_host(s);
	if (ret == 0)
		ret = read_clock(r);
	if (ret == 0)
		ret = read_notes(r, TAPE_NOTES, &r->notes);
	if (ret == 0)
		ret = read_notes(r, TAPE_OWNER_NOTES, &r->owner_notes);
	if (ret == 0)
		ret = tape_get(r->tape, TAPE_FILES, VALUE_MAX, &r->files, &r->why);
	if (ret == -ENOENT)
		str_add(&r->why, "the sample lacks what every sample has");
	return ret == -ENOENT ? -EBADMSG : ret;
}

/* Records on their way from the decoder to the caller, less what was not asked for: a dump of the
 * running kernel would not have it either. */
struct trim {
	const struct dump_request *req;
	const struct sink *sink;
};

static void trim_add(void *arg, const struct sock *s)
{
	const struct trim *t = arg;
	struct sock copy = *s;

	if (!t->req->info)
		copy.has &= ~(uint32_t)SOCK_HAS_INFO;
	if (!t->req->drops)
		copy.has &= ~(uint32_t)SOCK_HAS_DROPS;
	t->sink->add(t->sink->args[0], &copy);
}

/* A replay of netlink datagrams. */
struct replay {
	struct recording *recording;
	struct diag_walk walk;
	void (*add)(void *arg, const struct sock *s);
	void *arg;
	bool broken;
};

static int replay_datagram(void *arg, const struct datagram *g)
{
	struct replay *p = arg;
	struct str swapped = { 0 };
	const void *bytes = g->bytes;

	if (p->recording->swapped) {
		str_addn(&swapped, (const char *)g->bytes, g->len);
		swap_diag(swapped.s, swapped.len);
		bytes = swapped.s;
	}
	p->walk.seen_ns = g->seen_ns;
	/* An error here is one that the recorder got over: it had asked for more than the kernel
	 * knew, and asked again. */
	if (diag_walk_datagram(bytes, g->len, &p->walk, p->add, p->arg) == DIAG_BROKEN)
		p->broken = true;
	str_free(&swapped);
	return 0;
}

static void collect_cookie(void *arg, const struct sock *s)
{
	if (sock_has(s, SOCK_HAS_COOKIE))
		map_put(arg, &s->cookie, NULL);
}

/* Cookies of the explicitly bound sockets; -ENOENT where they were not recorded. */
static int find_locked(struct recording *r, struct map *locked)
{
	struct replay p = { .recording = r, .add = collect_cookie, .arg = locked,
			    .walk = { .states = STATES_ALL } };

	return tape_datagrams(r->tape, TAPE_LOCKED, replay_datagram, &p, &r->why);
}

static int dump_diag(struct recording *r, const struct dump_request *req, struct trim *trim,
		     struct dump_result *result, struct notes *notes)
{
	struct map locked = map_make(sizeof(uint64_t), 0);
	struct replay p = { .recording = r, .add = trim_add, .arg = trim,
			    .walk = { .states = req->states, .family = req->family,
				      .netns = req->netns } };
	int ret = req->locks ? find_locked(r, &locked) : -ENOENT;

	if (ret == 0)
		p.walk.locked = &locked;
	if (ret == 0 || ret == -ENOENT) {
		p.walk.ring = cookie_ring_new();
		ret = tape_datagrams(r->tape, TAPE_DIAG, replay_datagram, &p, &r->why);
		cookie_ring_free(p.walk.ring);
	}
	map_free(&locked);
	result->records = p.walk.records;
	result->repeats = p.walk.repeats;
	result->malformed = p.walk.malformed;
	if (p.broken || p.walk.malformed > 0)
		notes_add(notes, "the recording holds malformed netlink messages: they were skipped");
	result->complete = !p.broken && p.walk.malformed == 0;
	return ret;
}

/* A replay of reads of /proc/net/tcp*. */
struct reads {
	struct recording *recording;
	struct proc_walk *walk;
	int family;
};

static int replay_read(void *arg, const struct datagram *g)
{
	struct reads *p = arg;

	proc_walk_bytes(p->walk, p->family, g->seen_ns, g->bytes, g->len);
	return 0;
}

static int dump_proc(struct recording *r, const struct dump_request *req, struct trim *trim,
		     struct dump_result *result, struct notes *notes)
{
	const struct sink sink = { .add = trim_add, .args = (void *[]){ trim } };
	struct reads p = { .recording = r,
			   .walk = proc_walk_begin(req, r->ticks, &sink, result) };
	int ret = 0, ret6 = 0;

	if (req->family != AF_INET6) {
		p.family = AF_INET;
		ret = tape_datagrams(r->tape, TAPE_PROC4, replay_read, &p, &r->why);
	}
	if (ret == 0 && req->family != AF_INET) {
		p.family = AF_INET6;
		ret6 = tape_datagrams(r->tape, TAPE_PROC6, replay_read, &p, &r->why);
	}
	proc_walk_end(p.walk);
	if (result->malformed > 0)
		notes_add(notes, "the recording holds lines of /proc/net/tcp* that cannot be read: "
				 "they were left out");
	result->complete = result->malformed == 0;
	/* A kernel without IPv6 has no second table. */
	return ret < 0 ? ret : ret6 == -ENOENT ? 0 : ret6;
}

static void add_notes(struct notes *to, const struct notes *from)
{
	for (size_t i = 0; i < from->count; i++)
		notes_add(to, "%s", from->text[i]);
}

static int recording_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
			  struct dump_result *result, struct notes *notes)
{
	struct recording *r = own(s);
	struct trim trim = { req, sink };
	int ret;

	*result = (struct dump_result){ 0 };
	if (r->broken) {
		notes_add(notes, "%s", str_text(&r->why));
		return -EBADMSG;
	}
	str_reset(&r->why);
	add_notes(notes, &r->notes);
	ret = dump_diag(r, req, &trim, result, notes);
	if (ret == -ENOENT && r->swapped) {
		str_add(&r->why, "recorded from /proc on a machine of another byte order");
		ret = -ENOTSUP;
	} else if (ret == -ENOENT) {
		ret = dump_proc(r, req, &trim, result, notes);
	}
	if (ret == -ENOENT)
		str_add(&r->why, "the sample holds no sockets");
	if (ret < 0)
		notes_add(notes, "%s", str_text(&r->why));
	result->complete = result->complete && r->complete;
	return ret;
}

static int recording_file(struct source *s, const char *path, struct str *out)
{
	struct recording *r = own(s);

	if (r->broken)
		return -EBADMSG;
	return unpack_file(str_text(&r->files), r->files.len, path, out);
}

/* The bytes of TAG; -EOPNOTSUPP where they were not recorded. */
static int get_value(struct source *s, uint32_t tag, struct str *out, struct notes *notes)
{
	struct recording *r = own(s);
	int ret;

	str_reset(&r->why);
	ret = tape_get(r->tape, tag, VALUE_MAX, out, &r->why);
	if (ret < 0 && ret != -ENOENT)
		notes_add(notes, "%s", str_text(&r->why));
	return ret == -ENOENT ? -EOPNOTSUPP : ret;
}

static int recording_bind_table(struct source *s, struct bind_table *out, struct notes *notes)
{
	struct str bytes = { 0 };
	int ret = get_value(s, TAPE_BINDS, &bytes, notes);

	if (ret == 0)
		ret = unpack_binds(str_text(&bytes), bytes.len, out);
	str_free(&bytes);
	return ret;
}

static int recording_owners(struct source *s, const struct map *wanted, struct owners *out,
			    struct notes *notes)
{
	struct str bytes = { 0 };
	int ret = get_value(s, TAPE_OWNERS, &bytes, notes);

	if (ret == 0)
		ret = unpack_owners(str_text(&bytes), bytes.len, wanted, out);
	else
		owners_init(out);
	if (ret == -EBADMSG)
		notes_add(notes, "the recorded owners cannot be read");
	else if (ret == -EOPNOTSUPP)
		notes_add(notes, "owners were not recorded");
	add_notes(notes, &own(s)->owner_notes);
	str_free(&bytes);
	return ret;
}

static int recording_cgroups(struct source *s, struct cgroups *out, struct notes *notes)
{
	struct str bytes = { 0 };
	int ret = get_value(s, TAPE_CGROUPS, &bytes, notes);

	if (ret == 0)
		ret = unpack_cgroups(str_text(&bytes), bytes.len, out);
	if (ret == -EBADMSG)
		notes_add(notes, "the recorded cgroups cannot be read");
	str_free(&bytes);
	return ret;
}

static int recording_wait(struct source *s, int64_t until_ns)
{
	struct recording *r = own(s);

	(void)until_ns;
	if (r->broken || r->at + 1 >= tape_samples(r->tape))
		return -ENODATA;
	/* Nobody is told why here: the next dump says it. */
	r->broken = show(s, r->at + 1) < 0;
	return 0;
}

static void recording_clock(const struct source *s, int64_t *monotonic_ns, int64_t *realtime_ns)
{
	*monotonic_ns = own(s)->monotonic_ns;
	*realtime_ns = own(s)->realtime_ns;
}

static void recording_position(const struct source *s, struct source_position *out)
{
	const struct recording *r = own(s);
	int64_t here_ns, next_ns, real_ns;

	out->at = r->at + 1;
	out->count = tape_samples(r->tape);
	out->next_ns = 0;
	if (out->at == out->count)
		return;
	tape_when(r->tape, r->at, &here_ns, &real_ns);
	tape_when(r->tape, r->at + 1, &next_ns, &real_ns);
	out->next_ns = next_ns > here_ns ? next_ns - here_ns : 0;
}

static void recording_close(struct source *s)
{
	struct recording *r = own(s);

	tape_close(r->tape);
	str_free(&r->files);
	str_free(&r->why);
	notes_free(&r->notes);
	notes_free(&r->owner_notes);
	free(r);
	s->own = NULL;
}

int recording_back(struct source *s)
{
	struct recording *r = own(s);

	if (s->ops != &recording_backend)
		return -EOPNOTSUPP;
	if (r->broken || r->at == 0)
		return -ENODATA;
	r->broken = show(s, r->at - 1) < 0;
	return 0;
}

const struct backend recording_backend = {
	.name = "recording",
	.dump = recording_dump,
	.file = recording_file,
	.bind_table = recording_bind_table,
	.owners = recording_owners,
	.cgroups = recording_cgroups,
	.wait = recording_wait,
	.clock = recording_clock,
	.position = recording_position,
	.close = recording_close,
};

/* The sample that AT names. */
static int find_sample(const struct tape *t, const char *file, const char *at, size_t *out,
		       struct str *why)
{
	size_t count = tape_samples(t);
	int64_t monotonic_ns, last_ns, wanted_ns;
	uint64_t number;

	*out = count - 1;
	if (at == NULL)
		return 0;
	if (at[0] == '#' && num_parse(at + 1, UINT32_MAX, &number) == 0) {
		if (number >= 1 && number <= count) {
			*out = (size_t)number - 1;
			return 0;
		}
		str_addf(why, "%s holds %zu samples: there is no sample %s", file, count, at);
		return -ENODATA;
	}
	tape_when(t, count - 1, &monotonic_ns, &last_ns);
	if (when_parse(at, last_ns, &wanted_ns) < 0) {
		str_addf(why, "--at: '%s' is no time (2026-11-21T01:02:03Z, 01:02:03, -5m, @SECONDS) "
			      "and no sample (#3)", at);
		return -EINVAL;
	}
	*out = tape_find(t, wanted_ns);
	if (*out == SIZE_MAX) {
		str_addf(why, "%s: all samples are later than %s", file, at);
		return -ENODATA;
	}
	return 0;
}

int recording_open(struct source *s, const char *file, const char *at, struct notes *notes,
		   struct str *why)
{
	struct recording *r = xcalloc(1, sizeof(*r));
	size_t i;
	int ret = tape_open(file, notes, &r->tape, why);

	if (ret < 0) {
		free(r);
		return ret;
	}
	s->ops = &recording_backend;
	s->own = r;
	ret = find_sample(r->tape, file, at, &i, why);
	if (ret < 0)
		return ret;
	ret = show(s, i);
	if (ret < 0)
		str_add(why, str_text(&r->why));
	return ret;
}
