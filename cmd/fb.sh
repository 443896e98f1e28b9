#!/bin/sh
# fluffbuzz-toolkit: a question at the keyboard.  See fb(1).
set -u

bin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 3
PATH=$bin:$PATH
version=@VERSION@

usage() {
	cat <<'END'
usage: fb [OPTION]... [PROMPT]...
Ask a model; print its answer as it comes.

  -m, --model=REF          the model: an alias, provider/id or an id (else the configured one)
  -s, --system=TEXT        the system text; @FILE reads it from a file
  -f, --file=FILE          attach an image, or a text file (repeatable)
      --chat=FILE          go on with the conversation in FILE, and keep it there
      --thinking=LEVEL     off, minimal, low, medium, high, xhigh, adaptive, max or ultra
      --json               print a result record in place of the text
      --config=FILE        read this configuration
      --show-pipeline      print the pipe that would run, and run nothing
  -h, --help               show this help and exit
      --version            show the version and exit

Standard input, when it is no terminal, follows the prompt:
    git diff | fb -s 'Write a commit message'
END
}

die() {
	echo "fb: $1 (see fb --help)" >&2
	exit 2
}

# quoted WORD - as sh reads it.  The last quote keeps the line breaks before it.
quoted() {
	case $1 in
	*[!A-Za-z0-9_./:@=+-]* | '') printf '%s\n' "$1" | LC_ALL=C sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/" ;;
	*) printf '%s' "$1" ;;
	esac
}

shape='' send='' parse='' prompt='' chat='' show=''
while [ $# -gt 0 ]; do
	arg=$1
	case $arg in
	-m | -s | -f | --model | --system | --file | --chat | --thinking | --config)
		[ $# -gt 1 ] || die "$arg: needs an argument"
		case $arg in
		--*) arg=$arg=$2 ;;
		*) arg=$arg$2 ;;
		esac
		shift
		;;
	esac
	shift
	case $arg in
	--config=*) shape="$shape $(quoted "$arg")" send="$send $(quoted "$arg")" ;;
	--chat= | --chat=-) die '--chat: the name of a file is due' ;;
	--chat=*) chat=${arg#*=} ;;
	--model=* | --system=* | --file=* | --thinking=*) shape="$shape $(quoted "$arg")" ;;
	-m*) shape="$shape $(quoted "--model=${arg#-m}")" ;;
	-s*) shape="$shape $(quoted "--system=${arg#-s}")" ;;
	-f*) shape="$shape $(quoted "--file=${arg#-f}")" ;;
	--json) parse=' --json' ;;
	--show-pipeline) show=1 ;;
	-h | --help) usage; exit 0 ;;
	--version) echo "fb $version"; exit 0 ;;
	--) prompt="$prompt${prompt:+ }$*"; break ;;
	-?*) die "unknown option $arg; behind -- all is prompt" ;;
	*) prompt="$prompt${prompt:+ }$arg" ;;
	esac
done
if [ -n "$chat" ]; then
	[ ! -s "$chat" ] || shape="$shape $(quoted "--messages=$chat")"
	send="$send --keep-request" parse="$parse $(quoted "--save=$chat")"
fi

if [ ! -t 0 ]; then
	shape="fb-shape$shape --prompt=@-"
	# What comes on standard input, if anything does, stands behind a blank line.
	[ -z "$prompt" ] || shape="{ printf %s $(quoted "$prompt"); sed '1s/^/\\
\\
/'; } | $shape"
elif [ -n "$prompt" ]; then
	case $prompt in @*) prompt=@$prompt ;; esac # no file's name
	shape="fb-shape$shape $(quoted "--prompt=$prompt") </dev/null"
else
	die "what to ask is missing: fb 'What is 2 + 2?', or the prompt on standard input"
fi
pipe="$shape | fb-send$send | fb-parse$parse"
[ -z "$show" ] || pipe="printf '%s\n' $(quoted "$pipe")"
eval "$pipe"
