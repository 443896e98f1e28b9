# fb-send: what is sent, what is written of it, and how each failure is told.
# shellcheck disable=SC2317

load helper
load data/serve

chat='{"messages":[{"role":"user","content":"hi"}]}'

# A connect timeout takes its ten seconds: begun here, looked at in the last test.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	perl "$FB_ROOT/tests/serve.pl" --full >port 2>/dev/null 3>&- &
	echo $! >pid
	(
		until [ -s port ]; do sleep 0.05; done
		fb fb-send --base-url "http://127.0.0.1:$(cat port)/v1" -m m --no-events -q <<<"$chat" >record || echo $? >status
	) >/dev/null 2>&1 3>&- &
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

# FNV-1a, 64 bits, of stdin.
fnv() {
	perl -e 'use integer; local $/; $h = 0xcbf29ce4 << 32 | 0x84222325;
		$h = ($h ^ $_) * 1099511628211 for unpack "C*", <STDIN>;
		printf "%08x%08x\n", $h >> 32 & 0xffffffff, $h & 0xffffffff;'
}

# chunks DELTA... - a stream of chunks whose only choice has these deltas (JSON), one a chunk.
chunks() {
	local delta
	for delta; do
		printf 'data: {"id":"c-1","created":5,"model":"m-1","choices":[{"index":0,"delta":%s,"finish_reason":null}]}\n\n' "$delta"
	done
}

finished() {
	printf 'data: {"id":"c-1","choices":[{"index":0,"delta":{},"finish_reason":"%s"}]}\n\n' "${1:-stop}"
}

# --- what goes out

# bats test_tags=memory
@test "a response record says what was asked, what came, how long it took" {
	start_mock --reply 'The answer.'
	conf
	fb fb-shape <<<'{"id":"row 7","prompt":"q","text":"of mine","n":1}' >request
	run -0 --separate-stderr fb fb-send <request
	# shellcheck disable=SC2154
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.custom_id == "row 7" and .error == null and .response.status_code == 200 and
		.response.body.choices[0].message.content == "The answer." and
		.response.body.usage.total_tokens > 0 and .attempts == [] and
		.route.ref == "inferrs/google/gemma-4-E2B-it" and .input == {"id":"row 7","text":"of mine"}' <<<"$output"
	jq -e --argjson now "$(date +%s)" '.timing | (.started <= $now + 1 and .started > $now - 60) and
		(.total_ms >= .ttft_ms and .ttft_ms >= 0 and .connect_ms >= 0 and .queued_ms >= 0)' <<<"$output"
	[ "$(printf foobar | fnv)" = 85944171f73967e8 ]
	digest=$(jq -j .body "$MOCK_LOG" | fnv)
	jq -e --arg d "$digest" '.digest == $d and .id == "fb-" + $d' <<<"$output"
	# A secret's place is no business of the stages behind.
	jq -e '.route | has("auth") or has("baseUrl") | not' <<<"$output"
}

@test "the first of two files is not the only request: no events" {
	start_mock
	echo '{"stream":true,"messages":[{"role":"user","content":"hi"}]}' | tee one >two
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m one two
	[ "${#lines[@]}" -eq 2 ]
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m one
	[ "${#lines[@]}" -gt 1 ]
}

@test "--curl prints commands only; what is no request is told" {
	start_mock
	printf '%s\n' "$chat" nonsense '{"custom_id":"x","error":{"code":"input","message":"before","stage":"shape"}}' "$chat" >in
	run -1 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m --curl in
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == "curl "* && ${lines[1]} == "curl "* ]]
	[[ $stderr == *"in:2: "*"not JSON"*"x: input: before"* ]]
	[ ! -s "$MOCK_LOG" ]
}

@test "another model than was asked for is told once for each pair, with -q not at all" {
	serve
	reply a '200 OK' <<<'{"model":"served-model","choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
	for model in asked served-model served-model-2024-08-06 asked other; do
		jq -c --arg m $model '.model = $m' <<<"$chat"
	done >in
	run -0 --separate-stderr fb fb-send --base-url "$SERVE/a" -m m in
	[ "${#lines[@]}" -eq 5 ]
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ $stderr == *"fb-send: warning: asked for asked, but served-model answered"* ]]
	[[ $stderr == *"fb-send: warning: asked for other, but served-model answered"* ]]
	run -0 --separate-stderr fb fb-send --base-url "$SERVE/a" -m m -q in
	[ -z "$stderr" ]
}

@test "--resume with an empty input and a new file: there was nothing to send" {
	run -2 --separate-stderr fb fb-send --resume run.jsonl </dev/null
	[ -z "$output" ]
	[[ $stderr == "fb-send: nothing to send: "* ]]
	start_mock
	echo "$chat" | fb fb-send --base-url "$MOCK/v1" -m m --resume run.jsonl
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m --resume run.jsonl </dev/null
	[ -z "$stderr" ]
}

@test "a record that --retry-failed can't send again stays as it is, with its request" {
	echo "$chat" | fb fb-send --base-url http://127.0.0.1:9/v1 -m m --retries 0 -q >run.jsonl || true
	cp run.jsonl before
	# No configuration, and no server is named.
	run -5 --separate-stderr fb fb-send --retry-failed run.jsonl
	[[ $stderr == *"there is no configuration"* ]]
	cmp before run.jsonl
	start_mock
	fb fb-send --base-url "$MOCK/v1" -m m --retry-failed run.jsonl
	jq -e '.error == null' run.jsonl
}

