// SPDX-License-Identifier: MIT
/*
 * The program, run for each open file of each table, in C:
 *
 *	if (!ctx->task || !ctx->file)
 *		return 0;
 *	magic = ctx->file->f_inode->i_sb->s_magic;
 *	if (magic == SOCKFS_MAGIC)                                       kind = OPEN_SOCKET;
 *	else if (magic == ANON_INODE_FS_MAGIC &&
 *		 !memcmp(ctx->file->f_path.dentry->d_name.name, "[io_uri", 8)) kind = OPEN_RING;
 *	else return 0;
 *	bpf_seq_write(ctx->meta->seq, &(struct open_file){ … }, sizeof(struct open_file));
 *	return 0;
 *
 * The verifier knows the types of these pointers and checks every step against the kernel's BTF.
 */
#include "source/owners_bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/bind_table_asm.h"
#include "source/bind_table_btf.h"
#include "source/kernel_bpf.h"

/** Inode of the first PID namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
#define FIRST_PID_NS 0xEFFFFFFCu

/** Records in one read: the kernel hands over at most 32 KiB. */
#define READ_RECORDS 1024

/** The kernel interrupts a read after a million files without a record (kernel/bpf/bpf_iter.c). */
#define EMPTY_READS_MAX 10000

/** Members that the program goes through. */
enum member {
	CTX_TASK,
	CTX_FD,
	CTX_FILE,
	CTX_SEQ,
	FILE_INO,
	FILE_MAGIC,
	FILE_NAME,
	TASK_PID,
	TASK_TGID,
	MEMBERS
};

/** Where the record is built, and the start of a name, from the frame pointer. */
#define RECORD_AT (-(int)sizeof(struct open_file))
#define NAME_AT (RECORD_AT - 8)

enum label { LABEL_SOCKET, LABEL_WRITE, LABEL_END };

/** DST follows member W from SRC. */
static void follow(struct code *c, int dst, int src, const struct btf_want *w, int size)
{
	asm_follow(c, size, dst, src, w->offset, w->count);
}

/** DST = 64 bits. */
static void set_wide(struct code *c, int dst, uint64_t v)
{
	asm_put(c, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (int)(uint32_t)v);
	asm_put(c, 0, 0, 0, 0, (int)(uint32_t)(v >> 32));
}

/** Leaves the program unless the file in r8 is called "[io_uri…". */
static void require_ring(struct code *c, const struct btf_want *w)
{
	uint64_t name;

	memcpy(&name, "[io_urin", sizeof(name));
	follow(c, BPF_REG_3, BPF_REG_8, &w[FILE_NAME], BPF_DW);
	asm_move(c, BPF_REG_1, BPF_REG_10);
	asm_alu(c, BPF_ADD, BPF_REG_1, NAME_AT);
	asm_set(c, BPF_REG_2, 8);
	asm_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel);
	asm_jump(c, BPF_JNE, BPF_REG_0, 0, LABEL_END);
	asm_load(c, BPF_DW, BPF_REG_1, BPF_REG_10, NAME_AT);
	set_wide(c, BPF_REG_2, name);
	asm_jump_reg(c, BPF_JNE, BPF_REG_1, BPF_REG_2, LABEL_END);
}

/** Stores SRC's SIZE bytes in the record at OFF. */
static void set_field(struct code *c, int size, size_t off, int src)
{
	asm_store(c, size, BPF_REG_10, RECORD_AT + (int)off, src);
}

/** Builds the record of the file in r8 and the task in r7, of the kind in r9, and writes it. */
static void write_record(struct code *c, const struct btf_want *w)
{
	follow(c, BPF_REG_1, BPF_REG_8, &w[FILE_INO], BPF_DW);
	set_field(c, BPF_DW, offsetof(struct open_file, inode), BPF_REG_1);
	follow(c, BPF_REG_1, BPF_REG_7, &w[TASK_TGID], BPF_W);
	set_field(c, BPF_W, offsetof(struct open_file, pid), BPF_REG_1);
	follow(c, BPF_REG_1, BPF_REG_7, &w[TASK_PID], BPF_W);
	set_field(c, BPF_W, offsetof(struct open_file, tid), BPF_REG_1);
	follow(c, BPF_REG_1, BPF_REG_6, &w[CTX_FD], BPF_W);
	set_field(c, BPF_W, offsetof(struct open_file, fd), BPF_REG_1);
	set_field(c, BPF_W, offsetof(struct open_file, kind), BPF_REG_9);
	follow(c, BPF_REG_1, BPF_REG_6, &w[CTX_SEQ], BPF_DW);
	asm_move(c, BPF_REG_2, BPF_REG_10);
	asm_alu(c, BPF_ADD, BPF_REG_2, RECORD_AT);
	asm_set(c, BPF_REG_3, sizeof(struct open_file));
	asm_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_seq_write);
}

