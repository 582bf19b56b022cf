// SPDX-License-Identifier: MIT
/* tcptriage: why connections fail. The map of the tree, along the way of the data:
 *
 *   main.c       standard streams, locale, dispatch (here)
 *   command.c    the table of commands, help; options.c the rows of options; complete.c their words
 *                for the shells; output.c standard output, checked to the end
 *   pipeline.c   source → filter → folds → reports, one sample; run.c repeats and renders it,
 *                merge.c makes one report of those of many namespaces
 *   list.c       the sockets themselves, streamed; names.c names for -r
 *   explain.c    the runbook; why.c one destination; kill.c, record.c, diff.c the commands
 *   metrics.c    the command; metrics_rows.c what is a metric, metrics_write.c writes it,
 *                metrics_rules.c alerting rules
 *   top.c        the live view's command: top_sampler.c takes samples beside it, top_take.c what
 *                one consists of, top_lane.c folds at one pace, top_list.c sockets, top_header.c
 *                its head
 *
 *   source/      the only folder that reads the system
 *     source.c        what all kinds share, and who falls back to whom; backend.h the inner table
 *     netlink.c       one socket to NETLINK_SOCK_DIAG; mnl_static.c libmnl for the static build
 *     diag.c          dumps: retries, threads; diag_split.c decides on these and shares the
 *                     ports out among them, diag_part.c is what one of them does, diag_pump.c
 *                     receives beside it, diag_bound.c finds what is only bound; diag_count.c
 *                     has count_bpf.c count where counts are all that is asked
 *     diag_parse.c    inet_diag messages → struct sock; swap.c those of the other byte order
 *     proc.c          /proc/net/tcp*; proc_parse.c a line → struct sock
 *     live.c          files, sockets, clocks of a namespace; netns.c finds and enters it,
 *                     netns_list.c finds all, sweep.c dumps all
 *     owners.c        who holds which socket: owners_scan.c plans and makes the visits,
 *                     owners_visit.c goes to one process, owners_read.c and owners_parse.c read
 *                     what /proc says of it, owners_bpf.c has the kernel list very many
 *                     descriptors, owners_collect.c puts it together, owners_note.c says what was
 *                     not seen; users.c names of users
 *     kernel_bpf.c    the kernel's virtual machine and its types
 *     bind_table.c    who holds local ports, by the kernel's own table: bind_table_layout.c where
 *                     it is (bind_table_btf.c reads types), bind_table_prog.c walks it
 *                     (bind_table_asm.c writes instructions); probe.c asks by trial
 *     cgroup.c        cgroup ids to paths; mount_parse.c finds the mount
 *     route.c         the way to a destination: route_ask.c asks for one (rtnl.c carries it,
 *                     rtnl_parse.c reads the answers), route_survey.c for those to all,
 *                     route_map.c finds one of these; connect.c one real attempt; resolve.c names
 *     destroy.c       the one place that changes something: SOCK_DESTROY
 *     recorder.c      a live source into a recording; recording.c a recording as a source, replay.c
 *                     its dumps; packed.c values of a sample as bytes (packed_owners.c holders,
 *                     packed_routes.c routes); seen.c which sockets were there before
 *     tape_write.c    the file: tape_read.c, tape_scan.c find samples, tape_codec.c keeps the next
 *                     one small, delta.c datagrams by what changed
 *   model/       plain values: sock.h, state.c, addr.c, facts.c, owners.c, filter.h, column.c,
 *                report.c
 *     cgroup.c        unit and container of a cgroup path
 *     filter_parse.c  ss's language: filter_token.c words, filter_operand.c hosts and ports,
 *                     filter_match.c decides here, filter_compile.c makes bytecode for the kernel,
 *                     filter_prefix.c what stands in front of it, filter_run.c runs it
 *     topic.c         the runbook's topics: topic_states.c, topic_findings.c, topic_why.c,
 *                     topic_errno.c, topic_settings.c, topic_limits.c, topic_options.c,
 *                     topic_pages.c; path.c routes, neighbours, attempts
 *   analysis/    one file an answer, listed in table.c: states.c (group.c for --by), count.c
 *     check.c         what is wrong: findings.c a row each, check_owners.c, check_ports.c,
 *                     check_queues.c, check_peers.c, check_limits.c judge (check_tree.c reads
 *                     reports), stalls.c connections that do not move
 *     close_wait.c    the fold: close_wait_listener.c whose accept queue, close_wait_owner.c whose
 *                     sockets, close_wait_verdict.c what is wrong, close_wait_report.c with
 *                     close_wait_list.c the tree, close_wait_view.c its tables
 *     ports.c         the fold: ports_pool.c sockets by destination, ports_space.c ports there are,
 *                     ports_reuse.c TIME_WAIT taken over, ports_count.c what is free, ports_rate.c
 *                     until when, ports_holders.c whose, ports_report.c the tree, ports_views.c its
 *                     tables, ports_estimate.c what if
 *     listeners.c     queues and drops; listen_index.c whose an unaccepted connection is
 *     handshakes.c    those that hang: handshake_age.c since when, handshake_groups.c what they
 *                     share, handshake_watch.c how long they take
 *     why_report.c    one destination: why_fold.c its sockets, why_pool.c its ports, why_judge.c
 *                     the causes: why_path.c the way, why_host.c this host, why_attempt.c the
 *                     attempt
 *     tally.c         what diff compares
 *   render/      report → bytes: text.c (view.c rows, cell.c values, lines.c sentences), json.c,
 *                openmetrics.c, row.c the rows of list, runbook.c topics, diagram.c the state
 *                machine
 *   tui/         the only folder that knows a terminal: loop.c waits and draws, term.c gives it
 *                back, screen.c curses, canvas.c a screen in memory, draw.c all of it, header.c its
 *                head, table.c, rows.c and shown.c rows, page.c help and details, prompt.c a line
 *                being typed, keys.c and actions.c what keys do, view.c, words.c and find.c what is
 *                shown, frame.c and history.c samples, settings.c how it starts, ui.c its state,
 *                batch.c as a log
 *   base/        knows nothing of TCP: alloc.c, str.c, vec.c (index.c finds in one), map.c,
 *                num.c, escape.c, file.c, suggest.c, wrap.c, privilege.c rights on loan, thread.c
 *                threads, when.c moments, word.c names as typed, crc32.c, lz.c
 */
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include "base/privilege.h"
#include "command.h"

/** Descriptors 0 to 2 exist from here on: nothing opened later can be taken for them. What was
 *  closed opens so that writing to it fails, and is told, instead of going elsewhere. */
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
	if (privilege_begin() < 0) {
		complain("rights that the caller does not have cannot be put away");
		return STATUS_FAILED;
	}
	/* Only how characters look: numbers stay as scripts expect them. */
	setlocale(LC_CTYPE, "");
	return command_main(argc, argv);
}
