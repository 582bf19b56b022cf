// SPDX-License-Identifier: MIT
/* source/replay, source/packed, source/swap: what comes out of a recording is what the running kernel
 * gave, to the byte. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/packed.h"
#include "source/replay.h"
#include "source/seen.h"
#include "source/source.h"
#include "source/swap.h"
#include "source/tape.h"

static char path[] = "/tmp/tcptriage-recording.XXXXXX";
static int held[64];
static size_t held_count;

static void hold(int fd)
{
	assert_true(fd >= 0);
	held[held_count++] = fd;
}

/* A listener and, for each kind of end, connections to it. */
static void make_sockets(int family, const char *address)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = { .any = { .sa_family = (sa_family_t)family } };
	socklen_t len = family == AF_INET ? sizeof(a.in) : sizeof(a.in6);
	int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	hold(listener);
	assert_int_equal(inet_pton(family, address, family == AF_INET ? (void *)&a.in.sin_addr
								      : (void *)&a.in6.sin6_addr), 1);
	assert_int_equal(bind(listener, &a.any, len), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(getsockname(listener, &a.any, &len), 0);
	for (int i = 0; i < 5; i++) {
		int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

		assert_int_equal(connect(client, &a.any, len), 0);
		server = accept(listener, NULL, NULL);
		assert_true(server >= 0);
		if (i == 1) /* CLOSE_WAIT and FIN_WAIT2. */
			shutdown(client, SHUT_WR);
		if (i == 2)
			assert_int_equal(write(client, "unread", 6), 6);
		if (i < 3) {
			hold(client);
			hold(server);
		} else { /* TIME_WAIT. */
			close(client);
			close(server);
		}
	}
	hold(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (family == AF_INET)
		a.in.sin_port = 0;
	else
		a.in6.sin6_port = 0;
	assert_int_equal(bind(held[held_count - 1], &a.any, len), 0);
}

/* Both ends of a tap. */
struct both {
	struct tape_writer *tape;
	struct vec socks;
};

static void on_bytes(void *arg, enum tap_stream stream, int64_t seen_ns, const void *p, size_t n)
{
	static const uint32_t tags[] = { [TAP_DIAG] = TAPE_DIAG, [TAP_LOCKED] = TAPE_LOCKED,
					 [TAP_PROC4] = TAPE_PROC4, [TAP_PROC6] = TAPE_PROC6 };

	tape_put_datagram(((struct both *)arg)->tape, tags[stream], seen_ns, p, n);
}

static void on_sock(void *arg, const struct sock *s)
{
	vec_add(&((struct both *)arg)->socks, s);
}

static void keep_sock(void *arg, const struct sock *s)
{
	vec_add(arg, s);
}

/* Dumps live while it is recorded, SAMPLES times. */
static void record(int choice, struct both *b, size_t samples)
{
	const struct options opt = { .source = choice };
	const struct tap tap = { on_bytes, b };
	const struct sink sink = { .add = on_sock, .args = (void *[]){ b } };
	const struct dump_request req = { .states = STATES_ALL, .info = true, .drops = true,
					  .locks = true, .workers = 1, .tap = &tap };
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct dump_result result;
	struct source *s;

	unlink(path);
	assert_int_equal(source_open(&opt, &notes, &s, &why), 0);
	assert_int_equal(tape_writer_open(path, &notes, &b->tape, &why), 0);
	for (size_t i = 0; i < samples; i++) {
		vec_reset(&b->socks);
		tape_begin(b->tape, 1, 1);
		assert_int_equal(source_dump(s, &req, &sink, &result, &notes), 0);
		assert_true(result.complete);
		assert_int_equal(result.records, b->socks.len);
		assert_int_equal(tape_commit(b->tape), 0);
	}
	tape_writer_close(b->tape);
	source_close(s);
	notes_free(&notes);
	str_free(&why);
}

static bool wanted(const struct sock *s, const struct dump_request *req)
{
	return req->states & STATE_BIT(s->state) &&
	       (req->family == AF_UNSPEC || req->family == s->local.family);
}

/* Plays what REQ asks for and compares it with what was seen live. */
static void expect_replay(const struct both *b, const struct dump_request *req)
{
	const struct replay_machine machine = { .ticks = sysconf(_SC_CLK_TCK) };
	struct vec played = VEC_OF(struct sock);
	const struct sink sink = { .add = keep_sock, .args = (void *[]){ &played } };
	struct dump_result result = { 0 };
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct tape *t;
	size_t k = 0;

	assert_int_equal(tape_open(path, &notes, &t, &why), 0);
	assert_int_equal(replay_dump(t, &machine, req, &sink, &result, &notes, &why), 0);
	assert_true(result.complete);
	assert_int_equal(result.records, played.len);
	for (size_t i = 0; i < b->socks.len; i++) {
		struct sock live = VEC_AT(&b->socks, struct sock, i);

		if (!wanted(&live, req))
			continue;
		if (!req->info)
			live.has &= ~(uint32_t)SOCK_HAS_INFO;
		if (!req->drops)
			live.has &= ~(uint32_t)SOCK_HAS_DROPS;
		if (!req->locks)
			live.has &= ~(uint32_t)SOCK_HAS_LOCK;
		assert_true(k < played.len);

		struct sock *s = &VEC_AT(&played, struct sock, k++);

		if (!req->locks)
			s->bind_locked = live.bind_locked;
		assert_memory_equal(s, &live, sizeof(live));
	}
	assert_int_equal(k, played.len);
	tape_close(t);
	vec_free(&played);
	notes_free(&notes);
	str_free(&why);
}

static void records_come_back(void **state)
{
	static const int choices[] = { SOURCE_NETLINK, SOURCE_PROC };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		struct both b = { .socks = VEC_OF(struct sock) };

		record(choices[i], &b, 3);
		assert_true(b.socks.len >= 25);
		expect_replay(&b, &(struct dump_request){ .states = STATES_ALL, .info = true,
							  .drops = true, .locks = true });
		expect_replay(&b, &(struct dump_request){ .states = STATES_ALL });
		expect_replay(&b, &(struct dump_request){ .states = STATES_ALL, .family = AF_INET,
							  .info = true });
		expect_replay(&b, &(struct dump_request){ .states = STATES_ALL, .locks = true,
							  .family = AF_INET6 });
		expect_replay(&b, &(struct dump_request){
			.states = STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_BOUND) });
		expect_replay(&b, &(struct dump_request){ .states = 0 });
		vec_free(&b.socks);
	}
}

