// SPDX-License-Identifier: MIT
#include "source/owners_visit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/owners_parse.h"
#include "source/owners_read.h"

/** How often the fdinfo of a ring is read again while the ring is locked. */
#define RING_TRIES 20

/** From so many descriptors on, an iterator of its own takes less time than reading the links. */
#define WORTH_LISTING 32

/** A descriptor table on its way through a visit. */
struct table {
	struct worker *w;
	struct visit *v;
	/** The process's folder; the table's ("fd", "task/TID/fd"). */
	int dir_fd, fd;
	/** Where fdinfo of the table is, relative to the process's folder. */
	const char *info;
	pid_t tid;
	/** Descriptors seen. */
	uint64_t seen;
};

void worker_init(struct worker *w, const struct search *search, unsigned index)
{
	*w = (struct worker){
		.search = search,
		.index = index,
		.finds = VEC_OF(struct find),
		.rings = VEC_OF(int32_t),
		.tids = VEC_OF(pid_t),
		.tables = VEC_OF(pid_t),
		.entries = xmalloc(WALK_BUFFER),
	};
}

void worker_free(struct worker *w)
{
	vec_free(&w->finds);
	vec_free(&w->rings);
	vec_free(&w->tids);
	vec_free(&w->tables);
	str_free(&w->text);
	str_free(&w->path);
	free(w->entries);
}

static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

static bool is_refused(int err)
{
	return err == -EACCES || err == -EPERM;
}

static bool is_wanted(const struct search *s, uint64_t inode)
{
	return !s->wanted || map_get(s->wanted, &inode);
}

static void add_find(struct worker *w, uint64_t inode, int32_t fd, pid_t tid,
		     enum holder_kind kind, uint64_t files)
{
	struct find *f = vec_push(&w->finds);

	*f = (struct find){ .inode = inode, .files = files, .fd = fd, .tid = tid, .kind = kind };
}

static enum holder_kind table_kind(const struct table *t)
{
	return t->tid == t->v->pid ? HOLDER_FD : HOLDER_THREAD;
}

/** Reads fdinfo of descriptor FD of table T into W's text. */
static int read_fdinfo(const struct table *t, int32_t fd, size_t max)
{
	struct worker *w = t->w;

	str_reset(&w->path);
	str_addf(&w->path, "%s/%d", t->info, fd);
	return read_text(t->dir_fd, w->path.s, &w->text, max);
}

/** A socket may carry others: in messages that wait in it. */
static int look_inside(struct table *t, uint64_t inode, int32_t fd)
{
	struct fdinfo info;
	int ret = read_fdinfo(t, fd, FDINFO_MAX);

	if (ret)
		return is_gone(ret) ? 0 : ret;
	owners_parse_fdinfo(t->w->text.s, t->w->text.len, &info);
	if (info.scm_fds)
		add_find(t->w, inode, fd, t->tid, table_kind(t), info.scm_fds);
	return 0;
}

static int found_socket(struct table *t, uint64_t inode, int32_t fd)
{
	const struct search *s = t->w->search;

	if (s->aim == VISIT_FLIGHT)
		return map_get(&s->unix_sockets, &inode) ? look_inside(t, inode, fd) : 0;
	if (is_wanted(s, inode))
		add_find(t->w, inode, fd, t->tid, table_kind(t), 0);
	return 0;
}

static int each_link(void *arg, int32_t fd, const char *name)
{
	struct table *t = arg;
	char link[64];
	uint64_t inode;
	ssize_t n;

	if (fd > t->v->last_fd)
		return 1;
	n = readlinkat(t->fd, name, link, sizeof(link));
	if (n < 0)
		return is_gone(-errno) ? 0 : -errno;
	t->seen++;
	if (owners_parse_socket(link, (size_t)n, &inode))
		return found_socket(t, inode, fd);
	if (t->w->search->aim == VISIT_HOLDERS && owners_is_ring(link, (size_t)n))
		vec_add(&t->w->rings, &fd);
	return 0;
}

