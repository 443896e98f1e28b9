# Conversations and tools: what of them is sent, and what is said of it.
# shellcheck disable=SC2154 # $stderr is of run's --separate-stderr

load helper

server=(--base-url http://127.0.0.1:9/v1 -m m)

# shape STATUS JSON [ARG]... - the request record of this input is $output
shape() {
	local status=$1 input=$2
	shift 2
	run "-$status" --separate-stderr fb fb-shape "${server[@]}" "$@" <<<"$input"
}

is_error() {
	jq -e --arg text "$1" '.error.code == "input" and (.error.message | contains($text))' <<<"$output"
}

gif=R0lGODlhAQABAAAAADs=

# --- images

@test "an image of a conversation that is none is refused, with its message's number" {
	local data
	for data in '***' R0lGODlhAQ aGVsbG8= "data:image/gif;base64,$gif" ''; do
		shape 4 '[{"role":"user","content":"a","timestamp":1},{"role":"user","content":[{"type":"image","mimeType":"image/png","data":"'"$data"'"}],"timestamp":1}]'
		is_error 'messages[1]: an image: data:'
	done
	shape 4 '[{"role":"user","content":[{"type":"image","mimeType":"image/png;x=","data":"'$gif'"}],"timestamp":1}]'
	is_error 'messages[0]: an image: mimeType: a type such as image/png is due'
	shape 0 '[{"role":"user","content":[{"type":"image","mimeType":"image/gif","data":"'${gif/A/\\u0041}'"}],"timestamp":1}]' -q
	jq -c '.body.messages[0].content' <<<"$output" | same '[{"type":"image_url","image_url":{"url":"data:image/gif;base64,'$gif'"}}]'
}

@test "a model without images gets a text for those of a conversation in OpenAI's form; a ready body keeps them" {
	local image='{"type":"image_url","image_url":{"url":"data:image/gif;base64,'$gif'"}}'
	local talk='[{"role":"user","content":[{"type":"text","text":"a"},'$image','$image'],"name":"n"}]'
	shape 0 "$talk" -c 'input:=["text"]'
	jq -c .body.messages <<<"$output" | same '[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"(image omitted: model does not support images)"}],"name":"n"}]'
	shape 0 '{"messages":'"$talk"'}' -c 'input:=["text"]' -c requiresStringContent=true
	jq -c .body.messages <<<"$output" | same '[{"role":"user","content":"a\n(image omitted: model does not support images)","name":"n"}]'
	shape 0 "$talk" -c 'input:=["text","image"]'
	jq -c .body.messages <<<"$output" | same "$talk"
	shape 0 "$talk"
	jq -c .body.messages <<<"$output" | same "$talk"
	shape 0 '{"model":"x","messages":'"$talk"'}' -c 'input:=["text"]'
	jq -c .body.messages <<<"$output" | same "$talk"
}

# --- what servers ask of messages

@test "requiresReasoningContentOnAssistantMessages acts on every form, for a model that thinks" {
	local talk='[{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"assistant","content":"a","reasoning_content":"r"}]' input
	local flag=(-c requiresReasoningContentOnAssistantMessages=true)
	for input in "$talk" '{"model":"x","messages":'"$talk"'}' '{"custom_id":"1","body":{"model":"x","messages":'"$talk"'}}'; do
		shape 0 "$input" "${flag[@]}" -c reasoning:=true
		jq -c '[.body.messages[].reasoning_content]' <<<"$output" | same '[null,"","r"]'
		shape 0 "$input" "${flag[@]}" -c reasoning:=false
		jq -c '[.body.messages[].reasoning_content]' <<<"$output" | same '[null,null,"r"]'
	done
	shape 0 '[{"role":"assistant","content":"a","timestamp":1}]' "${flag[@]}" -c reasoning:=true
	jq -c .body.messages <<<"$output" | same '[{"role":"assistant","content":"a","reasoning_content":""}]'
}

@test "strictMessageKeys warns once for each route that tool calls are lost" {
	local call='[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]'
	local own='[{"role":"assistant","content":[{"type":"toolCall","id":"c","name":"f","arguments":{}}]}]' input
	for input in "$call" "$own" '{"model":"x","messages":'"$call"'}'; do
		shape 0 "$input"$'\n'"$input" -c strictMessageKeys=true -m n
		[ "$(grep -c 'warning: .*strictMessageKeys leaves out tool calls' <<<"$stderr")" -eq 2 ]
		grep -q 'warning: n: strictMessageKeys' <<<"$stderr"
		shape 0 "$input" -c strictMessageKeys=true -q
		[ -z "$stderr" ]
		shape 0 "$input"
		[ -z "$stderr" ]
	done
	shape 0 '[{"role":"user","content":"q","name":"n"}]' -c strictMessageKeys=true
	[ -z "$stderr" ]
	# --explain says it too, beside what it says.
	shape 0 "$call" -c strictMessageKeys=true --explain
	grep -q 'strictMessageKeys leaves out' <<<"$stderr"
	grep -q '^fb-shape: strictMessageKeys: ' <<<"$stderr"
}

# --- tools

@test "a tool that is none is left out, with a warning" {
	shape 0 '{"prompt":"q","tools":[{"description":"d"},{"name":"a","parameters":[]},{"name":"b"}]}'
	jq -c '[.body.tools[].function.name]' <<<"$output" | same '["b"]'
	[ "$stderr" = 'fb-shape: warning: a tool is left out: tool 1: a name is due' ]
	echo '[{"name":"","parameters":{}}]' >tools.json
	shape 0 $'"q"\n"r"' --tools tools.json
	jq -cs '[.[].body | has("tools")]' <<<"$output" | same '[false,false]'
	[ "$stderr" = 'fb-shape: warning: a tool is left out: tool 1: a name is due' ]
	shape 0 '{"prompt":"q","tools":[{"name":"b"}]}'
	[ -z "$stderr" ]
}

@test "tools in Anthropic's and MCP's form keep their schema" {
	shape 0 '{"prompt":"q","tools":[{"name":"a","description":"d","input_schema":{"type":"object","x":1.0}},{"name":"b","inputSchema":{"type":"object"}}]}'
	jq -c .body.tools <<<"$output" | same '[{"type":"function","function":{"name":"a","description":"d","parameters":{"type":"object","x":1.0}}},
		{"type":"function","function":{"name":"b","parameters":{"type":"object"}}}]'
}

