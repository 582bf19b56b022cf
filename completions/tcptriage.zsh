#compdef tcptriage
# zsh completion for tcptriage
# SPDX-License-Identifier: MIT
# The words come from the program itself (the hidden command `complete`): what it knows, this knows.

# _tcptriage_words WHAT [ARGUMENT]: sets reply to "word:meaning" entries.
_tcptriage_words() {
	local line
	reply=()
	for line in ${(f)"$(_call_program words ${(q)_tcptriage_program} complete $1-described ${(q)@[2,-1]} 2>/dev/null)"}; do
		reply+=("${${line%%$'\t'*}//:/\\:}${${(M)line:#*$'\t'*}:+:${line#*$'\t'}}")
	done
}

# _tcptriage_offer DESCRIPTION WHAT [ARGUMENT]: offers a list.
_tcptriage_offer() {
	local description=$1
	local -a reply
	shift
	_tcptriage_words "$@"
	(( $#reply )) && _describe -t words $description reply
}

# _tcptriage_lower DESCRIPTION DASH WHAT [ARGUMENT]: offers a list in the spelling that people type.
_tcptriage_lower() {
	local description=$1 dash=$2 entry word
	local -a reply lower
	shift 2
	_tcptriage_words "$@"
	for entry in $reply; do
		word=${${(L)entry%%:*}//_/$dash}
		lower+=("$word${${(M)entry:#*:*}:+:${entry#*:}}")
	done
	lower=(${(u)lower})
	(( $#lower )) && _describe -t words $description lower -M 'm:{A-Z_}={a-z-}'
}

# _tcptriage_value OPTION: offers what stands behind it. Fails where it takes no value.
_tcptriage_value() {
	case $1 in
	--netns | -N) _tcptriage_offer 'network namespace' netns ;;
	--source | --color) _tcptriage_offer ${1#--} choices ${1#--} ;;
	--columns | -o)
		compset -P '*,' || compset -P '+'
		_tcptriage_lower column _ columns $_tcptriage_command
		;;
	--sort | -s)
		compset -P '-'
		_tcptriage_lower column _ sort $_tcptriage_command
		;;
	--by)
		compset -P '*,'
		_tcptriage_offer key by
		;;
	--view) _tcptriage_offer view views ;;
	--from | --output) _files ;;
	-i | -c | -t) _message value ;;
	--*) [[ -n ${(M)_tcptriage_options:#$1=} ]] && _message value ;;
	*) return 1 ;;
	esac
}

# _tcptriage_filter PREVIOUS: a word of a filter.
_tcptriage_filter() {
	local -a reply states
	_tcptriage_words states
	states=(${reply%%:*})
	case $1 in
	port | sport | dport) _message port; return ;;
	uid) _users; return ;;
	state | exclude) _tcptriage_lower state - states; return ;;
	esac
	# Behind a state there may be another one.
	[[ -n ${(M)${(L)states}:#${(L)1//-/_}} ]] && _tcptriage_lower state - states
	_tcptriage_offer filter filter
}

_tcptriage() {
	local _tcptriage_program=${~words[1]} _tcptriage_command= word option=
	local -a _tcptriage_options reply plain valued
	integer i
	_tcptriage_options=(${(f)"$(_call_program options ${(q)_tcptriage_program} complete options 2>/dev/null)"})

	# The command is the first word that is no option and no option's value.
	for ((i = 2; i < CURRENT; i++)); do
		word=$words[i]
		case $word in
		-[Nosict]) ((i++)) ;;
		--*) [[ $word != *=* && -n ${(M)_tcptriage_options:#$word=} ]] && ((i++)) ;;
		-*) ;;
		*) _tcptriage_command=$word; break ;;
		esac
	done

	if [[ $words[CURRENT] == --*=* ]]; then
		option=${words[CURRENT]%%=*}
		compset -P '*='
		_tcptriage_value $option
		return
	fi
	option=$words[CURRENT-1]
	if [[ $option == -[Nosict] || -n ${(M)_tcptriage_options:#$option=} ]]; then
		_tcptriage_value $option
		return
	fi

	if [[ $words[CURRENT] == -* ]]; then
		_tcptriage_words options $_tcptriage_command
		for word in $reply; do
			if [[ ${word%%:*} == *= ]]; then
				valued+=("${${word%%:*}%=}:${word#*:}")
			else
				plain+=("$word")
			fi
		done
		_describe -o option plain -- valued -S =
		return
	fi
	case $_tcptriage_command in
	'' | help) _tcptriage_offer command commands ;;
	explain) _tcptriage_offer topic topics ;;
	why) _hosts -S : ;;
	record | diff) _files ;;
	metrics) ;;
	*) _tcptriage_filter $words[CURRENT-1] ;;
	esac
}

_tcptriage "$@"
