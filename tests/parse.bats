# fb-parse: text out of whatever a server replied; a failure is never text.
# shellcheck disable=SC2317

load helper

setup_records() {
	cat >good <<-'EOF'
		{"id":"fb-1","custom_id":"a","response":{"status_code":200,"request_id":null,"body":{"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"First.","reasoning_content":"hm"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}}},"error":null,"route":{"ref":"p/m-1","provider":"p","model":"m-1","cost":{"input":2,"output":4,"cacheRead":0,"cacheWrite":0}},"digest":"x","timing":{"started":1,"total_ms":5},"attempts":[],"input":{"n":12345678901234567890}}
	EOF
	cat >bad <<-'EOF'
		{"id":"fb-2","custom_id":"b","response":{"status_code":429,"request_id":null,"body":{"error":{"message":"slow down"}}},"error":{"code":"rate_limit","message":"429 slow down","stage":"send","status":429,"retryable":true,"hint":"wait"},"route":{"ref":"p/m-1"},"attempts":[]}
	EOF
	cat >third <<-'EOF'
		{"id":"fb-3","custom_id":"c","response":{"status_code":200,"request_id":null,"body":{"choices":[{"index":0,"message":{"role":"assistant","content":"Third.\n"},"finish_reason":"length"}]}},"error":null}
	EOF
	cat good bad third >records
}

# answer TEXT(JSON) [MEMBERS] - a chat completion
answer() {
	printf '{"choices":[{"index":0,"message":{"role":"assistant","content":%s%s},"finish_reason":"stop"}]}' "$1" "${2-}"
}

# sse DELTA... - a whole stream of these deltas
sse() {
	for delta; do printf 'data: {"choices":[{"index":0,"delta":%s}]}\n\n' "$delta"; done
	printf 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
}

# --- text

# bats test_tags=memory
@test "the text comes exactly once, with one line break behind it" {
	answer '"Hello"' | fb fb-parse | cmp - <(printf 'Hello\n')
	answer '"Hello\n"' | fb fb-parse | cmp - <(printf 'Hello\n')
	answer '"\n Hello\n\n"' | fb fb-parse | cmp - <(printf '\n Hello\n\n')
	sse '{"role":"assistant","content":""}' '{"content":"Hel"}' '{"content":"lo"}' | fb fb-parse | cmp - <(printf 'Hello\n')
	sse '{"content":"Hello\n"}' | fb fb-parse | cmp - <(printf 'Hello\n')
	answer '[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]' | fb fb-parse | cmp - <(printf 'Hello\n')
	answer null ',"refusal":"No."' | fb fb-parse | cmp - <(printf 'No.\n')
}

@test "events and their record give the text once" {
	{
		echo '{"custom_id":"1","event":{"choices":[{"index":0,"delta":{"content":"Hel"}}]}}'
		echo '{"custom_id":"1","event":{"choices":[{"index":0,"delta":{"content":"lo"}}]}}'
		echo '{"id":"x","custom_id":"1","response":{"status_code":200,"request_id":null,"body":'"$(answer '"Hello"')"'},"error":null}'
	} >records
	fb fb-parse <records | cmp - <(printf 'Hello\n')
	fb fb-parse --live <records | cmp - <(printf 'Hello\n')
	run -0 fb fb-parse --json <records
	[ "${#lines[@]}" -eq 1 ]
}

@test "events whose record never comes are half an answer: a failure that is told" {
	echo '{"custom_id":"q","event":{"choices":[{"index":0,"delta":{"content":"half"}}]}}' >events
	run --separate-stderr fb fb-parse events
	[ "$status" -ne 0 ]
	[ -z "$output" ]
	[[ $stderr == 'fb-parse: q: '* ]]
	run --separate-stderr fb fb-parse --live events
	[ "$status" -ne 0 ]
	[[ $stderr == 'fb-parse: q: '* ]]
	run --separate-stderr fb fb-parse --json events
	[ "$status" -ne 0 ]
	jq -e '.custom_id == "q" and .ok == false and .error.code == "truncated"' <<<"$output"
	# Only of one of them.
	setup_records
	run -1 --separate-stderr fb fb-parse good events third
	[ "$output" = $'First.\nThird.' ]
	[[ $stderr == 'fb-parse: q: '* ]]
}

@test "every character comes through a pipe as it is" {
	answer '"\u001b[31m \u009b \u202e \u0000 \u0007 \u00e9 \ud83d\ude00 \\ \" \/ \t é"' | fb fb-parse |
		cmp - <(printf '\033[31m \xc2\x9b \xe2\x80\xae \0 \a \xc3\xa9 \xf0\x9f\x98\x80 \\ " / \t \xc3\xa9\n')
}

@test "a body over many lines, with blank lines before it, is one reply" {
	(printf '\n\n' && answer '"x"' | jq .) | fb fb-parse | cmp - <(echo x)
}

# bats test_tags=memory
@test "several records: whole good answers in order; failures are named on stderr; status 1" {
	setup_records
	run -1 --separate-stderr fb fb-parse <records
	[ "$output" = $'First.\nThird.' ]
	# shellcheck disable=SC2154
	[ "$stderr" = $'fb-parse: b: rate_limit: 429 slow down (wait)\nfb-parse: 1 cut at max_tokens' ]
	run -5 --separate-stderr fb fb-parse bad
	run -0 --separate-stderr fb fb-parse good good
	[ -z "$stderr" ]
	run -1 --separate-stderr fb fb-parse -q records
	[ -z "$stderr" ]
}

@test "ten lines a code are told, the rest is counted" {
	setup_records
	for ((i = 0; i < 25; i++)); do cat bad; done >many
	run -5 --separate-stderr fb fb-parse <many
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 11 ]
	[ "${stderr_lines[10]}" = 'fb-parse: rate_limit: 15 more' ]
}

@test "a message of a server is one line on stderr, whatever is in it" {
	printf '{"error":{"message":"two\\nlines\\r\\u001b[2J\\u009b\\u202e\\u0007"}}' >reply
	run --separate-stderr fb fb-parse <reply
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr != *[$'\x07\x1b\r']* ]]
	[[ $stderr != *$'\xc2\x9b'* ]]
	[[ $stderr != *$'\xe2\x80\xae'* ]]
}

