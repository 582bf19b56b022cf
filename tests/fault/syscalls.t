#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 400
# Every system call of the usual commands fails in turn: the right answer, less with a word about it,
# or status 3 with a reason; never a crash, a hang, or a short answer that looks whole. FULL=1 takes
# each call with each error, else STEPS of them a command and call.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: leaks are not looked for under ptrace"
needs_root
needs_netns
needs_command strace jq
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	# With processes of its own a search is short and the same each time.
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
: "${STEPS:=2}"
export RUN_TIMEOUT=30
judge=$(dirname "$0")/judge.jq
options=(-f -o "$TAP_TMP/log")
strace --seccomp-bpf -f -o /dev/null true 2>/dev/null && options+=(--seccomp-bpf)
netns_make
lab listen --count 3 + established --count 10 + close-wait-leaked --count 5 --peer shutdown

# traced EXPRESSIONS COMMAND...: run under strace. On one processor there is one thread, which makes
# the same calls each time.
traced() {
	local processor=(taskset -c "$cpu") expressions
	[[ $threads ]] && processor=()
	read -ra expressions <<<"$1"
	shift
	run in_ns "${processor[@]}" strace "${options[@]}" "${expressions[@]}" "$TCPTRIAGE" "$@"
}
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
threads=
round=0

# one CALL ERROR K COMMAND...: the K-th CALL of each thread fails; adds to the account.
one() {
	local call=$1 error=$2 k=$3 says
	shift 3
	traced "-e trace=$call -e inject=$call:error=$error:when=$k" "$@"
	tried=$((tried + 1))
	if ((status >= 124)); then
		crashes+=" $call:$error@$k:$status"
		return
	fi
	says=nothing
	if [[ $out ]]; then
		says=$(jq -rn --slurpfile want "$TAP_TMP/want" --slurpfile got "$TAP_TMP/out" -f "$judge") ||
			says="silent: no JSON"
	fi
	case $status:$says in
	3:marked | 3:nothing | 3:same)
		failed=$((failed + 1))
		[[ $err ]] || silent+=" $call:$error@$k:no-reason"
		;;
	"$expected":same) right=$((right + 1)) ;;
	[012]:told)
		told=$((told + 1))
		[[ $err ]] || silent+=" $call:$error@$k:not-on-stderr"
		;;
	*) silent+=" $call:$error@$k:$status:${says// /_}" ;;
	esac
}

# span CALL: how many the loader makes before the program begins, and how many the busiest thread makes
# in all; each thread counts its own.
span() {
	awk -v call="$1(" '
		$2 ~ /^fcntl\(0/ { begun = 1 }
		index($2, call) == 1 { before += !begun; if (++n[$1] > most) most = n[$1] }
		END { print before + 0, most + 0 }' "$TAP_TMP/calls"
}

# each CALL ERRORS COMMAND...: some or all of the calls that COMMAND makes after it began.
each() {
	local call=$1 errors=() first last k step=1 i=0 n
	IFS=, read -ra errors <<<"$2"
	shift 2
	read -r first last < <(span "$call")
	((last > first)) || return 0
	n=$((last - first))
	((n <= STEPS)) || [[ ${FULL:-} ]] || step=$((n / STEPS))
	# Not the same calls and errors for each command.
	for ((k = last - round * 7 % step; k > first; k -= step)); do
		if [[ ${FULL:-} ]]; then
			for error in "${errors[@]}"; do one "$call" "$error" "$k" "$@"; done
		else
			one "$call" "${errors[(round + i++) % ${#errors[@]}]}" "$k" "$@"
		fi
	done
}

# Calls that can fail, how, and for whom: every command ("*"), those that search for holders, those on
# several threads.
calls() {
	cat <<-END
		* socket EMFILE,EACCES,EAFNOSUPPORT,ENOBUFS
		* bind EADDRINUSE,ENOMEM
		* connect ECONNREFUSED,ENOENT
		* getsockname ENOBUFS
		* sendto ENOBUFS,ECONNREFUSED,EPERM
		* recvmsg ENOBUFS,ENOMEM,EINTR,EBADF
		* openat EMFILE,EACCES,ENOMEM,ENFILE
		* read EIO,EINTR,ENOMEM
		* pread64 EIO,ENOMEM
		* write EIO,ENOSPC,EINTR
		* mmap ENOMEM
		* close EIO
		* newfstatat EACCES,EIO
		* lseek EINVAL
		* ioctl ENOTTY
		* sched_getaffinity EPERM
		p readlinkat EACCES,EIO,ENOMEM
		p getdents64 EIO,ENOMEM,EACCES
		p kcmp EPERM,ENOSYS
		p prlimit64 EPERM
		p rt_sigprocmask EINVAL
		p bpf EPERM,ENOMEM
		p munmap ENOMEM
		t clone3 EAGAIN,EPERM,ENOSYS
		t clone EAGAIN,EPERM,ENOSYS
	END
}

# begin COMMAND...: a new account, and the answer without a fault.
begin() {
	crashes='' silent='' tried=0 right=0 told=0 failed=0
	round=$((round + 1))
	run in_ns "$TCPTRIAGE" "$@"
	expected=$status
	cp "$TAP_TMP/out" "$TAP_TMP/want"
	json_parses "$TAP_TMP/want" || bail "$*: no answer without a fault"
	traced "-e trace=fcntl,$(calls | awk '{ printf "%s%s", n++ ? "," : "", $2 }')" "$@"
	cp "$TAP_TMP/log" "$TAP_TMP/calls"
}

# with_faults KINDS COMMAND...: a command with each of its calls of these kinds failing.
with_faults() {
	local kinds=$1 kind call errors
	shift
	begin "$@"
	while read -r kind call errors; do
		[[ $kinds == *"$kind"* ]] || continue
		each "$call" "$errors" "$@"
	done < <(calls)
	account "$*"
}

account() {
	is "$crashes" "" "$1: no crash, no hang"
	is "$silent" "" "$1: nothing silently short ($tried faults: $right right, $told told, $failed status 3)"
	cmp_ok "$tried" '>' 0 "$1: calls did fail"
}

with_faults '*' states -J
with_faults '*' states -J --source=proc
with_faults '*p' list -p -J
with_faults '*p' close-wait -J
with_faults '*p' ports -J
with_faults '*p' listeners -J
with_faults '*p' check --sample=0 -J
with_faults '*' handshakes -J

# No thread to be had: everything is done in one.
if (($(nproc) > 1)); then
	threads=1
	FULL=1 with_faults t list -p -J
else
	skip_one "list -p -J, threads" "one processor, one thread"
fi
done_testing
