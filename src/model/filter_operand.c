// SPDX-License-Identifier: MIT
#include "model/filter_operand.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"

/** Longest service name that is looked up. */
#define LONGEST_NAME 64

static int fail(struct fault *fault, size_t at, size_t len, const char *message)
{
	*fault = (struct fault){ .at = at, .len = len, .message = message };
	return -EINVAL;
}

/** A piece of the operand: offset and length. */
struct piece {
	size_t at, len;
};

/** A host operand taken apart. */
struct host_pieces {
	/** AF_INET or AF_INET6 where the operand says so ("inet:"), else 0. */
	uint8_t family;
	bool brackets, has_bits, has_port;
	struct piece addr, bits, port;
};

/** Copies a piece into BUF of SIZE bytes. False where it does not fit. */
static bool copy_piece(const char *s, struct piece p, char *buf, size_t size)
{
	if (p.len >= size)
		return false;
	memcpy(buf, s + p.at, p.len);
	buf[p.len] = '\0';
	return true;
}

static bool is_all(const char *s, const char *accepted)
{
	return *s && s[strspn(s, accepted)] == '\0';
}

/** The family in front, and how many bytes it takes. */
static size_t read_family(const char *s, uint8_t *family)
{
	*family = 0;
	if (strncasecmp(s, "inet:", 5) == 0) {
		*family = AF_INET;
		return 5;
	}
	if (strncasecmp(s, "inet6:", 6) == 0) {
		*family = AF_INET6;
		return 6;
	}
	return 0;
}

/** Takes what follows the address: [/BITS][:PORT]. */
static int split_tail(const char *s, size_t at, struct host_pieces *p, struct fault *fault)
{
	if (s[at] == '/') {
		if (p->has_bits)
			return fail(fault, at, strlen(s + at), "there is a prefix length already");
		p->has_bits = true;
		p->bits.at = at + 1;
		p->bits.len = strcspn(s + at + 1, ":");
		at = p->bits.at + p->bits.len;
	}
	if (s[at] == ':') {
		p->has_port = true;
		p->port.at = at + 1;
		p->port.len = strlen(s + at + 1);
		at = p->port.at + p->port.len;
	}
	if (s[at])
		return fail(fault, at, strlen(s + at), "only :PORT can stand behind an address");
	return 0;
}

/** [ADDRESS], [ADDRESS]/BITS or, as ss writes it, [ADDRESS/BITS]. */
static int split_brackets(const char *s, size_t at, struct host_pieces *p, struct fault *fault)
{
	const char *close = strchr(s + at, ']'), *slash;

	if (!close)
		return fail(fault, at, strlen(s + at), "the bracket is not closed");
	p->brackets = true;
	p->addr = (struct piece){ at + 1, (size_t)(close - (s + at)) - 1 };
	slash = memchr(s + p->addr.at, '/', p->addr.len);
	if (slash) {
		size_t end = p->addr.at + p->addr.len;

		p->addr.len = (size_t)(slash - (s + p->addr.at));
		p->has_bits = true;
		p->bits.at = p->addr.at + p->addr.len + 1;
		p->bits.len = end - p->bits.at;
	}
	return split_tail(s, (size_t)(close - s) + 1, p, fault);
}

/** Takes a host operand apart; what the pieces hold is not looked at. */
static int split_host(const char *s, struct host_pieces *p, struct fault *fault)
{
	size_t at;
	const char *colon;
	struct addr whole;

	*p = (struct host_pieces){ 0 };
	at = read_family(s, &p->family);
	if (s[at] == '[')
		return split_brackets(s, at, p, fault);
	p->addr = (struct piece){ at, strcspn(s + at, "/") };
	if (s[at + p->addr.len])
		return split_tail(s, at + p->addr.len, p, fault);
	/* Without brackets every colon of an IPv6 address belongs to it. */
	colon = strrchr(s + at, ':');
	if (!colon || addr_parse(s + at, &whole) == 0)
		return 0;
	p->addr.len = (size_t)(colon - (s + at));
	return split_tail(s, (size_t)(colon - s), p, fault);
}

