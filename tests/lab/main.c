// SPDX-License-Identifier: MIT
#include "lab.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_CHILDREN = 4096 };

static pid_t children[MOST_CHILDREN];
static unsigned child_count;
static bool leader_exits;
static const char *kind_name = "lab";

void lab_fail(const char *what)
{
	fprintf(stderr, "lab: %s: %s: %s\n", kind_name, what, strerror(errno));
	exit(1);
}

void lab_cannot(const char *what)
{
	fprintf(stderr, "lab: %s: cannot here: %s: %s\n", kind_name, what, strerror(errno));
	exit(LAB_CANNOT);
}

const char *lab_kind(void)
{
	return kind_name;
}

pid_t lab_fork(void)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	if (child_count == MOST_CHILDREN) {
		errno = E2BIG;
		lab_fail("processes");
	}
	pid = fork();
	if (pid < 0)
		lab_fail("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		child_count = 0;
		return 0;
	}
	children[child_count++] = pid;
	return pid;
}

void lab_hold(void)
{
	sigset_t set;
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	char buffer[256];

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	fds[1] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN };
	if (fds[1].fd < 0)
		lab_fail("signalfd");
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents != 0)
			break;
		if (fds[0].revents != 0 && read(STDIN_FILENO, buffer, sizeof(buffer)) <= 0)
			break;
	}
	for (unsigned i = 0; i < child_count; i++)
		kill(children[i], SIGKILL);
	for (unsigned i = 0; i < child_count; i++)
		waitpid(children[i], NULL, 0);
	_exit(0);
}

void lab_leader_exits(void)
{
	leader_exits = true;
}

static struct {
	void (*run)(const struct want *w);
	struct want want;
} after_ready;

void lab_after_ready(void (*run)(const struct want *w), const struct want *w)
{
	after_ready.run = run;
	after_ready.want = *w;
}

static void *run_in_thread(void *unused)
{
	(void)unused;
	after_ready.run(&after_ready.want);
	return NULL;
}

static void *hold_in_thread(void *unused)
{
	(void)unused;
	lab_hold();
}

static void start_thread(void *(*body)(void *))
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, body, NULL);
	if (errno != 0)
		lab_fail("thread");
}

/* --- command line --- */

enum value_type { VALUE_NUMBER, VALUE_INT, VALUE_FLAG, VALUE_TEXT, VALUE_FAMILY, VALUE_BIND,
		  VALUE_PEER, VALUE_STATE };

struct option_row {
	const char *name;
	enum value_type type;
	size_t offset;
	const char *help;
};

#define FIELD(name) offsetof(struct want, name)

