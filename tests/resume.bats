# --resume and --retry-failed: what is done is known, whatever became of the
# input and of the run before.

load helper

# messages N - N lines of the Batch format, ids c1, c2 ...
messages() {
	local i
	for ((i = 1; i <= $1; i++)); do
		printf '{"custom_id":"c%d","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"q%d"}]}}\n' "$i" "$i"
	done
}

# texts TEXT... - requests whose ids nobody gave
texts() {
	printf '{"messages":[{"role":"user","content":"%s"}]}\n' "$@"
}

# resume STATUS [OPTION]... - stdin is the input
resume() {
	local status=$1
	shift
	run "-$status" --separate-stderr fb fb-send -j 4 --retries 0 --base-url "$MOCK/v1" -m m --resume run.jsonl "$@"
	# shellcheck disable=SC2154
	[ -z "$output" ]
}

# again STATUS [OPTION]... - --retry-failed
again() {
	local status=$1
	shift
	run "-$status" --separate-stderr fb fb-send -j 4 --retries 0 --base-url "$MOCK/v1" -m m "$@" </dev/null
	[ -z "$output" ]
}

sent() {
	wc -l <"$MOCK_LOG"
}

ids() {
	jq -r .custom_id "${1:-run.jsonl}" | paste -sd ' '
}

# failed ID CODE [REQUEST TEXT] - a failed record; without a text it kept no request
failed() {
	jq -cn --arg id "$1" --arg code "$2" --arg text "${3-}" '{custom_id: $id, response: null, error: {code: $code, message: "m", stage: "send"}}
		+ if $text == "" then {} else {request: {method: "POST", url: "/v1/chat/completions", body: {messages: [{role: "user", content: $text}]}}} end'
}

# --- the file

# bats test_tags=memory
@test "the file is 0600, and a last input without its end is sent" {
	start_mock
	umask 0
	resume 0 < <(messages 3 | head -c -1)
	[ "$(ls -l run.jsonl | cut -c1-10)" = -rw------- ]
	[ "$(ids | tr ' ' '\n' | sort | paste -sd ' ')" = "c1 c2 c3" ]
	resume 0 < <(messages 3)
	[ "$(sent)" -eq 3 ]
}

@test "a torn last line is cut off and said, and its request is sent again" {
	start_mock
	messages 3 | resume 0 -j 1
	head -c -20 run.jsonl >torn
	cp torn run.jsonl
	resume 0 < <(messages 3)
	# shellcheck disable=SC2154
	[[ $stderr == "fb-send: run.jsonl: a last line without its end is cut off ("*" bytes)" ]]
	[ "$(ids)" = "c1 c2 c3" ]
	[ "$(sent)" -eq 4 ]
}

@test "a file that another process writes: status 3, and its pid" {
	start_mock
	mkfifo input
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url "$MOCK/v1" -m m --resume run.jsonl <input 2>err 3>&- &
	local pid=$!
	exec 9>input
	messages 1 >&9
	until_true '[ -s run.jsonl ]'
	resume 3 < <(messages 2)
	[ "$stderr" = "fb-send: run.jsonl: another process (pid $pid) is writing it" ]
	again 3 --retry-failed run.jsonl
	[[ $stderr == *"(pid $pid)"* ]]
	exec 9>&-
	wait "$pid"
	[ "$(sent)" -eq 1 ]
}

@test "a file that is none of ours stays as it is: status 2" {
	local text
	start_mock
	for text in '{"prompt":"q"}' '# notes' '[1]' 'no end'; do
		printf '%s' "$text" >run.jsonl
		[ "$text" = 'no end' ] || echo >>run.jsonl
		cp run.jsonl before
		resume 2 < <(messages 1)
		[[ $stderr == "fb-send: run.jsonl:1: not a response record: is it the right file?" ]]
		cmp run.jsonl before
	done
	[ ! -s "$MOCK_LOG" ]
}

@test "a file that is a symbolic link stays one" {
	start_mock --faults '503,ok'
	mkdir real
	ln -s real/file run.jsonl
	: >real/file
	resume 1 -j 1 < <(messages 2)
	[ -L run.jsonl ]
	[ "$(ids real/file)" = "c1 c2" ]
	stop_mock
	start_mock
	again 0 --retry-failed run.jsonl
	[ -L run.jsonl ]
	jq -es 'length == 2 and all(.error == null)' real/file
	[ "$(ls real)" = file ]
}

# --- which requests are done

@test "the status is the whole file's, also when nothing is left to do" {
	start_mock --faults '503,ok'
	resume 1 -j 1 < <(messages 2)
	resume 1 < <(messages 2)
	resume 1 </dev/null
	[ "$(sent)" -eq 2 ]
	rm run.jsonl
	resume 2 </dev/null
}

@test "an id twice in one input: the second is an error, once" {
	start_mock
	(messages 1 && messages 2) >in.jsonl
	resume 1 <in.jsonl
	[[ $stderr == *"c1: input: "*"the same custom_id for the second time"* ]]
	resume 1 <in.jsonl
	[ "$(sent)" -eq 2 ]
	jq -es 'length == 3 and (map(select(.error)) | length == 1 and .[0].custom_id == "c1" and .[0].error.code == "input")' run.jsonl
}

