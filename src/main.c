// SPDX-License-Identifier: MIT
/* tcptriage: why connections fail. The map of the tree, along the way of the data:
 *
 *   main.c       standard streams, locale, dispatch (here)
 *   command.c    the table of commands, help; options.c the rows of options; complete.c their words
 *                for the shells; output.c standard output, checked to the end
 *   pipeline.c   source → filter → folds → reports, one sample; run.c repeats and renders it
 *   list.c       the sockets themselves, streamed; names.c names for -r
 *   explain.c    the runbook; why.c one destination
 *
 *   source/      the only folder that reads the system
 *     source.c        what all kinds share, and who falls back to whom; backend.h the inner table
 *     netlink.c       one socket to NETLINK_SOCK_DIAG
 *     diag.c          dumps: retries, threads; diag_split.c shares the ports out among them
 *     diag_parse.c    inet_diag messages → struct sock
 *     proc.c          /proc/net/tcp*; proc_parse.c a line → struct sock
 *     live.c          files, sockets, clocks of a namespace; netns.c finds and enters it
 *     owners.c        who holds which socket: owners_scan.c plans and makes the visits,
 *                     owners_visit.c goes to one process, owners_read.c and owners_parse.c read what
 *                     /proc says of it, owners_bpf.c has the kernel list very many descriptors,
 *                     owners_collect.c puts it together, owners_note.c says what was not seen
 *     kernel_bpf.c    the kernel's virtual machine and its types
 *     cgroup.c        cgroup ids to paths; mount_parse.c finds the mount
 *     route.c         the way to a destination (rtnl.c asks, rtnl_parse.c reads the answers);
 *                     connect.c one real attempt; resolve.c names
 *   model/       plain values: sock.h, state.c, addr.c, facts.c, owners.c, filter.h, column.c, report.c
 *     cgroup.c        unit and container of a cgroup path
 *     filter_prefix.c bytecode put in front of a filter's
 *     topic.c         the runbook's topics: topic_states.c, topic_findings.c, topic_why.c,
 *                     topic_errno.c, topic_settings.c, topic_limits.c, topic_options.c,
 *                     topic_pages.c; path.c routes, neighbours, attempts
 *   analysis/    one file an answer, listed in table.c: states.c (group.c for --by), count.c
 *     close_wait.c    the fold: close_wait_listener.c whose accept queue, close_wait_owner.c whose
 *                     sockets, close_wait_verdict.c what is wrong, close_wait_report.c with
 *                     close_wait_list.c the tree, close_wait_view.c its tables
 *     why_report.c    one destination: why_fold.c its sockets, why_pool.c its ports, why_judge.c the
 *                     causes: why_path.c the way, why_host.c this host, why_attempt.c the attempt
 *   render/      report → bytes: text.c (view.c rows, cell.c values, lines.c sentences), json.c,
 *                row.c the rows of list, runbook.c topics, diagram.c the state machine
 *   base/        knows nothing of TCP: alloc.c, str.c, vec.c, map.c, num.c, escape.c, file.c,
 *                suggest.c, wrap.c
 */
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include "command.h"

/** Descriptors 0 to 2 exist from here on: nothing opened later can be taken for them. What was closed
 *  opens so that writing to it fails, and is told, instead of going elsewhere. */
static int open_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (open_standard_streams() < 0)
		return STATUS_FAILED;
	/* Only how characters look: numbers stay as scripts expect them. */
	setlocale(LC_CTYPE, "");
	return command_main(argc, argv);
}
