// SPDX-License-Identifier: MIT
#include "render/row.h"

#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "render/lines.h"

/** Pads what was appended since FROM to WIDTH, or to what the column has at least. */
static void pad(struct str *out, size_t from, size_t cells, const struct column *c, size_t width,
		bool last)
{
	size_t wide = width > c->width ? width : c->width;
	size_t need = cells < wide ? wide - cells : 0;

	if (!need || (last && !c->right))
		return;
	str_fill(out, ' ', need);
	if (c->right) {
		memmove(out->s + from + need, out->s + from, out->len - need - from);
		memset(out->s + from, ' ', need);
	}
}

void row_header(struct str *out, const struct column *const *columns, size_t count,
		const size_t *widths, const struct render_options *opt)
{
	if (opt->color)
		str_add(out, ANSI_BOLD);
	for (size_t i = 0; i < count; i++) {
		size_t from;

		if (i)
			str_addc(out, ' ');
		from = out->len;
		str_add(out, columns[i]->heading);
		pad(out, from, strlen(columns[i]->heading), columns[i], widths[i], i + 1 == count);
	}
	if (opt->color)
		str_add(out, ANSI_RESET);
	str_addc(out, '\n');
}

static void text_timer(struct str *out, const struct sock *s)
{
	str_add(out, column_timer_word(s->timer));
	str_addc(out, ',');
	str_addf(out, "%.3fs", s->expires_ms / 1000.0);
	str_addc(out, ',');
	str_addu(out, s->retransmits);
}

static void text_owners(struct str *out, const struct column_context *ctx, const struct cell *c,
			const struct render_options *opt, bool last)
{
	/* A line stays one line: of hundreds of holders the first are named, all counted. */
	const size_t most = 8;

	for (size_t i = 0; i < c->owners.count && i < most; i++) {
		const struct holder *h = &c->owners.holders[i];
		const struct process *p = owners_process(ctx->owners, h);

		if (i)
			str_addc(out, ',');
		text_add_words(out, p->comm, opt, last);
		str_addc(out, '/');
		str_addi(out, p->pid);
		str_addc(out, '/');
		str_addi(out, h->fd);
	}
	if (c->owners.count > most)
		str_addf(out, ",+%zu", c->owners.count - most);
}

static void text_endpoint(struct str *out, const struct cell *c,
			  const struct render_options *opt)
{
	if (!opt->names || !opt->names->endpoint(out, c->endpoint.addr, c->endpoint.port))
		addr_add_endpoint(out, c->endpoint.addr, c->endpoint.port);
}

static void text_cell(struct str *out, const struct column_context *ctx, const struct cell *c,
		      const struct render_options *opt, bool last)
{
	switch (c->kind) {
	case CELL_NULL:
		str_addc(out, '-');
		break;
	case CELL_INT:
		str_addi(out, c->integer);
		break;
	case CELL_BOOL:
		str_add(out, c->boolean ? "yes" : "no");
		break;
	case CELL_SECONDS:
		str_addf(out, "%.3f", c->seconds);
		break;
	case CELL_WORD:
		str_add(out, c->text);
		break;
	case CELL_TEXT:
		text_add_words(out, c->text, opt, last);
		break;
	case CELL_ENDPOINT:
		text_endpoint(out, c, opt);
		break;
	case CELL_TIMER:
		text_timer(out, c->timer);
		break;
	case CELL_OWNERS:
		text_owners(out, ctx, c, opt, last);
		break;
	}
}

/** Appends the cell of column C; how wide it is. */
static size_t add_cell(struct str *out, const struct column *c, const struct column_context *ctx,
		       const struct render_options *opt, bool last)
{
	size_t from = out->len;
	struct cell cell;

	c->get(ctx, &cell);
	text_cell(out, ctx, &cell, opt, last);
	/* Only text that a process or a name server chose can be wider than its bytes. */
	return cell.kind == CELL_TEXT || cell.kind == CELL_OWNERS || opt->names ?
		       lines_width(out->s + from, out->len - from) :
		       out->len - from;
}

