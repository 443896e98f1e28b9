# fluffbuzz and fb: the four programs joined by a shell script.
# shellcheck disable=SC2317

load helper

# What the mock was asked last.
asked() {
	jq -s '.[-1].body | fromjson' "$MOCK_LOG"
}

# --- fluffbuzz infer model run

@test "the page's command prints FluffBuzz's envelope" {
	start_mock --model google/gemma-4-E2B-it --reply '2 + 2 = 4.'
	conf
	run -0 --separate-stderr fb fluffbuzz infer model run \
		--model inferrs/google/gemma-4-E2B-it \
		--prompt "What is 2 + 2? Reply with one short sentence." \
		--json
	# shellcheck disable=SC2154
	[ -z "$stderr" ]
	[ "${lines[0]}" = '{' ]
	jq -e '.usage | has("prompt_tokens", "completion_tokens", "total_tokens")' <<<"$output"
	jq 'del(.usage)' <<<"$output" | same '{"ok":true,"capability":"model.run","transport":"local",
		"provider":"inferrs","model":"google/gemma-4-E2B-it","attempts":[],
		"outputs":[{"text":"2 + 2 = 4.","mediaUrl":null}]}'
	asked | jq -e '.messages == [{"role":"user","content":"What is 2 + 2? Reply with one short sentence."}]'
	[ "$(wc -l <"$MOCK_LOG")" -eq 1 ]
}

@test "without --json it prints the text, without --model the configured model answers" {
	start_mock
	conf
	run -0 --separate-stderr fb fluffbuzz infer model run --prompt 'hello there'
	[ "$output" = 'hello there' ]
	[ -z "$stderr" ]
	run -0 fb fluffbuzz infer model run --model='gemma 4 (inferrs)' --prompt=x --local
	run -0 fb fluffbuzz infer model run --prompt x </dev/null
	run -0 fb fluffbuzz infer model run <<<'on stdin'
	[ "$output" = 'on stdin' ]
}

@test "a prompt is a prompt, whatever is in it" {
	start_mock
	conf
	for prompt in '@/etc/passwd' '@@x' '-p' '--json' "it's \"quoted\" \$HOME \$(id) \`id\` \\n \\" '*' ' two  blanks ' \
		$'two\nlines' "'; echo injected; '" '%s%n' 'é😀'; do
		run -0 fb fluffbuzz infer model run --prompt "$prompt"
		asked | jq -e --arg p "$prompt" '.messages[0].content == $p' || { echo "$prompt" && return 1; }
		run -0 fb fluffbuzz infer model run --prompt="$prompt"
		asked | jq -e --arg p "$prompt" '.messages[0].content == $p'
	done
}

@test "a failure is ok false in the envelope, with our code, and a failure's status" {
	conf
	run -5 --separate-stderr fb fluffbuzz infer model run --prompt x --json
	jq -e '.ok == false and .error.code == "connect" and .capability == "model.run"' <<<"$output"
	[[ $stderr == 'fb-parse: 1: connect: '* ]]
	run --separate-stderr fb fluffbuzz infer model run --model nosuch --prompt x --json
	[ "$status" -ne 0 ]
	jq -e '.ok == false and .error.code == "model_unknown"' <<<"$output"
	run --separate-stderr fb fluffbuzz infer model run --prompt ''
	[ "$status" -ne 0 ]
	[ -z "$output" ]
}

@test "--show-pipeline prints a pipe that does the same, and runs nothing" {
	start_mock
	conf
	run -0 fb fluffbuzz infer model run --show-pipeline --prompt "it's @ \$HOME" --model 'Gemma 4 (inferrs)'
	[ ! -s "$MOCK_LOG" ]
	run -0 bash -c "$output" </dev/null
	[ "$output" = "it's @ \$HOME" ]
}

@test "a wrong command line is one line and status 2" {
	for args in '' 'infer' 'infer model' 'infer model walk' 'nonsense' 'infer model run --nonsense' \
		'infer model run --gateway --prompt x' 'infer model run --prompt' 'infer model run word'; do
		echo "fluffbuzz $args"
		# shellcheck disable=SC2086
		run -2 --separate-stderr fb fluffbuzz $args
		[ -z "$output" ]
		# shellcheck disable=SC2154
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'fluffbuzz: '* ]]
	done
}

