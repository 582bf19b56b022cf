#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `ports` from the outside: its document and its text, the filter, who holds what, recordings, growth,
# and the what-if. That its numbers are right is the acid test's business (ports_acid.t).
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq ip

# --- what if ---

run "$TCPTRIAGE" ports --rate=710 --range=32768-60999
is "$status" 0 "the question that started it all"
like "$out" "42600" "ports needed"
like "$out" "28232" "ports there are"
like "$out" "470\.5/s" "what can be kept up"
like "$out" "39\.8 s" "when it ends"
run "$TCPTRIAGE" ports --rate=710 --range=32768-60999 -J
json_is '.schema' 'tcptriage.ports/1'
json_is '.estimate' '{"rate":710,"capacity":28232,"time_wait_seconds":60,"ports_needed":42600,"sustainable_rate":470.5,"exhausts_in_seconds":39.8,"verdict":"exhausted"}'
run "$TCPTRIAGE" headroom -J --rate=100 --range=1000-1999 --reserved=100 --time-wait=10 \
	--destinations=2 --local-addresses=3
json_is '.estimate | [.capacity, .ports_needed, .exhausts_in_seconds, .verdict]' '[5400,1000,null,"ok"]'

for wrong in --rate=0 --rate=-1 --rate=nan --rate= --rate=x "--rate=1 --range=5" \
	"--rate=1 --range=9-8" "--rate=1 --range=0-9" "--rate=1 --range=1-65536" \
	"--rate=1 --reserved=99999" "--rate=1 --reserved=-1" "--rate=1 --time-wait=0" \
	"--rate=1 --destinations=0" "--rate=1 --range=1-10 --reserved=10" --range=1-9 \
	--reserved=5 --time-wait=5 --destinations=2 --local-addresses=2; do
	# shellcheck disable=SC2086
	run "$TCPTRIAGE" ports $wrong
	is "$status,$out" "64," "no question: $wrong"
	isnt "$err" "" "and it says why: $wrong"
done

# --- measured ---

needs_netns
netns_make
ns_sysctl net.ipv4.ip_local_port_range "40000 40019"
ns_sysctl net.ipv4.ip_local_reserved_ports "40010-40011"
ns_sysctl net.ipv4.tcp_tw_reuse 0

run in_ns "$TCPTRIAGE" ports -J
json_is '[.pools, .worst, .listeners_in_range, .bind_before_connect]' '[[],null,[],[]]' "nothing yet"
json_is '.range' '{"low":40000,"high":40019,"size":20,"reserved":2,"held":0,"usable":18}'
json_is '[.time_wait_seconds, .tw_reuse]' '[60,0]'

# The listener first: afterwards its port may be somebody's.
lab --comm server listen --count 1 --port 40007
lab --comm "plain one" established --count 5 --port 9000 --bind auto --reuse --no-listener
lab --comm binder established --count 2 --port 9001 --bind zero
# Three sockets in TIME_WAIT, which must not run out on a slow machine while they are looked at.
closed=-60
fresh() {
	((SECONDS - closed > 20)) || return 0
	in_ns ss -4tK state time-wait >/dev/null 2>&1
	lab time-wait --count 3 --port 9000 --bind auto --reuse --no-listener
	closed=$SECONDS
}
fresh

run in_ns "$TCPTRIAGE" ports -J
is "$status" 0 "a report"
json_is '.range | [.reserved, .held, .usable]' '[2,3,15]' "two bound clients and a listener hold ports"
json_is '.worst | [.local, .remote, .remote_port, .capacity, .in_use, .free, .free_min, .free_max, .states]' \
	'["127.0.0.1","127.0.0.1",9000,15,8,7,7,7,{"ESTABLISHED":5,"TIME_WAIT":3}]' "the worst pool"
json_is '.worst | [.headroom, .reusable, .growth, .sustainable_rate, .slow_search]' \
	'[0.466667,0,null,0.25,false]'
json_is '[.worst.owners[] | [.process, .sockets]]' '[["plain one",5]]' "who holds it"
json_is '.worst == .pools[0]' true
json_is '[.pools[] | .remote_port] | sort' '[9000,9001]' "the bound clients' destination is there too"
json_is '[.listeners_in_range[] | [.port, .process, .reserved]]' '[[40007,"server",false]]'
json_is '[.bind_before_connect[] | [.local, .ports, .process]]' '[["127.0.0.1",2,"binder"]]'
json_is '.pools | map(.close_rate."60s" * 60 | round) | add' 3 "three closes in the last minute"
json_is '.counters | keys' '["active_opens_per_second","recycled_per_second","time_wait_per_second"]'