@test "an id with another body is refused with both lines named; --changed redo puts the new record in its place" {
	start_mock
	messages 3 | resume 0 -j 1
	messages 3 | sed 's/q2/other/' >in.jsonl
	resume 1 <in.jsonl
	[[ $stderr == *"c2: input: input 2 is another request than that of run.jsonl:2, with the same custom_id (--changed redo sends it)"* ]]
	[ "$(sent)" -eq 3 ]
	rm run.jsonl
	messages 3 | resume 0 -j 1
	resume 0 --changed redo <in.jsonl
	[ "$(sent)" -eq 7 ]
	[ "$(ids)" = "c1 c3 c2" ]
	jq -es '.[2].response.body.choices[0].message.content == "other"' run.jsonl
}

@test "what was refused for its changed body leaves nothing in the file" {
	start_mock
	messages 3 | resume 0 -j 1
	cp run.jsonl before
	messages 3 | sed 's/q2/other/' >in.jsonl
	resume 1 <in.jsonl
	resume 1 -q <in.jsonl
	[ -z "$stderr" ]
	cmp run.jsonl before
	resume 0 < <(messages 3)
	resume 0 --changed redo <in.jsonl
	jq -es 'length == 3 and all(.error == null)' run.jsonl
	resume 0 <in.jsonl
	[ "$(sent)" -eq 4 ]
}

@test "ids that nobody gave: lines put in and taken out send nothing twice" {
	start_mock
	texts a b c d c | resume 0 -j 1
	texts new a c d c b | resume 0
	[ "$(sent)" -eq 6 ]
	texts c c | resume 0
	texts c c c a new d | resume 0
	[ "$(sent)" -eq 7 ]
	[ "$(ids | tr ' ' '\n' | sort -u | wc -l)" -eq 7 ]
	jq -es 'map(.response.body.choices[0].message.content) | sort == ["a", "b", "c", "c", "c", "d", "new"]' run.jsonl
}

@test "bad input lines have one record each, however often it is run" {
	start_mock
	{
		echo '{bad}'
		messages 1
		echo '"text"'
		failed earlier config
	} >in.jsonl
	resume 1 <in.jsonl
	cp run.jsonl before
	resume 1 <in.jsonl
	cmp run.jsonl before
	[ "$(jq -s length run.jsonl)" -eq 4 ]
	[ "$(sent)" -eq 1 ]
}

@test "one id along several routes is several requests, and each is done by its own" {
	start_mock
	conf
	messages 2 | fb fb-shape -m inferrs/google/gemma-4-E2B-it >one
	sed 's,"ref":"inferrs/google/gemma-4-E2B-it","ref":"inferrs/other",' one >other
	grep -q inferrs/other other
	cat one | resume 0
	cat one other | resume 0
	[ "$(sent)" -eq 4 ]
	cat other one | resume 0
	[ "$(sent)" -eq 4 ]
	jq -es 'map([.custom_id, .route.ref]) | unique | length == 4' run.jsonl
}

@test "a request that a fallback answered is known by the reference that was asked for" {
	start_mock --faults '503,ok'
	conf
	messages 1 | fb fb-shape -m inferrs/google/gemma-4-E2B-it |
		jq -c '. as $r | .fallbacks = [{route: ($r.route | .ref = "inferrs/second"), body: $r.body}]' >in.jsonl
	resume 0 <in.jsonl
	jq -e '.route.ref == "inferrs/second" and (.attempts | length) == 1' run.jsonl
	resume 0 <in.jsonl
	[ "$(sent)" -eq 2 ]
}

@test "what was not sent has no record, and the same command sends it" {
	local pid status=0
	start_mock --faults 'stall(first,60000),ok'
	messages 2 >in.jsonl
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" -j 1 --base-url "$MOCK/v1" -m m --resume run.jsonl in.jsonl 2>err 3>&- &
	pid=$!
	asked
	kill "$pid"
	until_true 'grep -q again err'
	kill "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	[ ! -s run.jsonl ]
	grep -q 'the same command goes on where this one stopped' err
	resume 0 <in.jsonl
	[ "$(sent)" -eq 3 ]
}

@test "a record that would be too long to be read becomes an error, and the run goes on" {
	perl -e 'print "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"", "x" x ((64 << 20) - 1000), "\"},\"finish_reason\":\"stop\"}]}"' >body
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n' "$(wc -c <body)"
		cat body
	} >raw
	start_mock --raw-reply raw
	messages 2 | perl -pe '$x = "y" x 20000; s/^/{"input":"$x",/; s/,\{/,/' >in.jsonl
	resume 4 -j 1 <in.jsonl
	jq -es 'length == 2 and all(.error.code == "bad_reply" and (.error.message | test("longer than 67108864 bytes")) and
		(.request.body.messages | length) == 1)' run.jsonl
	resume 4 -j 1 <in.jsonl
	[ "$(sent)" -eq 2 ]
}

