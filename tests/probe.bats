# fb-probe: what it finds out about a server, what it says to set, and that this helps.
# shellcheck disable=SC2317

load helper

# probe [ARG]... - climbs the ladder of the mock, without a configuration
probe() {
	fb fb-probe --base-url "$MOCK/v1" -m m "$@"
}

# set_by FILE - {"RUNG":{"FLAG":VALUE},...} of the rungs that found something to set
set_by() {
	jq -cs 'map(select(.verdict == "set") | {(.rung): .set}) | add // {}' "$1"
}

# rung NAME FILE - that rung's record
rung() {
	jq -e --arg name "$1" 'select(.rung == $name)' "$2"
}

# configured MODEL [MEMBERS] - a configuration with the mock as its one provider
configured() {
	export FLUFFBUZZ_CONFIG_PATH=$BATS_TEST_TMPDIR/c.json5
	printf '%s\n' '{models: {providers: {p: {' "  baseUrl: \"$MOCK/v1\", apiKey: \"some-key-0123456789\"," \
		"  models: [{id: \"$1\", name: \"M\"," "${2-}" '  }]}}}}' >"$FLUFFBUZZ_CONFIG_PATH"
}

# chats - the chat requests of the mock's journal, a body a line
chats() {
	jq -c 'select(.path == "/v1/chat/completions") | .body | fromjson' "$MOCK_LOG"
}

# PROFILE|MODEL|FLAGS SET BEFORE|what is found, by rung
table() {
	cat <<-'END'
		echo|m||{}
		strict-string|m||{"content parts":{"requiresStringContent":true},"tool history":{"supportsTools":false}}
		inferrs|m||{}
		no-tools=llamafile|m||{"tools":{"supportsTools":false}}
		no-tools=jinja|m||{"tools":{"supportsTools":false}}
		no-tools=crash|m||{"content parts":{"requiresStringContent":true},"tools":{"supportsTools":false}}
		silent-drop|m||{"content parts":{"requiresStringContent":true},"tools":{"supportsTools":false}}
		llamacpp|m||{}
		llamacpp=old|m||{"tools, streamed":{"supportsTools":false}}
		openai|m||{}
		ollama|m||{}
		openai|o1-mini||{"chat":{"maxTokensField":"max_completion_tokens"}}
		ollama|m|maxTokensField: "max_completion_tokens"|{"token limit":{"maxTokensField":"max_tokens"}}
		llamacpp=old|m|maxTokensField: "max_completion_tokens"|{"token limit":{"maxTokensField":"max_tokens"},"tools, streamed":{"supportsTools":false}}
	END
}

# pasted - the block of `text` goes where its comment says: the whole ladder is well then
pasted() {
	sed -n '/^\/\//,$p' text >block
	head -n 1 block | grep -Fx "// $FLUFFBUZZ_CONFIG_PATH:3: models.providers.p.models[0]"
	configured "$1" "$(tail -n +2 block)"
	run -0 fb fb-probe --json
	jq -es 'all(.verdict == "ok" or .verdict == "note" or .verdict == "left") and all(.set == null)' <<<"$output"
	run -0 fb fb-probe
	[[ $output != *"compat: {"* ]]
}

@test "each profile of fb-mock: exactly the flags that it needs, with the reason; with the block the ladder is well" {
	local profile model before want status
	while IFS='|' read -r profile model before want; do
		echo "# $profile $model $before"
		start_mock --profile "$profile"
		configured "$model" "${before:+compat: {$before\}}"
		status=0
		fb fb-probe --json >records || status=$?
		same "$want" "$(set_by records)"
		jq -es 'map(select(.verdict == "set")) | all((.seen | length > 5) and .ms > 0 and
			(.error != null or (.seen | test("lost|ignored"))))' records
		if [ "$want" = '{}' ]; then
			[ "$status" -eq 0 ]
			jq -es 'length == 23 and all(has("rung"))' records
		else
			[ "$status" -eq 1 ]
			jq -es --argjson want "$want" '.[-1].compat == ($want | map(.) | add)' records
			run -1 fb fb-probe
			printf '%s\n' "$output" >text
			pasted "$model"
		fi
		stop_mock
	done < <(table)
}

@test "the table above has each profile that fb-mock(1) names" {
	sed -n '/^\.Sh PROFILES/,/^\.Sh JOURNAL/s/^\.It Cm //p' "$FB_ROOT/man/fb-mock.1" | sed 's/ Ns = Ns Cm /=/' | sort >names
	[ "$(wc -l <names)" -ge 11 ]
	table | cut -d '|' -f 1 | sort -u | diff names -
}

