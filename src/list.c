// SPDX-License-Identifier: MIT
#include "list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "output.h"
#include "pipeline.h"
#include "render/row.h"
#include "source/users.h"

/** Bytes gathered before they are written. */
#define WRITE_AT ((size_t)48 * 1024)
/** Rows that are looked at before the first is written: how wide the columns are. */
#define MEASURED_ROWS 1000

/** A list on its way out. */
struct list {
	struct pipeline *p;
	const struct options *opt;
	struct render_options ropt;
	/** const struct column *: those shown. */
	struct vec columns;
	/** More than one sample: a document a line. */
	bool repeats;
	/** -s: the column to sort by and whether falling; NULL: as they come. */
	const struct column *sort;
	bool falling;
	struct column_context ctx;
	struct filter_context filter;
	struct str out, scratch;
	/** Rows written, and rows that -t cut off. */
	uint64_t rows, cut;
	/** Records of which the filter could not be decided. */
	uint64_t undecided;
	/** struct sock, not yet written: all where they are to be sorted, else those that are
	 *  measured. */
	struct vec kept;
	/** Of each column; none for JSON. */
	size_t *widths;
	/** Rows are written as they come from here on. */
	bool measured;
	/** Union of what the columns need. */
	unsigned needs;
};

static const char *nth_column(void *arg, size_t i)
{
	(void)arg;
	return i < column_count ? column_table[i].heading : NULL;
}

static int unknown_column(const char *name, size_t n, struct str *why)
{
	char *word = xstrndup(name, n);
	const char *close = suggest(word, nth_column, NULL);

	str_addf(why, "no column is named '%s'", word);
	str_addf(why, close ? ": did you mean %s?" : ": '-o help' lists them", close ? close : "");
	free(word);
	return -EINVAL;
}

static void add_column(struct list *l, const struct column *c)
{
	vec_add(&l->columns, &c);
	l->needs |= c->needs;
}

/** The columns that are there without being asked for. */
static void default_columns(struct list *l)
{
	bool sweep = l->opt->netns && strcmp(l->opt->netns, "all") == 0;
	unsigned places = 0;

	for (size_t i = 0; i < column_count; i++) {
		const struct column *c = &column_table[i];

		if (!l->opt->json && (c->text || (c->processes && l->opt->processes) ||
				      (sweep && strcmp(c->key, "netns") == 0)))
			add_column(l, c);
		places = c->json > places ? c->json : places;
	}
	for (unsigned place = 1; l->opt->json && place <= places; place++) {
		for (size_t i = 0; i < column_count; i++) {
			const struct column *c = &column_table[i];

			if (c->json != place)
				continue;
			vec_add(&l->columns, &c);
			/* The owners stay null unless they are asked for: they cost most. */
			l->needs |= c->needs & ~(unsigned)COLUMN_OWNERS;
		}
	}
	if (l->opt->processes)
		l->needs |= COLUMN_OWNERS;
}

static bool has_column(const struct list *l, const struct column *c)
{
	for (size_t i = 0; i < l->columns.len; i++) {
		if (VEC_AT(&l->columns, const struct column *, i) == c)
			return true;
	}
	return false;
}

static int choose_columns(struct list *l, struct str *why)
{
	const char *s = l->opt->columns;

	/* JSON documents keep their members whatever is chosen besides. */
	if (!s || *s == '+' || l->opt->json)
		default_columns(l);
	if (s && *s == '+')
		s++;
	for (; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		const struct column *c = column_find(s, strcspn(s, ","));

		if (!c)
			return unknown_column(s, strcspn(s, ","), why);
		if (has_column(l, c))
			l->needs |= c->needs;
		else
			add_column(l, c);
	}
	if (l->opt->sort) {
		const char *name = l->opt->sort + (*l->opt->sort == '-');

		l->falling = *l->opt->sort == '-';
		l->sort = column_find(name, strlen(name));
		if (!l->sort)
			return unknown_column(name, strlen(name), why);
		l->needs |= l->sort->needs;
	}
	return 0;
}