fresh
run in_ns "$TCPTRIAGE" ports
like "$out" "Range 40000-40019: 20 ports, 2 reserved, 3 held by listeners and bind\(\), 15 for connect\(\)\." "the range in words"
like "$out" "LOCAL +REMOTE +PORT +IN_USE +CAPACITY +FREE +HEADROOM +RATE/S +SAFE/S +EXHAUSTS +VERDICT" "the table"
like "$out" "127\.0\.0\.1 +127\.0\.0\.1 +9000 +8 +15 +7 " "a row of it"
like "$out" "40007 +no +[0-9]+ +server" "the listener in the range"
like "$out" "127\.0\.0\.1 +2 +[0-9]+ +binder" "who binds before connecting"
run in_ns "$TCPTRIAGE" ports -H -o PORT,FREE,PROCESS -s PORT
like "$out" "^9000 +7 plain one
9001 +15 binder\$" "columns, order, no header"

# --- the filter chooses pools, their numbers count everything ---

fresh
run in_ns "$TCPTRIAGE" ports -J dport = :9000
json_is '[.pools[] | [.remote_port, .in_use, .free]]' '[[9000,8,7]]' "by port"
json_is '.range.held' 3 "what others hold is held all the same"
fresh
run in_ns "$TCPTRIAGE" ports -J state time-wait
json_is '[.pools[] | [.remote_port, .in_use, .free]]' '[[9000,8,7]]' "by state"
run in_ns "$TCPTRIAGE" ports -J comm binder
json_is '[.pools[] | .remote_port]' '[9001]' "by process"
run in_ns "$TCPTRIAGE" ports -J -6
json_is '.pools' '[]' "IPv6 only"
run in_ns "$TCPTRIAGE" ports -J -4
json_is '.pools | length' 2 "IPv4 only"
json_is '.range.held' 3 "with everything that is held"

# --- seeing less ---

needs_command setpriv
less=(setpriv "--bounding-set=-sys_admin,-bpf,-perfmon" "$TCPTRIAGE")
if ((EUID == 0)); then
	fresh
	run in_ns "${less[@]}" ports -J
	is "$status" 0 "without CAP_BPF"
	json_is '.pools[0] | [.free_min <= 7, .free_max >= 7, .free_max > .free_min]' '[true,true,true]' \
		"the truth lies in between"
	json_is '[.notes[] | select(test("[0-9]+ ports? may be held by a bind"))] | length' 1 "and it says so with a number"
	fresh
	run in_ns "${less[@]}" ports
	like "$out" "127\.0\.0\.1 +9000 +8 +[0-9]+ +[0-9]+\.\.[0-9]+ " "and in text"
	fresh
	run in_ns "${less[@]}" ports -J --probe
	json_is '.pools[0] | [.free, .free_min, .free_max]' '[7,7,7]' "--probe settles it"
	json_is '[.notes[] | select(test("--probe: [0-9]+ ports? tried, [0-9]+ connections? over loopback"))] | length' 1 \
		"and says what it did"
	run in_ns "$TCPTRIAGE" count state time-wait
	ok "and leaves no TIME_WAIT behind" test "$out" -le 3
else
	skip_one "without CAP_BPF" "not root"
fi

# --- recordings ---

said() {
	jq -c '[.range, [.pools[] | [.remote_port, .in_use, .free_min, .free_max, .owners]],
		.listeners_in_range]' "$1"
}
# On a slow machine a TIME_WAIT may end between two looks: it is compared what both saw.
recorded() {
	rm -f "$TAP_TMP/tape"
	in_ns "$TCPTRIAGE" ports -J >"$TAP_TMP/before" 2>/dev/null
	in_ns "$TCPTRIAGE" record "$TAP_TMP/tape" -c 1 >/dev/null 2>&1
	in_ns "$TCPTRIAGE" ports -J >"$TAP_TMP/after" 2>/dev/null
	[[ $(said "$TAP_TMP/before") == "$(said "$TAP_TMP/after")" ]]
}
ok "a recording" poll 60 recorded
run "$TCPTRIAGE" ports -J --from="$TAP_TMP/tape"
is "$(said "$TAP_TMP/out")" "$(said "$TAP_TMP/after")" "says what the running kernel said"

# --- growth ---

background in_ns "$TCPTRIAGE" ports -J -i 0.3 -c 200
has_grown() {
	# The last line may be half written.
	jq -r '.worst.growth // 0' "$background_out" 2>/dev/null | awk '$1 > 0 { seen = 1 } END { exit !seen }'
}
lines_there() {
	(($(wc -l <"$background_out") >= 2))
}
ok "samples come" poll 20 lines_there
lab established --count 4 --port 9000 --bind auto --reuse --no-listener
ok "what is opened and not closed shows as growth" poll 20 has_grown
is "$(sed -n 2p "$background_out" | jq -c '.counters | map_values(type)' | tr -d ' ')" \
	'{"active_opens_per_second":"number","time_wait_per_second":"number","recycled_per_second":"number"}' \
	"and the counters are told from the second sample on"
kill "$background_pid"

run in_ns "$TCPTRIAGE" ports -J --sample=0.2
json_is '.worst.growth | type' number "--sample looks twice"
run in_ns "$TCPTRIAGE" ports -J
json_is '.worst.growth' null "without it there is no growth to tell"

done_testing
