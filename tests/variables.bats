# ${VARIABLE} in a configuration: where it is filled in, where its value comes
# from, what happens when it is not set, and that its value stays where it belongs.
# shellcheck disable=SC2016,SC2034,SC2317

load helper
load data/settings

setup() {
	fb_setup
	here=$(pwd -P)
	cd "$here" || return
	unset CANARY NONE A B
}

# provider [MEMBERS] - the configuration of the provider p with the model m; MEMBERS are
# from line 5 on, and may replace what is there.
provider() {
	settings <<-EOF
		{models: {providers: {p: {
		baseUrl: "http://127.0.0.1:9/v1",
		models: [
		{id: "m", name: "m"}],
		${1-}
		}}}}
	EOF
}

# The whole way; nobody shows the key.
ask() {
	fb fb-config "$@" >routes 2>err1
	fb fb-shape -p x <routes >requests 2>err2
	fb fb-send <requests >responses 2>err3
	fb fb-parse <responses >answer 2>err4
}

# --- where

# bats test_tags=memory
@test "a variable is filled in in every kind of field" {
	settings <<-'EOF'
		{agents: {defaults: {model: {primary: "${PROVIDER}/m-${A}", fallbacks: ["p/${B}"]},
			models: {"p/m-1": {alias: "${ALIAS}"}}, params: {user: "${A}"}}},
		models: {mode: "${MODE}", providers: {p: {baseUrl: "http://${HOST}:${PORT}/v1", api: "${API}",
			headers: {"X-Team": "${A}"}, params: {nested: {list: ["${A}", ["${B}"]]}},
			models: [{id: "m-${A}", name: "the ${A}st", input: ["${INPUT}"], compat: {maxTokensField: "${FIELD}"},
				params: {seed: "${B}"}}, {id: "${B}", name: "2"}]}}}}
	EOF
	export PROVIDER=p A=1 B=2 ALIAS='One model' MODE=merge HOST=127.0.0.1 PORT=9 API=openai-completions INPUT=image \
		FIELD=max_completion_tokens
	route
	jq '{ref, alias, name, baseUrl, input, params, f: .compat.maxTokensField, next: [.fallbacks[].model]}' route |
		same '{"ref":"p/m-1","alias":"One model","name":"the 1st","baseUrl":"http://127.0.0.1:9/v1","input":["image"],
			"params":{"user":"1","nested":{"list":["1",["2"]]},"seed":"2"},"f":"max_completion_tokens","next":["2"]}' || {
		cat err
		false
	}
	[ "$(says .ref -m 'one MODEL')" = '"p/m-1"' ]
}

# bats test_tags=memory
@test "inside a text, several of them, next to each other" {
	provider 'params: {a: "<${A}>", b: "${A}${B}${A}", c: "${A} and ${B}.", d: "x${A}", e: "${A}x"}'
	A=1 B=two route
	jq .params route | same '{"a":"<1>","b":"1two1","c":"1 and two.","d":"x1","e":"1x"}'
}

@test "a value is not looked at again, and may be long" {
	provider 'params: {a: "${A}", b: "${B}"}'
	A='${B} $${B}' B=$(head -c 100000 /dev/zero | tr '\0' x) says '.params | .a, (.b | length)' >got
	printf '%s\n' '"${B} $${B}"' 100000 | diff - got
}

# bats test_tags=memory
@test "what is no name of A-Z, 0-9 and _ stays as it is, without a word" {
	provider 'params: {a: "${lower}", b: "${Mixed}", c: "$A", d: "${}", e: "${A", f: "${A-x}", g: "${1A}", h: "$", i: "${A b}", j: "$$", k: "{A}", l: "${ A}"}'
	export A=canary lower=canary Mixed=canary
	route
	jq .params route | same '{"a":"${lower}","b":"${Mixed}","c":"$A","d":"${}","e":"${A","f":"${A-x}","g":"${1A}","h":"$","i":"${A b}","j":"$$","k":"{A}","l":"${ A}"}'
	quiet_about canary out err
}

@test "names with digits and underscores" {
	provider 'params: {a: "${_A_1}${X9}"}'
	[ "$(_A_1=a X9=b says .params.a)" = '"ab"' ]
}

