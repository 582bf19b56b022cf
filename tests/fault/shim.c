// SPDX-License-Identifier: MIT
/* Preloaded into the program under test: a kernel that misbehaves, an allocator that runs dry.
 *
 * NETLINK_FAULT=KIND[@N]  what happens to the N-th datagram (default 1) received from NETLINK_SOCK_DIAG:
 *   errno=E     recvmsg fails with errno E
 *   error=E     the datagram is replaced by NLMSG_ERROR carrying -E
 *   intr        NLM_F_DUMP_INTR is set on every message
 *   len=X       nlmsg_len of the first message becomes X
 *   half        half the datagram
 *   short       one message whose payload is 24 bytes
 *   seq, sender messages carry another sequence number, come from another port
 *   eof         end of file
 *   trunc       MSG_TRUNC
 *   silent      nothing ever comes
 *   repeat      the datagram comes twice
 *   opcode=C    the kernel knows no INET_DIAG_BC instruction C: it refuses requests that have one
 * @* is every datagram, @+N every one from the N-th on.
 *
 * CLOCK_STEP=S[@N]        CLOCK_REALTIME is S seconds ahead (behind, if negative) from its N-th reading on
 *
 * ALLOC_FAIL=N            the N-th allocation fails, and every one behind it with ALLOC_FAIL_ALL
 * ALLOC_COUNT=FILE        at exit, the number of allocations is written to FILE
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* --- netlink --- */

static atomic_int datagrams;

static int is_diag(int fd)
{
	int domain = 0, protocol = -1;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 || domain != AF_NETLINK)
		return 0;
	len = sizeof(protocol);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	return protocol == NETLINK_SOCK_DIAG;
}

/** True where datagram N is the one (or one of those) that the fault is for. */
static int chosen(const char *fault, int n)
{
	const char *at = strchr(fault, '@');

	if (!at)
		return n == 1;
	return at[1] == '*' || (at[1] == '+' ? n >= atoi(at + 2) : n == atoi(at + 1));
}

static int is(const char *fault, const char *kind)
{
	size_t n = strlen(kind);

	return strncmp(fault, kind, n) == 0 &&
	       (fault[n] == '\0' || fault[n] == '@' || fault[n] == '=');
}

static unsigned long argument(const char *fault)
{
	const char *eq = strchr(fault, '=');

	return eq ? strtoul(eq + 1, NULL, 0) : 0;
}

/** Changes each message of the N bytes at P. */
static void each_message(char *p, ssize_t n, const char *fault)
{
	while (n >= (ssize_t)sizeof(struct nlmsghdr)) {
		struct nlmsghdr *h = (struct nlmsghdr *)p;
		ssize_t step = (ssize_t)NLMSG_ALIGN(h->nlmsg_len);

		if (is(fault, "intr"))
			h->nlmsg_flags |= NLM_F_DUMP_INTR;
		if (is(fault, "seq"))
			h->nlmsg_seq += 1000;
		if (step < (ssize_t)sizeof(*h) || step > n)
			break;
		p += step;
		n -= step;
	}
}

static ssize_t make_error(char *p, int error)
{
	struct nlmsghdr *h = (struct nlmsghdr *)p;

	h->nlmsg_type = NLMSG_ERROR;
	h->nlmsg_len = sizeof(*h) + sizeof(struct nlmsgerr);
	memcpy(p + sizeof(*h), &error, sizeof(error));
	return (ssize_t)h->nlmsg_len;
}

