# fb-mock's profiles: what each promises that the captured replies don't show.
# shellcheck disable=SC2317

load helper

chat=/v1/chat/completions

# ask BODY [CURL OPTION]... - posts it; prints the reply, then its status.
ask() {
	local body=$1
	shift
	curl -s -w '\n%{http_code}\n' -H 'Content-Type: application/json' "$@" "$MOCK$chat" -d "$body"
}

# The same, where it must be that status; prints the body alone.
asked() {
	local status=$1 got
	shift
	got=$(ask "$@")
	[ "${got##*$'\n'}" = "$status" ] || { echo "$got" >&2 && return 1; }
	printf '%s\n' "${got%$'\n'*}"
}

user() {
	printf '{"model":"m","messages":[{"role":"user","content":"%s"}]%s}' "$1" "${2-}"
}

parts='{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"one "},{"type":"text","text":"two"}]}]}'
tools=',"tools":[{"type":"function","function":{"name":"look"}}]'

chunks() {
	sed -n 's/^data: {/{/p'
}

write_calls() {
	cat >script.jsonl <<-'END'
		{"match":{"contains":"call"},"calls":[{"name":"look","arguments":{"city":"Tromsø in the north"}},{"id":"mine","name":"see","arguments":{}}]}
		{"match":{"contains":"think"},"reasoning":"Two and two.","text":"4"}
	END
}

@test "a profile is found by its name, its variant by NAME=VARIANT, and the names are told" {
	run -2 timeout 60 "$FB_BIN/fb-mock" --profile nobody
	local name
	for name in echo strict-string inferrs no-tools=llamafile no-tools=jinja no-tools=crash silent-drop \
		llamacpp llamacpp=old openai ollama; do
		[[ $output == *"$name"* ]]
	done
	run -2 timeout 60 "$FB_BIN/fb-mock" --profile no-tools=nothing
	run -2 timeout 60 "$FB_BIN/fb-mock" --profile no-
}

@test "echo: limits, stop strings and choices are honoured" {
	start_mock
	asked 200 "$(user 'one two three four' ',"max_tokens":3')" |
		jq -e '.choices[0] | .message.content == "one two three" and .finish_reason == "length"'
	asked 200 "$(user 'one two' ',"max_tokens":2')" | jq -e '.choices[0].finish_reason == "stop"'
	asked 200 "$(user 'one two three' ',"max_tokens":1,"max_completion_tokens":2')" |
		jq -e '.choices[0].message.content == "one two"'
	asked 200 "$(user 'one two three' ',"max_tokens":0')" | jq -e '.choices[0].message.content == ""'
	asked 200 "$(user 'one two three' ',"stop":["three","tw"]')" |
		jq -e '.choices[0] | .message.content == "one " and .finish_reason == "stop"'
	asked 200 "$(user 'one' ',"stop":"n"')" | jq -e '.choices[0].message.content == "o"'
	asked 200 "$(user 'a b' ',"n":3')" | jq -e '[.choices[].index] == [0,1,2] and .usage.completion_tokens == 6'
	asked 200 "$(user 'a b' ',"n":2,"stream":true')" | chunks |
		jq -es '[.[].choices[].index] == [0,1,0,1,0,1,0,1]'
	asked 200 "$(user 'a b' ',"logprobs":true,"top_logprobs":1')" |
		jq -e '.choices[0].logprobs.content | map(.token) == ["a"," b"] and .[0].bytes == [97]'
}

@test "calls stream as deltas that put together make the call; knobs change them" {
	write_calls
	start_mock --script script.jsonl
	asked 200 "$(user call)" | jq -e '.choices[0] | .finish_reason == "tool_calls" and .message.content == null and
		(.message.tool_calls[0].function.arguments | fromjson) == {"city":"Tromsø in the north"} and
		.message.tool_calls[1].id == "mine"'
	asked 200 "$(user call ',"stream":true')" | chunks >out
	jq -es '[.[].choices[].delta.tool_calls[]? | select(.index == 0) | .function.arguments] |
		length > 3 and (join("") | fromjson) == {"city":"Tromsø in the north"}' out
	jq -es '[.[].choices[].delta.tool_calls[]? | select(.id)] | map([.index, .function.name]) == [[0,"look"],[1,"see"]]' out
	start_mock --script script.jsonl --sse whole-call,no-index,no-role,no-done,no-finish
	asked 200 "$(user call ',"stream":true')" >out
	run -1 grep -E 'DONE|role|"index":[01],"(id|function)|"finish_reason":"' out
	chunks <out | jq -es 'length == 2 and (.[0].choices[0].delta.tool_calls[0].function.arguments | fromjson)'
	start_mock --script script.jsonl --sse empty-id
	asked 200 "$(user call ',"stream":true')" | chunks |
		jq -es '[.[].choices[].delta.tool_calls[]? | .id] | map(select(. == "")) | length > 2'
	start_mock --script script.jsonl --sse args-object,finish-with-text
	asked 200 "$(user call ',"stream":true')" | chunks |
		jq -es '[.[].choices[].delta.tool_calls[]?.function.arguments] == [{"city":"Tromsø in the north"},{}]'
	asked 200 "$(user think ',"stream":true')" | chunks |
		jq -es '.[-1].choices[0] | .delta.content == "4" and .finish_reason == "stop"'
}

