# fb-shape: what becomes a request, and what of it is left as it came.
# shellcheck disable=SC2317

load helper

server=(--base-url http://127.0.0.1:9/v1 -m m)

# shape JSON [ARG]... - the request records of this input for a server without flags
shape() {
	local input=$1
	shift
	run -0 --separate-stderr fb fb-shape "${server[@]}" "$@" <<<"$input"
}

# The body's bytes in the record $output.
body() {
	sed 's/^{"custom_id":"[^"]*","method":"POST","url":"[^"]*","body":\(.*\),"route":{"ref".*$/\1/' <<<"$output"
}

body_is() {
	[ "$(body)" = "$1" ] || {
		echo " got: $(body)"
		echo "want: $1"
		return 1
	}
}

# error_is TEXT - the record in $output (or $1's line of it) is an input error with that text
error_is() {
	jq -e --arg text "$1" '.error | .code == "input" and .stage == "shape" and .retryable == false and
		(.message | contains($text))' <<<"${2-$output}" >/dev/null || {
		echo "expected: $1; got: ${2-$output}"
		return 1
	}
}

# --- inputs

# bats test_tags=memory
@test "a text, an array of messages, a prompt record, a body and a Batch line each become a request" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" <<-'EOF'
		"a text"
		[{"role":"system","content":"s"},{"role":"user","content":"u"}]
		{"prompt":"p","system":"s","temperature":0.50,"column":"c"}
		{"messages":[{"role":"user","content":"u"}],"prompt":"p"}
		{"model":"theirs","messages":[{"role":"user","content":"u"}],"n":1}
		{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"x","messages":[]},"mine":1}
	EOF
	# shellcheck disable=SC2154
	[ -z "$stderr" ]
	jq -s 'map(.body)' <<<"$output" | same '[
		{"model":"m","messages":[{"role":"user","content":"a text"}],"stream":false},
		{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}],"stream":false},
		{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"p"}],"stream":false,"temperature":0.5},
		{"model":"m","messages":[{"role":"user","content":"u"},{"role":"user","content":"p"}],"stream":false},
		{"model":"m","messages":[{"role":"user","content":"u"}],"n":1},
		{"model":"m","messages":[]}]'
	jq -es 'all(.[]; .method == "POST" and .url == "/v1/chat/completions" and .route.model == "m") and
		map(.custom_id) == ["1","2","3","4","5","b"] and .[2].input == {"column":"c"} and .[5].mine == 1' <<<"$output"
}

@test "a request record keeps of the route what sending and parsing need" {
	conf
	run -0 --separate-stderr fb fb-shape -p x
	jq .route <<<"$output" >route
	jq -e '.ref == "inferrs/google/gemma-4-E2B-it" and .model == "google/gemma-4-E2B-it" and
		.baseUrl == "http://127.0.0.1:9/v1" and .auth.type == "bearer" and .source.line == 20 and .cost.input == 0 and
		(has("compat") or has("params") or has("contextWindow") | not)' route
	run -1 grep inferrs-local route
}

@test "what comes beside the prompt travels whole in input, byte for byte" {
	shape '{"big":12345678901234567890,"prompt":"p","one" : 1.0,"a":1,"a":2,"x":{"y":[ 1,2 ]},"route_":"\/"}'
	[[ $output == *'"input":{"big":12345678901234567890,"one" : 1.0,"a":1,"a":2,"x":{"y":[ 1,2 ]},"route_":"\/"}}' ]]
	shape '{"prompt":"p","body_":1,"event":1,"response":2,"text":"t","digest":"d"}'
	jq -e '.input == {"body_":1,"event":1,"response":2,"text":"t","digest":"d"}' <<<"$output"
}

@test "the fields of a body in a prompt record are sent" {
	shape '{"prompt":"p","temperature":0.1,"top_p":1,"seed":12345678901234567890,"stop":["a"],"stream":true,
		"max_tokens":5,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto",
		"response_format":{"type":"json_object"},"logit_bias":{"1":2},"user":"u"}'
	jq .body <<<"$output" | same '{"model":"m","messages":[{"role":"user","content":"p"}],"stream":true,
		"stream_options":{"include_usage":true},"temperature":0.1,"top_p":1,"seed":12345678901234567890,"stop":["a"],
		"max_tokens":5,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto",
		"response_format":{"type":"json_object"},"logit_bias":{"1":2},"user":"u"}'
	[[ $output == *'"seed":12345678901234567890'* ]]
}

