// SPDX-License-Identifier: MIT
/* source/owners: the search over a made-up /proc (order, rings, what is counted, what is said) and
 * over the real one (our own sockets, a table in pieces, forked holders). */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/str.h"
#include "source/cgroup.h"
#include "source/owners.h"
#include "source/owners_bpf.h"

/** The made-up /proc. */
static char root[] = "/tmp/tcptriage-owners.XXXXXX";

static void path_of(char *out, const char *name)
{
	assert_true(snprintf(out, PATH_MAX, "%s/%s", root, name) < PATH_MAX);
}

static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	path_of(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void make_dir(const char *name)
{
	char path[PATH_MAX];

	path_of(path, name);
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

static void make_link(const char *target, const char *name)
{
	char path[PATH_MAX];

	path_of(path, name);
	assert_int_equal(symlink(target, path), 0);
}

/** Process PID with the links in TARGETS (NULL-terminated) as descriptors from 3 on. */
static void make_process(int pid, const char *const *targets)
{
	char name[64], text[256];

	snprintf(name, sizeof(name), "%d", pid);
	make_dir(name);
	snprintf(name, sizeof(name), "%d/fd", pid);
	make_dir(name);
	snprintf(name, sizeof(name), "%d/fdinfo", pid);
	make_dir(name);
	for (int i = 0; targets[i]; i++) {
		snprintf(name, sizeof(name), "%d/fd/%d", pid, i + 3);
		make_link(targets[i], name);
	}
	snprintf(name, sizeof(name), "%d/stat", pid);
	snprintf(text, sizeof(text), "%d (x) S 1 1 1 0 -1 %u 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", pid,
		 pid == 2 ? 0x200040u : 64u, pid * 10);
	write_file(name, text);
	snprintf(name, sizeof(name), "%d/comm", pid);
	write_file(name, "two\nlines\n");
	snprintf(name, sizeof(name), "%d/status", pid);
	write_file(name, "Name:\tx\nUid:\t5\t6\t7\t8\n");
	snprintf(name, sizeof(name), "%d/limits", pid);
	write_file(name, "Max open files            1024                 4096                 files\n");
	snprintf(name, sizeof(name), "%d/cgroup", pid);
	write_file(name, "0::/system.slice/x.service\n");
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static struct map set_of(const uint64_t *inodes, size_t n)
{
	struct map set = map_make(sizeof(uint64_t), 0);

	for (size_t i = 0; i < n; i++)
		map_put(&set, &inodes[i], NULL);
	return set;
}

static void empty_proc_is_told(void **state)
{
	const uint64_t inode = 5;
	struct map set = set_of(&inode, 1);
	struct notes notes = { 0 };
	struct owners o;

	(void)state;
	assert_int_equal(owners_scan(root, &set, 1, &o, &notes), -ENOENT);
	assert_false(o.searched);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.text[0], "mount -t proc"));
	owners_free(&o);
	assert_int_equal(owners_scan("/nonexistent/proc", &set, 1, &o, &notes), -ENOENT);
	owners_free(&o);
	notes_free(&notes);
	map_free(&set);
}

static void nobody_wanted_is_nobody_looked_at(void **state)
{
	struct map set = map_make(sizeof(uint64_t), 0);
	struct notes notes = { 0 };
	struct owners o;

	(void)state;
	assert_int_equal(owners_scan("/nonexistent/proc", &set, 1, &o, &notes), 0);
	assert_true(o.searched);
	assert_int_equal(o.seen, 0);
	owners_free(&o);
	map_free(&set);
}

/** Processes 1 (nothing), 2 (a kernel thread), 3 (nothing, no longer there in part), 10..59. */
static void make_processes(void)
{
	static const char *const none[] = { NULL }, *const files[] = { "/dev/null", "pipe:[5]", NULL };

	make_process(1, files);
	make_process(2, none);
	make_process(3, none);
	for (int pid = 10; pid < 60; pid++) {
		char own[32];
		const char *targets[] = { "socket:[5]", own, "anon_inode:[eventpoll]",
					  "/tmp/socket:[6]", "socket:[5]", NULL };

		snprintf(own, sizeof(own), "socket:[%d]", 1000 + pid);
		make_process(pid, targets);
	}
}

static void check_found(const struct owners *o)
{
	size_t count;
	const struct holder *h = owners_of(o, 5, &count);

	/* Each of the 50 has it twice. */
	assert_int_equal(count, 100);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(owners_process(o, &h[i])->pid, 10 + (pid_t)i / 2);
		assert_int_equal(h[i].fd, i % 2 ? 7 : 3);
		assert_int_equal(h[i].kind, HOLDER_FD);
	}
	h = owners_of(o, 1042, &count);
	assert_int_equal(count, 1);
	assert_int_equal(owners_process(o, h)->pid, 42);
	assert_null(owners_of(o, 1043, &count));
	assert_null(owners_of(o, 6, &count));
}

