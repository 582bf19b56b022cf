#!/usr/bin/env bash
# timeout: 240
# SPDX-License-Identifier: MIT
# Completions in the real shells: a partial line gives the expected words, and in every shell the
# same ones.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
[[ -x $TCPTRIAGE ]] || skip "needs the program"

mkdir "$TAP_TMP/bin"
ln -s "$TCPTRIAGE" "$TAP_TMP/bin/tcptriage"
export PATH=$TAP_TMP/bin:$PATH

# What each shell offers for LINE, sorted, a word a line; the cursor is at the end.
bash_offers() {
	bash --norc --noprofile -c '
		. completions/tcptriage.bash
		COMP_LINE=$1 COMP_POINT=${#1}
		# As readline splits: blanks part words, = and : are words of their own.
		mapfile -t COMP_WORDS < <(grep -oE "[^ =:]+|[=:]" <<<"$1")
		[[ $1 != *[\ ] ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_tcptriage tcptriage "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$1" 2>&1 | sed 's/ *$//' | LC_ALL=C sort -u
}

fish_offers() {
	fish --no-config -c 'source completions/tcptriage.fish; complete -C "$argv[1]"' "$1" 2>&1 |
		cut -f 1 | sed 's/ *$//' | LC_ALL=C sort -u
}

# zsh tells nobody what it offers: compadd is watched in an interactive one, whose only input is LINE.
zsh_offers() {
	timeout 60 zsh -f "$TAP_TMP/capture.zsh" "$TAP_TMP/zsh" "$1" 2>&1 | tr -d '\r' |
		sed -n '/BEGIN$/,/^END/p' | sed '1d;$d' | LC_ALL=C sort -u
}

mkdir "$TAP_TMP/zsh"
cp completions/tcptriage.zsh "$TAP_TMP/zsh/_tcptriage"
cat >"$TAP_TMP/capture.zsh" <<-'END'
	zmodload zsh/zpty || exit 1
	zpty inner "ZDOTDIR=${(q)1} zsh -d -i"
	zpty -r inner text '*READY*' || exit 1
	zpty -w -n inner "$2"$'\t'
	zpty -r inner text '*END*' || exit 1
	print -r -- $text
END
cat >"$TAP_TMP/zsh/.zshrc" <<-'END'
	unsetopt prompt_cr prompt_sp
	PROMPT='READY '
	LISTMAX=0
	fpath=($ZDOTDIR $fpath)
	autoload -Uz compinit
	compinit -u -D
	zstyle ':completion:*' insert-tab false
	bindkey '^I' complete-word
	offered=()
	compadd() {
		local -a found
		# -O, -A and -D only ask.
		if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
			builtin compadd -O found "$@"
			offered+=("$IPREFIX"${^found})
		fi
		builtin compadd "$@"
	}
	finish() {
		print -rl -- BEGIN $offered END
		exit
	}
	comppostfuncs=(finish)
END

# offers LINE WORD...: every shell offers exactly these; for zsh a '=' at the end does not count.
offers() {
	local line=$1 shell expected
	shift
	expected=$(printf '%s\n' "$@" | LC_ALL=C sort -u)
	for shell in "${shells[@]}"; do
		got=$("${shell}_offers" "$line")
		case $shell in
		# bash leaves out what stands before a '='; fish and zsh say the whole word.
		bash) is "$got" "$(sed 's/^--[a-z-]*=\(.\)/\1/' <<<"$expected")" "bash: $line" ;;
		zsh) is "${got//=$'\n'/$'\n'}" "$(sed 's/=$//' <<<"$expected")" "zsh: $line" ;;
		*) is "$got" "$expected" "$shell: $line" ;;
		esac
	done
}

shells=()
for shell in bash zsh fish; do
	if command -v $shell >/dev/null; then shells+=("$shell"); else
		skip_one "$shell" "it is not here"
	fi
done

lower() { tr 'A-Z_' "a-z${1:-_}"; }

mapfile -t commands < <("$TCPTRIAGE" complete commands)
cmp_ok "${#commands[@]}" '>' 10 "there are commands"
offers "tcptriage " "${commands[@]}"
offers "tcptriage clo" close-wait
offers "tcptriage -4 hand" handshakes
offers "tcptriage -N x cou" count
offers "tcptriage help exp" explain
mapfile -t options < <("$TCPTRIAGE" complete options count)
cmp_ok "${#options[@]}" '>' 10 "count has options"
offers "tcptriage count -" "${options[@]}"
offers "tcptriage count --fa" --fail-over=
offers "tcptriage cw --ol" --older=
offers "tcptriage list --source=" --source=auto --source=netlink --source=proc
offers "tcptriage list --source n" netlink
offers "tcptriage --color a" auto always
offers "tcptriage top --view li" listeners
mapfile -t keys < <("$TCPTRIAGE" complete by)
offers "tcptriage states --by " "${keys[@]}"
offers "tcptriage states --by pid,us" pid,user
mapfile -t columns < <("$TCPTRIAGE" complete columns list | lower)
offers "tcptriage list -o " "${columns[@]}"
offers "tcptriage ls -s -re" -recv-q -remote -retrans
offers "tcptriage list -o +con" +container
mapfile -t topics < <("$TCPTRIAGE" complete topics)
offers "tcptriage explain " "${topics[@]}"
offers "tcptriage explain tcp_tw_re" tcp_tw_recycle tcp_tw_reuse tcp_tw_reuse_delay
mapfile -t states < <("$TCPTRIAGE" complete states | lower -)
offers "tcptriage list state " "${states[@]}"
offers "tcptriage count exclude time" time-wait
mapfile -t filter < <("$TCPTRIAGE" complete filter)
offers "tcptriage kill " "${filter[@]}"
offers "tcptriage list dport = 443 and no" not

# Files: recordings, and what a command writes.
mkdir "$TAP_TMP/files" && : >"$TAP_TMP/files/incident.rec" && : >"$TAP_TMP/files/other"
cd "$TAP_TMP/files" || bail "no folder"
cp -r "$TAP_TOP/completions" .
for line in "check --from " "top --from=" "record " "diff other " "metrics --output "; do
	case $line in
	*=) offers "tcptriage ${line}inc" "--${line##*--}incident.rec" ;;
	*) offers "tcptriage ${line}inc" incident.rec ;;
	esac
done
cd "$TAP_TOP" || bail "no source tree"

# A namespace by its name.
if ((EUID == 0)) && ip netns add "complete-$$" 2>/dev/null; then
	at_exit ip netns del "complete-$$"
	offers "tcptriage list -N complete-$$" "complete-$$"
	offers "tcptriage list --netns=complete-$$" "--netns=complete-$$"
else
	skip_one "a namespace by its name" "no privilege to make one"
fi
done_testing
