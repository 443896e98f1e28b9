# fb-mock: what it answers, what it logs, and what it does with bad HTTP.
# shellcheck disable=SC2317

load helper

chat=/v1/chat/completions

# What bytes come back for these bytes (printf format), the client's half open
# or closed as given: raw FORMAT
raw() {
	local port=${MOCK##*:}
	exec 9<>"/dev/tcp/127.0.0.1/$port"
	# shellcheck disable=SC2059
	printf "$1" >&9
	timeout 10 cat <&9
	exec 9>&-
}

# Sends stdin, closes its half of the connection (bash can't), prints what comes.
half_closed() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die;
		local $/; print $s <STDIN>; $s->flush; shutdown($s, 1);
		alarm 10; print <$s>;' "${MOCK##*:}"
}

# For what is to end by itself.
briefly() {
	timeout 60 "${FB_PREFIX[@]}" "$FB_BIN/fb-mock" "$@"
}

# Posts a body with the headers that a client would send.
post() {
	curl -s -H 'Content-Type: application/json' "$MOCK$chat" -d "$1"
}

@test "the first line says where it listens, and so does the ready file" {
	start_mock
	[[ $(head -n 1 "$MOCK_OUT") =~ ^fb-mock:\ http://127\.0\.0\.1:[0-9]+$ ]]
	[ "$(head -n 1 "$MOCK_OUT")" = "fb-mock: $(cat "${MOCK_LOG%/log}/ready")" ]
	[ "$(wc -l <"$MOCK_OUT")" -eq 1 ]
	[ "$(ls "${MOCK_LOG%/log}")" = $'log\nout\nready' ]
}

@test "health and models answer" {
	start_mock --model google/gemma-4-E2B-it
	curl -s "$MOCK/health" | same '{"status":"ok"}'
	curl -s "$MOCK/v1/models" | same '{"object":"list","data":[{"id":"google/gemma-4-E2B-it",
		"object":"model","created":1795000000,"owned_by":"fb-mock"}]}'
	curl -s "$MOCK/health?x=1" | same '{"status":"ok"}'
}

@test "another path is an empty 404, another method an empty 405, HEAD has no body" {
	start_mock
	[ "$(curl -s -o out -w '%{http_code} %{size_download}' "$MOCK/v1/other")" = "404 0" ]
	[ "$(curl -s -o out -w '%{http_code} %{size_download}' "$MOCK/health/")" = "404 0" ]
	[ "$(curl -s -o out -w '%{http_code} %{size_download}' "$MOCK$chat")" = "405 0" ]
	[ "$(curl -s -o out -w '%{http_code} %{size_download}' -d x "$MOCK/health")" = "405 0" ]
	run -0 curl -sI "$MOCK/health"
	[[ $output == *"content-length: 15"* ]]
}

@test "the reply is the last user text, under the model that was asked for" {
	start_mock
	post '{"model":"a/b","messages":[{"role":"system","content":"Be brief."},
		{"role":"user","content":"no"},{"role":"user","content":"What is 2 + 2?"},
		{"role":"assistant","content":"x"}]}' | same '{"id":"chatcmpl-1","object":"chat.completion",
		"created":1795000000,"model":"a/b","choices":[{"index":0,"message":{"role":"assistant",
		"content":"What is 2 + 2?"},"finish_reason":"stop"}],
		"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}}'
}

@test "content parts are joined, and odd characters come back as they were" {
	start_mock
	local text='tab\tquote\" back\\\\ nul\u0000 \u00e9 \ud83d\ude00 ünï\n'
	post '{"messages":[{"role":"user","content":[{"type":"text","text":"'"$text"'"},
		{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"end"}]}]}' >out
	jq -e --argjson want "\"${text}end\"" '.choices[0].message.content == $want' out
	jq -e '.model == "mock"' out
}

@test "--reply is the answer to everything" {
	start_mock --reply 'it said "4".'
	post '{"messages":[]}' | jq -e '.choices[0].message.content == "it said \"4\"."'
	post '{"messages":[],"stream":true}' | grep -q 'it'
}

