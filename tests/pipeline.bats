# The four programs joined: the page's own configuration, curl's replies, and
# no key anywhere but in the request.
# shellcheck disable=SC2317

load helper
load data/serve

question='What is 2 + 2?'

# The whole pipe; its arguments go to fb-shape.
ask() {
	fb fb-config | fb fb-shape "$@" | fb fb-send | fb fb-parse
}

# The page's configuration with this key instead of its own.
key_is() {
	sed -i "s/inferrs-local/$1/" "$FLUFFBUZZ_CONFIG_PATH"
}

# bats test_tags=memory
@test "with the page's configuration the pipe answers" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it --reply '2 + 2 = 4.'
	conf
	run -0 --separate-stderr ask -p "$question"
	[ "$output" = '2 + 2 = 4.' ]
	# shellcheck disable=SC2154 # run sets it
	[ -z "$stderr" ]
}

@test "one POST is sent, with what the page's server takes and nothing that it does not name" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it
	conf
	run -0 ask -p "$question"
	[ "$(wc -l <"$MOCK_LOG")" -eq 1 ]
	jq -e '.method == "POST" and .path == "/v1/chat/completions"' "$MOCK_LOG"
	jq -r .body "$MOCK_LOG" >body
	same '{"model":"google/gemma-4-E2B-it","stream":true,"stream_options":{"include_usage":true},
		"max_tokens":4096,"messages":[{"role":"user","content":"What is 2 + 2?"}]}' <body
	jq -e '.messages[0].content | type == "string"' body
	jq -e 'has("service_tier", "store", "prompt_cache_key", "prompt_cache_retention",
		"reasoning_effort", "max_completion_tokens", "tools") | not' body
}

@test "no attribution headers are sent, and all that servers insist on" {
	start_mock --profile strict-string
	conf
	run -0 ask -p "$question"
	jq .headers "$MOCK_LOG" >headers
	jq -e 'keys == ["accept", "authorization", "content-length", "content-type", "host"]' headers
	jq -e --arg host "${MOCK#http://}" '.host == $host and .authorization == "Bearer inferrs-local" and
		.["content-type"] == "application/json"' headers
	jq -e '(.headers["content-length"] | tonumber) == (.body | utf8bytelength)' "$MOCK_LOG"
}

@test "what the request record shows as its body is sent, byte for byte" {
	start_mock
	conf
	fb fb-shape -q -c requiresStringContent=false >requests <<-'EOF' || [ $? -eq 1 ]
		{"model":"x", "messages":[ {"role":"user","content":"\u00e9\ud83d\ude00 \/ \u0041"}], "seed":12345678901234567890,"top_p":1.0,"seed":1}
		"é	-"
		"plain"
	EOF
	sed -n '1s/.*,"body":\(.*\),"route":.*/\1/p' requests >body
	grep -q '12345678901234567890,"top_p":1.0,"seed":1}$' body
	sed -n '3s/.*,"body":\(.*\),"route":.*/\1/p' requests >>body
	fb fb-send -j 1 -q <requests >responses || [ $? -eq 1 ]
	# A tab inside a string is no JSON: the second never was a request.
	[ "$(wc -l <"$MOCK_LOG")" -eq 2 ]
	jq -r .body "$MOCK_LOG" | cmp - body
}

# bats test_tags=memory
@test "without the flag the page's error comes with the place of the remedy; with it an answer" {
	start_mock --profile strict-string
	conf
	echo 'a note' >notes.txt
	run -4 --separate-stderr ask -c requiresStringContent=false -s 'Be brief.' -p Summarise: -f notes.txt
	[ -z "$output" ]
	[[ $stderr == "fb-parse: 1: string_content: 422 "*"messages[1].content: invalid type: sequence, expected a string at line 1 column "* ]]
	[[ $stderr == *"($FLUFFBUZZ_CONFIG_PATH:20: models.providers.inferrs.models[0].compat.requiresStringContent: true, or try -c requiresStringContent=true)" ]]
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 1 ]
	run -0 --separate-stderr ask -s 'Be brief.' -p Summarise: -f notes.txt
	[ "$output" = $'Summarise:\na note' ]
	[ -z "$stderr" ]
}

# bats test_tags=memory
@test "a batch: one answer a prompt, in order" {
	start_mock
	conf
	seq 10 | sed 's/.*/"prompt &"/' >prompts
	run -0 --separate-stderr batch
	[ "$output" = "$(seq 10 | sed 's/^/prompt /')" ]
	[ -z "$stderr" ]
	[ "$(jq -r .body "$MOCK_LOG" | jq -r .stream | sort -u)" = false ]
}

batch() {
	fb fb-shape <prompts | fb fb-send | fb fb-parse
}

