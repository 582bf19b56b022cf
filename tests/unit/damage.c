// SPDX-License-Identifier: MIT
/* Ten thousand damaged recordings: each gives what it holds or an error that names the byte; none ends
 * or stops the program, and none gives a wrong number. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "source/recorder.h"

#define ROUNDS 10000
#define SAMPLES 4

static char folder[] = "/tmp/tcptriage-damage.XXXXXX";
static char path[64];
static uint32_t seed = 20261125;
/* Sockets in each sample. */
static size_t expected[SAMPLES];

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return below > 0 ? (uint32_t)((uint64_t)(seed >> 8) * below >> 24) : 0;
}

static int listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* A recording of SAMPLES samples, one more listener in each. */
static void record(int choice, struct str *out)
{
	const struct options opt = { .source = choice };
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct recorder *r;
	struct source *s;
	int held[SAMPLES];

	unlink(path);
	assert_int_equal(source_open(&opt, &notes, &s, &why), 0);
	assert_int_equal(recorder_open(s, path, 0, false, &notes, &r, &why), 0);
	for (int i = 0; i < SAMPLES; i++) {
		struct recorder_sample sample;

		held[i] = listener();
		assert_int_equal(recorder_take(r, &sample, &notes, &why), 0);
		expected[i] = sample.sockets;
		assert_int_equal(sample.sockets, i + 1);
	}
	recorder_close(r);
	source_close(s);
	for (int i = 0; i < SAMPLES; i++)
		close(held[i]);
	assert_int_equal(file_read_at(AT_FDCWD, path, out, SIZE_MAX), 0);
	notes_free(&notes);
	str_free(&why);
}

static void count(void *arg, const struct sock *s)
{
	(void)s;
	++*(size_t *)arg;
}

static bool names_byte(const struct notes *notes, const struct str *why)
{
	if (strstr(str_text(why), "byte ") != NULL)
		return true;
	for (size_t i = 0; i < notes->count; i++) {
		if (strstr(notes->text[i], "byte ") != NULL)
			return true;
	}
	return false;
}

/* Reads everything of the sample that S shows; 0 or -errno. */
static int read_sample(struct source *s, struct notes *notes)
{
	struct facts *facts = malloc(sizeof(*facts));
	struct owners owners;
	struct cgroups cgroups = { 0 };
	struct source_position at;
	struct dump_result result;
	size_t socks = 0;
	const struct sink sink = { .add = count, .args = (void *[]){ &socks } };
	const struct dump_request req = { .states = STATES_ALL, .locks = true, .workers = 1 };
	int ret = source_dump(s, &req, &sink, &result, notes);

	assert_true(source_position(s, &at));
	if (ret == 0)
		assert_int_equal(socks, expected[at.at - 1]);
	if (ret == 0)
		ret = source_facts(s, true, facts, notes);
	if (ret == 0) {
		ret = source_owners(s, NULL, &owners, notes);
		owners_free(&owners);
	}
	if (ret == 0) {
		ret = source_cgroups(s, &cgroups, notes);
		cgroups_free(&cgroups);
	}
	free(facts);
	return ret;
}

/* Plays the file; true where an error (or a note of a cut) named the byte. */
static bool play(void)
{
	const struct options opt = { .from = path, .interval_set = true };
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct source *s = NULL;
	int ret = source_open(&opt, &notes, &s, &why);
	bool named;

	if (ret == 0) {
		do
			ret = read_sample(s, &notes);
		while (ret == 0 && (ret = source_wait(s, 0)) == 0);
	}
	named = names_byte(&notes, &why);
	if (ret != -ENODATA)
		assert_true(named);
	source_close(s);
	notes_free(&notes);
	str_free(&why);
	return named;
}

static void damage(struct str *b)
{
	uint32_t len = (uint32_t)b->len, at = draw(len), n = 1 + draw(200);

	n = n < len - at ? n : len - at;
	switch (draw(6)) {
	case 0: /* Bits. */
		for (uint32_t i = 1 + draw(3); i > 0; i--)
			b->s[draw(len)] ^= (char)(1 << draw(8));
		break;
	case 1: /* A piece of noise. */
		for (uint32_t i = 0; i < n; i++)
			b->s[at + i] = (char)draw(256);
		break;
	case 2: /* Cut off. */
		b->len = at;
		break;
	case 3: /* Zeros. */
		memset(b->s + at, 0, n);
		break;
	case 4: /* A hole. */
		memmove(b->s + at, b->s + at + n, len - at - n);
		b->len = len - n;
		break;
	default: /* Something twice. */
		memmove(b->s + at, b->s + draw(len - n + 1), n);
		break;
	}
}

static void play_damaged(const struct str *whole)
{
	unsigned named = 0, played = 0;

	for (int i = 0; i < ROUNDS / 2; i++) {
		struct str hurt = { 0 };

		str_addn(&hurt, whole->s, whole->len);
		damage(&hurt);
		if (hurt.len == whole->len && memcmp(hurt.s, whole->s, hurt.len) == 0) {
			str_free(&hurt);
			continue;
		}

		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_int_equal(file_write_fd(fd, hurt.s, hurt.len), 0);
		close(fd);
		played++;
		named += play();
		str_free(&hurt);
	}
	assert_true(played > ROUNDS / 2 - 200);
	/* Nothing passes unseen but a cut between two samples. */
	assert_true(named > played - played / 50);
}

static void netlink_is_survived(void **state)
{
	struct str whole = { 0 };

	(void)state;
	record(SOURCE_NETLINK, &whole);
	play_damaged(&whole);
	str_free(&whole);
}

static void proc_is_survived(void **state)
{
	struct str whole = { 0 };

	(void)state;
	record(SOURCE_PROC, &whole);
	play_damaged(&whole);
	str_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netlink_is_survived),
		cmocka_unit_test(proc_is_survived),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/rec", folder);

	int failed = 0;

	if (unshare(CLONE_NEWNET) < 0)
		puts("1..0 # SKIP no privilege to make a network namespace");
	else
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
