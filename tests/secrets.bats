# Keys: where they may come from, who gets them, and that nobody else sees them;
# the catalogue, and the views of a configuration.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317

load helper
load data/settings
load data/serve

setup() {
	fb_setup
	here=$(pwd -P)
	cd "$here" || return
	umask 077
}

# keyed KEY [SECRETS [MORE]] - the configuration of p/m at the mock, with that apiKey
# on line 3, that secrets.providers on line 6, and more members of p on line 4.
keyed() {
	settings <<-EOF
		{models: {providers: {p: {
		baseUrl: "${MOCK:-http://127.0.0.1:9}/v1",
		${1:+apiKey: $1,}
		${3:+$3,}
		models: [{id: "m", name: "m"}]}}},
		secrets: {providers: {${2-}}}}
	EOF
}

# The whole way, each program's output kept.
ask() {
	fb fb-config "$@" >routes 2>err1
	fb fb-shape -p x <routes >requests 2>err2
	fb fb-send <requests >responses 2>err3
	fb fb-parse <responses >answer 2>err4
}

# works [ARG]... - the mock, which wants canary-key, answers; only its log has the key
works() {
	ask "$@"
	[ "$(cat answer)" = fine ] || {
		cat err1 err2 err3 err4
		return 1
	}
	[ ! -s err1 ] && quiet_about canary routes requests responses answer err1 err2 err3 err4
}

# tool NAME - stdin becomes a command of ours
tool() {
	cat >"$1"
	chmod 700 "$1"
}

# run_by MEMBERS - the key of p is what $here/tool prints; MEMBERS are of its secrets.providers entry
run_by() {
	keyed '{source: "exec", provider: "vault", id: "team/key"}' "vault: {source: 'exec', command: '$here/tool'${1:+, $1}}"
}

# kept_in FILE [MEMBERS [ID]] - the key of p is in that file
kept_in() {
	keyed "{source: 'file', provider: 'disk', id: '${3-/key}'}" "disk: {source: 'file', path: '$1'${2:+, $2}}"
}

key_place() {
	echo "$here/c.json5:3: models.providers.p.apiKey: "
}

# --- the environment

# bats test_tags=memory
@test "a key of the environment, end to end" {
	start_mock --api-key canary-key --reply fine
	keyed '{source: "env", provider: "default", id: "MY_KEY"}'
	export MY_KEY=canary-key
	works
	jq -e '.route.auth == {"type":"bearer","secret":{"source":"env","name":"MY_KEY"}}' routes
	jq -e '.headers.authorization == "Bearer canary-key"' "$MOCK_LOG"
	keyed '{source: "env", id: "MY_KEY"}'
	works
}

@test "a key of the environment that .env or env.vars has" {
	start_mock --api-key canary-key --reply fine
	keyed '{source: "env", id: "MY_KEY"}'
	sed -i 's/^{models/{env: {vars: {MY_KEY: "canary-key"}}, models/' c.json5
	works
	mkdir state
	echo MY_KEY=canary-other >state/.env
	FLUFFBUZZ_STATE_DIR=$here/state run -4 ask
	jq -e '.headers.authorization == "Bearer canary-other"' < <(tail -n 1 "$MOCK_LOG")
}

# bats test_tags=memory
@test "an allowlist: only what is on it, of a provider that has one" {
	start_mock --api-key canary-key --reply fine
	export MY_KEY=canary-key
	keyed '{source: "env", provider: "team", id: "MY_KEY"}' 'team: {source: "env", allowlist: ["OTHER", "MY_KEY"]}'
	works
	keyed '{source: "env", provider: "team", id: "MY_KEY"}' 'team: {source: "env", allowlist: ["OTHER"]}'
	refused "$(key_place)" allowlist
	keyed '{source: "env", provider: "team", id: "MY_KEY"}' 'team: {source: "env", allowlist: []}'
	refused "$(key_place)" allowlist
	keyed '{source: "env", provider: "team", id: "MY_KEY"}' 'team: {source: "env"}'
	works
}

@test "a variable that is not set, or empty, is told with the place that wants it" {
	keyed '{source: "env", id: "MY_KEY"}'
	refused "$(key_place)" MY_KEY
	MY_KEY='' refused "$(key_place)" MY_KEY
	jq -e '.error.code == "no_api_key"' out
}

@test "a text in capitals is a key, not the name of a variable" {
	start_mock --reply fine
	keyed '"MY_KEY"'
	MY_KEY=canary ask
	jq -e '.headers.authorization == "Bearer MY_KEY"' "$MOCK_LOG"
}

# --- a file

# bats test_tags=memory
@test "a key in a JSON file, by its pointer" {
	start_mock --api-key canary-key --reply fine
	printf '%s\n' '{"key": "canary-key", "a": {"b": ["x", {"key": "canary-key"}]}, "a/b~c": "canary-key", "": {"": "canary-key"},
		"~1": "canary-key", "0": "canary-key", "u\u0041": "\u0063anary-key", "x y": "canary-key", "%41": "canary-key"}' >keys.json
	for id in /key /a/b/1/key /a~1b~0c // /~01 /0 /uA '/x y' /%41; do
		kept_in "$here/keys.json" '' "$id"
		works
	done
	kept_in "$here/keys.json" 'mode: "json", timeoutMs: 1000, maxBytes: 300'
	works
	jq -e '.route.auth.secret == {"source":"config","file":"'"$here"'/c.json5","path":"models.providers.p.apiKey"}' routes
}

@test "a pointer that leads to no text" {
	echo '{"key": 5, "o": {"canary": "canary"}, "l": ["canary"], "n": null, "t": true}' >keys.json
	for id in /key /o /l /n /t /nothing /o/x /l/1 /l/-1 /l/- /l/x /l/0x0 /l/18446744073709551616 /canary/x / /key/ /o/canary/x; do
		kept_in "$here/keys.json" '' "$id"
		refused "$(key_place)" 'no text at that id'
		jq -e '.error.code == "no_api_key"' out
	done
}

# bats test_tags=memory
@test "a file that is one key" {
	start_mock --api-key canary-key --reply fine
	for text in canary-key 'canary-key\n' 'canary-key\r\n'; do
		printf "$text" >key
		kept_in "$here/key" 'mode: "singleValue"' value
		works
	done
	for text in 'canary\nkey\n' '\ncanary\n' 'canary\n\n' 'can\0ary' ''; do
		printf "$text" >key
		refused "$(key_place)" "its file "
	done
	kept_in "$here/key" 'mode: "singleValue"' /key
	refused "$(key_place)" '"value"'
	kept_in "$here/key" '' value
	refused "$(key_place)" 'JSON pointer'
}

# bats test_tags=memory
@test "a file that others may read, write or execute is refused, and the message says why" {
	start_mock --api-key canary-key --reply fine
	echo '{"key": "canary-key"}' >keys.json
	kept_in "$here/keys.json"
	for mode in 0600 0400 0700; do
		chmod $mode keys.json
		works
	done
	while read -r mode word; do
		chmod "$mode" keys.json
		refused "$(key_place)" "$here/keys.json: $word by others (mode $mode): chmod 600"
		jq -e '.error.code == "no_api_key"' out
	done <<-'EOF'
		0644 readable
		0640 readable
		0604 readable
		0620 writable
		0602 writable
		0601 executable
		0666 readable
	EOF
	# through a link it is the file that counts
	chmod 600 keys.json
	ln -s keys.json link
	kept_in "$here/link"
	works
	chmod 644 keys.json
	refused "$(key_place)" 'mode 0644'
}

@test "somebody else's file" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can give a file away'
	echo '{"key": "canary-key"}' >keys.json
	chown 12345 keys.json
	kept_in "$here/keys.json"
	refused "$(key_place)" 'owned by somebody else'
}

# bats test_tags=memory
@test "a file that isn't there, is none, is too large, or is broken" {
	kept_in "$here/missing"
	refused "$(key_place)" "$here/missing: No such file"
	kept_in "$here"
	refused "$(key_place)" "not a regular file"
	mkfifo pipe
	kept_in "$here/pipe"
	refused "$(key_place)" "not a regular file"
	kept_in /dev/zero
	refused "$(key_place)" ''
	echo '{"key": "canary-key"}' >keys.json
	kept_in "$here/keys.json" 'maxBytes: 10'
	refused "$(key_place)" 'over 10 bytes'
	kept_in keys.json
	refused "$(key_place)" 'absolute path'
	for text in '{"key": "canary-key"' '{"key": "canary-key"} x' "{key: 'canary-key'}" 'canary-key' '' '"canary-key'; do
		echo "$text" >keys.json
		kept_in "$here/keys.json"
		refused "$(key_place)" 'not JSON'
	done
}

# --- references that are none

@test "wrong ids, wrong providers, wrong sources" {
	long=$(head -c 127 /dev/zero | tr '\0' A)
	export MY_KEY=canary
	for id in my_key _KEY 1KEY 'MY KEY' MY-KEY '${MY_KEY}' "X${long}Y" "MY_KEY\\n"; do
		keyed "{source: 'env', id: '$id'}"
		refused "$(key_place)" 'name of a variable'
	done
	: | tool tool
	long=$(head -c 256 /dev/zero | tr '\0' a)
	for id in ../x a/../b a/./b a/.. ./a /a .a -a 'a b' 'a$b' 'a;b' 'ä' "a$long" 'a\n' '_a'; do
		keyed "{source: 'exec', provider: 'vault', id: '$id'}" "vault: {source: 'exec', command: '$here/tool'}"
		refused "$(key_place)" 'id must be of'
	done
	for provider in Team 1x '' 'a b' "$long" _x ../x; do
		keyed "{source: 'env', provider: '$provider', id: 'MY_KEY'}"
		refused "$(key_place)" 'provider must be of'
	done
	for ref in '{source: "store", id: "a"}' '{source: "shell", id: "a"}' '{id: "MY_KEY"}' '{source: "env"}' '{source: "env", id: ""}' \
		'{source: "env", id: 5}' '{source: "env", id: "MY_KEY", provider: 5}' '{}' '[]' '["x"]' 5 true null; do
		keyed "$ref"
		refused "$(key_place)" 'must be text, or {source'
	done
	quiet_about canary out err
}

@test "the longest ids and names that are right" {
	start_mock --api-key canary-key --reply fine
	long=$(head -c 127 /dev/zero | tr '\0' A)
	keyed "{source: 'env', id: 'X$long'}"
	export "X$long=canary-key"
	works
	long=$(head -c 255 /dev/zero | tr '\0' a)
	provider=$(head -c 63 /dev/zero | tr '\0' -)
	echo 'echo canary-key' | sed '1i #!/bin/sh' | tool tool
	keyed "{source: 'exec', provider: 'a$provider', id: '9$long'}" "'a$provider': {source: 'exec', command: '$here/tool'}"
	works
	for id in 'A:/b#c-d_e.f' 'a..b/c'; do
		keyed "{source: 'exec', provider: 'v', id: '$id'}" "v: {source: 'exec', command: '$here/tool'}"
		works
	done
}