@test "a stream: role, text word by word, finish, usage when asked, [DONE]" {
	start_mock
	curl -sN -D head "$MOCK$chat" -d '{"model":"m","stream":true,"stream_options":{"include_usage":true},
		"messages":[{"role":"user","content":" two  words\n"}]}' >out
	grep -q '^content-type: text/event-stream' head
	grep -q '^transfer-encoding: chunked' head
	[ "$(grep -c '^data: ' out)" -eq 7 ]
	[ "$(grep -vc '^data: ' out)" -eq 7 ]
	[ "$(tail -n 2 out)" = "data: [DONE]" ]
	sed -n 's/^data: {/{/p' out >chunks
	jq -es 'all(.[]; .id == "chatcmpl-1" and .object == "chat.completion.chunk" and .model == "m")' chunks
	jq -c '.choices[0] | select(.) | [.delta, .finish_reason]' chunks >got
	cat >want <<-'EOF'
		[{"role":"assistant","content":""},null]
		[{"content":" two"},null]
		[{"content":"  words"},null]
		[{"content":"\n"},null]
		[{},"stop"]
	EOF
	diff want got
	tail -n 1 chunks | jq -e '.choices == [] and .usage.total_tokens == 4'
	post '{"stream":true,"messages":[]}' >out
	run -1 grep usage out
}

