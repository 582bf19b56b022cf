// SPDX-License-Identifier: MIT
/* Runs a program to which the kernel refuses something, as containers and LSMs do:
 *
 *	refuse ERRNO WHAT COMMAND...
 *
 * WHAT is netlink (socket(AF_NETLINK, ...)) or the name of a system call below. The filter is seccomp's;
 * exit status 77 where none can be set. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
	/** The value that the first argument must have; -1: any. */
	int first;
} what[] = {
	{ "netlink", SYS_socket, AF_NETLINK }, { "socket", SYS_socket, -1 },
	{ "bpf", SYS_bpf, -1 },		       { "kcmp", SYS_kcmp, -1 },
	{ "clone3", SYS_clone3, -1 },	       { "setns", SYS_setns, -1 },
	{ "capget", SYS_capget, -1 },	       { "prlimit64", SYS_prlimit64, -1 },
	{ "sched_getaffinity", SYS_sched_getaffinity, -1 },
};

static int set_filter(long number, int first, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | (first < 0 ? BPF_JGE : BPF_JEQ) | BPF_K,
			 first < 0 ? 0 : (unsigned)first, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: refuse ERRNO WHAT COMMAND...\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		if (strcmp(what[i].name, argv[2]) != 0)
			continue;
		if (set_filter(what[i].number, what[i].first, atoi(argv[1])) < 0)
			return 77;
		execvp(argv[3], argv + 3);
		fprintf(stderr, "refuse: %s: %s\n", argv[3], strerror(errno));
		return 127;
	}
	fprintf(stderr, "refuse: unknown: %s\n", argv[2]);
	return 2;
}
