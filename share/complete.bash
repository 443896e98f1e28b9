# bash completion for fluffbuzz; `make completions` fills in the programs.
# shellcheck shell=bash

_fluffbuzz() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev='' options='' files='' values='' words='' line i=0
	COMPREPLY=()
	[ "$COMP_CWORD" -gt 0 ] && prev=${COMP_WORDS[COMP_CWORD - 1]}
	# bash splits --name=value into three words
	if [ "$cur" = = ]; then
		cur=''
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case ${1##*/} in
	# @PROGRAMS@
	esac
	[ -n "$options" ] || return
	case " $files " in
	*" $prev "*) return ;; # nothing offered: bash completes files itself
	esac
	case " $values " in
	*" $prev "*)
		compopt +o default 2>/dev/null
		return
		;;
	esac
	if [ "${cur#-}" = "$cur" ]; then
		for line in $words; do
			i=$((i + 1))
			[ "$i" -eq "$COMP_CWORD" ] && options=${line//|/ } && break
		done
		[ "$i" -eq "$COMP_CWORD" ] || return
	fi
	while read -r line; do
		COMPREPLY+=("$line")
	done < <(compgen -W "$options" -- "$cur")
	case ${#COMPREPLY[@]}${COMPREPLY[0]-} in
	1*=) compopt -o nospace 2>/dev/null ;;
	esac
}

complete -o default -F _fluffbuzz @NAMES@
