// SPDX-License-Identifier: MIT
#include "source/netns_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/num.h"
#include "base/privilege.h"
#include "model/owners.h"
#include "source/mount_parse.h"
#include "source/owners_read.h"

/* A process with more descriptors is not searched for held namespaces: thousands of links would be
 * read for what mounts and tasks nearly always show as well. */
#define FDS_MAX 4096
/* Largest mount table and cgroup file. */
#define TABLE_MAX ((size_t)16 << 20)
#define CGROUP_MAX ((size_t)64 << 10)

/* A search. */
struct find {
	struct netns_list *list;
	/* Key, and namespace file inode → index of the entry (uint32_t). */
	struct map by_key, by_file;
	/* Folder of the process that is looked at, and buffers for walks within. */
	pid_t pid;
	char *task_buffer, *fd_buffer;
};

static struct netns_entry *entry_at(struct find *f, uint32_t i)
{
	return &VEC_AT(&f->list->entries, struct netns_entry, i);
}

static struct netns_entry *known(struct find *f, uint64_t key, uint64_t file)
{
	const uint32_t *i = key != 0 ? map_get(&f->by_key, &key) : NULL;

	if (i == NULL && file != 0)
		i = map_get(&f->by_file, &file);
	return i != NULL ? entry_at(f, *i) : NULL;
}

static struct netns_entry *add_entry(struct find *f, uint64_t key, uint64_t file)
{
	struct netns_entry *e = vec_push(&f->list->entries);
	uint32_t i = (uint32_t)f->list->entries.len - 1;

	e->key = key;
	e->file = file;
	if (key != 0)
		*(uint32_t *)map_put(&f->by_key, &key, NULL) = i;
	if (file != 0)
		*(uint32_t *)map_put(&f->by_file, &file, NULL) = i;
	return e;
}

/* The inode of the namespace file PATH; 0 where it must not be seen. */
static uint64_t file_inode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

/* Learns the namespace file of an entry of which so far only /proc/PID/net could be seen; the task
 * that shows it stands for the entry from now on. */
static void learn_file(struct find *f, struct netns_entry *e, uint64_t file, const char *path)
{
	if (file == 0 || e->path != NULL)
		return;
	e->path = arena_strdup(&f->list->arena, path);
	e->file = file;
	*(uint32_t *)map_put(&f->by_file, &file, NULL) =
		(uint32_t)(e - (struct netns_entry *)f->list->entries.data);
}

/* A task whose folder is PREFIX; LEADER: it stands for its process. */
static void see_task(struct find *f, const char *prefix, bool leader)
{
	uint64_t key = netns_key(prefix), file;
	struct netns_entry *e = known(f, key, 0);
	char path[80];

	if (e != NULL && e->path != NULL && (e->pid != 0 || !leader))
		return;
	snprintf(path, sizeof(path), "%s/ns/net", prefix);
	file = file_inode(path);
	if (key == 0 && file == 0) {
		/* One that ended shows nothing either; that is not being kept out. */
		f->list->unseen += leader && access(path, F_OK) < 0 && errno == EACCES;
		return;
	}
	if (e == NULL)
		e = known(f, 0, file);
	if (e == NULL)
		e = add_entry(f, key, file);
	if (e->holder == 0)
		e->holder = f->pid;
	if (leader && (e->pid == 0 || (e->path == NULL && file != 0)))
		e->pid = f->pid;
	learn_file(f, e, file, path);
}

static int see_thread(void *arg, int32_t tid, const char *name)
{
	struct find *f = arg;
	char prefix[64];

	(void)name;
	if (tid == f->pid)
		return 0;
	snprintf(prefix, sizeof(prefix), "/proc/%d/task/%d", (int)f->pid, (int)tid);
	see_task(f, prefix, false);
	return 0;
}

/* "net:[4026531840]" → the inode; 0 for anything else. */
static uint64_t parse_link(const char *text)
{
	static const char start[] = "net:[";
	const char *p = text + sizeof(start) - 1;
	uint64_t inode;

	if (strncmp(text, start, sizeof(start) - 1) != 0 || num_scan(&p, &inode) < 0 ||
	    strcmp(p, "]") != 0)
		return 0;
	return inode;
}

static int see_descriptor(void *arg, int32_t fd, const char *name)
{
	struct find *f = arg;
	char path[64], target[64];
	uint64_t file;
	ssize_t n;

	(void)name;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)f->pid, (int)fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return 0;
	target[n] = '\0';
	file = parse_link(target);
	if (file == 0 || known(f, 0, file) != NULL)
		return 0;

	struct netns_entry *e = add_entry(f, 0, file);

	e->path = arena_strdup(&f->list->arena, path);
	e->holder = f->pid;
	return 0;
}

