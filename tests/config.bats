# fb-config: which model a reference means, and what a wrong configuration says.
# shellcheck disable=SC2317

load helper

route() {
	run -0 --separate-stderr fb fb-config "$@"
	jq -e .route <<<"$output" >route
}

# The reference that -m $1 comes out as.
ref_is() {
	route -m "$1"
	[ "$(jq -r .ref route)" = "$2" ] || {
		echo "-m $1: $(cat route)"
		return 1
	}
}

# edit SED - the page's configuration with that change, in use.
edit() {
	conf
	cp "$FLUFFBUZZ_CONFIG_PATH" before
	sed -i "$1" "$FLUFFBUZZ_CONFIG_PATH"
	run -1 cmp -s before "$FLUFFBUZZ_CONFIG_PATH"
}

# wrong TEXT - fb-config ends with 2, one line on stderr that has TEXT, and an error record.
wrong() {
	local text=$1
	shift
	run -2 --separate-stderr fb fb-config "$@"
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "fb-config: "*"$text"* ]] || {
		echo "expected: $text; got: $stderr"
		return 1
	}
	jq -e --arg m "${stderr#fb-config: }" '.error | .code == "config" and .stage == "config" and
		.retryable == false and .message == $m' <<<"$output"
}

# bats test_tags=memory
@test "the page's configuration gives its route, every field" {
	export FLUFFBUZZ_CONFIG_PATH=$FB_ROOT/share/examples/inferrs.json5
	run -0 --separate-stderr fb fb-config
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	jq .route <<<"$output" >route
	jq 'del(.compat, .source, .auth)' route | same '{"ref":"inferrs/google/gemma-4-E2B-it","alias":"Gemma 4 (inferrs)",
		"name":"Gemma 4 E2B (inferrs)","provider":"inferrs","model":"google/gemma-4-E2B-it",
		"api":"openai-completions","baseUrl":"http://127.0.0.1:8080/v1","endpoint":"local",
		"reasoning":false,"input":["text"],"cost":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0},
		"contextWindow":131072,"maxTokens":4096}'
	jq .source route | same '{"file":"'"$FLUFFBUZZ_CONFIG_PATH"'","line":20,"path":"models.providers.inferrs.models[0]"}'
	sed -n 20p "$FLUFFBUZZ_CONFIG_PATH" | grep '{'
	jq .auth route | same '{"type":"bearer","secret":{"source":"config","file":"'"$FLUFFBUZZ_CONFIG_PATH"'","path":"models.providers.inferrs.apiKey"}}'
}

@test "the example is the page's configuration, byte for byte" {
	page=$(shared 000_b2fc712509e585ae.txt)
	sed -n '/^{$/,/^}$/p' "$page" | diff - "$FB_ROOT/share/examples/inferrs.json5"
}

@test "compat says every flag: the defaults of the endpoint's class, the model's own over them" {
	conf
	route
	jq -e '.compat | .requiresStringContent == true and .supportsTools == true and .supportsStore == false and
		.supportsPromptCacheKey == false and .supportsDeveloperRole == false and
		.supportsReasoningEffort == false and .supportsUsageInStreaming == true and
		.supportsStrictMode == false and .maxTokensField == "max_tokens" and .strictMessageKeys == false' route
	route --base-url https://api.example.com/v1 -m m
	jq -e '.endpoint == "custom" and (.compat | .requiresStringContent == false and .supportsStore == false and
		.supportsUsageInStreaming == false and .maxTokensField == "max_tokens")' route
	route --base-url https://api.openai.com/v1 -m m
	jq -e '.endpoint == "openai-public" and (.compat | .supportsStore and .supportsDeveloperRole and
		.supportsUsageInStreaming and .maxTokensField == "max_completion_tokens")' route
}