# --- failures

# refused CODE STATUS TEXT - of fb-parse with the file `reply`
refused() {
	run "-$2" --separate-stderr fb fb-parse <reply
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == "fb-parse: 1: $1: "*"$3"* ]] || {
		echo "expected: $1: $3; got: $stderr"
		return 1
	}
	run "-$2" --separate-stderr fb fb-parse --json <reply
	jq -e --arg code "$1" --arg text "$3" '.ok == false and .error.code == $code and
		(.error.message | contains($text)) and .custom_id == "1"' <<<"$output"
}

@test "an error body in each shape that servers give it is a failure with the server's text" {
	local bad=0
	while IFS='|' read -r code end text body; do
		printf %s "$body" >reply
		run --separate-stderr fb fb-parse reply
		[ -z "$output" ] && [ "$status" -eq "$end" ] && [ "${#stderr_lines[@]}" -eq 1 ] &&
			[[ $stderr == "fb-parse: 1: $code: "*"$text"* ]] && continue
		echo "expected status $end, $code: $text; got $status, $stderr"
		bad=1
	done <<-'EOF'
		auth|4|Invalid key|{"error":{"message":"Invalid key","type":"authentication_error","param":null,"code":"invalid_api_key"}}
		invalid_request|4|bad request|{"error":{"message":"bad request","type":"invalid_request_error"}}
		invalid_request|4|bad request|{"error":{"code":400,"message":"bad request","type":"invalid_request_error"}}
		rate_limit|5|too fast|{"error":{"code":429,"message":"too fast"}}
		rate_limit|5|too fast|{"error":{"code":"rate_limit_exceeded","message":"too fast","type":"requests"}}
		server|5|went wrong|{"error":{"code":500,"message":"went wrong","type":"server_error"}}
		overloaded|5|Loading model|{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}
		model_not_found|4|no such model|{"error":{"message":"no such model","code":"model_not_found"}}
		string_content|4|expected a string|Failed to deserialize the JSON body into the target type: messages[1].content: invalid type: sequence, expected a string at line 1 column 9
		string_content|4|must have string|message must have string content
		tools_unsupported|4|--jinja|{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}
		context_length_exceeded|4|context size|{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":4}}
		insufficient_quota|4|no quota|{"error":{"message":"no quota","type":"insufficient_quota","code":"insufficient_quota"}}
	EOF
	[ $bad -eq 0 ]
}

@test "an error whose kind no word tells is a failure all the same" {
	while IFS='|' read -r text body; do
		printf %s "$body" >reply
		echo "$body"
		run --separate-stderr fb fb-parse <reply
		[ "$status" -eq 4 ] || [ "$status" -eq 5 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'fb-parse: 1: '*"$text"* ]]
	done <<-'EOF'
		it went wrong|{"error":"it went wrong"}
		it went wrong|{"error":"it went wrong","error_type":"generation"}
		it went wrong|{"object":"error","message":"it went wrong","type":"x","code":40}
		it went wrong|{"message":"it went wrong"}
		it went wrong|{"status":"failure","message":"it went wrong"}
		it went wrong|{"detail":"it went wrong"}
		body.messages.0.content: bad|{"detail":[{"loc":["body","messages",0,"content"],"msg":"bad","type":"x"}]}
		it went wrong|{"type":"error","error":{"type":"api_error","message":"it went wrong"}}
		it went wrong|{"success":false,"error":{"message":"it went wrong"}}
		it went wrong|{"error":{"message":"openai error: it went wrong"},"provider":"openai"}
		Bad Gateway|<html><head><title>502 Bad Gateway</title></head><body></body></html>
		Not Found|Not Found
		|{"status":"ok"}
		|{"choices":[]}
		|{}
		|[]
		|17
		|null
		|"text"
	EOF
}