/** Why text that should be an address is none. */
static const char *address_fault(const char *text, bool family_given)
{
	if (!*text)
		return family_given ? "an address is missing here" : "an address or * is missing";
	if (is_all(text, "0123456789."))
		return "no IPv4 address: write four numbers of 0 to 255, fewer only with a prefix length";
	if (strchr(text, ':'))
		return strchr(text, '%') ? "an address with a zone cannot be filtered for" :
					   "no IPv6 address";
	return "no address: names of hosts are not looked up; for a port write :PORT";
}

/** Reads an address into OUT; where a prefix length follows, the last numbers of an IPv4 address
 *  may be left out ("10/8"), as ss allows. */
static int read_address(const char *text, bool brackets, bool has_bits, struct addr *out)
{
	char buf[ADDR_TEXT + 8];
	size_t len = strlen(text);
	unsigned dots = 0;

	if (len >= ADDR_TEXT || text[0] == '[')
		return -EINVAL;
	memcpy(buf, text, len + 1);
	for (const char *p = text; *p; p++)
		dots += *p == '.';
	for (; has_bits && dots < 3 && is_all(text, "0123456789."); dots++, len += 2)
		memcpy(buf + len, ".0", sizeof(".0"));
	if (addr_parse(buf, out) != 0)
		return -EINVAL;
	return brackets && out->family != AF_INET6 ? -EINVAL : 0;
}

/** Any address, or any of one family. */
static void any_address(uint8_t family, struct host_test *out)
{
	out->addr = (struct addr){ .family = family };
	out->bits = 0;
}

static int set_address(const char *s, const struct host_pieces *p, struct host_test *out,
		       struct fault *fault)
{
	char text[ADDR_TEXT];
	bool fits = copy_piece(s, p->addr, text, sizeof(text));
	bool none = fits && !p->brackets &&
		    (strcmp(text, "*") == 0 || (!*text && (p->has_port || p->family)));

	if (none && p->has_bits)
		return fail(fault, p->bits.at - 1, p->bits.len + 1,
			    "a prefix length needs an address in front of it");
	if (none) {
		any_address(p->family, out);
		return 0;
	}
	if (!fits || read_address(text, p->brackets, p->has_bits, &out->addr) != 0) {
		/* What looked like a port may be the tail of an address. */
		bool whole = fits && p->has_port && !p->brackets && strchr(text, ':');

		return fail(fault, whole ? 0 : p->addr.at, whole ? strlen(s) : p->addr.len,
			    fits ? address_fault(text, p->family) : "no address");
	}
	if (p->family && p->family != out->addr.family)
		return fail(fault, p->addr.at, p->addr.len, "an address of the other family");
	if (p->has_port && !p->has_bits && !p->brackets && out->addr.family == AF_INET6)
		return fail(fault, 0, strlen(s),
			    "an IPv6 address with a port needs brackets: [ADDRESS]:PORT");
	out->bits = out->addr.family == AF_INET ? 32 : 128;
	return 0;
}

static int set_bits(const char *s, const struct host_pieces *p, struct host_test *out,
		    struct fault *fault)
{
	char text[8];
	uint64_t bits = 0;

	if (!copy_piece(s, p->bits, text, sizeof(text)) || num_parse(text, out->bits, &bits) != 0)
		return fail(fault, p->bits.at, p->bits.len,
			    out->bits == 32 ? "the prefix length of an IPv4 address is 0 to 32" :
					      "the prefix length of an IPv6 address is 0 to 128");
	out->bits = (uint8_t)bits;
	return 0;
}

