#!/bin/sh
# fluffbuzz-toolkit: FluffBuzz's command line, made of fb-config, fb-shape,
# fb-send and fb-parse.  See fluffbuzz(1).
set -u

bin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 3
PATH=$bin:$PATH
version=@VERSION@

usage() {
	cat <<'END'
usage: fluffbuzz infer model run|list [OPTION]...
run: ask a model of the FluffBuzz configuration; print its answer.
list: print which models there are; it takes --json and --config only.

      --model=REF          the model: an alias, provider/id or an id (else the configured one)
      --prompt=TEXT        what to ask; without it, standard input
      --file=FILE          attach an image, or a text file (repeatable)
      --thinking=LEVEL     off, minimal, low, medium, high, xhigh, adaptive, max or ultra
      --json               run: print the envelope that FluffBuzz prints; list: JSON lines
      --local              talk to the model's server directly (always so)
      --config=FILE        read this configuration
      --show-pipeline      print the pipe that would run, and run nothing
  -h, --help               show this help and exit
      --version            show the version and exit
END
}

die() {
	echo "fluffbuzz: $1 (see fluffbuzz --help)" >&2
	exit 2
}

# about WORD - ends with the help or the version, if that is what it asks for.
about() {
	case $1 in
	-h | --help) usage ;;
	--version) echo "fluffbuzz $version" ;;
	*) return 0 ;;
	esac
	exit 0
}

# quoted WORD - as sh reads it.  The last quote keeps the line breaks before it.
quoted() {
	case $1 in
	*[!A-Za-z0-9_./:@=+-]* | '') printf '%s\n' "$1" | LC_ALL=C sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/" ;;
	*) printf '%s' "$1" ;;
	esac
}

known='there are: infer model run, infer model list'
for word in infer model 'run or list'; do
	[ $# -gt 0 ] || die "what to do is missing; $known"
	about "$1"
	case "$word/$1" in
	infer/infer | model/model | 'run or list/run' | 'run or list/list') command=$1 ;;
	*) die "unknown command $1; $known" ;;
	esac
	shift
done

model='' prompt='' files='' thinking='' config='' json='' parse='' show='' local='' gateway=''
while [ $# -gt 0 ]; do
	case $1 in
	--model | --prompt | --file | --thinking | --config)
		[ $# -gt 1 ] || die "$1: needs an argument"
		arg=$1=$2
		shift
		;;
	*) arg=$1 ;;
	esac
	shift
	about "$arg"
	case $command$arg in
	run--config=* | list--config=*) config=" $(quoted "$arg")" ;;
	run--json | list--json) json=' --json' parse=' --envelope' ;;
	list*) die "infer model list: unknown option $arg" ;;
	run--model=*) model=" $(quoted "$arg")" ;;
	run--prompt=@*) prompt=" $(quoted "--prompt=@${arg#*=}")" ;; # no file's name
	run--prompt=*) prompt=" $(quoted "$arg")" ;;
	run--file=*) files="$files $(quoted "$arg")" ;;
	run--thinking=*) thinking=" $(quoted "$arg")" ;;
	run--show-pipeline) show=1 ;;
	run--local) local=1 ;;
	run--gateway) gateway=1 ;;
	run--agent*) die '--agent: there are no agents here, the model is asked directly; leave it out' ;;
	run-*) die "unknown option $arg" ;;
	*) die "$arg: no option; the prompt is given as --prompt=TEXT" ;;
	esac
done
[ -z "$local" ] || [ -z "$gateway" ] || die 'Pass only one of --local or --gateway; --local is what there is here'
[ -z "$gateway" ] || die '--gateway: there is no gateway here, the server is asked directly; leave it out'

if [ "$command" = list ]; then
	pipe="fb-config --list$json$config"
elif [ -n "$prompt" ]; then # </dev/null: no routes come from there
	pipe="fb-shape$config$model$thinking$files$prompt </dev/null | fb-send$config | fb-parse$parse"
elif [ -t 0 ]; then
	die 'what to ask is missing: give --prompt=TEXT, or the prompt on standard input'
else
	pipe="fb-shape$config$model$thinking$files --prompt=@- | fb-send$config | fb-parse$parse"
fi
[ -z "$show" ] || pipe="printf '%s\n' $(quoted "$pipe")"
eval "$pipe"