# bats test_tags=memory
@test "an entry of secrets.providers that is missing, or of another source" {
	keyed '{source: "file", provider: "disk", id: "/key"}'
	refused "$(key_place)" 'secrets.providers.disk'
	keyed '{source: "exec", id: "key"}'
	refused "$(key_place)" 'secrets.providers.default'
	keyed '{source: "file", provider: "disk", id: "/key"}' 'disk: {source: "exec", command: "/bin/true"}'
	refused "$(key_place)" '"exec"'
	keyed '{source: "file", provider: "disk", id: "/key"}' 'disk: {path: "/x"}'
	refused "$here/c.json5:6: secrets.providers.disk.source: " missing
	keyed '{source: "file", provider: "disk", id: "/key"}' 'disk: {source: "file"}'
	refused "$(key_place)" path
	keyed '{source: "exec", provider: "v", id: "key"}' 'v: {source: "exec"}'
	refused "$(key_place)" command
	keyed '{source: "exec", provider: "v", id: "key"}' 'v: {source: "exec", command: "/bin/true", timeoutMs: 0}'
	refused "$here/c.json5:6: secrets.providers.v.timeoutMs: " ''
}

# --- a command

# bats test_tags=memory
@test "a command that speaks the protocol" {
	start_mock --api-key canary-key --reply fine
	tool tool <<-'EOF'
		#!/bin/sh
		cat >asked
		echo '{"protocolVersion": 1, "values": {"other": "canary-x", "team/key": "canary-key"}}'
		echo canary >&2
	EOF
	for members in '' 'jsonOnly: true' 'jsonOnly: false'; do
		run_by "$members"
		works
	done
	same '{"protocolVersion":1,"provider":"vault","ids":["team/key"]}' <asked
}

# bats test_tags=memory
@test "a command that prints one line, and does not read what it is asked" {
	start_mock --api-key canary-key --reply fine
	for text in 'canary-key\n' 'canary-key' 'canary-key\r\n'; do
		printf '#!/bin/sh\nexec <&-\nprintf "%s"\n' "$text" | tool tool
		run_by ''
		works
	done
	run_by 'jsonOnly: true'
	refused "$(key_place)" 'did not print JSON'
}

# bats test_tags=memory
@test "what a command may do wrong" {
	while IFS='|' read -r text what; do
		printf '#!/bin/sh\n%s\n' "$what" | tool tool
		run_by 'maxOutputBytes: 1000'
		refused "$(key_place)" "$text"
		jq -e '.error.code == "no_api_key"' out
	done <<-'EOF'
		status 3|echo canary; exit 3
		status 1|echo canary >&2; exit 1
		signal 9|echo canary; kill -9 $$
		more than one line|printf 'canary\ncanary\n'
		more than one line|printf 'can\000ary'
		is empty|:
		is empty|echo
		more than 1000 bytes|head -c 1001 /dev/zero | tr '\0' x
		more than 1000 bytes|while :; do echo canary; done
		no text at values|echo '{"values": {"team/other": "canary"}}'
		no text at values|echo '{"values": {"team/key": {"canary": 1}}}'
		no text at values|echo '{"team/key": "canary"}'
		no text at values|echo '{"values": {}, "errors": {"team/key": {"message": "canary"}}}'
	EOF
}

# bats test_tags=memory
@test "a command that hangs is ended after timeoutMs, with all that it started" {
	tool tool <<-'EOF'
		#!/bin/sh
		echo $$ >pids
		sleep 300 &
		echo $! >>pids
		echo canary-key
		wait
	EOF
	run_by 'timeoutMs: 300'
	SECONDS=0
	refused "$(key_place)" 'longer than 300 ms'
	[ "$SECONDS" -lt 15 ]
	sleep 0.2
	while read -r pid; do
		# gone, or a zombie that nobody has asked for yet
		! kill -0 "$pid" 2>/dev/null || grep -q '^State:[^A-Z]*Z' "/proc/$pid/status"
	done <pids
}

@test "a command that can't be started" {
	run_by ''
	refused "$(key_place)" "$here/tool: No such file"
	echo '#!/bin/sh' >tool
	run_by ''
	refused "$(key_place)" "$here/tool: Permission denied"
	for command in tool ./tool 'echo canary' '$HOME/tool'; do
		keyed '{source: "exec", provider: "v", id: "key"}' "v: {source: 'exec', command: '$command'}"
		refused "$(key_place)" 'absolute path'
	done
	keyed '{source: "exec", provider: "v", id: "key"}' "v: {source: 'exec', command: '/bin/echo x'}"
	refused "$(key_place)" 'No such file'
}

# bats test_tags=memory
@test "a command gets its arguments as they are, and no environment but passEnv and env" {
	start_mock --api-key canary-key --reply fine
	tool tool <<-'EOF'
		#!/usr/bin/perl
		open my $f, '>', 'seen' or die;
		print $f "<$_>\n" for @ARGV;
		print $f "$_=$ENV{$_}\n" for sort keys %ENV;
		print "canary-key\n";
	EOF
	run_by "args: ['\$HOME', '; touch evil', '*', '', 'a b', '\`touch evil\`'], env: {B: 'two', C: '\${A}'}, passEnv: ['A', 'NONE', 'HOME']"
	export A=one Z=canary
	works
	printf '%s\n' '<$HOME>' '<; touch evil>' '<*>' '<>' '<a b>' '<`touch evil`>' A=one B=two C=one "HOME=$HOME" | diff - seen
	[ ! -e evil ]
	run_by ''
	works
	[ ! -s seen ]
}

# bats test_tags=memory
@test "a batch runs the command once" {
	start_mock --api-key canary-key --reply fine
	printf '#!/bin/sh\necho >>runs\necho canary-key\n' | tool tool
	run_by ''
	for i in $(seq 50); do echo "\"$i\""; done | fb fb-shape >requests
	[ ! -e runs ]
	fb fb-send requests >responses
	[ "$(wc -l <responses)" -eq 50 ]
	[ "$(grep -c '"status_code":200' responses)" -eq 50 ]
	[ "$(wc -l <runs)" -eq 1 ]
	quiet_about canary responses
}

@test "two headers with keys of two commands: each runs once" {
	start_mock --reply fine
	printf '#!/bin/sh\nread -r line\necho "$line" >>runs\necho canary-key\n' | tool tool
	keyed '{source: "exec", provider: "v", id: "one"}' "v: {source: 'exec', command: '$here/tool'}" \
		'headers: {"X-Key": {source: "exec", provider: "v", id: "two"}}'
	for i in 1 2 3; do echo "\"$i\""; done | fb fb-shape | fb fb-send >responses
	[ "$(grep -c '"one"' runs)" -eq 1 ]
	[ "$(grep -c '"two"' runs)" -eq 1 ]
	jq -e '.headers["x-key"] == "canary-key" and .headers.authorization == "Bearer canary-key"' "$MOCK_LOG"
}

# --- how a key is shown to the server

# bats test_tags=memory
@test "request.auth: a bearer token goes in place of apiKey, a header beside it, its prefix trimmed" {
	start_mock --reply fine
	export TOKEN=canary-token
	keyed '"canary-key"' '' 'request: {auth: {mode: "authorization-bearer", token: {source: "env", id: "TOKEN"}}}'
	works
	jq -e '.headers.authorization == "Bearer canary-token"' "$MOCK_LOG"
	keyed '"canary-key"' '' 'request: {auth: {mode: "header", headerName: "X-Api-Key", value: "canary-value", prefix: "Key "}}'
	works
	tail -n 1 "$MOCK_LOG" | jq -e '.headers | .["x-api-key"] == "Keycanary-value" and .authorization == "Bearer canary-key"'
	keyed '' '' 'request: {auth: {mode: "header", headerName: "api-key", value: "canary-value"}}'
	works
	tail -n 1 "$MOCK_LOG" | jq -e '.headers | .["api-key"] == "canary-value" and (has("authorization") | not)'
	jq -e '.route.auth == {"type":"header","name":"api-key","secret":{"source":"config","file":"'"$here"'/c.json5",
		"path":"models.providers.p.request.auth.value"}}' routes
	keyed '"canary-key"' '' 'request: {auth: {mode: "provider-default", token: "canary-x"}}'
	works
	tail -n 1 "$MOCK_LOG" | jq -e '.headers.authorization == "Bearer canary-key"'
}

@test "request.auth that lacks something" {
	for auth in '{mode: "authorization-bearer"}' '{mode: "authorization-bearer", token: ""}' '{mode: "header", value: "canary"}' \
		'{mode: "header", headerName: "X Y", value: "canary"}' '{mode: "header", headerName: "X"}' \
		'{mode: "header", headerName: "X\r\nY", value: "canary"}'; do
		keyed '' '' "request: {auth: $auth}"
		refused '' ''
	done
}

# bats test_tags=memory
@test "headers may be references, of every source" {
	start_mock --reply fine
	printf '#!/bin/sh\necho canary-exec\n' | tool tool
	echo canary-file >file
	export VARIABLE=canary-env
	keyed '' "f: {source: 'file', path: '$here/file', mode: 'singleValue'}, x: {source: 'exec', command: '$here/tool'}" \
		"headers: {'X-1': {source: 'env', id: 'VARIABLE'}, 'X-2': {source: 'file', provider: 'f', id: 'value'}},
			request: {headers: {'X-3': {source: 'exec', provider: 'x', id: 'a'}, 'X-Api-Key': 'canary-text', 'X-Plain': 'plain'}}"
	works
	jq -e '.headers | .["x-1"] == "canary-env" and .["x-2"] == "canary-file" and .["x-3"] == "canary-exec" and
		.["x-api-key"] == "canary-text" and .["x-plain"] == "plain"' "$MOCK_LOG"
	jq -e '.route.headers["X-1"] == {"source":"env","name":"VARIABLE"}' routes
}

@test "names that smell of a secret, in any case" {
	names='Authorization AUTH X-Auth-User apikey API-KEY X-Key-Id access-token TOKEN client-SECRET Cookie set-cookie2 X-Passwd'
	keyed '' '' "headers: {$(for n in $names; do printf '"%s": "canary", ' "$n"; done) 'X-Team': 'blue', 'X-Kay': 'k'}"
	route
	quiet_about canary route
	[ "$(jq '[.headers[] | objects] | length' route)" -eq "$(wc -w <<<"$names")" ]
	jq -e '.headers | .["X-Team"] == "blue" and .["X-Kay"] == "k"' route
}

