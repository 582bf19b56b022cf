// SPDX-License-Identifier: MIT
#include "top_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "model/column.h"

/** Columns that are shown, by JSON key; what else costs nothing is in the details. */
static const char *const shown[] = { "state", "recv_queue", "send_queue", "local", "remote",
				     "pid",   "process",    "timer",	  "netns" };

/** Most columns: those of `list` and an end. */
#define MAX_COLUMNS 48

static struct view_column columns[MAX_COLUMNS + 1];

static const struct view views[] = {
	{ .name = "sockets", .kind = VIEW_TABLE, .path = "sockets", .columns = columns },
	{ .name = NULL },
};

struct list {
	/** struct sock, at most twice TOP_LIST_ROWS between two cuts. */
	struct vec socks;
	/** The column they are ordered by, or NULL. */
	const struct column *sort;
	bool reverse;
	uint64_t total;
	/** The last of those kept by a cut: whoever stands behind it need not be looked at
	 *  again. */
	struct sock last;
	bool have_last;
};

/** A name only where several namespaces are read. */
static bool is_netns(const struct column *c)
{
	return strcmp(c->key, "netns") == 0;
}

static bool is_shown(const struct column *c)
{
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		if (strcmp(shown[i], c->key) == 0)
			return true;
	}
	return false;
}

/** The columns that cost no more than the shown ones do. */
static bool is_offered(const struct column *c)
{
	return !(c->needs & ~(unsigned)COLUMN_OWNERS);
}

/** Adds the offered columns that are shown, in the order of SHOWN, or those that are not. */
static size_t add_columns(size_t n, bool shown_ones)
{
	for (size_t i = 0; i < column_count && n < MAX_COLUMNS; i++) {
		const struct column *c = &column_table[i];

		if (!is_offered(c) || is_shown(c) != shown_ones)
			continue;
		columns[n++] = (struct view_column){
			.path = c->key, .heading = c->heading, .right = c->right,
			.extra = !shown_ones, .help = c->help, .if_present = is_netns(c),
		};
	}
	return n;
}

void top_list_init(void)
{
	if (!columns[0].path)
		add_columns(add_columns(0, true), false);
}

static void list_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	(void)opt;
	(void)facts;
	out->states = STATES_ALL;
	out->owners = true;
}

static void *list_begin(const struct options *opt)
{
	struct list *l = xcalloc(1, sizeof(*l));
	const char *sort = opt->sort;

	l->socks = VEC_OF(struct sock);
	l->reverse = sort && *sort == '-';
	if (sort)
		l->sort = column_find(sort + l->reverse, strlen(sort + l->reverse));
	return l;
}

static void list_restart(void *state)
{
	struct list *l = state;

	vec_reset(&l->socks);
	l->total = 0;
	l->have_last = false;
}

/** The cell of a socket by which it is ordered. Owners are not known yet: such columns order only
 *  what was kept. */
static void sort_cell(const struct list *l, const struct sock *s, struct cell *out)
{
	struct str scratch = { 0 };
	struct column_context ctx = { .s = s, .scratch = &scratch };

	*out = (struct cell){ .kind = CELL_NULL };
	if (!l->sort->needs && strcmp(l->sort->key, "user") != 0)
		l->sort->get(&ctx, out);
	/* The free columns give numbers, words and endpoints: nothing points into scratch. */
	str_free(&scratch);
}

static int compare_socks(const void *a, const void *b, void *arg)
{
	const struct list *l = arg;
	struct cell ca, cb;
	int order;

	sort_cell(l, a, &ca);
	sort_cell(l, b, &cb);
	/* What is unknown comes last either way. */
	if ((ca.kind == CELL_NULL) != (cb.kind == CELL_NULL))
		return ca.kind == CELL_NULL ? 1 : -1;
	order = cell_compare(&ca, &cb);
	return l->reverse ? -order : order;
}

/** Keeps the first TOP_LIST_ROWS. */
static void cut(struct list *l)
{
	if (l->sort && l->socks.len)
		qsort_r(l->socks.data, l->socks.len, sizeof(struct sock), compare_socks, l);
	if (l->socks.len < TOP_LIST_ROWS)
		return;
	l->socks.len = TOP_LIST_ROWS;
	l->last = VEC_AT(&l->socks, struct sock, TOP_LIST_ROWS - 1);
	l->have_last = true;
}