/** The sockets among the registered files that the fdinfo in W's text shows. */
static void add_user_files(struct table *t, int32_t ring)
{
	struct worker *w = t->w;
	uint64_t inode;
	size_t at = 0;

	while (owners_next_user_file(w->text.s, w->text.len, &at, &inode))
		if (is_wanted(w->search, inode))
			add_find(w, inode, ring, t->v->pid, HOLDER_IO_URING, 0);
}

/** The files that a ring holds without a descriptor. */
static int visit_ring(struct table *t, int32_t ring)
{
	struct worker *w = t->w;

	for (int i = 0; i < RING_TRIES; i++) {
		int ret = read_fdinfo(t, ring, RING_MAX);

		if (ret)
			return is_gone(ret) ? 0 : ret;
		if (owners_shows_user_files(w->text.s, w->text.len))
			break;
		sched_yield();
	}
	add_user_files(t, ring);
	return 0;
}

/** Where links may not be read but fdinfo may (CAP_SYS_PTRACE alone: kernel-facts 6), it says which
 *  file a descriptor is. */
static int each_info(void *arg, int32_t fd, const char *name)
{
	struct table *t = arg;
	const struct search *s = t->w->search;
	struct fdinfo info;
	int ret;

	(void)name;
	if (fd > t->v->last_fd)
		return 1;
	ret = read_fdinfo(t, fd, RING_MAX);
	if (ret)
		return is_gone(ret) ? 0 : ret;
	t->seen++;
	owners_parse_fdinfo(t->w->text.s, t->w->text.len, &info);
	if (info.mount == s->socket_mount && s->aim == VISIT_HOLDERS)
		return found_socket(t, info.inode, fd);
	if (info.mount == s->socket_mount && info.scm_fds)
		add_find(t->w, info.inode, fd, t->tid, table_kind(t), info.scm_fds);
	else if (s->aim == VISIT_HOLDERS)
		add_user_files(t, fd);
	return 0;
}

