#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timeout: 240
# The same expression selects the same sockets whoever decides: the kernel's bytecode, this program
# over /proc, and ss. Random expressions; TCPTRIAGE_SEED repeats a run.
. "$(dirname "$0")/../lib/tap.sh"
needs_command ss
needs_netns

: "${TCPTRIAGE_SEED:=$((SRANDOM % 32768))}"
RANDOM=$TCPTRIAGE_SEED
diag "TCPTRIAGE_SEED=$TCPTRIAGE_SEED"

netns_make
lab --comm filter-lab \
	listen --port 22 + listen --port 80 --addr 127.0.0.2 + listen --family 6 --port 443 + \
	listen --family 6 --addr :: --port 8080 --v6only + listen --family mapped --port 1024 + \
	established --port 5774 --count 2 + established --family 6 --count 2 + \
	established --family mapped --port 1023 --count 2 + \
	syn-sent --count 2 + syn-sent --family 6 --remotes 2 + syn-recv --count 2 + \
	fin-wait1 --count 2 + closing + last-ack + crafted --state time-wait --count 2 + \
	crafted --outbound --port 443 --remotes 3 --count 3 + \
	crafted --family 6 --outbound --port 80 --count 2 + close-wait-leaked --count 2 + bound --port 60999

# --- expressions ---

pick() {
	local words=("$@")
	expr_=${words[RANDOM % ${#words[@]}]}
}

ports=(0 22 80 443 1023 1024 5774 8080 20000 32768 60999 65535)

# What both ss and this program take and mean alike. ss compares addresses without looking at their
# family, so there are no prefixes here whose bits another family's addresses share.
leaf_of_ss() {
	local end op
	if ((RANDOM % 2)); then
		pick sport dport
		end=$expr_
		pick '=' '!=' '<' '<=' '>' '>='
		op=$expr_
		pick "${ports[@]}"
		expr_="$end $op :$expr_"
		return
	fi
	pick src dst
	end=$expr_
	pick 127.0.0.1 127.0.0.0/8 10.0.0.0/8 192.0.2.0/24 192.0.2.2 '[::1]' '[2001:db8::/32]' \
		'[::ffff:127.0.0.1]' '*'
	op=$expr_
	if ((RANDOM % 3 == 0)) || [[ $op == '*' ]]; then
		pick "${ports[@]}"
		op+=:$expr_
	fi
	expr_="$end $op"
}

leaf_of_ours() {
	local word op
	case $((RANDOM % 6)) in
	0)
		pick state exclude
		word=$expr_
		pick listening established syn-sent syn-recv time-wait 'fin-wait-1 close-wait' bucket
		expr_="$word $expr_"
		;;
	1)
		pick port addr
		word=$expr_
		pick '=' '!=' ' '
		op=$expr_
		if [[ $word == addr ]]; then
			pick 0.0.0.0 0.0.0.0/1 ::/0 :: 127.0.0.1 '[::ffff:0:0]/96:1023' ::/64 10/8
		else
			pick "${ports[@]}" http https ssh
		fi
		expr_="$word$op$expr_"
		;;
	2)
		pick 'uid 0' 'uid != 0' 'uid 12345' 'inode 0' 'inode != 0'
		;;
	3)
		pick src dst
		word=$expr_
		pick ' ' ' != ' '='
		op=$expr_
		pick 0.0.0.0/0 ::/0 '[::]:8080' 0.0.0.0/2 '[::ffff:127.0.0.0]/104' inet:* inet6:*:443
		expr_="$word$op$expr_"
		;;
	*)
		leaf_of_ss
		;;
	esac
}

# random_of LEAF DEPTH: an expression with every operation in parentheses.
random_of() {
	local left op
	if (($2 == 0 || RANDOM % 4 == 0)); then
		"$1"
		expr_="( $expr_ )"
		return
	fi
	if ((RANDOM % 4 == 0)); then
		random_of "$1" $(($2 - 1))
		expr_="( not $expr_ )"
		return
	fi
	random_of "$1" $(($2 - 1))
	left=$expr_
	pick and or
	op=$expr_
	random_of "$1" $(($2 - 1))
	expr_="( $left $op $expr_ )"
}

# --- who selects what ---

# ours SOURCE COLUMNS EXPR: the sockets that every source and ss show, a line each.
ours() {
	in_ns "$TCPTRIAGE" list -H -t 0 --source="$1" -o "$2" "( $3 ) and exclude bound closed" |
		sed 's/^ *//' | sort
}

