// SPDX-License-Identifier: MIT
#include "source/recorder.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/varint.h"
#include "model/addr.h"
#include "source/packed.h"
#include "source/route_survey.h"
#include "source/seen.h"
#include "source/tape.h"

/* Share of the time that each of the costly parts may take where samples repeat: the search for
 * owners; what tells which ports are lost to connect(), a second walk and the bind table. */
#define COSTLY_SHARE 0.002

/* States whose sockets without a holder are looked at again: what close-wait asks for. */
#define LOOKED_AT (STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_LISTEN))
/* Sockets up to which /proc/net/tcp is read for the timeouts of SYN_RECV: handshakes would not ask
 * beyond. */
#define TIMEOUTS_SOCKETS 20000

/* When a costly part was done last (0: never), and how long it took. */
struct costly {
	int64_t at_ns, took_ns;
};

struct recorder {
	struct source *source;
	struct tape_writer *tape;
	uint64_t keep;
	/* The source's clock when the sample under way began. */
	int64_t monotonic_ns, realtime_ns;
	/* Inodes whose owners were searched last; those of them in LOOKED_AT (a set). */
	struct seen searched;
	struct map looked_at;
	/* In the sample under way; unsearched: with an inode that came after the search. */
	uint64_t sockets, requests, unsearched;
	/* Costly parts are left out where that keeps the cost down. */
	bool thrifty;
	/* The last owners and cgroups as they are recorded, with what they are short of, and the
	 * sockets that were gone before their holder was found. */
	struct str owners, cgroups, gone;
	struct notes search_notes;
	struct costly search, binds, ways, timeouts;
	/* The last ways to all destinations as they are recorded. They lack some that would be
	 * known, were they asked for one by one: where sockets lead (a set of struct addr). */
	struct str routes;
	bool lacking;
	struct map remotes;
	/* Whether the sample under way tells of ports, and has its owners searched anew. */
	bool with_binds, with_owners;
};

/* Tags of enum tap_stream. */
static const uint32_t stream_tags[] = {
	[TAP_DIAG] = TAPE_DIAG,
	[TAP_LOCKED] = TAPE_LOCKED,
	[TAP_PROC4] = TAPE_PROC4,
	[TAP_PROC6] = TAPE_PROC6,
};

static void on_bytes(void *arg, enum tap_stream stream, int64_t seen_ns, const void *p, size_t n)
{
	struct recorder *r = arg;

	tape_put_datagram(r->tape, stream_tags[stream], seen_ns, p, n);
}

static void on_sock(void *arg, const struct sock *s)
{
	struct recorder *r = arg;

	r->sockets++;
	r->requests += s->state == STATE_SYN_RECV;
	if (r->lacking && r->remotes.len < ROUTE_KNOWN_MAX && !addr_is_any(&s->remote)) {
		const struct addr remote = addr_fold(&s->remote);

		map_put(&r->remotes, &remote, NULL);
	}
	if (!sock_has(s, SOCK_HAS_INODE) || s->inode == 0)
		return;
	if (!r->with_owners) {
		r->unsearched += !seen_before(&r->searched, s->inode);
		return;
	}
	seen_add(&r->searched, s->inode);
	if (LOOKED_AT & STATE_BIT(s->state))
		map_put(&r->looked_at, &s->inode, NULL);
}

static void begin(struct recorder *r)
{
	r->sockets = r->requests = r->unsearched = 0;
	seen_rewind(&r->searched);
	map_reset(&r->remotes);
	if (r->with_owners) {
		seen_reset(&r->searched);
		map_reset(&r->looked_at);
	}
	tape_begin(r->tape, r->monotonic_ns, r->realtime_ns);
}

static void on_restart(void *arg)
{
	begin(arg);
}