# bats test_tags=memory
@test "the text has a line a rung, in the ladder's order; --rungs lists them, --rung takes one" {
	start_mock
	run -0 probe
	printf '%s\n' "${lines[@]}" | cut -c 1-16 | sed 's/ *$//' >seen
	run -0 fb fb-probe --rungs
	[ "$output" = "$(cat seen)" ]
	[ "${lines[0]}" = connect ]
	[ "${#lines[@]}" -eq 23 ]
	[ ! -e "$HOME/.fluffbuzz" ]
	run -0 probe --json
	jq -rs '.[].rung' <<<"$output" | diff seen -
	run -0 probe --json --rung tools-streamed --rung developer_role --rung health
	jq -es 'map(.rung) == ["/health","developer role","tools, streamed"]' <<<"$output"
	# one named often leaves room for the others
	local often=()
	for _ in {1..30}; do
		often+=(--rung chat)
	done
	run -0 probe --json "${often[@]}" --rung health
	jq -es 'map(.rung) == ["/health","chat"]' <<<"$output"
}

@test "the page: not running, or not reachable" {
	conf
	run -5 fb fb-probe
	[[ ${lines[0]} == "connect "*"127.0.0.1:9: Connection refused"*"is the server started, and listening on that host and port?" ]]
	[[ ${lines[1]} == "... "*"not asked: connect failed" ]]
	[ "${#lines[@]}" -eq 2 ]
}

@test "the page: content parts are refused: set requiresStringContent, at the model's entry" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it
	conf
	sed -i 's/requiresStringContent: true,//' "$FLUFFBUZZ_CONFIG_PATH"
	run -1 fb fb-probe -c requiresStringContent=false
	[[ $output == *$'\n'"content parts "*"422 messages[0].content: invalid type: sequence, expected a string"*"set compat.requiresStringContent: true"$'\n'* ]]
	[[ $output == *$'\n'"// $FLUFFBUZZ_CONFIG_PATH:"*": models.providers.inferrs.models[0]"$'\n'"compat: {"$'\n'*"requiresStringContent: true,"$'\n'*"}," ]]
}

@test "the page: the full turn fails: set supportsTools false" {
	local profile
	for profile in no-tools=llamafile no-tools=jinja no-tools=crash; do
		start_mock --profile $profile --model google/gemma-4-E2B-it
		conf
		run -1 fb fb-probe
		[[ $output == *$'\n'"tools "*"set compat.supportsTools: false"* ]]
		# what the entry has already stays in the block
		[[ $output == *$'\n'"compat: {"$'\n'"  requiresStringContent: true,"$'\n'"  supportsTools: false,"$'\n'"}," ]]
	done
}

@test "the page: it still crashes on larger turns: reduce prompt pressure, or another model or server" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it --max-prompt 40000
	conf
	sed -i 's/requiresStringContent: true,/& supportsTools: false,/' "$FLUFFBUZZ_CONFIG_PATH"
	run -1 fb fb-probe
	[[ ${lines[-1]} == "long prompt "*"27.1 KB ok, 65 KB: model_error: Error: shape mismatch"*"reduce prompt pressure, or "*"contextTokens: "*", or another model or server" ]]
	[[ $output != *"compat: {"* ]]
}

@test "long prompts: refused, cut silently, or a crash: with the contextTokens that it says all is well" {
	local args tokens
	for args in 'echo --max-prompt 30000' 'inferrs --context 3000' 'llamacpp --context 3000' 'ollama --context 3000'; do
		# shellcheck disable=SC2086
		start_mock --profile $args
		run -1 probe --rung long-prompt --json
		jq -e '.verdict == "limit" and .set == null' <<<"$output"
		case $args in
		ollama*) jq -e '.error == null and (.seen | contains("cut to 3000 tokens, silently"))' <<<"$output" ;;
		echo*) jq -e '.error.code == "model_error"' <<<"$output" ;;
		*) jq -e '.error.code == "context_length_exceeded"' <<<"$output" ;;
		esac
		tokens=$(jq -r '.advice | capture("contextTokens: (?<n>[0-9]+)").n' <<<"$output")
		[ "$tokens" -gt 1000 ]
		run -0 probe -c "contextTokens=$tokens" --rung long-prompt
	done
	# a template's tokens beside those of a short prompt are no cut
	start_mock
	for tokens in 1 100 1000; do
		run -0 probe -c "contextTokens=$tokens" --rung long-prompt
	done
	run -0 probe --rung long-prompt --max-prompt 200000
	[[ $output == *"200 KB ok"* ]]
	chats | tail -n 4 | jq -es 'length == 4 and (map(.messages[0].content | length) | . == sort and .[3] > 200000 and .[3] < 201000)'
}