@test "the class of an endpoint is told by its host" {
	while read -r host class; do
		route --base-url "http://$host/v1" -m m
		[ "$(jq -r .endpoint route)" = "$class" ] || { echo "$host" && return 1; }
	done <<-'EOF'
		127.0.0.1:8080 local
		127.9.9.9 local
		localhost local
		LOCALHOST:1 local
		[::1]:8080 local
		x.localhost local
		box.local local
		box.internal local
		box.lan local
		box local
		10.1.2.3 local
		172.16.0.1 local
		172.31.0.1 local
		192.168.1.1 local
		[fd00::1] local
		172.32.0.1 custom
		172.15.0.1 custom
		11.0.0.1 custom
		192.169.1.1 custom
		128.0.0.1 custom
		local.example.com custom
		127.0.0.1.example.com custom
		notlocalhost.example custom
		[2001:db8::1] custom
		api.openai.com.example.com custom
		API.openai.com openai-public
	EOF
}

@test "a provider named openai on this machine is a local endpoint" {
	edit 's/inferrs: {/openai: {/; s,"inferrs/,"openai/,'
	route
	jq -e '.provider == "openai" and .endpoint == "local" and .compat.supportsStore == false' route
}

@test "a reference is an alias, provider/id or id, in any case" {
	conf
	for ref in 'Gemma 4 (inferrs)' 'gemma 4 (INFERRS)' inferrs/google/gemma-4-E2B-it \
		Inferrs/Google/GEMMA-4-e2b-IT google/gemma-4-E2B-it GOOGLE/gemma-4-e2b-it; do
		ref_is "$ref" inferrs/google/gemma-4-E2B-it
	done
}

@test "the alias comes first, then what is configured, then what a provider may have" {
	cat >c.json <<-'EOF'
		{models: {providers: {
			a: {baseUrl: "http://127.0.0.1:1/v1", models: [{id: "b/m", name: "1"}, {id: "both", name: "2"}, {id: "a/x", name: "5"}]},
			b: {baseUrl: "http://127.0.0.1:2/v1", models: [{id: "m", name: "3"}, {id: "both", name: "4"}, {id: "Both", name: "6"}]}}},
		agents: {defaults: {models: {"a/both": {alias: "b/m2"}, "b/m": {alias: "m"}}}}}
	EOF
	export FLUFFBUZZ_CONFIG_PATH=$PWD/c.json
	ref_is b/m b/m
	ref_is a/b/m a/b/m
	ref_is b/m2 a/both
	ref_is m b/m
	ref_is a/x a/a/x
	ref_is b/both b/both
	ref_is b/Both b/Both
	ref_is b/new b/new
	wrong_model both
	[[ $stderr == *'provider/id'* ]]
}

wrong_model() {
	run -2 --separate-stderr fb fb-config -m "$1"
	[ "${#stderr_lines[@]}" -eq 1 ]
	jq -e '.error.code == "model_unknown"' <<<"$output"
}

# bats test_tags=memory
@test "an unknown reference ends with 2 and gives the nearest names" {
	conf
	wrong_model gemma
	[[ $stderr == *'did you mean'*'Gemma 4 (inferrs)'* ]]
	wrong_model google/gemma-4-E2B-ti
	[[ $stderr == *'did you mean'*'inferrs/google/gemma-4-E2B-it'* ]]
	wrong_model infers/google/gemma-4-E2B-it
	[[ $stderr == *'did you mean'*'inferrs/google/gemma-4-E2B-it'* ]]
	wrong_model something-quite-different
	[[ $stderr == *'"something-quite-different"'* ]]
	[[ $stderr != *'did you mean'* ]]
	wrong_model ''
	wrong_model inferrs/
	wrong_model /
}

@test "an unknown id of a known provider is passed through" {
	conf
	route -m inferrs/other/new-model
	jq -e '.ref == "inferrs/other/new-model" and .model == "other/new-model" and .provider == "inferrs" and
		.auth.secret.path == "models.providers.inferrs.apiKey" and (has("maxTokens") | not) and
		.source.path == "models.providers.inferrs"' route
}

@test "an unknown id of a known provider is warned of" {
	conf
	route -m inferrs/other/new-model
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == fb-config:*other/new-model* ]]
}

