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
  -f, --file=FILE          attach a text file (repeatable)
      --json               print a result record in place of the text
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

quote() {
	printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

# The options for fb-shape are collected as one quoted line, for eval.
shape='' parse='' prompt=''
while [ $# -gt 0 ]; do
	arg=$1
	shift
	case $arg in
	-m | -s | -f | --model | --system | --file)
		[ $# -gt 0 ] || die "$arg: needs an argument"
		shape="$shape $arg $(quote "$1")"
		shift
		;;
	--model=* | --system=* | --file=* | -m?* | -s?* | -f?*) shape="$shape $(quote "$arg")" ;;
	--json) parse=--json ;;
	-h | --help) usage; exit 0 ;;
	--version) echo "fb $version"; exit 0 ;;
	--) prompt="$prompt${prompt:+ }$*"; break ;;
	-?*) die "unknown option $arg" ;;
	*) prompt="$prompt${prompt:+ }$arg" ;;
	esac
done

# The prompt, and behind a blank line what comes on standard input, if anything does.
text() {
	printf %s "$prompt"
	if [ -n "$prompt" ]; then
		sed '1s/^/\
\
/'
	else
		cat
	fi
}

[ -n "$prompt" ] || [ ! -t 0 ] || die 'what to ask is missing'
if [ -t 0 ]; then
	case $prompt in @*) prompt=@$prompt ;; esac
	eval "fb-shape --prompt=$(quote "$prompt") $shape </dev/null" | fb-send | fb-parse $parse
else
	text | eval "fb-shape --prompt=@- $shape" | fb-send | fb-parse $parse
fi
