#!/bin/sh
# demo.sh - fluffbuzz at work, without a model: `make demo`.
#
# fb-mock stands in for a server of the strict kind; it repeats what it is
# asked.  With FB_DEMO_BASE_URL=http://host:port/v1 that server is asked
# instead.  Each command is shown, then run; a status that is not the expected
# one ends the demo with a failure.
set -u

PATH=${FB_BIN:?}:$PATH
share=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
dir=$(mktemp -d) || exit 1
mock=''

finish() {
	status=$?
	trap - EXIT INT TERM
	[ -z "$mock" ] || kill "$mock" 2>/dev/null
	rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1
exec </dev/null # so that no command waits for the keyboard

# title TEXT - what comes next.
title() {
	printf '\n# %s\n' "$1"
}

# run STATUS COMMAND - shows it, runs it, and insists on its exit status
# (any, when a real server answers).
run() {
	printf '$ %s\n' "$2"
	sh -c "$2"
	got=$?
	if [ "$got" -ne "$1" ] && [ -z "${FB_DEMO_BASE_URL-}" ]; then
		echo "demo: status $got where $1 was due" >&2
		exit 1
	fi
	[ "$got" -eq 0 ] || echo "(status $got)"
}

if [ -n "${FB_DEMO_BASE_URL-}" ]; then
	base=${FB_DEMO_BASE_URL%/}
	case $base in */v1) ;; *) base=$base/v1 ;; esac
else
	title 'A server that takes text content only, as early inferrs did, on a free port'
	echo '$ fb-mock --profile strict-string &'
	fb-mock --profile strict-string --ready-file ready &
	mock=$!
	tries=0
	until [ -s ready ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] && kill -0 "$mock" || exit 1
		sleep 0.05
	done
	base=$(cat ready)/v1
fi

sed "s|http://127.0.0.1:8080/v1|$base|" "$share/examples/inferrs.json5" >fluffbuzz.json
FLUFFBUZZ_CONFIG_PATH=$dir/fluffbuzz.json
export FLUFFBUZZ_CONFIG_PATH
echo 'fluffbuzz joins small programs by pipes. A pipe is easy to look into.' >notes.txt
i=1
while [ "$i" -le 10 ]; do
	echo "{\"id\":\"q$i\",\"prompt\":\"What is $i + $i?\"}"
	i=$((i + 1))
done >prompts.jsonl

title 'The route: which server, which model, which key (where it is, never what it is)'
run 0 "fb-config | jq -c '.route | {ref, alias, baseUrl, endpoint, auth, maxTokens}'"

title 'The request: what will go over the wire, byte for byte'
run 0 "fb-config | fb-shape -p 'What is 2 + 2?' | jq -c .body"

title 'The answer, as it comes (this server repeats what it was asked)'
run 0 "fb-config | fb-shape -p 'What is 2 + 2?' | fb-send | fb-parse --live"

title 'A prompt with a file is two parts of content; this server refuses an array'
run 4 "fb-shape -c requiresStringContent=false -s 'Be brief.' -p Summarise: -f notes.txt | fb-send | fb-parse"

title 'With the flag that the hint names (it stands in the configuration)'
run 0 "fb-shape -s 'Be brief.' -p Summarise: -f notes.txt | fb-send | fb-parse"

title 'A batch: one line in, one line out'
run 0 "fb-shape prompts.jsonl | fb-send | fb-parse --json | jq -r '[.custom_id, .text] | @tsv'"

title "FluffBuzz's own command line"
run 0 "fluffbuzz infer model run --model inferrs/google/gemma-4-E2B-it --prompt 'What is 2 + 2? Reply with one short sentence.' --json"
