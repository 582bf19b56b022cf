// SPDX-License-Identifier: MIT
#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/privilege.h"

/** Seconds that leaving in good order may take after a signal; a terminal that takes no more bytes
 *  (flow control, a dead line) must not keep the program alive. */
#define PATIENCE 2

/* Signal handlers have nothing but file-scope variables. */
static struct termios before;
static char farewell[256];
static size_t farewell_len;
static volatile sig_atomic_t active, taken;
static int event_pipe[2] = { -1, -1 };

/** What each signal means here. */
static const struct signal_row {
	int number;
	enum { LEAVE, STOP, TELL, CRASH, GIVE_UP } kind;
	enum term_event event;
} signals[] = {
	{ SIGINT, LEAVE, TERM_LEAVE },	 { SIGTERM, LEAVE, TERM_LEAVE },
	{ SIGHUP, LEAVE, TERM_LEAVE },	 { SIGQUIT, LEAVE, TERM_LEAVE },
	{ SIGTSTP, STOP, TERM_STOP },	 { SIGCONT, TELL, TERM_CONTINUED },
	{ SIGWINCH, TELL, TERM_RESIZED }, { SIGSEGV, CRASH, TERM_NOTHING },
	{ SIGBUS, CRASH, TERM_NOTHING }, { SIGFPE, CRASH, TERM_NOTHING },
	{ SIGILL, CRASH, TERM_NOTHING }, { SIGABRT, CRASH, TERM_NOTHING },
	{ SIGALRM, GIVE_UP, TERM_NOTHING },
};

static struct sigaction old_actions[ARRAY_LEN(signals)];

void term_distrust_environment(void)
{
	static const char *const names[] = { "TERMINFO", "TERMINFO_DIRS",    "TERMCAP", "TERMPATH",
					     "HOME",	 "NCURSES_TRACE",    "NCURSES_NO_UTF8_ACS",
					     "ESCDELAY", "NCURSES_NO_SETBUF", "NCURSES_ASSUMED_COLORS" };

	if (!privilege_is_lent())
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

/** Gives the terminal back with nothing but system calls that may be made in a signal handler. */
static void restore_now(void)
{
	const char *p = farewell;
	size_t n = farewell_len;
	int flags;

	if (!active)
		return;
	active = 0;
	/* A terminal that takes nothing must not hold us here; the settings matter most. */
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (flags >= 0)
		(void)fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
	while (n > 0) {
		ssize_t ret = write(STDOUT_FILENO, p, n);

		if (ret <= 0)
			break;
		p += ret;
		n -= (size_t)ret;
	}
	if (flags >= 0)
		(void)fcntl(STDOUT_FILENO, F_SETFL, flags);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void tell(enum term_event event)
{
	char byte = (char)event;

	/* A full pipe means that the loop has enough to do already. */
	if (write(event_pipe[1], &byte, 1) < 0)
		return;
}

static void on_signal(int number)
{
	int saved = errno;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		if (signals[i].number != number)
			continue;
		if (signals[i].kind == CRASH) {
			/* Comes again with the default action when this returns (SA_RESETHAND). */
			restore_now();
			raise(number);
		} else if (signals[i].kind == GIVE_UP) {
			restore_now();
			_exit(0);
		} else {
			tell(signals[i].event);
		}
		if (signals[i].kind == LEAVE)
			alarm(PATIENCE);
	}
	errno = saved;
}

/** A crash may be a lack of stack: its handler has one of its own. */
static int take_stack(void)
{
	static char stack[64 * 1024];
	stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };

	return sigaltstack(&own, NULL) ? -errno : 0;
}

int term_take(void)
{
	int ret;

	if (tcgetattr(STDIN_FILENO, &before))
		return -errno;
	if (pipe2(event_pipe, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ret = take_stack();
	if (ret)
		return ret;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		bool crash = signals[i].kind == CRASH;
		struct sigaction action = { .sa_handler = on_signal,
					    .sa_flags = crash ? (int)(SA_RESETHAND | SA_ONSTACK)
							      : SA_RESTART };

		sigaction(signals[i].number, NULL, &old_actions[i]);
		if (signals[i].kind == LEAVE && old_actions[i].sa_handler == SIG_IGN)
			continue;
		sigemptyset(&action.sa_mask);
		sigaction(signals[i].number, &action, NULL);
	}
	alloc_on_failure(restore_now);
	taken = 1;
	return 0;
}

void term_set_farewell(const char *bytes, size_t n)
{
	farewell_len = 0;
	if (n > sizeof(farewell))
		return;
	memcpy(farewell, bytes, n);
	farewell_len = n;
}

void term_active(bool on)
{
	active = on;
}

void term_release(void)
{
	if (!taken)
		return;
	taken = 0;
	alarm(0);
	alloc_on_failure(NULL);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i].number, &old_actions[i], NULL);
	close(event_pipe[0]);
	close(event_pipe[1]);
	event_pipe[0] = event_pipe[1] = -1;
}

int term_fd(void)
{
	return event_pipe[0];
}

enum term_event term_next(void)
{
	char byte;

	if (read(event_pipe[0], &byte, 1) != 1)
		return TERM_NOTHING;
	return (enum term_event)byte;
}

void term_suspend(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL }, ours;
	sigset_t only, old;

	sigemptyset(&standard.sa_mask);
	sigaction(SIGTSTP, &standard, &ours);
	sigemptyset(&only);
	sigaddset(&only, SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &only, &old);
	/* Only us: the terminal's key has told the rest of the group already. */
	raise(SIGTSTP);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	sigaction(SIGTSTP, &ours, NULL);
}

bool term_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 || group == getpgrp();
}

bool term_gone(void)
{
	struct pollfd fd[] = { { .fd = STDIN_FILENO }, { .fd = STDOUT_FILENO } };

	if (poll(fd, 2, 0) < 0)
		return false;
	return ((fd[0].revents | fd[1].revents) & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}
