# Captured conversations and what the reference sends for them
# (tests/data/shape.jsonl, and that of $FB_SHARED/cases/captured, which may have
# more): each is configured, made a prompt record and options, and goes through
# fb-config | fb-shape; the body is compared as JSON.
# shellcheck disable=SC2317

load helper
load data/meant

# Differences that are meant, one a line: FILTER # REASON.  The filter makes
# what we do of the body that is wanted, or leaves it; one that changes nothing
# in any case makes the test fail.
# shellcheck disable=SC2016,SC2034 # data/meant reads it
meant='
if ours_to_name then renamed("max_completion_tokens"; "max_tokens") else . end # llama.cpp before 2026 and Ollama ignore max_completion_tokens
if .tools then .tools |= as_given else . end # tools stay in the order that they are given in
if .response_format.json_schema.name == "openclaw_response" then .response_format.json_schema.name = "response" else . end # no name of another product goes over the wire
if .chat_template_kwargs and format == "qwen-chat-template" then .chat_template_kwargs.preserve_thinking = true else . end # reasoning fields are those of path C
if level and $case.model.reasoning and (format == "zai" or format == "deepseek") then vendor(level != "off") else . end # path B leaves these to plugins of vendors, path C sends them
'

# What these filters are made of; $case is the case.
# shellcheck disable=SC2016
helpers='
def renamed($old; $new): with_entries(if .key == $old then .key = $new else . end);
def ours_to_name: $case.model | .compat.maxTokensField == null and
	((.baseUrl // "") | test("//(api\\.openai\\.com|api\\.groq\\.com|api\\.x\\.ai|[^/]*\\.azure\\.com)[:/]") | not);
def format: $case.model.compat.thinkingFormat;
def level: $case.options.reasoning;
def vendor($on): .thinking = {type: (if $on then "enabled" else "disabled" end)} |
	if format == "zai" and $on then .thinking.clear_thinking = false else . end |
	if format == "zai" or ($on | not) then del(.reasoning_effort) else . end;
def as_given: . as $tools | [$case.context.tools[].name] as $order |
	sort_by(.function.name as $name | $order | index($name));
'

# jq refuses half of a surrogate pair: for it such an escape is a text, ~d800~.
hide() {
	sed -E 's/\\u([dD][89aAbB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/~pair\1\2~/g
		s/\\u([dD][89a-fA-F][0-9a-fA-F]{2})/~\1~/g
		s/~pair(.{4})(.{4})~/\\u\1\\u\2/g'
}

show() {
	sed -E 's/~(d[89a-f][0-9a-f]{2})~/\\u\1/gi'
}

# The model of the case as a configuration that has no other.
config() {
	jq '.model | {models: {providers: {(.provider): ({baseUrl: (.baseUrl | gsub("\\{\\{BASE_URL\\}\\}"; "http://127.0.0.1:9")),
		api, models: [del(.provider, .baseUrl, .api)]} | with_entries(select(.value != null)))}}}' "$1"
}

# The options of the case as the program's, a word a line; it has the schema in schema.json.
words() {
	jq -r '.options | to_entries[] | .value as $v |
		if $v == null then empty
		elif .key == "maxTokens" then "--max-tokens=\($v)"
		elif .key == "temperature" then "--temperature=\($v)"
		elif .key == "topP" then "--top-p=\($v)"
		elif .key == "seed" then "--seed=\($v)"
		elif .key == "frequencyPenalty" then "--param=frequency_penalty:=\($v)"
		elif .key == "presencePenalty" then "--param=presence_penalty:=\($v)"
		elif .key == "stop" then [$v] | flatten[] | "--stop=\(.)"
		elif .key == "reasoning" or .key == "reasoningEffort" then "--thinking=\($v)"
		elif .key == "toolChoice" then "--tool-choice=\($v | if type == "object" then .function.name // .name else . end)"
		elif .key == "responseFormat" then if $v.type == "json_object" then "--schema" else "--schema=schema.json" end
		elif .key == "sessionId" then empty
		else "--no-such-option=\(.key)" end' "$1"
}

# body CASE - prints what comes of the case: a body, or {"error":{..}}.
body() {
	local options
	config "$1" >config.json
	jq '.options.responseFormat // {}' "$1" >schema.json
	mapfile -t options < <(words "$1")
	jq -c '.context | {system: .systemPrompt, messages, tools} | with_entries(select(.value != null))' "$1" |
		show >prompt.jsonl
	fb fb-config --config config.json 2>err |
		fb fb-shape -q --stream "${options[@]}" prompt.jsonl 2>>err | hide |
		jq -c 'if .error then {error} else .body end' || true
}

# The program that compares: it reads a case and body's, prints the numbers of
# the filters that changed something, and CASE: MEMBER: ... for what differs.
# shellcheck disable=SC2016
program() {
	printf '%s\n' 'input as $case | (try input catch {"error": "nothing came"}) as $got |' "$helpers"
	cat <<-'END'
		def row($n; f): .want as $want | ($want | f) as $new |
			if $new == $want then . else .want = $new | .used += [$n] end;
		{used: [], want: (if $case.error then {error: true} else $case.request_body end)}
	END
	filters
	cat <<-'END'
		| (.used[] | tostring),
		(.want as $want | (if $case.error and $got.error then {error: true} else $got end) as $got |
			$want + $got | keys[] as $k | select($want[$k] != $got[$k] or ($want | has($k)) != ($got | has($k))) |
			"\($case.name): \($k): want \($want[$k] | tojson), got \($got[$k] | tojson)")
	END
}

# compare - the cases on stdin; fails if one differs or a row of $meant is needed by none.
compare() {
	local n=0 bad=0
	program >compare.jq
	: >used
	while read -r case <&8; do
		n=$((n + 1))
		printf '%s\n' "$case" >case.json
		body case.json >got
		jq -nr -f compare.jq case.json got >told
		grep -E '^[0-9]+$' told >>used || true
		! grep -Ev '^[0-9]+$' told || {
			sed 's/^/    /' err
			bad=$((bad + 1))
		}
	done 8<&0
	echo "$bad of $n cases differ"
	unneeded || bad=$((bad + 1))
	[ $bad -eq 0 ] && [ $n -ge 51 ]
}

@test "each captured conversation becomes the reference's request body" {
	every shape.jsonl hide >cases
	compare <cases
}

# What the body is must not depend on how the route got there, or on what else is shaped.
# bats test_tags=memory
@test "the captured conversations of one model, shaped in one run, are each what they are alone" {
	every shape.jsonl hide | jq -c 'select(.options == {} and (.model | .compat == null and .reasoning == false and
		.input == ["text"] and .contextWindow == 131072 and .provider == "inferrs"))' >cases
	[ "$(wc -l <cases)" -ge 9 ]
	[ -z "${FB_RUN:-}" ] || sed -i "5,$ d" cases
	head -n 1 cases >first
	config first >config.json
	jq -c '.context | {system: .systemPrompt, messages, tools} | with_entries(select(.value != null))' cases | show >prompts
	fb fb-shape -q --config config.json --stream prompts >together
	while read -r line; do
		fb fb-shape -q --stream --route - < <(fb fb-config --config config.json && printf '%s\n' "$line")
	done <prompts >apart
	[ "$(wc -l <apart)" -eq "$(wc -l <cases)" ]
	cmp <(sed 's/^{"custom_id":"[0-9]*",//' together) <(sed 's/^{"custom_id":"[0-9]*",//' apart)
}
