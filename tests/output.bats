# fb-parse: the forms in which answers come out; whatever the form, as many
# outcomes as replies.
# shellcheck disable=SC2317

load helper

# rec ID TEXT(JSON) [FINISH(JSON) [MEMBERS]] - a response record
rec() {
	printf '{"custom_id":"%s","response":{"status_code":200,"body":{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":%s}],"usage":{"total_tokens":7}}},"error":null%s}\n' \
		"$1" "$2" "${3-\"stop\"}" "${4-}"
}

# failed ID [MEMBERS] - a record that failed in fb-send
failed() {
	printf '{"custom_id":"%s","error":{"code":"rate_limit","message":"429","stage":"send","retryable":true}%s}\n' "$1" "${2-}"
}

# only STDERR-PATTERN ARG... - status 2, nothing on stdout, one line that fits, before any input is read
refused() {
	local want=$1
	shift
	rec a '"x"' >unread
	run -2 --separate-stderr fb fb-parse "$@" unread
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == "fb-parse: "$want ]] || {
		echo "$stderr"
		return 1
	}
}

# --- -0, --lines

# bats test_tags=memory
@test "-0 ends each answer by NUL, a failure is an empty one: as many as outcomes" {
	{ rec a '"one\ntwo"' && failed b && rec c '"three\n"' && echo nonsense && rec d '"\u0001"'; } >records
	for option in -0 --null; do
		fb fb-parse "$option" records 2>/dev/null | cmp - <(printf 'one\ntwo\0\0three\n\0\0\001\0')
	done
	rec a '""' | fb fb-parse -0 2>/dev/null | cmp - <(printf '\0')
}

# bats test_tags=memory
@test "--lines prints each answer as one line, escaped, and an empty one for a failure" {
	{ rec a '"one\ntwo\r\t\\ \u0000\u001b\u007f\u0085\u2028\u2029 \u00e9\ud83d\ude00"' && failed b && rec c '"x\n"'; } >records
	fb fb-parse --lines records 2>/dev/null |
		cmp - <(printf '%s\n\n%s\n' 'one\ntwo\r\t\\ \x00\x1B\x7F\u0085\u2028\u2029 é😀' 'x\n')
	# What it escapes is what printf %b gives back.
	rec a '"a\\nb\n\u0007"' >one
	printf '%b' "$(fb fb-parse --lines one)" | cmp - <(printf 'a\\nb\n\a')
}

@test "-0 and --lines take a stream and events whole, also half of one" {
	{
		echo '{"custom_id":"1","event":{"choices":[{"index":0,"delta":{"content":"Hel"}}]}}'
		rec 1 '"Hello"'
		echo '{"custom_id":"2","event":{"choices":[{"index":0,"delta":{"content":"Hal"}}]}}'
	} >events
	fb fb-parse -0 events 2>/dev/null | cmp - <(printf 'Hello\0\0')
	fb fb-parse --lines events 2>/dev/null | cmp - <(printf 'Hello\n\n')
}

@test "options that are no use together are refused in the words typed" {
	refused '*-0*--lines*' -0 --lines
	refused '*-0*--json*' --json -0
	refused '*--lines*--live*' --lines --live
	refused '*--json*--envelope*' --json --envelope
	refused '*--json*--live*' --json --live
}
