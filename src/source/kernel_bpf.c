// SPDX-License-Identifier: MIT
#include "source/kernel_bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

/** Largest type information that is read: 5 MB here, some distributions' have twice that. */
#define BTF_MAX ((size_t)64 << 20)

int kernel_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

int kernel_types_get(struct kernel_types *t)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC), ret = 0;
	struct str text = { 0 };
	struct stat st;

	*t = (struct kernel_types){ .data = MAP_FAILED };
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_size > 0) {
		t->len = (size_t)st.st_size;
		t->data = mmap(NULL, t->len, PROT_READ, MAP_PRIVATE, fd, 0);
		t->mapped = t->data != MAP_FAILED;
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