static void order_does_not_depend_on_threads(void **state)
{
	const uint64_t inodes[] = { 5, 6, 1042, 1099 };
	struct map set = set_of(inodes, ARRAY_LEN(inodes));
	const struct process *p;

	(void)state;
	make_processes();
	for (unsigned threads = 1; threads <= OWNERS_THREADS_MAX; threads++) {
		struct notes notes = { 0 };
		struct owners o;

		assert_int_equal(owners_scan(root, &set, threads, &o, &notes), 0);
		assert_true(o.searched);
		/* Without the kernel thread. */
		assert_int_equal(o.seen, 52);
		assert_int_equal(o.unreadable, 0);
		assert_false(o.hidden);
		assert_int_equal(o.processes.len, 50);
		assert_int_equal(notes.count, 0);
		check_found(&o);
		p = owners_by_pid(&o, 42);
		assert_string_equal(p->comm, "two\nlines");
		assert_string_equal(p->cmdline, "");
		assert_string_equal(p->cgroup, "/system.slice/x.service");
		assert_int_equal(p->uid, 6);
		assert_int_equal(p->ppid, 1);
		assert_int_equal(p->start, 420);
		assert_int_equal(p->fds_open, 5);
		assert_int_equal(p->fds_limit, 1024);
		owners_free(&o);
		notes_free(&notes);
	}
	map_free(&set);
}

static void registered_files_are_found(void **state)
{
	static const char *const ring[] = { "anon_inode:[io_uring]", NULL };
	const uint64_t inodes[] = { 77, 78 };
	struct map set = set_of(inodes, ARRAY_LEN(inodes));
	struct notes notes = { 0 };
	struct owners o;
	const struct holder *h;
	size_t count;

	(void)state;
	make_process(70, ring);
	write_file("70/fdinfo/3", "UserFiles:\t3\n    0: socket:[77]\n    1: socket:[77]\n"
				  "    2: socket:[79]\nUserBufs:\t0\n");
	assert_int_equal(owners_scan(root, &set, 1, &o, &notes), 0);
	h = owners_of(&o, 77, &count);
	assert_int_equal(count, 1);
	assert_int_equal(h->kind, HOLDER_IO_URING);
	assert_int_equal(h->fd, 3);
	assert_int_equal(owners_process(&o, h)->pid, 70);
	assert_null(owners_of(&o, 79, &count));
	owners_free(&o);
	notes_free(&notes);
	map_free(&set);
}

static void files_in_messages_are_counted_once(void **state)
{
	static const char *const ends[] = { "socket:[500]", "socket:[501]", "socket:[500]", NULL };
	struct notes notes = { 0 };
	struct owners o;

	(void)state;
	make_process(80, ends);
	make_dir("80/net");
	write_file("80/net/unix", "Num       RefCount Protocol Flags    Type St Inode Path\n"
				  "0: 00000003 00000000 00000000 0001 03 500\n");
	write_file("80/fdinfo/3", "ino:\t500\nscm_fds: 4\n");
	write_file("80/fdinfo/4", "ino:\t501\nscm_fds: 8\n");
	write_file("80/fdinfo/5", "ino:\t500\nscm_fds: 4\n");
	owners_init(&o);
	assert_int_equal(owners_scan_flight(root, 2, &o, &notes), 0);
	assert_true(o.in_flight_searched);
	/* 501 is no AF_UNIX socket. */
	assert_int_equal(o.in_flight, 4);
	owners_free(&o);
	notes_free(&notes);
}

