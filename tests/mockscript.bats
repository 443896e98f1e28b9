# fb-mock: answers by script, from records and from bytes; the crash; its journal.
# shellcheck disable=SC2317

load helper

chat=/v1/chat/completions

# What a server says that is to end by itself.
briefly() {
	timeout 60 "${FB_PREFIX[@]}" "$FB_BIN/fb-mock" "$@"
}

post() {
	curl -s -H 'Content-Type: application/json' "$MOCK$chat" -d "$1"
}

# ask TEXT [MODEL [MEMBERS]] - what is answered to that user text.
ask() {
	post '{"model":"'"${2-m}"'","messages":[{"role":"user","content":"'"$1"'"}]'"${3-}}"
}

# The text of a reply on stdin.
text() {
	jq -r '.choices[0].message.content'
}

# bad FILE-TEXT MESSAGE - a script that is refused.
bad() {
	printf '%b' "$1" >script.jsonl
	run -2 briefly --script script.jsonl
	[ "$output" = "fb-mock: script.jsonl:$2" ] || { echo "$1: $output" && return 1; }
}

# bats test_tags=memory
@test "--script: the first line that matches answers; without one the usual text does" {
	cat >script.jsonl <<-'EOF'
		{"match":{"text":"What is 2 + 2?"},"text":"4"}
		{"match":{"contains":"+ 2"},"text":"something and two"}

		{"match":{"model":"other"},"text":"from the other one"}
		{"match":{"model":"m","contains":"both"},"text":"both hold"}
	EOF
	start_mock --script script.jsonl
	[ "$(ask 'What is 2 + 2?' | text)" = 4 ]
	[ "$(ask 'What is 3 + 2?' other | text)" = "something and two" ]
	[ "$(ask 'x' other | text)" = "from the other one" ]
	[ "$(ask 'both' | text)" = "both hold" ]
	[ "$(ask 'both' third | text)" = both ]
	[ "$(post '{"messages":[{"role":"user","content":[{"type":"text","text":"What is "},
		{"type":"text","text":"2 + 2?"}]}]}' | text)" = 4 ]
	start_mock --script script.jsonl --reply usual
	[ "$(ask x | text)" = usual ]
}

@test "--script: a line without a match matches all, n is the request's ordinal" {
	printf '%s\n' '{"match":{"n":2},"text":"second"}' '{"text":"any"}' >script.jsonl
	start_mock --script script.jsonl
	[ "$(ask a | text)" = any ]
	curl -s "$MOCK/health" -o out
	[ "$(ask a | text)" = second ]
	[ "$(ask a | text)" = any ]
}

@test "--script: texts may hold any character, escapes are understood on both sides" {
	printf '%s\n' '{"match":{"text":"caf\u00e9 \"x\"\n"},"text":"\u0000\ud83d\ude00 tab\t"}' \
		'{"match":{"text":""},"text":"empty"}' >script.jsonl
	start_mock --script script.jsonl
	ask 'café \u0022x\"\u000a' | jq -e '.choices[0].message.content == "\u0000\ud83d\ude00 tab\t"'
	[ "$(ask '' | text)" = empty ]
	[ "$(ask y | text)" = y ]
}