# bats test_tags=memory
@test "behind a second dollar it is a text" {
	provider 'params: {a: "$${A}", b: "x$${A}y${A}", c: "$${lower}", d: "$$${A}"}'
	A=1 route
	jq -e '.params | .a == "${A}" and .b == "x${A}y1" and .c == "$${lower}"' route
	unset A
	provider 'params: {a: "$${A}"}'
	[ "$(says .params.a)" = '"${A}"' ]
}

@test "a key of an object is no place for a variable" {
	provider 'params: {"${A}": 1}'
	[ "$(A=x says .params)" = '{"${A}":1}' ]
}

# --- not set

# warned PLACE TEXT [ARG]... - a route, and one warning that begins with PLACE and has TEXT
warned() {
	local place=$1 text=$2
	shift 2
	run -0 --separate-stderr fb fb-config "$@"
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "fb-config: warning: $place"*"$text"* ]] || {
		echo "$stderr"
		return 1
	}
	jq -e .route <<<"$output" >route
}

# bats test_tags=memory
@test "unset or empty: a warning with file, line and place, and the text stays" {
	provider $'models: [{id: "m", name: "m"}, {id: "n", name: "n",\n\n\nbaseUrl: "${NONE}"}]'
	warned "$here/c.json5:8: models.providers.p.models[1].baseUrl: " '${NONE}' -m p/m
	NONE='' warned "$here/c.json5:8: models.providers.p.models[1].baseUrl: " '${NONE}' -m p/m
	fb fb-config -q -m p/m 2>err >out
	[ ! -s err ]
	# the route that needs it is refused
	refused "$here/c.json5:8: models.providers.p.models[1].baseUrl: " '${NONE}' -m p/n
	NONE='' refused "$here/c.json5:8: models.providers.p.models[1].baseUrl: " '${NONE}' -m p/n
	NONE=http://127.0.0.1:7/v1 route -m p/n
}

@test "several that are not set are told each" {
	provider 'maxTokens: 1}, q: {baseUrl: "http://${NONE}/${OTHER}/", params: {a: ["x", "${THIRD}"]}, models: [{id: "q", name: "q"}]'
	run -0 --separate-stderr fb fb-config -m p/m
	[ "${#stderr_lines[@]}" -eq 3 ]
	[[ $stderr == *'q.baseUrl: ${NONE}'*'q.baseUrl: ${OTHER}'*'q.params.a[1]: ${THIRD}'* ]]
}

# bats test_tags=memory
@test "a key, a header, params or a URL that needs one is an error, for that model only" {
	for what in 'apiKey: "${NONE}"' 'apiKey: "x${NONE}"' 'headers: {"X-Team": "${NONE}"}' 'headers: {"X-Api-Key": "${NONE}"}' \
		'params: {a: {b: ["${NONE}"]}}' 'request: {auth: {mode: "authorization-bearer", token: "${NONE}"}}' \
		'request: {auth: {mode: "header", headerName: "x", value: "${NONE}"}}'; do
		provider "$what }, q: {baseUrl: 'http://127.0.0.1:9/v1', models: [{id: 'q', name: 'q'}]"
		refused "$here/c.json5:5: models.providers.p." '${NONE}' -m p/m
		warned "$here/c.json5:5: models.providers.p." '${NONE}' -m q/q
	done
}

@test "one in a section that isn't read is no matter" {
	settings <<<'{gateway: {token: "${NONE}"}, env: {vars: {X: "${NONE}"}}, models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", models: [{id: "m", name: "m"}]}}}}'
	route
}

@test "the rest of a pipe says the warning not once more" {
	start_mock --reply fine
	settings <<-EOF
		{models: {providers: {p: {baseUrl: "$MOCK/v1", models: [{id: "m", name: "m"}]},
			q: {baseUrl: "http://\${NONE}/", models: [{id: "q", name: "q"}]}}}}
	EOF
	ask -m p/m
	[ "$(cat answer)" = fine ]
	[ "$(cat err1 err2 err3 err4 | grep -c NONE)" -eq 1 ]
}

# --- where from

state() {
	mkdir -p state
	export FLUFFBUZZ_STATE_DIR=$here/state
	cat >state/.env
}

