// SPDX-License-Identifier: MIT
/* Fuzzes the filter language: NUL bytes part the words of an expression; the sockets that it is tried
 * on follow from the same bytes. What must hold for any input: an error points into the text; what
 * matches may match, in a state of the mask, and passes the compiled filter. The bytes themselves
 * are run as bytecode as well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/filter.h"
#include "model/state.h"

#define WORDS 64
#define SOCKS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The program has to end here where a promise is broken. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*seed >> 32);
}

/** An address near the ones that people write into filters. */
static struct addr make_addr(uint64_t *seed, uint8_t family)
{
	static const uint8_t near[][4] = { { 0, 0, 0, 0 }, { 127, 0, 0, 1 }, { 10, 0, 0, 1 },
					   { 192, 0, 2, 1 } };
	struct addr a = { .family = family };
	const uint8_t *v4 = near[next(seed) % 4];

	if (family == AF_INET) {
		memcpy(a.bytes, v4, 4);
		return a;
	}
	memcpy(a.bytes + 12, v4, 4);
	if (next(seed) % 2)
		a.bytes[10] = a.bytes[11] = 0xff;
	return a;
}

static struct sock make_sock(uint64_t *seed)
{
	uint8_t family = next(seed) % 2 ? AF_INET : AF_INET6;

	return (struct sock){
		.has = next(seed) % 4 ? ~0u : next(seed),
		.state = (uint8_t)(next(seed) % STATE_COUNT),
		.timer = (uint8_t)(next(seed) % (TIMER_OTHER + 1)),
		.bind_locked = next(seed) % 2,
		.local_port = (uint16_t)(next(seed) % 2 ? next(seed) : next(seed) % 100),
		.remote_port = (uint16_t)(next(seed) % 2 ? next(seed) : next(seed) % 100),
		.local = make_addr(seed, family),
		.remote = make_addr(seed, family),
		.uid = next(seed) % 4,
		.inode = next(seed) % 4,
		.cgroup_id = next(seed) % 4,
		.ifindex = next(seed) % 4,
		.mark = next(seed) % 4,
	};
}

static void check_error(const struct filter_error *err)
{
	size_t n = strlen(err->message);

	require(err->at <= err->text.len && err->len <= err->text.len - err->at);
	require(n > 0 && n < sizeof(err->message));
}

static void check_sock(const struct filter *f, const struct str *code, const struct sock *s)
{
	bool ok = true, matches = filter_match(f, s, NULL), may = filter_may_match(f, s);

	require(may || !matches);
	require(!may || (filter_states(f) & STATE_BIT(s->state)));
	require(!may || !code->len || filter_bytecode_run(code->s, code->len, s, &ok));
	require(ok);
}

static void check_filter(const struct filter *f, uint64_t seed)
{
	struct str code = { 0 };

	if (filter_compile(f, &code) != 0)
		require(code.len == 0);
	for (int i = 0; i < SOCKS; i++) {
		struct sock s = make_sock(&seed);

		check_sock(f, &code, &s);
	}
	str_free(&code);
}

static void run_as_code(const uint8_t *data, size_t size, uint64_t seed)
{
	bool ok;

	for (int i = 0; i < SOCKS; i++) {
		struct sock s = make_sock(&seed);

		require(!filter_bytecode_run(data, size, &s, &ok) || ok);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *words[WORDS];
	struct filter_error err;
	struct filter *f;
	uint64_t seed = size;
	int count = 0;

	require(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		seed = seed * 31 + data[i];
	for (size_t at = 0; at < size && count < WORDS; at += strlen(text + at) + 1)
		words[count++] = text + at;
	if (filter_parse(words, count, &f, &err) == 0) {
		check_filter(f, seed);
		filter_free(f);
	} else {
		check_error(&err);
		str_free(&err.text);
	}
	run_as_code(data, size, seed);
	free(text);
	return 0;
}
