# fb-send: what is tried again, when and how often; what stops a run; the pace.
# shellcheck disable=SC2317

load helper
load data/serve

stream='{"messages":[{"role":"user","content":"hi"}],"stream":true}'
plain='{"messages":[{"role":"user","content":"hi"}]}'

# several N - so many requests, with the ids 1, 2, ...
several() {
	seq "$1" | sed "s|.*|{\"custom_id\":\"&\",\"body\":$plain}|"
}

# send [ARG]... - requests of stdin to the last mock; out, err.
send() {
	fb fb-send --base-url "$MOCK/v1" -m m --no-events "$@" >out 2>err
}

# What became of the requests in `out`: "code tries retryable", each once, with its number.
codes() {
	jq -r '[.error.code // "ok", (.attempts | length), if .error then .error.retryable else "-" end] | map(tostring) | join(" ")' out |
		sort | uniq -c | sed 's/^ *//'
}

# probe NAME BODY FAULTS [ARG]... - a mock with these faults, asked once: NAME/seen says
# "CODE REQUESTS RETRYABLE EXIT" and NAME/tries the codes of the failed ones.
probe() {
	local dir=$1 pid status=0
	mkdir -p "$dir"
	"${FB_PREFIX[@]}" "$FB_BIN/fb-mock" --ready-file "$dir/ready" --log "$dir/log" --reply 'one two three four five six' \
		--faults "$3" >"$dir/mock" 2>&1 3>&- &
	pid=$!
	until_true "[ -s '$dir/ready' ]"
	fb fb-send --base-url "$(cat "$dir/ready")/v1" -m m --no-events -q --timeout 30 "${@:4}" <<<"$2" >"$dir/out" 2>"$dir/err" || status=$?
	kill $pid
	wait $pid || true
	jq -r --arg n "$(cat "$dir/log" | wc -l)" --arg s $status \
		'[.error.code // "ok", $n, if .error then .error.retryable else "-" end, $s] | map(tostring) | join(" ")' "$dir/out" >"$dir/seen"
	jq -r '[.attempts[].code] | join(" ")' "$dir/out" >"$dir/tries"
}

# Whether attempts, record and table agree: check NAME WANT.
check() {
	local code n last tries
	read -r code n _ <<<"$2"
	[ "$(cat "$1/seen")" = "$2" ] || {
		echo "got $(cat "$1/seen"), want $2"
		cat "$1/err"
		return 1
	}
	last=$(wc -w <"$1/tries")
	case $code in
	ok)
		tries=$((n - 1))
		fb fb-parse <"$1/out" | grep -qx 'one two three four five six' || return
		;;
	connect) tries=3 ;; # those that were refused came to no log
	*) tries=$n ;;
	esac
	[ "$last" -eq "$tries" ] || {
		echo "attempts: $(cat "$1/tries"), $tries were due"
		return 1
	}
	# Each has the code of its own try; the last one's is the record's.
	[ "$code" = ok ] || [ "$(awk '{print $NF}' "$1/tries")" = "$code" ]
}

