// SPDX-License-Identifier: MIT
/* Closes at a known, varying rate, and a range that really runs out: what was done is written down
 * with its times, so that a slow machine changes the truth and the answer alike. */
#include "acid.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** What both tests promise. */
#define TOLERANCE 0.05

/** Most closes of a run. */
#define CLOSES_MAX 20000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void wait_until(double t)
{
	double left = t - now();

	if (left > 0)
		usleep((useconds_t)(left * 1e6));
}

/** One connection that we close first. False where no port was left. */
static bool close_one(const struct world *w)
{
	int client = dial(w, PLACE_D1), server;

	if (client < 0)
		return false;
	server = accept_from(w, PLACE_D1, client);
	close(client);
	if (server >= 0)
		close(server);
	return true;
}

static unsigned check(unsigned number, const char *name, double got, double want)
{
	bool ok = fabs(got - want) <= TOLERANCE * want;

	printf("%sok %u - %s\n# %s: %.3f, really %.3f\n", ok ? "" : "not ", number, name, name, got,
	       want);
	return !ok;
}

/** Closes between FROM and TO. */
static unsigned count(const double *closes, unsigned n, double from, double to)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += closes[i] > from && closes[i] <= to;
	return sum;
}

/** Closes by a profile: 30 s at 60/s, 20 s at 150/s, 14 s at 40/s and more and more. */
static unsigned generate(const struct world *w, double *closes)
{
	double start = now(), next = start, t;
	unsigned n = 0;

	while ((t = next - start) < 64 && n < CLOSES_MAX) {
		double rate = t < 30 ? 60 : t < 50 ? 150 : 40 + (t - 50) * 5;

		wait_until(next);
		if (close_one(w))
			closes[n++] = now();
		next += 1 / rate;
	}
	return n;
}

unsigned rate_test(unsigned number)
{
	static const char filter[] = ".worst | \"\\(.close_rate.\"1s\") \\(.close_rate.\"10s\") "
				     "\\(.close_rate.\"60s\") \\(.in_use) \\(.steady_state)\"";
	static double closes[CLOSES_MAX];
	double r1 = 0, r10 = 0, r60 = 0, end, truth60;
	unsigned in_use = 0, steady = 0, failed = 0, n;
	struct world w;
	char path[32];
	FILE *f;

	world_make(&w, 32768, 60999, false);
	world_set("tcp_tw_reuse", "0");
	n = generate(&w, closes);
	end = now();
	f = ask_finish(ask_start(MODE_FULL, path), path, filter);
	/* The program looked somewhere in between. */
	end = (end + now()) / 2;
	if (!f || fscanf(f, "%lf %lf %lf %u %u", &r1, &r10, &r60, &in_use, &steady) != 5)
		printf("# no answer\n");
	if (f)
		pclose(f);
	truth60 = count(closes, n, end - 60, end) / 60.0;
	failed += check(number, "closes a second over 10 s", r10,
			count(closes, n, end - 10, end) / 10.0);
	failed += check(number + 1, "closes a second over 60 s", r60, truth60);
	failed += check(number + 2, "where the last minute leads", steady, truth60 * 60);
	/* What is older than a minute is going or gone. */
	printf("%sok %u - no more in use than were closed, no fewer than in a minute\n",
	       in_use <= n && in_use >= truth60 * 60 * 0.98 ? "" : "not ", number + 3);
	failed += !(in_use <= n && in_use >= truth60 * 60 * 0.98);
	printf("%sok %u - a rate over one second\n", r1 > 0 ? "" : "not ", number + 4);
	failed += !(r1 > 0);
	world_end(&w);
	return failed;
}

/** Goes on at RATE until no port is left; CHILD is reaped by the way. The time it ended. */
static double run_out(const struct world *w, double rate, double start, unsigned done)
{
	for (unsigned i = done; i < CLOSES_MAX; i++) {
		wait_until(start + i / rate);
		if (!close_one(w))
			return now();
	}
	return INFINITY;
}

unsigned forecast_test(unsigned number)
{
	static const char filter[] = ".worst | \"\\(.exhausts_in_seconds) \\(.verdict) "
				     "\\(.close_rate.\"10s\")\"";
	const double rate = 120;
	double asked, end, told = NAN, start;
	char path[32], verdict[32] = "", text[32] = "";
	unsigned done = 0, failed;
	struct world w;
	int child;
	FILE *f;

	world_make(&w, 40000, 43599, false);
	world_set("tcp_tw_reuse", "0");
	start = now();
	for (; done < 6 * rate; done++) {
		wait_until(start + done / rate);
		close_one(&w);
	}
	asked = now();
	child = ask_start(MODE_FULL, path);
	end = run_out(&w, rate, start, done);
	f = ask_finish(child, path, filter);
	if (f && fscanf(f, "%31s %31s", text, verdict) == 2)
		told = atof(text);
	if (f)
		pclose(f);
	failed = check(number, "seconds until no port is left", told, end - asked);
	printf("%sok %u - a minute before the end it is critical\n# %s\n",
	       verdict[0] == 'c' ? "" : "not ", number + 1, verdict);
	failed += verdict[0] != 'c';
	printf("%sok %u - the range really ran out\n", isfinite(end) ? "" : "not ", number + 2);
	failed += isfinite(end) ? 0 : 1;
	world_end(&w);
	return failed;
}
