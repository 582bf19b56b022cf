// SPDX-License-Identifier: MIT
/* source/bind_table: the kernel's table of a namespace of our own, read in both ways. Skips where
 * the kernel does not let us. */
#include "unit.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attr.h"
#include "source/bind_table.h"

#define LOW 40000
#define HIGH 40099

static void set(const char *name, const char *value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(value, f);
	assert_int_equal(fclose(f), 0);
}

static int enter(void **state)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
	set("ip_local_port_range", "40000 40099");
	return 0;
}

static struct sockaddr_in at(const char *address, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, address, &a.sin_addr);
	return a;
}

static int bound(const char *address, unsigned port)
{
	struct sockaddr_in a = at(address, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int listener(const char *address, unsigned port)
{
	int fd = bound(address, port);

	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	/* It stands in the same place in both. */
	return ntohs(a.sin6_port);
}

static int dial(int fd, unsigned port)
{
	struct sockaddr_in a = at("127.0.0.1", port);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static struct sockaddr_in6 at6(const char *address, unsigned port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	inet_pton(AF_INET6, address, &a.sin6_addr);
	return a;
}

static int listener6(unsigned port)
{
	struct sockaddr_in6 a = at6("::1", port);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int dial6(const char *address, unsigned port)
{
	struct sockaddr_in6 a = at6(address, port);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/** Makes the connection of CLIENT one in TIME_WAIT; its port. */
static uint16_t time_wait(int server, int client)
{
	uint16_t mine = port_of(client);
	int child = accept(server, NULL, NULL);

	close(client);
	close(child);
	return mine;
}

static uint16_t slot(uint16_t port, const char *remote, uint16_t remote_port)
{
	struct addr a;

	assert_int_equal(addr_parse(remote, &a), 0);
	return bind_tw_slot(port, &a, remote_port);
}

static unsigned count(const struct port_set *s)
{
	return port_set_count(s, 0, PORTS - 1);
}

static void knows_who_is_sticky(void **state)
{
	int server = listener("127.0.0.1", 9000), other = listener("127.0.0.1", 9001);
	int inside = listener("127.0.0.5", 40011), only = bound("127.0.0.6", 40013);
	int zero = dial(bound("127.0.0.1", 0), 9001), plain[30];
	int six = listener6(9006);
	uint16_t stamped, unstamped, mapped, sixth;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		plain[i] = dial(socket(AF_INET, SOCK_STREAM, 0), 9001);
	stamped = time_wait(server, dial(socket(AF_INET, SOCK_STREAM, 0), 9000));
	sixth = time_wait(six, dial6("::1", 9006));
	set("tcp_timestamps", "0");
	unstamped = time_wait(server, dial(socket(AF_INET, SOCK_STREAM, 0), 9000));
	mapped = time_wait(server, dial6("::ffff:127.0.0.1", 9000));
	for (int way = 0; way < 2; way++) {
		static struct bind_table t;

		t = (struct bind_table){ .low = LOW, .high = HIGH };
		if (way ? bind_table_read(&t) : bind_table_read_flat(&t))
			skip();
		assert_int_equal(count(&t.unknown), 0);
		assert_true(port_set_has(&t.sticky, 40011));
		assert_true(port_set_has(&t.sticky, 40013));
		assert_true(port_set_has(&t.sticky, port_of(zero)));
		/* bind(ip, 0) may have been given a port that another address listens on. */
		assert_in_range(count(&t.sticky), 2, 3);
		for (size_t i = 0; i < ARRAY_LEN(plain); i++)
			assert_true(port_set_has(&t.bound, port_of(plain[i])));
		assert_true(port_set_has(&t.bound, 40011));
		assert_true(port_set_has(&t.tw_stamped, slot(stamped, "127.0.0.1", 9000)));
		assert_true(port_set_has(&t.tw_stamped, slot(sixth, "::1", 9006)));
		assert_true(port_set_has(&t.tw_plain, slot(unstamped, "127.0.0.1", 9000)));
		assert_true(port_set_has(&t.tw_plain, slot(mapped, "127.0.0.1", 9000)));
		assert_int_equal(count(&t.tw_stamped), 2);
		assert_int_equal(count(&t.tw_plain), 2);
		/* Nothing is said of ports that were not asked for. */
		assert_false(port_set_has(&t.bound, 9000));
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		close(plain[i]);
	close(zero);
	close(only);
	close(inside);
	close(other);
	close(server);
	close(six);
}

/** More sockets on one port than a run looks at: it must come to an end and say what it saw. */
static void long_lists_end(void **state)
{
	enum { SERVERS = 120 };
	static struct bind_table t;
	static int servers[SERVERS], clients[SERVERS];

	(void)state;
	t = (struct bind_table){ .low = LOW, .high = LOW };
	if (bind_table_read(&t))
		skip();
	set("ip_local_port_range", "40000 40000");
	for (int i = 0; i < SERVERS; i++) {
		servers[i] = listener("127.0.0.1", (unsigned)(9100 + i));
		clients[i] = dial(socket(AF_INET, SOCK_STREAM, 0), (unsigned)(9100 + i));
	}
	for (int way = 0; way < 2; way++) {
		t = (struct bind_table){ .low = LOW, .high = LOW + 1 };
		assert_int_equal(way ? bind_table_read(&t) : bind_table_read_flat(&t), 0);
		assert_true(port_set_has(&t.bound, LOW));
		assert_false(port_set_has(&t.sticky, LOW));
		assert_int_equal(count(&t.tw_plain) + count(&t.tw_stamped), 0);
		assert_int_equal(count(&t.unknown), 0);
	}
	for (int i = 0; i < SERVERS; i++) {
		close(clients[i]);
		close(servers[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(knows_who_is_sticky, enter),
		cmocka_unit_test_setup(long_lists_end, enter),
	};

	/* What cannot have a namespace of its own must not touch this one. */
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespace of our own");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
