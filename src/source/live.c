// SPDX-License-Identifier: MIT
#include "source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/privilege.h"
#include "source/bind_table.h"
#include "source/cgroup.h"
#include "source/diag.h"
#include "source/netlink.h"
#include "source/netns.h"
#include "source/owners.h"
#include "source/proc.h"

/** Largest fact file that is read. */
#define FILE_MAX ((size_t)1 << 20)

struct sockets_job {
	struct source *source;
	unsigned n;
};

static int open_sockets(void *arg)
{
	struct sockets_job *job = arg;
	struct source *s = job->source;
	/* What a socket may ask is settled when it is opened, and again when it asks. */
	uint64_t before = privilege_raise(PRIVILEGE_NETWORK);
	int ret = 0;

	while (s->socket_count < job->n && !ret) {
		ret = netlink_open(&s->sockets[s->socket_count]);
		if (!ret)
			s->socket_count++;
	}
	privilege_lower(before);
	return ret;
}

int live_sockets(struct source *s, unsigned n)
{
	struct sockets_job job = { s, n };

	if (s->socket_count >= n)
		return 0;
	if (!netns_enterable(s->netns))
		return -EACCES;
	s->sockets = xreallocarray(s->sockets, n, sizeof(struct netlink *));
	return netns_run(s->netns, open_sockets, &job);
}

void live_drop_sockets(struct source *s, unsigned i)
{
	while (s->socket_count > i)
		netlink_close(s->sockets[--s->socket_count]);
}

struct open_job {
	const char *path;
	int fd;
};

static int open_file(void *arg)
{
	struct open_job *job = arg;

	job->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return job->fd < 0 ? -errno : 0;
}

/** Opens PATH as process PID's /proc shows it. */
static int open_beside(pid_t pid, const char *path)
{
	static const char self[] = "/proc/thread-self/";
	struct str beside = { 0 };
	struct open_job job;
	uint64_t before;
	int ret;

	if (!pid || strncmp(path, self, sizeof(self) - 1) != 0)
		return -EACCES;
	str_addf(&beside, "/proc/%d/%s", (int)pid, path + sizeof(self) - 1);
	job.path = beside.s;
	before = privilege_raise(PRIVILEGE_PROCESSES);
	ret = open_file(&job);
	privilege_lower(before);
	str_free(&beside);
	return ret ? ret : job.fd;
}

int live_open(struct source *s, const char *path)
{
	struct open_job job = { path, -1 };
	int ret;

	if (!netns_enterable(s->netns))
		return open_beside(netns_pid(s->netns), path);
	ret = netns_run(s->netns, open_file, &job);
	return ret ? ret : job.fd;
}

static int live_file(struct source *s, const char *path, struct str *out)
{
	int fd = live_open(s, path), ret;

	str_reset(out);
	if (fd < 0)
		return fd;
	ret = file_read_fd(fd, out, FILE_MAX);
	close(fd);
	return ret;
}

static void live_clock(const struct source *s, int64_t *monotonic_ns, int64_t *realtime_ns)
{
	struct timespec m, r;

	(void)s;
	clock_gettime(CLOCK_MONOTONIC, &m);
	clock_gettime(CLOCK_REALTIME, &r);
	*monotonic_ns = (int64_t)m.tv_sec * 1000000000 + m.tv_nsec;
	*realtime_ns = (int64_t)r.tv_sec * 1000000000 + r.tv_nsec;
}

static int live_wait(struct source *s, int64_t until_ns)
{
	struct timespec ts = { until_ns / 1000000000, until_ns % 1000000000 };

	(void)s;
	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void live_close(struct source *s)
{
	live_drop_sockets(s, 0);
	free(s->sockets);
	s->sockets = NULL;
}

static int read_bind_table(void *arg)
{
	return bind_table_read(arg);
}

static int live_bind_table(struct source *s, struct bind_table *out, struct notes *notes)
{
	(void)notes;
	if (!netns_enterable(s->netns))
		return -EOPNOTSUPP;
	return netns_run(s->netns, read_bind_table, out);
}

static int live_owners(struct source *s, const struct map *wanted, struct owners *out,
		       struct notes *notes)
{
	uint64_t before = privilege_raise(PRIVILEGE_PROCESSES);
	/* Processes of any namespace may hold its sockets. */
	int ret = owners_scan("/proc", wanted, 0, out, notes);

	(void)s;
	privilege_lower(before);
	return ret;
}

static int live_in_flight(struct source *s, struct owners *out, struct notes *notes)
{
	uint64_t before = privilege_raise(PRIVILEGE_PROCESSES);
	int ret = owners_scan_flight("/proc", 0, out, notes);

	(void)s;
	privilege_lower(before);
	return ret;
}

static int live_cgroups(struct source *s, struct cgroups *out, struct notes *notes)
{
	uint64_t before = privilege_raise(PRIVILEGE_PROCESSES);
	int ret = cgroups_walk("/proc", out, notes);

	(void)s;
	privilege_lower(before);
	return ret;
}

static int live_dump(struct source *s, const struct dump_request *req, const struct sink *sink,
		     struct dump_result *result, struct notes *notes)
{
	uint64_t before = privilege_raise(PRIVILEGE_NETWORK);
	int ret = diag_dump(s, req, sink, result, notes);

	privilege_lower(before);
	return ret;
}

const struct backend netlink_backend = {
	.name = "netlink",
	.dump = live_dump,
	.file = live_file,
	.bind_table = live_bind_table,
	.owners = live_owners,
	.in_flight = live_in_flight,
	.cgroups = live_cgroups,
	.wait = live_wait,
	.clock = live_clock,
	.close = live_close,
};

const struct backend proc_backend = {
	.name = "proc",
	.dump = proc_dump,
	.file = live_file,
	.bind_table = live_bind_table,
	.owners = live_owners,
	.in_flight = live_in_flight,
	.cgroups = live_cgroups,
	.wait = live_wait,
	.clock = live_clock,
	.close = live_close,
};