@test "an error in a stream, in each shape, is a failure and prints nothing into a pipe" {
	while IFS='|' read -r body; do
		printf %b "$body" >reply
		echo "$body"
		refused model_error 5 'went wrong'
	done <<-'EOF'
		data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\ndata: {"error":{"message":"it went wrong"}}\n\n
		data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\ndata: {"error":{"message":"it went wrong"}}\n\ndata: [DONE]\n\n
		data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\nerror: {"code":500,"message":"it went wrong"}\n\ndata: [DONE]\n\n
		error: {"code":500,"message":"it went wrong"}\n\ndata: [DONE]\n\n
		event: error\ndata: {"error":{"message":"it went wrong"},"message":"it went wrong"}\n\n
		data: {"choices":[{"index":0,"delta":{"content":"Error: it went wrong"}}]}\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}\n\ndata: [DONE]\n\n
		data: {"error_type":"x","error_message":"it went wrong"}\n\n
		{"choices":[{"message":{"content":"Error: it went wrong"},"finish_reason":"error"}]}
	EOF
}

@test "a stream with no sign of its end is truncated, and half an answer is not printed" {
	printf 'data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\n' >reply
	refused truncated 5 'finish_reason'
	printf 'data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\ndata: {"choi' >reply
	run --separate-stderr fb fb-parse <reply
	[ "$status" -ge 4 ]
	[ -z "$output" ]
	printf ': ping\n\n' >reply
	refused truncated 5 ''
	answer '"half"' | head -c -20 >reply
	run --separate-stderr fb fb-parse <reply
	[ "$status" -ge 4 ]
	[ -z "$output" ]
}

@test "filtered, empty and unknown ends are failures" {
	local text='{"choices":[{"index":0,"message":{"content":%s},"finish_reason":"%s"}]}'
	# shellcheck disable=SC2059
	{
		printf "$text" '"half"' content_filter >reply
		refused content_filter 4 ''
		printf "$text" '" \n"' stop >reply
		refused empty 4 ''
		printf "$text" null stop >reply
		refused empty 4 ''
		printf "$text" '"half"' insufficient_system_resource >reply
		refused model_error 5 insufficient_system_resource
		printf "$text" '"x"' length >reply
	}
	run -0 --separate-stderr fb fb-parse <reply
	[ "$output" = x ]
	[ "$stderr" = 'fb-parse: 1 cut at max_tokens' ]
}

@test "nothing at all is an error of its own, with status 2" {
	run -2 --separate-stderr fb fb-parse </dev/null
	[ -z "$output" ]
	[[ $stderr == *'nothing came from the stage before'* ]]
	: >empty
	run -2 --separate-stderr fb fb-parse empty
	[[ $stderr == *'empty: '* ]]
}

@test "a request that was not sent is told so" {
	conf
	fb fb-config >route
	fb fb-shape -p x >request
	run -4 --separate-stderr fb fb-parse request
	[ -z "$output" ]
	[[ $stderr == *'input: '*'fb-send'* ]]
	run -4 --separate-stderr fb fb-parse route
	[[ $stderr == *'input: '* ]]
}

