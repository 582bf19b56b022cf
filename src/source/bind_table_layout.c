// SPDX-License-Identifier: MIT
#include "source/bind_table_layout.h"

#include <errno.h>
#include <stdint.h>

static const struct {
	const char *structure, *path;
} members[MEMBERS] = {
	[TASK_NET] = { "task_struct", "nsproxy.net_ns" },
	[NET_MIX] = { "net", "hash_mix" },
	[NET_HASHINFO] = { "net", "ipv4.tcp_death_row.hashinfo" },
	[INFO_BHASH] = { "inet_hashinfo", "bhash" },
	[INFO_SIZE] = { "inet_hashinfo", "bhash_size" },
	[HEAD_SIZE] = { "inet_bind_hashbucket", "" },
	[HEAD_FIRST] = { "inet_bind_hashbucket", "chain.first" },
	[TB_NET] = { "inet_bind_bucket", "ib_net.net" },
	[TB_PORT] = { "inet_bind_bucket", "port" },
	[TB_REUSE] = { "inet_bind_bucket", "fastreuse" },
	[TB_REUSEPORT] = { "inet_bind_bucket", "fastreuseport" },
	[TB_NODE] = { "inet_bind_bucket", "node" },
	[TB_L3MDEV] = { "inet_bind_bucket", "l3mdev" },
	[TB_OWNERS] = { "inet_bind_bucket", "owners.first" },
	[TB_BHASH2] = { "inet_bind_bucket", "bhash2.first" },
	[TB2_NODE] = { "inet_bind2_bucket", "bhash_node" },
	[TB2_OWNERS] = { "inet_bind2_bucket", "owners.first" },
	[SK_STATE] = { "sock_common", "skc_state" },
	[SK_NODE] = { "sock_common", "skc_bind_node" },
	[SK_FAMILY] = { "sock_common", "skc_family" },
	[SK_DADDR] = { "sock_common", "skc_daddr" },
	[SK_DPORT] = { "sock_common", "skc_dport" },
	[TW_SUBSTATE] = { "inet_timewait_sock", "tw_substate" },
	[TW_STAMP] = { "tcp_timewait_sock", "tw_ts_recent_stamp" },
	[SK_V6_DADDR] = { "sock_common", "skc_v6_daddr" },
};

/** True where members FIRST..LAST are known, and reached without a pointer on the way. */
static bool have(const struct btf_want *want, enum member first, enum member last)
{
	for (enum member m = first; m <= last; m++) {
		if (want[m].count != 1)
			return false;
	}
	return true;
}

/** The span of the COUNT members in LIST. */
static struct span span(const struct btf_want *want, const enum member *list, size_t count)
{
	int low = INT32_MAX, high = 0;

	for (size_t i = 0; i < count; i++) {
		int at = (int)want[list[i]].offset[0];

		low = at < low ? at : low;
		high = at + 8 > high ? at + 8 : high;
	}
	low &= ~7;
	return (struct span){ low, high - low };
}

int layout_find(const void *data, size_t n, struct layout *l)
{
	static const enum member tb[] = { TB_NET,  TB_PORT,   TB_REUSE,	 TB_REUSEPORT,
					  TB_NODE, TB_L3MDEV, TB_OWNERS, TB_BHASH2 };
	static const enum member tb2[] = { TB2_NODE, TB2_OWNERS };
	static const enum member sk[] = { SK_STATE, SK_NODE, SK_FAMILY, SK_DADDR, SK_DPORT };
	struct btf_want *want = l->want;

	for (int i = 0; i < MEMBERS; i++)
		want[i] = (struct btf_want){ members[i].structure, members[i].path, { 0 }, 0 };
	if (btf_find(data, n, want, MEMBERS))
		return -EOPNOTSUPP;
	if (!want[TASK_NET].count || !want[NET_HASHINFO].count || !have(want, NET_MIX, NET_MIX) ||
	    !have(want, INFO_BHASH, TB_NODE))
		return -EOPNOTSUPP;
	l->flat = want[TB_OWNERS].count == 1;
	l->with_tw = (l->flat || have(want, TB_BHASH2, TB2_OWNERS)) &&
		     have(want, SK_STATE, TW_STAMP);
	l->tb = span(want, tb, ARRAY_LEN(tb));
	l->tb2 = span(want, tb2, ARRAY_LEN(tb2));
	l->sk = span(want, sk, ARRAY_LEN(sk));
	if (want[SK_V6_DADDR].count) {
		int end = (int)want[SK_V6_DADDR].offset[0] + 16 - l->sk.from;

		l->sk.size = end > l->sk.size ? end : l->sk.size;
	}
	if (l->tb.size > CHUNK_MAX || l->tb2.size > CHUNK_MAX || l->sk.size > CHUNK_MAX)
		return -EOPNOTSUPP;
	return 0;
}