static const struct option_row option_rows[] = {
	{ "count", VALUE_NUMBER, FIELD(count), "sockets in the wanted state (1)" },
	{ "family", VALUE_FAMILY, 0, "4, 6 or mapped (4)" },
	{ "addr", VALUE_TEXT, FIELD(addr), "our address (loopback)" },
	{ "client-addr", VALUE_TEXT, FIELD(client_addr), "source address of clients" },
	{ "remote", VALUE_TEXT, FIELD(remote), "first peer of one-sided kinds (192.0.2.1)" },
	{ "remotes", VALUE_NUMBER, FIELD(remotes), "how many peer addresses (1)" },
	{ "port", VALUE_NUMBER, FIELD(port), "port of the service (any)" },
	{ "client-port", VALUE_NUMBER, FIELD(client_port), "first port of the client side" },
	{ "backlog", VALUE_INT, FIELD(backlog), "of listeners (enough)" },
	{ "queued", VALUE_NUMBER, FIELD(queued), "connections not accepted, per listener" },
	{ "extra", VALUE_NUMBER, FIELD(extra), "connections tried beyond a full queue" },
	{ "data", VALUE_NUMBER, FIELD(data), "unread bytes" },
	{ "state", VALUE_STATE, FIELD(state), "of crafted sockets, as close-wait" },
	{ "outbound", VALUE_FLAG, FIELD(outbound), "one-sided sockets look opened by us" },
	{ "v6only", VALUE_FLAG, FIELD(v6only), "listeners with IPV6_V6ONLY" },
	{ "reuse", VALUE_FLAG, FIELD(reuse), "SO_REUSEADDR" },
	{ "orphan", VALUE_FLAG, FIELD(orphan), "close the descriptor at the end" },
	{ "no-listener", VALUE_FLAG, FIELD(no_listener), "close the listener at the end" },
	{ "quiet", VALUE_FLAG, FIELD(quiet), "no line per socket" },
	{ "server-side", VALUE_FLAG, FIELD(server_side), "the server end gets the state" },
	{ "keepalive", VALUE_FLAG, FIELD(keepalive), "SO_KEEPALIVE" },
	{ "mptcp", VALUE_FLAG, FIELD(mptcp), "MPTCP connections" },
	{ "bind", VALUE_BIND, FIELD(bind), "clients: auto, zero, no-port, explicit" },
	{ "peer", VALUE_PEER, FIELD(peer), "the other end: open, shutdown, close, reset" },
	{ "sharers", VALUE_NUMBER, FIELD(sharers), "forked processes that share them" },
	{ "per-process", VALUE_NUMBER, FIELD(per_process), "most sockets a process (15000)" },
	{ "rate", VALUE_NUMBER, FIELD(rate), "connections a second of churn (100)" },
	{ "seconds", VALUE_NUMBER, FIELD(seconds), "length of churn (5)" },
};

enum { OPTION_COUNT = sizeof(option_rows) / sizeof(option_rows[0]) };

static const char *const bind_names[] = { [BIND_AUTO] = "auto", [BIND_ZERO] = "zero",
					  [BIND_NO_PORT] = "no-port",
					  [BIND_EXPLICIT] = "explicit", NULL };
static const char *const peer_names[] = { [PEER_DEFAULT] = "default", [PEER_OPEN] = "open",
					  [PEER_SHUTDOWN] = "shutdown", [PEER_CLOSE] = "close",
					  [PEER_RESET] = "reset", NULL };
static const char *const state_names[] = { "", "established", "syn-sent", "syn-recv", "fin-wait1",
					   "fin-wait2", "time-wait", "close", "close-wait",
					   "last-ack", "listen", "closing", NULL };

static void usage(FILE *f)
{
	fputs("usage: lab [--comm NAME] [--argv TEXT] KIND [OPTION...] [+ KIND [OPTION...]]...\n"
	      "\nMakes sockets, reports them as JSON lines, then {\"ready\":true,...};\n"
	      "keeps them until stdin closes or SIGTERM.\n\nKinds:\n", f);
	for (const struct kind *const *k = kinds; *k != NULL; k++)
		fprintf(f, "  %-22s %s\n", (*k)->name, (*k)->help);
	fputs("\nOptions:\n", f);
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		fprintf(f, "  --%-20s %s\n", option_rows[i].name, option_rows[i].help);
}

static void bad(const char *what, const char *text)
{
	fprintf(stderr, "lab: %s: %s\n", what, text);
	exit(64);
}

static int lookup(const char *const *names, const char *text)
{
	for (int i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], text) == 0)
			return i;
	}
	bad("unknown word", text);
	return 0;
}

static long number(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < -1 || value > 10000000)
		bad("bad number", text);
	return value;
}

static void set_option(struct want *w, const struct option_row *row, const char *text)
{
	void *field = (char *)w + row->offset;

	switch (row->type) {
	case VALUE_NUMBER:
		*(unsigned *)field = (unsigned)number(text);
		break;
	case VALUE_INT:
		*(int *)field = (int)number(text);
		break;
	case VALUE_FLAG:
		*(bool *)field = true;
		break;
	case VALUE_TEXT:
		*(const char **)field = text;
		break;
	case VALUE_FAMILY:
		w->mapped = strcmp(text, "mapped") == 0;
		if (!w->mapped && strcmp(text, "4") != 0 && strcmp(text, "6") != 0)
			bad("bad family", text);
		w->family = strcmp(text, "4") == 0 ? AF_INET : AF_INET6;
		break;
	case VALUE_BIND:
		w->bind = (enum client_bind)lookup(bind_names, text);
		break;
	case VALUE_PEER:
		w->peer = (enum peer_does)lookup(peer_names, text);
		break;
	case VALUE_STATE:
		w->state = lookup(state_names, text);
		break;
	}
}

