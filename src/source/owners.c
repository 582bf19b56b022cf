// SPDX-License-Identifier: MIT
#include "source/owners.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/owners_collect.h"
#include "source/owners_parse.h"
#include "source/owners_read.h"
#include "source/owners_visit.h"
#include "source/users.h"

/** A worker has up to this many descriptors open at a time. */
#define WORKER_FDS 3

/** One search. */
struct scan {
	struct search search;
	/** struct visit. */
	struct vec visits;
	/** The next visit that nobody makes yet. */
	_Atomic size_t next;
	struct worker workers[OWNERS_THREADS_MAX];
	unsigned threads;
};

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

/** Makes all visits, and leaves them by rising pid. The calling thread works too, so fewer threads
 *  than asked for do no harm. */
static void run_visits(struct scan *s)
{
	struct thread threads[OWNERS_THREADS_MAX];
	pthread_t ids[OWNERS_THREADS_MAX];
	unsigned started = 0;
	sigset_t all, old;

	atomic_store(&s->next, 0);
	sort_visits(s, compare_size);
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; i < s->threads; i++)
		threads[i] = (struct thread){ s, &s->workers[i] };
	while (started + 1 < s->threads &&
	       pthread_create(&ids[started], NULL, thread_main, &threads[started + 1]) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
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

	for (int64_t left = fds; left > 2 * VISIT_PIECE; left -= VISIT_PIECE) {
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
	cpu_set_t cpus;

	if (!threads)
		threads = sched_getaffinity(0, sizeof(cpus), &cpus) == 0
				  ? (unsigned)CPU_COUNT(&cpus)
				  : 1;
	if (threads > OWNERS_THREADS_MAX)
		threads = OWNERS_THREADS_MAX;
	/* Few descriptors: better slow than short. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 16 + threads * WORKER_FDS)
		threads = 1;
	return threads;
}

/** Lists the processes and plans the visits to them. 0 or -errno. */
static int plan(struct scan *s, const char *proc, unsigned threads)
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

static void end(struct scan *s)
{
	for (unsigned i = 0; i < s->threads; i++) {
		worker_free(&s->workers[i]);
		arena_free(&s->workers[i].arena);
	}
	vec_free(&s->visits);
	map_free(&s->search.unix_sockets);
	if (s->search.proc_fd >= 0)
		close(s->search.proc_fd);
}

/** What the visits came to. */
struct tally {
	uint64_t broken, unsure_threads;
	/** The first error that was not one of rights. */
	int error;
};

/** Adds what came of one visit to T and to what is known of its process. */
static void count_visit(const struct visit *v, struct tally *t, bool *seen, bool *refused,
			bool *broken)
{
	t->unsure_threads += v->unsure_threads;
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

/** Counts processes: a process in pieces once, by its worst piece. */
static struct tally count_results(const struct scan *s, struct owners *out)
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

/** Names the users. */
static void name_users(struct owners *out)
{
	for (size_t i = 0; i < out->processes.len; i++) {
		struct process *p = &VEC_AT(&out->processes, struct process, i);
		const char *name = p->uid == UINT32_MAX ? NULL : users_name(p->uid);

		if (name)
			p->user = arena_strdup(&out->arena, name);
		else if (p->uid != UINT32_MAX)
			p->user = arena_printf(&out->arena, "%u", p->uid);
	}
}

static bool has_both_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) == 0 &&
	       data[0].effective & CAP_TO_MASK(CAP_SYS_PTRACE) &&
	       data[0].effective & CAP_TO_MASK(CAP_DAC_READ_SEARCH);
}

static void note_error(int err, const char *what, struct notes *notes)
{
	struct rlimit limit;

	if (err == -EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0)
		notes_set(notes, "broken search",
			  "%s: too many open files: RLIMIT_NOFILE is %llu (ulimit -n)", what,
			  (unsigned long long)limit.rlim_cur);
	else
		notes_set(notes, "broken search", "%s: %s", what, strerror(-err));
}

/** Says what could not be seen. */
static void note_coverage(const struct scan *s, const struct tally *t, const struct owners *out,
			  struct notes *notes)
{
	const struct map *wanted = s->search.wanted;
	unsigned long long refused = out->unreadable - t->broken, seen = out->seen;
	struct str text = { 0 };

	if (wanted)
		str_addf(&text, "holders found for %zu of %zu sockets: ", out->sockets.len,
			 wanted->len);
	if (t->broken) {
		str_addf(&text, "%llu of %llu processes could not be searched",
			 (unsigned long long)t->broken, seen);
		note_error(t->error, text.s, notes);
	}
	if (refused && has_both_capabilities())
		notes_set(notes, "unreadable",
			  "%s%llu of %llu processes may not be read, in spite of CAP_SYS_PTRACE and "
			  "CAP_DAC_READ_SEARCH (a security module or a user namespace forbids it)",
			  t->broken ? "" : str_text(&text), refused, seen);
	else if (refused)
		notes_set(notes, "unreadable",
			  "%s%llu of %llu processes may not be read; CAP_SYS_PTRACE and "
			  "CAP_DAC_READ_SEARCH (or root) would allow it",
			  t->broken ? "" : str_text(&text), refused, seen);
	if (out->hidden)
		notes_add(notes, "processes of other users do not show in /proc (hidepid): who of them "
				 "holds sockets is unknown");
	if (t->unsure_threads && wanted && out->sockets.len < wanted->len)
		notes_set(notes, "unsure threads",
			  "%llu threads could not be compared with their process (kcmp is refused): "
			  "descriptors that only such a thread has may be missing",
			  (unsigned long long)t->unsure_threads);
	str_free(&text);
}

int owners_scan(const char *proc, const struct map *wanted, unsigned threads, struct owners *out,
		struct notes *notes)
{
	struct scan s = {
		.search = { .proc_fd = -1, .wanted = wanted },
		.visits = VEC_OF(struct visit),
	};
	struct tally tally;
	int ret;

	owners_init(out);
	if (wanted && !wanted->len) {
		out->searched = true;
		return 0;
	}
	ret = plan(&s, proc, threads);
	if (ret) {
		if (ret == -ENOENT)
			notes_add(notes, "%s shows no processes, so the holders of sockets are unknown: "
					 "mount -t proc proc /proc", proc);
		else
			note_error(ret, "the holders of sockets are unknown", notes);
		end(&s);
		return ret;
	}
	/* Every PID namespace has a process 1. */
	out->hidden = VEC_AT(&s.visits, struct visit, 0).pid != 1;
	run_visits(&s);
	owners_collect(&s.visits, s.workers, s.threads, out);
	tally = count_results(&s, out);
	name_users(out);
	note_coverage(&s, &tally, out, notes);
	out->searched = !tally.error;
	end(&s);
	return 0;
}

/** Adds the AF_UNIX sockets of the network namespace of process PID, unless it is in SEEN. */
static void add_unix_sockets(struct scan *s, pid_t pid, struct map *seen, struct str *text)
{
	char path[32];
	struct stat st;
	size_t at = 0;
	uint64_t inode;
	bool is_new;

	/* Each namespace has a file of its own behind this path, which anybody may read. */
	snprintf(path, sizeof(path), "%d/net/unix", pid);
	if (fstatat(s->search.proc_fd, path, &st, 0) < 0)
		return;
	inode = st.st_ino;
	map_put(seen, &inode, &is_new);
	if (!is_new || read_text(s->search.proc_fd, path, text, UNIX_MAX) != 0 || !text->len)
		return;
	while (owners_next_unix(text->s, text->len, &at, &inode))
		map_put(&s->search.unix_sockets, &inode, NULL);
}

/** Finds the AF_UNIX sockets of all network namespaces that have a process. */
static void find_unix_sockets(struct scan *s)
{
	struct map seen = map_make(sizeof(uint64_t), 0);
	struct str text = { 0 };

	s->search.unix_sockets = map_make(sizeof(uint64_t), 0);
	for (size_t i = 0; i < s->visits.len; i++) {
		const struct visit *v = &VEC_AT(&s->visits, const struct visit, i);

		if (v->first_fd == 0)
			add_unix_sockets(s, v->pid, &seen, &text);
	}
	map_free(&seen);
	str_free(&text);
}

int owners_scan_flight(const char *proc, unsigned threads, struct owners *out, struct notes *notes)
{
	struct scan s = {
		.search = { .proc_fd = -1, .aim = VISIT_FLIGHT },
		.visits = VEC_OF(struct visit),
	};
	struct owners unused = { 0 };
	int ret = plan(&s, proc, threads), error = ret;

	if (!ret) {
		find_unix_sockets(&s);
		run_visits(&s);
		out->in_flight = owners_count_flight(&s.visits, s.workers);
		/* Who may not be read is counted by the search for holders. */
		error = count_results(&s, &unused).error;
		out->in_flight_searched = !error;
	}
	if (error)
		note_error(error, "messages on their way (SCM_RIGHTS) were not searched", notes);
	end(&s);
	return ret;
}
