# What ends fb-send before its input does: ^C, a reader that goes away, a disk
# that is full.  Each may come at any time: what is written is whole, nothing is
# lost silently, and the status says it.  FB_SWEEP=1 takes more moments.

load helper

# messages N - N lines of the Batch format, ids c1, c2 ...
messages() {
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "{\"custom_id\":\"c%d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"question %d\"}]}}\n", i, i
	}'
}

# send [OPTION]... - fb-send from in.jsonl, in the background; sets pid
send() {
	# An interactive shell's: a background job would ignore SIGINT.
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "${FB_PREFIX[@]}" "$FB_BIN/fb-send" --base-url "$MOCK/v1" -m m "$@" <in.jsonl >out 2>err 3>&- &
	pid=$!
}

# ended - waits for it; sets status
ended() {
	status=0
	wait "$pid" || status=$?
}

# pause - a moment, of up to about what a run takes
pause() {
	sleep "0.$(printf %03d $((RANDOM % 250)))"
}

# interrupt TIMES - at a moment of its own; sets status: 130, or 0 if it was done by then
interrupt() {
	local i
	for ((i = 0; i < $1; i++)); do
		pause
		kill -s INT "$pid" 2>/dev/null || true
	done
	ended
	[ "$status" -eq 130 ] || [ "$status" -eq 0 ]
}

# first_ids FILE - its ids are c1, c2 ... without a gap
first_ids() {
	jq -r .custom_id "$1" >ids
	[ "$(cat ids)" = "$([ ! -s ids ] || seq -f 'c%g' "$(wc -l <ids)")" ]
}

in_time() {
	[ $((SECONDS - began)) -lt 8 ] || {
		echo "it took $((SECONDS - began)) s"
		return 1
	}
}

rounds=4
[ -z "${FB_SWEEP:-}" ] || rounds=25

@test "^C once or twice, at any time: what was read has its record, in order" {
	local i
	start_mock --delay 20
	messages 60 >in.jsonl
	for ((i = 0; i < rounds; i++)); do
		send -j 5
		interrupt $((i % 2 + 1))
		first_ids out
		jq -es 'all(.error == null or .error.code == "interrupted")' out
		[ "$status" -ne 0 ] || [ "$(wc -l <out)" -eq 60 ]
		# One that came before fb-send listened says nothing; one that came behind the last reply has nothing to say.
		[ "$status" -eq 0 ] || [ ! -s err ] || grep -q 'inputs were read; .*fb-send --retry-failed FILE sends it' err ||
			[ "$(jq -s 'map(select(.error == null)) | length' out)" -eq 60 ]
	done
}

@test "^C once or twice with --unordered: the same, in any order" {
	local i
	start_mock --delay 20
	messages 60 >in.jsonl
	for ((i = 0; i < rounds; i++)); do
		send -j 5 --unordered
		interrupt $((i % 2 + 1))
		jq -cs 'sort_by(.custom_id[1:] | tonumber) | .[]' out >sorted
		first_ids sorted
		[ "$status" -ne 0 ] || [ "$(wc -l <out)" -eq 60 ]
	done
}

@test "^C once or twice with -o: the file is there only when all is done" {
	local i
	start_mock --delay 20
	messages 60 >in.jsonl
	for ((i = 0; i < rounds; i++)); do
		rm -f file
		send -j 5 -o file
		interrupt $((i % 2 + 1))
		if [ "$status" -eq 0 ]; then
			[ "$(wc -l <file)" -eq 60 ]
		else
			[ ! -e file ]
			[ ! -s err ] || grep -q 'file was not written: with --resume FILE' err
		fi
		[ -z "$(find . -name 'file.*')" ]
	done
}

@test "^C once or twice with --resume: the same command goes on, and each request has one record" {
	local i k
	start_mock --delay 20
	messages 60 >in.jsonl
	for ((i = 0; i < rounds; i++)); do
		rm -f run.jsonl
		: >"$MOCK_LOG"
		for ((k = 1; k < 50; k++)); do
			send -j 5 --resume run.jsonl
			interrupt $((i % 2 + 1))
			[ -e run.jsonl ] || continue # it came before fb-send listened
			jq -es 'all(.error == null)' run.jsonl
			[ "$status" -ne 0 ] || break
			[ ! -s err ] || grep -q 'the same command goes on where this one stopped' err || [ "$(wc -l <run.jsonl)" -eq 60 ]
		done
		[ "$status" -eq 0 ]
		[ "$(jq -r .custom_id run.jsonl | sort -u | wc -l)" -eq 60 ]
		[ "$(wc -l <run.jsonl)" -eq 60 ]
		# Once: what is under way is waited for.
		[ $((i % 2)) -eq 1 ] || [ "$(wc -l <"$MOCK_LOG")" -eq 60 ]
		[ "$(wc -l <"$MOCK_LOG")" -le $((60 + 5 * k)) ]
	done
}