@test "a bad line of a batch spoils one answer, and its place is told" {
	start_mock
	conf
	printf '%s\n' '"one"' '{bad}' '"three"' >prompts
	run -1 --separate-stderr batch
	[ "$output" = $'one\nthree' ]
	[[ $stderr == 'fb-parse: 2: input: not JSON'*'column 2' ]]
}

@test "curl's reply through fb-parse is the text, streaming and not" {
	start_mock --reply $'It is 4.\nReally, \xc3\xa9.'
	local body='{"model":"m","messages":[{"role":"user","content":"x"}],"stream":'
	for stream in true false; do
		curl -sN "$MOCK/v1/chat/completions" -d "$body$stream}" >reply
		run -0 --separate-stderr fb fb-parse <reply
		[ "$output" = $'It is 4.\nReally, \xc3\xa9.' ]
		[ -z "$stderr" ]
		curl -sN "$MOCK/v1/chat/completions" -d "$body$stream}" | fb fb-parse | cmp - <(printf 'It is 4.\nReally, \xc3\xa9.\n')
	done
}

@test "curl's reply of an error through fb-parse is a failure with code and hint" {
	start_mock --profile strict-string
	curl -sN "$MOCK/v1/chat/completions" -H 'Content-Type: application/json' >reply \
		-d '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}'
	run -4 --separate-stderr fb fb-parse <reply
	[ -z "$output" ]
	[[ $stderr == 'fb-parse: 1: string_content: '*'messages[0].content: invalid type: sequence, expected a string'*requiresStringContent* ]]
	start_mock
	curl -sN "$MOCK/v1/chat/completions" -d '{"model":"m"}' >reply
	run -4 --separate-stderr fb fb-parse <reply
	[ -z "$output" ]
	[[ $stderr == "fb-parse: 1: "*": 'messages' is missing"* ]]
}

# What goes wrong first is told last, once; the status is a failure's.
first_fails() {
	echo "$1"
	shift
	run --separate-stderr "$@"
	[ "$status" -ge 1 ]
	[ "$status" -le 5 ]
	[ -z "$output" ]
	[[ ${stderr_lines[-1]} == 'fb-parse: '* ]]
}

@test "a pipe whose first stage fails ends in a failure's status, and prints nothing" {
	conf
	config_fails() { fb fb-config -m nosuch | fb fb-shape -p x | fb fb-send | fb fb-parse; }
	first_fails 'unknown model' config_fails
	[[ $stderr == *'model_unknown: no model "nosuch"'* ]]
	unset -f config_fails
	config_fails() { fb fb-config --nonsense | fb fb-shape -p x | fb fb-send | fb fb-parse; }
	first_fails 'usage of fb-config' config_fails
	shape_fails() { fb fb-shape -m nosuch -p x | fb fb-send | fb fb-parse; }
	first_fails 'fb-shape: unknown model' shape_fails
	[[ $stderr == *'model_unknown: no model "nosuch"'* ]]
	shape_fails() { fb fb-shape no-such-file | fb fb-send | fb fb-parse; }
	first_fails 'fb-shape: no such file' shape_fails
	shape_fails() { fb fb-shape -p '' | fb fb-send | fb fb-parse; }
	first_fails 'fb-shape: empty prompt' shape_fails
	send_fails() { fb fb-send no-such-file | fb fb-parse; }
	first_fails 'fb-send: no such file' send_fails
	killed() { : | fb fb-parse; }
	first_fails 'nothing at all' killed
	echo '{agents' >"$FLUFFBUZZ_CONFIG_PATH"
	config_fails() { fb fb-config | fb fb-shape -p x | fb fb-send | fb fb-parse; }
	first_fails 'broken configuration' config_fails
	[[ $stderr == *': config: '*"$FLUFFBUZZ_CONFIG_PATH:2:1: "* ]]
}

@test "why an early stage could not go on is what the last one tells" {
	conf
	missing() { fb fb-shape "$@" 2>/dev/null | fb fb-send 2>/dev/null | fb fb-parse --json 2>/dev/null; }
	run --separate-stderr missing -p @nothing
	jq -e '.error.message | contains("nothing: No such file")' <<<"$output"
	run --separate-stderr missing -p x -f nothing
	jq -e '.error.message | contains("nothing: No such file")' <<<"$output"
	run --separate-stderr missing nothing
	jq -e '.error.message | contains("nothing: No such file")' <<<"$output"
	# shellcheck disable=SC2154
	[ "$status" -ne 0 ]
}

@test "an error of an early stage reaches --json with its stage and code" {
	conf
	run --separate-stderr early
	[ "$status" -eq 4 ]
	jq -e '.ok == false and .error.code == "model_unknown" and .error.stage == "config" and
		.error.retryable == false' <<<"$output"
}

