// SPDX-License-Identifier: MIT
/* Tree → INET_DIAG bytecode. Each operation falls through where it holds and jumps ahead where it
 * does not; running exactly off the end accepts, landing 4 bytes behind it rejects. What only this
 * program can decide counts as true, which lets too much through and never too little. */
#include "model/filter.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/vec.h"
#include "model/filter_code.h"
#include "model/filter_tree.h"

/** A jump whose distance is not known yet. */
struct fixup {
	/** Offset of the operation, and the label that it jumps to. */
	size_t op;
	size_t label;
};

struct compiler {
	struct str code;
	/** struct fixup. */
	struct vec fixups;
	/** size_t: where each label is. */
	struct vec labels;
};

/** The label of rejection. */
#define REJECT 0

/** What is left of a node when everything that the kernel cannot decide is true. */
enum rest { ALWAYS, NEVER, DEPENDS };

static enum rest rest_of_test(const struct node *n)
{
	enum rest never = n->negated ? ALWAYS : NEVER, always = n->negated ? NEVER : ALWAYS;

	if (n->kind == NODE_HOST)
		return n->host.addr.family || n->host.port >= 0 ? DEPENDS : always;
	if (n->kind != NODE_PORT)
		return ALWAYS;
	if (n->port.low > n->port.high)
		return never;
	return n->port.low == 0 && n->port.high == UINT16_MAX ? always : DEPENDS;
}

static enum rest rest_of(const struct node *n)
{
	bool depends = false;
	enum rest decides = n->kind == NODE_ANY ? ALWAYS : NEVER;

	if (n->kind != NODE_ALL && n->kind != NODE_ANY)
		return rest_of_test(n);
	for (const struct node *c = n->children; c; c = c->next) {
		enum rest rest = rest_of(c);

		if (rest == decides)
			return decides;
		depends = depends || rest == DEPENDS;
	}
	if (depends)
		return DEPENDS;
	return decides == ALWAYS ? NEVER : ALWAYS;
}

static size_t new_label(struct compiler *c)
{
	vec_push(&c->labels);
	return c->labels.len - 1;
}

/** The label stands for the place where the code ends now. */
static void place(struct compiler *c, size_t label)
{
	VEC_AT(&c->labels, size_t, label) = c->code.len;
}

/** Appends an operation of SIZE bytes that jumps to LABEL where it does not hold; the N bytes of
 *  its argument follow. */
static void add_op(struct compiler *c, uint8_t code, size_t label, const void *argument, size_t n)
{
	const struct fixup fixup = { .op = c->code.len, .label = label };
	const struct inet_diag_bc_op op = { .code = code, .yes = (uint8_t)(OP_SIZE + n) };

	vec_add(&c->fixups, &fixup);
	str_addn(&c->code, (const char *)&op, OP_SIZE);
	if (n)
		str_addn(&c->code, argument, n);
}

static void add_jump(struct compiler *c, size_t label)
{
	add_op(c, INET_DIAG_BC_JMP, label, NULL, 0);
}

/** Address and port of one end. A port alone is a condition without an address: unlike S_EQ every
 *  kernel knows it, and it is one operation where S_GE with S_LE would be two. */
static void add_host(struct compiler *c, enum end end, const struct host_test *t, size_t no)
{
	struct inet_diag_hostcond cond;
	uint8_t argument[COND_SIZE + sizeof(t->addr.bytes)];
	size_t n = t->addr.family == AF_INET ? 4 : t->addr.family == AF_INET6 ? 16 : 0;

	/* Padding goes to the kernel as well, and equal filters give equal code. */
	memset(&cond, 0, sizeof(cond));
	cond.family = t->addr.family;
	cond.prefix_len = t->bits;
	cond.port = t->port;
	memcpy(argument, &cond, COND_SIZE);
	memcpy(argument + COND_SIZE, t->addr.bytes, n);
	add_op(c, end == END_LOCAL ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND, no, argument,
	       COND_SIZE + n);
}

/** A comparison with a port, which stands where a second operation would have its jump. */
static void add_port(struct compiler *c, uint8_t code, uint16_t port, size_t no)
{
	const struct inet_diag_bc_op arg = { .no = port };

	add_op(c, code, no, &arg, sizeof(arg));
}

