# Bad input of fb-parse: replies and records that are cut, doubled, too long,
# mixed or endless.  Nothing of half an answer on stdout, one line that says
# what is wrong, bounded memory.
# shellcheck disable=SC2317

load helper

# answer TEXT(JSON) - a chat completion
answer() {
	printf '{"choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}]}' "$1"
}

# record ID TEXT(JSON) - a response record
record() {
	printf '{"id":"x","custom_id":"%s","response":{"status_code":200,"request_id":null,"body":%s},"error":null}\n' "$1" "$(answer "$2")"
}

# stream TEXT... - a raw stream of these
stream() {
	for text; do printf 'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' "$text"; done
	printf 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
}

# events ID TEXT... - event lines of these
events() {
	local id=$1
	shift
	for text; do printf '{"custom_id":"%s","event":{"choices":[{"index":0,"delta":{"content":"%s"}}]}}\n' "$id" "$text"; done
}

# cut_at FILE BYTES - so many of its bytes into fb-parse, as the stage before would leave them; sets got; out, err
cut_at() {
	got=0
	head -c "$2" "$1" | fb fb-parse >out 2>err || got=$?
}

# silent FILE FROM TO STEP - cut at each of these places nothing is printed, and it is told why
silent() {
	local at
	for ((at = $2; at <= $3; at += $4)); do
		cut_at "$1" "$at"
		[ ! -s out ] && [ "$got" -ge 2 ] && [ -s err ] && [ "$(wc -l <err)" -le 2 ] || {
			echo "$1 cut at $at: status $got, out: $(cat out), err: $(cat err)"
			return 1
		}
	done
}

step=1
[ -z "$FB_RUN" ] || step=29 # under a checker

@test "a raw stream that is cut prints nothing, wherever" {
	stream Hel 'lo, wo' rld >whole
	local end
	end=$(grep -abo '"finish_reason"' whole | cut -d : -f 1)
	silent whole 0 $((end + 10)) $step
	cut_at whole "$(stat -c %s whole)"
	[ "$got" -eq 0 ]
	[ "$(cat out)" = 'Hello, world' ]
}

@test "events whose record is cut print nothing, wherever" {
	{ events a Hel lo && record a '"Hello"'; } >whole
	silent whole 0 $(($(stat -c %s whole) - 3)) $step
	cut_at whole "$(($(stat -c %s whole) - 1))"
	[ "$got" -eq 0 ]
	[ "$(cat out)" = Hello ]
}

@test "a body that is cut prints nothing, wherever, and over many lines too" {
	answer '"Hello"' >whole
	silent whole 0 $(($(stat -c %s whole) - 1)) $step
	jq . whole >lines
	silent lines 0 $(($(stat -c %s lines) - 3)) $step
}

@test "of records the last of which is cut, the others come" {
	{ record a '"First."' && record b '"Second."'; } >whole
	local first at
	first=$(head -n 1 whole | wc -c)
	for ((at = first + 1; at < $(stat -c %s whole) - 2; at += 7)); do
		cut_at whole "$at"
		[ "$(cat out)" = First. ]
		[ "$got" -eq 1 ]
		[ "$(wc -l <err)" -eq 1 ]
	done
}

@test "several values on a line are no record: none of them is taken" {
	{
		printf '%s%s\n' "$(record a '"First."')" "$(record b '"Second."')"
		record c '"Third."'
	} >lines
	got=0
	fb fb-parse <lines >out 2>err || got=$?
	[ "$got" -eq 1 ]
	[ "$(cat out)" = Third. ]
	[[ "$(cat err)" == 'fb-parse: 1: input: '* ]]
	printf '%s\n' "$(record a '"First."') x" >lines
	got=0
	fb fb-parse <lines >out 2>err || got=$?
	[ "$got" -eq 4 ]
	[ ! -s out ]
}

