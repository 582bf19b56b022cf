// SPDX-License-Identifier: MIT
/* source/tape: every sample comes back byte for byte, in any order; what is cut off or damaged is
 * told from what is whole; old samples can be dropped. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/file.h"
#include "source/tape.h"

#define SOCKETS 300
#define MESSAGE (NLMSG_HDRLEN + sizeof(struct inet_diag_msg) + 64)
#define PER_DATAGRAM 40

static char folder[] = "/tmp/tcptriage-tape.XXXXXX";
static char path[64];

static uint32_t seed = 7;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

/* The sockets of sample N as the kernel would tell them: most only grow older, some come and go. */
static void make_datagram(uint32_t n, uint32_t first, struct str *out)
{
	str_reset(out);
	for (uint32_t i = first; i < first + PER_DATAGRAM && i < SOCKETS; i++) {
		struct {
			struct nlmsghdr h;
			struct inet_diag_msg m;
			uint32_t age[16];
		} msg;

		memset(&msg, 0, sizeof(msg));
		msg.h.nlmsg_len = MESSAGE - (i % 7 == 0 ? 8 : 0);
		msg.h.nlmsg_seq = n;
		msg.m.idiag_state = 1;
		msg.m.id.idiag_cookie[0] = i % 10 == 0 ? i + 1000 * n : i;
		msg.m.idiag_inode = i * 17;
		msg.age[3] = n * 1000 + i % 2;
		msg.age[9] = i * 2654435761u + (i % 5 == 0 ? n : 0);
		str_addn(out, (const char *)&msg, msg.h.nlmsg_len);
	}
}

static void put_sample(struct tape_writer *w, uint32_t n)
{
	struct str bytes = { 0 };
	char text[100];

	tape_begin(w, 1000 + n, 5000000000 + n);
	for (uint32_t i = 0; i < SOCKETS; i += PER_DATAGRAM) {
		make_datagram(n, i, &bytes);
		tape_put_datagram(w, TAPE_DIAG, 100 * n + i, bytes.s, bytes.len);
		if (i == 0)
			tape_put_datagram(w, TAPE_LOCKED, 3, bytes.s, bytes.len);
	}
	tape_put_datagram(w, TAPE_DIAG, -5, "odd", 3);
	snprintf(text, sizeof(text), "counter %u of many", n);
	tape_put(w, TAPE_FILES, text, strlen(text));
	tape_put(w, TAPE_HOST, "host a\n", 7);
	str_reset(&bytes);
	str_fill(&bytes, 'x', n % 3 == 0 ? 0 : TAPE_PIECE_MAX + 10);
	tape_put(w, TAPE_OWNERS, str_text(&bytes), bytes.len);
	str_free(&bytes);
}

/* Writes samples FIRST..LAST behind what is there. */
static void write_samples(uint32_t first, uint32_t last, uint64_t keep)
{
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct tape_writer *w = NULL;

	assert_int_equal(tape_writer_open(path, &notes, &w, &why), 0);
	for (uint32_t n = first; n <= last; n++) {
		put_sample(w, n);
		assert_int_equal(tape_commit(w), 0);
		if (keep > 0) {
			assert_int_equal(tape_keep(w, keep), 0);
			assert_true(tape_size(w) <= keep);
		}
	}
	tape_writer_close(w);
	notes_free(&notes);
	str_free(&why);
}

/* Checks datagrams against make_datagram(). */
struct expect {
	uint32_t n, i;
};

static int check_datagram(void *arg, const struct datagram *g)
{
	struct expect *e = arg;
	struct str want = { 0 };

	if (e->i >= SOCKETS) {
		assert_int_equal(g->seen_ns, -5);
		assert_int_equal(g->len, 3);
		assert_memory_equal(g->bytes, "odd", 3);
		e->i++;
		return 0;
	}
	make_datagram(e->n, e->i, &want);
	assert_int_equal(g->seen_ns, 100 * e->n + e->i);
	assert_int_equal(g->len, want.len);
	assert_memory_equal(g->bytes, want.s, want.len);
	e->i += PER_DATAGRAM;
	str_free(&want);
	return 0;
}

static int count_datagram(void *arg, const struct datagram *g)
{
	(void)g;
	++*(unsigned *)arg;
	return 0;
}

/* The current sample is the N-th that was written. */
static void expect_sample(struct tape *t, uint32_t n)
{
	struct expect e = { n, 0 };
	struct str got = { 0 }, why = { 0 };
	unsigned locked = 0;
	char text[100];

	int ret = tape_datagrams(t, TAPE_DIAG, check_datagram, &e, &why);

	assert_string_equal(str_text(&why), "");
	assert_int_equal(ret, 0);
	assert_true(e.i > SOCKETS);
	assert_int_equal(tape_datagrams(t, TAPE_LOCKED, count_datagram, &locked, &why), 0);
	assert_int_equal(locked, 1);
	snprintf(text, sizeof(text), "counter %u of many", n);
	assert_int_equal(tape_get(t, TAPE_FILES, 1000, &got, &why), 0);
	assert_string_equal(str_text(&got), text);
	assert_int_equal(tape_get(t, TAPE_FILES, 5, &got, &why), -EFBIG);
	assert_int_equal(tape_get(t, TAPE_OWNERS, 10 * TAPE_PIECE_MAX, &got, &why), 0);
	assert_int_equal(got.len, n % 3 == 0 ? 0 : TAPE_PIECE_MAX + 10);
	assert_int_equal(tape_get(t, TAPE_CGROUPS, 1000, &got, &why), -ENOENT);
	str_free(&got);
	str_free(&why);
}