static int walk_table(struct table *t, const char *path,
		      int (*each)(void *arg, int32_t fd, const char *name))
{
	int ret;

	vec_reset(&t->w->rings);
	t->fd = openat(t->dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	ret = walk_numbers(t->fd, t->w->entries, t->v->first_fd, each, t);
	close(t->fd);
	for (size_t i = 0; i < t->w->rings.len && ret >= 0; i++)
		ret = visit_ring(t, VEC_AT(&t->w->rings, int32_t, i));
	return ret < 0 ? ret : 0;
}

/** Takes one descriptor of the table of a process as the kernel listed it; threads with a table of
 *  their own are looked at later. */
static int each_file(void *arg, const struct open_file *f)
{
	struct table *t = arg;

	if (f->tid != t->v->pid)
		return 0;
	if (f->kind == OPEN_SOCKET)
		return found_socket(t, f->inode, f->fd);
	if (t->w->search->aim == VISIT_HOLDERS)
		vec_add(&t->w->rings, &f->fd);
	return 0;
}

/** Has the kernel list the table of the process itself. 0 or -errno. */
static int list_table(struct table *t)
{
	struct stat st;
	int ret;

	vec_reset(&t->w->rings);
	ret = owners_bpf_list(t->w->search->program, t->v->pid, each_file, t);
	/* The number is that of this process as long as it is there. */
	if (!ret && fstatat(t->dir_fd, "stat", &st, 0) < 0)
		ret = -errno;
	for (size_t i = 0; i < t->w->rings.len && !ret; i++)
		ret = visit_ring(t, VEC_AT(&t->w->rings, int32_t, i));
	return ret;
}

/** Both ways into a table. */
static int visit_table(struct table *t, const char *path)
{
	size_t before = t->w->finds.len;
	int ret = walk_table(t, path, each_link);

	if (!is_refused(ret) || !t->w->search->socket_mount)
		return ret;
	t->w->finds.len = before;
	t->seen = 0;
	return walk_table(t, t->info, each_info);
}

/** Takes the table of a process: the kernel's list where that is quicker. */
static int visit_leader(struct table *t)
{
	size_t before = t->w->finds.len;

	if (t->w->search->by_process && t->v->fds >= WORTH_LISTING) {
		if (list_table(t) == 0)
			return 0;
		t->w->finds.len = before;
	}
	return visit_table(t, "fd");
}

static int each_tid(void *arg, int32_t tid, const char *name)
{
	struct vec *tids = arg;

	(void)name;
	vec_add(tids, &tid);
	return 0;
}

/** Lists the threads of the process at DIR_FD into W's tids; none where there is only the
 *  leader. */
static int list_threads(struct worker *w, int dir_fd)
{
	struct stat st;
	int fd, ret;

	vec_reset(&w->tids);
	/* The link count of "task" is 2 and the threads (fs/proc/base.c, proc_task_getattr()). */
	if (fstatat(dir_fd, "task", &st, 0) < 0)
		return -errno;
	if (st.st_nlink == 3)
		return 0;
	fd = openat(dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = walk_numbers(fd, w->entries, 0, each_tid, &w->tids);
	close(fd);
	return ret;
}

/** 0 where threads A and B have one descriptor table, 1 where they do not, or -errno. */
static int compare_tables(pid_t a, pid_t b)
{
	long ret = syscall(SYS_kcmp, (long)a, (long)b, (long)KCMP_FILES, 0L, 0L);

	return ret < 0 ? -errno : ret != 0;
}

static int64_t table_size(int dir_fd, const char *path)
{
	struct stat st;

	return fstatat(dir_fd, path, &st, 0) == 0 ? (int64_t)st.st_size : -1;
}

/** True where thread TID has a table that was not walked yet. Where kcmp(2) is refused (seccomp)
 *  two tables of the same size are taken for one, and counted as a doubt. */
static bool has_new_table(struct worker *w, struct visit *v, int dir_fd, pid_t tid)
{
	int differ = compare_tables(v->pid, tid);

	for (size_t i = 0; i < w->tables.len && differ > 0; i++)
		differ = compare_tables(VEC_AT(&w->tables, pid_t, i), tid);
	if (differ >= 0 || is_gone(differ))
		return differ > 0;
	str_reset(&w->path);
	str_addf(&w->path, "task/%d/fd", tid);
	if (table_size(dir_fd, w->path.s) != table_size(dir_fd, "fd"))
		return true;
	v->unsure_threads++;
	return false;
}

/** The tables that only a thread has: after unshare(CLONE_FILES), or because the leader is gone. */
static int visit_threads(struct worker *w, struct visit *v, int dir_fd)
{
	int first_error = 0, ret = list_threads(w, dir_fd);

	vec_reset(&w->tables);
	for (size_t i = 0; i < w->tids.len; i++) {
		pid_t tid = VEC_AT(&w->tids, pid_t, i);
		char path[48], info[48];
		struct table t = { .w = w, .v = v, .dir_fd = dir_fd, .info = info, .tid = tid };

		if (tid == v->pid || !has_new_table(w, v, dir_fd, tid))
			continue;
		vec_add(&w->tables, &tid);
		snprintf(path, sizeof(path), "task/%d/fd", tid);
		snprintf(info, sizeof(info), "task/%d/fdinfo", tid);
		ret = visit_table(&t, path);
		if (ret && !is_gone(ret) && !first_error)
			first_error = ret;
		if (v->fds <= 0)
			v->fds = (int64_t)t.seen;
	}
	return is_gone(ret) ? first_error : first_error ? first_error : ret;
}

/** True where the table of thread TID is not that of another thread which was taken already: a
 *  process whose leader is gone is listed with each of its threads. */
static bool is_own_table(struct worker *w, pid_t tid)
{
	for (size_t i = 0; i < w->tables.len; i++) {
		pid_t known = VEC_AT(&w->tables, pid_t, i);

		if (known == tid)
			return true;
		if (compare_tables(known, tid) == 0)
			return false;
	}
	vec_add(&w->tables, &tid);
	return true;
}

/** Takes one descriptor of a process at DIR_FD as the kernel listed it. */
static int take_file(struct worker *w, struct visit *v, int dir_fd, const struct open_file *f)
{
	char info[48] = "fdinfo", path[48];
	struct table t = { .w = w, .v = v, .dir_fd = dir_fd, .info = info, .tid = f->tid };

	if (f->tid != v->pid) {
		snprintf(info, sizeof(info), "task/%d/fdinfo", f->tid);
		snprintf(path, sizeof(path), "task/%d/fd", f->tid);
		if (v->fds <= 0)
			v->fds = table_size(dir_fd, path);
	}
	if (f->kind == OPEN_SOCKET)
		return found_socket(&t, f->inode, f->fd);
	return w->search->aim == VISIT_HOLDERS ? visit_ring(&t, f->fd) : 0;
}

/** Takes the descriptors of V as the kernel listed them: table by table. */
static int take_files(struct worker *w, struct visit *v, int dir_fd)
{
	pid_t passed_over = 0;
	int first_error = 0;

	vec_reset(&w->tables);
	for (size_t i = 0; i < v->file_count; i++) {
		const struct open_file *f = &v->files[i];
		int ret = 0;

		if (f->tid != v->pid && f->tid != passed_over && !is_own_table(w, f->tid))
			passed_over = f->tid;
		if (f->tid != passed_over)
			ret = take_file(w, v, dir_fd, f);
		if (ret && !first_error)
			first_error = ret;
	}
	return first_error;
}

static bool is_kernel_thread(struct worker *w, int dir_fd)
{
	struct task_stat stat;

	return read_text(dir_fd, "stat", &w->text, STAT_MAX) == 0 &&
	       owners_parse_stat(w->text.s, w->text.len, &stat) == 0 &&
	       stat.flags & TASK_KERNEL_THREAD;
}

/** Walks the tables of the process at DIR_FD. */
static int walk_process(struct worker *w, struct visit *v, int dir_fd)
{
	struct table t = { .w = w, .v = v, .dir_fd = dir_fd, .info = "fdinfo", .tid = v->pid };
	int ret = v->fds ? visit_leader(&t) : 0;

	if (v->fds < 0 && v->first_fd == 0 && v->last_fd == INT32_MAX && !ret)
		v->fds = (int64_t)t.seen;
	if (v->first_fd == 0 && !ret)
		ret = visit_threads(w, v, dir_fd);
	return ret;
}

static int visit_process(struct worker *w, struct visit *v, int dir_fd)
{
	int ret = w->search->listed ? take_files(w, v, dir_fd) : walk_process(w, v, dir_fd);

	/* Who has nothing, or does not show it, may be a kernel thread. */
	if (v->first_fd == 0 && (is_refused(ret) || v->fds <= 0) &&
	    w->search->aim == VISIT_HOLDERS && is_kernel_thread(w, dir_fd))
		return -ECHILD;
	return ret;
}

void worker_visit(struct worker *w, struct visit *v)
{
	char name[16];
	int dir_fd;

	v->worker = w->index;
	v->find_first = w->finds.len;
	v->find_count = 0;
	v->vague = 0;
	/* Listed, and nothing of it concerns us. Only whether it is a kernel thread is to be
	 * told. */
	if (w->search->listed && !v->file_count && v->fds) {
		v->result = 0;
		return;
	}
	snprintf(name, sizeof(name), "%d", v->pid);
	dir_fd = openat(w->search->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* The handle means this process: once it is gone, everything under it fails with ESRCH,
	 * also when its number has been given to another one. */
	v->result = dir_fd < 0 ? -errno : visit_process(w, v, dir_fd);
	v->find_count = w->finds.len - v->find_first;
	if (v->find_count && w->search->aim == VISIT_HOLDERS) {
		int ret = read_process(dir_fd, v->pid, &w->arena, &w->text, &v->process);

		v->vague = is_gone(ret) ? 0 : ret;
		v->process.fds_open = v->fds;
	}
	if (dir_fd >= 0)
		close(dir_fd);
	if (is_gone(v->result))
		v->result = -ENOENT;
	if (is_refused(v->result))
		v->result = -EACCES;
}
