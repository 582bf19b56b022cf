#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README says what the program does: its examples are run on the recordings, every line shown must
# be in the real output, in order.
. "$(dirname "$0")/../lib/tap.sh"
needs_command jq
readme=$TAP_TOP/README.md

# shown_in_order: every line of $TAP_TMP/shown occurs in $TAP_TMP/real, in this order.
shown_in_order() {
	awk 'NR == FNR { line[++n] = $0; next }
		{ sub(/ +$/, "") } at < n && $0 == line[at + 1] { at++ }
		END { if (at < n) print "not in the output: " line[at + 1]; exit at < n }' \
		"$TAP_TMP/shown" "$TAP_TMP/real"
}

# A command of its own name, for examples with a pipe.
mkdir "$TAP_TMP/bin"
ln -s "$TCPTRIAGE" "$TAP_TMP/bin/tcptriage"
export PATH=$TAP_TMP/bin:$PATH

# Namespace "shop" with a process that leaks, and a mount namespace in which only it has a name.
shop=()
make_shop() {
	((EUID == 0)) && netns_possible >/dev/null && unshare -m true 2>/dev/null || return 0
	netns_make
	lab --comm shop-api close-wait-leaked --count 40 --port 9000
	cat >"$TAP_TMP/in-shop" <<-END
		mkdir -p /run/netns && mount -t tmpfs none /run/netns && touch /run/netns/shop &&
			mount --bind /proc/$netns_pid/ns/net /run/netns/shop && exec "\$@"
	END
	shop=(unshare -m sh "$TAP_TMP/in-shop")
	"${shop[@]}" true 2>/dev/null || shop=()
}

check_example() {
	local where=()
	[[ $command ]] || return 0
	if [[ $command == *' -N shop'* ]]; then
		where=("${shop[@]}")
		if ((${#where[@]} == 0)); then
			skip_one "$command" "no namespaces"
			command=
			return 0
		fi
	fi
	run "${where[@]}" bash -c "$command"
	tr -s ' ' <"$TAP_TMP/out" | sed 's/^ //' >"$TAP_TMP/real"
	cmp_ok "$(wc -l <"$TAP_TMP/shown")" '>=' 1 "$command: something is shown"
	ok "$command" shown_in_order
	command=
}

make_shop
cd "$TAP_TOP/tests/golden/data" || bail "no recordings"
command=
while IFS= read -r line; do
	if [[ $line == '    $ tcptriage '* ]]; then
		check_example
		command=${line#'    $ '}
		: >"$TAP_TMP/shown"
	elif [[ $command && $line == '    '* ]]; then
		# How wide a column is does not matter here.
		tr -s ' ' <<<"${line#'    '}" | sed 's/^ //' >>"$TAP_TMP/shown"
	else
		check_example
	fi
done <"$readme"
check_example
cmp_ok "$tap_count" '>=' 30 "there were examples"

# The seventeen questions: each in the table and answered, in order, once.
is "$(sed -nE 's/^\| ([0-9]+) \|.*/\1/p' "$readme" | paste -sd' ')" "$(seq -s' ' 17)" "the table has seventeen questions"
is "$(sed -nE 's/^\*\*([0-9, ]+)\..*/\1/p' "$readme" | tr -d ' ' | tr , '\n' | sed '/^$/d' | paste -sd' ')" \
	"$(seq -s' ' 17)" "and seventeen are answered"

# The pictures show what the program says today.
pictured() {
	sed -e 's/<[^>]*>//g; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g' -e "s/&#x27;/'/g" "$TAP_TOP/tests/pictures/$1.svg" |
		tr -s ' ' '\n' | grep '[a-z]'
}
run "$TCPTRIAGE" check --from=incident.rec
is "$(comm -23 <(pictured check | sort -u) <(tr -s ' ' '\n' <"$TAP_TMP/out" | sort -u) |
	grep -vE '^(\$|tcptriage|check|--from=incident.rec)$')" "" "the picture of check: make it anew by tests/pictures/make"
is "$(comm -13 <(pictured top | sort -u) <(jq -r '.findings[].id' <("$TCPTRIAGE" check -J --from=incident.rec) | sort -u))" "" \
	"that of top shows the findings"

# Commands and options that it names exist.
while read -r name; do
	run "$TCPTRIAGE" help "$name"
	is "$status" 0 "$name is a command"
done < <(grep -o '`tcptriage [a-z-]*' "$readme" | awk '{ print $2 }' | grep -v '^-' | sort -u)
done_testing