@test "requests are few and small, 32 tokens out at most, and fb-send takes each record as it is" {
	start_mock
	run -0 probe --json -c 'input=["text","image"]' -c reasoning=true -c supportsDeveloperRole=true
	printf '%s\n' "$output" >records
	chats >bodies
	# 19 rungs, one of them twice, one four times
	[ "$(grep -c . bodies)" -eq 24 ]
	jq -es 'all((.max_tokens // .max_completion_tokens) <= 32)' bodies
	jq -s 'map(tostring | length) | sort | .[:-4] | add < 16000' bodies | grep -x true
	[ "$(wc -c <bodies)" -lt 130000 ]
	jq -c '.request | select(. != null)' records >requests
	[ "$(wc -l <requests)" -eq 23 ]
	fb fb-send --no-events requests >replies
	jq -r '"\(.custom_id) \(.response.status_code)"' replies >sent
	jq -r 'select(.request != null) | "\(.rung) \(.status)"' records | diff - sent
}

@test "--safe sends no tools, no content parts, nothing over 5 KB" {
	start_mock --profile no-tools=crash
	run -0 probe --safe --json -c 'input=["text","image"]'
	jq -es 'map(select(.more | startswith("--safe")) | .rung) ==
		["json_schema","content parts","tools","tools, streamed","tool history","image","long prompt"]' <<<"$output"
	chats >bodies
	[ "$(grep -c . bodies)" -ge 10 ]
	jq -es 'all((has("tools") or has("response_format") | not) and all(.messages[]; .content | type == "string") and
		(tostring | length < 5000))' bodies
}

@test "streams: with and without [DONE], with counts and without, or in one piece" {
	start_mock
	probe --json --rung streaming --rung stream_options >out
	rung streaming out | jq -e '.verdict == "ok" and (.seen | contains("[DONE]")) and (.more | startswith("first token"))'
	rung stream_options out | jq -e '.verdict == "ok" and .seen == "200, usage: 5 in, 5 out"'
	stop_mock
	start_mock --sse no-done
	probe --json --rung streaming >out
	rung streaming out | jq -e '.verdict == "ok" and (.seen | contains("finish_reason"))'
	stop_mock
	start_mock --profile inferrs
	probe --json --rung stream_options >out
	rung stream_options out | jq -e '.verdict == "note" and .seen == "200, no usage"'
	stop_mock
	printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n%s' \
		'{"choices":[{"index":0,"message":{"role":"assistant","content":"4"},"finish_reason":"stop"}]}' >raw
	start_mock --raw-reply raw
	probe --json --rung streaming >out
	rung streaming out | jq -e '.verdict == "note" and .more == "it doesn'"'t"' stream"'
	stop_mock
	start_mock --sse no-done,no-finish
	run -1 probe --json --rung chat --rung streaming
	tail -n 1 <<<"$output" | jq -e '.verdict == "failed" and .advice == "use --no-stream"'
}

@test "a model that thinks, a text that looks like a call, and a call" {
	echo '{"reasoning":"Two and two.","text":""}' >script
	start_mock --script script
	run -0 probe --json -c reasoning=true
	jq -es 'map(select(.rung == "reasoning" and .more == "its thoughts come apart from the answer")) | length == 1' <<<"$output"
	stop_mock
	echo '{"text":"{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}"}' >script
	start_mock --script script
	run -0 probe --json --rung tools
	jq -e '.verdict == "note" and (.more | startswith("a text that looks like a call"))' <<<"$output"
	stop_mock
	echo '{"calls":[{"name":"get_weather","arguments":{"city":"Paris"}}]}' >script
	local profile
	for profile in echo inferrs llamacpp ollama; do
		start_mock --profile $profile --script script
		run -0 probe --json --rung tools --rung tools-streamed
		jq -es 'length == 2 and all(.verdict == "ok" and .seen == "200, a call of get_weather")' <<<"$output"
		stop_mock
	done
}