@test "a buffer of no bytes: one request after the other, and no waiting between those that aren't sent" {
	start_mock
	for i in 1 2 3 4 5 6; do echo "$chat"; done >in
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m --reorder-bytes 0 in
	[ "${#lines[@]}" -eq 6 ]
	for ((i = 0; i < 100; i++)); do echo "$chat"; done >in
	# The first twenty can't connect; 80 naps of 0.2 s would be over the limit.
	run -5 timeout 12 "$FB_BIN/fb-send" --base-url http://127.0.0.1:9/v1 -m m --retries 0 --reorder-bytes 0 -q in
	[ "$(grep -c '"skipped"' <<<"$output")" -gt 70 ]
}

# bats test_tags=memory
@test "a single body from a file goes out as it stands, also over several lines" {
	start_mock
	conf
	printf '{\n\t"messages": [ {"role":"user","content":"\\u0041"} ],\r\n  "seed": 12345678901234567890, "x": 1.0, "x": 2\n}\n' >body.json
	run -0 --separate-stderr fb fb-send body.json
	jq -e '.custom_id == "1" and .error == null' <<<"$output"
	jq -j .body "$MOCK_LOG" | cmp - <(head -c -1 body.json)
	[ "$(jq -r .digest <<<"$output")" = "$(head -c -1 body.json | fnv)" ]
}

@test "lines of the Batch format go to the model of -m, or to the configured one" {
	start_mock
	conf
	cat >batch.jsonl <<-'EOF'
		{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"x","messages":[{"role":"user","content":"A"}]}}
		{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"y","messages":[{"role":"user","content":"B"}]},"mine":[1]}
	EOF
	run -0 --separate-stderr fb fb-send batch.jsonl
	jq -es 'map([.custom_id, .response.body.choices[0].message.content]) == [["a","A"],["b","B"]] and
		.[1].mine == [1] and (.[0] | has("body") | not)' <<<"$output"
	jq -es '(map(.body | fromjson | .model) | sort) == ["x","y"] and all(.[]; .headers.authorization == "Bearer inferrs-local")' "$MOCK_LOG"
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m batch.jsonl
	jq -es '.[3].headers | has("authorization") | not' "$MOCK_LOG"
}

@test "several files and - are read in their order; ids count over all of them" {
	start_mock
	conf
	echo "$chat" >one
	printf '%s\n' "$chat" "$chat" >two
	run -0 --separate-stderr fb fb-send one - two <<<"$chat"
	[ "$(jq -r .custom_id <<<"$output" | tr '\n' ' ')" = '1 2 3 4 ' ]
}

@test "GET is sent without a body; /health stands beside /v1" {
	start_mock
	conf
	run -0 --separate-stderr fb fb-send <<-'EOF'
		{"custom_id":"m","method":"GET","url":"/v1/models"}
	EOF
	jq -es '.[0].response.body.object == "list"' <<<"$output"
	fb fb-send <<<'{"custom_id":"h","method":"GET","url":"/health"}' || true
	jq -es 'map([.method, .path, .body]) == [["GET","/v1/models",""],["GET","/health",""]]' "$MOCK_LOG"
}

@test "slashes between baseUrl and path are joined, a query is kept" {
	serve
	reply a '200 OK' <<<'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
	for base in a/v1 a/v1/ 'a/v1?api-version=1' a/v1//; do
		run -0 --separate-stderr fb fb-send --base-url "$SERVE/$base" -m m <<<"$chat"
		head -n 1 replies/a.got >>paths
	done
	diff - <(tr -d '\r' <paths) <<-'EOF'
		POST /a/v1/chat/completions HTTP/1.1
		POST /a/v1/chat/completions HTTP/1.1
		POST /a/v1/chat/completions?api-version=1 HTTP/1.1
		POST /a/v1/chat/completions HTTP/1.1
	EOF
}

@test "a url that leaves the server or /v1 is refused, and nothing is sent" {
	serve
	reply any '200 OK' <<<'{"choices":[]}'
	for url in http://127.0.0.1/v1/x https://h/v1/x //127.0.0.1/v1/x /v1/../admin /admin v1/x /v1//x \
		/v1/x@h '/v1/x y' '/v1/\r\nX: y' '/v1/x\u0000' ''; do
		echo "$url"
		run -4 --separate-stderr fb fb-send --base-url "$SERVE/v1" -m m -q \
			<<<'{"custom_id":"c","url":"'"$url"'","body":{"messages":[]}}'
		jq -e '.error.code == "input" and .custom_id == "c" and (.error.message | startswith("url: "))' <<<"$output"
	done
	[ ! -e replies/all ]
}

@test "headers of the configuration are sent, those of the model over the provider's" {
	start_mock
	conf
	sed -i 's|api: "openai-completions"|headers: { "X-One": "p", "User-Agent": "mine/1" }, &|
		s|reasoning: false|headers: { "x-two": "m" }, &|' "$FLUFFBUZZ_CONFIG_PATH"
	run -0 --separate-stderr fb fb-send <<<"$chat"
	jq -e '.headers | .["x-one"] == "p" and .["x-two"] == "m" and .["user-agent"] == "mine/1"' "$MOCK_LOG"
}