/* Calls EACH for the numeric names in the folder PATH; false where it must not be read. */
static bool walk_folder(struct find *f, const char *path, char *buffer,
			int (*each)(void *arg, int32_t n, const char *name))
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = errno, ret;

	if (fd < 0)
		return err == ENOENT || err == ESRCH;
	ret = walk_numbers(fd, buffer, 0, each, f);
	close(fd);
	return ret != -EACCES && ret != -EPERM;
}

static int see_process(void *arg, int32_t pid, const char *name)
{
	struct find *f = arg;
	char prefix[32], path[40];
	struct stat st;

	(void)name;
	f->pid = pid;
	snprintf(prefix, sizeof(prefix), "/proc/%d", (int)pid);
	see_task(f, prefix, true);
	snprintf(path, sizeof(path), "%s/task", prefix);
	/* Links: itself, its parent, and one for each thread. */
	if (stat(path, &st) == 0 && st.st_nlink > 3)
		walk_folder(f, path, f->task_buffer, see_thread);
	return 0;
}

/* Namespaces that no task and no mount shows: only now are those known. */
static int see_held(void *arg, int32_t pid, const char *name)
{
	struct find *f = arg;
	char path[40];
	struct stat st;

	(void)name;
	f->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if (stat(path, &st) < 0)
		return 0;
	if (st.st_size > FDS_MAX || !walk_folder(f, path, f->fd_buffer, see_descriptor))
		f->list->unread++;
	return 0;
}

static void see_mount(struct find *f, const struct mount *m)
{
	static const char *const folders[] = { "/run/netns/", "/var/run/netns/" };
	const char *point = str_text(&m->point);
	uint64_t file = parse_link(str_text(&m->root));
	struct netns_entry *e;

	if (strcmp(str_text(&m->type), "nsfs") != 0 || file == 0)
		return;
	e = known(f, 0, file);
	if (e == NULL)
		e = add_entry(f, 0, file);
	if (e->path == NULL)
		e->path = arena_strdup(&f->list->arena, point);
	for (size_t i = 0; i < ARRAY_LEN(folders) && e->name == NULL; i++) {
		if (strncmp(point, folders[i], strlen(folders[i])) == 0)
			e->name = arena_strdup(&f->list->arena, point + strlen(folders[i]));
	}
}

static void see_mounts(struct find *f)
{
	struct str text = { 0 };
	struct mount m = { 0 };
	size_t at = 0;

	if (file_read_at(AT_FDCWD, "/proc/thread-self/mountinfo", &text, TABLE_MAX) == 0) {
		while (mount_next(str_text(&text), text.len, &at, &m))
			see_mount(f, &m);
	}
	mount_free(&m);
	str_free(&text);
}