# bats test_tags=load
@test "each fault of fb-mock: its code, so many requests, so many attempts, no answer that is none" {
	local fault in_stream whole n=0 i bad=0 faults=() streams=() wholes=()
	while IFS='|' read -r fault in_stream whole; do
		faults+=("$fault") streams+=("$in_stream") wholes+=("$whole")
		probe "s$n" "$stream" "$fault*" --retries 2 &
		probe "w$n" "$plain" "$fault*" --retries 2 &
		n=$((n + 1))
		[ $((n % 6)) -ne 0 ] || wait
	done <<-'END'
		400|invalid_request 1 false 4|invalid_request 1 false 4
		401|auth 1 false 4|auth 1 false 4
		402|insufficient_quota 1 false 4|insufficient_quota 1 false 4
		403|auth 1 false 4|auth 1 false 4
		404|invalid_request 1 false 4|invalid_request 1 false 4
		408(retry-after-ms=1)|timeout 3 true 5|timeout 3 true 5
		413|invalid_request 1 false 4|invalid_request 1 false 4
		422|invalid_request 1 false 4|invalid_request 1 false 4
		429(retry-after=0)|rate_limit 3 true 5|rate_limit 3 true 5
		500|server 3 true 5|server 3 true 5
		502|server 3 true 5|server 3 true 5
		503|overloaded 3 true 5|overloaded 3 true 5
		504|server 3 true 5|server 3 true 5
		529|overloaded 3 true 5|overloaded 3 true 5
		refuse(60000)|connect 1 true 5|connect 1 true 5
		reset|truncated 3 true 5|truncated 3 true 5
		reset(head)|truncated 3 true 5|truncated 3 true 5
		reset(10)|truncated 3 true 5|truncated 3 true 5
		stall(accept,100)|ok 1 - 0|ok 1 - 0
		stall(head,20)|ok 1 - 0|ok 1 - 0
		stall(first,20)|ok 1 - 0|ok 1 - 0
		stall(10,20)|ok 1 - 0|ok 1 - 0
		cut(0)|truncated 3 true 5|truncated 3 true 5
		cut(10)|truncated 3 true 5|truncated 3 true 5
		cut(events=0)|truncated 3 true 5|truncated 3 true 5
		cut(events=2)|truncated 3 true 5|ok 1 - 0
		chunk|truncated 3 true 5|truncated 3 true 5
		length(+5)|ok 1 - 0|truncated 3 true 5
		length(-5)|bad_reply 1 false 4|truncated 3 true 5
		type(text/plain)|ok 1 - 0|ok 1 - 0
		json|bad_reply 1 false 4|truncated 3 true 5
		empty|bad_reply 1 false 4|bad_reply 1 false 4
		html|server 3 true 5|server 3 true 5
		error|model_error 3 true 5|model_error 3 true 5
		stream(data)|model_error 3 true 5|model_error 3 true 5
		stream(done)|model_error 3 true 5|model_error 3 true 5
		stream(line)|model_error 3 true 5|model_error 3 true 5
		stream(event)|model_error 3 true 5|model_error 3 true 5
		stream(finish)|model_error 3 true 5|model_error 3 true 5
		stream(flat)|model_error 3 true 5|model_error 3 true 5
		stream(end)|truncated 3 true 5|model_error 3 true 5
		hold(60000)|ok 1 - 0|ok 1 - 0
		drip(0)|ok 1 - 0|ok 1 - 0
		redirect(http://127.0.0.1:9/)|bad_reply 1 false 4|bad_reply 1 false 4
		garbage|bad_reply 1 false 4|bad_reply 1 false 4
	END
	wait
	for ((i = 0; i < n; i++)); do
		check "s$i" "${streams[i]}" || { echo "^ ${faults[i]}, streamed" && bad=1; }
		check "w$i" "${wholes[i]}" || { echo "^ ${faults[i]}, in one piece" && bad=1; }
	done
	[ $bad -eq 0 ]
	# No fault of fb-mock is left out.
	local name
	for name in $(sed -n '/^\.Ss Faults/,/^\.Ss /p' "$FB_ROOT/man/fb-mock.1" | sed -n 's/^\.It Cm \([a-z][a-z-]*\).*/\1/p'); do
		case $name in
		ok | endless-line | endless-comments) continue ;; # the limits of the next test
		esac
		printf '%s\n' "${faults[@]}" | grep -q "^$name" || { echo "$name is not in the table" && bad=1; }
	done
	# Nor a shape of an error in a stream.
	local shapes
	shapes=$(sed -n '/^\.It Cm stream/,/^\.It Cm hold/p' "$FB_ROOT/man/fb-mock.1" | sed -n 's/^\.Cm \([a-z]*\) ,$/\1/p')
	[ "$(wc -l <<<"$shapes")" -eq 7 ]
	for name in $shapes; do
		printf '%s\n' "${faults[@]}" | grep -qx "stream($name)" || { echo "stream($name) is not in the table" && bad=1; }
	done
	[ $bad -eq 0 ]
}

# The seven shapes at once, each from a server of its own: what one stream brings is not another's.
# bats test_tags=load
@test "the seven shapes of an error in a stream, with eight at once" {
	local shape urls=() i
	for shape in data 'done' line event finish flat end; do
		start_mock --reply 'one two three' --faults "stream($shape)*"
		urls+=("$MOCK")
	done
	start_mock --reply 'one two three'
	urls+=("$MOCK")
	for ((i = 0; i < 80; i++)); do
		jq -nc --arg n $i --arg u "${urls[i % 8]}/v1" --argjson b "$stream" \
			'{custom_id:$n,method:"POST",url:"/v1/chat/completions",body:$b,route:{ref:"m",baseUrl:$u}}'
	done >requests
	run -1 fb fb-send --no-events -q --retries 1 -j 8 requests
	jq -c . <<<"$output" >records
	[ "$(wc -l <records)" -eq 80 ]
	jq -es '[.[:8][] | .error.code // "ok"] == [range(6) | "model_error"] + ["truncated", "ok"]' records
	# each of the ten like the first, twice tried; the eighth at once
	jq -es '. as $all | all(range(80); . as $i | $all[$i] | .custom_id == "\($i)" and
		(.error.code == $all[$i % 8].error.code) and (.attempts | length) == (if $i % 8 == 7 then 0 else 2 end))' records
	jq -es 'all(.[] | select(.error == null); .response.body.choices[0].message.content == "one two three")' records
}