@test "^C once or twice with --retry-failed: all records stay, in order, until all is done" {
	local i k
	start_mock --delay 20
	messages 60 >in.jsonl
	fb fb-send -q --retries 0 --base-url http://127.0.0.1:1/v1 -m m --max-failures 1000 <in.jsonl >failed || [ $? -eq 5 ]
	for ((i = 0; i < rounds; i++)); do
		cp failed run.jsonl
		for ((k = 1; k < 50; k++)); do
			send -j 5 --retry-failed run.jsonl
			interrupt $((i % 2 + 1))
			first_ids run.jsonl
			[ "$(wc -l <run.jsonl)" -eq 60 ]
			jq -es 'map(.error.code) - [null, "connect", "skipped"] == []' run.jsonl
			[ "$status" -ne 0 ] || break
		done
		[ "$status" -eq 0 ]
		jq -es 'all(.error == null)' run.jsonl
	done
}

@test "a reader that goes away at any time: quiet, 141, and soon" {
	local i began
	start_mock --delay 5
	messages 300 >in.jsonl
	for ((i = 0; i < rounds; i++)); do
		for order in '' --unordered; do
			# shellcheck disable=SC2086
			fb fb-send -j 4 $order --base-url "$MOCK/v1" -m m <in.jsonl 2>err | head -n $((RANDOM % 60 + 1)) >out
			[ "${PIPESTATUS[0]}" -eq 141 ]
			[ ! -s err ]
			jq -es 'length >= 1' out
		done
	done
	stop_mock
	# What is under way is not waited for.
	start_mock --faults 'ok,ok,stall(first,60000),stall(first,60000),ok'
	began=$SECONDS
	fb fb-send -j 4 --unordered --base-url "$MOCK/v1" -m m <in.jsonl 2>err | head -n 1 >out
	[ "${PIPESTATUS[0]}" -eq 141 ]
	[ ! -s err ]
	in_time
}

# bats test_tags=memory
@test "an output that takes no more: status 3, what was written last, and soon" {
	local began=$SECONDS
	# The third is tried again in a minute, the fourth doesn't come.
	start_mock --faults 'ok,ok,503(retry-after=60),stall(first,60000),ok'
	messages 100 >in.jsonl
	run -3 --separate-stderr sh -c 'fb-send -j 4 --base-url "$MOCK/v1" -m m --unordered <in.jsonl >/dev/full'
	# shellcheck disable=SC2154
	[ "$stderr" = "fb-send: standard output: No space left on device" ]
	in_time
}

@test "EFBIG: stdout, -o, --resume and --retry-failed" {
	start_mock
	messages 40 >in.jsonl
	run -3 --separate-stderr bash -c 'ulimit -f 8; fb-send -j 1 --base-url "$MOCK/v1" -m m <in.jsonl >cut'
	[[ $stderr == "fb-send: standard output: "*"fb-send: the last record that was written whole is that of c$(wc -l <./cut)" ]]
	run -3 --separate-stderr bash -c 'ulimit -f 8; fb-send --base-url "$MOCK/v1" -m m -o file <in.jsonl'
	[ ! -e file ]
	run -3 --separate-stderr bash -c 'ulimit -f 8; fb-send -j 1 --base-url "$MOCK/v1" -m m --resume run.jsonl <in.jsonl'
	[[ $stderr == *"fb-send: run.jsonl: "*"fb-send: the last record that was written whole is that of c$(wc -l <run.jsonl)" ]]
	[ "$(tail -c 1 run.jsonl)" = '' ]
	first_ids run.jsonl
	run -0 fb fb-send --base-url "$MOCK/v1" -m m --resume run.jsonl in.jsonl
	[ "$(jq -r .custom_id run.jsonl | sort -u | wc -l)" -eq 40 ]
	[ "$(wc -l <run.jsonl)" -eq 40 ]
	jq -c 'if .custom_id == "c20" then .error = {code: "server", message: "m"} | .request = {url: "/v1/chat/completions", body: {messages: []}} else . end' run.jsonl >failed
	cp failed run.jsonl
	run -3 --separate-stderr bash -c 'ulimit -f 8; fb-send --base-url "$MOCK/v1" -m m --retry-failed run.jsonl'
	[[ $stderr == *"run.jsonl: "*": it is as it was" ]]
	cmp failed run.jsonl
	[ -z "$(find . -name 'run.jsonl.*' -o -name 'file.*')" ]
}