@test "a failed line of a Batch output file is told by its status and text" {
	cat >out.jsonl <<-'EOF'
		{"id":"batch_req_1","custom_id":"a","response":{"status_code":200,"request_id":"r","body":{"choices":[{"message":{"role":"assistant","content":"Good."},"finish_reason":"stop"}]}},"error":null}
		{"id":"batch_req_2","custom_id":"b","response":{"status_code":429,"request_id":"r","body":{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}},"error":null}
		{"id":"batch_req_3","custom_id":"c","response":null,"error":{"code":"batch_expired","message":"This request could not be executed before the completion window expired."}}
	EOF
	run -1 --separate-stderr fb fb-parse out.jsonl
	[ "$output" = Good. ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[1]} == 'fb-parse: c: '*'This request could not be executed'* ]]
	[[ ${stderr_lines[0]} == 'fb-parse: b: rate_limit: '*'slow down'* ]]
}

@test "half a batch that is cut in a record still gives the whole ones" {
	setup_records
	cat good good | head -c -30 >broken
	run -1 --separate-stderr fb fb-parse <broken
	[ "$output" = First. ]
	[[ $stderr == 'fb-parse: 2: input: not JSON'* ]]
}

# --- --json

@test "--json gives every field of the result record" {
	setup_records
	run -1 --separate-stderr fb fb-parse --json records
	[ "${#lines[@]}" -eq 3 ]
	same '{"custom_id":"a","ok":true,"ref":"p/m-1","model":"m-1","text":"First.","reasoning":"hm",
		"finish_reason":"stop","usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500},
		"cost":0.004,"timing":{"started":1,"total_ms":5},"attempts":[],"input":{"n":12345678901234567890},
		"error":null}' "${lines[0]}"
	[[ ${lines[0]} == *'"input":{"n":12345678901234567890}'* ]]
	jq -e '.custom_id == "b" and .ok == false and (has("text") | not) and .error == {"code":"rate_limit",
		"message":"429 slow down","stage":"send","status":429,"retryable":true,"hint":"wait"}' <<<"${lines[1]}"
	jq -e '.text == "Third.\n" and .finish_reason == "length"' <<<"${lines[2]}"
}

@test "--json: what came of a failed answer is there, but not ok" {
	sse '{"content":"half"}' | sed '/finish_reason/,$d' >reply
	run -5 --separate-stderr fb fb-parse --json reply
	jq -e '.ok == false and .text == "half" and .error.code == "truncated" and .error.stage == "parse"' <<<"$output"
}

# bats test_tags=memory
@test "tool calls are printed as JSON, and are in the result record" {
	cat >reply <<-'EOF'
		{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_0","type":"function","function":{"name":"add","arguments":"{\"a\": 12345678901234567890}"}},{"id":"call_1","type":"function","function":{"name":"now","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}
	EOF
	run -0 --separate-stderr fb fb-parse reply
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *12345678901234567890* ]]
	same '[{"id":"call_0","name":"add","arguments":{"a":12345678901234567890}},{"id":"call_1","name":"now","arguments":{}}]' "$output"
	run -0 fb fb-parse --json reply
	jq -e '.tool_calls | length == 2 and .[1].name == "now"' <<<"$output"
	sed 's/"{}"/"{"/' reply >broken
	run -4 --separate-stderr fb fb-parse broken
	[ -z "$output" ]
	[[ $stderr == *'tool_call: '* ]]
}

@test "reasoning is not on stdout, in any of the forms that it has" {
	for extra in ',"reasoning_content":"secret thoughts"' ',"reasoning":"secret thoughts"' \
		',"reasoning_details":[{"type":"reasoning.text","text":"secret thoughts"}]'; do
		answer '"Yes."' "$extra" >reply
		run -0 --separate-stderr fb fb-parse reply
		[ "$output" = Yes. ]
		[ -z "$stderr" ]
		run -0 fb fb-parse --json reply
		jq -e '.text == "Yes." and .reasoning == "secret thoughts"' <<<"$output"
	done
	answer '"<think>secret thoughts</think>\n\nYes."' | fb fb-parse | cmp - <(echo Yes.)
	sse '{"reasoning_content":"secret"}' '{"reasoning_content":" thoughts"}' '{"content":"Yes."}' >reply
	fb fb-parse reply | cmp - <(echo Yes.)
	sse '{"content":"<th"}' '{"content":"ink>secret thoughts</thi"}' '{"content":"nk>\n\nYes."}' >reply
	fb fb-parse reply | cmp - <(echo Yes.)
	fb fb-parse --live reply | cmp - <(echo Yes.)
}

