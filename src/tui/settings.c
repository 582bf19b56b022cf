// SPDX-License-Identifier: MIT
/* How the view starts: command line, and the settings that a run was told to keep. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/num.h"
#include "base/privilege.h"
#include "base/suggest.h"
#include "tui/tui.h"
#include "tui/ui.h"

/** More than this is no file of ours. */
#define MAX_FILE 4096

/** Where the settings stand; false where there is no such place. MAKE: makes the folder. */
static bool settings_path(struct str *out, bool make)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (privilege_is_lent())
		return false;
	if (config && *config == '/')
		str_add(out, config);
	else if (home && *home == '/')
		str_addf(out, "%s/.config", home);
	else
		return false;
	if (make)
		(void)mkdir(str_text(out), 0700);
	str_add(out, "/tcptriage");
	if (make)
		(void)mkdir(str_text(out), 0700);
	str_add(out, "/top");
	return true;
}

static void take_setting(const char *name, const char *value, struct tui_wish *wish)
{
	double v;

	if (!strcmp(name, "view") && tui_view_find(value) >= 0)
		wish->view = (unsigned)tui_view_find(value);
	else if (!strcmp(name, "interval") && !num_parse_seconds(value, UI_MAX_INTERVAL, &v) &&
		 v >= UI_MIN_INTERVAL)
		wish->interval = v;
	else if (!strcmp(name, "sort") && strlen(value) < sizeof(wish->sort))
		snprintf(wish->sort, sizeof(wish->sort), "%s", value);
	else if (!strcmp(name, "reverse"))
		wish->reverse = !strcmp(value, "yes");
}

/** Reads the settings that a run was told to keep into WISH; what the file does not say, or says
 *  wrongly, stays as it is. Never with more privilege than the caller has. */
static void load_settings(struct tui_wish *wish)
{
	struct str path = { 0 }, text = { 0 };
	char *line, *save = NULL;

	if (settings_path(&path, false) &&
	    !file_read_at(AT_FDCWD, str_text(&path), &text, MAX_FILE) && text.s) {
		for (line = strtok_r(text.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			char *value = strchr(line, '=');

			if (!value)
				continue;
			*value++ = '\0';
			take_setting(line, value, wish);
		}
	}
	str_free(&path);
	str_free(&text);
}

int tui_save_settings(const struct tui_wish *wish, struct str *path)
{
	struct str text = { 0 };
	int ret = -ENOENT;

	str_addf(&text, "view=%s\ninterval=%g\n", tui_views[wish->view].name, wish->interval);
	if (*wish->sort)
		str_addf(&text, "sort=%s\nreverse=%s\n", wish->sort, wish->reverse ? "yes" : "no");
	if (settings_path(path, true))
		ret = file_replace(str_text(path), text.s, text.len, 0600);
	str_free(&text);
	return ret;
}

static const char *nth_view(void *arg UNUSED, size_t i)
{
	return tui_views[i].name;
}

static int take_view(const char *name, struct tui_wish *wish, struct str *why)
{
	int view = tui_view_find(name);
	const char *close;

	if (view >= 0) {
		/* The order that was saved is another view's. */
		if (wish->view != (unsigned)view)
			*wish->sort = '\0';
		wish->view = (unsigned)view;
		return 0;
	}
	str_addf(why, "no view is named '%s'", name);
	close = suggest(name, nth_view, NULL);
	if (close) {
		str_addf(why, ": did you mean %s?", close);
		return -EINVAL;
	}
	str_add(why, "; there are");
	for (size_t i = 0; tui_views[i].name; i++)
		str_addf(why, " %s", tui_views[i].name);
	return -EINVAL;
}

static int take_filter(const struct options *opt, struct tui_wish *wish, struct str *why)
{
	size_t len = 0;

	for (int i = 0; i < opt->arg_count; i++) {
		int n = snprintf(wish->filter + len, sizeof(wish->filter) - len, "%s%s",
				 i ? " " : "", opt->args[i]);

		if (n < 0 || (size_t)n >= sizeof(wish->filter) - len) {
			str_add(why, "the filter is too long for the live view");
			return -EINVAL;
		}
		len += (size_t)n;
	}
	return 0;
}

int tui_wish_from(const struct options *opt, struct tui_wish *wish, struct str *why)
{
	*wish = (struct tui_wish){ .interval = 1, .speed = 1 };
	if (!opt->from && !opt->batch)
		load_settings(wish);
	if (opt->interval_set)
		wish->interval = opt->interval;
	if (wish->interval < UI_MIN_INTERVAL)
		wish->interval = UI_MIN_INTERVAL;
	if (wish->interval > UI_MAX_INTERVAL)
		wish->interval = UI_MAX_INTERVAL;
	if (opt->view && take_view(opt->view, wish, why))
		return -EINVAL;
	if (opt->sort) {
		wish->reverse = *opt->sort == '-';
		snprintf(wish->sort, sizeof(wish->sort), "%s", opt->sort + wish->reverse);
	}
	return take_filter(opt, wish, why);
}
