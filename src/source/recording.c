// SPDX-License-Identifier: MIT
#include "source/recording.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "base/varint.h"
#include "base/when.h"
#include "model/addr.h"
#include "source/packed.h"
#include "source/recorder.h"
#include "source/replay.h"
#include "source/route_map.h"
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
	struct notes notes, owner_notes, route_notes;
	struct replay_machine machine;
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
		s->netns_label = host_word(str_text(&text), "netns", r->netns,
					      sizeof(r->netns)) ? r->netns : NULL;
		r->machine.ticks = 100;
		if (host_word(str_text(&text), "ticks", word, sizeof(word)) &&
		    num_parse(word, 1000000, &ticks) == 0 && ticks > 0)
			r->machine.ticks = (long)ticks;
		host_word(str_text(&text), "order", word, sizeof(word));
		r->machine.swapped = word[0] != '\0' && strcmp(word, RECORDER_BYTE_ORDER) != 0;
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

static void add_notes(struct notes *to, const struct notes *from)
{
	for (size_t i = 0; i < from->count; i++)
		notes_add(to, "%s", from->text[i]);
}

static int recording_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
			  struct dump_result *result, struct notes *notes)
{
	struct recording *r = own(s);
	int ret;

	*result = (struct dump_result){ 0 };
	if (r->broken) {
		notes_add(notes, "%s", str_text(&r->why));
		return -EBADMSG;
	}
	str_reset(&r->why);
	add_notes(notes, &r->notes);
	ret = replay_dump(r->tape, &r->machine, req, sink, result, notes, &r->why);
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

/* What came after the search for owners: not known to be without one. */
static void note_unsearched(struct source *s, struct owners *out, struct notes *notes)
{
	struct str bytes = { 0 };
	uint64_t count = 0;

	if (get_value(s, TAPE_UNSEARCHED, &bytes, notes) == 0) {
		struct cursor in = cursor_make(bytes.s, bytes.len);

		if (!cursor_varint(&in, &count))
			count = 0;
	}
	out->earlier = count > 0;
	if (count > 0)
		notes_add(notes, "%llu socket%s of this sample came after the search for owners",
			  (unsigned long long)count, num_word(count, "", "s"));
	str_free(&bytes);
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
	note_unsearched(s, out, notes);
	str_free(&bytes);
	return ret;
}

static int recording_requests(struct source *s, void (*add)(void *arg, const struct sock *s),
			      void *arg)
{
	struct str bytes = { 0 };
	struct notes unsaid = { 0 };
	int ret = get_value(s, TAPE_TIMEOUTS, &bytes, &unsaid);

	if (ret == 0)
		ret = unpack_requests(str_text(&bytes), bytes.len, add, arg);
	notes_free(&unsaid);
	str_free(&bytes);
	return ret;
}

static int recording_gone(struct source *s, struct map *gone, struct notes *notes)
{
	struct str bytes = { 0 };
	int ret = get_value(s, TAPE_GONE, &bytes, notes);

	if (ret == 0)
		ret = unpack_inodes(str_text(&bytes), bytes.len, gone);
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

/* Says why the way to a destination is not known. */
static void note_route(struct notes *notes, const struct addr *to, const char *lacks)
{
	char text[ADDR_TEXT];

	addr_text(to, text);
	notes_add(notes, "the recorded routes do not tell all of the way to %s: %s", text, lacks);
}

static int recording_route(struct source *s, const struct addr *to, uint32_t scope,
			   struct route *out, struct notes *notes)
{
	struct str bytes = { 0 };
	struct route_map map;
	const char *lacks = NULL;
	int ret = get_value(s, TAPE_ROUTES, &bytes, notes);

	if (ret == 0)
		ret = unpack_routes(str_text(&bytes), bytes.len, &map);
	str_free(&bytes);
	if (ret == -EOPNOTSUPP)
		notes_add(notes, "the recording holds no routes");
	else if (ret == -EBADMSG)
		notes_add(notes, "the recorded routes cannot be read");
	if (read_notes(own(s), TAPE_ROUTE_NOTES, &own(s)->route_notes) == 0)
		add_notes(notes, &own(s)->route_notes);
	if (ret < 0)
		return ret;
	ret = route_map_look(&map, to, scope, out, &lacks);
	if (lacks != NULL)
		note_route(notes, to, lacks);
	route_map_free(&map);
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
	notes_free(&r->route_notes);
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
	.requests = recording_requests,
	.gone = recording_gone,
	.cgroups = recording_cgroups,
	.route = recording_route,
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
		str_addf(why, "%s holds %zu sample%s: there is no sample %s", file, count,
			 num_word(count, "", "s"), at);
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
