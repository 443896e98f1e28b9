# Captured runs of `infer model run` (tests/data/infer-run.jsonl, and those of
# $FB_SHARED/cases/captured, which may be more): each whose options the pipe
# has goes through it, in a home directory with its files.  The request that fb-mock got, if any, is compared with the
# captured one, and so is who answered, or that nobody did.
#
# The mock answers at /v1/chat/completions, always; where the captured server was
# strict it is strict-string.  Where that was told to fail only the first request
# counts; what comes of replies is for other tests.
# shellcheck disable=SC2317

load helper

# Differences that are meant, one a line: FILTER # REASON.  The filter makes
# what we do of what is wanted, or leaves it; one that changes nothing in any
# case makes the test fail.
# shellcheck disable=SC2016
meant='
if says("maxTokensField") then . else named("max_completion_tokens"; "max_tokens") end # llama.cpp before 2026 and Ollama ignore max_completion_tokens
if says("8192") then . else with_entries(select((.key | endswith("body max_tokens")) and .value == 8192 | not)) end # no limit that nobody set
if refused_form and aliased then . + sent(aliased) | .["body max_tokens"] = 4096 else . end # --model takes an alias
if refused_form and says("\"?id\"?:\\s*\"" + quoted(option("--model")) + "\"") then . + sent(option("--model")) else . end # --model takes an id that one provider has
. + params # the params of a model are sent
'

# The options of a case that the pipe is given; a case with others is left out.
taken='["--model", "--prompt", "--thinking", "--file"]'

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
def sent($id): {ok: true, provider: "inferrs", model: $id, text: "2 + 2 is 4.",
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
	else {ok, provider, model, text: .outputs[0].text} end;
def flat($detail): (.requests | request("")) + (.requests2 | request("2 ")) + (.envelope | answer($detail));
'

# all - every case once
all() {
	local more=$FB_SHARED/cases/captured/infer-run.jsonl
	[ -e "$more" ] || more=/dev/null
	cat "$more" "$FB_ROOT/tests/data/infer-run.jsonl" | jq -c 'select(.kind == "cli")' |
		jq -cn 'foreach inputs as $case ({}; {old: .seen[$case.name], seen: (.seen + {($case.name): 1})};
			select(.old | not) | $case)'
}

# taken - those that the pipe can be given
taken() {
	all | jq -c --argjson taken "$taken" '
		def others: if length == 0 then empty
			elif .[0] as $word | $taken | index($word) then .[2:] | others
			else (.[0] | select(. != "--json" and . != "--local")), (.[1:] | others) end;
		select(.argv[:3] == ["infer", "model", "run"] and [.argv[3:] | others] == [])'
}

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

