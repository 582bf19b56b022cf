// SPDX-License-Identifier: MIT
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define CHUNK ((size_t)16 * 1024)
/** Some files give little at a time however much is asked for: asking does not grow for ever. */
#define CHUNK_MAX ((size_t)1024 * 1024)

static size_t next_chunk(size_t chunk)
{
	if (chunk < CHUNK)
		return CHUNK;
	return chunk < CHUNK_MAX ? chunk * 2 : CHUNK_MAX;
}

static int read_all(int fd, struct str *out, size_t max, bool positioned)
{
	str_reset(out);
	for (size_t chunk = 4096;; chunk = next_chunk(chunk)) {
		char *p = str_reserve(out, chunk);
		ssize_t n = positioned ? pread(fd, p, chunk, (off_t)out->len) : read(fd, p, chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			str_reset(out);
			return err;
		}
		out->len += (size_t)n;
		out->s[out->len] = '\0';
		if (n == 0)
			return 0;
		if (out->len > max) {
			str_reset(out);
			return -EFBIG;
		}
	}
}

int file_read_at(int dirfd, const char *path, struct str *out, size_t max)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY), ret;

	if (fd < 0) {
		ret = -errno;
		str_reset(out);
		return ret;
	}
	ret = read_all(fd, out, max, false);
	close(fd);
	return ret;
}

int file_read_fd(int fd, struct str *out, size_t max)
{
	return read_all(fd, out, max, true);
}

int file_write_fd(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

int file_replace(const char *path, const void *p, size_t n, unsigned mode)
{
	struct str tmp = { 0 };
	int fd, ret;

	str_addf(&tmp, "%s.XXXXXX", path);
	fd = mkostemp(tmp.s, O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		str_free(&tmp);
		return ret;
	}
	ret = file_write_fd(fd, p, n);
	if (!ret && fchmod(fd, (mode_t)mode) < 0)
		ret = -errno;
	if (close(fd) < 0 && !ret)
		ret = -errno;
	if (!ret && rename(tmp.s, path) < 0)
		ret = -errno;
	if (ret)
		unlink(tmp.s);
	str_free(&tmp);
	return ret;
}
