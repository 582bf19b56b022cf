// SPDX-License-Identifier: MIT
#include "kill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/num.h"
#include "output.h"
#include "pipeline.h"
#include "render/row.h"
#include "source/destroy.h"
#include "source/users.h"

/* A socket that is to die, and what became of it. */
struct victim {
	struct sock sock;
	/* As source_destroy(); 1: not tried yet. */
	int result;
};

#define UNTRIED 1

/* A run. */
struct kill {
	struct pipeline *p;
	const struct options *opt;
	struct filter_context filter;
	/* struct victim, and cookie (uint64_t) → index (size_t). */
	struct vec victims;
	struct map by_cookie;
	/* const struct column *: how they are shown. */
	struct vec columns;
	struct column_context ctx;
	struct str scratch;
	uint64_t destroyed, gone, failed;
};

static void add_victim(void *arg, const struct sock *s)
{
	struct kill *k = arg;

	if (!filter_match(k->p->filter, s, &k->filter))
		return;

	struct victim *v = vec_push(&k->victims);

	v->sock = *s;
	v->result = UNTRIED;
	*(size_t *)map_put(&k->by_cookie, &s->cookie, NULL) = k->victims.len - 1;
}

static void forget_victims(void *arg)
{
	struct kill *k = arg;

	vec_reset(&k->victims);
	map_reset(&k->by_cookie);
}

/* Finds what matches, and who holds it. */
static int find_victims(struct kill *k)
{
	const struct needs needs = { .states = STATES_ALL };
	const struct sink sink = { add_victim, forget_victims, (void *[]){ k } };
	struct map inodes = map_make(sizeof(uint64_t), 0);
	int ret = 0;

	if (filter_needs_cgroups(k->p->filter))
		pipeline_cgroups(k->p);
	if (filter_needs_owners(k->p->filter))
		ret = pipeline_owners(k->p, NULL);
	k->filter.owners = k->p->have_owners ? &k->p->owners : NULL;
	k->filter.cgroups = k->p->have_cgroups ? &k->p->cgroups : NULL;
	if (ret == 0)
		ret = pipeline_dump(k->p, &needs, &sink, 1);
	for (size_t i = 0; i < k->victims.len; i++) {
		const struct sock *s = &VEC_AT(&k->victims, struct victim, i).sock;

		if (sock_has(s, SOCK_HAS_INODE) && s->inode != 0)
			map_put(&inodes, &s->inode, NULL);
	}
	/* Who holds them is good to know, but not what anything hangs on. */
	if (ret == 0 && inodes.len > 0 && pipeline_owners(k->p, &inodes) < 0)
		notes_add(&k->p->notes, "the holders of these sockets are not known");
	map_free(&inodes);
	return ret;
}

static void choose_columns(struct kill *k)
{
	for (size_t i = 0; i < column_count; i++) {
		const struct column *c = &column_table[i];

		if (k->opt->json ? c->json > 0 : c->text || c->processes)
			vec_add(&k->columns, &c);
	}
	k->ctx = (struct column_context){
		.owners = k->p->have_owners ? &k->p->owners : NULL,
		.cgroups = k->p->have_cgroups ? &k->p->cgroups : NULL,
		.user_name = users_name,
		.scratch = &k->scratch,
	};
}

static void show_victims(struct kill *k)
{
	struct render_options ropt;
	struct str out = { 0 };
	size_t *widths;

	pipeline_render_options(k->opt, &ropt);
	widths = xcalloc(k->columns.len, sizeof(*widths));
	for (size_t i = 0; i < k->victims.len; i++) {
		k->ctx.s = &VEC_AT(&k->victims, struct victim, i).sock;
		row_measure(widths, k->columns.data, k->columns.len, &k->ctx, &ropt);
	}
	if (!ropt.no_header && k->victims.len > 0)
		row_header(&out, k->columns.data, k->columns.len, widths, &ropt);
	for (size_t i = 0; i < k->victims.len; i++) {
		k->ctx.s = &VEC_AT(&k->victims, struct victim, i).sock;
		row_text(&out, k->columns.data, k->columns.len, widths, &k->ctx, &ropt);
	}
	output_add(&out);
	str_free(&out);
	free(widths);
}