# bats test_tags=load
@test "a limit names its phase; only the one for a whole reply is not tried again" {
	local fault phase args n=0 i bad=0 wants=()
	while IFS='|' read -r fault phase tries args; do
		wants+=("$phase $tries")
		# shellcheck disable=SC2086
		probe "p$n" "$stream" "$fault*" --retries 1 $args &
		n=$((n + 1))
	done <<-'END'
		stall(head)|first_byte|2|--first-byte-timeout 0.2
		stall(20)|idle|2|--idle-timeout 0.2
		endless-comments|stall|2|--stall-timeout 0.3
		stall(head)|total|1|--timeout 0.3
		stall(first)|total|1|--timeout 0.3
		endless-comments|total|1|--timeout 0.5
		stall(head)|total|1|--deadline 0.3
		hold(60000),stall(20)|idle|2|--idle-timeout 0.3
	END
	wait
	for ((i = 0; i < n; i++)); do
		[ $i -ne 7 ] || continue # its first one is an answer, though the server holds on
		jq -e --arg want "${wants[i]}" '.error.code == "timeout" and .error.retryable and
			"\(.error.phase) \(.attempts | length)" == $want and all(.attempts[]; .code == "timeout")' "p$i/out" || {
			echo "${wants[i]}" && cat "p$i/out" && bad=1
		}
	done
	jq -e '.error == null' p7/out
	jq -e '.error.message | test("deadline of 0.3 s")' p6/out
	[ $bad -eq 0 ]
	perl "$FB_ROOT/tests/serve.pl" --full >port 2>/dev/null 3>&- &
	FB_PIDS+=("$!")
	until_true '[ -s port ]'
	run -5 fb fb-send --base-url "http://127.0.0.1:$(cat port)/v1" -m m -q --retries 1 --connect-timeout 0.3 <<<"$plain"
	jq -e '.error.phase == "connect" and .response == null and (.attempts | length) == 2' <<<"$output"
}

@test "a line without an end is no answer, and isn't read for long" {
	probe a "$stream" 'endless-line*' --retries 2 --timeout 60
	check a 'bad_reply 1 false 4'
	jq -e '.error.message | test("over 16 MB")' a/out
	[ "$(wc -c <a/out)" -lt 10000 ]
}

@test "a kept connection that ends before any reply is replaced by a new one, which is no try" {
	start_mock --faults 'ok,reset,ok,reset'
	several 2 >two
	send -j 1 --retries 0 two
	[ "$(codes)" = '2 ok 0 -' ]
	[ "$(wc -l <"$MOCK_LOG")" -eq 3 ]
	# A new one that ends so is a try.
	run -5 send -j 1 --retries 0 <<<"$plain"
	[ "$(codes)" = '1 truncated 1 true' ]
}

# bats test_tags=memory
@test "attempts: each failed try with who, status, code, its time and the wait behind it" {
	start_mock --faults 'reset,429(retry-after-ms=120),503(retry-after-ms=50)'
	send --retries 3 <<<"$plain"
	jq -e '.error == null and (.attempts | length) == 3 and
		(.attempts | map([.ref, .status, .code])) == [["m",null,"truncated"],["m",429,"rate_limit"],["m",503,"overloaded"]] and
		all(.attempts[]; .ms >= 0 and (.ms | type) == "number" and .wait_ms >= 0 and (keys - ["ref","status","code","ms","wait_ms"]) == []) and
		.attempts[1].wait_ms >= 120 and .attempts[2].wait_ms >= 50 and
		.timing.queued_ms >= 170' out
	stop_mock
	start_mock --faults '500*'
	run -5 send --retries 1 <<<"$plain"
	jq -e '(.attempts | map(.code)) == ["server","server"] and .attempts[1].wait_ms == 0 and .response.status_code == 500' out
}

