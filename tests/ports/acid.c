// SPDX-License-Identifier: MIT
/* Rounds of the acid test: acid SEED FIRST COUNT. One round: a random mix of sockets, the program's
 * answers in every mode, then plain connect() calls to each pool until EADDRNOTAVAIL. The count must
 * lie between free_min and free_max, and be free where they are equal. */
#include "acid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANSWERS 512

/** Ages of TIME_WAIT must be past a tcp_tw_reuse_delay of 1 ms by more than the program's slack. */
#define AGING_US 60000

static unsigned failures;

/** True where the answer is about the place. */
static bool is_about(const struct answer *a, enum place p)
{
	return strcmp(a->local, places[p].local) == 0 && strcmp(a->remote, places[p].remote) == 0 &&
	       a->port == places[p].port;
}

/** The pool of a place; a destination that nobody uses has all usable ports. */
static struct answer answer_about(const struct answer *answers, int n, enum place p)
{
	for (int i = 1; i < n; i++) {
		if (is_about(&answers[i], p))
			return answers[i];
	}
	return answers[0];
}

/** Connections that succeed; -1 where something else than EADDRNOTAVAIL ended them. */
static int count_connects(struct world *w, enum place p)
{
	int limit = (int)(w->high - w->low) + 2;

	for (int i = 0; i < limit; i++) {
		int fd = dial(w, p);

		if (fd == -EADDRNOTAVAIL)
			return i;
		if (fd < 0) {
			printf("# connect to %s:%u: %s\n", places[p].remote, places[p].port,
			       strerror(-fd));
			return -1;
		}
		world_keep(w, fd);
	}
	return limit;
}

static void complain(const struct world *w, enum mode mode, enum place p, const struct answer *a,
		     int got, const char *why)
{
	failures++;
	printf("# %s: %s -> %s:%u: %s: free %u (%u..%u) of %u, in use %u; connect() succeeded %d "
	       "times\n# %s\n", mode_name(mode), places[p].local, places[p].remote, places[p].port,
	       why, a->free, a->min, a->max, a->capacity, a->in_use, got, w->recipe);
}

/** What the mix leaves open however one looks. */
static unsigned width_allowed(const struct world *w)
{
	return (w->high - w->low + 1) % 2 && w->high != w->low ? 1 : 0;
}

/** True where nothing but an odd range may be left open. Whether a TIME_WAIT used timestamps is only
 *  seen in the bind table. */
static bool is_settled(const struct world *w, enum mode mode)
{
	return mode == MODE_FULL || (mode == MODE_PROBE && strstr(w->recipe, "tw_reuse 0"));
}

static void judge(const struct world *w, enum mode mode, enum place p, const struct answer *a,
		  int got)
{
	/* A new destination is not in the report: an odd range is then all that is open. */
	unsigned odd = width_allowed(w);
	unsigned min = a->port || a->min < odd ? a->min : a->min - odd;

	if (mode == MODE_BLIND || mode == MODE_PROC)
		min = a->port ? a->min : 0;
	if (got < (int)min || got > (int)a->max)
		complain(w, mode, p, a, got, "outside");
	else if (a->min == a->max && a->port && got != (int)a->free)
		complain(w, mode, p, a, got, "free is not what was promised");
	else if (is_settled(w, mode) && a->port && a->max - a->min > odd)
		complain(w, mode, p, a, got, "not exact");
}

static void mix(struct world *w)
{
	unsigned kinds = 1 + random_below(7), count = 0, size = w->high - w->low + 1;

	while (ingredients[count].name)
		count++;
	while (kinds--) {
		const struct ingredient *i = &ingredients[random_below(count)];
		unsigned times = 1 + random_below(random_below(4) ? 4 : size + 2);

		world_note(w, " %s*%u", i->name, times);
		i->make(w, times);
	}
}

static void settings(struct world *w)
{
	unsigned reuse = random_below(3), delay = random_below(2) ? 1 : 60000;

	world_set("tcp_tw_reuse", "%u", reuse);
	world_set("tcp_tw_reuse_delay", "%u", delay);
	world_note(w, " tw_reuse %u delay %u;", reuse, delay);
}

/** Asks in every mode that can know; -1 marks those that are left out. */
static void ask_all(const struct world *w, struct answer (*answers)[ANSWERS], int *n)
{
	for (int m = 0; m < MODE_COUNT; m++) {
		n[m] = -1;
		/* /proc does not say which sockets are bound to a device. */
		if (m == MODE_PROC && strstr(w->recipe, " device"))
			continue;
		n[m] = ask((enum mode)m, answers[m], ANSWERS);
		if (n[m] < 1) {
			failures++;
			printf("# %s: the program failed\n# %s\n", mode_name((enum mode)m),
			       w->recipe);
		}
	}
}

static void play(uint64_t seed, unsigned number)
{
	static struct answer answers[MODE_COUNT][ANSWERS];
	int n[MODE_COUNT];
	struct world w;
	unsigned low, size;

	random_seed(seed * 1000003 + number);
	low = 40000 + random_below(2);
	size = random_below(8) ? 1 + random_below(40) : 1 + random_below(4);
	world_make(&w, low, low + size - 1, random_below(3) == 0);
	settings(&w);
	mix(&w);
	usleep(AGING_US);
	ask_all(&w, answers, n);
	for (int p = 0; p < PLACE_COUNT; p++) {
		int got;

		if (!w.veth && (p == PLACE_VETH || p == PLACE_SILENT))
			continue;
		got = count_connects(&w, (enum place)p);
		for (int m = 0; m < MODE_COUNT; m++) {
			struct answer a;

			if (n[m] < 1)
				continue;
			a = answer_about(answers[m], n[m], (enum place)p);
			judge(&w, (enum mode)m, (enum place)p, &a, got);
		}
	}
	world_end(&w);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	unsigned count = argc > 3 ? (unsigned)atoi(argv[3]) : 100;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n# seed %llu\n", count, (unsigned long long)seed);
	for (unsigned i = first; i < first + count; i++) {
		unsigned before = failures;

		play(seed, i);
		printf("%sok %u - round %u of seed %llu\n", failures > before ? "not " : "",
		       i - first + 1, i, (unsigned long long)seed);
	}
	return failures > 0;
}