@test "a secret in a URL's query is refused, however long its name" {
	local long query
	long=$(printf 'x%.0s' {1..100})
	for query in key=canary-key "a=b&access_token=canary-key" "${long}key=canary-key" "$long=1&sessionId=canary-key"; do
		run -2 --separate-stderr fb fb-config --base-url "http://127.0.0.1:9/v1?$query" -m m
		[[ $stderr == *"a secret in a URL"* && $stderr$output != *canary-key* ]]
		settings <<<"{models: {providers: {p: {baseUrl: \"http://127.0.0.1:9/v1?$query\", models: [{id: \"m\", name: \"m\"}]}}}}"
		run -2 --separate-stderr fb fb-config
		[[ $stderr == *"baseUrl: a secret in a URL"* && $stderr$output != *canary-key* ]]
	done
	run -0 fb fb-config --base-url "http://127.0.0.1:9/v1?api-version=1&ke=y&$long=key" -m m
}

@test "a server that repeats the key does not get it shown" {
	serve
	reply bad '401 Unauthorized' 'X-Echo: canary-key' <<<'{"error":{"message":"wrong key canary-key, canary-key!","type":"auth"}}'
	reply text '500 canary-key' <<<'Bearer canary-key'
	echo '{"key": "canary-key"}' >keys.json
	for name in bad text; do
		MOCK=$SERVE/$name
		kept_in "$here/keys.json"
		ask || true
		[ -s responses ]
		[ -s err4 ]
		quiet_about canary-key routes requests responses answer err1 err2 err3 err4
	done
}

# --- who may have one

# bats test_tags=memory
@test "a literal key in a file that others may read is told, unless its server is local" {
	for mode in 0644 0640 0604; do
		keyed '"canary"'
		chmod $mode c.json5
		route
		sed -i 's,http://127.0.0.1:9,https://api.example.com,' c.json5
		chmod $mode c.json5
		run -0 --separate-stderr fb fb-config
		# shellcheck disable=SC2154
		[[ $stderr == "fb-config: warning: $here/c.json5:3: "*"mode $mode"*'chmod 600'* ]]
		[[ $stderr$output != *canary* ]]
		run -0 --separate-stderr fb fb-config -q
		[ -z "$stderr" ]
		chmod 600 c.json5
		route
	done
	# a reference is no key
	keyed '{source: "env", id: "MY_KEY"}'
	sed -i 's,http://127.0.0.1:9,https://api.example.com,' c.json5
	chmod 644 c.json5
	MY_KEY=canary route
}

# bats test_tags=memory
@test "a configuration that anybody may write is not obeyed" {
	start_mock --reply fine
	keyed '"canary"'
	fb fb-config | fb fb-shape -p x >requests
	for mode in 602 666 606; do
		chmod $mode c.json5
		refused "$here/c.json5: anybody may write it" chmod
		run -4 fb fb-send requests
		jq -e '.error.code == "no_api_key"' <<<"$output"
		[[ $output != *canary* ]]
	done
	[ ! -s "$MOCK_LOG" ]
}

# A batch of requests that somebody else may have written: each FILTER makes one
# of a good one.  None gets a key, and the command is not run.
forge() {
	local filter
	for filter; do
		rm -f runs
		jq -c "$filter" request >forged
		fb fb-send --no-events forged >all 2>err || [ $? -eq 4 ]
		jq -c 'del(.request)' all >responses # which is what came in
		jq -e '.error | .code == "no_api_key" or .code == "config" or .code == "input"' responses >/dev/null &&
			[ ! -s "$MOCK_LOG" ] && [ ! -s "$here/thief" ] && [ ! -e runs ] && quiet_about canary responses err || {
			echo "forged: $filter"
			cat forged responses err "$MOCK_LOG" "$here/thief" runs
			return 1
		}
	done
}

# Two servers; the log of the other one is ./thief.
thief() {
	start_mock --reply stolen
	export THIEF=$MOCK
	ln -s "$MOCK_LOG" thief
	start_mock --reply fine
}

# bats test_tags=memory
@test "a record from elsewhere can't send a key to another server" {
	thief
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	forge '.route.baseUrl = env.THIEF' '.route.baseUrl = env.THIEF + "/v1"' \
		'.route.baseUrl |= sub("http:"; "https:")' '.route.baseUrl |= sub("127.0.0.1"; "localhost")' \
		'.route.baseUrl |= sub("127.0.0.1"; "127.0.0.2")' '.route.baseUrl |= sub("http://"; "http://x@")' \
		'.route.headers["X-Key"] = .route.auth.secret | del(.route.auth) | .route.baseUrl = env.THIEF'
	MY_KEY=canary keyed '{source: "env", id: "MY_KEY"}'
	export MY_KEY=canary
	fb fb-config | fb fb-shape -p x >request
	forge '.route.baseUrl = env.THIEF' '.route.headers["X-Key"] = .route.auth.secret | del(.route.auth) | .route.baseUrl = env.THIEF'
	printf '#!/bin/sh\necho >>runs\necho canary-key\n' | tool tool
	run_by ''
	fb fb-config | fb fb-shape -p x >request
	forge '.route.baseUrl = env.THIEF'
	fb fb-send --no-events request >responses
	jq -e '.response.status_code == 200' responses
}

@test "a record can't name a variable that no configuration gives that server" {
	thief
	settings <<-EOF
		{env: {vars: {HIDDEN: "canary"}}, models: {providers: {
			p: {baseUrl: "$MOCK/v1", apiKey: {source: "env", id: "MY_KEY"}, models: [{id: "m", name: "m"}]},
			q: {baseUrl: "$THIEF/v1", apiKey: {source: "env", id: "OTHER"}, models: [{id: "m", name: "m"}]}}}}
	EOF
	export MY_KEY=canary-key OTHER=canary-other HOME=$HOME/canary
	fb fb-config -m p/m | fb fb-shape -p x >request
	for name in HOME PATH OTHER HIDDEN USER '' MY_KE my_key; do
		export NAME=$name
		forge '.route.auth.secret.name = env.NAME' '.route.headers["X-A"] = {"source":"env","name":env.NAME} | del(.route.auth)'
	done
	forge '.route.baseUrl = env.THIEF' 'del(.route.auth.secret.name)' '.route.auth.secret.name = 5' '.route.auth.secret.name = ["MY_KEY"]'
	fb fb-send --no-events request >responses
	jq -e '.response.status_code == 200' responses
}

# bats test_tags=memory
@test "a record can't have a key fetched that another file names" {
	thief
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	printf '#!/bin/sh\necho >>runs\necho canary-key\n' | tool tool
	echo canary-key >key
	export MY_KEY=canary-key OTHER=$here/other.json5
	mine=$FLUFFBUZZ_CONFIG_PATH
	for key in "{source: 'exec', provider: 'x', id: 'a'}" "{source: 'file', provider: 'f', id: 'value'}" "{source: 'env', id: 'MY_KEY'}" \
		"'\${MY_KEY}'" "'x\${MY_KEY}'"; do
		keyed "$key" "x: {source: 'exec', command: '$here/tool'}, f: {source: 'file', path: '$here/key', mode: 'singleValue'}"
		mv c.json5 other.json5
		keyed '"canary-key"'
		forge '.route.auth.secret.file = env.OTHER' '.route.headers["X-A"] = (.route.auth.secret | .file = env.OTHER) | del(.route.auth)'
	done
}

@test "a record can't name a place outside of the server's own entry" {
	thief
	settings <<-EOF
		{env: {vars: {A: "canary"}}, agents: {defaults: {params: {key: "canary"}, models: {}}},
		gateway: {token: "canary"},
		models: {providers: {
			p: {baseUrl: "$MOCK/v1", apiKey: "canary-p", models: [{id: "m", name: "m"}]},
			q: {baseUrl: "$THIEF/v1", apiKey: "canary-q", models: [{id: "m", name: "m"}]},
			"r.s": {baseUrl: "$THIEF/v1", apiKey: "canary-r", models: []}}},
		secrets: {providers: {x: {source: "exec", command: "/bin/echo", args: ["canary"], env: {A: "canary"}}}}}
	EOF
	fb fb-config -m p/m | fb fb-shape -p x >request
	while read -r place; do
		export PLACE=$place
		forge '.route.auth.secret.path = env.PLACE'
	done <<-'EOF'
		env.vars.A
		gateway.token
		agents.defaults.params.key
		secrets.providers.x.args[0]
		secrets.providers.x.env.A
		models.providers.q.apiKey
		models.providers["q"].apiKey
		models.providers["r.s"].apiKey
		models.providers["r.s"]
		models.providers
		models.providers.
		models.providers.p
		models.providers.p.
		models.providers.p.models
		models.providers.p/../q.apiKey
		models.providers.p.nothing
		models.providersp.apiKey
		models
		.
		[0]
	EOF
	forge '.route.auth.secret.path = ""' 'del(.route.auth.secret.path)' '.route.auth.secret.path = 5' \
		'.route.auth.secret.source = "exec" | del(.route.auth.secret.path)' '.route.auth.secret = "canar"' '.route.auth.secret = null' 'del(.route.auth.secret)' \
		'.route.auth.secret = {"source":"exec","provider":"x","id":"a"}' '.route.auth.secret.path = "models.providers.p\u0000.apiKey"'
	forge '.route.auth.secret = {"source":"file","provider":"x","id":"/a"} | .route.headers["X-A"] = .route.auth.secret'
}

# bats test_tags=memory
@test "a record can't name a file that is none, or not ours" {
	thief
	keyed '"canary-key"'
	cp c.json5 writable.json5
	chmod 666 writable.json5
	mkfifo pipe
	fb fb-config | fb fb-shape -p x >request
	export D=$here
	forge '.route.auth.secret.file = "c.json5"' '.route.auth.secret.file = ""' 'del(.route.auth.secret.file)' \
		'.route.auth.secret.file = "/etc/passwd"' '.route.auth.secret.file = env.D' '.route.auth.secret.file = env.D + "/pipe"' \
		'.route.auth.secret.file = env.D + "/missing"' '.route.auth.secret.file = env.D + "/writable.json5"' \
		'.route.auth.secret.file = "/dev/zero"' '.route.auth.secret.file = "/dev/stdin"' '.route.auth.secret.file = 5'
	if [ "$(id -u)" -eq 0 ]; then
		cp c.json5 theirs.json5
		chown 12345 theirs.json5
		forge '.route.auth.secret.file = env.D + "/theirs.json5"'
	fi
}

@test "a record's headers hold no line break and no name that is none" {
	thief
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	forge '.route.headers["X-A"] = "a\r\nX-B: b"' '.route.headers["X-A\r\nX-B"] = "b"' '.route.headers["X A"] = "b"' \
		'.route.headers[""] = "b"' '.route.headers["X-A"] = "a\u0000b"' '.route.auth.type = "header" | .route.auth.name = "X\r\nY"'
}

