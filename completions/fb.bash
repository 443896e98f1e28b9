# bash completion for fluffbuzz; made by `make completions` from --help.
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
	fb)
		options='-m --model= -s --system= -f --file= --chat= --thinking= --json --config= --show-pipeline -h --help --version'
		files='-f --file --chat --config'
		values='-m --model -s --system --thinking'
		words=''
		;;
	fb-config)
		options='-m --model= -c --set= --config= --base-url= --fallbacks --list --check --dump --explain --init= --fields --json -o --output= -q --quiet -h --help --version'
		files='--config -o --output'
		values='-m --model -c --set --base-url --init'
		words=''
		;;
	fb-mock)
		options='--port= --listen= --profile= --old --model= --reply= --script= --replay= --raw-reply= --max-prompt= --context= --loading= --api-key= --delay= --ttft= --tps= --jitter= --seed= --ping= --faults= --sse= --ready-file= --log= -h --help --version'
		files='--script --replay --raw-reply --ready-file --log'
		values='--port --listen --profile --model --reply --max-prompt --context --loading --api-key --delay --ttft --tps --jitter --seed --ping --faults --sse'
		words=''
		;;
	fb-parse)
		options='-0 --null --lines --json --jq= --csv= --tsv= --envelope --live --split= --save= --extract= --schema= --require-stop --no-escape -o --output= -q --quiet -h --help --version'
		files='--save --schema -o --output'
		values='--jq --csv --tsv --split --extract'
		words=''
		;;
	fb-probe)
		options='-m --model= -c --set= --config= --base-url= --rung= --rungs --safe --max-prompt= --write --json --timeout= --wait= -H --header= --api-key-env= --api-key-file= --insecure-http --proxy= --unix-socket= --cacert= --cert= --key= -v --verbose -o --output= -h --help --version'
		files='--config --api-key-file --unix-socket --cacert --cert --key -o --output'
		values='-m --model -c --set --base-url --rung --max-prompt --timeout --wait -H --header --api-key-env --proxy'
		words=''
		;;
	fb-send)
		options='-j --jobs= --unordered --reorder-bytes= --resume= --retry-failed --changed= --sync --keep-request --retries= --deadline= --wait= --max-failures= --rpm= --tpm= --timeout= --connect-timeout= --first-byte-timeout= --idle-timeout= --stall-timeout= -H --header= --api-key-env= --api-key-file= --insecure-http --proxy= --unix-socket= --cacert= --cert= --key= --events --no-events --curl -v --verbose --progress --summary -m --model= -c --set= --config= --base-url= -o --output= -q --quiet -h --help --version'
		files='--resume --api-key-file --unix-socket --cacert --cert --key --config -o --output'
		values='-j --jobs --reorder-bytes --changed --retries --deadline --wait --max-failures --rpm --tpm --timeout --connect-timeout --first-byte-timeout --idle-timeout --stall-timeout -H --header --api-key-env --proxy -m --model -c --set --base-url'
		words=''
		;;
	fb-shape)
		options='-p --prompt= -s --system= -f --file= --allow-files= --drop-images --messages= -t --template= --tools= --sort-tools --tool-choice= --schema --thinking= --max-tokens= --temperature= --top-p= --seed= --stop= --param= --lines -0 --null --csv --tsv --delimiter= --each --files-from= --map= --id= --limit= -m --model= -c --set= --config= --base-url= --fallbacks --route= --stream --no-stream --batch-format --explain -o --output= -q --quiet -h --help --version'
		files='-f --file --allow-files --messages --tools --schema --files-from --config --route -o --output'
		values='-p --prompt -s --system -t --template --tool-choice --thinking --max-tokens --temperature --top-p --seed --stop --param --delimiter --map --id --limit -m --model -c --set --base-url'
		words=''
		;;
	fluffbuzz)
		options='--model= --prompt= --file= --thinking= --json --local --config= --show-pipeline -h --help --version'
		files='--file --config'
		values='--model --prompt --thinking'
		words='infer model run|list'
		;;
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

complete -o default -F _fluffbuzz fb fb-config fb-mock fb-parse fb-probe fb-send fb-shape fluffbuzz
