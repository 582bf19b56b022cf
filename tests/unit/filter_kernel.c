// SPDX-License-Identifier: MIT
/* The running kernel as the judge of compiled filters: in a namespace of the test's own, what its
 * bytecode machine selects is what ours and the expression itself say, and it refuses the code that
 * ours refuses. Skipped where no namespace can be made. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "filter_random.h"
#include "model/filter.h"
#include "source/diag_parse.h"
#include "source/diag_split.h"
#include "source/netlink.h"

/** Trees that are tried at most, and seconds after which it is enough: a dump walks the table of all
 *  namespaces, which may be large. */
#define TREES 1500
#define BUDGET 8

/** Why there is no namespace; NULL where there is one. */
static const char *missing;
static struct netlink *netlink;
/** struct sock: every socket of the namespace. */
static struct vec everything = VEC_OF(struct sock);

/* Sockets --------------------------------------------------------------------------------------- */

/** Everything goes to lo, so that a connection may be made (without a packet) to any address. */
static void route_all_to_lo(void)
{
	int v4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int v6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	struct rtentry r4 = { .rt_flags = RTF_UP, .rt_dev = (char[]){ "lo" } };
	struct in6_rtmsg r6 = { .rtmsg_flags = RTF_UP, .rtmsg_metric = 1,
				.rtmsg_ifindex = (int)if_nametoindex("lo") };

	r4.rt_dst.sa_family = r4.rt_genmask.sa_family = r4.rt_gateway.sa_family = AF_INET;
	assert_int_equal(ioctl(v4, SIOCSIFFLAGS, &up), 0);
	assert_int_equal(ioctl(v4, SIOCADDRT, &r4), 0);
	assert_int_equal(ioctl(v6, SIOCADDRT, &r6), 0);
	close(v4);
	close(v6);
}

static socklen_t sockaddr_of(const char *host, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	assert_int_equal(inet_pton(AF_INET6, host, &v6->sin6_addr), 1);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

/** A socket bound to an address that need not be ours; REPAIR: beside any other. It stays open as
 *  long as the test runs. */
static int bound(const char *host, uint16_t port, bool repair)
{
	struct sockaddr_storage a;
	socklen_t n = sockaddr_of(host, port, &a);
	int one = 1, fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (repair && setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one)) != 0)
		fail_msg("TCP_REPAIR: %s", strerror(errno));
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof(one)), 0);
	if (bind(fd, (struct sockaddr *)&a, n) != 0)
		fail_msg("bind %s:%u: %s", host, port, strerror(errno));
	return fd;
}

/** An established connection without a peer and without a packet. */
static void connected(const char *local, uint16_t local_port, const char *remote,
		      uint16_t remote_port)
{
	struct sockaddr_storage a;
	socklen_t n = sockaddr_of(remote, remote_port, &a);
	int fd = bound(local, local_port, true);

	if (connect(fd, (struct sockaddr *)&a, n) != 0)
		fail_msg("connect to %s:%u: %s", remote, remote_port, strerror(errno));
}

static void make_sockets(void)
{
	static const struct {
		const char *local, *remote;
		uint16_t local_port, remote_port;
	} rows[] = {
		{ "0.0.0.0", NULL, 22, 0 },
		{ "127.0.0.1", NULL, 8080, 0 },
		{ "10.0.0.1", NULL, 80, 0 },
		{ "::", NULL, 443, 0 },
		{ "::1", NULL, 8080, 0 },
		{ "::ffff:10.0.0.1", NULL, 1024, 0 },
		{ "2001:db8::1", NULL, 65535, 0 },
		{ "127.0.0.1", "127.0.0.1", 32768, 22 },
		{ "127.0.0.2", "127.0.0.1", 1023, 65535 },
		{ "10.0.0.1", "10.0.1.2", 60999, 443 },
		{ "10.128.0.1", "192.0.2.1", 1, 1 },
		{ "192.0.2.1", "10.128.0.1", 65534, 1024 },
		{ "::ffff:127.0.0.1", "::ffff:10.0.0.1", 443, 40001 },
		{ "::ffff:10.128.0.1", "::ffff:127.0.0.1", 40002, 8080 },
		{ "::1", "::1", 80, 80 },
		{ "2001:db8::1", "2001:db8:0:1::1", 40003, 443 },
		{ "2001:db9::1", "::7f00:1", 32768, 22 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].remote)
			connected(rows[i].local, rows[i].local_port, rows[i].remote,
				  rows[i].remote_port);
		else
			assert_int_equal(listen(bound(rows[i].local, rows[i].local_port, false), 5), 0);
	}
	/* Bound only. */
	bound("0.0.0.0", 65533, false);
	bound("2001:db8::1", 2, false);
}