@test "a key fetched for --config is for a fb-send with the same --config" {
	start_mock --api-key canary-key --reply fine
	export MY_KEY=canary-key
	keyed '{source: "env", id: "MY_KEY"}'
	mv c.json5 work.json5
	unset FLUFFBUZZ_CONFIG_PATH
	fb fb-config --config work.json5 | fb fb-shape -p x >requests
	run -4 fb fb-send --no-events requests
	[[ $output == *no_api_key*--config* ]]
	[ ! -s "$MOCK_LOG" ]
	run -0 fb fb-send --no-events --config work.json5 requests
	run -0 fb fb-send --no-events --config "$here/work.json5" requests
	FLUFFBUZZ_CONFIG_PATH=work.json5 run -0 fb fb-send --no-events requests
}

# --- OPENAI_API_KEY and OPENAI_BASE_URL

# bats test_tags=memory
@test "OPENAI_API_KEY goes to OPENAI_BASE_URL's server, and nowhere else" {
	thief
	export OPENAI_API_KEY=canary-key
	has_auth() { fb fb-config --base-url "$1" -m m | jq -e ".route | has(\"auth\") == $2"; }
	has_auth "$MOCK/v1" false
	has_auth https://api.openai.com/v1 true
	has_auth https://api.openai.com:443/other true
	has_auth http://api.openai.com/v1 false
	has_auth https://api.openai.com.example.com/v1 false
	export OPENAI_BASE_URL=$MOCK/v1
	has_auth "$MOCK/v1" true
	has_auth "$MOCK" true
	has_auth "$THIEF/v1" false
	has_auth https://api.openai.com/v1 false
	OPENAI_API_KEY='' has_auth "$MOCK/v1" false
	OPENAI_BASE_URL=nonsense has_auth "$MOCK/v1" false
	OPENAI_BASE_URL='' has_auth https://api.openai.com/v1 true
	ask --base-url "$MOCK/v1" -m m
	[ "$(cat answer)" = fine ]
	jq -e '.headers.authorization == "Bearer canary-key"' "$MOCK_LOG"
	quiet_about canary routes requests responses err1 err2 err3 err4
	: >"$MOCK_LOG"
	cp requests request
	forge '.route.baseUrl = env.THIEF' '.route.auth.secret.name = "HOME"'
}

@test "without a configuration OPENAI_BASE_URL is the server" {
	start_mock --api-key canary-key --reply fine
	export OPENAI_API_KEY=canary-key OPENAI_BASE_URL=$MOCK/v1
	works -m some/model
	jq -e '.route.model == "some/model"' routes
	refused 'OPENAI_BASE_URL: ' -m
	OPENAI_BASE_URL=ftp://h/ refused 'OPENAI_BASE_URL: ' '' -m m
	# with one it isn't
	keyed ''
	[ "$(MOCK='' OPENAI_BASE_URL=http://127.0.0.1:5/v1 says .baseUrl)" = "\"$MOCK/v1\"" ]
}

# --- the catalogue

# bats test_tags=memory
@test "a server of the catalogue needs no configuration" {
	run -0 --separate-stderr fb fb-config -m openai/gpt-4.1
	[[ $stderr == 'fb-config: warning: '*OPENAI_API_KEY* ]]
	export OPENAI_API_KEY=canary
	route -m openai/gpt-4.1
	quiet_about canary out
	jq -e '.ref == "openai/gpt-4.1" and .model == "gpt-4.1" and .baseUrl == "https://api.openai.com/v1" and
		.endpoint == "openai-public" and .auth.secret == {"source":"env","name":"OPENAI_API_KEY"} and
		.compat.maxTokensField == "max_completion_tokens"' route
	route -m OLLAMA/llama3.2
	jq -e '.ref == "ollama/llama3.2" and .baseUrl == "http://127.0.0.1:11434/v1" and .endpoint == "local" and
		.compat.requiresStringContent and (has("auth") | not)' route
	fb fb-config -q -m openrouter/vendor/model:free | jq -e '.route.model == "vendor/model:free"'
	refused '' 'did you mean openai/gpt-4.1' -m opnai/gpt-4.1
	refused '' 'no model' -m gpt-4.1
}

# bats test_tags=memory
@test "azure: the variable's slash is no matter, its key is a header" {
	export AZURE_OPENAI_API_KEY=canary
	for slash in '' /; do
		AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com$slash route -m azure/my-deployment
		jq -e '.baseUrl == "https://r.openai.azure.com/openai/v1" and .endpoint == "azure" and
			.auth == {"type":"header","name":"api-key","secret":{"source":"env","name":"AZURE_OPENAI_API_KEY"}}' route
	done
	quiet_about canary out
	refused "$FB_ROOT/share/providers.json5:" AZURE_OPENAI_ENDPOINT -m azure/my-deployment
	AZURE_OPENAI_ENDPOINT=nonsense refused '' 'URL' -m azure/my-deployment
}

# catalogue - stdin is one
catalogue() {
	mkdir -p share
	cat >share/providers.json5
	export FLUFFBUZZ_SHARE=$here/share
}

# bats test_tags=memory
@test "FLUFFBUZZ_SHARE has the catalogue, and its key goes to its server only" {
	thief
	catalogue <<-EOF
		{models: {providers: {
			mine: {baseUrl: "$MOCK/v1", apiKey: {source: "env", id: "MINE_KEY"}},
			slash: {baseUrl: "\${MINE_URL}/v1", request: {auth: {mode: "header", headerName: "X-Key", value: {source: "env", id: "MINE_KEY"}}}}}}}
	EOF
	export MINE_KEY=canary-key MINE_URL=$MOCK/
	works -m mine/some/model
	jq -e '.headers.authorization == "Bearer canary-key" and .path == "/v1/chat/completions"' "$MOCK_LOG"
	works -m slash/x
	tail -n 1 "$MOCK_LOG" | jq -e '.headers["x-key"] == "canary-key" and .path == "/v1/chat/completions"'
	: >"$MOCK_LOG"
	cp requests request
	forge '.route.baseUrl = env.THIEF' '.route.auth.secret.name = "HOME"'
	refused '' 'no model' -m openai/gpt-4.1
	# others may write it as they like: it came with the program, or from the user's own variable
	chmod 644 share/providers.json5
	works -m mine/x
}

# bats test_tags=memory
@test "a catalogue that is missing or broken is told where it is needed, and only there" {
	keyed ''
	mkdir share
	export FLUFFBUZZ_SHARE=$here/share
	route
	fb fb-config -m p/other >out 2>err
	[ "$(wc -l <err)" -eq 1 ]
	refused "$here/share/providers.json5: No such file" '' -m openai/x
	refused "$here/share/providers.json5: No such file" '' --init ollama
	catalogue <<<$'{models: {\nproviders: {x: }}}'
	route
	refused "$here/share/providers.json5:2:" '' -m openai/x
	catalogue <<<$'{models: {providers: {x:\n{baseUrl: 5}}}}'
	refused "$here/share/providers.json5:2: models.providers.x.baseUrl: " '' -m openai/x
	settings <<<'{models: {providers: {openai: {models: [{id: "x", name: "x"}]}}}}'
	refused "$here/share/providers.json5:2: " ''
	mkfifo share/pipe
	mv share/pipe share/providers.json5
	refused "$here/share/providers.json5: " ''
}

@test "mode replace leaves the catalogue out" {
	keyed ''
	for mode in merge replace; do
		sed -i "s/^{models: {/{models: {mode: '$mode', /; s/mode: 'merge', mode: 'replace'/mode: 'replace'/; s/mode: 'replace', mode: 'merge'/mode: 'replace'/" c.json5
		[ "$(says .ref -m p/m)" = '"p/m"' ]
		fb fb-config --list >list
		[ $mode = merge ] || [ "$(wc -l <list)" -eq 1 ]
		[ $mode = replace ] || grep '^ollama/\*' list
	done
	refused '' 'no model' -m ollama/llama3.2
	settings <<<$'{models: {mode: "replace", providers: {\nollama: {models: [{id: "x", name: "x"}]}}}}'
	refused "$here/c.json5:2: models.providers.ollama.baseUrl: " missing
}

# bats test_tags=memory
@test "a provider without baseUrl lies over the catalogue's of that name" {
	start_mock --reply fine
	catalogue <<-EOF
		{models: {providers: {mine: {baseUrl: "$MOCK/v1", apiKey: {source: "env", id: "MINE_KEY"}, timeoutSeconds: 77,
			headers: {"X-A": "catalogue", "X-B": "catalogue"}, compat: {requiresStringContent: true, supportsTools: false}, params: {a: 1, b: 1}}}}}
	EOF
	settings <<-'EOF'
		{models: {providers: {Mine: {headers: {"X-B": "own"}, params: {b: 2}, compat: {supportsTools: true},
			models: [{id: "m", name: "m", maxTokens: 5}]}}}}
	EOF
	export MINE_KEY=canary-key OWN_KEY=canary-own
	works
	jq -e --arg b "$MOCK/v1" '.route | .ref == "Mine/m" and .baseUrl == $b and .timeoutSeconds == 77 and .maxTokens == 5 and
		.headers == {"X-A":"catalogue","X-B":"own"} and .params == {"a":1,"b":2} and .compat.requiresStringContent and .compat.supportsTools and
		.auth.secret == {"source":"env","name":"MINE_KEY"}' routes
	jq -e '.headers.authorization == "Bearer canary-key"' "$MOCK_LOG"
	works -m mine/m
	# its own key instead
	for key in '"canary-own"' '{source: "env", id: "OWN_KEY"}' '"${OWN_KEY}"'; do
		settings <<<"{models: {providers: {mine: {apiKey: $key}}}}"
		fb fb-config -q -m mine/x | fb fb-shape -p x | fb fb-send >responses
		tail -n 1 "$MOCK_LOG" | jq -e '.headers.authorization == "Bearer canary-own"'
	done
	# with a baseUrl it is its own alone
	settings <<<"{models: {providers: {mine: {baseUrl: '$MOCK/v1', models: [{id: 'm', name: 'm'}]}}}}"
	route
	jq -e '(has("auth") or has("headers") or has("timeoutSeconds") or has("params")) | not' route
}

# --- views

views_config() {
	settings <<-'EOF'
		{agents: {defaults: {model: {primary: "p/a", fallbacks: ["p/b"]}, models: {"p/a": {alias: "First one"}}}},
		models: {mode: "replace", providers: {
			p: {baseUrl: "http://127.0.0.1:9/v1", apiKey: "canary", models: [
				{id: "a", name: "A", contextWindow: 1000, maxTokens: 10, input: ["text", "image"]},
				{id: "b", name: "B"}]},
			q: {baseUrl: "https://api.example.com/v1", apiKey: {source: "env", id: "Q_KEY"}, models: [{id: "x/y", name: "XY"}]},
			r: {baseUrl: "https://api.openai.com/v1", apiKey: {source: "file", provider: "f", id: "/a"}, models: [{id: "z", name: "Z"}]},
			s: {baseUrl: "https://h/${NONE}", models: [{id: "s", name: "S"}]}}},
		secrets: {providers: {f: {source: "file", path: "/nonexistent"}}}}
	EOF
}

