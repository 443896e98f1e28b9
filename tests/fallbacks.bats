# fb-send: the fallbacks of a request: which, when, and what the record says.

load helper

# A request with three routes: a fails as the first mock does, b and c answer.
routes() {
	start_mock --reply 'of a' "$@"
	A=$MOCK A_LOG=$MOCK_LOG
	start_mock --reply 'of b'
	B=$MOCK B_LOG=$MOCK_LOG
	request a "$A" b "$B" >request
}

# request REF URL... - the first is the route, the others its fallbacks, with bodies of their own.
request() {
	jq -nc '[$ARGS.positional | _nwise(2)] | map({route:{ref:.[0],baseUrl:(.[1] + "/v1")},
		body:{model:.[0],messages:[{role:"user",content:"hi"}]}}) |
		{custom_id:"1",method:"POST",url:"/v1/chat/completions"} + .[0] + {fallbacks:.[1:]}' --args "$@"
}

send() {
	fb fb-send --no-events "$@" >out 2>err
}

text() {
	fb fb-parse <out
}

# bats test_tags=memory
@test "after the last try the next route has its turn, with its own body; the record is the answering one's" {
	routes --faults '503(retry-after-ms=1)*'
	send --retries 1 request
	jq -e '.error == null and .route.ref == "b" and (.attempts | map([.ref, .status, .code])) ==
		[["a",503,"overloaded"],["a",503,"overloaded"]] and .attempts[1].wait_ms == 0' out
	[ "$(text)" = 'of b' ]
	[ "$(jq -r '.body | fromjson | .model' "$A_LOG" | paste -sd ' ')" = 'a a' ]
	[ "$(jq -r '.body | fromjson | .model' "$B_LOG" | paste -sd ' ')" = b ]
}

@test "what no try can mend goes on at once" {
	local fault
	for fault in 400 401 404 empty garbage; do
		rm -rf mock*
		routes --faults "$fault*"
		send request
		[ "$(text)" = 'of b' ]
		jq -e '.attempts | length == 1 and .[0].ref == "a" and .[0].wait_ms == 0' out
		[ "$(wc -l <"$A_LOG")" -eq 1 ]
	done
	# Nobody there.
	request a http://127.0.0.1:9 b "$B" >request
	send --retries 0 request
	jq -e '.route.ref == "b" and (.attempts | map([.ref, .code])) == [["a","connect"]] and (.attempts[0] | has("status") | not)' out
}

@test "in their order; when all fail the last one's error counts, and the exit status" {
	start_mock --faults '500*'
	local a=$MOCK
	start_mock --faults '503*'
	local b=$MOCK
	start_mock --faults '401*'
	request a "$a" b "$b" c "$MOCK" >request
	run -4 send --retries 0 request
	jq -e '.error.code == "auth" and .error.retryable == false and .route.ref == "c" and .response.status_code == 401 and
		(.attempts | map([.ref, .status, .code])) == [["a",500,"server"],["b",503,"overloaded"],["c",401,"auth"]]' out
	jq -e '.request | (.fallbacks | length) == 2 and .route.ref == "a"' out
	request c "$MOCK" a "$a" >request
	run -5 send --retries 0 request
	jq -e '.error.code == "server"' out
}

@test "not when the prompt is too long, and not after an interrupt" {
	start_mock --profile llamacpp --context 2
	local a=$MOCK
	start_mock
	request a "$a" b "$MOCK" | jq -c '.body.messages[0].content = "far more than two words"' >request
	run -4 send request
	jq -e '.error.code == "context_length_exceeded" and .route.ref == "a" and (.attempts | length) == 1' out
	[ ! -s "$MOCK_LOG" ]
	start_mock --faults 'stall(head)*'
	request a "$MOCK" b "$a" >request
	"${FB_PREFIX[@]}" "$FB_BIN/fb-send" --no-events request >out 2>err 3>&- &
	local pid=$!
	FB_PIDS+=("$pid")
	asked
	kill "$pid"
	until_true 'grep -q interrupted err'
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	jq -e '.error.code == "interrupted" and .route.ref == "a" and (.attempts | map(.code)) == ["interrupted"]' out
	unset 'FB_PIDS[-1]'
}

@test "a route whose key is not there is passed over, as a try of its own without a reply" {
	start_mock --faults '500*'
	local a=$MOCK
	start_mock --reply 'of c'
	request a "$a" b "$MOCK" c "$MOCK" |
		jq -c '.fallbacks[0].route.auth = {type:"bearer",secret:{source:"env",name:"NO_SUCH_KEY"}}' >request
	send --retries 0 request
	jq -e '.error == null and .route.ref == "c" and (.attempts | map([.ref, .status])) == [["a",500],["b",null]] and
		.attempts[1].code == "no_api_key" and .attempts[1].ms == 0' out
	[ "$(wc -l <"$MOCK_LOG")" -eq 1 ]
	# Nothing of the first one's reply is told as that of the last.
	jq -c '.fallbacks |= .[:1]' request >two
	run -4 send --retries 0 two
	jq -e '.route.ref == "b" and .response == null and (.error | has("status") | not) and
		.error.code == "no_api_key" and (.attempts | length) == 2' out
	# The first route may be the one.
	request a "$a" c "$MOCK" | jq -c '.route.auth = {type:"bearer",secret:{source:"env",name:"NO_SUCH_KEY"}}' >request
	send request
	jq -e '.error == null and .route.ref == "c" and (.attempts | map([.ref, .ms])) == [["a",0]]' out
}

@test "the deadline is of all routes together, and what had no turn is not named" {
	start_mock --faults 'stall(head)*'
	local a=$MOCK
	start_mock
	request a "$a" b "$MOCK" >request
	run -5 send --deadline 0.5 request
	jq -e '.error.code == "timeout" and .error.phase == "total" and .route.ref == "a" and (.attempts | map(.ref)) == ["a"]' out
	[ ! -s "$MOCK_LOG" ]
	# A limit of the try leaves the next one its time.
	send --timeout 0.4 --deadline 20 request
	jq -e '.error == null and .route.ref == "b" and (.attempts | map([.ref, .code])) == [["a","timeout"]]' out
}

@test "many at once, each along its own" {
	start_mock --faults '500*' --reply 'of a'
	local a=$MOCK i
	start_mock --reply 'of b'
	request a "$a" b "$MOCK" >request
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do jq -c ".custom_id = \"$i\"" request; done >requests
	send -j 8 --retries 0 requests
	jq -es 'length == 12 and all(.[]; .error == null and .route.ref == "b" and (.attempts | map([.ref, .code])) == [["a","server"]])' out
	[ "$(wc -l <"$MOCK_LOG")" -eq 12 ]
}

@test "an event restart stands before the next route's stream" {
	routes --faults 'cut(events=3)*'
	jq -c '.body.stream = true | .fallbacks[].body.stream = true' request >streamed
	fb fb-send --events --retries 0 streamed >out
	[ "$(grep -c '"event":"restart"' out)" -eq 1 ]
	[ "$(text)" = 'of b' ]
}
