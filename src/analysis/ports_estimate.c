// SPDX-License-Identifier: MIT
#include "analysis/ports_estimate.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "analysis/ports_report.h"
#include "base/num.h"

/** The kernel's defaults: ip_local_port_range, and TCP_TIMEWAIT_LEN in s. */
#define DEFAULT_LOW 32768
#define DEFAULT_HIGH 60999
#define DEFAULT_TIME_WAIT 60

/** Above, nothing is a number of ports any more. */
#define CAPACITY_MAX 1e15

/** The part of the capacity from which on there is a warning. */
#define WARNING_PART 0.8

bool ports_estimate_asked(const struct options *opt)
{
	return opt->rate_set;
}

/** Reads LOW-HIGH. 0 or -EINVAL. */
static int parse_range(const char *s, uint64_t *low, uint64_t *high)
{
	if (num_scan(&s, low) || *s++ != '-' || num_scan(&s, high) || *s)
		return -EINVAL;
	return *low >= 1 && *low <= *high && *high < PORTS ? 0 : -EINVAL;
}

static int get_range(const struct options *opt, const struct facts *f, uint64_t *low,
		     uint64_t *high, struct str *why)
{
	*low = (uint64_t)fact_or(f, FACT_PORT_LOW, DEFAULT_LOW);
	*high = (uint64_t)fact_or(f, FACT_PORT_HIGH, DEFAULT_HIGH);
	if (opt->range && parse_range(opt->range, low, high)) {
		str_addf(why, "--range: '%s' is no LOW-HIGH within 1-65535", opt->range);
		return -EINVAL;
	}
	return 0;
}

/** Ports of one pool. */
static int get_usable(const struct options *opt, const struct facts *f, uint64_t *usable,
		      struct str *why)
{
	uint64_t low, high, reserved = 0;

	if (get_range(opt, f, &low, &high, why))
		return -EINVAL;
	if (opt->reserved && num_parse(opt->reserved, PORTS, &reserved)) {
		str_addf(why, "--reserved: '%s' is no number of ports", opt->reserved);
		return -EINVAL;
	}
	/* A range that was made up has nothing reserved. */
	if (!opt->reserved && !opt->range && f->reserved_known)
		reserved = port_set_count(&f->reserved, (uint16_t)low, (uint16_t)high);
	*usable = high - low + 1;
	if (reserved >= *usable) {
		str_addf(why, "no port is left: %llu reserved, %llu in the range",
			 (unsigned long long)reserved, (unsigned long long)*usable);
		return -EINVAL;
	}
	*usable -= reserved;
	return 0;
}

/** How people say it: tenths, thousandths below ten. */
static double rounded(double v)
{
	return fabs(v) < 10 ? round(v * 1000) / 1000 : round(v * 10) / 10;
}

int ports_estimate(const struct options *opt, const struct facts *facts,
		   struct ports_estimate *out, struct str *why)
{
	double length = opt->time_wait_set ? opt->time_wait :
			(double)fact_or(facts, FACT_TW_TIMEOUT, DEFAULT_TIME_WAIT);
	double times = (double)(opt->destinations ? opt->destinations : 1) *
		       (double)(opt->local_addresses ? opt->local_addresses : 1);
	uint64_t usable;

	if (!(opt->rate > 0) || !(length > 0)) {
		str_addf(why, "%s must be above 0", opt->rate > 0 ? "--time-wait" : "--rate");
		return -EINVAL;
	}
	if (get_usable(opt, facts, &usable, why))
		return -EINVAL;
	if ((double)usable * times > CAPACITY_MAX || opt->rate * length > CAPACITY_MAX) {
		str_add(why, "that many ports do not exist");
		return -EINVAL;
	}
	*out = (struct ports_estimate){
		.rate = opt->rate,
		.capacity = usable * (uint64_t)times,
		.time_wait_seconds = length,
		/* A product like 0.1 * 60 must not become 7 ports. */
		.ports_needed = (uint64_t)ceil(opt->rate * length * (1 - 1e-12)),
		.exhausts_in_seconds = NAN,
		.verdict = "ok",
	};
	out->sustainable_rate = rounded((double)out->capacity / length);
	if (out->ports_needed > out->capacity) {
		out->exhausts_in_seconds = rounded((double)out->capacity / opt->rate);
		out->verdict = "exhausted";
	} else if ((double)out->ports_needed > WARNING_PART * (double)out->capacity) {
		out->verdict = "warning";
	}
	return 0;
}

static int estimate_check(const struct options *opt, struct str *why)
{
	struct ports_estimate e;
	struct facts f;

	facts_clear(&f);
	return ports_estimate(opt, &f, &e, why);
}

static void estimate_needs(const struct options *opt, const struct facts *facts, struct needs *out)
{
	(void)opt;
	(void)facts;
	out->facts = true;
}

static void *estimate_begin(const struct options *opt)
{
	/* What it needs to know is in the options; they live longer than the run. */
	return (void *)(uintptr_t)opt;
}

static void estimate_nothing(void *state)
{
	(void)state;
}

static void estimate_add(void *state, const struct sock *s)
{
	(void)state;
	(void)s;
}

static void estimate_finish(void *state, const struct host *host, struct report *report)
{
	struct arena *a = &report->arena;
	struct value *o = value_add_object(a, report->root, "estimate");
	struct ports_estimate e;
	struct str why = { 0 };

	if (ports_estimate(state, host->now, &e, &why)) {
		/* The options were checked: it is the host's reserved ports that leave none. */
		notes_add(host->notes, "%s", str_text(&why));
		report->complete = false;
		str_free(&why);
		return;
	}
	value_add_real(a, o, "rate", e.rate);
	value_add_int(a, o, "capacity", (int64_t)e.capacity);
	value_add_real(a, o, "time_wait_seconds", e.time_wait_seconds);
	value_add_int(a, o, "ports_needed", (int64_t)e.ports_needed);
	value_add_real(a, o, "sustainable_rate", e.sustainable_rate);
	value_add_real(a, o, "exhausts_in_seconds", e.exhausts_in_seconds);
	value_add_text(a, o, "verdict", e.verdict);
}

const struct analysis ports_estimate_analysis = {
	.name = "ports",
	.check = estimate_check,
	.needs = estimate_needs,
	.begin = estimate_begin,
	.restart = estimate_nothing,
	.add = estimate_add,
	.finish = estimate_finish,
	.end = estimate_nothing,
	.views = ports_views,
};