@test "several -m give several routes, in their order" {
	conf
	run -0 --separate-stderr fb fb-config -m inferrs/b -m 'gemma 4 (inferrs)' -m inferrs/a
	[ "$(jq -r .route.model <<<"$output" | tr '\n' ' ')" = 'b google/gemma-4-E2B-it a ' ]
}

@test "without -m it is the primary, an alias too, or the only model" {
	conf
	route
	jq -e '.ref == "inferrs/google/gemma-4-E2B-it"' route
	edit 's,primary: "[^"]*",primary: "gemma 4 (inferrs)",'
	route
	jq -e '.ref == "inferrs/google/gemma-4-E2B-it"' route
	edit 's,model: { primary: "\([^"]*\)" },model: "\1",'
	route
	jq -e '.ref == "inferrs/google/gemma-4-E2B-it"' route
	edit '/primary/d'
	route
	jq -e '.ref == "inferrs/google/gemma-4-E2B-it"' route
	sed -i 's/models: \[/&{id: "second", name: "2"},/' "$FLUFFBUZZ_CONFIG_PATH"
	wrong 'which model?'
}

@test "the configuration is found where the documents say, in that order" {
	home=$PWD/home
	mkdir -p "$home/.fluffbuzz" "$home/.config/fluffbuzz" state other
	conf
	text=$(cat "$FLUFFBUZZ_CONFIG_PATH")
	unset FLUFFBUZZ_CONFIG_PATH XDG_CONFIG_HOME
	export HOME=$home
	put() { printf '%s\n' "${text//Gemma 4 E2B (inferrs)/$1}" >"$1"; }
	found() { fb fb-config "${@:2}" | jq -e --arg f "$1" '.route.source.file == $f and .route.name == $f'; }
	put "$home/.config/fluffbuzz/fluffbuzz.json"
	found "$home/.config/fluffbuzz/fluffbuzz.json"
	put "$home/.fluffbuzz/fluffbuzz.json"
	found "$home/.fluffbuzz/fluffbuzz.json"
	put "$PWD/state/fluffbuzz.json"
	FLUFFBUZZ_STATE_DIR=$PWD/state found "$PWD/state/fluffbuzz.json"
	put "$PWD/other/x.json"
	FLUFFBUZZ_STATE_DIR=$PWD/state FLUFFBUZZ_CONFIG_PATH=$PWD/other/x.json found "$PWD/other/x.json"
	FLUFFBUZZ_CONFIG_PATH=other/x.json found "$PWD/other/x.json"
	FLUFFBUZZ_CONFIG_PATH=nothing found "$PWD/other/x.json" --config other/x.json
	mkdir -p elsewhere/.fluffbuzz
	put "$PWD/elsewhere/.fluffbuzz/fluffbuzz.json"
	FLUFFBUZZ_HOME=$PWD/elsewhere found "$PWD/elsewhere/.fluffbuzz/fluffbuzz.json"
}

@test "no configuration: it says where one was looked for, and what to do" {
	wrong "$HOME/.fluffbuzz/fluffbuzz.json"
	[[ $stderr == *--base-url* ]]
	run -2 --separate-stderr fb fb-config -m x
	[[ $stderr == *"$HOME/.fluffbuzz/fluffbuzz.json"* ]]
	wrong 'nothing.json: No such file' --config nothing.json
	FLUFFBUZZ_CONFIG_PATH=$PWD/nothing.json wrong "$PWD/nothing.json: No such file"
	wrong "Is a directory" --config .
}

@test "--base-url needs no configuration; -m is then the model as it stands" {
	route --base-url http://127.0.0.1:8080/v1 -m 'Any/Thing at:all'
	jq -e '.model == "Any/Thing at:all" and .baseUrl == "http://127.0.0.1:8080/v1" and
		.endpoint == "local" and (has("auth") | not)' route
	conf
	route --base-url http://127.0.0.1:8080/v1 -m 'gemma 4 (inferrs)'
	jq -e '.model == "gemma 4 (inferrs)" and (has("auth") | not)' route
	wrong -m --base-url http://127.0.0.1:8080/v1
	for url in ftp://h/v1 h/v1 '' http:// http://h:x/v1 http://h:99999/v1 http://u:canary@h/v1 'http://h/v 1' file:///etc/passwd; do
		wrong '--base-url: ' --base-url "$url" -m m
		[[ $stderr != *canary* ]]
	done
}