/* The container or the unit of process PID, or its command name and number. */
static const char *name_process(struct netns_list *l, pid_t pid)
{
	struct str text = { 0 }, name = { 0 };
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (file_read_at(AT_FDCWD, path, &text, CGROUP_MAX) < 0)
		str_reset(&text);
	for (char *line = text.s, *rest; line != NULL && name.len == 0; line = rest) {
		const char *group;

		rest = strchr(line, '\n');
		if (rest != NULL)
			*rest++ = '\0';
		/* "0::/path", or "4:memory:/path" of the first version. */
		group = strchr(line, ':');
		group = group != NULL ? strchr(group + 1, ':') : NULL;
		if (group != NULL && !cgroup_container(group + 1, &name))
			cgroup_unit(group + 1, &name);
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (name.len == 0 && file_read_at(AT_FDCWD, path, &text, CGROUP_MAX) == 0)
		str_addf(&name, "%.*s:%d", (int)strcspn(str_text(&text), "\n"), str_text(&text),
			 (int)pid);
	if (name.len == 0)
		str_addf(&name, "%d", (int)pid);

	const char *copy = arena_strdup(&l->arena, str_text(&name));

	str_free(&text);
	str_free(&name);
	return copy;
}

static void name_entry(struct netns_list *l, struct netns_entry *e, uint64_t first_key)
{
	if (e->key != 0 && e->key == first_key)
		e->name = "host";
	else if (e->name == NULL && e->holder != 0)
		e->name = name_process(l, e->pid != 0 ? e->pid : e->holder);
	else if (e->name == NULL && e->path != NULL && strncmp(e->path, "/proc/", 6) != 0)
		e->name = strrchr(e->path, '/') + 1;
	else if (e->name == NULL)
		e->name = arena_printf(&l->arena, "net:[%llu]", (unsigned long long)e->file);
}

static int compare_entries(const void *a, const void *b)
{
	const struct netns_entry *x = a, *y = b;
	int names = strcmp(x->name, y->name);

	if (x->own != y->own)
		return x->own ? -1 : 1;
	if (names != 0)
		return names;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Names for all, each only once; then the order. */
static void name_entries(struct netns_list *l)
{
	uint64_t own = netns_key("/proc/thread-self"), first = netns_key("/proc/1");
	struct strmap seen = strmap_make(0);

	for (size_t i = 0; i < l->entries.len; i++) {
		struct netns_entry *e = &VEC_AT(&l->entries, struct netns_entry, i);

		e->own = own != 0 && e->key == own;
		name_entry(l, e, first);
	}
	if (l->entries.len > 0)
		qsort(l->entries.data, l->entries.len, sizeof(struct netns_entry),
		      compare_entries);
	for (size_t i = 0; i < l->entries.len; i++) {
		struct netns_entry *e = &VEC_AT(&l->entries, struct netns_entry, i);
		bool is_new;

		strmap_put(&seen, e->name, &is_new);
		if (is_new)
			continue;
		e->name = arena_printf(&l->arena, "%s:%llu", e->name,
				       (unsigned long long)(e->pid != 0 ? (uint64_t)e->pid
									: e->file));
		strmap_put(&seen, e->name, NULL);
	}
	strmap_free(&seen);
}

static int look_key(void *arg)
{
	*(uint64_t *)arg = netns_key("/proc/thread-self");
	return 0;
}

/* Opens every entry once: what can be neither entered nor seen is known then, and the key of what
 * no process shows. Two that turn out to be the same are one. */
static void try_entries(struct find *f)
{
	struct netns_list *l = f->list;
	size_t kept = 0;

	map_reset(&f->by_key);
	for (size_t i = 0; i < l->entries.len; i++) {
		struct netns_entry e = VEC_AT(&l->entries, struct netns_entry, i);
		struct netns *ns = NULL;
		struct str why = { 0 };

		e.name = e.name != NULL ? e.name : "";
		e.error = -netns_entry_open(&e, &ns, &why);
		if (e.error == 0 && e.key == 0 && netns_run(ns, look_key, &e.key) < 0)
			e.key = 0;
		netns_close(ns);
		str_free(&why);
		e.name = e.name[0] != '\0' ? e.name : NULL;

		const uint32_t *twin = e.key != 0 ? map_get(&f->by_key, &e.key) : NULL;

		if (twin != NULL) {
			struct netns_entry *first = entry_at(f, *twin);

			first->name = first->name != NULL ? first->name : e.name;
			continue;
		}
		/* One that ended meanwhile has nothing to show. */
		if (e.error == ESRCH || e.error == ENOENT)
			continue;
		if (e.key != 0)
			*(uint32_t *)map_put(&f->by_key, &e.key, NULL) = (uint32_t)kept;
		VEC_AT(&l->entries, struct netns_entry, kept++) = e;
	}
	l->entries.len = kept;
}

static int read_list(struct netns_list *out)
{
	struct find f = { .list = out, .by_key = MAP_OF(uint64_t, uint32_t),
			  .by_file = MAP_OF(uint64_t, uint32_t) };
	char *buffer = xmalloc(WALK_BUFFER);
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = fd < 0 ? -errno : 0;

	*out = (struct netns_list){ .entries = VEC_OF(struct netns_entry) };
	f.task_buffer = xmalloc(WALK_BUFFER);
	f.fd_buffer = xmalloc(WALK_BUFFER);
	if (ret == 0)
		ret = walk_numbers(fd, buffer, 0, see_process, &f);
	if (ret == 0) {
		see_mounts(&f);
		ret = lseek(fd, 0, SEEK_SET) < 0 ? -errno
						 : walk_numbers(fd, buffer, 0, see_held, &f);
	}
	if (ret == 0) {
		try_entries(&f);
		name_entries(out);
	}
	if (fd >= 0)
		close(fd);
	free(buffer);
	free(f.task_buffer);
	free(f.fd_buffer);
	map_free(&f.by_key);
	map_free(&f.by_file);
	if (ret < 0)
		netns_list_free(out);
	return ret;
}

int netns_list_read(struct netns_list *out)
{
	uint64_t before = privilege_raise(PRIVILEGE_PROCESSES);
	int ret = read_list(out);

	privilege_lower(before);
	return ret;
}

const struct netns_entry *netns_list_find(const struct netns_list *l, const char *name)
{
	for (size_t i = 0; i < l->entries.len; i++) {
		const struct netns_entry *e = &VEC_AT(&l->entries, const struct netns_entry, i);

		if (strcmp(e->name, name) == 0)
			return e;
	}
	return NULL;
}

int netns_entry_open(const struct netns_entry *e, struct netns **out, struct str *why)
{
	if (e->pid != 0)
		return netns_open_pid(e->pid, e->name, out, why);
	if (e->path != NULL) {
		/* A path that the kernel has told: a mount, or a descriptor of a process. */
		uint64_t before = privilege_raise(PRIVILEGE_PROCESSES);
		int ret = netns_open_path(e->path, e->name, out, why);

		privilege_lower(before);
		return ret;
	}
	str_addf(why, "network namespace %s is only seen through threads that must not be looked at",
		 e->name);
	return -EACCES;
}

void netns_list_free(struct netns_list *l)
{
	vec_free(&l->entries);
	arena_free(&l->arena);
}