# --- what the server says of trying again

@test "Retry-After in seconds, milliseconds and as a date is the least wait" {
	local date
	probe s "$plain" '429(retry-after=1)' &
	probe f "$plain" '503(retry-after=0.7)' &
	probe m "$plain" '429(retry-after-ms=700,retry-after=60)' &
	date=$(date -u -d '+3 seconds' '+%a, %d %b %Y %H:%M:%S GMT')
	probe d "$plain" "503(retry-after=\"$date\")" &
	probe g "$plain" '429(retry-after="Thu, 01 Jan 1970 00:00:00 GMT")' &
	wait
	local name
	for name in s f m d g; do [ "$(cat $name/seen)" = 'ok 2 - 0' ]; done
	jq -e '.attempts[0].wait_ms | . >= 1000 and . < 1200' s/out
	jq -e '.attempts[0].wait_ms | . >= 700 and . < 900' f/out
	jq -e '.attempts[0].wait_ms | . >= 700 and . < 900' m/out
	jq -e '.attempts[0].wait_ms | . > 800 and . <= 3000' d/out
	jq -e '.attempts[0].wait_ms <= 500' g/out
	jq -e '.timing.queued_ms >= 1000' s/out
}

@test "more than 120 seconds of it fails at once; so does quota, and a server error that is the client's" {
	probe a "$plain" '429(retry-after=121)*' &
	probe b "$plain" '503(retry-after-ms=120001)*' &
	probe c "$plain" '500(x-should-retry=false)*' &
	probe d "$plain" '400(x-should-retry=true),ok' &
	probe e "$plain" '401(x-should-retry=true)*' --retries 1 &
	probe f "$plain" '503*' --retries 0 &
	wait
	check a 'rate_limit 1 true 5'
	check b 'overloaded 1 true 5'
	check c 'server 1 true 5'
	check d 'ok 2 - 0'
	check e 'auth 2 false 4'
	check f 'overloaded 1 true 5'
	serve
	reply quota '429 Too Many Requests' 'Retry-After: 0' <<<'{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}'
	reply mine '500 Internal Server Error' <<<"{\"error\":{\"code\":500,\"message\":\"Failed to parse messages: Missing 'role'\",\"type\":\"server_error\"}}"
	run -4 to quota -q
	jq -e '.error.code == "insufficient_quota" and (.attempts | length) == 1' <<<"$output"
	run -4 to mine -q
	jq -e '.error.code == "invalid_request" and (.attempts | length) == 1' <<<"$output"
	[ "$(served)" -eq 2 ]
}

@test "--deadline: all tries and waits together" {
	start_mock --faults '503(retry-after=1)*'
	run -5 send --retries 9 --deadline 2.5 <<<"$plain"
	# The third wait would end behind it.
	jq -e '.error.code == "overloaded" and (.attempts | length) == 3 and .attempts[2].wait_ms == 0 and .timing.queued_ms < 2500' out
	stop_mock
	# One whose turn doesn't come: the only place is taken.
	start_mock --delay 1500
	several 2 >two
	run -5 send -j 1 --deadline 1 --retries 0 two
	jq -es 'all(.[]; .error.code == "timeout" and .error.phase == "total" and .response == null) and
		(map(.attempts | length) == [1,0])' out
}

# --- a server that isn't up yet