@test "-c lays compat flags and fields over the route" {
	conf
	route -c requiresStringContent=false -c compat.supportsTools=false -c maxTokens=7 -c timeoutSeconds:=2
	jq -e '.compat.requiresStringContent == false and .compat.supportsTools == false and .maxTokens == 7 and
		.timeoutSeconds == 2' route
	route -c maxTokensField=max_completion_tokens -m inferrs/a -m inferrs/b
	run -0 --separate-stderr fb fb-config -c supportsTools=false -m inferrs/a -m inferrs/b
	[ "$(jq -c .route.compat.supportsTools <<<"$output" | tr '\n' ' ')" = 'false false ' ]
	# What is set there counts in the request that is made of it.
	fb fb-config -c params.temperature=0 -c contextWindow:=500 -c reasoning:=true -c supportsReasoningEffort=true |
		fb fb-shape -p x --thinking high |
		jq -e '.body | .temperature == 0 and .max_tokens == 498 and .reasoning_effort == "high"'
	wrong 'did you mean' -c supportTools=false
	[[ $stderr == *supportsTools* ]]
	wrong 'supportsTools: must be true or false' -c supportsTools=yes
	wrong 'maxTokens' -c maxTokens=many
	wrong 'KEY=VALUE' -c supportsTools
	wrong 'KEY=VALUE' -c =x
	wrong '' -c baseUrl=http://127.0.0.1:1/v1
	wrong '' -c auth.secret.path=x
}

# --- wrong configurations

@test "what is no JSON5 is told with line and column" {
	conf
	while IFS='|' read -r place sed; do
		edit "$sed"
		wrong "$FLUFFBUZZ_CONFIG_PATH:$place: "
	done <<-'EOF'
		13:10|13s/mode:/mode/
		17:17|17s/"inferrs-local"/oops/
		31:11|31s/}/]/
		17:17|17s/"inferrs-local",/"inferrs/
		1:1|1s/{/x/
	EOF
	: >empty
	wrong "$PWD/empty:1:1: " --config empty
	printf '\xef\xbb\xbf{}x' >bom
	wrong "$PWD/bom:1:" --config bom
	printf '{"a":"\xff"}' >latin1
	wrong "$PWD/latin1:1:" --config latin1
	head -c 10000 /dev/zero | tr '\0' '[' >deep
	wrong "$PWD/deep:1:" --config deep
	head -c 3000000 /dev/zero | tr '\0' ' ' >large
	wrong "$PWD/large: " --config large
	[[ $stderr == *2097152* ]]
}

