// SPDX-License-Identifier: MIT
#include "source/swap.h"

#include <byteswap.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdint.h>
#include <string.h>

static uint16_t swap16(unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	v = bswap_16(v);
	memcpy(p, &v, sizeof(v));
	return v;
}

static uint32_t swap32(unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	v = bswap_32(v);
	memcpy(p, &v, sizeof(v));
	return v;
}

static void swap64(unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	v = bswap_64(v);
	memcpy(p, &v, sizeof(v));
}

static void swap_words(unsigned char *p, size_t n)
{
	for (; n >= sizeof(uint32_t); p += sizeof(uint32_t), n -= sizeof(uint32_t))
		swap32(p);
}

/* tcp_info: bytes, then 32-bit words up to tcpi_pacing_rate. What comes behind is of several
 * widths; no decoder here reads it, so it stays. */
static void swap_tcp_info(unsigned char *p, size_t n)
{
	const size_t from = offsetof(struct tcp_info, tcpi_rto);
	const size_t to = offsetof(struct tcp_info, tcpi_pacing_rate);

	if (n > from)
		swap_words(p + from, (n < to ? n : to) - from);
}

static void swap_attribute(unsigned type, unsigned char *p, size_t n)
{
	switch (type) {
	case INET_DIAG_INFO:
		swap_tcp_info(p, n);
		break;
	case INET_DIAG_MEMINFO:
	case INET_DIAG_SKMEMINFO:
	case INET_DIAG_MARK:
	case INET_DIAG_CLASS_ID:
		swap_words(p, n);
		break;
	case INET_DIAG_CGROUP_ID:
		if (n == sizeof(uint64_t))
			swap64(p);
		break;
	default: /* Bytes (SHUTDOWN, TOS, TCLASS, SKV6ONLY, SOCKOPT, names). */
		break;
	}
}

static void swap_attributes(unsigned char *p, size_t n)
{
	while (n >= RTA_LENGTH(0)) {
		size_t len = swap16(p), padded;

		if (len < RTA_LENGTH(0) || len > n)
			return;
		swap_attribute(swap16(p + sizeof(uint16_t)), p + RTA_LENGTH(0),
			       len - RTA_LENGTH(0));
		padded = RTA_ALIGN(len);
		if (padded > n)
			return;
		p += padded;
		n -= padded;
	}
}

/* Addresses and ports are in network byte order already. */
static void swap_socket(unsigned char *p, size_t n)
{
	const size_t interface = offsetof(struct inet_diag_msg, id.idiag_if);

	if (n < sizeof(struct inet_diag_msg))
		return;
	/* Interface, cookie, timer, queues, uid, inode: words up to the end. */
	swap_words(p + interface, sizeof(struct inet_diag_msg) - interface);
	swap_attributes(p + sizeof(struct inet_diag_msg), n - sizeof(struct inet_diag_msg));
}

static void swap_payload(unsigned type, unsigned char *p, size_t n)
{
	if (type == SOCK_DIAG_BY_FAMILY || type == TCPDIAG_GETSOCK)
		swap_socket(p, n);
	else if ((type == NLMSG_DONE || type == NLMSG_ERROR) && n >= sizeof(uint32_t))
		swap32(p);
}

void swap_diag(void *bytes, size_t n)
{
	unsigned char *p = bytes;

	while (n >= NLMSG_HDRLEN) {
		size_t len = swap32(p + offsetof(struct nlmsghdr, nlmsg_len)), padded;
		unsigned type = swap16(p + offsetof(struct nlmsghdr, nlmsg_type));

		swap16(p + offsetof(struct nlmsghdr, nlmsg_flags));
		swap32(p + offsetof(struct nlmsghdr, nlmsg_seq));
		swap32(p + offsetof(struct nlmsghdr, nlmsg_pid));
		if (len < NLMSG_HDRLEN || len > n)
			return;
		swap_payload(type, p + NLMSG_HDRLEN, len - NLMSG_HDRLEN);
		padded = NLMSG_ALIGN(len);
		if (padded > n)
			return;
		p += padded;
		n -= padded;
	}
}
