// SPDX-License-Identifier: MIT
#include "names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/map.h"

static struct map addr_names, port_names;

/** The name of A, or NULL where it has none. */
static const char *addr_name(const struct addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	bool v6 = a->family == AF_INET6, is_new;
	char host[NI_MAXHOST];
	char **name;

	if (!addr_names.key_size)
		addr_names = MAP_OF(struct addr, char *);
	name = map_put(&addr_names, a, &is_new);
	if (!is_new || addr_is_any(a))
		return *name;
	memcpy(&in.sin_addr, a->bytes, 4);
	memcpy(&in6.sin6_addr, a->bytes, 16);
	if (getnameinfo(v6 ? (const struct sockaddr *)&in6 : (const struct sockaddr *)&in,
			v6 ? sizeof(in6) : sizeof(in), host, sizeof(host), NULL, 0,
			NI_NAMEREQD) == 0)
		*name = xstrdup(host);
	return *name;
}

/** The service of PORT, or NULL. */
static const char *port_name(uint16_t port)
{
	char **name;
	bool is_new;

	if (!port_names.key_size)
		port_names = MAP_OF(uint16_t, char *);
	name = map_put(&port_names, &port, &is_new);
	if (is_new) {
		const struct servent *service = getservbyport(htons(port), "tcp");

		*name = service ? xstrdup(service->s_name) : NULL;
	}
	return *name;
}

static bool add_endpoint(struct str *out, const struct addr *a, uint16_t port)
{
	const char *host = addr_name(a), *service = port ? port_name(port) : NULL;
	char text[ADDR_TEXT];

	if (!host && !service)
		return false;
	if (host) {
		escape_text(out, host, strlen(host), false);
	} else {
		size_t n = addr_text(a, text);

		if (a->family == AF_INET6)
			str_addc(out, '[');
		str_addn(out, text, n);
		if (a->family == AF_INET6)
			str_addc(out, ']');
	}
	str_addc(out, ':');
	if (service)
		escape_text(out, service, strlen(service), false);
	else
		str_addu(out, port);
	return true;
}

static bool add_address(struct str *out, const struct addr *a)
{
	const char *host = addr_name(a);

	if (host)
		escape_text(out, host, strlen(host), false);
	return host;
}

static bool add_port(struct str *out, uint16_t port)
{
	const char *service = port_name(port);

	if (service)
		escape_text(out, service, strlen(service), false);
	return service;
}

const struct render_names socket_names = { add_address, add_port, add_endpoint };