/* Dumps ----------------------------------------------------------------------------------------- */

static void add_sock(void *arg, const struct sock *s)
{
	vec_add(arg, s);
}

/** One walk into OUT; the kernel's error where it gave one. */
static int walk(enum diag_form form, int family, uint32_t states, const struct str *code,
		struct vec *out)
{
	const struct dump_request req = { .states = states };
	struct diag_walk w = { .states = states, .ring = cookie_ring_new() };
	enum diag_end end = DIAG_MORE;
	int err = netlink_request(netlink, form, family, &req, code);

	w.seq = netlink_seq(netlink);
	w.portid = netlink_portid(netlink);
	while (!err && end == DIAG_MORE) {
		const void *data;
		size_t n;

		err = netlink_receive(netlink, &data, &n, &w.seen_ns);
		if (!err)
			end = diag_walk_datagram(data, n, &w, add_sock, out);
	}
	cookie_ring_free(w.ring);
	if (end == DIAG_ERROR)
		return w.error;
	return err ? err : end == DIAG_DONE ? 0 : -EBADMSG;
}

/** Both families by both forms of request; the answers have to agree in number. */
static int dump(const struct str *code, struct vec *out)
{
	struct vec compat = VEC_OF(struct sock);
	int err = walk(DIAG_FORM_V2, AF_INET, STATES_ALL, code, out);

	if (!err)
		err = walk(DIAG_FORM_V2, AF_INET6, STATES_ALL, code, out);
	if (!err && walk(DIAG_FORM_COMPAT, AF_UNSPEC, STATES_ALL, code, &compat) == 0)
		assert_int_equal(compat.len, out->len);
	vec_free(&compat);
	return err;
}

static bool holds_cookie(const struct vec *socks, uint64_t cookie)
{
	for (size_t i = 0; i < socks->len; i++) {
		if (VEC_AT(socks, struct sock, i).cookie == cookie)
			return true;
	}
	return false;
}

static int setup(void **state)
{
	const struct str none = { 0 };

	(void)state;
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		missing = "no privilege to make a network namespace";
		return 0;
	}
	route_all_to_lo();
	make_sockets();
	assert_int_equal(netlink_open(&netlink), 0);
	assert_int_equal(dump(&none, &everything), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	netlink_close(netlink);
	vec_free(&everything);
	return 0;
}

static void skip_where_missing(void)
{
	if (missing) {
		print_message("# skipped: %s\n", missing);
		skip();
	}
}

/* Tests ----------------------------------------------------------------------------------------- */

static bool time_is_left(time_t start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start < BUDGET;
}

static time_t start_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/** What the kernel, our machine and the expression say of every socket. */
static void compare(const struct expr *e, const char *text, uint64_t seed)
{
	char *words[] = { (char *)text };
	struct filter_error err;
	struct filter *f;
	struct str code = { 0 };
	struct vec selected = VEC_OF(struct sock);

	assert_int_equal(filter_parse(words, 1, &f, &err), 0);
	assert_int_equal(filter_compile(f, &code), 0);
	if (dump(&code, &selected) != 0)
		fail_msg("TCPTRIAGE_SEED=%llu: the kernel refuses %s", (unsigned long long)seed,
			 text);
	for (size_t i = 0; i < everything.len; i++) {
		const struct sock *s = &VEC_AT(&everything, struct sock, i);
		bool kernel = holds_cookie(&selected, s->cookie), ok = true;
		bool ours = !code.len || filter_bytecode_run(code.s, code.len, s, &ok);

		if (!ok || ours != kernel || filter_match(f, s, NULL) != kernel ||
		    (expr_says(e, s, NULL, NULL) == VERDICT_YES) != kernel)
			fail_msg("TCPTRIAGE_SEED=%llu: socket %zu, kernel %d: %s",
				 (unsigned long long)seed, i, kernel, text);
	}
	vec_free(&selected);
	str_free(&code);
	filter_free(f);
}

