// SPDX-License-Identifier: MIT
#include "top_sampler.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "model/topic.h"
#include "render/runbook.h"
#include "top_list.h"
#include "top_take.h"

/** What a sampler's work may cost at most: as long a rest as it took. */
#define REST 1.0

/** A recording waits so long at most where it has a gap, s. */
#define LONGEST_GAP 10.0

/** How long leaving waits for a sample under way, s. */
#define LEAVE_WAIT 1

/** A command that waits. */
struct command_row {
	enum tui_command what;
	int number;
	char *text;
};

struct sampler {
	struct tui_feed feed;
	struct take take;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* Under the lock: what the live view wants, and what it is given. */
	struct tui_wish wish;
	bool wished, stop;
	/** struct command_row. */
	struct vec commands;
	struct tui_frame *ready;
	/** The source is open, or cannot be: 0 or -errno, and why. */
	bool opened;
	int open_result;
	struct str why;
	/* The thread's own: when the next sample is due (monotonic, ns). */
	int64_t due_ns;
};

/** Hands a frame over; one that was not taken is replaced. */
static void hand_over(struct sampler *s, struct tui_frame *f)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	tui_frame_free(s->ready);
	s->ready = f;
	pthread_mutex_unlock(&s->lock);
	if (write(s->feed.fd, &one, sizeof(one)) < 0)
		return; /* It is readable already. */
}

static struct tui_frame *feed_take(void *arg)
{
	struct sampler *s = arg;
	struct tui_frame *f;
	uint64_t count;

	if (read(s->feed.fd, &count, sizeof(count)) < 0)
		return NULL;
	pthread_mutex_lock(&s->lock);
	f = s->ready;
	s->ready = NULL;
	pthread_mutex_unlock(&s->lock);
	return f;
}