# pipe ANSWER - runs the case $CASE in the current directory.
pipe() {
	local words assign model=() shape=() i
	mapfile -d '' words < <(jq -j '.argv[3:][] + "\u0000"' "$CASE")
	mapfile -d '' assign < <(jq -j '.env // {} | to_entries[] |
		"\(.key | sub("^OPENCLAW_"; "FLUFFBUZZ_"))=\(.value)\u0000"' "$CASE")
	for ((i = 0; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		--model) model=(--model "${words[++i]}") ;;
		--prompt)
			case ${words[++i]} in
			@*) words[i]=@${words[i]} ;; # that is no file's name
			esac
			shape+=(--prompt "${words[i]}")
			;;
		--thinking | --file) shape+=("${words[i]}" "${words[++i]}") ;;
		esac
	done
	(
		[ ${#assign[@]} -eq 0 ] || export "${assign[@]}"
		fb fb-config "${model[@]}" | fb fb-shape "${shape[@]}" | fb fb-send | fb fb-parse --envelope
	) >"$1"
}

# run_case BASE BASE2 - runs the case on stdin; prints {requests, requests2, envelope}.
run_case() {
	local dir=$BATS_TEST_TMPDIR/case home status=0
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
	(
		cd "$home" || exit
		export HOME=$home FLUFFBUZZ_STATE_DIR=$home/.openclaw FLUFFBUZZ_CONFIG_PATH=$home/.openclaw/openclaw.json
		pipe "$dir/envelope" 2>"$dir/err"
	) || status=$?
	jq -cn --arg status "$status" --slurpfile envelope "$dir/envelope" --slurpfile one "$log1" --slurpfile two "$log2" '
		def request: .body = (.body | if . == "" then {} else fromjson end);
		{requests: ($one | map(request)), requests2: ($two | map(request)),
		envelope: ($envelope[0] // {} | .ok = (.ok == true and $status == "0"))}'
}

# The program that compares: it reads a case and run_case's, prints the numbers
# of the filters that changed something, and CASE: MEMBER: ... for what differs.
program() {
	printf '%s\n' 'input as $case | input as $got |' "$helpers" "$flat"
	cat <<-'EOF'
		def row($n; f): .want as $want | ($want | f) as $new |
			if $new == $want then . else .want = $new | .used += [$n] end;
		(if ($case.server | . != null and . != {strict: true}) or
			($case.captured_requests[0].path // "/v1/chat/completions") != "/v1/chat/completions" then 0
			elif $case.argv | index("--json") then 2 else 1 end) as $detail |
		{used: [], want: ({requests: $case.captured_requests, requests2: $case.captured_requests2,
			envelope: (if $case.exit_code != 0 then {error: {message: place}} elif $detail == 2 then $case.stdout | fromjson else {ok: true} end)} |
				flat($detail))}
	EOF
	awk 'NF { printf "| row(%d; %s\n)\n", ++n, $0 }' <<<"$meant"
	cat <<-'EOF'
		| (.used[] | tostring),
		(.want as $want | ($got | flat($detail)) as $got | $want + $got | keys[] as $k |
			select($want[$k] != $got[$k] and ($k == "sent" or $k == "2 sent" or
				([$want, $got | {sent, "2 sent"}] | unique | length) == 1)) |
			"\($case.name): \($k): want \($want[$k] | tojson), got \($got[$k] | tojson)")
	EOF
}

@test "each captured run of a configuration: the same request, answered; or a failure, and nothing sent" {
	local base2 log2 strict strict_log easy easy_log base log1 case n=0 bad=0
	start_mock --reply '2 + 2 is 4.'
	base2=$MOCK log2=$MOCK_LOG
	start_mock --reply '2 + 2 is 4.' --profile strict-string
	strict=$MOCK strict_log=$MOCK_LOG
	start_mock --reply '2 + 2 is 4.'
	easy=$MOCK easy_log=$MOCK_LOG
	program >compare.jq
	: >used
	taken >cases
	while read -r case <&8; do
		n=$((n + 1))
		base=$easy log1=$easy_log
		! jq -e '.server.strict?' <<<"$case" >/dev/null || base=$strict log1=$strict_log
		got=$(run_case "$base" "$base2" <<<"$case")
		printf '%s\n' "$case" "$got" | jq -nr -f compare.jq >told
		grep -E '^[0-9]+$' told >>used || true
		! grep -Ev '^[0-9]+$' told || {
			sed 's/^/    /' case/err
			bad=$((bad + 1))
		}
	done 8<cases
	echo "$bad of $n cases differ"
	while IFS=: read -r row text; do
		grep -qx "$row" used || {
			echo "not needed: $text"
			bad=$((bad + 1))
		}
	done < <(grep . <<<"$meant" | grep -n .)
	[ $bad -eq 0 ]
	[ $n -ge 46 ]
}

@test "none of the captured runs of these names is left out" {
	taken | jq -r .name | sort >run
	all | jq -r .name | sort | comm -13 run - >left
	run -1 grep -E '^(cfg|apikey|alias|model|provider|baseurl|maxTokens|mode|compat|reasoning|thinkingFormat|image|arg)-' left
	# Of the cases of our own none at all.
	jq -r 'select(.kind == "cli") | .name' "$FB_ROOT/tests/data/infer-run.jsonl" >own
	[ "$(wc -l <own)" -ge 46 ]
	run -1 grep -Fxf own left
}