static void broken_processes_are_counted(void **state)
{
	const uint64_t inode = 5;
	struct map set = set_of(&inode, 1);
	struct notes notes = { 0 };
	struct owners o;

	(void)state;
	make_dir("90");
	write_file("90/fd", "no folder\n");
	assert_int_equal(owners_scan(root, &set, 1, &o, &notes), 0);
	assert_false(o.searched);
	assert_int_equal(o.unreadable, 1);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.text[0], "could not be searched: Not a directory"));
	owners_free(&o);
	notes_free(&notes);
	map_free(&set);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

/** Enough for the kernel to be asked for its list, and for a table in pieces where it refuses. */
enum { LARGE = 11000 };

/** Searches the COUNT sockets of this process; true where every one was found as it is. */
static bool finds_all(const uint64_t *inodes, size_t n)
{
	struct map set = set_of(inodes, n);
	struct notes notes = { 0 };
	struct owners o;
	size_t count;
	bool right = owners_scan("/proc", &set, 4, &o, &notes) == 0 && o.sockets.len == n &&
		     o.processes.len == 1;
	const struct process *p = owners_by_pid(&o, getpid());

	right = right && p && p->ppid == getppid() && p->fds_open >= (int64_t)n;
	for (size_t i = 0; i < n && right; i++) {
		const struct holder *h = owners_of(&o, inodes[i], &count);
		struct stat st;

		right = count == 1 && h->kind == HOLDER_FD && fstat(h->fd, &st) == 0 &&
			st.st_ino == inodes[i];
	}
	owners_free(&o);
	notes_free(&notes);
	map_free(&set);
	return right;
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capset, &header, none) != 0)
		_exit(2);
}

/** With a list from the kernel where we may have one, and in a child without any right, which walks
 *  its own table in pieces. */
static void large_table_is_found_whole(void **state)
{
	struct rlimit limit;
	uint64_t *inodes = calloc(LARGE, sizeof(*inodes));
	int *fds = calloc(LARGE, sizeof(*fds)), status = -1;
	pid_t child;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < LARGE + 100)
		skip();
	for (int i = 0; i < LARGE; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_true(fds[i] >= 0);
		inodes[i] = inode_of(fds[i]);
	}
	assert_true(finds_all(inodes, LARGE));
	child = fork();
	if (child == 0) {
		uint64_t *own = calloc(LARGE, sizeof(*own));

		/* Sockets that the parent does not have. */
		for (int i = 0; i < LARGE; i++) {
			close(fds[i]);
			own[i] = inode_of(socket(AF_INET, SOCK_STREAM, 0));
		}
		drop_capabilities();
		_exit(finds_all(own, LARGE) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < LARGE; i++)
		close(fds[i]);
	free(fds);
	free(inodes);
}

/** Sockets of ours, how many of them were listed, and records that are of somebody else. */
struct listing {
	struct map ours;
	size_t found, foreign;
};

static int take_listed(void *arg, const struct open_file *f)
{
	struct listing *l = arg;

	l->foreign += f->pid != getpid() || f->tid != getpid();
	l->found += f->kind == OPEN_SOCKET && map_get(&l->ours, &f->inode) &&
		    inode_of(f->fd) == f->inode;
	return 0;
}

static int stop_at_once(void *arg, const struct open_file *f)
{
	(void)f;
	++*(int *)arg;
	return 7;
}

/** The kernel's list of one process is its table. */
static void kernel_lists_a_table(void **state)
{
	enum { COUNT = 3000 };
	static int fds[COUNT];
	struct listing l = { .ours = MAP_OF(uint64_t, char[0]) };
	int program = owners_bpf_load(), calls = 0;

	(void)state;
	if (program < 0)
		skip();
	for (int i = 0; i < COUNT; i++) {
		uint64_t inode;

		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(fds[i] >= 0);
		inode = inode_of(fds[i]);
		map_put(&l.ours, &inode, NULL);
	}
	if (owners_bpf_by_process(program)) {
		assert_int_equal(owners_bpf_list(program, getpid(), take_listed, &l), 0);
		assert_int_equal(l.found, COUNT);
		assert_int_equal(l.foreign, 0);
		assert_int_equal(owners_bpf_list(program, getpid(), stop_at_once, &calls), 7);
		assert_int_equal(calls, 1);
	}
	map_free(&l.ours);
	for (int i = 0; i < COUNT; i++)
		close(fds[i]);
	close(program);
}