static void feed_want(void *arg, const struct tui_wish *wish)
{
	struct sampler *s = arg;

	pthread_mutex_lock(&s->lock);
	s->wish = *wish;
	s->wished = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static void feed_command(void *arg, enum tui_command what, int number, const char *text)
{
	struct sampler *s = arg;
	struct command_row row = { what, number, text ? xstrdup(text) : NULL };

	pthread_mutex_lock(&s->lock);
	vec_add(&s->commands, &row);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static bool feed_explain(const char *name, struct str *out)
{
	const struct topic *topic = topic_find(name);

	if (!topic)
		return false;
	runbook_topic(topic, 76, out);
	return true;
}

const struct analysis *sampler_analysis(const struct tui_view *view)
{
	top_list_init();
	return strcmp(view->analysis, "list") ? analysis_find(view->analysis) : &top_list_analysis;
}

struct sampler *sampler_new(const struct options *opt, const struct tui_wish *wish)
{
	struct sampler *s = xcalloc(1, sizeof(*s));
	pthread_condattr_t attr;

	s->take.opt = opt;
	s->take.wish = s->wish = *wish;
	s->take.thorough = opt->from || opt->batch;
	s->take.interval = wish->interval;
	s->commands = VEC_OF(struct command_row);
	s->feed = (struct tui_feed){ .arg = s, .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
				     .take = feed_take, .want = feed_want,
				     .command = feed_command, .explain = feed_explain };
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

const struct tui_feed *sampler_feed(const struct sampler *s)
{
	return &s->feed;
}

int sampler_open(struct sampler *s, struct str *why)
{
	return s->feed.fd < 0 ? -EMFILE : take_open(&s->take, true, why);
}

/** When the sample after the one that began at T is due. */
static void set_due(struct sampler *s)
{
	struct take *t = &s->take;
	double pause = t->wish.interval, gap;

	if (t->at) {
		gap = take_pace(t) / t->wish.speed;
		pause = gap > LONGEST_GAP ? LONGEST_GAP : gap;
	} else if (pause < t->seconds * (1 + REST)) {
		pause = t->seconds * (1 + REST);
	}
	t->interval = t->at ? t->wish.interval : pause;
	s->due_ns = t->began_ns + (int64_t)(pause * 1e9);
}

/** Takes a whole sample. The first frame of a view does not wait for what is dear. */
static void sample(struct sampler *s)
{
	struct take *t = &s->take;
	int64_t began = clock_monotonic_ns();

	take_head(t);
	if (s->started && !take_has_body(t))
		hand_over(s, take_frame(t));
	take_body(t, true);
	if (s->started && !t->checks)
		hand_over(s, take_frame(t));
	take_check(t);
	take_record(t);
	t->seconds = (double)(clock_monotonic_ns() - began) / 1e9;
	set_due(s);
}

struct tui_frame *sampler_next(struct sampler *s)
{
	struct take *t = &s->take;

	if (t->sample && t->at) {
		if (!take_advance(t))
			return NULL;
	} else if (t->sample) {
		struct timespec until = { .tv_sec = s->due_ns / 1000000000,
					  .tv_nsec = s->due_ns % 1000000000 };

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			continue;
	}
	sample(s);
	return take_frame(t);
}

/** Recording: one sample on or back. */
static void step(struct sampler *s, int number)
{
	struct take *t = &s->take;

	if (!t->at)
		return;
	if (number < 0)
		take_jump(t, t->at > 1 ? t->at - 1 : 1);
	else if (!take_advance(t))
		return;
	sample(s);
}

static void do_command(struct sampler *s, const struct command_row *row)
{
	struct take *t = &s->take;

	switch (row->what) {
	case TUI_SAMPLE:
		t->check_due_ns = 0;
		if (!t->at)
			sample(s);
		break;
	case TUI_STEP:
		step(s, row->number);
		break;
	case TUI_SEEK:
		if (t->at) {
			take_seek(t, row->text);
			sample(s);
		}
		break;
	case TUI_SAVE:
		if (t->at)
			break;
		take_save(t, row->text);
		take_record(t);
		break;
	}
	hand_over(s, take_frame(t));
}

/** What is wanted changed: what can be shown at once is. */
static void new_wish(struct sampler *s, const struct tui_wish *wish)
{
	struct take *t = &s->take;
	bool filter = wish->filter_number != t->wish.filter_number;
	bool thawed = t->wish.frozen && !wish->frozen, woken = t->wish.idle && !wish->idle;

	t->wish = *wish;
	if (!t->sample)
		return;
	if (filter || thawed || woken) {
		sample(s);
	} else {
		take_body(t, false);
		set_due(s);
	}
	hand_over(s, take_frame(t));
}

/** What is to be done next. */
enum order { ORDER_STOP, ORDER_WISH, ORDER_COMMAND, ORDER_SAMPLE };

/** Waits until there is a command, which is left in ROW, a new wish, left in WISH, or a sample is
 *  due. */
static enum order next_order(struct sampler *s, struct command_row *row, struct tui_wish *wish)
{
	struct take *t = &s->take;
	enum order order = ORDER_STOP;
	bool asleep;

	pthread_mutex_lock(&s->lock);
	asleep = t->wish.idle || (t->at && (t->wish.paused || t->at_end));
	while (!s->stop && !s->wished && !s->commands.len && (asleep || clock_monotonic_ns() < s->due_ns)) {
		struct timespec until = { .tv_sec = s->due_ns / 1000000000,
					  .tv_nsec = s->due_ns % 1000000000 };

		if (asleep)
			pthread_cond_wait(&s->wake, &s->lock);
		else
			pthread_cond_timedwait(&s->wake, &s->lock, &until);
	}
	if (s->wished) {
		*wish = s->wish;
		s->wished = false;
		order = ORDER_WISH;
	} else if (s->commands.len) {
		*row = VEC_AT(&s->commands, struct command_row, 0);
		memmove(s->commands.data, (char *)s->commands.data + sizeof(*row),
			--s->commands.len * sizeof(*row));
		order = ORDER_COMMAND;
	} else if (!s->stop) {
		order = ORDER_SAMPLE;
	}
	pthread_mutex_unlock(&s->lock);
	return order;
}

static bool stopped(struct sampler *s)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

/** A sample is due: of a running kernel at once, of a recording the next one. */
static void tick(struct sampler *s)
{
	struct take *t = &s->take;

	if (!t->at || !t->sample || take_advance(t))
		sample(s);
	hand_over(s, take_frame(t));
}

/** Signals are for the thread that has the terminal; only a crash is handled where it happens. */
static void leave_signals(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
		sigdelset(&set, crashes[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *run(void *arg)
{
	struct sampler *s = arg;
	struct command_row row;
	struct tui_wish wish;

	leave_signals();
	pthread_mutex_lock(&s->lock);
	s->open_result = take_open(&s->take, true, &s->why);
	s->opened = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	while (!s->open_result && !stopped(s)) {
		switch (next_order(s, &row, &wish)) {
		case ORDER_WISH:
			new_wish(s, &wish);
			break;
		case ORDER_COMMAND:
			do_command(s, &row);
			free(row.text);
			break;
		case ORDER_SAMPLE:
			tick(s);
			break;
		case ORDER_STOP:
			break;
		}
	}
	take_close(&s->take);
	return NULL;
}

int sampler_start(struct sampler *s, struct str *why)
{
	int ret = s->feed.fd < 0 ? EMFILE : 0;

	s->started = true;
	if (!ret)
		ret = pthread_create(&s->thread, NULL, run, s);
	if (ret) {
		s->started = false;
		str_add(why, strerror(ret));
		return -ret;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->opened)
		pthread_cond_wait(&s->wake, &s->lock);
	ret = s->open_result;
	str_add(why, str_text(&s->why));
	pthread_mutex_unlock(&s->lock);
	return ret;
}

bool sampler_stop(struct sampler *s)
{
	struct timespec until;

	if (!s->started)
		return true;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LEAVE_WAIT;
	if (pthread_timedjoin_np(s->thread, NULL, &until))
		return false;
	s->started = false;
	return true;
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	take_close(&s->take);
	tui_frame_free(s->ready);
	for (size_t i = 0; i < s->commands.len; i++)
		free(VEC_AT(&s->commands, struct command_row, i).text);
	vec_free(&s->commands);
	str_free(&s->why);
	if (s->feed.fd >= 0)
		close(s->feed.fd);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
