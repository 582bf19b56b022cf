// SPDX-License-Identifier: MIT
#include "source/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/num.h"
#include "base/privilege.h"
#include "base/thread.h"

/* Largest process number of any kernel (PID_MAX_LIMIT). */
#define PID_LIMIT (4u << 20)

struct netns {
	/* What the user calls it. */
	const char *name;
	/* The namespace file; -1 where it could not be opened. */
	int fd;
	/* 0 where setns() works, else why not. */
	int refusal;
	/* A process inside, or 0. */
	pid_t pid;
	/* It is our own: nothing to enter. */
	bool own;
};

/* Work handed to a thread. */
struct visit {
	const struct netns *ns;
	int fd;
	int (*fn)(void *);
	void *arg;
	int ret;
};

uint64_t netns_key(const char *prefix)
{
	struct str path = { 0 };
	struct stat st;

	str_addf(&path, "%s/net/tcp", prefix);
	int ret = stat(str_text(&path), &st);

	str_free(&path);
	return ret == 0 ? (uint64_t)st.st_ino : 0;
}

/* Where this thread has gone: a visit within a visit of the same place needs no other thread. */
static _Thread_local const struct netns *visited;

static void *visit_thread(void *p)
{
	struct visit *v = p;
	uint64_t before = privilege_raise(PRIVILEGE_NAMESPACES);

	visited = v->ns;
	v->ret = setns(v->fd, CLONE_NEWNET) < 0 ? -errno : 0;
	privilege_lower(before);
	if (v->ret == 0)
		v->ret = v->fn(v->arg);
	return NULL;
}

static int visit_run(struct visit *v)
{
	pthread_t thread;
	int ret = thread_start(&thread, visit_thread, v);

	if (ret)
		return ret;
	pthread_join(thread, NULL);
	return v->ret;
}

int netns_run(const struct netns *ns, int (*fn)(void *), void *arg)
{
	if (netns_is_own(ns) || ns == visited)
		return fn(arg);
	if (ns->refusal != 0)
		return -ns->refusal;

	struct visit v = { .ns = ns, .fd = ns->fd, .fn = fn, .arg = arg };

	return visit_run(&v);
}

/* Looks, from inside, whether the namespace is the one that shows KEY. */
static int look_key(void *arg)
{
	*(uint64_t *)arg = netns_key("/proc/thread-self");
	return 0;
}

static int check_kind(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -EINVAL;
	return 0;
}

/* True where FD is the namespace of this thread, by the file itself: /proc may be missing. */
static bool same_file_as_own(int fd)
{
	struct stat mine, its;

	return stat("/proc/thread-self/ns/net", &mine) == 0 && fstat(fd, &its) == 0 &&
	       mine.st_dev == its.st_dev && mine.st_ino == its.st_ino;
}

/* Enters once, so that a refusal is known before anything depends on it. */
static void try_entering(struct netns *ns)
{
	uint64_t key = 0;
	struct visit v = { .fd = ns->fd, .fn = look_key, .arg = &key };

	ns->own = same_file_as_own(ns->fd);
	if (ns->own)
		return;
	ns->refusal = -visit_run(&v);
	if (ns->refusal != 0 || ns->pid == 0)
		return;
	/* The process may have ended, and its number gone to another, since the file was opened:
	 * its /proc entry is then no window to this namespace. */
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "/proc/%d", (int)ns->pid);
	if (netns_key(prefix) != key)
		ns->pid = 0;
}

static struct netns *netns_new(const char *name, int fd, pid_t pid)
{
	struct netns *ns = xcalloc(1, sizeof(*ns));

	ns->name = xstrdup(name);
	ns->fd = fd;
	ns->pid = pid;
	return ns;
}

int netns_open_path(const char *path, const char *name, struct netns **out, struct str *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		int err = errno;

		str_addf(why, "cannot open network namespace %s: %s", path, strerror(err));
		return -err;
	}

	int ret = check_kind(fd);

	if (ret < 0) {
		close(fd);
		str_addf(why, "%s is not a network namespace", path);
		return ret;
	}

	struct netns *ns = netns_new(name, fd, 0);

	try_entering(ns);
	if (ns->refusal != 0) {
		ret = -ns->refusal;
		str_addf(why, "cannot enter network namespace %s: %s", name, netns_missing(ns));
		netns_close(ns);
		return ret;
	}
	*out = ns;
	return 0;
}

