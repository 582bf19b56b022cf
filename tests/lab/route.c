// SPDX-License-Identifier: MIT
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/** Destinations where nobody answers: documentation (RFC 5737, 3849) and benchmark (RFC 2544). */
static const struct {
	int family;
	const char *network;
	unsigned char length;
} blackholes[] = {
	{ AF_INET, "192.0.2.0", 24 },     { AF_INET, "198.51.100.0", 24 },
	{ AF_INET, "203.0.113.0", 24 },   { AF_INET, "198.18.0.0", 15 },
	{ AF_INET6, "2001:db8::", 32 },
};

/** Whether the device NAME is up, or cannot be asked. */
static bool is_up(int fd, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) != 0;
}

/** Ends the program unless this is a namespace made for tests: no device is up but lo and those
 *  that tests made, whose names start with "tt". Whose namespace it is cannot always be read from
 *  /proc, and routes into the void must never reach a host that is connected to anything. */
static void require_test_namespace(void)
{
	static bool checked;
	struct if_nameindex *devices;
	int fd;

	if (checked)
		return;
	checked = true;
	devices = if_nameindex();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (devices == NULL || fd < 0)
		lab_fail("devices");
	for (const struct if_nameindex *d = devices; d->if_index != 0; d++) {
		if (strcmp(d->if_name, "lo") == 0 || strncmp(d->if_name, "tt", 2) == 0 ||
		    !is_up(fd, d->if_name))
			continue;
		fprintf(stderr, "lab: %s is up here\n", d->if_name);
		errno = EPERM;
		lab_fail("not a namespace made for tests");
	}
	close(fd);
	if_freenameindex(devices);
}

/** Sends one rtnetlink request and waits for its answer: 0 or -errno. A message in the answer is
 *  given to SEE with DATA. */
static int talk(struct nlmsghdr *request, mnl_cb_t see, void *data)
{
	static struct mnl_socket *nl;
	static unsigned seq;
	char buffer[4096];
	ssize_t n;

	if (nl == NULL) {
		nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		if (nl == NULL || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
			lab_cannot("rtnetlink");
	}
	request->nlmsg_flags |= NLM_F_REQUEST | (see != NULL ? 0 : NLM_F_ACK);
	request->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	if (n < 0 ||
	    mnl_cb_run(buffer, (size_t)n, seq, mnl_socket_get_portid(nl), see, data) < 0)
		return -errno;
	return 0;
}

static void put_address(struct nlmsghdr *nlh, uint16_t type, int family, const char *text)
{
	unsigned char bytes[16];

	if (inet_pton(family, text, bytes) != 1) {
		errno = EINVAL;
		lab_fail(text);
	}
	mnl_attr_put(nlh, type, family == AF_INET ? 4 : 16, bytes);
}

static void lo_up(void)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;
	int error;

	nlh->nlmsg_type = RTM_NEWLINK;
	link = mnl_nlmsg_put_extra_header(nlh, sizeof(*link));
	link->ifi_index = (int)if_nametoindex("lo");
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	error = talk(nlh, NULL, NULL);
	if (error < 0) {
		errno = -error;
		lab_cannot("lo up");
	}
}

static void add_route(int family, const char *network, unsigned char length)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct rtmsg *route;
	int error;

	nlh->nlmsg_type = RTM_NEWROUTE;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = (unsigned char)family;
	route->rtm_dst_len = length;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_LINK;
	route->rtm_type = RTN_UNICAST;
	put_address(nlh, RTA_DST, family, network);
	mnl_attr_put_u32(nlh, RTA_OIF, if_nametoindex("lo"));
	error = talk(nlh, NULL, NULL);
	/* Without IPv6 in the kernel only IPv6 kinds cannot be made. */
	if (error < 0 && error != -EEXIST && family == AF_INET) {
		errno = -error;
		lab_cannot("route");
	}
}

void route_blackholes(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	require_test_namespace();
	lo_up();
	/* Addresses beyond loopback, so that connections to there have a source. */
	route_own_address(LAB_OWN_V4);
	route_own_address(LAB_OWN_V6);
	for (size_t i = 0; i < sizeof(blackholes) / sizeof(blackholes[0]); i++)
		add_route(blackholes[i].family, blackholes[i].network, blackholes[i].length);
}

static int see_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);

	*(bool *)data = nlh->nlmsg_type == RTM_NEWROUTE && route->rtm_type == RTN_LOCAL;
	return MNL_CB_OK;
}

/** The kernel finishes an IPv6 address in a worker: until then it is not ours to be reached at. */
static void wait_local(int family, const char *text)
{
	for (int waited = 0; waited < 20000; waited++) {
		char buffer[256];
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
		struct rtmsg *route;
		bool local = false;

		nlh->nlmsg_type = RTM_GETROUTE;
		route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
		route->rtm_family = (unsigned char)family;
		put_address(nlh, RTA_DST, family, text);
		if (talk(nlh, see_route, &local) == 0 && local)
			return;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	lab_fail("address");
}

void route_own_address(const char *text)
{
	int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	char buffer[256];
	struct nlmsghdr *nlh;
	struct ifaddrmsg *address;
	int error;

	if (strncmp(text, "127.", 4) == 0 || strcmp(text, "0.0.0.0") == 0 ||
	    strcmp(text, "::1") == 0 || strcmp(text, "::") == 0)
		return;
	require_test_namespace();
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = RTM_NEWADDR;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	address = mnl_nlmsg_put_extra_header(nlh, sizeof(*address));
	address->ifa_family = (unsigned char)family;
	address->ifa_prefixlen = family == AF_INET ? 32 : 128;
	address->ifa_flags = IFA_F_NODAD;
	address->ifa_index = if_nametoindex("lo");
	put_address(nlh, IFA_LOCAL, family, text);
	put_address(nlh, IFA_ADDRESS, family, text);
	error = talk(nlh, NULL, NULL);
	if (error < 0 && error != -EEXIST && family == AF_INET) {
		errno = -error;
		lab_cannot("address");
	}
	if (error == 0 || error == -EEXIST)
		wait_local(family, text);
}