/* Lengths that make no sense in the other order: nothing out of bounds is touched. */
static int turn(void *arg, const struct datagram *g)
{
	struct str bytes = { 0 };

	str_addn(&bytes, (const char *)g->bytes, g->len);
	swap_diag(bytes.s, bytes.len);
	(void)arg;
	str_free(&bytes);
	return 0;
}

/* Swaps from our order to the other: swap_diag() reads lengths in the other's order, so here they are
 * turned by hand first. */
static void other_order_is_read(void **state)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_msg m;
		struct nlattr a;
		uint32_t mark;
	} msg = { .h = { .nlmsg_len = sizeof(msg), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_MULTI, .nlmsg_seq = 7, .nlmsg_pid = 9 },
		  .m = { .idiag_family = AF_INET, .idiag_state = 1, .idiag_timer = 2,
			 .id = { .idiag_sport = htons(80), .idiag_if = 3,
				 .idiag_cookie = { 11, 12 } },
			 .idiag_expires = 1000, .idiag_rqueue = 5, .idiag_wqueue = 6,
			 .idiag_uid = 1000, .idiag_inode = 77 },
		  .a = { .nla_len = 8, .nla_type = INET_DIAG_MARK }, .mark = 0x1234 };
	unsigned char other[sizeof(msg)];

	(void)state;
	memcpy(other, &msg, sizeof(msg));
	for (size_t at = offsetof(struct inet_diag_msg, id.idiag_if) + NLMSG_HDRLEN;
	     at < NLMSG_HDRLEN + sizeof(msg.m); at += 4)
		*(uint32_t *)(void *)(other + at) = __builtin_bswap32(*(uint32_t *)(void *)(other + at));
	for (size_t at = 0; at < 16; at += at == 4 ? 2 : at == 6 ? 2 : 4) {
		if (at == 4 || at == 6)
			*(uint16_t *)(void *)(other + at) =
				__builtin_bswap16(*(uint16_t *)(void *)(other + at));
		else
			*(uint32_t *)(void *)(other + at) =
				__builtin_bswap32(*(uint32_t *)(void *)(other + at));
	}
	*(uint16_t *)(void *)(other + offsetof(__typeof__(msg), a.nla_len)) = __builtin_bswap16(8);
	*(uint16_t *)(void *)(other + offsetof(__typeof__(msg), a.nla_type)) =
		__builtin_bswap16(INET_DIAG_MARK);
	*(uint32_t *)(void *)(other + offsetof(__typeof__(msg), mark)) = __builtin_bswap32(0x1234);
	swap_diag(other, sizeof(other));
	assert_memory_equal(other, &msg, sizeof(msg));
}