static void write_row(struct list *l, const struct sock *s)
{
	const struct column *const *columns = l->columns.data;

	if (l->ropt.top && l->rows >= l->ropt.top) {
		l->cut++;
		return;
	}
	l->ctx.s = s;
	if (l->opt->json) {
		if (l->rows)
			str_addn(&l->out, l->repeats ? "," : ",\n", l->repeats ? 1 : 2);
		row_json(&l->out, columns, l->columns.len, &l->ctx);
	} else {
		row_text(&l->out, columns, l->columns.len, l->widths, &l->ctx, &l->ropt);
	}
	l->rows++;
	if (l->out.len >= WRITE_AT)
		output_add(&l->out);
}

/** Writes what was kept, under a heading where none was written yet. */
static void write_kept(struct list *l)
{
	const struct column *const *columns = l->columns.data;
	size_t n = l->kept.len < MEASURED_ROWS ? l->kept.len : MEASURED_ROWS;

	if (l->ropt.top && n > l->ropt.top)
		n = l->ropt.top;
	for (size_t i = 0; !l->opt->json && i < n; i++) {
		l->ctx.s = &VEC_AT(&l->kept, struct sock, i);
		row_measure(l->widths, columns, l->columns.len, &l->ctx, &l->ropt);
	}
	if (!l->opt->json && !l->opt->no_header && !l->p->samples)
		row_header(&l->out, columns, l->columns.len, l->widths, &l->ropt);
	for (size_t i = 0; i < l->kept.len && output_ok(); i++)
		write_row(l, &VEC_AT(&l->kept, struct sock, i));
	vec_reset(&l->kept);
	l->measured = true;
}

static void list_add(void *arg, const struct sock *s)
{
	struct list *l = arg;

	if (!output_ok())
		return;
	if (l->p->filter) {
		enum filter_answer answer = filter_judge(l->p->filter, s, &l->filter);

		l->undecided += answer == FILTER_UNKNOWN;
		if (answer != FILTER_YES)
			return;
	}
	if (l->measured) {
		write_row(l, s);
		return;
	}
	vec_add(&l->kept, s);
	if (!l->sort && l->kept.len >= MEASURED_ROWS)
		write_kept(l);
}

static void list_restart(void *arg)
{
	struct list *l = arg;

	l->undecided = 0;
	vec_reset(&l->kept);
}

static int compare_socks(const void *a, const void *b, void *arg)
{
	const struct list *l = arg;
	struct str text[2] = { { 0 }, { 0 } };
	struct column_context x = l->ctx, y = l->ctx;
	struct cell cx, cy;
	int c;

	x.s = a;
	x.scratch = &text[0];
	y.s = b;
	y.scratch = &text[1];
	l->sort->get(&x, &cx);
	l->sort->get(&y, &cy);
	c = cell_compare(&cx, &cy);
	str_free(&text[0]);
	str_free(&text[1]);
	if (!c)
		c = (x.s->cookie > y.s->cookie) - (x.s->cookie < y.s->cookie);
	return l->falling ? -c : c;
}

static void write_rest(struct list *l)
{
	if (l->sort && l->kept.len)
		qsort_r(l->kept.data, l->kept.len, sizeof(struct sock), compare_socks, l);
	if (!l->measured)
		write_kept(l);
}

/** Of JSON, everything before the first row. */
static void write_start(struct list *l)
{
	struct arena a = { 0 };

	/* Nothing is to be measured there. */
	l->measured = l->opt->json && !l->sort;
	if (!l->opt->json)
		return;
	json_add_value(&l->out, pipeline_envelope(l->p, &a, "list", !l->p->owners_short));
	l->out.len--; /* The envelope's closing brace. */
	str_add(&l->out, ",\"sockets\":[");
	arena_free(&a);
}

/** Everything behind the last row. A streamed document that turned out short says "complete" and
 *  "notes" again: the last one counts. */
static void write_end(struct list *l, bool complete, size_t notes)
{
	struct arena a = { 0 };

	if (!l->opt->json) {
		pipeline_say_cut(&l->out, l->cut, &l->ropt);
		output_add(&l->out);
		return;
	}
	str_addc(&l->out, ']');
	if (l->cut)
		str_addf(&l->out, ",\"cut\":%llu", (unsigned long long)l->cut);
	if (!complete)
		str_add(&l->out, ",\"complete\":false");
	if (l->p->notes.count > notes) {
		struct value *envelope = pipeline_envelope(l->p, &a, "list", complete);

		str_add(&l->out, ",\"notes\":");
		json_add_value(&l->out, value_get(envelope, "notes"));
	}
	str_add(&l->out, "}\n");
	output_add(&l->out);
	arena_free(&a);
}

