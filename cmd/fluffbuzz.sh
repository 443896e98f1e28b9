#!/bin/sh
# fluffbuzz-toolkit: FluffBuzz's command line, made of fb-config, fb-shape,
# fb-send and fb-parse.  See fluffbuzz(1).
set -u

bin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 3
PATH=$bin:$PATH
version=@VERSION@

usage() {
	cat <<'END'
usage: fluffbuzz infer model run [OPTION]...
Ask a model of the FluffBuzz configuration; print its answer.

      --model=REF          the model: an alias, provider/id or an id (else the configured one)
      --prompt=TEXT        what to ask; without it, standard input
      --json               print the envelope that FluffBuzz prints
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

quote() {
	printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

case "${1-} ${2-} ${3-}" in
"infer model run") shift 3 ;;
-h\ * | --help\ *) usage; exit 0 ;;
--version\ *) echo "fluffbuzz $version"; exit 0 ;;
"  ") die 'what to do is missing: infer model run' ;;
*) die "unknown command: $*" ;;
esac

model='' prompt='' config='' parse='' show='' has_prompt=''
while [ $# -gt 0 ]; do
	arg=$1
	shift
	case $arg in
	--model=* | --prompt=* | --config=*) value=${arg#*=} ;;
	--model | --prompt | --config)
		[ $# -gt 0 ] || die "$arg: needs an argument"
		value=$1
		shift
		;;
	--json) parse=--envelope ;;
	--local) ;;
	--show-pipeline) show=1 ;;
	-h | --help) usage; exit 0 ;;
	--version) echo "fluffbuzz $version"; exit 0 ;;
	--gateway) die "--gateway: there is no gateway here, the server is asked directly" ;;
	*) die "unknown option $arg" ;;
	esac
	case $arg in
	--model*) model=$value ;;
	--prompt*) prompt=$value has_prompt=1 ;;
	--config*) config=$value ;;
	esac
done

# A prompt that starts with @ is a prompt, not a file's name.
case $prompt in @*) prompt=@$prompt ;; esac
[ -n "$has_prompt" ] || prompt=@-
set -- ${config:+"--config=$config"} ${model:+"--model=$model"}

if [ -n "$show" ]; then
	line=fb-shape
	for arg in "$@" "--prompt=$prompt"; do line="$line $(quote "$arg")"; done
	echo "$line | fb-send${config:+ $(quote "--config=$config")} | fb-parse${parse:+ $parse}"
	exit 0
fi
[ -z "$has_prompt" ] || exec </dev/null	# so that nobody waits for it
fb-shape "$@" --prompt="$prompt" | fb-send ${config:+"--config=$config"} | fb-parse $parse
