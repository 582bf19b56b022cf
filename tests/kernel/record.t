#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 300
# record and --from: what a recording says is what the kernel said.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq
needs_netns

rec=$TAP_TMP/rec

# still JSON: what time changes is taken out: the moment, ages and rates, timers and what is judged by
# them, the order by age; and what the search for owners saw of others. (That every record and every file
# comes back to the byte is for tests/unit/recording.c to show.)
still() {
	jq -S 'del(.time, .source, .notes, .version, .coverage)
		| walk(if type == "object" then
			with_entries(select(.key | test(
				"seconds|^timer$|rate|growth|last_|^expires|retrans|histogram|closes|verdict|advice") | not))
			elif type == "array" then sort else . end)' "$1"
}

# as_json FILE, as_text FILE, as_metrics FILE: what is compared of an answer in that form.
as_json() {
	still "$1"
}

as_text() {
	cat "$1"
}

as_metrics() {
	grep -vE '^#|^tcptriage_(collect|source_info|finding|verdict|build)|_(seconds|rate|growth|per_second)[{ ]|closes' "$1" | sort
}

take() {
	rm -f "$rec"
	run in_ns "$TCPTRIAGE" record "$rec" -c 1 "$@"
}

# equal FORM SOURCE COMMAND...: the same, live and from the recording.
equal() {
	local form=$1 source=$2 words=("${@:3}") live played
	[[ $form != json ]] || words+=(-J)
	in_ns "$TCPTRIAGE" "${words[@]}" --source="$source" >"$TAP_TMP/live" 2>"$TAP_TMP/live.err"
	live=$?
	"$TCPTRIAGE" "${words[@]}" --from="$rec" >"$TAP_TMP/played" 2>"$TAP_TMP/played.err"
	played=$?
	[[ $live == "$played" ]] && cmp -s <("as_$form" "$TAP_TMP/live") <("as_$form" "$TAP_TMP/played")
}

again() {
	take --source="$2" && equal "$@"
}

# compare FORM SOURCE COMMAND...: something may move between the two looks, as other processes that come
# and go; then a new recording and another look. What differs each time fails.
compare() {
	local form=$1 source=$2
	equal "$@" || poll 60 again "$@" && pass "$source, $form: ${*:3}" && return
	fail "$source, $form: ${*:3}"
	diag "$(diff <("as_$form" "$TAP_TMP/live") <("as_$form" "$TAP_TMP/played") | head -n 40)"
}

# What a line says, and nothing that time changes.
columns=STATE,FAMILY,RECV-Q,SEND-Q,LOCAL,LPORT,REMOTE,RPORT,UID,USER,INODE,COOKIE,PID,PROCESS,SHUTDOWN
columns+=,IFINDEX,MARK,BOUND,DROPS,OWNERS,NETNS,UNIT,CONTAINER,CGROUP
commands=(
	"json states"
	"text states"
	"text states --diagram"
	"json states --fast"
	"json states -4 --by=laddr,lport,raddr,rport"
	"json states --by=remote,family"
	"json states --by=process"
	"json states --by=pid,local"
	"json states --by=user,cgroup,netns"
	"text states -6 --by=local -t 2"
	"json list -p"
	"text list -p -r"
	"json list -4 -o +cookie"
	"json list -o $columns,RTT,RTO,LAST_ACK,TIMER state established or state close-wait"
	"text list -o $columns -s -rport"
	"text list -H -s inode -t 7"
	"json list -6 state established or state close-wait"
	"json list src 127.0.0.0/8 and not sport = :7100"
	"json list comm lab and not uid = 1"
	"json count state time-wait"
	"text count"
	"json close-wait"
	"json close-wait -6"
	"json close-wait --sockets"
	"json close-wait sport = :7200"
	"json listeners"
	"text listeners -4"
	"json handshakes"
	"json handshakes -4 state syn-recv"
	"json ports"
	"text ports -t 1 dport = :7100"
	"json why 127.0.0.1:7100"
	"json why 127.0.0.1:7101"
	"json why [::1]:80"
	"json why 192.0.2.1:80"
	"metrics metrics"
)

netns_make
# A TIME_WAIT could be reused a second later: not at all, so that nothing hangs on the moment.
ns_sysctl net.ipv4.tcp_tw_reuse 0
lab listen --count 3 --port 7100 + listen --count 2 --family 6 + accept-full --port 7300 --backlog 2 + \
	syn-sent --count 2 + syn-recv --count 3 + \
	established --count 8 + established --count 3 --family 6 + established --count 3 --family mapped + \
	fin-wait1 --count 2 + fin-wait2 --count 2 + fin-wait2-orphan --count 2 + \
	close-wait-leaked --count 4 --port 7200 + close-wait-unread --count 3 + close-wait-data + \
	close-wait-unaccepted --count 2 + close-wait-shared --count 2 + closing --count 2 + last-ack --count 2 + \
	time-wait --count 6 + reset-bound --count 2 + bound --count 2 + scm-rights + zombie-leader