static void kernel_selects_the_same(void **state)
{
	const uint64_t seed = random_seed();
	struct random r = random_seeded(seed);
	const time_t start = start_clock();
	int trees = 0;

	(void)state;
	skip_where_missing();
	/* Nineteen were made; an old kernel does not show those that are only bound. */
	assert_in_range(everything.len, 17, 19);
	while (trees < TREES && time_is_left(start)) {
		struct arena a = { 0 };
		struct str text = { 0 };
		const struct expr *e = random_expr(&r, &a, random_below(&r, 6), RANDOM_KERNEL);

		expr_text(&r, e, &text);
		compare(e, text.s, seed);
		str_free(&text);
		arena_free(&a);
		trees++;
	}
	print_message("# %d filters\n", trees);
	assert_true(trees > 0);
}

/** The error of a dump of no state but the cheapest, with CODE. */
static int kernel_says(const struct str *code)
{
	struct vec socks = VEC_OF(struct sock);
	int err = walk(DIAG_FORM_V2, AF_INET, STATE_BIT(STATE_LISTEN), code, &socks);

	vec_free(&socks);
	return err;
}

/** Changes one byte or the length. */
static void damage(struct random *r, struct str *code)
{
	if (random_below(r, 4) == 0 && code->len > 4)
		code->len -= 4 * random_below(r, (unsigned)code->len / 4);
	else if (random_below(r, 2))
		code->s[random_below(r, (unsigned)code->len)] = (char)random_below(r, 32);
	else
		code->s[random_below(r, (unsigned)code->len)] = (char)(4 * random_below(r, 10));
}

/** Every operation at once, to see whether this kernel knows them all and may use them. */
static bool kernel_knows_all(void)
{
	static const struct inet_diag_bc_op all[] = {
		{ .code = INET_DIAG_BC_S_EQ, .yes = 8, .no = 8 },
		{ .no = 1 },
		{ .code = INET_DIAG_BC_MARK_COND, .yes = 12, .no = 12 },
		{ .no = 0 }, { .no = 0 },
		{ .code = INET_DIAG_BC_CGROUP_COND, .yes = 12, .no = 12 },
		{ .no = 0 }, { .no = 0 },
	};
	struct str code = { 0 };
	int err;

	str_addn(&code, (const char *)all, sizeof(all));
	err = kernel_says(&code);
	str_free(&code);
	return err == 0;
}

static void kernel_refuses_the_same(void **state)
{
	const uint64_t seed = random_seed();
	struct random r = random_seeded(seed);
	const struct sock s = { .has = SOCK_HAS_LOCK | SOCK_HAS_MARK | SOCK_HAS_CGROUP |
				       SOCK_HAS_IFINDEX };
	unsigned refused = 0, taken = 0;

	(void)state;
	skip_where_missing();
	if (!kernel_knows_all()) {
		print_message("# skipped: this kernel does not know all operations\n");
		skip();
	}
	for (int i = 0; i < 5000; i++) {
		struct arena a = { 0 };
		struct str text = { 0 }, code = { 0 };
		char *words[1];
		struct filter_error err;
		struct filter *f;
		bool ok, accepts;

		expr_text(&r, random_expr(&r, &a, random_below(&r, 4), RANDOM_KERNEL), &text);
		words[0] = text.s;
		assert_int_equal(filter_parse(words, 1, &f, &err), 0);
		assert_int_equal(filter_compile(f, &code), 0);
		filter_bytecode_locked(&code);
		damage(&r, &code);
		accepts = filter_bytecode_run(code.s, code.len, &s, &ok);
		assert_true(ok || !accepts);
		refused += !ok;
		taken += ok;
		if (kernel_says(&code) != (ok ? 0 : -EINVAL))
			fail_msg("TCPTRIAGE_SEED=%llu: code %d: kernel %d, ours %d",
				 (unsigned long long)seed, i, kernel_says(&code), ok);
		filter_free(f);
		str_free(&text);
		str_free(&code);
		arena_free(&a);
	}
	assert_true(refused > 500 && taken > 500);
}