@test "a wrong type is told with file, line and path" {
	while IFS='|' read -r line path sed; do
		edit "$sed"
		wrong "$FLUFFBUZZ_CONFIG_PATH:$line: $path: "
	done <<-'EOF'
		13|models.mode|s/"merge"/"blend"/
		29|models.providers.inferrs.models[0].compat.requiresStringContent|s/requiresStringContent: true/requiresStringContent: "true"/
		29|models.providers.inferrs.models[0].compat.requiresStringContent|s/requiresStringContent: true/requiresStringContent: 1/
		27|models.providers.inferrs.models[0].maxTokens|s/maxTokens: 4096/maxTokens: "4096"/
		27|models.providers.inferrs.models[0].maxTokens|s/maxTokens: 4096/maxTokens: 0/
		27|models.providers.inferrs.models[0].maxTokens|s/maxTokens: 4096/maxTokens: 1.5/
		26|models.providers.inferrs.models[0].contextWindow|s/contextWindow: 131072/contextWindow: -1/
		23|models.providers.inferrs.models[0].reasoning|s/reasoning: false/reasoning: null/
		24|models.providers.inferrs.models[0].input|s/input: \["text"\]/input: "text"/
		25|models.providers.inferrs.models[0].cost|s/cost: {.*}/cost: 0/
		26|models.providers.inferrs.models[0].cost.input|s/cost: { input: 0/cost: {\ninput: "0"/
		22|models.providers.inferrs.models[0].name|s/name: "Gemma 4 E2B (inferrs)"/name: ""/
		17|models.providers.inferrs.apiKey|s/"inferrs-local"/5/
		16|models.providers.inferrs.baseUrl|s/baseUrl: .*/baseUrl: 5,/
		16|models.providers.inferrs.baseUrl|s/baseUrl: .*/baseUrl: "127.0.0.1:8080",/
		4|agents.defaults.model|s/model: { primary.*/model: 5,/
		7|agents.defaults.models["inferrs/google/gemma-4-E2B-it"].alias|s/alias: .*/alias: [],/
		16|models.providers.inferrs.headers|s/baseUrl:/headers: {"X-A": 5}, baseUrl:/
	EOF
}

# bats test_tags=memory
@test "what has to be there is missed by name" {
	edit '/baseUrl/d'
	wrong 'models.providers.inferrs.baseUrl'
	edit '/ id:/d'
	wrong 'models.providers.inferrs.models[0].id'
	edit '/ name:/d'
	wrong 'models.providers.inferrs.models[0].name'
}

@test "an unknown compat flag is fatal, with a suggestion and its place" {
	edit 's/requiresStringContent: true/requireStringContent: true/'
	wrong "$FLUFFBUZZ_CONFIG_PATH:29: "
	[[ $stderr == *'models.providers.inferrs.models[0].compat'*requireStringContent*'did you mean requiresStringContent?'* ]]
}

@test "another api than openai-completions is told, for the model that has it" {
	edit 's/api: "openai-completions"/api: "ollama"/'
	wrong 'api "ollama"'
}

@test "a key from the environment is a reference in the route, too" {
	edit 's/"inferrs-local"/{source: "env", provider: "default", id: "MY_KEY"}/'
	MY_KEY=canary route
	jq -e '.auth.secret == {"source":"env","name":"MY_KEY"}' route
	run -1 grep canary route
	edit '/apiKey/d'
	route
	jq -e 'has("auth") | not' route
	edit 's/apiKey: .*/apiKey: "",/'
	route
	jq -e 'has("auth") | not' route
}

@test "headers that smell of a secret become references, others are copied" {
	edit 's/api: "openai-completions"/headers: {"X-Api-Key": "canary", Cookie: "canary", "x-auth": "canary", "X-SECRET-a": "canary", "My-Token": "canary", "X-Team": "blue"}, &/'
	route
	run -1 grep canary route
	jq -e '.headers["X-Team"] == "blue" and .headers["X-Api-Key"].path == "models.providers.inferrs.headers.X-Api-Key"' route
}

@test "maxTokens is never over the context window" {
	edit 's/contextWindow: 131072/contextWindow: 1000/'
	route
	jq -e '.maxTokens == 1000' route
}

@test "JSON5 in all its forms is read" {
	cat >c.json <<-'EOF'
		// a comment
		{ /* another */ 'agents': {defaults: {model: 'p/m',},},
		  models: {providers: {"p": {baseUrl: 'http://127.0.0.1:1\
		/v1', models: [{id: "\x6d", name: 'it\'s', maxTokens: 0x10, contextWindow: +1e3, cost: {input: .5, output: 5.,},},],},},},
		}
	EOF
	route --config c.json
	jq -e '.model == "m" and .name == "it'"'"'s" and .maxTokens == 16 and .contextWindow == 1000 and
		.cost == {"input":0.5,"output":5} and .baseUrl == "http://127.0.0.1:1/v1"' route
}

@test "-o FILE appears only when all is good" {
	conf
	echo old >file
	run -2 --separate-stderr fb fb-config -m nosuch -o file
	[ "$(cat file)" = old ]
	run -0 --separate-stderr fb fb-config -o file
	jq -e .route file
	run -3 --separate-stderr fb fb-config -o no/such/dir
	[[ $stderr == *'no/such/dir: No such file'* ]]
}
