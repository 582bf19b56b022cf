// SPDX-License-Identifier: MIT
/* Fuzzes recordings. The first byte chooses: the bytes are the file behind its head, as they are; or
 * they are pieces (tag, coding, lengths, stored bytes) that are put into well-formed samples, so that
 * the decoders behind the container are reached. What must hold: an answer in any case, an error with
 * the byte where it lies, never more sockets than were counted. */
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/packed.h"
#include "source/replay.h"
#include "source/route_map.h"
#include "source/tape.h"
#include "source/tape_scan.h"

#define SAMPLES_MAX 6
#define SAMPLE_PIECES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t tags[] = { TAPE_HOST, TAPE_CLOCK, TAPE_DIAG, TAPE_LOCKED, TAPE_PROC4, TAPE_PROC6,
				 TAPE_FILES, TAPE_BINDS, TAPE_OWNERS, TAPE_CGROUPS, TAPE_NOTES,
				 TAPE_ROUTES, TAPE_TIMEOUTS, TAPE_GONE };

/** The program has to end here where a promise is broken. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

static void add(struct str *out, const void *p, size_t n)
{
	str_addn(out, p, n);
}

static void add_piece(struct str *out, uint32_t tag, unsigned coding, const void *p, size_t n,
		      size_t raw_len)
{
	struct tape_piece_head h = tape_head_make(tag, (enum tape_coding)coding, p, n, raw_len);

	add(out, &h, sizeof(h));
	add(out, p, n);
}

/** A sample of pieces out of what DATA holds; moves *DATA and *SIZE on. */
static void add_sample(struct str *out, const uint8_t **data, size_t *size, bool alone)
{
	struct tape_start start = { .flags = htole32(alone ? TAPE_ALONE : 0) };
	size_t at = out->len;
	uint32_t pieces = 1;

	add_piece(out, TAPE_SAMPLE, TAPE_PLAIN, &start, sizeof(start), sizeof(start));
	for (; pieces <= SAMPLE_PIECES && *size >= 6; pieces++) {
		const uint8_t *p = *data;
		size_t len = p[2] | (size_t)p[3] << 8, raw_len = p[4] | (size_t)p[5] << 8;

		*data += 6;
		*size -= 6;
		len = len < *size ? len : *size;
		add_piece(out, tags[p[0] % ARRAY_LEN(tags)], p[1] % (TAPE_CODINGS + 1), *data, len,
			  p[1] % TAPE_CODINGS == TAPE_PLAIN ? len : raw_len);
		*data += len;
		*size -= len;
	}

	struct tape_end end = { htole64(out->len - at), htole32(pieces), htole32(TAPE_END_MARK) };

	add_piece(out, TAPE_END, TAPE_PLAIN, &end, sizeof(end), sizeof(end));
}

static void make_file(const uint8_t *data, size_t size, struct str *out)
{
	struct tape_head head = { .version = htole16(TAPE_VERSION) };

	memcpy(head.magic, TAPE_MAGIC, TAPE_MAGIC_SIZE);
	add(out, &head, sizeof(head));
	if (data[0] & 1) {
		add(out, data + 1, size - 1);
		return;
	}
	data++;
	size--;
	for (int i = 0; i < SAMPLES_MAX && size > 6; i++)
		add_sample(out, &data, &size, i == 0 || data[0] % 7 == 0);
}

static void count_sock(void *arg, const struct sock *s)
{
	require(s->state < STATE_COUNT);
	require(s->local.family == AF_INET || s->local.family == AF_INET6);
	++*(uint64_t *)arg;
}

static void replay(struct tape *t, bool swapped)
{
	const struct replay_machine machine = { 100, swapped };
	const struct dump_request req = { .states = STATES_ALL, .info = true, .locks = true };
	struct dump_result result = { 0 };
	struct notes notes = { 0 };
	struct str why = { 0 };
	uint64_t socks = 0;
	const struct sink sink = { .add = count_sock, .args = (void *[]){ &socks } };
	int ret = replay_dump(t, &machine, &req, &sink, &result, &notes, &why);

	require(ret <= 0 && socks == result.records);
	require(ret == 0 || why.len > 0);
	notes_free(&notes);
	str_free(&why);
}

static void count_request(void *arg, const struct sock *s)
{
	require(s->state == STATE_SYN_RECV);
	++*(uint64_t *)arg;
}

static void unpack_ways(const struct str *bytes)
{
	const struct addr to = { .family = AF_INET6 };
	const char *lacks;
	struct route_map map;
	struct route route;

	if (unpack_routes(str_text(bytes), bytes->len, &map) < 0)
		return;
	require(route_map_look(&map, &to, 0, &route, &lacks) == 0 || lacks != NULL);
	require(route.kind < ROUTE_KIND_COUNT && strlen(route.device) < DEVICE_NAME);
	route_map_free(&map);
}

static void unpack(const struct str *bytes)
{
	struct bind_table *binds = malloc(sizeof(*binds));
	struct map wanted = map_make(sizeof(uint64_t), 0);
	struct notes notes = { 0 };
	struct owners owners;
	struct cgroups cgroups;
	struct str out = { 0 };
	uint64_t requests = 0;
	uint64_t inode = 5;
	const char *p = str_text(bytes);

	map_put(&wanted, &inode, NULL);
	require(unpack_owners(p, bytes->len, NULL, &owners) <= 0);
	owners_free(&owners);
	require(unpack_owners(p, bytes->len, &wanted, &owners) <= 0);
	owners_free(&owners);
	require(unpack_cgroups(p, bytes->len, &cgroups) <= 0);
	cgroups_free(&cgroups);
	require(unpack_notes(p, bytes->len, &notes) <= 0);
	require(unpack_binds(p, bytes->len, binds) <= 0);
	require(unpack_file(p, bytes->len, "/a", &out) <= 0);
	unpack_ways(bytes);
	require(unpack_inodes(p, bytes->len, &wanted) <= 0);
	require(unpack_requests(p, bytes->len, count_request, &requests) <= 0);
	notes_free(&notes);
	map_free(&wanted);
	str_free(&out);
	free(binds);
}

static void read_sample(struct tape *t, size_t i)
{
	struct str why = { 0 }, bytes = { 0 };

	if (tape_select(t, i, &why) < 0)
		require(strstr(str_text(&why), "byte ") != NULL);
	for (size_t k = 0; k < ARRAY_LEN(tags); k++) {
		str_reset(&why);
		int ret = tape_get(t, tags[k], (size_t)1 << 22, &bytes, &why);

		require(ret == 0 || ret == -ENOENT || strstr(str_text(&why), "byte ") != NULL);
		if (ret == 0)
			unpack(&bytes);
	}
	replay(t, i % 2);
	str_free(&why);
	str_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str file = { 0 }, why = { 0 };
	struct notes notes = { 0 };
	struct tape *t = NULL;
	int fd;

	if (size == 0)
		return 0;
	fd = memfd_create("tape", MFD_CLOEXEC);
	make_file(data, size, &file);
	require(write(fd, file.s, file.len) == (ssize_t)file.len);

	int ret = tape_open_fd(fd, "tape", data[0] & 2, &notes, &t, &why);

	require(ret == 0 || strstr(str_text(&why), "byte") != NULL);
	for (size_t i = 0; ret == 0 && i < tape_samples(t) && i < 2 * SAMPLES_MAX; i++)
		read_sample(t, data[0] & 4 ? tape_samples(t) - 1 - i : i);
	tape_close(t);
	notes_free(&notes);
	str_free(&file);
	str_free(&why);
	return 0;
}