early() {
	fb fb-config -m nosuch 2>/dev/null | fb fb-shape -p x 2>/dev/null |
		fb fb-send 2>/dev/null | fb fb-parse --json 2>/dev/null
}

# --- the key

# Everything that the programs print, file by file, for a pipe with that input.
staged() {
	rm -f said.*
	fb fb-config "${config[@]}" >said.config 2>said.config-err </dev/null || true
	fb fb-shape "$@" <said.config >said.shape 2>said.shape-err || true
	fb fb-send --events <said.shape >said.send 2>said.send-err || true
	fb fb-parse --json <said.send >said.json 2>said.json-err || true
	fb fb-parse <said.send >said.text 2>said.text-err || true
}

@test "the key is on no stream, whatever succeeds or fails" {
	start_mock --profile strict-string
	conf
	key_is canary-1-key
	sed -i 's/api: "openai-completions"/headers: { "X-Api-Key": "canary-2-key" }, &/' "$FLUFFBUZZ_CONFIG_PATH"
	local config=()
	staged -p hello
	# It did go where it belongs.
	jq -e '.headers.authorization == "Bearer canary-1-key" and .headers["x-api-key"] == "canary-2-key"' "$MOCK_LOG"
	[ "$(tail -n 1 said.text)" = hello ]
	run -1 grep -l canary said.*
	staged -c requiresStringContent=false -f "$MOCK_OUT" -p hello
	grep -q string_content said.text-err
	run -1 grep -l canary said.*
	config=(-m nosuch)
	staged -p hello
	run -1 grep -l canary said.*
	config=(-c nosuch=1)
	staged -p hello
	run -1 grep -l canary said.*
	config=()
	stop_mock
	staged -p hello
	grep -q ': connect: ' said.text-err
	run -1 grep -l canary said.*
	# On the terminal of the one who asks nothing more is said.
	script -qec 'fb-config; fb-config | fb-shape -p x | fb-send' /dev/null </dev/null >typescript || true
	grep -q '"error"' typescript
	run -1 grep canary typescript
}

@test "a configuration that is no JSON5, or has a key of a wrong type, is not quoted" {
	conf
	cp "$FLUFFBUZZ_CONFIG_PATH" good
	local edit config=()
	for edit in 's/"inferrs-local"/"canary-key" oops/' 's/"inferrs-local"/canary-key/' \
		's/"inferrs-local",/"canary-key/' 's/"inferrs-local"/["canary-key"]/' \
		's/"inferrs-local"/{canary: "canary-key"}/' 's/"inferrs-local"/"canary-key\\x4"/' \
		's/apiKey: "inferrs-local"/"canary-key" "canary-key"/' 's,"http:[^"]*","canary-key",' \
		's/requiresStringContent: true/requiresStringContent: "canary-key"/' \
		's/maxTokens: 4096/maxTokens: "canary-key"/' 's,"http://,"http://canary-key:canary-key@,' \
		's/mode: "merge"/mode: {a: "canary-key"}/' \
		's/"inferrs-local"/"canary-key\\nX-Evil: 1"/' \
		's/api: "openai-completions"/headers: { "X-Api-Key": "canary-key\\r\\nX: 1" }/'; do
		echo "$edit"
		sed "$edit" good >"$FLUFFBUZZ_CONFIG_PATH"
		grep -q canary "$FLUFFBUZZ_CONFIG_PATH"
		staged -p hello
		[ -s said.text-err ]
		run -1 grep -H canary said.*
	done
}

# What a server says is data: it can repeat the key, as it can repeat the prompt.
@test "a key that is echoed by the server is starred out" {
	serve
	reply echo '401 Unauthorized' <<<'{"error":{"message":"Incorrect API key provided: canary-key"}}'
	conf
	key_is canary-key
	sed -i "s,http://[^\"]*,$SERVE/echo/v1," "$FLUFFBUZZ_CONFIG_PATH"
	local config=()
	staged -p hello
	grep -q '^Authorization: Bearer canary-key' replies/echo.got
	run -1 grep -l canary said.config said.config-err said.shape said.shape-err
	jq -e '.error.code == "auth" and .error.status == 401' said.send
	run -1 grep canary-key said.*
	jq -e '.error.message | contains("**********")' said.send
}

@test "the key is in no process's arguments while a request is under way" {
	# of this run alone: other tests may be under way here
	local key=canary-$$-$RANDOM$RANDOM
	serve
	: >replies/slow
	: >replies/slow.hang
	conf
	key_is "$key"
	sed -i "s,http://[^\"]*,$SERVE/slow/v1," "$FLUFFBUZZ_CONFIG_PATH"
	fb fb-config | fb fb-shape -p x >request
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" <request >response 2>&1 3>&- &
	FB_PIDS=("$!" "${FB_PIDS[@]}") # it is to end before the server
	until_true '[ -s replies/slow.got ]'
	grep -qF -e "$key" replies/slow.got
	[ -r "/proc/$!/cmdline" ] || skip "no /proc here"
	cat "/proc/$!/cmdline" /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >arguments
	grep -q fb-send arguments
	run -1 grep -F -e "$key" arguments
}

