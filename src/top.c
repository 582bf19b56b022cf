// SPDX-License-Identifier: MIT
#include "top.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "base/num.h"
#include "base/word.h"
#include "output.h"
#include "pipeline.h"
#include "top_sampler.h"
#include "tui/tui.h"

/** Width of a log where nothing says otherwise: no line of ours is cut. */
#define LOG_WIDTH 512

/** Columns of batch output: COLUMNS, else the terminal's, else what a log can hold. */
static int log_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	uint64_t n;

	if (columns && !num_parse(columns, LOG_WIDTH, &n) && n)
		return (int)n;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return LOG_WIDTH;
}

static int fail(int ret, const struct str *why)
{
	complain("%s", str_text(why));
	return ret == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
}

/** Prints frame after frame. */
static int print_frames(struct sampler *s, const struct tui_config *config)
{
	const struct options *opt = config->options;
	uint64_t left = opt->count_set ? opt->count : UINT64_MAX;
	struct tui_batch *b = tui_batch_new(config, log_width());
	struct str out = { 0 };
	int status = STATUS_OK;

	while (left-- && output_ok()) {
		struct tui_frame *f = sampler_next(s);

		if (!f)
			break;
		if (!f->header.complete)
			status = STATUS_FAILED;
		tui_batch_add(b, f, &out);
		output_add(&out);
	}
	str_free(&out);
	tui_batch_free(b);
	return output_end(status);
}

static int run_batch(const struct tui_config *config)
{
	struct sampler *s = sampler_new(config->options, &config->wish);
	struct str why = { 0 };
	int ret = sampler_open(s, &why);
	int status = ret ? fail(ret, &why) : print_frames(s, config);

	str_free(&why);
	sampler_free(s);
	return status;
}

static void save_settings(const struct tui_config *config)
{
	struct str path = { 0 };
	int ret = tui_save_settings(&config->wish, &path);

	if (ret)
		complain("the settings could not be saved: %s%s%s", str_text(&path),
			 path.len ? ": " : "", strerror(-ret));
	str_free(&path);
}

static int run_screen(struct tui_config *config)
{
	struct sampler *s;
	struct str why = { 0 };
	int ret, status;

	if (!tui_possible(&why)) {
		complain("%s: 'tcptriage top -b' prints frames, 'tcptriage check' answers once",
			 str_text(&why));
		str_free(&why);
		return STATUS_FAILED;
	}
	s = sampler_new(config->options, &config->wish);
	ret = sampler_start(s, &why);
	if (!ret)
		ret = tui_run(config, sampler_feed(s), &why);
	status = ret ? fail(ret, &why) : STATUS_OK;
	str_free(&why);
	if (!ret && config->options->save)
		save_settings(config);
	/* The terminal is back and everything is said: a sample that does not end now is not waited
	 * for, and must not see this function's caller go. */
	if (!sampler_stop(s))
		_exit(status);
	sampler_free(s);
	return status;
}

/** --sort names a column of the view that is shown first. 0, or -EINVAL with WHY. */
static int check_sort(const struct options *opt, const struct tui_wish *wish, struct str *why)
{
	const struct tui_view *live = &tui_views[wish->view];
	const struct analysis *a = sampler_analysis(live);
	const struct view *table = live->table;

	for (const struct view *v = a ? a->views : NULL; v && v->name; v++) {
		if (v->columns && !strcmp(v->path, live->path))
			table = v;
	}
	for (const struct view_column *c = table ? table->columns : NULL; c && c->path; c++) {
		if (word_equal(c->heading, wish->sort))
			return 0;
	}
	if (!opt->sort)
		return 0;
	str_addf(why, "the view %s has no column named '%s'", live->name, wish->sort);
	return -EINVAL;
}

int top_run(const struct command *cmd UNUSED, const struct options *opt)
{
	struct tui_config config = { .options = opt };
	struct render_options render;
	struct str why = { 0 };
	int ret = tui_wish_from(opt, &config.wish, &why);

	if (!ret)
		ret = check_sort(opt, &config.wish, &why);
	if (ret) {
		ret = fail(ret, &why);
		str_free(&why);
		return ret;
	}
	pipeline_render_options(opt, &render);
	config.color = render.color;
	config.mouse = !opt->mouse_off;
	config.ascii = opt->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	config.recording = opt->from != NULL;
	config.plain = opt->batch && !render.terminal;
	return opt->batch ? run_batch(&config) : run_screen(&config);
}
