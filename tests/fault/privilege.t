#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# Rights that a copy of the program has and its caller has not (file capabilities, set-user-ID) serve
# what the program does by itself, and never what the caller names; what is missing is said by name.
# Files that are written: for their owner only, through no link, whole or not at all.
. "$(dirname "$0")/../lib/tap.sh"
[[ ${SAN:-} ]] && skip "done in the plain run: a sanitizer does not run with rights on loan"
needs_root
needs_netns
needs_command jq setpriv setcap
if [[ ! ${TRIAGE_INSIDE:-} ]]; then
	unshare -pfm --mount-proc true 2>/dev/null || skip "no process namespace"
	TRIAGE_INSIDE=1 exec unshare -pfm --kill-child --mount-proc "$0" "$@"
fi
netns_make
lab --comm holder listen --count 3 + established --count 10 + close-wait-leaked --count 5 --peer shutdown
total=$(in_ns ss -Htan | wc -l)
chmod 755 "$TAP_TMP"
mkdir -m 777 "$TAP_TMP/open"
mkdir -m 700 "$TAP_TMP/closed"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
plain=$TAP_TMP/plain
install -m 755 "$TCPTRIAGE" "$plain"

# with CAPABILITIES: a copy of the program with these, at $capable.
with() {
	capable=$TAP_TMP/with-${1//,/-}
	[[ -e $capable ]] || install -m 755 "$TCPTRIAGE" "$capable"
	setcap "$1+ep" "$capable" 2>"$TAP_TMP/setcap"
}

# owners: of the sockets of `list -p -J` that have an inode, how many have a holder.
owners() {
	jq -c '[.sockets[] | select(.inode != 0)] | [length, (map(select(.owners)) | length)]' "$TAP_TMP/out"
}

# mask CAPABILITY...: their bits as /proc/PID/status shows them.
declare -A bits=([dac_read_search]=2 [net_admin]=12 [sys_ptrace]=19 [sys_admin]=21 [perfmon]=38 [bpf]=39)
mask() {
	local name value=0
	for name; do value=$((value | 1 << bits[$name])); done
	printf '%016x' "$value"
}

# --- set-user-ID lends nothing ---

install -m 6755 "$TCPTRIAGE" "$TAP_TMP/setuid"
if [[ $("${nobody[@]}" "$TAP_TMP/setuid" --version) ]] && ! findmnt -nT "$TAP_TMP" -o OPTIONS | grep -qw nosuid; then
	run in_ns "${nobody[@]}" "$TAP_TMP/setuid" list -p -J
	is "$status:$(jq '.sockets | length' "$TAP_TMP/out")" "0:$total" "set-user-ID: a list"
	like "$(owners)" ",0\]$" "set-user-ID: without the holders that its caller may not see"
	like "$err" "CAP_SYS_PTRACE" "set-user-ID: as is said"
	run in_ns "${nobody[@]}" "$TAP_TMP/setuid" record "$TAP_TMP/open/setuid" -c 1
	is "$status:$(stat -c %u:%g:%a "$TAP_TMP/open/setuid")" "0:65534:65534:600" "set-user-ID: what it writes is the caller's"
	run in_ns "${nobody[@]}" "$TAP_TMP/setuid" kill --yes state close-wait
	is "$status" 3 "set-user-ID: kills nothing"
	"${netns_enter[@]}" "${nobody[@]}" "$TAP_TMP/setuid" states -i 60 >"$TAP_TMP/waiting" &
	waiting=$!
	ok "set-user-ID: it runs" poll 20 test -s "$TAP_TMP/waiting"
	is "$(awk '/^(Uid|Gid|CapPrm|CapEff|NoNewPrivs)/ { $1 = ""; print }' "/proc/$waiting/status" | xargs)" \
		"65534 65534 65534 65534 65534 65534 65534 65534 0000000000000000 0000000000000000 1" \
		"set-user-ID: for good"
	kill "$waiting"
	wait "$waiting" 2>/dev/null
else
	skip_one "set-user-ID" "this filesystem is mounted nosuid"
fi

# --- file capabilities ---

# One that grants what the system itself does not have cannot be run.
if with cap_sys_ptrace,cap_dac_read_search,cap_net_admin,cap_sys_admin,cap_setuid,cap_bpf,cap_perfmon &&
	"${nobody[@]}" "$capable" --version >/dev/null 2>"$TAP_TMP/setcap"; then
	every=$capable
	with cap_sys_ptrace,cap_dac_read_search
	lent=$capable
	run in_ns "${nobody[@]}" "$plain" list -p -J
	like "$(owners)" ",0\]$" "nobody sees no holders"
	run in_ns "${nobody[@]}" "$lent" list -p -J
	seen=$(owners)
	is "$status:$(jq '.sockets | length' "$TAP_TMP/out")" "0:$total" "with cap_sys_ptrace and cap_dac_read_search: a list"
	is "${seen#*,}" "$(sed 's/^.\(.*\),.*/\1/' <<<"$seen")]" "all holders are seen: $seen"
	run in_ns "${nobody[@]}" "$lent" close-wait -J
	is "$status:$(jq -c '[.total, .unowned, .owners[0].process]' "$TAP_TMP/out")" '0:[5,0,"holder"]' "close-wait too"

	# What is in force while it waits, in every thread; what is kept for the next sample.
	own="$(mask dac_read_search sys_ptrace net_admin bpf perfmon)"
	in_ns "${nobody[@]}" "$every" record "$TAP_TMP/open/old" -c 40 -i 0.01 >/dev/null 2>&1
	for row in "states -i 60:$own" "list -p -i 60:$own" "close-wait -i 60:$own" "top -b -i 60:$own" "ports -i 60:$own" \
		"record $TAP_TMP/open/new -i 60:$own" "states -N $netns_pid -i 60:$(mask dac_read_search sys_ptrace \
			net_admin bpf perfmon sys_admin)"; do
		command=${row%:*}
		rm -f "$TAP_TMP/open/new"
		# shellcheck disable=SC2086
		"${netns_enter[@]}" "${nobody[@]}" "$every" $command >"$TAP_TMP/waiting" 2>"$TAP_TMP/waiting.err" &
		waiting=$!
		# A sample has been shown, or written.
		sampled() { [[ -s $TAP_TMP/waiting || $(stat -c %s "$TAP_TMP/open/new" 2>/dev/null) -gt 1000 ]]; }
		at_rest() { [[ $(cat "/proc/$waiting/task/"*/status | awk '/^CapEff/ { print $2 }' | sort -u) == "$(mask)" ]]; }
		poll 30 sampled || diag "$command: no sample: $(cat "$TAP_TMP/waiting.err")"
		ok "${command//$TAP_TMP/}: nothing is in force between samples" poll 30 at_rest
		is "$(awk '/^CapPrm/ { print $2 }' "/proc/$waiting/task/"*/status | sort -u)" "${row##*:}" \
			"${command//$TAP_TMP/}: kept is what the next sample needs"
		kill "$waiting"
		wait "$waiting" 2>/dev/null
	done
	# A recording takes no rights at all: this one is held up by a pipe that nobody reads.
	mkfifo "$TAP_TMP/pipe"
	exec {pipe}<>"$TAP_TMP/pipe"
	"${nobody[@]}" "$every" list -J -i 1 --from="$TAP_TMP/open/old" >"$TAP_TMP/pipe" &
	waiting=$!
	given_up() {
		[[ $(readlink "/proc/$waiting/exe") == "$every" &&
			$(awk '/^Cap(Prm|Eff)/ { print $2 }' "/proc/$waiting/status" | sort -u) == "$(mask)" ]]
	}
	ok "list --from: all rights are given up" poll 30 given_up
	kill "$waiting"
	wait "$waiting" 2>/dev/null
	exec {pipe}<&-

	# What the caller names is opened with the caller's rights.
	in_ns "$plain" record "$TAP_TMP/open/roots" -c 1 >/dev/null
	cp "$TAP_TMP/open/roots" "$TAP_TMP/closed/readable"
	chmod 644 "$TAP_TMP/closed/readable"
	run "${nobody[@]}" "$lent" states --from="$TAP_TMP/open/old"
	is "$status" 0 "a recording of the caller's own is read"
	for file in open/roots closed/readable; do
		for command in "states --from=$TAP_TMP/$file" "top -b -c 1 --from=$TAP_TMP/$file" \
			"diff $TAP_TMP/$file $TAP_TMP/open/old" "diff $TAP_TMP/open/old $TAP_TMP/$file" "record $TAP_TMP/$file -c 1"; do
			before=$(stat -c %s:%Y "$TAP_TMP/$file")
			# shellcheck disable=SC2086
			run "${nobody[@]}" "$every" $command
			is "$status:$out" "3:" "${command//$TAP_TMP\//}: another's file is not opened"
			like "$err" "Permission denied" "${command//$TAP_TMP\//}: as is said"
			is "$(stat -c %s:%Y "$TAP_TMP/$file")" "$before" "${command//$TAP_TMP\//}: nor changed"
		done
	done
	run "${nobody[@]}" "$every" metrics --sample=0 --output="$TAP_TMP/closed/metrics"
	is "$status:$(ls "$TAP_TMP/closed")" "3:readable" "metrics --output: not where the caller may not write"
	touch "$TAP_TMP/closed/ns"
	mount --bind "/proc/$netns_pid/ns/net" "$TAP_TMP/closed/ns" || bail "no mount in a namespace of our own"
	at_exit umount "$TAP_TMP/closed/ns"
	run "${nobody[@]}" "$every" states -N "$TAP_TMP/closed/ns"
	is "$status" 3 "-N PATH: not where the caller may not look"
	like "$err" "cannot open .*Permission denied" "-N PATH: as is said"

	# Each asks for what it needs, and names what is missing.
	netns_name "tcptriage-lent-$$"
	with cap_sys_admin
	run "${nobody[@]}" "$capable" count -N "tcptriage-lent-$$"
	is "$status:$out" "0:$total" "-N NAME takes cap_sys_admin alone"
	run "${nobody[@]}" "$lent" count -N "tcptriage-lent-$$"
	is "$status:$out" "3:" "-N NAME without it: status 3"
	like "$err" "CAP_SYS_ADMIN" "-N NAME without it: named"
	run "${nobody[@]}" "$lent" count -N "$netns_pid"
	is "$status:$out" "0:$total" "-N PID without it: right, by /proc"
	like "$err" "needs CAP_SYS_ADMIN\)" "-N PID without it: named"
	run "${nobody[@]}" "$plain" count -N "$netns_pid"
	is "$status:$out" "0:$total" "-N PID without any: right"
	like "$err" "needs CAP_SYS_PTRACE and CAP_SYS_ADMIN" "-N PID without any: both are named"
	with cap_sys_ptrace,cap_sys_admin
	run "${nobody[@]}" "$capable" count -N "$netns_pid"
	is "$status:$out:$err" "0:$total:" "-N PID with both: enters"
	run in_ns "${nobody[@]}" "$lent" kill --yes state close-wait
	is "$status" 3 "kill without cap_net_admin: status 3"
	like "$err" "needs CAP_NET_ADMIN" "kill without it: named"
	run in_ns "$plain" count state close-wait
	is "$out" 5 "kill without it: nothing dies"
	run in_ns "$plain" ports -J --source=proc
	if [[ $err != *CAP_BPF* ]]; then
		run in_ns "${nobody[@]}" "$plain" ports -J --source=proc
		like "$err" "CAP_BPF with CAP_PERFMON" "ports without cap_bpf: a range, and what would settle it"
		with cap_bpf,cap_perfmon
		run in_ns "${nobody[@]}" "$capable" ports -J --source=proc
		unlike "$err" "CAP_BPF" "ports with cap_bpf and cap_perfmon: exact"
	else
		skip_one "ports with cap_bpf" "this kernel shows root no bind table"
	fi
	with cap_net_admin
	run in_ns "${nobody[@]}" "$capable" list -J -o +MARK
	json_is '[.sockets[] | select(.state == "LISTEN") | .mark] | unique' '[0]' "marks take cap_net_admin"
	run in_ns "${nobody[@]}" "$lent" list -J -o +MARK
	json_is '[.sockets[].mark] | unique' '[null]' "without it they are unknown, not 0"
	run in_ns "${nobody[@]}" "$capable" kill --yes -J state close-wait
	if [[ $err == *CONFIG_INET_DIAG_DESTROY* ]]; then
		skip_one "kill with cap_net_admin alone" "this kernel destroys no sockets"
	else
		is "$status:$(jq -c '[.destroyed, .failed]' "$TAP_TMP/out")" "0:[5,0]" "kill takes cap_net_admin alone"
	fi
else
	skip_one "file capabilities" "$(cat "$TAP_TMP/setcap") (none to be had on this filesystem or system)"
fi

# --- recordings ---

umask 0
run in_ns "$plain" record "$TAP_TMP/open/wide" -c 1
is "$status:$(stat -c %a "$TAP_TMP/open/wide")" "0:600" "record: for its owner only, whatever the umask"
umask 022
mkfifo "$TAP_TMP/open/fifo"
ln -s nowhere "$TAP_TMP/open/dangling"
ln -s wide "$TAP_TMP/open/link"
before=$(stat -c %s "$TAP_TMP/open/wide")
for name in fifo dangling link; do
	run in_ns "$plain" record "$TAP_TMP/open/$name" -c 1
	is "$status:$out" "3:" "record into a $name: refused"
	like "$err" "$name: (it is a symbolic link|not a regular file)" "record into a $name: says why"
done
is "$(stat -c %s "$TAP_TMP/open/wide")" "$before" "what the link leads to is left alone"
not_ok "nothing is made through a dangling link" test -e "$TAP_TMP/open/nowhere"
mkdir -m 1777 "$TAP_TMP/sticky"
"${nobody[@]}" touch "$TAP_TMP/sticky/bait"
"${nobody[@]}" chmod 666 "$TAP_TMP/sticky/bait"
run in_ns "$plain" record "$TAP_TMP/sticky/bait" -c 1
is "$status:$out" "3:" "record into what another has laid out in a folder for everybody: refused"
is "$(stat -c %s "$TAP_TMP/sticky/bait")" 0 "and nothing is told there"
run in_ns "$plain" record "$TAP_TMP/sticky/own" -c 1
run in_ns "$plain" record "$TAP_TMP/sticky/own" -c 1
is "$status" 0 "our own there is gone on with"

# --- --output ---

file=$TAP_TMP/open/metrics
run in_ns "$plain" metrics --sample=0 --output="$file"
is "$status:$(tail -n 1 "$file"):$(stat -c %a "$file")" "0:# EOF:644" "--output: whole, for a collector to read"
# A reader that has it open keeps what it has; one that opens it has all of the new.
exec {reader}<"$file"
old=$(stat -Lc %i "/proc/self/fd/$reader")
cp "$file" "$TAP_TMP/copy"
lab listen --count 20
run in_ns "$plain" metrics --sample=0 --output="$file"
isnt "$(stat -c %i "$file")" "$old" "--output: another file takes its place"
ok "--output: who has the old one open reads it to its end" cmp -s "$TAP_TMP/copy" "/proc/self/fd/$reader"
exec {reader}<&-
ln -s "$TAP_TMP/copy" "$TAP_TMP/open/linked"
run in_ns "$plain" metrics --sample=0 --output="$TAP_TMP/open/linked"
is "$status:$(stat -c %F "$TAP_TMP/open/linked")" "0:regular file" "--output: replaces a link"
not_ok "--output: and leaves alone what it leads to" cmp -s "$TAP_TMP/copy" "$TAP_TMP/open/linked"
is "$(find "$TAP_TMP/open" -name 'metrics.*')" "" "--output: nothing is left over"
# A full disk: the old one stays.
mkdir "$TAP_TMP/small"
mount -t tmpfs -o size=64k none "$TAP_TMP/small" || bail "no tmpfs in a namespace of our own"
echo "the old one" >"$TAP_TMP/small/metrics"
head -c 64K /dev/zero >"$TAP_TMP/small/filler" 2>/dev/null
run in_ns "$plain" metrics --sample=0 --output="$TAP_TMP/small/metrics"
is "$status" 3 "--output on a full disk: status 3"
like "$err" "cannot write .*/metrics: No space left" "--output on a full disk: says so"
is "$(cat "$TAP_TMP/small/metrics")" "the old one" "--output on a full disk: the old file stays"
is "$(cd "$TAP_TMP/small" && echo *)" "filler metrics" "--output on a full disk: no part is left"
rm "$TAP_TMP/small/filler"
run in_ns "$plain" metrics --sample=0 --output="$TAP_TMP/small/metrics"
is "$status:$(tail -n 1 "$TAP_TMP/small/metrics")" "0:# EOF" "--output with room again: the new one"
umount "$TAP_TMP/small"
for target in "$TAP_TMP/open" "$TAP_TMP/none/metrics" ""; do
	run in_ns "$plain" metrics --sample=0 --output="$target"
	cmp_ok "$status" '>=' 3 "--output=${target#"$TAP_TMP"/}: refused"
	isnt "$err" "" "--output=${target#"$TAP_TMP"/}: says why"
done
done_testing