/* Where the sample comes from. */
static void put_host(struct recorder *r)
{
	struct str text = { 0 };
	struct utsname system;
	const char *netns = source_netns(r->source);

	if (uname(&system) < 0)
		memset(&system, 0, sizeof(system));
	str_addf(&text, "program tcptriage %s\nhost %s\nkernel %s %s\n", TCPTRIAGE_VERSION,
		 source_host(r->source), system.sysname, system.release);
	str_addf(&text, "version %s\nmachine %s\norder %s\npage %ld\nticks %ld\nsource %s\n",
		 system.version, system.machine, RECORDER_BYTE_ORDER, sysconf(_SC_PAGESIZE),
		 sysconf(_SC_CLK_TCK), source_kind(r->source));
	if (netns != NULL)
		str_addf(&text, "netns %s\n", netns);
	tape_put(r->tape, TAPE_HOST, text.s, text.len);
	str_free(&text);
}

static void put_clock(struct recorder *r, bool complete)
{
	int64_t monotonic_ns, realtime_ns;

	source_clock(r->source, &monotonic_ns, &realtime_ns);

	struct tape_clock clock = { htole64((uint64_t)monotonic_ns),
				    htole64((uint64_t)realtime_ns),
				    htole32(complete ? TAPE_COMPLETE : 0), 0 };

	tape_put(r->tape, TAPE_CLOCK, &clock, sizeof(clock));
}

static void add_file(struct recorder *r, const char *path, struct str *out)
{
	struct str contents = { 0 };
	int ret = source_file(r->source, path, &contents);

	pack_file(out, path, ret, &contents);
	str_free(&contents);
}

/* The files of a sample, packed. */
struct files {
	struct recorder *recorder;
	struct str packed;
};

static void read_files(void *arg)
{
	struct files *f = arg;
	const char *last = "";

	/* The table is grouped by file. */
	for (size_t i = 0; i < FACT_COUNT; i++) {
		if (strcmp(fact_table[i].file, last) == 0)
			continue;
		last = fact_table[i].file;
		add_file(f->recorder, last, &f->packed);
	}
	add_file(f->recorder, "/proc/sys/net/ipv4/ip_local_reserved_ports", &f->packed);
}

static void put_files(struct recorder *r)
{
	struct files f = { .recorder = r };

	source_inside(r->source, read_files, &f);
	tape_put(r->tape, TAPE_FILES, f.packed.s, f.packed.len);
	str_free(&f.packed);
}

static bool is_due(const struct recorder *r, const struct costly *c)
{
	return !r->thrifty || c->at_ns == 0 ||
	       (double)(clock_monotonic_ns() - c->at_ns) * COSTLY_SHARE >= (double)c->took_ns;
}

static void spent(struct costly *c, int64_t took_ns)
{
	c->at_ns = clock_monotonic_ns();
	c->took_ns = took_ns;
}

/* The port range decides which part of the bind table is looked at. */
static void find_range(struct recorder *r, struct bind_table *table)
{
	struct str text = { 0 };
	int64_t low = FACT_UNKNOWN, high = FACT_UNKNOWN;

	if (source_file(r->source, fact_table[FACT_PORT_LOW].file, &text) == 0) {
		low = fact_extract(FACT_PORT_LOW, str_text(&text));
		high = fact_extract(FACT_PORT_HIGH, str_text(&text));
	}
	table->low = low != FACT_UNKNOWN ? (uint16_t)low : 0;
	table->high = high != FACT_UNKNOWN ? (uint16_t)high : PORTS - 1;
	str_free(&text);
}

/* The bind table must be of the same moment as the sockets: an older one is never recorded. */
static void put_binds(struct recorder *r, int64_t dump_ns, struct notes *notes)
{
	int64_t start = clock_monotonic_ns();

	if (!r->with_binds)
		return;

	struct bind_table *table = xcalloc(1, sizeof(*table));
	struct str packed = { 0 };

	find_range(r, table);
	if (source_bind_table(r->source, table, notes) == 0) {
		pack_binds(&packed, table);
		tape_put(r->tape, TAPE_BINDS, packed.s, packed.len);
	}
	/* One of the two walks was for the ports as well. */
	spent(&r->binds, clock_monotonic_ns() - start + dump_ns / 2);
	str_free(&packed);
	free(table);
}

static bool has_no_holder(const struct map *wanted, const struct owners *owners)
{
	const void *inode;

	for (size_t i = 0; map_next(wanted, &i, &inode, NULL);) {
		if (!map_get(&owners->sockets, inode))
			return true;
	}
	return false;
}