int operand_host(const char *s, struct host_test *out, struct fault *fault)
{
	struct host_pieces p;
	int err = split_host(s, &p, fault);

	*out = (struct host_test){ .port = -1 };
	if (!err)
		err = set_address(s, &p, out, fault);
	if (!err && p.has_bits)
		err = set_bits(s, &p, out, fault);
	if (!err && p.has_port) {
		/* A second colon is a slip here, although sport and dport take one. */
		if (s[p.port.at] == ':')
			return fail(fault, p.port.at, p.port.len, "one colon is enough");
		err = operand_port(s + p.port.at, &out->port, fault);
		if (err)
			fault->at += p.port.at;
	}
	return err;
}

/** Services that filters name most, for hosts and containers without /etc/services. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "ftp", 21 },	     { "ssh", 22 },	    { "telnet", 23 },	{ "smtp", 25 },
	{ "domain", 53 },    { "http", 80 },	    { "kerberos", 88 }, { "pop3", 110 },
	{ "imap2", 143 },    { "ldap", 389 },	    { "https", 443 },	{ "ldaps", 636 },
	{ "imaps", 993 },    { "pop3s", 995 },	    { "nfs", 2049 },	{ "mysql", 3306 },
	{ "amqp", 5672 },    { "postgresql", 5432 }, { "redis", 6379 }, { "http-alt", 8080 },
};

/** The port of a service, -1 where its name is not known. */
static int32_t service_port(const char *name)
{
	const struct servent *service = getservbyname(name, "tcp");

	if (service)
		return ntohs((uint16_t)service->s_port);
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (strcmp(name, services[i].name) == 0)
			return services[i].port;
	}
	return -1;
}

int operand_port(const char *s, int32_t *out, struct fault *fault)
{
	size_t skip = s[0] == ':';
	const char *text = s + skip;
	size_t n = strlen(text);
	uint64_t number;

	if (!n)
		return fail(fault, skip, 0, "a port is missing");
	if (strcmp(text, "*") == 0) {
		*out = -1;
		return 0;
	}
	if (is_all(text, "0123456789")) {
		if (num_parse(text, UINT16_MAX, &number) != 0)
			return fail(fault, skip, n, "a port is a number of 0 to 65535");
		*out = (int32_t)number;
		return 0;
	}
	*out = n <= LONGEST_NAME ? service_port(text) : -1;
	if (*out < 0)
		return fail(fault, skip, n, "neither a port number nor the name of a service");
	return 0;
}

int operand_pid(const char *s, uint64_t *out, struct fault *fault)
{
	if (num_parse(s, INT32_MAX, out) != 0 || *out == 0)
		return fail(fault, 0, strlen(s), "a process id is a number from 1 on");
	return 0;
}

int operand_uid(const char *s, uint64_t *out, struct fault *fault)
{
	const struct passwd *user;

	if (is_all(s, "0123456789")) {
		if (num_parse(s, UINT32_MAX, out) != 0)
			return fail(fault, 0, strlen(s), "a user id has at most 32 bits");
		return 0;
	}
	user = getpwnam(s);
	if (!user)
		return fail(fault, 0, strlen(s), "neither a user id nor the name of a user here");
	*out = user->pw_uid;
	return 0;
}

int operand_inode(const char *s, uint64_t *out, struct fault *fault)
{
	if (num_parse(s, UINT32_MAX, out) != 0)
		return fail(fault, 0, strlen(s), "a socket's inode is a number of at most 32 bits");
	return 0;
}

const char *operand_cgroup(struct arena *a, const char *s)
{
	/* Where systemd and others mount the hierarchy; people paste whole paths. */
	static const char *const mounts[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	size_t n = strlen(s);
	char *copy;

	if (!strchr(s, '/'))
		return arena_strdup(a, s);
	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		size_t m = strlen(mounts[i]);

		if (strncmp(s, mounts[i], m) == 0 && (s[m] == '/' || !s[m])) {
			s += m;
			n -= m;
			break;
		}
	}
	while (n && s[n - 1] == '/')
		n--;
	while (n && *s == '/') {
		s++;
		n--;
	}
	copy = arena_alloc(a, n + 2);
	if (n) {
		copy[0] = '/';
		memcpy(copy + 1, s, n);
	}
	return copy;
}