static ssize_t spoil(const char *fault, struct msghdr *msg, ssize_t n)
{
	char *p = msg->msg_iov->iov_base;
	struct nlmsghdr *h = (struct nlmsghdr *)p;

	if (is(fault, "errno")) {
		errno = (int)argument(fault);
		return -1;
	}
	if (is(fault, "eof"))
		return 0;
	if (is(fault, "half"))
		return (n / 2 & ~3) + 2; /* Never at the end of a message. */
	if (is(fault, "error"))
		return make_error(p, -(int)argument(fault));
	if (is(fault, "trunc"))
		msg->msg_flags |= MSG_TRUNC;
	if (is(fault, "sender") && msg->msg_name)
		((struct sockaddr_nl *)msg->msg_name)->nl_pid = 4242;
	if (is(fault, "len"))
		h->nlmsg_len = (unsigned)argument(fault);
	if (is(fault, "short") && n > (ssize_t)sizeof(*h) + 24) {
		h->nlmsg_len = sizeof(*h) + 24;
		return (ssize_t)h->nlmsg_len;
	}
	each_message(p, n, fault);
	return n;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	static ssize_t (*real)(int, struct msghdr *, int);
	static char kept[65536];
	static ssize_t again;
	const char *fault = getenv("NETLINK_FAULT");
	ssize_t n;

	if (!real)
		real = (ssize_t(*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
	if (!fault || !is_diag(fd))
		return real(fd, msg, flags);
	if (is(fault, "silent") && chosen(fault, datagrams + 1)) {
		errno = EAGAIN;
		return -1;
	}
	if (again) {
		memcpy(msg->msg_iov->iov_base, kept, (size_t)again);
		n = again;
		again = 0;
		return n;
	}
	n = real(fd, msg, flags);
	if (n <= 0 || !chosen(fault, ++datagrams))
		return n;
	if (is(fault, "repeat")) {
		memcpy(kept, msg->msg_iov->iov_base, (size_t)n);
		again = n;
		return n;
	}
	return spoil(fault, msg, n);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	static int (*real)(struct pollfd *, nfds_t, int);
	const char *fault = getenv("NETLINK_FAULT");

	if (!real)
		real = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
	/* The patience with a silent kernel is not waited for in full. */
	if (fault && is(fault, "silent") && n == 1 && is_diag(fds->fd))
		return real(NULL, 0, timeout < 200 ? timeout : 200);
	return real(fds, n, timeout);
}

/** Spoils each instruction CODE of the bytecode that ends the request of N bytes at P. */
static void spoil_bytecode(char *p, size_t n, unsigned char code)
{
	size_t at = NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2) + NLA_HDRLEN;

	for (; at + sizeof(struct inet_diag_bc_op) <= n; at += sizeof(struct inet_diag_bc_op)) {
		struct inet_diag_bc_op *op = (struct inet_diag_bc_op *)(p + at);

		if (op->code == code && op->yes)
			op->code = 250;
	}
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t len)
{
	static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	const char *fault = getenv("NETLINK_FAULT");

	if (!real)
		real = (ssize_t(*)(int, const void *, size_t, int, const struct sockaddr *,
				   socklen_t))dlsym(RTLD_NEXT, "sendto");
	if (fault && is(fault, "opcode") && is_diag(fd))
		spoil_bytecode((char *)p, n, (unsigned char)argument(fault));
	return real(fd, p, n, flags, to, len);
}

/* --- clock --- */

static atomic_int readings;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	const char *step = getenv("CLOCK_STEP"), *at = step ? strchr(step, '@') : NULL;
	int ret = (int)syscall(SYS_clock_gettime, clock, ts);

	if (step && clock == CLOCK_REALTIME && ++readings >= (at ? atoi(at + 1) : 1))
		ts->tv_sec += atol(step);
	return ret;
}

/* --- memory --- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

static atomic_ulong allocations;

/** True where this allocation is to fail. */
static int dry(void)
{
	static unsigned long fail;
	static int known, all;
	unsigned long n = ++allocations;

	if (!known) {
		const char *text = getenv("ALLOC_FAIL");

		fail = text ? strtoul(text, NULL, 10) : 0;
		all = getenv("ALLOC_FAIL_ALL") != NULL;
		known = 1;
	}
	if (!fail || n < fail || (n > fail && !all))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return dry() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return dry() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return dry() ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

__attribute__((destructor)) static void tell(void)
{
	const char *file = getenv("ALLOC_COUNT");
	char text[32];
	int fd, n;

	if (!file)
		return;
	n = snprintf(text, sizeof(text), "%lu\n", (unsigned long)allocations);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, text, (size_t)n) == n)
		close(fd);
}
