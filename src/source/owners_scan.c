// SPDX-License-Identifier: MIT
#include "source/owners_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"
#include "source/owners_bpf.h"
#include "source/owners_parse.h"
#include "source/owners_read.h"

/** A worker has up to this many descriptors open at a time. */
#define WORKER_FDS 3

/** From so many descriptors on, loading a program into the kernel takes less time than reading
 *  their links. */
#define MANY_FDS 10000

/** From so many descriptors a process on, it pays to have each process listed by itself. */
#define LARGE_TABLES 64

struct thread {
	struct scan *scan;
	struct worker *worker;
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	for (;;) {
		size_t i = atomic_fetch_add(&t->scan->next, 1);

		if (i >= t->scan->visits.len)
			return NULL;
		worker_visit(t->worker, &VEC_AT(&t->scan->visits, struct visit, i));
	}
}

/** Large tables first: a thread that starts one last would leave the others idle. */
static int compare_size(const void *a, const void *b)
{
	const struct visit *x = a, *y = b;

	if (x->fds != y->fds)
		return (x->fds < y->fds) - (x->fds > y->fds);
	if (x->pid != y->pid)
		return (x->pid > y->pid) - (x->pid < y->pid);
	return (x->first_fd > y->first_fd) - (x->first_fd < y->first_fd);
}

static int compare_pid(const void *a, const void *b)
{
	const struct visit *x = a, *y = b;

	if (x->pid != y->pid)
		return (x->pid > y->pid) - (x->pid < y->pid);
	return (x->first_fd > y->first_fd) - (x->first_fd < y->first_fd);
}

static void sort_visits(struct scan *s, int (*compare)(const void *a, const void *b))
{
	if (s->visits.len)
		qsort(s->visits.data, s->visits.len, sizeof(struct visit), compare);
}

/* The calling thread works too: fewer threads than asked for do no harm. */
void scan_run(struct scan *s)
{
	struct thread threads[OWNERS_THREADS_MAX];
	pthread_t ids[OWNERS_THREADS_MAX];
	unsigned started = 0;

	atomic_store(&s->next, 0);
	sort_visits(s, compare_size);
	for (unsigned i = 0; i < s->threads; i++)
		threads[i] = (struct thread){ s, &s->workers[i] };
	while (started + 1 < s->threads &&
	       thread_start(&ids[started], thread_main, &threads[started + 1]) == 0)
		started++;
	thread_main(&threads[0]);
	while (started)
		pthread_join(ids[--started], NULL);
	sort_visits(s, compare_pid);
}

static int64_t count_fds(const struct scan *s, const char *process)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/fd", process);
	return fstatat(s->search.proc_fd, path, &st, 0) == 0 ? (int64_t)st.st_size : -1;
}

/** Plans the visit to a process, or one to each piece of its table where that is large. */
static int plan_visit(void *arg, int32_t pid, const char *name)
{
	struct scan *s = arg;
	int64_t fds = s->search.sizes ? count_fds(s, name) : -1;
	int32_t first = 0;

	for (int64_t left = fds; left > (int64_t)2 * VISIT_PIECE; left -= VISIT_PIECE) {
		struct visit *v = vec_push(&s->visits);

		*v = (struct visit){ .pid = pid, .first_fd = first, .fds = fds };
		first += VISIT_PIECE;
		v->last_fd = first - 1;
	}
	*(struct visit *)vec_push(&s->visits) =
		(struct visit){ .pid = pid, .first_fd = first, .last_fd = INT32_MAX, .fds = fds };
	return 0;
}

/** fdinfo's mnt_id of sockets, seen on one of our own; 0 where it cannot be seen. */
static uint64_t find_socket_mount(int proc_fd)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct fdinfo info = { 0 };
	struct str text = { 0 };
	char path[48];

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "self/fdinfo/%d", fd);
	if (read_text(proc_fd, path, &text, FDINFO_MAX) == 0 && text.len)
		owners_parse_fdinfo(text.s, text.len, &info);
	str_free(&text);
	close(fd);
	return info.inode ? info.mount : 0;
}