# value - of the variable A in a configuration whose env.vars has it as "vars"
value() {
	settings <<-'EOF'
		{env: {vars: {A: "vars"}}, models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", params: {a: "${A}"},
			models: [{id: "m", name: "m"}]}}}}
	EOF
	says .params.a | jq -r .
}

# bats test_tags=memory
@test "the process's own environment, then .env, then env.vars" {
	[ "$(value)" = vars ]
	state <<<'A=dotenv'
	[ "$(value)" = dotenv ]
	[ "$(A=own value)" = own ]
	# what is empty is not set
	[ "$(A='' value)" = dotenv ]
	state <<<'A='
	[ "$(value)" = vars ]
}

@test "the .env of the state directory: beside the configuration, of FLUFFBUZZ_HOME, of HOME" {
	provider 'params: {a: "${A}"}'
	mkdir -p "$HOME/.fluffbuzz" other/.fluffbuzz
	echo A=home >"$HOME/.fluffbuzz/.env"
	echo A=other >other/.fluffbuzz/.env
	[ "$(says .params.a)" = '"home"' ]
	[ "$(FLUFFBUZZ_HOME=$here/other says .params.a)" = '"other"' ]
	state <<<A=state
	[ "$(FLUFFBUZZ_HOME=$here/other says .params.a)" = '"state"' ]
}

# bats test_tags=memory
@test "the .env of the working directory is not read" {
	provider 'params: {a: "${A}"}, apiKey: {source: "env", id: "A"}'
	echo A=canary >.env
	mkdir -p "$here/state" work
	cp .env work
	export FLUFFBUZZ_STATE_DIR=$here/state
	refused "$here/c.json5:5: models.providers.p." '${A}'
	cd work
	refused "$here/c.json5:5: models.providers.p." '${A}'
	quiet_about canary out err
}

# bats test_tags=memory
@test "what .env may look like" {
	provider 'params: {a: "${A}|${B}|${C}|${D}|${E}|${F}|${G}|${H}|${I}|${J}|${K}"}'
	state <<-'EOF'
		# a comment, A=wrong
		A=plain
		export B=exported
		 C = 'quo "ted" # \n' # behind
		D="with \" and \\ and $A" 
		E=two words   # a comment
		F=a#b

		G=x=y
		export	H=tab
		NOT A LINE
		=nothing
		I='a'
		I=last
		J="two
		lines"
		K=end
	EOF
	route
	jq -j .params.a route >got
	printf '%s' $'plain|exported|quo "ted" # \\n|with " and \\ and $A|two words|a#b|x=y|tab|last|two\nlines|end' | diff - got
}

@test "an .env with CRLF, without a last line end, with a line too long" {
	provider 'params: {a: "${A}|${B}|${C}"}'
	printf 'A=1\r\nB="2"\r\n\r\nX=%0100000d\r\nC=3' 0 | state
	export FLUFFBUZZ_STATE_DIR=$here/state
	[ "$(says .params.a)" = '"1|2|3"' ]
}

# bats test_tags=memory
@test "an .env that anybody may write is not read, and the warning says so" {
	provider 'params: {a: "${A}"}'
	state <<<'A=canary'
	chmod 606 state/.env
	refused "$here/c.json5:5: models.providers.p.params" '${A}'
	grep "^fb-config: warning: $here/state/.env: anybody may write it" err
	chmod 644 state/.env
	[ "$(says .params.a)" = '"canary"' ]
}

@test "an .env that is a fifo, a directory or very large holds nobody up" {
	provider 'params: {a: "${A}"}'
	mkdir -p state
	export FLUFFBUZZ_STATE_DIR=$here/state
	mkfifo state/.env
	refused "$here/c.json5:5: " '${A}'
	rm state/.env
	mkdir state/.env
	refused "$here/c.json5:5: " '${A}'
	rmdir state/.env
	ln -s /dev/zero state/.env
	refused "$here/c.json5:5: " '${A}'
}

@test "env.vars in an included file count, and must be texts" {
	settings <<<'{$include: "vars.json5", models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", params: {a: "${A}"}, models: [{id: "m", name: "m"}]}}}}'
	settings vars.json5 <<<'{env: {vars: {A: "included"}}}'
	[ "$(says .params.a)" = '"included"' ]
	settings vars.json5 <<<$'{env: {vars: {\nA: 5}}}'
	refused "$here/vars.json5:" 'env.vars'
}

