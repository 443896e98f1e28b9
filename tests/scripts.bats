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
	run -0 sh -c "$output" </dev/null
	[ "$output" = "it's @ \$HOME" ]
	# Every character that a shell could take for its own, line breaks at the end too.
	odd=$(printf "%s" "@ '\"\\ \$HOME \$(id) \`id\` * ? [a] {b} ~ ! # & | ; < > ( ) %s = \t-")$'\nx\r\n\n'
	fb fluffbuzz infer model run --show-pipeline --prompt "$odd" --json >pipe
	sh pipe </dev/null >answer
	asked | jq -e --arg p "$odd" '.messages[0].content == $p'
	jq -e '.ok' answer
	fb fluffbuzz infer model run --show-pipeline >pipe </dev/null
	printf %s "$odd" | sh pipe >answer
	asked | jq -e --arg p "$odd" '.messages[0].content == $p'
	printf '%s' "$odd" >"it's a file"
	fb fb --show-pipeline -s "s$odd" -f "it's a file" "p$odd" >pipe </dev/null
	printf 'behind' | sh pipe >answer
	asked | jq -e --arg p "$odd" '.messages == [{role: "system", content: ("s" + $p)},
		{role: "user", content: ("p" + $p + "\n\nbehind\n" + $p)}]'
	[ "$(wc -l <"$MOCK_LOG")" -eq 4 ]
}

@test "an option's text is no other option" {
	start_mock
	conf
	for text in 'x --json' '--config=/nonexistent' 'x --config=y' 'list' '--gateway'; do
		run -0 fb fluffbuzz infer model run --prompt "$text"
		[ "$output" = "$text" ]
		run -0 fb fb -s "$text" -- "$text" </dev/null
		[ "$output" = "$text" ]
	done
}

@test "--file attaches what fb-shape attaches, --thinking is its level" {
	start_mock
	conf
	echo one >'a file'
	run -0 fb fluffbuzz infer model run --file 'a file' --prompt look --file='a file'
	[ "$output" = $'look\none\n\none' ]
	sed -i 's/reasoning: false,/reasoning: true,/; s/requiresStringContent: true/supportsReasoningEffort: true/' "$FLUFFBUZZ_CONFIG_PATH"
	run -0 fb fluffbuzz infer model run --thinking low --prompt x
	asked | jq -e '.reasoning_effort == "low"'
	run -0 fb fb --thinking high x </dev/null
	asked | jq -e '.reasoning_effort == "high"'
}

@test "what fb-shape refuses is told with what there is, and is a failure in the envelope" {
	start_mock
	conf
	printf '\0\1' >binary
	while read -r says args; do
		echo "$args"
		# shellcheck disable=SC2086
		run -4 --separate-stderr fb fluffbuzz infer model run --json $args </dev/null
		jq -e --arg says "${says//_/ }" '.ok == false and (.error.message | contains($says))' <<<"$output"
		[[ $stderr == *"fb-parse: 1: "*"${says//_/ }"* ]]
	done <<-'END'
		off,_minimal,_low,_medium,_high,_xhigh,_max,_ultra_and_adaptive --prompt x --thinking ultra-mega
		No_such_file --prompt x --file nosuch
		neither_an_image --prompt x --file binary
		the_text_is_empty --prompt=
		/nonexistent:_No_such_file --prompt x --config /nonexistent
	END
	run -4 fb fluffbuzz infer model run --prompt $' \n\t'
	for args in 'fluffbuzz infer model run' 'fb'; do
		# shellcheck disable=SC2086
		run -4 --separate-stderr fb $args </dev/null
		[ -z "$output" ]
		[[ $stderr == *'standard input is empty'* ]]
	done
	[ ! -s "$MOCK_LOG" ]
}

@test "infer model list prints what fb-config --list prints" {
	conf
	for args in '' '--json' "--config $FLUFFBUZZ_CONFIG_PATH" "--json --config=$FLUFFBUZZ_CONFIG_PATH"; do
		# shellcheck disable=SC2086
		run -0 fb fluffbuzz infer model list $args
		# shellcheck disable=SC2086
		[ "$output" = "$(fb fb-config --list $args)" ]
		[[ $output == *inferrs/google/gemma-4-E2B-it* ]]
	done
}

