// SPDX-License-Identifier: MIT
#include "why.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "analysis/why.h"
#include "base/alloc.h"
#include "base/escape.h"
#include "output.h"
#include "pipeline.h"
#include "render/render.h"
#include "source/connect.h"
#include "source/resolve.h"
#include "source/route.h"

/** How long name servers are waited for: one try of the resolver's default and a second one. */
#define RESOLVE_SECONDS 10.0

/** One run. */
struct run {
	const struct options *opt;
	struct pipeline p;
	/** The host without brackets; free() it. */
	char *host;
	uint16_t port;
	struct resolved resolved;
	struct why_case c;
	struct why_fold fold;
};

/** Splits "HOST:PORT", "[HOST]:PORT", or the two words HOST PORT. 0, or -EINVAL with one sentence
 *  in WHY. */
static int split_target(const struct options *opt, struct run *r, struct str *why)
{
	const char *text = opt->args[0], *port = opt->arg_count > 1 ? opt->args[1] : NULL;
	const char *colon = strrchr(text, ':');
	size_t n = strlen(text);

	if (!port && colon && (text[0] == '[' ? colon[-1] == ']' : strchr(text, ':') == colon)) {
		port = colon + 1;
		n = (size_t)(colon - text);
	}
	if (!port) {
		str_addf(why, "why: '%s' has no port: HOST:PORT%s", text,
			 colon ? ", an IPv6 address as [ADDRESS]:PORT" : "");
		return -EINVAL;
	}
	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (!n || resolve_port(port, &r->port)) {
		str_addf(why, n ? "why: '%s' is no port" : "why: no host in front of port '%s'",
			 port);
		return -EINVAL;
	}
	r->host = xstrndup(text, n);
	return 0;
}

static int family_of(const struct options *opt)
{
	return opt->ipv4 == opt->ipv6 ? AF_UNSPEC : opt->ipv4 ? AF_INET : AF_INET6;
}

/** The destination that connect() makes of an address: 0.0.0.0 and :: stand for loopback. */
static void turn_any_to_loopback(struct resolved *res)
{
	for (size_t i = 0; i < res->count; i++) {
		struct addr *a = &res->address[i];

		if (!addr_is_any(a))
			continue;
		a->bytes[a->family == AF_INET ? 0 : 15] = a->family == AF_INET ? 127 : 1;
		if (a->family == AF_INET)
			a->bytes[3] = 1;
	}
}

/** Resolves the name. Failing to ask counts as an answer: there is no address. */
static void resolve(struct run *r)
{
	struct resolved *res = &r->resolved;
	struct addr literal;
	int ret = resolve_host(r->p.source, r->host, family_of(r->opt), RESOLVE_SECONDS, res);

	if (ret) {
		const char *text = strerror(-ret);

		*res = (struct resolved){ 0 };
		memcpy(res->error, text, strnlen(text, sizeof(res->error) - 1));
	}
	turn_any_to_loopback(res);
	/* What it stood for then, and there, is not known. */
	if (r->opt->from && !strchr(r->host, '%') && addr_parse(r->host, &literal))
		notes_add(&r->p.notes, "a recording holds no names: %s was looked up now, by this "
				       "machine", r->host);
}

/** True where programs would go on to the name's next address at once. */
static bool refuses(const struct route *route)
{
	return route->kind == ROUTE_NONE || route->kind == ROUTE_BLACKHOLE ||
	       route->kind == ROUTE_UNREACHABLE || route->kind == ROUTE_PROHIBIT;
}

static int look(struct run *r, size_t i, struct route *out)
{
	return route_look(r->p.source, &r->resolved.address[i], r->port, r->resolved.scope[i], out,
			  &r->p.notes);
}

/** The route of the first address that has one: what a program that tries them in turn uses. */
static void choose_address(struct run *r)
{
	struct why_case *c = &r->c;

	for (c->chosen = 0; c->chosen < r->resolved.count; c->chosen++) {
		if (look(r, c->chosen, &c->route) || !refuses(&c->route))
			return;
	}
	c->chosen = 0;
	if (r->resolved.count && look(r, 0, &c->route))
		c->route.kind = ROUTE_UNKNOWN;
}

/** The one real attempt. */
static void attempt(struct run *r)
{
	struct why_case *c = &r->c;
	int ret = connect_try(r->p.source, &r->resolved.address[c->chosen], r->port,
			      r->resolved.scope[c->chosen], r->opt->connect_timeout, &c->attempt);

	if (ret)
		notes_add(&r->p.notes, "no attempt was made: %s",
			  ret == -EOPNOTSUPP ? "a recording cannot be connected from" :
					       strerror(-ret));
}