static unsigned choose_threads(unsigned threads)
{
	struct rlimit limit;

	if (!threads)
		threads = thread_processors();
	if (threads > OWNERS_THREADS_MAX)
		threads = OWNERS_THREADS_MAX;
	/* Few descriptors: better slow than short. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 16 + threads * WORKER_FDS)
		threads = 1;
	return threads;
}

int scan_plan(struct scan *s, const char *proc, unsigned threads)
{
	char *buffer;
	int ret;

	s->search.proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->search.proc_fd < 0)
		return -errno;
	s->search.sizes = count_fds(s, "self") > 0;
	s->search.socket_mount = find_socket_mount(s->search.proc_fd);
	buffer = xmalloc(WALK_BUFFER);
	ret = walk_numbers(s->search.proc_fd, buffer, 0, plan_visit, s);
	free(buffer);
	sort_visits(s, compare_pid);
	if (!ret && !s->visits.len)
		ret = -ENOENT;
	s->threads = choose_threads(threads);
	for (unsigned i = 0; i < s->threads; i++)
		worker_init(&s->workers[i], &s->search, i);
	return ret;
}

/** Descriptors of all processes; *PROCESSES is how many these are. */
static int64_t total_fds(const struct scan *s, int64_t *processes)
{
	int64_t total = 0;

	*processes = 0;
	for (size_t i = 0; i < s->visits.len; i++) {
		const struct visit *v = &VEC_AT(&s->visits, const struct visit, i);

		if (v->first_fd)
			continue;
		++*processes;
		if (v->fds > 0)
			total += v->fds;
	}
	return total;
}

/** Points V to its files, which start at number *AT of the list, and moves *AT behind them. */
static void give_files(const struct scan *s, struct visit *v, size_t *at)
{
	size_t first = *at;

	while (*at < s->files.len && VEC_AT(&s->files, struct open_file, *at).pid == v->pid)
		++*at;
	v->file_count = *at - first;
	v->files = v->file_count ? &VEC_AT(&s->files, const struct open_file, first) : NULL;
}

/** Plans the visits anew by what the kernel listed: no table in pieces, and a process that came
 *  after the first list. */
static void plan_by_files(struct scan *s)
{
	struct vec visits = VEC_OF(struct visit);
	size_t at = 0;

	for (size_t i = 0; i < s->visits.len || at < s->files.len;) {
		const struct visit *old = i < s->visits.len ? &VEC_AT(&s->visits, struct visit, i) : NULL;
		pid_t next = at < s->files.len ? VEC_AT(&s->files, struct open_file, at).pid : 0;
		struct visit v = { .last_fd = INT32_MAX, .fds = -1 };

		v.pid = old && (!next || old->pid <= next) ? old->pid : next;
		for (; i < s->visits.len && VEC_AT(&s->visits, struct visit, i).pid == v.pid; i++)
			v.fds = VEC_AT(&s->visits, struct visit, i).fds;
		give_files(s, &v, &at);
		vec_add(&visits, &v);
	}
	vec_free(&s->visits);
	s->visits = visits;
}

void scan_list_files(struct scan *s, const struct map *inodes)
{
	int64_t processes, fds = s->search.sizes ? total_fds(s, &processes) : 0;
	int program;

	if (fds < MANY_FDS)
		return;
	program = owners_bpf_load();
	if (program < 0)
		return;
	s->files = VEC_OF(struct open_file);
	/* Side by side, and nothing needs to be kept. */
	if (s->threads > 1 && fds / processes >= LARGE_TABLES && owners_bpf_by_process(program)) {
		s->search.by_process = true;
		s->search.program = program;
		plan_by_files(s);
		return;
	}
	s->search.listed = owners_bpf_read(program, inodes, &s->files) == 0;
	close(program);
	if (s->search.listed)
		plan_by_files(s);
	else
		vec_free(&s->files);
}

void scan_end(struct scan *s)
{
	for (unsigned i = 0; i < s->threads; i++) {
		worker_free(&s->workers[i]);
		arena_free(&s->workers[i].arena);
	}
	vec_free(&s->visits);
	vec_free(&s->files);
	map_free(&s->search.unix_sockets);
	if (s->search.by_process)
		close(s->search.program);
	if (s->search.proc_fd >= 0)
		close(s->search.proc_fd);
}

/** Adds what came of one visit to T and to what is known of its process. */
static void count_visit(const struct visit *v, struct tally *t, bool *seen, bool *refused,
			bool *broken)
{
	t->unsure_threads += v->unsure_threads;
	t->vague += v->vague != 0;
	if (v->vague && !t->vague_error)
		t->vague_error = v->vague;
	if (v->result == -ENOENT || v->result == -ECHILD)
		return;
	*seen = true;
	if (v->result == -EACCES)
		*refused = true;
	else if (v->result)
		*broken = true;
	if (*broken && !t->error)
		t->error = v->result;
}

struct tally scan_tally(const struct scan *s, struct owners *out)
{
	const struct visit *v = s->visits.data, *end = v + s->visits.len;
	struct tally t = { 0 };

	while (v < end) {
		bool seen = false, refused = false, broken = false;
		pid_t pid = v->pid;

		for (; v < end && v->pid == pid; v++)
			count_visit(v, &t, &seen, &refused, &broken);
		out->seen += seen;
		out->unreadable += refused || broken;
		t.broken += broken;
	}
	return t;
}
