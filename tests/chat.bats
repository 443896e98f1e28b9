# A conversation over several runs: fb-shape --messages reads the file to which
# fb-parse --save appends each turn.
# shellcheck disable=SC2154 # $stderr is of run's --separate-stderr

load helper

# chat FILE [ARG]... - one turn; the arguments go to fb-shape.  The status is fb-parse's.
chat() {
	local file=$1
	shift
	fb fb-shape -q --base-url "$MOCK/v1" -m mock --messages "$file" "$@" | fb fb-send -q --keep-request |
		fb fb-parse --save "$file"
}

# What the n-th request had as its messages.
sent() {
	sed -n "$1p" "$MOCK_LOG" | jq -r .body | jq -c .messages
}

@test "each turn's request has all turns before it, and the file is a message a line" {
	start_mock
	: >chat.jsonl
	local n want='' # run changes i
	for n in 1 2 3 4; do
		run -0 --separate-stderr chat chat.jsonl -s 'Be brief.' -p "question \"$n\" é"
		[ "$output" = "question \"$n\" é" ] # the mock says what it is told
		want+='{"role":"user","content":"question \"'$n'\" é"}'
		sent "$n" | same "[{\"role\":\"system\",\"content\":\"Be brief.\"},${want//\}\{/\},\{}]"
		want+='{"role":"assistant","content":"question \"'$n'\" é"}'
		same "$want" <chat.jsonl
		[ "$(wc -l <chat.jsonl)" -eq $((2 * n)) ]
	done
	[ "$(wc -l <"$MOCK_LOG")" -eq 4 ]
}

@test "a file that isn't there is made, its owner's only" {
	start_mock --reply 'Ho.'
	umask 022
	fb fb-shape -q --base-url "$MOCK/v1" -m mock -p Hi | fb fb-send -q --keep-request | fb fb-parse --save new.jsonl
	same '{"role":"user","content":"Hi"}{"role":"assistant","content":"Ho."}' <new.jsonl
	[ -n "$(find new.jsonl -perm 600)" ]
}

@test "a tool's result that the user adds to the file is there once, and the calls go on" {
	echo '{"calls":[{"id":"c1","name":"look","arguments":{"where":"here"}}]}' >script.jsonl
	echo '{"text":"It rains."}' >>script.jsonl
	start_mock --script script.jsonl
	echo '[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]' >tools.json
	: >chat.jsonl
	chat chat.jsonl --tools=tools.json -p 'The weather?' >calls
	jq -se '.[1] | .content == null and .tool_calls[0].id == "c1" and .tool_calls[0].type == "function" and
		(.tool_calls[0].function.arguments | fromjson) == {where:"here"}' chat.jsonl
	echo '{"role":"tool","tool_call_id":"c1","content":"rain"}' >>chat.jsonl
	sed -i 1d script.jsonl
	stop_mock
	start_mock --script script.jsonl
	run -0 chat chat.jsonl --tools=tools.json -p 'So?'
	[ "$output" = 'It rains.' ]
	sent '$' | jq -e '[.[].role] == ["user", "assistant", "tool", "user"]'
	jq -s . chat.jsonl | jq -e '[.[].role] == ["user", "assistant", "tool", "user", "assistant"]'
}

@test "three at once: each turn is there, none in between another" {
	start_mock --delay 100
	: >chat.jsonl
	local i pids=()
	for i in 1 2 3; do
		chat chat.jsonl -p "from $i" >"out$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[ "$(wc -l <chat.jsonl)" -eq 6 ]
	jq -se '[range(0; 6; 2) as $i | .[$i].role == "user" and .[$i + 1].role == "assistant" and
		.[$i].content == .[$i + 1].content] | all' chat.jsonl
	jq -se '[.[].content] | unique == ["from 1", "from 2", "from 3"]' chat.jsonl
}

@test "a failed answer saves nothing" {
	start_mock --faults '400,ok'
	echo '{"role":"user","content":"Hi"}' >chat.jsonl
	echo '{"role":"assistant","content":"Ho"}' >>chat.jsonl
	cp chat.jsonl before
	run -4 --separate-stderr chat chat.jsonl -p 'And?'
	[ -n "$stderr" ]
	cmp chat.jsonl before
	run -0 chat chat.jsonl -p 'And?'
	[ "$(wc -l <chat.jsonl)" -eq 4 ]
}

@test "without --keep-request nothing is saved, and the message names it" {
	start_mock
	: >chat.jsonl
	fb fb-shape -q --base-url "$MOCK/v1" -m mock --no-stream -p Hi | fb fb-send -q >answer
	run ! --separate-stderr fb fb-parse --save chat.jsonl answer
	[[ $stderr == *--keep-request* ]]
	[ ! -s chat.jsonl ]
}

@test "a file that can't grow is refused, and stays as it is" {
	start_mock
	local text
	for text in '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}]' \
		'{"role":"user","content":"Hi"}'$'\n''{"role":"assistant","content":"Ho"}'; do
		printf %s "$text" >chat.json
		cp chat.json before
		run -2 --separate-stderr chat chat.json -p 'And?'
		[[ $stderr == *chat.json:*line* ]]
		cmp chat.json before
	done
}

@test "a file that can't be written: status 3" {
	start_mock
	: >chat.jsonl
	fb fb-shape -q --base-url "$MOCK/v1" -m mock -p Hi | fb fb-send -q --keep-request >answer
	run -3 --separate-stderr fb fb-parse --save no/chat.jsonl answer
	[[ $stderr == *no/chat.jsonl* ]]
}