/* A namespace that only /proc/PID/net shows: fine where that is our own, or readable. */
static int open_from_outside(pid_t pid, const char *name, int refusal, struct netns **out,
			     struct str *why)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "/proc/%d", (int)pid);

	uint64_t key = netns_key(prefix);

	if (key == 0) {
		str_addf(why, "cannot see the network namespace of process %d: %s", (int)pid,
			 strerror(refusal));
		return -refusal;
	}

	struct netns *ns = netns_new(name, -1, pid);

	ns->own = key == netns_key("/proc/thread-self");
	ns->refusal = ns->own ? 0 : refusal;
	*out = ns;
	return 0;
}

static int open_process(pid_t pid, const char *name, struct netns **out, struct str *why)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		str_addf(why, "no process %d", (int)pid);
		return -ESRCH;
	}
	if (fd < 0)
		return open_from_outside(pid, name, errno, out, why);

	struct netns *ns = netns_new(name, fd, pid);

	try_entering(ns);
	if (ns->refusal == 0) {
		*out = ns;
		return 0;
	}

	int refusal = ns->refusal;

	netns_close(ns);
	return open_from_outside(pid, name, refusal, out, why);
}

int netns_open_pid(pid_t pid, const char *name, struct netns **out, struct str *why)
{
	uint64_t before = privilege_raise(PRIVILEGE_PROCESSES);
	int ret = open_process(pid, name, out, why);

	privilege_lower(before);
	return ret;
}

/* Where `ip netns add` leaves its mounts; /var/run is the same folder nearly everywhere. */
static bool find_named(const char *name, struct str *path)
{
	static const char *const folders[] = { "/run/netns", "/var/run/netns" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		str_reset(path);
		str_addf(path, "%s/%s", folders[i], name);
		if (access(str_text(path), F_OK) == 0)
			return true;
	}
	return false;
}

int netns_open(const char *spec, struct netns **out, struct str *why)
{
	struct str path = { 0 };
	uint64_t pid;
	int ret;

	if (strchr(spec, '/') != NULL) {
		ret = netns_open_path(spec, spec, out, why);
	} else if (spec[0] != '\0' && strcmp(spec, ".") != 0 && strcmp(spec, "..") != 0 &&
		   find_named(spec, &path)) {
		ret = netns_open_path(str_text(&path), spec, out, why);
	} else if (num_parse(spec, PID_LIMIT, &pid) == 0 && pid > 0) {
		ret = netns_open_pid((pid_t)pid, spec, out, why);
	} else {
		str_addf(why, "no network namespace '%s': not in /run/netns, no process number, "
			      "no path", spec);
		ret = -ENOENT;
	}
	str_free(&path);
	return ret;
}

void netns_close(struct netns *ns)
{
	if (ns == NULL)
		return;
	if (ns->fd >= 0)
		close(ns->fd);
	free((void *)ns->name);
	free(ns);
}

const char *netns_name(const struct netns *ns)
{
	return ns->name;
}

const char *const *netns_name_ref(const struct netns *ns)
{
	return &ns->name;
}

bool netns_enterable(const struct netns *ns)
{
	return netns_is_own(ns) || ns->refusal == 0;
}

int netns_refusal(const struct netns *ns)
{
	return ns->refusal;
}

const char *netns_missing(const struct netns *ns)
{
	switch (ns->refusal) {
	case EACCES: /* Its file could not even be opened. */
		return "needs CAP_SYS_PTRACE and CAP_SYS_ADMIN";
	case EPERM:
		return "needs CAP_SYS_ADMIN";
	default:
		return strerror(ns->refusal);
	}
}

pid_t netns_pid(const struct netns *ns)
{
	return ns->pid;
}

bool netns_is_own(const struct netns *ns)
{
	return ns == NULL || ns->own;
}