static const struct kind *find_kind(const char *name)
{
	for (const struct kind *const *k = kinds; *k != NULL; k++) {
		if (strcmp((*k)->name, name) == 0)
			return *k;
	}
	bad("unknown kind", name);
	return NULL;
}

static void finish_want(struct want *w, const struct kind *kind)
{
	bool v6 = w->family == AF_INET6 && !w->mapped;

	if (w->addr == NULL && kind->crafted)
		w->addr = v6 ? LAB_OWN_V6 : LAB_OWN_V4;
	if (w->addr == NULL)
		w->addr = v6 ? "::1" : "127.0.0.1";
	if (w->remote == NULL)
		w->remote = v6 ? "2001:db8::1" : "192.0.2.1";
	if (w->remotes == 0)
		w->remotes = 1;
}

/** Makes one kind from its part of the command line, ARGV[0] being its name. */
static void make_kind(int argc, char **argv)
{
	struct want w = { .count = 1, .family = AF_INET, .backlog = -1, .per_process = 15000,
			  .rate = 100, .seconds = 5, .state = TCP_ESTABLISHED };
	struct option options[OPTION_COUNT + 1] = { 0 };
	const struct kind *kind = find_kind(argv[0]);
	int c, index = 0;

	kind_name = kind->name;
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		options[i].name = option_rows[i].name;
		options[i].has_arg = option_rows[i].type != VALUE_FLAG;
	}
	if (kind->defaults != NULL)
		kind->defaults(&w);
	optind = 0;
	while ((c = getopt_long(argc, argv, "+", options, &index)) != -1) {
		if (c == '?')
			exit(64);
		set_option(&w, &option_rows[index], optarg);
	}
	if (optind < argc)
		bad("what is", argv[optind]);
	finish_want(&w, kind);
	if (kind->crafted)
		route_blackholes();
	route_own_address(w.addr);
	if (w.client_addr != NULL)
		route_own_address(w.client_addr);
	kind->make(&w);
}

static void end_with_parent(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/** Starts this program again with the word behind ARGV[OPTION] as its argv[0], without the two. */
static void rename_process(int argc, char **argv, int option)
{
	argv[0] = argv[option + 1];
	memmove(&argv[option], &argv[option + 2], (size_t)(argc - option - 1) * sizeof(*argv));
	execv("/proc/self/exe", argv);
	lab_fail("exec");
}

int main(int argc, char **argv)
{
	const char *comm = "lab";
	int first = 1;

	end_with_parent();
	while (first + 1 < argc && strncmp(argv[first], "--", 2) == 0) {
		if (strcmp(argv[first], "--comm") == 0) {
			comm = argv[first + 1];
		} else if (strcmp(argv[first], "--argv") == 0) {
			rename_process(argc, argv, first);
		} else {
			break;
		}
		first += 2;
	}
	if (first >= argc || strcmp(argv[first], "--help") == 0) {
		usage(first >= argc ? stderr : stdout);
		return first >= argc ? 64 : 0;
	}
	prctl(PR_SET_NAME, comm);
	while (first < argc) {
		int last = first;

		while (last < argc && strcmp(argv[last], "+") != 0)
			last++;
		if (last == first)
			bad("a kind is missing before", "+");
		make_kind(last - first, argv + first);
		first = last + 1;
	}
	report_ready();
	if (after_ready.run != NULL)
		start_thread(run_in_thread);
	if (leader_exits) {
		start_thread(hold_in_thread);
		pthread_exit(NULL);
	}
	lab_hold();
}
