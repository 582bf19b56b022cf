// SPDX-License-Identifier: MIT
#include "source/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/vec.h"
#include "source/mount_parse.h"

/** Largest mountinfo that is read: hosts with thousands of containers have megabytes of it. */
#define MOUNTS_MAX ((size_t)64 << 20)
/** Folders that are visited at most; the kernel's own limit for ids is lower (65535 with
 *  memory). */
#define FOLDERS_MAX ((size_t)1 << 20)
#define BUFFER_SIZE 32768

/** A walk: folders found so far, of which the first DONE have been read. */
struct walk {
	struct cgroups *out;
	/** Handle of the mount. */
	int root_fd;
	/** const char *: paths in OUT's arena. */
	struct vec paths;
	size_t done;
	/** Folders that could not be read, and why the first of them could not. */
	uint64_t unread;
	int error;
	char *buffer;
};

static void add_path(struct walk *w, uint64_t id, const char *path)
{
	*(const char **)map_put(&w->out->paths, &id, NULL) = path;
	vec_add(&w->paths, &path);
}

static bool is_folder(const struct dirent64 *d)
{
	return d->d_type == DT_DIR && strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/** Adds the children of the folder PATH that is open at FD. 0 or -errno. */
static int read_folder(struct walk *w, int fd, const char *path)
{
	const char *slash = strcmp(path, "/") == 0 ? "" : "/";

	for (;;) {
		ssize_t n = getdents64(fd, w->buffer, BUFFER_SIZE);

		if (n <= 0)
			return n ? -errno : 0;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const void *)(w->buffer + at);

			at += d->d_reclen;
			if (is_folder(d))
				add_path(w, d->d_ino, arena_printf(&w->out->arena, "%s%s%s", path,
								   slash, d->d_name));
		}
	}
}

/** Walks breadth first with two descriptors, however deep the tree is. */
static void walk_folders(struct walk *w)
{
	while (w->done < w->paths.len && w->paths.len < FOLDERS_MAX) {
		const char *path = VEC_AT(&w->paths, const char *, w->done++);
		int fd = openat(w->root_fd, path[1] ? path + 1 : ".",
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int ret = fd < 0 ? -errno : read_folder(w, fd, path);

		if (fd >= 0)
			close(fd);
		/* A cgroup that was removed meanwhile is no loss. */
		if (!ret || ret == -ENOENT || ret == -ENODEV)
			continue;
		w->unread++;
		if (!w->error)
			w->error = ret;
	}
}

/** Finds the cgroup2 mount: the first that shows the root, else the first at all. */
static bool find_mount(const struct str *mounts, struct str *point)
{
	struct mount m = { 0 };
	bool found = false, whole = false;
	size_t at = 0;

	while (!whole && mount_next(str_text(mounts), mounts->len, &at, &m)) {
		if (strcmp(str_text(&m.type), "cgroup2") != 0)
			continue;
		whole = strcmp(str_text(&m.root), "/") == 0;
		if (found && !whole)
			continue;
		str_reset(point);
		str_add(point, str_text(&m.point));
		found = true;
	}
	mount_free(&m);
	return found;
}

static int walk_mount(const char *point, struct cgroups *out, struct notes *notes)
{
	struct walk w = {
		.out = out,
		.root_fd = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.paths = VEC_OF(const char *),
	};
	struct stat st = { 0 };
	int ret = 0;

	if (w.root_fd < 0 || fstat(w.root_fd, &st) < 0)
		ret = -errno;
	if (!ret) {
		w.buffer = xmalloc(BUFFER_SIZE);
		add_path(&w, st.st_ino, "/");
		walk_folders(&w);
		out->known = true;
		free(w.buffer);
	}
	if (w.root_fd >= 0)
		close(w.root_fd);
	if (ret)
		notes_add(notes, "cgroups are unknown: %s: %s", point, strerror(-ret));
	else if (w.unread)
		notes_set(notes, "unread cgroups", "%llu cgroup%s could not be read: %s",
			  (unsigned long long)w.unread, num_word(w.unread, "", "s"),
			  strerror(-w.error));
	vec_free(&w.paths);
	return 0;
}

int cgroups_walk(const char *proc, struct cgroups *out, struct notes *notes)
{
	struct str text = { 0 }, path = { 0 }, point = { 0 };
	int ret;

	*out = (struct cgroups){ .paths = MAP_OF(uint64_t, const char *) };
	str_addf(&path, "%s/self/mountinfo", proc);
	ret = file_read_at(AT_FDCWD, path.s, &text, MOUNTS_MAX);
	if (ret)
		notes_add(notes, "cgroups are unknown: %s: %s", path.s, strerror(-ret));
	else if (find_mount(&text, &point))
		ret = walk_mount(point.s, out, notes);
	str_free(&text);
	str_free(&path);
	str_free(&point);
	return ret;
}