@test "custom_id is the input's own custom_id or id, as text, else its place" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" <<-'EOF'
		"x"
		{"prompt":"x","custom_id":"mine","id":"not this"}
		{"prompt":"x","id":"this \u00e9\""}
		{"prompt":"x","id":12345678901234567890}

		{"prompt":"x","id":null}
		{"model":"x","messages":[],"id":"body"}
	EOF
	[[ ${lines[2]} == '{"custom_id":"this \u00e9\"",'* ]]
	[[ ${lines[3]} == '{"custom_id":"12345678901234567890",'* ]]
	jq -es 'map(.custom_id) == ["1","mine","this é\"","12345678901234567890","5","body"]' <<<"$output"
}

@test "ids count over all files" {
	printf '"a"\n"b"\n' >one
	printf '"c"\n' >two
	run -0 --separate-stderr fb fb-shape "${server[@]}" one - two <<<'"d"'
	jq -es 'map(.custom_id + .body.messages[0].content) == ["1a","2b","3d","4c"]' <<<"$output"
}

@test "-p gives a stream, data does not, a body says itself, an option decides" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p x
	jq -e '.body.stream == true and .body.stream_options == {"include_usage":true}' <<<"$output"
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p x --no-stream
	jq -e '.body.stream == false and (.body | has("stream_options") | not)' <<<"$output"
	shape '"x"'
	jq -e '.body.stream == false' <<<"$output"
	shape '"x"' --stream
	jq -e '.body.stream == true' <<<"$output"
	shape '{"model":"m","messages":[]}'
	body_is '{"model":"m","messages":[]}'
	shape '{"model":"m","messages":[],"stream":true}'
	body_is '{"model":"m","messages":[],"stream":true}'
	shape '{"stream":true,"messages":[],"model":"y" }' --no-stream
	body_is '{"stream":false,"messages":[],"model":"m" }'
	shape '{"model":"m","messages":[] }' --stream
	jq -e '.body.stream == true' <<<"$output"
}

@test "the token limit: the option's, else the record's, else the route's; in the field that the server knows" {
	conf
	local want
	limit() {
		run -0 --separate-stderr fb fb-shape "$@"
		jq -e --argjson want "$want" '[.body.max_tokens, .body.max_completion_tokens] == $want' <<<"$output"
	}
	want='[4096,null]' limit -p x
	want='[7,null]' limit -p x --max-tokens 7
	want='[null,4096]' limit -p x -c maxTokensField=max_completion_tokens
	want='[5,null]' limit <<<'{"prompt":"x","max_tokens":5}'
	want='[null,5]' limit -c maxTokensField=max_completion_tokens <<<'{"prompt":"x","max_tokens":5}'
	want='[7,null]' limit --max-tokens 7 <<<'{"prompt":"x","max_tokens":5}'
	want='[null,null]' limit --base-url http://127.0.0.1:9/v1 -m m -p x
	# On a ready body no default is added.
	want='[null,null]' limit <<<'{"model":"x","messages":[]}'
}

@test "native OpenAI fields are for OpenAI's own host only" {
	for url in http://127.0.0.1:9/v1 https://api.example.com/v1; do
		run -0 --separate-stderr fb fb-shape --base-url "$url" -m m -p x
		jq -e '.body | has("store") or has("service_tier") or has("prompt_cache_key") or
			has("reasoning_effort") or has("stream_options") and $local == "" | not' \
			--arg local "${url##https*}" <<<"$output"
	done
	run -0 --separate-stderr fb fb-shape --base-url https://api.openai.com/v1 -m m -p x --max-tokens 3
	jq -e '.body | .store == false and .max_completion_tokens == 3 and (has("service_tier") | not)' <<<"$output"
}

# --- options

