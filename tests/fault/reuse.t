#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 500
# A process ends while its descriptors are read, and its number goes to another one: what was found is
# never said to be the other's.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: strace holds the program up"
needs_root
needs_netns
needs_command jq python3 strace taskset
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
[[ -w /proc/sys/kernel/ns_last_pid ]] || skip "no ns_last_pid"

cat >"$TAP_TMP/hold.py" <<-'END'
	# Listeners, held by this process called NAME; with KEEPER also by a child called so.
	import os, signal, socket, sys
	name, port, count, keeper = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
	held = [socket.socket() for _ in range(count)]
	for i, s in enumerate(held):
	    s.bind(("127.0.0.1", port + i)); s.listen()
	if keeper and os.fork() == 0:
	    name = keeper[0]
	with open("/proc/self/comm", "w") as f:
	    f.write(name)
	if name != "after" or os.getpid() != int(os.environ["NUMBER"]):
	    os.write(1, b"up\n") # At once: two write to one file.
	signal.pause()
END
# gone_to_another SECONDS: the program is held up so long within its visit to a process, which ends
# meanwhile; its number goes to another one. Fails where that took longer.
gone_to_another() {
	local try traced
	background "${netns_enter[@]}" python3 "$TAP_TMP/hold.py" before 7000 300 keeper
	before=$background_pid
	up() { [[ $(grep -c up "$background_out") == 2 ]]; }
	poll 60 up || bail "no holder"
	# The largest table is visited first; on one processor there is one thread.
	background "${netns_enter[@]}" taskset -c "$cpu" strace -f -o /dev/null -e trace=readlinkat \
		-e "inject=readlinkat:delay_enter=${1}000000:when=5" "$TCPTRIAGE" list -p -J
	answer=$background_out
	tracer=$background_pid
	inside() {
		traced=$(cat "/proc/$tracer/task/$tracer/children" 2>/dev/null)
		traced=${traced%% *}
		[[ $traced && $(readlink "/proc/$traced/fd/"* 2>/dev/null) == *"/proc/$before/fd"* ]]
	}
	poll 60 inside || return 1
	kill -9 "$before"
	wait "$before" 2>/dev/null
	for try in {1..50}; do
		echo $((before - 1)) >/proc/sys/kernel/ns_last_pid
		NUMBER=$before "${netns_enter[@]}" python3 "$TAP_TMP/hold.py" after 7900 1 </dev/null >/dev/null 2>&1 &
		(($! == before)) && break
		kill -9 $!
		wait $! 2>/dev/null
	done
	renamed() { [[ $(cat "/proc/$before/comm" 2>/dev/null) == after ]]; }
	poll 30 renamed || return 1
	# It must still be within its visit.
	inside
}
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
done=
for seconds in 8 30 90; do
	netns_make
	gone_to_another "$seconds" && done=1
	ended() { ! kill -0 "$tracer" 2>/dev/null; }
	poll 150 ended || bail "the program goes on and on"
	[[ ! $done ]] || break
	kill -9 "$before" 2>/dev/null
done
[[ $done ]] || skip "too slow here to be done while the program waits"
is "$(jq -c '[.sockets[] | select(.local_port >= 7000 and .local_port < 7300)] | length' "$answer")" 300 \
	"the sockets of who has ended are listed: another has them too"
is "$(jq -c '[.sockets[] | select(.local_port < 7300) | any(.owners[]; .process == "keeper")] | unique' "$answer")" \
	"[true]" "with the holder that stays"
is "$(jq -c '[.sockets[].owners[]? | select(.process == "after")]' "$answer")" "[]" \
	"and none under the name of who has the number now"
done_testing
