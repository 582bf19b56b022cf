// SPDX-License-Identifier: MIT
#include "lab.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

/** What the checksum covers beside the segment (RFC 9293 3.1, RFC 8200 8.1). */
struct pseudo_v4 {
	uint32_t source, target;
	uint8_t zero, protocol;
	uint16_t length;
};

struct pseudo_v6 {
	struct in6_addr source, target;
	uint32_t length;
	uint8_t zero[3], protocol;
};

static uint32_t sum(const void *data, size_t len, uint32_t total)
{
	const unsigned char *p = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		total += (uint32_t)(p[i] << 8 | p[i + 1]);
	return total;
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons((uint16_t)~total);
}

static struct tcphdr segment(unsigned source, unsigned target, uint32_t seq, uint32_t ack,
			     unsigned flags)
{
	struct tcphdr tcp = { 0 };

	tcp.th_sport = htons((uint16_t)source);
	tcp.th_dport = htons((uint16_t)target);
	tcp.th_seq = htonl(seq);
	tcp.th_ack = htonl(ack);
	tcp.th_off = sizeof(tcp) / 4;
	tcp.th_flags = (uint8_t)flags;
	tcp.th_win = htons(32768);
	return tcp;
}

static int raw_socket(int family)
{
	static int raw[2] = { -1, -1 };
	int *fd = &raw[family == AF_INET6];

	if (*fd < 0)
		*fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd < 0)
		lab_cannot("raw socket");
	return *fd;
}

static void send_v4(struct in_addr source, struct in_addr target, struct tcphdr tcp)
{
	struct pseudo_v4 pseudo = { source.s_addr, target.s_addr, 0, IPPROTO_TCP,
				    htons(sizeof(tcp)) };
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = { 0 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = target };

	tcp.th_sum = fold(sum(&tcp, sizeof(tcp), sum(&pseudo, sizeof(pseudo), 0)));
	packet.tcp = tcp;
	packet.ip.version = 4;
	packet.ip.ihl = sizeof(packet.ip) / 4;
	packet.ip.tot_len = htons(sizeof(packet));
	packet.ip.ttl = 64;
	packet.ip.protocol = IPPROTO_TCP;
	packet.ip.saddr = source.s_addr;
	packet.ip.daddr = target.s_addr;
	if (sendto(raw_socket(AF_INET), &packet, sizeof(packet), 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		lab_fail("send of a segment");
}

static void send_v6(const struct in6_addr *source, const struct in6_addr *target,
		    struct tcphdr tcp)
{
	struct pseudo_v6 pseudo = { *source, *target, htonl(sizeof(tcp)), { 0 }, IPPROTO_TCP };
	struct {
		struct ip6_hdr ip;
		struct tcphdr tcp;
	} packet = { 0 };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *target };

	tcp.th_sum = fold(sum(&tcp, sizeof(tcp), sum(&pseudo, sizeof(pseudo), 0)));
	packet.tcp = tcp;
	packet.ip.ip6_flow = htonl(6u << 28);
	packet.ip.ip6_plen = htons(sizeof(tcp));
	packet.ip.ip6_nxt = IPPROTO_TCP;
	packet.ip.ip6_hlim = 64;
	packet.ip.ip6_src = *source;
	packet.ip.ip6_dst = *target;
	if (sendto(raw_socket(AF_INET6), &packet, sizeof(packet), 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		lab_fail("send of a segment");
}

static struct in_addr v4_of(const struct in6_addr *mapped)
{
	return (struct in_addr){ mapped->s6_addr32[3] };
}

void wire_send(const struct sockaddr_storage *from, const struct sockaddr_storage *to, uint32_t seq,
	       uint32_t ack, unsigned flags)
{
	struct tcphdr tcp = segment(address_port(from), address_port(to), seq, ack, flags);

	if (to->ss_family == AF_INET) {
		send_v4(((const struct sockaddr_in *)from)->sin_addr,
			((const struct sockaddr_in *)to)->sin_addr, tcp);
		return;
	}

	const struct in6_addr *source = &((const struct sockaddr_in6 *)from)->sin6_addr;
	const struct in6_addr *target = &((const struct sockaddr_in6 *)to)->sin6_addr;

	if (IN6_IS_ADDR_V4MAPPED(target))
		send_v4(v4_of(source), v4_of(target), tcp);
	else
		send_v6(source, target, tcp);
}