@test "--wait: a server that comes after a second, and one that loads, cost no try" {
	start_mock
	local port=${MOCK##*:} dir
	stop_mock
	several 3 >three
	(
		sleep 1
		exec "${FB_PREFIX[@]}" "$FB_BIN/fb-mock" --port "$port" --profile llamacpp --loading 5
	) >late 2>&1 3>&- &
	FB_PIDS+=("$!")
	send --wait 20 --retries 0 -j 3 three || cat out late
	[ "$(codes)" = '3 ok 0 -' ]
	# Up once, it has no such time any more.
	stop_mock
	start_mock --faults 'ok,503*'
	run -1 send --wait 20 --retries 0 -j 1 three
	[ "$(codes)" = $'1 ok 0 -\n2 overloaded 1 true' ]
	stop_mock
	run -5 send --wait 0.6 --retries 0 -j 1 -q <<<"$plain"
	jq -e '.error.code == "connect" and (.attempts | length) == 1 and .timing.queued_ms > 400' out
	run -5 send --wait 60 --deadline 0.6 -q <<<"$plain"
	jq -e '.error.code == "connect"' out
}

@test "--wait: what a loading server refused says nothing of its limit" {
	start_mock --profile llamacpp --loading 40 --delay 100
	several 40 >requests
	send --wait 30 -j 20 --retries 0 requests
	[ "$(codes)" = '40 ok 0 -' ]
	# Were the pace halved each time, they would come one after the other: four seconds.
	jq -es 'map(.timing.started + .timing.total_ms / 1000) | max - min < 2' out
}

# --- the run is stopped

# bats test_tags=memory
@test "twenty in a row that can't connect stop the run; the rest is skipped, with its request" {
	start_mock
	stop_mock
	several 30 >requests
	run -5 send --retries 0 -j 4 requests
	[ "$(wc -l <out)" -eq 30 ]
	[ "$(jq -r .custom_id out)" = "$(seq 30)" ]
	jq -es '[.[] | select(.error.code == "connect")] | length | . >= 20 and . < 24' out
	jq -es 'all(.[] | select(.error.code != "connect"); .error.code == "skipped" and .error.retryable and
		(.error.message | test("20 requests in a row could not connect")) and .response == null and .attempts == [])' out
	jq -es 'all(.[]; .request.body.messages[0].content == "hi" and .request.method == "POST")' out
	[ "$(grep -c 'fb-send: 20 requests in a row could not connect: the run is stopped' err)" -eq 1 ]
	grep -q -- '--retry-failed FILE sends it' err
	# What was skipped is sent by that.
	start_mock --port "${MOCK##*:}"
	mv out file
	fb fb-send --base-url "$MOCK/v1" -m m --retry-failed file
	jq -es 'length == 30 and all(.[]; .error == null)' file
	[ "$(wc -l <"$MOCK_LOG")" -eq 30 ]
}

@test "twenty refused keys stop the run; nineteen and an answer don't" {
	start_mock --faults '401*20'
	several 60 >requests
	run -5 send -j 1 requests
	[ "$(codes)" = $'20 auth 1 false\n40 skipped 0 true' ]
	[ "$(wc -l <"$MOCK_LOG")" -eq 20 ]
	grep -q 'fb-send: 20 requests in a row had their key refused: the run is stopped' err
	stop_mock
	start_mock --faults '401*19,ok,401*19,ok*'
	run -1 send -j 1 requests
	[ "$(codes)" = $'38 auth 1 false\n22 ok 0 -' ]
}

@test "--max-failures: one more stops the run, the number and the share" {
	start_mock --faults '400*3,ok,400*'
	several 50 >requests
	run -1 send -j 1 --max-failures 3 requests
	[ "$(codes)" = $'4 invalid_request 1 false\n1 ok 0 -\n45 skipped 0 true' ]
	grep -q 'fb-send: 4 of 5 requests failed, more than --max-failures 3: the run is stopped' err
	stop_mock
	start_mock --faults 'ok*15,400*5,400*'
	run -1 send -j 1 --max-failures 25% requests
	# Five of twenty are a quarter, six of 21 are more.
	[ "$(codes)" = $'6 invalid_request 1 false\n15 ok 0 -\n29 skipped 0 true' ]
	stop_mock
	rm "$MOCK_LOG"
	start_mock --faults '400*'
	run -4 send -j 2 --max-failures 0 --resume file requests
	# What was not sent is left for the same command.
	[ "$(wc -l <file)" -le 2 ]
	[ "$(wc -l <"$MOCK_LOG")" -le 2 ]
	# All were read before the last of them failed.
	several 8 >requests
	run -5 send -j 2 --max-failures 0 requests
	jq -es '[.[] | select(.error.code == "skipped")] | length >= 6' out
}

# --- the pace

# limited MOST MS [SECONDS] - tests/limited.pl; LIMITED is its URL, `seen` its lines.
limited() {
	perl "$FB_ROOT/tests/limited.pl" "$@" >seen 3>&- &
	FB_PIDS+=("$!")
	until_true '[ -s seen ]'
	LIMITED=http://127.0.0.1:$(head -n 1 seen)
}

@test "a server that takes six at once gets about six: few are refused, all are answered" {
	limited 6 50
	several 200 >requests
	fb fb-send --base-url "$LIMITED/v1" -m m -j 32 --retries 8 requests >out
	[ "$(jq -s 'map(select(.error == null)) | length' out)" -eq 200 ]
	[ "$(grep -c ' 200 ' seen)" -eq 200 ]
	# All of the first 26 too many, and then an attempt at more now and again.
	[ "$(grep -c ' 429 ' seen)" -lt 60 ]
	# The server was kept busy.
	[ "$(awk '$2 == 200 && $3 >= 2' seen | wc -l)" -gt 120 ]
}