@test "-s, -p and -f read files with @; @@ is a text that starts with @" {
	printf 'from a file\n' >text
	run -0 --separate-stderr fb fb-shape "${server[@]}" -s @text -p @@home -f text -f text
	jq .body.messages <<<"$output" | same '[{"role":"system","content":"from a file\n"},
		{"role":"user","content":[{"type":"text","text":"@home"},{"type":"text","text":"from a file\n"},
		{"type":"text","text":"from a file\n"}]}]'
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p @- <<<'on stdin'
	jq -e '.body.messages[0].content == "on stdin\n"' <<<"$output"
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p @text
	jq -e '.body.messages[0].content == "from a file\n"' <<<"$output"
}

@test "-s is the system text of every input that has none of its own" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" -s all <<-'EOF'
		"a"
		{"prompt":"b","system":"own"}
	EOF
	jq -es 'map(.body.messages[0]) == [{"role":"system","content":"all"},{"role":"system","content":"own"}]' <<<"$output"
}

@test "a text with anything in it goes through whole" {
	printf 'q"b\\s/\t\r\n\001\177 \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x80\xa8 {"a":1} ${X} $(id) `id` %%s' >text
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p @text
	jq -j '.body.messages[0].content' <<<"$output" | cmp - text
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p "$(cat text)"
	jq -j '.body.messages[0].content' <<<"$output" | cmp - <(printf %s "$(cat text)")
}

@test "unpaired surrogates are deleted from text that is made into a message; elsewhere they stay" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" <<-'EOF'
		{"prompt":"a\ud800b \ud83d\ude00","system":"\udc00s","other":"\ud800"}
		{"model":"m","messages":[{"role":"user","content":"a\ud800b"}]}
	EOF
	[[ ${lines[0]} == *'"content":"s"'* ]]
	[[ ${lines[0]} == *'"content":"ab \ud83d\ude00"'* ]]
	[[ ${lines[0]} == *'"input":{"other":"\ud800"}'* ]]
	[[ ${lines[1]} == *'"content":"a\ud800b"'* ]]
}

@test "the naughty strings go through as prompts, and stay equal" {
	list=$(shared cases/third-party/blns)
	jq -c '.[]' "$(find "$list" -name '*.json' | head -n 1)" | jq -c 'select(type == "string") | select(test("^[ \t\r\n]*$") | not)' >prompts
	[ "$(wc -l <prompts)" -gt 400 ]
	fb fb-shape "${server[@]}" -q <prompts >requests
	jq -c '.body.messages[0].content' requests | cmp - prompts
}

@test "an option that has nothing to say is refused before anything is done" {
	printf 'latin1 \xe9' >latin1
	: >empty
	while IFS='|' read -r text args; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr fb fb-shape "${server[@]}" $args </dev/null
		# shellcheck disable=SC2154
		[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "fb-shape: "*"$text"* ]] || {
			echo "$args: $stderr"
			return 1
		}
	done <<-'EOF'
		nothing: No such file|-p @nothing
		nothing: No such file|-f nothing -p x
		nothing: No such file|-s @nothing -p x
		empty|-p @empty
		UTF-8|-p @latin1
		UTF-8|-f latin1 -p x
		.: |-f . -p x
		--max-tokens|-p x --max-tokens 0
		--max-tokens|-p x --max-tokens five
		-p|-p x file
		argument|-p
	EOF
	run -2 --separate-stderr fb fb-shape "${server[@]}" -p ''
	[[ $stderr == *'-p: the text is empty'* ]]
	run -2 --separate-stderr fb fb-shape "${server[@]}" -p $' \n\t'
	run -2 --separate-stderr fb fb-shape "${server[@]}" -p $'\xff'
}

@test "several -m: every input for each, input order, then route order" {
	conf
	run -0 --separate-stderr fb fb-shape -m inferrs/b -m inferrs/a <<-'EOF'
		"1"
		{"model":"x","messages":[]}
	EOF
	jq -es 'map([.custom_id, .body.model, .route.model]) ==
		[["1","b","b"],["1","a","a"],["2","b","b"],["2","a","a"]]' <<<"$output"
}