# bats test_tags=memory
@test "a header of a record that holds a line break or NUL is refused, in its value and in its name" {
	serve
	reply any '200 OK' <<<'{"choices":[]}'
	conf
	local bad=0
	fb fb-config | fb fb-shape -p x | jq -c --arg to "$SERVE/v1" 'del(.route.auth) | .route.baseUrl = $to' >request
	for headers in '{"X-A":"b\r\nX-Evil: 1"}' '{"X-A":"b\nX-Evil: 1"}' '{"X-A":"b\u0000c"}' \
		'{"X-A: b\r\nX-Evil":"1"}' '{"X-A\nX-Evil":"1"}' '{"":"1"}' '{"X A":"1"}' '{"X-A:":"1"}'; do
		jq -c --argjson h "$headers" '.route.headers = $h' request >tampered
		run --separate-stderr fb fb-send -q --no-events <tampered
		[ "$status" -eq 4 ] && [ ! -e replies/all ] &&
			jq -e '.error.code | . == "config" or . == "input"' <<<"$output" && continue
		echo "$headers went through:" && cat replies/all
		rm -f replies/all
		bad=1
	done
	[ $bad -eq 0 ]
}

# bats test_tags=memory
@test "a key is not sent over plain http to a public host" {
	conf
	sed -i 's,127.0.0.1:9,203.0.113.1:9,' "$FLUFFBUZZ_CONFIG_PATH"
	run -4 --separate-stderr timeout 9 "${FB_PREFIX[@]}" "$FB_BIN/fb-send" --no-events <<<"$chat"
	jq -e '.error.code == "config" and (.error.message | test("plain http")) and .response == null' <<<"$output"
}

@test "the environment's proxy does not see what goes to this machine" {
	serve
	local proxy=$SERVE
	start_mock
	conf
	http_proxy=$proxy all_proxy=$proxy HTTP_PROXY=$proxy ALL_PROXY=$proxy run -0 --separate-stderr fb fb-send <<<"$chat"
	[ "$(wc -l <"$MOCK_LOG")" -eq 1 ]
	[ ! -e replies/all ]
}

@test "netrc and cookies are not read or kept" {
	serve
	reply a '200 OK' 'Set-Cookie: a=b' <<<'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
	echo 'machine 127.0.0.1 login canary password canary' >.netrc
	chmod 600 .netrc
	printf '%s\n%s\n' "$chat" "$chat" >two
	HOME=$PWD run -0 --separate-stderr fb fb-send --base-url "$SERVE/a/v1" -m m two
	[ "$(served)" -eq 2 ]
	run -1 grep -iE 'authorization|cookie' replies/all
}

# --- events