@test "--script: reasoning, finish reason and usage, in one piece and as a stream" {
	echo '{"text":"4","reasoning":"two and two","finish":"length","usage":{"prompt_tokens":7,"completion_tokens":8,"total_tokens":15}}' >script.jsonl
	start_mock --script script.jsonl
	ask x | jq -e '.choices[0].message.content == "4" and .choices[0].finish_reason == "length" and
		.usage == {prompt_tokens:7, completion_tokens:8, total_tokens:15} and
		([.choices[0].message | .. | strings] | index("two and two") != null)'
	ask x m ',"stream":true,"stream_options":{"include_usage":true}' | sed -n 's/^data: {/{/p' >chunks
	jq -es 'map(.choices[0].finish_reason // empty) == ["length"] and
		(map(.usage // empty) | last | .total_tokens) == 15 and
		(map(.choices[0].delta.content // "") | add) == "4" and
		(map(.choices[0].delta | (.reasoning_content // .reasoning // "")) | add) == "two and two"' chunks
}

@test "--script: tool calls come out as the client is to see them" {
	echo '{"calls":[{"id":"c1","name":"look","arguments":{"where":"here","n":1}},{"name":"go","arguments":{}}]}' >script.jsonl
	start_mock --script script.jsonl
	ask x | jq -e '.choices[0] | .finish_reason == "tool_calls" and .message.content == null and
		(.message.tool_calls | length == 2 and .[0].id == "c1" and .[0].type == "function" and
		.[0].function.name == "look" and (.[0].function.arguments | fromjson) == {where:"here",n:1} and
		.[1].function.name == "go" and (.[1].id | length > 0))'
	ask x m ',"stream":true' >out
	fb fb-parse --json out >result
	jq -e '.tool_calls | length == 2 and .[0].name == "look" and .[0].arguments == {where:"here",n:1}' result
}

@test "--script: a status and a body in place of an answer" {
	cat >script.jsonl <<-'EOF'
		{"match":{"text":"json"},"status":503,"body":{"error":{"message":"busy"}}}
		{"match":{"text":"text"},"status":500,"body":"oh\nno"}
		{"match":{"text":"nothing"},"status":502}
	EOF
	start_mock --script script.jsonl
	run -0 curl -s -w '|%{http_code}|%{content_type}' "$MOCK$chat" -d '{"messages":[{"role":"user","content":"json"}]}'
	[ "$output" = '{"error":{"message":"busy"}}|503|application/json' ]
	run -0 curl -s -w '|%{http_code}|%{content_type}' "$MOCK$chat" -d '{"messages":[{"role":"user","content":"text"}]}'
	[ "$output" = $'oh\nno|500|text/plain; charset=utf-8' ]
	run -0 curl -s -w '|%{http_code}|%{content_type}' "$MOCK$chat" -d '{"messages":[{"role":"user","content":"nothing"}]}'
	[ "$output" = '|502|' ]
}

@test "--script: delay_ms holds the reply back, ttft_ms the first word" {
	printf '%s\n' '{"match":{"text":"slow"},"delay_ms":400}' '{"match":{"text":"late"},"ttft_ms":400}' >script.jsonl
	start_mock --script script.jsonl
	run -0 curl -s -o out -w '%{time_starttransfer} %{time_total}' "$MOCK$chat" -d '{"messages":[{"role":"user","content":"slow"}]}'
	awk '{ exit !($1 >= 0.39) }' <<<"$output"
	[ "$(text <out)" = slow ]
	run -0 curl -s -o out -w '%{time_starttransfer} %{time_total}' "$MOCK$chat" -d '{"stream":true,"messages":[{"role":"user","content":"late"}]}'
	awk '{ exit !($2 >= 0.39 && $1 < 0.3) }' <<<"$output"
	[ "$(fb fb-parse out)" = late ]
	run -0 curl -s -o out -w '%{time_total}' "$MOCK$chat" -d '{"messages":[{"role":"user","content":"other"}]}'
	awk '{ exit !($1 < 0.3) }' <<<"$output"
}

# bats test_tags=memory
@test "--script: a bad line is told with line and column, status 2" {
	bad '{"text":"a"}\n\n  {' '3:4: not JSON: expected a member name'
	bad '{"text":"a"\n' "1:12: not JSON: expected ',' or '}'"
	bad '[]' '1:1: an object is due, such as {"match":{"n":1},"text":"4"}'
	bad '{"text":5}' '1:9: text: a string or null is due'
	bad '{"texd":"x"}' '1:2: unknown member: texd; did you mean text?'
	bad '{"match":{"modle":"x"}}' '1:11: unknown member: modle; did you mean model?'
	bad '{"match":5}' '1:10: match: an object is due'
	bad '{"match":{"n":0}}' '1:15: n: a whole number from 1 to 1000000000000 is due'
	bad '{"match":{"n":1.5}}' '1:15: n: a whole number from 1 to 1000000000000 is due'
	bad '{"match":{"text":null}}' '1:18: text: a string is due'
	bad '{"calls":{}}' '1:10: calls: an array is due'
	bad '{"calls":[5]}' '1:11: calls: an object {"name":..,"arguments":{..}} is due'
	bad '{"calls":[{"arguments":{}}]}' '1:11: calls: a call without a name'
	bad '{"calls":[{"name":"a","arguments":"{}"}]}' '1:35: arguments: an object is due'
	bad '{"usage":[]}' '1:10: usage: an object is due'
	bad '{"delay_ms":-1}' '1:13: delay_ms: a whole number from 0 to 3600000 is due'
	bad '{"ttft_ms":99999999999999999999}' '1:12: ttft_ms: a whole number from 0 to 3600000 is due'
	bad '{"status":99}' '1:11: status: a whole number from 200 to 599 is due'
	bad '{"body":"x"}' '1:9: body: it goes with a status only'
	bad '{"status":500,"text":"x"}' '1:11: status: nothing but body and delay_ms goes with it'
	bad '{"text":"a","text":"b"}' '1:13: text: given twice'
	bad '{"text":"\xff"}' '1:10: not JSON: not valid UTF-8'
	bad '\n\n' '3:1: nothing in it: a line is due, such as {"text":"4"}'
	bad '' '1:1: nothing in it: a line is due, such as {"text":"4"}'
}

@test "files of answers that are not there, directories and two at once are status 2" {
	local option
	mkdir dir
	for option in --script --replay --raw-reply; do
		run -2 briefly $option no/such
		[ "$output" = "fb-mock: no/such: No such file or directory" ]
		run -2 briefly $option dir
		[ "$output" = "fb-mock: dir: Is a directory" ]
	done
	run -2 briefly --script a --replay b
	[[ $output == "fb-mock: only one of --script, --replay and --raw-reply can be given"* ]]
	run -2 briefly --max-prompt 0
	run -2 briefly --max-prompt x
}

@test "--script: a line of a megabyte is a line; ten thousand lines are enough" {
	head -c 1000000 /dev/zero | tr '\0' a >long
	jq -Rc '{text:.}' long >script.jsonl
	start_mock --script script.jsonl
	[ "$(ask x | text | wc -c)" -eq 1000001 ]
	yes '{"text":"a"}' | head -n 10001 >script.jsonl
	run -2 briefly --script script.jsonl
	[ "$output" = "fb-mock: script.jsonl:10001:1: more than 10000 answers" ]
}

# The body of a file's first request, the bytes as they stand in the line.
body_of() {
	sed -n '1s/.*,"body":\({.*}\),"route":.*/\1/p' "$1" | tr -d '\n'
}

# record STREAM - records of three requests, made by the pipe itself: replies.jsonl.
record() {
	echo '{"match":{"contains":"fail"},"status":400,"body":{"error":{"message":"no"}}}
{"match":{"contains":"call"},"calls":[{"id":"c9","name":"look","arguments":{"a":[1]}}]}
{"text":"it was \"recorded\"\u00e9","reasoning":"hm","finish":"length"}' >script.jsonl
	start_mock --script script.jsonl
	printf '{"id":"%s","prompt":"%s"}\n' a one b 'call it' c 'fail it' |
		fb fb-shape --base-url "$MOCK/v1" -m mock | jq -c ".body.stream = $1" >requests.jsonl
	fb fb-send requests.jsonl >replies.jsonl 2>err || true
	stop_mock
	[ "$(wc -l <replies.jsonl)" -eq 3 ]
}

@test "--replay answers a known body with the status and body of its record" {
	record false
	start_mock --replay replies.jsonl
	local id
	for id in a b c; do
		jq -c "select(.custom_id == \"$id\")" requests.jsonl >one
		body_of one >body
		curl -s -w '%{stderr}%{http_code}' "$MOCK$chat" --data-binary @body >got 2>status
		jq -c "select(.custom_id == \"$id\") | .response.body" replies.jsonl >want
		diff <(jq -cS . want) <(jq -cS . got)
		[ "$(cat status)" = "$(jq "select(.custom_id == \"$id\") | .response.status_code" replies.jsonl)" ]
	done
}

# bats test_tags=memory
@test "--replay streams a record to who asks for a stream, and the pipe ends in the same results" {
	record true
	fb fb-parse --json replies.jsonl 2>err | jq -c '[.custom_id, .ok, .text, .reasoning, .tool_calls, .finish_reason, .usage, .error.code]' >want
	start_mock --replay replies.jsonl
	# what names the server is no part of the body
	sed "s,http://127\.0\.0\.1:[0-9]*/v1,$MOCK/v1,g" requests.jsonl | fb fb-send >again.jsonl || true
	fb fb-parse --json again.jsonl 2>err | jq -c '[.custom_id, .ok, .text, .reasoning, .tool_calls, .finish_reason, .usage, .error.code]' >got
	diff want got
	[ "$(curl -s "$MOCK/_stats" | jq .streams)" -eq 2 ]
}

@test "--replay: an unknown body is 404 with an error, whatever it is" {
	record true
	start_mock --replay replies.jsonl
	run -0 curl -s -w '|%{http_code}' "$MOCK$chat" -d '{"messages":[]}'
	[ "$output" = '{"error":{"message":"no record has the digest of this body","type":"replay","param":null,"code":null}}|404' ]
	[ "$(curl -s -o out -w '%{http_code}' "$MOCK$chat" -d 'no JSON')" = 404 ]
	[ "$(curl -s -o out -w '%{http_code}' -X POST "$MOCK$chat")" = 404 ]
}

@test "--replay: of several records the last counts; errors without a reply and events are passed over" {
	# FNV-1a of the empty text
	local digest=cbf29ce484222325
	{
		printf '\357\273\277{"custom_id":"1","event":"restart"}\n'
		echo '{"response":null,"error":{"code":"connect","message":"x"}}'
		echo
		echo '{"response":{"status_code":200,"body":{"a":1}},"digest":"'"$digest"'"}'
		printf '%s\r\n' '  {"response":{"status_code":201,"body":"not\nJSON"},"digest":"'"$digest"'"}'
		printf '%s' '{"response":{"status_code":200,"body":{"a":2}},"digest":"0000000000000000"}'
	} >replies.jsonl
	start_mock --replay replies.jsonl
	run -0 curl -s -w '|%{http_code}|%{content_type}' -X POST "$MOCK$chat"
	[ "$output" = $'not\nJSON|201|text/plain; charset=utf-8' ]
}

# bats test_tags=memory
@test "--replay: a bad file is told with line and column, status 2" {
	local good='{"response":{"status_code":200,"body":{}},"digest":"0123456789abcdef"}' line want
	while IFS='|' read -r line want; do
		printf '%s\n%s\n' "$good" "$line" >replies.jsonl
		run -2 briefly --replay replies.jsonl
		[ "$output" = "fb-mock: replies.jsonl:2:$want" ]
	done <<-'EOF'
		[]|1: a response record is due, an object
		{"body":{}}|1: no response in it: records of fb-send are due
		{"response":{"body":{}}}|13: response.status_code: a number from 200 to 599 is due
		{"response":{"status_code":"200","body":{}}}|28: response.status_code: a number from 200 to 599 is due
		{"response":{"status_code":200,"body":{}}}|1: digest: 16 lower-case hex digits are due, as fb-send writes them
		{"response":{"status_code":200,"body":{}},"digest":"0123456789ABCDEF"}|52: digest: 16 lower-case hex digits are due, as fb-send writes them
	EOF
	printf '%s\n{"a"' "$good" >replies.jsonl
	run -2 briefly --replay replies.jsonl
	[[ $output == "fb-mock: replies.jsonl:2:5: not JSON: "* ]]
	: >replies.jsonl
	run -2 briefly --replay replies.jsonl
	[ "$output" = "fb-mock: replies.jsonl: no response record in it" ]
	run -2 briefly --replay /dev/null
	[ "$output" = "fb-mock: /dev/null: not a regular file" ]
}

@test "--replay: a file that was cut meanwhile is a 500 and no crash" {
	record true
	start_mock --replay replies.jsonl
	body_of requests.jsonl >body
	[ "$(curl -s -o out -w '%{http_code}' "$MOCK$chat" --data-binary @body)" = 200 ]
	: >replies.jsonl
	[ "$(curl -s -o out -w '%{http_code}' "$MOCK$chat" --data-binary @body)" = 500 ]
	jq -e '.error.message == "the file of records was changed"' out
}

@test "--raw-reply sends a file's bytes as they are, then closes" {
	printf 'HTTP/1.1 299 Odd\r\nX-Thing: \377\r\nContent-Length: 100\r\n\r\nshort\0er' >bytes
	start_mock --raw-reply bytes
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	printf 'POST %s HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}' "$chat" >&9
	timeout 10 cat <&9 | cmp - bytes
	exec 9>&-
	curl -s "$MOCK/health" | grep -q ok
	[ "$(curl -s "$MOCK/_stats" | jq -c .paths)" = '{"'"$chat"'":{"299":1},"/health":{"200":1}}' ]
	printf 'garbage\n' >bytes
	start_mock --raw-reply bytes
	run curl -s --http0.9 "$MOCK$chat" -d '{}'
	[ "$output" = garbage ]
	[ "$(curl -s "$MOCK/_stats" | jq -c .paths)" = '{"'"$chat"'":{"0":1}}' ]
}

@test "--max-prompt: a body of more bytes is answered by the crash as inferrs reports it" {
	local said='Error: shape mismatch in broadcast_add, lhs: [1,8,662,662], rhs: [1,1,662,512]' body
	local profile
	body='{"messages":[{"role":"user","content":"hi"}]}'
	for profile in echo strict-string; do
		start_mock --profile $profile --max-prompt ${#body}
		[ "$(post "$body" | text)" = hi ]
		post "$body " | jq -e --arg said "$said" '.choices[0] | .message.content == $said and .finish_reason == "error"'
		[ "$(curl -s -o out -w '%{http_code}' -H 'Content-Type: application/json' "$MOCK$chat" -d "$body ")" = 200 ]
		post '{"stream":true,"messages":[{"role":"user","content":"hi"}]}' >out
		sed -n 's/^data: {/{/p' out | jq -es --arg said "$said" '(map(.choices[0].delta.content // "") | add) == $said and
			(map(.choices[0].finish_reason // empty) == ["error"])'
		[ "$(tail -n 2 out)" = "data: [DONE]" ]
	done
}

# bats test_tags=memory
@test "GET /_log has the requests so far, as --log has them; looking is not logged" {
	start_mock
	[ -z "$(curl -s "$MOCK/_log")" ]
	ask 'café'
	curl -s "$MOCK/x?y=1" -H 'X-One: 1' -H 'x-one: 2' --data-binary $'\xff' -o out
	curl -s -H 'Transfer-Encoding: chunked' "$MOCK/z" --data-binary @"$FB_ROOT/Makefile"
	curl -s "$MOCK/_stats" -o out
	curl -s -D head "$MOCK/_log" >got
	cmp got "$MOCK_LOG"
	[ "$(wc -l <got)" -eq 3 ]
	grep -qi '^content-type: application/jsonl' head
	[ "$(curl -s -o out -w '%{http_code}' -d x "$MOCK/_log")" = 405 ]
}

@test "GET /_log keeps the last thousand requests, and no more than 16 MB" {
	start_mock
	local i
	for ((i = 0; i < 1010; i++)); do printf 'GET /%d HTTP/1.1\r\n\r\n' $i; done >many
	printf 'GET /end HTTP/1.0\r\n\r\n' >>many
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	cat many >&9
	timeout 20 cat <&9 >out
	exec 9>&-
	curl -s "$MOCK/_log" | jq -r .path >paths
	[ "$(wc -l <paths)" -eq 1000 ]
	[ "$(head -n 1 paths)" = /11 ]
	[ "$(tail -n 1 paths)" = /end ]
	curl -s "$MOCK/_stats" | jq -e '.log == {kept:1000, dropped:11} and .requests == 1011'
	head -c 9000000 /dev/zero | tr '\0' a >big
	curl -s "$MOCK/one" --data-binary @big
	curl -s "$MOCK/two" --data-binary @big
	[ "$(curl -s "$MOCK/_log" | jq -r .path)" = /two ]
	cat big big >bigger
	curl -s "$MOCK/three" --data-binary @bigger
	[ "$(curl -s "$MOCK/_log" | jq -r .path)" = /two ]
}

@test "GET /_stats counts requests, streams, bytes, paths by status and connections" {
	start_mock
	curl -s "$MOCK/_stats" | same '{"requests":0,"streams":0,"bytes_in":0,"bytes_out":0,"paths":{},
		"connections":{"accepted":1,"open":1},"log":{"kept":0,"dropped":0}}'
	curl -s "$MOCK/health" "$MOCK/health" -o out -o out
	post '{"messages":[]}'
	post '{"messages":5}'
	post '{"messages":[],"stream":true}'
	curl -s "$MOCK/_stats" >stats
	jq -e '.requests == 5 and .streams == 1 and .connections.accepted == 6 and .log.kept == 5 and
		.paths == {"/health":{"200":2},"/v1/chat/completions":{"200":2,"400":1}} and .bytes_in > 500 and .bytes_out > 900' stats
	[ "$(jq -c keys_unsorted stats)" = '["requests","streams","bytes_in","bytes_out","paths","connections","log"]' ]
	local i
	for ((i = 0; i < 40; i++)); do printf 'GET /%d HTTP/1.1\r\n\r\n' $i; done >many
	printf 'GET /%0100d HTTP/1.0\r\n\r\n' 0 >>many
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	cat many >&9
	timeout 20 cat <&9 >out
	exec 9>&-
	curl -s "$MOCK/_stats" | jq -e '(.paths | length == 33) and .paths.other == {"404":11}'
}

@test "the agent turn is what its script makes, and as large as said" {
	local file=$FB_ROOT/share/examples/agent-turn.json size
	sh "$FB_ROOT/share/examples/agent-turn.sh" | cmp - "$file"
	size=$(wc -c <"$file")
	[ "$size" -ge 63000 ]
	[ "$size" -le 67000 ]
	size=$(jq -j '.messages[0].content' "$file" | wc -c)
	[ "$size" -ge 28000 ]
	[ "$size" -le 30000 ]
	[ "$(jq -c 'del(.tools)' "$file" | wc -c)" -lt 32000 ]
	jq -e '(.tools | length == 24 and all(.[]; .type == "function" and .function.parameters.type == "object")) and
		([.tools[].function.name] | unique | length == 24) and
		[.messages[].role] == ["system", "user"] and .messages[1].content == "What is 2 + 2?"' "$file"
}