@test "the route comes from the stage before, from --route, from -m, or is the primary" {
	conf
	run -0 --separate-stderr fb fb-shape -p x < <(fb fb-config -m inferrs/piped)
	jq -e '.route.model == "piped"' <<<"$output"
	run -0 --separate-stderr fb fb-shape -p x < <(fb fb-config -m inferrs/a -m inferrs/b)
	jq -es 'map(.route.model) == ["a","b"]' <<<"$output"
	fb fb-config -m inferrs/filed >routes
	run -0 --separate-stderr fb fb-shape --route routes <<<'"x"'
	jq -e '.route.model == "filed" and .body.messages[0].content == "x"' <<<"$output"
	echo '"f"' >file
	run -0 --separate-stderr fb fb-shape file < <(fb fb-config -m inferrs/piped)
	jq -e '.route.model == "piped" and .body.messages[0].content == "f"' <<<"$output"
	run -0 --separate-stderr fb fb-shape -m inferrs/named -p x < <(fb fb-config -m inferrs/piped)
	jq -e '.route.model == "named"' <<<"$output"
	run -0 --separate-stderr fb fb-shape <<<'"x"'
	jq -e '.route.model == "google/gemma-4-E2B-it"' <<<"$output"
	run -0 --separate-stderr fb fb-shape -p x </dev/null
	jq -e '.route.model == "google/gemma-4-E2B-it"' <<<"$output"
}

@test "-c lies over routes from anywhere" {
	conf
	fb fb-config >routes
	local input='{"model":"x","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}'
	for route in -mgoogle/gemma-4-E2B-it --route=routes; do
		run -0 --separate-stderr fb fb-shape "$route" -c requiresStringContent=false <<<"$input"
		jq -e '.body.messages[0].content | type == "array"' <<<"$output"
		run -0 --separate-stderr fb fb-shape "$route" <<<"$input"
		jq -e '.body.messages[0].content == "a"' <<<"$output"
	done
	run -2 --separate-stderr fb fb-shape --route routes -c nosuch=1 <<<"$input"
	run -2 --separate-stderr fb fb-shape -c nosuch=1 -p x </dev/null
}

@test "what is not a route is told before anything is shaped" {
	for text in '"x"' '{"prompt":"x"}' '{"route":5}' '{"route":{}}' '{"route":{"model":"m"}}' '{bad' '[]'; do
		printf '%s\n' "$text" >routes
		run -2 --separate-stderr fb fb-shape --route routes <<<'"x"'
		[ "${#stderr_lines[@]}" -eq 1 ]
		jq -e '.error.code == "input"' <<<"$output"
		run -2 --separate-stderr fb fb-shape -p x < <(cat routes)
		jq -e '.error.code == "input"' <<<"$output"
	done
	run -2 --separate-stderr fb fb-shape --route nothing <<<'"x"'
	[[ $stderr == *'nothing: No such file'* ]]
	run -2 --separate-stderr fb fb-shape -p x < <(:)
	[[ $stderr == *'no route'* ]]
}

# --- what is not changed is copied

