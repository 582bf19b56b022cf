#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The edges: usage errors, exit statuses, streams, help.
. "$(dirname "$0")/../lib/tap.sh"
needs_netns
netns_make

# usage_error EXPECTED-STDERR-REGEX ARGS...: status 64, nothing on stdout, a message that fits.
usage_error() {
	local regex=$1
	shift
	run in_ns "$TCPTRIAGE" "$@"
	is "$status" 64 "'$*' is a usage error"
	is "$out" "" "'$*' prints nothing on standard output"
	like "$err" "$regex" "'$*' says why"
}

usage_error "unknown command 'staets': did you mean states\?" staets
usage_error "unknown option '--jsn': did you mean --json\?" states --jsn
usage_error "unknown command 'time-wait': did you mean 'list state time-wait'\?" time-wait
usage_error "unknown command 'dport': did you mean 'list dport \.\.\.'\?" dport = 443
usage_error "unknown command '192.0.2.1:443': did you mean 'why 192.0.2.1:443'\?" 192.0.2.1:443
usage_error "unknown command 'xyzzy' \('tcptriage help' lists them\)" xyzzy
usage_error "unknown option '-Z' \('--help' lists them\)" states -Z
usage_error "^tcptriage: '?states'? takes no option --probe" states --probe
usage_error "--interval takes a number from 0.001 to 31536000, not 'x'" states -i x
usage_error "--interval takes a number" states --interval=-1
usage_error "--count takes a number" states -c 0
usage_error "--source takes auto\|netlink\|proc" states --source=dns
usage_error "needs an argument" states --interval
usage_error "takes no argument" states --json=yes
usage_error "no column is named 'STAET': did you mean STATE\?" list -o STAET
usage_error "no column is named" list -s nothing
usage_error "no column is named" states -o nothing
usage_error "--by knows no 'colour'" states --by=colour
# A filter: the expression, and a caret under what is wrong with it.
usage_error $'\n  state nonsense\n {8}\^~+' count state nonsense
usage_error $'\n  dport = :99999\n {11}\^~*' count dport = :99999
usage_error '\^' count '(' sport = 80
usage_error '\^' count src 300.1.1.1
usage_error '\^' count sport =
usage_error 'one argument too many' help a b

run "$TCPTRIAGE" help
is "$status" 0 "help succeeds"
like "$out" "close-wait +Who holds CLOSE_WAIT" "help lists the commands"
is "$err" "" "help says nothing on standard error"
first=$out
run "$TCPTRIAGE" --help
is "$out" "$first" "--help is the same"
run "$TCPTRIAGE" help states
first=$out
run "$TCPTRIAGE" states --help
is "$out" "$first" "'help states' is 'states --help'"
like "$out" '--by=KEY' "and lists the command's options"
for command in "" $("$TCPTRIAGE" complete commands); do
	"$TCPTRIAGE" help $command
done >"$TAP_TMP/help"
is "$(grep -nE '.{81}| $' "$TAP_TMP/help")" "" "help fits on 80 columns, without blanks at ends of lines"
unlike "$out" '--probe' "but no others"
run "$TCPTRIAGE" help nosuch
is "$status" 64 "help about an unknown command is a usage error"
run "$TCPTRIAGE" --version
like "$out" '^tcptriage [0-9]+\.[0-9]+' "--version"

# Options before the command, aliases, -n.
run in_ns "$TCPTRIAGE" -J states
json_is .schema tcptriage.states/1 "options may stand before the command"
run in_ns "$TCPTRIAGE" ls -n -H
is "$status" 0 "an alias, and -n"
is "$out" "" "-H prints nothing where there is nothing"

# Standard output: full, closed, gone.
run in_ns bash -c '"$0" states >/dev/full' "$TCPTRIAGE"
is "$status" 3 "a full disk is status 3"
like "$err" "No space left" "and is told"
run in_ns bash -c '"$0" list -J >/dev/full' "$TCPTRIAGE"
is "$status" 3 "a full disk is status 3 for a streamed document"
run in_ns bash -c '"$0" states >&-' "$TCPTRIAGE"
is "$status" 3 "a closed standard output is status 3"
run in_ns bash -c '"$0" states 2>&- <&-' "$TCPTRIAGE"
is "$status" 0 "standard error and input may be closed"
lab listen --count 3000
run in_ns bash -c 'set -o pipefail; trap "" PIPE; "$0" list | head -n 1' "$TCPTRIAGE"
is "$status" 0 "a reader that leaves ends it quietly where SIGPIPE is ignored"
is "$err" "" "without a word"
run in_ns bash -c '"$0" list | head -n 1; echo "${PIPESTATUS[0]}"' "$TCPTRIAGE"
like "$out" $'\n(0|141)$' "and where it is not"
is "$err" "" "without a word, too"

# Repetition.
run in_ns "$TCPTRIAGE" count -i 0.05 -c 3
is "$out" $'3000\n3000\n3000' "count -i: one number a line"
run in_ns "$TCPTRIAGE" states -J -i 0.05 -c 2
is "$(wc -l <"$TAP_TMP/out")" 2 "JSON: one document a line"
run in_ns "$TCPTRIAGE" list -J -i 0.05 -c 2
is "$(wc -l <"$TAP_TMP/out")" 2 "JSON list: one document a line"
run in_ns "$TCPTRIAGE" count --fail-over=2999
is "$status:$out" 2:3000 "--fail-over: status 2 above"
run in_ns "$TCPTRIAGE" count --fail-over=3000
is "$status:$out" 0:3000 "--fail-over: status 0 at it"

run in_ns "$TCPTRIAGE" list -t 5 -H
is "$(wc -l <"$TAP_TMP/out")" 5 "-t cuts"
run in_ns "$TCPTRIAGE" list -t 5
is "$(wc -l <"$TAP_TMP/out")" 6 "in a pipe a heading and rows, nothing else"
like "$err" '2995 more' "what it cut is counted on standard error"
list_on_terminal="$TCPTRIAGE list -t 5"
run in_ns script -qec "$list_on_terminal" /dev/null
like "$out" '2995 more' "on a terminal in a last line"
run in_ns "$TCPTRIAGE" list -o help
like "$out" 'RECV-Q' "-o help lists the columns of list"
run in_ns "$TCPTRIAGE" states -o help
like "$out" 'SHARE' "-o help lists the columns of a report"
run in_ns "$TCPTRIAGE" list -H -o local,state -s -lport -t 1
like "$out" '^[^ ]+:[0-9]+ +LISTEN$' "columns are chosen and sorted"
unlike "$(in_ns "$TCPTRIAGE" list --color=auto | head -c 2000)" $'\e' "no escapes in a pipe"
like "$(in_ns "$TCPTRIAGE" list --color=always | head -c 2000)" $'\e' "unless they are asked for"
done_testing
