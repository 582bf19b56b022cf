// SPDX-License-Identifier: MIT
#include "source/kernel_bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/privilege.h"
#include "base/str.h"
#include "source/bind_table_btf.h"

/** Largest type information that is read: 5 MB here, some distributions' have twice that. */
#define BTF_MAX ((size_t)64 << 20)

int kernel_bpf(int cmd, union bpf_attr *attr)
{
	uint64_t before = privilege_raise(PRIVILEGE_BPF);
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	ret = ret < 0 ? -errno : ret;
	privilege_lower(before);
	return (int)ret;
}

int kernel_map(uint32_t size)
{
	union bpf_attr attr = { 0 };

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = size;
	attr.max_entries = 1;
	return kernel_bpf(BPF_MAP_CREATE, &attr);
}

int kernel_map_value(int map, void *value)
{
	union bpf_attr attr = { 0 };
	uint32_t key = 0;

	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	return kernel_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

int kernel_program(const struct bpf_insn *insn, uint32_t count, uint32_t function, const char *name)
{
	union bpf_attr attr = { 0 };

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_ITER;
	attr.attach_btf_id = function;
	attr.insns = (uintptr_t)insn;
	attr.insn_cnt = count;
	/* Helpers that read the kernel's memory are for programs that say so. */
	attr.license = (uintptr_t)"Dual MIT/GPL";
	memcpy(attr.prog_name, name, strnlen(name, sizeof(attr.prog_name) - 1));
	return kernel_bpf(BPF_PROG_LOAD, &attr);
}

int kernel_iterator_open(int program, pid_t pid)
{
	union bpf_iter_link_info of = { .task.pid = (uint32_t)pid };
	union bpf_attr attr = { 0 };
	int link, ret;

	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	if (pid) {
		attr.link_create.iter_info = (uintptr_t)&of;
		attr.link_create.iter_info_len = sizeof(of);
	}
	link = kernel_bpf(BPF_LINK_CREATE, &attr);
	if (link < 0)
		return link;
	attr = (union bpf_attr){ 0 };
	attr.iter_create.link_fd = (uint32_t)link;
	ret = kernel_bpf(BPF_ITER_CREATE, &attr);
	close(link);
	return ret;
}

int kernel_iterator(const struct bpf_insn *insn, uint32_t count, uint32_t function,
		    const char *name)
{
	int prog = kernel_program(insn, count, function, name), fd;

	if (prog < 0)
		return prog;
	fd = kernel_iterator_open(prog, 0);
	close(prog);
	return fd;
}

int kernel_types_get(struct kernel_types *t)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC), ret = 0;
	struct str text = { 0 };
	struct stat st;

	*t = (struct kernel_types){ 0 };
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_size > 0) {
		void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (data != MAP_FAILED)
			*t = (struct kernel_types){ data, (size_t)st.st_size, true };
	}
	if (!t->mapped) {
		ret = file_read_fd(fd, &text, BTF_MAX);
		t->len = text.len;
		t->data = text.s;
	}
	close(fd);
	if (!ret && !t->len)
		ret = -ENODATA;
	if (ret)
		str_free(&text);
	return ret;
}

void kernel_types_put(struct kernel_types *t)
{
	if (t->mapped)
		munmap(t->data, t->len);
	else
		free(t->data);
}

int kernel_iterator_find(const char *function, struct btf_want *want, size_t count, uint32_t *number)
{
	struct kernel_types types;
	int ret = kernel_types_get(&types);

	if (ret)
		return ret;
	ret = btf_find(types.data, types.len, want, count);
	*number = btf_function(types.data, types.len, function);
	kernel_types_put(&types);
	for (size_t i = 0; i < count && !ret; i++) {
		if (!want[i].count)
			ret = -EOPNOTSUPP;
	}
	return ret ? ret : *number ? 0 : -EOPNOTSUPP;
}
