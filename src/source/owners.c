// SPDX-License-Identifier: MIT
#include "source/owners.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "source/owners_collect.h"
#include "source/owners_parse.h"
#include "source/owners_read.h"
#include "source/owners_scan.h"
#include "source/users.h"

/** Names the users. */
static void name_users(struct owners *out)
{
	for (size_t i = 0; i < out->processes.len; i++) {
		struct process *p = &VEC_AT(&out->processes, struct process, i);
		const char *name = p->uid == UINT32_MAX ? NULL : users_name(p->uid);

		if (name)
			p->user = arena_strdup(&out->arena, name);
		else if (p->uid != UINT32_MAX)
			p->user = arena_printf(&out->arena, "%u", p->uid);
	}
}

int owners_scan(const char *proc, const struct map *wanted, unsigned threads, struct owners *out,
		struct notes *notes)
{
	struct scan s = {
		.search = { .proc_fd = -1, .wanted = wanted },
		.visits = VEC_OF(struct visit),
	};
	struct tally tally;
	int ret;

	owners_init(out);
	if (wanted && !wanted->len) {
		out->searched = true;
		return 0;
	}
	ret = scan_plan(&s, proc, threads);
	if (ret) {
		if (ret == -ENOENT)
			notes_add(notes, "%s shows no processes, so the holders of sockets are unknown: "
					 "mount -t proc proc /proc", proc);
		else
			scan_note_error(ret, "the holders of sockets are unknown", notes);
		scan_end(&s);
		return ret;
	}
	/* Every PID namespace has a process 1. */
	out->hidden = VEC_AT(&s.visits, struct visit, 0).pid != 1;
	scan_list_files(&s, wanted);
	scan_run(&s);
	owners_collect(&s.visits, s.workers, s.threads, out);
	tally = scan_tally(&s, out);
	name_users(out);
	scan_note_coverage(&s, &tally, out, notes);
	out->searched = !tally.error;
	scan_end(&s);
	return 0;
}

/** Adds the AF_UNIX sockets of the network namespace of process PID, unless it is in SEEN. */
static void add_unix_sockets(struct scan *s, pid_t pid, struct map *seen, struct str *text)
{
	char path[32];
	struct stat st;
	size_t at = 0;
	uint64_t inode;
	bool is_new;

	/* Each namespace has a file of its own behind this path, which anybody may read. */
	snprintf(path, sizeof(path), "%d/net/unix", pid);
	if (fstatat(s->search.proc_fd, path, &st, 0) < 0)
		return;
	inode = st.st_ino;
	map_put(seen, &inode, &is_new);
	if (!is_new || read_text(s->search.proc_fd, path, text, UNIX_MAX) != 0 || !text->len)
		return;
	while (owners_next_unix(text->s, text->len, &at, &inode))
		map_put(&s->search.unix_sockets, &inode, NULL);
}

/** Finds the AF_UNIX sockets of all network namespaces that have a process. */
static void find_unix_sockets(struct scan *s)
{
	struct map seen = map_make(sizeof(uint64_t), 0);
	struct str text = { 0 };

	s->search.unix_sockets = map_make(sizeof(uint64_t), 0);
	for (size_t i = 0; i < s->visits.len; i++) {
		const struct visit *v = &VEC_AT(&s->visits, const struct visit, i);

		if (v->first_fd == 0)
			add_unix_sockets(s, v->pid, &seen, &text);
	}
	map_free(&seen);
	str_free(&text);
}

int owners_scan_flight(const char *proc, unsigned threads, struct owners *out, struct notes *notes)
{
	struct scan s = {
		.search = { .proc_fd = -1, .aim = VISIT_FLIGHT },
		.visits = VEC_OF(struct visit),
	};
	struct owners unused = { 0 };
	int ret = scan_plan(&s, proc, threads), error = ret;

	if (!ret) {
		find_unix_sockets(&s);
		scan_list_files(&s, &s.search.unix_sockets);
		scan_run(&s);
		out->in_flight = owners_count_flight(&s.visits, s.workers);
		/* Who may not be read is counted by the search for holders. */
		error = scan_tally(&s, &unused).error;
		out->in_flight_searched = !error;
	}
	if (error)
		scan_note_error(error, "messages on their way (SCM_RIGHTS) were not searched", notes);
	scan_end(&s);
	return ret;
}
