# Killed at any point, the file of --resume goes on: nothing is lost, nothing is
# there twice.  kill.sh does the killing and the counting.

load helper

setup() {
	fb_setup
	stand_in=$FB_BIN/../unit/journal	# it answers each request at once
}

# traced - strace is there, and may look at our processes
traced() {
	strace -qq -o /dev/null true 2>/dev/null || skip "strace can't trace here"
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
	run -0 sh "$FB_ROOT/tests/kill.sh" -r 6 -k 3 in.jsonl run.jsonl "$stand_in" run.jsonl
	[[ $output =~ ^killed\ ([0-9]+)\ times ]]
	[ "${BASH_REMATCH[1]}" -ge 1 ]
}

# The judge itself must see what it is there for.
@test "kill.sh sees a line that is lost, one that is there twice, a wrong id and a status" {
	local fault
	requests 3 >in.jsonl
	for fault in 'head -n 2 in.jsonl' 'cat in.jsonl; head -n 1 in.jsonl' 'sed s/c2/c9/ in.jsonl' 'cat in.jsonl; exit 3'; do
		run -1 sh "$FB_ROOT/tests/kill.sh" -r 1 in.jsonl run.jsonl sh -c "{ $fault; } >run.jsonl"
	done
	run -0 sh "$FB_ROOT/tests/kill.sh" -r 1 in.jsonl run.jsonl sh -c 'cat in.jsonl >run.jsonl'
}
