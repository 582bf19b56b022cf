// SPDX-License-Identifier: MIT
#include "record.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/escape.h"
#include "base/num.h"
#include "output.h"
#include "source/recorder.h"

/* Without -i and -c: so that what the counters did can be told from the recording. */
#define DEFAULT_SAMPLES 2
#define DEFAULT_INTERVAL 1.0

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

/* A sample under way is finished, waiting ends. */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* "500M" and the like; powers of 1024. */
static int parse_size(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	char digits[24];
	size_t n = strspn(s, "0123456789");
	unsigned shift = 0;

	if (n == 0 || n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (s[n] != '\0') {
		const char *unit = strchr(units, toupper((unsigned char)s[n]));

		if (unit == NULL || s[n + 1] != '\0')
			return -EINVAL;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (num_parse(digits, UINT64_MAX >> (shift + 1), out) < 0 || *out == 0)
		return -EINVAL;
	*out <<= shift;
	return 0;
}

static void say_notes(const struct notes *notes, struct notes *said)
{
	for (size_t i = 0; i < notes->count; i++) {
		size_t before = said->count;
		struct str line = { 0 };

		notes_add(said, "%s", notes->text[i]);
		escape_text(&line, notes->text[i], strlen(notes->text[i]), false);
		if (said->count > before)
			complain("note: %s", str_text(&line));
		str_free(&line);
	}
}

/* A recording run. */
struct run {
	struct source *source;
	struct recorder *recorder;
	uint64_t keep;
	/* What was said already. */
	struct notes said;
	/* Samples, their bytes, sockets in the last one. */
	uint64_t samples, bytes, sockets;
	bool complete;
};

static int take(struct run *r)
{
	struct recorder_sample sample;
	struct notes notes = { 0 };
	struct str why = { 0 };
	int ret = recorder_take(r->recorder, &sample, &notes, &why);

	if (ret == 0 && r->keep > 0 && sample.file_bytes > r->keep)
		notes_add(&notes, "the samples that hang together take more than --keep allows");
	say_notes(&notes, &r->said);
	if (ret < 0) {
		complain("%s", str_text(&why));
	} else {
		r->samples++;
		r->bytes += sample.bytes;
		r->sockets = sample.sockets;
		r->complete = r->complete && sample.complete;
	}
	notes_free(&notes);
	str_free(&why);
	return ret;
}

/* The next multiple of the interval that is not over yet: late samples are left out. */
static int64_t next_tick(const struct source *s, int64_t last, int64_t interval_ns)
{
	int64_t now, real;

	source_clock(s, &now, &real);
	if (last + interval_ns > now)
		return last + interval_ns;
	return last + ((now - last) / interval_ns + 1) * interval_ns;
}

static int record(struct run *r, const struct options *opt)
{
	double interval = opt->interval_set ? opt->interval : DEFAULT_INTERVAL;
	uint64_t left = opt->count_set ? opt->count : opt->interval_set ? UINT64_MAX
									 : DEFAULT_SAMPLES;
	int64_t tick, real;

	catch_signals();
	source_clock(r->source, &tick, &real);
	while (left-- > 0 && !stopped) {
		int ret = take(r);

		if (ret < 0)
			return ret;
		tick = next_tick(r->source, tick, (int64_t)(interval * 1e9));
		while (left > 0 && !stopped && source_wait(r->source, tick) == -EINTR)
			continue;
	}
	return 0;
}

static int summarize(const struct run *r, const char *file, int ret)
{
	struct str out = { 0 };

	escape_text(&out, file, strlen(file), false);
	str_addf(&out, ": %llu sample%s, %llu bytes; %llu socket%s in the last\n",
		 (unsigned long long)r->samples, num_word(r->samples, "", "s"),
		 (unsigned long long)r->bytes, (unsigned long long)r->sockets,
		 num_word(r->sockets, "", "s"));
	output_add(&out);
	str_free(&out);
	return output_end(ret < 0 || !r->complete ? STATUS_FAILED : STATUS_OK);
}

/* Nothing that is asked for but cannot be done is left out in silence. */
static int check(const struct options *opt, uint64_t *keep)
{
	if (opt->netns != NULL && strcmp(opt->netns, "all") == 0) {
		complain("record: a recording is of one network namespace: -N NAME, PID or PATH");
		return -EINVAL;
	}
	/* To diff it is the running kernel, to others standard output: a surprise as a file. */
	if (strcmp(opt->args[0], "-") == 0) {
		complain("record: '-' is no file; a file of that name is './-'");
		return -EINVAL;
	}
	if (opt->keep != NULL && parse_size(opt->keep, keep) < 0) {
		complain("record: --keep: '%s' is no size (500M, 2G)", opt->keep);
		return -EINVAL;
	}
	return 0;
}

int record_run(const struct command *cmd, const struct options *opt)
{
	const char *file = opt->args[0];
	struct run r = { .complete = true };
	struct notes notes = { 0 };
	struct str why = { 0 };
	int ret = check(opt, &r.keep), status = STATUS_USAGE;

	(void)cmd;
	if (ret == 0) {
		ret = source_open(opt, &notes, &r.source, &why);
		if (ret == 0)
			ret = recorder_open(r.source, file, r.keep, opt->interval_set, &notes,
					    &r.recorder, &why);
		say_notes(&notes, &r.said);
		if (ret < 0)
			complain("%s", str_text(&why));
		else
			ret = record(&r, opt);
		status = r.samples > 0 ? summarize(&r, file, ret) : STATUS_FAILED;
	}
	recorder_close(r.recorder);
	source_close(r.source);
	notes_free(&notes);
	notes_free(&r.said);
	str_free(&why);
	return status;
}
