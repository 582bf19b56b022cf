// SPDX-License-Identifier: MIT
/* source/owners_parse and source/mount_parse: what /proc says, hostile names included. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/attr.h"
#include "source/mount_parse.h"
#include "source/owners_parse.h"

static void stat_name_ends_at_the_last_parenthesis(void **state)
{
	static const char *const names[] = { "sh", "a) R 1 (b", ") S 2 3", "x\ny", "", "\xff\x1b[m" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str text = { 0 };
		struct task_stat st;

		str_addf(&text, "42 (%s) Z 7 1 2 3 4 2097216 6 7 8 9 10 11 12 13 14 15 3 0 174736 5 6\n",
			 names[i]);
		assert_int_equal(owners_parse_stat(text.s, text.len, &st), 0);
		assert_int_equal(st.ppid, 7);
		assert_int_equal(st.state, 'Z');
		assert_true(st.flags & TASK_KERNEL_THREAD);
		assert_int_equal(st.start, 174736);
		str_free(&text);
	}
}

static void stat_cut_off_is_an_error(void **state)
{
	static const char whole[] = "1 (a) S 7 1 2 3 4 64 6 7 8 9 10 11 12 13 14 15 3 0 99";
	struct task_stat st;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 2; n++)
		assert_int_equal(owners_parse_stat(whole, n, &st), -EINVAL);
	assert_int_equal(owners_parse_stat(whole, sizeof(whole) - 1, &st), 0);
	assert_int_equal(st.start, 99);
	assert_int_equal(owners_parse_stat("1 (a) S x", 9, &st), -EINVAL);
	assert_int_equal(owners_parse_stat("1 (a) S 99999999999 1 2 3 4 5 6 7 8 9 1 1 1 1 1 1 1 1 9",
					   55, &st), -EINVAL);
}

static void euid_is_the_second_number(void **state)
{
	static const char text[] = "Name:\tUid:\nUmask:\t0022\nUid:\t1000\t4294967294\t3\t4\nGid:\t5\n";
	uint32_t uid = 1;

	(void)state;
	assert_int_equal(owners_parse_euid(text, sizeof(text) - 1, &uid), 0);
	assert_int_equal(uid, 4294967294u);
	assert_int_equal(owners_parse_euid("Uid:\t1\n", 7, &uid), -EINVAL);
	assert_int_equal(owners_parse_euid("Uid:\t1\t99999999999\n", 19, &uid), -EINVAL);
	assert_int_equal(owners_parse_euid("", 0, &uid), -EINVAL);
}

static void limit_is_the_soft_one(void **state)
{
	static const char text[] =
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max open files            1024                 524288               files     \n";
	static const char none[] = "Max open files            unlimited            unlimited files\n";
	int64_t limit;

	(void)state;
	assert_int_equal(owners_parse_nofile(text, sizeof(text) - 1, &limit), 0);
	assert_int_equal(limit, 1024);
	assert_int_equal(owners_parse_nofile(none, sizeof(none) - 1, &limit), 0);
	assert_true(limit == INT64_MAX);
	assert_int_equal(owners_parse_nofile(text, 90, &limit), -EINVAL);
}

static bool socket_of(const char *s, uint64_t *inode)
{
	return owners_parse_socket(s, strlen(s), inode);
}

static void only_a_whole_socket_link_counts(void **state)
{
	static const char *const others[] = {
		"", "socket:[", "socket:[]", "socket:[12", "socket:[12]x", "socket:[-1]", "socket:[1 ]",
		"/socket:[12]", "pipe:[12]", "socket:[18446744073709551616]", "Socket:[1]",
	};
	uint64_t inode = 0;

	(void)state;
	assert_true(socket_of("socket:[12]", &inode));
	assert_int_equal(inode, 12);
	assert_true(socket_of("socket:[18446744073709551615]", &inode));
	assert_true(inode == UINT64_MAX);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(socket_of(others[i], &inode));
	assert_true(owners_is_ring("anon_inode:[io_uring]", 21));
	assert_false(owners_is_ring("anon_inode:[eventpoll]", 22));
	assert_false(owners_is_ring("anon_inode:[io_uring] ", 22));
}

static void fdinfo_says_which_file(void **state)
{
	static const char text[] = "pos:\t0\nflags:\t02\nmnt_id:\t10\nino:\t20784\nscm_fds: 3\n";
	struct fdinfo info;

	(void)state;
	owners_parse_fdinfo(text, sizeof(text) - 1, &info);
	assert_int_equal(info.mount, 10);
	assert_int_equal(info.inode, 20784);
	assert_int_equal(info.scm_fds, 3);
	owners_parse_fdinfo(text, 18, &info);
	assert_int_equal(info.mount | info.inode | info.scm_fds, 0);
}

/** The fdinfo of a ring with slots 0 and 2 in use, and with a regular file in slot 3. */
static const char ring[] = "pos:\t0\nmnt_id:\t17\nSqMask:\t0x7\nUserFiles:\t4\n"
			   "    0: socket:[20783]\n    2: socket:[7]\n    3: /tmp/socket:[9]\n"
			   "UserBufs:\t1\n    0: 0x7f/4096\n    1: socket:[8]\nPollList:\n";