@test "--envelope is what FluffBuzz prints" {
	setup_records
	run -0 fb fb-parse --envelope good
	same '{"ok":true,"capability":"model.run","transport":"local","provider":"p","model":"m-1","attempts":[],
		"outputs":[{"text":"First.","mediaUrl":null}],
		"usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}}' "$output"
	run -5 --separate-stderr fb fb-parse --envelope bad
	jq -e '.ok == false and .error.code == "rate_limit"' <<<"$output"
}

@test "-o FILE appears only when all is good" {
	setup_records
	echo old >file
	run -1 --separate-stderr fb fb-parse -o file records
	[ "$(cat file)" = old ]
	run -0 fb fb-parse -o file good
	[ -z "$output" ]
	[ "$(cat file)" = First. ]
	[ -z "$(find . -name 'file.*')" ]
}

# --- on a terminal

# terminal COMMAND - what it prints on one, without the terminal's own CR
terminal() {
	command -v script >/dev/null || skip 'no script(1) here'
	script -qec "$1" /dev/null </dev/null | tr -d '\r' >screen
}

@test "control characters are made harmless on a terminal, and with --no-escape are not" {
	answer '"a\u001b]52;c;aGk=\u0007b\u001b[2Jc\u009bd\u202ee\u0008f\u007fg\u0000h\tü\n\u2066i"' >reply
	terminal 'fb-parse reply'
	[ "$(tr -d '\n\t' <screen | LC_ALL=C tr -d '[:print:]' | od -An -tx1 | tr -d ' \n')" = c3bc ]
	grep -q 'a.*b.*c.*d.*e.*f.*g.*h' screen
	grep -q '202[Ee]' screen
	terminal 'fb-parse --no-escape reply'
	grep -q $'\x1b]52;c;aGk=\x07' screen
}

@test "an escape sequence that is split over two chunks is harmless too" {
	sse '{"content":"a\u001b"}' '{"content":"[2Jb\u00c2"}' '{"content":"\u009bc"}' >reply
	terminal 'fb-parse reply'
	run -1 grep -q $'\x1b' screen
	run -1 grep -q $'\xc2\x9b' screen
}

@test "a custom_id can't move the cursor either" {
	setup_records
	sed 's/"custom_id":"[bc]"/"custom_id":"x\\u001b[2Jy"/' records >odd
	terminal 'fb-parse odd || true'
	run -1 grep -q $'\x1b\\[2J' screen
	grep -q 'y <==' screen
}

@test "several answers on a terminal have heads, one answer has none" {
	setup_records
	terminal 'fb-parse good third 2>reasoning'
	grep -q '^First\.$' screen
	grep -q '^==> c <==$' screen
	terminal 'fb-parse good'
	run -1 grep '==>' screen
}

@test "text is shown while it arrives, once, and then the failure if there is one" {
	mkfifo feed
	fb fb-parse --live <feed >out 2>err 3>&- &
	FB_PIDS+=("$!")
	exec 9>feed
	printf 'data: {"choices":[{"index":0,"delta":{"content":"early "}}]}\n\n' >&9
	until_true '[ -s out ]'
	[ "$(cat out)" = 'early ' ]
	printf 'data: {"choices":[{"index":0,"delta":{"content":"late"}}]}\n\n' >&9
	exec 9>&-
	status=0
	wait "${FB_PIDS[0]}" || status=$?
	FB_PIDS=()
	[ "$status" -eq 5 ]
	cmp out <(printf 'early late\n')
	[[ $(cat err) == 'fb-parse: 1: truncated: '* ]]
}

@test "what the example replies of the reference say is what is printed" {
	cases=$(shared cases/captured/parse.jsonl)
	jq -rc 'select(.final_type == "done" and (.name | test("/direct/"))) |
		select([.message.content[] | select(.type == "toolCall")] == []) |
		[.name, ([.message.content[] | select(.type == "text") | .text] | join("")), .response.body] | @base64' \
		"$cases" >list
	[ -s list ]
	bad=0
	while read -r line; do
		base64 -d <<<"$line" >case
		jq -j '.[2]' case >reply
		jq -j '.[1]' case >want
		[ -s want ] || continue
		fb fb-parse reply >got 2>err || true
		[ "$(cat got)" = "$(cat want)" ] || {
			jq -r '.[0]' case
			cat err
			bad=1
		}
	done <list
	[ $bad -eq 0 ]
}
