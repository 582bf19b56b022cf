// SPDX-License-Identifier: MIT
/* source/bind_table: the kernel's table of a namespace of our own, read in both ways. Skips where the
 * kernel does not let us. */
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
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

static int dial(int fd, unsigned port)
{
	struct sockaddr_in a = at("127.0.0.1", port);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/** A connection that is in TIME_WAIT at its client; the client's port. */
static uint16_t time_wait(int server, unsigned port)
{
	int client = dial(socket(AF_INET, SOCK_STREAM, 0), port), child;
	uint16_t mine = port_of(client);

	child = accept(server, NULL, NULL);
	close(client);
	close(child);
	return mine;
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
	uint16_t stamped, unstamped;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		plain[i] = dial(socket(AF_INET, SOCK_STREAM, 0), 9001);
	stamped = time_wait(server, 9000);
	set("tcp_timestamps", "0");
	unstamped = time_wait(server, 9000);
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
		assert_true(port_set_has(&t.tw_stamped, stamped));
		assert_true(port_set_has(&t.tw_plain, unstamped));
		assert_int_equal(count(&t.tw_stamped), 1);
		assert_int_equal(count(&t.tw_plain), 1);
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
		/* The flat walk gives up the list, and then says that anything may be there. */
		assert_int_equal(port_set_has(&t.tw_plain, LOW), !way);
		assert_int_equal(port_set_has(&t.tw_stamped, LOW), !way);
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