@test "Retry-After makes all requests to that server wait" {
	start_mock --faults 'ok*3,429(retry-after=2),ok*' --delay 30
	several 40 >requests
	send -j 4 --retries 3 requests
	[ "$(jq -s 'map(select(.error == null)) | length' out)" -eq 40 ]
	# From the refusal on (a few were under way) nothing starts for two seconds.
	jq -es 'map(.timing.started) | sort | [., .[1:]] | transpose | map(select(.[1] != null) | .[1] - .[0]) | max > 1.8' out
	jq -es 'map(.timing.started) | sort | . as $t | ([range(1; length) | select($t[.] - $t[. - 1] > 1.8)][0]) < 12' out
}

@test "--rpm and --tpm: so many a minute" {
	local began took
	start_mock
	several 30 >requests
	began=$(date +%s%N)
	send -j 16 --rpm 600 requests
	took=$((($(date +%s%N) - began) / 1000000))
	[ "$(codes)" = '30 ok 0 -' ]
	# Ten may come at once, the others a tenth of a second apart.
	[ $took -ge 1900 ]
	[ $took -lt 6000 ]
	jq -es 'map(.timing.started) | sort | .[29] - .[0] >= 1.9' out
	# 10 tokens a second; each uses 10 by the server's own count, and 100 are saved up.
	limited 100 5
	jq -c '.body.max_tokens = 5' requests | head -n 12 >twelve
	fb fb-send --base-url "$LIMITED/v1" -m m -j 16 --tpm 600 twelve >out
	jq -es 'all(.[]; .error == null) and (map(.timing.started) | sort | .[11] - .[0] | . > 0.5 and . < 12)' out
}

# --- events and order

