# Killed at any point, the file of --resume goes on: nothing is lost, nothing is
# there twice.  kill.sh does the killing and the counting.  FB_SWEEP=1
# takes more requests and more moments.

load helper

setup() {
	fb_setup
	stand_in=$FB_BIN/../unit/journal	# it answers each request at once
}

# requests N [BYTES] - N request records, two of a body, which is that large
requests() {
	awk -v n="$1" -v size="${2:-1}" 'BEGIN {
		for (text = "x"; length(text) < size; text = text text) { }
		for (i = 1; i <= n; i++)
			printf "{\"custom_id\":\"c%d\",\"body\":{\"n\":\"%s%d\"}}\n", i, text, i / 2
	}'
}

@test "killed at each write, then run again: each request has one record" {
	traced
	requests 20 >in.jsonl
	run -0 sh "$FB_ROOT/tests/kill.sh" in.jsonl run.jsonl "$stand_in" run.jsonl
	[ "$output" = "killed 20 times, 0 torn lines" ]
}

@test "killed again and again while it opens, locks, syncs and closes" {
	traced
	requests 5 | sed 's/"custom_id":"c[0-9]*",//' >in.jsonl
	run -0 sh "$FB_ROOT/tests/kill.sh" -k 3 -e openat,fcntl,fsync,close in.jsonl run.jsonl "$stand_in" run.jsonl
	[[ $output =~ ^killed\ ([0-9]+)\ times ]]
	[ "${BASH_REMATCH[1]}" -ge 12 ]
}

@test "killed at random, records of a megabyte: a torn line is sent again" {
	requests 12 1000000 >in.jsonl
	run sh "$FB_ROOT/tests/kill.sh" -r 6 -k 3 in.jsonl run.jsonl "$stand_in" run.jsonl
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ^killed\ ([0-9]+)\ times ]]
	[ "${BASH_REMATCH[1]}" -ge 1 ]
}

# --- fb-send itself, and a server that counts

# messages N [BYTES] - N lines of the Batch format, each with a text of its own, about that large
messages() {
	awk -v n="$1" -v size="${2:-1}" 'BEGIN {
		for (text = "x"; length(text) < size; text = text text) { }
		for (i = 1; i <= n; i++)
			printf "{\"custom_id\":\"c%d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"%s%d\"}]}}\n", i, substr(text, 1, size), i
	}'
}

# kill_send JOBS [OPTION OF kill.sh]... - what it printed is in $output
kill_send() {
	local jobs=$1
	shift
	: >"$MOCK_LOG"
	run sh "$FB_ROOT/tests/kill.sh" -l "$MOCK_LOG" -j "$jobs" "$@" in.jsonl run.jsonl \
		"$FB_BIN/fb-send" -q -j "$jobs" -H 'X-Run: {}' --base-url "$MOCK/v1" -m m --resume run.jsonl
	echo "-j $jobs $*: $output"
	# shellcheck disable=SC2154
	[ "$status" -eq 0 ]
}

# at_least N - so often it was killed
at_least() {
	[[ $output =~ ^killed\ ([0-9]+)\ times ]]
	[ "${BASH_REMATCH[1]}" -ge "$1" ]
}

@test "fb-send killed at each write, 1, 8 and 64 at once: nothing is lost, nothing there twice, few sent again" {
	local jobs n=12
	[ -z "${FB_SWEEP:-}" ] || n=70
	traced
	start_mock
	messages $n >in.jsonl
	for jobs in 1 8 64; do
		kill_send $jobs
		[[ $output == "killed $n times, 0 torn lines, "* ]]
	done
}

@test "fb-send killed at each read, send and sync" {
	local calls=sendto,fsync
	[ -z "${FB_SWEEP:-}" ] || calls=sendto,fsync,recvfrom,poll,openat,fcntl,close,read
	traced
	start_mock
	messages 5 >in.jsonl
	kill_send 8 -k 2 -e $calls
	at_least 10
}

@test "fb-send killed at each write of a record of a megabyte" {
	local jobs n=4
	[ -z "${FB_SWEEP:-}" ] || n=10
	traced
	start_mock
	messages $n 1000000 >in.jsonl
	for jobs in 1 8 64; do
		kill_send $jobs
		[[ $output == "killed $n times, 0 torn lines, "* ]]
	done
}

@test "fb-send killed at random, small records and those of a megabyte" {
	local jobs rounds=5
	[ -z "${FB_SWEEP:-}" ] || rounds=12
	start_mock
	for jobs in 1 8 64; do
		messages 150 >in.jsonl
		kill_send $jobs -r $rounds -k 2
		at_least 1
		messages 10 1000000 >in.jsonl
		kill_send $jobs -r $rounds -k 2
		at_least 1
	done
}