/** One sample of sockets and facts, judged; the report is in OUT. 0 or -errno. */
static int sample(struct run *r, struct report *out)
{
	struct report gathered = { .complete = true };
	struct fold fold = { &why_analysis, &r->fold };
	int ret = 0;

	if (r->opt->sample_set && r->opt->sample > 0 && !r->opt->from)
		ret = pipeline_prime(&r->p, &fold, 1, r->opt->sample);
	if (!ret)
		ret = pipeline_sample(&r->p, &fold, 1, &gathered);
	if (ret)
		return ret;
	r->c.fold = &r->fold;
	r->c.facts = &r->p.now;
	r->c.before = r->p.have_before ? &r->p.before : NULL;
	r->c.pool = value_get(gathered.root, "pool");
	if (r->c.pool->kind == VALUE_NULL)
		r->c.pool = NULL;
	out->complete = gathered.complete;
	why_report(&r->c, out);
	report_end(&gathered);
	return 0;
}

static void show(struct run *r, struct report *report, const struct render_options *ropt)
{
	const struct renderer *renderer = r->opt->json ? &json_renderer : &text_renderer;
	struct value *envelope = pipeline_envelope(&r->p, &report->arena, "why", report->complete);
	struct str out = { 0 };

	renderer->report(&out, envelope, report, why_views, ropt);
	output_add(&out);
	str_free(&out);
}

/** Everything once: name, attempt, route, sockets. Returns the exit status. */
static int look_once(struct run *r, const struct render_options *ropt, size_t *printed)
{
	static const struct addr none = { .family = 0 };
	struct report report = { .complete = true };
	struct facts unknown;
	int ret = 0, status;

	facts_clear(&unknown);
	report.root = value_object(&report.arena);
	resolve(r);
	r->c = (struct why_case){ .host = r->host, .port = r->port, .resolved = &r->resolved,
				  .facts = &unknown };
	choose_address(r);
	if (r->opt->connect && r->resolved.count) {
		attempt(r);
		/* The attempt has asked for the neighbour: look at what came of it. */
		if (look(r, r->c.chosen, &r->c.route))
			r->c.route.kind = ROUTE_UNKNOWN;
	}
	why_fold_init(&r->fold, r->resolved.count ? &r->resolved.address[r->c.chosen] : &none,
		      r->port, &r->c.route);
	if (r->resolved.count)
		r->fold.ifindex = r->resolved.scope[r->c.chosen];
	if (r->resolved.count)
		ret = sample(r, &report);
	else
		why_report(&r->c, &report);
	pipeline_print_notes(&r->p, printed);
	if (!ret)
		show(r, &report, ropt);
	status = ret || !report.complete ? STATUS_FAILED : report.status;
	report_end(&report);
	why_fold_free(&r->fold);
	return status;
}

/** Again and again with -i. */
static int repeat(struct run *r, const struct render_options *ropt)
{
	const struct options *opt = r->opt;
	uint64_t left = opt->count_set ? opt->count : opt->interval_set ? UINT64_MAX : 1;
	double interval = opt->interval_set ? opt->interval : 1;
	size_t printed = 0;
	int status = STATUS_OK;
	int64_t next, real;

	source_clock(r->p.source, &next, &real);
	while (left--) {
		status = look_once(r, ropt, &printed);
		next += (int64_t)(interval * 1e9);
		if (!output_ok() || (left && source_wait(r->p.source, next)))
			break;
	}
	return status;
}

int why_run(const struct command *cmd, const struct options *opt)
{
	struct run r = { .opt = opt };
	struct render_options ropt;
	struct str why = { 0 };
	int status, ret;

	pipeline_render_options(opt, &ropt);
	ret = split_target(opt, &r, &why);
	if (!ret && opt->netns && strcmp(opt->netns, "all") == 0) {
		str_addf(&why, "%s: one namespace at a time, not -N all", cmd->name);
		ret = -EINVAL;
	}
	if (!ret)
		ret = pipeline_open(&r.p, opt, false, &why);
	if (ret) {
		struct str safe = { 0 };

		escape_text(&safe, str_text(&why), why.len, false);
		complain("%s", str_text(&safe));
		str_free(&safe);
		str_free(&why);
		free(r.host);
		return ret == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	}
	status = repeat(&r, &ropt);
	pipeline_close(&r.p);
	free(r.host);
	return output_end(status);
}