static void swapping_trusts_no_length(void **state)
{
	struct both b = { .socks = VEC_OF(struct sock) };
	struct notes notes = { 0 };
	struct str why = { 0 };
	struct tape *t;

	(void)state;
	record(SOURCE_NETLINK, &b, 1);
	assert_int_equal(tape_open(path, &notes, &t, &why), 0);
	assert_int_equal(tape_datagrams(t, TAPE_DIAG, turn, NULL, &why), 0);
	tape_close(t);
	vec_free(&b.socks);
	notes_free(&notes);
	str_free(&why);
}

static void files_come_back(void **state)
{
	struct str packed = { 0 }, one = { 0 }, out = { 0 };

	(void)state;
	str_add(&one, "contents\nof one\n");
	pack_file(&packed, "/proc/a", 0, &one);
	pack_file(&packed, "/proc/none", -ENOENT, &out);
	pack_file(&packed, "/proc/empty", 0, &out);
	assert_int_equal(unpack_file(packed.s, packed.len, "/proc/a", &out), 0);
	assert_string_equal(str_text(&out), "contents\nof one\n");
	assert_int_equal(unpack_file(packed.s, packed.len, "/proc/none", &out), -ENOENT);
	assert_int_equal(unpack_file(packed.s, packed.len, "/proc/empty", &out), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(unpack_file(packed.s, packed.len, "/proc/b", &out), -ENODATA);
	assert_int_equal(unpack_file(packed.s, packed.len - 1, "/proc/b", &out), -EBADMSG);
	str_free(&packed);
	str_free(&one);
	str_free(&out);
}

static void add_process(struct owners *o, pid_t pid, const char *comm, const char *user)
{
	struct process *p = vec_push(&o->processes);

	*p = (struct process){ .pid = pid, .ppid = 1, .uid = user ? 1000 : UINT32_MAX, .user = user,
			       .start = 123456789, .comm = comm, .cmdline = "",
			       .cgroup = "/system.slice/a.service", .fds_open = -1,
			       .fds_limit = INT64_MAX };
}

static void add_holder(struct owners *o, uint64_t inode, uint32_t process, int fd)
{
	struct owners_range *r = map_put(&o->sockets, &inode, NULL);
	struct holder h = { .process = process, .fd = fd, .tid = 5, .kind = HOLDER_IO_URING };

	if (r->count++ == 0)
		r->first = (uint32_t)o->holders.len;
	vec_add(&o->holders, &h);
}

static void owners_come_back(void **state)
{
	struct map wanted = map_make(sizeof(uint64_t), 0);
	struct owners o, back;
	struct str packed = { 0 };
	uint64_t inode = 70;
	size_t count;

	(void)state;
	owners_init(&o);
	add_process(&o, 10, "first \xff", "alice");
	add_process(&o, 20, "second", NULL);
	add_holder(&o, 70, 1, 3);
	add_holder(&o, 4000000000u, 0, 4);
	add_holder(&o, 4000000000u, 1, -1);
	o.seen = 100;
	o.unreadable = 2;
	o.in_flight = 1;
	o.in_flight_searched = o.searched = o.hidden = true;
	pack_owners(&packed, &o);
	assert_int_equal(unpack_owners(packed.s, packed.len, NULL, &back), 0);
	assert_int_equal(back.processes.len, 2);
	assert_string_equal(owners_by_pid(&back, 10)->comm, "first \xff");
	assert_string_equal(owners_by_pid(&back, 10)->user, "alice");
	assert_null(owners_by_pid(&back, 20)->user);
	assert_int_equal(owners_by_pid(&back, 20)->uid, UINT32_MAX);
	assert_int_equal(owners_by_pid(&back, 20)->fds_open, -1);
	assert_true(owners_by_pid(&back, 20)->fds_limit == INT64_MAX);
	assert_true(back.searched && back.hidden && back.in_flight_searched);
	assert_int_equal(back.seen, 100);

	const struct holder *h = owners_of(&back, 4000000000u, &count);

	assert_int_equal(count, 2);
	assert_int_equal(h[1].fd, -1);
	assert_int_equal(h[1].kind, HOLDER_IO_URING);
	assert_int_equal(owners_process(&back, &h[1])->pid, 20);
	owners_free(&back);

	/* Only what is asked for, as a search for just that would find it. */
	map_put(&wanted, &inode, NULL);
	assert_int_equal(unpack_owners(packed.s, packed.len, &wanted, &back), 0);
	assert_int_equal(back.processes.len, 1);
	assert_int_equal(back.sockets.len, 1);
	assert_false(back.in_flight_searched);
	assert_int_equal(owners_process(&back, owners_of(&back, 70, &count))->pid, 20);
	owners_free(&back);
	for (size_t cut = 0; cut < packed.len; cut++) {
		assert_int_equal(unpack_owners(packed.s, cut, NULL, &back), -EBADMSG);
		assert_int_equal(back.processes.len, 0);
		owners_free(&back);
	}
	owners_free(&o);
	map_free(&wanted);
	str_free(&packed);
}

static void the_rest_comes_back(void **state)
{
	struct bind_table *table = calloc(1, sizeof(*table)), *table_back = malloc(sizeof(*table));
	struct cgroups c = { .paths = MAP_OF(uint64_t, const char *), .known = true }, c_back;
	struct notes n = { 0 }, n_back = { 0 };
	struct str packed = { 0 };
	uint64_t id = 5000000000u;

	(void)state;
	table->low = 32768;
	table->high = 60999;
	port_set_add(&table->bound, 0);
	port_set_add(&table->sticky, 40000);
	port_set_add(&table->unknown, 65535);
	port_set_add(&table->tw_stamped, 1);
	port_set_add(&table->tw_plain, 2);
	pack_binds(&packed, table);
	assert_int_equal(unpack_binds(packed.s, packed.len, table_back), 0);
	assert_memory_equal(table, table_back, sizeof(*table));
	assert_int_equal(unpack_binds(packed.s, packed.len - 1, table_back), -EBADMSG);

	str_reset(&packed);
	*(const char **)map_put(&c.paths, &id, NULL) = "/a/b";
	pack_cgroups(&packed, &c);
	assert_int_equal(unpack_cgroups(packed.s, packed.len, &c_back), 0);
	assert_string_equal(cgroups_path(&c_back, id), "/a/b");
	assert_true(c_back.known);
	cgroups_free(&c_back);
	assert_int_equal(unpack_cgroups(packed.s, packed.len - 1, &c_back), -EBADMSG);
	cgroups_free(&c_back);

	str_reset(&packed);
	notes_add(&n, "one %d", 1);
	notes_add(&n, "two");
	pack_notes(&packed, &n);
	assert_int_equal(unpack_notes(packed.s, packed.len, &n_back), 0);
	assert_int_equal(n_back.count, 2);
	assert_string_equal(n_back.text[1], "two");
	assert_int_equal(unpack_notes(packed.s, packed.len - 1, &n_back), -EBADMSG);
	notes_free(&n);
	notes_free(&n_back);
	map_free(&c.paths);
	str_free(&packed);
	free(table);
	free(table_back);
}

static void keep_request(void *arg, const struct sock *s)
{
	vec_add(arg, s);
}

static void inodes_and_requests_come_back(void **state)
{
	static const uint64_t some[] = { 7, 3, UINT64_MAX };
	struct map inodes = map_make(sizeof(uint64_t), 0), back = map_make(sizeof(uint64_t), 0);
	struct vec requests = VEC_OF(struct sock);
	struct sock s = { .state = STATE_SYN_RECV, .local_port = 80, .remote_port = 65535,
			  .retransmits = 3, .local = { { 10, 0, 0, 1 }, AF_INET },
			  .remote = { { 0x20, 1 }, AF_INET6 } };
	struct str packed = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(some); i++)
		map_put(&inodes, &some[i], NULL);
	pack_inodes(&packed, &inodes);
	assert_int_equal(unpack_inodes(packed.s, packed.len, &back), 0);
	assert_int_equal(back.len, ARRAY_LEN(some));
	for (size_t i = 0; i < ARRAY_LEN(some); i++)
		assert_non_null(map_get(&back, &some[i]));
	for (size_t cut = 0; cut < packed.len; cut++)
		assert_int_equal(unpack_inodes(packed.s, cut, &back), -EBADMSG);
	str_reset(&packed);
	pack_request(&packed, &s);
	s.remote_port = 1;
	pack_request(&packed, &s);
	assert_int_equal(unpack_requests(packed.s, packed.len, keep_request, &requests), 0);
	assert_int_equal(requests.len, 2);
	assert_int_equal(sock_tuple(&VEC_AT(&requests, struct sock, 1)), sock_tuple(&s));
	assert_int_equal(VEC_AT(&requests, struct sock, 1).retransmits, 3);
	assert_int_equal(VEC_AT(&requests, struct sock, 0).remote_port, 65535);
	assert_int_equal(unpack_requests(packed.s, packed.len - 1, keep_request, &requests),
			 -EBADMSG);
	vec_free(&requests);
	map_free(&inodes);
	map_free(&back);
	str_free(&packed);
}