/* Of the sockets without a holder: those that are gone, those on their way in a message. */
static void look_again(struct recorder *r, struct owners *owners)
{
	struct map gone = map_make(sizeof(uint64_t), 0);

	str_reset(&r->gone);
	if (has_no_holder(&r->looked_at, owners) &&
	    source_gone(r->source, LOOKED_AT, &r->looked_at, owners, &gone, &r->search_notes) == 0)
		pack_inodes(&r->gone, &gone);
	map_free(&gone);
}

/* Searches owners and cgroups anew. */
static void search(struct recorder *r)
{
	int64_t start = clock_monotonic_ns();
	struct owners owners;
	struct cgroups cgroups = { 0 };
	int ret;

	notes_free(&r->search_notes);
	ret = source_owners(r->source, &r->searched.place, &owners, &r->search_notes);

	if (ret == 0)
		look_again(r, &owners);
	str_reset(&r->owners);
	/* A search that broke off is recorded as what it is: not searched. */
	if (ret == 0 || owners.seen > 0)
		pack_owners(&r->owners, &owners);
	owners_free(&owners);
	ret = source_cgroups(r->source, &cgroups, &r->search_notes);
	str_reset(&r->cgroups);
	if (ret == 0)
		pack_cgroups(&r->cgroups, &cgroups);
	cgroups_free(&cgroups);
	spent(&r->search, clock_monotonic_ns() - start);
}

static void put_notes(struct recorder *r, uint32_t tag, const struct notes *notes)
{
	struct str packed = { 0 };

	if (notes->count == 0)
		return;
	pack_notes(&packed, notes);
	tape_put(r->tape, tag, packed.s, packed.len);
	str_free(&packed);
}

/* Owners and cgroups, new where that is due. Returns their age in seconds. */
static double put_owners(struct recorder *r)
{
	struct notes notes = { 0 };
	struct str count = { 0 };
	double age = 0;

	if (r->with_owners)
		search(r);
	else
		age = (double)(clock_monotonic_ns() - r->search.at_ns) / 1e9;
	if (age > 0)
		notes_add(&notes, "owners and cgroups are those of %.2f s before: searching them "
				  "takes %.4f s", age, (double)r->search.took_ns / 1e9);
	for (size_t i = 0; i < r->search_notes.count; i++)
		notes_add(&notes, "%s", r->search_notes.text[i]);
	if (r->owners.len > 0)
		tape_put(r->tape, TAPE_OWNERS, r->owners.s, r->owners.len);
	if (r->cgroups.len > 0)
		tape_put(r->tape, TAPE_CGROUPS, r->cgroups.s, r->cgroups.len);
	if (r->unsearched > 0) {
		varint_add(&count, r->unsearched);
		tape_put(r->tape, TAPE_UNSEARCHED, count.s, count.len);
	}
	str_free(&count);
	if (r->gone.len > 0)
		tape_put(r->tape, TAPE_GONE, r->gone.s, r->gone.len);
	put_notes(r, TAPE_OWNER_NOTES, &notes);
	notes_free(&notes);
	return age;
}

static void add_request(void *arg, const struct sock *s)
{
	pack_request(arg, s);
}

/* As the bind table: of the same moment as the sockets, or not at all. */
static void put_timeouts(struct recorder *r)
{
	int64_t start = clock_monotonic_ns();
	struct str packed = { 0 };

	if (r->requests == 0 || r->sockets > TIMEOUTS_SOCKETS || !is_due(r, &r->timeouts))
		return;
	if (source_requests(r->source, add_request, &packed) == 0)
		tape_put(r->tape, TAPE_TIMEOUTS, str_text(&packed), packed.len);
	spent(&r->timeouts, clock_monotonic_ns() - start);
	str_free(&packed);
}

/* Asks for the ways to all destinations anew. */
static int survey(struct recorder *r)
{
	int64_t start = clock_monotonic_ns();
	struct route_map map;
	int ret = route_survey(r->source, &r->remotes, &map);

	str_reset(&r->routes);
	if (ret == 0) {
		r->lacking = route_map_lacks(&map);
		pack_routes(&r->routes, &map);
		route_map_free(&map);
	}
	spent(&r->ways, clock_monotonic_ns() - start);
	return ret;
}

