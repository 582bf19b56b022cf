// SPDX-License-Identifier: MIT
/* Asks the program, with more or fewer capabilities, and reads its answer through jq. */
#include "acid.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

static const struct {
	const char *name;
	bool bpf;
	const char *option;
} modes[MODE_COUNT] = {
	[MODE_FULL] = { "full", true, "-J" },
	[MODE_BLIND] = { "no-bpf", false, "-J" },
	[MODE_PROBE] = { "probe", false, "--probe" },
	[MODE_PROC] = { "proc", false, "--source=proc" },
};

const char *mode_name(enum mode mode)
{
	return modes[mode].name;
}

/** In the child: runs the program with its output in FD. */
static void exec_program(enum mode mode, int fd)
{
	const char *program = getenv("TCPTRIAGE");

	dup2(fd, STDOUT_FILENO);
	/* Its notes stand in the document as well. */
	if (!freopen("/dev/null", "w", stderr))
		_exit(126);
	if (!modes[mode].bpf) {
		/* Not in the bounding set, so not after exec. */
		prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0);
		prctl(PR_CAPBSET_DROP, CAP_PERFMON, 0, 0, 0);
		prctl(PR_CAPBSET_DROP, CAP_BPF, 0, 0, 0);
	}
	execl(program ? program : "./tcptriage", "tcptriage", "ports", "-J", modes[mode].option,
	      (char *)NULL);
	_exit(127);
}

bool bpf_works(void)
{
	union bpf_attr attr = { 0 };
	int fd;

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	return fd >= 0 && access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static int read_answers(FILE *f, struct answer *out, size_t cap)
{
	int n = 0;

	while ((size_t)n < cap &&
	       fscanf(f, "%63s %63s %u %u %u %u %u %u", out[n].local, out[n].remote, &out[n].port,
		      &out[n].free, &out[n].min, &out[n].max, &out[n].capacity,
		      &out[n].in_use) == 8)
		n++;
	return n;
}

int ask_start(enum mode mode, char path[static 32])
{
	pid_t child;
	int fd;

	snprintf(path, 32, "/tmp/tcptriage-acid.XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	fflush(stdout);
	child = fork();
	if (child == 0)
		exec_program(mode, fd);
	close(fd);
	return child;
}

FILE *ask_finish(int child, const char *path, const char *filter)
{
	char command[1024];
	int status;
	FILE *f = NULL;

	if (child > 0 && waitpid(child, &status, 0) == child && status == 0) {
		/* The file is open before it is removed. */
		snprintf(command, sizeof(command), "exec <%s; rm -f %s; exec jq -r '%s'", path,
			 path, filter);
		f = popen(command, "r");
	}
	if (!f)
		unlink(path);
	return f;
}

int ask(enum mode mode, struct answer *out, size_t cap)
{
	static const char filter[] =
		"(.range | \"range - 0 \\(.usable) \\(.usable) \\(.usable) \\(.usable) 0\"), "
		"(.pools[] | select(.ifindex == null) | \"\\(.local) \\(.remote) \\(.remote_port) "
		"\\(.free) \\(.free_min) \\(.free_max) \\(.capacity) \\(.in_use)\")";
	char path[32];
	int child = ask_start(mode, path), n;
	FILE *f = ask_finish(child, path, filter);

	n = f ? read_answers(f, out, cap) : -1;
	if (f && pclose(f))
		n = -1;
	return n;
}