@test "each event of a stream is a chunk of its own" {
	start_mock --reply x
	local body='{"stream":true,"messages":[]}'
	raw "POST $chat HTTP/1.1\r\nContent-Length: ${#body}\r\nConnection: close\r\n\r\n$body" |
		tr -d '\r' | sed '1,/^$/d' >out
	[ "$(sed -n 2p out | head -c 6)" = "data: " ]
	[ $((16#$(sed -n 1p out))) -eq $(($(sed -n 2p out | wc -c) + 1)) ]
	[ "$(tail -n 6 out | tr '\n' '|')" = "e|data: [DONE]|||0||" ]
}

@test "a stream to HTTP/1.0 is not chunked and ends by closing" {
	start_mock --reply x
	curl -s0 -D head "$MOCK$chat" -d '{"stream":true,"messages":[]}' >out
	run -1 grep -i transfer-encoding head
	[ "$(head -c 6 out)" = "data: " ]
	[ "$(tail -n 2 out)" = "data: [DONE]" ]
}

@test "echo refuses what is no chat request, as OpenAI does" {
	start_mock
	post '{"messages":[' | jq -e '.error.type == "invalid_request_error" and
		(.error.message | test("not JSON.* at byte 13"))'
	post '[]' | jq -e '.error.message == "the body is not a JSON object"'
	post '{}' | same '{"error":{"message":"'"'messages'"' is missing","type":"invalid_request_error",
		"param":"messages","code":null}}'
	post '{"messages":5}' | jq -e .error
	post '{"messages":[5,null,[],{"role":1,"content":{}}]}' | jq -e '.choices[0].message.content == ""'
	head -c 100000 /dev/zero | tr '\0' '[' >deep
	curl -s "$MOCK$chat" -d @deep | jq -e .error
	[ "$(curl -s -o out -w '%{http_code}' "$MOCK$chat" -d x)" = 400 ]
}

@test "the log has the exact bytes of the body, headers in lower case, repeated ones joined" {
	start_mock
	local body='{"a" : 1.0,"b":12345678901234567890,"é":"\u00e9\n","dup":1,"dup":2}'
	curl -s "$MOCK/any?q=%20" -H 'X-One: 1' -H 'x-one:  two ' -H 'X-Empty;' -d "$body" -o out
	jq -j .body "$MOCK_LOG" | cmp - <(printf %s "$body")
	jq -e '.method == "POST" and .path == "/any?q=%20" and .headers["x-one"] == "1, two" and
		.headers["x-empty"] == "" and .headers["content-type"] == "application/x-www-form-urlencoded"' "$MOCK_LOG"
	[ "$(jq -c keys_unsorted "$MOCK_LOG")" = '["method","path","headers","body"]' ]
}

@test "the log has a body that is no UTF-8 as base64, and all bytes whole" {
	start_mock
	local i
	for ((i = 0; i < 256; i++)); do printf %b "\\x$(printf %02x $i)"; done >all
	for i in 1 2 3 256; do
		{
			printf '\377'
			head -c "$i" all
		} >body
		curl -s "$MOCK/x" --data-binary @body
		tail -n 1 "$MOCK_LOG" | jq -r .body_base64 | base64 -d | cmp - body
	done
	head -c 128 all >body
	curl -s "$MOCK/x" --data-binary @body
	tail -n 1 "$MOCK_LOG" | jq -j .body | cmp - body
	curl -s "$MOCK/x"
	tail -n 1 "$MOCK_LOG" | jq -e '.body == ""'
}

@test "a log that cannot be written ends it with status 3" {
	run -3 briefly --log .
	[[ $output == "fb-mock: .: "* ]]
	run -3 briefly --log no/such/dir
	[ -e /dev/full ] || skip 'no /dev/full here'
	"${FB_PREFIX[@]}" "$FB_BIN/fb-mock" --log /dev/full --ready-file ready >out 2>&1 3>&- &
	local pid=$! status=0
	until_true '[ -s ready ]'
	curl -s "$(cat ready)/health" || true
	wait $pid || status=$?
	[ $status -eq 3 ]
	grep '^fb-mock: /dev/full: ' out
}

@test "strict-string refuses content parts with path, line and column" {
	start_mock --profile strict-string
	local said='Failed to deserialize the JSON body into the target type: messages[1].content: invalid type: sequence, expected a string'
	run -0 curl -s -w '|%{http_code}|%{content_type}' -H 'Content-Type: application/json' "$MOCK$chat" -d '{"model":"google/gemma-4-E2B-it","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"What is 2 + 2?"}]}],"stream":false}'
	[ "$output" = "$said at line 1 column 110|422|text/plain; charset=utf-8" ]
	jq -n '{model:"m",messages:[{role:"system",content:"ü"},{role:"user",content:[{type:"text",text:"x"}]}]}' >body
	run -0 curl -s -H 'Content-Type: application/json' "$MOCK$chat" --data-binary @body
	[ "$output" = "$said at line 10 column 17" ]
	run -0 post '{"messages":[{"role":"system","content":"ü"},{"role":"user","content":[]}]}'
	[ "$output" = "$said at line 1 column 71" ]
}

@test "strict-string names each wrong type as serde does" {
	start_mock --profile strict-string
	local value
	while IFS='|' read -r value want; do
		[ "$(post '{"messages":[{"role":"user","content":'"$value"'}]}')" = "Failed to deserialize the JSON body into the target type: messages[0].content: invalid type: $want" ]
	done <<-'EOF'
		null|null, expected a string at line 1 column 42
		5|integer `5`, expected a string at line 1 column 39
		-5|integer `-5`, expected a string at line 1 column 40
		1.5|floating point `1.5`, expected a string at line 1 column 41
		1e3|floating point `1000.0`, expected a string at line 1 column 41
		true|boolean `true`, expected a string at line 1 column 42
		{"a":1}|map, expected a string at line 1 column 38
	EOF
}

@test "strict-string refuses missing members, other roles, and wrong members beside them" {
	start_mock --profile strict-string
	local body want
	while IFS='|' read -r body want; do
		[ "$(post "$body")" = "Failed to deserialize the JSON body into the target type: $want" ]
	done <<-'EOF'
		{"model":"x"}|missing field `messages` at line 1 column 13
		{"messages":[{"role":"user"}]}|messages[0]: missing field `content` at line 1 column 28
		{"messages":[{"content":"x"}]}|messages[0]: missing field `role` at line 1 column 28
		{"messages":[{"role":"developer","content":"x"}]}|messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant` at line 1 column 32
		{"messages":"x"}|messages: invalid type: string "x", expected a sequence at line 1 column 15
		{"messages":[],"messages":[]}|duplicate field `messages` at line 1 column 25
		{"max_tokens":-1,"messages":[]}|max_tokens: invalid value: integer `-1`, expected usize at line 1 column 16
		{"stream":"yes","messages":[]}|stream: invalid type: string "yes", expected a boolean at line 1 column 15
		{"messages":[{"role":"user","content":[1]}], bad|messages[0].content: invalid type: sequence, expected a string at line 1 column 38
	EOF
}

@test "strict-string refuses bad JSON by 400 and a missing content type by 415" {
	start_mock --profile strict-string
	local body want
	while IFS='|' read -r body want; do
		[ "$(post "$body")" = "Failed to parse the request body as JSON: $want" ]
	done <<-'EOF'
		|EOF while parsing a value at line 1 column 0
		{|EOF while parsing an object at line 1 column 1
		{"messages":[],}|trailing comma at line 1 column 16
		{"messages":[]} x|trailing characters at line 1 column 17
		{"tools":[1,}],"messages":[]}|tools: expected value at line 1 column 13
		{"model":nul}|model: expected ident at line 1 column 13
		{"messages":[{"role":"user","content":"\ud83d"}]}|messages[0].content: unexpected end of hex escape at line 1 column 46
	EOF
	run -0 curl -s -w '|%{http_code}' "$MOCK$chat" -d '{"messages":[]}'
	# shellcheck disable=SC2016
	[ "$output" = 'Expected request with `Content-Type: application/json`|415' ]
	run -0 curl -s -o out -w '%{http_code}' -H 'Content-Type: Application/JSON; charset=utf-8' "$MOCK$chat" -d '{"messages":[]}'
	[ "$output" = 200 ]
}

@test "strict-string ignores tools, stop, seed and stream_options, and has no usage chunk" {
	start_mock --profile strict-string
	post '{"model":"m","tools":[{"x":[]}],"stop":5,"seed":-1,"messages":[{"role":"user","content":"hi you"}]}' |
		jq -e '.choices[0].message.content == "hi you" and .model == "m" and (.id | startswith("chatcmpl-00000000-"))'
	post '{"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}' >out
	run -1 grep usage out
	sed -n '1s/^data: //p' out | jq -e '.choices[0].delta == {"role":"assistant"}'
	grep -q '^data: \[DONE\]$' out
	start_mock --profile strict-string --model served/one
	post '{"model":"m","messages":[]}' | jq -e '.model == "served/one"'
	curl -s "$MOCK/v1/models" | jq -e '.data[0].owned_by == "inferrs"'
}

@test "a connection serves request after request, also when they come in one packet" {
	start_mock
	run -0 curl -s "$MOCK/health" "$MOCK/health" -o out -o out -w '%{num_connects}'
	[ "$output" = 10 ]
	raw 'GET /health HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\nGET /health HTTP/1.1\nConnection: close\n\n' >out
	[ "$(grep -o 'HTTP/1.1 ...' out | tr '\n' ' ')" = "HTTP/1.1 200 HTTP/1.1 404 HTTP/1.1 200 " ]
	[ "$(grep -o '"ok"' out | wc -l)" -eq 2 ]
}

@test "a thousand requests in one packet are all answered" {
	start_mock
	local i
	for ((i = 0; i < 1000; i++)); do printf 'GET /v1/models HTTP/1.1\r\n\r\n'; done >many
	printf 'GET /health HTTP/1.0\r\n\r\n' >>many
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	cat many >&9
	[ "$(timeout 20 cat <&9 | grep -o 'HTTP/1.1 200' | wc -l)" -eq 1001 ]
	exec 9>&-
}

@test "a request in pieces, byte by byte, is one request, and holds nobody up" {
	start_mock
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	local i request=$'POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n'
	for ((i = 0; i < ${#request}; i++)); do
		printf %s "${request:i:1}" >&9
		[ $i -eq 40 ] && curl -s "$MOCK/health" | grep -q ok
	done
	timeout 10 cat <&9 >out
	exec 9>&-
	[ "$(head -c 12 out)" = "HTTP/1.1 404" ]
	[ "$(tail -n 1 "$MOCK_LOG" | jq -r .body)" = abcde ]
}

@test "chunked bodies are joined" {
	start_mock
	head -c 3000000 /dev/urandom | base64 -w 0 >big
	curl -s -H 'Transfer-Encoding: chunked' -H 'Expect:' "$MOCK/x" --data-binary @big
	tail -n 1 "$MOCK_LOG" | jq -j .body | cmp - big
	curl -s -H 'Transfer-Encoding: chunked' "$MOCK$chat" -d '{"messages":[{"role":"user","content":"chunks"}]}' | grep -q chunks
}

@test "Expect: 100-continue is answered before the body comes" {
	start_mock
	curl -sv -H 'Expect: 100-continue' --expect100-timeout 60 --max-time 20 "$MOCK/x" -d abc 2>err
	grep -q '^< HTTP/1.1 100 Continue' err
	[ "$(tail -n 1 "$MOCK_LOG" | jq -r .body)" = abc ]
	raw 'POST /x HTTP/1.1\r\nExpect: a-pony\r\nContent-Length: 1\r\n\r\n' | grep -q '^HTTP/1.1 417'
}

@test "a head over 64 KB is 431" {
	start_mock
	{
		printf 'GET /health HTTP/1.1\r\nX: '
		head -c 70000 /dev/zero | tr '\0' x
	} >request
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	cat request >&9
	timeout 10 cat <&9 >out
	exec 9>&-
	[ "$(head -n 1 out)" = $'HTTP/1.1 431 Request Header Fields Too Large\r' ]
	head -c 60000 /dev/zero | tr '\0' x >value
	[ "$(curl -s -o out -w '%{http_code}' -H "X: $(cat value)" "$MOCK/health")" = 200 ]
	{
		printf 'GET /health HTTP/1.1\r\n'
		for ((i = 0; i < 129; i++)); do printf 'A: b\r\n'; done
		printf '\r\n'
	} >request
	raw "$(sed 's/\r$/\\r\\n/' request | tr -d '\n')\r\n" | head -n 1 | grep -q 431
}

@test "a body over 64 MB is 413, by its length or by its chunks" {
	start_mock
	raw 'POST /x HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n' >out
	grep -q '^HTTP/1.1 413 Payload Too Large' out
	grep -q 'Failed to buffer the request body: length limit exceeded' out
	raw 'POST /x HTTP/1.1\r\nContent-Length: 99999999999999999999999999\r\n\r\n' | grep -q '^HTTP/1.1 413'
	raw 'POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4000001\r\n' | grep -q '^HTTP/1.1 413'
	raw 'POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n' | grep -q '^HTTP/1.1 413'
	head -c 68000000 /dev/zero >huge
	# The client may see the reply before it has sent all: either way it reads it.
	run curl -s -o out -w '%{http_code}' -H 'Expect:' "$MOCK/x" --data-binary @huge
	[ "$output" = 413 ]
	[ ! -s "$MOCK_LOG" ]
	curl -s "$MOCK/health" | grep -q ok
}

@test "malformed HTTP is 400 with the reason, and the connection ends" {
	start_mock
	local request why
	while IFS='|' read -r request why; do
		raw "$request" >out
		head -n 1 out | grep -q "^HTTP/1.1 ${why%% *} "
		grep -q 'connection: close' out
		tail -n 1 out | grep -q "${why#* }"
	done <<-'EOF'
		hello\r\n\r\n|400 METHOD TARGET VERSION
		GET /x\r\n\r\n|400 METHOD TARGET VERSION
		G(T /x HTTP/1.1\r\n\r\n|400 not a word
		GET  HTTP/1.1\r\n\r\n|400 .
		GET /x FTP/1.1\r\n\r\n|400 version
		GET /x HTTP/2.0\r\n\r\n|505 HTTP/1.0 and HTTP/1.1
		GET /x HTTP/1.1\r\nno colon\r\n\r\n|400 without a colon
		GET /x HTTP/1.1\r\nA : b\r\n\r\n|400 not a word
		GET /x HTTP/1.1\r\nA: b\r\n folded\r\n\r\n|400 folded
		GET /x HTTP/1.1\r\nA: \001\r\n\r\n|400 control character
		POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n|400 not a number
		POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n|400 two different
		POST /x HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n|400 both
		POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n|501 other than chunked
		POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n|400 malformed chunk
		\026\003\001\002|400 not HTTP
	EOF
	curl -s "$MOCK/health" | grep -q ok
}

@test "a half-closed socket is answered; half a request is told so" {
	start_mock
	printf 'GET /health HTTP/1.1\r\n\r\n' | half_closed | grep -q '"ok"'
	printf 'POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc' | half_closed | grep -q 'ended early'
	printf 'GET /hea' | half_closed | grep -q 'ended early'
	[ -z "$(printf '' | half_closed)" ]
}

@test "a client that goes away at any point harms nobody" {
	start_mock
	local i
	for i in 1 2 3; do
		exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
		printf 'POST /x HTTP/1.1\r\nContent-Length: 100000\r\n\r\nabc' >&9
		exec 9>&-
	done
	head -c 5000000 /dev/zero | tr '\0' a >text
	jq -Rc '{stream:true,messages:[{role:"user",content:.}]}' text >body
	curl -sN "$MOCK$chat" --data-binary @body | head -c 100 >out
	curl -s "$MOCK/health" | grep -q ok
}

@test "a reader that doesn't read holds nobody up" {
	start_mock
	head -c 9000000 /dev/zero | tr '\0' a >text
	jq -Rc '{messages:[{role:"user",content:.}]}' text >body
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	printf 'POST %s HTTP/1.1\r\nContent-Length: %s\r\nConnection: close\r\n\r\n' "$chat" "$(wc -c <body)" >&9
	cat body >&9
	curl -s --max-time 10 "$MOCK/health" | grep -q ok
	[ "$(timeout 20 cat <&9 | wc -c)" -gt 9000000 ]
	exec 9>&-
}

@test "two hundred connections at once are all served" {
	start_mock
	local i fd first='{"messages":[{"role":' fds=()
	for ((i = 0; i < 200; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
		fds[i]=$fd
		printf 'POST %s HTTP/1.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
			"$chat" $((${#first} + 36)) "$first" >&"$fd"
	done
	for ((i = 199; i >= 0; i--)); do
		printf '"user","content":"number %03d end"}]}' $i >&"${fds[i]}"
	done
	for ((i = 0; i < 200; i++)); do
		timeout 10 cat <&"${fds[i]}" | grep -q "$(printf 'number %03d end' $i)"
		fd=${fds[i]}
		exec {fd}>&-
	done
	[ "$(wc -l <"$MOCK_LOG")" -eq 200 ]
}

@test "SIGTERM and SIGINT end it with status 0, also with connections open" {
	local sig status
	for sig in TERM INT; do
		status=0
		rm -f ready
		# Job control, since a background job of a script ignores SIGINT.
		set -m
		"${FB_PREFIX[@]}" "$FB_BIN/fb-mock" --ready-file ready >out 2>err 3>&- &
		set +m
		local pid=$!
		until_true '[ -s ready ]'
		exec 9<>"/dev/tcp/127.0.0.1/$(sed 's/.*://' ready)"
		printf 'GET /health HT' >&9
		kill -$sig $pid
		wait $pid || status=$?
		exec 9>&-
		[ $status -eq 0 ]
		[ -n "${FB_RUN:-}" ] || [ ! -s err ]
	done
}

@test "a port in use is told in one line, with status 3" {
	start_mock
	run -3 briefly --port "${MOCK##*:}"
	[[ $output == "fb-mock: cannot listen: 127.0.0.1 port ${MOCK##*:}: "* ]]
	[ "${#lines[@]}" -eq 1 ]
	run -3 briefly --listen 192.0.2.1
	[[ $output == "fb-mock: cannot listen: 192.0.2.1 port 0: "* ]]
	run -3 briefly --listen 'no such host'
	[ "${#lines[@]}" -eq 1 ]
}

@test "an IPv6 address stands in brackets in the URL" {
	start_mock --listen ::1 2>/dev/null || skip "no IPv6 here"
	grep '^fb-mock: http://\[::1\]:[0-9]*$' "$MOCK_OUT"
}

@test "a ready file or standard output that cannot be written is status 3" {
	run -3 briefly --ready-file no/such/dir/file
	[[ $output == *"fb-mock: no/such/dir/file: "* ]]
	mkdir dir
	run -3 briefly --ready-file dir
	[ "$(echo dir*)" = dir ]
	run -3 timeout 10 sh -c 'fb-mock >&-'
	[[ $output == "fb-mock: standard output: "* ]]
	[ -e /dev/full ] || skip 'no /dev/full here'
	run -3 timeout 10 sh -c 'fb-mock >/dev/full'
	[[ $output == "fb-mock: standard output: "* ]]
}

@test "a wrong option is one line and status 2" {
	local args
	while read -ra args; do
		run -2 briefly "${args[@]}"
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == fb-mock:* ]]
	done <<-'EOF'
		--nonsense
		--port x
		--port 65536
		--port -1
		--port
		--profile nobody
		operand
	EOF
	run -2 briefly --profile nobody
	[[ $output == *"echo, strict-string"* ]]
}