static void newer_sockets_are_told(void **state)
{
	struct seen seen;
	unsigned newer = 0;

	(void)state;
	seen_init(&seen);
	for (uint64_t i = 1; i <= 100; i++)
		seen_add(&seen, i * 7);
	seen_add(&seen, 7);
	/* Some are gone, some are new, some stand elsewhere. */
	for (uint64_t i = 700; i > 3; i -= 1 + i % 3)
		newer += seen_before(&seen, i) != (i % 7 == 0);
	seen_rewind(&seen);
	for (uint64_t i = 1; i <= 720; i++)
		newer += seen_before(&seen, i) != (i % 7 == 0 && i <= 700);
	assert_int_equal(newer, 0);
	seen_reset(&seen);
	assert_false(seen_before(&seen, 7));
	seen_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back),	   cmocka_unit_test(other_order_is_read),
		cmocka_unit_test(swapping_trusts_no_length), cmocka_unit_test(files_come_back),
		cmocka_unit_test(owners_come_back),	   cmocka_unit_test(the_rest_comes_back),
		cmocka_unit_test(inodes_and_requests_come_back),
		cmocka_unit_test(newer_sockets_are_told),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	if (unshare(CLONE_NEWNET) < 0 || system("ip link set lo up") != 0) {
		puts("1..0 # SKIP no privilege to make a network namespace");
		unlink(path);
		return 0;
	}
	make_sockets(AF_INET, "127.0.0.1");
	make_sockets(AF_INET6, "::1");
	make_sockets(AF_INET6, "::ffff:127.0.0.2");

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	for (size_t i = 0; i < held_count; i++)
		close(held[i]);
	unlink(path);
	return failed;
}
