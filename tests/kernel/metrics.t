#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# metrics: what promtool accepts, what Prometheus scrapes, an alert that fires.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq promtool
needs_netns
netns_make

# metric NAME [LABELS]: its value in $out.
metric() {
	grep -F -- "tcptriage_$1${2:+{$2\}} " "$TAP_TMP/out" | awk '{ print $NF }'
}

lint() {
	promtool check metrics <"$TAP_TMP/out" >"$TAP_TMP/lint" 2>&1
}

# A quiet namespace: every state is there, as 0.
run in_ns "$TCPTRIAGE" metrics --sample=0
is "$status" 0 "metrics"
ok "promtool accepts it" lint
is "$(cat "$TAP_TMP/lint")" "" "without a remark"
is "$(tail -n 1 <<<"$out")" "# EOF" "it ends as OpenMetrics does"
is "$(grep -c '^tcptriage_sockets{' <<<"$out")" 12 "all states"
is "$(metric sockets 'state="CLOSE_WAIT"')" 0 "zero is said"
is "$(grep -c '^tcptriage_finding_severity{' <<<"$out")" 20 "every finding has a series"
is "$(grep -c '^# TYPE' <<<"$out")" "$(grep '^# TYPE' <<<"$out" | sort -u | wc -l)" "each family once"
unlike "$out" "per_second [0-9]" "--sample=0: no rates"
like "$out" 'tcptriage_build_info\{version="[0-9.]+"\} 1' "build info"

# Sockets of all kinds, a hostile name, more rows than are shown.
lab --comm $'a"b\\c\nd\x1b' close-wait-leaked --count 7 + listen --count 6 + established --count 3 + \
	time-wait --count 4 + syn-recv --count 2 + crafted --state established --outbound --count 30 --remotes 30
run in_ns "$TCPTRIAGE" metrics -t 4
is "$status" 0 "a busy namespace"
ok "promtool accepts hostile names" lint
is "$(cat "$TAP_TMP/lint")" "" "without a remark"
for state in LISTEN ESTABLISHED CLOSE_WAIT TIME_WAIT SYN_RECV; do
	is "$(metric sockets "state=\"$state\"")" "$(in_ns "$TCPTRIAGE" count state "$state")" "$state: as many as count says"
done
is "$(metric close_wait_sockets 'kind="leaked"')" 7 "leaked ones"
is "$(grep '^tcptriage_close_wait_owner_sockets{' <<<"$out" | awk '{ print $NF }')" 7 "by owner"
is "$(grep -c '^tcptriage_pool_in_use{' <<<"$out")" 5 "-t 4: four pools and the others"
is "$(grep '^tcptriage_pool_in_use{' <<<"$out" | awk '{ n += $NF } END { print n }')" \
	"$(in_ns "$TCPTRIAGE" ports -J | jq '[.pools[].in_use] | add')" "nothing is lost under other"
like "$out" 'tcptriage_pool_in_use\{local="other",remote="other",remote_port="other"\}' "the name of the rest"
cmp_ok "$(metric rows_combined 'table="pools"')" '>' 20 "and how many there are"
like "$out" "tcptriage_active_opens_per_second [0-9]" "rates, after a second"
# The first look, for the counters, sees listeners only: what stands still does not grow from nothing.
unlike "$out" 'tcptriage_pool_exhausts_seconds\{' "connections that stay never run out of ports"
for name in collection_cpu_seconds collection_resident_bytes collected_timestamp_seconds complete; do
	isnt "$(metric "$name")" "" "$name"
done

# A recording gives the same.
in_ns "$TCPTRIAGE" record "$TAP_TMP/rec" >/dev/null 2>&1
run "$TCPTRIAGE" metrics --from="$TAP_TMP/rec"
ok "--from: promtool accepts it" lint
is "$(metric sockets 'state="CLOSE_WAIT"')" 7 "--from: the recorded numbers"
like "$out" "tcptriage_active_opens_per_second [0-9]" "--from: rates between its samples"
lab_stop