static void list_add(void *state, const struct sock *s)
{
	struct list *l = state;

	l->total++;
	if (!l->sort && l->socks.len >= TOP_LIST_ROWS)
		return;
	if (l->have_last && compare_socks(s, &l->last, l) >= 0)
		return;
	vec_add(&l->socks, s);
	if (l->socks.len >= 2 * (size_t)TOP_LIST_ROWS)
		cut(l);
}

static void list_want(void *state, struct map *set)
{
	struct list *l = state;

	cut(l);
	for (size_t i = 0; i < l->socks.len; i++) {
		const struct sock *s = &VEC_AT(&l->socks, struct sock, i);

		if (sock_has(s, SOCK_HAS_INODE) && s->inode)
			map_put(set, &s->inode, NULL);
	}
}

static void add_timer(struct arena *a, struct value *row, const char *key, const struct sock *s)
{
	struct str text = { 0 };

	str_addf(&text, "%s %.1fs", column_timer_word(s->timer), s->expires_ms / 1000.0);
	if (s->retransmits)
		str_addf(&text, " %u", s->retransmits);
	value_add_text(a, row, key, str_text(&text));
	str_free(&text);
}

static void add_owners(struct arena *a, struct value *row, const char *key, const struct cell *cell,
		       const struct owners *owners)
{
	struct value *list = value_add_array(a, row, key);

	for (size_t i = 0; i < cell->owners.count; i++) {
		const struct holder *h = &cell->owners.holders[i];
		const struct process *p = owners_process(owners, h);
		struct value *o = value_add_object(a, list, NULL);

		value_add_int(a, o, "pid", p->pid);
		value_add_text(a, o, "process", p->comm);
		value_add_int(a, o, "fd", h->fd);
	}
}

static void add_cell(struct arena *a, struct value *row, const char *key, const struct cell *cell,
		     const struct owners *owners)
{
	struct str text = { 0 };

	switch (cell->kind) {
	case CELL_NULL:
		value_add_null(a, row, key);
		break;
	case CELL_INT:
		value_add_int(a, row, key, cell->integer);
		break;
	case CELL_BOOL:
		value_add_bool(a, row, key, cell->boolean);
		break;
	case CELL_SECONDS:
		value_add_real(a, row, key, cell->seconds);
		break;
	case CELL_WORD:
	case CELL_TEXT:
		value_add_text(a, row, key, cell->text);
		break;
	case CELL_ENDPOINT:
		addr_add_endpoint(&text, cell->endpoint.addr, cell->endpoint.port);
		value_add_text(a, row, key, str_text(&text));
		break;
	case CELL_TIMER:
		add_timer(a, row, key, cell->timer);
		break;
	case CELL_OWNERS:
		add_owners(a, row, key, cell, owners);
		break;
	}
	str_free(&text);
}

static void add_row(struct value *list, const struct sock *s, const struct host *host,
		    struct arena *a)
{
	struct value *row = value_add_object(a, list, NULL);
	struct str scratch = { 0 };
	struct column_context ctx = {
		.s = s, .owners = host->owners, .netns_names = host->netns_names,
		.netns_count = host->netns_count, .user_name = host->user_name,
		.scratch = &scratch,
	};

	for (size_t i = 0; i < column_count; i++) {
		struct cell cell = { .kind = CELL_NULL };

		if (!is_offered(&column_table[i]))
			continue;
		column_table[i].get(&ctx, &cell);
		if (is_netns(&column_table[i]) && (cell.kind == CELL_NULL || host->netns_count < 2))
			continue;
		add_cell(a, row, column_table[i].key, &cell, host->owners);
	}
	str_free(&scratch);
}

static void list_finish(void *state, const struct host *host, struct report *report)
{
	struct list *l = state;
	struct arena *a = &report->arena;
	struct value *list;

	cut(l);
	value_add_int(a, report->root, "total", (int64_t)l->total);
	value_add_int(a, report->root, "more", (int64_t)(l->total - l->socks.len));
	list = value_add_array(a, report->root, "sockets");
	for (size_t i = 0; i < l->socks.len; i++)
		add_row(list, &VEC_AT(&l->socks, struct sock, i), host, a);
}

static void list_end(void *state)
{
	struct list *l = state;

	vec_free(&l->socks);
	free(l);
}

const struct analysis top_list_analysis = {
	.name = "list",
	.needs = list_needs,
	.begin = list_begin,
	.restart = list_restart,
	.add = list_add,
	.want = list_want,
	.finish = list_finish,
	.end = list_end,
	.views = views,
};
