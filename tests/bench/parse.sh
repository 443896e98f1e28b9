#!/bin/bash
# parse.sh - how fast fb-parse is: each goal that concerns it, measured.
#
#	make && tests/bench/parse.sh [GOAL]...		without names: all, in about two minutes
#
# A line a value: what, the median, the goal, the smallest and the largest; common.sh says more.
# shellcheck disable=SC1091,SC2034,SC2154 # common.sh reads TABLE, and sets what is not set here

# GOAL|VALUE|IS|LIMIT|WHAT
TABLE='
G7|cpu|<=|6|fb-parse CPU, 100 MB of a stream to text / line scan
G10|live|<=|100|fb-parse --live, us that a piece of an answer takes more than through cat, 1,000 a second
G10|send|<=|100|fb-send and fb-parse --live, us more than curl -N
G10|late|<=|1|fb-parse --live, % of pieces not out before the next came in, more than through cat
records|text|<=|1.0|fb-parse CPU, 20,000 records / jq -r, the answers
records|json|<=|1.0|fb-parse --json CPU, 20,000 records / jq -c .
records|csv|<=|1.0|fb-parse --csv CPU, 20,000 records / jq -r @csv
memory|peak|<=|24|fb-parse MB at the most, 1,000,000 records
memory|more|<=|1|the same, MB more than with 20,000
memory|json|<=|1|fb-parse --json, MB more for 200,000 records than for 20,000
'

source "${BASH_SOURCE[0]%/*}/common.sh"

G7() {
	helper gen && helper scanlines || return
	"$tmp/gen" stream 400000 >"$tmp/stream"
	[ "$(fb-parse "$tmp/stream" | wc -w)" -ge 400000 ] || cannot "fb-parse prints too little" || return
	pairs 5 '' cpu -- fb-parse "$tmp/stream" :: "$tmp/scanlines" "$tmp/stream"
}

# delayed WAY COMMAND... - sets us and late, of 1,000 pieces
delayed() {
	"$tmp/delay" "$1" 1000 "${@:2}" >"$tmp/delay.out" 2>"$tmp/delay.err" ||
		cannot "$2: $(tail -n 1 "$tmp/delay.err" "$tmp/delay.out" | tr '\n' ' ')" || return
	read -r us _ late _ <"$tmp/delay.out"
}

# The programs run beside each other, on all cores.
G10() {
	local run base missed
	need curl && helper delay || return
	for run in 1 2 3 4 5; do
		delayed pipe cat || return
		base=$us missed=$late
		delayed pipe fb-parse --live || return
		calc "$us - $base" >>"$tmp/live"
		calc "($late - $missed) / 10" >>"$tmp/late"
		# shellcheck disable=SC2016 # delay sets it
		delayed server sh -c 'exec curl -sN -d "{}" "$DELAY_URL/chat/completions"' || return
		base=$us
		# shellcheck disable=SC2016
		delayed server sh -c 'fb-shape -q --base-url "$DELAY_URL" -m m -p x | fb-send --events | fb-parse --live' || return
		calc "$us - $base" >>"$tmp/send"
	done
	got live "N=5 pairs of 1,000 pieces" <"$tmp/live"
	got send "N=5 pairs of 1,000 pieces" <"$tmp/send"
	got late "N=5 runs of 1,000" <"$tmp/late"
}

# ratio VALUE ARG... - of CPU, five pairs, as pair.c takes them
ratio() {
	pairs 5 20,000 -- "${@:2}" || return
	awk '$1 == "CPU" { gsub(/[()]/, ""); print $7; print $8; print $10 }' "$tmp/pair.out" | got "$1" "N=5 pairs of 20,000"
}

records() {
	local text='.response.body.choices[0].message.content'
	need jq && helper gen || return
	"$tmp/gen" replies 20000 >"$tmp/replies"
	cmp -s <(fb-parse "$tmp/replies") <(jq -j "$text | if endswith(\"\n\") then . else . + \"\n\" end" "$tmp/replies") || cannot "fb-parse and jq do not print the same" || return
	ratio text fb-parse "$tmp/replies" :: jq -r "$text" "$tmp/replies"
	ratio json fb-parse --json "$tmp/replies" :: jq -c . "$tmp/replies"
	grep -q -e --csv <(fb-parse --help) || cannot "this fb-parse has no --csv" || return
	ratio csv fb-parse --csv custom_id,text "$tmp/replies" :: jq -r "[.custom_id, $text] | @csv" "$tmp/replies"
}

# peak N [ARG]... - sets mb, the most that fb-parse ever had once it has read so many records
peak() {
	local n=$1 pid hwm
	shift
	rm -f "$tmp/in"
	mkfifo "$tmp/in" || return
	"${at_client[@]}" fb-parse "$@" <"$tmp/in" >/dev/null &
	pid=$!
	{
		"$tmp/gen" replies "$n"
		sleep 1 # for the last of them
		sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" >"$tmp/hwm"
	} >"$tmp/in"
	wait "$pid" || cannot "fb-parse fails" || return
	hwm=$(cat "$tmp/hwm")
	[ -n "$hwm" ] || cannot "no VmHWM in /proc" || return
	mb=$(calc "$hwm / 1024")
}

memory() {
	local few
	helper gen && peak 20000 || return
	few=$mb
	peak 1000000 || return
	echo "$mb" | got peak "N=1 run"
	calc "$mb - $few" | got more "N=1 run each"
	peak 20000 --json || return
	few=$mb
	peak 200000 --json || return
	calc "$mb - $few" | got json "N=1 run each"
}

measure "$@"