# bats test_tags=memory
@test "--list: a model a line, with tabs, or as JSON" {
	views_config
	unset Q_KEY
	fb fb-config --list >list 2>err
	[ "$(cut -f 1,2,3,4,5,6,7,8 list | head -n 4 | tr '\t' '|')" = 'p/a|First one|A|local|1000|text,image|yes|http://127.0.0.1:9/v1
p/b||B|local||text|yes|http://127.0.0.1:9/v1
q/x/y||XY|custom||text|no|https://api.example.com/v1
r/z||Z|openai-public||text|-|https://api.openai.com/v1' ]
	awk -F '\t' 'NF != 8 { exit 1 }' list
	[ "$(Q_KEY=canary fb fb-config --list | awk -F '\t' '$1 == "q/x/y" { print $7 }')" = yes ]
	fb fb-config --list --json >json 2>>err
	head -n 1 json | same '{"ref":"p/a","alias":"First one","name":"A","endpoint":"local","contextWindow":1000,"input":["text","image"],"key":true,"baseUrl":"http://127.0.0.1:9/v1"}'
	jq -es 'map(select(.ref == "q/x/y").key == false) | any' json
	[ "$(wc -l <json)" -eq 5 ]
	quiet_about canary list json err
}

@test "--list without a configuration is the catalogue" {
	fb fb-config --list >list
	awk -F '\t' 'NF != 8 { exit 1 }' list
	cut -f 1 list | grep -x 'openai/\*'
	OPENAI_API_KEY=canary fb fb-config --list --json >json
	jq -es 'map(select(.ref == "openai/*") | .key and .endpoint == "openai-public") == [true]' json
	quiet_about canary json
}

# bats test_tags=memory
@test "--check tells every fault, in one run" {
	settings <<-'EOF'
		{agents: {defaults: {model: 5}},
		models: {mode: "blend", providers: {p: {
		baseUrl: "nonsense", apiKey: "canary", timeoutSeconds: "canary",
		models: [{id: "a"}, {name: "B", id: "b",
		compat: {supportTools: true, supportsStore: 1}}]}}}}
	EOF
	run -2 --separate-stderr fb fb-config --check
	for place in '1: agents.defaults.model: ' '2: models.mode: ' '3: models.providers.p.baseUrl: ' '3: models.providers.p.timeoutSeconds: ' \
		'4: models.providers.p.models[0].name: ' '5: models.providers.p.models[1].compat' '5: models.providers.p.models[1].compat.supportsStore: '; do
		[[ $stderr == *"fb-config: $here/c.json5:$place"* ]] || {
			echo "$place: $stderr"
			false
		}
	done
	[ "${#stderr_lines[@]}" -eq 7 ]
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.error.code == "config"' <<<"$output"
	[[ $stderr$output != *canary* ]]
	run -2 --separate-stderr fb fb-config --check --json
	jq -e --arg f "$here/c.json5" '.ok == false and .file == $f and (.faults | length) == 7 and .warnings == []' <<<"$output"
	[[ $stderr$output != *canary* ]]
}

# bats test_tags=memory
@test "--check looks at what would fail later, too" {
	views_config
	sed -i 's,"p/b"],"nosuch/b"],; s,q: {,&api: "ollama"\, ,' c.json5
	sed -i 's/mode: "replace"/mdoe: "replace"/; s/provider: "f"/provider: "g"/' c.json5
	run -2 --separate-stderr fb fb-config --check --json
	jq -e '.faults | map(contains("nosuch/b") or contains("api \"ollama\"") or contains("secrets.providers.g") or contains("s.baseUrl")) | all' <<<"$output" || {
		echo "$output"
		false
	}
	jq -e '(.faults | length) == 4 and (.warnings | map(contains("mode?")) | any)' <<<"$output"
	refused '' '' --config missing.json5 --check
	unset FLUFFBUZZ_CONFIG_PATH
	refused 'there is no configuration' '' --check
}

# bats test_tags=memory
@test "--check of a good one says so in a line; nothing is run or read for it" {
	printf '#!/bin/sh\necho >>runs\n' | tool tool
	run_by ''
	run -0 --separate-stderr fb fb-config --check
	[ "$output" = "$here/c.json5: good: 1 provider, 1 model" ]
	[ -z "$stderr" ]
	[ ! -e runs ]
	fb fb-config --list >list
	fb fb-config --dump >dump
	[ ! -e runs ]
	fb fb-config --check --json | jq -e '.ok and .faults == [] and .warnings == []'
}

# bats test_tags=memory
@test "--dump has no key wherever one may stand" {
	settings <<-'EOF'
		{env: {vars: {A: "canary-vars"}}, gateway: {token: "canary-gateway"},
		agents: {defaults: {params: {api_key: "canary", extra_body: {Password: "canary", secret: {x: ["canary"]}}}}},
		models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", apiKey: "canary-key", maxTokens: 9,
			headers: {"X-Api-Key": "canary", Cookie: "canary", "X-Ref": {source: "env", provider: "default", id: "REF_ID"}, "X-Team": "blue"},
			request: {auth: {mode: "authorization-bearer", token: "canary-token"}, headers: {Authorization: "Bearer canary"}},
			localService: {command: "x", env: {TOKEN: "canary"}},
			models: [{id: "m", name: "m", headers: {"X-Secret": "canary"}}]},
			q: {baseUrl: "http://127.0.0.1:9/v1", apiKey: "${Q_KEY}", models: [{id: "q", name: "q"}]}}},
		secrets: {providers: {v: {source: "exec", command: "/bin/vault", passEnv: ["HOME"], env: {VAULT_TOKEN: "canary"}}}}}
	EOF
	export Q_KEY=canary
	fb fb-config --dump >dump 2>err
	quiet_about canary dump err
	jq -e '.models.providers | .p.apiKey == "***" and .p.maxTokens == 9 and .p.headers["X-Team"] == "blue" and
		.p.headers["X-Ref"] == {"source":"env","provider":"default","id":"REF_ID"} and .q.apiKey == "${Q_KEY}"' dump
	jq -e '.secrets.providers.v | .command == "/bin/vault" and .passEnv == ["HOME"] and .env.VAULT_TOKEN == "***"' dump
	jq -e 'has("gateway") == false and .env.vars.A == "***"' dump
}

@test "--dump of a configuration can be read again, and says the same" {
	views_config
	fb fb-config --dump >dump
	fb fb-config --dump --config dump >again
	cmp dump again
	fb fb-config -m p/a | jq 'del(.route.source, .route.auth.secret.file)' >one
	chmod 600 dump
	fb fb-config -m p/a --config dump 2>/dev/null | jq 'del(.route.source, .route.auth.secret.file)' | cmp one -
}

# bats test_tags=memory
@test "--explain says of each field where it comes from, and no key" {
	views_config
	fb fb-config --explain -m 'first one' -c maxTokens=5 -c supportsTools=false >rows 2>err
	grep -x "maxTokens"$'\t'"5"$'\t'"-c" rows
	grep -x "compat.supportsTools"$'\t'"false"$'\t'"-c" rows
	grep -x "compat.requiresStringContent"$'\t'"false"$'\t'"endpoint class" rows
	grep -x "contextWindow"$'\t'"1000"$'\t'"$here/c.json5:4" rows
	grep -x "alias"$'\t'"First one"$'\t'"$here/c.json5:1" rows
	grep -x "auth.secret"$'\t'"models.providers.p.apiKey"$'\t'"$here/c.json5:3" rows
	quiet_about canary rows err
	settings <<<'{}'
	OPENAI_API_KEY=canary fb fb-config --explain --json -m openai/x >json 2>err
	jq -es '.[] | select(.field == "baseUrl") | .value == "https://api.openai.com/v1" and (.from | startswith("catalogue "))' json
	quiet_about canary json err
}

@test "--init inferrs is the page's example; --init of a server is a good configuration" {
	fb fb-config --init inferrs | cmp - "$FB_ROOT/share/examples/inferrs.json5"
	fb fb-config --init ollama -m llama3.2 -o o.json5
	run -0 --separate-stderr fb fb-config --check --config o.json5
	[[ $output == *'1 provider, 1 model' ]]
	[ -z "$stderr" ]
	[ "$(says .ref --config o.json5)" = '"ollama/llama3.2"' ]
	jq -e '.compat.requiresStringContent' route
	refused '' nosuch --init nosuch
	refused '' '' --init ../examples/inferrs
	refused '' '' --init ''
	refused '' '' --init /etc/passwd
}

@test "--init of every server in the catalogue, with an odd model id, is a good configuration" {
	export AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com
	fb fb-config --list --json | jq -r '.ref | select(endswith("/*")) | rtrimstr("/*")' >names
	[ "$(wc -l <names)" -ge 20 ]
	while read -r name; do
		rm -f new.json5
		"$FB_BIN/fb-config" --init "$name" -m 'a/"b\c' -o new.json5
		"$FB_BIN/fb-config" --check --config new.json5 >out 2>err || {
			cat new.json5 err
			return 1
		}
		[ "$("$FB_BIN/fb-config" -q --dump --config new.json5 | jq -r .agents.defaults.model.primary)" = "$name/a/\"b\\c" ]
	done <names
}

# bats test_tags=memory
@test "--fallbacks: the configured ones, those named, none" {
	views_config
	sed -i 's,"p/b"],"p/b"\, "p/a"\, "first one"\, "p/b"],' c.json5
	next() { fb fb-config "$@" 2>err | jq -c '[.route.fallbacks[]?.ref]'; }
	[ "$(next)" = '["p/b"]' ]
	[ "$(next -m p/a)" = '[]' ]
	[ "$(next -m p/a --fallbacks)" = '["p/b"]' ]
	[ "$(next -m p/b --fallbacks)" = '["p/a"]' ]
	[ "$(next -m p/a --fallbacks=)" = '["p/b"]' ]
	[ "$(next --fallbacks=q/x/y,p/b)" = '["q/x/y","p/b"]' ]
	[ "$(next -m p/b --fallbacks='First one, q/x/y')" = '["p/a","q/x/y"]' ]
	[ "$(next -m p/a -m p/b --fallbacks=p/a,p/b | tr '\n' ' ')" = '["p/b"] ["p/a"] ' ]
	[ "$(fb fb-config -c maxTokens=3 | jq -c '[.route.maxTokens, .route.fallbacks[0].maxTokens]')" = '[3,3]' ]
	refused 'fallbacks: ' 'nosuch/b' --fallbacks=p/b,nosuch/b
	refused '' '' --fallbacks=s/s
	refused '--fallbacks: ' '' --base-url http://127.0.0.1:9/v1 -m m --fallbacks=p/b
	fb fb-config >out
	quiet_about canary out err
}

@test "views don't go together, and say so" {
	views_config
	run -2 fb fb-config --list --check
	run -2 fb fb-config --json
	run -2 fb fb-config --dump --json
}

# --- more that has to be

