// SPDX-License-Identifier: MIT
/* Runs one test for prove so that nothing can hang: `runner FILE` starts FILE in a session of its
 * own with stdin from /dev/null, ends it after its time, and then ends every process that came from
 * it, also those that made themselves daemons. The exit status is the test's; 124 is out of time.
 *
 * The time is CHECK_TIMEOUT seconds, or what a line "# timeout: N" among the first of FILE says,
 * or 180; CHECK_SCALE multiplies it (sanitizers). */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_SECONDS = 180, GRACE_SECONDS = 5, HEAD_LINES = 10 };

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

static long env_number(const char *name, long otherwise)
{
	const char *text = getenv(name);
	long value = text != NULL ? strtol(text, NULL, 10) : 0;

	return value > 0 ? value : otherwise;
}

/** Seconds that the comment in the head of the file at PATH asks for, or OTHERWISE. */
static long head_timeout(const char *path, long otherwise)
{
	FILE *f = fopen(path, "re");
	char line[256];
	long seconds = 0;

	if (f == NULL)
		return otherwise;
	for (int i = 0; i < HEAD_LINES && fgets(line, sizeof(line), f) != NULL; i++) {
		if (sscanf(line, "# timeout: %ld", &seconds) == 1)
			break;
	}
	fclose(f);
	return seconds > 0 ? seconds : otherwise;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/** The parent of process PID, or 0 when it is gone. */
static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	const char *tail;
	ssize_t n;
	int fd, parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	tail = strrchr(text, ')');
	if (tail == NULL || sscanf(tail, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/** Sends NUMBER to every child of ours. As a subreaper we are the parent of every orphan below us,
 *  so killing children until none is left ends the whole tree. */
static void signal_children(int number)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	if (proc == NULL)
		return;
	while ((entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && parent_of(pid) == getpid())
			kill(pid, number);
	}
	closedir(proc);
}

static void end_everything(void)
{
	double limit = now() + GRACE_SECONDS;

	for (;;) {
		pid_t pid;

		signal_children(SIGKILL);
		do {
			pid = waitpid(-1, NULL, WNOHANG);
		} while (pid > 0);
		if ((pid < 0 && errno == ECHILD) || now() > limit)
			return;
		usleep(2000);
	}
}

static int start(char **argv, pid_t *child)
{
	*child = fork();
	if (*child < 0)
		return -errno;
	if (*child > 0)
		return 0;

	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(argv[0], argv);
	fprintf(stderr, "# cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/** Waits for CHILD until LIMIT. Its exit status, 128 + signal, or -1 when it still runs. */
static int wait_until(pid_t child, double limit)
{
	while (stop_signal == 0) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (pid > 0)
			continue;
		if (now() > limit)
			return -1;
		usleep(pid == 0 ? 5000 : 1000);
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	long seconds;
	pid_t child;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: runner FILE [ARGUMENT...]\n");
		return 2;
	}
	seconds = env_number("CHECK_TIMEOUT", head_timeout(argv[1], DEFAULT_SECONDS));
	seconds *= env_number("CHECK_SCALE", 1);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	if (start(argv + 1, &child) < 0)
		return 2;
	status = wait_until(child, now() + (double)seconds);
	if (status < 0) {
		/* The test's own traps get a chance to clean up first. */
		kill(-child, SIGTERM);
		if (stop_signal == 0)
			fprintf(stderr, "# %s: ended after %ld s\n", argv[1], seconds);
		status = stop_signal != 0 ? 128 + stop_signal : 124;
		stop_signal = 0;
		wait_until(child, now() + GRACE_SECONDS);
	}
	end_everything();
	return status;
}