/** Owners and cgroups, before the first row. */
static void look_around(struct list *l)
{
	struct pipeline *p = l->p;

	if (l->needs & COLUMN_CGROUPS || filter_needs_cgroups(p->filter))
		pipeline_cgroups(p);
	if (((l->needs & COLUMN_OWNERS) || filter_needs_owners(p->filter)) &&
	    pipeline_owners(p, NULL))
		p->have_owners = false; /* Its notes say why. */
	l->ctx = (struct column_context){
		.owners = p->have_owners ? &p->owners : NULL,
		.cgroups = p->have_cgroups ? &p->cgroups : NULL,
		.user_name = users_name,
		.scratch = &l->scratch,
	};
	l->filter = (struct filter_context){ l->ctx.owners, l->ctx.cgroups };
}

/** One sample. Exit status. */
static int list_sample(struct list *l, size_t *printed)
{
	const struct needs n = {
		.states = STATES_ALL,
		.info_states = l->needs & COLUMN_INFO ? STATES_ALL : 0,
		.drops_states = l->needs & COLUMN_DROPS ? STATES_ALL : 0,
		.locks = l->needs & COLUMN_LOCKS,
	};
	void *arg = l;
	struct sink sink = { list_add, l->sort ? list_restart : NULL, &arg };
	size_t notes;
	int ret;

	l->rows = l->cut = l->undecided = 0;
	vec_reset(&l->kept);
	look_around(l);
	l->ctx.netns_names = source_netns_names(l->p->source, &l->ctx.netns_count);
	pipeline_print_notes(l->p, printed);
	notes = l->p->notes.count;
	write_start(l);
	ret = pipeline_dump(l->p, &n, &sink, 1);
	write_rest(l);
	pipeline_note_undecided(l->p, l->undecided);
	pipeline_print_notes(l->p, printed);
	if (ret && !l->rows) {
		str_reset(&l->out);
		return STATUS_FAILED;
	}
	write_end(l, !ret && pipeline_complete(l->p), notes);
	l->p->samples++;
	return ret || !pipeline_complete(l->p) ? STATUS_FAILED : STATUS_OK;
}

static int repeat(struct list *l)
{
	const struct options *opt = l->opt;
	uint64_t left = opt->count_set ? opt->count : opt->interval_set ? UINT64_MAX : 1;
	double interval = opt->interval_set ? opt->interval : 1;
	size_t printed = 0;
	int64_t next, real;
	int status = STATUS_OK;

	source_clock(l->p->source, &next, &real);
	while (left-- && output_ok()) {
		status = list_sample(l, &printed);
		next += (int64_t)(interval * 1e9);
		if (left && source_wait(l->p->source, next) == -ENODATA)
			break;
	}
	return status;
}

static int help_columns(void)
{
	struct str out = { 0 };

	for (size_t i = 0; i < column_count; i++)
		str_addf(&out, "%-14s %s\n", column_table[i].heading, column_table[i].help);
	output_add(&out);
	str_free(&out);
	return output_end(STATUS_OK);
}

int list_run(const struct command *cmd, const struct options *opt)
{
	struct pipeline p;
	struct list l = { .p = &p, .opt = opt,
			  .columns = VEC_OF(const struct column *), .kept = VEC_OF(struct sock) };
	struct str why = { 0 };
	int ret, status;

	(void)cmd;
	if (opt->columns && strcmp(opt->columns, "help") == 0)
		return help_columns();
	pipeline_render_options(opt, &l.ropt);
	l.repeats = opt->interval_set || (opt->count_set && opt->count > 1);
	ret = choose_columns(&l, &why);
	l.widths = xcalloc(l.columns.len + 1, sizeof(*l.widths));
	if (!ret)
		ret = pipeline_open(&p, opt, true, &why);
	if (ret) {
		complain("%s", str_text(&why));
		status = ret == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	} else {
		status = output_end(repeat(&l));
		pipeline_close(&p);
	}
	str_free(&why);
	str_free(&l.out);
	str_free(&l.scratch);
	vec_free(&l.columns);
	free(l.widths);
	vec_free(&l.kept);
	return status;
}
