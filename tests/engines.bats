# Each profile against the server that it claims to be: the requests of
# tests/data/engines.jsonl are sent to it, and the shapes of what comes back
# (tests/engines/shape.jq) are compared with what was captured: status, content
# type, members and their order, and of a stream the first delta, where counts
# and timings are, and its end.  What the models said doesn't matter.

load helper

# Differences that are meant: ENGINE/CASE MEMBER: REASON; the first two are
# regular expressions of the whole word, MEMBER is shape.jq's.
meant='
llamacpp-2026-08/20-responses status: only chat completions are answered
llamacpp-2026-08/20-responses names: only chat completions are answered
llamacpp-2025-02/20-completions-stream .*: only chat completions are answered
llamacpp-20.*/05-stream-stop timings_in: timings also in the chunk before a stop string: an accident of its pieces
llamacpp-2026-08-scripted/s-(logprobs-stream|utf8-stream-usage) first: it drops the role when the first text is late: --sse no-role
llamacpp-2026-08-scripted/s-(logprobs-stream|utf8-stream-usage) choice: it drops the role when the first text is late: --sse no-role
llamacpp-2025-02-scripted/s-empty-stream (first|choice): an empty text is no piece of a stream here
inferrs-derived/413-too-large .*: a small request stands for one of 64 MB
inferrs-derived/500-engine .*: there is no engine to fail; --faults does it
aimock/(03|07|14-t|18).* (status|names): aimock answers only what its fixtures match
aimock/(14-a|15).* status: aimock answers only what its fixtures match
aimock/(19|20).* names: aimock leaves param and code out where there is no such path
aimock/12-logprobs names: aimock has no logprobs
aimock/azure .*: a deployment is a path of its own
aimock/c-.* .*: aimock was told to fail; --faults does it
openai-mock-api/.* type: it says which characters JSON is in
openai-mock-api/00-health names: a time stands there too; no server of OpenAI has this page
openai-mock-api/.* names: it has no refusal, logprobs and param, which OpenAI has
openai-mock-api/(03|07|18).* status: it answers only what its configuration matches
openai-mock-api/15-content-number status: 500 where OpenAI says 400
openai-mock-api/20-completions-stream status: 400 where OpenAI has the page
'

# What the models of the scripted cases said.
write_script() {
	cat >script.jsonl <<-'END'
		{"match":{"contains":"THINK"},"reasoning":"Two and two.","text":"The answer is 4!"}
		{"match":{"contains":"TEXT_TOOL"},"text":"Let me see.","calls":[{"name":"get_weather","arguments":{"city":"Bergen"}}]}
		{"match":{"contains":"TWO"},"calls":[{"name":"get_weather","arguments":{"city":"Oslo"}},{"name":"get_weather","arguments":{"city":"Bergen"}}]}
		{"match":{"contains":"TOOL"},"calls":[{"name":"get_weather","arguments":{"city":"Oslo","days":2}}]}
		{"match":{"contains":"EMPTY"},"text":""}
		{"match":{"contains":"FAIL"},"text":"Error: shape mismatch in broadcast_add","finish":"error"}
	END
}

# Reads differences; those that aren't meant are printed, and so is each row
# for these cases that none needed.
unmeant() {
	MEANT=$meant awk -F '\t' -v cases="$1" '
		BEGIN {
			n = split(ENVIRON["MEANT"], row, "\n")
			for (i = 1; i <= n; i++) {
				sub(/: .*/, "", row[i])
				split(row[i], word, " ")
				at[i] = "^(" word[1] ")$"
				member[i] = "^(" word[2] ")$"
			}
		}
		NF < 2 { count = $1; next }
		{
			found = 0
			for (i = 2; i < n; i++)
				if ($1 ~ at[i] && $2 ~ member[i])
					found = used[i] = 1
			if (!found)
				print
		}
		END {
			for (i = 2; i < n; i++)
				if (cases != "" && index(row[i], cases) == 1 && !(i in used))
					print "not needed: " row[i]
			print count
		}'
}

# like 'PROFILE [OPTION]...' CASES COUNT [ROWS] - so many cases of it, no difference
# that isn't meant, and no row in vain that begins with ROWS (those of the engine).
like() {
	local plain profile
	read -ra profile <<<"$1"
	write_script
	start_mock --profile "${profile[@]}"
	plain=$MOCK
	start_mock --profile "${profile[@]}" --script script.jsonl
	run -0 "$FB_ROOT/tests/engines/compare.sh" "$2" "$plain" "$MOCK"
	run -0 unmeant "${4-${2%%[./]*}}" <<<"$output"
	[ "$output" = "$3 cases" ]
}

@test "llamacpp is like llama.cpp of 2026-08" {
	like 'llamacpp --context 512' 'llamacpp-2026-08.*' 40
}

@test "llamacpp=old is like llama.cpp of 2025-02" {
	like 'llamacpp --old --context 512' 'llamacpp-2025-02.*' 43
}

@test "silent-drop is like llama.cpp of 2024-07" {
	like silent-drop 'llamacpp-2024-07/.*' 10
}

@test "no-tools=crash is like llama.cpp of 2024-04" {
	like no-tools=crash 'llamacpp-2024-04/.*' 5
}

@test "inferrs is like what its source says" {
	like 'inferrs --context 8' 'inferrs-derived/([0-4]|500).*' 9
	like 'inferrs --loading 1' 'inferrs-derived/503-.*' 1 ''
}

@test "strict-string is like what the source of inferrs said before" {
	like strict-string 'inferrs-derived/(200-chat|200-stream-error|seed-.*)' 4 ""
}

@test "openai is like two imitations of it" {
	like openai 'aimock/.*' 31
	like openai 'openai-mock-api/.*' 13
}

@test "every captured case is compared" {
	[ "$(wc -l <"$FB_ROOT/tests/data/engines.jsonl")" -eq $((40 + 43 + 10 + 5 + 10 + 2 + 31 + 13)) ]
}
