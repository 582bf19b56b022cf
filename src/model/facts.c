// SPDX-License-Identifier: MIT
#include "model/facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/num.h"

const struct fact_row fact_table[FACT_COUNT] = {
#define FACT_ROW(ID, FILE, FORM, KEY, N, COUNTER, WHAT) \
	[FACT_##ID] = { FILE, FACT_##FORM, KEY, N, COUNTER, WHAT },
	FACTS(FACT_ROW)
#undef FACT_ROW
};

unsigned port_set_count(const struct port_set *s, uint16_t low, uint16_t high)
{
	unsigned n = 0;

	for (unsigned p = low; p <= high; p++)
		n += port_set_has(s, (uint16_t)p);
	return n;
}

int port_set_parse(const char *text, struct port_set *out)
{
	*out = (struct port_set){ 0 };
	text += strspn(text, " \t\n");
	while (*text) {
		uint64_t low, high;

		if (num_scan(&text, &low))
			return -EINVAL;
		high = low;
		if (*text == '-') {
			text++;
			if (num_scan(&text, &high))
				return -EINVAL;
		}
		if (low > high || high >= PORTS)
			return -EINVAL;
		for (uint64_t p = low; p <= high; p++)
			port_set_add(out, (uint16_t)p);
		text += strspn(text, " \t\n");
		if (*text == ',')
			text++;
		else if (*text)
			return -EINVAL;
	}
	return 0;
}

uint16_t bind_tw_slot(uint16_t port, const struct addr *remote, uint16_t remote_port)
{
	uint32_t words[4], h = (uint32_t)port << 16 | htons(remote_port);

	/* Words and port as they stand in the kernel's memory. */
	memcpy(words, remote->bytes, sizeof(words));
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		h = (h ^ words[i]) * BIND_TW_FACTOR;
		h ^= h >> 15;
	}
	return (uint16_t)(h * BIND_TW_FACTOR >> 16);
}

void facts_clear(struct facts *f)
{
	*f = (struct facts){ 0 };
	for (int i = 0; i < FACT_COUNT; i++)
		f->v[i] = FACT_UNKNOWN;
}

int64_t fact_delta(const struct facts *before, const struct facts *now, enum fact id)
{
	if (!before || !fact_known(before, id) || !fact_known(now, id))
		return FACT_UNKNOWN;
	if (now->v[id] < before->v[id])
		return FACT_UNKNOWN;
	return now->v[id] - before->v[id];
}

double fact_rate(const struct facts *before, const struct facts *now, enum fact id)
{
	int64_t delta = fact_delta(before, now, id);

	if (delta == FACT_UNKNOWN || now->monotonic_ns <= before->monotonic_ns)
		return NAN;
	return (double)delta / ((double)(now->monotonic_ns - before->monotonic_ns) / 1e9);
}

/** A decimal number, possibly negative, at *S. */
static bool scan_signed(const char **s, int64_t *out)
{
	bool negative = **s == '-';
	uint64_t v;

	*s += negative;
	if (num_scan(s, &v) || v > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

static int64_t extract_number(const char *text, unsigned n)
{
	int64_t v;

	for (unsigned i = 0;; i++) {
		text += strspn(text, " \t\n");
		if (!scan_signed(&text, &v))
			return FACT_UNKNOWN;
		if (i == n)
			return v;
	}
}

/** Start of the line that begins with GROUP and a colon at or behind TEXT, behind the colon. */
static const char *find_group(const char *text, const char *group, size_t n)
{
	while (text && *text) {
		const char *end = strchr(text, '\n');

		if (strncmp(text, group, n) == 0 && text[n] == ':')
			return text + n + 1;
		text = end ? end + 1 : NULL;
	}
	return NULL;
}

/** The next blank-separated word of the line at *S: its length, *S on its start; 0 at its end. */
static size_t next_word(const char **s)
{
	*s += strspn(*s, " \t");
	return strcspn(*s, " \t\n");
}

static int64_t extract_mib(const char *text, const char *key)
{
	size_t n = strcspn(key, ":"), len;
	const char *name = key + n + 1;
	const char *names = find_group(text, key, n), *values;
	int64_t v;

	if (!names)
		return FACT_UNKNOWN;
	values = find_group(names, key, n);
	if (!values)
		return FACT_UNKNOWN;
	while ((len = next_word(&names))) {
		if (!next_word(&values))
			return FACT_UNKNOWN;
		if (len == strlen(name) && strncmp(names, name, len) == 0)
			return scan_signed(&values, &v) ? v : FACT_UNKNOWN;
		names += len;
		values += next_word(&values);
	}
	return FACT_UNKNOWN;
}

static int64_t extract_sockstat(const char *text, const char *key)
{
	size_t n = strcspn(key, ":"), len;
	const char *name = key + n + 1, *s = find_group(text, key, n);
	int64_t v;

	if (!s)
		return FACT_UNKNOWN;
	while ((len = next_word(&s))) {
		bool found = len == strlen(name) && strncmp(s, name, len) == 0;

		s += len;
		len = next_word(&s);
		if (!len)
			break;
		if (found)
			return scan_signed(&s, &v) ? v : FACT_UNKNOWN;
		s += len;
	}
	return FACT_UNKNOWN;
}

/** Column of heading KEY in the first line of TEXT, or -1. */
static int percpu_column(const char *text, const char *key)
{
	size_t len;

	for (int i = 0; (len = next_word(&text)); i++) {
		if (len == strlen(key) && strncmp(text, key, len) == 0)
			return i;
		text += len;
	}
	return -1;
}

static int64_t extract_percpu(const char *text, const char *key)
{
	int column = percpu_column(text, key);
	int64_t sum = 0;
	bool any = false;

	for (text = strchr(text, '\n'); column >= 0 && text && text[1]; text = strchr(text, '\n')) {
		uint64_t v;

		text++;
		for (int i = 0; i < column; i++)
			text += next_word(&text);
		next_word(&text);
		if (num_scan_hex(&text, 8, &v))
			return FACT_UNKNOWN;
		/* The tables' sizes are one number repeated on every row. */
		sum = strcmp(key, "entries") == 0 ? (int64_t)v : sum + (int64_t)v;
		any = true;
	}
	return any ? sum : FACT_UNKNOWN;
}

static int64_t extract_release(const char *text)
{
	uint64_t major, minor;

	if (num_scan(&text, &major) || *text++ != '.' || num_scan(&text, &minor))
		return FACT_UNKNOWN;
	return major < 1000 && minor < 1000 ? (int64_t)(major * 1000 + minor) : FACT_UNKNOWN;
}

int64_t fact_extract(enum fact id, const char *text)
{
	const struct fact_row *row = &fact_table[id];
	int64_t lines = 0;

	switch (row->form) {
	case FACT_NUMBER:
		return extract_number(text, row->n);
	case FACT_MIB:
		return extract_mib(text, row->key);
	case FACT_SOCKSTAT:
		return extract_sockstat(text, row->key);
	case FACT_RELEASE:
		return extract_release(text);
	case FACT_PERCPU:
		return extract_percpu(text, row->key);
	case FACT_LINES:
		for (; (text = strchr(text, '\n')); text++)
			lines++;
		return lines >= row->n ? lines - row->n : 0;
	}
	return FACT_UNKNOWN;
}