@test "the list of models: it is there, or what is" {
	start_mock --model served-one
	run -0 probe --rung models
	[[ $output == *"200, not m"*"note: it serves served-one" ]]
	configured served-one
	run -0 fb fb-probe --rung models
	[[ $output == *"200, has served-one"*"ok" ]]
}

@test "--write puts the flags where they belong, keeps all else, and the ladder is well then" {
	start_mock --profile no-tools=jinja --model google/gemma-4-E2B-it
	conf
	sed -i '1s/$/ \/\/ mine, and kept/' "$FLUFFBUZZ_CONFIG_PATH"
	cp "$FLUFFBUZZ_CONFIG_PATH" before
	chmod 600 "$FLUFFBUZZ_CONFIG_PATH"
	run -0 --separate-stderr fb fb-probe --write
	# shellcheck disable=SC2154
	[[ $stderr == *"$FLUFFBUZZ_CONFIG_PATH: written; "* ]]
	cmp before "$FLUFFBUZZ_CONFIG_PATH.bak"
	[ "$(stat -c %a "$FLUFFBUZZ_CONFIG_PATH")" = 600 ]
	run -1 diff before "$FLUFFBUZZ_CONFIG_PATH"
	[ "$(grep -c '^>' <<<"$output")" -eq 1 ]
	[[ $output == *"> "*"supportsTools: false,"* ]]
	[[ $output != *"<"* ]]
	cp "$FLUFFBUZZ_CONFIG_PATH" after
	# nothing more to set: nothing is written
	run -0 --separate-stderr fb fb-probe --write
	[ "$stderr" = '' ]
	cmp after "$FLUFFBUZZ_CONFIG_PATH"
	cmp before "$FLUFFBUZZ_CONFIG_PATH.bak"
}

@test "--write puts all flags of -c there, however many" {
	local name set=()
	start_mock --profile no-tools=jinja --model google/gemma-4-E2B-it
	conf
	chmod 600 "$FLUFFBUZZ_CONFIG_PATH"
	for name in supports{Temperature,Store,StrictMode,JsonSchemaResponseFormat,PromptCacheKey,LongCacheRetention,Instructions} \
		supports{ResponsesContinuation,EagerToolInputStreaming,DeveloperRole,UsageInStreaming,ReasoningEffort} \
		requires{ThinkingAsText,ReasoningContentOnAssistantMessages,ToolResultName,AssistantAfterToolResult,StringContent} \
		requiresOpenAiAnthropicToolPayload sendSession{AffinityHeaders,IdHeader} strictMessageKeys zaiToolStream; do
		set+=(-c "$name=true")
	done
	for name in reasoningEffortMap openRouterRouting vercelGatewayRouting codeMode; do
		set+=(-c "$name:={}")
	done
	set+=(-c "visibleReasoningDetailTypes:=[]" -c "unsupportedToolSchemaKeywords:=[]")
	run -0 --separate-stderr fb fb-probe --write --rung chat --rung tools "${set[@]}"
	[[ $stderr == *": written; "* ]]
	grep -q "supportsTools: false" "$FLUFFBUZZ_CONFIG_PATH"
	for ((i = 1; i < ${#set[@]}; i += 2)); do
		grep -q "${set[i]%%[:=]*}" "$FLUFFBUZZ_CONFIG_PATH" || { echo "${set[i]}" && false; }
	done
}

# write_full - fb-probe --write where no file can have a byte
write_full() (
	trap '' XFSZ
	ulimit -f 0
	fb fb-probe --write
)

@test "--write where the disk is full: told, and nothing is changed" {
	[ -z "${FB_RUN:-}" ] || skip "valgrind writes a log"
	start_mock --profile no-tools=jinja --model google/gemma-4-E2B-it
	conf
	cp "$FLUFFBUZZ_CONFIG_PATH" before
	run -2 write_full
	[[ ${lines[-1]} == "fb-probe: $FLUFFBUZZ_CONFIG_PATH: no backup of it could be made, so it was left"* ]]
	# what was found is told all the same
	[[ $output == *"supportsTools: false,"* ]]
	cmp before "$FLUFFBUZZ_CONFIG_PATH"
	[ "$(find . -name 'fluffbuzz.json*' | wc -l)" -eq 1 ]
}

@test "what -c says is in the block, since it was well with it" {
	start_mock --profile strict-string
	configured m
	run -1 fb fb-probe -c requiresStringContent=true
	printf '%s\n' "$output" >text
	pasted m
}