@test "a record with neither a response nor an error, and an event of no form, are told" {
	got=0
	printf '{"custom_id":"a","response":null,"error":null}\n' | fb fb-parse >out 2>err || got=$?
	[ "$got" -eq 4 ]
	[ ! -s out ]
	[[ "$(cat err)" == 'fb-parse: a: input: neither a response nor an error'* ]]
	for event in null 1 '"x"' '[]' '{}' '{"choices":1}' '{"choices":[1,null,{}]}' '{"choices":[{"delta":{"content":{"a":1}}}]}'; do
		for live in '' --live; do
			got=0
			# shellcheck disable=SC2086
			printf '{"custom_id":"a","event":%s}\n' "$event" | fb fb-parse $live >out 2>err || got=$?
			[ "$got" -ge 2 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] || {
				echo "$event $live: status $got, $(cat out err)"
				return 1
			}
		done
	done
}

@test "an empty pipe is told: nothing came from the stage before" {
	for args in '' --live --json; do
		got=0
		# shellcheck disable=SC2086
		true | fb fb-parse $args >out 2>err || got=$?
		[ "$got" -eq 2 ]
		[[ "$(cat err)" == 'fb-parse: '*'nothing came from the stage before'* ]]
	done
	jq -e '.ok == false and .error.code == "input"' out
}