# A file: replaced as a whole, or left alone.
echo old >"$TAP_TMP/x.prom"
exec 5<"$TAP_TMP/x.prom"
run in_ns "$TCPTRIAGE" metrics --sample=0 --output="$TAP_TMP/x.prom"
is "$status:$out" "0:" "--output: nothing on stdout"
is "$(cat <&5)" old "--output: a reader of the old file keeps it"
exec 5<&-
is "$(tail -n 1 "$TAP_TMP/x.prom")" "# EOF" "--output: the new one is whole"
is "$(stat -c %a "$TAP_TMP/x.prom")" 644 "--output: a collector can read it"
is "$(find "$TAP_TMP" -name 'x.prom*' | wc -l)" 1 "--output: nothing else is left"
run in_ns "$TCPTRIAGE" metrics --sample=0 --output="$TAP_TMP/none/x.prom"
is "$status" 3 "--output where there is no folder"
like "$err" "No such file" "with the reason"

# Rules: accepted, and of metrics that there are.
run "$TCPTRIAGE" metrics --rules
cp "$TAP_TMP/out" "$TAP_TMP/rules.yml"
rules_pass() {
	promtool check rules "$TAP_TMP/rules.yml" >/dev/null
}
ok "promtool accepts the rules" rules_pass
run in_ns "$TCPTRIAGE" metrics --sample=0
for name in $(grep -o 'tcptriage_[a-z_]*' "$TAP_TMP/rules.yml" | sort -u); do
	ok "the rules' $name is a metric" grep -q "^# TYPE $name " "$TAP_TMP/out"
done

# The real thing: node_exporter shows the file, Prometheus scrapes it, an incident fires an alert.
for command in prometheus prometheus-node-exporter curl; do
	command -v "$command" >/dev/null || skip "needs $command"
done
mkdir "$TAP_TMP/textfile" "$TAP_TMP/data"
# As shipped, but nothing is waited for.
sed 's/for: [0-9]*[ms]/for: 0s/' "$TAP_TMP/rules.yml" >"$TAP_TMP/fast.yml"
cat >"$TAP_TMP/prometheus.yml" <<-END
	global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
	rule_files: [$TAP_TMP/fast.yml]
	scrape_configs:
	  - job_name: node
	    static_configs: [{targets: ['127.0.0.1:9100']}]
END
collect() {
	in_ns "$TCPTRIAGE" metrics --sample=0 --output="$TAP_TMP/textfile/tcptriage.prom" 2>/dev/null
}
collect
background "${netns_enter[@]}" prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory="$TAP_TMP/textfile" --web.listen-address=127.0.0.1:9100
background "${netns_enter[@]}" prometheus --config.file="$TAP_TMP/prometheus.yml" \
	--storage.tsdb.path="$TAP_TMP/data" --web.listen-address=127.0.0.1:9090
api() {
	in_ns curl -s --max-time 5 "http://127.0.0.1:9090/api/v1/$1"
}
# value EXPR: what Prometheus has for it, "" for nothing.
value() {
	in_ns curl -s --max-time 5 --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		jq -r '.data.result[0].value[1] // ""'
}
firing() {
	api alerts | jq -e --arg n "$1" '[.data.alerts[] | select(.labels.alertname == $n and .state == "firing")] | length > 0' >/dev/null
}
scraped() {
	[[ $(value 'tcptriage_complete') == 1 ]]
}
if ! poll 60 scraped; then
	diag "$(tail -n 5 "$TAP_TMP"/background-*.err)"
	fail "Prometheus scrapes it through node_exporter"
	done_testing
fi
pass "Prometheus scrapes it through node_exporter"
is "$(value 'node_textfile_scrape_error')" 0 "node_exporter finds no fault"
is "$(value 'count(tcptriage_sockets)')" 12 "all states are there"
is "$(value 'sum(tcptriage_finding_severity == 3) or vector(0)')" 0 "nothing is critical yet"
not_ok "no alert fires yet" firing TcptriageAcceptQueueFull
lab accept-full --count 1 --backlog 3 --extra 5
collect
ok "a full accept queue fires an alert" poll 30 firing TcptriageAcceptQueueFull
ok "and the finding's own" poll 30 firing TcptriageFindingCritical
is "$(api alerts | jq -r '[.data.alerts[] | select(.labels.alertname == "TcptriageFindingCritical") | .labels.finding] | first')" \
	accept-queue-full "which names the finding"
lab_stop
collect
quiet() {
	! firing TcptriageAcceptQueueFull
}
ok "when it is over, the alert ends" poll 30 quiet
done_testing