@test "a ready body comes out byte for byte when no flag is set" {
	deep=$(printf '[%.0s' {1..300})$(printf ']%.0s' {1..300})
	while IFS= read -r text; do
		text=${text//DEEP/$deep}
		shape "$text"
		body_is "$text"
	done <<-'EOF'
		{"model":"m","messages":[]}
		{ "model" : "m" , "messages" : [ { "role" : "user" , "content" : "x" } ] }
		{"messages":[],"n":12345678901234567890,"x":1.0,"y":1e5,"z":-0,"w":1E+400,"v":0.10,"model":"m"}
		{"model":"m","messages":[],"a":1,"a":2,"messages":[]}
		{"model":"m","messages":[{"role":"user","content":"\u0041\/\u00e9é\ud83d\ude00\ud800 \u0000"}]}
		{"model":"m","messages":[],"":{"\u006d\u006fdel":null,"a":DEEP}}
		{"model":"m","messages":[{"role":"user","content":[]},{"role":"user","content":null}],"tools":[],"tool_choice":null,"stream":null}
		{"model":"m","messages":[],"max_completion_tokens":5,"max_tokens":6,"store":true,"service_tier":"x","reasoning_effort":"low"}
	EOF
}

@test "only the model's name changes in a body for another model" {
	shape '{ "x":1.0, "model" : "theirs" ,"messages":[ ],"n":12345678901234567890}'
	body_is '{ "x":1.0, "model" : "m" ,"messages":[ ],"n":12345678901234567890}'
	shape '{"custom_id":"b","body":{"messages":[ ]},"more":1.0}'
	jq -e '.body == {"model":"m","messages":[]}' <<<"$output"
	[[ $output == *',"more":1.0}' ]]
}

@test "of two members named model the one that counts is the route's" {
	shape '{"model":"a","messages":[],"model":"b"}'
	jq -e '.body.model == "m"' <<<"$output"
}

@test "a value over several lines becomes one line; nothing else of it changes" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" < <(printf '{\n\t"model": "m",\r\n "messages": [\n],\n"x":1.0}\n{"prompt":\n"two"}\n"three"\n')
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} == *$'"body":{ \t"model": "m",   "messages": [ ], "x":1.0},"route"'* ]]
	jq -es 'map(.custom_id) == ["1","2","3"] and .[1].body.messages[0].content == "two" and
		.[2].body.messages[0].content == "three"' <<<"$output"
}

@test "a value over several lines may stand behind blank lines" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" < <(printf '\n\n{\n"prompt":\n"x"}\n')
	[ "${#lines[@]}" -eq 1 ]
}

@test "a byte order mark, blank lines, CR LF and a missing last line break are no matter" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" < <(printf '\xef\xbb\xbf"a"\r\n\r\n  \n\t"b"  \n"c"')
	jq -es 'map(.body.messages[0].content) == ["a","b","c"]' <<<"$output"
}

# --- flags

# bats test_tags=memory
@test "requiresStringContent flattens arrays of text, and only these" {
	conf
	run -0 --separate-stderr fb fb-shape <<-'EOF'
		{ "model":"x", "n":1.0, "messages":[ {"role":"user","content":[ {"type":"text","text":"\u0041b"}, {"text":"é\n","type":"text","cache":1} ]}, {"role":"user","content":[]}, {"role":"user","content":null}, {"role":"user","content":"s"}, {"role":"assistant","tool_calls":[]}, {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}}]}, {"role":"user","content":[{"type":"text","text":5}]}, {"role":"user","content":["a"]} ] }
	EOF
	body_is '{ "model":"google/gemma-4-E2B-it", "n":1.0, "messages":[ {"role":"user","content":"\u0041b\né\n"}, {"role":"user","content":""}, {"role":"user","content":null}, {"role":"user","content":"s"}, {"role":"assistant","tool_calls":[]}, {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}}]}, {"role":"user","content":[{"type":"text","text":5}]}, {"role":"user","content":["a"]} ] }'
}

@test "requiresStringContent joins the prompt and the files of -f" {
	conf
	echo one >a
	echo two >b
	run -0 --separate-stderr fb fb-shape -p 'Sum up:' -f a -f b
	jq -e '.body.messages == [{"role":"user","content":"Sum up:\none\n\ntwo\n"}]' <<<"$output"
}

@test "supportsTools=false removes the tool surface; what was said stays" {
	shape '{ "model":"m", "tools" : [{"type":"function"}] ,"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","tool_call_id":"1","content":"x"}],"tool_choice":"auto", "parallel_tool_calls":true , "n":1.0}' -c supportsTools=false
	jq .body <<<"$output" | same '{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","tool_call_id":"1","content":"x"}],"n":1.0}'
	[[ $(body) == *'"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","tool_call_id":"1","content":"x"}]'*'"n":1.0}' ]]
	shape '{"prompt":"x","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto"}' -c supportsTools=false
	jq -e '.body | has("tools") or has("tool_choice") | not' <<<"$output"
	# First, last, only and repeated members.
	shape '{"tools":[],"model":"m","messages":[],"tools":[1]}' -c supportsTools=false
	body_is '{"model":"m","messages":[]}'
	shape '{"to\u006fls":[],"model":"m","messages":[]}' -c supportsTools=false
	body_is '{"model":"m","messages":[]}'
}

