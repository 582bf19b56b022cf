// SPDX-License-Identifier: MIT
/* Rounds of the acid test: acid mixes SEED FIRST COUNT SECONDS, acid cases, acid rate. One round:
 * sockets, the program's answers in every mode, then plain connect() calls to each pool until
 * EADDRNOTAVAIL. The count must lie between free_min and free_max, and be free where they are
 * equal. */
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

/** Mini-sockets live for a minute: rounds must be shorter. */
#define SLOW_SECONDS 45

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
			fprintf(stderr, "# connect to %s:%u: %s\n", places[p].remote,
				places[p].port, strerror(-fd));
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
	fprintf(stderr, "# %s: %s -> %s:%u: %s: free %u (%u..%u) of %u, in use %u; connect() "
		"succeeded %d times\n# %s\n", mode_name(mode), places[p].local,
		places[p].remote, places[p].port,
	       why, a->free, a->min, a->max, a->capacity, a->in_use, got, w->recipe);
}

/** What the mix leaves open however one looks. */
static unsigned width_allowed(const struct world *w)
{
	return (w->high - w->low + 1) % 2 && w->high != w->low ? 1 : 0;
}

/** True where nothing but an odd range may be left open. Whether a TIME_WAIT used timestamps is
 *  only seen in the bind table. */
static bool is_settled(const struct world *w, enum mode mode)
{
	return (mode == MODE_FULL && bpf_works()) ||
	       (mode == MODE_PROBE && strstr(w->recipe, "tw_reuse 0"));
}

static void judge(const struct world *w, enum mode mode, enum place p, const struct answer *a,
		  int got)
{
	/* A new destination is not in the report: an odd range is then all that is open. */
	unsigned odd = width_allowed(w);
	unsigned min = a->port || a->min < odd ? a->min : a->min - odd;

	if (mode == MODE_BLIND || mode == MODE_PROC || !bpf_works())
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

static void settings(struct world *w, unsigned reuse, unsigned delay)
{
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
			fprintf(stderr, "# %s: the program failed\n# %s\n", mode_name((enum mode)m),
			       w->recipe);
		}
	}
}

/** Asks, counts, judges; the world is then used up. */
static void put_to_the_test(struct world *w)
{
	static struct answer answers[MODE_COUNT][ANSWERS];
	int n[MODE_COUNT];

	usleep(AGING_US);
	ask_all(w, answers, n);
	for (int p = 0; p < PLACE_COUNT; p++) {
		int got;

		if (!w->veth && (p == PLACE_VETH || p == PLACE_SILENT))
			continue;
		got = count_connects(w, (enum place)p);
		for (int m = 0; m < MODE_COUNT; m++) {
			struct answer a;

			if (n[m] < 1)
				continue;
			a = answer_about(answers[m], n[m], (enum place)p);
			judge(w, (enum mode)m, (enum place)p, &a, got);
		}
	}
	world_end(w);
}

/** Says how a round went that began at START. One that took so long that mini-sockets may have
 *  ended by themselves shows nothing. */
static void say(unsigned number, unsigned before, const char *name, time_t start)
{
	if (failures > before && time(NULL) > start + SLOW_SECONDS) {
		failures = before;
		printf("ok %u - %s # SKIP this machine is too slow for it\n", number, name);
		return;
	}
	printf("%sok %u - %s\n", failures > before ? "not " : "", number, name);
}

/** Random mixes; no new one is begun once SECONDS are over. */
static void play_mixes(uint64_t seed, unsigned first, unsigned count, double seconds)
{
	time_t end = time(NULL) + (time_t)seconds;
	unsigned i = first;

	printf("# seed %llu\n", (unsigned long long)seed);
	for (; i < first + count && time(NULL) < end; i++) {
		unsigned before = failures, low, size;
		time_t start = time(NULL);
		char name[64];
		struct world w;

		random_seed(seed * 1000003 + i);
		low = 40000 + random_below(2);
		size = random_below(8) ? 1 + random_below(40) : 1 + random_below(4);
		world_make(&w, low, low + size - 1, random_below(3) == 0);
		settings(&w, random_below(3), random_below(2) ? 1 : 60000);
		mix(&w);
		put_to_the_test(&w);
		snprintf(name, sizeof(name), "round %u of seed %llu", i, (unsigned long long)seed);
		say(i - first + 1, before, name, start);
	}
	printf("1..%u\n", i - first);
}

/** One ingredient by itself, several times over since it chooses destinations as it likes. */
static void play_case(const struct ingredient *in, unsigned size, unsigned times, unsigned reuse,
		      unsigned delay)
{
	struct world w;

	world_make(&w, 40000, 40000 + size - 1, true);
	settings(&w, reuse, delay);
	for (int i = 0; i < 3; i++) {
		world_note(&w, " %s*%u", in->name, times);
		in->make(&w, times);
	}
	put_to_the_test(&w);
}

/** Every ingredient alone; those that leave mini-sockets with every tcp_tw_reuse, before its delay
 *  and after. Then ranges nearly full and full. */
static void play_cases(void)
{
	static const unsigned sizes[] = { 10, 9, 30, 1 };
	unsigned number = 0;

	for (const struct ingredient *in = ingredients; in->name; in++) {
		bool minis = strstr(in->name, "wait") != NULL;

		if (in > ingredients && strcmp(in->name, in[-1].name) == 0)
			continue;
		for (unsigned s = 0; s < (minis ? 6u : 1u); s++) {
			unsigned before = failures;
			time_t start = time(NULL);
			char name[96];

			random_seed(number + 1);
			play_case(in, sizes[number % 3], 2 + number % 3, (s + 2) % 3,
				  s < 3 ? 1 : 60000);
			snprintf(name, sizeof(name), "%s, tcp_tw_reuse %u, %s", in->name,
				 (s + 2) % 3, s < 3 ? "after the delay" : "before the delay");
			say(++number, before, name, start);
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned before = failures, size = sizes[i / 2];
		time_t start = time(NULL);

		random_seed(i + 1);
		play_case(&ingredients[i % 2 ? 2 : 0], size, size - (size > 1 && i % 3 == 0), 0,
			  1000);
		say(++number, before,
		    i % 2 ? "a range full of TIME_WAIT" : "a range full of clients", start);
	}
	printf("1..%u\n", number);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "mixes";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "cases") == 0) {
		play_cases();
	} else if (strcmp(what, "rate") == 0) {
		printf("1..8\n");
		failures += rate_test(1);
		failures += forecast_test(6);
	} else {
		play_mixes(argc > 2 ? strtoull(argv[2], NULL, 10) : 1,
			   argc > 3 ? (unsigned)atoi(argv[3]) : 0,
			   argc > 4 ? (unsigned)atoi(argv[4]) : 100,
			   argc > 5 ? atof(argv[5]) : 1e6);
	}
	return failures > 0;
}
