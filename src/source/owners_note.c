// SPDX-License-Identifier: MIT
/* What the owner search could not see, in sentences. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "source/owners_scan.h"

static bool has_both_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) == 0 &&
	       data[0].effective & CAP_TO_MASK(CAP_SYS_PTRACE) &&
	       data[0].effective & CAP_TO_MASK(CAP_DAC_READ_SEARCH);
}

void scan_note_error(int err, const char *what, struct notes *notes)
{
	struct rlimit limit;

	if (err == -EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0)
		notes_set(notes, "broken search",
			  "%s: too many open files: RLIMIT_NOFILE is %llu (ulimit -n)", what,
			  (unsigned long long)limit.rlim_cur);
	else
		notes_set(notes, "broken search", "%s: %s", what, strerror(-err));
}

void scan_note_coverage(const struct scan *s, const struct tally *t, const struct owners *out,
			  struct notes *notes)
{
	const struct map *wanted = s->search.wanted;
	unsigned long long refused = out->unreadable - t->broken, seen = out->seen;
	const char *es = num_word(seen, "", "es");
	struct str text = { 0 };

	if (wanted)
		str_addf(&text, "holders found for %zu of %zu socket%s: ", out->sockets.len,
			 wanted->len, num_word(wanted->len, "", "s"));
	if (t->broken) {
		str_addf(&text, "%llu of %llu process%s could not be searched",
			 (unsigned long long)t->broken, seen, es);
		scan_note_error(t->error, text.s, notes);
	}
	if (refused && has_both_capabilities())
		notes_set(notes, "unreadable",
			  "%s%llu of %llu process%s may not be read, in spite of CAP_SYS_PTRACE and "
			  "CAP_DAC_READ_SEARCH (a security module or a user namespace forbids it)",
			  t->broken ? "" : str_text(&text), refused, seen, es);
	else if (refused)
		notes_set(notes, "unreadable",
			  "%s%llu of %llu process%s may not be read; CAP_SYS_PTRACE and "
			  "CAP_DAC_READ_SEARCH (or root) would allow it",
			  t->broken ? "" : str_text(&text), refused, seen, es);
	if (t->vague)
		notes_set(notes, "vague",
			  "of %llu holder%s not everything (name, user, control group, limit) could "
			  "be read: %s",
			  (unsigned long long)t->vague, num_word(t->vague, "", "s"),
			  strerror(-t->vague_error));
	if (out->hidden)
		notes_add(notes, "processes of other users do not show in /proc (hidepid): who of them "
				 "holds sockets is unknown");
	if (t->unsure_threads && wanted && out->sockets.len < wanted->len)
		notes_set(notes, "unsure threads",
			  "%llu thread%s could not be compared with the process (kcmp is refused): "
			  "descriptors that only such a thread has may be missing",
			  (unsigned long long)t->unsure_threads,
			  num_word(t->unsure_threads, "", "s"));
	str_free(&text);
}