/* Routes and what stands beside them, new where that is due: only very many are asked for less
 * often than each time. */
static void put_routes(struct recorder *r)
{
	struct notes notes = { 0 };
	int ret = 0;

	if (is_due(r, &r->ways))
		ret = survey(r);
	else
		notes_add(&notes, "routes and neighbours are those of %.2f s before: asking for them "
				  "takes %.4f s",
			  (double)(clock_monotonic_ns() - r->ways.at_ns) / 1e9,
			  (double)r->ways.took_ns / 1e9);
	if (ret < 0)
		notes_add(&notes, "routes could not be recorded: %s", strerror(-ret));
	if (r->routes.len > 0)
		tape_put(r->tape, TAPE_ROUTES, r->routes.s, r->routes.len);
	put_notes(r, TAPE_ROUTE_NOTES, &notes);
	notes_free(&notes);
}

static int take_dump(struct recorder *r, struct dump_result *result, struct notes *notes)
{
	const struct tap tap = { on_bytes, r };
	const struct sink sink = { .add = on_sock, .restart = on_restart,
				   .args = (void *[]){ r } };
	const struct dump_request req = { .states = STATES_ALL, .info = true, .drops = true,
					  .locks = is_due(r, &r->binds), .workers = 1,
					  .tap = &tap };

	r->with_binds = req.locks;
	r->with_owners = is_due(r, &r->search);
	source_clock(r->source, &r->monotonic_ns, &r->realtime_ns);
	begin(r);
	return source_dump(r->source, &req, &sink, result, notes);
}

static int commit(struct recorder *r, struct str *why)
{
	int ret = tape_commit(r->tape);

	if (ret < 0) {
		str_addf(why, "cannot write the sample: %s", strerror(-ret));
		return ret;
	}
	ret = r->keep > 0 ? tape_keep(r->tape, r->keep) : 0;
	if (ret < 0)
		str_addf(why, "cannot drop old samples: %s", strerror(-ret));
	return ret;
}

int recorder_take(struct recorder *r, struct recorder_sample *out, struct notes *notes,
		  struct str *why)
{
	uint64_t before = tape_size(r->tape);
	struct dump_result result = { 0 };
	int ret = take_dump(r, &result, notes);

	*out = (struct recorder_sample){ 0 };
	if (ret < 0) {
		str_addf(why, "no sockets could be read: %s", strerror(-ret));
		return ret;
	}
	put_clock(r, result.complete);
	put_timeouts(r);
	put_host(r);
	put_files(r);
	put_binds(r, result.total_ns, notes);
	put_routes(r);
	put_notes(r, TAPE_NOTES, notes);
	out->owners_age = put_owners(r);
	for (size_t i = 0; i < r->search_notes.count; i++)
		notes_add(notes, "%s", r->search_notes.text[i]);
	ret = commit(r, why);
	out->sockets = r->sockets;
	out->complete = result.complete;
	out->file_bytes = tape_size(r->tape);
	out->bytes = out->file_bytes > before ? out->file_bytes - before : 0;
	return ret;
}

int recorder_open(struct source *s, const char *file, uint64_t keep, bool thrifty,
		  struct notes *notes, struct recorder **out, struct str *why)
{
	struct tape_writer *tape;
	int ret = tape_writer_open(file, notes, &tape, why);

	if (ret < 0)
		return ret;

	struct recorder *r = xcalloc(1, sizeof(*r));

	r->source = s;
	r->tape = tape;
	r->keep = keep;
	r->thrifty = thrifty;
	seen_init(&r->searched);
	r->looked_at = map_make(sizeof(uint64_t), 0);
	r->remotes = map_make(sizeof(struct addr), 0);
	/* Before the first survey nobody knows. */
	r->lacking = true;
	*out = r;
	return 0;
}

void recorder_close(struct recorder *r)
{
	if (r == NULL)
		return;
	tape_writer_close(r->tape);
	seen_free(&r->searched);
	map_free(&r->looked_at);
	map_free(&r->remotes);
	str_free(&r->owners);
	str_free(&r->cgroups);
	str_free(&r->gone);
	str_free(&r->routes);
	notes_free(&r->search_notes);
	free(r);
}