# --- values stay where they belong

# bats test_tags=memory
@test "a key from a variable is sent, and shown by nobody" {
	start_mock --api-key canary-key --reply fine
	settings <<<"{models: {providers: {p: {baseUrl: '$MOCK/v1', apiKey: '\${CANARY}-key', models: [{id: 'm', name: 'm'}]}}}}"
	export CANARY=canary
	ask
	[ "$(cat answer)" = fine ]
	quiet_about canary routes requests responses err1 err2 err3 err4
	for view in --list --check --dump --explain '--list --json' '--explain --json' '--check --json'; do
		# shellcheck disable=SC2086
		fb fb-config $view >out 2>err
		quiet_about canary out err
	done
}

# bats test_tags=memory
@test "a header whose value comes from a variable is a reference in the route" {
	start_mock --reply fine
	settings <<<"{models: {providers: {p: {baseUrl: '$MOCK/v1', headers: {'X-Team': '<\${CANARY}>', 'X-Plain': 'plain'},
		request: {headers: {'X-More': '\${CANARY}'}},
		models: [{id: 'm', name: 'm', headers: {'X-Model': '\${CANARY}', 'X-Dollar': '\$\${CANARY}'}}]}}}}"
	export CANARY=canary
	ask
	[ "$(cat answer)" = fine ]
	quiet_about canary routes requests responses err1 err2 err3 err4
	jq -e '.route.headers | .["X-Plain"] == "plain" and .["X-Dollar"] == "${CANARY}" and
		.["X-Team"] == {"source":"config","file":"'"$here"'/c.json5","path":"models.providers.p.headers.X-Team"} and
		.["X-More"].path == "models.providers.p.request.headers.X-More" and
		.["X-Model"].path == "models.providers.p.models[0].headers.X-Model"' routes
	jq -e '.headers | .["x-team"] == "<canary>" and .["x-more"] == "canary" and .["x-model"] == "canary" and
		.["x-dollar"] == "${CANARY}" and .["x-plain"] == "plain"' "$MOCK_LOG"
}

@test "in baseUrl and params a value is in the route, and nowhere else" {
	start_mock --reply fine
	settings <<<"{models: {providers: {p: {baseUrl: '\${BASE}/v1', params: {user: '\${CANARY}'}, models: [{id: 'm', name: 'm'}]}}}}"
	export BASE=$MOCK CANARY=canary
	ask
	[ "$(cat answer)" = fine ]
	jq -e --arg b "$MOCK/v1" '.route | .baseUrl == $b and .params == {"user":"canary"}' routes
	quiet_about canary responses answer err1 err2 err3 err4
	fb fb-config --dump >dump
	quiet_about canary dump
	jq -e '.models.providers.p | .baseUrl == "${BASE}/v1" and .params.user == "${CANARY}"' dump
	fb fb-config --check >out 2>err
	quiet_about canary out err
}

# bats test_tags=memory
@test "a value in the wrong place is refused without being shown" {
	export CANARY=canary
	for what in 'timeoutSeconds: "${CANARY}"' 'baseUrl: "${CANARY}"' 'baseUrl: "http://${CANARY}:x/"' 'baseUrl: "http://u:${CANARY}@h/"' \
		'headers: {"X Y": "${CANARY}"}' 'models: "${CANARY}"' 'apiKey: {source: "${CANARY}", id: "A"}' \
		'apiKey: {source: "env", id: "x${CANARY}"}' 'apiKey: {source: "file", id: "/a", provider: "X${CANARY}"}' \
		'compat: {supportsTools: "${CANARY}"}' 'request: {tls: {insecureSkipVerify: "${CANARY}"}}'; do
		provider "$what"
		refused "$here/c.json5:5: models.providers.p." ''
	done
	export CANARY=$'canary\nX-Evil: 1'
	for what in 'headers: {"X-Y": "${CANARY}"}' 'headers: {"X-Api-Key": "${CANARY}"}' 'baseUrl: "http://h/${CANARY}"'; do
		provider "$what"
		refused "$here/c.json5:5: models.providers.p." ''
	done
}