static void add_range(struct compiler *c, enum end end, const struct port_test *t, size_t no)
{
	bool local = end == END_LOCAL;

	if (t->low == t->high) {
		const struct host_test host = { .port = t->low };

		add_host(c, end, &host, no);
		return;
	}
	if (t->low > 0)
		add_port(c, local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, t->low, no);
	if (t->high < UINT16_MAX)
		add_port(c, local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, t->high, no);
}

/** The test of one end: falls through where it holds, jumps to NO where not. */
static void add_end(struct compiler *c, const struct node *n, enum end end, size_t no)
{
	if (n->kind == NODE_HOST)
		add_host(c, end, &n->host, no);
	else
		add_range(c, end, &n->port, no);
}

/** A test of either end: falls through where it holds for one, else jumps to NO. */
static void add_either(struct compiler *c, const struct node *n, size_t no)
{
	size_t second = new_label(c), done = new_label(c);

	add_end(c, n, END_LOCAL, second);
	add_jump(c, done);
	place(c, second);
	add_end(c, n, END_REMOTE, no);
	place(c, done);
}

/** The test of one end turned over: jumps to NO where it holds, else falls through. */
static void add_not(struct compiler *c, const struct node *n, enum end end, size_t no)
{
	size_t fails = new_label(c);

	add_end(c, n, end, fails);
	add_jump(c, no);
	place(c, fails);
}

/** A test: falls through where the node holds, else jumps to NO. */
static void add_test(struct compiler *c, const struct node *n, size_t no)
{
	bool local = n->ends & END_LOCAL, remote = n->ends & END_REMOTE;

	if (!n->negated && local && remote) {
		add_either(c, n, no);
	} else if (!n->negated) {
		add_end(c, n, local ? END_LOCAL : END_REMOTE, no);
	} else {
		if (local)
			add_not(c, n, END_LOCAL, no);
		if (remote)
			add_not(c, n, END_REMOTE, no);
	}
}

static void add_node(struct compiler *c, const struct node *n, size_t no);

/** Alternatives: each but the last jumps over the others where it holds. */
static void add_any(struct compiler *c, const struct node *n, size_t no)
{
	const struct node *last = NULL;
	size_t done = new_label(c);

	for (const struct node *child = n->children; child; child = child->next) {
		size_t other;

		if (rest_of(child) != DEPENDS)
			continue;
		if (last) {
			other = new_label(c);
			add_node(c, last, other);
			add_jump(c, done);
			place(c, other);
		}
		last = child;
	}
	if (last)
		add_node(c, last, no);
	place(c, done);
}

/** A node that depends on what the kernel can decide: falls through where it holds, else jumps to
 *  NO. */
static void add_node(struct compiler *c, const struct node *n, size_t no)
{
	if (n->kind == NODE_ANY) {
		add_any(c, n, no);
		return;
	}
	if (n->kind != NODE_ALL) {
		add_test(c, n, no);
		return;
	}
	for (const struct node *child = n->children; child; child = child->next) {
		if (rest_of(child) == DEPENDS)
			add_node(c, child, no);
	}
}

/** Fills in the jumps of code of at most CODE_MAX bytes. All labels but REJECT are placed. */
static void fix(struct compiler *c)
{
	VEC_AT(&c->labels, size_t, REJECT) = c->code.len + 4;
	for (size_t i = 0; i < c->fixups.len; i++) {
		const struct fixup *f = &VEC_AT(&c->fixups, struct fixup, i);
		size_t distance = VEC_AT(&c->labels, size_t, f->label) - f->op;
		uint16_t no = (uint16_t)distance;

		memcpy(c->code.s + f->op + offsetof(struct inet_diag_bc_op, no), &no, sizeof(no));
	}
}

int filter_compile(const struct filter *f, struct str *out)
{
	struct compiler c = { .fixups = VEC_OF(struct fixup), .labels = VEC_OF(size_t) };
	enum rest rest = f ? rest_of(f->root) : ALWAYS;
	int err = 0;

	str_reset(out);
	if (rest == ALWAYS)
		return 0;
	new_label(&c); /* REJECT */
	if (rest == NEVER)
		add_jump(&c, REJECT);
	else
		add_node(&c, f->root, REJECT);
	if (c.code.len > CODE_MAX) {
		err = -E2BIG;
	} else {
		fix(&c);
		str_addn(out, c.code.s, c.code.len);
	}
	str_free(&c.code);
	vec_free(&c.fixups);
	vec_free(&c.labels);
	return err;
}