static void kernel_takes_the_longest(void **state)
{
	struct str text = { 0 }, code = { 0 };
	struct vec socks = VEC_OF(struct sock);
	struct filter_error err;
	struct filter *f;
	char *words[1];

	(void)state;
	skip_where_missing();
	/* 65516 bytes; 22 is the only one of these ports where something listens. */
	for (int i = 4094; i >= 0; i--)
		str_addf(&text, "sport %d%s", i == 80 || i == 1024 ? 5000 + i : i, i ? " or " : "");
	words[0] = text.s;
	assert_int_equal(filter_parse(words, 1, &f, &err), 0);
	assert_int_equal(filter_compile(f, &code), 0);
	assert_int_equal(code.len, 65516);
	assert_int_equal(walk(DIAG_FORM_V2, AF_INET, STATE_BIT(STATE_LISTEN), &code, &socks), 0);
	assert_int_equal(socks.len, 1);
	assert_int_equal(VEC_AT(&socks, struct sock, 0).local_port, 22);
	filter_free(f);
	vec_free(&socks);
	str_free(&text);
	str_free(&code);
}

/** Explicitly bound, in a range of ports. */
static void kernel_takes_what_goes_in_front(void **state)
{
	struct str code = { 0 };
	struct vec socks = VEC_OF(struct sock);

	(void)state;
	skip_where_missing();
	filter_bytecode_port_range(&code, 22, 80);
	filter_bytecode_locked(&code);
	assert_int_equal(walk(DIAG_FORM_V2, AF_INET, STATE_BIT(STATE_LISTEN), &code, &socks), 0);
	assert_int_equal(socks.len, 2);
	vec_free(&socks);
	str_free(&code);
}

/** The shares of a dump hold every socket once. */
static void kernel_deals_sockets_out(void **state)
{
	struct vec whole = VEC_OF(struct sock);
	struct str all = { 0 }, share = { 0 };

	(void)state;
	skip_where_missing();
	assert_int_equal(dump(&all, &whole), 0);
	assert_true(whole.len > 5);
	for (unsigned n = 1; n <= DIAG_WORKERS_MAX; n++) {
		struct vec sum = VEC_OF(struct sock);

		for (unsigned i = 0; i < n; i++) {
			struct vec part = VEC_OF(struct sock);

			diag_split(&share, i, n);
			assert_int_equal(dump(&share, &part), 0);
			for (size_t k = 0; k < part.len; k++) {
				struct sock *s = &VEC_AT(&part, struct sock, k);

				assert_false(holds_cookie(&sum, s->cookie));
				assert_true(holds_cookie(&whole, s->cookie));
			}
			for (size_t k = 0; k < part.len; k++)
				vec_add(&sum, &VEC_AT(&part, struct sock, k));
			vec_free(&part);
		}
		assert_int_equal(sum.len, whole.len);
		vec_free(&sum);
	}
	vec_free(&whole);
	str_free(&share);
}

/** Every port falls to one share, and a range of ports of clients to all of them. */
static void shares_are_even(void **state)
{
	static const unsigned ranges[][2] = { { 32768, 60999 }, { 49152, 65535 }, { 1024, 65535 } };

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(ranges); r++) {
		for (unsigned n = 2; n <= DIAG_WORKERS_MAX; n++) {
			unsigned got[DIAG_WORKERS_MAX] = { 0 }, all = 0;
			struct str share[DIAG_WORKERS_MAX] = { { 0 } };

			for (unsigned i = 0; i < n; i++)
				diag_split(&share[i], i, n);
			for (unsigned port = ranges[r][0]; port <= ranges[r][1]; port++, all++) {
				struct sock s = { .local_port = 443, .remote_port = (uint16_t)port,
						  .local.family = AF_INET,
						  .remote.family = AF_INET };
				unsigned taken = 0;
				bool ok;

				for (unsigned i = 0; i < n; i++) {
					bool mine = filter_bytecode_run(share[i].s, share[i].len,
									&s, &ok);

					assert_true(ok);
					got[i] += mine;
					taken += mine;
				}
				assert_int_equal(taken, 1);
			}
			for (unsigned i = 0; i < n; i++) {
				assert_in_range(got[i], all / (2 * n), 2 * all / n);
				str_free(&share[i]);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_selects_the_same),
		cmocka_unit_test(kernel_refuses_the_same),
		cmocka_unit_test(kernel_takes_the_longest),
		cmocka_unit_test(kernel_takes_what_goes_in_front),
		cmocka_unit_test(kernel_deals_sockets_out),
		cmocka_unit_test(shares_are_even),
	};

	return cmocka_run_group_tests_name("filter_kernel", tests, setup, teardown);
}