static void ring_lists_its_registered_sockets(void **state)
{
	uint64_t inode;
	size_t at = 0;

	(void)state;
	assert_true(owners_next_user_file(ring, sizeof(ring) - 1, &at, &inode));
	assert_int_equal(inode, 20783);
	assert_true(owners_next_user_file(ring, sizeof(ring) - 1, &at, &inode));
	assert_int_equal(inode, 7);
	/* What stands in another section is no registered file. */
	assert_false(owners_next_user_file(ring, sizeof(ring) - 1, &at, &inode));
	at = 0;
	assert_false(owners_next_user_file("scm_fds: 1\n", 11, &at, &inode));
}

static void locked_ring_is_told_from_an_empty_one(void **state)
{
	static const char empty[] = "UserFiles:\t0\nUserBufs:\t0\n";
	static const char locked[] = "UserFiles:\t2\nUserBufs:\t0\n", without[] = "SqMask:\t0x7\n";

	(void)state;
	assert_true(owners_shows_user_files(ring, sizeof(ring) - 1));
	assert_true(owners_shows_user_files(empty, sizeof(empty) - 1));
	assert_false(owners_shows_user_files(locked, sizeof(locked) - 1));
	assert_false(owners_shows_user_files(without, sizeof(without) - 1));
}

static void cgroup_file_gives_the_path_that_says_most(void **state)
{
	static const struct {
		const char *text, *path;
	} rows[] = {
		{ "0::/system.slice/a.service\n", "/system.slice/a.service" },
		{ "9:name=systemd:/s/b.service\n4:memory:/m\n0::/s/c.service\n", "/s/c.service" },
		{ "9:name=systemd:/s/b.service\n4:memory:/m\n0::/\n", "/s/b.service" },
		{ "9:name=systemd:/\n4:memory:/docker/1\n0::/\n", "/docker/1" },
		{ "9:name=systemd:/\n4:memory:/\n0::/\n", "/" },
		{ "0::/a:b\n", "/a:b" },
		{ "4:memory:/first\n3:cpu,cpuacct:/second\n", "/first" },
		{ "0::/cut", "/cut" },
	};
	static const char *const bad[] = { "", "0", "0:", "0::", "x::/a", "0::a", ":::\n", "0:/\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str path = { 0 };

		assert_true(owners_parse_cgroup(rows[i].text, strlen(rows[i].text), &path));
		assert_string_equal(str_text(&path), rows[i].path);
		str_free(&path);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str path = { 0 };

		assert_false(owners_parse_cgroup(bad[i], strlen(bad[i]), &path));
		assert_int_equal(path.len, 0);
	}
}

static void arguments_are_joined(void **state)
{
	struct str out = { 0 };

	(void)state;
	owners_join_arguments("nginx: worker\0-c\0\0x\0\0\0", 22, &out);
	assert_string_equal(str_text(&out), "nginx: worker -c  x");
	str_reset(&out);
	owners_join_arguments("\0\0", 2, &out);
	assert_int_equal(out.len, 0);
	str_free(&out);
}

static void mounts_are_read_line_by_line(void **state)
{
	static const char text[] =
		"22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=invisible\n"
		"garbage\n"
		"1 2 0:3 / /no/separator rw shared:1\n"
		"41 31 0:38 /a\\040b /sys/fs/c\\134\\011 rw shared:7 master:2 - cgroup2 none rw\n"
		"42 27 254:0 /run/netns /run/netns rw - ext4 /dev/vda";
	struct mount m = { 0 };
	size_t at = 0;

	(void)state;
	assert_true(mount_next(text, sizeof(text) - 1, &at, &m));
	assert_string_equal(str_text(&m.type), "proc");
	assert_string_equal(str_text(&m.options), "rw,hidepid=invisible");
	assert_true(mount_next(text, sizeof(text) - 1, &at, &m));
	assert_string_equal(str_text(&m.root), "/a b");
	assert_string_equal(str_text(&m.point), "/sys/fs/c\\\t");
	assert_string_equal(str_text(&m.type), "cgroup2");
	assert_true(mount_next(text, sizeof(text) - 1, &at, &m));
	assert_string_equal(str_text(&m.source), "/dev/vda");
	assert_string_equal(str_text(&m.options), "");
	assert_false(mount_next(text, sizeof(text) - 1, &at, &m));
	mount_free(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_name_ends_at_the_last_parenthesis),
		cmocka_unit_test(stat_cut_off_is_an_error),
		cmocka_unit_test(euid_is_the_second_number),
		cmocka_unit_test(limit_is_the_soft_one),
		cmocka_unit_test(only_a_whole_socket_link_counts),
		cmocka_unit_test(fdinfo_says_which_file),
		cmocka_unit_test(ring_lists_its_registered_sockets),
		cmocka_unit_test(locked_ring_is_told_from_an_empty_one),
		cmocka_unit_test(cgroup_file_gives_the_path_that_says_most),
		cmocka_unit_test(arguments_are_joined),
		cmocka_unit_test(mounts_are_read_line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