# bats test_tags=memory
@test "a prefix with a line break puts no header of its own into a request" {
	thief
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	forge '.route.auth |= (.type = "header" | .name = "X-Y" | .prefix = "a\r\nX-Z: ")' \
		'.route.headers["X-A"] = (.route.auth.secret | .prefix = "a\r\nX-B: b\r\nX-C: ") | del(.route.auth)' \
		'.route.auth |= (.type = "header" | .name = "X-Y" | .prefix = "a\u0000")'
	keyed '' '' 'request: {auth: {mode: "header", headerName: "X", value: "canary", prefix: "a\r\nb: "}}'
	refused "$here/c.json5:4: models.providers.p.request.auth" ''
}

# bats test_tags=memory
@test "--dump shows neither the key of request.auth nor a passphrase" {
	keyed '' '' 'request: {auth: {mode: "header", headerName: "X-Key", value: "canary-value"}}'
	fb fb-config --dump >dump
	jq -e '.models.providers.p.request.auth | .mode == "header" and .headerName == "X-Key" and .value == "***"' dump
	quiet_about canary dump
	keyed '' '' 'request: {tls: {passphrase: "canary", key: "/path/to/key"}}'
	fb fb-config --dump >dump
	quiet_about canary dump
	fb fb-config --explain >rows
	fb fb-config >routes
	quiet_about canary rows routes
}

@test "a key with a NUL or a line break in it is refused, not cut" {
	start_mock --reply fine
	printf '%s\n' '{"key": "canary\u0000key", "line": "canary\nX-Evil: 1"}' >keys.json
	for id in /key /line; do
		kept_in "$here/keys.json" '' $id
		refused "$(key_place)" ''
	done
	printf '#!/bin/sh\nprintf %%s "{\\"values\\": {\\"team/key\\": \\"canary\\\\u0000key\\"}}"\n' | tool tool
	run_by ''
	refused "$(key_place)" ''
}

@test "a key that is empty is none" {
	echo '{"key": ""}' >keys.json
	kept_in "$here/keys.json"
	refused "$(key_place)" empty
	printf '#!/bin/sh\necho "{\\"values\\": {\\"team/key\\": \\"\\"}}"\n' | tool tool
	run_by ''
	refused "$(key_place)" empty
}

# bats test_tags=memory
@test "--base-url reads no configuration, a broken one or another's neither" {
	start_mock --api-key canary-key --reply fine
	export OPENAI_API_KEY=canary-key OPENAI_BASE_URL=$MOCK/v1
	settings <<<'{broken'
	works --base-url "$MOCK/v1" -m m
	settings <<<'{}'
	chmod 666 c.json5
	works --base-url "$MOCK/v1" -m m
}

@test "a header of the configuration goes in place of ours, in any case" {
	start_mock --reply fine
	keyed '' '' 'headers: {ACCEPT: "text/event-stream", "content-type": "application/json; charset=utf-8"}'
	works
	jq -e '.headers | .accept == "text/event-stream" and .["content-type"] == "application/json; charset=utf-8"' "$MOCK_LOG"
	keyed '' '' 'headers: {"x-api-key": "canary-1"}, request: {auth: {mode: "header", headerName: "X-Api-Key", value: "canary-2"}}'
	works
	tail -n 1 "$MOCK_LOG" | jq -e '.headers["x-api-key"] == "canary-1"'
}

@test "a model's header goes over the provider's, and both over the key, in any case" {
	start_mock --reply fine
	keyed '"canary-key"' '' 'headers: {authorization: "Basic canary", "X-Team": "provider"}'
	sed -i 's/{id: "m"/{headers: {"x-team": "model"}, id: "m"/' c.json5
	works
	jq -e '.headers | .authorization == "Basic canary" and .["x-team"] == "model"' "$MOCK_LOG"
}

@test "any literal key in a file that others may read is told, not only apiKey" {
	for what in 'request: {auth: {mode: "authorization-bearer", token: "canary"}}' 'headers: {"X-Api-Key": "canary"}' \
		'request: {auth: {mode: "header", headerName: "X", value: "canary"}}' 'request: {headers: {"X-Api-Key": "canary"}}'; do
		keyed '' '' "$what"
		sed -i 's,http://127.0.0.1:9,https://api.example.com,' c.json5
		chmod 644 c.json5
		run -0 --separate-stderr fb fb-config
		[[ $stderr == "fb-config: warning: $here/c.json5:4: "*'mode 0644'* ]] || {
			echo "$what: $stderr"
			false
		}
	done
}

@test "--list with a catalogue that can't be read says so" {
	keyed ''
	catalogue <<<'{broken'
	run -0 --separate-stderr fb fb-config --list
	[ "${#lines[@]}" -eq 1 ]
	[[ $stderr == *"$here/share/providers.json5:2:1:"* ]]
}

@test "a command that fails is not run once more for every record" {
	start_mock --reply fine
	printf '#!/bin/sh\necho >>runs\nsleep 300\n' | tool tool
	run_by 'timeoutMs: 300'
	echo '{"messages":[{"role":"user","content":"x"}]}' >body
	for i in 1 2 3 4 5 6; do cat body; done >bodies
	run -4 fb fb-send bodies
	[ "${#lines[@]}" -eq 6 ]
	[ "$(wc -l <runs)" -eq 1 ]
}

@test "an index of a pointer has no leading zero" {
	echo '{"l": ["x", "canary"]}' >keys.json
	kept_in "$here/keys.json" '' /l/01
	refused "$(key_place)" 'no text at that id'
}

# bats test_tags=memory
@test "a key that is too long is refused, not left out" {
	head -c 2000000 /dev/zero | tr '\0' k >key
	kept_in "$here/key" 'mode: "singleValue", maxBytes: 3000000' value
	refused "$(key_place)" 'the key is over 1048576 bytes'
}

@test "a command or a file whose own fields need a variable that is not set is left alone" {
	printf '#!/bin/sh\necho >>runs\necho "$1"\n' | tool tool
	for members in "args: ['\${NONE}']" "env: {A: '\${NONE}'}"; do
		run_by "$members"
		refused "$here/c.json5:" '${NONE}'
		[ ! -e runs ]
	done
	echo canary >'${NONE}'
	kept_in "$here/\${NONE}" 'mode: "singleValue"' value
	refused "$here/c.json5:" '${NONE}'
}

@test "a configuration that includes the real one gets none of its keys" {
	thief
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	settings "$here/evil.json5" <<<'{$include: "./c.json5", models: {providers: {p: {baseUrl: "'"$THIEF"'/v1"}}}}'
	forge '.route.baseUrl = env.THIEF + "/v1" | .route.auth.secret.file = "'"$here"'/evil.json5"'
	grep 'includes other files' responses
}

@test "a configuration that is refused is so for every record" {
	start_mock --reply fine
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	sed -i 's/^{models: {/{models: {mode: "blend", /' c.json5
	cat request request request >three
	run -4 fb fb-send three
	[ "$(jq -c '.error.code' <<<"$output" | grep -c '"no_api_key"')" -eq 3 ]
	[ ! -s "$MOCK_LOG" ]
}

@test "no command of somebody else's configuration is run" {
	[ "$(id -u)" -eq 0 ] || skip "only root can give a file away"
	tool tool <<<$'#!/bin/sh\n>runs; echo canary-key'
	run_by ''
	chown 65534 c.json5
	run -2 fb fb-config
	[ ! -e runs ]
	[[ $output == *"not yours"* ]]
}

# --- what leaves the machine, and what is seen on it: RELIABILITY 2.2

# sending - fb-send with a request for p/m in the background, its server slow; sets SENDER.
sending() {
	fb fb-config | fb fb-shape -p x >request
	# not by fb: $! would be a subshell's; fd 3 is bats' own
	"$FB_BIN/fb-send" --no-events <request >responses 2>err 3>&- &
	SENDER=$!
	FB_PIDS+=("$SENDER")
	asked || {
		cat err
		return 1
	}
}

# sent - waits for its end.
sent() {
	wait "$SENDER"
	unset "FB_PIDS[-1]"
}

@test "while a request is under way nobody sees its key: not in arguments, not in a core, not in a file" {
	[ -d /proc/self ] || skip "no /proc here"
	# of this run alone: other tests may be under way here
	local key=canary-$$-$RANDOM$RANDOM
	start_mock --api-key "$key" --reply fine --delay 1500
	export MY_KEY=$key
	keyed '{source: "env", id: "MY_KEY"}'
	sending
	# the mock has it among its own: it is told so
	# one grep, of a pattern in a file: many would outlast the request, and it would find itself
	printf '%s\n' "$key" >pattern
	grep -laFf pattern /proc/[0-9]*/cmdline >seen 2>/dev/null || true
	rm pattern
	[ "$(cat seen)" = "/proc/$MOCK_PID/cmdline" ]
	run -0 tr '\0' '\n' <"/proc/$SENDER/cmdline"
	[ "${lines[-1]}" = --no-events ]
	grep -E '^Max core file size +0 +0 ' "/proc/$SENDER/limits"
	sent
	jq -e '.response.status_code == 200' responses
	run -1 grep -rlF -e "$key" . --exclude-dir='mock*'
}