@test "both flags together are each one's change" {
	shape '{"model":"m","tools":[1],"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}' \
		-c supportsTools=false -c requiresStringContent=true
	body_is '{"model":"m","messages":[{"role":"user","content":"a"}]}'
}

# --- wrong inputs

# bats test_tags=memory
@test "a bad value is one error record, and the others still come out" {
	run -1 --separate-stderr fb fb-shape "${server[@]}" <<-'EOF'
		{"prompt":"2+2?"}
		{bad}
		{"prompt":"3+3?"}
		What is this?
		"two" "values"
		"tab	in it"
		17
		null
		[]
		[1]
		{}
		{"prompt":5}
		{"custom_id":"mine","messages":"x"}
		{"prompt":"x","system":[]}
		{"body":[]}
		{"route":{"baseUrl":"http://127.0.0.1:1/v1","model":"x"},"prompt":"x"}
		{"route":{"baseUrl":"http://127.0.0.1:1/v1","model":"x"}}
		{"model":"x","messages":[],"route":{}}
		{"custom_id":"b","body":{"messages":[]},"route":{"baseUrl":"http://127.0.0.1:1/v1"}}
		"last"
	EOF
	[ "${#lines[@]}" -eq 20 ]
	[ -z "$stderr" ]
	jq -es '[.[] | select(.error == null) | .custom_id] == ["1","3","20"]' <<<"$output"
	jq -es 'all(.[] | select(.error); .error.code == "input" and .error.stage == "shape" and (.error.message | length) > 9)' <<<"$output"
	error_is 'not JSON: expected a member name at column 2' "${lines[1]}"
	error_is 'plain text?' "${lines[6]}"
	jq -e '.custom_id == "mine"' <<<"${lines[12]}"
	for i in 15 16 17 18; do error_is route "${lines[i]}"; done
}

@test "a file's name and line stand in the message" {
	printf '"a"\n\n{"prompt":5}\n{bad\n' >prompts.jsonl
	run -1 --separate-stderr fb fb-shape "${server[@]}" prompts.jsonl
	error_is 'prompts.jsonl:3: prompt: ' "${lines[1]}"
	error_is 'prompts.jsonl:4: not JSON' "${lines[2]}"
	fb fb-shape "${server[@]}" prompts.jsonl >out 2>err || true
	grep -q '^fb-shape: 2: input: prompts.jsonl:3: ' err
}

@test "a record that failed before goes on untouched" {
	local failed='{ "custom_id" : 5, "error":{"code":"config","message":"\u0041","retryable":true}, "more":1.0,"more":2 }'
	run -5 --separate-stderr fb fb-shape "${server[@]}" <<<"$failed"
	[ "$output" = "$failed" ]
	run -1 --separate-stderr fb fb-shape "${server[@]}" < <(printf '"a"\n%s\n"b"\n' "$failed")
	[ "${lines[1]}" = "$failed" ]
	# Among routes.
	conf
	run -4 --separate-stderr fb fb-shape -p x < <(fb fb-config -m nosuch 2>/dev/null)
	jq -e '.error.code == "model_unknown" and .error.stage == "config"' <<<"$output"
	# An error without a code is data.
	run -0 --separate-stderr fb fb-shape "${server[@]}" <<<'{"prompt":"x","error":"none"}'
	jq -e '.input == {"error":"none"}' <<<"$output"
}

@test "nesting up to 500 is taken, more is refused: the next stage could not read it" {
	deep() { printf '{"prompt":"x","a":%s%s}' "$(head -c "$1" /dev/zero | tr '\0' '[')" "$(head -c "$1" /dev/zero | tr '\0' ']')"; }
	shape "$(deep 499)"
	[ "$(tr -cd '[' <<<"$output" | wc -c)" -eq 500 ]
	run -4 --separate-stderr fb fb-shape "${server[@]}" <<<"$(deep 500)"
	error_is 'nested more than 500 deep'
	run -4 --separate-stderr fb fb-shape "${server[@]}" <<<"$(deep 512)"
	error_is 'nested too deep'
	run -4 --separate-stderr fb fb-shape "${server[@]}" <<<"$(deep 5000)"
	error_is 'nested too deep'
}

