// SPDX-License-Identifier: MIT
#include "model/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

int addr_parse(const char *s, struct addr *out)
{
	char buf[ADDR_TEXT];
	size_t n = strlen(s);
	struct addr a = { 0 };
	bool brackets = s[0] == '[';

	if (brackets) {
		if (n < 2 || s[n - 1] != ']')
			return -EINVAL;
		s++;
		n -= 2;
	}
	if (n >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, n);
	buf[n] = '\0';
	if (!brackets && inet_pton(AF_INET, buf, a.bytes) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, buf, a.bytes) == 1)
		a.family = AF_INET6;
	else
		return -EINVAL;
	*out = a;
	return 0;
}

static char *add_octet(char *p, unsigned v)
{
	if (v >= 100)
		*p++ = (char)('0' + v / 100);
	if (v >= 10)
		*p++ = (char)('0' + v / 10 % 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

size_t addr_text(const struct addr *a, char *buf)
{
	char *p = buf;

	if (a->family == AF_INET6) {
		if (!inet_ntop(AF_INET6, a->bytes, buf, ADDR_TEXT))
			buf[0] = '\0';
		return strlen(buf);
	}
	for (int i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		p = add_octet(p, a->bytes[i]);
	}
	*p = '\0';
	return (size_t)(p - buf);
}

void addr_add_endpoint(struct str *out, const struct addr *a, uint16_t port)
{
	char *start = str_reserve(out, ADDR_PORT_TEXT), *p = start;
	char digits[5];
	unsigned n = 0, v = port;

	if (a->family == AF_INET6)
		*p++ = '[';
	p += addr_text(a, p);
	if (a->family == AF_INET6)
		*p++ = ']';
	*p++ = ':';
	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		*p++ = digits[--n];
	*p = '\0';
	out->len += (size_t)(p - start);
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, sizeof(zero)) == 0;
}

bool addr_is_mapped(const struct addr *a)
{
	return a->family == AF_INET6 &&
	       memcmp(a->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (addr_is_mapped(a))
		return a->bytes[12] == 127;
	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return a->family == AF_INET6 && memcmp(a->bytes, one, sizeof(one)) == 0;
}

struct addr addr_fold(const struct addr *a)
{
	struct addr v4 = { .family = AF_INET };

	if (!addr_is_mapped(a))
		return *a;
	memcpy(v4.bytes, a->bytes + 12, 4);
	return v4;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned bits)
{
	struct addr folded = prefix->family == AF_INET ? addr_fold(a) : *a;
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (folded.family != prefix->family || memcmp(folded.bytes, prefix->bytes, whole) != 0)
		return false;
	return !rest || ((folded.bytes[whole] ^ prefix->bytes[whole]) & mask) == 0;
}