for source in netlink proc; do
	take --source="$source"
	is "$status" 0 "record --source=$source"
	is "$(stat -c %a "$rec")" 600 "only its owner can read it"
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086
		compare ${command%% *} "$source" ${command#* }
	done
done
take
run "$TCPTRIAGE" close-wait -J --from="$rec"
json_is .unowned_reasons.in_flight 1 "who is in a message was recorded"
ok "and what only /proc tells of SYN_RECV" grep -aq SYNT "$rec"

# Another namespace, by name.
if ((EUID == 0)); then
	netns_name "record-$$"
	rm -f "$rec"
	run "$TCPTRIAGE" record "$rec" -c 1 -N "record-$$"
	is "$status" 0 "record -N"
	for command in "states --by=netns" "list -p -o +netns" ports; do
		# shellcheck disable=SC2086
		is "$("$TCPTRIAGE" $command -J --from="$rec" 2>/dev/null | still /dev/stdin)" \
			"$("$TCPTRIAGE" $command -J -N "record-$$" 2>/dev/null | still /dev/stdin)" "-N NAME: $command"
	done
fi

# Verdicts: the same findings, of the same badness. Two samples, so that rates can be told.
findings() {
	jq -c '[.verdict, (.findings | map([.id, .severity]) | sort)]'
}
# What hangs for a second longer may be judged otherwise: then once more.
same_findings() {
	rm -f "$rec"
	in_ns "$TCPTRIAGE" record "$rec" >/dev/null 2>&1
	[[ $("$TCPTRIAGE" check --all -J --from="$rec" 2>/dev/null | findings) == \
		"$(in_ns "$TCPTRIAGE" check --all -J 2>/dev/null | findings)" ]]
}
ok "check: the same findings, equally bad" poll 60 same_findings
for bad in "--at=#1" "--from=$rec -N 1" "--from=$rec --source=proc"; do
	# shellcheck disable=SC2086
	run "$TCPTRIAGE" states $bad
	is "$status:$out" "64:" "states ${bad//$rec/FILE}: usage"
done
run "$TCPTRIAGE" states --from="$rec" -J
json_is '[.source, .complete, .netns]' '["recording",true,null]' "the envelope says what it is"
lab_stop

# Several samples, appended by two runs; by number, by time, one after the other.
netns_make
lab established --count 1
rm -f "$rec"
in_ns "$TCPTRIAGE" record "$rec" -i 0.1 -c 3 >/dev/null 2>&1
lab time-wait --count 4
in_ns "$TCPTRIAGE" record "$rec" -i 0.1 -c 2 >/dev/null 2>&1
run "$TCPTRIAGE" count --from="$rec" -i 1 state time-wait
is "$out" $'0\n0\n0\n4\n4' "-i plays all samples, without waiting"
is "$("$TCPTRIAGE" count --from="$rec" state time-wait)" 4 "the last by default"
is "$("$TCPTRIAGE" count --from="$rec" --at='#3' state time-wait)" 0 "--at=#3"
second=$("$TCPTRIAGE" count --from="$rec" --at='#4' -J | jq -r .time)
is "$("$TCPTRIAGE" count --from="$rec" --at="$second" -J | jq -r .time)" "$second" "--at a time"
is "$("$TCPTRIAGE" count --from="$rec" --at=-3600s 2>/dev/null)" "" "before the first: nothing"
run "$TCPTRIAGE" count --from="$rec" --at=yesterday
is "$status:$out" "3:" "--at no time at all"
like "$err" "yesterday" "and says so"
run "$TCPTRIAGE" count --from="$rec" --at='#9'
is "$status" 3 "no such sample"
like "$err" "5 samples" "how many there are"
lab_stop

# A run that is cut off: what was complete stays readable, and can be gone on with.
size=$(stat -c %s "$rec")
head -c $((size - 7)) "$rec" >"$TAP_TMP/cut"
run "$TCPTRIAGE" count --from="$TAP_TMP/cut" -i 1 state time-wait
is "$status:$out" $'0:0\n0\n0\n4' "cut off: the complete samples"
like "$err" "incomplete.*byte" "and says where it ends"
in_ns "$TCPTRIAGE" record "$TAP_TMP/cut" -c 1 >/dev/null 2>&1
is "$("$TCPTRIAGE" count --from="$TAP_TMP/cut" -i 1 | wc -l)" 5 "gone on with"
background "${netns_enter[@]}" "$TCPTRIAGE" record "$TAP_TMP/killed" -i 0.05
poll 20 test -s "$TAP_TMP/killed" || bail "no recording"
poll 20 eval '[[ $(stat -c %s "$TAP_TMP/killed") -gt 6000 ]]'
run "$TCPTRIAGE" record "$TAP_TMP/killed" -c 1
is "$status" 3 "a second writer is refused"
like "$err" "another program" "with the reason"
kill -9 "$background_pid"
wait "$background_pid" 2>/dev/null
run "$TCPTRIAGE" states --from="$TAP_TMP/killed"
is "$status" 0 "killed in the middle: readable"

# Samples that come often: owners are searched now and then, and what came since is counted. How often is
# a matter of what a search costs here, so sockets are made several times.
netns_make
lab established --count 1
background "${netns_enter[@]}" "$TCPTRIAGE" record "$TAP_TMP/often" -i 0.02
often=$background_pid
bigger() {
	[[ $(stat -c %s "$TAP_TMP/often" 2>/dev/null) -gt $(($1 + 2000)) ]]
}
for _ in 1 2 3 4 5 6; do
	poll 20 bigger "$(stat -c %s "$TAP_TMP/often" 2>/dev/null || echo 0)" || bail "no samples"
	lab established --count 1
done
poll 20 bigger "$(stat -c %s "$TAP_TMP/often")" || bail "no samples"
kill -TERM "$often"
wait "$often"
"$TCPTRIAGE" list -p -J --from="$TAP_TMP/often" -i 1 2>/dev/null | jq -rc '.notes[]' >"$TAP_TMP/often.notes"
like "$(cat "$TAP_TMP/often.notes")" 'owners and cgroups are those of [0-9.]+ s before' "old owners have a note"
like "$(cat "$TAP_TMP/often.notes")" '[0-9]+ sockets? of this sample came after the search for owners' \
	"and so have sockets that are newer"

# What an hour of quiet sockets takes: 60 times a minute of a sample a second, which is one that stands alone
# and 59 behind it. The manual says 25 MB for 10,000, most of it theirs; what a sample takes anyway is 2 MB.
lab_stop
netns_make
lab established --count 500 --quiet
in_ns "$TCPTRIAGE" record "$TAP_TMP/hour" -c 1 >/dev/null 2>&1
first=$(stat -c %s "$TAP_TMP/hour")
in_ns "$TCPTRIAGE" record "$TAP_TMP/hour" -c 60 -i 0.05 >/dev/null 2>&1
cmp_ok "$(($(stat -c %s "$TAP_TMP/hour") * 60 - first * 60))" '<' 6000000 "an hour of 1,000 quiet sockets"
lab_stop

# An interrupt ends it after a whole sample.
background "${netns_enter[@]}" "$TCPTRIAGE" record "$TAP_TMP/stopped" -i 30
poll 20 eval '[[ -s "$TAP_TMP/stopped" && $(stat -c %s "$TAP_TMP/stopped") -gt 1000 ]]'
kill -TERM "$background_pid"
wait "$background_pid"
is "$?" 0 "SIGTERM: ends well"
like "$(cat "$background_out")" "1 sample, " "and says what was recorded"

# --keep.
in_ns "$TCPTRIAGE" record "$TAP_TMP/kept" -i 0.01 -c 200 --keep=50K >/dev/null 2>&1
cmp_ok "$(stat -c %s "$TAP_TMP/kept")" '<=' 51200 "--keep: the file stays below"
n=$("$TCPTRIAGE" count --from="$TAP_TMP/kept" -i 1 | wc -l)
cmp_ok "$n" ">=" 2 "--keep: the newest are there ($n)"
cmp_ok "$n" '<' 200 "--keep: the oldest are gone"
run "$TCPTRIAGE" record "$TAP_TMP/x" --keep=lots
is "$status" 64 "--keep: no size"

# Foreign files, other places.
echo "not a recording" >"$TAP_TMP/foreign"
for file in "$TAP_TMP/foreign" /dev/null /dev/full "$TAP_TMP" "$TAP_TMP/none/x"; do
	run "$TCPTRIAGE" record "$file" -c 1
	is "$status:$out" "3:" "record ${file##*/}: refused"
	isnt "$err" "" "record ${file##*/}: says why"
done
is "$(cat "$TAP_TMP/foreign")" "not a recording" "a foreign file is left alone"
ln -s "$TAP_TMP/foreign" "$TAP_TMP/link"
run "$TCPTRIAGE" record "$TAP_TMP/link" -c 1
like "$err" "symbolic link" "a symbolic link is not followed"
run "$TCPTRIAGE" states --from="$TAP_TMP/foreign"
is "$status:$out" "3:" "--from a foreign file"
like "$err" "byte 0" "names the byte"
run "$TCPTRIAGE" states --from="$TAP_TMP/nothing"
is "$status" 3 "--from no file"
run "$TCPTRIAGE" record "$rec" -N all
is "$status" 64 "one namespace a recording"
run "$TCPTRIAGE" record -
is "$status" 64 "'-' is no file"

# A full disk: the file ends with the last complete sample.
if ((EUID == 0)) && unshare -m true 2>/dev/null; then
	full() {
		mount -t tmpfs -o size=16k none /mnt && in_ns "$TCPTRIAGE" record /mnt/r -i 0.01 -c 500
		echo "status $?"
		"$TCPTRIAGE" states -H --from=/mnt/r >/dev/null && echo readable
	}
	export -f full in_ns
	got=$(unshare -m bash -c "TCPTRIAGE='$TCPTRIAGE' netns_enter=(${netns_enter[*]}); full" 2>"$TAP_TMP/full.err")
	like "$got" "status 3.*readable" "disk full: status 3, what was complete is readable"
	like "$(cat "$TAP_TMP/full.err")" "No space left" "with the reason"
fi
done_testing