@test "one request into a pipe has event lines before its record" {
	start_mock --reply 'one two three'
	conf
	fb fb-shape -p x >request
	run -0 --separate-stderr fb fb-send <request
	[ "${#lines[@]}" -gt 3 ]
	jq -es '(.[:-1] | all(.[]; .custom_id == "1" and (.event.choices | type) == "array" and (keys == ["custom_id","event"]))) and
		(.[-1] | has("event") | not) and
		([.[:-1][].event.choices[0].delta.content // empty] | join("")) == "one two three" and
		.[-1].response.body.choices[0].message.content == "one two three"' <<<"$output"
}

@test "several requests, a file, or --no-events: one line a request" {
	start_mock --reply 'one two three'
	conf
	fb fb-shape --stream >requests <<-'EOF'
		"a"
		"b"
	EOF
	run -0 --separate-stderr fb fb-send <requests
	[ "${#lines[@]}" -eq 2 ]
	fb fb-shape -p x >request
	fb fb-send <request >file
	[ "$(wc -l <file)" -eq 1 ]
	run -0 --separate-stderr fb fb-send -o file <request
	[ -z "$output" ]
	[ "$(wc -l <file)" -eq 1 ]
	run -0 --separate-stderr fb fb-send --no-events <request
	[ "${#lines[@]}" -eq 1 ]
	fb fb-send --events <request >file
	[ "$(wc -l <file)" -gt 3 ]
}

@test "an event comes when its chunk comes, not at the end" {
	serve
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
		chunks '{"role":"assistant","content":"early"}'
	} >replies/a
	: >replies/a.hang
	echo "$chat" >request
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url "$SERVE/a/v1" -m m --events <request >out 2>err 3>&- &
	FB_PIDS=("$!" "${FB_PIDS[@]}")
	until_true '[ -s out ]'
	jq -e '.event.choices[0].delta.content == "early"' out
	kill "$!"	# the first lets the reply end, the second doesn't
	sleep 0.2
	kill "$!" || :
}

# --- what comes back

# bats test_tags=memory
@test "a stream becomes one chat.completion, with usage and the server's extras" {
	serve
	{
		chunks '{"role":"assistant","content":""}' '{"reasoning_content":"hm"}' '{"content":"Hel"}' '{"content":"lo\n"}'
		finished stop
		printf 'data: {"id":"c-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"timings":{"x":1.50}}\n\n'
		printf 'data: [DONE]\n\n'
	} | reply a '200 OK' 'Content-Type: text/event-stream' 'X-Request-Id: req-9'
	run -0 --separate-stderr to a --no-events
	jq -e .response.body <<<"$output" | same '{"id":"c-1","object":"chat.completion","created":5,"model":"m-1",
		"choices":[{"index":0,"message":{"role":"assistant","content":"Hello\n","reasoning_content":"hm"},
		"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"timings":{"x":1.5}}'
	jq -e '.response.request_id == "req-9"' <<<"$output"
	[[ $output == *'"x":1.50}'* ]]
	# A good answer's id is nobody's key because it ends as one begins.
	K=q-9secret run -0 --separate-stderr to a --no-events --api-key-env K
	jq -e '.response.request_id == "req-9"' <<<"$output"
}

@test "a character split over two chunks is one character again" {
	serve
	{
		chunks '{"content":"a\ud83d"}' '{"content":"\ude00b"}' '{"content":"\u00e9 \ud83d"}' '{"content":"x"}'
		finished
		printf 'data: [DONE]\n\n'
	} | reply a '200 OK' 'Content-Type: text/event-stream'
	run -0 --separate-stderr to a --no-events
	[[ $output == *'"content":"a\ud83d\ude00b\u00e9 \ud83dx"'* ]]
	fb fb-parse <<<"$output" | cmp - <(printf 'a\xf0\x9f\x98\x80b\xc3\xa9 \xef\xbf\xbdx\n')
}

@test "a stream is the same whatever the pieces, line ends, comments and blanks" {
	serve
	{
		printf '\xef\xbb\xbf: ping\n\n'
		chunks '{"role":"assistant","content":""}' '{"content":"é😀"}'
		printf 'event: progress\ndata: {"n":1}\n\nid: 3\nretry: 10\n'
		printf 'data: {"id":"c-1",\ndata: "choices":[{"index":0,"delta":{"content":"!"},"finish_reason":null}]}\n\n'
		finished
		printf 'data: [DONE]\n\ndata: debris\n\n'
	} >stream
	reply a '200 OK' <stream
	reply b '200 OK' <stream
	: >replies/b.slow
	sed 's/$/\r/' stream | reply c '200 OK'
	tr '\n' '\r' <stream | reply d '200 OK'
	sed 's/^data: /data:/' stream | reply e '200 OK' 'Content-Type: text/plain'
	# In chunks of 7 bytes, and gzip is not asked for.
	{
		printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
		perl -e 'local $/ = \7; printf "%x\r\n%s\r\n", length, $_ while <STDIN>; print "0\r\n\r\n"' <stream
	} >replies/f
	# Closed at the end instead of a length.
	(printf 'HTTP/1.0 200 OK\r\n\r\n' && cat stream) >replies/g
	for name in a b c d e f g; do
		echo "$name"
		run -0 --separate-stderr to "$name" --no-events
		jq -e '.response.body.choices[0].message.content == "é😀!"' <<<"$output"
	done
	run -1 grep -i '^accept-encoding' replies/all
}

@test "tool calls are assembled by index, or by id where there is none" {
	serve
	{
		chunks '{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"add","arguments":""}}]}' \
			'{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}' \
			'{"tool_calls":[{"index":1,"id":"call_1","type":"function","function":{"name":"sub","arguments":"{}"}}]}' \
			'{"tool_calls":[{"index":0,"id":null,"function":{"name":null,"arguments":"1}"}}]}'
		finished tool_calls
	} | reply a '200 OK'
	{
		chunks '{"tool_calls":[{"id":"x","function":{"name":"add","arguments":"{\"a\":"}}]}' \
			'{"tool_calls":[{"id":"x","function":{"arguments":"1}"}}]}' \
			'{"tool_calls":[{"id":"y","function":{"name":"sub","arguments":"{}"}}]}'
		finished tool_calls
	} | reply b '200 OK'
	for name in a b; do
		run -0 --separate-stderr to "$name" --no-events
		jq -e '.response.body.choices[0] | .finish_reason == "tool_calls" and
			(.message.tool_calls | map([.function.name, (.function.arguments | fromjson)])) ==
			[["add",{"a":1}],["sub",{}]]' <<<"$output"
	done
}

@test "several choices that come interleaved stay apart" {
	serve
	stream a <<-'EOF'
		{"choices":[{"index":1,"delta":{"content":"b1"}}]}
		{"choices":[{"index":0,"delta":{"content":"a1"}}]}
		{"choices":[{"index":1,"delta":{"content":"b2"},"finish_reason":"stop"},{"index":0,"delta":{"content":"a2"},"finish_reason":"length"}]}
		[DONE]
	EOF
	run -0 --separate-stderr to a --no-events
	jq -e '.response.body.choices | sort_by(.index) | map([.message.content, .finish_reason]) ==
		[["a1a2","length"],["b1b2","stop"]]' <<<"$output"
}

@test "a reply in one piece is kept as it came, big numbers and all" {
	serve
	reply a '200 OK' 'Content-Type: application/json' <<-'EOF'

		{"id":"x","choices":[ {"message":{"content":"\u0041","role":"assistant"},"finish_reason":"stop"}],
		"big":12345678901234567890,"one":1.0,"one":2}
	EOF
	run -0 --separate-stderr to a
	[[ $output == *'"body":{"id":"x","choices":[ {"message":{"content":"\u0041","role":"assistant"},"finish_reason":"stop"}], "big":12345678901234567890,"one":1.0,"one":2}}'* ]]
}

@test "one sign of the end is enough: finish_reason or [DONE]" {
	serve
	stream a <<-'EOF'
		{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}
	EOF
	stream b <<-'EOF'
		{"choices":[{"index":0,"delta":{"content":"x"}}]}
		[DONE]
	EOF
	run -0 --separate-stderr to a --no-events
	run -0 --separate-stderr to b --no-events
}

@test "members that fb-send does not know go through; so does a record that failed before" {
	start_mock
	conf
	fb fb-config | fb fb-shape -p x | jq -c '. + {"mine":[1.0,{"a":null}],"input":{"b":2}}' |
		sed 's/1,{"a"/1.0,{"a"/' >request
	cat request - >both <<-'EOF'
		{ "custom_id" : "e", "error":{"code":"input","message":"m","stage":"shape","retryable":false}, "more":12345678901234567890 }
	EOF
	run -1 --separate-stderr fb fb-send <both
	[[ ${lines[0]} == *'"input":{"b":2}'*'"mine":[1.0,{"a":null}]}' ]]
	[ "${lines[1]}" = '{ "custom_id" : "e", "error":{"code":"input","message":"m","stage":"shape","retryable":false}, "more":12345678901234567890 }' ]
	[ "$(wc -l <"$MOCK_LOG")" -eq 1 ]
}

# --- failures

# code_is CODE RETRYABLE STATUS - of the record in $output
code_is() {
	jq -e --arg code "$1" --argjson again "$2" 'select(has("event") | not) | .error.code == $code and
		.error.retryable == $again and .error.stage == "send" and (.error.message | length) > 0' <<<"$output" || {
		echo "expected: $1; got: $output"
		return 1
	}
	# shellcheck disable=SC2154
	[ "$status" -eq "$([ "$2" = true ] && echo 5 || echo 4)" ]
}

@test "refusals are told apart, whatever shape they have" {
	serve
	while IFS='|' read -r code again status_line body; do
		echo "$code $status_line $body"
		printf %s "$body" | reply a "$status_line"
		run --separate-stderr to a --no-events -q
		code_is "$code" "$again"
		jq -e --argjson s "${status_line%% *}" '.response.status_code == $s and .error.status == $s' <<<"$output"
	done <<-'EOF'
		auth|false|401 Unauthorized|{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}
		auth|false|403 Forbidden|{"error":{"message":"no"}}
		insufficient_quota|false|402 Payment Required|{"error":{"message":"no balance"}}
		insufficient_quota|false|429 Too Many Requests|{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}
		rate_limit|true|429 Too Many Requests|{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}
		overloaded|true|503 Service Unavailable|{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}
		overloaded|true|503 Service Unavailable|{"error":"server busy, please try again. maximum pending requests exceeded"}
		overloaded|true|529 Overloaded|{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}
		server|true|500 Internal Server Error|{"error":{"message":"Engine dropped the request","type":"server_error"}}
		server|true|502 Bad Gateway|<html><head><title>502 Bad Gateway</title></head></html>
		server|true|504 Gateway Timeout|
		invalid_request|false|400 Bad Request|{"error":{"message":"bad","type":"invalid_request_error"}}
		invalid_request|false|500 Internal Server Error|{"error":{"code":500,"message":"Failed to parse messages: Missing 'role'","type":"server_error"}}
		invalid_request|false|422 Unprocessable Entity|{"detail":[{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not permitted"}]}
		invalid_request|false|413 Payload Too Large|Failed to buffer the request body: length limit exceeded
		invalid_request|false|405 Method Not Allowed|
		model_not_found|false|404 Not Found|{"error":{"message":"model 'x' not found","type":"api_error","param":null,"code":null}}
		model_not_found|false|404 Not Found|{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}
		invalid_request|false|404 Not Found|
		context_length_exceeded|false|400 Bad Request|{"error":{"message":"Prompt length (9 tokens) exceeds the model's maximum context length (4 tokens).","type":"invalid_request_error"}}
		context_length_exceeded|false|400 Bad Request|{"error":{"code":400,"message":"the request exceeds","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":4}}
		context_length_exceeded|false|500 Internal Server Error|{"error":"Cannot truncate prompt with n_keep >= n_ctx"}
		string_content|false|422 Unprocessable Entity|Failed to deserialize the JSON body into the target type: messages[1].content: invalid type: sequence, expected a string at line 1 column 9
		string_content|false|400 Bad Request|{"error":{"message":"messages[0]: data did not match any variant of untagged enum ChatCompletionRequestContent","code":"invalid_request_error"}}
		string_content|false|400 Bad Request|message must have string content
		string_content|false|422 Unprocessable Entity|{"detail":[{"type":"string_type","loc":["body","messages",0,"content"],"msg":"Input should be a valid string"}]}
		string_content|false|500 Internal Server Error|{"error":{"message":"[json.exception.type_error.302] type must be string, but is array"}}
		tools_unsupported|false|500 Internal Server Error|{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}
		tools_unsupported|false|400 Bad Request|OpenAI tools field not supported yet
		tools_unsupported|false|400 Bad Request|{"error":{"message":"registry.ollama.ai/library/x does not support tools"}}
		model_error|true|424 Failed Dependency|{"error":"Request failed during generation","error_type":"generation"}
	EOF
}

@test "an error inside a reply of status 200 is model_error, and no answer" {
	serve
	while IFS='|' read -r name body; do
		echo "$name"
		printf %b "$body" | reply "$name" '200 OK'
		run --separate-stderr to "$name" --no-events -q
		code_is model_error true
		jq -e '.error.message | test("went wrong")' <<<"$output"
	done <<-'EOF'
		whole|{"error":{"message":"it went wrong","code":500}}
		top|{"object":"error","message":"it went wrong","code":500}
		text|{"error":"it went wrong"}
		finish|{"choices":[{"message":{"role":"assistant","content":"Error: it went wrong"},"finish_reason":"error"}]}
		close|data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\ndata: {"error":{"message":"it went wrong"}}\n\n
		done|data: {"error":{"message":"it went wrong"}}\n\ndata: [DONE]\n\n
		line|data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\nerror: {"code":500,"message":"it went wrong"}\n\ndata: [DONE]\n\n
		event|event: error\ndata: {"error":{"message":"it went wrong"},"message":"it went wrong"}\n\n
		streamed|data: {"choices":[{"index":0,"delta":{"content":"Error: it went wrong"}}]}\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}\n\ndata: [DONE]\n\n
		venice|data: {"error_type":"x","error_message":"it went wrong"}\n\n
		after|data: {"choices":[{"index":0,"delta":{"content":"all"},"finish_reason":"stop"}]}\n\ndata: {"error":{"message":"it went wrong"}}\n\n
	EOF
}

# bats test_tags=memory
@test "a reply that ends early is truncated, and what came of it is kept" {
	serve
	chunks '{"role":"assistant","content":"half"}' >half
	# The stream closes cleanly with neither finish_reason nor [DONE].
	reply clean '200 OK' <half
	# It is shorter than it said.
	(printf 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n' && cat half) >replies/short
	# A chunk is cut.
	(printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n' "$(wc -c <half)" && cat half && printf '\r\n50\r\ndata: {"cho') >replies/chunk
	# No last chunk.
	(printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n' "$(wc -c <half)" && cat half && printf '\r\n') >replies/last
	for name in clean short chunk last; do
		echo "$name"
		run --separate-stderr to "$name" --no-events -q
		code_is truncated true
		jq -e '.response.body.choices[0].message.content == "half" and .response.status_code == 200' <<<"$output"
	done
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"choices":[{"message":{"content":"ha' >replies/json
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n' >replies/empty
	: >replies/nothing
	for name in json empty nothing; do
		echo "$name"
		run --separate-stderr to "$name" --no-events -q
		code_is truncated true
	done
}

@test "a reply that is cut in its head is truncated" {
	serve
	printf 'HTTP/1.1 200 OK\r\nConten' >replies/a
	run --separate-stderr to a --no-events -q
	code_is truncated true
}

@test "what is no chat server gives bad_reply" {
	serve
	echo '<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head></html>' | reply html '200 OK' 'Content-Type: text/html'
	reply empty '200 OK' </dev/null
	reply blank '200 OK' <<<''
	reply json '200 OK' <<<'{"status":"ok"}'
	reply number '200 OK' <<<'5'
	reply broken '200 OK' <<<'{"choices":[}]'
	reply two '200 OK' <<<'{"choices":[]} {"choices":[]}'
	printf 'SSH-2.0-OpenSSH_9.2\r\n' >replies/ssh
	printf '\x15\x03\x01\x00\x02\x02\x46' >replies/tls
	for name in html empty blank json number broken two ssh tls; do
		echo "$name"
		run --separate-stderr to "$name" --no-events -q
		code_is bad_reply false
	done
	[ "$(jq -r .response "$(to ssh -q >file; echo file)")" = null ]
}

# bats test_tags=memory
@test "a redirect is not followed; the message says where it points" {
	serve others
	local other=$SERVE
	serve
	for code in '301 Moved Permanently' '302 Found' '307 Temporary Redirect' '308 Permanent Redirect'; do
		for place in "$other/v1/chat/completions" https://example.com/v1 file:///etc/passwd /login; do
			echo "$code $place"
			: | reply a "$code" "Location: $place"
			run --separate-stderr to a --no-events -q
			code_is bad_reply false
			jq -e --arg to "$place" '.error.message | contains($to)' <<<"$output"
		done
	done
	[ "$(served)" -eq 16 ]
	[ ! -e others/all ]
}

@test "connect: a refused port, and an unknown host name, with the address tried" {
	run --separate-stderr fb fb-send --base-url http://127.0.0.1:1/v1 -m m --no-events -q <<<"$chat"
	code_is connect true
	jq -e '.response == null and (.error.message | test("127.0.0.1:1") and test("refused"))' <<<"$output"
	jq -e '.error.hint | test("started")' <<<"$output"
	run timeout 60 "${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url http://no-such-host.invalid/v1 -m m --no-events -q <<<"$chat"
	code_is connect true
	jq -e '.error.message | test("no-such-host.invalid") and test("unknown host")' <<<"$output"
}

@test "tls: https spoken to a port that speaks plain http" {
	start_mock
	run --separate-stderr fb fb-send --base-url "https://${MOCK#http://}/v1" -m m --no-events -q <<<"$chat"
	code_is tls false
	jq -e '.response == null' <<<"$output"
}

# bats test_tags=memory
@test "timeout: it says in which phase, and what came is kept" {
	serve
	: >replies/silent
	: >replies/silent.hang
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
		chunks '{"content":"half"}'
	} >replies/half
	: >replies/half.hang
	run timeout 20 "${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url "$SERVE/silent/v1" -m m --timeout 1 -q <<<"$chat"
	code_is timeout true
	jq -e '.error.phase == "total" and .response == null and .timing.total_ms >= 1000 and .timing.total_ms < 9000' <<<"$output"
	run timeout 20 "${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url "$SERVE/half/v1" -m m -c timeoutSeconds=1 --no-events -q <<<"$chat"
	code_is timeout true
	jq -e '.error.phase == "total" and .response.body.choices[0].message.content == "half" and
		.response.status_code == 200' <<<"$output"
}

# bats test_tags=memory
@test "a reply over a limit is refused with the limit in the message" {
	serve
	# An event that never ends, and a head that never ends.
	{
		printf 'HTTP/1.1 200 OK\r\n\r\ndata: {"choices":[{"delta":{"content":"'
		head -c 20000000 /dev/zero | tr '\0' x
	} >replies/event
	{
		printf 'HTTP/1.1 200 OK\r\n'
		head -c 80000 /dev/zero | tr '\0' x | fold -w 1000 | sed 's/^/X-A: /; s/$/\r/'
		printf '\r\n\r\n{}'
	} >replies/head
	run --separate-stderr to event --no-events -q
	code_is bad_reply false
	jq -e '.error.message | test("16 MB")' <<<"$output"
	run --separate-stderr to head --no-events -q
	code_is bad_reply false
	jq -e '.error.message | test("64 KB")' <<<"$output"
}

@test "what isn't UTF-8 in a reply does not spoil the record" {
	serve
	printf '{"choices":[{"message":{"content":"a\xffb"},"finish_reason":"stop"}]}' >bytes
	(printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' "$(wc -c <bytes)" && cat bytes) >replies/a
	run -4 --separate-stderr to a -q
	iconv -f utf-8 -t utf-8 <<<"$output" >/dev/null
	jq -e '.error.code == "bad_reply"' <<<"$output"
}

@test "the exit status tells: all good, some bad, none worth a retry, some worth one" {
	start_mock --profile strict-string
	conf
	local good=$chat bad='{"messages":[{"role":"user","content":[]}]}'
	run -0 --separate-stderr fb fb-send -q <<<"$good"
	run -1 --separate-stderr fb fb-send -q < <(printf '%s\n' "$good" "$bad")
	run -4 --separate-stderr fb fb-send -q < <(printf '%s\n' "$bad" "$bad")
	fb fb-shape -q <<<'"x"' | jq -c '.route.baseUrl = "http://127.0.0.1:1/v1" | del(.route.auth)' >later
	run -5 --separate-stderr fb fb-send -q < <(cat later - <<<"$bad")
	run -1 --separate-stderr fb fb-send -q < <(cat later - <<<"$good")
	[ "${#lines[@]}" -eq 2 ]
}

# bats test_tags=memory
@test "-o FILE appears only when all is good" {
	start_mock --profile strict-string
	conf
	echo old >file
	run -4 --separate-stderr fb fb-send -q -o file <<<'{"messages":[{"role":"user","content":[]}]}'
	[ "$(cat file)" = old ]
	run -0 --separate-stderr fb fb-send -q -o file <<<"$chat"
	jq -e '.error == null' file
	[ -z "$(find . -name 'file.*')" ]
}

# bats test_tags=memory
@test "the first SIGTERM or SIGINT sends no more and waits; the second ends what is under way, with a record" {
	serve
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
		chunks '{"content":"half"}'
	} >replies/a
	: >replies/a.hang
	printf '%s\n%s\n' "$chat" "$chat" >two
	for signal in TERM INT; do
		rm -f replies/a.got
		# An interactive shell's: a background job would ignore SIGINT.
		perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "${FB_PREFIX[@]}" "$FB_BIN/fb-send" -j 1 --base-url "$SERVE/a/v1" -m m --events <two >out 2>err 3>&- &
		pid=$!
		until_true '[ -s out ]'
		kill -s "$signal" "$pid"
		until_true 'grep -q "waiting 10 s for the 1 under way" err'
		kill -0 "$pid"
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		jq -es 'map(select(has("event") | not)) | length == 2 and all(.error.code == "interrupted" and .error.retryable and .request.body.messages) and
			(map(.custom_id) == ["1", "2"]) and .[0].response.body.choices[0].message.content == "half" and .[1].response == null' out
		grep -q 'fb-send --retry-failed FILE' err
		rm out
	done
	[ "$(served)" -eq 2 ]
}

@test "what is under way when SIGINT comes may end well, and then its record is good" {
	start_mock --reply 'The answer.' --delay 600
	printf '%s\n%s\n' "$chat" "$chat" >two
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "${FB_PREFIX[@]}" "$FB_BIN/fb-send" -j 1 --base-url "$MOCK/v1" -m m <two >out 2>err 3>&- &
	pid=$!
	asked
	kill -s INT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	jq -es '.[0].error == null and .[1].error.code == "interrupted" and length == 2' out
}

@test "SIGTERM while it waits for input ends it too" {
	mkfifo input
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url http://127.0.0.1:1/v1 -m m <input >out 2>err 3>&- &
	pid=$!
	exec 9>input
	echo '{"messages":5}' >&9
	until_true '[ -s out ]'
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	exec 9>&-
	[ "$status" -eq 143 ]
}

@test "a reader that goes away ends it quietly with 141" {
	start_mock
	conf
	yes "$chat" | head -n 2000 >many
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" <many 2>err | head -n 1 >first
	[ "${PIPESTATUS[0]}" -eq 141 ]
	[ ! -s err ]
	jq -e '.custom_id == "1"' first
	[ "$(wc -l <"$MOCK_LOG")" -lt 2000 ]
}

# bats test_tags=memory
@test "what is no request is told so, and the next line is sent" {
	start_mock
	conf
	fb fb-config >route
	cat route - >mixed <<-'EOF'
		"a prompt"
		{"prompt":"x"}
		{"body":5}
		{"id":"x","response":{"status_code":200,"body":{}},"error":null}
		[1]
		{"messages":[{"role":"user","content":"ok"}]}
	EOF
	run -1 --separate-stderr fb fb-send -q <mixed
	[ "${#lines[@]}" -eq 7 ]
	jq -es '(.[:6] | all(.[]; .error.code == "input" and .error.stage == "send")) and
		(.[0].error.message | test("fb-shape")) and .[6].error == null and .[6].custom_id == "7"' <<<"$output"
	[ "$(wc -l <"$MOCK_LOG")" -eq 1 ]
}

@test "timeout: a server that takes no connection is given up in the phase connect" {
	[ "$(uname)" = Linux ] || skip 'a full queue makes others refuse'
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$BATS_FILE_TMPDIR/status" ] || break
		sleep 0.1
	done
	output=$(cat "$BATS_FILE_TMPDIR/record")
	status=$(cat "$BATS_FILE_TMPDIR/status")
	code_is timeout true
	jq -e '.error.phase == "connect" and .response == null' <<<"$output"
}

# two_ways N BYTES - a request for each of two servers, N times: a1 b1 a2 b2 ...; the first's are so long
two_ways() {
	awk -v n="$1" -v bytes="$2" -v a="$slow" -v b="$MOCK" 'BEGIN {
		for (filler = "q"; length(filler) < bytes;)
			filler = filler filler
		for (i = 1; i <= n; i++) {
			one("a" i, a, filler)
			one("b" i, b, "q")
		}
	}
	function one(id, url, text) {
		print "{\"custom_id\":\"" id "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" text "\"}]},\"route\":{\"ref\":\"m\",\"baseUrl\":\"" url "/v1\"}}"
	}'
}

# bats test_tags=memory
@test "a server that asks for a pause doesn't stop the one beside it" {
	start_mock --faults '429(retry-after=2),ok*'
	slow=$MOCK slow_log=$MOCK_LOG
	start_mock
	two_ways 60 1 >in
	fb fb-send -j 2 --unordered in >out
	jq -es 'length == 120 and all(.error == null)' out
	# All of the fast one's, before more of the other than were under way already.
	jq -r .custom_id out | awk '/^a/ { a++ } /^b/ && a > 2 { late++ } END { exit !(a == 60 && late == 0) }'
	[ "$(wc -l <"$slow_log")" -eq 61 ]
}

@test "many servers whose turns come together: no more requests at once than there may be, none fails for it" {
	local i urls=()
	for ((i = 0; i < 8; i++)); do
		start_mock --tps 20
		urls+=("$MOCK")
	done
	for ((i = 0; i < 24; i++)); do
		jq -nc --arg id "$i" --arg url "${urls[i % 8]}/v1" --argjson words $((i < 8 ? 1 : 30)) '{custom_id: $id, method: "POST",
			url: "/v1/chat/completions", body: {model: "m", messages: [{role: "user", content: ("word " * $words)}]},
			route: {ref: "m", baseUrl: $url}}'
	done >in
	fb fb-send -j 1 --rpm 20 --retries 0 in >out
	jq -es 'length == 24 and all(.error == null)' out
}

@test "what is read meanwhile for the server that pauses has a bound in bytes" {
	unchecked
	start_mock --faults '429(retry-after=1),ok*'
	slow=$MOCK
	start_mock
	two_ways 100 1000000 >in
	[ "$(wc -c <in)" -gt 100000000 ]
	(ulimit -v 90000 && exec "$FB_BIN/fb-send" -j 4 --unordered in >out)
	[ "$(grep -c '"error":null' out)" -eq 200 ]
}

# left RECORDS INPUT - the time left that a terminal showed of 800 requests at 20 a second, after two seconds;
# INPUT: how the shell gives them; "": none was shown but what the two under way take after the signal
left() {
	COLUMNS=100 TERM=xterm script -qec "timeout --foreground -s INT 2.2 ${FB_RUN:-} '$FB_BIN/fb-send' -q --progress -j 2 --resume $1 $2" \
		/dev/null </dev/null >said 3>&- || true
	grep -q ' in flight' said
	tr '\r' '\n' <said | sed -n 's/.*| 0:\([1-9][0-9]\) left.*/\1/p' | tail -n 1
}

@test "--progress tells early how long it will take when the input is files, and nothing of a pipe" {
	command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip 'no script(1) here'
	start_mock --delay 100
	slow=$MOCK
	two_ways 800 1 | grep '"a' >in
	head -n 300 in >one
	tail -n +301 in >two
	seconds=$(left f1 'one two')
	[ "$seconds" -ge 30 ]
	seconds=$(left f2 '<in')
	[ "$seconds" -ge 30 ]
	mkfifo pipe
	{ cat in || true; } >pipe 2>/dev/null 3>&- & # it ends early
	FB_PIDS=("$!" "${FB_PIDS[@]}")
	seconds=$(left f3 '<pipe')
	[ -z "$seconds" ]
}
