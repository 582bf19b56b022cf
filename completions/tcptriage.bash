# bash completion for tcptriage                                -*- shell-script -*-
# SPDX-License-Identifier: MIT
# The words come from the program itself (the hidden command `complete`): what it knows, this knows.
# Works with and without the bash-completion package.

# _tcptriage_list WHAT [ARGUMENT]: a list of words, one a line.
_tcptriage_list() {
	"$_tcptriage_program" complete "$@" 2>/dev/null
}

# _tcptriage_offer PREFIX: adds the words on standard input that begin with $cur to COMPREPLY, PREFIX
# in front. Case, '-' and '_' make no difference; where $cur has no capitals, none are offered.
_tcptriage_offer() {
	local word plain=${cur//-/_} lower
	plain=${plain,,}
	while IFS= read -r word; do
		lower=${word//-/_}
		lower=${lower,,}
		[[ $lower == "$plain"* ]] || continue
		COMPREPLY+=("$1$word")
	done
}

# _tcptriage_lower: standard input in the spelling that people type: close-wait, recv-q.
_tcptriage_lower() {
	if [[ $cur == *[A-Z]* ]]; then cat; else
		local word
		while IFS= read -r word; do
			word=${word,,}
			printf '%s\n' "${word//_/${1:-_}}"
		done
	fi
}

# _tcptriage_commas WHAT [ARGUMENT]: one more word of a list with commas.
_tcptriage_commas() {
	local prefix=
	if [[ $cur == *,* ]]; then
		prefix=${cur%,*},
		cur=${cur##*,}
	elif [[ $cur == +* ]]; then
		prefix=+
		cur=${cur#+}
	fi
	_tcptriage_offer "$prefix" < <(_tcptriage_list "$@" | _tcptriage_lower | sort -u)
}

# _tcptriage_value OPTION: what stands behind it. Fails where the option takes nothing.
_tcptriage_value() {
	case $1 in
	--netns | -N) _tcptriage_offer "" < <(_tcptriage_list netns) ;;
	--source | --color) _tcptriage_offer "" < <(_tcptriage_list choices "${1#--}") ;;
	--columns | -o) _tcptriage_commas columns "$command" ;;
	--sort | -s)
		local prefix=
		if [[ $cur == -* ]]; then
			prefix=-
			cur=${cur#-}
		fi
		_tcptriage_offer "$prefix" < <(_tcptriage_list sort "$command" | _tcptriage_lower | sort -u)
		;;
	--by) _tcptriage_commas by ;;
	--view) _tcptriage_offer "" < <(_tcptriage_list views) ;;
	--from | --output)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	-i | -c | -t) ;;
	--*) [[ $'\n'$options$'\n' == *$'\n'"$1="$'\n'* ]] ;;
	*) return 1 ;;
	esac
}

# _tcptriage_filter PREVIOUS: a word of a filter.
_tcptriage_filter() {
	local states
	states=$(_tcptriage_list states)
	local plain=${1//-/_}
	case $1 in
	port | sport | dport)
		mapfile -t COMPREPLY < <(compgen -A service -- "$cur")
		return
		;;
	uid)
		mapfile -t COMPREPLY < <(compgen -A user -- "$cur")
		return
		;;
	state | exclude)
		_tcptriage_offer "" < <(_tcptriage_lower - <<<"$states")
		return
		;;
	esac
	# Behind a state there may be another one.
	if [[ $'\n'${states,,}$'\n' == *$'\n'"${plain,,}"$'\n'* ]]; then
		_tcptriage_offer "" < <(_tcptriage_lower - <<<"$states")
	fi
	_tcptriage_offer "" < <(_tcptriage_list filter)
}

_tcptriage() {
	local _tcptriage_program=${1/#\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} command='' option='' word
	local previous=${COMP_WORDS[COMP_CWORD - 1]} options i
	COMPREPLY=()
	options=$(_tcptriage_list options)

	# The command is the first word that is no option and no option's value.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-N | -o | -s | -i | -c | -t) ((i++)) ;;
		--*)
			# bash may have split at '='.
			if [[ ${COMP_WORDS[i + 1]-} == = ]]; then
				((i += 2))
			elif [[ $word != *=* && $'\n'$options$'\n' == *$'\n'"$word="$'\n'* ]]; then
				((i++))
			fi
			;;
		-*) ;;
		*)
			command=$word
			break
			;;
		esac
	done

	# --option=value, split or whole; --option value; -o value.
	if [[ $cur == = ]]; then
		option=$previous
		cur=
	elif [[ $previous == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $cur == --*=* ]]; then
		option=${cur%%=*}
		cur=${cur#*=}
	elif [[ $previous == -[Nosict] || $'\n'$options$'\n' == *$'\n'"$previous="$'\n'* ]]; then
		option=$previous
	fi
	if [[ $option ]]; then
		_tcptriage_value "$option" && return
	fi

	if [[ $cur == -* ]]; then
		_tcptriage_offer "" < <(_tcptriage_list options ${command:+"$command"})
		[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
		return
	fi
	case $command in
	'') _tcptriage_offer "" < <(_tcptriage_list commands) ;;
	help) _tcptriage_offer "" < <(_tcptriage_list commands) ;;
	explain) _tcptriage_offer "" < <(_tcptriage_list topics) ;;
	why) mapfile -t COMPREPLY < <(compgen -A hostname -S : -- "$cur") && compopt -o nospace 2>/dev/null ;;
	record | diff)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	metrics) ;;
	*) _tcptriage_filter "$previous" ;;
	esac
}

complete -F _tcptriage tcptriage
