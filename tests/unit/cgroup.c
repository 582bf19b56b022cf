// SPDX-License-Identifier: MIT
/* model/cgroup: unit and container out of the path forms of systemd and the runtimes. */
#include "unit.h"

#include <string.h>

#include "model/owners.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *path, *unit, *container;
} rows[] = {
	{ "", NULL, NULL },
	{ "/", NULL, NULL },
	{ "/system.slice/nginx.service", "nginx.service", NULL },
	{ "/system.slice/nginx.service/payload/sub", "nginx.service", NULL },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", NULL },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.service", "app-x.service", NULL },
	{ "/user.slice/user-1000.slice", NULL, NULL },
	{ "/init.scope", "init.scope", NULL },
	{ "/.service", NULL, NULL },
	{ "/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID },
	{ "/docker/" ID, NULL, ID },
	{ "/docker/" ID "/system.slice/cron.service", "cron.service", ID },
	{ "/docker/" ID "/docker/f" "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	  NULL, "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
	{ "/docker/0123456789ab", NULL, "0123456789ab" },
	{ "/srv/0123456789ab", NULL, NULL },
	{ "/kubepods/burstable/pod12345678-1234-1234-1234-123456789abc/" ID, NULL, ID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-" ID
	  ".scope", "cri-containerd-" ID ".scope", ID },
	{ "/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope", "crio-" ID ".scope", ID },
	{ "/kubepods.slice/kubepods-pod1.slice/crio-conmon-" ID ".scope",
	  "crio-conmon-" ID ".scope", NULL },
	{ "/system.slice/containerd.service/kubepods-burstable-pod1.slice:cri-containerd:" ID,
	  "containerd.service", ID },
	{ "/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", NULL },
	{ "/libpod_parent/libpod-" ID, NULL, ID },
	{ "/user.slice/user-1.slice/user@1.service/user.slice/libpod-payload-" ID, "user@1.service", ID },
	{ "/ecs/task/" ID, NULL, ID },
	{ "/lxc/web-1", NULL, "web-1" },
	{ "/lxc/web-1/init.scope", "init.scope", "web-1" },
	{ "/lxc.payload.web-1/system.slice/a.service", "a.service", "web-1" },
	{ "/lxc.payload/web-1", NULL, "web-1" },
	{ "/lxc.monitor.web-1", NULL, NULL },
	{ "/docker/ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL, NULL },
	{ "//docker//" ID "//", NULL, ID },
};

static void check(bool found, struct str *got, const char *want)
{
	assert_true(found == (want != NULL));
	assert_string_equal(str_text(got), want ? want : "");
	str_free(got);
}

static void paths_name_unit_and_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str unit = { 0 }, container = { 0 };
		bool has_unit = cgroup_unit(rows[i].path, &unit);
		bool has_container = cgroup_container(rows[i].path, &container);

		check(has_unit, &unit, rows[i].unit);
		check(has_container, &container, rows[i].container);
	}
}

static void ids_resolve_or_stay_unknown(void **state)
{
	struct cgroups c = { .paths = MAP_OF(uint64_t, const char *) };
	uint64_t id = 77;

	(void)state;
	assert_null(cgroups_path(&c, id));
	*(const char **)map_put(&c.paths, &id, NULL) = arena_strdup(&c.arena, "/x");
	assert_string_equal(cgroups_path(&c, 77), "/x");
	assert_null(cgroups_path(&c, 78));
	cgroups_free(&c);
	assert_null(cgroups_path(&c, 77));
}

static void owners_are_found_by_inode_and_pid(void **state)
{
	struct owners o;
	uint64_t inode = 9;
	size_t count;

	(void)state;
	owners_init(&o);
	assert_null(owners_by_pid(&o, 3));
	assert_null(owners_of(&o, 9, &count));
	for (int i = 0; i < 5; i++) {
		*(struct process *)vec_push(&o.processes) = (struct process){ .pid = 10 + i * 2 };
		*(struct holder *)vec_push(&o.holders) =
			(struct holder){ .process = (uint32_t)i, .fd = i };
	}
	*(struct owners_range *)map_put(&o.sockets, &inode, NULL) =
		(struct owners_range){ .first = 2, .count = 2 };
	const struct holder *h = owners_of(&o, 9, &count);

	assert_int_equal(count, 2);
	assert_int_equal(owners_process(&o, &h[1])->pid, 16);
	assert_null(owners_of(&o, 0, &count));
	assert_int_equal(count, 0);
	assert_ptr_equal(owners_by_pid(&o, 18), &VEC_AT(&o.processes, struct process, 4));
	assert_null(owners_by_pid(&o, 17));
	owners_free(&o);
	assert_null(owners_of(&o, 9, &count));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_name_unit_and_container),
		cmocka_unit_test(ids_resolve_or_stay_unknown),
		cmocka_unit_test(owners_are_found_by_inode_and_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
