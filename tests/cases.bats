# Captured runs of `infer model run` (tests/data/infer-run.jsonl, and those of
# $FB_SHARED/cases/captured, which may be more): each command line, as it was captured,
# goes through fluffbuzz, in a home directory with its files.  The request that fb-mock
# got, if any, is compared with the captured one, and so is the envelope, or that there
# is no answer; without --json the same run must print the text, or nothing.
#
# The mock answers at /v1/chat/completions, always; where the captured server was
# strict it is strict-string, where it had steps it plays those.  Only the first request
# to each server counts: it is the captured run that was sent once, ours tries again.
# shellcheck disable=SC2317

load helper
load data/meant

# Differences that are meant, one a line: FILTER # REASON.  The filter makes
# what we do of what is wanted, or leaves it; one that changes nothing in any
# case makes the test fail.
# shellcheck disable=SC2016,SC2034 # data/meant reads it
meant='
if says("maxTokensField") then . else named("max_completion_tokens"; "max_tokens") end # llama.cpp before 2026 and Ollama ignore max_completion_tokens
if says("8192") then . else with_entries(select((.key | endswith("body max_tokens")) and .value == 8192 | not)) end # no limit that nobody set
if refused_form and aliased then . + sent(aliased) | .["body max_tokens"] = 4096 else . end # --model takes an alias
if refused_form and says("\"?id\"?:\\s*\"" + quoted(option("--model")) + "\"") then . + sent(option("--model")) else . end # --model takes an id that one provider has
. + params # the params of a model are sent
if ends_early then {ok: false} + with_entries(select(.key | IN("ok", "provider", "model", "text", "rest", "attempts") | not)) else . end # half an answer is none
if mended then . + answered(.["body model"]) + {attempts: 1} else . end # what may work now is tried again
if [next] != [] then . + asked_next + answered(next | .id) + {provider: (next | .provider), attempts: 3} else . end # fallbacks are applied
'

