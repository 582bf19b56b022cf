#!/usr/bin/env bash
# timeout: 240
# SPDX-License-Identifier: MIT
# why names a full connection tracking table. Its size is the host's and is left alone: the
# namespace's own table is filled instead, with entries that the kernel does not evict.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq ip nft python3
needs_netns
needs_root "fills a connection tracking table"

netns_make
max=$(in_ns cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null) || skip "no connection tracking here"
((max <= 600000)) || skip "a table of $max entries takes too long to fill"
in_ns nft -f - <<-'END' 2>/dev/null || skip "no packet filter here"
	table inet watch {
		chain out {
			type filter hook output priority 0;
			ct state new counter accept
		}
	}
END

# fill: assured entries until the table is full, through ctnetlink in batches. Instead of what is in
# it: the entry of a closed connection leaves after some seconds, and its place would be free again.
fill() {
	in_ns python3 - <<-'END'
		import socket, struct

		IP_SRC, IP_DST, NUM, SPORT, DPORT = 1, 2, 1, 2, 3
		ORIG, REPLY, STATUS, TIMEOUT = 1, 2, 3, 7
		ASSURED = 0x0e  # seen reply, assured, confirmed

		def attr(kind, data, nested=False):
		    return struct.pack('=HH', 4 + len(data), kind | nested << 15) + data + bytes(-len(data) % 4)

		def flow(kind, src, dst, sport, dport):
		    ip = attr(1, attr(IP_SRC, src) + attr(IP_DST, dst), True)
		    udp = attr(NUM, bytes([17])) + attr(SPORT, struct.pack('>H', sport)) + \
		        attr(DPORT, struct.pack('>H', dport))
		    return attr(kind, ip + attr(2, udp, True), True)

		def entry(n):
		    src = socket.inet_aton('10.100.%d.1' % (n // 60000))
		    dst = socket.inet_aton('10.200.0.1')
		    sport = 1024 + n % 60000
		    body = struct.pack('>BBH', socket.AF_INET, 0, 0) + flow(ORIG, src, dst, sport, 53) + \
		        flow(REPLY, dst, src, 53, sport) + attr(STATUS, struct.pack('>I', ASSURED)) + \
		        attr(TIMEOUT, struct.pack('>I', 120))
		    # IPCTNL_MSG_CT_NEW; NLM_F_REQUEST | NLM_F_CREATE
		    return struct.pack('=IHHII', 16 + len(body), 1 << 8, 0x401, n + 1, 0) + body

		limit = int(open('/proc/sys/net/netfilter/nf_conntrack_max').read())
		netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
		netlink.bind((0, 0))
		# IPCTNL_MSG_CT_DELETE without a tuple: all.
		netlink.send(struct.pack('=IHHIIBBH', 20, 1 << 8 | 2, 1, 1, 0, socket.AF_INET, 0, 0))
		for first in range(0, limit, 300):
		    netlink.send(b''.join(entry(n) for n in range(first, min(first + 300, limit))))
	END
}

count() {
	in_ns cat /proc/sys/net/netfilter/nf_conntrack_count
}

lab listen --port 8080
run in_ns "$TCPTRIAGE" why -J 127.0.0.1:8080 --connect=2
json_is '[.cause, .attempt.result]' '[null,"connected"]' "before: nothing wrong"

fill
cmp_ok "$(count)" '>=' "$max" "the table is full"
run in_ns "$TCPTRIAGE" why -J 127.0.0.1:8080
is "$status" 2 "a full table is critical"
json_is '[.cause, .findings[0].evidence.used, .findings[0].evidence.limit]' \
	"[\"conntrack-full\",$max,$max]"
run in_ns "$TCPTRIAGE" why -J 127.0.0.1:8080 --connect=1.5
is "$status" 2 "and so it is when tried"
json_is '[.cause, .attempt.result]' '["conntrack-full","timeout"]' "connect() gets no answer"
run in_ns timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080'
is "$status" 124 "bash's own neither"
done_testing