@test "each level has its help; what is unknown names what there is" {
	for args in '--help' '-h' 'infer --help' 'infer model --help' 'infer model run --help' 'infer model list -h'; do
		# shellcheck disable=SC2086
		run -0 fb fluffbuzz $args
		[[ $output == 'usage: fluffbuzz infer model run|list '*--show-pipeline* ]]
	done
	for args in '' 'nonsense' 'infer' 'infer walk' 'infer model' 'infer model walk' 'infer model x/run'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr fb fluffbuzz $args
		[[ $stderr == *'infer model run, infer model list'* ]]
	done
	run -2 fb fluffbuzz infer model run --prompt x --local --gateway
	[[ $output == *'Pass only one of --local or --gateway'* ]]
}

@test "a wrong command line is one line and status 2" {
	for args in '' 'infer' 'infer model' 'infer model walk' 'nonsense' 'infer model run --nonsense' \
		'infer model run --gateway --prompt x' 'infer model run --prompt' 'infer model run word' \
		'infer model run --agent=x' 'infer model run --agent x' 'infer model run --json=1' 'infer model run --' \
		'infer model list --prompt=x' 'infer model list word' 'infer model list --nonsense'; do
		echo "fluffbuzz $args"
		# shellcheck disable=SC2086
		run -2 --separate-stderr fb fluffbuzz $args
		[ -z "$output" ]
		# shellcheck disable=SC2154
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'fluffbuzz: '* ]]
	done
}

@test "on a terminal without a prompt it says what is missing" {
	command -v script >/dev/null || skip 'no script(1) here'
	status=0
	timeout 60 script -qec 'fluffbuzz infer model run' /dev/null </dev/null >screen || status=$?
	[ "$status" -eq 2 ]
	grep -q '^fluffbuzz: .*--prompt=TEXT.*standard input' screen
}

@test "^C ends the script and its pipe, with 130" {
	start_mock --ttft 20000
	conf
	for words in 'fluffbuzz infer model run --prompt x' 'fb x'; do
		: >"$MOCK_LOG"
		# A group of its own, as a terminal's shell makes.
		# shellcheck disable=SC2086
		perl -e '$SIG{INT} = "DEFAULT"; setpgrp(0, 0); exec @ARGV' $words </dev/null >out 2>err 3>&- &
		pid=$!
		until_true "[ -s '$MOCK_LOG' ]"
		kill -s INT -- "-$pid"
		sleep 0.2
		kill -s INT -- "-$pid" 2>/dev/null || true # fb-send waits for the one under way after the first
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq 130 ]
		[ ! -s out ]
		until_true "! kill -0 -- '-$pid' 2>/dev/null"
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
	jq -c .input <<<"$output" | same '{"files":[{"path":"a file","mimeType":"text/plain"},{"path":"a file","mimeType":"text/plain"}]}'
	run -0 fb fb -f'a file' look </dev/null
	[ "$output" = $'look\none' ]
}

@test "fb reads the configuration that --config names" {
	start_mock
	conf
	mv "$FLUFFBUZZ_CONFIG_PATH" 'my config.json'
	unset FLUFFBUZZ_CONFIG_PATH
	run -0 fb fb --config 'my config.json' hi </dev/null
	[ "$output" = hi ]
	jq -e '.headers.authorization == "Bearer inferrs-local"' "$MOCK_LOG"
}

@test "--chat goes on with what a file has, and has the answer kept there" {
	conf
	run -0 fb fb --chat 'my chat' --show-pipeline hi </dev/null
	[[ $output == *"fb-send --keep-request | fb-parse '--save=my chat'" ]]
	[[ $output != *--messages* ]]
	[ ! -e 'my chat' ]
	echo '{"role":"user","content":"before"}' >'my chat'
	run -0 fb fb --show-pipeline --chat='my chat' hi </dev/null
	[[ $output == *"fb-shape '--messages=my chat' --prompt=@- | fb-send --keep-request | fb-parse '--save=my chat'" ]]
	run -2 fb fb --chat - hi </dev/null
	run -2 fb fb --chat= hi </dev/null
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
	for args in --nonsense -m -s -x --chat --thinking --config --json=1; do
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
