// SPDX-License-Identifier: MIT
#include "base/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attr.h"

/* Newer than some systems' headers. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#define BIT(CAPABILITY) ((uint64_t)1 << (CAPABILITY))

static const struct {
	enum privilege bit;
	uint64_t capabilities;
} rows[] = {
	{ PRIVILEGE_PROCESSES, BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) },
	{ PRIVILEGE_BPF, BIT(CAP_BPF) | BIT(CAP_PERFMON) },
	{ PRIVILEGE_NETWORK, BIT(CAP_NET_ADMIN) },
	{ PRIVILEGE_NAMESPACES, BIT(CAP_SYS_ADMIN) },
};

/* Set once, before there are threads. */
static bool lent;

/* The capabilities of a thread. */
struct rights {
	uint64_t effective, permitted;
};

static int get_rights(struct rights *out)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	out->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	out->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* Nothing is inheritable: no other program is ever run. */
static int set_rights(const struct rights *r)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ (uint32_t)r->effective, (uint32_t)r->permitted, 0 },
		{ (uint32_t)(r->effective >> 32), (uint32_t)(r->permitted >> 32), 0 },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static uint64_t capabilities_of(unsigned which)
{
	uint64_t all = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		all |= which & rows[i].bit ? rows[i].capabilities : 0;
	return all;
}

/* Becomes the caller, groups first: afterwards they could not be changed. The capabilities of root
 * end with that. */
static int become_caller(void)
{
	uid_t user = getuid();
	gid_t group = getgid();

	if (group != getegid() && setresgid(group, group, group) < 0)
		return -errno;
	if (user != geteuid() && setresuid(user, user, user) < 0)
		return -errno;
	return 0;
}

int privilege_begin(void)
{
	bool other_ids = getuid() != geteuid() || getgid() != getegid();
	struct rights r = { 0 };
	int ret;

	lent = other_ids || getauxval(AT_SECURE) != 0;
	if (!lent)
		return 0;
	/* Old kernels do not know it; it is one wall more, nothing hangs on it. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret = become_caller();
	if (ret == 0)
		ret = get_rights(&r);
	if (ret < 0)
		return ret;
	r.effective = 0;
	return set_rights(&r);
}

bool privilege_is_lent(void)
{
	return lent;
}

void privilege_keep(unsigned which)
{
	struct rights r = { 0 };

	if (!lent || get_rights(&r) < 0)
		return;
	r.permitted &= capabilities_of(which);
	r.effective &= r.permitted;
	/* The same call has taken from the effective ones before. */
	(void)set_rights(&r);
}

uint64_t privilege_raise(unsigned which)
{
	struct rights r = { 0 };
	uint64_t before;

	if (!lent || get_rights(&r) < 0)
		return 0;
	before = r.effective;
	r.effective |= capabilities_of(which) & r.permitted;
	if (r.effective != before)
		(void)set_rights(&r);
	return before;
}

void privilege_lower(uint64_t before)
{
	struct rights r = { 0 };

	if (!lent || get_rights(&r) < 0 || r.effective == before)
		return;
	r.effective = before & r.permitted;
	/* Taking away is never refused where adding was not. */
	(void)set_rights(&r);
}