@test "ENOSPC at any write: whole lines stay, and the same command goes on" {
	local n
	traced
	start_mock
	messages 6 >in.jsonl
	for n in 1 2 4 6; do
		rm -f run.jsonl
		run -3 --separate-stderr strace -f -qq -o trace -e trace=write -e "inject=write:error=ENOSPC:when=$n" \
			"$FB_BIN/fb-send" -j 4 --base-url "$MOCK/v1" -m m --resume run.jsonl in.jsonl
		[[ $stderr == *"run.jsonl: No space left on device"* ]]
		[ "$(wc -l <run.jsonl)" -eq $((n - 1)) ]
		run -0 fb fb-send --base-url "$MOCK/v1" -m m --resume run.jsonl in.jsonl
		[ "$(jq -r .custom_id run.jsonl | sort -u | wc -l)" -eq 6 ]
		[ "$(wc -l <run.jsonl)" -eq 6 ]
	done
}

@test "a disk that is full: what is on it is whole, and with room the same command goes on" {
	mkdir disk
	mount -t tmpfs -o size=64k none disk 2>/dev/null || skip "no file system can be mounted here"
	start_mock
	messages 300 >in.jsonl
	run fb fb-send -q -j 8 --base-url "$MOCK/v1" -m m --resume disk/run.jsonl in.jsonl
	local first=$status some
	jq -r .custom_id disk/run.jsonl >ids || first="not whole"
	some=$(wc -l <ids)
	mount -o remount,size=1m disk
	run fb fb-send -q -j 8 --base-url "$MOCK/v1" -m m --resume disk/run.jsonl in.jsonl
	jq -r .custom_id disk/run.jsonl | sort -u >all
	umount disk
	[ "$first" = 3 ]
	[ "$some" -gt 10 ]
	[ "$status" -eq 0 ]
	[ "$(wc -l <all)" -eq 300 ]
	[ "$(wc -l <"$MOCK_LOG")" -le 308 ]
}

# one_nudged - sends what comes on fd 8, and gets SIGTERM (tests/nudge.c) just before it waits there.
one_nudged() {
	timeout -s KILL 10 env LD_PRELOAD="$PWD/nudge.so" "$FB_BIN/fb-send" --base-url "$MOCK/v1" -m m <&8 >out 2>err 3>&- || status=$?
}

@test "SIGTERM just before it waits for input: it doesn't wait" {
	[ "$(uname -s)" = Linux ] || skip "the preload is for Linux"
	[ -z "${FB_RUN:-}" ] || skip "valgrind preloads, too"
	! sanitized || skip "the sanitizer wants to be the first that is preloaded"
	"${CC:-cc}" -shared -fPIC -o nudge.so "$FB_ROOT/tests/nudge.c"
	start_mock
	mkfifo input
	exec 8<>input
	began=$SECONDS status=0
	one_nudged
	[ "$status" -eq 143 ]
	[ ! -s out ]
	messages 1 >&8 # and with something under way
	status=0
	one_nudged
	[ "$status" -eq 143 ]
	jq -es 'length == 1' out
	exec 8>&-
	in_time
}

@test "a signal that ends a program leaves nothing of -o" {
	local command sig pid status
	mkfifo input
	exec 8<>input
	for command in "fb-shape --lines --base-url http://127.0.0.1:9/v1 -m m" "fb-send --base-url http://127.0.0.1:9/v1 -m m" fb-parse; do
		for sig in INT TERM HUP; do
			# shellcheck disable=SC2086
			env --default-signal=INT "$FB_BIN/"$command -o out <&8 2>err 3>&- 8>&- &
			pid=$! status=0
			until_true 'compgen -G "out.*"'
			kill -$sig $pid
			wait $pid || status=$?
			[ "$status" -eq $((128 + $(kill -l $sig))) ]
			run -1 compgen -G 'out*'
		done
	done
}