@test "--config names the configuration" {
	start_mock
	conf
	mv "$FLUFFBUZZ_CONFIG_PATH" 'my config.json'
	unset FLUFFBUZZ_CONFIG_PATH
	run -0 fb fluffbuzz infer model run --config 'my config.json' --prompt hi
	[ "$output" = hi ]
	jq -e '.headers.authorization == "Bearer inferrs-local"' "$MOCK_LOG"
}

# --- fb

@test "fb asks what its words say" {
	start_mock
	conf
	run -0 --separate-stderr fb fb what is 'two  and' two </dev/null
	[ "$output" = 'what is two  and two' ]
	[ -z "$stderr" ]
	run -0 fb fb -s 'Be brief.' -m 'gemma 4 (inferrs)' -- -x --json </dev/null
	[ "$output" = '-x --json' ]
	asked | jq -e '.messages == [{"role":"system","content":"Be brief."},{"role":"user","content":"-x --json"}]'
}

@test "stdin follows the prompt; alone it is the prompt" {
	start_mock
	conf
	printf 'line 1\nline 2\n' >text
	run -0 fb fb 'Sum up:' <text
	asked | jq -e '.messages[0].content | test("^Sum up:\n\nline 1\nline 2\n?$")'
	run -0 fb fb -s 'Sum up.' <text
	asked | jq -e '.messages[1].content | test("^line 1\nline 2\n?$")'
	[ "$output" = $'line 1\nline 2' ]
	printf '@text\n\n\\n %%s' >text
	run -0 fb fb <text
	asked | jq -e '.messages[0].content | startswith("@text\n\n\\n %s")'
}

@test "fb with nothing on stdin asks the prompt alone" {
	start_mock
	conf
	run -0 fb fb hello </dev/null
	asked | jq -e '.messages == [{"role":"user","content":"hello"}]'
}

@test "-f attaches files, --json gives a record" {
	start_mock
	conf
	echo one >"a file"
	run -0 fb fb --json -f 'a file' --file='a file' look </dev/null
	jq -e '.ok and .text == "look\none\n\none\n"' <<<"$output"
	run -0 fb fb -f'a file' look </dev/null
	[ "$output" = $'look\none' ]
}

@test "no word of the prompt is obeyed by the shell" {
	start_mock
	conf
	for prompt in '@/etc/passwd' "it's \$HOME \$(touch hit) \`touch hit\` \\" '*' "'; touch hit; '" '-'; do
		run -0 fb fb "$prompt" </dev/null
		asked | jq -e --arg p "$prompt" '.messages[0].content == $p' || { echo "$prompt" && return 1; }
		run -0 fb fb -s "x $prompt" hi </dev/null
		run -0 fb fb -s "s" hi <<<"$prompt"
	done
	[ ! -e hit ]
}

@test "fb on a terminal does not wait for stdin, and shows the answer" {
	command -v script >/dev/null || skip 'no script(1) here'
	start_mock
	conf
	timeout 60 script -qec "fb 'hello there'" /dev/null </dev/null | tr -d '\r' >screen
	grep -qx 'hello there' screen
	timeout 60 script -qec "fb @text" /dev/null </dev/null | tr -d '\r' >screen
	grep -qx '@text' screen
	status=0
	timeout 60 script -qec fb /dev/null </dev/null >screen || status=$?
	[ "$status" -eq 2 ]
	grep -q '^fb: ' screen
}

@test "a failure of any stage is fb's failure, without text" {
	conf
	run -5 --separate-stderr fb fb hello </dev/null
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	run --separate-stderr fb fb -m nosuch hello </dev/null
	[ "$status" -ne 0 ]
	[ -z "$output" ]
	run --separate-stderr fb fb </dev/null
	[ "$status" -ne 0 ]
	for args in --nonsense -m -s; do
		run -2 --separate-stderr fb fb $args </dev/null
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'fb: '* ]]
	done
}

@test "both run from a link or another folder, without a PATH to the programs" {
	start_mock
	conf
	PATH=${PATH#"$FB_BIN":}
	cd /
	run -0 "$FB_BIN/fb" hello </dev/null
	[ "$output" = hello ]
	run -0 "$FB_BIN/fluffbuzz" infer model run --prompt hello
	[ "$output" = hello ]
	ln -s "$FB_BIN/fb" "$BATS_TEST_TMPDIR/linked"
	run -0 "$BATS_TEST_TMPDIR/linked" hello </dev/null
	[ "$output" = hello ]
}
