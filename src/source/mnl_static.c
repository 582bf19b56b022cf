// SPDX-License-Identifier: MIT
/* What this program uses of libmnl, for the static build alone: Debian ships no libmnl.a, and one
 * file that runs on a broken host is worth these few functions. They do what libmnl 1.0.4's manual
 * says; the ordinary build does not compile this file. */
#ifdef STATIC_MNL

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** N rounded up to netlink's four bytes. */
#define ALIGNED(N) (((size_t)(N) + 3) & ~(size_t)3)

struct mnl_socket {
	int fd;
	struct sockaddr_nl addr;
};

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	struct mnl_socket *nl = calloc(1, sizeof(*nl));

	if (!nl)
		return NULL;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);
	if (nl->fd < 0) {
		int err = errno;

		free(nl);
		errno = err;
		return NULL;
	}
	return nl;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	socklen_t len = sizeof(nl->addr);

	nl->addr = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_groups = groups,
					 .nl_pid = (unsigned)pid };
	if (bind(nl->fd, (struct sockaddr *)&nl->addr, sizeof(nl->addr)) < 0)
		return -1;
	return getsockname(nl->fd, (struct sockaddr *)&nl->addr, &len);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(nl->fd, buf, len, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
}

int mnl_socket_close(struct mnl_socket *nl)
{
	int ret = close(nl->fd);

	free(nl);
	return ret;
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return nl->fd;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	return nl->addr.nl_pid;
}

struct nlmsghdr *mnl_nlmsg_put_header(void *buf)
{
	struct nlmsghdr *h = buf;

	memset(h, 0, sizeof(struct nlmsghdr));
	h->nlmsg_len = sizeof(struct nlmsghdr);
	return h;
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *h, size_t size)
{
	char *p = (char *)h + h->nlmsg_len;

	memset(p, 0, ALIGNED(size));
	h->nlmsg_len += (unsigned)ALIGNED(size);
	return p;
}

void mnl_attr_put(struct nlmsghdr *h, uint16_t type, size_t len, const void *data)
{
	char *p = (char *)h + ALIGNED(h->nlmsg_len);
	struct nlattr a = { .nla_type = type, .nla_len = (uint16_t)(sizeof(struct nlattr) + len) };
	size_t pad = ALIGNED(len) - len;

	memcpy(p, &a, sizeof(a));
	memcpy(p + sizeof(struct nlattr), data, len);
	memset(p + sizeof(struct nlattr) + len, 0, pad);
	h->nlmsg_len += (unsigned)ALIGNED(sizeof(struct nlattr) + len);
}

bool mnl_attr_put_check(struct nlmsghdr *h, size_t buflen, uint16_t type, size_t len,
			const void *data)
{
	if (h->nlmsg_len + sizeof(struct nlattr) + ALIGNED(len) > buflen)
		return false;
	mnl_attr_put(h, type, len, data);
	return true;
}

void mnl_attr_put_u8(struct nlmsghdr *h, uint16_t type, uint8_t v)
{
	mnl_attr_put(h, type, sizeof(v), &v);
}

void mnl_attr_put_u16(struct nlmsghdr *h, uint16_t type, uint16_t v)
{
	mnl_attr_put(h, type, sizeof(v), &v);
}

void mnl_attr_put_u32(struct nlmsghdr *h, uint16_t type, uint32_t v)
{
	mnl_attr_put(h, type, sizeof(v), &v);
}

#endif