@test "another's configuration has no part in our variables" {
	start_mock --reply fine
	settings mine.json5 <<<'{}'
	settings other.json5 <<<"{models: {providers: {p: {baseUrl: '$MOCK/v1', apiKey: 'x\${CANARY}', models: [{id: 'm', name: 'm'}]}}}}"
	export CANARY=canary
	fb fb-config --config other.json5 | fb fb-shape -p x >requests
	FLUFFBUZZ_CONFIG_PATH=$here/mine.json5 run -4 fb fb-send requests
	jq -e '.error.code == "no_api_key" and (.error.message | contains("--config"))' <<<"$output"
	[[ $output != *canary* ]]
	[ ! -s "$MOCK_LOG" ]
	run -0 fb fb-send --config other.json5 --no-events requests
	jq -e '.headers.authorization == "Bearer xcanary"' "$MOCK_LOG"
}

# bats test_tags=memory
@test "a model's id, the primary, a fallback that needs one is an error: nothing is sent to a \${NAME}" {
	provider 'models: [{id: "${NONE}", name: "x"}]'
	refused "$here/c.json5:5: models.providers.p.models[0].id: " '${NONE}'
	good='models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", models: [{id: "m", name: "m"}]}}}'
	settings <<<$'{agents: {defaults: {\nmodel: "p/${NONE}"}},'"$good}"
	refused "$here/c.json5:2: agents.defaults.model" '${NONE}'
	settings <<<$'{agents: {defaults: {model: {\nprimary: "${NONE}"}}},'"$good}"
	refused "$here/c.json5:2: agents.defaults.model.primary" '${NONE}'
	settings <<<$'{agents: {defaults: {model: {primary: "p/m",\nfallbacks: ["p/${NONE}"]}}},'"$good}"
	refused '' '${NONE}'
}

@test "how a key is shown, and how a request travels, may need one too" {
	for what in 'request: {auth: {mode: "header", headerName: "x", value: "v", prefix: "${NONE}"}}' \
		'request: {auth: {mode: "header", headerName: "${NONE}", value: "v"}}' \
		'request: {proxy: {mode: "explicit-proxy", url: "http://${NONE}/"}}' \
		'request: {tls: {ca: "${NONE}"}}' 'request: {tls: {serverName: "${NONE}"}}'; do
		provider "$what"
		refused "$here/c.json5:5: models.providers.p.request." ''
	done
}

@test "a misspelt word that came from a variable is not shown" {
	export CANARY=canary
	settings <<<$'{models: {\nmode: "${CANARY}", providers: {}}}'
	refused "$here/c.json5:2: models.mode: " merge
	provider 'api: "${CANARY}"'
	refused "$here/c.json5:5: models.providers.p.api: " openai-completions
}

@test "--dump shows no part of a key that is written beside a variable" {
	provider 'apiKey: "canary-${A}", headers: {"X-Api-Key": "canary-${NONE}"}, request: {auth: {mode: "header", headerName: "x", value: "${A}canary"}}'
	export A=1
	fb fb-config --dump >dump
	quiet_about canary dump
}

@test "an .env that isn't read is told also where a key wants it" {
	provider 'apiKey: {source: "env", id: "A"}'
	state <<<'A=canary'
	chmod 606 state/.env
	refused '' ' A '
	grep "$here/state/.env: anybody may write it" err
}

@test "env.vars and .env count for the catalogue's rows" {
	settings <<<'{env: {vars: {AZURE_OPENAI_ENDPOINT: "https://r.openai.azure.com", AZURE_OPENAI_API_KEY: "canary"}}}'
	[ "$(says .baseUrl -m azure/d)" = '"https://r.openai.azure.com/openai/v1"' ]
	fb fb-config --list --json | jq -es 'map(select(.ref == "azure/*").key) == [true]'
	settings <<<'{}'
	state <<<$'AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com\nAZURE_OPENAI_API_KEY=canary'
	export FLUFFBUZZ_STATE_DIR=$here/state
	[ "$(says .baseUrl -m azure/d)" = '"https://r.openai.azure.com/openai/v1"' ]
	quiet_about canary out err
}

@test "a key with a line break in it is told with its place" {
	provider 'apiKey: "${CANARY}"'
	CANARY=$'canary\nX-Evil: 1' refused "$here/c.json5:5: models.providers.p.apiKey: " ''
}