/* Asks on the terminal. */
static bool confirmed(const struct kill *k)
{
	char answer[16];

	fprintf(stderr, "Destroy %s%zu socket%s? [y/N] ", k->victims.len > 1 ? "these " : "this ",
		k->victims.len, num_word(k->victims.len, "", "s"));
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

/* One look at all that are left; true where one more died. */
static bool destroy_round(struct kill *k)
{
	bool progress = false;

	for (size_t i = 0; i < k->victims.len; i++) {
		struct victim *v = &VEC_AT(&k->victims, struct victim, i);

		if (v->result == 0 || (v->result != UNTRIED && v->result != -ENOENT))
			continue;
		v->result = source_destroy(k->p->source, &v->sock);
		progress = progress || v->result == 0;
		/* The same for all of them: no need to ask again. */
		if (v->result == -EOPNOTSUPP || v->result == -EPERM || v->result == -ETIMEDOUT)
			return false;
	}
	return progress;
}

static void mark_alive(void *arg, const struct sock *s)
{
	struct kill *k = arg;
	const size_t *i = map_get(&k->by_cookie, &s->cookie);
	struct victim *v = i != NULL ? &VEC_AT(&k->victims, struct victim, *i) : NULL;

	/* The cookie lives on in TIME_WAIT. */
	if (v != NULL && v->result == -ENOENT)
		v->result = -EBUSY;
}

static bool any_with(const struct kill *k, int result)
{
	for (size_t i = 0; i < k->victims.len; i++) {
		if (VEC_AT(&k->victims, struct victim, i).result == result)
			return true;
	}
	return false;
}

/* Looks which of the sockets that were not found are there all the same. "No such socket" is what
 * the kernel says of one that is gone, but also of one that its look-up by address does not lead
 * to: of several listeners that share a port it finds one, and the next when that has died. */
static void verify_gone(struct kill *k)
{
	/* Without the filter: the socket may be in another state by now. */
	const struct dump_request req = { .states = STATES_ALL, .workers = 1 };
	const struct sink sink = { mark_alive, NULL, (void *[]){ k } };
	struct dump_result result;

	if (source_dump(k->p->source, &req, &sink, &result, &k->p->notes) < 0)
		notes_add(&k->p->notes, "whether the sockets that were not found are gone could not "
					"be seen");
}

static void destroy_victims(struct kill *k)
{
	while (destroy_round(k) && any_with(k, -ENOENT))
		continue;
	if (any_with(k, -ENOENT))
		verify_gone(k);
	for (size_t i = 0; i < k->victims.len; i++) {
		switch (VEC_AT(&k->victims, struct victim, i).result) {
		case 0:
			k->destroyed++;
			break;
		case -ENOENT:
			k->gone++;
			break;
		default:
			k->failed++;
		}
	}
}

static const char *result_word(const struct kill *k, int result)
{
	if (k->opt->dry_run || result == UNTRIED)
		return NULL;
	return result == 0 ? "destroyed" : result == -ENOENT ? "gone" : "failed";
}

static const char *failure(int result)
{
	switch (result) {
	case -EOPNOTSUPP:
		return "this kernel was built without CONFIG_INET_DIAG_DESTROY: it cannot destroy "
		       "sockets";
	case -EPERM:
		return "destroying sockets needs CAP_NET_ADMIN";
	case -EBUSY:
		return "some cannot be reached: only bound, or one of several listeners on a port";
	case UNTRIED:
		return NULL;
	default:
		return strerror(-result);
	}
}

static void say_failures(const struct kill *k)
{
	struct notes said = { 0 };

	for (size_t i = 0; i < k->victims.len; i++) {
		int result = VEC_AT(&k->victims, struct victim, i).result;

		if (result != 0 && result != -ENOENT && failure(result) != NULL)
			notes_add(&said, "%s", failure(result));
	}
	for (size_t i = 0; i < said.count; i++)
		complain("kill: %s", said.text[i]);
	notes_free(&said);
}

static void report_json(struct kill *k)
{
	struct arena a = { 0 };
	struct str out = { 0 };

	json_add_value(&out, pipeline_envelope(k->p, &a, "kill", k->p->dump.complete));
	out.len--; /* The envelope's closing brace. */
	str_addf(&out, ",\"matched\":%zu,\"destroyed\":%llu,\"gone\":%llu,\"failed\":%llu,"
		       "\"dry_run\":%s,\"sockets\":[", k->victims.len,
		 (unsigned long long)k->destroyed, (unsigned long long)k->gone,
		 (unsigned long long)k->failed, k->opt->dry_run ? "true" : "false");
	for (size_t i = 0; i < k->victims.len; i++) {
		const struct victim *v = &VEC_AT(&k->victims, struct victim, i);
		const char *word = result_word(k, v->result);

		k->ctx.s = &v->sock;
		str_add(&out, i > 0 ? "," : "");
		row_json(&out, k->columns.data, k->columns.len, &k->ctx);
		out.len--;
		str_addf(&out, word != NULL ? ",\"result\":\"%s\"}" : ",\"result\":null}", word);
	}
	str_add(&out, "]}\n");
	output_add(&out);
	str_free(&out);
	arena_free(&a);
}

static void report_text(const struct kill *k)
{
	struct str out = { 0 };

	str_addf(&out, "matched %zu, destroyed %llu, gone %llu, failed %llu%s\n", k->victims.len,
		 (unsigned long long)k->destroyed, (unsigned long long)k->gone,
		 (unsigned long long)k->failed, k->opt->dry_run ? " (dry run)" : "");
	output_add(&out);
	str_free(&out);
}

/* From the matching sockets to the exit status. */
static int run(struct kill *k)
{
	size_t printed = 0;
	int ret = find_victims(k);

	if (ret < 0 || strcmp(source_kind(k->p->source), "netlink") != 0) {
		pipeline_print_notes(k->p, &printed);
		if (ret == 0)
			complain("kill needs netlink: /proc cannot name a socket for certain");
		return STATUS_FAILED;
	}
	choose_columns(k);
	if (!k->opt->json)
		show_victims(k);
	pipeline_print_notes(k->p, &printed);
	/* Where the rows could not be shown, nothing dies unseen. */
	if (!k->opt->dry_run && k->victims.len > 0 && output_ok() &&
	    (k->opt->yes || confirmed(k)))
		destroy_victims(k);
	say_failures(k);
	pipeline_print_notes(k->p, &printed);
	if (k->opt->json)
		report_json(k);
	else if (!k->opt->no_header)
		report_text(k);
	return k->failed > 0 || !k->p->dump.complete ? STATUS_FAILED : STATUS_OK;
}

/* What must be clear before anything is looked at; 0 or the exit status. */
static int check(const struct options *opt)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !opt->json;

	if (opt->arg_count == 0)
		complain("kill needs a filter that says which sockets");
	else if (opt->netns != NULL && strcmp(opt->netns, "all") == 0)
		complain("kill works in one network namespace: -N NAME, PID or PATH");
	else if (!opt->yes && !opt->dry_run && !terminal)
		complain("kill asks on a terminal only: --yes or --dry-run");
	else
		return 0;
	return STATUS_USAGE;
}

int kill_run(const struct command *cmd, const struct options *opt)
{
	struct pipeline p;
	struct kill k = { .p = &p, .opt = opt, .victims = VEC_OF(struct victim),
			  .by_cookie = MAP_OF(uint64_t, size_t),
			  .columns = VEC_OF(const struct column *) };
	struct str why = { 0 };
	int ret, status = check(opt);

	(void)cmd;
	if (status != 0)
		return status;
	ret = pipeline_open(&p, opt, true, &why);
	if (ret < 0) {
		complain("%s", str_text(&why));
		status = ret == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	} else {
		status = output_end(run(&k));
		pipeline_close(&p);
	}
	str_free(&why);
	str_free(&k.scratch);
	vec_free(&k.victims);
	vec_free(&k.columns);
	map_free(&k.by_cookie);
	return status;
}