# of_size BYTES - a stream with an event line of so many bytes
of_size() {
	local head='data: {"choices":[{"index":0,"delta":{"content":"' tail='"}}]}'
	printf %s "$head"
	head -c $(($1 - ${#head} - ${#tail})) /dev/zero | tr '\0' x
	printf '%s\n\n' "$tail"
	stream
}

@test "an event of 16 MB is taken, one byte more is refused" {
	local most=$((16 << 20))
	of_size $most >stream
	fb fb-parse <stream >out
	[ "$(wc -c <out)" -eq $((most - 54 + 1)) ]
	of_size $((most + 1)) >stream
	got=0
	fb fb-parse <stream >out 2>err || got=$?
	[ "$got" -eq 4 ]
	[ ! -s out ]
	grep -q '16 MB' err
}

@test "lines without end, in each form, take bounded memory" {
	unchecked
	while IFS= read -r start; do
		got=0
		{ printf "%s" "$start" && head -c 300000000 /dev/zero | tr '\0' x; } |
			(ulimit -v 600000 && timeout 60 fb-parse -q >out 2>err) || got=$?
		[ "$got" -ge 2 ] && [ "$got" -le 5 ] && [ ! -s out ] && [ ! -s err ] || {
			echo "$start: status $got, $(head -c 300 err)"
			return 1
		}
	done <<-'EOF'
		data: {"choices":[{"delta":{"content":"
		data:
		event:
		:
		id: 
		{"custom_id":"a","response":{"status_code":200,"body":{"choices":[{"message":{"content":"
		{"custom_id":"a","event":{"choices":[{"delta":{"content":"
		{"custom_id":"
		{"error":{"message":"
		HTTP/1.1 200 OK
		[
	EOF
}

@test "a stream without end takes bounded memory, and is refused at 64 MB" {
	unchecked
	stream "$(head -c 4000 /dev/zero | tr '\0' x)" | head -n 2 >chunk
	got=0
	for ((i = 0; i < 100; i++)); do cat chunk chunk chunk chunk chunk chunk chunk chunk chunk chunk; done >some
	{ for ((i = 0; i < 30; i++)); do cat some; done && stream; } |
		(ulimit -v 600000 && timeout 60 fb-parse >out 2>err) || got=$?
	[ "$got" -eq 4 ]
	[ ! -s out ]
	[ "$(wc -l <err)" -eq 1 ]
}

# interleaved IDS CHUNKS - event streams of so many ids, a chunk of each in turn, and their records; every tenth failed
interleaved() {
	awk -v ids="$1" -v chunks="$2" 'BEGIN {
		for (c = 0; c < chunks; c++)
			for (i = 1; i <= ids; i++)
				printf "{\"custom_id\":\"%d\",\"event\":{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}}\n", i, c == 0 ? "<" i : c < chunks - 1 ? " word" : ">"
		for (i = 1; i <= ids; i++) {
			words = "<" i
			for (c = 1; c < chunks - 1; c++)
				words = words " word"
			printf "{\"custom_id\":\"%d\",\"response\":", i
			if (i % 10 == 0)
				printf "null,\"error\":{\"code\":\"timeout\",\"message\":\"too late\",\"stage\":\"send\",\"retryable\":true}}\n"
			else
				printf "{\"status_code\":200,\"body\":{\"choices\":[{\"index\":0,\"message\":{\"content\":\"%s>\"},\"finish_reason\":\"stop\"}]}},\"error\":null}\n", words
		}
	}'
}

# limited ARG... - fb-parse with little memory, on the file `mixed`; sets got; out, err
limited() {
	local limit=200000
	if [ -n "$FB_RUN" ] || sanitized; then limit=unlimited; fi
	got=0
	(ulimit -v $limit && fb fb-parse "$@" <mixed >out 2>err) || got=$?
}

@test "streams of 1,000 ids, a chunk of each in turn: every id's outcome is its own" {
	interleaved 1000 30 >mixed
	limited
	[ "$got" -eq 1 ]
	seq 1000 | awk '$1 % 10 != 0' | sed 's/^/</' | cmp - <(sed 's/ .*//' out)
	run -1 grep -v 'word>$' out
	grep -q '^fb-parse: timeout: 90 more$' err
	limited --json
	[ "$got" -eq 1 ]
	jq -es 'length == 1000 and all(.[]; .ok == ((.custom_id | tonumber) % 10 != 0)) and
		all(.[]; (.ok | not) or (.custom_id as $id | .text | startswith("<" + $id + " ")))' out
}

@test "the same while they arrive: every good answer is there once, and whole" {
	interleaved 1000 30 >mixed
	limited --live
	[ "$got" -eq 1 ]
	[ "$(grep -c '^<[0-9]*\( word\)*>$' out)" -eq 900 ] || { head -c 600 out && return 1; }
	[ "$(grep '>$' out | sed 's/ .*//' | sort -u | wc -l)" -eq 900 ]
}

@test "an id is the same however it is spelt: its events and its record are one answer" {
	local id
	for id in '\\u0061' 'a'; do
		{
			printf '{"custom_id":"%b","event":{"choices":[{"index":0,"delta":{"content":"One"}}]}}\n' "$id"
			echo '{"custom_id":"a","response":{"status_code":200,"body":{"choices":[{"message":{"content":"One"},"finish_reason":"stop"}]}},"error":null}'
		} | fb fb-parse --live | cmp - <(echo One)
	done
	printf '{"custom_id":"\\u00e9","event":{"choices":[{"index":0,"delta":{"content":"Half"}}]}}\n' >"cut"
	answer '"Whole"' >whole
	run -1 --separate-stderr fb fb-parse --live "cut" whole
	[ "$output" = $'Half\nWhole' ]
}

@test "a chunk of more members than any server sends is a bad reply, and soon" {
	{
		printf 'data: {"choices":[]'
		seq 40000 | sed 's/.*/,"m&":1/' | tr -d '\n'
		printf '}\n\ndata: [DONE]\n\n'
	} >many
	run -4 --separate-stderr timeout 20 "${FB_PREFIX[@]}" "$FB_BIN/fb-parse" many
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr == *bad_reply* ]]
}

@test "streams of 1,000 ids that are all cut: each is told" {
	interleaved 1000 3 | head -n 3000 >mixed
	limited --json
	[ "$got" -eq 5 ]
	jq -es 'length == 1000 and all(.[]; .ok == false and .error.code == "truncated") and ([.[].custom_id] | unique | length) == 1000' out
	limited
	[ ! -s out ]
	grep -q '^fb-parse: truncated: 990 more$' err
}
