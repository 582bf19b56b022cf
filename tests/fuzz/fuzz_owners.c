// SPDX-License-Identifier: MIT
/* What /proc says of processes, mounts and cgroups. The first byte chooses a parser, so that each gets
 * inputs of its own; the rest is its text, which ends where it ends: no NUL behind it. */
#include <stdlib.h>
#include <string.h>

#include "model/owners.h"
#include "source/mount_parse.h"
#include "source/owners_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The program has to end here where a promise is broken. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

static void process_files(const char *text, size_t len)
{
	struct task_stat stat;
	struct fdinfo info;
	uint32_t uid;
	int64_t limit = -1;

	if (!owners_parse_stat(text, len, &stat))
		require(stat.ppid >= 0);
	(void)!owners_parse_euid(text, len, &uid);
	if (!owners_parse_nofile(text, len, &limit))
		require(limit >= 0);
	owners_parse_fdinfo(text, len, &info);
}

/** A walk moves on and ends; what it finds stands in the text. */
static void walks(const char *text, size_t len)
{
	uint64_t inode;
	size_t at = 0, before = 0;

	while (owners_next_user_file(text, len, &at, &inode)) {
		require(at > before && at <= len);
		require(owners_shows_user_files(text, len));
		before = at;
	}
	at = before = 0;
	while (owners_next_unix(text, len, &at, &inode)) {
		require(at > before && at <= len && inode);
		before = at;
	}
}

static void links(const char *text, size_t len)
{
	uint64_t inode;
	struct str back = { 0 };

	if (owners_parse_socket(text, len, &inode)) {
		require(!owners_is_ring(text, len));
		str_addf(&back, "socket:[%llu]", (unsigned long long)inode);
		/* Leading zeros are the only other way to write a number. */
		require(back.len <= len);
	}
	str_free(&back);
}

static void cgroup_files(const char *text, size_t len)
{
	struct str path = { 0 }, part = { 0 };

	if (owners_parse_cgroup(text, len, &path))
		require(path.len && path.s[0] == '/' && !memchr(path.s, '\n', path.len));
	if (cgroup_unit(str_text(&path), &part))
		require(part.len && strstr(path.s, part.s) && !strchr(part.s, '/'));
	str_reset(&part);
	if (cgroup_container(str_text(&path), &part))
		require(part.len && strstr(path.s, str_text(&part)) && !strchr(part.s, '/'));
	str_free(&path);
	str_free(&part);
}

static void arguments(const char *text, size_t len)
{
	struct str out = { 0 };

	owners_join_arguments(text, len, &out);
	require(out.len <= len && (!out.len || !memchr(out.s, '\0', out.len)));
	str_free(&out);
}

static void mounts(const char *text, size_t len)
{
	struct mount m = { 0 };
	size_t at = 0, before = 0;

	while (mount_next(text, len, &at, &m)) {
		require(at > before && at <= len && m.type.len);
		before = at;
	}
	require(at == len);
	mount_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *text, size_t len) = {
		process_files, walks, links, cgroup_files, arguments, mounts,
	};
	char *text;

	if (!size)
		return 0;
	/* A copy of exactly the right size, so that a read behind the end is seen. */
	text = malloc(size > 1 ? size - 1 : 1);
	memcpy(text, data + 1, size - 1);
	parsers[data[0] % (sizeof(parsers) / sizeof(parsers[0]))](text, size - 1);
	free(text);
	return 0;
}