@test "a ready body takes no -s and no -f" {
	echo x >file
	run -4 --separate-stderr fb fb-shape "${server[@]}" -s system <<<'{"model":"m","messages":[]}'
	error_is '-s'
	run -4 --separate-stderr fb fb-shape "${server[@]}" -f file <<<'{"custom_id":"x","body":{"messages":[]}}'
	error_is '-f'
}

@test "-f goes with a prompt, not with a conversation" {
	echo attached >file
	run -4 --separate-stderr fb fb-shape "${server[@]}" -f file <<<'[{"role":"user","content":"u"}]'
	error_is 'a conversation takes no files (-f)'
}

@test "-o FILE appears only when all is good" {
	echo old >file
	run -1 --separate-stderr fb fb-shape "${server[@]}" -o file < <(printf '"a"\n{bad\n')
	[ "$(cat file)" = old ]
	run -0 --separate-stderr fb fb-shape "${server[@]}" -o file <<<'"a"'
	[ -z "$output" ]
	jq -e .body file
	[ -z "$(find . -name 'file.*')" ]
}

@test "a line is out before the next is waited for; lines that are there together go out together, whole" {
	mkfifo lines
	fb fb-shape "${server[@]}" --lines <lines >out &
	pid=$!
	exec 7>lines
	for i in 1 2 3; do
		echo "line $i" >&7
		until_true '[ "$(wc -l <out)" -eq "$i" ]'
		jq -se --argjson i "$i" 'length == $i and .[-1].body.messages[0].content == "line \($i)"' out
	done
	exec 7>&-
	wait "$pid"
	seq 5000 >many
	fb fb-shape "${server[@]}" --lines many >out
	[ "$(jq -s '[.[] | select(.custom_id == .body.messages[0].content)] | length' out)" -eq 5000 ]
	[ "$(wc -l <out)" -eq 5000 ]
	# Nobody reads: it ends at once, as every filter does.
	run bash -c 'fb-shape "$@" --lines many | head -n 1 >first; exit "${PIPESTATUS[0]}"' - "${server[@]}"
	[ "$status" -eq 141 ] || [ "$status" -eq 0 ]
	[ "$(wc -l <first)" -eq 1 ]
}

@test "an error record stands where its line stood" {
	printf '"a"\n{bad\n"b"\n' >in
	run -1 fb fb-shape "${server[@]}" in
	jq -es '(.[0].body.messages[0].content == "a") and (.[1].error.message | startswith("in:2: ")) and
		(.[2].body.messages[0].content == "b") and length == 3' <<<"$output"
}

@test "a schema for a server that is said to take none is refused, and the message helps" {
	echo '{"type":"object"}' >schema
	run -4 --separate-stderr fb fb-shape "${server[@]}" -c supportsJsonSchemaResponseFormat=false -p x --schema=schema
	error_is 'supportsJsonSchemaResponseFormat'
	jq -e '.error.hint | contains("--schema without FILE")' <<<"$output"
	run -0 --separate-stderr fb fb-shape "${server[@]}" -c supportsJsonSchemaResponseFormat=false -p x --schema
	same '{"type":"json_object"}' "$(jq -c .body.response_format <<<"$output")"
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p x --schema=schema
	jq -e '.body.response_format.type == "json_schema"' <<<"$output"
}

@test "the command line says whether to stream; else params do, where -p alone would stream" {
	run -0 --separate-stderr fb fb-shape "${server[@]}" -p x
	jq -e '.body.stream == true' <<<"$output"
	fb fb-config "${server[@]}" | jq -c '.route.params.stream = false' >route
	run -0 --separate-stderr fb fb-shape --route route -p x
	jq -e '.body.stream == false and (.body | has("stream_options") | not)' <<<"$output"
	run -0 --separate-stderr fb fb-shape --route route --stream -p x
	jq -e '.body.stream == true' <<<"$output"
}