@test "--sync: what is written is on the disk within a second or so, also while it waits for input" {
	traced
	start_mock
	mkfifo input
	strace -f -qq -o trace -e trace=fdatasync,fsync "$FB_BIN/fb-send" --base-url "$MOCK/v1" -m m --sync --resume run.jsonl <input 3>&- &
	local pid=$!
	exec 9>input
	messages 1 >&9
	until_true '[ -s run.jsonl ]'
	until_true 'grep -q sync trace'
	: >trace
	messages 2 | tail -n 1 >&9
	until_true '[ "$(wc -l <run.jsonl)" -eq 2 ]'
	until_true 'grep -q sync trace'
	exec 9>&-
	wait "$pid"
}

# --- --retry-failed

# bats test_tags=memory
@test "--retry-failed puts new records where the old ones were; the others stay to the byte" {
	start_mock
	{
		printf '%s\n' '{ "custom_id" : "g1", "response":{"status_code":200,"body":{"n":12345678901234567890}}, "error":null }'
		failed f1 timeout one
		failed f2 auth two
		failed f3 server
		failed g1 timeout three
	} >run.jsonl
	cp run.jsonl before
	again 1 --retry-failed=run.jsonl
	[ "$(ids)" = "g1 f1 f2 f3 g1" ]
	[ "$(sed -n '1p;3p;4p' run.jsonl)" = "$(sed -n '1p;3p;4p' before)" ]
	jq -es '.[1].response.body.choices[0].message.content == "one" and .[4].error == null' run.jsonl
	[ "$(sent)" -eq 2 ]
	again 1 --retry-failed=all run.jsonl
	[ "$(ids)" = "g1 f1 f2 f3 g1" ]
	jq -es 'map(select(.error)) | length == 1 and .[0].custom_id == "f3"' run.jsonl
	[ "$(sent)" -eq 3 ]
	[ -z "$(find . -name 'run.jsonl.*')" ]
}

@test "--retry-failed: a run that can't even start leaves the file as it is" {
	local option
	start_mock
	{
		failed f1 timeout one
		failed f2 server two
	} >run.jsonl
	cp run.jsonl before
	for option in --cacert=/nonexistent --api-key-env=NOPE -Hbad; do
		run -2 --separate-stderr fb fb-send --retry-failed "$option" run.jsonl
		[ -n "$stderr" ]
		cmp run.jsonl before
	done
	[ -z "$(find . -name 'run.jsonl.*')" ]
}

@test "--retry-failed reads no standard input, and works on the output of a plain run, ids twice or not" {
	start_mock --faults '503,503,ok,ok'
	(messages 2 && messages 2) | fb fb-send -q -j 1 --retries 0 --base-url "$MOCK/v1" -m m >out || [ $? -eq 1 ]
	stop_mock
	start_mock
	: >"$MOCK_LOG"
	messages 9 | fb fb-send -q --base-url "$MOCK/v1" -m m --retry-failed out
	[ "$(ids out)" = "c1 c2 c1 c2" ]
	jq -es 'all(.error == null)' out
	[ "$(sent)" -eq 2 ]
}

@test "--retry-failed with nothing to do says so, and its status is the file's" {
	start_mock
	failed f1 auth one >run.jsonl
	again 4 --retry-failed run.jsonl
	[ "$stderr" = "fb-send: run.jsonl: nothing in it is to be sent again (--retry-failed=all sends what failed for good, too)" ]
	messages 1 | fb fb-send --base-url "$MOCK/v1" -m m >run.jsonl
	again 0 --retry-failed=all run.jsonl
	[ "$stderr" = "fb-send: run.jsonl: nothing in it is to be sent again" ]
	: >run.jsonl
	again 2 --retry-failed run.jsonl
}

@test "--retry-failed that is stopped keeps every record that it didn't come to" {
	local pid status i round
	start_mock --faults 'ok,stall(first,60000),stall(first,60000),ok,stall(first,60000),stall(first,60000)'
	for ((i = 1; i <= 300; i++)); do failed "f$i" server "q$i"; done >run.jsonl
	for round in 1 2; do
		echo "round $round"
		: >"$MOCK_LOG"
		"${FB_PREFIX[@]}" "$FB_BIN/fb-send" -j 2 --retries 0 --base-url "$MOCK/v1" -m m --retry-failed run.jsonl 2>err 3>&- &
		pid=$!
		until_true '[ "$(wc -l <"$MOCK_LOG")" -ge 3 ]'
		kill "$pid"
		until_true 'grep -q again err'
		kill "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq 143 ]
		[ "$(jq -s length run.jsonl)" -eq 300 ]
		[ "$(ids)" = "$(seq -f 'f%g' 300 | paste -sd ' ')" ]
		jq -es 'map(.error.code) | unique - [null, "server"] == []' run.jsonl
	done
	jq -es 'map(select(.error == null)) | length == 2' run.jsonl
}

@test "--retry-failed keeps the request when the configuration is what is wrong now" {
	start_mock
	failed f1 server one >run.jsonl
	cp run.jsonl before
	run -5 --separate-stderr fb fb-send -m no/such --config /nonexistent --retry-failed run.jsonl
	cmp run.jsonl before
	[[ $stderr == *"f1: config: "* ]]
}
