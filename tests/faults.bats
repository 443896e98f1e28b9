# fb-mock --faults and the options that slow it down: each fault as fb-send
# tells of it, and its bytes where they matter.
# shellcheck disable=SC2317

load helper

chat=/v1/chat/completions
# What is sent, twice: a request that wants a stream and one that doesn't.
both='{"messages":[{"role":"user","content":"hi"}],"stream":true}
{"messages":[{"role":"user","content":"hi"}],"stream":false}'

# mock_with FAULTS [ARG]... - a mock whose reply has several words and bytes.
mock_with() {
	start_mock --reply 'one twö three four' --faults "$@"
}

# The error codes of both requests in one line; "ok" where there was none and
# the text came whole.  got FAULT [ARG]...
got() {
	mock_with "$1" "${@:2}"
	fb fb-send --base-url "$MOCK/v1" -m m --no-events -q --timeout 30 <<<"$both" >records || true
	fb fb-parse <records >texts 2>/dev/null || true
	jq -r '.error.code // "ok"' records | paste -sd ' '
	stop_mock
}

post() {
	curl -s --max-time 20 "$MOCK$chat" -H 'Content-Type: application/json' -d "${1:-{\"stream\":true,\"messages\":[]\}}" "${@:2}"
}

@test "statuses with headers: the error in the profile's form, in order, then as usual" {
	mock_with '429(retry-after=2, x-a="b, c"),503*2,418(retry-after-ms=5,x-should-retry=false)'
	post '{"messages":[]}' -i >out
	[ "$(head -n 1 out)" = $'HTTP/1.1 429 Too Many Requests\r' ]
	grep -q $'^retry-after: 2\r$' out
	grep -q $'^x-a: b, c\r$' out
	tail -n 1 out | jq -e '.error.message and .error.type'
	local want
	for want in 503 503 418 200 200; do
		[ "$(post '{"messages":[]}' -o out -w '%{http_code}')" = $want ]
	done
}

@test "faults count chat requests only, and * is for ever" {
	mock_with 'ok,500*'
	local want
	for want in 200 500 500 500; do
		curl -s "$MOCK/v1/models" -o out
		[ "$(post '{"messages":[]}' -o out -w '%{http_code}')" = $want ]
	done
	curl -s "$MOCK/health" | grep -q ok
}

