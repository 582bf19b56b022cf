// SPDX-License-Identifier: MIT
#include "source/owners_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "source/owners_parse.h"

/** Bytes of a command line that are kept. */
#define CMDLINE_MAX 4096
/** Bytes read of comm, status, limits, cgroup. */
#define SMALL_MAX ((size_t)64 << 10)

int walk_numbers(int fd, char *buffer, int32_t first,
		 int (*each)(void *arg, int32_t n, const char *name), void *arg)
{
	/* The position in /proc/PID/fd is the descriptor's number and 2, for "." and ".."
	 * (fs/proc/fd.c, proc_readfd_common()). */
	if (first && lseek(fd, (off_t)first + 2, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		ssize_t n = getdents64(fd, buffer, WALK_BUFFER);

		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(buffer + at);
			uint64_t number;
			int ret;

			at += entry->d_reclen;
			if (num_parse(entry->d_name, INT32_MAX, &number) != 0)
				continue;
			ret = each(arg, (int32_t)number, entry->d_name);
			if (ret)
				return ret;
		}
	}
}

int read_text(int dir_fd, const char *path, struct str *out, size_t max)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC), ret = 0;

	str_reset(out);
	if (fd < 0)
		return -errno;
	for (size_t chunk = 4096; out->len < max;) {
		char *to = str_reserve(out, chunk);
		ssize_t n = read(fd, to, chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ret = -errno;
		if (n > 0)
			out->len += (size_t)n;
		if (n == (ssize_t)chunk)
			chunk *= 2;
		out->s[out->len] = '\0';
		if (n <= 0)
			break;
	}
	close(fd);
	return ret;
}

static const char *keep(struct arena *arena, const char *s, size_t n)
{
	char *copy = arena_alloc(arena, n + 1);

	memcpy(copy, s, n);
	return copy;
}

/** Reads the file PATH of a process. True where it holds something; the first error that is met is
 *  kept in *ERROR. */
static bool read_detail(int dir_fd, const char *path, struct str *text, size_t max, int *error)
{
	int ret = read_text(dir_fd, path, text, max);

	if (ret && !*error)
		*error = ret;
	return !ret && text->len;
}

static const char *read_comm(int dir_fd, struct arena *arena, struct str *text, int *error)
{
	size_t n;

	if (!read_detail(dir_fd, "comm", text, SMALL_MAX, error))
		return "";
	/* Only the last newline is the kernel's: the name may hold some of its own. */
	n = text->s[text->len - 1] == '\n' ? text->len - 1 : text->len;
	return keep(arena, text->s, n);
}

static const char *read_cmdline(int dir_fd, struct arena *arena, struct str *text, int *error)
{
	struct str joined = { 0 };
	const char *kept = "";

	if (!read_detail(dir_fd, "cmdline", text, CMDLINE_MAX, error))
		return kept;
	owners_join_arguments(text->s, text->len < CMDLINE_MAX ? text->len : CMDLINE_MAX, &joined);
	if (joined.len)
		kept = keep(arena, joined.s, joined.len);
	str_free(&joined);
	return kept;
}

static const char *read_cgroup(int dir_fd, struct arena *arena, struct str *text, int *error)
{
	struct str path = { 0 };
	const char *kept = "";

	if (read_detail(dir_fd, "cgroup", text, SMALL_MAX, error) &&
	    owners_parse_cgroup(text->s, text->len, &path))
		kept = keep(arena, path.s, path.len);
	str_free(&path);
	return kept;
}

int read_process(int dir_fd, pid_t pid, struct arena *arena, struct str *text, struct process *out)
{
	struct task_stat stat;
	int error = 0;

	*out = (struct process){ .pid = pid, .uid = UINT32_MAX, .fds_open = -1, .fds_limit = -1 };
	out->comm = read_comm(dir_fd, arena, text, &error);
	out->cmdline = read_cmdline(dir_fd, arena, text, &error);
	out->cgroup = read_cgroup(dir_fd, arena, text, &error);
	if (read_detail(dir_fd, "stat", text, STAT_MAX, &error) &&
	    owners_parse_stat(text->s, text->len, &stat) == 0) {
		out->ppid = stat.ppid;
		out->start = stat.start;
	}
	if (read_detail(dir_fd, "status", text, SMALL_MAX, &error) &&
	    owners_parse_euid(text->s, text->len, &out->uid) != 0)
		out->uid = UINT32_MAX;
	if (read_detail(dir_fd, "limits", text, SMALL_MAX, &error) &&
	    (owners_parse_nofile(text->s, text->len, &out->fds_limit) != 0 ||
	     out->fds_limit == INT64_MAX))
		out->fds_limit = -1;
	return error;
}