static void every_forked_holder_is_found(void **state)
{
	enum { CHILDREN = 20 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t inode = inode_of(fd);
	struct map set = set_of(&inode, 1);
	struct notes notes = { 0 };
	pid_t children[CHILDREN];
	struct owners o;
	size_t count;

	(void)state;
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			for (;;)
				pause();
		}
	}
	assert_int_equal(owners_scan("/proc", &set, 0, &o, &notes), 0);
	owners_of(&o, inode, &count);
	for (int i = 0; i < CHILDREN; i++) {
		assert_non_null(owners_by_pid(&o, children[i]));
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	assert_int_equal(count, CHILDREN + 1);
	owners_free(&o);
	notes_free(&notes);
	map_free(&set);
	close(fd);
}

/** Processes that come and go while they are visited do no harm. */
static void churn_does_no_harm(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t inode = inode_of(fd);
	struct map set = set_of(&inode, 1);
	pid_t churner = fork();
	size_t count;

	(void)state;
	if (churner == 0) {
		close(fd);
		for (int i = 0; i < 20000; i++) {
			pid_t child = fork();

			if (child == 0)
				_exit(0);
			waitpid(child, NULL, 0);
		}
		_exit(0);
	}
	for (int i = 0; i < 8; i++) {
		struct notes notes = { 0 };
		struct owners o;

		assert_int_equal(owners_scan("/proc", &set, 2, &o, &notes), 0);
		assert_true(o.searched);
		assert_non_null(owners_of(&o, inode, &count));
		owners_free(&o);
		notes_free(&notes);
	}
	kill(churner, SIGKILL);
	waitpid(churner, NULL, 0);
	map_free(&set);
	close(fd);
}

static void cgroups_are_walked_without_a_mount(void **state)
{
	struct notes notes = { 0 };
	struct cgroups c = { 0 };
	char line[PATH_MAX + 64];

	(void)state;
	make_dir("self");
	write_file("self/mountinfo", "1 2 0:3 / / rw - ext4 /dev/vda rw\n");
	assert_int_equal(cgroups_walk(root, &c, &notes), 0);
	assert_false(c.known);
	cgroups_free(&c);
	make_dir("tree");
	make_dir("tree/a");
	make_dir("tree/a/b c");
	snprintf(line, sizeof(line), "1 2 0:3 / %s/tree rw - cgroup2 none rw\n", root);
	write_file("self/mountinfo", line);
	assert_int_equal(cgroups_walk(root, &c, &notes), 0);
	assert_true(c.known);
	assert_int_equal(c.paths.len, 3);
	struct stat st;

	path_of(line, "tree/a/b c");
	assert_int_equal(stat(line, &st), 0);
	assert_string_equal(cgroups_path(&c, st.st_ino), "/a/b c");
	path_of(line, "tree");
	assert_int_equal(stat(line, &st), 0);
	assert_string_equal(cgroups_path(&c, st.st_ino), "/");
	assert_int_equal(notes.count, 0);
	cgroups_free(&c);
	notes_free(&notes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_proc_is_told),
		cmocka_unit_test(nobody_wanted_is_nobody_looked_at),
		cmocka_unit_test(order_does_not_depend_on_threads),
		cmocka_unit_test(registered_files_are_found),
		cmocka_unit_test(files_in_messages_are_counted_once),
		cmocka_unit_test(broken_processes_are_counted),
		cmocka_unit_test(large_table_is_found_whole),
		cmocka_unit_test(kernel_lists_a_table),
		cmocka_unit_test(every_forked_holder_is_found),
		cmocka_unit_test(churn_does_no_harm),
		cmocka_unit_test(cgroups_are_walked_without_a_mount),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