@test "each fault is the right error of fb-send, with and without a stream" {
	local fault want bad=0 result
	while IFS='|' read -r fault want; do
		result=$(got "$fault*")
		[ "$result" = "$want" ] || {
			echo "$fault: $result, not $want"
			bad=1
		}
		if [[ $want == *ok* ]]; then
			grep -qx 'one twö three four' texts || bad=1
		else
			run -1 grep -x 'one twö three four' texts
		fi
	done <<-'EOF'
		429(retry-after=0)|rate_limit rate_limit
		503|overloaded overloaded
		500|server server
		401|auth auth
		reset(before)|truncated truncated
		reset(head)|truncated truncated
		reset(10)|truncated truncated
		reset(400)|truncated ok
		cut(0)|truncated truncated
		cut(10)|truncated truncated
		cut(events=0)|truncated truncated
		cut(events=2)|truncated ok
		chunk|truncated truncated
		json|bad_reply truncated
		empty|bad_reply bad_reply
		html|server server
		error|model_error model_error
		stream(data)|model_error model_error
		stream(done)|model_error model_error
		stream(line)|model_error model_error
		stream(event)|model_error model_error
		stream(finish)|model_error model_error
		stream(flat)|model_error model_error
		stream(end)|truncated model_error
		redirect(http://127.0.0.1:9/)|bad_reply bad_reply
		garbage|bad_reply bad_reply
		type(text/plain)|ok ok
		length(-5)|bad_reply truncated
		length(+5)|ok truncated
		hold|ok ok
		drip(0)|ok ok
		stall(head,20)|ok ok
		stall(first,20)|ok ok
		stall(10,20)|ok ok
	EOF
	[ $bad -eq 0 ]
}

@test "what stands still or never ends is a time limit of the client's, and takes no memory" {
	local fault
	for fault in 'stall(head)' 'stall(first)' 'stall(20)' endless-line endless-comments; do
		mock_with "$fault*"
		fb fb-send --base-url "$MOCK/v1" -m m --no-events -q --timeout 1 <<<"${both%%$'\n'*}" >records || true
		jq -e '.error.code | IN("timeout", "truncated", "too_large", "bad_reply")' records
		curl -s "$MOCK/health" | grep -q ok
		if [ -z "${FB_RUN:-}" ] && [ -e /proc/self/status ] && ! sanitized; then
			[ "$(awk '/^VmHWM/ {print $2}' "/proc/$MOCK_PID/status")" -lt 20000 ]
		fi
		stop_mock
	done
}

# bats test_tags=memory
@test "the bytes: a cut body, lengths that are wrong, a chunk without its end" {
	mock_with 'cut(10),length(+5),length(-5),chunk,length(+7)'
	post '' -i >out || true
	[ "$(tail -n 1 out)" = 'data: {"id' ]
	post '{"messages":[]}' -i >out && false
	[ "$(tr -d '\r' <out | sed '1,/^$/d' | wc -c)" -eq $(($(sed -n 's/^content-length: \([0-9]*\).*/\1/p' out) - 5)) ]
	post '{"messages":[]}' >out
	jq . out 2>err && false
	run -18 post '{"messages":[]}' -i
	[[ $output == *"transfer-encoding: chunked"* && $output != *content-length* ]]
	run -18 post '' -i
	[[ $output == *"content-length: "* && $output != *chunked* && $output == *'[DONE]'* ]]
}

@test "the seven shapes of an error in a stream stand behind the first text" {
	local shape want
	while IFS=' ' read -r shape want; do
		mock_with "stream($shape)"
		post >out
		[ "$(grep -c '"delta":{"content":"one"}' out)" -eq 1 ]
		run -1 grep 'three' out
		[ "$(sed 1,4d out | cut -c 1-21 | paste -sd '|')" = "$want" ] || {
			cat out
			return 1
		}
		stop_mock
	done <<-'EOF'
		data data: {"error":{"mess|
		done data: {"error":{"mess||data: [DONE]|
		line error: {"error":{"mes||data: [DONE]|
		event event: error|data: {"error":{"mess|
		finish data: {"id":"chatcmpl||data: [DONE]|
		flat data: {"error_type":"|
		end
	EOF
}

@test "refused for a while, then as usual; other connections are left alone" {
	mock_with 'refuse(1500)'
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	run -56 post
	run -7 curl -s "$MOCK/health"
	printf 'GET /health HTTP/1.0\r\n\r\n' >&9
	timeout 10 cat <&9 | grep -q '"ok"'
	exec 9>&-
	curl -s --retry 20 --retry-delay 1 --retry-connrefused "$MOCK/health" | grep -q ok
	post | grep -q DONE
}

@test "a connection that isn't accepted waits" {
	mock_with 'stall(accept,700)'
	post | grep -q DONE
	run -28 curl -s --max-time 0.2 "$MOCK/health"
	curl -s --max-time 20 "$MOCK/health" | grep -q ok
}

@test "held open after [DONE]: all is there, the end isn't" {
	mock_with 'hold,hold(50)'
	run -28 post '' --max-time 1
	[[ $output == *'data: [DONE]' ]]
	run -18 post ''
	[[ $output == *'data: [DONE]' ]]
}

@test "a byte at a time is the same reply" {
	mock_with 'ok,drip(0)'
	post '{"messages":[]}' | jq .choices >want
	post '{"messages":[]}' | jq .choices | diff - want
}

@test "a redirect, a wrong type, no HTTP at all" {
	mock_with 'redirect(http://x/?a=b),type(text/plain; charset=utf-8),garbage'
	run -0 post '' -o out -w '%{http_code} %{redirect_url}'
	[ "$output" = "307 http://x/?a=b" ]
	run -0 post '' -o out -w '%{content_type}'
	[ "$output" = "text/plain; charset=utf-8" ]
	run -1 post ''
}

# bats test_tags=memory
@test "faults from a file: one a line, comments, and errors by line" {
	printf '# first\n429\n503, ok # two\n' >list
	mock_with @list
	local want
	for want in 429 503 200; do
		[ "$(post '{"messages":[]}' -o out -w '%{http_code}')" = $want ]
	done
	printf '429\n  nonsense\n' >list
	run -2 timeout 10 fb-mock --faults @list
	[ "$output" = "fb-mock: --faults: list: line 2, column 3: no such fault: nonsense (see fb-mock --help)" ]
	run -2 timeout 10 fb-mock --faults @none
	[[ $output == *"none: No such file"* ]]
}

@test "bad fault text is one line that says where" {
	local text want
	while IFS='|' read -r text want; do
		run -2 timeout 10 fb-mock --faults "$text"
		[ "$output" = "fb-mock: --faults: $want (see fb-mock --help)" ] || {
			echo "$text: $output"
			return 1
		}
	done <<-'EOF'
		429,fo|column 5: no such fault: fo
		|column 1: there is no fault
		200|column 1: a status is 400 to 599: 200
		503*,ok|column 6: nothing comes after a fault for ever
		503*0|column 5: no times
		stall|column 1: stall: it takes accept|head|first|BYTES,MS
		ok(1)|column 4: ok: it takes no arguments
		cut(x)|column 5: cut: it takes BYTES|events=N
		ok,,503|column 3: a fault is missing
		cut(1|column 4: a bracket without its end
		429(retry-after)|column 5: 429: a header is NAME=VALUE
		ok 503|column 4: a comma is expected
	EOF
}

@test "time: the head, the first token and each token wait" {
	start_mock --reply 'one two three four' --delay 100 --ttft 200 --tps 20 --jitter 10 --seed 7
	post '' -o out -w '%{time_starttransfer} %{time_total}' >seconds
	# At least: 100 ms to the head; 200 and 3 times 50 more to the end, less the jitter.
	awk '{ exit !($1 >= 0.089 && $2 >= 0.404 && $2 < 10) }' seconds
	post '{"messages":[]}' -o out -w '%{time_starttransfer}' >seconds
	awk '{ exit !($1 >= 0.404 && $1 < 10) }' seconds
	jq -e '.choices[0].message.content == "one two three four"' out
}

# bats test_tags=memory
@test "time: a long stream goes out as it is made, and the next request is answered behind it" {
	start_mock --reply "$(yes 'word' | head -n 400 | tr '\n' ' ')" --tps 2000
	post '{"stream":true,"messages":[]}' "$MOCK$chat" >two
	sed 's/"id":"[^"]*"//' two >twice
	[ "$(grep -c '"content":' two)" -eq 804 ]
	[ "$(grep -c 'DONE' two)" -eq 2 ]
	[ "$(tail -n 2 two)" = "data: [DONE]" ]
	head -c $(($(wc -c <twice) / 2)) twice | cmp - <(tail -c $(($(wc -c <twice) / 2)) twice)
	# One that leaves.
	post '{"stream":true,"messages":[]}' | head -c 9000 >part || true
	[ "$(wc -c <part)" -eq 9000 ]
	post '{"messages":[]}' | jq -e '.choices[0].finish_reason == "stop"'
}

@test "memory: many long streams take little more than their texts" {
	unchecked
	[ -r /proc/self/status ] || skip "no /proc to read it from"
	start_mock --reply "$(yes 'word' | head -n 2000 | tr '\n' ' ')" --tps 4000
	local i pids=()
	for ((i = 0; i < 100; i++)); do
		curl -sN -o "out$i" "$MOCK$chat" -d '{"stream":true,"messages":[]}' 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(cat out* | grep -c 'DONE')" -eq 100 ]
	# Their events are 17 MB in all, and 5 MB are the program's own.
	[ "$(sed -n 's/VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$MOCK_PID/status")" -lt 12000 ]
}

@test "--ping: a stream that waits says so by comments, and ends as it would" {
	start_mock --reply 'one two' --ttft 400 --ping 50
	post '{"stream":true,"messages":[]}' >out
	[ "$(grep -c '^:$' out)" -eq 7 ]
	[ "$(grep -n '"content":"one' out | cut -d: -f1)" -gt "$(grep -n '^:$' out | tail -n 1 | cut -d: -f1)" ]
	post '{"stream":true,"messages":[]}' | fb fb-parse | grep -x 'one two'
	post '{"messages":[]}' -o out -w '%{http_code}' | grep -x 200
	run -1 grep '^:' out
	run -2 fb fb-mock --ping x
	[[ $output == *"--ping"*"x"* ]]
}

@test "a hundred slow streams at once, and SIGTERM ends it while they wait" {
	start_mock --reply 'one two three' --tps 10
	local i fd fds=()
	for ((i = 0; i < 100; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
		fds[i]=$fd
		printf 'POST %s HTTP/1.0\r\nContent-Length: 29\r\n\r\n{"messages":[],"stream":true}' "$chat" >&"$fd"
	done
	for ((i = 0; i < 100; i++)); do
		timeout 20 cat <&"${fds[i]}" | grep -q 'DONE'
		fd=${fds[i]}
		exec {fd}>&-
	done
	stop_mock
	start_mock --reply 'one two three' --delay 60000
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	printf 'POST %s HTTP/1.0\r\nContent-Length: 29\r\n\r\n{"messages":[],"stream":true}' "$chat" >&9
	curl -s "$MOCK/health" | grep -q ok
	stop_mock
	exec 9>&-
}

@test "without descriptors left it waits, and goes on when there are some" {
	[ -z "${FB_RUN:-}" ] || skip "valgrind needs descriptors"
	(
		ulimit -n 16
		exec fb-mock --ready-file ready >out 2>&1 3>&- </dev/null
	) &
	FB_PIDS+=($!)
	until_true '[ -s ready ]'
	local url fd i fds=()
	url=$(cat ready)
	for ((i = 0; i < 20; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${url##*:}"
		fds[i]=$fd
	done
	sleep 0.5
	if [ -e "/proc/${FB_PIDS[-1]}/stat" ]; then
		[ "$(awk '{print $14 + $15}' "/proc/${FB_PIDS[-1]}/stat")" -lt 20 ]
	fi
	for ((i = 0; i < 20; i++)); do
		fd=${fds[i]}
		exec {fd}>&-
	done
	curl -s --max-time 20 "$url/health" | grep -q ok
}