@test "fb-send --retry-failed killed at each call: the file is as it was or as it will be, and what is left beside it goes with the next run" {
	local call n left=0
	traced
	messages 6 100000 >in.jsonl
	fb fb-send -q --retries 0 --base-url http://127.0.0.1:1/v1 -m m <in.jsonl >failed || [ $? -eq 5 ]
	start_mock
	for call in write fsync rename fcntl unlink; do
		for ((n = 1; ; n++)); do
			rm -f run.jsonl*
			cp failed run.jsonl
			# One that was killed before: it is taken away, or the kill comes first.
			[ $call != unlink ] || echo half >run.jsonl.fb-new
			run strace -f -qq -o trace -e trace=$call -e signal=none -e "inject=$call:signal=SIGKILL:when=$n" \
				"$FB_BIN/fb-send" -q -j 2 --base-url "$MOCK/v1" -m m --retry-failed run.jsonl
			[ "$status" -eq 137 ] || break
			cmp -s failed run.jsonl || jq -es 'length == 6 and all(.error == null)' run.jsonl
			[ ! -e run.jsonl.fb-new ] || left=$((left + 1))
			run -0 fb fb-send -q -j 2 --base-url "$MOCK/v1" -m m --retry-failed run.jsonl
			[ "$(jq -r 'select(.error == null) | .custom_id' run.jsonl | paste -sd ' ')" = "c1 c2 c3 c4 c5 c6" ]
			[ -z "$(find . -name 'run.jsonl.*')" ]
		done
		echo "$call: killed $((n - 1)) times, $left left beside the file"
		[ "$status" -eq 0 ]
		[ "$n" -gt 1 ]
	done
	[ $left -ge 8 ]
}

@test "what is in the way of --retry-failed's new file is named, and stays" {
	start_mock
	messages 1 >in.jsonl
	fb fb-send -q --retries 0 --base-url http://127.0.0.1:1/v1 -m m <in.jsonl >run.jsonl || [ $? -eq 5 ]
	mkdir run.jsonl.fb-new
	touch run.jsonl.backup run.jsonl.abcdef
	run -3 fb fb-send --base-url "$MOCK/v1" -m m --retry-failed run.jsonl
	[[ $output == *"run.jsonl: "*".fb-new is in the way"* ]]
	rmdir run.jsonl.fb-new
	echo half >run.jsonl.fb-new
	run -5 fb fb-send -q --base-url "$MOCK/v1" -m m --resume run.jsonl in.jsonl
	[ "$(echo run.jsonl*)" = "run.jsonl run.jsonl.abcdef run.jsonl.backup" ]
}

# The judge itself must see what it is there for.
# judged SCRIPT - kill.sh and a command that kills itself, and logs what it sends by `sent N`
judged() {
	: >log
	rm -f run.jsonl
	run sh "$FB_ROOT/tests/kill.sh" -s -l log -j 2 in.jsonl run.jsonl sh -c \
		"sent() { yes {} | head -n \$1 >>log; }; $1"
}

# early N - a first run that sends N requests, writes one record and is killed
early() {
	echo "[ -e run.jsonl ] || { sent $1; head -n 1 in.jsonl >run.jsonl; kill -9 \$\$; };"
}

@test "kill.sh sees requests that are sent again without need" {
	local rest='tail -n 2 in.jsonl >>run.jsonl'
	requests 3 >in.jsonl
	judged "$(early 3) sent 2; $rest"
	[ "$status $output" = "0 killed 1 times, 0 torn lines, 2 sent again, at most 2 after a kill" ]
	judged "$(early 4) sent 2; $rest"
	[[ $status == 1 && $output == *"3 requests without a record after a run that was killed, 2 at once" ]]
	judged "$(early 1) sent 3; $rest"
	[[ $status == 1 && $output == *"1 requests without a record after a run that wasn't" ]]
	judged "$(early 1) $rest"
	[[ $status == 1 && $output == *"0 of its requests are in the log" ]]
}

@test "kill.sh sees a record that a later run threw away, and a file that is left" {
	requests 3 >in.jsonl
	rm -f run.jsonl
	run -1 sh "$FB_ROOT/tests/kill.sh" -s in.jsonl run.jsonl sh -c \
		'[ -e run.jsonl ] || { head -n 1 in.jsonl >run.jsonl; kill -9 $$; }; tac in.jsonl >run.jsonl'
	[[ $output == *"what was there isn't any more"* ]]
	run -1 sh "$FB_ROOT/tests/kill.sh" -s in.jsonl run.jsonl sh -c 'cat in.jsonl >run.jsonl; touch run.jsonl.new'
	[[ $output == *"run.jsonl.new is left" ]]
}

@test "kill.sh sees a line that is lost, one that is there twice, a wrong id and a status" {
	local fault
	requests 3 >in.jsonl
	for fault in 'head -n 2 in.jsonl' 'cat in.jsonl; head -n 1 in.jsonl' 'sed s/c2/c9/ in.jsonl' 'cat in.jsonl; exit 3'; do
		run -1 sh "$FB_ROOT/tests/kill.sh" -s in.jsonl run.jsonl sh -c "{ $fault; } >run.jsonl"
	done
	run -0 sh "$FB_ROOT/tests/kill.sh" -s in.jsonl run.jsonl sh -c 'cat in.jsonl >run.jsonl'
}