@test "--sort-tools sends them by name, else they stay as given" {
	echo '[{"name":"b"},{"type":"function","function":{"name":"a"}},{"name":"B"}]' >tools.json
	shape 0 '"q"' --tools tools.json
	jq -c '[.body.tools[].function.name]' <<<"$output" | same '["b","a","B"]'
	shape 0 '"q"' --tools tools.json --sort-tools
	jq -c '[.body.tools[].function.name]' <<<"$output" | same '["B","a","b"]'
	shape 0 '{"prompt":"q","tools":[{"name":"b"},{"name":"a"}]}' --sort-tools
	jq -c '[.body.tools[].function.name]' <<<"$output" | same '["a","b"]'
	shape 4 '{"model":"x","messages":[],"tools":[]}' --sort-tools
	is_error 'a ready body takes nothing that is for prompts'
}

# --- many calls

# calls N [own] - a conversation of one turn with N calls and their results, in OpenAI's form or FluffBuzz's
calls() {
	jq -cn --argjson n "$1" --arg form "${2-}" '[range($n) | "call-of-a-tool-\(.)"] | if $form == "own" then
		[{role: "assistant", provider: "p", model: "other", content: [.[] | {type: "toolCall", id: (. + "|x"), name: "f", arguments: {}}]}] +
		[reverse[] | {role: "toolResult", toolCallId: (. + "|x"), content: "r"}]
	else
		[{role: "assistant", content: null, tool_calls: [.[] | {id: ., type: "function", function: {name: "f", arguments: "{}"}}]}] +
		[reverse[] | {role: "tool", tool_call_id: ., content: "r"}]
	end'
}

@test "a turn with 20000 calls takes no time that grows with their square" {
	local form
	for form in own openai; do
		calls 20000 $form >many.json
		timeout 10 sh -c 'fb-shape -q --base-url http://127.0.0.1:9/v1 -m m -c requiresToolResultName=true many.json' >out
		jq -e '.body.messages | length == 20001 and .[1].name == "f" and
			([.[0].tool_calls[].id] | sort) == ([.[1:][].tool_call_id] | sort)' out
	done
}