@test "another process of the same user can't look into fb-send" {
	! sanitized || skip 'the leak checker has to look into it'
	[ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null || skip "only root can be two users"
	local as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${as[@]}" test -x "$FB_BIN/fb-send" || skip "the programs are not for everybody here"
	start_mock --api-key canary-key --reply fine --delay 1500
	export OPENAI_API_KEY=canary-key OPENAI_BASE_URL=$MOCK/v1
	export HOME=/nonexistent
	"${as[@]}" "$FB_BIN/fb-send" -m m --no-events <<<'{"messages":[]}' >responses 2>err 3>&- &
	SENDER=$!
	FB_PIDS+=("$SENDER")
	asked
	# that of a plain program can be read
	OPENAI_API_KEY=canary-key "${as[@]}" sleep 5 3>&- &
	FB_PIDS+=("$!")
	sleep 0.1
	"${as[@]}" grep -qa canary-key "/proc/$!/environ"
	run ! "${as[@]}" cat "/proc/$SENDER/environ"
	run ! "${as[@]}" head -c 1 "/proc/$SENDER/mem"
	wait "$SENDER"
	jq -e '.response.status_code == 200' responses
}

@test "a variable or a configuration with a line break puts no header of its own into a request" {
	serve
	reply any '200 OK' <<<'{"choices":[]}'
	local evil value
	for evil in $'canary-key\r\nX-Evil: 1' $'canary-key\nX-Evil: 1' $'canary-key\r' $'canary\x7fkey' $'canary\x01key'; do
		export OPENAI_API_KEY=$evil OPENAI_BASE_URL=$SERVE/v1 MY_KEY=$evil
		run -4 --separate-stderr fb fb-send -m m --no-events <<<'{"messages":[]}'
		jq -e '.error.code | IN("config", "no_api_key")' <<<"$output"
		[[ $output$stderr != *canary* ]]
		for value in '"${MY_KEY}"' '{source: "env", id: "MY_KEY"}'; do
			MOCK=$SERVE keyed "$value"
			run ! --separate-stderr fb fb-send --no-events <<<'{"messages":[]}'
			[[ $output$stderr != *canary* ]]
			MOCK=$SERVE keyed '' '' "headers: {'X-A': $value}"
			run ! --separate-stderr fb fb-send --no-events <<<'{"messages":[]}'
		done
		unset FLUFFBUZZ_CONFIG_PATH
	done
	[ ! -e replies/all ]
}

@test "in a network of its own: over plain http a key goes to this machine and to private addresses, not to a public one" {
	[ "$(id -u)" -eq 0 ] && command -v ip unshare >/dev/null && unshare -n true 2>/dev/null || skip "only root, on Linux, can have a network of its own"
	export MY_KEY=canary-key FB_MOCK_LOG=$here/log
	cat >inside <<-'END'
		ip link set lo up
		for a in 203.0.113.1 10.1.2.3; do ip addr add $a/32 dev lo; done
		"$FB_BIN/fb-mock" --listen 0.0.0.0 --port 8099 --ready-file ready --log "$FB_MOCK_LOG" --reply fine >out 2>&1 3>&- &
		mock=$!
		trap 'kill $mock' EXIT
		for i in $(seq 200); do [ -s ready ] || sleep 0.05; done
		# ask NAME HOST [ARG]... - its record and what is said of it
		ask() {
			name=$1 host=$2
			shift 2
			: >"$FB_MOCK_LOG"
			"$FB_BIN/fb-send" --base-url "http://$host:8099/v1" -m m --no-events --retries 0 -v "$@" >"$name.out" 2>"$name.err" \
				<<<'{"messages":[{"role":"user","content":"x"}]}'
			cp "$FB_MOCK_LOG" "$name.log"
		}
		ask open 203.0.113.1
		n=0
		for option in --api-key-env=MY_KEY '-HX-Key: canary-key'; do
			n=$((n + 1))
			ask public$n 203.0.113.1 "$option"
			ask number$n 3405803777 "$option"
			ask insecure$n 203.0.113.1 --insecure-http "$option"
			ask private$n 10.1.2.3 "$option"
			ask loopback$n 127.0.0.1 "$option"
			ask any$n 0.0.0.0 "$option"
			ask mapped$n '[::ffff:127.0.0.1]' "$option"
		done
	END
	unshare -n bash inside
	jq -e '.response.status_code == 200' open.out
	run -1 grep 'plain http' open.err
	local n name
	for n in 1 2; do
		for name in public number; do
			jq -e '.error.code == "config" and (.error.message | test("plain http")) and .response == null' "$name$n.out"
			[ ! -s "$name$n.log" ]
		done
		for name in insecure private loopback any mapped; do
			jq -e '.response.status_code == 200' "$name$n.out" || {
				cat "$name$n".*
				false
			}
			grep -q canary-key "$name$n.log"
		done
		grep -x '\* Warning: a key goes over plain http to 10.1.2.3' "private$n.err"
		grep -x '\* Warning: a key goes over plain http to 203.0.113.1' "insecure$n.err"
		run -1 grep 'plain http' "loopback$n.err" "any$n.err" "mapped$n.err"
	done
	quiet_about canary ./*.out ./*.err
}

@test "only http and https are spoken" {
	start_mock --reply fine
	keyed '"canary-key"'
	fb fb-config | fb fb-shape -p x >request
	echo canary-file >secret
	for url in "file://$here/secret" file:///etc/passwd "ftp://${MOCK#http://}/v1" "gopher://${MOCK#http://}/" "dict://${MOCK#http://}/" \
		"ws://${MOCK#http://}/" "unix:/x" "//${MOCK#http://}/v1" "${MOCK#http://}/v1" /v1 '' "-K$here/secret" "@$here/secret" \
		" $MOCK/v1" "$MOCK/v1#x" "http://u:canary@${MOCK#http://}/v1" "HTTP:/${MOCK#http://}" $'http://h\r\nX: y/'; do
		echo "$url"
		jq -c --arg u "$url" '.route.baseUrl = $u | del(.route.auth)' request >tampered
		run -4 --separate-stderr fb fb-send --no-events tampered
		jq -e '.error.code == "input" and (.error.message | startswith("route.baseUrl: ")) and .response == null' <<<"$output"
		[[ $output$stderr != *canary* ]]
		run -4 --separate-stderr fb fb-send --no-events --base-url "$url" -m m <<<'{"messages":[]}'
		jq -e '.error.code == "config"' <<<"$output"
	done
	[ ! -s "$MOCK_LOG" ]
}

@test "a redirect gets neither the key nor the prompt" {
	serve others
	local other=$SERVE code place
	serve
	for value in '"canary-key"' '{source: "env", id: "MY_KEY"}'; do
		export MY_KEY=canary-key
		MOCK=$SERVE/a keyed "$value" '' 'headers: {"X-Api-Key": "canary-key", "api-key": "canary-key", Cookie: "canary-key"}'
		for code in 301 302 303 307 308; do
			for place in "$other/v1/chat/completions" "${other/127.0.0.1/localhost}/v1" "https://${other#http://}/v1" "//${other#http://}/v1" \
				"ftp://${other#http://}/" file:///etc/passwd; do
				: | reply a "$code Moved" "Location: $place"
				run -4 --separate-stderr fb fb-send --no-events <<<'{"messages":[]}'
				jq -e '.error.code == "bad_reply"' <<<"$output"
			done
		done
	done
	[ "$(served)" -eq 60 ]
	[ ! -e others/all ]
}

@test "no spelling of a proxy variable sends this machine's requests elsewhere" {
	serve
	local proxy=$SERVE
	start_mock --reply fine --api-key canary-key
	for host in 127.0.0.1 localhost LOCALHOST 127.1 0x7f.1 2130706433 0.0.0.0 '[::ffff:127.0.0.1]' 127.0.0.2; do
		[ "$host" != 127.0.0.2 ] || start_mock --reply fine --api-key canary-key --listen 127.0.0.2
		MOCK=http://$host:${MOCK##*:} keyed '"canary-key"'
		for name in http_proxy HTTP_PROXY all_proxy ALL_PROXY https_proxy; do
			for value in "$proxy" "${proxy#http://}" "http://u:p@${proxy#http://}" "socks5h://${proxy#http://}"; do
				run -0 --separate-stderr env "$name=$value" no_proxy= NO_PROXY= \
					"${FB_PREFIX[@]}" "$FB_BIN/fb-send" --no-events <<<'{"messages":[{"role":"user","content":"x"}]}'
			done
		done
	done
	[ ! -e replies/all ]
}

@test "what a server says moves no cursor and rings no bell" {
	serve
	local text='\u001b[2J\u001b]52;c;aGk=\u0007 \u009b31m \u202e \u0000 \r\n \u007f \u2066 \b'
	reply json "500 $(printf '\33[2J\7')" <<<'{"error":{"message":"'"$text"'"}}'
	printf 'plain \33[2J \33]52;c;aGk=\7 \302\233 \342\200\256 \r \377 \10' | reply plain '503 x' 'Content-Type: text/plain'
	printf '<html>\33[2J\302\233</html>' | reply html '200 OK'
	: | reply moved '302 Found' "Location: $(printf 'http://h/\33[2J\302\233\7')"
	printf 'data: {"error":{"message":"%s"}}\n\n' "$text" | reply stream '200 OK' 'Content-Type: text/event-stream'
	for name in json plain html moved stream; do
		# into a file it is fb-send that tells
		fb fb-send --base-url "$SERVE/$name/v1" -m m --no-events <<<'{"messages":[]}' >record 2>told || true
		[ "$(wc -l <told)" -eq 1 ]
		jq -e .error record >/dev/null
		! LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]' told || {
			cat -v told
			false
		}
	done
}

@test "what -o FILE is written to meanwhile is the user's own, and follows no link" {
	start_mock --reply fine --delay 1500
	keyed ''
	fb fb-config | fb fb-shape -p x >request
	umask 000
	echo precious >precious
	ln -s precious out.jsonl
	"$FB_BIN/fb-send" -o out.jsonl <request 2>err 3>&- &
	SENDER=$!
	FB_PIDS+=("$SENDER")
	asked
	local temp
	temp=$(find . -type f -name '*jsonl?*')
	[ "$(wc -l <<<"$temp")" -eq 1 ]
	[ "$(stat -c %a "$temp")" = 600 ]
	sent
	[ ! -e "$temp" ]
	jq -e '.response.status_code == 200' out.jsonl
	[ ! -L out.jsonl ] && [ "$(cat precious)" = precious ]
}

@test "a proxy, a jar or a netrc of curl's own is not read" {
	serve
	reply a '200 OK' 'Set-Cookie: session=canary-key; Path=/' <<<'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
	printf 'machine 127.0.0.1 login u password canary-key\ndefault login u password canary-key\n' | tee .netrc >_netrc
	printf 'header = "X-Evil: canary-key"\nproxy = "%s"\nuser = u:canary-key\n' "$SERVE" | tee .curlrc >_curlrc
	for i in 1 2 3; do echo '{"messages":[]}'; done >three
	HOME=$here CURL_HOME=$here NETRC=$here/.netrc run -0 --separate-stderr fb fb-send --base-url "$SERVE/a/v1" -m m three
	[ "$(served)" -eq 3 ]
	quiet_about canary-key replies/all
	run -1 grep -iE '^(authorization|cookie|x-evil|user-agent)' replies/all
}

# --- the command line's own key and headers

# two_servers - p/m and q/m at two mocks, MOCK_P and MOCK_Q, and 40 requests by turns to both in `requests`.
two_servers() {
	start_mock --reply fine --delay 5
	MOCK_P=$MOCK LOG_P=$MOCK_LOG
	start_mock --reply fine --delay 5
	MOCK_Q=$MOCK LOG_Q=$MOCK_LOG
	settings <<-END
		{models: {providers: {
		p: {baseUrl: "$MOCK_P/v1", models: [{id: "m", name: "m"}]},
		q: {baseUrl: "$MOCK_Q/v1", apiKey: "q-key", models: [{id: "m", name: "m"}]}}}}
	END
	fb fb-config -m p/m >route_p
	fb fb-config -m q/m >route_q
	for i in $(seq 20); do
		fb fb-shape -p "$i" <route_p | jq -c ".custom_id = \"p$i\""
		fb fb-shape -p "$i" <route_q | jq -c ".custom_id = \"q$i\""
	done >requests
}

@test "--api-key-env and --api-key-file: to their own server only, with several under way" {
	two_servers
	export MY_KEY=canary-key
	echo canary-key >key
	for option in --api-key-env=MY_KEY --api-key-file=key; do
		: >"$LOG_P" && : >"$LOG_Q"
		run -0 --separate-stderr fb fb-send -j 8 --base-url "$MOCK_P/v1" "$option" -m m --keep-request -v requests
		[ "${#lines[@]}" -eq 40 ]
		[[ $output$stderr != *canary* ]]
		jq -se 'length == 20 and all(.[]; .headers.authorization == "Bearer canary-key")' "$LOG_P"
		jq -se 'length == 20 and all(.[]; .headers.authorization == "Bearer q-key")' "$LOG_Q"
		run -0 --separate-stderr fb fb-send -j 8 -m p/m "$option" requests
		run -1 grep canary "$LOG_Q"
	done
	run -2 --separate-stderr fb fb-send --api-key-env MY_KEY requests
	[[ $output$stderr == *'which server is the key for?'* ]]
}

@test "a secret of -H goes to the server that the command line names, and needs one" {
	two_servers
	run -0 --separate-stderr fb fb-send -j 8 -m p/m -H 'X-Api-Key: canary-key' -H 'X-Team: blue' -H 'Authorization:' -v requests
	[ "${#lines[@]}" -eq 40 ]
	[[ $output$stderr != *canary* ]]
	jq -se 'length == 20 and all(.[].headers; .["x-api-key"] == "canary-key" and .["x-team"] == "blue")' "$LOG_P"
	jq -se 'length == 20 and all(.[].headers; has("x-api-key") == false and .["x-team"] == "blue" and has("authorization") == false)' "$LOG_Q"
	: >"$LOG_P" && : >"$LOG_Q"
	for header in 'X-Api-Key: canary-key' 'authorization: Bearer canary-key' 'Cookie:canary-key'; do
		run -2 --separate-stderr fb fb-send -H "$header" requests
		[[ $output$stderr == *"-H ${header%%:*}: which server is it for?"*--base-url* && $output$stderr != *canary* ]]
		run -2 --separate-stderr fb fb-send --curl -H "$header" requests
		[[ $output$stderr != *canary* ]]
	done
	[ ! -s "$LOG_P" ] && [ ! -s "$LOG_Q" ]
}

@test "-H: no line break makes a second header, and what is refused is not repeated" {
	serve
	reply any '200 OK' <<<'{"choices":[]}'
	for header in $'X-A: canary\r\nX-Evil: 1' $'X-A: canary\nX-Evil: 1' $'X-A\r\nX-Evil: canary' $'X-A: canary\x7f' 'canary-key' ': canary' \
		$'X-Key: canary\r\nX-Evil: 1' $'Authorization: Bearer canary\x01' $'Key\r\nX-Evil: canary' 'X Key: canary' 'Content-Length: 5' 'Transfer-Encoding: chunked' 'Expect: 100-continue' 'Host:'; do
		# with what was typed wrong nothing is done, whoever the header is for
		run -2 --separate-stderr fb fb-send --base-url "$SERVE/v1" -m m --no-events -H "$header" <<<'{"messages":[]}'
		jq -e '.error.code == "config" and (.error.message | contains("-H") or contains("header") or contains("control"))' <<<"$output"
		[[ $output$stderr != *canary* && $output$stderr != *Evil* ]]
		# no server is named for it, but it is its form that is wrong; --curl too
		run -2 --separate-stderr fb fb-send --no-events -H 'X-Key: good' -H "$header" --curl <<<'{"messages":[]}'
		[[ $output$stderr != *canary* && $output$stderr != *Evil* && $output$stderr != *'which server'* ]]
	done
	[ ! -e replies/all ]
}

@test "a key that the server repeats where its words are cut is not shown in part" {
	serve
	export MY_KEY=sk-canary0123456789abcdefghijklmnopqrstuvwxyz
	local n pad name
	# ends in the middle of the key: messages (1023 bytes), reason (127), X-Request-Id (255), Location (511, and 400 of it)
	for n in 90 115 220 245 350 380 400 485 500 985 1005 1015; do
		pad=$(head -c "$n" /dev/zero | tr '\0' x)
		reply json '401 No' "X-Request-Id: $pad$MY_KEY" <<<'{"error":{"message":"'"$pad$MY_KEY"'"}}'
		reply text '500 No' 'Content-Type: text/plain' <<<"$pad$MY_KEY and more"
		reply brace '500 No' <<<'{"error":"'"$pad${MY_KEY/-/\\u002d}"'" and no JSON'
		reply html '502 No' <<<"<html><title>$pad$MY_KEY</title></html>"
		reply ok '200 OK' <<<"$pad$MY_KEY"
		: | reply reason "401 $pad$MY_KEY"
		: | reply moved '302 Found' "Location: http://h/$pad$MY_KEY"
		printf 'data: {"error":{"message":"%s"}}\n\n' "$pad$MY_KEY" | reply stream '200 OK' 'Content-Type: text/event-stream'
		# the connection ends in the middle of it
		printf 'HTTP/1.1 401 No\r\nContent-Length: 9999\r\n\r\n{"error":{"message":"%s' "$pad${MY_KEY:0:20}" >replies/cut
		printf 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"choices":[{"message":{"content":"%s' "$pad${MY_KEY:0:20}" >replies/half
		for name in json text brace html ok reason moved stream cut half; do
			run ! --separate-stderr fb fb-send --base-url "$SERVE/$name/v1" -m m --api-key-env MY_KEY --no-events --retries 0 -v --keep-request \
				<<<'{"messages":[]}'
			jq -e '.error.message' <<<"$output" >/dev/null
			[[ $output$stderr != *sk-* && $output$stderr != *anary* && $output$stderr != *u002dca* ]] || {
				echo "$name $n: $output$stderr"
				false
			}
		done
	done
}

@test "a model's name that is the key is not told" {
	serve
	reply a '200 OK' <<<'{"model":"canary-key","choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
	echo '{"model":"asked","messages":[]}' >body
	MY_KEY=canary-key run -0 --separate-stderr fb fb-send --base-url "$SERVE/a/v1" -m m --api-key-env MY_KEY body body
	[[ $stderr == *'asked for asked, but **********'* && $stderr != *canary* ]]
}

@test "a key of digits that a server repeats as a number leaves a record that can be read" {
	serve
	export MY_KEY=1234567890
	reply whole '401 No' <<<'{"error":{"message":"no","code":1234567890}}'
	printf 'data: {"id":"x","created":1234567890,"choices":[{"delta":{"content":"x"}}]}\n\n' | reply stream '200 OK' 'Content-Type: text/event-stream'
	for name in whole stream; do
		run ! --separate-stderr fb fb-send --base-url "$SERVE/$name/v1" -m m --api-key-env MY_KEY --no-events --retries 0 <<<'{"messages":[]}'
		jq -e '.error.code | IN("auth", "truncated")' <<<"$output"
		[[ $output$stderr != *1234567890* ]]
	done
}

@test "--curl: the printed command sends the same bytes; the key is a variable's name" {
	start_mock --api-key canary-key --reply fine
	export MY_KEY=canary-key
	cat >bodies <<-'END'
		{"messages":[{"role":"user","content":"it's \"$HOME\" `id` \\ %s @x ünï \u0041"}]}
		{ "messages" : [ {"role":"user","content":"<>|&;*?!#"} ], "temperature": 0.10 }
	END
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1?api-version=1&x='y'" -m m --api-key-env MY_KEY -H "X-A: it's \$HOME" --curl bodies
	[[ $output$stderr != *canary* && $output == *MY_KEY* ]]
	[ ! -s "$MOCK_LOG" ]
	sh -e <<<"$output" >by_curl
	[ "$(grep -o '"content":"fine"' by_curl | wc -l)" -eq 2 ]
	jq -cS . "$MOCK_LOG" >log_curl
	: >"$MOCK_LOG"
	fb fb-send --base-url "$MOCK/v1?api-version=1&x='y'" -m m --api-key-env MY_KEY -H "X-A: it's \$HOME" -j 1 bodies >records
	jq -cS . "$MOCK_LOG" >log_send
	diff log_curl log_send
	# byte for byte, heads too but for the order
	serve
	reply any '200 OK' <<<'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
	head -n 1 bodies >one
	fb fb-send --base-url "$SERVE/v1" -m m -H 'X-Api-Key: k$k' one >record
	mv replies/any.got by_send
	X_API_KEY='k$k' sh -c "$(fb fb-send --base-url "$SERVE/v1" -m m -H 'X-Api-Key: k$k' --curl one)" >/dev/null
	cmp <(tail -n 1 by_send) <(tail -n 1 replies/any.got)
	diff <(tr '[:upper:]' '[:lower:]' <by_send | sort) <(tr '[:upper:]' '[:lower:]' <replies/any.got | sort)
}

@test "a server that repeats the key, in its head or body, does not get it shown, nor kept" {
	serve
	reply echo "401 canary-key" 'X-Echo: canary-key' 'WWW-Authenticate: Bearer realm="canary-key"' 'X-Request-Id: canary-key' \
		<<<'{"error":{"message":"wrong key canary-key, \"canary\u002dkey\"","code":"canary-key"}}'
	export MY_KEY=canary-key
	umask 000
	for option in --api-key-env=MY_KEY '-HX-Api-Key: canary-key'; do
		run -4 --separate-stderr fb fb-send --base-url "$SERVE/echo/v1" -m m "$option" -v --keep-request --no-events <<<'{"messages":[]}'
		[[ $output$stderr != *canary-key* ]]
		rm -f out.jsonl
		run -4 --separate-stderr fb fb-send --base-url "$SERVE/echo/v1" -m m "$option" -v --resume out.jsonl <<<'{"messages":[]}'
		[[ $output$stderr != *canary-key* ]]
		run -1 grep canary-key out.jsonl
		jq -e '.error.code == "auth" and (.request.body.messages == [])' out.jsonl
		# whatever the umask: prompts and answers are one's own
		[ "$(stat -c %a out.jsonl)" = 600 ]
	done
	run -4 --separate-stderr fb fb-send --base-url "$SERVE/echo/v1" -m m --api-key-env MY_KEY --retry-failed=all out.jsonl
	[ "$(stat -c %a out.jsonl)" = 600 ]
	run -1 grep canary-key out.jsonl
}

@test "a server that drips, or only shows signs of life, does not hold a request for ever" {
	start_mock --reply 'one two three' --faults 'drip(400)*'
	SECONDS=0
	run -5 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m --timeout 2 --no-events --retries 0 <<<'{"messages":[]}'
	jq -e '.error.code == "timeout" and .error.phase == "total"' <<<"$output"
	[ "$SECONDS" -lt 8 ]
	stop_mock
	start_mock --reply 'one two three' --ttft 20000 --ping 200
	SECONDS=0
	run -5 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m --stall-timeout 1 --no-events --retries 0 <<<'{"messages":[],"stream":true}'
	jq -e '.error.code == "timeout" and .error.phase == "stall"' <<<"$output"
	[ "$SECONDS" -lt 8 ]
}