# --- a record from elsewhere

# tampered FILTER - the request record `request`, changed by jq, sent; the response is in `response`.
tampered() {
	jq -c "$@" request >tampered
	fb fb-send <tampered >response || true
}

@test "a record whose route names another server does not get the key there" {
	serve
	local evil=$SERVE
	reply any '200 OK' <<<'{"choices":[]}'
	start_mock
	conf
	key_is canary-key
	fb fb-config | fb fb-shape -p x >request
	tampered --arg to "$evil/v1" '.route.baseUrl = $to'
	jq -e '.error.code == "no_api_key" and .response == null' response
	tampered --arg to "$evil/v1" '.route.baseUrl = $to | .route.provider = "x" | del(.route.source)'
	jq -e '.error.code == "no_api_key"' response
	# The same host by another name, another scheme, or a name in front of it.
	tampered '.route.baseUrl |= sub("127.0.0.1"; "localhost")'
	jq -e '.error.code == "no_api_key"' response
	tampered '.route.baseUrl |= sub("http:"; "https:")'
	jq -e '.error.code == "no_api_key"' response
	tampered --arg to "${evil#http://}" '.route.baseUrl |= sub("http://"; "http://" + $to + "@")'
	jq -e '.error != null' response
	tampered --arg to "${evil#http://}" '.route.baseUrl |= sub("http://"; "http://" + $to + "\\@")'
	jq -e '.error != null' response
	[ ! -e replies/all ]
	[ ! -s "$MOCK_LOG" ]
	run -1 grep canary response
}

@test "a record cannot fetch another provider's key, nor one as a plain header" {
	serve
	reply any '200 OK' <<<'{"choices":[]}'
	start_mock
	conf
	key_is canary-key
	sed -i 's|providers: {|& other: { baseUrl: "http://127.0.0.1:1/v1", apiKey: "canary-other", models: [] },|' "$FLUFFBUZZ_CONFIG_PATH"
	fb fb-config | fb fb-shape -p x >request
	tampered '.route.auth.secret.path = "models.providers.other.apiKey"'
	jq -e '.error.code == "no_api_key"' response
	tampered --arg to "$SERVE/v1" '.route.baseUrl = $to |
		.route.headers = {"X-Note": .route.auth.secret} | del(.route.auth)'
	jq -e '.error.code == "no_api_key"' response
	[ ! -s "$MOCK_LOG" ]
	[ ! -e replies/all ]
	HOME=canary-home tampered '.route.auth.secret = {"source":"env","name":"HOME"}'
	jq -e '.error.code == "no_api_key"' response
	[ ! -s "$MOCK_LOG" ]
}

@test "a record cannot fetch a variable by naming a configuration file of its own" {
	serve
	reply any '200 OK' <<<'{"choices":[]}'
	conf
	fb fb-config | fb fb-shape -p x >request
	# A file that came with the record, as the user unpacked it.
	cat >evil.json <<-END
		{models: {providers: {p: {baseUrl: "$SERVE/v1",
		apiKey: {source: "env", provider: "default", id: "CANARY"}, models: []}}}}
	END
	export CANARY=canary-value
	tampered --arg to "$SERVE/v1" --arg f "$PWD/evil.json" '.route.baseUrl = $to |
		.route.auth.secret = {"source":"config","file":$f,"path":"models.providers.p.apiKey"}'
	jq -e '.error.code == "no_api_key"' response
	[ ! -e replies/all ]
}

@test "a prompt record that names a server, a key or a file is a prompt or an error" {
	start_mock
	conf
	fb fb-shape >requests <<-'EOF' || [ $? -eq 1 ]
		{"prompt":"@/etc/passwd"}
		{"prompt":"x","baseUrl":"http://127.0.0.1:1/v1","headers":{"X":"y"},"file":["/etc/passwd"]}
		{"prompt":"x","route":{"baseUrl":"http://127.0.0.1:1/v1"}}
		{"prompt":"x","files":["/etc/passwd"]}
	EOF
	jq -es 'map(.body.messages[0].content) == ["@/etc/passwd", "x", null, null]' requests
	jq -es '.[1].route.baseUrl == .[0].route.baseUrl and .[1].input.file == ["/etc/passwd"] and
		.[2].error.code == "input" and .[3].error.code == "input"' requests
}