static struct tape *open_tape(struct notes *notes)
{
	struct str why = { 0 };
	struct tape *t = NULL;

	assert_int_equal(tape_open(path, notes, &t, &why), 0);
	str_free(&why);
	return t;
}

static int fresh(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void samples_come_back_in_any_order(void **state)
{
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct stat st;

	(void)state;
	write_samples(0, 99, 0);
	write_samples(100, 129, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	struct tape *t = open_tape(&notes);

	assert_int_equal(tape_samples(t), 130);
	assert_int_equal(notes.count, 0);
	expect_sample(t, 129);
	for (uint32_t round = 0; round < 60; round++) {
		uint32_t n = round < 20 ? round + 55 : draw(130);
		int64_t monotonic_ns, realtime_ns;

		assert_int_equal(tape_select(t, n, &why), 0);
		expect_sample(t, n);
		tape_when(t, n, &monotonic_ns, &realtime_ns);
		assert_int_equal(monotonic_ns, 1000 + n);
		assert_int_equal(tape_find(t, realtime_ns), n);
	}
	assert_true(tape_find(t, 4999999999) == SIZE_MAX);
	assert_int_equal(tape_find(t, INT64_MAX), 129);
	tape_close(t);
	str_free(&why);
}

static void a_quiet_sample_is_small(void **state)
{
	struct stat one, many;

	(void)state;
	write_samples(0, 0, 0);
	assert_int_equal(stat(path, &one), 0);
	write_samples(1, 1, 0);
	unlink(path);
	write_samples(0, 31, 0);
	assert_int_equal(stat(path, &many), 0);
	/* A tenth of the sockets is new each time, the rest is only older. */
	assert_true((many.st_size - one.st_size) / 31 < (off_t)(SOCKETS * MESSAGE / 20));
}

static void a_restarted_sample_counts_once(void **state)
{
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct tape_writer *w = NULL;

	(void)state;
	assert_int_equal(tape_writer_open(path, &notes, &w, &why), 0);
	for (uint32_t n = 0; n < 5; n++) {
		put_sample(w, n + 50);
		put_sample(w, n);
		assert_int_equal(tape_commit(w), 0);
	}
	put_sample(w, 77);
	tape_writer_close(w);

	struct tape *t = open_tape(&notes);

	assert_int_equal(tape_samples(t), 5);
	assert_int_equal(notes.count, 0);
	for (uint32_t n = 0; n < 5; n++) {
		assert_int_equal(tape_select(t, n, &why), 0);
		expect_sample(t, n);
	}
	tape_close(t);
}

static void cut_anywhere_leaves_whole_samples(void **state)
{
	struct str whole = { 0 };
	struct stat st[4];

	(void)state;
	for (uint32_t n = 0; n < 4; n++) {
		write_samples(n, n, 0);
		assert_int_equal(stat(path, &st[n]), 0);
	}
	assert_int_equal(file_read_at(AT_FDCWD, path, &whole, SIZE_MAX), 0);
	for (uint32_t round = 0; round < 400; round++) {
		struct notes notes = { 0 };
		struct str why = { 0 };
		struct tape *t = NULL;
		off_t len = round < 4 ? st[round].st_size : (off_t)draw((uint32_t)whole.len);
		size_t expected = 0;

		assert_int_equal(file_replace(path, whole.s, (size_t)len, 0600), 0);
		/* A crash may also leave zeros where bytes were to be. */
		if (round % 3 == 2)
			assert_int_equal(truncate(path, len + 100), 0);
		while (expected < 4 && st[expected].st_size <= len)
			expected++;

		int ret = tape_open(path, &notes, &t, &why);

		if (expected == 0) {
			assert_true(ret == -ENODATA || ret == -EBADMSG || ret == -ENOTSUP);
			assert_non_null(strstr(str_text(&why), "byte"));
		} else {
			assert_int_equal(ret, 0);
			assert_int_equal(tape_samples(t), expected);
			assert_int_equal(notes.count, st[expected - 1].st_size != len ||
							      round % 3 == 2);
			expect_sample(t, (uint32_t)expected - 1);
			/* And it can be gone on with. */
			tape_close(t);
			write_samples(9, 9, 0);
			t = open_tape(&notes);
			assert_int_equal(tape_samples(t), expected + 1);
			expect_sample(t, 9);
		}
		tape_close(t);
		notes_free(&notes);
		str_free(&why);
	}
	str_free(&whole);
}

static int ignore_datagram(void *arg, const struct datagram *g)
{
	(void)arg;
	(void)g;
	return 0;
}

/* Damage is told with its place, or lies where nothing was read. */
static void damage_has_a_place(void **state)
{
	struct str whole = { 0 };
	unsigned found = 0;

	(void)state;
	write_samples(0, 3, 0);
	assert_int_equal(file_read_at(AT_FDCWD, path, &whole, SIZE_MAX), 0);
	for (uint32_t round = 0; round < 2000; round++) {
		struct notes notes = { 0 };
		struct str why = { 0 }, got = { 0 }, hurt = { 0 };
		struct tape *t = NULL;

		str_addn(&hurt, whole.s, whole.len);
		hurt.s[draw((uint32_t)whole.len)] ^= (char)(1 + draw(255));
		assert_int_equal(file_replace(path, hurt.s, hurt.len, 0600), 0);

		int ret = tape_open(path, &notes, &t, &why);

		for (size_t n = 0; ret == 0 && n < tape_samples(t); n++) {
			ret = tape_select(t, n, &why);
			if (ret == 0)
				ret = tape_datagrams(t, TAPE_DIAG, ignore_datagram, NULL, &why);
			if (ret == 0)
				ret = tape_datagrams(t, TAPE_LOCKED, ignore_datagram, NULL, &why);
			for (size_t i = 0; ret == 0 && i < 3; i++)
				ret = tape_get(t, ((uint32_t[]){ TAPE_HOST, TAPE_FILES,
								 TAPE_OWNERS })[i],
					       SIZE_MAX, &got, &why);
		}
		/* Every byte is covered. */
		assert_true(ret < 0);
		assert_non_null(strstr(str_text(&why), "byte "));
		assert_non_null(strstr(str_text(&why), path));
		found++;
		tape_close(t);
		notes_free(&notes);
		str_free(&why);
		str_free(&got);
		str_free(&hurt);
	}
	assert_int_equal(found, 2000);
	str_free(&whole);
}

static void old_samples_can_be_dropped(void **state)
{
	struct notes notes = { 0 };
	struct str why = { 0 };
	size_t n;

	(void)state;
	write_samples(0, 400, 300000);

	struct tape *t = open_tape(&notes);

	n = tape_samples(t);
	assert_in_range(n, 20, 400);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(tape_select(t, i, &why), 0);
		expect_sample(t, (uint32_t)(401 - n + i));
	}
	tape_close(t);
	/* Nothing else was left beside it. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
}

static void strangers_are_refused(void **state)
{
	struct notes notes = { 0 };
	struct str why = { 0 }, got = { 0 };
	struct tape_writer *w = NULL, *second = NULL;
	struct tape *t = NULL;
	char other[80];

	(void)state;
	assert_int_equal(file_replace(path, "important", 9, 0644), 0);
	assert_int_equal(tape_writer_open(path, &notes, &w, &why), -EBADMSG);
	assert_int_equal(tape_open(path, &notes, &t, &why), -EBADMSG);
	assert_int_equal(file_read_at(AT_FDCWD, path, &got, 100), 0);
	assert_string_equal(str_text(&got), "important");
	assert_int_equal(tape_writer_open(folder, &notes, &w, &why), -EISDIR);
	assert_int_equal(tape_open(folder, &notes, &t, &why), -EBADMSG);
	assert_int_equal(tape_writer_open("/dev/null", &notes, &w, &why), -EBADMSG);

	snprintf(other, sizeof(other), "%s/link", folder);
	assert_int_equal(symlink(path, other), 0);
	assert_int_equal(tape_writer_open(other, &notes, &w, &why), -ELOOP);
	unlink(other);

	unlink(path);
	assert_int_equal(tape_writer_open(path, &notes, &w, &why), 0);
	assert_int_equal(tape_writer_open(path, &notes, &second, &why), -EWOULDBLOCK);
	tape_writer_close(w);

	assert_int_equal(file_replace(path, TAPE_MAGIC "\2\0", 16, 0644), 0);
	str_reset(&why);
	assert_int_equal(tape_open(path, &notes, &t, &why), -ENOTSUP);
	assert_non_null(strstr(str_text(&why), "version 2"));
	notes_free(&notes);
	str_free(&why);
	str_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(samples_come_back_in_any_order, fresh),
		cmocka_unit_test_setup(a_quiet_sample_is_small, fresh),
		cmocka_unit_test_setup(a_restarted_sample_counts_once, fresh),
		cmocka_unit_test_setup(cut_anywhere_leaves_whole_samples, fresh),
		cmocka_unit_test_setup(damage_has_a_place, fresh),
		cmocka_unit_test_setup(old_samples_can_be_dropped, fresh),
		cmocka_unit_test_setup(strangers_are_refused, fresh),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/rec", folder);

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	rmdir(folder);
	return failed;
}
