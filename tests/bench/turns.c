// SPDX-License-Identifier: MIT
/* Times shell commands in turns: turns ROUNDS LIMIT NAME COMMAND [NAME COMMAND]...
 *
 * Each round runs every command once, so that whatever else the machine does meets all of them. For
 * each the median, least and greatest wall time, the largest resident set of any of its processes,
 * and how many times longer than the first command it took (its median by the first's). A command
 * that passes LIMIT seconds is stopped with its process group, and said to take more than that. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 16
#define ROUNDS_MOST 101

struct timed {
	const char *name, *command;
	double t[ROUNDS_MOST];
	long rss;
	int status, stopped;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/** Waits for PID at most LIMIT seconds; its usage. 1 where it had to be stopped. */
static int wait_for(pid_t pid, double limit, int *status, struct rusage *ru)
{
	double end = now() + limit;
	sigset_t set;
	int stopped = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (wait4(pid, status, WNOHANG, ru) == 0) {
		double left = end - now();
		struct timespec ts = { (time_t)(left > 0 ? left : 0), 0 };

		ts.tv_nsec = left > 0 ? (long)((left - (double)ts.tv_sec) * 1e9) : 0;
		if (sigtimedwait(&set, NULL, &ts) < 0 && errno == EAGAIN && !stopped) {
			kill(-pid, SIGKILL);
			stopped = 1;
			end = now() + 10;
		}
	}
	return stopped;
}

static void run(struct timed *c, int round, double limit)
{
	struct rusage ru;
	double start = now();
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setpgid(0, 0);
		execl("/bin/bash", "bash", "-c", c->command, (char *)NULL);
		_exit(127);
	}
	c->stopped |= wait_for(pid, limit, &c->status, &ru);
	c->t[round] = now() - start;
	if (ru.ru_maxrss > c->rss)
		c->rss = ru.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static struct timed c[MOST];
	int n = (argc - 3) / 2, rounds;
	double limit;
	sigset_t set;

	if (argc < 5 || argc % 2 == 0 || n > MOST)
		return 64;
	rounds = atoi(argv[1]);
	limit = atof(argv[2]);
	if (rounds < 1 || rounds > ROUNDS_MOST || limit <= 0)
		return 64;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < n; i++) {
		c[i].name = argv[3 + 2 * i];
		c[i].command = argv[4 + 2 * i];
	}
	for (int r = 0; r < rounds; r++) {
		for (int i = 0; i < n; i++) {
			if (!c[i].stopped)
				run(&c[i], r, limit);
			else
				c[i].t[r] = limit;
		}
	}
	printf("%-34s %9s %9s %9s %9s %8s\n", "COMMAND", "MEDIAN_s", "MIN_s", "MAX_s", "RSS_KiB",
	       "RATIO");
	for (int i = 0; i < n; i++) {
		qsort(c[i].t, (size_t)rounds, sizeof(double), compare);
		printf("%-34s %9.3f %9.3f %9.3f %9ld %s%7.2f%s\n", c[i].name, c[i].t[rounds / 2],
		       c[i].t[0], c[i].t[rounds - 1], c[i].rss, c[i].stopped ? ">" : " ",
		       c[i].t[rounds / 2] / c[0].t[rounds / 2],
		       c[i].stopped			? " (stopped)" :
		       WIFSIGNALED(c[i].status)		? " (killed)" :
		       WEXITSTATUS(c[i].status) > 2	? " (failed)" :
							  "");
	}
	return 0;
}