static int write_program(struct code *c, const struct btf_want *w)
{
	asm_move(c, BPF_REG_6, BPF_REG_1);
	follow(c, BPF_REG_7, BPF_REG_6, &w[CTX_TASK], BPF_DW);
	asm_jump(c, BPF_JEQ, BPF_REG_7, 0, LABEL_END);
	follow(c, BPF_REG_8, BPF_REG_6, &w[CTX_FILE], BPF_DW);
	asm_jump(c, BPF_JEQ, BPF_REG_8, 0, LABEL_END);
	follow(c, BPF_REG_1, BPF_REG_8, &w[FILE_MAGIC], BPF_DW);
	asm_jump(c, BPF_JEQ, BPF_REG_1, SOCKFS_MAGIC, LABEL_SOCKET);
	asm_jump(c, BPF_JNE, BPF_REG_1, ANON_INODE_FS_MAGIC, LABEL_END);
	require_ring(c, w);
	asm_set(c, BPF_REG_9, OPEN_RING);
	asm_jump(c, BPF_JA, 0, 0, LABEL_WRITE);
	asm_label(c, LABEL_SOCKET);
	asm_set(c, BPF_REG_9, OPEN_SOCKET);
	asm_label(c, LABEL_WRITE);
	write_record(c, w);
	asm_label(c, LABEL_END);
	asm_set(c, BPF_REG_0, 0);
	asm_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return asm_link(c);
}

/** Writes the program for this kernel; *ITERATOR is the number of the iterator's function. 0 or
 *  -errno. */
static int prepare(struct code *c, uint32_t *iterator)
{
	struct btf_want want[MEMBERS] = {
		[CTX_TASK] = { .structure = "bpf_iter__task_file", .path = "task" },
		[CTX_FD] = { .structure = "bpf_iter__task_file", .path = "fd" },
		[CTX_FILE] = { .structure = "bpf_iter__task_file", .path = "file" },
		[CTX_SEQ] = { .structure = "bpf_iter__task_file", .path = "meta.seq" },
		[FILE_INO] = { .structure = "file", .path = "f_inode.i_ino" },
		[FILE_MAGIC] = { .structure = "file", .path = "f_inode.i_sb.s_magic" },
		[FILE_NAME] = { .structure = "file", .path = "f_path.dentry.d_name.name" },
		[TASK_PID] = { .structure = "task_struct", .path = "pid" },
		[TASK_TGID] = { .structure = "task_struct", .path = "tgid" },
	};
	int ret = kernel_iterator_find("bpf_iter_task_file", want, MEMBERS, iterator);

	return ret ? ret : write_program(c, want);
}

int owners_bpf_load(void)
{
	struct code code = { 0 };
	uint32_t iterator;
	struct stat st;
	int ret;

	if (stat("/proc/self/ns/pid", &st) < 0 || st.st_ino != FIRST_PID_NS)
		return -EOPNOTSUPP;
	ret = prepare(&code, &iterator);
	return ret ? ret : kernel_program(code.insn, (uint32_t)code.len, iterator, "tcptriage_files");
}

int owners_bpf_list(int program, pid_t pid, int (*each)(void *arg, const struct open_file *f),
		    void *arg)
{
	int fd = kernel_iterator_open(program, pid), ret = 0;
	struct open_file *buffer;
	unsigned empty = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	buffer = xcalloc(READ_RECORDS, sizeof(*buffer));
	while (!ret) {
		n = read(fd, buffer, READ_RECORDS * sizeof(*buffer));
		if (n < 0 && (errno == EINTR || (errno == EAGAIN && ++empty < EMPTY_READS_MAX)))
			continue;
		if (n <= 0 || (size_t)n % sizeof(*buffer)) {
			ret = n < 0 ? -errno : n ? -EIO : 0;
			break;
		}
		for (size_t i = 0; i < (size_t)n / sizeof(*buffer) && !ret; i++)
			ret = each(arg, &buffer[i]);
	}
	free(buffer);
	close(fd);
	return ret;
}

/** 1 for a descriptor of another process than ours. */
static int is_foreign(void *arg, const struct open_file *f)
{
	(void)arg;
	return f->pid != getpid();
}

bool owners_bpf_by_process(int program)
{
	return owners_bpf_list(program, getpid(), is_foreign, &(char){ 0 }) == 0;
}

struct reading {
	const struct map *wanted;
	struct vec *out;
};

static int keep(void *arg, const struct open_file *f)
{
	struct reading *r = arg;

	if (f->kind == OPEN_RING || !r->wanted || map_get(r->wanted, &f->inode))
		vec_add(r->out, f);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct open_file *x = a, *y = b;

	if (x->pid != y->pid)
		return (x->pid > y->pid) - (x->pid < y->pid);
	if (x->tid != y->tid)
		return (x->tid > y->tid) - (x->tid < y->tid);
	return (x->fd > y->fd) - (x->fd < y->fd);
}

/** Mostly they come in order: threads with a table of their own are rare. */
static void sort(struct vec *out)
{
	for (size_t i = 1; i < out->len; i++)
		if (compare(&VEC_AT(out, struct open_file, i - 1),
			    &VEC_AT(out, struct open_file, i)) > 0) {
			qsort(out->data, out->len, sizeof(struct open_file), compare);
			return;
		}
}

int owners_bpf_read(int program, const struct map *wanted, struct vec *out)
{
	struct reading reading = { wanted, out };
	int ret = owners_bpf_list(program, 0, keep, &reading);

	sort(out);
	return ret;
}