# What these filters are made of; $case is the case.
# shellcheck disable=SC2016
helpers='
def option($name): $case.argv | index($name) as $i | if $i then .[$i + 1] else null end;
def says($regex): [$case.config // "", ($case.files // {} | .[] | strings)] | any(test($regex));
def named($old; $new): with_entries(.key |= if endswith("body " + $old) then .[:-($old | length)] + $new else . end);
def quoted($text): $text | gsub("(?<c>[^A-Za-z0-9 ])"; "\\" + .c);
def params: [$case.config | fromjson? | .models.providers[]?.models[]?.params? // empty | with_entries(.key |= "body " + .)] | add // {};
def refused_form: $case.stdout | test("must use the form <provider/model>");
def aliased: [$case.config | capture("\"inferrs/(?<id>[^\"]+)\":\\s*\\{\\s*\"?alias\"?:\\s*\"" +
	quoted(option("--model")) + "\""; "i").id][0];
def answered($id): {ok: true, provider: "inferrs", model: $id, text: "2 + 2 is 4.", attempts: 0,
	rest: {capability: "model.run", transport: "local", outputs: [{mediaUrl: null}]}};
def steps: $case.server.steps? // [];
def ends_early: steps[0].dropAfter == true;
def mended: (steps | length) > 1 and steps[0].status >= 500 and (steps[-1] | .default);
def next: ($case.config | fromjson?) as $c | steps | select(length > 0 and all(.drop // .status >= 500)) |
	$c.agents.defaults.model.fallbacks[0]? // empty | split("/") | .[0] as $p | (.[1:] | join("/")) as $id |
	{provider: $p, id: $id, key: $c.models.providers[$p].apiKey};
def asked_next: with_entries(select(.key | test("^(sent|method|path|header .*|body (messages|stream.*))$")) | .key |= "2 " + .) +
	(next | {"2 body model": .id, "2 header authorization": ("Bearer " + .key)});
def sent($id): answered($id) + {
	sent: 1, method: "POST", path: "/v1/chat/completions", "header accept": "application/json",
	"header authorization": "Bearer inferrs-local", "header content-type": "application/json",
	"body model": $id, "body stream": true, "body stream_options": {include_usage: true},
	"body messages": [{role: "user", content: option("--prompt")}]};
'

# What came of a case as one flat object: the first request to each server ("2 "
# stands before what is of the second), and the answer: $detail is 0 for
# nothing of it, 1 for whether there is one, 2 for all; of a failure that is what
# in the configuration it is about, if the captured one says so.
# shellcheck disable=SC2016
flat='
def ours: ["host", "content-length", "connection", "accept-encoding"] +
	if says("[Uu][Ss][Ee][Rr]-[Aa]gent") then [] else ["user-agent"] end;
def request($n): (.[0:1] // []) | {($n + "sent"): length} + (.[0] // {} |
	(if has("method") then {($n + "method"): .method, ($n + "path"): .path} else {} end) +
	(.headers // {} | with_entries(.key |= ascii_downcase | select(.key as $k |
		($k | test("^x-stainless-") | not) and (ours | index($k) | not)) | .key |= $n + "header " + .)) +
	(.body // {} | with_entries(.key |= $n + "body " + .)));
def place: [$case.stdout | fromjson? | .issues[0].path // empty | strings | select(startswith("<") | not) |
	gsub("\\.(?<n>[0-9]+)"; "[\(.n)]")][0];
def answer($detail):
	if $detail == 0 then {}
	elif .ok != true and $detail == 2 and place then
		{ok: false, about: (.error.message // "" | if contains(place) then place else . end)}
	elif $detail == 1 or .ok != true then {ok: (.ok == true)}
	else {ok, provider, model, text: .outputs[0].text, attempts: (.attempts | length),
		rest: del(.ok, .provider, .model, .attempts, .usage, .outputs[0].text)} end;
def flat($detail): (.requests | request("")) + (.requests2 | request("2 ")) + (.envelope | answer($detail));
'

# place FILE - writes a file of the case into the configuration's directory.
place() {
	local kind mode
	mkdir -p "$(dirname "$1")"
	kind=$(jq -r --arg f "$1" '.files[$f] | if type == "object" then keys - ["mode"] | join(" ") else "" end' "$CASE")
	mode=$(jq -r --arg f "$1" '.files[$f] | .mode? // empty | if type == "number" then "0d\(.)" else . end' "$CASE")
	case $mode in
	0d*) mode=$(printf %o "${mode#0d}") ;;
	esac
	case $kind in
	'') jq -j --arg f "$1" '.files[$f]' "$CASE" >"$1" ;;
	b64) jq -r --arg f "$1" '.files[$f].b64' "$CASE" | base64 -d >"$1" ;;
	text | content) jq -j --arg f "$1" '.files[$f] | .text // .content' "$CASE" >"$1" ;;
	*) echo "a file with $kind is none that place knows" && return 1 ;;
	esac
	[ -z "$mode" ] || chmod "$mode" "$1"
}

# as_captured OUT [WORD]... - the case's command line with these words behind it, and
# without --json of its own, in the case's home directory.
as_captured() {
	local out=$1 words assign
	shift
	mapfile -d '' words < <(jq -j '.argv | map(select(. != "--json"))[] + "\u0000"' "$CASE")
	mapfile -d '' assign < <(jq -j '.env // {} | to_entries[] |
		"\(.key | sub("^OPENCLAW_"; "FLUFFBUZZ_"))=\(.value)\u0000"' "$CASE")
	(
		cd "$HOME" || exit 3
		[ ${#assign[@]} -eq 0 ] || export "${assign[@]}"
		fb fluffbuzz "${words[@]}" "$@"
	) >"$out"
}

# server_words DIR - prints the mock's options, a word a line, for the captured
# server of the case $CASE; fails where it is one that the mock can't be.
server_words() {
	jq -j '.server.steps[0] | if .raw then .raw else
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
		(.sse[]? | "data: " + if type == "string" then . else tojson end + "\n\n") end' "$CASE" >"$1/raw"
	jq -c '.server.steps | length as $n | to_entries[] | (if .key + 1 < $n then {match: {n: (.key + 1)}} else {} end) +
		(.value | {status, body} | with_entries(select(.value != null)))' "$CASE" >"$1/script"
	jq -er --arg dir "$1" '.server.steps | map(keys - ["dropAfter"]) | add | unique |
		if . == ["drop"] then "--faults", "reset*"
		elif . == ["sse"] or . == ["raw"] then "--raw-reply", $dir + "/raw"
		elif . - ["status", "body", "default"] == [] then "--script", $dir + "/script"
		else empty end' "$CASE"
}

# run_case BASE BASE2 - runs the case on stdin, with --json and without; prints
# {requests, requests2, envelope, bad}, where bad is what the two runs should not have
# done whatever came of them.
run_case() {
	local dir=$BATS_TEST_TMPDIR/case home status=0 text_status=0
	rm -rf "$dir"
	home=$dir/home
	CASE=$dir/case.json
	mkdir -p "$home/.openclaw"
	: >"$log1"
	: >"$log2"
	jq --arg base "$1" --arg base2 "$2" --arg home "$home" '
		def put: gsub("\\{\\{BASE_URL\\}\\}"; $base) | gsub("\\{\\{BASE_URL2\\}\\}"; $base2) |
			gsub("\\{\\{HOME\\}\\}"; $home);
		with_entries(select(.key == ("config", "files", "argv", "env")) |
			.value |= walk(if type == "string" then put elif type == "object" then with_entries(.key |= put) else . end))' >"$CASE"
	(
		cd "$home/.openclaw" || exit
		jq -e '.config == null' "$CASE" >config.none ||
			jq -j '.config | if type == "string" then . else tojson end' "$CASE" >openclaw.json
		rm config.none
		jq -r '.files // {} | keys[]' "$CASE" | while read -r file; do place "$file" || exit; done
	) || return
	export HOME=$home FLUFFBUZZ_STATE_DIR=$home/.openclaw FLUFFBUZZ_CONFIG_PATH=$home/.openclaw/openclaw.json
	as_captured "$dir/envelope" --json 2>"$dir/err" || status=$?
	as_captured "$dir/text" 2>"$dir/err.text" || text_status=$?
	jq -cn --argjson status "$status" --argjson text_status "$text_status" --slurpfile envelope "$dir/envelope" \
		--rawfile text "$dir/text" --rawfile err "$dir/err" --slurpfile one "$log1" --slurpfile two "$log2" '
		def request: .body = (.body | if . == "" then {} else fromjson end);
		($envelope[0] // {}) as $e |
		{requests: ($one | map(request)), requests2: ($two | map(request)),
		envelope: ($e | .ok = (.ok == true and $status == 0)),
		bad: [if $text_status != $status then "status \($status), without --json \($text_status)" else empty end,
			if $status == 2 and ($err | startswith("fluffbuzz: ")) then if $envelope + [$text] != [""] then "a wrong command line, and output" else empty end
			else
				if ($envelope | length) != 1 then "not one envelope" else empty end,
				if [$status] - (if $e.ok then [0] else [4, 5] end) != [] then "status \($status)" else empty end,
				if $text != (if $e.ok then $e.outputs[0].text + "\n" else "" end) then "on stdout: " + $text else empty end,
				(($e.error.code // "") as $code | if $e.ok or ($code != "" and ($err | contains(": \($code): "))) then empty else "no error with a code" end)
			end]}'
}

# The program that compares: it reads a case and run_case's, prints the numbers
# of the filters that changed something, and CASE: MEMBER: ... for what differs.
program() {
	printf '%s\n' 'input as $case | input as $got |' "$helpers" "$flat"
	cat <<-'EOF'
		def row($n; f): .want as $want | ($want | f) as $new |
			if $new == $want then . else .want = $new | .used += [$n] end;
		(if ($case.server | . != null and . != {strict: true}) and ($got.played | not) or
			($case.captured_requests[0].path // "/v1/chat/completions") != "/v1/chat/completions" then 0
			elif $case.argv | index("--json") then 2 else 1 end) as $detail |
		{used: [], want: ({requests: $case.captured_requests, requests2: $case.captured_requests2,
			envelope: (if $case.exit_code != 0 then {error: {message: place}} elif $detail == 2 then $case.stdout | fromjson else {ok: true} end)} |
				flat($detail))}
	EOF
	filters
	cat <<-'EOF'
		| (.used[] | tostring), "\($case.name): \($got.bad[])",
		(.want as $want | ($got | flat($detail)) as $got | $want + $got | keys[] as $k |
			select($want[$k] != $got[$k] and ($k == "sent" or $k == "2 sent" or
				([$want, $got | {sent, "2 sent"}] | unique | length) == 1)) |
			"\($case.name): \($k): want \($want[$k] | tojson), got \($got[$k] | tojson)")
	EOF
}

@test "each captured run: the same request and the same envelope; or a failure, and nothing on stdout" {
	local base2 log2 strict strict_log easy easy_log base log1 case played words n=0 bad=0
	start_mock --reply '2 + 2 is 4.'
	base2=$MOCK log2=$MOCK_LOG
	start_mock --reply '2 + 2 is 4.' --profile strict-string
	strict=$MOCK strict_log=$MOCK_LOG
	start_mock --reply '2 + 2 is 4.'
	easy=$MOCK easy_log=$MOCK_LOG
	program >compare.jq
	: >used
	every infer-run.jsonl | jq -c 'select(.kind == "cli")' >cases
	while read -r case <&8; do
		n=$((n + 1))
		base=$easy log1=$easy_log
		! jq -e '.server.strict?' <<<"$case" >/dev/null || base=$strict log1=$strict_log
		played=false
		if jq -e '.server.steps?' <<<"$case" >/dev/null; then
			CASE=case.step
			printf '%s\n' "$case" >"$CASE"
			if server_words "$PWD" >words; then
				mapfile -t words <words
				start_mock --reply '2 + 2 is 4.' "${words[@]}"
				base=$MOCK log1=$MOCK_LOG played=true
			fi
		fi
		got=$(run_case "$base" "$base2" <<<"$case" | jq -c --argjson played $played '.played = $played')
		printf '%s\n' "$case" "$got" | jq -nr -f compare.jq >told
		grep -E '^[0-9]+$' told >>used || true
		! grep -Ev '^[0-9]+$' told || {
			sed 's/^/    /' case/err
			bad=$((bad + 1))
		}
	done 8<cases
	echo "$bad of $n cases differ"
	unneeded || bad=$((bad + 1))
	[ $bad -eq 0 ]
	# None is left out, of those of our own neither.
	[ $n -eq "$(wc -l <cases)" ]
	[ $n -ge "$(jq -s 'map(select(.kind == "cli")) | length' "$FB_ROOT/tests/data/infer-run.jsonl")" ]
	[ $n -ge 46 ]
}
