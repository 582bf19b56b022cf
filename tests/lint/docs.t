#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the program knows stands in help, manual and completions, exactly once each, and nothing else
# does: commands, options, columns, states, findings, topics, live views, keys, words of the filter.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
[[ -x $TCPTRIAGE ]] || skip "needs the program"
man=man/tcptriage.1

words() { "$TCPTRIAGE" complete "$@"; }

# differ WANTED GOT: what only one of two lists has, and what stands twice; nothing where they agree.
differ() { diff <(LC_ALL=C sort <<<"$1") <(LC_ALL=C sort <<<"$2") | sed -n 's/^</missing:/p; s/^>/too much:/p'; }

# agree NAME WANTED GOT
agree() { is "$(differ "$2" "$3")" "" "$1"; }

# section NAME...: the lines of a section of the manual, or of a subsection in it.
section() {
	awk -v sh="$1" -v ss="${2-}" '
		/^\.Sh / { in_sh = ($0 == ".Sh " sh); in_ss = ss == "" ; next }
		/^\.Ss / && ss != "" { in_ss = ($0 == ".Ss " ss); next }
		in_sh && in_ss' "$man"
}

# items MACRO: the words behind ".It MACRO", with mdoc'\''s escapes taken off.
items() { sed -n "s/^\.It $1 //p" | sed 's/\\&//g; s/\\e/\\/g; s/\\-/-/g'; }

# --- commands ---

commands=$(words commands)
cmp_ok "$(wc -l <<<"$commands")" '>' 10 "there are commands"
agree "every command stands in the manual once" "$commands" \
	"$(section COMMANDS | items Ic | awk '{ print $1 }')"
agree "and in help" "$commands" "$("$TCPTRIAGE" help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')"

# Aliases: said by help and by the manual.
said=
for command in $commands; do
	alias=$("$TCPTRIAGE" help "$command" | sed -n 's/^Also called: //p')
	[[ ! $alias ]] || said+="$command $alias"$'\n'
done
agree "every alias stands in the manual" "${said%$'\n'}" "$(section COMMANDS | awk '
	/^\.It Ic / { command = $3 } /^Also$/ { also = 1; next } also { print command, $2; also = 0 }')"

# --- options ---

# "-x --name" or "--name" a line.
bad=
from_help=$(for command in $commands; do "$TCPTRIAGE" help "$command"; done |
	sed -nE 's/^  (-.,|   ) --([a-z0-9-]+).*/\1 --\2/p' | tr -d , | awk '{ $1 = $1 } 1' | sort -u)
from_man=$(items Fl <$man | sed -nE 's/^(. , )?-([a-z0-9-]+).*/\1--\2/p' | sed -E 's/^(.) , /-\1 /')
agree "every option stands in the manual once, with its letter" "$from_help" "$from_man"
agree "and among the completions" "$(awk '{ print $NF }' <<<"$from_help")" \
	"$(words options | sed 's/=$//' | sort -u)"
for command in $commands; do
	bad+=$(differ "$("$TCPTRIAGE" help "$command" | sed -nE 's/^  (-.,|   ) (--[a-z0-9-]+).*/\2/p')" \
		"$(words options "$command" | sed 's/=$//')")
done
is "$bad" "" "and for each command those of its help"

# --- columns ---

for command in $commands; do
	columns=$(words columns "$command" | LC_ALL=C sort -u)
	agree "columns of $command stand in the manual" "$columns" \
		"$(section COLUMNS "Columns of $command" | items Cm)"
	[[ $columns ]] || continue
	agree "and in its -o help" "$columns" \
		"$("$TCPTRIAGE" "$command" -o help | awk '{ print $1 }' | LC_ALL=C sort -u)"
done

# --- states, findings, topics ---

topics() { "$TCPTRIAGE" explain -H | awk -v kind="$1" '$2 == kind { print $1 }'; }

states=$(words states | grep '[A-Z]')
agree "every state stands in the manual" "$states" "$(section STATES | items Sy)"
agree "and has its topic" "$states" "$(topics state)"
agree "so do the groups" "$(words states | grep -v '[A-Z]')" \
	"$(section STATES | sed -n '/^The groups/,$p' | grep -oE '\b(all|connected|synchronized|bucket|big)\b')"