@test "inferrs takes parts, null, tools and tool roles; ids are call_0; reasoning only streams" {
	write_calls
	start_mock --profile inferrs --script script.jsonl
	asked 200 "$parts" | jq -e '.choices[0].message.content == "one two"'
	asked 200 '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[]},
		{"role":"tool","tool_call_id":"x","content":"r"}],"stop":["q"],"tools":[],"top_logprobs":255}' >out
	asked 200 "$(user call "$tools")" | jq -e '.choices[0].message | .content == "" and .tool_calls[0].id == "call_0"'
	asked 200 "$(user think)" | jq -e '.choices[0].message == {"role":"assistant","content":"4"}'
	asked 200 "$(user think ',"stream":true,"n":2,"stream_options":{"include_usage":true}')" >out
	chunks <out | jq -es '.[1].choices[0].delta.reasoning_content == "Two" and all(.[]; .usage == null)'
	chunks <out | jq -es 'all(.[]; .choices[0].index == 0)'
}

@test "inferrs refuses in serde's words what doesn't fit its types" {
	start_mock --profile inferrs
	local body want
	while IFS='|' read -r body want; do
		[ "$(asked 422 "$body")" = "Failed to deserialize the JSON body into the target type: $want" ]
	done <<-'END'
		{"messages":[{"role":"developer","content":"x"}]}|messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`, `function` at line 1 column 32
		{"messages":[{"role":"user","content":5}]}|messages[0].content: invalid type: integer `5`, expected a string, an array of content parts, or null at line 1 column 39
		{"messages":[{"role":"user","content":[{"text":"x"}]}]}|messages[0].content[0]: missing field `type` at line 1 column 51
		{"messages":[],"seed":-1}|seed: invalid value: integer `-1`, expected usize at line 1 column 24
		{"messages":[],"top_logprobs":256}|top_logprobs: invalid value: integer `256`, expected u8 at line 1 column 33
		{"messages":[],"stop":[1]}|stop: data did not match any variant of untagged enum StopSequences at line 1 column 25
		{"messages":[],"logit_bias":[]}|logit_bias: invalid type: sequence, expected a map at line 1 column 28
	END
}

@test "no-tools refuses tools: llamafile by text that is the reason phrase too, llama.cpp without --jinja by 500" {
	start_mock --profile no-tools
	[ "$(asked 400 "$(user a "$tools")" -D head)" = "OpenAI tools field not supported yet" ]
	grep -q '^HTTP/1.1 400 OpenAI tools field not supported yet' head
	asked 200 "$(user a)" | jq -e '.choices[0].message.content == "a"'
	start_mock --profile no-tools=jinja
	asked 500 "$(user a "$tools")" |
		same '{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}'
	asked 200 "$(user a ',"tools":[]')" | jq -e .choices
}

@test "no-tools=crash dies of tools without a reply, and is up again a moment later" {
	start_mock --profile no-tools=crash
	run -52 curl -s "$MOCK$chat" -d "$(user a "$tools")"
	run -7 curl -s "$MOCK/health"
	until_true "curl -s -o out '$MOCK/health'"
	asked 200 "$(user a)" | jq -e '.choices[0].message.content == "a"'
}

@test "silent-drop takes parts for an empty prompt, by 200" {
	start_mock --profile silent-drop
	asked 200 "$parts" | jq -e '.choices[0].message.content == "" and .usage.prompt_tokens == 0'
	asked 200 "$(user 'a b' ',"max_tokens":1')" | jq -e '.choices[0].finish_reason == "stop"'
}

@test "llamacpp=old: ids of calls are empty, streams with tools and n are 500" {
	write_calls
	start_mock --profile llamacpp=old --script script.jsonl
	asked 200 "$(user call "$tools")" | jq -e '.choices[0].message.tool_calls[0].id == ""'
	asked 500 "$(user call "$tools"',"stream":true')" | jq -e '.error.message == "Cannot use tools with stream"'
	asked 500 "$(user a ',"n":2')" | jq -e '.error.code == 500'
	asked 200 "$(user 'a b c' ',"max_completion_tokens":1')" | jq -e '.choices[0].message.content == "a b c"'
}

@test "openai wants a key, knows its model only, and max_tokens isn't for all" {
	start_mock --profile openai --model gpt-4o
	asked 401 "$(user a)" | jq -e '.error.type == "invalid_request_error" and .error.code == null'
	asked 200 '{"model":"gpt\u002d4o","messages":[{"role":"user","content":"a"}]}' -H 'Authorization: Bearer k' | jq -e .choices
	asked 401 "$(user a)" -H 'Authorization: Bearer invalid' | jq -e '.error.code == "invalid_api_key"'
	asked 404 "$(user a)" -H 'Authorization: Bearer k' | jq -e '.error.code == "model_not_found" and
		(.error.message | startswith("The model `m` does not exist"))'
	asked 200 '{"model":"gpt-4o","messages":[{"role":"developer","content":"x"},{"role":"user","content":"a"}]}' \
		-H 'Authorization: Bearer k' -D head | jq -e '.choices[0].message | has("refusal")'
	grep -qi '^x-request-id: req_5' head
	asked 400 '{"model":"gpt-4o","messages":[{"role":"robot","content":"x"}]}' -H 'Authorization: Bearer k' |
		jq -e '.error.param == "messages[0].role" and .error.code == "invalid_value"'
	start_mock --profile openai
	asked 400 '{"model":"o3-mini","max_tokens":5,"messages":[{"role":"user","content":"a"}]}' -H 'Authorization: Bearer k' |
		jq -e '.error.code == "unsupported_parameter" and .error.param == "max_tokens"'
	asked 200 '{"model":"o3-mini","max_completion_tokens":1,"messages":[{"role":"user","content":"a b"}]}' -H 'Authorization: Bearer k' |
		jq -e '.choices[0].message.content == "a"'
	asked 200 "$(user a ',"stream":true,"stream_options":{"include_usage":true}')" -H 'Authorization: Bearer k' |
		chunks | jq -es '(.[0] | has("usage") and .usage == null) and (.[-1] | .choices == [] and .usage.total_tokens == 2)'
}

@test "ollama: a call in one chunk, reasoning, ids that come again, only max_tokens, 404 for other models" {
	write_calls
	start_mock --profile ollama --script script.jsonl
	asked 200 "$(user call ',"stream":true')" | chunks |
		jq -es '[.[].choices[].delta.tool_calls | select(.)] | length == 2 and (.[0][0].function.arguments | fromjson)'
	asked 200 "$(user think)" | jq -e '.choices[0].message.reasoning == "Two and two." and .id == "chatcmpl-2"'
	asked 200 "$(user 'a b c' ',"max_completion_tokens":1')" | jq -e '.choices[0].message.content == "a b c"'
	asked 400 '{"model":"m","messages":[]}' |
		same '{"error":{"message":"[] is too short - '"'messages'"'","type":"invalid_request_error","param":null,"code":null}}'
	[ "$(curl -s "$MOCK/")" = "Ollama is running" ]
	start_mock --profile ollama --model gemma3
	asked 404 "$(user a)" | jq -e ".error.message == \"model 'm' not found\" and .error.type == \"not_found_error\""
}

@test "--context: llamacpp tells both numbers, old says it inside a stream, inferrs and openai in their words" {
	start_mock --profile llamacpp --context 2
	asked 200 "$(user 'a b')" | jq -e .choices
	asked 400 "$(user 'a b c' ',"stream":true')" | same '{"error":{"code":400,"message":"request (3 tokens) exceeds the available context size (2 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":3,"n_ctx":2}}'
	start_mock --profile llamacpp=old --context 2
	asked 400 "$(user 'a b c')" | jq -e '.error.type == "invalid_request_error"'
	[ "$(asked 200 "$(user 'a b c' ',"stream":true')")" = 'error: {"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"invalid_request_error"}

data: [DONE]' ]
	start_mock --profile inferrs --context 2
	asked 400 "$(user 'a b c')" -D head | same '{"error":{"message":"Prompt length (3 tokens) exceeds the model'"'s"' maximum context length (2 tokens).","type":"invalid_request_error"}}'
	grep -qi '^content-type: application/json' head
	start_mock --profile openai --context 2
	asked 400 "$(user 'a b c')" -H 'Authorization: Bearer k' | jq -e '.error.code == "context_length_exceeded"'
	start_mock --profile no-tools --context 2
	asked 400 "$(user 'a b c')" -D head >out
	grep -q '^HTTP/1.1 400 prompt exceeds' head
}

@test "--context: ollama and silent-drop cut the prompt without a word" {
	local profile
	for profile in ollama silent-drop; do
		start_mock --profile $profile --context 2
		asked 200 "$(user 'a b c')" | jq -e '.usage.prompt_tokens == 2'
	done
}

@test "--loading: so many requests find it loading, then all is well; inferrs answers chats all the while" {
	local path
	start_mock --profile llamacpp --loading 4 --faults 429
	for path in /health /v1/models /nothing; do
		[ "$(curl -s -w '%{http_code}' "$MOCK$path")" = '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}503' ]
	done
	asked 503 "$(user a)" | jq -e '.error.message == "Loading model"'
	asked 429 "$(user a)" | jq -e .error
	asked 200 "$(user a)" | jq -e .choices
	start_mock --profile inferrs --loading 3
	[ "$(curl -s -w '%{http_code}' "$MOCK/health")" = '{"status":"loading"}503' ]
	asked 200 "$(user a)" | jq -e .choices
	curl -s "$MOCK/_stats" | jq -e .requests
	[ "$(curl -s -w '%{http_code}' "$MOCK/health")" = '{"status":"loading"}503' ]
	[ "$(curl -s -w '%{http_code}' "$MOCK/health")" = '{"status":"ok"}200' ]
	start_mock --loading 2
	curl -s "$MOCK/health" | jq -e '.error.type == "server_error"'
	asked 503 "$(user a)" | jq -e '.error | has("param")'
	asked 200 "$(user a)" | jq -e .choices
}

@test "--api-key: without it 401 in the profile's form, which doesn't tell keys; health is open" {
	local profile
	for profile in echo strict-string inferrs no-tools no-tools=crash silent-drop llamacpp llamacpp=old openai ollama; do
		start_mock --profile $profile --api-key right
		asked 401 "$(user a)" >out
		asked 401 "$(user a)" -H 'Authorization: Bearer wrong' >>out
		asked 401 "$(user a)" -H 'Authorization: Bearer rightly' >>out
		asked 401 "$(user a)" -H 'Authorization: Basic right' >>out
		run -1 grep -E 'right|wrong' out
		asked 200 "$(user a)" -H 'authorization: bearer right' | jq -e .choices
		[ "$(curl -s -o out -w '%{http_code}' "$MOCK/health")" = 200 ]
	done
	start_mock --profile llamacpp --api-key right --faults 429
	asked 401 "$(user a)" | same '{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}'
	asked 429 "$(user a)" -H 'Authorization: Bearer right' | jq -e .error
	curl -s "$MOCK/v1/models" | jq -e .data
	start_mock --profile openai --api-key right
	asked 401 "$(user a)" | jq -e '.error | .code == null and (.message | startswith("You didn'"'t"' provide an API key"))'
	asked 401 "$(user a)" -H 'Authorization: Bearer wrong' | jq -e '.error | .code == "invalid_api_key" and (.message | startswith("Incorrect API key"))'
	[ "$(curl -s -o out -w '%{http_code}' "$MOCK/v1/models")" = 401 ]
}

@test "--old: the old version of the profile, wherever it stands; where there is none it's an error" {
	start_mock --old --profile llamacpp
	asked 500 "$(user a ',"n":2')" | jq -e '.error.message == "Only one completion choice is allowed"'
	run -2 timeout 60 "$FB_BIN/fb-mock" --profile openai --old
	[[ $output == *"--old: the profile has no old version: openai"* ]]
	run -2 timeout 60 "$FB_BIN/fb-mock" --context 0
	[[ $output == *"--context: 0 is not from 1"* ]]
	run -2 timeout 60 "$FB_BIN/fb-mock" --api-key ''
	[[ $output == *"--api-key: it is empty"* ]]
}
