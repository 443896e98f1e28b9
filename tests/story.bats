# The story of the page on inferrs: a small direct request works, content parts
# are refused, the full agent turn crashes the server, and what helps.
# shellcheck disable=SC2317

load helper

turn=$FB_ROOT/share/examples/agent-turn.json
# between the turn with its tools (65 KB) and without them (29 KB)
between=40000

# Stands in for the page's inferrs: started as there, configured as there.
inferrs() {
	start_mock --profile strict-string --model google/gemma-4-E2B-it --reply '2 + 2 = 4.' \
		--max-prompt $between
	conf
}

# pipe [SHAPE-OPTION]... - the agent turn through the pipe.
pipe() {
	fb fb-shape "$@" "$turn" | fb fb-send | fb fb-parse
}

@test "the server is reachable, and a small direct request answers: by curl and through the pipe" {
	inferrs
	curl -s "$MOCK/health" | same '{"status":"ok"}'
	curl -s "$MOCK/v1/models" | jq -e '.data[0].id == "google/gemma-4-E2B-it"'
	run -0 curl -s "$MOCK/v1/chat/completions" -H 'content-type: application/json' \
		-d '{"model":"google/gemma-4-E2B-it","messages":[{"role":"user","content":"What is 2 + 2?"}],"stream":false}'
	jq -e '.choices[0].message.content == "2 + 2 = 4."' <<<"$output"
	run -0 fb fluffbuzz infer model run --model inferrs/google/gemma-4-E2B-it \
		--prompt "What is 2 + 2? Reply with one short sentence." --json
	jq -e '.outputs[0].text == "2 + 2 = 4."' <<<"$output"
}

@test "the agent turn crashes the server, and the hint names supportsTools: false with its place" {
	inferrs
	run -5 pipe
	[[ $output == "fb-parse: 1: model_error: Error: shape mismatch in broadcast_add, lhs: [1,8,662,662], rhs: [1,1,662,512] ($FLUFFBUZZ_CONFIG_PATH:20: models.providers.inferrs.models[0].compat.supportsTools: false, or try -c supportsTools=false)" ]]
	# what arrived was whole
	tail -n 1 "$MOCK_LOG" | jq -e '.body | length > 60000 and (fromjson | .tools | length == 24)'
	# the same without a stream
	run -5 pipe --no-stream
	[[ $output == *"model_error: Error: shape mismatch"*"-c supportsTools=false)" ]]
}

@test "the agent turn answers once the tools are left out" {
	inferrs
	run -0 pipe -c supportsTools=false
	[ "$output" = "2 + 2 = 4." ]
	tail -n 1 "$MOCK_LOG" | jq -e '.body | length < 40000 and (fromjson | has("tools") | not)'
	# as the page has it, in the model's entry
	sed -i 's/requiresStringContent: true,/&\n supportsTools: false,/' "$FLUFFBUZZ_CONFIG_PATH"
	run -0 pipe
	[ "$output" = "2 + 2 = 4." ]
}

@test "a turn that is too large without tools too is told as the server's own limit" {
	start_mock --profile strict-string --max-prompt 20000
	conf
	run -5 pipe -c supportsTools=false
	[[ $output == *"model_error: Error: shape mismatch"*"the request was delivered whole: try a smaller prompt, another model or server)" ]]
}

@test "content parts are refused with the setting that helps, and flattened by it" {
	inferrs
	jq -c '.messages[1].content = [{type:"text",text:"What is "},{type:"text",text:"2 + 2?"}] | del(.tools)' "$turn" >parts.json
	turn=parts.json
	run -4 pipe -c requiresStringContent=false
	[[ $output == "fb-parse: 1: string_content: 422 Failed to deserialize the JSON body into the target type: messages[1].content: invalid type: sequence, expected a string at line 1 column "*"requiresStringContent: true, or try -c requiresStringContent=true)" ]]
	run -0 pipe
	[ "$output" = "2 + 2 = 4." ]
	tail -n 1 "$MOCK_LOG" | jq -e '.body | fromjson | .messages[1].content | type == "string"'
}

@test "a server that can't take tools: each way of saying so leads to the same setting" {
	local variant
	for variant in llamafile jinja; do
		start_mock --profile "no-tools=$variant" --reply '2 + 2 = 4.'
		conf
		run -4 pipe
		[[ $output == "fb-parse: 1: tools_unsupported: "*"compat.supportsTools: false, or try -c supportsTools=false)" ]]
		run -0 pipe -c supportsTools=false
		[ "$output" = "2 + 2 = 4." ]
	done
	# one that dies of them, and is back after a while
	start_mock --profile no-tools=crash --reply '2 + 2 = 4.'
	conf
	run -5 pipe
	until_true "curl -s -o health '$MOCK/health'"
	run -0 pipe -c supportsTools=false
	[ "$output" = "2 + 2 = 4." ]
}