agree "every finding" "$(topics finding)" "$(section FINDINGS | items Sy)"
agree "every errno" "$(topics errno)" "$(section TOPICS Errors | items Sy)"
agree "every setting" "$(topics setting)" "$(section TOPICS Settings | items Sy)"
agree "every other topic" "$(topics page)" "$(section TOPICS "Other pages" | items Sy)"
agree "and all of them among the completions" "$("$TCPTRIAGE" explain -H | awk '{ print $1 }')" \
	"$(words topics)"

# --- the live view ---

agree "every live view stands in the manual" "$(words views)" "$(section "LIVE VIEW" Views | items Cm)"
is "$(section "LIVE VIEW" Keys | items Ic | sed 's/ , Ic / /g')" \
	"$(words keys | sed 's/wheel \(.*\)/Wheel-\1/')" "and every key, in the order of the live view's own help"
agree "every key of --by" "$(words by)" \
	"$(section COMMANDS | sed -n '/^\.It Fl -by/,/largest/s/^\.Cm//p' | tr ' ,' '\n\n' | grep .)"

# --- files and environment ---

# Paths as the sources spell them, /proc/self and the like under PID; messages and beginnings left out.
mapfile -t documented < <(sed -n '/^\.Sh FILES/,/^\.Sh EXIT/s/^\.It Pa //p' "$man" | sed 's/ , /\n/g')
undocumented=
while read -r path; do
	for known in "${documented[@]}"; do
		[[ $path != "$known" && $path != "$known"/* ]] || continue 2
	done
	undocumented+=$path$'\n'
done < <(grep -rhoE '"/(proc|sys|etc|run)/[^" ]+"' src --include=*.c | tr -d '"' | grep -v '/$' |
	sed -E 's#^/proc/(thread-self|self|%d)#/proc/PID#; s#^/proc/PID/net/#/proc/net/#; s#%s.*##; s#[./]+$##' |
	grep -E '^/(proc/[A-Za-z]+/|sys/|etc/|run/)' | sort -u)
cmp_ok "${#documented[@]}" ">" 10 "files are documented"
is "$undocumented" "" "every file that is read stands under FILES"
agree "every variable of the environment" \
	"$(grep -rhoE 'getenv\("[A-Z_]+"' src --include=*.c | sed 's/.*"\(.*\)"/\1/' | sort -u; printf 'LC_ALL\nLC_CTYPE\nLANG\nTZ')" \
	"$(section ENVIRONMENT | items Ev | sed 's/ , /\n/g')"

# --- the filter ---

filter=$(words filter)
cmp_ok "$(wc -l <<<"$filter")" '>' 10 "there are words of the filter"
missing=
for word in $filter; do
	grep -qE "^\.It .*\bIc ([a-z]+ , )*$word\b" man/tcptriage-filter.7 || missing+=" $word"
done
is "$missing" "" "every word of the filter stands in tcptriage-filter(7)"

# --- form ---

if command -v mandoc >/dev/null; then
	for page in man/*.[1-8]; do
		is "$(mandoc -Tlint "$page" 2>/dev/null | grep -v 'referenced manual not found')" "" "mandoc finds nothing in $page"
	done
else
	skip_one "mandoc finds nothing" "needs mandoc"
fi
for shell in bash zsh fish; do
	if command -v $shell >/dev/null; then
		ok "$shell reads its completions" $shell -n completions/tcptriage.$shell
	else
		skip_one "$shell reads its completions" "it is not here"
	fi
done
# --- what nobody documented is noticed ---

# A program that knows one more of everything, asked by this very lint.
if [[ ! ${DOCS_DUMMY:-} ]]; then
	cat >"$TAP_TMP/dummy" <<-END
		#!/bin/sh
		"$TCPTRIAGE" "\$@" || exit
		case "\$*" in
		"complete states") echo DUMMY ;;
		"complete commands" | "complete options" | "complete columns list" | "complete topics" | \
			"complete views" | "complete keys" | "complete by" | "complete filter") echo dummy ;;
		esac
	END
	chmod +x "$TAP_TMP/dummy"
	run env DOCS_DUMMY=1 TCPTRIAGE="$TAP_TMP/dummy" bash tests/lint/docs.t
	is "$status" 1 "the lint fails where something is undocumented"
	for name in "every command stands in the manual once" "and among the completions" \
		"columns of list stand in the manual" "every state stands in the manual" \
		"and all of them among the completions" "every live view stands in the manual" "and every key" \
		"every key of --by" "every word of the filter"; do
		like "$out" "(^|"$'\n'")not ok [0-9]+ - $name" "noticed: $name"
	done
fi
done_testing