# bats test_tags=memory
@test "a stream that broke after it was shown is followed by restart, then by another" {
	start_mock --reply 'one two three four' --faults 'cut(events=3),stream(data),ok'
	fb fb-send --base-url "$MOCK/v1" -m m --events <<<"$stream" >out
	jq -es '[.[] | select(.event == "restart")] | length == 2' out
	jq -es '.[-1].error == null and (.[-1].attempts | map(.code)) == ["truncated","model_error"]' out
	# What comes behind the last restart is the answer.
	jq -es '. as $all | (map(.event == "restart") | rindex(true)) as $at |
		[$all[$at + 1:-1][].event.choices[]?.delta.content // empty] | join("") == "one two three four"' out
	run -0 fb fb-parse <out
	[ "$output" = 'one two three four' ]
	# Nothing was shown of a try that got no stream: there is nothing to take back.
	stop_mock
	start_mock --reply 'one two' --faults '503(retry-after-ms=1)'
	fb fb-send --base-url "$MOCK/v1" -m m --events <<<"$stream" >out
	run -1 grep restart out
	grep -q '"event":' out
}

@test "--events=always: those of several requests, each with its id, before its record" {
	start_mock --reply 'one two three' --faults 'cut(events=3),ok*' --tps 50
	local i
	for i in 1 2 3 4 5 6; do echo "{\"custom_id\":\"r$i\",\"body\":$stream}"; done >requests
	send --events=always -j 6 requests
	jq -es 'group_by(.custom_id) | length == 6 and all(.[];
		(.[-1] | has("event") | not) and .[-1].error == null and all(.[:-1][]; has("event")) and
		((map(.event == "restart") | rindex(true)) as $at | [.[($at // -1) + 1:-1][].event.choices[]?.delta.content // empty] |
		join("") == "one two three"))' out
	jq -es '[.[] | select(.event == "restart")] | length == 1' out
	jq -r 'select(has("event") | not) | .custom_id' out | paste -sd ' ' | grep -x 'r1 r2 r3 r4 r5 r6'
}

@test "order: one slow request holds up the output, not the others; --unordered not even that" {
	start_mock --faults 'ok*2,stall(head,1500),ok*'
	several 60 >requests
	send -j 4 requests
	[ "$(jq -r .custom_id out)" = "$(seq 60)" ]
	# Meanwhile all others were answered.
	jq -es '(map(.timing.total_ms) | max) as $slow | $slow >= 1500 and
		(map(select(.timing.total_ms < $slow) | .timing.started + .timing.total_ms / 1000) | max) <
		(map(select(.timing.total_ms == $slow)) | .[0].timing.started + 1.5)' out
	stop_mock
	start_mock --faults 'ok*2,stall(head,1500),ok*'
	send -j 4 --unordered requests
	[ "$(jq -r .custom_id out | sort -n)" = "$(seq 60)" ]
	jq -es '.[-1].timing.total_ms >= 1500' out
}

@test "--reorder-bytes: no more are started than may wait, and all come" {
	start_mock --faults 'stall(head,1000),ok*' --reply "$(head -c 2000 /dev/zero | tr '\0' x)"
	several 100 >requests
	send -j 4 --reorder-bytes 8k requests
	[ "$(jq -r .custom_id out)" = "$(seq 100)" ]
	# While the first held them up only a few were sent: 8k, and those under way.
	jq -es '(.[0].timing.started + 0.9) as $till | [.[] | select(.timing.started < $till)] | length < 14' out
	jq -es 'all(.[]; .error == null)' out
}

# --- the same with many at once

@test "what streams bring is the same with one at a time and with eight" {
	serve
	stream cut <<-'END'
		{"choices":[{"index":0,"delta":{"content":"a"}}]}
	END
	local n=0 name
	stream pair <<-'END'
		{"choices":[{"index":0,"delta":{"content":"a\ud83d"}}]}
		{"choices":[{"index":0,"delta":{"content":"\ude00b"},"finish_reason":"stop"}]}
		[DONE]
	END
	stream many <<-'END'
		{"choices":[{"index":1,"delta":{"content":"b1"}}]}
		{"choices":[{"index":0,"delta":{"content":"a1"}}]}
		{"choices":[{"index":1,"delta":{"content":"b2"},"finish_reason":"stop"},{"index":0,"delta":{"content":"a2"},"finish_reason":"length"}]}
		[DONE]
	END
	stream calls <<-'END'
		{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c0","function":{"name":"add","arguments":"{\"a\":"}}]}}]}
		{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c1","function":{"name":"sub","arguments":"{}"}},{"index":0,"id":null,"function":{"arguments":"1}"}}]}}]}
		{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
		[DONE]
	END
	# the seven shapes of an error in a stream (ENGINES 2.3), the last of them `cut`
	stream data <<-'END'
		{"choices":[{"index":0,"delta":{"content":"a"}}]}
		{"error":{"message":"went wrong"}}
	END
	stream both <<-'END'
		{"choices":[{"index":0,"delta":{"content":"a"}}]}
		{"error":{"message":"went wrong"}}
		[DONE]
	END
	stream finish <<-'END'
		{"choices":[{"index":0,"delta":{"content":"a"}}]}
		{"choices":[{"index":0,"delta":{"content":"Error: went wrong"},"finish_reason":"error"}]}
		[DONE]
	END
	stream flat <<-'END'
		{"choices":[{"index":0,"delta":{"content":"a"}}]}
		{"error_type":"x","error_message":"went wrong"}
	END
	printf 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\nerror: {"message":"went wrong"}\n\ndata: [DONE]\n\n' | reply line '200 OK'
	printf 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\nevent: error\ndata: {"message":"went wrong"}\n\n' | reply event '200 OK'
	local names=(pair many calls cut data both line event finish flat)
	for name in "${names[@]}" "${names[@]}"; do
		n=$((n + 1))
		jq -nc --arg n $n --arg u "$SERVE/$name/v1" --argjson b "$stream" \
			'{custom_id:$n,method:"POST",url:"/v1/chat/completions",body:$b,route:{ref:$u,baseUrl:$u}}'
	done >requests
	for n in 1 8; do
		run -1 fb fb-send --no-events -q --retries 1 -j $n requests
		jq -c 'del(.timing) | .attempts |= map(del(.ms, .wait_ms))' <<<"$output" >"got$n"
	done
	[ "$(wc -l <got1)" -eq 20 ]
	diff got1 got8
	jq -es 'map(.error.code // "ok") | .[:10] == ["ok","ok","ok","truncated"] + [range(6) | "model_error"]' got8
	jq -es '.[4:10] | all(.[]; (.error.message | test("went wrong")) and (.attempts | length) == 2)' got8
	jq -es '.[0].response.body.choices[0].message.content == "a😀b"' got8
}
