// SPDX-License-Identifier: MIT
#include "lab.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned made;

static const char *const state_names[] = {
	[0] = "CLOSE",
	[TCP_ESTABLISHED] = "ESTABLISHED",
	[TCP_SYN_SENT] = "SYN_SENT",
	[TCP_SYN_RECV] = "SYN_RECV",
	[TCP_FIN_WAIT1] = "FIN_WAIT1",
	[TCP_FIN_WAIT2] = "FIN_WAIT2",
	[TCP_TIME_WAIT] = "TIME_WAIT",
	[TCP_CLOSE] = "CLOSE",
	[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_LAST_ACK] = "LAST_ACK",
	[TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING",
};

void row_take(struct row *row, const char *role, int fd)
{
	socklen_t len = sizeof(row->local);
	struct stat st = { 0 };

	*row = (struct row){ .role = role, .fd = fd, .pid = getpid() };
	getsockname(fd, (struct sockaddr *)&row->local, &len);
	len = sizeof(row->remote);
	if (getpeername(fd, (struct sockaddr *)&row->remote, &len) != 0)
		row->remote.ss_family = AF_UNSPEC;
	fstat(fd, &st);
	row->inode = st.st_ino;
	row->state = state_names[sock_state(fd)];
}

void row_orphan(struct row *row, const char *state)
{
	row->fd = -1;
	row->inode = 0;
	row->pid = 0;
	row->state = state;
}

static const char *text_of(const struct sockaddr_storage *a, char *text, socklen_t size)
{
	if (a->ss_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, text, size);
	if (a->ss_family == AF_INET6)
		return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, text, size);
	return "*";
}

static void print_holder(const char *key, long value, bool known)
{
	if (known)
		printf("\"%s\":%ld,", key, value);
	else
		printf("\"%s\":null,", key);
}

void row_print(const struct want *w, const struct row *row)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

	made++;
	if (w->quiet)
		return;
	printf("{\"role\":\"%s\",\"state\":\"%s\",\"family\":%d,\"local\":\"%s\",\"lport\":%u,"
	       "\"remote\":\"%s\",\"rport\":%u,\"inode\":%ju,",
	       row->role, row->state, row->local.ss_family == AF_INET ? 4 : 6,
	       text_of(&row->local, local, sizeof(local)), address_port(&row->local),
	       text_of(&row->remote, remote, sizeof(remote)), address_port(&row->remote),
	       (uintmax_t)row->inode);
	print_holder("fd", row->fd, row->fd >= 0);
	print_holder("pid", row->pid, row->pid > 0);
	if (row->tid > 0)
		print_holder("tid", row->tid, true);
	printf("\"kind\":\"%s\"}\n", lab_kind());
}

void report_fd(const struct want *w, const char *role, int fd)
{
	struct row row;

	row_take(&row, role, fd);
	row_print(w, &row);
}

void report_count(unsigned n)
{
	made += n;
}

void report_ready(void)
{
	printf("{\"ready\":true,\"sockets\":%u,\"pid\":%d}\n", made, (int)getpid());
	if (fflush(stdout) != 0)
		lab_fail("stdout");
}