# cookies: of what ss -e prints, in decimal.
cookies() {
	sed -n 's/.* sk:\([0-9a-f]*\).*/\1/p' | while read -r cookie; do
		echo $((16#$cookie))
	done | sort
}

# Sockets come and go by their timers: a difference has to stay to be one. What was selected is
# left in $selected.
same_as_ss() {
	selected=$(ours netlink cookie "$1")
	[[ $selected == "$(in_ns ss -Htane "$1" | cookies)" ]]
}

same_on_proc() {
	selected=$(ours netlink state,local,remote "$1")
	[[ $selected == "$(ours proc state,local,remote "$1")" ]]
}

# compare NAME COUNT LEAF HOW: random expressions on which HOW has to hold.
compare() {
	local i n some=0 failed=0
	for ((i = 0; i < $2; i++)); do
		random_of "$3" 3
		if ! poll 3 "$4" "$expr_"; then
			diag "differs: $expr_"
			failed=$((failed + 1))
		fi
		n=$(grep -c . <<<"$selected")
		((n > 0 && n < all)) && some=$((some + 1))
	done
	is "$failed" 0 "$1: $2 random expressions"
	cmp_ok "$some" '>' $(($2 / 4)) "$1: and they mean something"
}

all=$(ours netlink cookie 'sport >= 0' | wc -l)
cmp_ok "$all" '>=' 30 "there are sockets of many kinds"
ok "all of them, by ss as well" poll 3 same_as_ss 'sport >= :0'
compare "as ss" 60 leaf_of_ss same_as_ss
compare "kernel and /proc" 60 leaf_of_ours same_on_proc

# Spellings, and few parentheses. (ss reads "A or B and C" from left to right, against its manual.)
for e in 'sport = :80 and src 127.0.0.2 or sport = :22' 'not sport = :22 and dst 127.0.0.1' \
	'src 127.0.0.1 or dst 192.0.2.1 or sport :443' '! sport :22 && ! sport :80' \
	'src [::1] | dport lt 1024' 'dport eq 5774' 'sport neq 22' 'dport >= :https' 'src 127.0.0.1:5774'; do
	ok "as ss: $e" poll 3 same_as_ss "$e"
done

# states_as_ss WORD...: ss wants the words for states first.
states_as_ss() {
	[[ $(in_ns "$TCPTRIAGE" list -H -t 0 -o cookie "$@" | tr -d ' ' | sort) == \
		"$(in_ns ss -Htane "$@" | cookies)" ]]
}
ok "state words: one" poll 3 states_as_ss state established
ok "state words: several" poll 3 states_as_ss state syn-sent state syn-recv sport ge 20000
ok "state words: without" poll 3 states_as_ss state connected exclude established exclude time-wait
ok "state words: and more" poll 3 states_as_ss state listening '( sport = :22 or sport = :443 )'
ok "state words: bucket" poll 3 states_as_ss state bucket

# --- what ss has no word for ---

run in_ns "$TCPTRIAGE" count state established port 5774
is "$status:$out" 0:4 "either port"
run in_ns "$TCPTRIAGE" count state established port 5774 --source=proc
is "$status:$out" 0:4 "either port, from /proc"
run in_ns "$TCPTRIAGE" count state time-wait port 5774
is "$status:$out" 0:0 "none is 0"
run in_ns "$TCPTRIAGE" count state close-wait comm filter-lab
is "$status:$out" 0:2 "by command name"
run in_ns "$TCPTRIAGE" count --source=proc state close-wait comm 'filter-l*'
is "$status:$out" 0:2 "by a pattern, from /proc"
run in_ns "$TCPTRIAGE" count state close-wait comm != filter-lab
is "$status:$out" 0:0 "by another name"
run in_ns "$TCPTRIAGE" count state listening pid "$lab_pid"
is "$status:$out" "0:$(in_ns ss -Htlnp | grep -c "pid=$lab_pid,")" "by process"
run in_ns "$TCPTRIAGE" count state listening not pid "$lab_pid"
is "$status:$out" "0:$(in_ns ss -Htlnp | grep -vc "pid=$lab_pid,")" "by not being of a process"
inode=$(in_ns ss -Htlne 'sport = :22' | sed 's/.*ino:\([0-9]*\).*/\1/')
run in_ns "$TCPTRIAGE" list -H -o lport inode "$inode"
is "$status:${out// /}" 0:22 "by inode"

# /proc has no control groups: nothing is selected, and that is said with a number.
run in_ns "$TCPTRIAGE" count --source=proc state listening cgroup /
is "$status:$out" 0:0 "what a source cannot tell is not selected"
like "$err" "note: $(in_ns ss -Htln | grep -c .) sockets left out" "and counted"

# --- mistakes ---

# wrong CARETS WORD...: a usage error whose caret line is CARETS.
wrong() {
	local carets=$1
	shift
	run "$TCPTRIAGE" count "$@"
	is "$status:$out" 64: "a usage error: $*"
	is "$(tail -n 1 <<<"$err" | tr '~' '^')" "  $carets" "and its place"
}

wrong '     ^^^^^' port 99999
wrong '^' '(' sport 80
wrong '         ^' sport 80 ')'
wrong '    ^^^^^^^^^' src 300.1.1.1
wrong '             ^^' 'src 10.0.0.1/33'
wrong '      ^^^^^^^^^^' state clsoe-wait
wrong '^^^^^' soprt 80

done_testing