void row_measure(size_t *widths, const struct column *const *columns, size_t count,
		 const struct column_context *ctx, const struct render_options *opt)
{
	struct str text = { 0 };

	for (size_t i = 0; i < count; i++) {
		size_t cells = add_cell(&text, columns[i], ctx, opt, i + 1 == count);
		size_t heading = opt->no_header ? 0 : strlen(columns[i]->heading);

		cells = cells > heading ? cells : heading;
		widths[i] = cells > widths[i] ? cells : widths[i];
		str_reset(&text);
	}
	str_free(&text);
}

void row_text(struct str *out, const struct column *const *columns, size_t count,
	      const size_t *widths, const struct column_context *ctx,
	      const struct render_options *opt)
{
	for (size_t i = 0; i < count; i++) {
		size_t from, cells;

		if (i)
			str_addc(out, ' ');
		from = out->len;
		cells = add_cell(out, columns[i], ctx, opt, i + 1 == count);
		pad(out, from, cells, columns[i], widths[i], i + 1 == count);
	}
	str_addc(out, '\n');
}

static void json_timer(struct str *out, const struct sock *s)
{
	str_add(out, "{\"kind\":\"");
	str_add(out, column_timer_word(s->timer));
	str_add(out, "\",\"seconds\":");
	str_addu(out, s->expires_ms / 1000);
	if (s->expires_ms % 1000)
		str_addf(out, ".%03u", s->expires_ms % 1000);
	str_add(out, ",\"retransmits\":");
	str_addu(out, s->retransmits);
	str_addc(out, '}');
}

static void json_owners(struct str *out, const struct column_context *ctx, const struct cell *c)
{
	str_addc(out, '[');
	for (size_t i = 0; i < c->owners.count; i++) {
		const struct holder *h = &c->owners.holders[i];
		const struct process *p = owners_process(ctx->owners, h);

		str_add(out, i ? ",{\"pid\":" : "{\"pid\":");
		str_addi(out, p->pid);
		str_add(out, ",\"process\":");
		if (*p->comm)
			escape_json(out, p->comm, strlen(p->comm));
		else
			str_add(out, "null");
		str_add(out, ",\"fd\":");
		str_addi(out, h->fd);
		str_addc(out, '}');
	}
	str_addc(out, ']');
}

static void json_endpoint(struct str *out, const struct cell *c)
{
	char *p = str_reserve(out, ADDR_TEXT + 2);
	size_t n;

	*p = '"';
	n = addr_text(c->endpoint.addr, p + 1);
	p[n + 1] = '"';
	out->len += n + 2;
}

static void json_cell(struct str *out, const struct column_context *ctx, const struct cell *c)
{
	switch (c->kind) {
	case CELL_NULL:
		str_addn(out, "null", 4);
		break;
	case CELL_INT:
		str_addi(out, c->integer);
		break;
	case CELL_BOOL:
		str_add(out, c->boolean ? "true" : "false");
		break;
	case CELL_SECONDS:
		json_add_real(out, c->seconds);
		break;
	case CELL_WORD:
		str_addc(out, '"');
		str_add(out, c->text);
		str_addc(out, '"');
		break;
	case CELL_TEXT:
		escape_json(out, c->text, strlen(c->text));
		break;
	case CELL_ENDPOINT:
		json_endpoint(out, c);
		break;
	case CELL_TIMER:
		json_timer(out, c->timer);
		break;
	case CELL_OWNERS:
		json_owners(out, ctx, c);
		break;
	}
}

void row_json(struct str *out, const struct column *const *columns, size_t count,
	      const struct column_context *ctx)
{
	for (size_t i = 0; i < count; i++) {
		struct cell cell;

		str_addn(out, i ? ",\"" : "{\"", 2);
		str_add(out, columns[i]->key);
		str_addn(out, "\":", 2);
		columns[i]->get(ctx, &cell);
		json_cell(out, ctx, &cell);
	}
	str_addc(out, '}');
}
